#!/usr/bin/perl

# Polling: however many clients poll a flow, on however many workers, the
# provider is read once in an interval; whoever asks while a read is under way
# waits for its result, and no longer than a bounded moment.  What the provider
# does wrong is nothing to a poller: it is told the state as it is.

# variants: plain asan

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Check;
use Idv::HTTP::Response;
use Idv::Site;

use constant {
    CLIENTS => 1000,
    INTERVAL => 1,
    WAIT => 3,
};

my ($REQUIRED, $PROGRESS, $COMPLETED, $FAILED, $TIMED_OUT)
    = map { "ID_VERIFICATION_$_" }
          qw(REQUIRED IN_PROGRESS COMPLETED FAILED TIMED_OUT);

# the log of so many, line by line, is of no use to anybody

my $site = Idv::Site->new(hop => 1, connections => 4096,
    gate => 'error_log %%DIR%%/error.log notice;',
    provider => "read_interval @{[INTERVAL]}s; poll_wait @{[WAIT]}s;
                 breaker off;");
my $service = $site->service;

my $flow = $site->flow('bob');

$flow->require_code;
state_is($flow, $REQUIRED, 'a code to be scanned');

my $transaction = "/v1/environments/$service->{environment}/users/bob/"
                . 'verifyTransactions/' . $flow->transaction;
my $poll = $flow->client->bytes('POST', $flow->path, 'X-XSRF-Header' => 'test',
    'Content-Type' => 'application/vnd.pingidentity.poll+json', -body => '{}');


sub reads { return $service->requests($transaction) }


# the clients, each with a connection of its own

my @clients = map {
    IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $site->port('gate')) || die "client $_: $@"
} 1 .. CLIENTS;


# all of them poll; the answers, once all are there

sub round {
    my ($deadline, @answers) = (time + 30);

    $_->syswrite($poll) for @clients;

    for my $client (@clients) {
        my $answer = Idv::HTTP::Response->new('POST');

        until ($answer->complete) {
            my $left = $deadline - time;

            if ($left <= 0 || !Idv::HTTP::readable($client, $left)) {
                $answer->fail('timed out');
                last;
            }

            my $n = $client->sysread(my $data, 65536);
            $n ? $answer->feed($data) : $answer->end($n);
        }

        $site->met($answer);
        push @answers, $answer;
    }

    return @answers;
}


# the answers, by what they are, each with how often it came; there are too many
# for a parser

sub kinds {
    my %kinds;

    for (@_) {
        my ($state) = $_->body =~ /^\{.*"status":"(\w+)".*\}$/;
        $kinds{$_->status . ' ' . ($state // 'none')}++;
    }

    return join ', ', map { "$kinds{$_} * $_" } sort keys %kinds;
}


# A read that takes its time: all wait for the one.

sleep INTERVAL;
$flow->phone('IN_PROGRESS');
$service->faults({ path => $transaction, times => 1, delayMs => 1500 });

my $before = reads();
my $begin = time;
my @answers = round();

is(kinds(@answers), CLIENTS . " * 200 $PROGRESS",
    'a thousand who ask at once are all told what was read');

# although the next interval has begun meanwhile; who is that much later, on a
# slow machine, may read once more

my $late = time - $begin - 1.5;

cmp_ok($late, '>=', 0, 'for which they have waited');
cmp_ok(reads() - $before, '<=', 1 + int($late + 0.5), 'by one of them');

# Round after round.

$before = reads();
$begin = time;

my $rounds = 0;

while (time - $begin < 2.5 * INTERVAL) {
    push @answers, round();
    $rounds++;
}

my $intervals = (time - $begin) / INTERVAL;
my $count = reads() - $before;

is(kinds(@answers), ($rounds + 1) * CLIENTS . " * 200 $PROGRESS",
    'each of them is answered each time');
cmp_ok($count, '<=', int($intervals) + 1, 'with one read in an interval');
cmp_ok($count, '>=', int($intervals) - 1, 'and no less');
diag("$rounds rounds of ${\CLIENTS}: $count reads in ",
    sprintf('%.2f', $intervals), ' intervals') if $ENV{IDV_VERBOSE};

# One client alone costs as much.

$_->close for @clients;

$before = reads();
$begin = time;

while (time - $begin < 1.5 * INTERVAL) {
    $flow->poll;
    sleep 0.05;
}

$intervals = (time - $begin) / INTERVAL;
$count = reads() - $before;

cmp_ok($count, '<=', int($intervals) + 1, 'one client: one in an interval');
cmp_ok($count, '>=', int($intervals) - 1, 'and no less');

# Reading the flow reads nothing at the provider.

$before = reads();
$flow->read for 1 .. 50;
is(reads(), $before, 'GET does not ask the provider');

$flow->phone('SUCCESS');
sleep INTERVAL;
$flow->read;
state_is($flow, $PROGRESS, 'and does not move the flow');
$flow->poll;
state_is($flow, $COMPLETED, 'a poll does');
same_elsewhere($flow, 'for all');

# What the provider does wrong, as provider_*.t have it at length.  No poll is an
# error, and none lasts longer than a poller may wait; afterwards the flow goes
# on.

$site = Idv::Site->new(hop => 1, name => 'faults',
    provider => 'poll_wait 300ms; breaker off; timeout 2s;
                 idle_timeout 1s; connect_timeout 1s;');
$service = $site->service;
$flow = $site->flow('bob');
$flow->require_code;

my $whole = $flow->read->body;

$transaction = "/v1/environments/$service->{environment}/users/bob/"
             . 'verifyTransactions/' . $flow->transaction;

my %fault = (
    '500' => { status => 500 },
    '429' => { status => 429, retryAfter => 1 },
    '404' => { status => 404 },
    'a page' => { body => '<html>502</html>', contentType => 'text/html',
                  status => 502 },
    'an answer to something else' => { body => { status => 'SUCCESS' } },
    'silence' => { hang => JSON::PP::true },
);

for my $what (sort keys %fault) {
    $service->faults({ path => $transaction, times => 1000,
                       %{$fault{$what}} });

    my ($slowest, @bodies) = (0);

    for (1 .. 3) {
        my $begin = time;

        $flow->poll;
        $slowest = time - $begin if time - $begin > $slowest;
        push @bodies, $flow->answer->status . ' ' . $flow->answer->body;
        sleep 0.1;
    }

    is(scalar(grep { $_ ne "200 $whole" } @bodies), 0,
        "$what: the poll tells the state as it is") or diag("@bodies");
    cmp_ok($slowest, '<', 1.5, "$what: soon");
}

$service->faults;
$flow->phone('SUCCESS');
ok($flow->reach($COMPLETED), 'after all that the flow goes on');

# A read that takes longer than the poll that began it still counts.  The next
# poll tells what it has found, whatever that is: a client that is refused here
# stays where it is for ever.

for my $row (['SUCCESS', $COMPLETED], ['NOT_REQUIRED', $FAILED],
             ['FAIL', $TIMED_OUT, reason => 'TRANSACTION_TIMED_OUT'])
{
    my ($status, $state, @more) = @$row;

    $flow = $site->flow('sam', client => $site->client('sam'));
    $flow->require_code;
    $flow->phone('IN_PROGRESS');
    ok($flow->reach($PROGRESS), 'somebody is at it');

    $flow->phone($status, @more);
    $service->faults({ path => "/v1/environments/$service->{environment}/users/"
        . 'sam/verifyTransactions/' . $flow->transaction,
        times => 1, delayMs => 600 });
    sleep 0.25;

    $flow->poll;
    state_is($flow, $PROGRESS, "$status, slowly: the poll does not wait for it");
    sleep 0.8;
    is($flow->poll->status, 200, 'the next one is told');
    state_is($flow, $state, 'what has been found');
    is($flow->poll->status, 200, 'and so is any other');
    same_elsewhere($flow, 'without an end');
    $state eq $COMPLETED ? $flow->continue : $flow->cancel;
}

$flow = $site->flow('sam', client => $site->client('sam'));
error_is($flow->poll, 400, 'INVALID_ACTION_ID', undef,
    'where nobody can have waited there is nothing to poll');

# Success without the data is none yet.

$flow = $site->flow('ann');
$flow->require_code;
$service->faults({ path => "/v1/environments/$service->{environment}/users/ann/"
    . 'verifyTransactions/' . $flow->transaction . '/verifiedData',
    times => 1000, status => 500 });
$flow->phone('SUCCESS');

for (1 .. 3) {
    $flow->poll;
    sleep 0.2;
}

state_is($flow, $REQUIRED, 'verified, but the data are not to be had');
error_is($flow->continue, 400, 'INVALID_ACTION_ID', undef,
    'so there is nothing to continue');
$service->faults;
ok($flow->reach($COMPLETED), 'they are, a little later');
$flow->continue;
is($flow->state->{authorizeResponse}{firstName}, 'ANN', 'and are complete');

# An action that has to create is not so lucky: it says when to come again, and
# changes nothing.

my $users = "/v1/environments/$service->{environment}/users/";

for my $what ('429', 'a page', 'silence') {
    my @leads = (['DEVICE', sub { }, sub { $_[0]->device('self') }],
                 ['OPTIONS', sub { $_[0]->device('other') },
                  sub { $_[0]->choose('email') }]);

    for my $lead ($what eq '429' ? $leads[0] : @leads) {
        my ($state, $to, $act) = @$lead;
        my $flow = $site->flow('eve', client => $site->client('eve'));

        $to->($flow);
        $service->faults({ path => $users, times => 1000, %{$fault{$what}} });

        untouched($flow, sub {
            error_is($act->($flow), 503, 'REQUEST_FAILED',
                'SERVICE_UNAVAILABLE', "$what, creating in $state");
        }, "$what, creating in $state");

        $service->faults;
        sleep 1.1 if $fault{$what}{retryAfter};
        $flow->read;
        $act->($flow);
        state_is($flow, $REQUIRED, "$what is over: it works");
        $flow->cancel;
    }
}

both_workers($site);

$site->finish;
