#!/usr/bin/perl

# The way to the provider: names by nginx's resolver, which may never answer,
# and proxies, of which only the configured one counts.  Whatever happens, the
# worker goes on serving others.

use strict;
use warnings;

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
my @other = (deviceAuthentication => { deviceAuthentication => 'other' });


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
    $flow->begin(@other);

    cmp_ok($site->client->slowest('/bystander', 20), '<', 1,
        "a name server, $answer: others go on");
    $flow->end;

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
$flow->begin(@other);
sleep 0.1;
$flow->client->close;

# and then one address is there, the other is not

sleep 1.1;
$dns->answer('verify.test' => ['127.0.0.2', '127.0.0.1']);

is($site->flow('sam')->device('self')->status, 200, 'as soon as it is well');
ok($site->nginx->wait_until(5, sub { $flow->device('other')->status == 200 }),
    'also for the one who went away');


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
