#!/usr/bin/perl

# What is seldom asked for on the page and of the API: an option that is none, a
# picture of no code, a claim whose name has a "_"; a client
# that goes away, a transaction without a code to compare.

use strict;
use warnings;

use Test::More;

use Idv::HTTP;
use Idv::Page;
use Idv::Site;

my $site = Idv::Site->new(
    provider => 'claim my_status /transactionStatus/status;'
        . 'transaction_limit off; poll_wait 2s;',
    locations => <<'END');
        location /policy/ {
            auth_idv        local;
            auth_idv_policy $arg_policy;
            proxy_pass      http://127.0.0.1:%%PORT_app%%;
        }
        location /told/ {
            auth_idv         local;
            proxy_set_header X-Told $idv_claim_mystatus|$idv_claim_my__status_;
            proxy_pass       http://127.0.0.1:%%PORT_app%%;
        }
END

# an option that is not offered, as where the address has changed meanwhile

my $page = Idv::Page->new(site => $site, user => 'ann');

$page->open('/');
$page->press('idv-other');

my ($path, $field) = $page->button('E-mail to');

for my $option ('x', $field->{option} . 'x', scalar reverse $field->{option}) {
    $page->send($path, { %$field, option => $option });
    is($page->view, 'options', 'an option that is none: they are shown again');
}

is($site->service->transaction_calls('POST'), 0, 'and nothing was begun');

$page->send($path, $field);
is($page->view, 'message', 'and one that is');

# a picture of a code, where there is one

my $flow = $site->flow('sam');
my @xsrf = ('X-XSRF-Header' => 'test');

is($flow->client->get($flow->path . '/qr', @xsrf)->status, 404,
    'no picture of a flow that has no code');
$flow->device('self');
is($flow->client->get($flow->path . '/qr', @xsrf)->status, 200,
    'one of a flow that has');

# names of claims, by names of variables

my $ann = $site->verified('bob');

is($ann->get('/told/')->json->{headers}{'X-Told'}, 'SUCCESS|SUCCESS',
    'a "_" makes no difference in the name of a claim');

# a policy that is none opens nothing

is($ann->get('/policy/?policy=x')->status, 500, 'a policy that is no UUID');
$site->nginx->allow(qr/auth_idv_policy gives no UUID/);

# a body that is none, of a file that needs none

like(Idv::HTTP::raw($site->port('gate'), "GET /idv/style.css HTTP/1.1\r\n"
    . "Host: x\r\nAuthorization: Basic YW5uOmFubg==\r\n"
    . "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    qr/^HTTP\/1.1 400 /, 'a file, asked for with a body that is none');

# a provider that gives no code: there is nothing to compare

my $service = $site->service;

$service->faults({ path => '/v1/environments', times => 1, status => 201,
    body => '{"id":"d1c2a8f0-77aa-4d6c-8b63-9e0a4f2b6c35",'
        . '"transactionStatus":{"status":"REQUESTED"},'
        . '"webVerificationUrl":"http://127.0.0.1/capture?id=1"}' });
$page = Idv::Page->new(site => $site, user => 'eve');
$page->open('/');
$page->press('idv-other');
$page->press('idv-option-qr');
is($page->view, 'scan', 'a transaction without a code');
is($page->code, undef, 'shows none');
$page->press('idv-cancel');

# an API client's browser comes back from the capture: to where it had been

$flow = $site->flow('eve', path => '/api?x');
$flow->device('self');
my $answer = $flow->client->get('/idv/return?flowId=' . $flow->id);
is($answer->status, 303, 'back from the capture');
is($answer->header('Location'), '/api?x', 'without a page of ours');
$flow->cancel;

# a client goes away while its poll waits: whoever comes next waits for nothing

$flow = $site->flow('sam');
$flow->device('self');
$service->faults({ path => '/v1/environments', times => 1, hang => \1 });
my $reads = $service->transaction_calls('GET');

my @poll = ('POST', $flow->path . '?action=poll', @xsrf,
    'Content-Type' => 'application/json', -body => '{}');

$flow->client->send(@poll);
ok($site->nginx->wait_until(5, sub {
    $service->transaction_calls('GET') > $reads }), 'a read that hangs');
$flow->client->close;
ok($site->nginx->wait_until(5, sub {
    $flow->poll;
    $service->transaction_calls('GET') > $reads + 1 }), 'and the next one');
$flow->cancel;

# the next request is there while the poll waits for its answer

$flow = $site->flow('sam');
$flow->device('self');
$service->faults({ path => '/v1/environments', times => 1, delayMs => 300 });
$poll[1] = $flow->path . '?action=poll';
$flow->client->send(@poll);
$flow->client->more("GET /idv/session HTTP/1.1\r\nHost: x\r\n"
    . "Authorization: Basic c2FtOnNhbQ==\r\nX-Long: " . 'x' x 3000
    . "\r\n\r\n");
is($flow->client->receive->status, 200, 'a poll, and what follows it');
$flow->client->close;
$flow->cancel;

# one who has as many flows as one may have, and each has a transaction

for (1 .. 8) {
    $flow = $site->flow('bob');
    $flow->device('self');
}

$page = Idv::Page->new(site => $site, user => 'bob');
$page->open('/idv/start?return=/');
is($page->status, 429, 'too many at once');
is($page->view, 'notice', 'is a page');
ok($page->answer->header('Retry-After'), 'that says when to come again');

$site->finish;
