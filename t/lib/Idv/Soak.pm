package Idv::Soak;

# What parts of the long runs share: how long long is, and the table.
#
#     my $kills = Idv::Soak::scaled(200);
#     Idv::Soak::row('kills', cases => $flows, kills => $kills,
#         requests => $n, lost => 0, wrong => 0, note => 'p99 ...');
#
# Without IDV_SOAK_ROWS, as in "make test", a row is only a comment.

use strict;
use warnings;

use Test::More;

my @columns = qw(cases faults kills reloads requests lost wrong);


# at least one, whatever the scale

sub scaled {
    my ($number) = @_;

    my $scaled = int($number * ($ENV{IDV_SOAK_SCALE} // 1) + 0.5);

    return $scaled < 1 ? 1 : $scaled;
}


sub row {
    my ($name, %counted) = @_;

    my $note = delete $counted{note} // '';
    my @unknown = grep { my $is = $_; !grep { $_ eq $is } @columns }
        keys %counted;

    die "soak: there is no column '@unknown'\n" if @unknown;

    my $variant = $ENV{IDV_VARIANT} // 'plain';
    $name .= ", $variant" if $variant ne 'plain';

    my $line = join "\t", $name, (map { $counted{$_} // 0 } @columns), $note;

    note(join ' ', $name, (map { "$_ " . ($counted{$_} // 0) } @columns),
        $note);

    my $path = $ENV{IDV_SOAK_ROWS} // return;

    open my $file, '>>', $path or die "$path: $!";
    print $file "$line\n";
    close $file or die "$path: $!";
}


sub line {
    my ($name, @values) = @_;

    my $note = pop @values;

    return sprintf('%-38s' . ' %8s' x @values, $name, @values)
        . ($note eq '' ? '' : "  $note") . "\n";
}


# prints the rows of those files; gives back how much was lost or wrong

sub table {
    my (@paths) = @_;

    my (@rows, @sums);

    for my $path (@paths) {
        open my $file, '<', $path or next;
        push @rows, map { chomp; [split /\t/, $_, -1] } <$file>;
    }

    for my $row (@rows) {
        $sums[$_] += $row->[$_ + 1] for 0 .. $#columns;
    }

    print "\n";
    print map { line(@$_) } ['part', @columns, ''], @rows,
        ['all', (map { $_ // 0 } @sums[0 .. $#columns]), ''];

    return ($sums[-1] // 0) + ($sums[-2] // 0);
}


1;
