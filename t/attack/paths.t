#!/usr/bin/perl

# Roads around the gate.  Addresses are made by the hundred out of what parsers
# have read differently: whatever is served without a session was served by an
# open location, whatever version of HTTP asked.  Requests that are two to some
# and one to others: no part of them gets in on behalf of another.  And the
# phases that a request goes through: what a gated location does before the
# gate is said in docs/security.md, and nothing else is done before it.

# variants: plain asan

use strict;
use warnings;

use MIME::Base64 ();
use Test::More;

use Idv::Gate;
use Idv::H2;
use Idv::HTTP;
use Idv::Site;

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';

# each location says which one it is

my $edge = <<"END";
auth_basic           "test";
auth_basic_user_file htpasswd;
auth_idv_subject     \$remote_user;

location /pf-ws/authn/flows/ { idv_flow_api local; }
location /idv/ { idv_page local; }

location / { auth_idv local; add_header X-L shut always; $app }
location /public/ { add_header X-L open always; $app }
location = /health { add_header X-L open always; $app }
location ~ \\.css\$ { add_header X-L open always; $app }
location ^~ /admin/ { auth_idv local; add_header X-L shut always; $app }
location /optional/ {
    auth_idv local optional;
    add_header X-L open always;
    $app
}

location /returned/ { auth_idv local; return 200 "returned"; }
location /redirected/ { auth_idv local; return 302 /public/; }
location /upload/ {
    auth_idv local;
    client_body_temp_path %%DIR%%/temp/up;
    dav_methods PUT DELETE MKCOL COPY MOVE;
    create_full_put_path on;
    alias %%DIR%%/files/;
}
location /files/ { auth_idv local; autoindex on; alias %%DIR%%/files/; }
location /stub/ { auth_idv local; stub_status; }
location /empty/ { auth_idv local; empty_gif; }
location /cached/ {
    auth_idv local;
    proxy_cache pages;
    proxy_cache_valid any 10m;
    proxy_ignore_headers Cache-Control Expires;
    $app
}
location /sliced/ { auth_idv local; slice 64k; $app }
location /any/ { satisfy any; auth_request /yes; auth_idv local; $app }
location = /yes { internal; return 204; }
location /to-gate/ { error_page 418 = \@gate; return 418; }
location /to-gate-twice/ {
    recursive_error_pages on;
    error_page 418 = /to-gate/;
    return 418;
}
location /tried/ { try_files /none /admin/tried; }
location /tried-code/ { auth_idv local; try_files /none =204; }
location = /indexed/ { alias %%DIR%%/; index none.html /admin/index; }
location \@gate { auth_idv local; $app }
location /afterwards/ { post_action /public/after; return 200; }
location /recursive/ {
    auth_idv local;
    recursive_error_pages on;
    error_page 403 = /public/sorry;
    error_page 401 = /public/sorry;
    $app
}
location /upgraded/ {
    auth_idv local;
    proxy_http_version 1.1;
    proxy_set_header Upgrade \$http_upgrade;
    proxy_set_header Connection upgrade;
    $app
}
END

my $site = Idv::Site->new(
    http => 'proxy_cache_path %%DIR%%/temp/cache keys_zone=pages:1m;',
    servers => <<'END', files => { 'edge.conf' => $edge });
    server { listen 127.0.0.1:%%PORT_h1%%; include edge.conf; }
    server { listen 127.0.0.1:%%PORT_h2%% http2; include edge.conf; }
END

# a worker is another user

my $files = $site->nginx->dir . '/files';

mkdir $files;
chmod 0777, $files;
$site->nginx->write_file('files/kept', 'kept');

my $gate = Idv::Gate->new($site);
my $port = $site->port('h1');
my $basic = 'Authorization: Basic '
    . MIME::Base64::encode_base64('bob:bob', '');
my $h2 = Idv::H2->new(port => $site->port('h2'), host => '127.0.0.1',
    basic => 'bob:bob');


# (status, location, text) of one request

sub one {
    my ($line, @headers) = @_;

    my $text = Idv::HTTP::raw($port, join("\r\n", "$line HTTP/1.1",
        'Host: 127.0.0.1', 'Connection: close', $basic, @headers, '', ''), 5)
        // '';

    my ($status) = $text =~ m{^HTTP/1\.1 (\d+)};
    my ($location) = $text =~ /^X-L: (\w+)/m;

    return ($status // 0, $location // 'none', $text);
}


# how many of these the application has seen, when at least so many are logged:
# a log is written after the answer

sub seen {
    my ($pattern, $least) = @_;

    my $n;

    $site->nginx->wait_until(5, sub {
        $n = grep { $_ =~ $pattern } $site->app_requests;
        return $n >= $least;
    });

    return $n;
}


# P1, P2, P3: before, target, after

my @before = ('', '/', '//', '/.', '/./', '/x/..', '/public/..', '/public/../',
    '/public/%2e%2e', '/public/%2E%2e/', '/public/.%2e', '/public%2f..',
    '/public/..;', '/public;/..', '/public\\..', '/public/..%5c',
    '/public/..%c0%af', '/public/%c0%ae%c0%ae', '/public/..%252f',
    '/%2e', '/%2f', '/%5c', '/;', '/%3b', '/.css', '/x.css/..', '/health/..',
    '/health%2f..', '/optional/..', '/%20/..', '/%00', '/\\', '/%0a', '/..');
my @targets = ('/admin/x', '/%61dmin/x', '/admin%2fx', '/ADMIN/x', '/admin;/x',
    '/admin/x;y', '/admin//x');
my @after = ('', '?.css', '?x=/public/', '?/health', '#.css', '#/public/',
    '%23.css', '%2523.css', '%3f.css', '%3b.css', ';.css', '%00.css',
    '%0a.css', '/.css', '/../x.css', '/%2e%2e/y', '/..%2f..%2fpublic%2f',
    '.css', '\\.css');

my (%answers, @wrong);


# whoever is let through without a session was let through by an open location

sub right {
    my ($status, $location) = @_;

    $answers{"$status $location"}++;

    return $status == 403 ? $location eq 'shut'
        : $status == 200 ? $location eq 'open'
        : $status == 400 || $status == 404;
}


my $n = 0;

for my $before (@before) {
    for my $target (@targets) {

        # each prefix with each target, and with one of the suffixes by turns;
        # each suffix with a plain prefix

        for my $after ('', $after[$n++ % @after],
                       $before eq '' ? @after : ())
        {
            my $path = $before . $target . $after;
            next if $path =~ m{^[^/]};

            my ($status, $location) = one("GET $path");
            push @wrong, "HTTP/1.1: $path: $status $location"
                if !right($status, $location);
        }
    }
}

is("@wrong", '', 'P1, P2, P3: whatever was served was open');
cmp_ok($answers{'403 shut'}, '>', 200, 'P3: hundreds were refused');
cmp_ok($answers{'200 open'}, '>', 20, 'P3: some were open');
cmp_ok($answers{'400 none'}, '>', 20, 'P4: some were no address');

# what the application saw is what was open, and it was under an open address

is(seen(qr{^GET }, $answers{'200 open'}), $answers{'200 open'},
    'P3: the application has seen what was open');

# HTTP/2 has a parser of its own

my ($opened, @strange) = (0);

for my $before (@before) {
    for my $path ($before . '/admin/x', $before . '/admin/x'
        . $after[$n++ % @after], "$before#/public/../../admin/x")
    {
        next if $path !~ m{^/};

        my $answer = $h2->get($path);
        my ($status) = one("GET $path");

        $opened++ if $answer->status == 200;
        push @strange, "$path: $status, HTTP/2: " . $answer->status
            if $answer->status != $status && $answer->status !~ /^(?:0|400)$/;
    }
}

is("@strange", '', 'P3: HTTP/2: as HTTP/1.1, or no address');
cmp_ok($opened, '>', 0, 'P3: HTTP/2: some were open');

for my $case (
    ['an absolute address', ':path' => 'http://127.0.0.1/public/'],
    ['no slash', ':path' => 'public/'], ['an empty path', ':path' => ''],
    ['an asterisk', ':path' => '*'], ['no path', ':path' => undef],
    ['a space', ':path' => '/public/ HTTP/1.1'],
    ['a line', ':path' => "/public/ HTTP/1.1\r\nX: y\r\n\r\nGET /admin/"],
    ['another host', ':authority' => 'public'],
    ['two hosts', ':authority' => '127.0.0.1', host => 'public'],
    ['a host with a path', ':authority' => '127.0.0.1/public/'],
    ['a line in the host', ':authority' => "127.0.0.1\r\nX: y"],
    ['a scheme of another', ':scheme' => 'file'],
    ['a line in the method', ':method' => "GET /public/ HTTP/1.1\r\n"],
    ['a method in lower case', ':method' => 'get'],
    ['two paths', ':path' => '/admin/', ':x' => '/public/'],
) {
    my ($name, @pseudo) = @$case;
    my $answer = $h2->get($gate->mark('/admin/'), @pseudo);

    isnt($answer->status, 200, "P4: HTTP/2: $name");
    unlike($answer->body, qr/"headers"/, "P4: HTTP/2: $name: nothing served");
}

# P4: targets that are none

for my $line ('GET', 'GET ', "GET \t/admin/", 'GET  /admin/', 'GET /%',
    'GET /%4', 'GET /%zz', 'GET /admin/%u002f', "GET /admin/\0", 'GET //',
    'GET ///admin/', 'GET http:///admin/', 'GET http://:80/admin/',
    'GET http://[::1/admin/', 'GET http://a b/admin/', 'GET https:/admin/',
    'GET ftp://127.0.0.1/admin/', 'GET javascript:/admin/', 'GET ?/public/',
    'GET *', 'OPTIONS *', 'GET 127.0.0.1:80', 'GET /admin/ x', 'GET /admin/ ',
    "GET /public/\r/../admin/", "GET\t/admin/", 'GE T /admin/', ' GET /admin/',
    "\x16\x03\x01", "\xffGET /admin/", 'GET /' . 'a' x 9000,
    'GET ' . '/public/..' x 300 . '/admin/')
{
    my ($status, undef, $text) = one($line);
    my $shown = substr($line =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger, 0, 40);

    ok($status =~ /^(?:0|400|403|404|405|414)$/ && $text !~ /"headers"/,
        "P4: \"$shown\": no answer of the application") or diag($text);
}

# P5: nobody is exempt for what they say they are

my @agents = ('kube-probe/1.30', 'GoogleHC/1.0', 'ELB-HealthChecker/2.0',
    'Amazon-Route53-Health-Check-Service', 'HealthChecker/1.0', 'check_http/v2',
    'Prometheus/2.45', 'Blackbox Exporter', 'Consul Health Check',
    'Envoy/HC', 'nginx', 'nginx-idv', 'idv-selfcheck', 'curl/8', '');
my @methods = qw(GET HEAD OPTIONS TRACE CONNECT PROPFIND MKCOL LOCK PATCH PUT
    DELETE QUERY PRI CHECKOUT FROBNICATE PURGE SEARCH LINK);
my @through;

for my $method (@methods) {
    for my $agent (@agents) {
        my ($status) = one("$method " . $gate->mark('/admin/health'),
            "User-Agent: $agent");
        push @through, "$method $agent: $status"
            if $status !~ /^(?:400|403|405)$/;

        $status = $h2->request($method, $gate->mark('/admin/health'),
            'user-agent' => $agent)->status if $agent =~ /^[kG]/;
        push @through, "HTTP/2 $method $agent: $status"
            if $status !~ /^(?:0|400|403|405)$/;
    }
}

is("@through", '', 'P5: no agent and no method is exempt');

is((one('OPTIONS ' . $gate->mark('/admin/'), 'Origin: https://a.example',
    'Access-Control-Request-Method: GET'))[0], 403,
    'P5: nor is a preflight of what is gated');

# P7: what a location does by itself

my $bob = Idv::HTTP->new(port => $port, host => '127.0.0.1', basic => 'bob:bob');
my $in = Idv::HTTP->new(port => $port, host => '127.0.0.1', basic => 'ann:ann');
$site->verified('ann', client => $in);

for my $path (qw(/files/ /files/kept /stub/ /empty/ /sliced/ /any/
    /to-gate/ /to-gate-twice/ /tried/ /tried-code/ /indexed/ /recursive/))
{
    my $answer = $bob->get($gate->mark($path));

    is($answer->status, 403, "P7: $path: refused");
    like($answer->body, qr/"ID_VERIFICATION_DEVICE"/, "P7: $path: by the gate");

    my $status = $in->get($path)->status;
    like($status, qr/^(?:200|204)$/, "P7: $path: and opens");
}

for my $method (qw(PUT MKCOL DELETE COPY MOVE)) {
    my $answer = $bob->request($method, '/upload/new/',
        Destination => "http://127.0.0.1:$port/upload/other/",
        $method eq 'PUT' ? (-body => 'a=b') : ());
    is($answer->status, 403, "P7: $method: refused");
}

is(join(' ', glob "$files/*"), "$files/kept", 'P7: no file was made');
is($in->request('PUT', '/upload/new', -body => 'a=b')->status, 201,
    'P7: PUT: and works');

is($bob->get('/afterwards/')->status, 200, 'P7: a post_action');
ok($site->nginx->wait_until(5, sub {
    grep { m{/public/after$} } $site->app_requests }),
    'P7: is a request of an open location');

# the rewrite phase comes before every access check, nginx's own too

is($bob->get('/returned/')->body, 'returned',
    'P7: what "return" says is not gated: docs/security.md');
is($bob->get('/redirected/')->status, 302, 'P7: nor is where it leads');

# P7: what a gated location keeps in a cache is not served past the gate

is($in->get('/cached/x')->status, 200, 'P7: a cache is filled');
is($in->get('/cached/x')->status, 200, 'P7: and used');
is(seen(qr{/cached/x$}, 1), 1, 'P7: once');
is($bob->get('/cached/x')->status, 403, 'P7: it does not open');

# P10: requests that are one to some and two to others.  inner is what is to get
# in: it has the credentials of bob and no session, and a mark.

my $cookie = 'Cookie: idv_local=' . $in->cookie('idv_local');
my $ann = 'Authorization: Basic ' . MIME::Base64::encode_base64('ann:ann', '');
my @host = ('Host: 127.0.0.1');


sub request { join "\r\n", @_, '', '' }


sub inner {
    return request('GET ' . $gate->mark('/admin/inner') . ' HTTP/1.1', @host,
        $basic);
}


my @outer = (
    ['a length and chunks', 'Content-Length: 4', 'Transfer-Encoding: chunked'],
    ['chunks and a length', 'Transfer-Encoding: chunked', 'Content-Length: 4'],
    ['two lengths', 'Content-Length: 0', 'Content-Length: 400'],
    ['two of the same', 'Content-Length: 0', 'Content-Length: 0'],
    ['a list of lengths', 'Content-Length: 0, 400'],
    ['a sign', 'Content-Length: +0'], ['less than none', 'Content-Length: -1'],
    ['hexadecimal', 'Content-Length: 0x0'], ['a blank in it', 'Content-Length: 0 0'],
    ['too large', 'Content-Length: 99999999999999999999'],
    ['an empty one', 'Content-Length: '], ['a tab', "Content-Length:\t0"],
    ['a blank before the colon', 'Content-Length : 0'],
    ['a folded line', "X: y\r\n Content-Length: 0"],
    ['an underscore', 'Content_Length: 400'],
    ['a NUL', "Content-Length: 0\0"],
    ['chunks twice', 'Transfer-Encoding: chunked',
        'Transfer-Encoding: chunked'],
    ['chunks and what is not known', 'Transfer-Encoding: chunked, identity'],
    ['what is not known', 'Transfer-Encoding: xchunked'],
    ['identity', 'Transfer-Encoding: identity', 'Content-Length: 0'],
    ['in quotes', 'Transfer-Encoding: "chunked"'],
    ['a tab before', "Transfer-Encoding:\tchunked"],
    ['a vertical tab', "Transfer-Encoding: \x0bchunked"],
    ['a blank after', 'Transfer-Encoding: chunked '],
    ['a blank before the colon of it', 'Transfer-Encoding : chunked'],
    ['a line alone', "X: y\nTransfer-Encoding: chunked"],
    ['a return alone', "X: y\rTransfer-Encoding: chunked"],
    ['upper case', 'TRANSFER-ENCODING: CHUNKED'],
    ['an upgrade', 'Upgrade: websocket', 'Connection: upgrade',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13'],
    ['an upgrade to HTTP/2', 'Upgrade: h2c', 'Connection: upgrade, HTTP2-Settings',
        'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'],
    ['an expectation', 'Expect: 100-continue', 'Content-Length: 0'],
    ['a connection kept', 'Connection: keep-alive', 'Content-Length: 0'],
);

my @bodies = ('', "0\r\n\r\n", "0\n\n", "0;x=y\r\n\r\n", "00000\r\n\r\n",
    "0\r\nX: y\r\n\r\n", "1\r\nZ\r\n0\r\n\r\n", "5\r\n", "-1\r\n",
    "ffffffffffffffff\r\n", "0x0\r\n\r\n", " 0\r\n\r\n");

for my $case (@outer) {
    my ($name, @lines) = @$case;

    # ann, who is verified, and then who is not: on an open location, on a
    # gated one and on one that is upgraded

    my ($in_vain, $n) = (0, 0);

    for my $path ('/public/', '/admin/x', '/upgraded/') {
        for my $body (@bodies) {
            my $text = Idv::HTTP::raw($port, request("POST $path HTTP/1.1",
                @host, $ann, $cookie, @lines) . $body . inner()
                . request('GET ' . $gate->mark('/admin/last') . ' HTTP/1.1',
                    @host, $basic, 'Connection: close'), 1.5) // '';

            $n++;
            $in_vain++ if $text !~ /inner/;
            last if $name !~ /^(?:chunks|a length)/ && $body ne '';
        }
    }

    is($in_vain, $n, "P10: $name: nothing of it is served");
}

is((one('GET ' . $gate->mark('/admin/')))[0], 403, 'P10: and it is still shut');

$gate->nothing_passed;

Idv::Site::finish();
