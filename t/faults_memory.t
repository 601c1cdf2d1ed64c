#!/usr/bin/perl

# Memory runs out, at the n-th allocation of a request and whatever it leads to:
# in nginx, libcurl, OpenSSL, jansson, libqrencode or the zone of the service.
# The answer is one that such a request may have, and never an admission;
# nothing crashes, leaks or stays behind, the zone is sound, and the same again
# succeeds.  t/soak/memory takes every n, this each so many-th.

# variants: asan

use strict;
use warnings;

use Idv::Faults;

my $faults = Idv::Faults->new;

$faults->memory(5, 100, qw(start device poll gate));
$faults->finish('memory');
