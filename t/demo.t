#!/usr/bin/perl

# "make demo", as a new user meets it: one command, then curl alone, from the
# refusal to the claims that the application saw.  The steps are those that the
# demo prints and that the README shows.

# variants: plain

use strict;
use warnings;

use File::Temp ();
use JSON::PP ();
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep time);

use Idv::Log;
use Idv::Ports qw(can_connect free_port);

my $dir = File::Temp::tempdir(CLEANUP => 1);
chmod 0711, $dir;

# three ports in a row

my @ports = map { free_port() } 1 .. 3;

while ($ports[2] != $ports[0] + 2) {
    shift @ports;
    push @ports, free_port();
}

my $port = $ports[0];

my $gate = "http://127.0.0.1:$port";
my $control = 'http://127.0.0.1:' . ($port + 1) . '/_control';

my $pid = start();

is(demo_ends($port), 1, 'a second demo on these ports');
like(said('2-second'), qr/port $port is in use/, 'says why it does not start');

like(said(1), qr{$gate/}, 'the demo prints its address');
like(said(1), qr/ann .*password ann/, 'and its users');

is((curl('/'))[0], 401, 'without a password: 401');

my ($status, $state) = idv("$gate/");
is($status, 403, 'ann is refused');
is($state->{status}, 'ID_VERIFICATION_DEVICE', 'with a flow');

my $flow = $state->{_links}{self}{href};
like($flow, qr{^\Q$gate\E/pf-ws/authn/flows/\w+$}, 'that has a link');

is(act('deviceAuthentication', '{"deviceAuthentication":"other"}'),
    'ID_VERIFICATION_OPTIONS', 'another device');
is(act('optionsAuthentication', '{"email":null,"phone":null}'),
    'ID_VERIFICATION_REQUIRED', 'by QR code');

my ($id) = $state->{webVerificationUrl} =~ /[?&]txnid=([0-9a-f-]{36})/;

phone('IN_PROGRESS');
is(poll_until('ID_VERIFICATION_IN_PROGRESS'), 1, 'the phone is at it');
phone('SUCCESS');
is(poll_until('ID_VERIFICATION_COMPLETED'), 1, 'and done');
is(act('continueAuthentication', '{}'), 'COMPLETED', 'she continues');

my $name = $state->{authorizeResponse}{firstName};

($status, $state) = idv("$gate/hello");
is($status, 200, 'and is through');
is($state->{headers}{'IDV-First-Name'}, $name, 'with her verified name');
is($state->{headers}{'IDV-Status'}, 'SUCCESS', 'and status');

is((idv("$gate/", 'bob'))[0], 403, 'bob is not');

($status, my $seen) = curl("$gate/console/api/users/ann", '-u', 'admin:admin');
is($seen->{transactions}[0]{status}, 'SUCCESS', 'admin sees it in the console');
is((curl("$gate/console/api/users/ann", '-u', 'ann:ann'))[0], 403,
    '... and ann does not');

# a second run keeps the keys: her session goes on

stop();
$pid = start();
is((idv("$gate/"))[0], 200, 'after a restart she is still through');

# nothing was written that others can read

for my $file (qw(session.key client_secret)) {
    is((stat "$dir/demo/$file")[2] & 077, 0, "$file is the owner's alone");
}

stop();

my $log = Idv::Log->new("$dir/demo/error.log");
is(join("\n", $log->alerts), '', 'no alerts in its log');

done_testing();


sub start {
    my $pid = spawn($port);
    my $deadline = time + 30;

    # it tests the configuration first, and that listens for a moment, too

    until (said(1) =~ /Ctrl-C ends it/ && can_connect($port)) {
        last if waitpid($pid, WNOHANG) == $pid || time > $deadline;
        sleep 0.05;
    }

    ok(can_connect($port), 'the demo is up') or diag(said(1), said(2));

    return $pid;
}


sub spawn {
    my ($port, $suffix) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    $suffix //= '';
    $ENV{IDV_DEMO_PORT} = $port;
    $ENV{IDV_DEMO_DIR} = "$dir/demo$suffix";
    $ENV{NGX_BIN} = $ENV{IDV_NGINX};
    $ENV{BUILDDIR} = $ENV{IDV_BUILD};

    open STDIN, '<', '/dev/null';
    open STDOUT, '>', "$dir/1$suffix";
    open STDERR, '>', "$dir/2$suffix";
    exec "$ENV{IDV_TOP}/t/tools/demo" or POSIX::_exit(127);
}


# the exit code of a demo that cannot start

sub demo_ends {
    my ($port) = @_;

    my $pid = spawn($port, '-second');
    waitpid $pid, 0;

    return $? >> 8;
}


sub said {
    my ($stream) = @_;

    open my $file, '<', "$dir/$stream" or return '';
    local $/;

    return scalar <$file>;
}


# what Ctrl-C does

sub stop {
    kill INT => $pid;
    waitpid $pid, 0;
    is($?, 0, 'Ctrl-C ends it, without an error');
    undef $pid;
}


sub curl {
    my ($path, @options) = @_;

    my $url = $path =~ /^http/ ? $path : "$gate$path";

    open my $pipe, '-|', 'curl', '-q', '-s', '--noproxy', '*', '-m', 30,
        '-w', "\n%{http_code}", @options, $url or die "curl: $!";

    my $text = join '', <$pipe>;
    close $pipe;

    my ($body, $code) = $text =~ /^(.*)\n(\d+)\z/s or return (0, undef);

    return ($code, eval { JSON::PP->new->utf8->decode($body) });
}


sub idv {
    my ($url, $user) = @_;

    $user ||= 'ann';

    return curl($url, '-u', "$user:$user", '-b', "$dir/cookies-$user",
        '-c', "$dir/cookies-$user");
}


sub act {
    my ($action, $model) = @_;

    (undef, $state) = curl($flow, '-u', 'ann:ann', '-b', "$dir/cookies-ann",
        '-c', "$dir/cookies-ann", '-H', 'X-XSRF-Header: curl', '-d', $model,
        '-H', "Content-Type: application/vnd.pingidentity.$action+json");

    return $state->{status};
}


sub poll_until {
    my ($status) = @_;

    # the demo reads its provider every few seconds

    my $deadline = time + 30;

    while (time < $deadline) {
        return 1 if act('poll', '{}') eq $status;
        sleep 0.5;
    }

    return 0;
}


sub phone {
    my ($status) = @_;

    my ($code) = curl("$control/transactions/$id", '-H',
        'Content-Type: application/json', '-d', "{\"status\":\"$status\"}");

    like($code, qr/^2/, "the phone: $status");
}


END {
    if (defined $pid) {
        kill INT => $pid;
    }
}
