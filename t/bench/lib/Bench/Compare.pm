package Bench::Compare;

# Two loads against each other, in short runs by turns: A B B A A B ...  What
# else the machine does then hits both, and the median forgets the worst.
#
#     my $c = Bench::Compare->new(a => {...}, b => {...}, pairs => 8);
#     $c->ratio('rate'), $c->spread('rate'), $c->median(a => 'rate')

use strict;
use warnings;

use Exporter 'import';

use Bench::Load;

our @EXPORT_OK = qw(median);


sub new {
    my ($class, %arg) = @_;

    my $self = bless { a => [], b => [] }, $class;
    my $seconds = $arg{seconds} || 1;

    # caches and connections that are made once
    $self->one(\%arg, $_, 0.5) for qw(a b);

    for my $i (1 .. $arg{pairs}) {
        for my $side ($i % 2 ? qw(a b) : qw(b a)) {
            push @{$self->{$side}}, $self->one(\%arg, $side, $seconds);
        }
    }

    return $self;
}


# before and after are called around the run of a side

sub one {
    my ($self, $arg, $side, $seconds) = @_;

    my %load = (%{$arg->{$side}}, seconds => $seconds < 1 ? 1 : $seconds);

    my $before = delete $load{before};
    my $after = delete $load{after};

    $before->() if $before;
    my $result = Bench::Load->run(%load);
    $after->() if $after;

    return $result;
}


sub pairs {
    my ($self, $what) = @_;

    return map { $self->{a}[$_]{$what} / $self->{b}[$_]{$what} }
        0 .. $#{$self->{a}};
}


sub ratio {
    my ($self, $what) = @_;

    return median($self->pairs($what));
}


# from the lower to the upper quartile of the pairs

sub spread {
    my ($self, $what) = @_;

    my @sorted = sort { $a <=> $b } $self->pairs($what);

    return ($sorted[@sorted / 4], $sorted[-1 - @sorted / 4]);
}


sub median_of {
    my ($self, $side, $what) = @_;

    return median(map { $_->{$what} } @{$self->{$side}});
}


sub median {
    my @sorted = sort { $a <=> $b } @_;

    return @sorted % 2 ? $sorted[$#sorted / 2]
                       : ($sorted[@sorted / 2 - 1] + $sorted[@sorted / 2]) / 2;
}


1;
