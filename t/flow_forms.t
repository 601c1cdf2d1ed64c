#!/usr/bin/perl

# The two forms of an action, by content type and by query, in every spelling
# that clients use; the bodies that Ping's widget really sends, empty ones and
# ones with null members; and what holds for every answer: HEAD is GET without a
# body, links are the flow's own address, and the image of the code is one.

# variants: plain asan trixie policy

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Check;
use Idv::Site;

use constant VENDOR => 'application/vnd.pingidentity.';

my ($DEVICE, $OPTIONS, $REQUIRED, $PROGRESS, $COMPLETED)
    = map { "ID_VERIFICATION_$_" }
          qw(DEVICE OPTIONS REQUIRED IN_PROGRESS COMPLETED);

my $site = Idv::Site->new(hop => 1);
my $service = $site->service;

my @xsrf = ('X-XSRF-Header' => 'PingFederate', Accept => 'application/json');

# how an action can be written: query, content type

my @forms = (
    ['', VENDOR . '%s+json'],
    ['', VENDOR . '%s+json; charset=UTF-8'],
    ['', VENDOR . '%s+json;charset=utf-8'],
    ['', VENDOR . '%s+json ; a="b;c"'],
    ['', 'Application/Vnd.PingIdentity.%s+JSON'],
    ['?action=%s', 'application/json'],
    ['?action=%s', 'application/json; charset=UTF-8'],
    ['?action=%s', 'application/json;charset=utf-8'],
    ['?action=%s', 'Application/JSON'],
    ['?x=1&action=%s&y=2', 'application/json'],
    ['?action=nonsense', VENDOR . '%s+json'],
    ['?x=1', VENDOR . '%s+json'],
);


sub post {
    my ($flow, $form, $action, $body) = @_;

    my ($query, $type) = map { s/%s/$action/r } @$form;

    return $flow->take($flow->client->post($flow->path . $query, $body, @xsrf,
        'Content-Type' => $type));
}


# The whole way, as the widget goes it, in each form.

for my $form (@forms) {
    my $flow = $site->flow('ann', client => $site->client('ann'));
    my $name = join(' ', @$form) =~ s/%s/ACTION/gr;

    post($flow, $form, 'deviceAuthentication',
        '{"deviceAuthentication":"other"}');
    state_is($flow, $OPTIONS, "$name: the device");

    my $value = $flow->state->{emails}[0][0];

    post($flow, $form, 'optionsAuthentication',
        "{\"email\":\"$value\",\"phone\":null,\"optionsAuthentication\":true}");
    state_is($flow, $REQUIRED, "$name: the way");
    is($flow->state->{notificationMethod}, 'email', "$name: by e-mail");

    post($flow, $form, 'poll', '{}');
    state_is($flow, $REQUIRED, "$name: a poll");

    post($flow, $form, 'retryVerification', '');
    state_is($flow, $DEVICE, "$name: again");

    post($flow, $form, 'cancelAuthentication', '');
    state_is($flow, 'FAILED', "$name: the end");
}

# Bodies that say nothing, for every action that needs nothing said.

my @empty = ('', '{}', ' { } ', "\n{}\n");

for my $body (@empty) {
    my $flow = $site->flow('bob', client => $site->client('bob'));
    my $form = $forms[0];
    my $name = $body =~ s/\n/\\n/gr;

    $flow->require_code;

    post($flow, $form, 'poll', $body);
    state_is($flow, $REQUIRED, "poll with \"$name\"");
    post($flow, $form, 'retryVerification', $body);
    state_is($flow, $DEVICE, "retryVerification with \"$name\"");
    $flow->require_code;
    $flow->phone('SUCCESS');
    ok($flow->reach($COMPLETED), 'verified');
    post($flow, $form, 'continueAuthentication', $body);
    state_is($flow, 'COMPLETED', "continueAuthentication with \"$name\"");

    $flow = $site->flow('bob', client => $site->client('bob'));
    post($flow, $form, 'cancelAuthentication', $body);
    state_is($flow, 'FAILED', "cancelAuthentication with \"$name\"");
}

# no body at all, and no length

my $flow = $site->flow('bob', client => $site->client('bob'));

$flow->require_code;
$flow->take($flow->client->request('POST', $flow->path, @xsrf,
    'Content-Type' => VENDOR . 'retryVerification+json'));
state_is($flow, $DEVICE, 'no body and no length');

$flow->take($flow->client->request('POST', $flow->path, @xsrf,
    'Content-Type' => VENDOR . 'cancelAuthentication+json',
    'Transfer-Encoding' => 'chunked', -body => "0\r\n\r\n",
    'Content-Length' => undef));
state_is($flow, 'FAILED', 'chunks of which there are none');

# in pieces

$flow = $site->flow('ann', client => $site->client('ann'));

$flow->take($flow->client->request('POST', $flow->path, @xsrf,
    'Content-Type' => VENDOR . 'deviceAuthentication+json',
    'Transfer-Encoding' => 'chunked', 'Content-Length' => undef,
    -body => join('', map { "1\r\n$_\r\n" }
        split //, '{"deviceAuthentication":"other"}') . "0\r\n\r\n"));
state_is($flow, $OPTIONS, 'a body byte by byte');

# The members of the choice: each of them may be null, or not be there.

for my $row (['{"email":null,"phone":null,"optionsAuthentication":true}'],
             ['{"email":null,"phone":null,"optionsAuthentication":false}'],
             ['{"email":null,"phone":null,"optionsAuthentication":null}'],
             ['{"email":null,"phone":null}'], ['{"email":null}'],
             ['{"optionsAuthentication":true}'], ['{}'], [''],
             ['{"email":"%s","phone":null}', 'email'],
             ['{"email":"%s"}', 'email'], ['{"phone":"%s"}', 'sms'],
             ["{\"\\u0065mail\":\"%s\"}", 'email'])
{
    my ($body, $method) = @$row;

    $flow = $site->flow('ann', client => $site->client('ann'));
    $flow->device('other');

    my $list = ($method // '') eq 'sms' ? 'phones' : 'emails';
    my $value = $flow->state->{$list}[0][0];

    post($flow, $forms[0], 'optionsAuthentication', $body =~ s/%s/$value/r);
    state_is($flow, $REQUIRED, "the choice \"$body\"");
    is($flow->state->{notificationMethod}, $method,
        'leads to ' . ($method // 'the QR code'));
    $flow->cancel;
}

# The XSRF header: any value.

$flow = $site->flow('ann', client => $site->client('ann'));

for my $value ('PingFederate', 'test', '0', '"', 'a' x 1000) {
    is($flow->client->get($flow->path, 'X-XSRF-Header' => $value)->status, 200,
        'X-XSRF-Header: ' . substr $value, 0, 12);
}

is($flow->client->get($flow->path, 'x-xsrf-header' => '1')->status, 200,
    'in small letters');

# Reading.

$flow->require_code;

my $get = $flow->read;
my $head = $flow->client->request('HEAD', $flow->path, @xsrf);

is($head->status, 200, 'HEAD');
is($head->body, '', 'has no body');
is($head->header($_), $get->header($_), "and the same $_")
    for qw(Content-Type Content-Length Cache-Control);

is($flow->client->get($flow->path . '?x=y', @xsrf)->body, $get->body,
    'a query is not looked at');
is($flow->client->get($flow->path, @xsrf, Accept => 'text/html')->body,
    $get->body, 'nor what the client would rather have');

is($flow->state->{_links}{poll}{href}, 'http://127.0.0.1:'
    . $site->port('gate') . '/pf-ws/authn/flows/' . $flow->id,
    'links are the address of the flow');
is($flow->client->get($flow->path, @xsrf, Host => 'id.example:8443')
    ->json->{_links}{self}{href}, 'http://id.example:8443/pf-ws/authn/flows/'
    . $flow->id, 'as the client calls it');

# The image.

my $image = $flow->client->get($flow->path . '/qr');

is($flow->state->{qrUrl}, $flow->state->{_links}{self}{href} . '/qr',
    'the image has an address');
is($image->header('Content-Type'), 'image/svg+xml', 'under which it is one');
like($image->header('Cache-Control') // '', qr/no-store/, 'not to be stored');
like($image->body, qr{<svg\b[^>]*xmlns="http://www.w3.org/2000/svg"},
    'that an image element shows');
unlike($image->body, qr/script|href|on\w+=/, 'and that does nothing else');

$head = $flow->client->request('HEAD', $flow->path . '/qr');
is($head->status, 200, 'HEAD of it');
is($head->header('Content-Length'), length $image->body, 'has its length');

both_workers($site);

$site->finish;
