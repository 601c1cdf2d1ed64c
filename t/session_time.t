#!/usr/bin/perl

# A session ends when its time is over: after a while without a request, after
# its lifetime however busy it was, sooner where a location asks for a fresh
# verification.  Each bound is looked at a second before, at it and after it.

# variants: plain trixie

use strict;
use warnings;

use Test::More;
use Time::Local qw(timegm);
use Time::HiRes qw(time sleep);

use Idv::Clock;
use Idv::Flow;
use Idv::Gate;
use Idv::Site;

my $clock = Idv::Clock->new;
my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';

my @house = (locations => <<"END");
        location /fresh/ {
            auth_idv local;
            auth_idv_max_age 5m;
            auth_idv_header IDV-Verified-At verified_at;
            $app
        }
END

my $times = 'session_idle 10m; session_lifetime 30m;';
my $site = $clock->with(sub {
    Idv::Site->new(@house, provider => $times);
});
my $gate = Idv::Gate->new($site);


# the clock of the site shows that second, and the next one is not near

sub at {
    my ($second) = @_;

    sleep 0.05 while time - int time > 0.6;

    $clock->step($second - int(time) - $clock->{seconds});
}


sub epoch {
    my ($text) = @_;

    my ($year, $month, @rest) = reverse(reverse($text =~ /(\d+)/g));

    return timegm(reverse(@rest), $month - 1, $year);
}


# what the front end is told of a session: when it began, and when it ends

sub facts {
    my ($client) = @_;

    my $answer = ref $client eq 'CODE' ? $client->('/idv/session')
                                      : $client->get('/idv/session');
    my $json = $answer->json;

    return { map { $_ => epoch($json->{$_}) }
             grep { /At$/ } keys %$json };
}


# what that cookie, or header, gets: each time from a client that keeps nothing

sub with {
    my ($user, $name, $value) = @_;

    return sub { $site->client($user)->get($_[0], $name => $value) };
}


my $flow;
my $ann = $site->verified('ann');
my $first = $ann->cookie('idv_local');
my $facts = facts($ann);
my $begin = $facts->{expiresAt} - 1800;

is($facts->{idleExpiresAt}, $begin + 600, 'idle: ten minutes');
ok($facts->{verifiedAt} <= $begin && $facts->{verifiedAt} > $begin - 3,
    'verified: just now');

# before a quarter of the idle time nothing changes, then the cookie is new

at($begin + 149);
is_deeply([$ann->get('/')->header('Set-Cookie')], [], 'not yet renewed');
at($begin + 150);
my ($line) = $ann->get('/')->header('Set-Cookie');
like($line, qr/^idv_local=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=1650$/,
    'renewed, to the same end');
isnt($ann->cookie('idv_local'), $first, 'by another cookie');
is(facts($ann)->{idleExpiresAt}, $begin + 750, 'idle: ten minutes from now');
is(facts($ann)->{expiresAt}, $begin + 1800, 'the end is what it was');
is_deeply([$ann->get('/')->header('Set-Cookie')], [], 'once');

# the first one is as good as its own time

my $old = with('ann', Cookie => "idv_local=$first");

at($begin + 599);
is($old->('/')->status, 200, 'idle - 1: opens');
at($begin + 600);
is($old->($gate->mark('/'))->status, 403, 'idle: shut');
at($begin + 601);
is($old->($gate->mark('/'))->status, 403, 'idle + 1: shut');
is($old->('/idv/session')->body, '{"active":false}', 'and not active');

is($ann->get('/')->status, 200, 'the renewed one goes on');

# however busy, it ends

for (my $t = 750; $t < 1800; $t += 150) {
    at($begin + $t);
    is($ann->get('/')->status, 200, "busy after $t seconds");
}

like($ann->jar->{idv_local}{line}, qr/; Max-Age=150$/, 'to the same end still');

my $last = $ann->cookie('idv_local');

at($begin + 1799);
is($ann->get('/')->status, 200, 'lifetime - 1: opens');

my $end = with('ann', Cookie => "idv_local=$last");

for my $t (1800, 1801, 3600, 86400 * 400) {
    at($begin + $t);
    is($end->($gate->mark('/'))->status, 403, "at $t: shut");
}

# of the future: clocks of two machines may differ, but not by much

at($begin - 60);
is($old->('/')->status, 200, 'a minute before it began: opens');
at($begin - 61);
is($old->($gate->mark('/'))->status, 403, 'a second more: shut');
at($begin - 86400);
is($old->($gate->mark('/'))->status, 403, 'a day before: shut');

# a verification that has to be fresh

at($begin + 86400);

my $eve = $site->verified('eve');
my $verified = facts($eve)->{verifiedAt};

at($verified + 299);
is($eve->get('/fresh/')->status, 200, 'max age - 1: opens');
at($verified + 300);
is($eve->get('/fresh/')->status, 200, 'max age: opens');
at($verified + 301);
is($eve->get($gate->mark('/fresh/'))->status, 403, 'max age + 1: shut');
is($eve->get('/')->status, 200, 'which opens other locations');
is($eve->get($gate->mark('/fresh/'))->status, 403,
    'renewing is not verifying');

$site->verified('eve', client => $eve, path => '/fresh/');
is($eve->get('/fresh/')->status, 200, 'verified again: opens');
is(epoch($eve->get('/fresh/')->json->{headers}{'IDV-Verified-At'}),
    facts($eve)->{verifiedAt}, 'as the application is told');
cmp_ok(facts($eve)->{verifiedAt}, '>=', $verified + 301, 'just now');

# the time of the verification counts, and not that of its last step

$flow = $site->flow('eve', client => my $slow = $site->client('eve'),
    path => '/fresh/');
$flow->require_code;
$flow->phone('SUCCESS');
ok($flow->reach('ID_VERIFICATION_COMPLETED'), 'verified, and not continued');
my $then = int(time) + $clock->{seconds};

at($then + 240);
$flow->continue;
is($slow->get('/fresh/')->status, 200, 'four minutes later: opens');
cmp_ok(abs(facts($slow)->{verifiedAt} - $then), '<=', 1,
    'the time of the verification');
at($then + 302);
is($slow->get($gate->mark('/fresh/'))->status, 403,
    'max age + 1 after it: shut');
is($slow->get('/')->status, 200, 'of a session that is a minute old');

# by header

my $bare = $site->client('sam', headers => ['X-PF-Authn-API-State' => 'x']);
$flow = Idv::Flow->new(site => $site, client => $bare, path => '/');
$flow->start;
$bare->{headers} = ['X-PF-Authn-API-State'
    => $flow->state->{_pf_authn_api_state}];
$flow->verify;

my $header = $flow->state->{authorizeResponse}{idvSession};
my $sam = with('sam', 'IDV-Session' => $header);
$begin = facts($sam)->{expiresAt} - 1800;

at($begin + 149);
is($sam->('/')->header('IDV-Session'), undef, 'header: not yet renewed');
at($begin + 151);
my $answer = $sam->('/');
my $renewed = $answer->header('IDV-Session');
like($renewed, qr/^[\w-]+$/, 'header: renewed');
isnt($renewed, $header, 'header: by another');
is_deeply([$answer->header('Set-Cookie')], [], 'header: without a cookie');
$site->nginx->forbid($header, $renewed);

at($begin + 601);
is($sam->($gate->mark('/'))->status, 403, 'header: idle: shut');
is(with('sam', 'IDV-Session' => $renewed)->('/')->status, 200,
    'header: the renewed one goes on');
at($begin + 1800);
is(with('sam', 'IDV-Session' => $renewed)->($gate->mark('/'))->status, 403,
    'header: to the same end');

# a shorter lifetime holds for what is out, a longer one does not

my $bob = $site->verified('bob');
$begin = facts($bob)->{expiresAt} - 1800;

ok($site->reload(@house, provider => 'session_idle 2m; session_lifetime 3m;'),
    'shorter times');
$bob->close;
at($begin + 119);
is($bob->get('/')->status, 200, 'shorter: opens');
is(facts($bob)->{expiresAt}, $begin + 180, 'shorter: as the front end is told');
$bob = with('bob', Cookie => 'idv_local=' . $bob->cookie('idv_local'));
at($begin + 179);
is($bob->('/')->status, 200, 'shorter lifetime - 1: opens');
at($begin + 180);
is($bob->($gate->mark('/'))->status, 403, 'shorter lifetime: shut');

ok($site->reload(@house, provider => 'session_idle 5h; session_lifetime 9h;'),
    'longer times');
at($begin + 1799);
is($bob->('/')->status, 200, 'longer: what was not over goes on');
at($begin + 1800);
is($bob->($gate->mark('/'))->status, 403, 'to its own end');

$gate->nothing_passed;

# Ann signs out.  The clock is set by an hour, too far; meanwhile others sign
# out, more than there is room for, and what is over gives way.  When the clock
# is right again, so would her session be: it stays ended.

$site = $clock->with(sub {
    Idv::Site->new(zone => '512k', provider => 'session_lifetime 30m;'
        . 'session_idle 30m; transaction_limit off;');
});
$gate = Idv::Gate->new($site);

my $copy;
my $held = $site->verified('ann')->cookie('idv_local');
my $ahead;

# ends it, whatever the clock makes of it just now

sub sign_out {
    my ($cookie, $what) = @_;

    is(with('ann', Cookie => "idv_local=$cookie")->('/idv/session')->body,
        '{"active":false}', "$what: not active");

    my $answer = $site->client('ann')->post('/idv/logout', '',
        Cookie => "idv_local=$cookie", 'Sec-Fetch-Site' => 'same-origin');
    is($answer->status, 303, "$what: signed out");
    like($answer->header('Set-Cookie'), qr/^idv_local=;/, "$what: no cookie");
}

for my $n (0 .. 11) {
    my $client = $site->verified('ann', client => $site->client('ann'));

    $copy //= $client->cookie('idv_local');
    is($client->post('/idv/logout', '', 'Sec-Fetch-Site' => 'same-origin')
        ->status, 303, "sign-out $n");

    next if $n != 7;

    $clock->step(3600);
    sign_out($held, 'an hour too late');
    $ahead = $site->verified('ann')->cookie('idv_local');
}

$clock->step(-3600);
is(with('ann', Cookie => "idv_local=$held")->($gate->mark('/'))->status, 403,
    'the clock is right again: who signed out too late stays out');

sign_out($ahead, 'an hour too early');
$clock->step(3600);
is(with('ann', Cookie => "idv_local=$ahead")->($gate->mark('/'))->status, 403,
    'its hour has come: who signed out too early stays out');
$clock->step(-3600);

is(with('ann', Cookie => "idv_local=$copy")->($gate->mark('/'))->status, 403,
    'the clock is set and set back: who signed out stays out');
$gate->nothing_passed;

Idv::Site::finish();
