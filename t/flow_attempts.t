#!/usr/bin/perl

# What becomes of a verification: each status of a transaction and the state
# that the client sees; attempts that fail, with a new code for each until none
# is left; somebody else's document, which never opens anything; checks that the
# operator requires; and the bound on what one flow may cost.

# variants: plain asan trixie policy

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Check;
use Idv::Site;

my ($DEVICE, $REQUIRED, $PROGRESS, $COMPLETED, $FAILED, $TIMED_OUT)
    = map { "ID_VERIFICATION_$_" }
          qw(DEVICE REQUIRED IN_PROGRESS COMPLETED FAILED TIMED_OUT);

my $site = Idv::Site->new(hop => 1, provider => 'attempts 3; breaker off;');
my $service = $site->service;


sub flow {
    my $flow = $site->flow($_[0] // 'bob');

    $flow->require_code;

    return $flow;
}


sub created { return $service->transaction_calls('POST') }


# Each status.  bob's flow is ended after each, so that the next is a new one.

my @statuses = (
    ['REQUESTED', $REQUIRED],
    ['INITIATED', $REQUIRED],
    ['PARTIAL', $PROGRESS],
    ['IN_PROGRESS', $PROGRESS],
    ['SUCCESS', $COMPLETED],
    ['APPROVED_MANUALLY', $COMPLETED],
    ['APPROVED_NO_REQUEST', $COMPLETED],
    ['NOT_REQUIRED', $FAILED],
    ['FAIL', $TIMED_OUT, reason => 'TRANSACTION_TIMED_OUT'],
);

for my $row (@statuses) {
    my ($status, $state, @more) = @$row;
    my $flow = flow();

    $flow->phone($status, @more);
    ok($flow->reach($state), "a transaction that is $status");
    state_is($flow, $state, "makes it $state");
    same_elsewhere($flow, 'for whoever reads it');
    is($flow->state->{txStatus}, $status, 'with the status')
        if $state eq $REQUIRED;

    if ($state eq $COMPLETED) {
        is($flow->continue->status, 200, 'she continues');
        state_is($flow, 'COMPLETED', 'to the end');

        my $result = $flow->state->{authorizeResponse};
        is($result->{transactionStatus}, $status, 'which says how');
        is(lc $result->{transactionId}, lc $flow->transaction, 'and by what');
        is($flow->client->get('/')->status, 200, 'the gate is open');

    } else {
        is($flow->client->get('/')->status, 403, 'the gate is closed');
        error_is($flow->continue, 400, 'INVALID_ACTION_ID', undef,
            'and there is nothing to continue');
        $flow->cancel;
    }
}

# A status that nobody has heard of, and one that is no word at all, are no
# success.

my $known = flow();
my $document = $service->api('GET',
    'users/bob/verifyTransactions/' . $known->transaction)->json;
my $path = "/v1/environments/$service->{environment}/users/bob/"
         . 'verifyTransactions/' . $known->transaction;

is($document->{transactionStatus}{status}, 'REQUESTED', 'the document is had');

for my $word ('SUCCESSFUL', 'success', ' SUCCESS', 'SUCCESS ', 'OK', '') {
    my $flow = $word eq 'SUCCESSFUL' ? $known : flow();

    $document->{id} = $flow->transaction;
    $document->{transactionStatus}{status} = $word;
    $service->faults({ path => $path =~ s/[^\/]*$//r . $flow->transaction,
                       times => 1000, body => $document });

    my $ended = $flow->reach($FAILED, 2);

    if ($word eq '') {
        # no value at all is no answer: a fault, to be read again
        ok(!$ended, 'no status at all is not an end');
        state_is($flow, $REQUIRED, 'the flow waits');
        $service->faults;
        $flow->phone('SUCCESS');
        ok($flow->reach($COMPLETED), 'and goes on');
        $flow->continue;
        last;
    }

    ok($ended, "the status \"$word\" is an end");
    state_is($flow, $FAILED, 'and no success');
    is($flow->state->{errorDetails}[0]{code}, 'VERIFICATION_NOT_PERFORMED',
        'with the cause');
    $flow->cancel;
}

$service->faults;

# Attempts: three in all.

my $ann = $site->flow('ann');

$ann->device('other');
$ann->choose('email');
is($ann->state->{notificationMethod}, 'email', 'ann gets a message');

my @codes = ($ann->state->{verificationCode});
my @transactions = ($ann->transaction);
my $before = created();

for my $attempt (1, 2) {
    $ann->phone('IN_PROGRESS');
    ok($ann->reach($PROGRESS), "attempt $attempt goes on");
    $ann->phone('FAIL');
    ok($ann->reach($REQUIRED), 'and fails: there is another one');
    state_is($ann, $REQUIRED, 'with a new code');
    same_elsewhere($ann, 'for whoever reads it');

    is($ann->state->{errorDetails}[0]{code}, 'VERIFICATION_FAILED',
        'it is said that the one before has failed');
    is($ann->state->{errJson}{code}, 'VERIFICATION_FAILED', 'twice');
    is($ann->state->{txStatus}, 'REQUESTED', 'nothing of the old is left');
    is(scalar(grep { $_ eq $ann->state->{verificationCode} } @codes), 0,
        'a code never seen before');
    is(scalar(grep { $_ eq $ann->transaction } @transactions), 0,
        'of another transaction');
    is(created(), $before + $attempt, 'one for one');

    push @codes, $ann->state->{verificationCode};
    push @transactions, $ann->transaction;

    # the abandoned one means nothing any more

    $service->set($transactions[-2], 'SUCCESS');
    select undef, undef, undef, 0.25;
    $ann->poll;
    state_is($ann, $REQUIRED, 'what becomes of the old one is nothing to it');
}

$ann->phone('FAIL');
ok($ann->reach($FAILED), 'the third one was the last');
state_is($ann, $FAILED, 'FAILED');
is(lc $ann->state->{txId}, lc $transactions[-1], 'with what to tell the desk');
is($ann->state->{errorDetails}[0]{code}, 'VERIFICATION_FAILED', 'and why');
is(created(), $before + 2, 'no more transactions');

untouched($ann, sub {
    error_is($ann->retry, 400, 'REQUEST_FAILED', 'ATTEMPTS_LIMIT',
        'there is no further retry');
}, 'retry with no attempt left');

$ann->poll;
state_is($ann, $FAILED, 'a poll says no more');

# a retry before the end does not give the attempts back

my $eve = $site->flow('eve');

$eve->device('self');
$eve->phone('FAIL');
ok(new_code($eve), 'eve has failed once');
$eve->retry;
state_is($eve, $DEVICE, 'and starts anew');
$eve->require_code;
ok(!exists $eve->state->{errJson}, 'with no word of the failure');
$eve->phone('FAIL');
ok(new_code($eve), 'she fails again');
$eve->phone('FAIL', reason => 'TRANSACTION_TIMED_OUT');
ok($eve->reach($TIMED_OUT), 'is too late');
$eve->retry;
state_is($eve, $DEVICE, 'which costs no attempt');
$eve->require_code;
$eve->phone('FAIL');
ok($eve->reach($FAILED), 'fails for the third time');
error_is($eve->retry, 400, 'REQUEST_FAILED', 'ATTEMPTS_LIMIT',
    'and has none left');

# A failure on the same device: the new transaction leads back here as well.

my $sam = $site->flow('sam');

$sam->device('self');
my $first = capture($sam);
like($first, qr{/idv/return\?flowId=\w{22}&code=}, 'the capture leads back');
like($first, qr/\Q@{[$sam->id]}\E/, 'to this flow');

$sam->phone('FAIL');
ok(new_code($sam), 'it fails: there is another one');
ok($sam->state->{sameDevice}, 'on the same device');
is(capture($sam) =~ s/&code=.*//r, $first =~ s/&code=.*//r,
    'that leads back as well');
isnt(capture($sam), $first, 'with a code of its own');

# One flow has a bound, whatever its user does.

my $greedy = flow();
my $start = created();

for (1 .. 40) {
    $greedy->retry;
    last if $greedy->answer->status != 200;
    $greedy->require_code;
    last if $greedy->answer->status != 200;
}

cmp_ok(created() - $start, '<=', 16, 'a flow creates no more than so many');
error_is($greedy->answer, 400, 'REQUEST_FAILED', 'ATTEMPTS_LIMIT',
    'and then says so');

both_workers($site);

# Somebody else's document.  The directory's names are written as people write
# them; what differs in no more than that matches.

$site = Idv::Site->new(hop => 1, name => 'matching',
    provider => 'match firstName $given_name; match lastName $family_name;
                 attempts 2; on_failed bypass;',
    root => 'auth_idv_accept_bypass on;',
    http => <<"END");
    map \$remote_user \$given_name  { bob Ann; ann "Zo\xc3\xab"; eve Ann; sam ""; }
    map \$remote_user \$family_name {
        bob Example; ann "O'Neill-Smith"; eve Sample; sam Example;
    }
END
$service = $site->service;

my $bob = flow();

$bob->phone('SUCCESS');
ok($bob->reach($COMPLETED), "bob's record says what the document says");
$bob->continue;
is($bob->client->get('/')->status, 200, 'he gets in');

$ann = flow('ann');
$ann->phone('SUCCESS',
    data => { firstName => 'ZOE', lastName => 'ONEILL SMITH' });
ok($ann->reach($COMPLETED), 'so does ann, if in capitals');
$ann->continue;

for my $row (['eve', 'of another family'], ['sam', 'of whom nothing is known'],
             ['ann', 'with no names at all', firstName => '', lastName => ''],
             ['ann', 'with a name that begins alike', firstName => 'Zo',
              lastName => "O'Neill-Smith"])
{
    my ($user, $what, %data) = @$row;
    my $flow = $site->flow($user, client => $site->client($user));

    $flow->require_code;
    $flow->phone('SUCCESS', %data ? (data => \%data) : ());

    ok($flow->reach($FAILED), "a user $what");
    state_is($flow, $FAILED, 'has somebody else\'s document');
    is($flow->state->{errorDetails}[0]{code}, 'SUBJECT_MISMATCH',
        'which is said');
    error_is($flow->continue, 400, 'INVALID_ACTION_ID', undef,
        'and opens nothing,');
    is($flow->client->get('/')->status, 403, 'even where failures bypass');

    $flow->retry;
    state_is($flow, $DEVICE, 'one attempt is left');
    $flow->require_code;
    $flow->phone('SUCCESS', %data ? (data => \%data) : ());
    ok($flow->reach($FAILED), 'which is wasted in the same way');
    error_is($flow->retry, 400, 'REQUEST_FAILED', 'ATTEMPTS_LIMIT',
        'there is no third one');
}

# Checks.

$site = Idv::Site->new(hop => 1, name => 'checks',
    provider => 'require_checks GOVERNMENT_ID LIVENESS; attempts 1;');
$service = $site->service;

for my $row ([1, GOVERNMENT_ID => 'SUCCESS', LIVENESS => 'SUCCESS'],
             [0, GOVERNMENT_ID => 'SUCCESS', LIVENESS => 'FAIL'],
             [0, GOVERNMENT_ID => 'SUCCESS', LIVENESS => 'NOT_REQUIRED'],
             [0, GOVERNMENT_ID => 'SUCCESS'],
             [0, LIVENESS => 'SUCCESS', GOVERNMENT_ID => 'IN_PROGRESS'])
{
    my ($good, %checks) = @$row;
    my $flow = flow();
    my $what = join ', ', map { "$_ $checks{$_}" } sort keys %checks;

    $flow->phone('SUCCESS', verificationStatus => \%checks);

    if ($good) {
        ok($flow->reach($COMPLETED), "$what is enough");
        $flow->continue;
        next;
    }

    ok($flow->reach($FAILED), "$what is not");
    is($flow->state->{errorDetails}[0]{code}, 'CHECKS_FAILED', 'as is said');
    error_is($flow->retry, 400, 'REQUEST_FAILED', 'ATTEMPTS_LIMIT',
        'the only attempt is spent');
    $flow->cancel;
}


# A transaction may be good without its document, whose claims are none then.

$site = Idv::Site->new(hop => 1, name => 'free');
$service = $site->service;

for my $check (qw(SUCCESS FAIL NOT_REQUIRED)) {
    my $flow = flow();

    $flow->phone('SUCCESS', verificationStatus => { LIVENESS => 'SUCCESS',
        GOVERNMENT_ID => $check });
    ok($flow->reach($COMPLETED), "a document whose check is $check");
    $flow->continue;

    my $claims = $flow->state->{authorizeResponse};

    is($claims->{transactionStatus}, 'SUCCESS', '... is no matter');
    is($claims->{firstName}, $check eq 'SUCCESS' ? 'ANN' : undef,
        '... but for its claims');
}

$site->finish;


# polls until the failure of a transaction has led to the next one

sub new_code {
    my ($flow) = @_;

    my $code = $flow->state->{verificationCode};

    for (1 .. 100) {
        $flow->poll;
        return 1 if $flow->status eq $REQUIRED
                    && $flow->state->{verificationCode} ne $code;
        select undef, undef, undef, 0.05;
    }

    return 0;
}


# where the page for the phone leads back to, once it is done

sub capture {
    my ($flow) = @_;

    my $json = $service->api('GET', 'users/sam/verifyTransactions/'
        . $flow->transaction)->json;

    return $json->{redirect}{url} // 'nowhere';
}
