#!/usr/bin/perl

# The rig of t/rig watches all tests of the sanitized nginx.  Here it does wrong
# itself, in each way that it has to see, and is found out.

# variants: asan

use strict;
use warnings;

use Test::More;

use Idv::Rig;
use Idv::Site;

my $rig = Idv::Rig->new;

# one worker, whose end is no failure of this test

my %found = (
    log_locked => qr/^rig: ngx_log_error_core\(\) while a zone is locked$/m,
    alloc_locked => qr/^rig: malloc\(\) while a zone is locked$/m,
    call_locked => qr/^rig: system call \d+ while a zone is locked$/m,
    walk_unlocked => qr/AddressSanitizer: SEGV .* in rig_lock_turn$/m,
    write_conf => qr/AddressSanitizer: SEGV .* in rig_conf_turn$/m,
    lose_node => qr/^rig: the zone is not sound: a node is lost \(\d+\)$/m,
);

for my $misdeed (sort keys %found) {
    my $site = Idv::Site->new(name => $misdeed, env => $rig->env,
        workers => 1);
    my $nginx = $site->nginx;

    is($site->flow('ann')->status, 'ID_VERIFICATION_DEVICE',
        "$misdeed: all is well");
    is(scalar $nginx->log->reports, 0, 'nothing is reported');

    $rig->misdeed($misdeed);
    $site->client('bob')->get('/');
    ok($nginx->wait_until(5, sub {
        $nginx->log->text =~ /exited (?:on signal 6|with code 1)\b/
    }), 'the worker ends');

    like($nginx->log->text, $found{$misdeed}, 'it was seen');
    cmp_ok(scalar $nginx->log->reports, '>', 0, 'and is reported');

    # the checks at the end of a test are for other tests
    $nginx->end;
    $nginx->{stopped} = 1;
}


# What fails, fails as it is told, and where it is said to.

my $site = Idv::Site->new(env => $rig->env, workers => 1);
my $ann = $site->client('ann');

is($ann->get('/')->status, 403, 'a connection is there');

$rig->arm(alloc => 0);
$ann->get('/');
my $all = $rig->disarm;

cmp_ok($all->{seen}, '>', 10, 'a request allocates');
is($all->{failed}, 0, 'none of it failed');

$rig->arm(alloc => $all->{seen} + 1);
is($ann->get('/')->status, 403, 'what does not happen does not fail');
is($rig->disarm->{failed}, 0, 'and is not counted');

$rig->arm(random => 1);
$site->client('bob')->get('/');
my $found = $rig->disarm;

is($found->{failed}, 1, 'a random number that is refused');
is($found->{what}, 'RAND_bytes', 'by name');
ok(scalar(grep { $_ eq 'idv_random' } @{$found->{where}}), 'and by place');
ok(Idv::Rig::ours($found), 'which is ours');

cmp_ok($rig->verified, '>', 5, 'the zone was looked through');

$site->finish;
