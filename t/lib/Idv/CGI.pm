package Idv::CGI;

# Applications behind fastcgi_pass, uwsgi_pass and scgi_pass: a server that says
# which variables it was given, as JSON: {"NAME": ["value", ...]}, all values of
# a name, in their order.
#
#     my $cgi = Idv::CGI->new('fastcgi');
#     ... fastcgi_pass 127.0.0.1:$port, where $port is $cgi->port

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use POSIX ();

use Idv::Ports qw(free_port);

my $json = JSON::PP->new->latin1->canonical;

# protocol => what reads a request from the socket: a list of names and values

my %protocols = (fastcgi => \&fastcgi, uwsgi => \&uwsgi, scgi => \&scgi);


sub new {
    my ($class, $protocol) = @_;

    my $self = bless { port => free_port(), owner => $$ }, $class;

    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{port}, Listen => 64, ReuseAddr => 1)
        or die "cannot listen on $self->{port}: $!";

    my $parent = $$;
    $self->{pid} = fork // die "fork: $!";

    if ($self->{pid} == 0) {
        $SIG{PIPE} = 'IGNORE';
        $listen->timeout(1);

        # nobody else ends a server whose test was killed

        while (getppid == $parent) {
            my $socket = $listen->accept or next;
            serve($protocol, $socket);
            close $socket;
        }

        POSIX::_exit(0);
    }

    return $self;
}


sub port { $_[0]{port} }


sub DESTROY {
    my ($self) = @_;

    return if $self->{owner} != $$;

    local ($?, $!);
    kill KILL => $self->{pid};
    waitpid $self->{pid}, 0;
}


sub serve {
    my ($protocol, $socket) = @_;

    my @pairs = $protocols{$protocol}->($socket) or return;
    my %given;

    while (my ($name, $value) = splice(@pairs, 0, 2)) {
        push @{$given{$name}}, $value;
    }

    my $answer = "Status: 200 OK\r\nContent-Type: application/json\r\n\r\n"
        . $json->encode(\%given);

    # a record of stdout, an empty one, and the end of the request

    $answer = record(6, $answer) . record(6, '') . record(3, "\0" x 8)
        if $protocol eq 'fastcgi';

    $socket->syswrite($answer =~ s/^Status:/HTTP\/1.1/r)
        if $protocol eq 'uwsgi';
    $socket->syswrite($answer) if $protocol ne 'uwsgi';
}


sub take {
    my ($socket, $length) = @_;

    my $bytes = '';

    while (length $bytes < $length) {
        $socket->sysread($bytes, $length - length $bytes, length $bytes)
            or return;
    }

    return $bytes;
}


sub record {
    my ($type, $bytes) = @_;

    return pack('CCnnCC', 1, $type, 1, length $bytes, 0, 0) . $bytes;
}


sub fastcgi {
    my ($socket) = @_;

    my $params = '';

    while (defined(my $head = take($socket, 8))) {
        my (undef, $type, undef, $length, $padding) = unpack 'CCnnC', $head;
        my $bytes = take($socket, $length);

        take($socket, $padding);
        $params .= $bytes if $type == 4;
        last if $type == 5 && $length == 0;
    }

    my @pairs;

    while ($params ne '') {
        my @lengths = map {
            ord($params) < 128 ? ord substr($params, 0, 1, '')
                : unpack('N', substr($params, 0, 4, '')) & 0x7fffffff
        } 1, 2;

        push @pairs, map { substr($params, 0, $_, '') } @lengths;
    }

    return @pairs;
}


sub uwsgi {
    my ($socket) = @_;

    my $length = unpack 'xv', take($socket, 4) // return;

    return unpack '(v/a)*', take($socket, $length);
}


sub scgi {
    my ($socket) = @_;

    my $length = '';

    while (defined(my $digit = take($socket, 1))) {
        last if $digit eq ':';
        $length .= $digit;
    }

    my $pairs = take($socket, $length);

    # with a byte unread the end would be a reset
    take($socket, 1);

    return split /\0/, $pairs, -1;
}


1;
