#!/usr/bin/perl

# The console in Chromium: what an administrator does who never read about it,
# with the mouse and with the keyboard alone, and what a viewer cannot.  The
# stories are in t/browser/console.js.

# variants: plain

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Console;
use Idv::Node;

# Some of the people were named by somebody who wanted to do harm.

my $evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
my @people = (
    { id => 'ann', username => 'ann.muster', email => 'ann@example.com',
      name => { given => 'Anna', family => 'Muster' },
      mobilePhone => '+15555550100' },
    { id => 'bob', username => 'bob', email => 'bob@example.com',
      name => { given => 'Bob', family => 'Builder' } },
    { id => 'eve', username => 'eve', enabled => JSON::PP::false,
      name => { given => $evil, family => $evil } },
);

my $console = Idv::Console->new(
    hop => 1,
    test_mode => 'off',
    processing => '0s',
    provider => 'attempts 2; transaction_limit off;',
    files => { 'users.json' => JSON::PP->new->ascii->encode(\@people) },
    service => 'idv_service_users users.json; '
        . 'idv_service_inspection AUTOMATIC MANUAL STEP_UP;',
);

my $site = $console->site;

Idv::Node::run("$ENV{IDV_TOP}/t/browser/console.js",
    IDV_EVIL => $evil,
    IDV_GATE => 'http://127.0.0.1:' . $site->port('gate'),
    IDV_SERVICE => 'http://127.0.0.1:' . $site->port('service'));

# who did what to whom, and nothing of what people are called

my $told = $site->nginx->read_file('audit.log');

like($told, qr/"adm".*"user\.reset".*"ann"/, 'the reset is in the audit log');
unlike($told, qr/Muster|example\.com|script/, 'in which nobody has a name');

$site->finish;
