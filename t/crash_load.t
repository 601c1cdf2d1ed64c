#!/usr/bin/perl

# A crowd goes through flows while workers die, in the lock of the zone as well,
# the configuration changes, another binary takes over, the disk is full, the
# clock is set, the zone is full.  What everybody was told is checked afterwards:
# no flow is lost or stuck, none goes back, no session is issued twice, and
# nobody gets in without a verification.  "make soak" is the same for longer, and
# more of it.

# Libraries come before nginx's, and before a sanitizer, which does not like it.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Site;
use Idv::Trial;

$Idv::Trial::people = 14;

Idv::Trial::kills(random => 5, locked => 10);
Idv::Trial::reloads(3);
Idv::Trial::upgrades(1);
Idv::Trial::full_disk(1);
Idv::Trial::clock_steps(1);
Idv::Trial::full_zone(2);

Idv::Site::finish();
