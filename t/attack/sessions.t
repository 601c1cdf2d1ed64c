#!/usr/bin/perl

# Flows and sessions in wrong hands: taken over, planted, doubled, guessed, made
# weaker than they were.  What is somebody else's looks like what does not
# exist, and what is broken looks like what is not there.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Flow;
use Idv::Gate;
use Idv::H2;
use Idv::HTTP;
use Idv::Page;
use Idv::Site;

use constant CROWD => 100;

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';
my $policy_b = 'b0000000-0000-4000-8000-00000000000b';

my $site = Idv::Site->new(hop => 1, provider => 'transaction_limit off;',
    locations => <<"END", servers => <<"END2", files => { users => "ann\n" });
        location /other-policy/ {
            auth_idv local;
            auth_idv_policy $policy_b;
            $app
        }
END
    server {
        listen 127.0.0.1:%%PORT_h2%% http2;
        auth_basic "test";
        auth_basic_user_file htpasswd;
        auth_idv_subject \$remote_user;
        location / { auth_idv local; $app }
        location /pf-ws/authn/flows/ { idv_flow_api local; }
        location /idv/ { idv_page local; }
    }
END2

my $gate = Idv::Gate->new($site);
my $service = $site->service;
my $port = $site->port('gate');
my $json = JSON::PP->new->utf8->canonical;
my @xsrf = ('X-XSRF-Header' => 'x');
my $form = 'application/x-www-form-urlencoded';

sub vendor { ('Content-Type' => "application/vnd.pingidentity.$_[0]+json") }


# everything of an answer but what is new each time

sub all_of {
    my ($answer) = @_;

    return join "\n", $answer->status, (map { "$_->[0]: $_->[1]" }
        grep { $_->[0] !~ /^(?:Date|X-Worker|Connection)$/ }
            @{$answer->{headers}}), $answer->body;
}


# S1, S19: one browser's flow in another's hands, at each step of it

my $flow = $site->flow('ann');
my $cookie = $flow->client->cookie('idv_local_flow');
my $path = $flow->path;
my ($id) = $path =~ m{(\w{22})$};
my $unknown = $path =~ s/.{22}$/'a' x 22/er;
my $other = $site->flow('ann');
my $others = $other->client->cookie('idv_local_flow');

my %thieves = (
    'the same user without a cookie' => [$site->client('ann'), undef],
    'the same user with another cookie' => [$site->client('ann'), $others],
    'another user without a cookie' => [$site->client('bob'), undef],
    'another user with the cookie' => [$site->client('bob'), $cookie],
    'a cookie in capitals' => [$site->client('ann'), uc $cookie],
    'a cookie cut' => [$site->client('ann'), substr($cookie, 0, -1)],
    'two cookies' => [$site->client('ann'), "$others; idv_local_flow=$cookie"],
    'the flow\'s id as a cookie' => [$site->client('ann'), $id],
);

sub stolen {
    my ($step) = @_;

    for my $name (sort keys %thieves) {
        my ($client, $value) = @{$thieves{$name}};
        my @with = (@xsrf, Cookie => defined $value
            ? "idv_local_flow=$value" : undef);
        my @wrong;

        for my $case (['GET'], ['POST', 'poll', '{}'],
            ['POST', 'deviceAuthentication',
                '{"deviceAuthentication":"other"}'],
            ['POST', 'continueAuthentication', '{}'],
            ['POST', 'cancelAuthentication', ''],
            ['POST', 'retryVerification', ''])
        {
            my ($method, $action, $body) = @$case;
            my @more = $action ? (vendor($action), -body => $body) : ();

            my ($his, $none) = map { all_of($client->request($method, $_,
                @with, @more)) } $path, $unknown;

            # the same as for an id that does not exist, its own links apart
            $his =~ s/$id/ID/g;
            $none =~ s/a{22}/ID/g;

            push @wrong, $action // 'a read' if $his ne $none
                || $his !~ /^404\n/ || $his =~ /ID_VERIFICATION|idv_local=/;
        }

        my $qr = $client->get("$path/qr", @with);
        push @wrong, 'the QR code' if $qr->status != 404;

        is("@wrong", '', "S1, S19: $step: $name");
    }
}

stolen('new');
$flow->require_code;
stolen('with a code');
$flow->phone('SUCCESS');
$flow->reach('ID_VERIFICATION_COMPLETED');
stolen('completed');

is($flow->continue->status, 200, 'S1: it is still its own browser\'s');
is($flow->status, 'COMPLETED', 'S1: to the end');
my $ann = $flow->client;
is($ann->get('/')->status, 200, 'S1: which is in');
is($other->client->get($gate->mark('/'))->status, 403,
    'S1: while the other one is not');

# S1: the page's forms

my $page = Idv::Page->new(site => $site, user => 'eve');
my (undef, $fields) = $page->open('/a')->button('idv-other');
my $second = Idv::Page->new(site => $site, user => 'eve');
my (undef, $own) = $second->open('/a')->button('idv-other');

for my $case (['with his token', { %$fields, csrf => $own->{csrf} }],
              ['with her token', $fields],
              ['with his flow and her token',
               { %$own, csrf => $fields->{csrf} }])
{
    my ($name, $sent) = @$case;
    is($second->send('/idv/', $sent)->status, 403, "S1: her form, $name");
}

is($page->open("/idv/?flowId=$fields->{flowId}")->view, 'device',
    'S1: her flow is where it was');

# S2: a cookie that was planted gives its planter nothing

my $planter = $site->client('eve');
$planter->get('/');
my $planted = $planter->cookie('idv_local_flow');

my $victim = $site->client('bob');
$victim->{jar} = { idv_local_flow => { value => $planted },
                   idv_local => { value => 'x' x 400 } };
my $hers = $site->flow('bob', client => $victim);
$hers->verify;

isnt($victim->cookie('idv_local'), 'x' x 400, 'S2: a session is new');
is($victim->get('/')->status, 200, 'S2: and hers');
is($planter->get($gate->mark('/'))->status, 403, 'S2: not the planter\'s');
is($planter->get($hers->path, @xsrf)->status, 404, 'S2: nor is her flow');
is($site->client('eve')->get($gate->mark('/'),
    Cookie => 'idv_local=' . $victim->cookie('idv_local'))->status, 403,
    'S2: nor her session, by his name');

# S5: one session, however many continue, by whichever road

for my $way ('API', 'page', 'both') {
    my $page = Idv::Page->new(site => $site, user => 'sam');

    $page->open('/wanted');
    $page->press('idv-other');
    $page->press('idv-option-qr') if $page->view eq 'options';
    $page->phone('SUCCESS');
    ok($page->wait_for('completed'), "S5: $way: completed");

    my ($to, $field) = $page->button('idv-continue');
    my $client = $page->client;
    my %bytes = (
        page => $client->bytes('POST', $to, 'Content-Type' => $form,
            Origin => "http://127.0.0.1:$port",
            -body => Idv::Page::encode($field)),
        API => $client->bytes('POST', "/pf-ws/authn/flows/$field->{flowId}",
            @xsrf, vendor('continueAuthentication'), -body => '{}'),
    );
    my @kinds = $way eq 'both' ? ('page', 'API') : $way;

    my @answers = Idv::HTTP::parallel(map {
        { port => $port, bytes => $bytes{$kinds[$_ % @kinds]} }
    } 1 .. CROWD);

    $site->met($_) for @answers;

    my @sessions = map { /^idv_local=([^;]+)/ && $1 ? $1 : () }
        map { $_->header('Set-Cookie') } @answers;

    is(scalar(grep { $_->status } @answers), CROWD, "S5: $way: all answered");
    is(scalar @sessions, 1, "S5: $way: one session");
    $site->nginx->forbid(@sessions);

    is($site->client('sam')->get('/', Cookie => "idv_local=$sessions[0]")
        ->status, 200, "S5: $way: which opens");
}

cmp_ok(scalar keys %{$site->{met}}, '>=', 2, 'S5: both workers were asked');

# S10, S11: whatever is wrong with a cookie, the answer is the same, to the byte

my $sealed = $ann->cookie('idv_local');
my $fresh = $site->client('ann');
$fresh->get('/');
my $flows = 'idv_local_flow=' . $fresh->cookie('idv_local_flow');

sub answer_to {
    my ($value) = @_;

    return all_of($fresh->get('/same', Cookie => "$flows; idv_local=$value"));
}

my $none = all_of($fresh->get('/same', Cookie => $flows));
like($none, qr/^403\n/, 'S10: no session');

my %broken = (
    'the tag' => sub { my $x = $_[0];
        substr($x, -3, 1) = substr($x, -3, 1) eq 'A' ? 'B' : 'A'; $x },
    'the version' => sub { 'B' . substr $_[0], 1 },
    'the nonce' => sub { my $x = $_[0]; substr($x, 8, 6) = 'AAAAAA'; $x },
    'the text' => sub { my $x = $_[0]; substr($x, 150, 4) = 'zzzz'; $x },
    'truncated' => sub { substr $_[0], 0, 200 },
    'a byte short' => sub { substr $_[0], 0, -1 },
    'empty' => sub { '' }, 'no base64' => sub { '!!!!' },
    'longer' => sub { $_[0] . 'AAAA' },
    'of another user' => sub { $victim->cookie('idv_local') },
);

for my $name (sort keys %broken) {
    is(answer_to($broken{$name}->($sealed)), $none, "S10: $name: the same");
}

my @alphabet = map { chr } 0x21 .. 0x7e, 0x80 .. 0xff;
my $random = 7;

sub next_random { $random = ($random * 1103515245 + 12345) % 2147483648;
    return int($random / 65536) % $_[0] }

my @opened;
my @servers = ($fresh, Idv::H2->new(port => $site->port('h2'),
    host => '127.0.0.1', basic => 'ann:ann'));

for my $i (1 .. 400) {
    my $cookie = "a=b; idv_local=$sealed; c=d";

    for (0 .. next_random(5)) {
        my $at = next_random(length $cookie);
        my $what = next_random(4);
        my $piece = join '', map { $alphabet[next_random(scalar @alphabet)] }
            0 .. next_random(4);

        substr($cookie, $at, $what == 0 ? 0 : next_random(9)) = $what == 1 ? ''
            : $what == 2 ? (';', '=', '; ', ' ', '"', ',', "\t")[next_random(7)]
            : $piece;
    }

    # unless it missed the session
    next if $cookie =~ /(?:^|[;,\s])\s*idv_local\s*=\s*\Q$sealed\E\s*(?:;|$)/;

    my $status = $servers[$i % 2]->get($gate->mark('/'), cookie => $cookie)
        ->status;
    push @opened, "$status: $cookie" if $status !~ /^(?:400|403)$/;
}

is(scalar @opened, 0, 'S11: 400 mutilated cookies: none opens, none breaks')
    or diag($opened[0]);

# S16: a session of one policy

is($ann->get($gate->mark('/other-policy/'))->status, 403,
    'S16: does not open another');

# S18: whatever changes something wants a proof that it is meant.  The flow and
# the session are afterwards what they were.

my $walk = $site->flow('sam');
my $client = $walk->client;
my $sam_page = Idv::Page->new(site => $site, user => 'sam');
$sam_page->open('/b');
my (undef, $sam_fields) = $sam_page->button('idv-other');
my $jar = $sam_page->client;
my $in = $site->verified('ann');
my @cross = ('Sec-Fetch-Site' => 'cross-site', Origin => 'https://evil.example');
my $created = $service->transaction_calls('POST');

my @calls = (
    ['an action without the header', $client, 'POST', $walk->path,
        vendor('deviceAuthentication'),
        -body => '{"deviceAuthentication":"other"}'],
    ['an action with an empty one', $client, 'POST', $walk->path,
        'X-XSRF-Header' => '', vendor('deviceAuthentication'),
        -body => '{"deviceAuthentication":"other"}'],
    ['an action as a form', $client, 'POST',
        $walk->path . '?action=deviceAuthentication', @xsrf,
        'Content-Type' => $form, -body => 'deviceAuthentication=other'],
    ['an action as text', $client, 'POST',
        $walk->path . '?action=deviceAuthentication', @xsrf,
        'Content-Type' => 'text/plain',
        -body => '{"deviceAuthentication":"other"}'],
    ['an action by GET', $client, 'GET',
        $walk->path . '?action=cancelAuthentication'],
    ['an action by PUT', $client, 'PUT', $walk->path, @xsrf,
        vendor('cancelAuthentication')],
    ['a form of the page by GET', $jar, 'GET',
        '/idv/?' . Idv::Page::encode({ %$sam_fields, action => 'cancel' }),
        @cross],
    ['a form of the page from elsewhere', $jar, 'POST', '/idv/', @cross,
        'Content-Type' => $form,
        -body => Idv::Page::encode({ %$sam_fields, action => 'cancel' })],
    ['a form without a token', $jar, 'POST', '/idv/', 'Content-Type' => $form,
        -body => "flowId=$sam_fields->{flowId}&action=cancel"],
    ['signing out by GET', $in, 'GET', '/idv/logout', @cross],
    ['signing out from elsewhere', $in, 'POST', '/idv/logout', @cross,
        'Content-Type' => $form, -body => ''],
    ['signing out by PUT', $in, 'PUT', '/idv/logout'],
    ['the provider\'s control from a page', $service->http, 'POST',
        '/_control/transactions/' . ($flow->transaction // 'x'),
        Origin => 'https://evil.example', 'Content-Type' => 'application/json',
        -body => '{"status":"SUCCESS"}'],
);

for my $call (@calls) {
    my ($name, $who, $method, $to, @more) = @$call;
    my $kept = { %{$who->jar} };
    my $answer = $who->request($method, $to, @more);

    # what is refused, and the question before signing out
    ok($answer->status =~ /^4\d\d$/
       || $method eq 'GET' && $answer->status == 200, "S18, S23: $name")
        or diag($answer->status, $answer->body);
    $who->{jar} = $kept;
}

$walk->read;
is($walk->status, 'ID_VERIFICATION_DEVICE', 'S18: the flow is untouched');
is($sam_page->open("/idv/?flowId=$sam_fields->{flowId}")->view, 'device',
    'S18: so is that of the page');
is($in->get('/')->status, 200, 'S23: the session is still good');
is($service->transaction_calls('POST'), $created, 'S18: nothing was paid');

# S19: ids and secrets are long and of all their letters

my (%ids, %letters);

for (1 .. 60) {
    my $client = $site->client('bob');
    my $answer = $client->get($gate->mark('/'));

    for my $value ($answer->json->{id}, $client->cookie('idv_local_flow')) {
        $ids{$value}++;
        $letters{$_}++ for split //, $value;
    }
}

is(scalar keys %ids, 120, 'S19: all of them differ');
is(scalar(grep { !/^\w{22}/ } keys %ids), 0, 'S19: by 22 letters at least');
cmp_ok(scalar keys %letters, '>=', 60, 'S19: of sixty');

# S20, S22: what a client may choose is what it was offered

my @wishes = (policy => $policy_b, verifyPolicy => $policy_b,
    verify_policy => $policy_b, policyId => $policy_b, acr_values => 'none',
    provider => 'other', subject => 'ann', user => 'ann', userId => 'ann',
    login_hint => 'ann', email => 'evil@example.com', phone => '+15555550199',
    redirect => 'https://evil.example/', redirect_uri => 'https://evil.example',
    resumeUrl => 'https://evil.example', bypass => '1', status => 'SUCCESS',
    flowId => $id, sessionId => 'x', state => 'ID_VERIFICATION_COMPLETED');
my $query = Idv::Page::encode({ @wishes });
my $wishing = $site->client('eve');

for my $start (['GET', "/idv/start?response_mode=pi.flow&$query"],
    ['POST', '/idv/start', 'Content-Type' => $form,
        -body => "response_mode=pi.flow&$query"],
    ['GET', "/wished?$query"])
{
    my $answer = $wishing->request(@$start);
    my $flow = Idv::Flow->new(site => $site, client => $wishing);

    $flow->take($answer);
    is($flow->status, 'ID_VERIFICATION_DEVICE', "S22: $start->[0] $start->[1]"
        =~ s/\?.*//r);

    $flow->device('other');
    $flow->act('optionsAuthentication', { email => 'evil@example.com',
        phone => undef });
    is($flow->answer->status, 400, 'S20: an address is not chosen by itself');
    is($flow->status, 'ID_VERIFICATION_OPTIONS', 'S20: but from the list');

    $flow->act('optionsAuthentication', { email => undef, phone => undef,
        @wishes[0 .. 9], requirements => {}, redirect => {} });
    next if $flow->answer->status == 400
        && $flow->choose->status != 200;

    my $sent = $service->api('GET', 'users/eve/verifyTransactions/'
        . $flow->transaction)->json;

    is($sent->{verifyPolicy}{id}, $service->api('GET', 'verifyPolicies')
        ->json->{_embedded}{verifyPolicies}[0]{id}, 'S22: the policy is ours');
    ok(!exists $sent->{$_}, "S22: no $_")
        for qw(sendNotification redirect requirements callback);

    # S20: beginning again is not a way around
    $flow->retry;
    is($flow->status, 'ID_VERIFICATION_DEVICE', 'S20: again, from the start');
    is($flow->continue->status, 400, 'S20: where nothing is done yet');
    $flow->cancel;
}

# S20: another one's address, and one of another flow

my ($one, $two) = map { my $f = $site->flow($_); $f->device('other'); $f }
    'ann', 'sam';

$two->act('optionsAuthentication', { email => $one->state->{emails}[0][0],
    phone => undef });
is($two->answer->status, 400, 'S20: nor another one\'s address');

# S26: nobody learns who is known to the provider by starting.  It is the zone
# and the first factor that answer.

my $known = Idv::Site->new(name => 'users', files => { users => "ann\n" },
    service => 'idv_service_users users;');
my %answers;

for my $user ('ann', 'bob') {
    for my $headers ([], ['Sec-Fetch-Mode' => 'navigate']) {
        my $client = $known->client($user);
        my $answer = $client->get('/', @$headers);
        my $text = all_of($answer);

        $text =~ s/\b[A-Za-z0-9]{22}\b/ID/g;
        $text =~ s/idv_local_flow=[^;]+/idv_local_flow=SECRET/;
        push @{$answers{$user}}, $text;

        my $id = $answer->json ? $answer->json->{id} : ($answer
            ->header('Location') =~ /flowId=(\w+)/)[0];
        $text = all_of($client->get("/pf-ws/authn/flows/$id", @xsrf));
        $text =~ s/\b[A-Za-z0-9]{22}\b/ID/g;
        push @{$answers{$user}}, $text;
    }
}

is_deeply($answers{bob}, $answers{ann}, 'S26: known or not: the same answers');
like($answers{bob}[0], qr/^403\n/, 'S26: of a start');
like($answers{bob}[1], qr/^200\n.*_DEVICE/s, 'S26: and a read');
is($known->service->transaction_calls($_), 0, "S26: before any $_")
    for qw(GET POST);

$gate->nothing_passed;

Idv::Site::finish();
