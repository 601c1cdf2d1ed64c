#!/usr/bin/perl

# The hosted page for a browser without JavaScript: ann asks for a page, is led
# through the flow by forms and reloads, and ends where she wanted to be.  Every
# state that a person can see is seen here.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Page;
use Idv::Site;

my $site = Idv::Site->new(provider => 'page_refresh 1s; attempts 2;');
my $service = $site->service;
my $wanted = '/some/page?x=1&y=2';


sub browser { return Idv::Page->new(site => $site, user => 'ann', @_) }


# the way through

my $ann = browser();

$ann->open($wanted);
is($ann->view, 'device', 'a navigation is led to the page');
is(($ann->hops)[0], $ann->path, 'by one redirect');
like($ann->path, qr{^/idv/\?flowId=\w{22}$}, 'to the flow');
is($ann->status, 200, 'which is there');
like($ann->words, qr/127\.0\.0\.1:\d+ asks you/, 'and says who asks');
is(scalar(() = $ann->refresh), 0, 'it waits for her, not she for it');
is_deeply([map { $_->{id} } $ann->buttons],
    [qw(idv-other idv-self idv-cancel)], 'at a desk: another device first');
is($service->transaction_calls('POST'), 0, 'nothing has been paid yet');

my $phone = browser(client => $ann->client,
    headers => ['User-Agent' => 'Mozilla/5.0 (Linux; Android) Mobile']);
is(($phone->open($ann->path)->buttons)[0]{id}, 'idv-self',
    'on a phone: this device first');

my $tablet = browser(client => $ann->client,
    headers => ['Sec-CH-UA-Mobile' => '?0', 'User-Agent' => 'Mobile']);
is(($tablet->open($ann->path)->buttons)[0]{id}, 'idv-other',
    'what the browser says of itself counts more than its name');

my $device = $ann->path;

$ann->press('idv-other');
is($ann->view, 'options', 'how the link shall travel');
like($ann->path, qr/^\Q$device\E$/, 'at the same address, by a redirect');
is($ann->answer->status, 200, 'that can be reloaded');

my @labels = map { $_->{label} } $ann->buttons;
is($labels[0], 'Scan a QR code', 'by QR code,');
is($labels[1], 'E-mail to a***@example.com', 'e-mail');
is($labels[2], 'Text message to *** *** 0100', 'or text message');
unlike($ann->html, qr/ann\@example|5555550100/, 'no address is given away');

$ann->press('idv-option-qr');
is($ann->view, 'scan', 'the QR code');
is($service->transaction_calls('POST'), 1, 'one transaction');
like($ann->code // '', qr/^\d{6}$/, 'with a code to compare');
like($ann->words, qr/Go on only if you started this yourself/, 'and a warning');
is_deeply([$ann->refresh], [1, $device], 'it reloads by itself');

my $image = $ann->client->get($ann->html =~ /<img [^>]*src="([^"]+)"/
    ? Idv::Page::unescape($1) : '/');
is($image->status, 200, 'the picture is there');
is($image->header('Content-Type'), 'image/svg+xml', 'as SVG');
like($image->header('Cache-Control'), qr/no-store/, 'not to be stored');

is($ann->client->get('/')->status, 403, 'the gate is closed');

$ann->phone('INITIATED');
ok($ann->wait_for('initiated'), 'the phone has opened the link');
is($ann->client->get('/idv/qr?flowId=' . $ann->flow_id)->status, 200,
    'the picture is still there');

$ann->phone('IN_PROGRESS');
ok($ann->wait_for('progress'), 'the data are being checked');
is($ann->code, undef, 'the code is gone');
is($ann->client->get('/idv/qr?flowId=' . $ann->flow_id)->status, 404,
    'and so is the picture');

$ann->phone('SUCCESS');
ok($ann->wait_for('completed'), 'verified');
is($ann->client->get('/')->status, 403, 'but not before she goes on');

my ($path, $field) = $ann->button('idv-continue');
$ann->press('idv-continue');
is(($ann->hops)[0], $wanted, 'she goes on to what she wanted');
is($ann->status, 200, 'and gets it');
like($ann->answer->json->{headers}{'IDV-First-Name'} // '', qr/./,
    'the application knows who she is');

$ann->send($path, $field);
is(($ann->hops)[-1], $wanted, 'the same form once more leads there as well');
$ann->open($device);
is(($ann->hops)[-1], $wanted, 'and so does the old page');

# afterwards

$ann->open('/idv/');
is($ann->view, 'active', 'the page says that she is verified');
ok($ann->client->get('/idv/session')->json->{active},
    'and tells the application');

# another tab, another browser, another person

my $thief = browser();
is($thief->open($device)->status, 404, 'another browser does not get the flow');
is($thief->view, 'notice', 'but a page that says so');
is($thief->link('idv-again'), '/idv/start', 'and where to start');
my $foreign = $thief->answer->body;
$thief->open('/idv/?flowId=' . 'a' x 22);
is($thief->answer->body, $foreign, 'the same as for a flow that is not there');
$thief->open('/idv/?flowId=x');
is($thief->answer->body, $foreign, 'or whose id is none');

# signing out

$ann->open('/idv/logout?return=/bye');
is($ann->view, 'logout', 'signing out asks first');
($path, $field) = $ann->button('idv-logout');

$ann->send($path, $field, 'Sec-Fetch-Site' => 'cross-site',
    Origin => 'https://evil.example');
is($ann->status, 403, 'not from another site, whatever it knows');
$ann->send($path, {}, 'Sec-Fetch-Site' => undef, Origin => undef);
is($ann->status, 403, 'nor without any proof');
is($ann->client->get('/')->status, 200, 'she is still verified');

$ann->send($path, $field, 'Sec-Fetch-Site' => undef, Origin => undef);
is(($ann->hops)[0], '/bye', 'with the form it works');
is($ann->client->get('/')->status, 403, 'and the gate is closed');
is($ann->open('/idv/logout')->heading, 'There is no verified session', 'gone');
is($ann->client->get('/idv/session')->json->{active} // 1, 0,
    'the application can see it');

# by e-mail, twice in vain

my $mail = browser();
$mail->open('/second');
$mail->press('idv-other');
$mail->press('E-mail to');
is($mail->view, 'message', 'an e-mail has been sent');
like($mail->words, qr/sent you an e-mail/, 'and the page says so');
like($mail->words, qr/Scan this code instead/, 'the QR code is there as well');

my $first = $mail->code;
$mail->phone('FAIL');
ok($mail->wait_for(sub { defined $mail->alert }), 'it failed');
like($mail->alert // '', qr/could not be verified.*new code/s,
    'which it says, and that there is a new code');
isnt($mail->code, $first, 'which there is,');
is($mail->view, 'scan', 'to be scanned this time');

$mail->phone('FAIL');
ok($mail->wait_for('failed'), 'the last attempt has failed');
like($mail->words, qr/no attempt left/, 'and she is told');
is_deeply([map { $_->{id} } $mail->buttons], ['idv-cancel'],
    'with no button to try again');

($path, $field) = $mail->button('idv-cancel');
$mail->send($path, { %$field, action => 'retry' });
like($mail->alert // '', qr/no attempt left/, 'trying it by hand says the same');
is($mail->view, 'failed', 'and changes nothing');

$mail->press('idv-cancel');
is($mail->path, '/idv/cancelled?return=%2Fsecond', 'she gives up');
is($mail->heading, 'You have cancelled', 'the page understands');
is($mail->link('idv-again'), '/idv/start?return=%2Fsecond', 'she may start');
is($mail->link('idv-back'), '/second', 'or go back');

# a message that cannot be sent

$service->control('PUT', 'notifications', { sent => JSON::PP::false });
$mail->open($mail->link('idv-again'));
$mail->press('idv-other');
$mail->press('Text message to');
like($mail->alert // '', qr/could not be sent/, 'a message that was not sent');
is($mail->view, 'scan', 'leaves the QR code');
$service->control('PUT', 'notifications', { sent => JSON::PP::true });

# too late

$mail->phone('FAIL', reason => 'TRANSACTION_TIMED_OUT');
ok($mail->wait_for('timed-out'), 'too late');
$mail->press('idv-retry');
is($mail->view, 'device', 'from the start');

# two tabs

my $tab = browser(client => $mail->client);
$tab->open($mail->path);
is($tab->view, 'device', 'a second tab');
my $before = $service->transaction_calls('POST');

$mail->press('idv-other');
$tab->press('idv-other');
is($tab->view, 'options', 'an old button shows what is now');
$mail->press('idv-option-qr');
$tab->press('Text message to');
is($tab->view, 'scan', 'of two choices the first counts');
is($tab->code, $mail->code, 'with one code');
is($service->transaction_calls('POST'), $before + 1, 'and one transaction');

$mail->phone('SUCCESS');
ok($mail->wait_for('completed'), 'done in one tab');
$tab->open($tab->path);
is($tab->view, 'completed', 'and in the other');
$mail->press('idv-continue');
$tab->press('idv-continue');
is(($tab->hops)[-1], '/second', 'which goes on, too');
is($tab->status, 200, 'into the same session');

# the service does not answer

my $down = browser();
$down->open('/third');
$down->press('idv-other');
$service->faults({ path => '/v1/', times => 50, status => 503 });
$down->press('idv-option-qr');
like($down->path, qr/&error=unavailable$/, 'a provider that is down');
like($down->alert // '', qr/does not answer/, 'is said to be');
is($down->view, 'options', 'the flow stays where it was');
$service->faults;

# whoever has no contact has no choice

my $bob = browser(user => 'bob');
$bob->open('/bob');
$bob->press('idv-other');
is($bob->view, 'scan', 'bob goes straight to the QR code');

$site->finish;
