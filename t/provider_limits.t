#!/usr/bin/perl

# Limits, the provider's and ours: Retry-After is obeyed for everybody, the
# breaker spares a provider that fails, read_rate holds back reads, and what
# creates something is never sent twice.

# variants: plain asan

use strict;
use warnings;

use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::HTTP;
use Idv::PingOne;

my @self = (deviceAuthentication => { deviceAuthentication => 'self' });

my $timing = <<'END';
    connect_timeout 400ms;
    idle_timeout    400ms;
    timeout         1s;
    poll_wait       5s;
END


sub house {
    my ($name, $provider, %more) = @_;

    my $pingone = Idv::PingOne->new;

    return ($pingone, $pingone->site(name => $name,
        provider => $timing . $provider, %more));
}


sub waiting {
    my ($site, $user) = @_;

    my $flow = $site->flow($user);
    $flow->device('self');

    return $flow;
}


sub metric {
    my ($site, $name) = @_;

    my ($value) = $site->client->get('/metrics')->body =~ /^$name (\d+)$/m;

    return $value;
}

my @metrics = (locations => <<'END');
    location = /metrics { auth_basic off; idv_metrics local; }
END


# The provider asks for a pause: nobody calls it until that is over, and clients
# are told how long.

for my $case ([429, 'create'], [503, 'create'], [429, 'read'], [503, 'read']) {
    my ($status, $kind) = @$case;
    my ($pingone, $site) = house('pause', 'breaker off;');

    my $ann = waiting($site, 'ann');
    my $bob = $site->flow('bob');
    my $sam = $site->flow('sam');
    my $mark = $site->nginx->log->mark;

    $pingone->fault($kind => { status => $status, times => 1,
                               headers => ['Retry-After' => 1] });
    sleep 0.2;

    if ($kind eq 'create') {
        my $answer = $bob->device('other');
        is($answer->status, 503, "$status for a creation: 503");
        is($answer->header('Retry-After'), 1, 'with the same time');
        is($bob->read->status, 200, 'the flow is there');
        is($bob->status, 'ID_VERIFICATION_DEVICE', 'and stays where it was');

    } else {
        is($ann->poll->status, 200, "$status for a poll: 200");
        is($ann->status, 'ID_VERIFICATION_REQUIRED', 'the state as it was');
    }

    my $begin = time;
    my $calls = $pingone->mock->calls;

    while (time - $begin < 0.6) {
        my $answer = $sam->device('self');
        fail('others are told, too') if $answer->status != 503
            || $answer->header('Retry-After') ne '1';
        fail('polls are answered') if $ann->poll->status != 200;
        sleep 0.1;
    }

    is($pingone->mock->calls - $calls, 0, 'no call for anybody meanwhile');

    my @lines = $site->nginx->log->said($mark);
    is(scalar @lines, 1, 'one line in the log') or diag("@lines");
    like($lines[0] // '',
        qr/^error: .*: $kind transaction: HTTP $status.*, no call for 1s$/,
        'says how long');

    my $rest = $begin + 1.1 - time;
    sleep $rest if $rest > 0;

    is($sam->device('self')->status, 200, 'then it goes on');

    my $reads = $pingone->calls('read');
    ok($site->nginx->wait_until(2, sub {
        $ann->poll->status == 200 && $pingone->calls('read') > $reads
    }), 'for polls, too');
}


# What else Retry-After may be.

for my $case (
    [429, undef, 5, 'none at all'],
    [429, 'soon', 5, 'a word'],
    [429, '-3', 5, 'a negative number'],
    [429, '99999999999999999999', 300, 'for ever'],
    [503, \30, 30, 'a date'],
    [503, '3000', 300, 'most of an hour'])
{
    my ($status, $value, $seconds, $name) = @$case;
    my ($pingone, $site) = house('after', 'breaker off;');
    my $bob = $site->flow('bob');

    $value = POSIX::strftime('%a, %d %b %Y %H:%M:%S GMT',
        gmtime(time + $$value)) if ref $value;

    $pingone->fault(create => { status => $status,
        headers => [defined $value ? ('Retry-After' => $value) : ()] });

    my $after = $bob->device('other')->header('Retry-After');
    cmp_ok($after, '<=', $seconds, "Retry-After, $name");
    cmp_ok($after, '>=', $seconds - 3, 'is taken for what it means');
    cmp_ok($bob->device('other')->header('Retry-After'), '>=', $seconds - 4,
        'and kept');
    is(scalar $pingone->calls('create'), 1, 'nobody is asked meanwhile');
}


# The breaker: three failures, and the provider is left alone for a second; then
# one call finds out.

my ($pingone, $site) = house('breaker', 'breaker failures=3 timeout=1s;',
                             @metrics);
my $log = $site->nginx->log;

my $ann = waiting($site, 'ann');
my $bob = $site->flow('bob');

# answers that are no fault of the provider

for my $status (400, 403, 404, 409) {
    $pingone->fault(create => { status => $status });
    $bob->device('other');
}

is(metric($site, 'idv_breaker_opened_total'), 0, 'a refusal is no failure');

# a good one in between begins the count anew

for my $status (500, 500, 201, 500, 500) {
    $pingone->fault(create => { status => $status, times => 1,
        json => $pingone->transaction_json });
    $site->flow('sam')->device('self');
}

is(metric($site, 'idv_breaker_opened_total'), 0, 'nor are some of them');

my $mark = $log->mark;

$pingone->fault(create => { status => 500 }, read => { status => 500 });
is($bob->device('other')->status, 503, 'one more');
is(metric($site, 'idv_breaker_opened_total'), 1, 'and the breaker opens');

my $calls = $pingone->mock->calls;
my $answer = $bob->device('other');

is($answer->status, 503, 'an action: 503');
is($answer->header('Retry-After'), 1, 'for a second');
is($ann->poll->status, 200, 'a poll: 200');
is($ann->status, 'ID_VERIFICATION_REQUIRED', 'as it was');
is($pingone->mock->calls - $calls, 0, 'and no call is made');

my @lines = $log->said($mark);
is(scalar @lines, 2, 'two lines in the log') or diag("@lines");
like($lines[0], qr/create transaction: HTTP 500/, 'the failure');
like($lines[1], qr/the breaker opens, no call for 1000ms/, 'and the breaker');

# half open: of many, one tries

sleep 1.05;
my @flows = map { $site->flow('bob') } 1 .. 6;
$pingone->fault(create => { status => 500, delay => 0.3 });

my @answers = Idv::HTTP::parallel(map { {
    port => $site->port('gate'),
    bytes => $_->client->bytes($_->message(@self)),
} } @flows);

is(scalar(grep { $_->status == 503 } @answers), 6, 'six at once: 503');
is($pingone->mock->calls - $calls, 1, 'one of them has tried');
is(metric($site, 'idv_breaker_opened_total'), 2, 'and it opens again');

# the provider is well

$pingone->well;
is($bob->device('other')->status, 503, 'not yet');
sleep 1.05;
is($bob->device('other')->status, 200, 'the next try is good');
is($site->flow('eve')->device('self')->status, 200, 'and so is the one after');
sleep 0.2;
$pingone->status('IN_PROGRESS');
ok($ann->reach('ID_VERIFICATION_IN_PROGRESS', 2), 'and polls');
is(metric($site, 'idv_breaker_opened_total'), 2, 'it stays closed');


# read_rate: two reads a second for all flows together, three at once.

($pingone, $site) = house('rate', 'breaker off; read_rate 120r/m burst=3;');
$log = $site->nginx->log;
$mark = $log->mark;

@flows = map { waiting($site, $_) } qw(ann bob eve sam ann bob eve sam);
is(scalar(grep { $_->status eq 'ID_VERIFICATION_REQUIRED' } @flows), 8,
    'creations are not held back');

my $begin = time;
my $bad = 0;

while (time - $begin < 2.5) {
    $bad++ for grep { $_->poll->status != 200
                      || $_->status ne 'ID_VERIFICATION_REQUIRED' } @flows;
    sleep 0.1;
}

my $reads = $pingone->calls('read');
my $most = (time - $begin) * 2 + 3;

is($bad, 0, 'every poll is answered');
cmp_ok($reads, '<=', $most + 1, 'no more reads than allowed');
cmp_ok($reads, '>=', 3, 'and no fewer than there can be');

@lines = $log->said($mark);
is(scalar @lines, 1, 'one line in the log') or diag("@lines");
like($lines[0], qr/^warn: .*more than "read_rate" are asked for/, 'says why');


# What creates something is sent once, whatever becomes of it: also when there
# is a kept connection that the peer closes just then.

($pingone, $site) = house('once', 'breaker off;');
$ann = waiting($site, 'ann');

my @endings = (
    ['the peer closes without an answer', { raw => '', times => 1 }],
    ['the peer resets', { reset => 'request', times => 1 }],
    ['the answer is cut', { stop => 60, times => 1,
        json => $pingone->transaction_json }],
    ['no answer comes', { hang => 'request', times => 1 }],
    ['HTTP 500', { status => 500, times => 1 }],
    ['HTTP 503', { status => 503, times => 1 }],
);

for my $ending (@endings) {
    my ($name, $rule) = @$ending;

    # a read keeps its connection: there is one to be used
    sleep 0.2;
    $pingone->well;
    $ann->poll;

    my $created = $pingone->calls('create');
    my $bob = $site->flow('bob');

    $pingone->fault(create => $rule);
    is($bob->device('other')->status, 503, "$name: 503");
    is($pingone->calls('create') - $created, 1, 'sent once');

    is($bob->device('other')->status, 200, 'the user may try again');
    is($pingone->calls('create') - $created, 2, 'and that is the second');
}

# A read is another matter: if its kept connection dies, nobody notices.

for my $rule ({ raw => '', times => 1 }, { reset => 'request', times => 1 }) {
    $pingone->well;
    sleep 0.2;
    $ann->poll;
    sleep 0.2;

    my $before = $pingone->calls('read');
    my $mark = $site->nginx->log->mark;

    $pingone->fault(read => $rule);
    $pingone->{status} = $pingone->{status} eq 'PARTIAL' ? 'REQUESTED'
                                                         : 'PARTIAL';
    $pingone->apply;

    my $state = $pingone->{status} eq 'PARTIAL' ? 'ID_VERIFICATION_IN_PROGRESS'
                                                : 'ID_VERIFICATION_REQUIRED';

    is($ann->poll->status, 200, 'a read on a connection that dies');
    is($ann->status, $state, 'brings the news');
    is($pingone->calls('read') - $before, 2, 'by being sent again');
    is(join("\n", $site->nginx->log->said($mark)), '', 'without a word');
}

# and so is a provider that has gone and come back

$pingone->mock->stop;
$pingone->mock->start;
is($site->flow('eve')->device('self')->status, 200,
    'connections that are gone harm nobody');

$site->finish;
