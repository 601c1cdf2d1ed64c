package Idv::Trial;

# What a crowd is put through: workers that die, reloads, an upgrade, a full
# disk, a clock that is set, a zone that is full or has another size.  Each is a
# pair of its own, a verdict on its history, and a row of the table of long
# runs; the numbers are of the caller, and so is how many people come.
#
#     $Idv::Trial::people = 24;
#     Idv::Trial::kills(random => 100, locked => 100);

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Clock;
use Idv::Killer;
use Idv::Pair;
use Idv::Preload;
use Idv::Soak;

# so long it may take until all flows are through: a lease, and some
use constant DRAIN => 25;

our $people = 24;


# the end of all: the verdict, and the row

sub judge {
    my ($name, $pair, $crowd, $counted, %excuses) = @_;

    my $history = $crowd->end(DRAIN);
    my %found = $pair->verdict($history, $name, %excuses);

    cmp_ok($history->completed, '>', 0, "$name: people got through");
    cmp_ok($history->admitted, '>', 0, 'to the application');

    $pair->stop;

    Idv::Soak::row($name, cases => $history->flows,
        requests => $history->requests, %$counted, %found);

    return $history;
}


# there is traffic, and all kinds of it

sub warm_up {
    my ($pair, $crowd, $lines) = @_;

    ok($pair->gate->nginx->wait_until(20, sub {
        $crowd->lines > ($lines || 60)
    }), 'people come');
}


# Workers die at any moment, and in the lock of the zone.

sub kills {
    my (%n) = @_;

    my $killer = Idv::Killer->new;
    my $pair = Idv::Pair->new(people => $people,
        start => sub { $killer->with(@_) });
    my $crowd = $pair->crowd(pause => 0.04);
    my $nginx = $pair->gate->nginx;

    warm_up($pair, $crowd);

    for (1 .. $n{random}) {
        sleep 0.02 + rand 0.2;
        my @workers = $nginx->workers;
        $nginx->kill_worker($workers[rand @workers]);
    }

    # from the first instruction on to those after a search of the whole zone

    my $locked = 0;

    for (1 .. $n{locked}) {
        my $steps = int exp rand 8;
        $locked++ if $nginx->worker_dies(sub {
            $killer->at(1 + int rand 30, $steps);
        });
    }

    is($locked, $n{locked}, 'workers died in the lock');
    is(scalar(() = $nginx->log->text =~ /" was locked by/g), $locked,
        'and left it locked');

    return judge('workers killed', $pair, $crowd,
        { kills => $n{random} + $locked });
}


# The configuration changes under people who poll, act and download.

sub reloads {
    my ($n) = @_;

    my $pair = Idv::Pair->new(people => $people, provider => 'poll_wait 2s;');
    my $crowd = $pair->crowd(pause => 0.04);
    my $nginx = $pair->gate->nginx;

    # so that polls and actions are open at any moment
    $pair->back->service->faults({ path => '/v1/environments',
        times => 1_000_000, delayMs => 60 });

    warm_up($pair, $crowd);

    for (1 .. $n) {
        $nginx->{workers} = 2 + int rand 2;
        $nginx->reload;
        sleep rand 0.2;
    }

    return judge('reloads', $pair, $crowd, { reloads => $n });
}


# Another binary takes over.  Its zone is new: flows of before begin anew.

sub upgrades {
    my ($n) = @_;

    my $pair = Idv::Pair->new(people => $people, daemon => 1);
    my $crowd = $pair->crowd(pause => 0.04);
    my @times;

    warm_up($pair, $crowd);

    for (1 .. $n) {
        push @times, [$pair->gate->nginx->upgrade];
        sleep 0.5;
    }

    return judge('upgrades', $pair, $crowd, { reloads => $n },
        forgotten(@times));
}


# what is excused where a zone is left behind: [from, to] of both

sub forgotten {
    my (@times) = @_;

    return (
        gone => sub {
            my ($before, $now) = @_;

            return grep { $before->{sent} < $_->[1]
                          && $now->{received} > $_->[0] } @times;
        },
        unrevoked => sub {
            my ($at) = @_;

            return grep { $at > $_->[0] && $at < $_->[1] + 1 } @times;
        },
    );
}


# A zone of another size begins empty.

sub resizes {
    my ($n) = @_;

    my $pair = Idv::Pair->new(people => $people);
    my $crowd = $pair->crowd(pause => 0.04);
    my @times;

    warm_up($pair, $crowd);

    for (1 .. $n) {
        my $start = time;
        $pair->resize($_ % 2 ? '24m' : '32m');
        push @times, [$start, time];
        sleep 0.5;
    }

    return judge('zones resized', $pair, $crowd, { reloads => $n },
        forgotten(@times));
}


# Nothing can be written, neither a log nor a body that is put aside.

sub full_disk {
    my ($seconds) = @_;

    my $full = Idv::Preload->new('full', 'IDV_FULL', 0);
    my $pair = Idv::Pair->new(people => $people,
        start => sub { $full->with(@_) },
        gate => 'access_log %%DIR%%/access.log; client_body_buffer_size 1k;');
    my $crowd = $pair->crowd(pause => 0.04, bulk => 3000);
    my $nginx = $pair->gate->nginx;

    # nginx says itself that it cannot write
    $nginx->allow(qr/No space left on device/);

    warm_up($pair, $crowd);

    $full->set(1);
    sleep 0.3;
    my ($size, $lines) = (-s $nginx->dir . '/access.log', $crowd->lines);

    sleep $seconds;
    cmp_ok($crowd->lines, '>', $lines + 20, 'a full disk, and people come');
    is(-s $nginx->dir . '/access.log', $size, 'of whom no log is written');
    $full->set(0);

    return judge('disk full', $pair, $crowd, { faults => 1 });
}


# The clock is set by an hour, to and fro.

sub clock_steps {
    my ($n) = @_;

    my $clock = Idv::Clock->new;
    my $pair = Idv::Pair->new(people => $people,
        start => sub { $clock->with(@_) });
    my $crowd = $pair->crowd(pause => 0.04);

    warm_up($pair, $crowd);

    for (1 .. $n) {
        for my $step (3600, -3600, -3600, 3600) {
            $clock->step($step);
            sleep 0.4;
        }
    }

    return judge('clock set', $pair, $crowd, { faults => 4 * $n },

        # sessions are of the calendar
        shut => sub { 1 });
}


# Others take all there is of the zone, with transactions: nothing gives way to
# new flows but those that have none, until they go.

sub full_zone {
    my ($seconds) = @_;

    my %others = map { ("h$_" => {}) } 1 .. 60;
    my $pair = Idv::Pair->new(people => $people, zone => '512k',
        more => \%others);
    my $gate = $pair->gate;

    # a small zone has room for few sessions that were ended
    my $crowd = $pair->crowd(pause => 0.04, detours => { logout => 0 });

    warm_up($pair, $crowd);

    my $start = time;
    my $until = $start + DRAIN;
    my ($full, @hoard);

    # each may have 8 open flows, each from another browser

    while (time < $until) {
        my $user = (sort keys %others)[@hoard / 8 % 60];
        my $flow = $gate->flow($user, path => '/app/');

        if ($flow->answer->status == 503) {
            $until = time + $seconds if !$full++;
            sleep 0.05;
            next;
        }

        push @hoard, $flow if $flow->device('self')->status == 200;
    }

    cmp_ok(scalar @hoard, '>', 100, 'others have the whole zone');

    $_->cancel for @hoard;

    my $end = time;
    my $warned = () = $gate->nginx->log->text =~ /idv zone "flows" is full/g;
    cmp_ok($warned, '>', 0, 'which is full');
    cmp_ok($warned, '<=', $end - $start + 2, 'as the log says once a second');

    my $history = judge('zone full', $pair, $crowd, { faults => 1 },
        gone => sub {
            my ($before, $now, $reached) = @_;

            return $now->{received} > $start && $before->{sent} < $end
                && grep { /^(?:DEVICE|OPTIONS|FAILED|TIMED_OUT)$/ }
                        keys %$reached;
        });

    cmp_ok($history->refused, '>', 0, 'some were told to come later');

    return $history;
}


1;
