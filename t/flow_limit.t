#!/usr/bin/perl

# What one subject may cost.  Whoever has a password could start, create and
# cancel without end, and each time the operator pays: a flow that is over no
# longer counts among the open ones.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::Page;
use Idv::PingOne;
use Idv::Site;

my ($DEVICE, $REQUIRED, $FAILED)
    = map { "ID_VERIFICATION_$_" } qw(DEVICE REQUIRED FAILED);

my $site = Idv::Site->new(hop => 1, provider => 'transaction_limit 3 1h;');
my $service = $site->service;

sub created { return $service->transaction_calls('POST') }


# eve starts, creates and cancels; the fourth time it is enough.

for my $time (1 .. 3) {
    my $flow = $site->flow('eve');

    is($flow->require_code, $REQUIRED, "eve has transaction $time");
    $flow->cancel;
}

my $eve = $site->flow('eve');
state_is($eve, $DEVICE, 'she may start again, which costs nothing');

my $mark = $site->nginx->log->mark;

error_is($eve->device('self'), 429, 'REQUEST_FAILED', 'TRANSACTIONS_LIMIT',
    'but gets no fourth');

my $after = $eve->answer->header('Retry-After');
ok($after > 1100 && $after <= 1200, 'and is told when to come back')
    or diag($after);
is(scalar $site->nginx->log->said($mark), 1, 'the log has a line');

$eve->read;
state_is($eve, $DEVICE, 'the flow is where it was');
is(created(), 3, 'and nothing was created');

# nor in any other way

$eve->device('other');
error_is($eve->choose, 429, 'REQUEST_FAILED', 'TRANSACTIONS_LIMIT',
    'by no way');
error_is($site->flow('eve')->device('self'), 429, 'REQUEST_FAILED',
    'TRANSACTIONS_LIMIT', 'and for no other client of hers');

my $ann = $site->flow('ann');
is($ann->require_code, $REQUIRED, 'ann has her own');


# Where a transaction fails the next one follows by itself, as long as there is
# one; then the flow has failed, and is not stuck.

$ann->phone('FAIL');
ok($ann->reach($REQUIRED), 'ann fails and gets another code');
$ann->phone('FAIL');
$ann->poll until $ann->status ne $REQUIRED || created() >= 6;
is(created(), 6, 'and another one');

$ann->phone('FAIL');
ok($ann->reach($FAILED), 'then she has failed');
is(created(), 6, 'without a fourth');

$ann->cancel;


# Browsers are told on the page.

my $browser = Idv::Page->new(site => $site, user => 'eve');

$browser->open('/some/page');
$browser->press('idv-self');
is($browser->view, 'device', 'a button leads back to where it was');
like($browser->words, qr/You have started too many verifications/,
    'with the reason');


# The limit is the subject's, whichever worker is asked, and survives a reload.

is($site->met($eve->read), 2, 'both workers have answered');
$site->reload;
error_is($eve->device('self'), 400, 'INVALID_ACTION_ID', undef, 'after a reload');
error_is($eve->choose, 429, 'REQUEST_FAILED', 'TRANSACTIONS_LIMIT',
    'she has nothing more either');


# What the provider did not create does not count, and is no outage.

my $pingone = Idv::PingOne->new;
my $other = $pingone->site(provider => <<'END');
    transaction_limit 1;
    on_unavailable    bypass;
    breaker           off;
END

$pingone->fault(create => { status => 403, json => {} });

my $bob = $other->flow('bob');
is($bob->device('self')->status, 503, 'the provider refuses') for 1 .. 2;

$pingone->well;
is($bob->device('self')->status, 200, 'which counts nothing');
$bob->retry;
error_is($bob->device('self'), 429, 'REQUEST_FAILED', 'TRANSACTIONS_LIMIT',
    'what is created does');
is($bob->read->json->{status}, $DEVICE, 'and is never bypassed');

$site->finish;
