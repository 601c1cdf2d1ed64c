#!/usr/bin/perl

# Time: a transaction that the provider gives up, a flow that stays in one state
# for too long, and one that is forgotten.  Whoever comes late is told so, never
# let in, and finds no code, no link and no claim of the time before.

# variants: plain trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::Clock;
use Idv::Site;

my ($DEVICE, $OPTIONS, $REQUIRED, $PROGRESS, $COMPLETED, $FAILED, $TIMED_OUT)
    = map { "ID_VERIFICATION_$_" }
          qw(DEVICE OPTIONS REQUIRED IN_PROGRESS COMPLETED FAILED TIMED_OUT);

# the shortest time that an operator can give
use constant TIMEOUT => 60;

my $clock = Idv::Clock->new;

my $site = $clock->with(sub {
    Idv::Site->new(hop => 1, provider => 'state_timeout 60s; attempts 2;');
});

my $service = $site->service;


# a flow of ann that is in a state

my %lead = (
    $DEVICE => sub { },
    $OPTIONS => sub { $_[0]->device('other') },
    $REQUIRED => sub { $_[0]->require_code },
    $PROGRESS => sub {
        $_[0]->require_code;
        $_[0]->phone('IN_PROGRESS');
        $_[0]->reach($PROGRESS);
    },
    $COMPLETED => sub {
        $_[0]->require_code;
        $_[0]->phone('SUCCESS');
        $_[0]->reach($COMPLETED);
    },
);


sub flow {
    my ($state) = @_;

    my $flow = $site->flow('ann', client => $site->client('ann'));

    $lead{$state}->($flow);
    is($flow->status, $state, "a flow in $state");

    return $flow;
}


# The provider gives up: by a timer of its own, without any clock of ours.

my $flow = flow($REQUIRED);

$service->advance(31 * 60);
ok($flow->reach($TIMED_OUT), 'the provider gives the transaction up');
state_is($flow, $TIMED_OUT, 'TIMED_OUT');
same_elsewhere($flow, 'for whoever reads it');
$flow->retry;
state_is($flow, $DEVICE, 'she starts anew');
$flow->require_code;
state_is($flow, $REQUIRED, 'with a new code');
ok(!exists $flow->state->{errJson}, 'and without an error');
$flow->phone('SUCCESS');
ok($flow->reach($COMPLETED), 'to be verified after all');
$flow->continue;
state_is($flow, 'COMPLETED', 'and let in');

$flow = flow($REQUIRED);
$flow->phone('FAIL', reason => 'TRANSACTION_TIMED_OUT');
ok($flow->reach($TIMED_OUT), 'given up while somebody was at it');
$flow->cancel;
state_is($flow, 'FAILED', 'she can leave it at that');
is($flow->state->{code}, 'CANCELED', 'of her own will');

# Every state that waits for somebody: just before its time and just after.

for my $state ($DEVICE, $OPTIONS, $REQUIRED, $PROGRESS, $COMPLETED) {
    my $flow = flow($state);

    $clock->advance(TIMEOUT - 10);
    $flow->read;
    state_is($flow, $state, 'is still there before its time is over');

    $clock->advance(11);
    $flow->read;
    state_is($flow, $TIMED_OUT, 'and has timed out afterwards');
    same_elsewhere($flow, 'on every worker');

    $flow->poll;
    state_is($flow, $TIMED_OUT, 'which pollers are told as well');
    error_is($flow->continue, 400, 'INVALID_ACTION_ID', undef,
        'there is nothing to continue');
    is($flow->client->get('/')->status, 403, 'the gate is closed');
    $flow->cancel;
}

# Whoever acts is told as well as whoever reads.

my %late = (
    $DEVICE => sub { $_[0]->device('other') },
    $OPTIONS => sub { $_[0]->choose },
    $COMPLETED => sub { $_[0]->continue },
);

for my $state ($DEVICE, $OPTIONS, $PROGRESS, $COMPLETED) {
    my $flow = flow($state);
    my $created = $service->transaction_calls('POST');

    $clock->advance(TIMEOUT + 1);

    if ($state eq $PROGRESS) {
        is($flow->poll->status, 200, 'a poller is told, not refused');
        state_is($flow, $TIMED_OUT, 'and learns that it is over');

    } else {
        error_is($late{$state}->($flow), 400, 'INVALID_ACTION_ID', undef,
            'an action that comes too late is refused');
        $flow->read;
        state_is($flow, $TIMED_OUT, 'and it can be seen why');
    }

    is($service->transaction_calls('POST'), $created, 'nothing is created');
    $flow->cancel;
}

$flow = flow($REQUIRED);
$clock->advance(TIMEOUT + 1);
is($flow->retry->status, 200, 'the one action that is right in both');
state_is($flow, $DEVICE, 'starts anew');
$flow->cancel;

# What was on the screen is worth nothing any more.

$flow = flow($REQUIRED);
my $code = $flow->state->{verificationCode};
my $image = $flow->path . '/qr';

is($flow->client->get($image)->status, 200, 'there is a code to scan');
$clock->advance(TIMEOUT + 1);
$flow->read;
is($flow->client->get($image)->status, 404, 'and then it is gone');
unlike($flow->answer->body, qr/\Q$code\E/, 'from everywhere');

$flow->phone('SUCCESS');
$flow->read;
state_is($flow, $TIMED_OUT, 'a success that comes too late is none');
is($flow->client->get('/')->status, 403, 'the gate is closed');
$flow->cancel;

# A new transaction has the whole time.

$flow = flow($REQUIRED);
$clock->advance(TIMEOUT - 10);
$flow->phone('FAIL');
$code = $flow->state->{verificationCode};
for (1 .. 100) {
    $flow->poll;
    last if ($flow->state->{verificationCode} // '') ne $code;
    select undef, undef, undef, 0.05;
}
state_is($flow, $REQUIRED, 'a failure shortly before the end');
$clock->advance(TIMEOUT - 10);
$flow->read;
state_is($flow, $REQUIRED, 'is no hurry for the next attempt');
$flow->cancel;

# And in the end it is forgotten, as if it had never been.

my %end = (
    $DEVICE => 0,
    $REQUIRED => 0,
    $TIMED_OUT => 1,
    $FAILED => 0,
);

for my $state (sort keys %end) {
    my $flow = flow($end{$state} ? $REQUIRED : $state eq $FAILED ? $REQUIRED
                                                                : $state);

    if ($state eq $TIMED_OUT) {
        $clock->advance(TIMEOUT + 1);
        $flow->read;

    } elsif ($state eq $FAILED) {
        $flow->phone('NOT_REQUIRED');
        $flow->reach($FAILED);
    }

    is($flow->status, $state, "$state is left alone");

    $clock->advance(2 * TIMEOUT + 1);

    my $gone = $flow->read;

    error_is($gone, 404, 'RESOURCE_NOT_FOUND', undef, 'it is forgotten');
    is($gone->body, $flow->client->get('/pf-ws/authn/flows/' . 'a' x 22,
        'X-XSRF-Header' => 'test')->body, 'as if it had never been');
    error_is($flow->retry, 404, 'RESOURCE_NOT_FOUND', undef,
        'and cannot be brought back');

    my $next = $site->flow('ann', client => $flow->client);
    state_is($next, $DEVICE, 'the same client starts another one');
    isnt($next->id, $flow->id, 'of another name');
    $next->cancel;
}

# That is time that goes by.  Who sets the clock on the wall, to and fro, ends no
# flow, and makes none live longer.

for my $state ($DEVICE, $OPTIONS, $REQUIRED, $PROGRESS, $COMPLETED) {
    my $flow = flow($state);

    for my $seconds (3600, -7200, 3600) {
        $clock->step($seconds);
        $flow->read;
        is($flow->status, $state, "the clock is set by $seconds s: $state");
    }

    $clock->step(-3600);
    $clock->advance(TIMEOUT + 1);
    $flow->read;
    is($flow->status, $TIMED_OUT, 'and its time is over when it is over');
    $flow->cancel;
    $clock->step(3600);
}

both_workers($site);

$site->finish;
