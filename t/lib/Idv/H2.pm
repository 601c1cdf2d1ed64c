package Idv::H2;

# A small HTTP/2 client that sends whatever bytes it is told as headers, which
# curl would refuse to.
#
#     my $h2 = Idv::H2->new(port => $port, basic => 'ann:ann');
#     my $answer = $h2->get('/', 'idv_first.name' => 'FORGED');
#     $answer->status, $answer->body, $answer->json
#
# Every request has a connection of its own.  tls => options of IO::Socket::SSL,
# else by prior knowledge.  Of an answer's headers only the status is read.
# Names that begin with ":" take the place of the pseudo-header; undef leaves it
# out.  -body => bytes, -trailers => [Name => value ...].

use strict;
use warnings;

use IO::Socket::INET;
use MIME::Base64 ();
use Time::HiRes qw(time);

use Idv::HTTP;

use constant { DATA => 0, HEADERS => 1, RST => 3, SETTINGS => 4, PING => 6,
               GOAWAY => 7, CONTINUATION => 9, END_STREAM => 1,
               END_HEADERS => 4, FRAME => 16_000 };

# what nginx sends of the static table as a status (RFC 7541, appendix A)

my %statuses = (0x88 => 200, 0x89 => 204, 0x8a => 206, 0x8b => 304,
    0x8c => 400, 0x8d => 404, 0x8e => 500);


sub new {
    my ($class, %arg) = @_;

    return bless { timeout => 10, host => "127.0.0.1:$arg{port}", %arg },
        $class;
}


sub get { shift->request('GET', @_) }


sub request {
    my ($self, $method, $path, @headers) = @_;

    my $answer = Idv::HTTP::Response->new($method);
    my $socket = $self->connect;

    if (!$socket) {
        $answer->fail("cannot connect: $@");
        return $answer;
    }

    local $SIG{PIPE} = 'IGNORE';

    $socket->syswrite("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        . frame(SETTINGS, 0, 0, '') . $self->bytes($method, $path, @headers));

    $self->receive($socket, $answer);
    close $socket;

    return $answer;
}


sub connect {
    my ($self) = @_;

    my @peer = (PeerAddr => '127.0.0.1', PeerPort => $self->{port},
                Timeout => 5);

    return IO::Socket::INET->new(@peer) if !$self->{tls};

    require IO::Socket::SSL;
    return IO::Socket::SSL->new(@peer, SSL_alpn_protocols => ['h2'],
        %{$self->{tls}});
}


# a request as frames, on stream 1

sub bytes {
    my ($self, $method, $path, @headers) = @_;

    my %pseudo = (':method' => $method, ':scheme' => $self->{tls} ? 'https'
        : 'http', ':path' => $path, ':authority' => $self->{host});
    my (@fields, $body, $trailers);

    push @headers, authorization => 'Basic '
        . MIME::Base64::encode_base64($self->{basic}, '') if $self->{basic};

    while (my ($name, $value) = splice(@headers, 0, 2)) {
        if ($name eq '-body') {
            $body = $value;
        } elsif ($name eq '-trailers') {
            $trailers = $value;
        } elsif ($name =~ /^:/) {
            $pseudo{$name} = $value;
        } else {
            push @fields, [$name, $value];
        }
    }

    unshift @fields, map { [$_, $pseudo{$_}] }
        grep { defined $pseudo{$_} } sort keys %pseudo;

    my $more = defined $body || $trailers;
    my $frames = block($more ? 0 : END_STREAM, @fields);

    $body //= '' if $trailers;

    while (defined $body) {
        my $part = substr($body, 0, FRAME, '');
        my $last = $body eq '';
        $frames .= frame(DATA, $last && !$trailers ? END_STREAM : 0, 1, $part);
        last if $last;
    }

    if ($trailers) {
        my @pairs = @$trailers;
        my @fields;
        push @fields, [splice(@pairs, 0, 2)] while @pairs;
        $frames .= block(END_STREAM, @fields);
    }

    return $frames;
}


# fields as literals, in as many frames as they need

sub block {
    my ($flags, @fields) = @_;

    my $bytes = join '', map {
        "\0" . text($_->[0]) . text($_->[1]) } @fields;
    my @parts = unpack '(a' . FRAME . ')*', $bytes;

    return join '', map {
        frame($_ ? CONTINUATION : HEADERS,
            ($_ ? 0 : $flags) | ($_ == $#parts ? END_HEADERS : 0), 1,
            $parts[$_])
    } 0 .. $#parts;
}


sub text {
    my ($text) = @_;

    my $length = length $text;
    return chr($length) . $text if $length < 127;

    my $bytes = chr(127);

    for ($length -= 127; $length > 127; $length >>= 7) {
        $bytes .= chr($length % 128 + 128);
    }

    return $bytes . chr($length) . $text;
}


sub frame {
    my ($type, $flags, $stream, $bytes) = @_;

    return substr(pack('N', length $bytes), 1)
        . pack('CCN', $type, $flags, $stream) . $bytes;
}


sub receive {
    my ($self, $socket, $answer) = @_;

    my $deadline = time + $self->{timeout};
    my $input = '';

    while (!$answer->complete) {
        my $left = $deadline - time;

        return $answer->fail('timed out')
            if $left <= 0 || !Idv::HTTP::readable($socket, $left);
        return $answer->fail('closed without an answer')
            if !$socket->sysread($input, 65536, length $input);

        while (length $input >= 9) {
            my ($length) = unpack 'N', "\0" . substr($input, 0, 3);
            last if length $input < 9 + $length;

            my ($type, $flags, $stream) = unpack 'x3CCN', $input;
            my $bytes = substr(substr($input, 0, 9 + $length, ''), 9);

            take($socket, $answer, $type, $flags, $bytes);
        }
    }
}


sub take {
    my ($socket, $answer, $type, $flags, $bytes) = @_;

    if ($type == SETTINGS && !($flags & 1)) {
        $socket->syswrite(frame(SETTINGS, 1, 0, ''));

    } elsif ($type == PING && !($flags & 1)) {
        $socket->syswrite(frame(PING, 1, 0, $bytes));

    } elsif ($type == HEADERS && !$answer->{status}) {
        # a change of the table's size may come first
        $bytes =~ s/^(?:[\x20-\x3e]|\x3f[\x80-\xff]*[\x00-\x7f])//;
        $answer->{status} = $statuses{ord $bytes}
            || ($bytes =~ /^[\x08\x48]\x03(\d{3})/ ? $1 : 0);

    } elsif ($type == DATA) {
        $answer->{body} .= $bytes;

    } elsif ($type == RST || $type == GOAWAY) {
        # after an answer to what was not read it ends there
        $answer->{status} ? $answer->{complete} = 1 : $answer->fail('reset');
    }

    $answer->{complete} = 1
        if ($type == HEADERS || $type == DATA) && $flags & END_STREAM;
}


1;
