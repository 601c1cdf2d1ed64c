package Bench::Load;

# Load by wrk, on a core of its own.
#
#     my $result = Bench::Load->run(server => $gate, cpu => 1, port => $port,
#         path => '/gate/file', headers => {...}, status => 200);
#     $result->{rate}, $result->{cpu_rate}, $result->{p99}
#
# An answer with another status than the expected one, or a connection that
# fails, ends the bench: what is not answered right is not measured.

use strict;
use warnings;

use JSON::PP ();
use POSIX ();

my $json = JSON::PP->new->utf8->canonical;
my %background;


# starts one; finish() waits for its end and gives the result

sub start {
    my ($class, %arg) = @_;

    my $self = bless { connections => 32, seconds => 2, status => 200,
                       script => 'load.lua', path => '/', %arg }, $class;

    pipe my $read, my $write or die "pipe: $!\n";

    $self->{times} = [$arg{server}->cpu_time] if $arg{server};
    $self->{from} = $read;
    $self->{pid} = fork // die "fork: $!\n";

    if ($self->{pid} == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>&', $write;
        open STDERR, '>&', $write;
        $ENV{BENCH_REQUEST} = $self->request;
        exec $self->command or POSIX::_exit(127);
    }

    $background{$self->{pid}} = 1;

    return $self;
}


sub command {
    my ($self) = @_;

    return ('taskset', '-c', $self->{cpu}, 'wrk', '-t1',
        "-c$self->{connections}", "-d$self->{seconds}s",
        '--timeout', '30s', '--latency',
        '-s', "$ENV{IDV_TOP}/t/bench/wrk/$self->{script}",
        "http://127.0.0.1:$self->{port}$self->{path}");
}


# method, body, headers and the options of the script, a line each

sub request {
    my ($self) = @_;

    my %headers = %{$self->{headers} || {}};
    my %options = %{$self->{options} || {}};

    return join '', map { "$_\n" }
        'method ' . ($self->{method} || 'GET'),
        defined $self->{body} ? "body $self->{body}" : (),
        (map { "header $_: $headers{$_}" } sort keys %headers),
        (map { "option $_: $options{$_}" } sort keys %options);
}


sub finish {
    my ($self) = @_;

    my $from = $self->{from};
    local $/;
    my $text = <$from> // '';

    waitpid $self->{pid}, 0;
    delete $background{$self->{pid}};

    $text =~ /^BENCH (\{.*\})$/m
        or die "wrk has failed:\n", substr($text, -2000), "\n";

    my $result = $json->decode($1);

    @$result{qw(created read_back)} = ($1, $2)
        if $text =~ /^TRANSACTIONS (\d+) (\d+)$/m;

    if ($self->{server}) {
        my ($ran, $waited) = $self->{server}->cpu_time;
        $ran -= $self->{times}[0];
        $waited -= $self->{times}[1];

        $result->{busy} = $ran / $result->{seconds};
        $result->{waited} = $waited / $result->{seconds};
        $result->{cpu_rate} = $result->{requests} / $ran;
    }

    $result->{rate} = $result->{requests} / $result->{seconds};

    return $result;
}


sub stop {
    my ($self) = @_;

    kill INT => $self->{pid};

    return $self->finish;
}


sub run {
    my ($class, %arg) = @_;

    my $self = $class->start(%arg);

    return $self->check($self->finish);
}


sub check {
    my ($self, $result) = @_;

    # wrk's own count has what is 400 and above
    my $other = $result->{refused};
    $other = $result->{requests} - $other if $self->{status} >= 400;

    my $failed = $self->failed($result);

    die sprintf('%s after %s s: %d of %d answers were not %d, %d connections '
                . "failed%s\n", $self->{path} // $self->{script},
                $result->{seconds}, $other, $result->{requests},
                $self->{status}, $failed, $self->last_words)
        if $other || $failed || !$result->{requests};

    return $result;
}


# the newest line of the server's log

sub last_words {
    my ($self) = @_;

    my $log = $self->{server} ? $self->{server}->slurp('error.log') : '';

    return $log =~ /([^\n]+)\n?\z/ ? "; $1" : '';
}


sub failed {
    my ($self, $result) = @_;

    my $sum = 0;
    $sum += $result->{$_} for qw(connect read write timeout);

    return $sum;
}


sub stop_all {
    for my $pid (keys %background) {
        kill KILL => $pid;
        waitpid $pid, 0;
        delete $background{$pid};
    }
}


my $owner = $$;

END {
    if ($$ == $owner) {
        my $rc = $?;
        stop_all();
        $? = $rc;
    }
}


1;
