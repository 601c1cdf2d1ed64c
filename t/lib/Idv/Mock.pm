package Idv::Mock;

# A server that misbehaves as it is told: one process, one select loop.
#
#     my $mock = Idv::Mock->new(
#         { path => '/env/as/token', json => { access_token => 't' } },
#         { path => '/v1/', times => 2, status => 503, headers => [...] },
#         { path => '/v1/', hang => 'headers' },
#     );
#     $mock->port; $mock->rules(...); $mock->calls('/v1/')
#
# The first rule whose path is a prefix of the request's, or whose pattern it
# matches, whose method (if it has one) is the request's and whose times are not
# used up is taken; "reused" is for connections that have had an answer.  Without
# a rule the answer is 404.  A rule may have
#
#     status, headers [Name => value, ...], body, json    what is answered; a
#                      value may be [text, times], a body [before, text,
#                      times, after]
#     pad              blanks before the body
#     raw              these bytes instead of a whole answer, or [text, times]
#     length           a Content-Length that is not the body's; "none": without
#     delay            seconds before the answer
#     drip             seconds between single bytes of the answer
#     stop             bytes of the answer that are sent; -n: all but n
#     extra            bytes behind the answer that nobody has asked for
#     then             what comes after: close (default where the length is not
#                      what was announced), reset, hang, keep
#     idle             seconds after which a connection without a new request
#                      is closed
#     hang             accept: the request is never read; request: it is read
#                      and not answered; headers: only a status line and a
#                      header; body: half of the body
#     reset            accept or request: a RST at that moment
#     greet            bytes that are sent when a connection is accepted

use strict;
use warnings;

use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time sleep);

use Idv::Ports qw(free_port);

my $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, @rules) = @_;

    my $self = bless {
        port => free_port(),
        dir => File::Temp::tempdir('idv-mock-XXXXXXXX', TMPDIR => 1,
            CLEANUP => 1),
    }, $class;

    $self->rules(@rules);
    $self->start;

    return $self;
}


# again, after stop(): on the same port, all connections are gone

sub start {
    my ($self) = @_;

    $self->{listen} = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{port}, Listen => 511, ReuseAddr => 1)
        or die "mock: cannot listen on $self->{port}: $!";

    $self->{pid} = fork // die "fork: $!";

    if ($self->{pid} == 0) {
        $self->serve;
        POSIX::_exit(0);
    }

    CORE::close(delete $self->{listen});
}


sub port { $_[0]{port} }


# replaces the rules; the server looks before each request, and counts anew even
# if they are the same

sub rules {
    my ($self, @rules) = @_;

    my $path = "$self->{dir}/rules";

    open my $file, '>:raw', "$path.new" or die "$path: $!";
    print $file $json->encode([++$self->{edition}, \@rules]);
    CORE::close($file);
    rename "$path.new", $path or die "$path: $!";
}


# the requests so far: { method, path, headers { lc name => value }, body,
# connection (a number), nth (on that connection) }

sub calls {
    my ($self, $prefix) = @_;

    return grep { index($_->{path}, $prefix // '') == 0 }
        $self->recorded('calls');
}


# those whose client closed the connection before it had its answer

sub abandoned { $_[0]->recorded('abandoned') }


# how many connections were made

sub connections { scalar(() = $_[0]->recorded('connections')) }


sub recorded {
    my ($self, $name) = @_;

    open my $file, '<:raw', "$self->{dir}/$name" or return;

    # what has been read once is not read again

    my $known = $self->{recorded}{$name} ||= { to => 0, list => [] };

    seek $file, $known->{to}, 0;

    while (my $line = <$file>) {
        last if $line !~ /\n\z/;
        $known->{to} += length $line;
        push @{$known->{list}}, $json->decode($line);
    }

    return @{$known->{list}};
}


sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    kill KILL => $pid;
    waitpid $pid, 0;
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!);
    $self->stop if $self->{pid};
}


# the server's side

sub serve {
    my ($self) = @_;

    $SIG{PIPE} = 'IGNORE';
    $SIG{$_} = 'DEFAULT' for qw(TERM INT);
    $self->{peers} = {};
    $self->{used} = {};

    # nobody else ends a server whose test was killed
    my $parent = getppid;

    while (getppid == $parent) {
        $self->step;
    }
}


sub step {
    my ($self) = @_;

    my $select = IO::Select->new($self->{listen});
    my $now = time;
    my $next = $now + 1;

    my @peers = values %{$self->{peers}};

    for my $peer (@peers) {
        $select->add($peer->{socket}) unless $peer->{deaf};

        next unless @{$peer->{plan}};
        my $due = $peer->{plan}[0]{at};
        $next = $due if $due < $next;
    }

    for my $socket ($select->can_read($next > $now ? $next - $now : 0)) {
        if ($socket == $self->{listen}) {
            $self->accept_peer;

        } elsif (my $peer = $self->{peers}{$socket}) {
            $self->receive($peer);
        }
    }

    @peers = values %{$self->{peers}};
    $self->act($_) for @peers;
}


sub accept_peer {
    my ($self) = @_;

    my $socket = $self->{listen}->accept or return;
    my $peer = { socket => $socket, input => '', plan => [], nth => 0,
                 number => ++$self->{number} };

    $self->{peers}{$socket} = $peer;
    $self->record('connections', { connection => $peer->{number} });

    # a rule for the moment of accepting cannot look at the request

    my $rule = $self->find(undef, undef) or return;

    $peer->{deaf} = 1;
    plan($peer, 0, send => [$rule->{greet}]) if defined $rule->{greet};
    plan($peer, 0, then => 'reset') if $rule->{reset};
}


sub receive {
    my ($self, $peer) = @_;

    my $n = $peer->{socket}->sysread($peer->{input}, 65536,
        length $peer->{input});

    if (!$n) {
        $self->record('abandoned', $peer->{call}) if $peer->{call};
        return $self->drop($peer);
    }

    while ($peer->{input} =~ /^(\S+) (\S+) HTTP[^\r\n]*\r\n(.*?)\r\n\r\n/s) {
        my ($method, $path, $head, $size) = ($1, $2, $3, length $&);
        my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1, $2) : () }
            split /\r\n/, $head;
        my $length = $headers{'content-length'} || 0;

        if (length($peer->{input}) < $size + $length) {
            if (($headers{expect} // '') =~ /100-continue/i
                && !$peer->{continued}++)
            {
                $peer->{socket}->syswrite("HTTP/1.1 100 Continue\r\n\r\n");
            }
            return;
        }

        @{$peer->{plan}} = grep { !$_->{idle} } @{$peer->{plan}};

        my $body = substr($peer->{input}, $size, $length);
        substr($peer->{input}, 0, $size + $length, '');
        delete $peer->{continued};

        $peer->{call} = { method => $method, path => $path,
            headers => \%headers, body => $body, nth => ++$peer->{nth},
            connection => $peer->{number} };

        $self->record('calls', $peer->{call});

        $self->answer($peer, $self->find($method, $path, $peer->{nth})
                             || { status => 404, json => {} });
    }
}


sub record {
    my ($self, $name, $what) = @_;

    open my $file, '>>:raw', "$self->{dir}/$name" or return;
    syswrite $file, $json->encode($what) . "\n";
}


# The rule for a request, or for a connection that has just been accepted.

sub find {
    my ($self, $method, $path, $nth) = @_;

    open my $file, '<:raw', "$self->{dir}/rules" or return;
    local $/;
    my $text = <$file>;

    if ($text ne ($self->{text} // '')) {
        $self->{text} = $text;
        $self->{current} = $json->decode($text)->[1];
        $self->{used} = {};
    }

    my $rules = $self->{current};

    for my $i (0 .. $#$rules) {
        my $rule = $rules->[$i];
        my $early = defined $rule->{greet}
            || grep { ($_ // '') eq 'accept' } @$rule{qw(hang reset)};

        next if $early != !defined $method;
        next if $rule->{reused} && $nth == 1;
        next if defined $rule->{times}
                && ($self->{used}{$i} || 0) >= $rule->{times};
        next if defined $method && defined $rule->{method}
                && $rule->{method} ne $method;
        next if defined $method && index($path, $rule->{path} // '') != 0;
        next if defined $method && defined $rule->{pattern}
                && $path !~ /$rule->{pattern}/;

        $self->{used}{$i}++;
        return $rule;
    }

    return;
}


sub answer {
    my ($self, $peer, $rule) = @_;

    return plan($peer, 0, then => 'reset') if $rule->{reset};
    return if ($rule->{hang} // '') eq 'request';

    my @pieces = compose($rule);
    my $then = $rule->{then};

    # what goes out whole is never put together: that of many megabytes takes
    # longer than a client may wait for the first byte

    @pieces = part($rule, join '', map { ref $_ ? $_->[0] x $_->[1] : $_ }
            @pieces)
        if grep { defined $rule->{$_} } qw(stop hang drip);

    $then ||= 'hang' if $rule->{hang};
    $then ||= 'close' if grep { defined $rule->{$_} } qw(stop length raw);

    my $delay = $rule->{delay} || 0;

    if ($rule->{drip}) {
        plan($peer, $delay += $rule->{drip}, send => [$_])
            for map { split // } @pieces;

    } else {
        plan($peer, $delay, send => \@pieces);
    }

    plan($peer, $delay, then => $then) if $then && $then ne 'keep';
    plan($peer, $delay + $rule->{idle}, then => 'close', idle => 1)
        if $rule->{idle};
}


# as much of an answer as is sent

sub part {
    my ($rule, $bytes) = @_;

    my $hang = $rule->{hang} // '';
    my $whole = length $bytes;
    my $head = index $bytes, "\r\n\r\n";

    my $stop = $hang eq 'headers' ? $head
        : $hang eq 'body' ? int(($head + $whole) / 2) + 4
        : $rule->{stop} // $whole;

    $stop += $whole if $stop < 0;

    return substr $bytes, 0, $stop;
}


# the answer, as a list of bytes and of [bytes, times]

sub compose {
    my ($rule) = @_;

    return $rule->{raw} if defined $rule->{raw};

    my @headers = @{$rule->{headers} || []};
    my $body = $rule->{body} // '';
    my ($before, $text, $times, $after) = ref $body ? @$body
        : ($body, '', 0, '');

    if (exists $rule->{json}) {
        $before = $json->encode($rule->{json});
        unshift @headers, 'Content-Type' => 'application/json';
    }

    $before = ' ' x ($rule->{pad} || 0) . $before;

    my $length = $rule->{length}
        // length($before) + length($text) * $times + length($after);
    push @headers, 'Content-Length' => $length if $length ne 'none';

    my $head = 'HTTP/1.1 ' . ($rule->{status} || 200) . " Mock\r\n";

    while (my ($name, $value) = splice(@headers, 0, 2)) {
        $value = $value->[0] x $value->[1] if ref $value;
        $head .= "$name: $value\r\n";
    }

    return ("$head\r\n$before", [$text, $times],
        $after . ($rule->{extra} // ''));
}


sub plan {
    my ($peer, $delay, %step) = @_;

    push @{$peer->{plan}}, { at => time + $delay, %step };
}


sub act {
    my ($self, $peer) = @_;

    while (@{$peer->{plan}} && $peer->{plan}[0]{at} <= time) {
        my $step = shift @{$peer->{plan}};
        my $then = $step->{then} // '';

        if (defined $step->{send}) {
            send_all($peer->{socket}, @{$step->{send}})
                or return $self->drop($peer);

            delete $peer->{call} unless grep { !$_->{idle} } @{$peer->{plan}};

        } elsif ($then eq 'close') {
            return $self->drop($peer);

        } elsif ($then eq 'reset') {
            setsockopt $peer->{socket}, SOL_SOCKET, SO_LINGER,
                pack('ii', 1, 0);
            return $self->drop($peer);

        } elsif ($then eq 'hang') {
            $peer->{plan} = [];
        }
    }
}


# what is not large goes in one piece, so that all of it has come when any has

sub send_all {
    my ($socket, @pieces) = @_;

    my $bytes = '';

    for my $piece (@pieces) {
        my ($text, $times) = ref $piece ? @$piece : ($piece, 1);
        my $most = int(65536 / (length($text) || 1)) || 1;

        while ($times > 0) {
            my $now = $times < $most ? $times : $most;

            $bytes .= $text x $now;
            $times -= $now;

            next if length $bytes < 65536;

            send_bytes($socket, $bytes) or return 0;
            $bytes = '';
        }
    }

    return send_bytes($socket, $bytes);
}


sub send_bytes {
    my ($socket, $bytes) = @_;

    while ($bytes ne '') {
        my $n = $socket->syswrite($bytes);
        return 0 unless $n;
        substr($bytes, 0, $n, '');
    }

    return 1;
}


sub drop {
    my ($self, $peer) = @_;

    delete $self->{peers}{$peer->{socket}};
    CORE::close($peer->{socket});
}


1;
