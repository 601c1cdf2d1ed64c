#!/usr/bin/perl

# The hosted page in Chromium, with JavaScript and without, with a second window
# as the phone.  The stories are in t/browser/page.js.

# variants: plain

use strict;
use warnings;

use Idv::Node;
use Idv::Site;

my $site = Idv::Site->new(provider => 'page_refresh 1s; attempts 2;');

Idv::Node::run("$ENV{IDV_TOP}/t/browser/page.js",
    IDV_GATE => 'http://127.0.0.1:' . $site->port('gate'),
    IDV_SERVICE => 'http://127.0.0.1:' . $site->port('service'));

$site->finish;
