#!/usr/bin/perl

# The way to the provider: names by nginx's resolver or by libcurl, both of
# which may never answer, and proxies, of which only the configured one counts.
# Whatever happens, the worker goes on serving others.

# variants: plain trixie

use strict;
use warnings;

use File::Temp ();
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::DNS;
use Idv::HTTP;
use Idv::Mock;
use Idv::PingOne;

my $timing = <<'END';
    breaker         off;
    connect_timeout 500ms;
    idle_timeout    500ms;
    timeout         1s;
    poll_wait       5s;
END

my @bystander = (locations => <<'END');
        location = /bystander { auth_basic off; return 200 "fine"; }
END

my $pingone = Idv::PingOne->new;


# act(FLOW): has a creation begun, the answer comes with receive()

sub act {
    my ($flow, $device) = @_;

    $flow->client->send('POST', $flow->path, 'X-XSRF-Header' => 1,
        'Content-Type' =>
            'application/vnd.pingidentity.deviceAuthentication+json',
        -body => "{\"deviceAuthentication\":\"$device\"}");
}


# requests of others, one after the other; the slowest of them, in seconds

sub slowest {
    my ($site, $times) = @_;

    my $slowest = 0;
    my $client = $site->client;

    for (1 .. $times) {
        my $start = time;
        my $answer = $client->get('/bystander');
        my $took = $answer->body eq 'fine' ? time - $start : 99;

        $slowest = $took if $took > $slowest;
        sleep 0.01;
    }

    return $slowest;
}


# nginx's resolver answers

my $dns = Idv::DNS->new('verify.test' => ['127.0.0.1']);

my %named = (
    peer => 'http://Verify.TEST:' . $pingone->port,
    workers => 1,
    http => 'resolver 127.0.0.1:' . $dns->port . ' ipv6=off;',
    @bystander,
);

my $site = $pingone->site(%named, name => 'resolver',
    provider => "$timing resolver_timeout 400ms;");
my $log = $site->nginx->log;

is($site->flow('ann')->device('self')->status, 200, 'a name is looked up');
is_deeply([keys %{{map { $_ => 1 } $dns->questions}}], ['verify.test'],
    'at the configured server, in lower case');

my ($call) = $pingone->calls('create');
is(lc $call->{headers}{host}, 'verify.test:' . $pingone->port,
    'and the peer is told its name');

# it says no, or nothing

$site->nginx->allow(qr/verify.test could not be resolved/);

for my $case (['none', qr/Host not found/], ['failed', qr/Server failure/],
              ['silent', qr/timed out/])
{
    my ($answer, $why) = @$case;
    my $flow = $site->flow('bob');
    my $mark = $log->mark;
    my $asked = $dns->questions;

    # what it learnt for no time at all is over after a second
    sleep 1.1 if $answer eq 'none';
    $dns->answer('verify.test' => $answer);

    my $start = time;
    act($flow, 'other');

    cmp_ok(slowest($site, 20), '<', 1, "a name server, $answer: others go on");
    $flow->take($flow->client->receive);

    is($flow->answer->status, 503, 'the action: 503');
    cmp_ok(time - $start, '<', 3, 'in time');
    is($flow->read->status, 200, 'the flow is there');
    is($flow->status, 'ID_VERIFICATION_DEVICE', 'where it was');
    cmp_ok($dns->questions - $asked, '>', 0, 'it was asked');

    my @lines = grep { /^error/ } $log->said($mark);
    is(scalar @lines, 1, 'one line in the log') or diag("@lines");
    like($lines[0] // '', qr/create transaction: (?:resolve: .*$why|no answer)/,
        'says why');
}

# a client that does not wait for the answer

my $flow = $site->flow('bob');
act($flow, 'other');
sleep 0.1;
$flow->client->close;

# and then one address is there, the other is not

sleep 1.1;
$dns->answer('verify.test' => ['127.0.0.2', '127.0.0.1']);

is($site->flow('sam')->device('self')->status, 200, 'as soon as it is well');
ok($site->nginx->wait_until(5, sub { $flow->device('other')->status == 200 }),
    'also for the one who went away');


# libcurl's own lookup hangs for three seconds, as a system's resolver does
# whose server is gone.

my $dir = File::Temp::tempdir(TMPDIR => 1, CLEANUP => 1);
my $preload = "$dir/slow.so";

open my $source, '|-', 'gcc', '-shared', '-fPIC', '-x', 'c', '-o', $preload,
    '-', '-ldl' or die "gcc: $!";

print $source <<'END';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

int
getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
    int  (*next)(const char *, const char *, const struct addrinfo *,
                 struct addrinfo **);

    if (node && strcmp(node, "slow.test") == 0) {
        sleep(3);
        return EAI_AGAIN;
    }

    next = dlsym(RTLD_NEXT, "getaddrinfo");

    return next(node, service, hints, res);
}
END

close $source or die 'gcc cannot make a library';

$site = $pingone->site(name => 'lookup', workers => 1,
    peer => 'http://slow.test:' . $pingone->port, provider => $timing,
    env => { LD_PRELOAD => $preload }, @bystander);

my @flows = map { $site->flow($_) } qw(ann bob eve sam) x 2;
my $mark = $site->nginx->log->mark;
my $start = time;

act($_, 'self') for @flows;
cmp_ok(slowest($site, 30), '<', 1, 'lookups hang: others go on');
$_->take($_->client->receive) for @flows;

my $took = time - $start;

is(scalar(grep { $_->answer->status == 503 } @flows), 8, 'the actions: 503');
cmp_ok($took, '<', 2.8, 'before the lookups end');
is(scalar(grep { /token: / } $site->nginx->log->said($mark)), 1,
    'one line in the log');
like(join(' ', $site->nginx->log->said($mark)),
    qr/token: (?:resolve: |timeout: |no answer within)/, 'says why');
cmp_ok(slowest($site, 10), '<', 1, 'others go on');

# a worker that leaves does not wait for them either

act($flows[0], 'self');
sleep 0.2;
$flows[0]->client->close;
$start = time;
$site->nginx->stop;
cmp_ok(time - $start, '<', 2.5, 'nor is the end held up by a lookup');


# A proxy, which knows the name.

my $proxy = Idv::Mock->new({ json => {} });
my $proxied = $proxy->port;

$proxy->rules(map { my %rule = %$_; $rule{pattern} =~ s/^/^http:.*/; \%rule }
    $pingone->script);

$site = $pingone->site(name => 'proxy', peer => 'http://slow.invalid',
    provider => "$timing proxy http://127.0.0.1:$proxied;");

is($site->flow('ann')->device('self')->status, 200, 'by a proxy');
is(scalar(grep { $_->{path} =~ m{^http://slow\.invalid/} } $proxy->calls), 2,
    'which is asked for whole URLs');

# a proxy that does not let us through to a server with TLS

$site = $pingone->site(name => 'tunnel', peer => 'https://verify.invalid',
    provider => "$timing proxy http://127.0.0.1:$proxied;");

$proxy->rules({ method => 'CONNECT', status => 403, json => {
    access_token => Idv::PingOne::TOKEN } });
$flow = $site->flow('ann');

is($flow->device('self')->status, 503, 'a proxy that refuses: 503');
like(join(' ', $site->nginx->log->said), qr/token: connect: /, 'says why');

my ($connect) = grep { $_->{method} eq 'CONNECT' } $proxy->calls;
is($connect->{path}, 'verify.invalid:443', 'it was asked for a tunnel');
is($connect->{headers}{authorization}, undef, 'and given no secret');


# What the environment says of proxies is nobody's configuration.

my @names = map { ($_, uc) } qw(http_proxy https_proxy all_proxy);
my $calls = $proxy->calls;

$site = $pingone->site(name => 'environment', provider => $timing,
    env => { map { $_ => "http://127.0.0.1:$proxied" } @names },
    main => join('', map { "env $_;\n" } @names, 'no_proxy'));

is($site->flow('ann')->device('self')->status, 200, 'a proxy by environment');
is($proxy->calls - $calls, 0, 'is not asked');

$site->finish;
