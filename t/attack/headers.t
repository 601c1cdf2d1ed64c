#!/usr/bin/perl

# Forged identity on every road: each version of HTTP, each way that nginx has
# from a request to an application, each protocol that it speaks to one.  What
# is sent under the name of an identity header, or under one that a backend may
# take for it, never arrives; what says that somebody else has looked already
# opens nothing.  (t/gate_headers.t has the plain cases.)

# variants: plain asan

use strict;
use warnings;

use MIME::Base64 ();
use Test::More;

use Idv::CGI;
use Idv::Gate;
use Idv::H2;
use Idv::HTTP;
use Idv::Site;
use Idv::TLS;

my %cgi = map { $_ => Idv::CGI->new($_) } qw(fastcgi uwsgi scgi);
my ($certificate, $key) = Idv::TLS->ca('attack')->issue(name => 'localhost');
my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';

my $edge = <<"END";
auth_basic           "test";
auth_basic_user_file htpasswd;
auth_idv_subject     \$remote_user;

underscores_in_headers on;
ignore_invalid_headers off;
large_client_header_buffers 8 64k;

auth_idv_header IDV-First-Name     firstName;
auth_idv_header idv-STATUS         transactionStatus;
auth_idv_header IDV_Transaction_Id transactionId;

location /pf-ws/authn/flows/ { idv_flow_api local; }
location /idv/ { idv_page local; }

location /gated/ { auth_idv local; $app }
location /open/ { $app }
location /optional/ { auth_idv local optional; $app }
location /exempt/ { auth_idv \$exempt; $app }
location /error/ { error_page 404 = /open/error; return 404; }
location /denied/ { deny all; error_page 403 = /open/denied; }
location /asked/ { error_page 401 = /open/asked; auth_request /no; }
location = /no { internal; return 401; }
location /named/ { try_files /none \@open; }
location /error-named/ { error_page 418 = \@open; return 418; }
location \@open { $app }
location /try/ { try_files /none /open/tried; }
location /rewrite/ { rewrite ^ /open/rewritten last; }
location /twice/ { rewrite ^ /rewrite/ last; }
location = /index/ { alias %%DIR%%/; index none.html /open/index; }
location /accel/ { proxy_pass http://127.0.0.1:%%PORT_accel%%/; }
location /included/ {
    ssi on;
    ssi_types text/plain;
    default_type text/plain;
    alias %%DIR%%/;
}
location /added/ {
    addition_types *;
    add_after_body /open/added;
    return 200 "before ";
}
location /sliced/ {
    slice 64k;
    proxy_set_header Range \$slice_range;
    $app
}
location /mirror/ { mirror /copy; $app }
location = /copy { internal; proxy_pass http://127.0.0.1:%%PORT_app%%/copied; }
location /asking/ { auth_request /ask; $app }
location = /ask { internal; $app }
location /upgrade/ {
    proxy_http_version 1.1;
    proxy_set_header Upgrade \$http_upgrade;
    proxy_set_header Connection \$http_connection;
    $app
}
location /stored/ { proxy_request_buffering off; proxy_http_version 1.1; $app }
location /grpc/ { grpc_pass grpc://127.0.0.1:%%PORT_grpc%%; }

location /fastcgi/ {
    auth_idv local optional;
    include params.conf;
    fastcgi_pass 127.0.0.1:@{[$cgi{fastcgi}->port]};
}
location /uwsgi/ {
    auth_idv local optional;
    uwsgi_pass 127.0.0.1:@{[$cgi{uwsgi}->port]};
}
location /scgi/ {
    auth_idv local optional;
    scgi_pass 127.0.0.1:@{[$cgi{scgi}->port]};
}
END

my $servers = <<"END";
    server { listen 127.0.0.1:%%PORT_h1%%; include edge.conf; }
    server { listen 127.0.0.1:%%PORT_h2c%% http2; include edge.conf; }
    server {
        listen 127.0.0.1:%%PORT_tls%% ssl http2;
        ssl_certificate     server.pem;
        ssl_certificate_key server.key;
        include edge.conf;
    }
    server {
        listen 127.0.0.1:%%PORT_accel%%;
        add_header X-Accel-Redirect /open/accel;
        return 200;
    }
    server {
        listen 127.0.0.1:%%PORT_grpc%% http2;
        underscores_in_headers on;
        ignore_invalid_headers off;
        location / { idv_service_echo on; }
    }
END

my $site = Idv::Site->new(servers => $servers,
    app => 'underscores_in_headers on; ignore_invalid_headers off;
            large_client_header_buffers 8 64k;',
    http => 'map $request_method $exempt { default off; PUT local; }',
    files => {
        'edge.conf' => $edge, 'server.pem' => $certificate,
        'server.key' => $key, 'params.conf' => "fastcgi_param A b;\n",
        'part.txt' => 'head <!--# include virtual="/open/part" --> foot',
    });

my $gate = Idv::Gate->new($site);
my $tls = { SSL_verify_mode => 0, SSL_hostname => 'localhost' };

# how each version of HTTP is spoken: (status, body) of a request

my $authorization
    = 'Basic ' . MIME::Base64::encode_base64('bob:bob', '');

my %versions = (
    'HTTP/1.0' => sub { one('HTTP/1.0', @_) },
    'HTTP/1.1' => sub { one('HTTP/1.1', @_) },
    'HTTP/2' => sub { two({}, @_) },
    'HTTP/2 over TLS' => sub { two({ tls => $tls }, @_) },
);


sub one {
    my ($version, $method, $path, @headers) = @_;

    my $bytes = "$method $path $version\r\nHost: 127.0.0.1\r\n"
        . "Connection: close\r\n";

    while (my ($name, $value) = splice(@headers, 0, 2)) {
        $bytes .= "$name: $value\r\n";
    }

    my $answer = Idv::HTTP::Response->new($method);
    $answer->feed(Idv::HTTP::raw($site->port('h1'), "$bytes\r\n", 10) // '');

    return $answer;
}


sub two {
    my ($arg, $method, $path, @headers) = @_;

    return Idv::H2->new(port => $site->port($arg->{tls} ? 'tls' : 'h2c'),
        host => '127.0.0.1', %$arg)->request($method, $path, @headers);
}


# H1: what a backend may fold into one of the names.  Every byte that may stand
# in a name, between its words; and the case of the letters by turns.

my @names = ('IDV-First-Name', 'IDV-Status', 'IDV-Transaction-Id');
my @bytes = ('-', '_', '.', '!', '#', '$', '%', '&', "'", '*', '+', '^', '`',
    '|', '~');
my (@spellings, $turn);

for my $name (@names) {
    my @words = split /-/, $name;

    for my $first (@bytes) {
        for my $second (@words > 2 ? @bytes : '') {
            my $text = join '', $words[0], $first, $words[1],
                @words > 2 ? ($second, $words[2]) : ();

            push @spellings, (sub { $_[0] }, sub { lc $_[0] }, sub { uc $_[0] },
                sub { $_[0] =~ s/(.)(.)/lc($1) . uc $2/ger })[$turn++ % 4]
                    ->($text);
        }
    }
}

cmp_ok(scalar @spellings, '>', 450, 'H1: there are some hundred spellings');

sub folded { lc($_[0]) =~ s/[^a-z0-9]/_/gr }

my %managed = map { folded($_) => 1 } @names;

sub managed {
    my ($headers) = @_;

    return grep { $managed{folded($_)} } sort keys %$headers;
}


my $ann = Idv::HTTP->new(port => $site->port('h1'), host => '127.0.0.1',
    basic => 'ann:ann');
$site->verified('ann', client => $ann, path => '/gated/');

my $ours = $ann->get('/gated/')->json->{headers};
is(join(' ', managed($ours)), 'IDV-First-Name IDV_Transaction_Id idv-STATUS',
    'H3: each header once, as the configuration writes it');

my %names = map { $_ => $ours->{$_} } managed($ours);

for my $version (sort keys %versions) {
    my $ask = $versions{$version};
    my @left = @spellings;
    my ($arrived, $n) = (0, 0);

    while (my @some = splice(@left, 0, 60)) {
        # h2 has no upper case in names
        @some = map { lc } @some if $version =~ m{/2};

        my $answer = $ask->('GET', '/open/', authorization => $authorization,
            map { $_ => 'FORGED' } @some);
        my $headers = ($answer->json || {})->{headers} || {};

        $n++ if $answer->status == 200;
        $arrived++ if managed($headers) || $answer->body =~ /FORGED/;
    }

    is($n, 8, "H1: $version: each lot is answered");
    is($arrived, 0, "H1: $version: no spelling of a name arrives");
}

# H8, H9, H10: every road to an application.  "many" is an answer that is not
# the application's alone.

my @forged = map { $_ => 'FORGED' } map { lc } @names,
    map { s/-/_/gr } @names;
my @nominated = (connection => 'close, ' . join ', ', @names);

my @roads = (
    ['H8', '/open/'], ['H9', '/optional/'], ['H8', '/exempt/'],
    ['H8', '/error/'], ['H8', '/denied/'], ['H8', '/asked/'],
    ['H8', '/named/'], ['H8', '/error-named/'], ['H8', '/try/'],
    ['H8', '/rewrite/'], ['H8', '/twice/'], ['H8', '/index/'],
    ['H8', '/accel/'], ['H8', '/included/part.txt'], ['H8', '/added/'],
    ['H8', '/sliced/'], ['H8', '/mirror/'], ['H8', '/asking/'],
    ['H8', '/grpc/'], ['H8', '/open/', 'OPTIONS'],
    ['H8', '/open/', 'OPTIONS', origin => 'https://evil.example',
        'access-control-request-method' => 'POST',
        'access-control-request-headers' => 'x-y, idv-first-name'],
    ['H8', '/optional/', 'POST', 'content-length' => 0],
    ['H8', '/stored/', 'PUT', 'content-length' => 0],
    ['H8', '/open/', 'PROPFIND'], ['H8', '/open/', 'FROBNICATE'],
    ['H10', '/upgrade/', 'GET', upgrade => 'websocket',
        'sec-websocket-key' => 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version' => 13],
    ['H10', '/optional/', 'GET', upgrade => 'h2c', 'http2-settings' => ''],
);

for my $version (sort keys %versions) {
    for my $road (@roads) {
        my ($case, $path, $method, @more) = @$road;

        $method //= 'GET';

        # of an h2 request these are no headers
        next if $version =~ m{/2} && grep { /^upgrade$/ } @more;

        my $answer = $versions{$version}->($method, $path,
            authorization => $authorization, @forged, @more);
        my $name = "$case: $version: $method $path"
            . (@more > 4 ? " with $more[0]" : '');

        ok($answer->status == 200 && $answer->body =~ /"headers"/
           && $answer->body !~ /FORGED|"idv[-_]/i, "$name: nothing forged")
            or diag($answer->status, ' ', $answer->error // '', ' ',
                $answer->body);
    }
}

# the subrequests among them have been seen

for my $path ('/copied', '/ask', '/open/part', '/open/added') {
    ok($site->nginx->wait_until(5, sub {
        grep { / \Q$path\E$/ } $site->app_requests }),
        "H8: $path was a request of its own");
}

# H8: trailers come after a body, with the names of headers; to some versions
# of nginx they are a mistake of HTTP/2

my $chunked = "3\r\na=b\r\n0\r\nIDV-First-Name: FORGED\r\nidv_status: FORGED\r\n"
    . "\r\n";

for my $path ('/open/', '/stored/', '/optional/') {
    my $answer = $ann->request('POST', $path, -body => $chunked,
        'Content-Length' => undef, 'Transfer-Encoding' => 'chunked',
        'Trailer' => 'IDV-First-Name, idv_status', TE => 'trailers');
    ok($answer->status == 200 && $answer->body !~ /FORGED/,
        "H8: HTTP/1.1: trailers, $path") or diag($answer->body);

    $answer = two({ basic => 'bob:bob' }, 'POST', $path, -body => 'a=b',
        trailer => 'idv-first-name', -trailers => [@forged]);
    ok($answer->status =~ /^(?:0|200)$/ && $answer->body !~ /FORGED/,
        "H8: HTTP/2: trailers, $path") or diag($answer->body);
}

# H10: CONNECT, as it is and as RFC 8441 has it, is no road

for my $more ([':path' => undef, ':scheme' => undef], [],
              [':protocol' => 'websocket'])
{
    my $answer = two({ basic => 'bob:bob' }, 'CONNECT',
        $gate->mark('/open/'), @forged, @$more);
    ok($answer->status != 200 && $answer->body !~ /"headers"/,
        'H10: HTTP/2: CONNECT') or diag($answer->status, $answer->body);
}

my $answer = one('HTTP/1.1', 'CONNECT', '127.0.0.1:80', authorization
    => $authorization, @forged);
like($answer->status, qr/^(?:0|400|405)$/, 'H10: HTTP/1.1: CONNECT');

# H1: a client may name a header as one of its connection, which proxies drop

for my $path ('/gated/', '/optional/', '/upgrade/') {
    my $headers = $ann->get($path, @nominated, @forged)->json->{headers};
    my @there = $path eq '/upgrade/' ? () : sort keys %names;

    is_deeply({ map { $_ => $headers->{$_} } managed($headers) },
        { map { $_ => $names{$_} } @there },
        "H1: $path: headers of the connection: ours, once");
}

unlike($ann->get('/gated/', @nominated)->json->{headers}{Connection} // '',
    qr/idv/i, 'H1: nobody is told to drop them');

# H1, H3: what becomes a variable has no case and no hyphen at all

for my $protocol (sort keys %cgi) {
    for my $version ('HTTP/1.1', 'HTTP/2') {
        my $given = $versions{$version}->('GET', "/$protocol/", authorization
            => $authorization, @forged, 'x-other' => 'kept')->json || {};

        ok($given->{HTTP_X_OTHER} && !grep { /IDV/i } keys %$given,
            "H1: $version, $protocol: nothing forged") or diag(explain $given);
    }

    my $given = $ann->get("/$protocol/", @forged)->json || {};

    is_deeply({ map { $_ => $given->{$_} } grep { /IDV/i } keys %$given },
        { map { 'HTTP_' . uc(s/-/_/gr) => [$names{$_}] } keys %names },
        "H3: $protocol: ours, each once");
}

# H5, H6, H13, H14: headers that others believe.  Together, and each with every
# value that could mean "go on".

my @marks = qw(X-Forwarded-Uri X-Original-URL X-Original-URI X-Rewrite-URL
    X-Forwarded-Prefix X-Forwarded-Path X-Envoy-Original-Path X-Forwarded-Method
    X-HTTP-Method X-Method-Override X-HTTP-Method-Override X-Forwarded-Proto
    X-Forwarded-Protocol X-Forwarded-Scheme X-Url-Scheme X-Scheme
    X-Forwarded-Ssl Front-End-Https X-Forwarded-Host X-Host X-Original-Host
    X-Forwarded-Server X-Forwarded-Port X-Forwarded-For X-Real-IP X-Client-IP
    True-Client-IP CF-Connecting-IP Fastly-Client-IP X-Cluster-Client-IP
    X-Originating-IP X-Remote-IP X-Remote-Addr Client-IP Via Forwarded
    X-Forwarded-User X-Forwarded-Email X-Forwarded-Groups
    X-Forwarded-Preferred-Username Remote-User X-Remote-User X-Auth-Request-User
    X-Auth-User X-User X-WEBAUTH-USER SSL-Client-Verify X-SSL-Client-Verify
    X-Client-Verify X-Verified X-IDV-Verified IDV-Verified IDV-Subject
    IDV-Session IDV-Policy IDV-Provider IDV-Bypass IDV-Optional IDV-Mode
    X-IDV-Fragment X-IDV-Bypass X-PF-Authn-API-State X-XSRF-Header
    X-Auth-Trusted X-Internal X-Internal-Request X-Service X-Debug X-Test
    X-Skip-Auth X-Bypass X-Healthcheck X-Probe X-Purpose Purpose Sec-Purpose
    Service-Worker X-Accel-Redirect X-Accel-Internal X-Sendfile
    Max-Forwards Range If-None-Match If-Modified-Since);
my @values = ('1', '/open/', 'ann', 'SUCCESS', 'off', 'true', 'https',
    '127.0.0.1', 'OPTIONS', 'for=127.0.0.1;proto=https;host=evil.example', '*');

# a sanitizer has seen all of their code after a few of them
@values = @values[0 .. 2] if $ENV{IDV_VARIANT} eq 'asan';

my $bob = Idv::HTTP->new(port => $site->port('h1'), host => '127.0.0.1',
    basic => 'bob:bob');
my @opened;

for my $mark (@marks) {
    for my $value (@values) {
        push @opened, "$mark: $value" if $bob->get($gate->mark('/gated/'),
            $mark => $value)->status != 403;
    }
}

is("@opened", '', 'H5, H6, H13, H14: no header opens anything');

for my $version (sort keys %versions) {
    my $i = 0;
    my @all = map { lc($_) => $values[$i++ % @values] } @marks;
    my $answer = $versions{$version}->('GET', $gate->mark('/gated/'),
        authorization => $authorization, @all);

    is($answer->status, 403, "H14: $version: nor do all of them");
}

# H6: nor does what they say show in anything

my @claims = ('X-Forwarded-Proto' => 'https', 'X-Forwarded-Ssl' => 'on',
    'X-Forwarded-Host' => 'evil.example', 'X-Forwarded-Port' => 443,
    'X-Forwarded-Prefix' => '/evil', 'X-Host' => 'evil.example',
    'Forwarded' => 'proto=https;host=evil.example');

my $plain = $bob->get('/gated/')->json;
is_deeply($bob->get('/gated/', @claims)->json, $plain, 'H6: addresses are what they were');

$answer = $bob->get('/gated/', @claims, 'Sec-Fetch-Mode' => 'navigate');
like($answer->header('Location'), qr{^/idv/\?flowId=\w+$}, 'H6: a redirect');
unlike(join(' ', $answer->header('Set-Cookie')), qr/Secure|__Host|evil/i,
    'H6: a cookie');

my $page = $bob->get($answer->header('Location'), @claims);
is($page->status, 200, 'H6: the page is there');
unlike($page->body, qr/evil|https:/, 'H6: with nothing of it');

# H7: whatever is no session is none, on each version and where it is optional

my $sealed = $ann->cookie('idv_local');

for my $version (sort keys %versions) {
    for my $cookie ('', 'idv_local', 'idv_local=', 'idv_local=null',
        "idv_local=$sealed; idv_local=$sealed", 'idv_local="' . $sealed . '"',
        'idv_local=' . reverse($sealed), 'idv_local=' . 'A' x 3900,
        "idv_local=\xff\xfe", 'idv_local=' . substr($sealed, 0, -2))
    {
        my $shown = substr($cookie =~ s/[^ -~]/?/gr, 0, 24);
        my @ask = (authorization => 'Basic '
            . MIME::Base64::encode_base64('ann:ann', ''), cookie => $cookie);

        is($versions{$version}->('GET', $gate->mark('/gated/'), @ask)->status,
            403, "H7: $version: \"$shown\" is refused");

        my $seen = $versions{$version}->('GET', '/optional/', @ask)->json;
        is(join(' ', managed($seen->{headers})), '',
            "H7: $version: \"$shown\" is nobody");
    }
}

$gate->nothing_passed;

Idv::Site::finish();
