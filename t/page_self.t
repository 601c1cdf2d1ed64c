#!/usr/bin/perl

# "Use this device": the page sends the browser to the capture and gets it back.
# A redirect after a form to another origin would be stopped by form-action, so
# it is the page that leaves; only in the tab where the button was pressed.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Page;
use Idv::Site;

my $site = Idv::Site->new(provider => 'attempts 3;');
my $service = $site->service;
my $origin = 'http://127.0.0.1:' . $site->port('gate');


sub browser { return Idv::Page->new(site => $site, user => 'ann', @_) }

sub transaction {
    my ($page) = @_;

    $page->{transaction} = $page->transaction // $page->{transaction};

    return $service->api('GET',
        "users/ann/verifyTransactions/$page->{transaction}")->json;
}


my $ann = browser();

$ann->open('/wanted');
my $flow = $ann->path;
my $bare = '/idv/return?flowId=' . $ann->flow_id;
$ann->press('idv-self');

is(scalar $ann->hops, 1, 'the form leads to one redirect');
is(($ann->hops)[0], "$flow&go=1", 'back to the page');
is($ann->view, 'self', 'which says what comes');
like($ann->code // '', qr/^\d{6}$/, 'with the code');

my ($after, $url) = $ann->refresh;
is($after, 0, 'and leaves at once');
like($url, qr{^http://127\.0\.0\.1:\d+/[^?]+\?.*txnid=.*&skipIntro=1$},
    'for the capture');
is($ann->link('idv-open'), $url, 'a link leads there as well');

sub back { return transaction($ann)->{redirect}{url} =~ s/^\Q$origin\E//r }

my $return = back();
like($return, qr/^\Q$bare\E&code=[0-9a-f]{32}$/,
    'the capture knows the way back, and its code');

# the same flow elsewhere

my $tab = browser(client => $ann->client);
$tab->open($flow);
is($tab->view, 'self', 'another tab');
is_deeply([$tab->refresh], [5, $flow], 'waits');
is($tab->link('idv-open'), $url, 'with the link');
unlike($tab->open("$flow&go=1", 'X-IDV-Fragment' => 1)->html,
    qr/http-equiv/, 'the script is never sent away');

# a return that nobody asked for: of a link, of a guess, of another browser

for ($bare, "$bare&code=", "$bare&code=" . '0' x 32, "$bare&code=%zz",
     substr($return, 0, -1), "${return}0")
{
    is($ann->open($_)->view, 'self', 'a return without the code: nothing');
}

for my $user (undef, 'ann', 'eve') {
    my $stranger = browser(user => $user);
    $stranger->open($return);
    is($stranger->status, 200, 'another browser');
    is($stranger->heading, 'You are finished on this device',
        'is told to go on where it began, without a first factor');
    unlike($stranger->html,
        qr/\Q@{[$ann->flow_id]}\E|\b@{[$ann->code]}\b|wanted/,
        'and nothing else');
    is_deeply([$stranger->client->cookie_values], [], 'nor given a cookie');
}

is($ann->open($flow)->view, 'self', 'all of which has changed nothing');

# back from the capture, which has not told the service yet

is($ann->open($return)->path, $flow,
    'back on the page');
is($ann->view, 'progress', 'that waits');
is_deeply([$ann->refresh], [5, $flow], 'and does not send her away again');
is($ann->link('idv-open'), $url, 'unless she wants to');
is($ann->open("$flow&go=1")->view, 'progress', 'not even by its address');

# the first attempt fails: a new transaction, with the same way back

my $first = $ann->{transaction} = $ann->transaction;
$ann->phone('FAIL');
ok($ann->wait_for('self'), 'another attempt');
like($ann->alert // '', qr/could not be verified/, 'and why');
is(($ann->refresh)[0], 5, 'it is read before she goes');
isnt($ann->transaction, $first, 'a new transaction');
my $used = $return;
$return = back();
like($return, qr/^\Q$bare\E&code=/, 'with a way back');
isnt($return, $used, 'and a code of its own');
is($ann->open($used)->view, 'self', 'that of the first one does nothing more');

is($ann->open($return)->view, 'progress', 'its own does');
$ann->phone('SUCCESS');
ok($ann->wait_for('completed'), 'verified');

is($ann->open($return)->view, 'completed',
    'coming back late does no harm');
$ann->press('idv-continue');
is(($ann->hops)[-1], '/wanted', 'she goes on');
is($ann->open($return)->path, '/wanted',
    'and coming back again leads there, too');

# the app of a camera has cookies of its own

my $camera = browser();
$camera->open('/idv/start');
$camera->open($return);
is($camera->status, 200, 'a browser with another flow');
is($camera->heading, 'You are finished on this device', 'is told to go back');

# "another device" has no way back: the phone has no part in this session

my $other = browser();
$other->open('/idv/start?return=/wanted');
$other->press('idv-other');
$other->press('idv-option-qr');
ok(!exists transaction($other)->{redirect}, 'no way back for the phone');
$other->press('idv-retry');
is($other->view, 'device', 'she chooses again');
$other->press('idv-self');
is(($other->refresh)[0], 0, 'this device, after all');
$other->press('idv-cancel');

# an API flow goes back to its own page

my $api = $site->client('ann');
my $state = $api->get('/idv/start?return=/widget&response_mode=pi.flow')->json;
is($state->{status}, 'ID_VERIFICATION_DEVICE', 'a flow of the API');
$api->post("/pf-ws/authn/flows/$state->{id}",
    '{"deviceAuthentication":"self"}', 'X-XSRF-Header' => 1,
    'Content-Type' => 'application/vnd.pingidentity.deviceAuthentication+json');

my $back = $api->get("/idv/return?flowId=$state->{id}");
is($back->status, 303, 'comes back');
like($back->header('Location'), qr{^/}, 'to a page of this host');

# What comes back is read at once, once: not by what anybody could call again
# and again.

$site->reload(provider => 'read_interval 60s;');

sub reads { return $service->transaction_calls('GET') }

my $eve = browser(user => 'eve');
$eve->open('/');
$eve->press('idv-self');
$eve->open($eve->path);
$service->control('POST', 'transactions/' . $eve->transaction,
    { status => 'IN_PROGRESS' });
my $way = $service->api('GET', 'users/eve/verifyTransactions/'
    . $eve->transaction)->json->{redirect}{url} =~ s/^\Q$origin\E//r;
my $read = reads();

$eve->open($way =~ s/&code.*//r);
is($eve->view, 'self', 'a return without its code waits as anybody does');
is(reads(), $read, 'for the next read');
is($eve->open($way)->view, 'progress', 'with the code there is news');
$eve->open($way) for 1 .. 3;
is(reads(), $read + 1, 'of one read');

$site->finish;
