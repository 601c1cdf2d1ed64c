package Bench::Server;

# A server of the bench: in a folder of its own, bound to one core, in the
# foreground.
#
#     my $gate = Bench::Server->new(name => 'gate', cpu => 0,
#         files => { 'nginx.conf' => $text, ... }, ports => ['gate'],
#         command => [$nginx, '-p', '%%DIR%%/', '-c', 'nginx.conf']);
#     my ($ran, $waited) = $gate->cpu_time;
#     $gate->stop;
#
# In the files and the command %%DIR%% is the folder and %%PORT_name%% a free
# port.  A server that does not start, or leaves by itself, ends the bench.

use strict;
use warnings;

use File::Path ();
use File::Temp ();
use POSIX qw(WNOHANG);
use Time::HiRes qw(time sleep);

use Idv::Ports qw(free_port can_connect);

my @running;


sub new {
    my ($class, %arg) = @_;

    my $self = bless { port => {}, workers => 1, %arg }, $class;

    # unprivileged workers go through it
    $self->{dir} = File::Temp::tempdir('idv-bench-XXXXXX', TMPDIR => 1);
    chmod 0711, $self->{dir};
    mkdir "$self->{dir}/temp";

    $self->write($_, $arg{files}{$_}) for sort keys %{$arg{files}};

    push @running, $self;
    $self->start;

    return $self;
}


sub dir { $_[0]{dir} }
sub pid { $_[0]{pid} }


sub port {
    my ($self, $name) = @_;

    return $self->{port}{$name} ||= free_port();
}


sub expand {
    my ($self, $text) = @_;

    $text =~ s/%%DIR%%/$self->{dir}/g;
    $text =~ s/%%PORT_(\w+)%%/$self->port($1)/ge;

    return $text;
}


sub write {
    my ($self, $name, $bytes) = @_;

    my $path = "$self->{dir}/$name";
    my ($folder) = $path =~ m{^(.*)/};

    File::Path::make_path($folder);

    open my $file, '>:raw', $path or die "$path: $!\n";
    print $file $self->expand($bytes);
    close $file or die "$path: $!\n";

    chmod $name =~ /secret|key/ ? 0600 : 0644, $path;

    return $path;
}


sub start {
    my ($self) = @_;

    my @command = map { $self->expand($_) } @{$self->{command}};

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{dir}/stdout";
        open STDERR, '>', "$self->{dir}/stderr";
        exec 'taskset', '-c', $self->{cpu}, @command or POSIX::_exit(127);
    }

    $self->{pid} = $pid;

    my $deadline = time + 60;

    for my $name (@{$self->{ports}}) {
        until (can_connect($self->port($name))) {
            $self->fail('did not start') if $self->gone || time > $deadline;
            sleep 0.02;
        }
    }

    $self->fail('did not start') if $self->gone;
}


sub gone {
    my ($self) = @_;

    return 1 if defined $self->{status};
    return 0 if waitpid($self->{pid}, WNOHANG) != $self->{pid};

    $self->{status} = $?;

    return 1;
}


sub fail {
    my ($self, $why) = @_;

    my $text = join '', map { $self->slurp($_) } qw(stderr error.log);

    die "$self->{name} $why\n", substr($text, -2000), "\n";
}


sub slurp {
    my ($self, $name) = @_;

    open my $file, '<:raw', "$self->{dir}/$name" or return '';
    local $/;

    return scalar <$file> // '';
}


# the processes that it has started: workers

sub workers {
    my ($self) = @_;

    my @pids;

    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $file, '<', $stat or next;
        my $line = <$file> // next;
        my ($pid, $state, $parent) = $line =~ /^(\d+) \(.*\) (\S) (\d+)/s
            or next;

        push @pids, $pid if $parent == $self->{pid} && $state ne 'Z';
    }

    return sort { $a <=> $b } @pids;
}


# seconds that all its threads have run, and that they waited for their core
# although they could have

sub cpu_time {
    my ($self) = @_;

    my ($ran, $waited) = (0, 0);

    for my $pid ($self->{pid}, $self->workers) {
        for my $stat (glob "/proc/$pid/task/*/schedstat") {
            open my $file, '<', $stat or next;
            my ($run, $wait) = (<$file> // '') =~ /^(\d+) (\d+)/ or next;
            $ran += $run;
            $waited += $wait;
        }
    }

    return ($ran / 1e9, $waited / 1e9);
}


# a new generation of workers, and the old one gone

sub reload {
    my ($self) = @_;

    my @old = $self->workers;

    kill HUP => $self->{pid};
    $self->replaced(@old);
}


# kill -9, and another in its place

sub kill_worker {
    my ($self, $pid) = @_;

    kill KILL => $pid;
    $self->replaced($pid);
}


sub replaced {
    my ($self, @gone) = @_;

    my %gone = map { $_ => 1 } @gone;
    my $deadline = time + 20;

    while (time < $deadline) {
        my @now = $self->workers;

        return if @now == $self->{workers} && !grep { $gone{$_} } @now;

        sleep 0.01;
    }

    $self->fail('has no new workers');
}


sub stop {
    my ($self) = @_;

    @running = grep { $_ != $self } @running;

    if (!$self->gone) {
        my @all = ($self->{pid}, $self->workers);

        kill TERM => $self->{pid};

        my $deadline = time + 5;
        sleep 0.01 while !$self->gone && time < $deadline;

        if (!$self->gone) {
            kill KILL => @all;
            waitpid $self->{pid}, 0;
        }
    }

    File::Path::remove_tree($self->{dir}) unless $ENV{IDV_KEEP};
}


sub stop_all {
    $_->stop for my @all = @running;
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
