#!/usr/bin/perl

# The README's walk with curl, as typed: each command of its console blocks is
# run in one shell against a demo of this build, and must answer what the README
# shows.  What is different each time (ids, codes, times) is compared by form.

# variants: plain

use strict;
use warnings;

use File::Temp ();
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep time);

use Idv::Log;
use Idv::Ports qw(can_connect free_port);

my $dir = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0711, $dir;

my @steps = steps("$ENV{IDV_TOP}/README.md");
cmp_ok(scalar @steps, '>', 10, 'the README has commands');

my $port = free_port();
$port = free_port() while grep { can_connect($_) } $port .. $port + 2;

my $pid = start();

# a person needs a moment to type; the demo reads its provider each second

my $mark = '--- the end of an answer ---';
my $script = join '', map { "$_->[0]\necho '$mark'\nsleep 1.2\n" } @steps;

$script =~ s/127\.0\.0\.1:808([012])/'127.0.0.1:' . ($port + $1)/ge;

my @answers = split /^\Q$mark\E\n/m, run($script), -1;

is(scalar @answers, @steps + 1, 'each command has ended');

for my $i (0 .. $#steps) {
    my ($command, $shown) = @{$steps[$i]};
    my ($name) = $command =~ /^([^\n]{1,70})/;

    is(form($answers[$i] // ''), form($shown), $name);
}

# what the story is about, whatever the README shows

my $told = join '', map { $_->[1] } @steps;
my @states = $told =~ /"status":"(\w+)"/g;

is("@states", join(' ', map({ "ID_VERIFICATION_$_" }
        qw(DEVICE OPTIONS REQUIRED IN_PROGRESS COMPLETED)), 'COMPLETED'),
    'the README shows every state on the way');
like($told, qr/^"IDV-First-Name":"ANN"$/m, 'and what the application saw');

# the configuration of the first gate is nginx's own language

my ($gate) = text("$ENV{IDV_TOP}/README.md")
    =~ /^## Your first gate\n.*?^```nginx\n(.*?)^```/ms;

ok(defined $gate, 'the README has a first gate');

my @lines = grep { /\S/ && !/^\s*\}$/ } split /\n/, $gate // '';
cmp_ok(scalar @lines, '<=', 10, 'in ten lines');

my ($ok, $said) = check_gate($gate // '');
ok($ok, 'which nginx takes') or diag($said);

stop();

is(join("\n", Idv::Log->new("$dir/demo/error.log")->alerts), '',
    'no alerts in the log of the demo');

done_testing();


# [command, what it answers] of each "$ " in the console blocks

sub steps {
    my ($path) = @_;

    my @steps;

    for my $block (text($path) =~ /^```console\n(.*?)^```/msg) {
        for my $line (split /^/m, $block) {
            if ($line =~ s/^\$ //) {
                push @steps, [$line, ''];

            } elsif ($line =~ s/^> //) {
                $steps[-1][0] .= $line;

            } else {
                $steps[-1][1] .= $line;
            }
        }
    }

    chomp $_->[0] for @steps;

    return @steps;
}


sub text {
    my ($path) = @_;

    open my $file, '<', $path or die "$path: $!";
    local $/;

    return scalar <$file>;
}


sub form {
    my ($text) = @_;

    $text =~ s/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/UUID/g;
    $text =~ s/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/TIME/g;
    $text =~ s{(?<="id":")\w{22}(?=")|(?<=/flows/)\w{22}\b}{FLOW}g;
    $text =~ s/(?<=\[")[ep]\w{12}(?=")/CONTACT/g;
    $text =~ s/(?<="verificationCode":")\d{6}(?=")|(?<=code=)\d{6}\b/CODE/g;
    $text =~ s/127\.0\.0\.1(?::|%3A)\d+/HOST/g;

    return $text;
}


sub run {
    my ($script) = @_;

    open my $out, '>', "$dir/script" or die "$dir/script: $!";
    print $out $script;
    close $out or die "$dir/script: $!";

    my $shell = fork // die "fork: $!";

    if ($shell == 0) {
        chdir $dir or POSIX::_exit(126);
        delete @ENV{grep { /_proxy$/i } keys %ENV};
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/out" or POSIX::_exit(125);
        open STDERR, '>&', \*STDOUT;
        exec 'bash', '--norc', "$dir/script" or POSIX::_exit(127);
    }

    waitpid $shell, 0;
    die "the shell ended with $?\n" if $?;

    return text("$dir/out");
}


sub start {
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        $ENV{IDV_DEMO_PORT} = $port;
        $ENV{IDV_DEMO_DIR} = "$dir/demo";
        $ENV{NGX_BIN} = $ENV{IDV_NGINX};
        $ENV{BUILDDIR} = $ENV{IDV_BUILD};

        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/demo.out";
        open STDERR, '>&', \*STDOUT;
        exec "$ENV{IDV_TOP}/t/tools/demo" or POSIX::_exit(127);
    }

    my $deadline = time + 30;

    until (can_connect($port)) {
        last if waitpid($pid, WNOHANG) == $pid || time > $deadline;
        sleep 0.05;
    }

    ok(can_connect($port), 'the demo is up') or diag(text("$dir/demo.out"));

    return $pid;
}


sub stop {
    kill INT => $pid;
    waitpid $pid, 0;
    is($?, 0, 'the demo ends without an error');
    undef $pid;
}


# the ten lines, with what the README takes for granted around them

sub check_gate {
    my ($gate) = @_;

    my ($http, $server) = $gate =~ /^(.*^\}\n)(.*)/ms or return (0, 'no block');

    mkdir "$dir/gate";
    mkdir "$dir/gate/temp";

    $http =~ s{/etc/nginx/idv/}{$dir/gate/}g;

    for my $name (qw(client_secret session.key)) {
        open my $out, '>', "$dir/gate/$name" or die "$name: $!";
        print $out 'x' x 32;
        close $out;
        chmod 0600, "$dir/gate/$name";
    }

    my $temp = join '', map { "${_}_temp_path temp/$_;\n" }
        qw(client_body proxy fastcgi uwsgi scgi);

    open my $out, '>', "$dir/gate/nginx.conf" or die "nginx.conf: $!";
    print $out <<"END";
load_module $ENV{IDV_MODULES}/ngx_http_idv_module.so;
events { }
http {
access_log off;
$temp
map \$remote_user \$pingone_user { default ""; }
upstream app { server 127.0.0.1:$port; }
$http
server {
listen 127.0.0.1:$port;
auth_basic "test";
auth_basic_user_file htpasswd;
$server
}
}
END
    close $out;

    my $options = "-p $dir/gate/ -c nginx.conf -e stderr -g 'pid nginx.pid;'";
    my $said = `$ENV{IDV_NGINX} -t $options 2>&1`;

    return ($? == 0 && $said !~ /\[warn\]/, $said);
}


END {
    if (defined $pid) {
        kill INT => $pid;
    }
}
