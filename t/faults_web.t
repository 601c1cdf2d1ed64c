#!/usr/bin/perl

# As t/faults_memory.t, where the application is told more, where something is
# refused, and on the hosted page.

# variants: asan

use strict;
use warnings;

use Idv::WebFaults;

our $every //= 15;

my $faults = Idv::WebFaults->new;

for my $step ($faults->steps) {
    $faults->sweep_ok($step, 'alloc', every => $every);
    $faults->sweep_ok($step, 'random');
}

$faults->finish('web');
