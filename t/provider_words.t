#!/usr/bin/perl

# What PingOne may say that was not known when this was written: members are
# passed over, a status is never a success.  Verified data that cannot be had
# does not let anybody in, and a user that it does not know is blocked, or let
# in where the operator said so, and then only where that is enough.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use Idv::PingOne;

my $pingone = Idv::PingOne->new;

my $site = $pingone->site(provider => <<'END');
    breaker         off;
    connect_timeout 400ms;
    idle_timeout    400ms;
    timeout         1s;
    poll_wait       5s;
    attempts        1;
END

my $log = $site->nginx->log;
my $gate = '/';


# a flow that waits for the phone

sub waiting {
    my ($site, $user) = @_;

    my $flow = $site->flow($user);
    $flow->device('self');

    return $flow;
}


# Members that nobody knows, everywhere.

my %new = (
    brandNew => { deep => [1, undef, JSON::PP::true, { x => 'y' }] },
    status => 'SUCCESS',
    _embedded => { other => [] },
    transactionStates => 7,
);

$pingone->fault(
    token => { json => $pingone->token_json(%new, scope => ['a']) },
    create => { status => 201, json => $pingone->transaction_json(%new,
        requirements => { given_name => { value => 'x' } }) },
    read => { json => $pingone->transaction_json(%new, transactionStatus => {
        status => 'REQUESTED', verdict => 'SUCCESS',
        verificationStatus => { BRAND_NEW => 'SUCCESS' } }) },
);

my $ann = waiting($site, 'ann');
is($ann->status, 'ID_VERIFICATION_REQUIRED', 'new members are passed over');
ok($ann->reach('ID_VERIFICATION_REQUIRED'), 'when it is read, too');
is($ann->poll->status, 200, 'and again');
is($ann->status, 'ID_VERIFICATION_REQUIRED', 'they are not what counts');

$pingone->fault(
    read => { json => $pingone->transaction_json(%new,
        transactionStatus => { status => 'SUCCESS', verdict => 'FAIL' }) },
    data => { json => { %new, %{$pingone->data_json(brandNew => 'x')} } },
);
ok($ann->reach('ID_VERIFICATION_COMPLETED'), 'nor do they stand in the way');
is($ann->continue->status, 200, 'to the end');
is($ann->state->{authorizeResponse}{firstName}, 'ANN', 'with her claims');
is($ann->client->get($gate)->status, 200, 'she is through');


# Words that nobody knows.

for my $status ('VERIFIED', 'Success', 'SUCCESS ', ' SUCCESS', 'SUCCESSFUL',
    'SUCCES', 'APPROVED', 'APPROVED_MANUALLY_LATER', "SUCCESS\x{41}", 'true',
    'NOT_REQUIRED', 'x' x 300)
{
    $pingone->well;
    my $bob = waiting($site, 'bob');
    my $mark = $log->mark;
    my $name = substr($status, 0, 30);

    $pingone->status($status);
    is($bob->poll->status, 200, "\"$name\": the poll is answered");
    is($bob->status, 'ID_VERIFICATION_FAILED', 'FAILED');
    is($bob->client->get($gate)->status, 403, 'the gate is closed');
    is($bob->continue->status, 400, 'there is nothing to continue');

    my @lines = $log->said($mark);
    is(scalar @lines, 1, 'one line in the log') or diag("@lines");
    like($lines[0] // '', qr/provider "local".*not a success/, 'says so');
    unlike("@lines", qr/\Q$status/, 'without the word')
        if $status ne 'NOT_REQUIRED';
}

is(scalar $pingone->calls('data'), 1, 'nobody\'s data were fetched');


# The transaction is a success, and its data cannot be had.

my @faults = (
    ['HTTP 500', { status => 500 }, qr/HTTP 500/],
    ['HTTP 403', { status => 403, json => {} }, qr/HTTP 403/],
    ['a page', { body => '<html>' }, qr/not JSON/],
    ['silence', { hang => 'request' }, qr/timeout|no answer within/],
    ['a reset', { reset => 'request' }, qr/reset/],
    ['a list', { json => [] }, qr/not an object/],
    ['a text for a list', { json => { _embedded => {
        verifiedData => 'x' } } }, qr/is not an array/],
    ['an item without a type', { json => { _embedded => {
        verifiedData => [{ data => {} }] } } }, qr/has no type/],
    ['an item without data', { json => { _embedded => {
        verifiedData => [{ type => 'GOVERNMENT_ID', data => 1 }] } } },
        qr/has no data/],
    ['data of another user', { json => { %{$pingone->data_json},
        user => { id => 'eve' } } }, qr/another user/],
    ['5 MB', { json => $pingone->data_json, pad => 5 * 1024 * 1024 },
        qr/too large/],
);

$pingone->well;
$pingone->status('REQUESTED');
my $sam = waiting($site, 'sam');
$pingone->status('SUCCESS');

for my $fault (@faults) {
    my ($name, $rule, $why) = @$fault;
    my $mark = $log->mark;

    sleep 0.2;
    $pingone->fault(data => $rule);

    is($sam->poll->status, 200, "data, $name: 200");
    isnt($sam->status, 'ID_VERIFICATION_COMPLETED', 'no success');
    like($sam->status, qr/^ID_VERIFICATION_(?:REQUIRED|IN_PROGRESS)$/,
        'no failure either');
    is($sam->client->get($gate)->status, 403, 'the gate is closed');

    my @lines = $log->said($mark);
    is(scalar @lines, 1, 'one line in the log') or diag("@lines");
    like($lines[0] // '', qr/^error: .*: read verified data: .*$why/,
        'says which and why');
}

$pingone->well;
ok($sam->reach('ID_VERIFICATION_COMPLETED'), 'as soon as they come: COMPLETED');


# A transaction that is gone: the flow waits for its time-out, or a retry.

$pingone->status('REQUESTED');
my $eve = waiting($site, 'eve');

my $not_found = { status => 404, json => { code => 'NOT_FOUND',
    id => '0b1d7a52-6d0f-4d3a-9a57-3c8e2f1b6d04', message => 'eve is gone' } };

sleep 0.2;
$pingone->fault(read => $not_found);
is($eve->poll->status, 200, 'a transaction is gone');
is($eve->status, 'ID_VERIFICATION_REQUIRED', 'the state as it was');
is($eve->retry->status, 200, 'she can begin anew');
is($eve->status, 'ID_VERIFICATION_DEVICE', 'with a choice');


# A user that the provider does not know.

$pingone->fault(create => $not_found);
my $mark = $log->mark;

is($eve->device('self')->status, 200, 'a user that is not known');
is($eve->status, 'ID_VERIFICATION_FAILED', 'FAILED');
like($eve->answer->body, qr/USER_NOT_FOUND/, 'says so');
is($eve->client->get($gate)->status, 403, 'the gate is closed');
like(join(' ', $log->said($mark)), qr/create transaction: HTTP 404, code NOT/,
    'so does the log');

is($eve->retry->status, 400, 'no attempt is left');
is($eve->continue->status, 400, 'and nothing to continue');


# Operators who would rather let people in: a session that says what it is, for
# locations that say that it is enough.

my %bypass = (
    gate => 'auth_idv_accept_bypass off;',
    locations => <<'END',
        location /lenient/ {
            auth_idv local;
            auth_idv_accept_bypass on;
            auth_idv_header IDV-Status transactionStatus;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
END
);

my $limit = { status => 429, headers => ['Retry-After' => 0] };

my @bypasses = (
    ['on_user_not_found', $not_found, { status => 500 }, { status => 404 }],
    ['on_unavailable', { status => 500 }, $not_found, $limit,
        { status => 403 }],
    ['on_unavailable', { hang => 'request' }, { status => 401 }],
);

for my $case (@bypasses) {
    my ($mode, $rule, @others) = @$case;

    $pingone->well;
    my $lenient = $pingone->site(%bypass, name => $mode, provider => <<"END");
        breaker      off;
        idle_timeout 400ms;
        $mode        bypass;
END

    for my $other (@others) {
        $pingone->fault(create => $other);
        my $ann = $lenient->flow('ann', path => '/lenient/');
        $ann->device('self');
        like($ann->status, qr/_(?:DEVICE|FAILED)$/,
            "$mode is not about HTTP $other->{status}");
    }

    $pingone->fault(create => $rule);
    my $bob = $lenient->flow('bob', path => '/lenient/');

    is($bob->device('self')->status, 200, "$mode: no verification");
    is($bob->status, 'ID_VERIFICATION_COMPLETED', 'COMPLETED');
    is($bob->continue->status, 200, 'to the end');
    is($bob->state->{authorizeResponse}{transactionStatus}, 'BYPASS',
        'which is called what it is');

    my $seen = $bob->client->get('/lenient/x');
    is($seen->status, 200, 'that is enough for some locations');
    is($seen->json->{headers}{'IDV-Status'}, 'BYPASS', 'who are told');
    is($bob->client->get($gate)->status, 403, 'and not for others');
}

$site->finish;
