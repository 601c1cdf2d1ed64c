package Idv::Nginx;

# A private nginx with the modules under test, in a folder of its own.
#
#     my $nginx = Idv::Nginx->new(http => <<'END', files => { name => bytes });
#     server { listen 127.0.0.1:%%PORT_gate%%; ... }
#     END
#     ... $nginx->port('gate') ...
#     Idv::Nginx::finish();
#
# finish() stops what runs and adds test points that no test can forget: the
# master and every worker ended with 0 and in time, the log has no alert and no
# sanitizer's report, and nothing that was registered with forbid() is in it.
#
# Also: workers, connections (of a worker), main and events (configuration),
# env (variables of its environment), load (modules, in that order), level (of
# the log), single => 1 (no master process), daemon => 1 (for upgrade()).
#
# IDV_NGINX is the binary, IDV_MODULES the folder of the modules (empty: they
# are linked in).  IDV_KEEP=1 keeps the folders.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Log;
use Idv::Ports qw(free_port can_connect);

my (@instances, $finished);


sub new {
    my ($class, %arg) = @_;

    my $self = $class->prepare(%arg);

    push @instances, $self;
    $self->start;

    return $self;
}


# as new(), but nothing is started

sub prepare {
    my ($class, %arg) = @_;

    my $self = bless {
        name => $arg{name} || 'nginx',
        workers => $arg{single} ? 0 : $arg{workers} || 2,
        connections => $arg{connections} || 1024,
        single => $arg{single},
        env => $arg{env} || {},
        load => $arg{load}
            || [qw(ngx_http_idv_module ngx_http_idv_service_module)],
        ports => {},
        forbidden => [@{$arg{forbid} || []}],
        allowed => [@{$arg{allow} || []}],
        level => $arg{level} || 'debug',
        daemon => $arg{daemon},
        killed => {},
        dismissed => {},
    }, $class;

    $self->{dir} = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1,
        CLEANUP => !$ENV{IDV_KEEP});

    # an unprivileged worker reads some of the files
    chmod 0711, $self->{dir};
    mkdir "$self->{dir}/temp";

    my $files = $arg{files} || {};
    $self->write_file($_, $files->{$_}) for sort keys %$files;

    $self->write_config(%arg);

    return $self;
}


# test_config(%arg): (accepted?, what nginx said)

sub test_config {
    my ($class, %arg) = @_;

    my $self = $class->prepare(%arg);
    my $pid = $self->spawn('-t');

    waitpid $pid, 0;

    return ($? == 0, $self->read_file('stderr') . $self->read_file('error.log'))
}


sub dir { $_[0]{dir} }
sub log { $_[0]{log} }


# workers that were killed, and that were told to go, each with the time

sub killed { $_[0]{killed} }
sub dismissed { $_[0]{dismissed} }


sub port {
    my ($self, $name) = @_;

    return $self->{ports}{$name} ||= free_port();
}


sub write_file {
    my ($self, $name, $bytes, $mode) = @_;

    my $path = "$self->{dir}/$name";

    open my $file, '>:raw', $path or die "$path: $!";
    print $file $self->expand($bytes);
    close $file or die "$path: $!";
    chmod $mode // ($name =~ /secret|key/ ? 0600 : 0644), $path;

    return $path;
}


sub read_file {
    my ($self, $name) = @_;

    open my $file, '<:raw', "$self->{dir}/$name" or return '';
    local $/;

    return scalar <$file>;
}


sub expand {
    my ($self, $text) = @_;

    $text =~ s/%%PORT_(\w+)%%/$self->port($1)/ge;
    $text =~ s/%%DIR%%/$self->{dir}/g;

    return $text;
}


sub write_config {
    my ($self, %arg) = @_;

    $self->{$_} = $arg{$_} // $self->{$_} // '' for qw(main events http);

    my $modules = $ENV{IDV_MODULES} // '';
    my $load = join '', map { "load_module $modules/$_.so;\n" }
        $modules eq '' ? () : @{$self->{load}};

    my $user = $> == 0 ? "user nobody nogroup;\n" : '';
    my $daemon = $self->{daemon} ? 'on' : 'off';
    my $workers = $self->{single} ? "master_process off;"
                                  : "worker_processes $self->{workers};";

    $self->write_file('nginx.conf', <<"END");
${load}${user}$workers
pid %%DIR%%/nginx.pid;
error_log %%DIR%%/error.log $self->{level};
daemon $daemon;
$self->{main}
events {
    worker_connections $self->{connections};
    $self->{events}
}

http {
    access_log off;
    client_body_temp_path %%DIR%%/temp/body;
    proxy_temp_path       %%DIR%%/temp/proxy;
    fastcgi_temp_path     %%DIR%%/temp/fastcgi;
    uwsgi_temp_path       %%DIR%%/temp/uwsgi;
    scgi_temp_path        %%DIR%%/temp/scgi;

$self->{http}
}
END
}


sub spawn {
    my ($self, @options) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    $ENV{$_} = $self->expand($self->{env}{$_}) for keys %{$self->{env}};

    open STDIN, '<', '/dev/null';
    open STDOUT, '>', "$self->{dir}/stdout";
    open STDERR, '>', "$self->{dir}/stderr";

    exec $ENV{IDV_NGINX} || '/usr/sbin/nginx', '-p', "$self->{dir}/",
        '-c', 'nginx.conf', '-e', "$self->{dir}/error.log", @options
        or POSIX::_exit(127);
}


sub start {
    my ($self) = @_;

    $self->{master} = $self->spawn;
    $self->{log} = Idv::Log->new("$self->{dir}/error.log");
    delete $self->{status};

    if ($self->{daemon}) {
        waitpid $self->{master}, 0;
        $self->wait_until(5, sub { $self->pid_file });
        $self->{master} = $self->pid_file // 0;
    }

    my $up = $self->wait_until(30, sub {
        return 1 if $self->reap;
        return -s "$self->{dir}/nginx.pid"
               && @{[$self->workers]} >= $self->{workers}
               && !grep { !can_connect($_) } $self->listening;
    });

    if (!$up || defined $self->{status}) {
        diag($self->read_file('stderr'), $self->{log}->excerpt);
        BAIL_OUT("$self->{name} did not start") if $ENV{IDV_BAIL};
        die "$self->{name} did not start\n";
    }
}


# stops all of it, QUIT, or kills it, KILL, and starts it again

sub restart {
    my ($self, $signal) = @_;

    my @all = ($self->{master}, $signal eq 'KILL' ? $self->workers : ());

    kill $signal => @all;
    $self->{killed}{$_} = time for @all[1 .. $#all];

    $self->wait_until($ENV{ASAN_OPTIONS} ? 30 : 10, sub {
        return $self->reap && !grep { can_connect($_) } $self->listening;
    }) or die "$self->{name} did not stop\n";

    unlink "$self->{dir}/nginx.pid";
    $self->start;
}


# the named ports that the configuration listens on, over TCP

sub listening {
    my ($self) = @_;

    my $config = $self->read_file('nginx.conf');

    return grep { $config =~ /listen\s+127\.0\.0\.1:$_\b(?!.*\bquic\b)/ }
        values %{$self->{ports}};
}


sub wait_until {
    my ($self, $seconds, $condition) = @_;

    my $deadline = time + $seconds;

    while (time < $deadline) {
        return 1 if $condition->();
        sleep 0.02;
    }

    return $condition->() ? 1 : 0;
}


# 1 if the master is gone

sub reap {
    my ($self) = @_;

    return 1 if defined $self->{status};

    # a daemon is no child of ours, but has a last word in the log

    if ($self->{daemon}) {
        my $master = $self->{master};

        return 0 if $self->{log}->text !~ /\b$master#\d+: exit$/m;

        $self->{status} = 0;
        return 1;
    }

    if (waitpid($self->{master}, WNOHANG) == $self->{master}) {
        $self->{status} = $?;
        return 1;
    }

    return 0;
}


# the processes that the master has started and that have not exited

sub workers {
    my ($self) = @_;

    my @pids;

    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $file, '<', $stat or next;
        my $line = <$file> // next;
        my ($pid, $state, $parent) = $line =~ /^(\d+) \(.*\) (\S) (\d+)/s
            or next;

        push @pids, $pid if $parent == $self->{master} && $state ne 'Z';
    }

    return @pids;
}


# those of them that are there to stay: after a reload the old ones take leave,
# and a sanitizer makes that long

sub serving {
    my ($self) = @_;

    my %told = map { $_ => 1 } $self->told($self->{log}->text);

    return grep { !$told{$_} } $self->workers;
}


# who has heard, in that part of the log, that it has to go

sub told {
    my ($self, $text) = @_;

    return $text =~ /\s(\d+)#\d+: gracefully shutting down/g;
}


# reload(%changed): the new workers are there, and the old ones are told to go.
# 0 if nginx refused the new configuration.

sub reload {
    my ($self, %arg) = @_;

    my $mark = $self->{log}->mark;
    my %old = map { $_ => 1 } $self->workers;

    # those of an earlier reload may still be there
    my @serving = $self->serving;

    $self->write_config(%arg);
    $self->{dismissed}{$_} //= time for @serving;
    kill HUP => $self->{master};

    $self->wait_until(30, sub {
        return 1 if $self->{log}->since($mark) =~ /\[emerg\]/;
        # each old worker accepts until it has heard of it
        my %left = map { $_ => 1 } @serving;
        delete @left{$self->told($self->{log}->since($mark))};
        return grep({ !$old{$_} } $self->workers) >= $self->{workers}
               && !%left;
    }) or die "$self->{name} did not reload\n";

    return $self->{log}->since($mark) !~ /\[emerg\]/;
}


# kill -9, and wait for the one that takes its place; nobody takes the place of
# a worker that was leaving anyway

sub kill_worker {
    my ($self, $pid) = @_;

    $pid ||= ($self->serving)[0];

    return $self->worker_dies(sub { kill KILL => $pid });
}


# does what makes a worker die, and waits until that and for the one that takes
# its place; the pid, or undef if none has died in time

sub worker_dies {
    my ($self, $do, $seconds) = @_;

    my %old = map { $_ => 1 } $self->workers;
    my @serving = $self->serving;
    my $pid;

    $do->();

    # those that were told to go may go meanwhile

    $self->wait_until($seconds // 10, sub {
        my %now = map { $_ => 1 } $self->workers;
        ($pid) = grep { !$now{$_} } @serving;
        return $pid;
    }) or return undef;

    $self->{killed}{$pid} = time;

    # what the master says of it, and of a lock it held
    $self->allow(qr/worker process $pid exited on signal 9/,
                 qr/shared memory zone "\w+" was locked by $pid/);

    $self->wait_until(10, sub {
        return grep { !$old{$_} } $self->workers;
    }) or die "no new worker for $pid\n";

    return $pid;
}


# Another binary for the running one, as operators do it: a new master beside
# the old, whose workers go, and then itself.  nginx does so only as a daemon.
# Gives back the seconds of both.

sub upgrade {
    my ($self) = @_;

    my $old = $self->{master};
    my $start = time;
    my $new;

    $self->{dismissed}{$_} //= $start for $self->workers;
    kill USR2 => $old;

    $self->wait_until(30, sub {
        $new = $self->pid_file or return;
        return if $new == $old;
        local $self->{master} = $new;
        return @{[$self->workers]} >= $self->{workers};
    }) or die "$self->{name}: there is no new master\n";

    kill WINCH => $old;

    # the new master is a child of the old one

    $self->wait_until(30, sub { !grep { $_ != $new } $self->workers })
        or die "$self->{name}: old workers stay\n";

    kill QUIT => $old;

    ok($self->wait_until(10, sub { $self->reap }),
        "$self->{name}: the old master has ended by itself");

    $self->{master} = $new;
    delete $self->{status};

    return ($start, time);
}


sub pid_file { ($_[0]->read_file('nginx.pid') =~ /^(\d+)$/)[0] }


# lines of the log that this test provokes on purpose

sub allow {
    my ($self, @patterns) = @_;

    push @{$self->{allowed}}, @patterns;
}


# values that must not be in any log: secrets, codes, names, contacts, cookies

sub forbid {
    my ($self, @values) = @_;

    push @{$self->{forbidden}}, grep { defined && length > 3 } @values;
}


# lines in which nginx itself says what it should not, and we cannot keep it

sub spare { my ($self, @lines) = @_; push @{$self->{spared}}, @lines }


sub stop {
    my ($self) = @_;

    return if $self->{stopped}++;

    my $name = $self->{name};

    # a sanitizer looks for leaks at the end, and takes its time
    my $bound = $ENV{ASAN_OPTIONS} ? 30 : 10;

    kill QUIT => $self->{master};

    my $ended = $self->wait_until($bound, sub { $self->reap });

    $self->end unless $ended;

    ok($ended && $self->{status} == 0, "$name: ended by itself, with 0")
        or diag("status ", $self->{status} // 'none', " within $bound s");

    $self->check;
}


sub check {
    my ($self) = @_;

    my ($name, $log) = ($self->{name}, $self->{log});

    my @failed = grep { !$self->{killed}{$_} } $log->failed_workers;
    is("@failed", '', "$name: every worker ended with 0");

    for my $kind (qw(alerts reports)) {
        my @lines = $log->$kind(@{$self->{allowed}});
        is(scalar @lines, 0, "$name: no $kind in the log")
            or diag(map { substr($_, 0, 400) . "\n" } @lines[0 .. min(9, $#lines)]);
    }

    my @spared = @{$self->{spared} || []};
    my @leaks = grep { my $leak = $_; !grep { $leak =~ $_ } @spared }
        $log->leaks(@{$self->{forbidden}});
    is(scalar @leaks, 0, "$name: the log gives nothing away")
        or diag(map { "$_\n" } @leaks[0 .. min(9, $#leaks)]);
}


sub min { $_[0] < $_[1] ? $_[0] : $_[1] }


# without waiting and without checks

sub end {
    my ($self) = @_;

    return if !$self->{master} || $self->reap;

    my @all = ($self->{master}, $self->workers);

    kill KILL => @all;
    waitpid $self->{master}, 0;
    $self->{status} = $self->{daemon} ? 0 : $?;
}


sub finish {
    $_->stop for @instances;
    $finished = 1;

    done_testing();
}


# A test that dies leaves nothing running, and shows what nginx said.

my $owner = $$;

END {
    if ($$ == $owner) {
        my $rc = $?;

        for my $self (@instances) {
            diag($self->{log}->excerpt) if $rc && $self->{log};
            $self->end;
        }

        $? = $rc || ($finished || !@instances ? 0 : 1);
    }
}


1;
