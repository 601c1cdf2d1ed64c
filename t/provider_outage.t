#!/usr/bin/perl

# A provider that is out for ten minutes, and one that asks for a pause, while
# forty people poll and others begin: it is asked by one at a time, everybody
# gets an answer, and when it is back nobody rushes.  And one that closes its
# connections just when they are used again: nothing is created twice.

# The clock is one that tests move, so that ten minutes take no time.

# variants: plain

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Clock;
use Idv::HTTP;
use Idv::PingOne;
use Idv::Soak;

my @self = (deviceAuthentication => { deviceAuthentication => 'self' });
my %people = map { ("w$_" => {}) } 1 .. 40;

my ($pingone, $site, @flows);
my $clock = Idv::Clock->new;


sub house {
    my ($name, $provider) = @_;

    $pingone = Idv::PingOne->new;
    $site = $clock->with(sub {
        $pingone->site(name => $name, workers => 1, people => \%people,
            provider => "poll_wait 2s; transaction_limit off; $provider");
    });
    @flows = map { $site->flow($_) } sort keys %people;

    $_->device('self') for @flows;
    is(scalar(grep { $_->status eq 'ID_VERIFICATION_REQUIRED' } @flows), 40,
        "$name: forty wait for their phones");

    # from here on each may be read
    $clock->advance(60);
}


# everybody polls at once, and one begins; gives back the requests by kind that
# the provider got meanwhile

sub round {
    my ($begins) = @_;

    my %before = map { $_ => scalar $pingone->calls($_) } qw(read create);
    my @new = $begins ? $site->flow('bob') : ();

    my @answers = Idv::HTTP::parallel(
        (map { { port => $site->port('gate'),
                 bytes => $_->client->bytes($_->message('poll', {})) } }
             @flows),
        (map { { port => $site->port('gate'),
                 bytes => $_->client->bytes($_->message(@self)) } } @new));

    my @began = splice @answers, 40;

    return {
        told => scalar(grep { $_->status == 200 } @answers),
        refused => scalar(grep { $_->status == 503
                                 && $_->header('Retry-After') } @began),
        map { ($_ => $pingone->calls($_) - $before{$_}) } qw(read create),
    };
}


# Ten minutes of HTTP 500, with the breaker as it is by default: five failures,
# then one try every ten seconds.

house('outage', '');

$pingone->fault(map { $_ => { status => 500 } } qw(read create));
round(1);

my (%sum, $rounds);

for (1 .. 12) {
    $clock->advance(51);
    my $round = round(1);

    $sum{$_} += $round->{$_} for keys %$round;
    $sum{most} = $round->{read} + $round->{create}
        if ($sum{most} // 0) < $round->{read} + $round->{create};
}

is($sum{told}, 12 * 40, 'ten minutes: every poll is answered');
is($sum{refused}, 12, 'and whoever begins is told when to try again');
cmp_ok($sum{read} + $sum{create}, '>=', 12, 'the provider is tried');
cmp_ok($sum{most}, '<=', 3, 'by one at a time, who tries three times');

# it is back, and slow: one tries, and only when that was good all the others

$pingone->status('IN_PROGRESS');
$pingone->fault(read => { delay => 0.4, json => $pingone->transaction_json });
$clock->advance(51);

my $round = round(0);
is($round->{read}, 1, 'it is back: one tries');
is($round->{told}, 40, 'and everybody is answered');

$pingone->well;
$clock->advance(1);
$round = round(0);
is($round->{told}, 40, 'then everybody has the news');
cmp_ok($round->{read}, '<=', 40, 'by one read each');
is(scalar(grep { $_->reach('ID_VERIFICATION_IN_PROGRESS') } @flows), 40,
    'which are good');
is($site->flow('bob')->device('self')->status, 200, 'and who begins may');


# The same with a limit: nobody rushes, however many wait.

house('limited', 'read_rate 600r/m burst=5;');

$pingone->fault(map { $_ => { status => 500 } } qw(read create));
round(1);
$clock->advance(600);

$pingone->well;
$pingone->status('IN_PROGRESS');
$clock->advance(10.5);

my $start = time;
my $reads = $pingone->calls('read');

round(0);

for (1 .. 5) {
    $clock->advance(1);
    round(0);
}

my $most = 5 + 10 * (5 + time - $start) + 1;
$reads = $pingone->calls('read') - $reads;

cmp_ok($reads, '<=', $most, "limited: $reads reads when it is back");
cmp_ok($reads, '>', 5, 'but there are some');


# A storm of 429, with a time and without.

for my $case (['a time', ['Retry-After' => 30], 30], ['no time', [], 0]) {
    my ($name, $headers, $pause) = @$case;

    house("429 with $name", '');
    $pingone->fault(map { $_ => { status => 429, headers => $headers } }
        qw(read create));

    # all that were out when the first was refused
    my $first = round(0);
    cmp_ok($first->{read}, '<=', 40, "429 with $name: one read each");

    %sum = ();

    for (1 .. 20) {
        $clock->advance(1);
        my $round = round(1);
        $sum{$_} += $round->{$_} for keys %$round;
    }

    is($sum{told}, 20 * 40, 'every poll is answered');
    is($sum{refused}, 20, 'and who begins is told when to try again');
    note("$sum{read} reads and $sum{create} creations in 20 seconds");

    cmp_ok($sum{read} + $sum{create}, '<=', $pause ? 0 : 4 * 41,
        'nobody asks before that');

    $pingone->well;
    $pingone->status('IN_PROGRESS');
    $clock->advance(60);
    is(scalar(grep { $_->reach('ID_VERIFICATION_IN_PROGRESS') } @flows), 40,
        'and then everybody goes on');
}


# The provider closes connections just when they are used again: having read
# what is asked, so that a transaction is created, or a moment before.

for my $case (
    ['at a request', create => { reused => 1, raw => '' }, 0.01, 10],
    ['when nobody has used it for so long',
        read => { idle => 0.03, json => $pingone->transaction_json }, 0.03,
        Idv::Soak::scaled($ENV{IDV_SOAK_SCALE} ? 1000 : 8)],
) {
    my ($name, $kind, $rule, $idle, $times) = @$case;

    $pingone = Idv::PingOne->new;
    $site = $pingone->site(name => 'reuse', workers => 1,
        provider => 'breaker off; transaction_limit off;');

    my $ann = $site->flow('ann');
    my ($good, $twice, $late) = (0, 0, 0);

    $ann->device('self');
    $pingone->fault($kind => $rule);

    for my $n (1 .. $times) {
        my $bob = $site->flow('bob', client => $site->client('bob'));

        sleep 0.2;
        $ann->poll;
        sleep $idle + (rand 0.006) - 0.003;

        my $created = $pingone->calls('create');
        my $answer = $bob->device('other');
        $created = $pingone->calls('create') - $created;

        $twice++ if $created > 1;
        $late++ if $answer->status == 503;
        $good++ if $answer->status == 200 && $created == 1;
        $bob->cancel;
    }

    is($twice, 0, "a connection that is closed $name: nothing is made twice");
    is($good + $late, $times, 'everybody is answered');
    cmp_ok($good, '>', 0, 'and there are transactions');
    note("$good created, $late told to try again");
}

$site->finish;
