#!/usr/bin/perl

# S3, S4: somebody begins a verification and gets somebody else to do it: the
# code on a screen, the link in a message (RFC 10027).  Both devices say who
# asks, since when and until when, and show one code; nothing that the beginner
# sends changes what the other one is told; the time is short, the result is
# worth nothing elsewhere, and another one's document is not one's own.

# variants: plain asan

use strict;
use warnings;

use Test::More;

use Idv::Flow;
use Idv::Gate;
use Idv::HTTP;
use Idv::Page;
use Idv::Site;

my $site = Idv::Site->new(
    client_name => q('Mill & "Son" <x-evil> GmbH'),
    provider => 'match lastName $last_name;',
    http => 'map $remote_user $last_name { default ""; ann EXAMPLE;
                                           eve EVERGREEN; sam EXAMPLE; }');
my $gate = Idv::Gate->new($site);
my $service = $site->service;
my $here = '127.0.0.1:' . $site->port('gate');


# what the phone shows, of a link

sub phone {
    my ($link, @headers) = @_;

    return $service->http->get($link =~ s{^http://[^/]+}{}r, @headers);
}


sub text { Idv::Page::text($_[0]->body =~ s/\s+/ /gr) }


# ann begins, at her desk

my $desk = Idv::Page->new(site => $site, user => 'ann');
$desk->open('/wanted');
$desk->press('idv-other');
$desk->press('idv-option-qr') if $desk->view eq 'options';
is($desk->view, 'scan', 'a code to scan');

my $link = $desk->link('idv-link');
my $code = $desk->code;
my ($until) = $desk->words =~ /valid until (\d\d:\d\d) UTC/;

like($code, qr/^\d{6}$/, 'S3: the desk shows a code');
like($desk->words, qr/\Q$here\E/, 'S3: and the site that asks');
like($desk->words, qr/Go on only if you started this yourself/,
    'S3: and a warning');
ok(defined $until, 'S3: and until when') or diag($desk->words);
unlike($link, qr/skipIntro|dt=/, 'S3: the link leads to all of that');

my $capture = phone($link);
is($capture->status, 200, 'the phone opens the link');

my $shown = text($capture);
like($shown, qr/Mill & "Son" <x-evil> GmbH asks you to confirm who you are/,
    'S3: the phone says who asks');
unlike($capture->body, qr/<x-evil/, 'R5: as text');
is(($shown =~ /shown the same code: (\d{3} \d{3}) /)[0] // 'none',
    $code =~ s/(...)/$1 /r, 'S3: and the same code');
like($shown, qr/Started at \d\d:\d\d, valid until $until UTC/,
    'S3: since when, and until the same time');
like($shown, qr/If somebody sent you here.*stop now/, 'S3: and a warning');
is($capture->header('Cache-Control'), 'no-store', 'R8: not stored');

# opening the link is not following it

phone($link) for 1 .. 3;
$desk->open('/idv/?flowId=' . $desk->flow_id);
is($desk->view, 'scan', 'S3: previews of the link change nothing');

# what the one who begins sends is not what the other one is told

my $other = Idv::HTTP->new(port => $site->port('gate'), basic => 'eve:eve',
    host => 'bank.example', headers => ['X-Forwarded-Host' => 'bank.example',
        Referer => 'https://bank.example/', Origin => 'https://bank.example',
        'User-Agent' => 'bank.example']);
my $hers = Idv::Flow->new(site => $site, client => $other, path => '/bank.example');

$hers->start;
$hers->act('deviceAuthentication', { deviceAuthentication => 'other',
    client => 'bank.example', name => 'bank.example' });
$hers->device('other') if $hers->status eq 'ID_VERIFICATION_DEVICE';
$hers->choose;
is($hers->status, 'ID_VERIFICATION_REQUIRED', 'another one, dressed up');

my $dressed = phone($hers->state->{webVerificationUrl});
is($dressed->status, 200, 'has a link');
unlike($dressed->body, qr/bank/, 'S3: which tells nothing of the dress');
like(text($dressed), qr/GmbH asks/, 'S3: but who asks');

my $sent = $service->api('GET', 'users/eve/verifyTransactions/'
    . $hers->transaction)->json;
ok(!exists $sent->{redirect}, 'S3: nor does the phone go anywhere from there');
ok(!exists $sent->{client}, 'and the API is PingOne\'s');

# the code belongs to the link

my $wrong = sprintf '%06d', ($code + 1) % 1000000;
is(phone($link =~ s/code=$code/code=$wrong/r)->status, 404,
    'S3: another code: no page');
is(phone($link =~ s/&code=$code//r)->status, 404, 'S3: nor without one');

for my $step (qw(begin document selfie)) {
    is($service->http->post(($link =~ s{^http://[^/]+}{}r) =~ s/code=$code/code=$wrong/r,
        "step=$step", 'Content-Type' => 'application/x-www-form-urlencoded')
        ->status, 404, "S3: nor a step: $step");
}

phone($link =~ s/code=$code/code=$wrong/r) for 1 .. 10;
is(phone($link)->status, 404, 'S3: who guesses closes it');

# the result: worth something where it began, for whom it began

my $victim = $site->client('sam');
my $flow = $site->flow('eve', client => $other);
$flow->require_code;
is($victim->get($flow->path, 'X-XSRF-Header' => 'x')->status, 404,
    'S3: who was made to scan has no flow');
$flow->phone('SUCCESS');
ok($flow->reach('ID_VERIFICATION_FAILED'),
    'S4: another one\'s document is no success');
is($flow->continue->status, 400, 'S4: and leads nowhere');
is($flow->client->get($gate->mark('/'))->status, 403, 'S4: the gate is shut');
is($victim->get($gate->mark('/'))->status, 403, 'S3: for both of them');

$flow = $site->flow('ann');
$flow->verify(data => { lastName => 'EXAMPLE' });
is($flow->client->get('/')->status, 200, 'S4: with her own, ann is in');

# a name that could not be shown is refused

for my $name ('x' x 65, "M\xfcller", "\xc0\xbcx") {
    my ($ok, $text) = Idv::Nginx->test_config(
        http => $site->config(client_name => qq("$name")),
        files => { $site->files });

    ok(!$ok, 'S3: a name that is none');
    like($text, qr/"idv_service_client" directive has a name that is not/,
        'S3: nginx -t says so');
}

# short

my $late = Idv::Page->new(site => $site, user => 'sam');
$late->open('/x');
$late->press('idv-other');
$late->press('idv-option-qr') if $late->view eq 'options';
$link = $late->link('idv-link');

$service->advance(30 * 60 - 5);
is(phone($link)->status, 200, 'S3: 29 minutes later the link is good');
$service->advance(10);
unlike(text(phone($link)), qr/Begin/, 'S3: after 30 it is not');
ok($late->wait_for('timed-out'), 'S3: as the desk says');

$gate->nothing_passed;

Idv::Site::finish();
