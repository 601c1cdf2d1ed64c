#!/usr/bin/perl

# Bodies that nobody asked for.  Whatever is answered without its body being
# read, the body is not taken for the next request of the connection, and that
# next one is not lost, however late the body comes.

use strict;
use warnings;

use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::HTTP;
use Idv::HTTP::Response;
use Idv::Page;
use Idv::PingOne;

use constant SHOP => 'https://shop.example';

my $pingone = Idv::PingOne->new;
my $others = <<'END';
        location = /next { auth_basic off; return 200 next; }
        location = /smuggled { auth_basic off; return 200 smuggled; }
END

my $site = $pingone->site(workers => 1,
    provider => 'breaker off; cors_origin ' . SHOP . ';',
    locations => "location = /metrics { idv_metrics local; }\n$others",
    servers => <<"END");
    server {
        listen 127.0.0.1:%%PORT_hasty%%;

        lingering_timeout    200ms;
        auth_basic           test;
        auth_basic_user_file htpasswd;
        auth_idv_subject     \$remote_user;

        location /idv/ { idv_page local; }
        $others
    }
END

my $flow = $site->flow('ann');
my $ann = $flow->client;
my $port = $site->port('gate');
my $next = $ann->bytes('GET', '/next', Connection => 'close');

# a body that is a request, in both of its forms

my $smuggled = "GET /smuggled HTTP/1.1\r\nHost: gate\r\n\r\n";
my $size = length $smuggled;

my %bodies = (
    'a length' => [["Content-Length" => $size], $smuggled],
    'chunks' => [['Transfer-Encoding' => 'chunked'],
        sprintf("%x\r\n%s\r\n0\r\n\r\n", $size, $smuggled)],
);


# the statuses and bodies of all that one connection answers; between two parts
# of what is sent comes what has to happen first

sub talk {
    my ($port, @parts) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Timeout => 5) or die "connect: $!";
    local $SIG{PIPE} = 'IGNORE';

    my ($text, $deadline) = ('', time + 10);

    for my $part (@parts) {
        ref $part ? $text .= $part->($socket) : $socket->syswrite($part);
    }

    while ((my $left = $deadline - time) > 0) {
        last unless Idv::HTTP::readable($socket, $left)
                    && $socket->sysread($text, 65536, length $text);
    }

    return join ' ', $text =~ m{HTTP/1\.1 (\d+)}g,
        $text =~ m{^(next|smuggled)$}mg;
}


# the whole of the first answer

sub answered {
    my ($method) = @_;

    return sub {
        my ($socket) = @_;

        my $response = Idv::HTTP::Response->new($method);
        my $text = '';

        while (!$response->complete && Idv::HTTP::readable($socket, 5)) {
            $socket->sysread(my $data, 65536) or last;
            $response->feed($data);
            $text .= $data;
        }

        return $text;
    };
}


my @xsrf = ('X-XSRF-Header' => 'test');

my @cases = (
    [204, 'a preflight', 'OPTIONS', $flow->path, Origin => SHOP,
        'Access-Control-Request-Method' => 'POST'],
    [200, 'a state', 'GET', $flow->path, @xsrf],
    [404, 'no flow', 'GET', $flow->path =~ s/.$/-/r, @xsrf],
    [405, 'a wrong method', 'PUT', $flow->path, @xsrf],
    [403, 'a missing header', 'POST', $flow->path],
    [415, 'a wrong type', 'POST', $flow->path, @xsrf],
    [403, 'the gate', 'PUT', '/'],
    [200, 'a page', 'GET', '/idv/'],
    [405, 'a wrong method of a page', 'PUT', '/idv/'],
    [200, 'a style sheet', 'GET', '/idv/style.css'],
    [200, 'a session', 'GET', '/idv/session'],
    [200, 'the metrics', 'GET', '/metrics'],
);

for my $case (@cases) {
    my ($status, $name, $method, @request) = @$case;

    for my $form (sort keys %bodies) {
        my ($headers, $body) = @{$bodies{$form}};
        my $head = $ann->bytes($method, @request, @$headers);

        is(talk($port, "$head$body$next"), "$status 200 next",
            "$name, $form");
        is(talk($port, $head, answered($method), "$body$next"),
            "$status 200 next", "$name, $form that comes after the answer");
    }
}

# chunks that are none: the answer is nginx's own, as if nothing had been begun

my $answer = $ann->request('GET', $flow->path, @xsrf, Origin => SHOP,
    'Transfer-Encoding' => 'chunked', 'Content-Length' => undef,
    -body => "zz\r\n");

is($answer->status, 400, 'chunks that are none');
is(scalar(my @all = $answer->header($_)), 1, "with one $_")
    for qw(Cache-Control Access-Control-Allow-Origin Content-Type);
is($answer->json->{code}, 'VALIDATION_ERROR', 'as the API says it');

# A page that waits for the provider, for longer than nginx lets a body linger:
# the body comes while it waits, or when it has been answered.

$port = $site->port('hasty');

my $page = Idv::Page->new(site => $site,
    client => Idv::HTTP->new(port => $port, basic => 'bob:bob'));
$page->open('/idv/start');
$page->press('idv-other');
is($page->view, 'scan', 'bob has a code to scan');

my @url = ('GET', '/idv/?flowId=' . $page->flow_id, Accept => 'text/html');

for my $case (['a length', 0], ['chunks', 0], ['a length', 1]) {
    my ($form, $late) = @$case;
    my ($headers, $body) = @{$bodies{$form}};

    # no read is younger than the interval
    sleep 0.25;

    my $reads = $pingone->calls('read');
    $pingone->fault(read => { delay => 0.5,
        json => $pingone->transaction_json });

    my $meanwhile = sub {
        ok($pingone->wait_for('read', $reads), 'the provider is asked');
        return answered('GET')->(@_) if $late;
        sleep 0.3;
        return '';
    };

    is(talk($port, $page->client->bytes(@url, @$headers), $meanwhile,
            "$body$next"), '200 200 next',
        "a page that waits, $form " . ($late ? 'after' : 'before')
        . ' its answer');
}

Idv::Site::finish();
