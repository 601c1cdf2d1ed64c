#!/usr/bin/perl

# The gate is the same in every version of HTTP, and each request stands for
# itself: what came before it on its connection, or comes after it in the same
# packet, neither opens nor closes anything.  Nothing that a client says of
# addresses, schemes or proxies is believed.

# variants: plain asan trixie policy

use strict;
use warnings;

use IO::Socket::INET;
use MIME::Base64 ();
use Test::More;

use Idv::Curl;
use Idv::Gate;
use Idv::HTTP;
use Idv::Site;

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';

my $site = Idv::Site->new(servers => <<"END");
    server {
        listen 127.0.0.1:%%PORT_h2%% http2;

        auth_basic           "test";
        auth_basic_user_file htpasswd;
        auth_idv_subject     \$remote_user;
        auth_idv_header      IDV-First-Name firstName;

        location / { auth_idv local; $app }
        location /open/ { $app }
        location /idv/ { idv_page local; }
        location /pf-ws/authn/ { idv_flow_api local; }
        location /upgrade/ {
            auth_idv local;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
            $app
        }
    }

    # the same for clients of HTTP/1

    server {
        listen 127.0.0.1:%%PORT_h1%%;

        auth_basic           "test";
        auth_basic_user_file htpasswd;
        auth_idv_subject     \$remote_user;
        auth_idv_header      IDV-First-Name firstName;

        location / { auth_idv local; $app }
        location /open/ { $app }
        location /idv/ { idv_page local; }
        location /pf-ws/authn/ { idv_flow_api local; }
        location /upgrade/ {
            auth_idv local;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
            $app
        }
    }
END

my $gate = Idv::Gate->new($site);
my $port = $site->port('h1');

my $ann = Idv::HTTP->new(port => $port, basic => 'ann:ann');
my $in = Idv::HTTP->new(port => $port, basic => 'ann:ann');

$site->verified('ann', client => $in);

my $basic = 'Authorization: Basic ' . MIME::Base64::encode_base64('ann:ann', '');
my $cookie = 'Cookie: idv_local=' . $in->cookie('idv_local');

my $first = $in->get('/')->json->{headers}{'IDV-First-Name'};
like($first, qr/^\w+$/, 'ann has a name');


# each request is a list of lines, or text; what is answered, in order

sub talk {
    my (@requests) = @_;

    my $text = Idv::HTTP::raw($port, join('', map {
        ref $_ ? join("\r\n", @$_, '', '') : $_ } @requests), 5);

    my @answers;

    while ($text =~ s{^HTTP/1\.1 (\d+) .*?\r\n\r\n}{}s) {
        my ($status, $head) = ($1, $&);
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;

        next if $status == 100;

        my $body = defined $length ? substr($text, 0, $length, '')
                 : $head =~ /^Transfer-Encoding: chunked/mi
                   && $text =~ s/^(.*?)\r\n0\r\n\r\n//s ? $1
                 : $text;

        push @answers, { status => $status, head => $head, body => $body };
    }

    return @answers;
}


sub statuses { join ' ', map { $_->{status} } @_ }


# HTTP/1.0

my ($answer) = talk(['GET ' . $gate->mark('/x') . ' HTTP/1.0', $basic]);
is($answer->{status}, 403, 'HTTP/1.0: refused');
like($answer->{body}, qr/ID_VERIFICATION_DEVICE/, 'HTTP/1.0: with a flow');

($answer) = talk(['GET /x HTTP/1.0', $basic, 'Sec-Fetch-Mode: navigate']);
is($answer->{status}, 303, 'HTTP/1.0: a browser');
like($answer->{head}, qr{^Location: /idv/\?flowId=\w+\r$}m, 'to the page');

# a session is bound to the host that issued it

($answer) = talk(['GET /x HTTP/1.0', 'Host: 127.0.0.1', $basic, $cookie]);
is($answer->{status}, 200, 'HTTP/1.0: verified');
($answer) = talk(['GET ' . $gate->mark('/x') . ' HTTP/1.0', $basic, $cookie]);
is($answer->{status}, 403, 'HTTP/1.0: without its host');

is(scalar(talk('GET ' . $gate->mark('/x') . "\r\n")), 0,
    'HTTP/0.9 has no credentials');

# pipelining and keep-alive

my @host = 'Host: 127.0.0.1';
my @closed = (@host, 'Connection: close');

is(statuses(talk(
    ['GET /1 HTTP/1.1', @host, $basic, $cookie],
    ['GET ' . $gate->mark('/2') . ' HTTP/1.1', @host, $basic],
    ['GET ' . $gate->mark('/3') . ' HTTP/1.1', @host],
    ['GET /4 HTTP/1.1', @host, $basic, $cookie],
    ['GET ' . $gate->mark('/5') . ' HTTP/1.1', @closed, $basic])),
    '200 403 401 200 403', 'each request of a pipeline stands for itself');

my $inner = join "\r\n", 'GET ' . $gate->mark('/inner') . ' HTTP/1.1', @host,
    $basic, $cookie, '', '';

is(statuses(talk(
    ['POST ' . $gate->mark('/p') . ' HTTP/1.1', @host, $basic,
     'Content-Length: ' . length $inner], $inner,
    ['GET /open/after HTTP/1.1', @closed, $basic])),
    '403 200', 'the body of a refused request is not a request');

is(statuses(talk(
    ['POST ' . $gate->mark('/p') . ' HTTP/1.1', @host, $basic,
     'Transfer-Encoding: chunked'],
    sprintf("%x\r\n%s\r\n0\r\n\r\n", length $inner, $inner),
    ['GET /open/after HTTP/1.1', @closed, $basic])),
    '403 200', 'nor in chunks');

my ($both) = talk(
    ['POST ' . $gate->mark('/p') . ' HTTP/1.1', @host, $basic,
     'Transfer-Encoding: chunked', 'Content-Length: 5'], "0\r\n\r\n", $inner);
isnt($both->{status}, 200, 'a length and chunks: not let through');

is(statuses(talk(
    ['POST ' . $gate->mark('/p') . ' HTTP/1.1', @closed, $basic,
     'Expect: 100-continue', 'Content-Length: 5'], 'a=bcd')), '403',
    'a body that is announced');

is($in->get('/')->status, 200, 'a kept connection: verified');
is($in->get($gate->mark('/'), Cookie => undef)->status, 403,
    'without the cookie');
is($in->get($gate->mark('/'), Authorization => undef)->status, 401,
    'without the password');
is($in->get('/')->status, 200, 'and verified again');

# cookies in several headers

for my $case (
    ['first', $cookie, 'Cookie: a=b'],
    ['last', 'Cookie: a=b', 'cookie: c=d; e', $cookie],
    ['between', 'Cookie: a=b;', "$cookie;;x=y", 'COOKIE: z'],
) {
    my ($name, @cookies) = @$case;

    is(statuses(talk(['GET / HTTP/1.1', @closed, $basic, @cookies])), '200',
        "a cookie of several headers: $name");
}

# WebSocket

my @upgrade = ('Upgrade: websocket', 'Connection: upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13');

($answer) = talk(['GET ' . $gate->mark('/upgrade/') . ' HTTP/1.1', @host,
    $basic, @upgrade],
    ['GET ' . $gate->mark('/upgrade/2') . ' HTTP/1.1', @closed, $basic]);
is($answer->{status}, 403, 'WebSocket: refused');

($answer) = talk(['GET /upgrade/x HTTP/1.1', @host, $basic, $cookie, @upgrade,
    'IDV-First-Name: FORGED'], ['GET /open/ HTTP/1.1', @closed, $basic]);
is($answer->{status}, 200, 'WebSocket: verified');
like($answer->{body}, qr/"Upgrade": ?"websocket"/, 'is handed on');
like($answer->{body}, qr/"IDV-First-Name": ?"$first"/, 'with a name');
unlike($answer->{body}, qr/FORGED/, 'which is ours');

# what clients say of themselves

my @claims = (
    'X-Forwarded-Uri' => '/open/', 'X-Original-URL' => '/open/',
    'X-Original-URI' => '/open/', 'X-Rewrite-URL' => '/open/',
    'X-Forwarded-Method' => 'OPTIONS', 'X-HTTP-Method-Override' => 'OPTIONS',
    'X-Forwarded-Proto' => 'https', 'X-Forwarded-Ssl' => 'on',
    'X-Forwarded-Host' => 'evil.example', 'X-Forwarded-For' => '127.0.0.1',
    'Forwarded' => 'for=127.0.0.1;proto=https;host=evil.example',
    'X-Real-IP' => '127.0.0.1', 'X-Forwarded-User' => 'ann',
    'Remote-User' => 'ann', 'X-Remote-User' => 'ann',
    'X-Accel-Redirect' => '/open/', 'X-Verified' => '1',
    'IDV-Verified' => '1', 'IDV-Status' => 'SUCCESS', 'IDV-Subject' => 'ann',
    'User-Agent' => 'kube-probe/1.30', 'X-Purpose' => 'preview',
    'X-IDV-Fragment' => '1', 'IDV-Bypass' => '1',
);

for (my $i = 0; $i < @claims; $i += 2) {
    is($ann->get($gate->mark('/'), @claims[$i, $i + 1])->status, 403,
        "$claims[$i] opens nothing");
}

my $fresh = Idv::HTTP->new(port => $port, basic => 'ann:ann');
my $json = $gate->refuses($fresh, '/', 'all of them', @claims);

unlike(join(' ', $fresh->get('/', Cookie => undef, @claims)
    ->header('Set-Cookie')), qr/Secure|__Host-/, 'do not make a cookie Secure');
like($json->{_links}{self}{href}, qr{^http://127\.0\.0\.1:$port/},
    'nor change an address');

# HTTP/2

my $h2 = Idv::Curl->new(port => $site->port('h2'), basic => 'ann:ann');
my $sealed = 'idv_local=' . $in->cookie('idv_local');

is(Idv::Curl->new(port => $site->port('h2'))->get($gate->mark('/'))->status,
    401, 'HTTP/2: the first factor');
$gate->refuses($h2, '/', 'HTTP/2');

my $page = $h2->get($gate->mark('/'), 'Sec-Fetch-Mode' => 'navigate');
is($page->status, 303, 'HTTP/2: a browser');
like($page->header('Location'), qr{^/idv/\?flowId=\w+$}, 'HTTP/2: to the page');
is($page->header('Cache-Control'), 'no-store', 'HTTP/2: not stored');

my $head = $h2->request('HEAD', $gate->mark('/'));
is($head->status, 403, 'HTTP/2: HEAD');

# An answer to a body that was not read yet confuses curl, so this is by hand:
# (status, body) of a POST, its head and body in one packet or one after the
# other.

sub field { my ($name, $value) = @_;
    return "\0" . pack('C/a C/a', $name, $value) }

sub frame { my ($type, $flags, $stream, $bytes) = @_;
    return substr(pack('N', length $bytes), 1)
        . pack('CCN', $type, $flags, $stream) . $bytes }

sub h2_post {
    my ($path, $body, $apart, @headers) = @_;

    my $head = join '', map { field(@$_) } [':method', 'POST'],
        [':scheme', 'http'], [':path', $path], [':authority', '127.0.0.1'],
        [authorization => $basic =~ s/^.*?: //r], @headers;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $site->port('h2')) or return;

    my @pieces = ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, '')
        . frame(1, 4, 1, $head), frame(0, 1, 1, $body));

    @pieces = join '', @pieces unless $apart;

    my ($input, $status, $answer) = ('', 0, '');

    while (defined(my $piece = shift @pieces)) {
        $socket->syswrite($piece);
        last if !@pieces;
        select undef, undef, undef, 0.05;
    }

    while (Idv::HTTP::readable($socket, 5)
           && $socket->sysread($input, 65536, length $input))
    {
        while (length $input >= 9) {
            my ($length) = unpack 'N', "\0" . substr($input, 0, 3);
            last if length $input < 9 + $length;

            my ($type, $flags) = unpack 'x3CC', $input;
            my $bytes = substr(substr($input, 0, 9 + $length, ''), 9);

            # nginx begins with the status, as a literal of three digits
            $status = $1 if $type == 1 && $bytes =~ /^.?[\x08\x48]\x03(\d{3})/;
            $answer .= $bytes if $type == 0;

            return ($status, $answer) if $type < 2 && $flags & 1;
            return ($status, "reset $answer") if $type == 3 || $type == 7;
        }
    }

    return ($status, "no end: $answer");
}

for my $body ('a=b', 'x' x 16_000) {
    for my $apart (0, 1) {
        my ($status, $answer) = h2_post($gate->mark('/'), $body, $apart);
        my $name = 'HTTP/2: a POST of ' . length($body)
                   . ($apart ? ', in two parts' : '');

        is($status, 403, "$name: 403");
        like($answer, qr/^\{"code":"VERIFICATION_REQUIRED",/, "$name: says why");
    }
}

my ($status) = h2_post($gate->mark('/'), 'a=b', 0, ['content-length', '1']);
isnt($status, 200, 'HTTP/2: more than was announced');

for my $cookies ([Cookie => $sealed],
                 [Cookie => 'a=b', Cookie => $sealed, Cookie => 'c=d'])
{
    my $answer = $h2->get('/x', @$cookies, 'idv-first-name' => 'FORGED');
    is($answer->status, 200, 'HTTP/2: verified');
    is($answer->json->{headers}{'IDV-First-Name'}, $first, 'HTTP/2: a name');
}

$gate->refuses($h2, '/', 'HTTP/2: a cookie cut',
    Cookie => substr($sealed, 0, -1));

$gate->nothing_passed;

Idv::Site::finish();
