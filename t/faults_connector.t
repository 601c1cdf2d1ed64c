#!/usr/bin/perl

# As t/faults_memory.t, for the connector.

# variants: asan

use strict;
use warnings;

use Idv::ConnectorFaults;

our $every //= 25;

my $faults = Idv::ConnectorFaults->new;

$faults->sweep_ok($_, 'alloc', every => $every) for $faults->steps;
$faults->finish('connector');
