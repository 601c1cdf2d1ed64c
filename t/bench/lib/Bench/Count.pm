package Bench::Count;

# Instructions that a worker executes for a request, and what else can be
# counted: no clock, so the same on a machine that is busy.  nginx runs in
# callgrind, as one process; what the kernel does is not in it.

use strict;
use warnings;

use Bench::House;
use Idv::HTTP;

my $REQUESTS = 300;


sub instructions {
    my %path = (
        gate => '/open/file',
        poll => '/polled',
        refusal => '/refused',
    );

    my $house = Bench::House->new(single => 1, files => { answers(%path) },
        provider => 'read_interval 300s;',
        wrap => ['valgrind', '-q', '--tool=callgrind',
                 '--callgrind-out-file=%%DIR%%/callgrind']);

    my $session = $house->session('ann');
    my $waiting = $house->waiting('bob');
    my $open = $house->flow('eve');

    $house->act($waiting, 'poll');

    my %request = (
        gate => [GET => '/gate/file', %$session],
        poll => [POST => $waiting->{path}, -body => '{}',
                 $house->action_headers('poll'), 'X-User' => 'bob',
                 Cookie => $waiting->{cookie}],
        refusal => [GET => '/gate/file', 'X-User' => 'eve',
                    Cookie => $open->{cookie}, Accept => 'application/json'],
    );

    my @rows;

    for my $name (qw(gate poll refusal)) {
        my ($method, $path, @headers) = @{$request{$name}};
        my $peer = $path{$name} . '-' x (length($path) - length $path{$name});

        my $ours = counted($house, $method, $path, @headers);
        my $plain = counted($house, $method, $peer, @headers);

        die "$name: $ours->{picture}, and $plain->{picture} of plain nginx\n"
            if $ours->{picture} ne $plain->{picture};

        push @rows, {
            what => "instructions: $name, against plain nginx",
            measured => $ours->{all} / $plain->{all},
            note => sprintf('%d against %d a request; of ours %s',
                $ours->{all}, $plain->{all}, join ', ', map {
                    sprintf '%d in %s', $ours->{in}{$_}, $_
                } grep { $ours->{in}{$_} >= 1 }
                sort { $ours->{in}{$b} <=> $ours->{in}{$a} }
                keys %{$ours->{in}}),
        };

        push @rows, calls($name, $ours, $plain);
    }

    $house->stop;

    return @rows;
}


# What a request may do beyond plain nginx: a flow is copied out of the zone
# under the lock, once.

sub calls {
    my ($name, $ours, $plain) = @_;

    return {
        what => "locks of a request: $name",
        measured => $ours->{locks}, most => $name eq 'gate' ? 0 : 1,
    }, {
        what => "calls of libcrypto: $name",
        measured => $ours->{crypto}, most => 0,
    }, {
        what => "calls of malloc: $name, beyond plain nginx",
        measured => $ours->{mallocs} - $plain->{mallocs}, most => 0,
        note => sprintf('%.2f and %.2f', $ours->{mallocs}, $plain->{mallocs}),
    };
}


# the configuration of plain nginx that answers the same, out of a gate that
# does not run in callgrind; reloading one that does is no use

sub answers {
    my (%path) = @_;

    my $house = Bench::House->new(provider => 'read_interval 300s;');
    my $waiting = $house->waiting('bob');

    $house->act($waiting, 'poll');

    my $poll = $house->fetch('bob', 200, $waiting->{path}, '{}',
        $house->action_headers('poll'));

    $house->flow('eve');
    my $refusal = $house->fetch('eve', 403, '/gate/file');

    my %files = (
        'same-poll.conf' => Bench::House::same_conf($path{poll}, $poll),
        'same-refusal.conf'
            => Bench::House::same_conf($path{refusal}, $refusal),
    );

    $house->stop;

    return %files;
}


sub counted {
    my ($house, $method, $path, @headers) = @_;

    my $http = Idv::HTTP->new(port => $house->port);
    my ($answer, %headers);

    for my $round (0, 1) {
        control($house, '--zero') if $round;

        for (1 .. ($round ? $REQUESTS : 20)) {
            $answer = $http->request($method, $path, @headers);
        }
    }

    control($house, '--dump');

    my $count = profile($house->gate->dir);

    # what does not depend on a flow's id or the time
    my $names = join ' ', sort map { lc $_->[0] } @{$answer->{headers}};
    $names =~ s/ \K(?:accept-ranges|etag|last-modified) ?//g;

    $count->{picture} = join ' ', $answer->status, length($answer->body),
        $names;

    return $count;
}


sub control {
    my ($house, $what) = @_;

    my $pid = $house->gate->pid;
    my $text = `callgrind_control $what $pid 2>&1`;

    die "callgrind_control: $text\n" if $?;
}


# The newest dump: after "ob=" and "fn=" come costs of that function, a line
# each; but the cost in the line after "calls=" is that of what it calls.

sub profile {
    my ($dir) = @_;

    my ($name) = sort { -M $a <=> -M $b } glob "$dir/callgrind.*";
    open my $file, '<', $name // '' or die "callgrind left nothing\n";

    my %count = (all => 0, locks => 0, mallocs => 0, crypto => 0, in => {});
    my (%names, $object, $in, $called, $calls);

    while (my $line = <$file>) {

        if ($line =~ /^(c?)(ob|fn)=(\(\d+\))(?: (.*))?$/) {
            my ($of, $what, $key, $text) = ($1, $2, "$2 $3", $4);

            $names{$key} = $text if defined $text;

            if ($of) {
                $in = $names{$key} if $what eq 'ob';
                $called = $names{$key} if $what eq 'fn';

            } else {
                $object = $names{$key} if $what eq 'ob';
                $in = $object;
            }

        } elsif ($line =~ /^calls=(\d+)/) {
            my $n = $1;

            $count{locks} += $n if $called eq 'ngx_shmtx_lock';
            $count{mallocs} += $n
                if $called =~ /^(?:malloc|posix_memalign)$/
                   && $object !~ /libc\.so/;
            $count{crypto} += $n
                if $in =~ /libcrypto/ && $object !~ /libcrypto/;
            $calls = 1;
            $in = $object;

        } elsif ($line =~ /^[+*\d-]\S* (\d+)/) {
            my $cost = $1;

            if ($calls) {
                $calls = 0;
                next;
            }

            $count{all} += $cost;
            $count{in}{$object =~ s{.*/}{}r} += $cost;
        }
    }

    unlink $name;

    $_ /= $REQUESTS for @count{qw(all locks mallocs crypto)},
        values %{$count{in}};

    return \%count;
}


1;
