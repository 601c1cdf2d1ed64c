#!/usr/bin/perl

# What a page shows of others' words: hosts, contacts, addresses, languages,
# what the provider says.  Whatever they are, they are text: no element, no
# attribute, no script.  And where pages and refusals may not end up: in a
# cache, in a frame, after or before something of the application.

# variants: plain asan

use strict;
use warnings;

use Test::More;

use Idv::Gate;
use Idv::HTTP;
use Idv::Page;
use Idv::PingOne;
use Idv::Site;

# each is a way out of some place in HTML, JSON, a header or a format

my @hostile = ('<x-evil>', '"><x-evil>', "'><x-evil>", '"onevil="1',
    "' onevil='1", '</title><x-evil>', '</main><x-evil>', '--><x-evil>',
    '</script><script src=//evil.example></script>', '{host}{contact}{main}',
    '%s%n%x%V%00%%', '${7*7}{{7*7}}', '<!--# include virtual="/private" -->',
    '&lt;x-evil&gt;', '&#60;x-evil&#62;', '\\u003cx-evil\\u003e',
    "\xc0\xbcx-evil\xc0\xbe", '+ADw-x-evil+AD4-', "\xe2\x80\xae<x-evil>",
    ']]><x-evil>', 'javascript:alert(1)', "a\tb", '`');

my $contact = '"<x-evil>"@example.com';
my $pingone = Idv::PingOne->new;
my $site = $pingone->site(
    provider => 'transaction_limit off;',
    gate => 'auth_idv_policy $arg_policy;',
    people => { zoe => { email => 'zoe<x-evil>@example.com',
                         phone => '+155555501<x>' },
                'a<x-evil>b' => { email => 'x@example.com' } },
    locations => <<'END', servers => <<'OTHER', http => <<'HTTP');
        location /named/ {
            auth_idv local;
            auth_idv_subject $arg_name;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
END
    # a cache in front, of the careless kind: it keeps all that it may

    server {
        listen 127.0.0.1:%%PORT_cache%%;

        location / {
            proxy_cache       front;
            proxy_cache_key   $uri;
            proxy_cache_valid any 10m;
            proxy_cache_methods GET HEAD POST;
            add_header X-Cache $upstream_cache_status always;
            proxy_set_header Host 127.0.0.1;
            proxy_set_header Authorization $http_authorization;
            proxy_pass http://127.0.0.1:%%PORT_gate%%;
        }
    }
OTHER
    proxy_cache_path %%DIR%%/temp/front keys_zone=front:1m;
HTTP

my $gate = Idv::Gate->new($site);
my $port = $site->port('gate');


# what a page must not have, whatever it was told

sub text_only {
    my ($answer, $name) = @_;

    my $html = $answer->body;
    my @wrong;

    push @wrong, "an element: $1" if $html =~ /(<x-evil\S*)/;
    push @wrong, "an attribute: $1" if $html =~ /(<[^<>]*\sonevil=[^<>]*)/;
    push @wrong, "a script: $1"
        if $html =~ m{(<script(?! src="/idv/script\.js\?v=\w+" defer)[^>]*)};
    push @wrong, "an address: $1" while $html
        =~ m{\b((?:src|href|action|url)=["']?+(?![/#](?![/\\])|https://verify\.example/)[^\s>]*)}gi;
    push @wrong, "what was to be filled in: $1"
        if $html =~ /(\b49\b.{0,20}|FILLED)/;

    is("@wrong", '', "$name: text and nothing else") or diag($html);
}


my @navigate = ('Sec-Fetch-Mode' => 'navigate', Accept => 'text/html');
my $ann = $site->client('ann');

# R5: what a client says

for my $hostile (@hostile) {
    my $shown = $hostile =~ s/[^ -~]/?/gr;
    my $encoded = $hostile =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger;

    for my $path ("/idv/?flowId=$encoded", "/idv/?flowId=$encoded&n=$encoded",
        "/idv/cancelled?return=/$encoded", "/idv/return?flowId=$encoded",
        "/idv/logout?return=/$encoded", "/idv/$encoded",
        "/idv/start?response_mode=$encoded&return=/$encoded")
    {
        my $page = Idv::Page->new(site => $site, client => $ann);
        $page->open($path, 'Accept-Language' => $hostile,
            'X-IDV-Fragment' => $hostile, Referer => $hostile,
            'User-Agent' => $hostile);
        text_only($page->answer, "R5: $shown: " . substr($path, 0, 12));
    }

    my $answer = $ann->get('/idv/', Host => $hostile, @navigate);
    text_only($answer, "R5: $shown: as a host") if $answer->status != 400;

    my $json = $ann->get("/pf-ws/authn/flows/$encoded", 'X-XSRF-Header' => 'x',
        'X-PF-Authn-API-State' => $hostile);
    is($json->header('Content-Type'), 'application/json',
        "R5: $shown: an error is JSON");
    is($json->header('X-Content-Type-Options'), 'nosniff',
        "R5: $shown: and read as such");
    ok($json->json, "R5: $shown: whole") or diag($json->body);
    unlike($json->body, qr/x-evil|onevil/, "R5: $shown: with nothing of it");
}

# R5: what an operator's sources say of a user, and the user's name

for my $user ('zoe', 'a<x-evil>b') {
    my $page = Idv::Page->new(site => $site, user => $user);

    $page->open('/x');
    $page->press('idv-other');
    # what is no contact is not offered
    is($page->view, $user eq 'zoe' ? 'scan' : 'options',
        "R5: $user: contacts");
    text_only($page->answer, "R5: $user: contacts");
}

for my $name ('%3Cx-evil%3E', '%22%20onevil%3D%221', 'a%0d%0aSet-Cookie:x=y') {
    my $answer = $ann->get("/named/?name=$name", @navigate);
    is($answer->status, 303, "R5: a subject $name");
    unlike(join("\n", map { "@$_" } @{$answer->{headers}}), qr/evil|x=y/,
        "R5: $name is in no header");
}

# R5, R6: what a provider says.  It is asked for nothing that a page could not
# show; what is no code and no address ends the attempt.

my %said = (
    webVerificationCode => sub { $_[0] },
    webVerificationUrl => sub { "https://verify.example/$_[0]?txnid="
        . Idv::PingOne::TRANSACTION . "&c=$_[0]" },
    id => sub { $_[0] },
    expiresAt => sub { $_[0] },
    sendNotification => sub { { results => [{ sent => 0, method => $_[0],
        error => $_[0] }] } },
);

for my $member (sort keys %said) {
    for my $hostile (@hostile) {
        next if $hostile =~ /[^\x09-\x7e]/;

        $pingone->fault(create => { status => 201,
            json => $pingone->transaction_json(
                transactionStatus => { status => 'REQUESTED' },
                $member => $said{$member}->($hostile)) });

        my $page = Idv::Page->new(site => $site, user => 'bob');
        $page->open('/x');
        $page->press('idv-other');
        $page->press('idv-option-qr') if $page->view eq 'options';
        text_only($page->answer, "R5: $member of $hostile");
        unlike($page->html, qr/href="(?!https?:|\/)[^"]*:/i,
            "R5: $member of $hostile: no scheme");
        $page->press('idv-cancel') if $page->button('idv-cancel');
    }
}

# errors of a provider are for the log

$pingone->fault(create => { status => 400, json => {
    id => '<x-evil>', code => '<x-evil>', message => '<x-evil>',
    details => [{ code => '<x-evil>', message => '<x-evil>',
                  target => '<x-evil>' }] } });

my $page = Idv::Page->new(site => $site, user => 'bob');
$page->open('/x')->press('idv-other');
text_only($page->answer, 'R5: an error of the provider');
unlike($page->html, qr/x-evil/, 'R5: is not shown at all');

$pingone->fault(read => { json => $pingone->transaction_json(
    transactionStatus => { status => 'FAIL', verificationStatus => {
        '<x-evil>' => '<x-evil>' }, providerMessagesList => ['<x-evil>'] }) });
$page = Idv::Page->new(site => $site, user => 'bob');
$page->open('/x')->press('idv-other');
$page->press('idv-option-qr') if $page->view eq 'options';
$page->wait_for(sub { ($page->alert // '') ne '' });
text_only($page->answer, 'R5: why it failed');
unlike($page->html, qr/x-evil/, 'R5: is said in our own words');
$pingone->well;

# R6: what looks like a format is a text

is(Idv::Page->new(site => $site, client => $ann)
    ->open('/idv/cancelled?return=/%25s%25n%25x%25V')->link('idv-back'),
    '/%s%n%x%V', 'R6: a format stays what it was');

# R7: an answer of the gate is its own, from the first byte to the last

for my $method (qw(GET HEAD POST PUT)) {
    for my $headers ([], \@navigate, [Range => 'bytes=0-10'],
        ['Accept-Encoding' => 'gzip'], ['If-None-Match' => '*'],
        ['If-Modified-Since' => 'Thu, 01 Jan 2099 00:00:00 GMT'],
        [Expect => '100-continue', 'Content-Length' => 0])
    {
        my $answer = $ann->request($method, $gate->mark('/whole'), @$headers);
        my $length = $answer->header('Content-Length') // 0;

        ok($answer->status =~ /^(?:303|403)$/
           && ($method eq 'HEAD' || $length == length $answer->body)
           && $answer->body =~ /^(?:|\{.*\})$/s,
            "R7: $method with " . ($headers->[0] // 'nothing')
            . ': one answer') or diag($answer->status, $answer->body);
        is($answer->header('Cache-Control'), 'no-store',
            "R8: $method with " . ($headers->[0] // 'nothing'));
        ok(!defined $answer->header($_), "R8: and no $_")
            for qw(ETag Last-Modified Expires Accept-Ranges);
    }
}

# R8: a cache that keeps all that it is allowed to keeps none of ours

my $cached = Idv::HTTP->new(port => $site->port('cache'), basic => 'ann:ann',
    host => '127.0.0.1');
my $flow = $site->flow('ann', client => $ann);
my @paths = ('/', '/idv/', '/idv/logout', '/idv/cancelled', '/idv/session',
    '/idv/nothing', '/idv/start', '/idv/start?response_mode=pi.flow',
    '/idv/return', '/idv/qr?flowId=x', '/pf-ws/authn/flows/x', $flow->path,
    $flow->path . '/qr');

for my $path (@paths) {
    for my $headers ([], \@navigate, ['X-XSRF-Header' => 'x'],
                     ['X-IDV-Fragment' => '1'])
    {
        $cached->get($path, @$headers);
        my $second = $cached->get($path, @$headers);

        is($second->header('X-Cache'), 'MISS',
            "R8: $path with " . ($headers->[0] // 'nothing') . ' is not kept')
            or diag($second->status, $second->header('Cache-Control'));
        is($second->header('Age'), undef, 'R8: nor has it an age');
    }
}

# and the cache does keep what it may

$cached->get('/idv/style.css');
is($cached->get('/idv/style.css')->header('X-Cache'), 'MISS',
    'R8: a file without its version is asked for again');
my ($version) = $ann->get('/idv/', @navigate)->body =~ /style\.css\?v=(\w+)/;
$cached->get("/idv/style.css?v=$version");
is($cached->get("/idv/style.css?v=$version")->header('X-Cache'), 'HIT',
    'R8: one with it is kept: the cache is one');

# R9: who may frame a page, and what a page may frame

for my $path ('/idv/', '/idv/logout', '/idv/cancelled', '/idv/nothing') {
    like($ann->get($path, @navigate)->header('Content-Security-Policy'),
        qr/frame-ancestors 'none'/, "R9: $path: in no frame");
}

$gate->nothing_passed;

Idv::Site::finish();
