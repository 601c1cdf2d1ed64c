#!/usr/bin/perl

# Starts, polls, failures and clients that go away, again and again: neither the
# workers nor the zone grow.  t/soak/many makes a million of them.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::HTTP;
use Idv::Site;
use Idv::Soak;

use constant ROUND => 10;            # requests of a flow, see below

our $times //= 20_000;

my $site = Idv::Site->new(workers => 1, level => 'error', zone => '2m',
    people => { map { ("p$_" => {}) } 0 .. 99 },
    provider => 'transaction_limit off; breaker off; attempts 1;',
    gate => 'keepalive_requests 10000000;',
    locations => 'location = /metrics { auth_basic off; idv_metrics local; }');

my $nginx = $site->nginx;
my ($worker) = $nginx->workers;


# what a worker has for itself, in KiB

sub memory {
    my ($status) = slurp("/proc/$worker/status") =~ /^RssAnon:\s+(\d+) kB/m;

    return $status;
}


sub slurp {
    open my $file, '<', $_[0] or die "$_[0]: $!";
    local $/;

    return scalar <$file>;
}


sub metric {
    my ($name) = @_;

    my ($value) = $site->client->get('/metrics')->body =~ /^$name (\d+)$/m;

    return $value;
}


# One flow and what its client does with it; each answer is known beforehand.
# The last of them hears nothing: its client is gone while it waits.

my ($lost, $wrong, $n) = (0, 0, 0);


sub expect {
    my ($answer, $status) = @_;

    $lost++ if $answer->status == 0;
    $wrong++ if $answer->status != 0 && $answer->status != $status;
    $n++;
}


sub round {
    my ($client) = @_;

    $client->forget;

    my $flow = Idv::Flow->new(client => $client, path => '/');

    expect($flow->start, 403);
    expect($flow->read, 200);
    expect($flow->device('other'), 200);
    $site->service->set($flow->transaction, 'FAIL');
    expect($flow->poll, 200);
    expect($flow->poll, 200);
    expect($flow->retry, 400);
    expect($flow->device('self'), 400);
    expect($flow->act('poll', '{'), 400);
    expect($flow->cancel, 200);
    expect($flow->read, 404);
}


sub run {
    my ($count) = @_;

    my @clients = map { $site->client("p$_") } 0 .. 99;

    for my $i (1 .. $count / ROUND) {
        my $client = $clients[$i % 100];

        round($client);

        # the answer to the last request is not waited for

        if ($i % 10 == 0) {
            $client->send('GET', '/', Accept => 'application/json');
            $client->close;
        }
    }
}

run($times / 10);
is($lost + $wrong, 0, 'all answers are as they should be')
    or diag("lost $lost, wrong $wrong of $n");

my $memory = memory();

run($times);
is($lost, 0, "$n requests: none is lost");
is($wrong, 0, 'none is answered otherwise');
is(join(' ', $nginx->workers), $worker, 'by one worker');

cmp_ok(memory() - $memory, '<', 512, 'which has not grown');
cmp_ok(metric('idv_flows'), '<=', 1000,
    'nor has the zone: at most ten flows of each user');
is(metric('idv_zone_full_total'), 0, 'which was never full');

Idv::Soak::row('many', cases => $n / ROUND, requests => $n, lost => $lost,
    wrong => $wrong);

$site->finish;
