#!/usr/bin/perl

# What the hosted page does with what it should not get: methods, addresses,
# forms of other sites, forms that are none, return addresses that lead away.

use strict;
use warnings;

use Test::More;

use Idv::Page;
use Idv::Site;

my @nobody = (servers => <<'END');
    server {
        listen 127.0.0.1:%%PORT_nobody%%;

        auth_idv_subject "";

        location /nobody/ { idv_page local; }
        location /nobody/flows/ { idv_flow_api local; }
    }

    server {
        listen 127.0.0.1:%%PORT_shut%%;

        auth_idv_subject ann;

        location /shut/flows/ {
            deny all;
            idv_flow_api local;
        }
    }
END

my $site = Idv::Site->new(@nobody);

my $service = $site->service;
my $origin = 'http://127.0.0.1:' . $site->port('gate');
my $form = 'application/x-www-form-urlencoded';

my $ann = Idv::Page->new(site => $site, user => 'ann');


# addresses and methods

for my $path (qw(/idv/x /idv/qr/ /idv/start/ /idv/script.jsx)) {
    is($ann->client->get($path)->status, 404, "$path is nothing");
}

my %reads = map { $_ => 'GET, HEAD' }
    qw(return qr session cancelled style.css script.js icon.svg);
my %allowed = (%reads, map { $_ => 'GET, HEAD, POST' } '', 'start', 'logout');

for my $name (sort keys %allowed) {
    for my $method (qw(PUT DELETE PATCH OPTIONS),
                    $reads{$name} ? 'POST' : ())
    {
        my $answer = $ann->client->request($method, "/idv/$name");

        is($answer->status, 405, "$method $name");
        is($answer->header('Allow'), $allowed{$name}, 'with what is allowed');
    }

    my $get = $ann->client->get("/idv/$name");
    my $head = $ann->client->head("/idv/$name");
    is($head->status, $get->status, "HEAD $name: the same status");
    is($head->body, '', 'without a body');
}

# what every page says to the browser

my %headers = (
    'Content-Security-Policy' => qr/^(?=.*default-src[ ]'none';)
        (?=.*script-src[ ]'self';)(?=.*form-action[ ]'self';)
        (?=.*base-uri[ ]'none';)(?=.*frame-ancestors[ ]'none')
        (?!.*unsafe)/x,
    'Referrer-Policy' => qr/^same-origin$/,
    'X-Content-Type-Options' => qr/^nosniff$/,
    'Cache-Control' => qr/^no-store$/,
    'Content-Type' => qr{^text/html; charset=utf-8$},
);

for my $path (qw(/idv/ /idv/logout /idv/cancelled /idv/nothing
                 /idv/?flowId=x), $ann->open('/a')->path)
{
    my $answer = $ann->client->get($path);

    for my $name (sort keys %headers) {
        my @values = $answer->header($name);
        is(scalar @values, 1, "$path: one $name");
        like($values[0], $headers{$name}, 'as it should be');
    }

    unlike($answer->body, qr/<script(?! src=)|<style|\son\w+=|style="/,
        'nothing inline');
}

# a form is one of ours or it is nothing

my ($path, $field) = $ann->open('/a')->button('idv-other');
my $stranger = Idv::Page->new(site => $site, user => 'ann');
my (undef, $strange) = $stranger->open('/a')->button('idv-other');
my $eve = Idv::Page->new(site => $site, user => 'eve',
    client => $ann->client);

my @forged = (
    ['without a token', { %$field, csrf => '' }],
    ['with a wrong token', { %$field, csrf => 'f' x 64 }],
    ['with a cut token', { %$field, csrf => substr($field->{csrf}, 1) }],
    ['with the token of another browser',
     { %$field, csrf => $strange->{csrf} }],
    ['of another site', $field, 'Sec-Fetch-Site' => 'cross-site'],
    ['of a sibling', $field, 'Sec-Fetch-Site' => 'same-site'],
    ['of another origin', $field, 'Sec-Fetch-Site' => undef,
     Origin => 'https://evil.example'],
    ['of a place whose name is as long', $field,
     'Sec-Fetch-Site' => 'same-origix'],
    ['of an origin whose name is as long', $field, 'Sec-Fetch-Site' => undef,
     Origin => $origin =~ s/^http/httq/r],
    ['of a longer origin', $field, 'Sec-Fetch-Site' => undef,
     Origin => "${origin}0"],
    ['of no origin', $field, 'Sec-Fetch-Site' => undef, Origin => 'null'],
);

for my $case (@forged) {
    my ($name, $fields, @more) = @$case;

    is($ann->send($path, $fields, @more)->status, 403, "a form $name");
    is($ann->heading, 'This form cannot be used any more', 'is told so');
}

my $cookie = $ann->client->jar;
$ann->client->forget;
is($ann->send($path, $field)->status, 403, 'a form without the cookie');
%{$ann->client->jar} = %$cookie;

is($ann->open($path . '?flowId=' . $field->{flowId})->view, 'device',
    'the flow is untouched');
is($service->transaction_calls('POST'), 0, 'and nothing was paid');

for my $case (['an action that there is not', { action => 'destroy' }, 400],
              ['no action', { action => '' }, 400])
{
    my ($name, $change, $status) = @$case;

    is($ann->send($path, { %$field, %$change })->status, $status, $name);
}

is($ann->send($path, { %$field, flowId => 'x' })->status, 404,
    'a flow that is none');
is($ann->send($path, { %$field, flowId => $strange->{flowId} })->status, 403,
    'a flow of another browser');
is($ann->send($path, { %$field, action => 'continue' })->view, 'device',
    'an action that is not allowed now shows what is');

# bodies

my $whole = Idv::Page::encode($field);

my @bodies = (
    ['JSON', '{}', 415, 'Content-Type' => 'application/json'],
    ['no content type', $whole, 415, 'Content-Type' => undef],
    ['too large', 'x' x 8193, 413],
    ['too large at last', $whole . '&x=' . 'y' x (8190 - length $whole), 413],
    ['empty', '', 404],
    ['no fields', '&&==&', 404],
    ['a cut escape', 'flowId=%4', 404],
    ['no escape', 'flowId=%zz', 404],
    ['NUL', 'flowId=%00' . $field->{flowId}, 404],
);

for my $case (@bodies) {
    my ($name, $body, $status, @more) = @$case;

    my %headers = ('Content-Type' => $form, Origin => $origin, @more);
    my $answer = $ann->client->post($path, $body, %headers);
    is($answer->status, $status, "a body: $name");
}

for my $case (['too large in chunks', '2100', 'x' x 0x2100],
              ['in chunks of a byte', map { ('1', 'x') } 1 .. 8000])
{
    my ($name, @chunks) = @$case;

    my $chunked = Idv::HTTP::raw($site->port('gate'), join("\r\n",
        "POST $path HTTP/1.1", 'Host: x', 'Connection: close',
        'Authorization: Basic YW5uOmFubg==', "Content-Type: $form",
        'Transfer-Encoding: chunked', '', @chunks, '0', '', ''));
    like($chunked, qr{^HTTP/1\.1 413 }, $name);
}

like($ann->client->post($path, $whole . '&x=' . 'y' x (8100 - length $whole),
        'Content-Type' => "$form; charset=UTF-8", Origin => $origin)
    ->header('Location'), qr/^\Q$path\E\?flowId=/, 'what fits is read');

# return addresses: only paths of this host

my @away = ('//evil.example', '/\\evil.example', '\\\\evil.example',
    'https://evil.example', 'javascript:alert(1)', 'http:evil.example',
    "/\tx", "/\n/evil.example", "/\r\nX-Evil: 1", ' /x', 'x', '', '/x y',
    '/"><script>', '/' . 'x' x 300, "/\0", "\x{2f}\x{2f}x");

for my $away (@away) {
    my $query = Idv::Page::encode({ return => $away });

    $ann->open("/idv/cancelled?$query");
    is($ann->link('idv-back'), undef, "no way back to $query");
    is($ann->link('idv-again'), '/idv/start', 'nor from the start');

    my $start = $ann->client->get("/idv/start?$query");
    like($start->header('Location') // '', qr{^/idv/\?flowId=\w{22}$},
        'a flow starts here');
    ok(!defined $start->header('X-Evil'), 'and adds no header');

    unlike($ann->client->post('/idv/logout', $query, 'Content-Type' => $form)
        ->header('Location'), qr/evil|script|x/, 'signing out stays here');
}

for my $here ('/', '/x', '/x?y=/z&w=%20', '/x#y', '/a+b', "/it's", '/%2f/x',
              '/&amp;')
{
    my $query = Idv::Page::encode({ return => $here });

    is($ann->open("/idv/cancelled?$query")->link('idv-back'), $here,
        "back to $here");
}

is($ann->open('/idv/cancelled?return=/a+b')->link('idv-back'), '/a+b',
    'a plus in an address stays one');

# one flow's buttons survive a new key

($path, $field) = $ann->open('/a')->press('idv-retry')->button('idv-other');
$site->nginx->write_file('old.key', $site->nginx->read_file('session.key'));
$site->nginx->write_file('session.key', 'n' x 32);
$site->reload(@nobody, provider => 'session_key_file old.key;');
is($ann->send($path, $field)->view, 'options', 'a form of the old key works');
isnt(($ann->button('idv-cancel'))[1]{csrf}, $field->{csrf},
    'a new one has the new key');

# starting for the widget

my $api = $site->client('ann');
my $answer = $api->get('/idv/start?response_mode=pi.flow&return=/w');
is($answer->status, 200, 'a start without redirects');
is($answer->header('Content-Type'), 'application/json', 'is JSON');
is($answer->json->{status}, 'ID_VERIFICATION_DEVICE', 'the first state');
is($api->post('/idv/start', 'response_mode=pi.flow', 'Content-Type' => $form)
    ->json->{id}, $answer->json->{id}, 'by POST as well: the same flow');
is($api->get("/idv/start?response_mode=$_")->status, 303,
    "$_ is for a browser") for qw(other pi.flaw pi.flows);

# what nginx itself refuses is JSON for the widget, and only for it

for my $mode (qw(pi.flow other pi.flaw)) {
    my $answer = $site->client->get("/idv/start?response_mode=$mode");

    is($answer->status, 401, "nobody, $mode");
    is($answer->header('Content-Type'),
        $mode eq 'pi.flow' ? 'application/json' : 'text/html', 'as it asks');
}

# for a widget of another host, if it is listed

$site->reload(@nobody, provider => 'cors_origin https://app.example;');

my $start = '/idv/start?response_mode=pi.flow';
my $listed = $site->client('ann')->get($start,
    Origin => 'https://app.example');
is($listed->header('Access-Control-Allow-Origin'), 'https://app.example',
    'a listed origin may start');
is($listed->header('Access-Control-Allow-Credentials'), 'true',
    'as who is signed in');
ok(!defined $site->client('ann')->get($start, Origin => 'https://app.example0')
    ->header('Access-Control-Allow-Origin'), 'another one gets nothing');
ok(!defined $site->client('ann')->get('/idv/', Origin => 'https://app.example')
    ->header('Access-Control-Allow-Origin'), 'the page itself is nobody else\'s');

# nobody

my $nobody = Idv::HTTP->new(port => $site->port('nobody'));
my @xsrf = ('X-XSRF-Header' => 1);

is($nobody->get('/nobody/flows/' . 'a' x 22, @xsrf)->json->{code},
    'SUBJECT_REQUIRED', 'without a subject: no flow');
is(Idv::HTTP->new(port => $site->port('shut'))
    ->get('/shut/flows/' . 'a' x 22, @xsrf)->json->{message},
    'The request was refused.', 'and what nginx forbids is said in JSON');
is($nobody->get('/nobody/')->status, 403, 'no page');
like($nobody->get('/nobody/')->body, qr/Sign in first/, 'but what to do');
is($nobody->get('/nobody/start?response_mode=pi.flow')->json->{code},
    'SUBJECT_REQUIRED', 'the same for the API');
ok(!$nobody->get('/nobody/session')->json->{active}, 'no session');
is($nobody->get('/nobody/style.css')->status, 200, 'but a style sheet');

# files that may be kept

my $file = $ann->client->get('/idv/script.js');
my $etag = $file->header('ETag');
my ($version) = $etag =~ /^"(\w{16})/;

like($ann->open('/idv/')->html, qr{src="/idv/script\.js\?v=$version"},
    'a file is named by what is in it');
is($file->header('Cache-Control'), 'no-cache', 'without that it is checked');
is($ann->client->get('/idv/script.js', 'If-None-Match' => $etag)->status, 304,
    'at little cost');
like($ann->client->get("/idv/script.js?v=$version")->header('Cache-Control'),
    qr/immutable/, 'with it it is kept');
is($ann->client->get("/idv/script.js?v=$_")->header('Cache-Control'),
    'no-cache', 'an old name is checked') for '0', '0' x length $version;

$site->finish;
