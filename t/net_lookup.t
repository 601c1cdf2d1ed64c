#!/usr/bin/perl

# A lookup by libcurl that hangs for three seconds, as the system's resolver
# does when its server is gone: it is given up in time, the worker serves others
# meanwhile, and does not wait for it at its end.

# A library comes before the C library's getaddrinfo(), and before that of the
# address sanitizer, which does not like it.

# variants: plain trixie

use strict;
use warnings;

use File::Temp ();
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::PingOne;

my $timing = <<'END';
    breaker         off;
    connect_timeout 500ms;
    idle_timeout    500ms;
    timeout         1s;
END

my @bystander = (locations => <<'END');
        location = /bystander { auth_basic off; return 200 "fine"; }
END

my $pingone = Idv::PingOne->new;
my @self = (deviceAuthentication => { deviceAuthentication => 'self' });


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

my $site = $pingone->site(name => 'lookup', workers => 1,
    peer => 'http://slow.test:' . $pingone->port, provider => $timing,
    env => { LD_PRELOAD => $preload }, @bystander);

my @flows = map { $site->flow($_) } qw(ann bob eve sam) x 2;
my $mark = $site->nginx->log->mark;
my $start = time;

$_->begin(@self) for @flows;
cmp_ok($site->client->slowest('/bystander', 30), '<', 1,
    'lookups hang: others go on');
$_->end for @flows;

my $took = time - $start;

is(scalar(grep { $_->answer->status == 503 } @flows), 8, 'the actions: 503');
cmp_ok($took, '<', 2.8, 'before the lookups end');
is(scalar(grep { /token: / } $site->nginx->log->said($mark)), 1,
    'one line in the log');
like(join(' ', $site->nginx->log->said($mark)),
    qr/token: (?:resolve: |timeout: |no answer within)/, 'says why');
cmp_ok($site->client->slowest('/bystander', 10), '<', 1, 'others go on');

# a worker that leaves does not wait for them either

$flows[0]->begin(@self);
sleep 0.2;
$flows[0]->client->close;
$start = time;
$site->nginx->stop;
cmp_ok(time - $start, '<', 2.5, 'nor is the end held up by a lookup');

$site->finish;
