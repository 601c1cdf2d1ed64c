#!/usr/bin/perl

# The zone is full: who comes new is told to come back, and nobody else notices.
# Flows that have ended give way first, then those that have not begun; what is
# under way stays, and sessions are not in the zone at all.  A reload keeps all
# of it, also in the middle of a flow; another size begins anew and says so.

use strict;
use warnings;

use Test::More;

use Idv::Flow;
use Idv::Gate;
use Idv::HTTP;
use Idv::Site;

# a server that believes anybody, for there are many

my @house = (hop => 1, provider => 'breaker off;', service =>
    'idv_service_user_limit 1000;', servers => <<'END');
    server {
        listen 127.0.0.1:%%PORT_many%% reuseport;

        auth_idv_subject $http_who;

        location / {
            auth_idv local;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
        location /pf-ws/authn/flows/ { idv_flow_api local; }
        location /idv/ { idv_page local; }
        location = /metrics { idv_metrics local; }
    }
END

my $site = Idv::Site->new(@house, zone => '512k');
my $gate = Idv::Gate->new($site);
my $port = $site->port('many');


sub person {
    my ($who) = @_;

    return Idv::HTTP->new(port => $port, headers => [Who => $who]);
}


sub flow {
    my ($who) = @_;

    my $flow = Idv::Flow->new(site => $site, client => person($who),
        path => '/');
    $flow->start;

    return $flow;
}


sub count {
    my ($name) = @_;

    return Idv::HTTP->new(port => $port)->get('/metrics')->body
        =~ /^idv_${name} (\d+)/m ? $1 : undef;
}


# how often the log has said so, and in how many seconds

sub warnings {
    my ($mark) = @_;

    my %seconds;
    my @lines = grep { /\[warn\].*idv zone "flows" is full/ }
        split /\n/, $site->nginx->log->since($mark);

    $seconds{substr $_, 0, 19}++ for @lines;

    return (scalar @lines, scalar keys %seconds);
}


# who is here before it is full

my $ann = $site->verified('ann');
my $bob = $site->flow('bob');
$bob->require_code;
$bob->phone('INITIATED');

# flows that have not begun give way to newer ones, the oldest first

my $first = flow('first');
is($first->read->status, 200, 'a flow that has not begun');

my $size = count('zone_size_bytes');
my $taken = 0;
my @idle;

while (count('flows_evicted_total') == 0 && $taken++ < 3000) {
    push @idle, flow("idle$taken");
}

cmp_ok($taken, '<', 3000, "the zone has room for about $taken");
cmp_ok(512 * 1024 / $taken, '<', 4096, 'which is as many as there should be');
is(count('zone_used_bytes'), $size, 'all of it is used');

flow("idle-more$_") for 1 .. 3;

is($first->read->status, 404, 'the oldest has given way');
is($bob->poll->status, 200, 'one that is under way has not');
is($ann->get('/')->status, 200, 'who is verified goes on');

# one that has ended goes before any of them

my $ended = flow('ended');
my $waiting = flow('waiting');
shift @idle while $idle[0]->read->status == 404;
$ended->cancel;
is(flow('next')->status, 'ID_VERIFICATION_DEVICE', 'a flow that has ended');
is($idle[0]->read->status, 200, 'gives way before any that has not begun');
is(flow('next but one')->status, 'ID_VERIFICATION_DEVICE', 'and after it');
is($idle[0]->read->status, 404, 'the oldest of those');
is($waiting->read->status, 200, 'and not a newer one');

# when all are under way there is no room

my @active;
my $mark = $site->nginx->log->mark;

while (@active < 3000) {
    my $flow = flow('active' . @active);
    last if $flow->answer->status != 403;

    $flow->require_code;
    push @active, $flow;
}

cmp_ok(scalar @active, '>', $taken / 2, 'flows that are under way stay');
is($waiting->read->status, 404, 'those that had not begun have gone');

my @refused = map { flow("late$_")->answer } 1 .. 60;

is_deeply([grep { $_->status != 503 } @refused], [], 'who comes now: 503');
is_deeply([grep { $_->json->{code} ne 'REQUEST_FAILED'
    || $_->json->{details}[0]{code} ne 'CAPACITY_LIMIT' } @refused], [],
    'as the API says it');
is_deeply([grep { ($_->header('Retry-After') // '') !~ /^[1-9]\d*$/ } @refused],
    [], 'and when to come back');
is_deeply([grep { $_->header('Cache-Control') ne 'no-store' } @refused], [],
    'not stored');

my $page = person('browser')->get($gate->mark('/'),
    'Sec-Fetch-Mode' => 'navigate', Accept => 'text/html');
is($page->status, 503, 'a browser: 503');
like($page->header('Retry-After'), qr/^\d+$/, 'and when to come back');
$page = person('browser')->get('/idv/start');
is($page->status, 503, 'a start: 503');
like($page->header('Retry-After'), qr/^\d+$/, 'and when to come back');

my ($lines, $seconds) = warnings($mark);
cmp_ok($lines, '>', 0, 'the log says that it is full');
is($lines, $seconds, 'once a second, of all workers together')
    or diag("$lines lines in $seconds seconds");
cmp_ok(count('zone_full_total'), '>=', 62, 'each one is counted');

# who is there goes on

is($ann->get('/')->status, 200, 'verified');
is($ann->get('/idv/session')->json->{status}, 'SUCCESS', 'as before');
is($active[0]->poll->status, 200, 'the oldest flow goes on');
is($active[-1]->poll->status, 200, 'the newest, too');

# a reload in the middle keeps all of them; not the idle connections, which may
# be closed just when they are used again

$_->client->close for @active[0, -1], $bob;

ok($site->reload(@house, zone => '512k'), 'a reload');
is($_->read->status, 200, 'the flow is there') for @active[0, -1], $bob;
is(flow('after')->answer->status, 503, 'it is as full as it was');
unlike($site->nginx->log->text, qr/has changed its size/, 'of the same size');

$bob->phone('SUCCESS');
ok($bob->reach('ID_VERIFICATION_COMPLETED'), 'a flow that began before');
$bob->continue;
is($bob->status, 'COMPLETED', 'comes to its end');
is($bob->client->get('/')->status, 200, 'with a session');

is(flow('lucky')->status, 'ID_VERIFICATION_DEVICE', 'and leaves room for one');

# a worker is killed while others poll

$active[0]->phone('INITIATED');
$active[1]->phone('IN_PROGRESS');
$active[0]->client->send('POST', $active[0]->path, 'X-XSRF-Header' => 'x',
    'Content-Type' => 'application/vnd.pingidentity.poll+json', -body => '{}');
$site->nginx->kill_worker($_) for $site->nginx->serving;
$active[0]->client->close;

ok($active[1]->reach('ID_VERIFICATION_IN_PROGRESS'),
    'all workers were killed: the flow goes on');
is($active[0]->read->status, 200, 'the one that polled, too');
is($ann->get('/')->status, 200, 'verified is verified');
is(flow('killed')->status, 'ID_VERIFICATION_DEVICE',
    'what has not begun still gives way');

# room for sessions that were ended is apart, and has its own bound

for my $flow (splice @active, 0, 120) {
    $flow->cancel;
}

my (@copies, $full);
my @pool;

for my $n (1 .. 60) {
    my $flow = flow("ending$n");
    $flow->require_code;
    push @pool, $flow;
}

$_->phone('SUCCESS') for @pool;

for my $flow (@pool) {
    $flow->reach('ID_VERIFICATION_COMPLETED');
    $flow->continue;

    my $cookie = 'idv_local=' . $flow->client->cookie('idv_local');
    my $answer = $flow->client->post('/idv/logout', '',
        Origin => "http://127.0.0.1:$port");

    if ($answer->status != 303) {
        $full = $answer;
        last;
    }

    push @copies, [$flow->client, $cookie];
}

cmp_ok(scalar @copies, '>', 8, 'many sessions can be ended: ' . @copies);
is($full && $full->status, 503, 'then the next is told that it is not')
    or diag(scalar @pool);
like($full && $full->header('Retry-After'), qr/^\d+$/, 'and to come back');
is_deeply([grep { $_->[0]->get($gate->mark('/'), Cookie => $_->[1])->status
    != 403 } @copies], [], 'what was ended stays so');

# another size

my $begun = flow('begun');
$mark = $site->nginx->log->mark;
ok($site->reload(@house, zone => '1m'), 'a larger zone');
like($site->nginx->log->since($mark),
    qr/\[warn\].*idv zone "flows" has changed its size from 524288 to 1048576: its flows are not kept, and 0 revocations have no room/,
    'begins anew, and says so');
is_deeply([grep { $_->[0]->get($gate->mark('/'), Cookie => $_->[1])->status
    != 403 } @copies], [], 'what was ended stays so');
is($begun->read->status, 404, 'flows are gone');
is($active[0]->read->status, 200, 'but for those whose client has kept them');
is($ann->get('/')->status, 200, 'sessions are not');
is(flow('new')->status, 'ID_VERIFICATION_DEVICE', 'and there is room');

$mark = $site->nginx->log->mark;
ok($site->reload(@house, zone => '512k'), 'a smaller zone');
like($site->nginx->log->since($mark),
    qr/from 1048576 to 524288: .* 0 revocations have no room/,
    'that has room for what was ended');
is_deeply([grep { $_->[0]->get($gate->mark('/'), Cookie => $_->[1])->status
    != 403 } @copies], [], 'which stays so');

$gate->nothing_passed;

Idv::Site::finish();
