package Idv::Node;

# Runs a test of t/browser/ or the like in Node and makes its TAP ours, so that
# the checks at the end of a test come after it.

use strict;
use warnings;

use Test::More;


sub run {
    my ($script, %env) = @_;

    local @ENV{keys %env} = values %env;

    my $pid = open my $out, '-|', 'node', $script
        or die "cannot run node: $!\n";

    my ($count, $plan) = (0, -1);

    while (my $line = <$out>) {
        chomp $line;

        if ($line =~ /^(not )?ok \d+ - (.*)/) {
            $count++;
            ok(!$1, $2);

        } elsif ($line =~ /^1\.\.(\d+)$/) {
            $plan = $1;

        } elsif ($line =~ /^# ?(.*)/) {
            # what is wrong is seen, what is told is told to those who ask
            Test::More->builder->is_passing ? note($1) : diag($1);
        }
    }

    close $out;

    cmp_ok($plan, '>', 0, "$script went to its end");
    is($count, $plan, 'with all of its tests');
}


1;
