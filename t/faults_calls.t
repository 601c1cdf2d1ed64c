#!/usr/bin/perl

# The n-th system call on a connection to a provider fails, or is short: what
# the client is told is an answer, and never an admission, and the same again
# succeeds.  t/soak/calls takes every n and more errors.

# variants: asan

use strict;
use warnings;

use Idv::Faults;

my $faults = Idv::Faults->new;

$faults->calls(2, qw(short EAGAIN EINTR ECONNRESET ENOMEM));
$faults->finish('calls');
