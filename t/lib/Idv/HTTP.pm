package Idv::HTTP;

# A small HTTP/1.1 client that hides nothing: it sends what it is told, keeps
# its connection and its cookies, and gives back every header it got.
#
#     my $ua = Idv::HTTP->new(port => $port, basic => 'ann:ann');
#     my $r = $ua->get('/', 'Accept' => 'application/json');
#     $r->status, $r->header('Location'), $r->json->{status}
#
# A request never dies: where no answer came, status is 0 and error says why.

use strict;
use warnings;

use IO::Poll qw(POLLIN POLLOUT POLLERR POLLHUP);
use IO::Socket::INET;
use MIME::Base64 ();
use Time::HiRes qw(time);

use Idv::HTTP::Response;


sub new {
    my ($class, %arg) = @_;

    return bless {
        port => $arg{port},
        host => $arg{host} // "127.0.0.1:$arg{port}",
        tls => $arg{tls},             # a hash of IO::Socket::SSL's options
        basic => $arg{basic},
        headers => $arg{headers} || [],
        timeout => $arg{timeout} || 30,
        fresh => $arg{fresh},         # a connection for each request
        jar => {},
    }, $class;
}


sub get { shift->request('GET', @_) }
sub head { shift->request('HEAD', @_) }


sub post {
    my ($self, $path, $body, @headers) = @_;

    return $self->request('POST', $path, @headers, -body => $body);
}


# request(METHOD, PATH, Name => value ..., -body => bytes)

sub request {
    my ($self, $method, $path, @headers) = @_;

    # a kept connection that has something to say by itself has been closed

    $self->close if $self->{socket} && readable($self->{socket}, 0);

    my $response
        = $self->exchange($method, $self->bytes($method, $path, @headers));

    $self->learn($response);

    return $response;
}


# the halves of request(), for what happens in between; close() in the middle
# is a client that goes away, and more() the rest of a body that was announced
# as longer

sub send {
    my ($self, $method, $path, @headers) = @_;

    $self->close;
    $self->{method} = $method;

    my $socket = $self->{socket}
        = $self->connect(Idv::HTTP::Response->new($method)) or return 0;

    return $socket->syswrite($self->bytes($method, $path, @headers));
}


sub more { $_[0]{socket}->syswrite($_[1]) }


sub receive {
    my ($self) = @_;

    my $response = $self->exchange($self->{method}, '');

    $self->learn($response);

    return $response;
}


# the request as bytes, for parallel() and for those who want to break it

sub bytes {
    my ($self, $method, $path, @headers) = @_;

    my (@lines, $body, %seen);

    while (my ($name, $value) = splice(@headers, 0, 2)) {
        if ($name eq '-body') {
            $body = $value;
            next;
        }

        $seen{lc $name} = 1;
        push @lines, "$name: $value" if defined $value;
    }

    my @own = (Host => $self->{host}, @{$self->{headers}});

    push @own, Authorization => 'Basic '
        . MIME::Base64::encode_base64($self->{basic}, '') if $self->{basic};

    my $cookies = $self->cookies($path);
    push @own, Cookie => $cookies if $cookies ne '';

    push @own, 'Content-Length' => length $body if defined $body;

    while (my ($name, $value) = splice(@own, 0, 2)) {
        push @lines, "$name: $value" unless $seen{lc $name};
    }

    return join("\r\n", "$method $path HTTP/1.1", @lines, '', '')
        . ($body // '');
}


sub exchange {
    my ($self, $method, $bytes) = @_;

    my $deadline = time + $self->{timeout};
    my $response = Idv::HTTP::Response->new($method);

    my $socket = $self->{socket} ||= $self->connect($response)
        or return $response;

    local $SIG{PIPE} = 'IGNORE';
    $socket->syswrite($bytes) if $bytes ne '';

    while (!$response->complete) {
        my $left = $deadline - time;

        if ($left <= 0 || !readable($socket, $left)) {
            $response->fail('timed out');
            last;
        }

        my $n = $socket->sysread(my $data, 65536);

        if (!$n) {
            $response->end($n);
            last;
        }

        $response->feed($data);
    }

    $self->close if $self->{fresh} || !$response->keepalive;

    return $response;
}


sub readable {
    my ($socket, $seconds) = @_;

    return 1 if $socket->can('pending') && $socket->pending;

    my $bits = '';
    vec($bits, fileno($socket), 1) = 1;

    return select($bits, undef, undef, $seconds) > 0;
}


sub connect {
    my ($self, $response) = @_;

    my @peer = (PeerAddr => '127.0.0.1', PeerPort => $self->{port},
                Timeout => 5);

    my $socket;

    if ($self->{tls}) {
        require IO::Socket::SSL;
        $socket = IO::Socket::SSL->new(@peer, %{$self->{tls}});

    } else {
        $socket = IO::Socket::INET->new(@peer);
    }

    $response->fail("cannot connect: $@") unless $socket;

    return $socket;
}


sub close {
    my ($self) = @_;

    my $socket = delete $self->{socket};
    CORE::close($socket) if $socket;
}


# cookies, as far as tests need them: by name and path, until they expire

sub learn {
    my ($self, $response) = @_;

    for my $line ($response->header('Set-Cookie')) {
        my ($pair, @attributes) = split /\s*;\s*/, $line;
        my ($name, $value) = split /=/, $pair, 2;
        my %attribute = map { /^([^=]+)(?:=(.*))?$/ ? (lc $1, $2 // 1) : () }
            @attributes;

        if (defined $attribute{'max-age'} && $attribute{'max-age'} <= 0
            || ($attribute{expires} // '') =~ /1970/)
        {
            delete $self->{jar}{$name};
            next;
        }

        $self->{jar}{$name} = { value => $value, line => $line, %attribute };
    }
}


sub cookies {
    my ($self, $path) = @_;

    my @pairs;

    for my $name (sort keys %{$self->{jar}}) {
        my $cookie = $self->{jar}{$name};

        next if $cookie->{secure} && !$self->{tls};
        next if index($path, $cookie->{path} // '/') != 0;

        push @pairs, "$name=$cookie->{value}";
    }

    return join '; ', @pairs;
}


sub cookie { $_[0]{jar}{$_[1]} ? $_[0]{jar}{$_[1]}{value} : undef }
sub cookie_values { map { $_->{value} } values %{$_[0]{jar}} }
sub jar { $_[0]{jar} }
sub forget { $_[0]{jar} = {} }


# the slowest of so many requests, one after the other, in seconds; an answer
# other than 200 is as slow as can be

sub slowest {
    my ($self, $path, $times) = @_;

    my $slowest = 0;

    for (1 .. $times) {
        my $start = time;
        my $answer = $self->get($path);
        my $took = $answer->status == 200 ? time - $start : 99;

        $slowest = $took if $took > $slowest;
        select undef, undef, undef, 0.01;
    }

    return $slowest;
}


# raw(PORT, BYTES, SECONDS): everything that comes until the other side closes

sub raw {
    my ($port, $bytes, $seconds) = @_;

    my $deadline = time + ($seconds || 10);
    my $text = '';

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Timeout => 5) or return undef;

    local $SIG{PIPE} = 'IGNORE';
    $socket->syswrite($bytes);

    while ((my $left = $deadline - time) > 0) {
        last unless readable($socket, $left);
        last unless $socket->sysread($text, 65536, length $text);
    }

    return $text;
}


# parallel({ port => .., bytes => .. }, ...): all at once, from one process.
# The answers come in the order of the requests, each with the seconds it took.

sub parallel {
    my (@requests) = @_;

    my $poll = IO::Poll->new;
    my (@answers, %open);

    local $SIG{PIPE} = 'IGNORE';

    for my $request (@requests) {
        my ($method) = $request->{bytes} =~ /^(\S+)/;
        my $response = Idv::HTTP::Response->new($method);
        push @answers, $response;

        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $request->{port}, Timeout => 10);

        if (!$socket) {
            $response->fail("cannot connect: $@");
            next;
        }

        $socket->blocking(0);
        $poll->mask($socket => POLLIN | POLLOUT);
        $open{$socket} = [$socket, $request->{bytes}, $response, time];
    }

    my $deadline = time + 60;

    while (%open && time < $deadline) {
        $poll->poll(1);

        for my $socket ($poll->handles(POLLIN | POLLOUT | POLLERR | POLLHUP)) {
            parallel_step($poll, $open{$socket}) or delete $open{$socket};
        }
    }

    $_->[2]->fail('timed out') for values %open;

    return @answers;
}


sub parallel_step {
    my ($poll, $item) = @_;

    my ($socket, $bytes, $response) = @$item;
    my $events = $poll->events($socket);

    if ($bytes ne '' && $events & POLLOUT) {
        my $n = $socket->syswrite($bytes);
        substr($item->[1], 0, $n || 0) = '';
        $poll->mask($socket => POLLIN) if $item->[1] eq '';
        return 1 if defined $n;
    }

    return 1 unless $events & (POLLIN | POLLERR | POLLHUP);

    my $n = $socket->sysread(my $data, 65536);

    $n ? $response->feed($data) : $response->end($n);

    return 1 if $n && !$response->complete;

    $response->{took} = time - $item->[3];

    $poll->remove($socket);
    CORE::close($socket);

    return 0;
}


1;
