#!/usr/bin/perl

# A policy that only collects data ends in SUCCESS without having verified
# anybody.  Such a success opens nothing, and neither does one whose policy is
# not understood; unless the operator says that data is all that is wanted.  A
# provider that does not expand the policy has none of that kind.

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::PingOne;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $COMPLETED = 'ID_VERIFICATION_COMPLETED';
my $FAILED = 'ID_VERIFICATION_FAILED';

my $pingone = Idv::PingOne->new;

# What the transaction says of its policy, and whether it opens the gate.

my @policies = (
    ['verifies', { transaction => { dataCollectionOnly => $false } }, 1],
    ['says nothing of it', { transaction => { ida => {} } }, 1],
    ['only collects', { transaction => { dataCollectionOnly => $true } }, 0],
    ['says so in another type',
        { transaction => { dataCollectionOnly => 'true' } }, 0],
    ['says null', { transaction => { dataCollectionOnly => undef } }, 0],
    ['has no such part', { name => 'a policy' }, 1],
    ['is only named', { id => Idv::PingOne::TRANSACTION }, 1],
    ['has another one there', { transaction => [] }, 0],
    ['is null', undef, 0],
    ['is a word', 'policy', 0],
    ['is embedded and only collects', undef, 0,
        { transaction => { dataCollectionOnly => $true } }],
    ['is embedded and verifies', { id => 'x' }, 1,
        { transaction => { dataCollectionOnly => $false } }],
);

for my $accepted (0, 1) {
    my $site = $pingone->site(provider => 'breaker off; attempts 1;'
        . ($accepted ? ' accept_data_collection on;' : ''));

    my $n = 0;

    for my $case (@policies) {
        my ($what, $policy, $good, $embedded) = @$case;

        $pingone->status('REQUESTED');
        $pingone->well;

        my $flow = $site->flow($n++ % 2 ? 'ann' : 'bob');
        my $reads = () = $pingone->calls('read');

        $flow->require_code;

        $pingone->fault(read => { json => $pingone->transaction_json(
            transactionStatus => { status => 'SUCCESS' },
            verifyPolicy => $policy,
            $embedded ? (_embedded => { verifyPolicy => $embedded }) : ()) });
        $flow->reach($_) for $good || $accepted ? $COMPLETED : $FAILED;

        is($flow->status, $good || $accepted ? $COMPLETED : $FAILED,
            ($accepted ? 'accepted: ' : '') . "a policy that $what");

        is($flow->state->{errorDetails}[0]{code}, 'VERIFICATION_NOT_PERFORMED',
            '... and the cause is told') unless $good || $accepted;

        my @read = $pingone->calls('read');
        is((split /\?/, $read[-1]{path})[1], 'expand=verifyPolicy',
            '... by the read of the transaction') if !$accepted;

        $flow->cancel;
    }

    $site->nginx->allow(qr/verify policy (?:only collects|of a transaction)/)
        unless $accepted;
}


# The local service has such a policy as well, and says so.

my $site = Idv::Site->new(provider => 'attempts 1;',
    service => 'idv_service_policies policies.json;',
    files => { 'policies.json' => JSON::PP->new->encode([{
        name => 'collect', default => $true,
        governmentId => { verify => 'REQUIRED' },
        transaction => { dataCollectionOnly => $true } }]) });

$site->nginx->allow(qr/verify policy only collects data/);

my $flow = $site->flow('ann');
$flow->require_code;
$site->service->set($flow->transaction, 'SUCCESS');
$flow->reach($FAILED);

is($flow->status, $FAILED, 'the local service: what was collected opens nothing');

Idv::Site->finish;
