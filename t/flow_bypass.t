#!/usr/bin/perl

# What an operator may decide for the case that a verification cannot be had: to
# block, which is the default, or to let through with a session that says so.
# Only a location that accepts such sessions opens, a session of a real
# verification is never made of it, and whoever fails one check that is the
# operator's own is not let through by any of this.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::Site;

my ($DEVICE, $REQUIRED, $COMPLETED, $FAILED)
    = map { "ID_VERIFICATION_$_" } qw(DEVICE REQUIRED COMPLETED FAILED);

my ($site, $service, $users);


sub house {
    my ($provider) = @_;

    $site = Idv::Site->new(hop => 1, name => "site with $provider",
        provider => "$provider attempts 1; breaker off;",
        locations => <<'END');
        location /lenient/ {
            auth_idv               local;
            auth_idv_accept_bypass on;
            auth_idv_header        IDV-Status transactionStatus;
            proxy_pass             http://127.0.0.1:%%PORT_app%%;
        }
END
    $service = $site->service;
    $users = "/v1/environments/$service->{environment}/users/";
}


sub flow { return $site->flow('bob', client => $site->client('bob')) }


# what goes wrong, and the action that meets it

my %trouble = (
    on_unavailable => sub {
        my ($flow) = @_;

        $service->faults({ path => $users, times => 1000, status => 503 });
        $flow->device('other');
        $service->faults;
    },
    on_user_not_found => sub {
        my ($flow) = @_;

        $service->faults({ path => $users, times => 1000, status => 404 });
        $flow->device('other');
        $service->faults;
    },
    on_failed => sub {
        my ($flow) = @_;

        $flow->device('other');
        $flow->phone('FAIL');

        for (1 .. 100) {
            $flow->poll;
            last if $flow->status ne $REQUIRED;
            select undef, undef, undef, 0.05;
        }
    },
);

# Blocked.

house('');

my $flow = flow();

$trouble{on_unavailable}->($flow);
error_is($flow->answer, 503, 'REQUEST_FAILED', 'SERVICE_UNAVAILABLE',
    'no provider: come again');
$flow->read;
state_is($flow, $DEVICE, 'to where the flow still is');
$flow->cancel;

$flow = flow();
$trouble{on_user_not_found}->($flow);
state_is($flow, $FAILED, 'a user that the provider does not know has failed');
is($flow->state->{errorDetails}[0]{code}, 'USER_NOT_FOUND', 'and it says so');
ok(!exists $flow->state->{txId}, 'without a transaction');
same_elsewhere($flow, 'for whoever reads it');
error_is($flow->retry, 400, 'REQUEST_FAILED', 'ATTEMPTS_LIMIT',
    'the attempt is spent');
$flow->cancel;

$flow = flow();
$trouble{on_failed}->($flow);
state_is($flow, $FAILED, 'who is not verified has failed');
is($flow->state->{errorDetails}[0]{code}, 'VERIFICATION_FAILED',
    'and it says so');
error_is($flow->continue, 400, 'INVALID_ACTION_ID', undef,
    'there is no way on');
is($flow->client->get('/lenient/')->status, 403,
    'not even where a bypass would do');
$flow->cancel;

# Let through: each for its own case only.

for my $mode (sort keys %trouble) {
    house("$mode bypass;");

    for my $what (sort keys %trouble) {
        my $flow = flow();

        $trouble{$what}->($flow);

        if ($what ne $mode) {
            isnt($flow->status, $COMPLETED, "$mode is not for $what");
            is($flow->client->get('/lenient/')->status, 403,
                'the gate stays closed');
            $flow->cancel;
            next;
        }

        state_is($flow, $COMPLETED, "$mode lets through");
        same_elsewhere($flow, 'on every worker');
        $flow->continue;
        state_is($flow, 'COMPLETED', 'to the end');
        is_deeply($flow->state->{authorizeResponse},
            { transactionStatus => 'BYPASS' }, 'which says what it is');

        my $answer = $flow->client->get('/lenient/');

        is($answer->status, 200, 'a location that accepts it opens');
        is($answer->json->{headers}{'IDV-Status'}, 'BYPASS',
            'and the application is told');
        is($flow->client->get('/')->status, 403, 'no other location does');
    }

    # what was verified is verified

    my $flow = flow();

    $flow->device('other');
    $flow->phone('SUCCESS');
    ok($flow->reach($COMPLETED), "with $mode a verification is one as ever");
    $flow->continue;
    is($flow->state->{authorizeResponse}{transactionStatus}, 'SUCCESS',
        'and says so');
    is($flow->client->get('/')->status, 200, 'to all');
}

# Limits and refusals are no outage.

house('on_unavailable bypass;');

for my $status (400, 401, 403, 429) {
    my $flow = flow();

    $service->faults({ path => $users, times => 1000, status => $status,
                       $status == 429 ? (retryAfter => 1) : () });
    $flow->device('other');
    $service->faults;

    error_is($flow->answer, 503, 'REQUEST_FAILED', 'SERVICE_UNAVAILABLE',
        "$status is no reason to let anybody through");
    $flow->read;
    state_is($flow, $DEVICE, 'the flow stays where it was');
    $flow->cancel;
    select undef, undef, undef, 1.1 if $status == 429;
}

both_workers($site);

$site->finish;
