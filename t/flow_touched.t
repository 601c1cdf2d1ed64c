#!/usr/bin/perl

# A flow that is touched while the provider is being asked: another tab starts
# it again with another return address, the browser comes back from the capture.
# The call's result is kept, and nothing is paid for twice.

use strict;
use warnings;

use Test::More;

use Idv::PingOne;

my $pingone = Idv::PingOne->new;
my $site = $pingone->site(hop => 1, provider => 'breaker off; poll_wait 5s;');

my $ann = $site->flow('ann', path => '/first');
my $tab = $site->client('ann');
$tab->{jar} = $ann->client->jar;

# while the transaction is created

$pingone->fault(create => { delay => 0.4, status => 201,
    json => $pingone->transaction_json });
$ann->begin(deviceAuthentication => { deviceAuthentication => 'self' });
ok($pingone->wait_for('create'), 'a transaction is being created');
is($tab->get('/second')->json->{id}, $ann->id, 'another tab starts again');

is($ann->end->status, 200, 'the first tab has its answer');
is($ann->status, 'ID_VERIFICATION_REQUIRED', 'with the code');
$ann->read;
is($ann->status, 'ID_VERIFICATION_REQUIRED', 'which the flow has, too');
$ann->device('self');
is(scalar $pingone->calls('create'), 1, 'one transaction');

# while it is read: each tab that starts changes the address

$pingone->status('IN_PROGRESS');
$pingone->fault(read => { delay => 0.4, json => $pingone->transaction_json });

my $reads = $pingone->calls('read');
$ann->begin(poll => {});
ok($pingone->wait_for('read', $reads), 'it is being read');
is($tab->get("/third$_")->json->{id}, $ann->id, 'another tab') for 1 .. 3;
is($tab->get('/idv/return?flowId=' . $ann->id, Accept => 'text/html')->status,
    303, 'the browser comes back');

is($ann->end->status, 200, 'the poll has its answer');
is($ann->status, 'ID_VERIFICATION_IN_PROGRESS', 'with the news');
is($pingone->calls('read'), $reads + 1, 'of one read');
$ann->read;
is($ann->status, 'ID_VERIFICATION_IN_PROGRESS', 'which the flow has, too');

$pingone->well;
$pingone->status('SUCCESS');
ok($ann->reach('ID_VERIFICATION_COMPLETED'), 'it goes on to its end');
is(scalar $pingone->calls('create'), 1, 'with one transaction');

$site->finish;
