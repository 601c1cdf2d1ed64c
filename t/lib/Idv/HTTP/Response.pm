package Idv::HTTP::Response;

# One answer, read piece by piece: feed() until complete(), end() when the
# other side has closed.

use strict;
use warnings;

use JSON::PP ();


sub new {
    my ($class, $method) = @_;

    return bless { method => $method, input => '', body => '', status => 0,
                   headers => [] }, $class;
}


sub status { $_[0]{status} }
sub body { $_[0]{body} }
sub error { $_[0]{error} }
sub complete { $_[0]{complete} }
sub took { $_[0]{took} }


# the first value in scalar context, all of them in list context

sub header {
    my ($self, $name) = @_;

    my @values = map { $_->[1] }
        grep { lc $_->[0] eq lc $name } @{$self->{headers}};

    return wantarray ? @values : $values[0];
}


# The JSON of the body; undef if it is none, so that a test can say so.

sub json {
    my ($self) = @_;

    return eval { JSON::PP->new->utf8->decode($self->{body}) };
}


sub keepalive {
    my ($self) = @_;

    return $self->{complete} && !$self->{error} && defined $self->{left}
           && lc($self->header('Connection') // '') ne 'close';
}


sub fail {
    my ($self, $why) = @_;

    $self->{error} = $why;
    $self->{status} = 0;
    $self->{complete} = 1;
}


sub feed {
    my ($self, $data) = @_;

    $self->{input} .= $data;

    while (!$self->{head}) {
        $self->{input} =~ s/^(.*?)\r?\n\r?\n//s or return;
        $self->parse_head($1);
    }

    $self->{chunked} ? $self->feed_chunks : $self->feed_plain;
}


sub parse_head {
    my ($self, $head) = @_;

    my ($line, @lines) = split /\r?\n/, $head;

    my ($status) = $line =~ m{^HTTP/1\.[01] (\d{3})}
        or return $self->fail("not HTTP: $line");

    # 1xx comes before the answer

    return if $status < 200 && $status != 101;

    $self->{status} = $status;
    $self->{headers} = [map { /^([^:]+):\s*(.*?)\s*$/ ? [$1, $2] : () } @lines];
    $self->{head} = 1;

    my $length = $self->header('Content-Length');

    $self->{chunked} = 1
        if lc($self->header('Transfer-Encoding') // '') eq 'chunked';

    if ($self->{method} eq 'HEAD' || $status == 204 || $status == 304
        || $status == 101)
    {
        $self->{left} = 0;
        delete $self->{chunked};

    } elsif ($self->{chunked}) {
        $self->{left} = undef;

    } elsif (defined $length) {
        $self->{left} = $length;
    }
}


sub feed_plain {
    my ($self) = @_;

    if (!defined $self->{left}) {
        $self->{body} .= $self->{input};
        $self->{input} = '';
        return;
    }

    my $data = substr($self->{input}, 0, $self->{left}, '');

    $self->{body} .= $data;
    $self->{left} -= length $data;
    $self->{complete} = 1 if $self->{left} == 0;
}


sub feed_chunks {
    my ($self) = @_;

    while ($self->{input} =~ /^([0-9a-fA-F]+)[^\r\n]*\r\n/) {
        my ($size, $head) = (hex $1, length $&);

        return if length($self->{input}) < $head + $size + 2;

        substr($self->{input}, 0, $head, '');
        $self->{body} .= substr($self->{input}, 0, $size, '');
        substr($self->{input}, 0, 2, '');

        if ($size == 0) {
            $self->{complete} = 1;
            $self->{left} = 0;
            return;
        }
    }
}


# The other side has closed: the end of a body without a length, or a failure.
# $n is what sysread gave, undef for an error.

sub end {
    my ($self, $n) = @_;

    return $self->fail("connection error: $!") if !defined $n;
    return $self->fail('closed without an answer') if !$self->{head};

    return $self->fail('closed in the body')
        if $self->{chunked} || $self->{left};

    $self->{complete} = 1;
}


1;
