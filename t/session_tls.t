#!/usr/bin/perl

# With TLS the cookies have names and attributes that browsers protect: only
# this host, only over TLS.  What the operator sets shows in them, and nothing
# that a client claims of its connection does.

use strict;
use warnings;

use IO::Socket::SSL::Utils;
use Test::More;

use Idv::Curl;
use Idv::Flow;
use Idv::Gate;
use Idv::HTTP;
use Idv::Site;

my ($ca, $ca_key) = CERT_create(CA => 1, subject => { commonName => 'a CA' });
my ($cert, $key) = CERT_create(issuer => [$ca, $ca_key],
    subject => { commonName => 'idv' },
    subjectAltNames => [[IP => '127.0.0.1']]);

my %files = ('ca.pem' => PEM_cert2string($ca),
    'tls.pem' => PEM_cert2string($cert), 'tls.key' => PEM_key2string($key));

my $server = <<'END';
    server {
        listen 127.0.0.1:%%PORT_tls%% ssl http2;

        ssl_certificate      tls.pem;
        ssl_certificate_key  tls.key;

        auth_basic           "test";
        auth_basic_user_file htpasswd;
        auth_idv_subject     $remote_user;

        location / {
            auth_idv local;
            auth_idv_header IDV-First-Name firstName;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
        location /idv/ { idv_page local; }
        location /pf-ws/authn/ { idv_flow_api local; }
    }
END

my @navigate = ('Sec-Fetch-Mode' => 'navigate');
my $attributes = 'Path=\/; HttpOnly; Secure; SameSite=';


sub house {
    my ($provider, %more) = @_;

    my $site = Idv::Site->new(files => \%files, servers => $server,
        provider => $provider, %more);

    return ($site, Idv::HTTP->new(port => $site->port('tls'),
        basic => 'ann:ann', tls => {
            SSL_ca_file => $site->nginx->dir . '/ca.pem' }));
}


my ($site, $ann) = house('');
my $gate = Idv::Gate->new($site);

my ($line) = $ann->get($gate->mark('/'), @navigate)->header('Set-Cookie');
like($line, qr/^__Host-idv_local_flow=\w{22}; ${attributes}Lax$/,
    'the cookie of a flow');
like($gate->refuses($ann, '/', 'TLS')->{_links}{self}{href},
    qr{^https://127\.0\.0\.1:\d+/pf-ws/authn/flows/\w+$}, 'addresses are https');

$site->verified('ann', client => $ann);

$line = $ann->jar->{'__Host-idv_local'}{line};
like($line, qr/^__Host-idv_local=[\w-]+; ${attributes}Lax; Max-Age=28800$/,
    'the session');
unlike($line, qr/Domain/i, 'without a domain');
is($ann->get('/')->status, 200, 'opens');

my $sealed = $ann->cookie('__Host-idv_local');

for my $name ('idv_local', '__Secure-idv_local', '__host-idv_local',
    '__Host-idv_loca')
{
    is($ann->get($gate->mark('/'), Cookie => "$name=$sealed")->status, 403,
        "as $name: shut");
}

is($site->client('ann')->get($gate->mark('/'),
    Cookie => "__Host-idv_local=$sealed")->status, 403,
    'without TLS that name is none');

my $h2 = Idv::Curl->new(port => $site->port('tls'), basic => 'ann:ann',
    tls => $site->nginx->dir . '/ca.pem');
is($h2->get('/', Cookie => "__Host-idv_local=$sealed")
    ->json->{headers}{'IDV-First-Name'}, 'ANN', 'HTTP/2: the same session');
is($h2->get($gate->mark('/'), Cookie => "__Host-idv_local=${sealed}A")->status,
    403, 'HTTP/2: changed');

$line = $ann->post('/idv/logout', '', 'Sec-Fetch-Site' => 'same-origin')
    ->header('Set-Cookie');
like($line, qr/^__Host-idv_local=; ${attributes}Lax; Max-Age=0; Expires=Thu, 01 Jan 1970/,
    'signing out clears it by the same attributes');

$gate->nothing_passed;

# what the operator sets

for my $case (
    ['same_site Strict;', qr/^__Host-idv_local=[\w-]+; ${attributes}Strict; Max-Age=28800$/],
    ['same_site None;', qr/^__Host-idv_local=[\w-]+; ${attributes}None; Max-Age=28800$/],
    ['cookie_name My-Name_1; session_lifetime 2h;',
     qr/^__Host-My-Name_1=[\w-]+; ${attributes}Lax; Max-Age=7200$/],
) {
    my ($provider, $wanted) = @$case;
    my ($other, $client) = house($provider, name => $provider);

    my ($flow) = $client->get('/', @navigate)->header('Set-Cookie');
    my $same = $provider =~ /same_site (\w+)/ ? $1 : 'Lax';
    like($flow, qr/^__Host-\S+_flow=\w+; ${attributes}$same$/,
        "$provider the flow");

    $other->verified('ann', client => $client);
    my ($session) = grep { !/_flow=/ } map { $_->{line} } values %{$client->jar};
    like($session, $wanted, "$provider the session");
    is($client->get('/')->status, 200, "$provider opens");
}

# TLS that ends in front of nginx, as base_url says

my $front = Idv::Site->new(name => 'base_url',
    provider => 'base_url https://front.example;');
my $client = $front->client('ann');
my $answer = $client->get('/');

like($answer->header('Set-Cookie'),
    qr/^__Host-idv_local_flow=\w+; ${attributes}Lax$/, 'base_url: Secure');
like($answer->json->{_links}{self}{href},
    qr{^https://front\.example/pf-ws/authn/flows/\w+$}, 'base_url: addresses');

my ($cookie) = $answer->header('Set-Cookie') =~ /^([^;]+)/;
my $flow = Idv::Flow->new(site => $front, client => $front->client('ann',
    headers => [Cookie => $cookie]), path => '/');
$flow->start;
$flow->verify;
$line = $flow->answer->header('Set-Cookie');
like($line, qr/^__Host-idv_local=[\w-]+; ${attributes}Lax; Max-Age=28800$/,
    'base_url: the session');
my ($session) = $line =~ /^([^;]+)/;
is($front->client('ann')->get('/', Cookie => $session)->status, 200,
    'base_url: opens');

Idv::Site::finish();
