package Bench::Tails;

# Rows about those who wait longest, and about many at once: load at a constant
# rate, so that nobody is left out who came while the worker was busy.

use strict;
use warnings;

use Time::HiRes qw(time sleep);

use Bench::House;
use Bench::Steady;
use Idv::HTTP;

use constant {
    SECRET => 'a' x 22,
    CONNECTIONS => 10_000,
    FLOWS => 100_000,
    FEW => 1000,
};


# p50, p99 and p99.9 at 70 % of what one worker can do, and the same with a
# reload in the middle

sub latency {
    my $house = Bench::House->new(provider => 'read_interval 300s;');
    my $headers = $house->session('ann');
    my @flows = map { $house->waiting("user$_") } 1 .. 100;

    $house->act($_, 'poll') for @flows;

    my %poll = $house->action_headers('poll');

    my %kind = (
        gate => [{ path => '/gate/file', headers => $headers }],
        poll => [map { { path => $_->{path}, body => '{}', headers => {
            %poll, 'X-User' => $_->{user}, Cookie => $_->{cookie} } } } @flows],
    );

    my @rows;

    for my $kind (sort keys %kind) {
        my %common = (server => $house->gate, port => $house->port,
            requests => Bench::Steady::requests($house->gate, @{$kind{$kind}}));

        my $most = Bench::Steady->run(%common, seconds => 3)->{rate};

        for my $reload (0, 1) {
            my $load = Bench::Steady->start(%common, rate => 0.7 * $most,
                seconds => 10);

            if ($reload) {
                sleep 5;
                $house->gate->reload;
            }

            my $r = $load->finish;

            push @rows, {
                what => "$kind at 70 % load, p99 in ms"
                        . ($reload ? ', with a reload' : ''),
                measured => $r->{p99} / 1000,
                note => tails($r) . ($reload
                    ? "; $r->{reopened} connections opened again" : ''),
            };
        }
    }

    $house->stop;

    return @rows;
}


sub tails {
    my ($r) = @_;

    return sprintf('p50 %.2f, p99 %.2f, p99.9 %.2f, longest %.1f ms; '
        . '%d a second of %d in all', (map { $r->{$_} / 1000 }
        qw(p50 p99 p999 max)), @$r{qw(rate requests)});
}


# a flow for each subject, by asking for what is gated

sub starts {
    my ($house, $name, $count) = @_;

    return Bench::Steady::requests($house->gate, map { {
        path => '/gate/file', headers => {
            'X-User' => "$name$_", Accept => 'application/json',
            Cookie => 'idv_local_flow=' . SECRET } } } 1 .. $count);
}


# looks of these subjects at their flows, or at the path of plain nginx

sub looks {
    my ($house, $name, @paths) = @_;

    my $n = 0;

    return Bench::Steady::requests($house->gate, map { {
        path => $_, headers => look($name . ++$n) } } @paths);
}


sub look {
    my ($user) = @_;

    return { 'X-User' => $user, 'X-XSRF-Header' => 'bench',
             Cookie => 'idv_local_flow=' . SECRET };
}



# with what plain nginx loses by so many connections beside it

sub crowd {
    my $house = Bench::House->new(zone => '192m', connections => 16_000);

    my %common = (server => $house->gate, port => $house->port);
    my $ids = $house->gate->dir . '/ids';

    my $start = Bench::Steady->run(%common, status => 403, addresses => 4,
        connections => CONNECTIONS, ids => $ids,
        requests => starts($house, 'c', FLOWS));

    my $open = $house->metric('idv_flows');
    die "$open flows are open\n" if $open != FLOWS;

    open my $file, '<', $ids or die "$ids: $!\n";
    my @paths = map { chomp; Bench::House::FLOWS . $_ } <$file>;

    my $same = $house->same_as('pf-ws/authn/same', $paths[0],
        Idv::HTTP->new(port => $house->port)->get($paths[0], %{look('c1')}));

    my %many = (%common, addresses => 4, connections => CONNECTIONS);
    my %list = (ours => \@paths, plain => [($same) x @paths]);
    my (%requests, %ratios, $rate);

    for my $side (keys %list) {
        $requests{$side} = [map {
            looks($house, 'c', @{$list{$side}}[0 .. $_ - 1]) } FLOWS, FEW];
    }

    for my $round (1 .. 3) {
        for my $side (qw(plain ours)) {
            my ($all, $some) = @{$requests{$side}};

            my $most = Bench::Steady->run(%many, seconds => 3,
                requests => $all);
            my $few = Bench::Steady->run(%common, seconds => 3,
                requests => $some);

            push @{$ratios{$side}}, $most->{cpu_rate} / $few->{cpu_rate};
            $rate = $most->{rate};
        }
    }

    $many{requests} = $requests{ours}[0];

    my $r = Bench::Steady->run(%many, rate => 0.7 * $rate, seconds => 10);
    my ($worker) = $house->gate->workers;
    my $kb = memory($worker, 'Private_Clean', 'Private_Dirty');

    die "flows are gone\n" if $house->metric('idv_flows') != FLOWS;
    $house->stop;

    return {
        what => 'return 200: ' . CONNECTIONS . ' connections, against 32',
        measured => (sort { $a <=> $b } @{$ratios{plain}})[1],
        note => 'requests in a second of the processor, here and below',
    }, {
        what => FLOWS . ' flows, ' . CONNECTIONS . ' connections, against '
                . FEW . ' and 32',
        measured => (sort { $a <=> $b } @{$ratios{ours}})[1],
        note => sprintf('started at %d a second; looked at at 70 %% load: %s; '
            . '%d MiB of the worker\'s own', $start->{rate}, tails($r),
            $kb / 1024),
    };
}


# KiB of a process, by fields of smaps, where the mapping's line matches

sub memory {
    my ($pid, @fields) = @_;

    my $match = ref $fields[0] ? shift @fields : qr/./;
    my ($kb, $in) = (0, 0);

    open my $file, '<', "/proc/$pid/smaps" or die "smaps: $!\n";

    while (my $line = <$file>) {
        if ($line =~ /^[0-9a-f]+-[0-9a-f]+ /) {
            $in = $line =~ $match;

        } elsif ($in && $line =~ /^(\w+):\s+(\d+) kB/) {
            $kb += $2 if grep { $_ eq $1 } @fields;
        }
    }

    return $kb;
}


# Flows are dropped by those that start others, a few each time.  A hundred
# thousand are past their time at once: what that costs those who come then.

sub expiry {
    my $house = Bench::House->new(zone => '256m', provider =>
        'state_timeout 60s; read_interval 1s;');

    my %common = (server => $house->gate, port => $house->port,
        status => 403);

    my $rate = 0.5 * Bench::Steady->run(%common,
        requests => starts($house, 'e', FLOWS))->{rate};

    my $before = Bench::Steady->run(%common, rate => $rate,
        requests => starts($house, 'f', FLOWS / 2));

    # a flow is kept for twice the time of its state
    sleep 121;

    my $gone = $house->metric('idv_flows_expired_total');
    my $while = Bench::Steady->run(%common, rate => $rate,
        requests => starts($house, 'g', FLOWS / 2));

    $gone = $house->metric('idv_flows_expired_total') - $gone;
    die "only $gone flows have expired\n" if $gone < FLOWS;

    $house->stop;

    return {
        what => 'p99.9 of starts while ' . FLOWS
                . ' flows expire, against none',
        measured => $while->{p999} / $before->{p999},
        note => sprintf('%s; %d expired; before: %s', tails($while), $gone,
            tails($before)),
    };
}


# how long nginx takes to listen, and what it has touched of the zone by then

sub begin {
    my (%seconds, %kb);

    for my $zone ('8m', '1024m') {
        my @times;

        for (1 .. 3) {
            my $begun = time;
            my $gate = Bench::House->gate_only(zone => $zone);
            push @times, time - $begun;

            $kb{$zone} = memory($gate->pid, qr{/dev/zero}, 'Rss');
            $gate->stop;
        }

        $seconds{$zone} = (sort { $a <=> $b } @times)[1];
    }

    return {
        what => 'MiB of a zone of 1 GiB that a start touches',
        measured => $kb{'1024m'} / 1024, most => 64,
        note => sprintf('listens after %.2f s, with a zone of 8 MiB after '
            . '%.2f s', @seconds{'1024m', '8m'}),
    };
}


1;
