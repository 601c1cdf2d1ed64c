package Bench::Rows;

# The rows of the table.  Each gives a list of
#
#     { what, measured, least or most, note, spread }
#
# where a row without least and most is there for information.

use strict;
use warnings;

use Time::HiRes qw(time sleep);

use Bench::Compare;
use Bench::Count;
use Bench::Crowd;
use Bench::House;
use Bench::Load;
use Bench::Peers;
use Bench::People;
use Bench::Tails;

use constant POLL => (method => 'POST', body => '{}');

my $PAIRS = $ENV{IDV_BENCH_PAIRS} || 10;
my $FLOWS = $ENV{IDV_BENCH_FLOWS} || 1_000_000;
my $USERS = 400;
my $POLLED = 1000;

my $lists = 0;

my @rows = (
    [gate => \&gate],
    [poll => \&poll],
    [refusal => \&refusal],
    [million => \&million],
    [instructions => \&Bench::Count::instructions],
    [latency => \&Bench::Tails::latency],
    [crowd => \&Bench::Tails::crowd],
    [expiry => \&Bench::Tails::expiry],
    [begin => \&Bench::Tails::begin],
    [stall => \&stall],
    [reads => \&reads],
    [memory => \&memory],
    [people => \&Bench::People::people],
    [service => \&service],
    [reload => \&reload],
    [kill => \&kill_workers],
);


sub all { @rows }


# A row out of a comparison.  The clock decides where the worker had no rest.
# Where it had, or where one side's clients have less of a processor than the
# other's (by => 'cpu_rate'), the time that the worker ran for a request says
# more.

sub row {
    my ($what, $compare, %arg) = @_;

    my ($busy) = sort { $a <=> $b }
        map { $compare->median_of($_ => 'busy') } qw(a b);

    my $by = delete $arg{by} || ($busy < 0.9 ? 'cpu_rate' : 'rate');
    my $other = $by eq 'rate' ? 'cpu_rate' : 'rate';

    my %name = (rate => 'by the clock', cpu_rate => 'by processor time');

    return {
        what => $what, %arg,
        measured => $compare->ratio($by),
        spread => [$compare->spread($by)],
        note => sprintf('%s; %.2f %s; %s against %s a second, worker %d%% busy',
            $name{$by}, $compare->ratio($other), $name{$other},
            (map { thousands($compare->median_of($_ => 'rate')) } qw(a b)),
            100 * $busy),
    };
}


sub thousands {
    my ($n) = @_;

    return $n >= 10_000 ? sprintf('%.1fk', $n / 1000) : sprintf('%d', $n);
}


# the gate, and what else could stand there

sub gate {
    my $house = Bench::House->new(provider => 'read_interval 1s;');
    my $headers = $house->session('ann');

    my %common = (server => $house->gate, cpu => $Bench::House::CLIENT_CPU,
        port => $house->port, headers => $headers);

    my %gate = (%common, path => '/gate/file');
    my $admitted = $house->metric('idv_gate_admitted_total');

    my @rows = row('verified request, against no gate',
        Bench::Compare->new(a => \%gate, pairs => 2 * $PAIRS,
            b => { %common, path => '/open/file' }),
        least => 0.95);

    die "the gate has let nobody through\n"
        if $house->metric('idv_gate_admitted_total') - $admitted < 1000;

    # more than a worker remembers: their cookies are opened anew
    my @users = map { { user => "user$_",
        cookie => $house->session("user$_")->{Cookie} } } 1 .. $USERS;

    my %many = map { $_ => { %common, headers => {}, script => 'flows.lua',
        options => { flows => flow_list($house,
            users_at("/$_/file", @users)) } } } qw(gate open);

    push @rows, row("the same with $USERS users in turn",
        Bench::Compare->new(a => $many{gate}, b => $many{open},
            pairs => $PAIRS));

    my $lua = Bench::Peers->lua;

    push @rows, row('verified request, against a gate in Lua',
        Bench::Compare->new(a => \%gate, pairs => $PAIRS,
            b => { %$lua, cpu => $common{cpu} }),
        least => 2.5);

    # no gate can be further ahead than this
    push @rows, row('no gate at all, against the gate in Lua',
        Bench::Compare->new(a => { %common, path => '/open/file' },
            b => { %$lua, cpu => $common{cpu} },
            pairs => int($PAIRS / 2) || 1));

    $lua->{server}->stop;

    my $apache = Bench::Peers->apache;

    push @rows, row('verified request, against mod_auth_openidc',
        Bench::Compare->new(a => \%gate, pairs => int($PAIRS / 3) || 1,
            b => { %$apache, cpu => $common{cpu} }));

    $apache->{server}->stop;
    $house->stop;

    return @rows;
}


sub users_at {
    my ($path, @users) = @_;

    return map { { %$_, path => $path } } @users;
}


# A thousand clients poll their flows, which were read at the provider when they
# began; for the time of the run all answers come from the zone.

sub poll {
    my $house = Bench::House->new(provider => 'read_interval 300s;');

    my @flows = map { $house->waiting("user$_") } 1 .. $POLLED;
    $house->act($_, 'poll') for @flows;

    my $answer = $house->fetch($flows[0]{user}, 200, $flows[0]{path}, '{}',
        $house->action_headers('poll'));
    my $same = $house->same_as('pf-ws/authn/same', $flows[0]{path}, $answer);

    my %common = (server => $house->gate, cpu => $Bench::House::CLIENT_CPU,
        port => $house->port, headers => { $house->action_headers('poll') },
        script => 'flows.lua', POLL);

    my %poll = (%common, options => { flows => flow_list($house, @flows) });
    my %same = (%common, options => { flows => flow_list($house,
        users_at($same, @flows)) });

    my $polls = $house->metric('idv_polls_total');

    my $row = row('poll, against "return 200" of the same bytes',
        Bench::Compare->new(a => \%poll, b => \%same, pairs => $PAIRS),
        least => 0.85);

    die "nothing was polled\n"
        if $house->metric('idv_polls_total') - $polls < 1000;

    $house->stop;

    return $row;
}


# the file that flows.lua reads

sub flow_list {
    my ($house, @flows) = @_;

    return $house->gate->write('flows' . ++$lists, join '',
        map { "$_->{path} $_->{user} $_->{cookie}\n" } @flows);
}


sub refusal {
    my $house = Bench::House->new;
    my $flow = $house->flow('ann');

    my %headers = ('X-User' => 'ann', Cookie => $flow->{cookie},
        Accept => 'application/json');

    my $answer = $house->fetch('ann', 403, '/gate/file');
    die "a refusal did not find its flow\n"
        if $answer->json->{id} ne $flow->{state}{id};

    my %common = (server => $house->gate, cpu => $Bench::House::CLIENT_CPU,
        port => $house->port, headers => \%headers, status => 403);

    my $same = $house->same_as('same', '/gate/file', $answer);

    my $row = row('refusal with its open flow, against "return 403"',
        Bench::Compare->new(a => { %common, path => '/gate/file' },
            b => { %common, path => $same }, pairs => $PAIRS),
        least => 0.7);

    die "more than one flow was started\n"
        if $house->metric('idv_flows_started_total') != 1;

    $house->stop;

    return $row;
}


# Both zones have a thousand flows that are polled.  In the large one they were
# started at even distances while it was filled.

sub million {
    if (free_memory() < 3 * 1104 * $FLOWS) {
        die "not enough memory for a zone of $FLOWS flows\n";
    }

    my $small = Bench::House->new(zone => '8m', provider =>
        'read_interval 300s;');
    my $large = Bench::House->new(zone => int($FLOWS * 1104 / 2**20 + 8) . 'm',
        provider => 'read_interval 300s;');

    my %common = (cpu => $Bench::House::CLIENT_CPU, script => 'flows.lua',
        POLL, headers => { $large->action_headers('poll') });

    my (@side, $begun);

    for my $house ($small, $large) {
        $begun = time;
        my $list = fill($house, $house == $small ? 0 : $FLOWS - $POLLED);

        my $flows = $house->metric('idv_flows');
        my $needed = $house == $small ? $POLLED : $FLOWS;
        die "$flows flows instead of $needed\n" if $flows < $needed;

        push @side, { %common, server => $house->gate, port => $house->port,
            options => { flows => $list } };
    }

    my $filled = time - $begun;

    my $row = row("poll with $FLOWS flows in the zone, against $POLLED",
        Bench::Compare->new(a => $side[1], b => $side[0], pairs => $PAIRS),
        least => 0.9);

    $row->{note} .= sprintf('; filled in %d s, %d bytes of zone a flow',
        $filled, $large->metric('idv_zone_used_bytes')
                 / $large->metric('idv_flows'));

    $_->stop for $small, $large;

    return $row;
}


sub free_memory {
    open my $file, '<', '/proc/meminfo' or return 0;

    my ($kb) = map { /^MemAvailable:\s+(\d+)/ ? $1 : () } <$file>;

    return $kb * 1024;
}


# starts so many flows, and among them those that wait to be polled

sub fill {
    my ($house, $others) = @_;

    my $steps = 20;
    my @polled;

    for my $step (0 .. $steps - 1) {
        start_flows($house, $step * $others, $others / $steps) if $others;

        push @polled, map { $house->waiting("p$step-$_") }
            1 .. $POLLED / $steps;
    }

    # the first poll reads
    $house->act($_, 'poll') for @polled;

    return flow_list($house, @polled);
}


sub start_flows {
    my ($house, $from, $count) = @_;

    my $wanted = $house->metric('idv_flows') + $count;

    while ((my $left = $wanted - $house->metric('idv_flows')) > 0) {
        Bench::Load->run(server => $house->gate, port => $house->port,
            cpu => $Bench::House::CLIENT_CPU, script => 'fill.lua',
            status => 403, seconds => 60, path => '/gate/file',
            headers => { Accept => 'application/json',
                         Cookie => 'idv_local_flow=' . 'a' x 22 },
            options => { from => $from, count => $left });

        $from += $left;
    }
}


# A hundred clients poll flows whose provider takes requests and never answers;
# others ask for a file.  Against the same with a provider that answers at once,
# where the clients themselves wait as long as a poll does with the other: both
# sides have as many polls, and reads.

sub stall {
    my ($pollers, $wait) = (100, 500);
    my $house = Bench::House->new(provider =>
        "read_interval 200ms; poll_wait ${wait}ms; breaker off;");

    my @flows = map { $house->waiting("ann$_") } 1 .. $pollers;
    my $list = flow_list($house, @flows);

    my %common = (server => $house->gate, cpu => $Bench::House::CLIENT_CPU,
        port => $house->port);
    my %file = (%common, path => '/open/file', connections => 16);

    my $load;

    my $poll = sub {
        my ($fault, %options) = @_;

        $house->control(PUT => 'faults', $fault);

        $load = Bench::Load->start(%common, POLL, script => 'flows.lua',
            connections => $pollers, seconds => 60,
            headers => { $house->action_headers('poll') },
            options => { flows => $list, %options });
        sleep 0.5;
    };

    my $stop = sub {
        my $result = $load->stop;
        die "no poll was answered\n" if !$result->{requests};
    };

    my $errors = $house->metric('idv_provider_reads_total');

    my $compare = Bench::Compare->new(seconds => 2,
        a => { %file, after => $stop, before => sub {
            $poll->({ path => '/', times => 1_000_000,
                      hang => JSON::PP::true });
        } },
        b => { %file, after => $stop, before => sub {
            $poll->({}, pause => $wait);
        } }, pairs => int($PAIRS / 2) || 1);

    die "the provider was not asked\n"
        if $house->metric('idv_provider_reads_total') - $errors < $pollers / 10;

    $house->stop;

    return {
        what => 'p99 of others while the provider never answers, against idle',
        measured => $compare->ratio('p99'),
        spread => [$compare->spread('p99')],
        most => 1.1,
        note => sprintf('%.2f against %.2f ms; %s against %s a second',
            (map { $compare->median_of($_ => 'p99') / 1000 } qw(a b)),
            map { thousands($compare->median_of($_ => 'rate')) } qw(a b)),
    };
}


# read at the provider, as it has counted; on two workers

sub reads {
    my ($interval, $seconds) = (1, 6);
    my @rows;

    my $house = Bench::House->new(workers => 2, provider =>
        "read_interval ${interval}s;");

    for my $pollers (1, 1000) {
        my $flow = $house->waiting("ann$pollers");
        my $before = transaction_reads($house);
        my $begun = time;

        my $result = Bench::Load->run(server => $house->gate, POLL,
            port => $house->port, cpu => $Bench::House::CLIENT_CPU,
            path => $flow->{path}, connections => $pollers,
            seconds => $seconds,
            headers => { $house->action_headers('poll'), 'X-User' =>
                $flow->{user}, Cookie => $flow->{cookie} });

        my $elapsed = time - $begun;
        my $reads = transaction_reads($house) - $before;

        # the first one is due at once
        my $due = int($elapsed / $interval) + 1;

        push @rows, {
            what => "reads a flow and interval, $pollers poller"
                    . ($pollers > 1 ? 's' : ''),
            measured => $reads / $due, least => 0.8, most => 1,
            note => sprintf('%d reads in %.1f s, %d polls', $reads, $elapsed,
                $result->{requests}),
        };
    }

    $house->stop;

    return @rows;
}


sub transaction_reads {
    my ($house) = @_;

    my $list = $house->control(GET => 'requests?path=/v1/environments/'
        . Bench::House::ENVIRONMENT . '/users/')->{requests};

    my $sum = 0;
    $sum += $_->{count} for grep { $_->{method} eq 'GET' } @$list;

    return $sum;
}


# what a flow takes of its zone with all that belongs to it, when it is full

sub memory {
    my $size = 64 * 2**20;
    my $house = Bench::House->new(zone => $size);

    start_flows($house, 0, 10_000);

    my $used = $house->metric('idv_zone_used_bytes')
               / $house->metric('idv_flows');
    my $capacity = $house->metric('idv_zone_size_bytes') / $used;

    $house->stop;

    return {
        what => 'bytes of the zone that a waiting flow takes',
        measured => $size / $capacity, most => 1024,
        note => sprintf('%d of them its record; a zone of 64 MiB has room '
            . 'for %d', $used, $capacity),
    };
}


# A service that is busy, and a gate beside it.  The service has the core of the
# gate's clients, who then ask for less: what the gate takes for a request is
# its own figure, and the clock's is in the note.

sub service {
    my ($compare, $pace) = Bench::Crowd->beside;

    my $row = row('verified request beside 500 transactions a second',
        $compare, by => 'cpu_rate', least => 0.95);

    $row->{note} .= sprintf('; %d a second and more', $pace);

    return (Bench::Crowd->alone, $row);
}


# each request on a connection of its own, so that none can be lost to the
# closing of an idle one, which any reload of nginx does

sub reload {
    my $reloads = 20;
    my $house = Bench::House->new(workers => 2, provider =>
        'read_interval 200ms;');

    my $headers = $house->session('ann');
    my $flow = $house->waiting('bob');

    my %common = (port => $house->port, cpu => $Bench::House::CLIENT_CPU,
        connections => 8, seconds => 120);

    my @loads = (
        Bench::Load->start(%common, path => '/gate/file',
            headers => { %$headers, Connection => 'close' }),
        Bench::Load->start(%common, path => $flow->{path}, POLL,
            headers => { $house->action_headers('poll'), 'X-User' => 'bob',
                         Cookie => $flow->{cookie}, Connection => 'close' }),
    );

    for my $n (1 .. $reloads) {
        sleep 0.3;
        $house->gate->reload;
    }

    sleep 0.3;

    my ($requests, $lost) = (0, 0);

    for my $load (@loads) {
        my $result = $load->stop;
        $requests += $result->{requests};
        $lost += $result->{refused} + $load->failed($result);
    }

    die "hardly a request: $requests\n" if $requests < 1000;

    # the flow has gone through all of it
    $house->complete($flow);
    $house->stop;

    return {
        what => "requests lost over $reloads reloads under load",
        measured => $lost, most => 0,
        note => sprintf('of %d', $requests),
    };
}


# a flow that is lost does not come to its end

sub kill_workers {
    my ($kills, $each) = (20, 100);
    my $house = Bench::House->new(workers => 2, provider =>
        'read_interval 200ms; timeout 1s; connect_timeout 1s; '
        . 'idle_timeout 1s; breaker off;');

    my @early = map { $house->flow("early$_") } 1 .. $each;
    my @flows = map { $house->waiting("late$_") } 1 .. $each;

    my $load = Bench::Load->start(port => $house->port, POLL,
        cpu => $Bench::House::CLIENT_CPU, script => 'flows.lua',
        connections => 64, seconds => 120,
        headers => { $house->action_headers('poll') },
        options => { flows => flow_list($house, @flows) });

    for my $n (1 .. $kills) {
        sleep 0.1 + rand 0.1;
        my @workers = $house->gate->workers;
        $house->gate->kill_worker($workers[rand @workers]);
    }

    my $result = $load->stop;
    $_->close for values %{$house->{http}};

    my ($lost, @why) = (0);

    for my $flow (@early, @flows) {
        eval {
            $house->act($flow, deviceAuthentication =>
                { deviceAuthentication => 'other' })
                if $flow->{user} =~ /early/;
            $house->complete($flow);
            1;
        } or do { $lost++; push @why, $@ };
    }

    $house->stop;

    return {
        what => "flows lost over $kills killed workers",
        measured => $lost, most => 0,
        note => sprintf('of %d, with %d polls meanwhile%s', 2 * $each,
            $result->{requests}, @why ? "; the first: $why[0]" : ''),
    };
}


1;
