#!/usr/bin/perl

# Transactions of the local service as their policy says: which checks they
# make, how much time there is, who may try again and how often, what may fail,
# what waits for a person, and what is left of it afterwards.  Time is the
# service's own, moved by its control interface.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Phone;
use Idv::Site;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my ($photo, $none) = (Idv::Phone::PHOTO, Idv::Phone::NO_PHOTO);

my $site = Idv::Site->new(hop => 1,
    service => 'idv_service_inspection AUTOMATIC MANUAL STEP_UP;',
    processing => '60s');
my $service = $site->service;

my %id = (verify => 'REQUIRED', inspectionType => 'AUTOMATIC',
    failExpiredId => $true);
my %live = (verify => 'REQUIRED', threshold => 'LOW');
my $named = 0;
my $users = 0;


# a policy of those parts; its id

sub policy {
    my (%parts) = @_;

    my $answer = $service->api('POST', 'verifyPolicies',
        { name => 'policy ' . ++$named, %parts });

    die 'no policy: ', $answer->body if $answer->status != 201;

    return $answer->json->{id};
}


# a transaction of a new user: what the API says of it, with its path

sub transaction {
    my ($policy, %more) = @_;

    my $user = delete $more{user} // 'user' . ++$users;

    my $answer = $service->api('POST', "users/$user/verifyTransactions",
        { verifyPolicy => { id => $policy }, %more });

    die 'no transaction: ', $answer->body if $answer->status != 201;

    my $json = $answer->json;

    return { %$json,
        path => "users/$user/verifyTransactions/$json->{id}" };
}


sub now { return $service->api('GET', $_[0]{path} . ($_[1] // ''))->json }

sub status { return now($_[0])->{transactionStatus}{status} }

sub checks { return now($_[0])->{transactionStatus}{verificationStatus} }

sub phone { return Idv::Phone->new($service, $_[0]) }

# until the decision

sub wait_for { $service->advance($_[0] // 61) }


# Which checks a policy makes.  [parts, requirements, keys in order]

my $match = { threshold => 'LOW', fieldRequired => $false };
my $must = { threshold => 'LOW', fieldRequired => $true };

my @plans = (
    [{ liveness => \%live }, {}, 'LIVENESS'],
    [{ governmentId => \%id, facialComparison => \%live }, {},
        'FACIAL_COMPARISON_DOCUMENT GOVERNMENT_ID'],
    [{ governmentId => \%id, facialComparison => \%live },
        { referenceSelfie => { value => 'aGk=' } },
        'FACIAL_COMPARISON_DOCUMENT FACIAL_COMPARISON_REFERENCE_SELFIE '
        . 'GOVERNMENT_ID'],
    [{ facialComparison => \%live },
        { referenceSelfie => { value => 'aGk=' } },
        'FACIAL_COMPARISON_REFERENCE_SELFIE'],
    [{ governmentId => { %id, verify => 'OPTIONAL' } }, {}, 'GOVERNMENT_ID'],
    [{ governmentId => \%id, identityRecordMatching => { name => $match } },
        {}, 'GOVERNMENT_ID'],
    [{ governmentId => \%id, identityRecordMatching => { name => $match } },
        { birth_date => { value => '1990-04-12' } },
        'GOVERNMENT_ID IDENTITY_RECORD_MATCHING'],
    [{ governmentId => \%id, identityRecordMatching => { name => $must } },
        {}, 'GOVERNMENT_ID IDENTITY_RECORD_MATCHING'],
    [{ email => { verify => 'REQUIRED' }, phone => { verify => 'OPTIONAL' },
       dataBasedIdentityVerification => {} }, {},
        'DATA_BASED_IDENTITY_VERIFICATION EMAIL PHONE'],
    [{ voice => { verify => 'REQUIRED', enrollment => $false,
        comparison => { threshold => 'LOW' },
        liveness => { threshold => 'LOW' } },
       verifiableCredential => { verify => 'OPTIONAL' },
       deviceOwnership => { verify => 'REQUIRED' } }, {},
        'CREDENTIAL DEVICE_OWNERSHIP VOICE'],
);

for my $plan (@plans) {
    my ($parts, $requirements, $keys) = @$plan;

    my $t = transaction(policy(%$parts), requirements => $requirements);
    my $map = $t->{transactionStatus}{verificationStatus};

    is(join(' ', sort keys %$map), $keys, "checks: $keys");
    is(join(' ', grep { $_ ne 'REQUESTED' } values %$map), '',
        '... all of them requested');
}

# what a policy asks of the requirements

my @needs = (
    ['faces without a document, and nothing to compare with',
        { facialComparison => \%live }, {},
        'REQUIRED_VALUE requirements.referenceSelfie'],
    ['data and a phone that is not verified',
        { liveness => \%live, dataBasedIdentityVerification => {},
          phone => { verify => 'OPTIONAL' } },
        { phone => { value => '+15555550100' } },
        'INVALID_VALUE requirements.phone'],
);

for my $need (@needs) {
    my ($what, $parts, $requirements, $said) = @$need;

    my $answer = $service->api('POST', 'users/ann/verifyTransactions', {
        verifyPolicy => { id => policy(%$parts) },
        requirements => $requirements });

    is($answer->status . ' ' . join(', ', map { "$_->{code} $_->{target}" }
            @{$answer->json->{details} || []}), "400 $said", "refused: $what");
}


# Time.  [policy's transaction, when the user begins, what is left then]

my $minute = 60;

my @timers = (
    ['the defaults', undef, 0, 15 * $minute],
    ['18 minutes late', undef, 18 * $minute, 12 * $minute],
    ['at the last second', undef, 30 * $minute - 2, 2],
    ['a short time for collection', { dataCollection => { timeout => {
        duration => 40, timeUnit => 'SECONDS' } } }, 5, 40],
    ['a short transaction', { timeout => { duration => 2,
        timeUnit => 'MINUTES' } }, 90, 30],
    ['no time for collection', { dataCollection => { timeout => {
        duration => 0, timeUnit => 'SECONDS' } } }, 10, 0],
);

for my $timer (@timers) {
    my ($what, $transaction, $late, $left) = @$timer;

    my $t = transaction(policy(liveness => \%live,
        $transaction ? (transaction => $transaction) : ()));

    $service->advance($late);
    is(status($t), 'REQUESTED', "$what: the transaction waits");

    phone($t)->begin;

    if ($left > 1) {
        $service->advance($left - 1);
        is(status($t), 'INITIATED', "... and $left seconds after the beginning");
        $service->advance(1);
    }

    is(status($t), 'FAIL', '... it is over');
    is_deeply(checks($t), { LIVENESS => 'FAIL',
        TRANSACTION_TIMED_OUT => 'FAIL' }, '... for its time');
}

my $t = transaction(policy(liveness => \%live));
$service->advance(30 * $minute);
is(status($t), 'FAIL', 'a transaction that nobody began ends by itself');
is_deeply(now($t)->{transactionStatus}{providerMessagesList},
    ['TRANSACTION_TIMED_OUT'], '... and says why');

# what is in before the end is looked at after it

$t = transaction(policy(liveness => \%live));
$service->advance(30 * $minute - 10);
phone($t)->begin->selfie->submit;
$service->advance(30);
is(status($t), 'IN_PROGRESS', 'processing outlives the transaction');
$service->advance(31);
is(status($t), 'SUCCESS', '... and comes to its end');


# The way of a transaction, step by step.

$t = transaction(policy(governmentId => \%id, facialComparison => \%live,
    liveness => \%live));
my $phone = phone($t);

is_deeply([status($t), checks($t)], ['REQUESTED', {
    map { $_ => 'REQUESTED' } qw(GOVERNMENT_ID LIVENESS
        FACIAL_COMPARISON_DOCUMENT) }], 'nothing was done');

$phone->begin;
is(status($t), 'INITIATED', 'begun');

$phone->document(photo => $photo);
is_deeply([status($t), checks($t)], ['PARTIAL', {
    GOVERNMENT_ID => 'IN_PROGRESS', LIVENESS => 'REQUESTED',
    FACIAL_COMPARISON_DOCUMENT => 'REQUESTED' }], 'a document is there');

$phone->selfie;
is_deeply([status($t), checks($t)->{LIVENESS}], ['PARTIAL', 'IN_PROGRESS'],
    'everything is there');

$phone->submit;
is_deeply([status($t), checks($t)], ['IN_PROGRESS', {
    map { $_ => 'IN_PROGRESS' } qw(GOVERNMENT_ID LIVENESS
        FACIAL_COMPARISON_DOCUMENT) }], 'and given');

wait_for();
is_deeply([status($t), checks($t)], ['SUCCESS', {
    map { $_ => 'SUCCESS' } qw(GOVERNMENT_ID LIVENESS
        FACIAL_COMPARISON_DOCUMENT) }], 'and found good');
is(now($t)->{verifiedDocuments}, '[selfie, passport]',
    '... with what was verified');


# What the phone is asked for follows from the policy.

my @steps = (
    ['a document only', { governmentId => \%id }, ['choose']],
    ['a face only', { liveness => \%live }, ['selfie']],
    ['both', { governmentId => \%id, liveness => \%live },
        ['choose', 'selfie']],
    ['a document if one likes', { liveness => \%live,
        governmentId => { %id, verify => 'OPTIONAL' } },
        ['choose skip', 'selfie']],
    ['nothing that a page could take',
        { deviceOwnership => { verify => 'REQUIRED' } },
        []],
);

for my $case (@steps) {
    my ($what, $parts, $steps) = @$case;
    my $t = transaction(policy(%$parts));
    my $phone = phone($t)->begin;

    for my $step (@$steps) {
        is(join(' ', $phone->open->asked), $step, "$what: asked for $step");
        $step =~ /^choose/ ? $phone->document : $phone->selfie;
    }

    is(join(' ', grep { $_ ne 'change' } $phone->open->asked),
        @$steps ? 'submit' : '', '... and for nothing more');
    $phone->submit;
    is(status($t), 'IN_PROGRESS', '... since all is there');
}


# Checks that fail, required and optional.
# [what, policy, what the phone does, status, checks, reasons]

my %expired = (expirationDate => '2001-01-01');
my $opt = { %id, verify => 'OPTIONAL' };

my @results = (
    ['an expired document', { governmentId => \%id },
        sub { $_[0]->document(%expired) }, 'FAIL',
        { GOVERNMENT_ID => 'FAIL' }, ['DOCUMENT_EXPIRED']],
    ['one that may be expired',
        { governmentId => { %id, failExpiredId => $false } },
        sub { $_[0]->document(%expired) }, 'SUCCESS',
        { GOVERNMENT_ID => 'SUCCESS' }, undef],
    ['every check is made, but those that depend on a bad one',
        { governmentId => \%id, facialComparison => \%live,
          liveness => \%live },
        sub { $_[0]->document(%expired)->selfie }, 'FAIL',
        { GOVERNMENT_ID => 'FAIL', LIVENESS => 'SUCCESS',
          FACIAL_COMPARISON_DOCUMENT => 'NOT_REQUIRED' }, ['DOCUMENT_EXPIRED']],
    ['all reasons are told', { governmentId => \%id, liveness => \%live },
        sub { $_[0]->document(%expired)->selfie($none) }, 'FAIL',
        { GOVERNMENT_ID => 'FAIL', LIVENESS => 'FAIL' },
        ['DOCUMENT_EXPIRED', 'SELFIE_IMAGE_INVALID']],
    ['an optional document that is bad',
        { governmentId => $opt, liveness => \%live },
        sub { $_[0]->document(%expired)->selfie }, 'SUCCESS',
        { GOVERNMENT_ID => 'FAIL', LIVENESS => 'SUCCESS' }, undef],
    ['one that is left out', { governmentId => $opt, liveness => \%live },
        sub { $_[0]->skip->selfie }, 'SUCCESS',
        { GOVERNMENT_ID => 'NOT_REQUIRED', LIVENESS => 'SUCCESS' }, undef],
    ['one that is good does not help a bad face',
        { governmentId => $opt, liveness => \%live },
        sub { $_[0]->document->selfie($none) }, 'FAIL',
        { GOVERNMENT_ID => 'SUCCESS', LIVENESS => 'FAIL' },
        ['SELFIE_IMAGE_INVALID']],
    ['a required face is not left out', { liveness => \%live },
        sub { $_[0]->skip->selfie }, 'SUCCESS', { LIVENESS => 'SUCCESS' },
        undef],
    ['an optional face with a document that failed',
        { governmentId => $opt, facialComparison => { %live,
            verify => 'OPTIONAL' } },
        sub { $_[0]->document(%expired)->selfie }, 'SUCCESS',
        { GOVERNMENT_ID => 'FAIL',
          FACIAL_COMPARISON_DOCUMENT => 'NOT_REQUIRED' }, undef],
    ['a required face with a document that was optional, and failed',
        { governmentId => $opt, facialComparison => \%live },
        sub { $_[0]->document(%expired)->selfie }, 'FAIL',
        { GOVERNMENT_ID => 'FAIL', FACIAL_COMPARISON_DOCUMENT => 'FAIL' },
        ['CHECK_NOT_PERFORMED']],
    ['optional checks that nobody could make',
        { liveness => \%live, phone => { verify => 'OPTIONAL' },
          deviceOwnership => { verify => 'OPTIONAL' } },
        sub { $_[0]->skip->selfie }, 'SUCCESS',
        { LIVENESS => 'SUCCESS', PHONE => 'NOT_REQUIRED',
          DEVICE_OWNERSHIP => 'NOT_REQUIRED' }, undef],
    ['an optional one that a person would have to look at',
        { liveness => \%live, governmentId => { %$opt,
            inspectionType => 'MANUAL' } },
        sub { $_[0]->document->selfie }, 'SUCCESS',
        { LIVENESS => 'SUCCESS', GOVERNMENT_ID => 'NOT_REQUIRED' }, undef],
    ['data that is only collected',
        { governmentId => \%id, liveness => \%live,
          transaction => { dataCollectionOnly => $true } },
        sub { $_[0]->document(%expired)->selfie($none) }, 'SUCCESS',
        { GOVERNMENT_ID => 'NOT_REQUIRED', LIVENESS => 'NOT_REQUIRED' },
        undef],
);

for my $case (@results) {
    my ($what, $parts, $steps, $status, $checks, $reasons) = @$case;
    my $t = transaction(policy(%$parts));

    my $phone = phone($t)->begin;

    $steps->($phone);
    $phone->submit;
    is(status($t), 'IN_PROGRESS', "$what: all is there");
    wait_for();

    my $json = now($t);
    is_deeply([@{$json->{transactionStatus}}{qw(status verificationStatus
            providerMessagesList)}], [$status, $checks, $reasons],
        "... $status, check by check");

    next if $status ne 'SUCCESS' || !exists $checks->{GOVERNMENT_ID};

    # a document that did not matter is no verified data

    my @types = map { $_->{type} } @{$service->api('GET',
        "$t->{path}/verifiedData")->json->{_embedded}{verifiedData}};
    my $good = $checks->{GOVERNMENT_ID} eq 'SUCCESS' ? 1 : 0;

    is(scalar(grep { $_ ne 'SELFIE' } @types), $good,
        "... @types is its data");
    like($json->{verifiedDocuments} // '[]',
        $good ? qr/passport/ : qr/^\[(?:selfie)?\]$/, '... and said to be so');
}

$t = transaction(policy(liveness => \%live,
    transaction => { dataCollectionOnly => $true }));
phone($t)->begin->selfie->submit;
wait_for();
is(now($t)->{verifiedDocuments}, undef, 'no document is said to be verified');


# What is known of a person, against the document (EXAMPLE, ANN).
# [threshold, required, requirement, status of the check and the transaction]

my @records = (
    ['HIGH', $true, { value => 'Example' }, 'SUCCESS', 'SUCCESS'],
    ['LOW', $true, { options => ['Muster', 'Exomplu'] }, 'SUCCESS', 'SUCCESS'],
    ['HIGH', $true, { value => 'Exomplu' }, 'FAIL', 'FAIL'],
    ['LOW', $true, { value => 'Muster' }, 'FAIL', 'FAIL'],
    ['LOW', $false, { value => 'Muster' }, 'SUCCESS', 'SUCCESS'],
    ['LOW', $true, undef, 'FAIL', 'FAIL'],
);

for my $record (@records) {
    my ($threshold, $required, $known, $check, $status) = @$record;

    my $t = transaction(policy(governmentId => \%id, identityRecordMatching =>
            { family_name => { threshold => $threshold,
                               fieldRequired => $required } }),
        requirements => $known ? { family_name => $known } : {});

    phone($t)->begin->document->submit;
    wait_for();

    is_deeply([@{now($t)->{transactionStatus}}{qw(status verificationStatus
            providerMessagesList)}],
        [$status, { GOVERNMENT_ID => 'SUCCESS',
            IDENTITY_RECORD_MATCHING => $check },
            $status eq 'FAIL' ? ['RECORD_MISMATCH'] : undef],
        ($required ? 'at least ' : 'at will ') . "$threshold, "
            . show($known) . ": $check");
}

sub show { return JSON::PP->new->canonical->allow_nonref->encode($_[0]) }


# Attempts: a photo that cannot be one is taken again, 0 to 3 times.

for my $retries (0 .. 3) {
    my $t = transaction(policy(governmentId => { %id,
        retry => { attempts => $retries } }));
    my $phone = phone($t)->begin;

    for my $attempt (1 .. $retries) {
        $phone->document(photo => $none)->submit;
        wait_for();
        is_deeply([status($t), checks($t)],
            ['PARTIAL', { GOVERNMENT_ID => 'REQUESTED' }],
            "attempt $attempt of $retries more: the user is asked again");
        my ($this, $all) = ($attempt + 1, $retries + 1);
        is($phone->open->problem, 'The photo of the document could not be '
            . "read. Please try again. This is attempt $this of $all.",
            '... and told why');
    }

    $phone->document(photo => $none)->submit;
    wait_for();
    is_deeply([status($t), checks($t)], ['FAIL', { GOVERNMENT_ID => 'FAIL' }],
        "after $retries retries it fails");

    my $meta = $service->api('GET', "$t->{path}/metaData")->json;

    my $photos = $service->api('GET', "$t->{path}/documents")->json;

    is_deeply([map { [$_->{type}, $_->{status}, $_->{retry}{attempt},
            @{$_->{data}}{qw(reason frontImageDocumentId retry)}] }
            @{$meta->{_embedded}{metaData}}, @{$meta->{previousAttempts}}],
        [map { ['DOCUMENT_AUTHENTICATION', 'FAIL', $_->{retry}{attempt},
            'DOCUMENT_IMAGE_INVALID', $_->{id}, $_->{retry}] }
            @{$photos->{_embedded}{documents}}, @{$photos->{previousAttempts}}],
        '... with an item for each attempt, and its photo');
    is(scalar @{$photos->{previousAttempts}}, $retries, '... all of them');
}

# the last attempt counts, and the selfie is not asked for again

$t = transaction(policy(liveness => { %live, retry => { attempts => 1 } },
    facialComparison => \%live,
    governmentId => { %id, retry => { attempts => 3 } }));
$phone = phone($t)->begin->document(photo => $none)->selfie->submit;
wait_for();

is_deeply([status($t), checks($t)], ['PARTIAL', { LIVENESS => 'SUCCESS',
    GOVERNMENT_ID => 'REQUESTED', FACIAL_COMPARISON_DOCUMENT => 'REQUESTED' }],
    'a bad photo of the document says nothing about the face, yet');
ok($phone->open->asks('front'), 'the document is asked for');

$phone->document(photo => $photo)->submit;
is(status($t), 'IN_PROGRESS', '... and only that');
wait_for();
is(status($t), 'SUCCESS', 'it is good');

my @data = map { [$_->{type}, $_->{retry}{attempt}] }
    @{$service->api('GET', "$t->{path}/verifiedData")
        ->json->{_embedded}{verifiedData}};
is_deeply(\@data, [['GOVERNMENT_ID', 2], ['SELFIE', 1], ['FRONT_IMAGE', 2]],
    'the data is that of the latest attempts');

for my $case (['ALL', 3], ['LATEST', 3], [1, 1], [2, 2], [3, 0], [4, 0]) {
    my ($attempt, $size) = @$case;
    is($service->api('GET', "$t->{path}/verifiedData?attempt=$attempt")
        ->json->{size}, $size, "attempt $attempt: $size");
}

# no other attempt where it cannot help, or comes too late

$t = transaction(policy(governmentId => \%id,
    liveness => { %live, retry => { attempts => 3 } }));
phone($t)->begin->document(%expired)->selfie($none)->submit;
wait_for();
is(status($t), 'FAIL', 'a photo is not taken again for a document that failed');

$t = transaction(policy(liveness => { %live, retry => { attempts => 3 } }));
$service->advance(30 * $minute - 10);
phone($t)->begin->selfie($none)->submit;
wait_for();
is_deeply(now($t)->{transactionStatus}{providerMessagesList},
    ['SELFIE_IMAGE_INVALID'], '... nor when the transaction is over');

$t = transaction(policy(liveness => { %live, retry => { attempts => 1 } }));
$phone = phone($t)->begin;
$service->advance(14 * $minute);
$phone->selfie($none)->submit;
wait_for();
$service->advance(10 * $minute);
is(status($t), 'PARTIAL', 'another attempt has its own time for collection');
$service->advance(5 * $minute);
is(status($t), 'FAIL', '... which ends');


# What a program cannot tell waits for a person.

my @waiting = (
    ['MANUAL', { governmentId => { %id, inspectionType => 'MANUAL' } },
        sub { $_[0]->document }],
    ['STEP_UP, where the document is not good',
        { governmentId => { %id, inspectionType => 'STEP_UP' } },
        sub { $_[0]->document(%expired) }],
    ['a check without a program',
        { deviceOwnership => { verify => 'REQUIRED' } },
        sub { }],
);

for my $case (@waiting) {
    my ($what, $parts, $steps) = @$case;
    my $t = transaction(policy(%$parts));

    my $phone = phone($t)->begin;

    $steps->($phone);
    $phone->submit;
    $service->advance(2 * 60 * $minute);

    is(status($t), 'IN_PROGRESS', "$what: it waits");
    is(join(' ', values %{checks($t)}), 'IN_PROGRESS', '... and its check');

    is($service->api('PUT', $t->{path}, { transactionStatus => {
        status => 'APPROVED_MANUALLY' } })->status, 200, '... is approved');
    is(status($t), 'APPROVED_MANUALLY', '... by a person');
}

$t = transaction(policy(governmentId => { %id, inspectionType => 'STEP_UP' }));
phone($t)->begin->document->submit;
wait_for();
is(status($t), 'SUCCESS', 'STEP_UP, where the document is good: nobody is asked');

$t = transaction(policy(governmentId => { %id, inspectionType => 'MANUAL' },
    liveness => \%live));
phone($t)->begin->document->selfie($none)->submit;
wait_for();
is_deeply([status($t), checks($t)], ['FAIL', { LIVENESS => 'FAIL',
    GOVERNMENT_ID => 'NOT_REQUIRED' }],
    'nobody is asked about what has failed anyway');


# Manual approval: from which status, to which, and of which transaction.

my @approvals = (
    ['REQUESTED', 400, 200], ['INITIATED', 400], ['PARTIAL', 400],
    ['IN_PROGRESS', 200], ['SUCCESS', 400], ['FAIL', 200],
    ['NOT_REQUIRED', 400], ['APPROVED_MANUALLY', 400],
    ['APPROVED_NO_REQUEST', 400],
);

my $plain = policy(liveness => \%live);

for my $case (@approvals) {
    my ($from, @http) = @$case;

    for my $to ('APPROVED_MANUALLY', 'APPROVED_NO_REQUEST') {
        my $http = $to eq 'APPROVED_MANUALLY' ? $http[0] : $http[-1];
        my $t = transaction($plain);
        $service->set($t->{id}, $from);

        my $answer = $service->api('PUT', $t->{path},
            { transactionStatus => { status => $to } });

        is(join(' ', $answer->status, status($t)),
            join(' ', $http, $http == 200 ? $to : $from), "$from to $to");
    }
}

for my $status (qw(SUCCESS FAIL REQUESTED approved_manually), undef, 1) {
    my $t = transaction($plain);
    $service->set($t->{id}, 'FAIL');

    my $answer = $service->api('PUT', $t->{path},
        { transactionStatus => { status => $status } });
    is($answer->status . ' ' . ($answer->json->{details}[0]{target} // ''),
        '400 transactionStatus.status', ($status // 'null') . ' is no approval');
}

my $first = transaction($plain, user => 'zoe');
my $second = transaction($plain, user => 'zoe');
$service->set($_->{id}, 'FAIL') for $first, $second;

my $approve = { transactionStatus => { status => 'APPROVED_MANUALLY' } };
my $answer = $service->api('PUT', $first->{path}, $approve);

is($answer->status . ' ' . $answer->json->{details}[0]{code},
    '400 CONSTRAINT_VIOLATION', 'an older transaction is not approved');
is($service->api('PUT', $second->{path}, $approve)->status, 200,
    'the newest one is');


# The list, the policy along with it, and deletion.

my @ids = map { transaction($plain, user => 'max')->{id} } 1 .. 3;

sub listed {
    my ($query) = @_;

    return join ' ', map { $_->{id} } @{$service->api('GET',
        "users/max/verifyTransactions$query")
        ->json->{_embedded}{verifyTransactions}};
}

is(listed(''), join(' ', reverse @ids), 'all transactions, newest first');
is(listed('?limit=2'), join(' ', reverse @ids[1, 2]), 'the latest two');

for my $limit (0, 101, -1, 'x', '') {
    my $answer = $service->api('GET',
        "users/max/verifyTransactions?limit=$limit");
    is_deeply([$answer->status, @{$answer->json->{details}[0]}{qw(target
            innerError)}], [400, 'limit', { rangeMinimumValue => 1,
            rangeMaximumValue => 100 }], "a limit \"$limit\"");
}

my $changed = policy(liveness => \%live);
$t = transaction($changed);

is_deeply(now($t, '?expand=verifyPolicy')->{verifyPolicy},
    $service->api('GET', "verifyPolicies/$changed")->json,
    'the policy comes along');
is_deeply(now($t)->{verifyPolicy}, { id => $changed }, '... if it is wanted');

$service->api('PUT', "verifyPolicies/$changed", { name => 'changed',
    governmentId => \%id });
phone($t)->begin->selfie->submit;
wait_for();
is_deeply([status($t), checks($t)], ['SUCCESS', { LIVENESS => 'SUCCESS' }],
    'a transaction goes by the policy as it was when it was created');

$service->api('DELETE', "verifyPolicies/$changed");
is_deeply(now($t, '?expand=verifyPolicy')->{verifyPolicy}, { id => $changed },
    'one that is gone does not come along');

is($service->api('DELETE', $t->{path})->status, 204, 'a transaction is deleted');
is($service->api($_, $t->{path}, $_ eq 'PUT' ? $approve : ())->status, 404,
    "... and gone for $_") for qw(GET PUT DELETE);


# Messages, as they were sent.

for my $works ($true, $false) {
    $service->control('PUT', 'notifications', { sent => $works });

    my $t = transaction($plain, sendNotification => {
        email => 'ann@example.com', phone => '+15555550100' });

    is_deeply([map { [$_->{method}, $_->{sent}, length $_->{notification}{id}] }
            @{now($t)->{sendNotification}{results}}],
        [map { [$_, $works, 36] } 'EMAIL', 'SMS'],
        'messages that were ' . ($works ? '' : 'not ') . 'sent');
}

$site->nginx->forbid('ann@example.com');


# Half an hour after the decision nothing personal is left.

$t = transaction(policy(governmentId => \%id, liveness => \%live),
    requirements => { given_name => { value => 'Ann' } });
phone($t)->begin->document(photo => $photo)->selfie->submit;
wait_for();

is($service->api('GET', "$t->{path}/verifiedData")->json->{size}, 3,
    'data is there');
is($service->api('GET', "$t->{path}/documents")->json->{size}, 2,
    '... and so are the documents');
is(now($t)->{requirements}{given_name}{value}, 'Ann', '... and what was known');

my $before = $service->api('GET', "$t->{path}/metaData")->json;
is($before->{size}, 4, '... and what was judged');

$service->advance(30 * $minute);

is($service->api('GET', "$t->{path}/verifiedData")->json->{size}, 0,
    'half an hour later no data is');
is($service->api('GET', "$t->{path}/documents")->json->{size}, 0,
    '... no document');
is(now($t)->{requirements}, undef, '... and nothing that was known');
is(status($t), 'SUCCESS', 'the status stays');
is_deeply($service->api('GET', "$t->{path}/metaData")->json, $before,
    '... and what was judged');

# gone, and not only hidden: nothing comes back with another decision

$service->set($t->{id}, 'FAIL');
is($service->api('GET', "$t->{path}/verifiedData")->json->{size}, 0,
    'a decision after that finds no data');

Idv::Site->finish;
