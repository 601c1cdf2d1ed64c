#!/usr/bin/perl

# Large answers of the connector to a caller that speaks HTTP/2: they stream as
# fast as the caller's window lets them, a caller that opens none holds its
# stream for the connector's time and no other, and one that resets its stream
# or goes away takes the transfer along.

# variants: asan trixie

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Connector;
use Idv::Curl;
use Idv::H2;
use Idv::HTTP;
use Idv::Mock;
use Idv::Site;

use constant { SIZE => 2_000_000, WINDOW_UPDATE => 8, WINDOW => 65535 };

my @token = ({ pattern => '/as/token$', json => { access_token => 't',
    token_type => 'Bearer', expires_in => 3600 } });
my $mock = Idv::Mock->new(@token);

my $connector = Idv::Connector->new(
    peer => 'http://127.0.0.1:' . $mock->port,
    servers => <<'END');

    server {
        listen 127.0.0.1:%%PORT_h2%% http2;

        location /connector/ {
            idv_connector          local;
            idv_connector_callers  callers;
            idv_connector_timeout  1500ms;
            idv_connector_max_answer 32m;
        }
    }
END
my $nginx = $connector->site->nginx;
my $h2 = Idv::H2->new(port => $connector->site->port('h2'));

my $line = join '', map { chr(65 + $_ % 26) } 1 .. 1000;
my $cut = '{"id":"d","value":"' . $line x (SIZE / 1000) . '","type":"Selfie"}';
my $expected = "{\"statusCode\":200,\"headers\":{},\"document\":$cut"
    . ',"rawResponse":{}}';

my @call = (authorization => 'Bearer ' . Idv::Connector::KEY,
    'content-type' => 'application/json', prefer => 'return=minimal',
    -body => '{"userId":"a","transactionId":"t","documentId":"d"}');


# the provider has so many times that document's value

sub provider {
    my ($times, %rule) = @_;

    $mock->rules(@token, { path => '/v1/', body => ['{"id":"d","_links":1,'
        . '"value":"', $line, $times * SIZE / 1000, '","type":"Selfie"}'],
        %rule });
}


# a connection with a call on stream 1

sub opened {
    my $socket = $h2->connect or die "no connection: $!";

    $socket->syswrite("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        . Idv::H2::frame(Idv::H2::SETTINGS, 0, 0, '')
        . $h2->bytes('POST', '/connector/readDocument', @call));

    return { socket => $socket, input => '' };
}


# the next frame: (type, flags, stream, bytes), nothing at the end or in vain

sub next_frame {
    my ($c, $seconds) = @_;

    my $deadline = time + $seconds;

    for ( ;; ) {
        my $need = length $c->{input} < 9 ? 9
            : 9 + unpack('N', "\0" . substr($c->{input}, 0, 3));

        if (length $c->{input} >= $need) {
            my ($type, $flags, $stream) = unpack 'x3CCN', $c->{input};
            my $bytes = substr(substr($c->{input}, 0, $need, ''), 9);
            return ($type, $flags, $stream, $bytes) if length $bytes == $need - 9;
        }

        my $left = $deadline - time;

        return if $left <= 0 || !Idv::HTTP::readable($c->{socket}, $left)
            || !$c->{socket}->sysread($c->{input}, 65536, length $c->{input});
    }
}


sub grant {
    my ($c, $n, @streams) = @_;

    $c->{socket}->syswrite(join '', map { Idv::H2::frame(WINDOW_UPDATE, 0, $_,
        pack('N', $n)) } @streams);
}


# what comes on a stream until it ends, or until there is so much, after each
# piece of data $then: ('end', 'reset' or 'nothing', data)

sub stream {
    my ($c, $id, $seconds, $then, $most) = @_;

    my $data = '';
    my $deadline = time + $seconds;

    while (my ($type, $flags, $stream, $bytes)
        = next_frame($c, $deadline - time))
    {
        if ($stream == $id && $type == Idv::H2::DATA) {
            $data .= $bytes;
            $then->(length $bytes) if $then && length $bytes;
        }

        return ('reset', $data) if $stream == $id && $type == Idv::H2::RST;
        return ('nothing', $data) if $most && length $data >= $most;
        return ('end', $data) if $stream == $id && $type < 2
            && $flags & Idv::H2::END_STREAM;
    }

    return ('nothing', $data);
}


# another call on the same connection, answered without the provider

sub alive {
    my ($c, $id, $name) = @_;

    my $bytes = $h2->bytes('GET', '/connector/readDocument',
        authorization => 'Bearer ' . Idv::Connector::KEY);

    substr($bytes, 5, 4) = pack 'N', $id;
    $c->{socket}->syswrite($bytes);

    my ($how, $data) = stream($c, $id, 5);

    is("$how " . ($data =~ /"(METHOD_NOT_ALLOWED)"/ ? $1 : $data),
        'end METHOD_NOT_ALLOWED', $name);
}


# bytes that the provider's process has written so far

sub written {
    open my $file, '<', "/proc/$mock->{pid}/io" or return 0;
    my ($bytes) = join('', <$file>) =~ /^wchar: (\d+)/m;

    return $bytes;
}


sub cancelled {
    my ($mark, $name) = @_;

    ok($nginx->wait_until(5, sub {
        $nginx->log->since($mark) =~ /idv transfer cancel/ }), $name);
}


# all of it, by curl, and as a whole

provider(1);

my $curl = Idv::Curl->new(port => $connector->site->port('h2'));
my $answer = $curl->request('POST', '/connector/readDocument', @call);

is($answer->status, 200, 'curl gets an answer');
is($answer->header('Preference-Applied'), 'return=minimal', '... as preferred');
ok($answer->body eq $expected, '... all of it');

$answer = $curl->request('POST', '/connector/readDocument',
    @call, Prefer => 'return=representation');
is($answer->status, 200, 'whole');

# a slow caller

my $c = opened();
my $pieces = 0;
my ($how, $data) = stream($c, 1, 20, sub {
    sleep 0.005 if ++$pieces % 8 == 0;
    grant($c, $_[0], 0, 1);
});

is($how, 'end', 'a slow caller gets to the end');
ok($data eq $expected, '... with all of it');
alive($c, 3, '... and its connection goes on');
close $c->{socket};

# one that opens no window

provider(10);

my $mark = $nginx->log->mark;
my $begun = time;

$c = opened();
($how, $data) = stream($c, 1, 5, undef, WINDOW);
is("$how " . length $data, 'nothing ' . WINDOW, 'as much as the window');
is((stream($c, 1, 0.1))[1], '', '... and no more');

my $before = written();

sleep 0.2;
is(written(), $before, '... and the provider is not read');

# it has its own window only: with that of the connection another goes on

grant($c, WINDOW, 0);
alive($c, 3, 'another stream of the connection is served');

($how) = stream($c, 1, 5);
is($how, 'reset', 'the stream is reset');
like($nginx->log->since($mark), qr/connector: readDocument: the answer has/,
    '... by us');

my $took = time - $begun;

cmp_ok($took, '>', 1.2, '... not before its time');
cmp_ok($took, '<', 4, '... nor long after');
alive($c, 5, '... and its connection goes on');
close $c->{socket};

# one that resets its stream

$mark = $nginx->log->mark;
$c = opened();
stream($c, 1, 5, undef, WINDOW);
$c->{socket}->syswrite(Idv::H2::frame(Idv::H2::RST, 0, 1, pack('N', 8)));
cancelled($mark, 'a caller that resets its stream frees its transfer');
grant($c, WINDOW, 0);
alive($c, 3, '... and its connection goes on');
close $c->{socket};

# one that goes away, in the middle of it and before it

for my $hang (undef, 'request') {
    provider(10, $hang ? (hang => $hang) : ());
    $mark = $nginx->log->mark;
    $before = () = $mock->calls('/v1/');
    $c = opened();
    $hang ? $nginx->wait_until(5, sub { $before < (() = $mock->calls('/v1/')) })
          : stream($c, 1, 5, undef, WINDOW);
    close $c->{socket};
    cancelled($mark, 'so does one that goes away' . ($hang ? ' early' : ''));
}

# what breaks off has no end

provider(1, stop => SIZE / 2);
$c = opened();
($how, $data) = stream($c, 1, 5, sub { grant($c, $_[0], 0, 1) });
is($how, 'reset', 'what breaks off has no end');
alive($c, 3, '... but for its stream');

Idv::Site::finish();
