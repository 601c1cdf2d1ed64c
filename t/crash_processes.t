#!/usr/bin/perl

# The processes that nginx can be: one without a master, many workers, workers
# that take turns in accepting.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use Idv::HTTP;
use Idv::PingOne;
use Idv::Site;


sub through {
    my ($site, $user, $name) = @_;

    my $flow = $site->flow($user);

    $flow->device('self');
    $flow->phone('SUCCESS');
    ok($flow->reach('ID_VERIFICATION_COMPLETED'), "$name: to COMPLETED");
    is($flow->continue->status, 200, 'to the end');
    is($flow->client->get('/')->status, 200, 'and through the gate');

    return $flow;
}


# No master process.

my $site = Idv::Site->new(name => 'single', single => 1);

is(scalar $site->nginx->workers, 0, 'there are no workers');
through($site, 'ann', 'without a master');

# it ends at once, as nginx does there, also in the middle of a call

my $pingone = Idv::PingOne->new;

$site = $pingone->site(name => 'alone', single => 1, provider => 'breaker off;
    timeout 20s; idle_timeout 20s; poll_wait 10s;');

my $bob = $site->flow('bob');
$bob->device('self');
$pingone->fault(read => { hang => 'request' });

$bob->begin(poll => {});
$pingone->wait_for('read');

my $start = time;
$site->nginx->stop;
cmp_ok(time - $start, '<', 2, 'alone: it ends at once');
is($bob->end->status, 0, 'without an answer');


# Four workers, accept_mutex, both, and a clock that is not exact.

my %ways = (
    'four workers' => { workers => 4 },
    'accept_mutex' => { workers => 2, events => 'accept_mutex on;' },
    'accept_mutex and four workers, one connection at a time' => {
        workers => 4, events => 'accept_mutex on; multi_accept on;
                                 accept_mutex_delay 50ms;' },
    'timer_resolution' => { workers => 2,
        main => 'timer_resolution 20ms;' },
);

for my $name (sort keys %ways) {
    my $site = Idv::Site->new(name => 'ways', hop => 1, %{$ways{$name}});

    is(scalar $site->nginx->workers, $ways{$name}{workers}, "$name: workers");

    my @flows = map { $site->flow($_) } qw(ann bob eve sam) x 2;

    my @answers = Idv::HTTP::parallel(map { {
        port => $site->port('gate'),
        bytes => $_->client->bytes($_->message(
            deviceAuthentication => { deviceAuthentication => 'self' })),
    } } @flows);

    is(scalar(grep { $_->status == 200 } @answers), 8, 'eight at once');
    $flows[$_]->take($answers[$_]) for 0 .. 7;
    is($site->service->requests('/' . Idv::Site::ENVIRONMENT . '/as/token'), 1,
        'with one token');

    $_->phone('SUCCESS') for @flows;
    is(scalar(grep { $_->reach('ID_VERIFICATION_COMPLETED') } @flows), 8,
        'all of them arrive');
}

$site->finish;
