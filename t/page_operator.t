#!/usr/bin/perl

# What an operator decides shows on the hosted page: how the link travels,
# whether there is a choice of devices, who is let through where nobody can be
# verified.  And what was decided for the rest of the server does not reach it.

use strict;
use warnings;

use Test::More;

use Idv::Page;
use Idv::Site;

my $form = 'application/x-www-form-urlencoded';

my @lenient = (locations => <<'END');
        location /lenient/ {
            auth_idv               local;
            auth_idv_accept_bypass on;
            auth_idv_header        IDV-Status transactionStatus;
            proxy_pass             http://127.0.0.1:%%PORT_app%%;
        }
END

my $site = Idv::Site->new(@lenient, people => { max => {} },
    provider => 'page_refresh 1s; delivery sms;');

my $service = $site->service;


sub browser {
    my ($user, @more) = @_;

    return Idv::Page->new(site => $site, user => $user, @more);
}


sub messages {
    my $list = $service->control('GET', 'notifications')->{notifications};

    return join ' ', map { "$_->{method} $_->{address}" } @$list;
}


# by text message, whatever the user would have liked

my $ann = browser('ann');

$ann->open('/');
$ann->press('idv-other');
is($ann->view, 'message', 'there is nothing to choose');
like($ann->words, qr/sent you a text message/, 'a text message has been sent');
is(messages(), 'SMS +15555550100', 'to her');
is($service->transaction_calls('POST'), 1, 'with one transaction');

$ann->phone('FAIL');
ok($ann->wait_for(sub { defined $ann->alert }), 'it has failed');
is($ann->view, 'message', 'the next link travels the same way');
is(messages(), 'SMS +15555550100 SMS +15555550100', 'to the same telephone');

for my $user (qw(bob eve)) {
    my $page = browser($user);

    $page->open('/');
    $page->press('idv-other');
    is($page->view, 'scan', "$user has no telephone: the code");
}

is(messages(), 'SMS +15555550100 SMS +15555550100', 'and nobody is written to');

# by e-mail, and without a choice of devices

$site->reload(@lenient,
    provider => 'page_refresh 1s; delivery email; device_choice off;');

my $eve = browser('eve');

$eve->open('/');
is($eve->view, 'options', 'no choice of devices');
is_deeply([map { $_->{id} } $eve->buttons],
    ['idv-option-qr', 'idv-cancel'], 'and none of the way');
$eve->press('idv-option-qr');
is($eve->view, 'message', 'an e-mail has been sent');
like(messages(), qr/EMAIL eve\@example\.net/, 'to her');

# nobody can be verified, and the operator lets them through where it says so

$site->reload(@lenient, provider => 'on_unavailable bypass; breaker off;');

my $bob = browser('bob');

$bob->open('/lenient/x');
$service->faults({ path => '/v1/', times => 1000, status => 503 });
$bob->press('idv-other');
$service->faults;
is($bob->view, 'bypass', 'a way around the verification');
unlike($bob->words, qr/you are verified/i, 'which is not called one');
$bob->press('idv-continue');
is(($bob->hops)[0], '/lenient/x', 'bob goes on');
is($bob->status, 200, 'and is let in');
is($bob->answer->json->{headers}{'IDV-Status'}, 'BYPASS', 'by that name');
is($bob->client->get('/')->status, 403, 'but nowhere else');

# Buffers of the rest of the server, which would have put each form and each
# action into a file.

my $small = "client_body_buffer_size 16;\n client_body_in_file_only on;\n"
    . 'client_body_in_single_buffer on;';

$site->reload(@lenient, gate => $small);

my $sam = browser('sam');

$sam->open('/');
$sam->press('idv-other');
is($sam->view, 'options', 'a form is read');

my $flow = $site->flow('sam');
$flow->device('other');
is($flow->status, 'ID_VERIFICATION_OPTIONS', 'and so is an action');

my @left = glob $site->nginx->dir . '/temp/body/*';
is(scalar @left, 0, 'nothing of it is in a file');

$site->reload(@lenient);

# a start that knows where to return, by any way

my $start = browser('sam');

$start->open('/idv/?return=/from%20here');
is($start->view, 'start', 'where to start');
$start->open('/idv/?return=/here');
$start->press('idv-start');
$start->press('idv-cancel');
is($start->path, '/idv/cancelled?return=%2Fhere', 'and where one came from');

for my $case (['return=%2Fa%2Bb', '%2Fa%2Bb', 'a plus that is escaped'],
              ['return=%2Fa+b', '%2F', 'one that is a space, as forms have it'])
{
    my ($body, $back, $name) = @$case;
    my $client = $site->client('sam');

    my $to = $client->post('/idv/start', $body, 'Content-Type' => $form)
        ->header('Location');

    my $page = browser('sam', client => $client);
    $page->open($to);
    $page->press('idv-cancel');
    is($page->path, "/idv/cancelled?return=$back", $name);
}

my ($path, $field) = $start->open('/')->button('idv-other');

is($start->open('/idv/?flowId=' . $_ x 22)->status, 404, "22 times \"$_\"")
    for '-', '.', ':', '@', '[', '`', '~', '%7B', '%80', '%00';

delete $field->{action};
is($start->send($path, $field)->status, 400, 'a form that asks for nothing');

# a word in an address that is as long as one that is known

my $device = $start->open('/')->path;
is($start->open("$device&error=unavailablf")->alert // '', '', 'no such error');
like($start->open("$device&error=unavailable")->alert, qr/does not answer/,
    'and one that there is');

# phones say what they are, or their name does

for my $case (['?1', 'x', 'idv-self'], ['x1', 'Mobile', 'idv-self'],
              ['?0', 'Mobile', 'idv-other'], [undef, '', 'idv-other'])
{
    my ($mobile, $agent, $first) = @$case;

    is(($start->open($device, 'User-Agent' => $agent,
            'Sec-CH-UA-Mobile' => $mobile)->buttons)[0]{id}, $first,
        "first $first");
}

# whoever is verified already goes on

$sam->press('idv-option-qr');
$sam->phone('SUCCESS');
ok($sam->wait_for('completed'), 'sam is verified');
$sam->press('idv-continue');
is($sam->open('/idv/?return=/there')->view, 'active', 'and told so');
like($sam->html, qr{href="/there">}, 'with the way to where he wanted to be');

# somebody else's document, while attempts are left

$site->reload(@lenient, provider => 'page_refresh 1s; match firstName Zoe;');

my $tom = browser('sam');

$tom->open('/');
$tom->press('idv-other');
$tom->press('idv-option-qr');
$tom->phone('SUCCESS');
ok($tom->wait_for('failed'), 'a document of somebody else');
is_deeply([map { $_->{id} } $tom->buttons], ['idv-retry', 'idv-cancel'],
    'is no end');
$tom->press('idv-retry');
is($tom->view, 'device', 'but a new beginning');

$site->reload(@lenient);

# eight flows that have cost something, and no ninth

for (1 .. 8) {
    my $page = browser('max');

    $page->open('/');
    $page->press('idv-other');
    is($page->view, 'scan', "number $_ of eight");
}

my $ninth = browser('max');

$ninth->open('/idv/start');
is($ninth->status, 429, 'one flow too many');
is($ninth->view, 'notice', 'is a page');
is($ninth->answer->header('Retry-After'), 5, 'that says when to come back');

$site->finish;
