#!/usr/bin/perl

# A provider that does not answer costs nobody anything but those who wait for
# it: not the other requests of the worker, not when its connections are used
# up, and not the flow of a client that goes away.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::HTTP;
use Idv::PingOne;

my $pingone;
my @other = (deviceAuthentication => { deviceAuthentication => 'other' });


sub house {
    my ($name, $provider, %more) = @_;

    $pingone = Idv::PingOne->new;

    return $pingone->site(name => $name, workers => 1,
        provider => "breaker off; $provider", locations => <<'END', %more);
        location = /bystander { auth_basic off; return 200 "fine"; }
END
}


sub waiting {
    my ($site, $user) = @_;

    my $flow = $site->flow($user);
    $flow->device('self');

    return $flow;
}


# Fifty polls hang for two seconds, and two hundred others are served by the
# same worker.

my %people = map { ("u$_" => {}) } 1 .. 50;

my $site = house('polls', 'timeout 2s; connect_timeout 2s; idle_timeout 2s;
    poll_wait 10s; max_connections 100;', people => \%people);

my @flows = map { waiting($site, $_) } sort keys %people;
my $idle = Idv::HTTP->new(port => $site->port('gate'));

$pingone->fault(read => { hang => 'request' });

my @answers = Idv::HTTP::parallel(
    (map { { port => $site->port('gate'),
             bytes => $_->client->bytes($_->message('poll', {})) } } @flows),
    (map { { port => $site->port('gate'),
             bytes => $idle->bytes('GET', '/bystander') } } 1 .. 200));

my @polls = splice @answers, 0, 50;

is(scalar(grep { $_->body eq 'fine' } @answers), 200, '200 others: served');
is(scalar(grep { $_->took >= 1 } @answers), 0, 'at once');
is(scalar(grep { $_->took < 1.5 } @polls), 0, 'while all polls hang');
is(scalar(grep { $_->status == 200
                 && $_->json->{status} eq 'ID_VERIFICATION_REQUIRED' }
          @polls), 50, 'which then say what they know');
cmp_ok(scalar $pingone->abandoned('read'), '>=', 50,
    'and there were fifty connections that hung');

# a poll does not wait longer than it was told, whatever the provider does

$site = house('waits', 'timeout 5s; idle_timeout 5s; poll_wait 300ms;');
my $ann = waiting($site, 'ann');
$pingone->fault(read => { hang => 'request' });

my ($start, $reads) = (time, scalar $pingone->calls('read'));

is($ann->poll->status, 200, 'a poll during a read that hangs');
cmp_ok(time - $start, '>=', 0.28, 'waits for poll_wait');
cmp_ok(time - $start, '<', 1.5, 'and not for the provider');

$start = time;
is($ann->poll->status, 200, 'so does the next one') for 1 .. 2;
cmp_ok(time - $start, '<', 2.5, 'each');
is($pingone->calls('read') - $reads, 1, 'and there is one read');

$site = house('never', 'timeout 5s; idle_timeout 5s; poll_wait 0;');
$ann = waiting($site, 'ann');
$pingone->fault(read => { delay => 0.4,
    json => $pingone->transaction_json(
        transactionStatus => { status => 'PARTIAL' }) });

$start = time;
is($ann->poll->status, 200, 'without poll_wait');
cmp_ok(time - $start, '<', 0.35, 'nobody waits');
is($ann->status, 'ID_VERIFICATION_REQUIRED', 'for the news');
sleep 0.6;
$ann->read;
is($ann->status, 'ID_VERIFICATION_IN_PROGRESS', 'which come nevertheless');


# All connections of the worker are taken by clients: no slot is needed to ask
# the provider, and none is lost to it.

$site = house('full', 'timeout 5s;', connections => 20);
$site->nginx->allow(qr/20 worker_connections are not enough/);

$ann = waiting($site, 'ann');
my $bob = $site->flow('bob');
my $eve = waiting($site, 'eve');

# requests whose bodies do not come cannot be put aside for others, as idle
# connections are: those of ann and bob, too, have to be in the middle of one

my ($device, $poll) = ('{"deviceAuthentication":"self"}', '{}');

$bob->begin('deviceAuthentication', '', 'Content-Length' => length $device);
$ann->begin('poll', '', 'Content-Length' => length $poll);

my $stuck = $eve->client->bytes($eve->message('poll', '',
    'Content-Length' => 2));

my @sockets;

for (1 .. 30) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $site->port('gate')) or last;
    $socket->syswrite($stuck);
    push @sockets, $socket;
    last if $site->nginx->log->text =~ /worker_connections are not enough/;
    sleep 0.02;
}

like($site->nginx->log->text, qr/worker_connections are not enough/,
    'no connection is left');

$pingone->status('IN_PROGRESS');
$bob->client->more($device);
is($bob->end->status, 200, 'a transaction is created');
is($bob->status, 'ID_VERIFICATION_REQUIRED', 'as ever');
sleep 0.2;
$ann->client->more($poll);
is($ann->end->status, 200, 'one is read');
is($ann->status, 'ID_VERIFICATION_IN_PROGRESS', 'as ever');

$_->close for @sockets;


# A client goes away while its poll waits for the provider: the read is given
# up, at once, and the next poll reads again.

for my $stage ('request', 'headers', 'body') {
    # time-outs that cannot be what ends it
    $site = house("away-$stage", 'timeout 20s; idle_timeout 20s;
        poll_wait 10s;');
    $ann = waiting($site, 'ann');

    $pingone->fault(read => { hang => $stage,
                              json => $pingone->transaction_json });
    $reads = $pingone->calls('read');

    $ann->begin('poll', {});
    ok($pingone->wait_for('read', $reads), "a poll waits, $stage");
    sleep 0.1;
    is(scalar $pingone->abandoned('read'), 0, 'and the provider, too');
    $ann->client->close;

    ok($site->nginx->wait_until(1.5, sub {
        $pingone->abandoned('read') == 1
    }), 'the client goes away: so does the read');

    $pingone->well;
    $pingone->status('PARTIAL');

    $start = time;
    ok($ann->reach('ID_VERIFICATION_IN_PROGRESS', 5), 'the next poll reads');
    cmp_ok(time - $start, '<', 3, 'without waiting for a lease');
    is(join("\n", $site->nginx->log->said), '', 'and nobody complains');
}

# two clients wait for one read: it goes on while one of them is there

$site = house('two', 'timeout 20s; idle_timeout 20s; poll_wait 10s;
    read_interval 2s;');
$ann = waiting($site, 'ann');

my $second = Idv::Flow->new(site => $site, client => $site->client('ann'),
    state => { %{$ann->state} });
$second->client->{jar} = $ann->client->jar;

$pingone->fault(read => { delay => 1, json => $pingone->transaction_json(
    transactionStatus => { status => 'PARTIAL' }) });
$reads = $pingone->calls('read');

$ann->begin('poll', {});
$pingone->wait_for('read', $reads);
$second->begin('poll', {});
sleep 0.2;
$ann->client->close;

$second->end;
is($second->status, 'ID_VERIFICATION_IN_PROGRESS',
    'two wait, one goes away, the other has the news');
is($pingone->calls('read') - $reads, 1, 'by the same read');
is(scalar $pingone->abandoned('read'), 0, 'which was not given up');


# A client goes away while a transaction is created: that is paid for, so it is
# finished and kept.

$site = house('creates', 'timeout 20s; idle_timeout 20s;');
$bob = $site->flow('bob');
$pingone->fault(create => { delay => 0.6, status => 201,
    json => $pingone->transaction_json });

my $created = $pingone->calls('create');
$bob->begin(@other);
$pingone->wait_for('create', $created);
sleep 0.1;
$bob->client->close;

sleep 0.1;
is($bob->read->status, 200, 'meanwhile the flow can be read');
is($bob->status, 'ID_VERIFICATION_DEVICE', 'and has not changed');

ok($site->nginx->wait_until(4, sub {
    $bob->read;
    $bob->status eq 'ID_VERIFICATION_REQUIRED'
}), 'the transaction is kept');
is($bob->state->{verificationCode}, Idv::PingOne::CODE, 'with its code');
is($pingone->calls('create') - $created, 1, 'created once');
is(scalar $pingone->abandoned('create'), 0, 'and not given up');

# the same while there is no token yet

$site = house('early', 'timeout 20s; idle_timeout 20s;');
$bob = $site->flow('bob');
$created = $pingone->calls('create');
my $tokens = $pingone->calls('token');
$pingone->fault(token => { delay => 0.6, json => $pingone->token_json });

$bob->begin(@other);
$pingone->wait_for('token', $tokens);
$bob->client->close;

ok($site->nginx->wait_until(4, sub {
    $bob->read;
    $bob->status eq 'ID_VERIFICATION_REQUIRED'
}), 'he goes away before there is a token: kept, too');
is($pingone->calls('create') - $created, 1, 'created once');

# a client that comes back asks for the same again: it waits for the first

$pingone->well;
my $other = $site->flow('bob');
$created = $pingone->calls('create');
$pingone->fault(create => { delay => 0.6, status => 201,
    json => $pingone->transaction_json });

$other->begin(@other);
$pingone->wait_for('create', $created);
$other->client->close;
$other->device('other');
$other->read;
is($other->status, 'ID_VERIFICATION_REQUIRED', 'he asks again');
is($pingone->calls('create') - $created, 1, 'and there is one transaction');

$site->finish;
