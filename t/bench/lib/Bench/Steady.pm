package Bench::Steady;

# Load at a constant rate, by t/bench/steady.c, on a core of its own.
#
#     my $list = Bench::Steady::requests($gate,
#         { path => '/gate/file', headers => {...} }, ...);
#     my $result = Bench::Steady->run(server => $gate, port => $port,
#         requests => $list, rate => 1000, seconds => 5, connections => 64);
#     $result->{p50}, $result->{p99}, $result->{p999}, $result->{max}   # us
#
# A request that is lost, or answered with another status than the expected one,
# ends the bench.

use strict;
use warnings;

use JSON::PP ();
use POSIX ();

use Bench::House;

my $lists = 0;
my %background;


# built where what the set-up fetched is, once

sub program {
    my $source = "$ENV{IDV_TOP}/t/bench/steady.c";
    my $program = "$ENV{IDV_CACHE}/steady";

    return $program if -x $program && -M $program < -M $source;

    system($ENV{CC} || 'cc', '-O2', '-Wall', '-Wextra', '-Werror',
        '-o', "$program.new", $source) == 0 or die "no steady\n";
    rename "$program.new", $program or die "$program: $!\n";

    return $program;
}


# the file of requests, each of path, headers and perhaps a body

sub requests {
    my ($server, @requests) = @_;

    return $server->write('requests' . ++$lists, join '', map {
        my ($path, $body, %headers)
            = ($_->{path}, $_->{body}, %{$_->{headers}});

        my $text = (defined $body ? 'POST' : 'GET')
            . " $path HTTP/1.1\r\nHost: 127.0.0.1\r\n";

        $headers{'Content-Length'} = length $body if defined $body;
        $text .= join '', map { "$_: $headers{$_}\r\n" } sort keys %headers;
        $text .= "\r\n" . ($body // '');

        length($text) . "\n$text";
    } @requests);
}


sub start {
    my ($class, %arg) = @_;

    my $self = bless { rate => 0, seconds => 0, connections => 32,
                       addresses => 1, status => 200, %arg }, $class;

    my @command = ('taskset', '-c', $Bench::House::CLIENT_CPU, program(),
        @$self{qw(port rate seconds connections addresses status requests)},
        $self->{ids} // ());

    pipe my $read, my $write or die "pipe: $!\n";

    $self->{times} = [$arg{server}->cpu_time];
    $self->{from} = $read;
    $self->{pid} = fork // die "fork: $!\n";

    if ($self->{pid} == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>&', $write;
        open STDERR, '>&', $write;
        exec @command or POSIX::_exit(127);
    }

    $background{$self->{pid}} = 1;

    return $self;
}


sub finish {
    my ($self) = @_;

    my $from = $self->{from};
    local $/;
    my $text = <$from> // '';

    waitpid $self->{pid}, 0;
    delete $background{$self->{pid}};

    $text =~ /^(\{.*\})$/m
        or die "steady has failed:\n", substr($text, -2000), "\n";

    my $result = JSON::PP::decode_json($1);

    die "$result->{wrong} of $result->{requests} answers were not "
        . "$self->{status}, $result->{lost} were lost\n"
        if $result->{wrong} || $result->{lost} || !$result->{requests};

    my ($ran) = $self->{server}->cpu_time;
    $ran -= $self->{times}[0];

    $result->{rate} = $result->{requests} / ($result->{seconds} || 1);
    $result->{busy} = $ran / ($result->{seconds} || 1);
    $result->{cpu_rate} = $result->{requests} / ($ran || 1);

    return $result;
}


sub run {
    my ($class, @arg) = @_;

    return $class->start(@arg)->finish;
}


END {
    kill KILL => keys %background if %background;
}


1;
