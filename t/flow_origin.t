#!/usr/bin/perl

# Clients that are pages of another origin, and clients without cookies: the
# preflight that comes before any credentials, the headers that let a listed
# origin read an answer and no other, the state that a client without cookies
# carries itself, and the session that it gets in place of a cookie.

# variants: plain asan trixie policy

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Check;
use Idv::Flow;
use Idv::Site;

use constant {
    SHOP => 'https://shop.example',
    DESK => 'https://desk.example:8443',
    VENDOR => 'application/vnd.pingidentity.',
};

my $site = Idv::Site->new(hop => 1,
    provider => 'cors_origin ' . SHOP . ' ' . DESK . ';');
my $service = $site->service;

my @xsrf = ('X-XSRF-Header' => 'test');
my @ask = ('Access-Control-Request-Method' => 'POST',
           'Access-Control-Request-Headers' => 'content-type,x-xsrf-header');


# the headers of CORS in an answer: each must be there once

sub cors {
    my ($answer) = @_;

    my %seen;

    for (map { lc $_->[0] } @{$answer->{headers}}) {
        $seen{$_}++ if /^access-control-/ || $_ eq 'vary';
    }

    return join ' ', map { $seen{$_} > 1 ? "$_*$seen{$_}" : $_ }
        sort keys %seen;
}

my $readable = 'access-control-allow-credentials access-control-allow-origin '
             . 'access-control-expose-headers vary';


sub readable {
    my ($answer, $origin, $name) = @_;

    is(cors($answer), $readable, "$name: the page can read it");
    is($answer->header('Access-Control-Allow-Origin'), $origin,
        "$name: that page");
    is($answer->header('Access-Control-Allow-Credentials'), 'true',
        "$name: with credentials");
    like($answer->header('Vary'), qr/^Origin$/i,
        "$name: a cache tells them apart");
}


my $flow = $site->flow('ann');
my $path = $flow->path;

# The preflight: nobody is signed on.

for my $origin (SHOP, DESK) {
    for my $where ($path, '/pf-ws/authn/flows/' . 'a' x 22, '/idv/start') {
        my $answer = $site->client(undef)->request('OPTIONS', $where, @ask,
            Origin => $origin);

        is($answer->status, 204, "a preflight of $where");
        is($answer->header('Access-Control-Allow-Origin'), $origin,
            'is granted');
        is($answer->header('Access-Control-Allow-Credentials'), 'true',
            'with credentials');
        is_deeply([sort map { lc } split /\s*,\s*/,
                $answer->header('Access-Control-Allow-Headers')],
            [qw(authorization content-type idv-session x-pf-authn-api-state
                x-xsrf-header)], 'and the headers that clients need');
        is_deeply([sort split /\s*,\s*/,
                $answer->header('Access-Control-Allow-Methods')],
            [qw(GET POST)], 'and the methods');
        like($answer->header('Vary'), qr/^Origin$/i, 'for that origin alone');
        is($answer->header('Set-Cookie'), undef, 'it leaves nothing behind');
    }
}

for my $origin ('https://evil.example', 'https://shop.example.evil.example',
                'http://shop.example', 'https://shop.example:443',
                'https://SHOP.example', 'https://shop.example/', 'null', '*')
{
    my $answer = $site->client(undef)->request('OPTIONS', $path, @ask,
        Origin => $origin);

    unlike(cors($answer), qr/allow-(?:origin|credentials)/,
        "a preflight of $origin is not granted");
    like($answer->header('Vary') // '', qr/^Origin$/i, 'nor cached for others');

    untouched($flow, sub {
        $answer = $flow->client->get($path, @xsrf, Origin => $origin);
    }, $origin);

    is(cors($answer), 'vary', "and $origin cannot read an answer");
}

# Where there is no origin that may ask, it is no preflight.

error_is($site->client(undef)->request('OPTIONS', $path), 401, 'UNAUTHORIZED',
    undef, 'OPTIONS alone has to pass the first factor');
error_is($site->client(undef)->request('OPTIONS', $path, Origin => SHOP), 401,
    'UNAUTHORIZED', undef, 'and so has one that asks for no method');
error_is($flow->client->request('OPTIONS', $path, @xsrf), 405,
    'INVALID_REQUEST', undef, 'behind which it is no method of this API');
is($site->client(undef)->request('OPTIONS', '/', @ask, Origin => SHOP)
    ->status, 401, 'preflights of the application are its own business');

untouched($flow, sub {
    $site->client(undef)->request('OPTIONS', $path, @ask, Origin => SHOP);
}, 'a preflight');

# Whatever the answer is, a listed origin can read it.

my @origin = (Origin => SHOP);
my $client = $flow->client;

my %answer = (
    'a state' => sub { $client->get($path, @xsrf, @origin) },
    'an action' => sub { $flow->act('deviceAuthentication',
        { deviceAuthentication => 'other' }, @origin) },
    'the refusal of the gate' => sub { $client->get('/', @origin) },
    '401' => sub { $site->client(undef)->get($path, @xsrf, @origin) },
    '403' => sub { $client->get($path, @origin) },
    '404' => sub { $client->get($path =~ s/.$/-/r, @xsrf, @origin) },
    '405' => sub { $client->request('PUT', $path, @origin) },
    '413' => sub { $client->post($path, 'x' x 20_000, @xsrf, @origin) },
    '415' => sub { $client->post($path, '{}', @xsrf, @origin,
        'Content-Type' => 'text/plain') },
    '400' => sub { $client->post($path, '{', @xsrf, @origin,
        'Content-Type' => VENDOR . 'poll+json') },
    'chunks that are none' => sub { $client->post($path, "zz\r\n", @xsrf,
        @origin, 'Content-Type' => VENDOR . 'poll+json',
        'Transfer-Encoding' => 'chunked', 'Content-Length' => undef) },
    'too many bytes in chunks' => sub { $client->post($path,
        "4000\r\n" . 'x' x 0x4000 . "\r\n0\r\n\r\n", @xsrf, @origin,
        'Content-Type' => VENDOR . 'poll+json',
        'Transfer-Encoding' => 'chunked', 'Content-Length' => undef) },
    'a start' => sub { $client->get('/idv/start?response_mode=pi.flow',
        @origin) },
);

readable($answer{$_}->(), SHOP, $_) for sort keys %answer;

# Without a list there is nothing of the kind.

my $plain = Idv::Site->new(hop => 1, name => 'no origins');
my $other = $plain->flow('ann');

error_is($plain->client(undef)->request('OPTIONS', $other->path, @ask, @origin),
    401, 'UNAUTHORIZED', undef, 'no list: no preflight');
is(cors($other->client->get($other->path, @xsrf, @origin)), '',
    'and nothing that a page of another origin could read');

# A client without cookies, started by the page as the widget's redirectless
# mode does it.  What it has before the first answer is no value.

my $bare = $site->client('ann');
my $start = '/idv/start?response_mode=pi.flow';

sub carry { return ('X-PF-Authn-API-State' => $_[0]) }

for my $first ('undefined', '', 'null', 'x' x 5000) {
    my $answer = $bare->get($start, @origin, carry($first));

    is($answer->status, 200, 'a start without cookies');
    is($answer->header('Set-Cookie'), undef, 'sets none');
    like($answer->json->{_pf_authn_api_state} // '', qr/^[A-Za-z0-9]{22}$/,
        'but has what the client is to carry');
    isnt($answer->json->{_pf_authn_api_state}, $first, 'of our making');
    $site->nginx->forbid($answer->json->{_pf_authn_api_state});
}

my $answer = $bare->get($start, @origin, carry('undefined'));
my $state = $answer->json->{_pf_authn_api_state};

$site->nginx->forbid($state);

my $walk = Idv::Flow->new(site => $site, client => $site->client('ann',
    headers => [carry($state)]));

$walk->take($answer);
state_is($walk, 'ID_VERIFICATION_DEVICE', 'the first state, with 200');

error_is($bare->get($walk->path, @xsrf), 404, 'RESOURCE_NOT_FOUND', undef,
    'who does not carry it has no flow');

my $lost = $bare->get($walk->path, @xsrf, carry('a' x 22));

is($lost->status, 404, 'nor who carries something else');
is($lost->json->{_pf_authn_api_state}, 'a' x 22, 'errors have it as well');
is($bare->get($walk->path, @xsrf, carry('undefined'))
    ->json->{_pf_authn_api_state}, undef, 'but never what is no value');
is($bare->get($walk->path, @xsrf, carry('a"b' x 7 . 'c'))
    ->json->{_pf_authn_api_state}, undef, 'nor what could break them');
error_is($site->client('bob')->get($walk->path, @xsrf, carry($state)), 404,
    'RESOURCE_NOT_FOUND', undef, 'for another user it is worth nothing');

for my $call (sub { $walk->read }, sub { $walk->device('other') },
              sub { $walk->choose('email') }, sub { $walk->poll })
{
    $call->();
    is($walk->answer->status, 200, "on to " . $walk->status);
    is($walk->state->{_pf_authn_api_state}, $state, 'with the state to carry');
    is($walk->answer->header('Set-Cookie'), undef, 'and no cookie');
}

state_is($walk, 'ID_VERIFICATION_REQUIRED', 'REQUIRED');

my ($kind, $data) = split /,/, $walk->state->{qrUrl}, 2;

is($kind, 'data:image/svg+xml;base64', 'an image element sends no header:');
like(MIME::Base64::decode_base64($data), qr/^(?:<\?xml[^>]*>\s*)?<svg\b.*<\/svg>\s*$/s,
    'the QR code is in the state');

$walk->phone('SUCCESS');
ok($walk->reach('ID_VERIFICATION_COMPLETED'), 'verified');
$walk->continue;
state_is($walk, 'COMPLETED', 'COMPLETED');

my $session = $walk->state->{authorizeResponse}{idvSession};

ok(defined $session, 'with the session');
$site->nginx->forbid($session);
is($walk->answer->header('Set-Cookie'), undef, 'which is no cookie');

is($bare->get('/', 'IDV-Session' => $session)->status, 200,
    'the gate takes it in its header');
is($bare->get('/')->status, 403, 'without it, no');
is($bare->get('/', Cookie => "idv_local=$session")->status, 403,
    'as a cookie, no');
is($site->client('bob')->get('/', 'IDV-Session' => $session)->status, 403,
    'of bob, no');
is($bare->get('/', Authorization => "Bearer $session")->status, 401,
    'in another header, no');

# With cookies the session is a cookie and nothing else.

$walk = Idv::Flow->new(site => $site, client => $site->client('eve'));
$walk->take($walk->client->post($start, '', @origin));
state_is($walk, 'ID_VERIFICATION_DEVICE', 'started by a POST, with cookies');
ok(defined $walk->client->cookie('idv_local_flow'), 'there is one');
ok(!exists $walk->state->{_pf_authn_api_state}, 'and nothing to carry');

$walk->require_code;
$walk->phone('SUCCESS');
ok($walk->reach('ID_VERIFICATION_COMPLETED'), 'verified');
$walk->continue;
state_is($walk, 'COMPLETED', 'COMPLETED');
ok(!exists $walk->state->{authorizeResponse}{idvSession},
    'there is no session in it');

my $cookie = $walk->client->cookie('idv_local');

ok(defined $cookie, 'but a cookie');
is($walk->client->get('/')->status, 200, 'that opens the gate');
is($site->client('eve')->get('/', 'IDV-Session' => $cookie)->status, 403,
    'and is worth nothing in the header');

# A refusal of the gate starts a flow without cookies as well.

$answer = $site->client('sam')->get('/', carry('undefined'));
is($answer->status, 403, 'the gate refuses');
is($answer->header('Set-Cookie'), undef, 'without a cookie');
like($answer->json->{_pf_authn_api_state} // '', qr/^\w{22}$/,
    'with what to carry');
$site->nginx->forbid($answer->json->{_pf_authn_api_state});

# Nobody to start for.

$answer = $site->client(undef)->get($start, @origin, carry('undefined'));
error_is($answer, 401, 'UNAUTHORIZED', undef,
    'a start has to pass the first factor');
readable($answer, SHOP, 'which a page of another origin can see');

$answer = $bare->post($start, '<start/>', @origin, 'Content-Type' => 'text/xml');
error_is($answer, 415, 'INVALID_REQUEST', 'INVALID_CONTENT_TYPE',
    'a start is a form, or nothing');
readable($answer, SHOP, 'a start that is no form');

both_workers($site);

$site->finish;
