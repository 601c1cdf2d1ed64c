#!/usr/bin/perl

# As t/faults_memory.t, in the console: what it shows, what it changes, its
# pages.

# variants: asan

use strict;
use warnings;

use Idv::ConsoleFaults;

my $faults = Idv::ConsoleFaults->new;

for my $step ($faults->steps) {
    $faults->sweep_ok($step, 'alloc', every => 15);
    $faults->sweep_ok($step, 'random');
}

$faults->finish('console');
