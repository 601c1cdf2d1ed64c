package Bench::Compare;

# Two loads against each other, in short runs by turns: A B B A A B ...  What
# else the machine does then hits both, and the median forgets the worst.
#
#     my $c = Bench::Compare->new(a => {...}, b => {...}, pairs => 8);
#     $c->ratio('rate'), $c->spread('rate'), $c->median(a => 'rate')

use strict;
use warnings;

use Time::HiRes qw(time sleep);

use Bench::Load;

# seconds that may be spent on waiting for others to leave the machine alone,
# and on runs that are done again because they did not
my $patience = $ENV{IDV_BENCH_PATIENCE} || 0;


sub new {
    my ($class, %arg) = @_;

    my $self = bless { a => [], b => [] }, $class;
    my $seconds = $arg{seconds} || 1;

    # caches and connections that are made once
    $self->one(\%arg, $_, 1) for qw(a b);

    for my $i (1 .. $arg{pairs}) {
        for my $side ($i % 2 ? qw(a b) : qw(b a)) {
            push @{$self->{$side}}, $self->one(\%arg, $side, $seconds);
        }
    }

    return $self;
}


# one run, with what is to be done before and after it

sub one {
    my ($self, $arg, $side, $seconds) = @_;

    my %load = (%{$arg->{$side}}, seconds => $seconds);
    my ($before, $after) = delete @load{qw(before after)};
    my $result;

    while (1) {
        quiet();

        my $begun = time;

        $before->() if $before;
        $result = Bench::Load->run(%load);
        $after->() if $after;

        last if $result->{waited} < 0.05 || $patience <= 0;

        $patience -= time - $begun;
    }

    return $result;
}


# waits for a machine that does nothing else

sub quiet {
    while ($patience > 0) {
        my @before = idle();
        sleep 0.2;
        my @after = idle();

        return if $after[0] - $before[0] > 0.9 * ($after[1] - $before[1]);

        sleep 0.3;
        $patience -= 0.5;
    }
}


sub idle {
    open my $file, '<', '/proc/stat' or return (1, 1);
    my (undef, @ticks) = split ' ', <$file>;

    my $all = 0;
    $all += $_ for @ticks[0 .. 7];

    return ($ticks[3], $all);
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
