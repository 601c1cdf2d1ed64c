#!/usr/bin/perl

# Who is refused, and how: a browser is led to the page, a program gets a flow,
# what would change something is told why not, and nobody without a name gets
# anything.  And who is let through, by what the location asks for: another
# provider, another policy, optional, with or without a verification.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Gate;
use Idv::HTTP;
use Idv::Site;

my $environment = Idv::Site::ENVIRONMENT;
my $worker = Idv::Site::CLIENT;
my $policy_b = 'b0000000-0000-4000-8000-00000000000b';

my $http = <<"END";
    map \$arg_gate \$gate {
        default  \$arg_gate;
        none     "";
    }

    idv_provider second {
        environment_id      $environment;
        api_url             http://127.0.0.1:%%PORT_service%%/v1;
        auth_url            http://127.0.0.1:%%PORT_service%%;
        client_id           $worker;
        client_secret_file  client_secret;
        session_key_file    session.key;
        read_interval       200ms;
    }

    log_format idv '\$request_uri status=\$idv_status name=\$idv_claim_firstname';
END

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';

my $locations = <<"END";
        location /second/ { auth_idv second; $app }
        location /second-flows/ { idv_flow_api second; }

        location /mapped/ { auth_idv \$gate; $app }
        location /mode/ { auth_idv local \$arg_mode; $app }
        location /optional/ {
            auth_idv local optional;
            auth_idv_header IDV-First-Name firstName;
            access_log %%DIR%%/optional.log idv;
            $app
        }
        location /policy/ { auth_idv local; auth_idv_policy \$arg_policy; $app }
        location /age/ { auth_idv local; auth_idv_max_age \$arg_age; $app }
        location /named/ { auth_idv local; auth_idv_subject \$arg_user; $app }
        location /twice/ {
            auth_idv local;
            auth_idv_subject \$arg_user\$arg_rest;
            $app
        }
        location /more/ { auth_idv local; auth_idv_subject \${arg_user}n; $app }
        location ~ ^/captured/(\\w*)\$ {
            auth_idv local;
            auth_idv_subject \$1;
            $app
        }
        location /bypass/ {
            auth_idv local;
            auth_idv_accept_bypass \$arg_accept;
            auth_idv_header IDV-Status transactionStatus;
            auth_idv_header IDV-Verified-At verified_at;
            $app
        }
        location /off/ { auth_idv off; $app }
END

my $servers = <<"END";
    server {
        listen 127.0.0.1:%%PORT_pages%%;

        auth_basic           "test";
        auth_basic_user_file htpasswd;
        auth_idv_subject     \$remote_user;

        location / { auth_idv local; $app }
        location /idv/ { idv_page local; }
    }

    server {
        listen 127.0.0.1:%%PORT_flows%%;

        auth_basic           "test";
        auth_basic_user_file htpasswd;
        auth_idv_subject     \$remote_user;

        location / { auth_idv local; $app }
        location /flows/ { idv_flow_api local; }
    }

    server {
        listen 127.0.0.1:%%PORT_claimed%%;

        auth_idv_subject \$remote_user;

        location / { auth_idv local; $app }
        location /flows/ { idv_flow_api local; }
        location /idv/ { idv_page local; }
    }
END

my @house = (http => $http, locations => $locations, servers => $servers);
my $site = Idv::Site->new(@house);
my $gate = Idv::Gate->new($site);

my $nobody = $site->client(undef);
my $ann = $site->client('ann');

# a browser, or a program

my @navigation = ('Sec-Fetch-Mode' => 'navigate');
my @html = (Accept => 'text/html,*/*;q=0.8');

sub led_to_page {
    my ($answer, $name) = @_;

    is($answer->status, 303, "$name: to the page");
    like($answer->header('Location'), qr{^/idv/\?flowId=[A-Za-z0-9]{22}$},
        "$name: of its flow");
    is($answer->header('Cache-Control'), 'no-store', "$name: not stored");
    is($answer->body, '', "$name: without a body");
}

led_to_page($ann->get($gate->mark('/a'), @navigation), 'a navigation');
led_to_page($ann->get($gate->mark('/a'), @html), 'an older browser');
led_to_page($ann->head($gate->mark('/a'), @navigation), 'HEAD');
$gate->refuses($ann, '/a', 'a mode that is none', 'Sec-Fetch-Mode' => $_,
    Accept => 'text/html') for qw(Navigate navigatx navigates);

my ($page) = $ann->get('/a', @navigation)->header('Location');
is($ann->get('/b', @navigation)->header('Location'), $page,
    'the same flow, whatever she asks for');

for my $case (
    ['a script', @html, 'Sec-Fetch-Mode' => 'cors'],
    ['an image', Accept => 'image/*', 'Sec-Fetch-Mode' => 'no-cors'],
    ['an older script', @html, 'X-Requested-With' => 'XMLHttpRequest'],
    ['curl', Accept => '*/*'],
    ['who accepts all but HTML', Accept => 'application/json'],
    ['who says nothing'],
) {
    my ($name, @headers) = @$case;
    $gate->refuses($ann, '/a', $name, @headers);
}

my $first = $gate->refuses($ann, '/a', 'once')->{id};
is($gate->refuses($ann, '/b', 'twice')->{id}, $first, 'one flow');
like($page, qr/^(?!.*$first)/, 'which is not the one of her browser');

my $head = $ann->head($gate->mark('/a'));
is($head->status, 403, 'HEAD: 403');
is($head->body, '', 'HEAD: without a body');
is($head->header('Content-Length'), length $ann->get('/a')->body,
    'HEAD: of which the length is told');

# what only has one of the two ways in

my $pages = Idv::HTTP->new(port => $site->port('pages'), basic => 'ann:ann');
led_to_page($pages->get($gate->mark('/'), @navigation), 'only a page');
$gate->denies($pages, '/', 'VERIFICATION_REQUIRED', 'only a page: a program');

my $flows = Idv::HTTP->new(port => $site->port('flows'), basic => 'ann:ann');
like($gate->refuses($flows, '/', 'only a flow API: a browser', @navigation)
    ->{_links}{self}{href}, qr{/flows/\w+$}, 'has the address');

# what is not safe

for my $method (qw(POST PUT DELETE PATCH OPTIONS PROPFIND MKCOL FROBNICATE)) {
    my $answer = $ann->request($method, $gate->mark('/a'), @navigation,
        $method =~ /^P/ ? (-body => 'some=thing') : ());

    is($gate->refused($answer, $method)->{code}, 'VERIFICATION_REQUIRED',
        "$method: is told why");
    is($answer->header('Set-Cookie'), undef, "$method: starts nothing");
}

my $answer = $ann->post($gate->mark('/a'), 'x' x 500_000);
is($answer->status, 403, 'a large body: 403');
is($ann->get('/off/')->status, 200, 'and is not taken for the next request');

# nobody

$gate->denies($nobody, '/named/?user=', 'SUBJECT_REQUIRED', 'no subject',
    Authorization => 'Basic ' . MIME::Base64::encode_base64('ann:ann', ''));
is($nobody->get($gate->mark('/'))->status, 401, 'no password');

$gate->denies($ann, '/named/?user=', 'SUBJECT_REQUIRED', 'an empty name',
    @navigation);
$gate->denies($ann, '/named/?user=' . 'n' x 104, 'SUBJECT_REQUIRED',
    'a name that is too long');
like($site->nginx->log->text, qr/idv: a subject of 104 bytes is longer/,
    'is logged');
$gate->refuses($ann, '/named/?user=' . 'n' x 103, 'the longest name');

# a name with control characters, as a password's text or as a header; the zone
# ends it at a NUL, so that it would be ann's

my $port = $site->port('claimed');

for my $byte ("\0", "\1", "\t", "\x1f", "\x7f") {
    my $hex = sprintf '%02x', ord $byte;

    for my $name ("ann$byte", "ann${byte}x", "${byte}ann") {
        my $claims = Idv::HTTP->new(port => $port, basic => "$name:x");

        $gate->denies($claims, '/', 'SUBJECT_REQUIRED', "a name with $hex");
        $gate->denies($claims, '/', 'SUBJECT_REQUIRED', "$hex, a browser",
            @navigation);
        is($claims->get('/idv/start')->status, 403, "$hex starts no flow");
    }
}

like($site->nginx->log->text, qr/idv: a subject has control characters/,
    'is logged');
$gate->refuses(Idv::HTTP->new(port => $port, basic => "\xc3\xa4 nn:x"), '/',
    'a name with a space and bytes of UTF-8');

is($site->service->transaction_calls('POST'), 0, 'all this has cost nothing');

# ann is verified

$site->verified('ann', client => $ann);
$gate->admits($ann, '/', 'verified');

for my $method (qw(POST PUT DELETE PATCH OPTIONS)) {
    is($ann->request($method, '/', -body => 'a')->json->{method}, $method,
        "verified: $method");
}

my $bob = $site->client('bob', headers => [@{[Cookie => $ann->cookies('/')]}]);
$gate->refuses($bob, '/', 'her session is not for bob');
$gate->refuses($ann, '/named/?user=bob', 'nor for bob by the same password');

# whatever a name is put together from, it is all of it

for my $of (['/named/?user=ann', '/named/?user=an'],
            ['/twice/?user=a&rest=nn', '/twice/?user=ann&rest=a'],
            ['/more/?user=an', '/more/?user=ann'],
            ['/captured/ann', '/captured/ann2'])
{
    my ($hers, $other) = @$of;

    $gate->admits($ann, $hers, "$hers is ann");
    $gate->refuses($ann, $other, "$other is not");
}

for my $none ('/twice/', '/captured/') {
    $gate->denies($ann, $none, 'SUBJECT_REQUIRED', "$none is nobody");
}

# by a map

$gate->admits($ann, '/mapped/?gate=local', 'a variable names the provider');
$gate->refuses($bob, '/mapped/?gate=local', 'for all');
$gate->refuses($ann, '/mapped/?gate=second', 'a session of another provider');
$gate->admits($bob, '/mapped/?gate=off', 'off');
$gate->admits($bob, '/off/', 'off as it is written');

# "none" is a map that has no default

for my $name (qw(none nothing Local LOCAL Off OFF locals loca local%20 on
                 optional))
{
    for my $client ($ann, $bob) {
        is($client->get($gate->mark("/mapped/?gate=$name"))->status, 500,
            "a provider \"$name\" that does not exist lets nobody through");
    }
}

like($site->nginx->log->text, qr/idv: auth_idv gives the name of no provider/,
    'as the log says');

# two providers, two sessions

my $eve = $site->client('eve');
$site->verified('eve', client => $eve, path => '/second/');
$gate->admits($eve, '/second/', 'the second provider');
$gate->refuses($eve, '/', 'opens only its own');

my $stolen = $eve->cookie('idv_second');
$gate->refuses($site->client('eve'), '/', 'under the name of the other',
    Cookie => "idv_local=$stolen");
$site->verified('eve', client => $eve);
$gate->admits($eve, '/', 'both');
$gate->admits($eve, '/second/', 'side by side');

# modes

for my $mode ('', qw(required optiona optionals Optional off none)) {
    $gate->refuses($bob, "/mode/?mode=$mode", "mode \"$mode\"");
}

$gate->admits($bob, '/mode/?mode=optional', 'optional');
$gate->admits($ann, '/mode/?mode=required', 'required, verified');

my $seen = $gate->admits($bob, '/optional/bob', 'optional, not verified')->json;
ok(!exists $seen->{headers}{'IDV-First-Name'}, 'is nobody');
is_deeply([$site->client('bob')->get('/optional/x')->header('Set-Cookie')], [],
    'and starts nothing');

$seen = $gate->admits($ann, '/optional/ann', 'optional, verified')->json;
my $name = $seen->{headers}{'IDV-First-Name'};
like($name, qr/^\w+$/, 'is somebody');
is($ann->post('/optional/ann', 'a=b')->status, 200, 'also with POST');

ok($site->nginx->wait_until(5, sub {
    3 < scalar split /\n/, $site->nginx->read_file('optional.log')
}), 'the variables are in a log');
my $log = $site->nginx->read_file('optional.log');
like($log, qr{^/optional/ann status=SUCCESS name=$name$}m, 'of who is verified');
like($log, qr{^/optional/bob status=- name=-$}m, 'and not of others');

# policies

my $policy = $site->service->api('GET', 'verifyPolicies')
    ->json->{_embedded}{verifyPolicies}[0]{id};
like($policy, qr/^[0-9a-f-]{36}$/, 'the service has a policy');

$gate->admits($ann, '/policy/?policy=', 'no policy is the default');
my $id = $gate->refuses($ann, "/policy/?policy=$policy", 'another policy')
    ->{id};
isnt($gate->refuses($ann, "/policy/?policy=$policy_b", 'a third one')->{id},
    $id, 'each has a flow');
is($gate->refuses($ann, '/policy/?policy=' . uc $policy, 'in capitals')->{id},
    $id, 'is the same policy');

for my $wrong ('x', "${policy}0", substr($policy, 1), '-' x 36) {
    my $answer = $site->client('ann')
        ->get($gate->mark("/policy/?policy=$wrong"));

    is($answer->status, 500, "a policy \"$wrong\" lets nobody through");
    is($answer->header('Set-Cookie'), undef, 'and begins nothing');
}

$site->verified('ann', client => $ann, path => "/policy/?policy=$policy");
$gate->admits($ann, "/policy/?policy=$policy", 'verified by that policy');
$gate->admits($ann, '/policy/?policy=' . uc $policy, 'in capitals');
$gate->refuses($ann, "/policy/?policy=$policy_b", 'which is not the third');
$gate->refuses($ann, '/', 'nor the default');

# age; session_time.t has more of it

$site->verified('ann', client => $ann);

for my $age ('', '1h', '3600', '10m', '1d', '99999d') {
    $gate->admits($ann, "/age/?age=$age", "an age \"$age\"");
}

for my $age (qw(x -1 1x 2m1h one 1.5h 99999999999999999999)) {
    $gate->refuses($ann, "/age/?age=$age", "an age \"$age\"");
}

like($site->nginx->log->text, qr/idv: auth_idv_max_age gives no time/,
    'what is no time is logged');

$gate->nothing_passed;

# without a verification

my %bypass = (
    on_unavailable => sub {
        my ($site, $flow) = @_;

        $site->service->faults({ path => '/v1/', times => 50, status => 503 });
        $flow->require_code;
        $site->service->faults;
    },
    on_failed => sub {
        my ($site, $flow) = @_;

        $flow->require_code;
        $flow->phone('FAIL');
        $flow->reach('ID_VERIFICATION_COMPLETED');
    },
);

for my $how (sort keys %bypass) {

    my $open = Idv::Site->new(@house, name => $how,
        provider => "$how bypass; attempts 1; breaker off;");
    my $ways = Idv::Gate->new($open);
    my $flow = $open->flow('bob');

    $bypass{$how}->($open, $flow);
    is($flow->status, 'ID_VERIFICATION_COMPLETED', "$how: completed");
    $flow->continue;
    is($flow->state->{authorizeResponse}{transactionStatus}, 'BYPASS',
        "$how: without a verification");

    my $client = $flow->client;
    ok(defined $client->cookie('idv_local'), "$how: has a session");

    $ways->refuses($client, '/', "$how: not enough");

    for my $accept ('', qw(off no 0 false On ON TRUE 11 onn bypass)) {
        $ways->refuses($client, "/bypass/?accept=$accept",
            "$how: accept \"$accept\"");
    }

    for my $accept (qw(on 1 yes true)) {
        my $headers = $ways->admits($client, "/bypass/?accept=$accept",
            "$how: accept \"$accept\"")->json->{headers};

        is($headers->{'IDV-Status'}, 'BYPASS', "$how: as the application sees");
        ok(!exists $headers->{'IDV-Verified-At'}, "$how: at no time");
    }

    $ways->refuses($open->client('eve'), '/bypass/?accept=on',
        "$how: accepting is not granting");
    $ways->nothing_passed;
}

Idv::Site::finish();
