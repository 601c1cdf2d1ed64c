#!/usr/bin/perl

# The capture page in Chromium, with JavaScript and without, and the gate on the
# other side of it.  The stories are in t/browser/capture.js.

# variants: plain

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Node;
use Idv::Site;

my $site = Idv::Site->new(
    provider => 'page_refresh 1s; attempts 2; transaction_limit off;');

my %required = (verify => 'REQUIRED');

my $answer = $site->service->api('POST', 'verifyPolicies', {
    name => 'whole',
    default => JSON::PP::true,
    email => { %required, otp => {
        attempts => { count => 3 },
        deliveries => { count => 3,
            cooldown => { duration => 30, timeUnit => 'SECONDS' } },
        lifeTime => { duration => 10, timeUnit => 'MINUTES' },
        notification => { templateName => 'email_phone_verification' } } },
    governmentId => { %required, inspectionType => 'AUTOMATIC',
        retry => { attempts => 2 } },
    facialComparison => { %required, threshold => 'MEDIUM' },
    liveness => { %required, threshold => 'MEDIUM',
        retry => { attempts => 1 } },
});

is($answer->status, 201, 'a policy that asks for all of it')
    or diag($answer->body);

Idv::Node::run("$ENV{IDV_TOP}/t/browser/capture.js",
    IDV_GATE => 'http://127.0.0.1:' . $site->port('gate'),
    IDV_SERVICE => 'http://127.0.0.1:' . $site->port('service'));

$site->finish;
