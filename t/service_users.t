#!/usr/bin/perl

# What the local service keeps of a user beside transactions: the verify status,
# by which there are no more of them, the reset after which all begins anew, and
# the identity that was assured.  And what it tells of the capture.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Phone;
use Idv::Site;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $date = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
my $minute = 60;

my $site = Idv::Site->new(hop => 1, processing => '60s',
    service => 'idv_service_user_limit 200;');
my $service = $site->service;
my $env = $service->{environment};

my %id = (verify => 'REQUIRED');
my %live = (verify => 'REQUIRED', threshold => 'LOW');
my %kept = (transaction => { ida => { enabled => $true } });
my $named = 0;


sub api { return $service->api(@_) }


sub policy {
    my (%parts) = @_;

    return api('POST', 'verifyPolicies',
        { name => 'policy ' . ++$named, %parts })->json->{id};
}

my $plain = policy(liveness => \%live);


sub create {
    my ($user, $policy) = @_;

    return api('POST', "users/$user/verifyTransactions",
        { verifyPolicy => { id => $policy // $plain } });
}


sub transaction {
    my $answer = create(@_);

    die 'no transaction: ', $answer->body if $answer->status != 201;

    my $t = $answer->json;

    return { %$t, path => "users/$_[0]/verifyTransactions/$t->{id}" };
}


sub phone { return Idv::Phone->new($service, $_[0]) }

sub known { return api('GET', "users/$_[0]/verifyTransactions")->json->{size} }

sub standing {
    my ($user) = @_;

    return api('GET', "users/$user/verifyStatus")->json->{verifyStatus};
}

sub stand {
    my ($user, $status) = @_;

    return api('PUT', "users/$user/verifyStatus", { verifyStatus => $status });
}


# The verify status.  [status, what becomes of a new transaction]

is(standing('ann'), 'NOT_INITIATED', 'of a user whom nobody knows');

my @standings = (['ENABLED', 201], ['DISABLED', 400], ['NOT_INITIATED', 201],
    ['DISABLED', 400], ['DISABLED', 400], ['ENABLED', 201]);

for my $case (@standings) {
    my ($status, $http) = @$case;

    my $answer = stand('ann', $status);

    is($answer->status, 200, "$status is set");
    is_deeply($answer->json, { verifyStatus => $status, _links => {
        self => { href => link_to('/users/ann/verifyStatus') },
        environment => { href => link_to('') },
        user => { href => link_to('/users/ann') } } }, '... and answered');
    is(standing('ann'), $status, '... and read');
    is(create('ann')->status, $http, "... a new transaction: $http");
    is(create('bob')->status, 201, '... and of another user');
}

sub link_to {
    return 'http://127.0.0.1:' . $site->port('service')
        . "/v1/environments/$env$_[0]";
}

for my $word ('enabled', '', 'ALLOWED', undef, 1, $true, {}) {
    my $answer = stand('ann', $word);

    is_deeply([$answer->status, @{$answer->json->{details}[0]}{qw(code target
            innerError)}],
        [400, 'INVALID_VALUE', 'verifyStatus', { allowedValues =>
            ['NOT_INITIATED', 'ENABLED', 'DISABLED'] }],
        'no status: ' . JSON::PP->new->allow_nonref->encode($word));
}

is(standing('ann'), 'ENABLED', '... and none of them was set');

my $t = transaction('cid');
stand('cid', 'DISABLED');

my $error = create('cid')->json;

is_deeply([$error->{code}, map { "$_->{code} $_->{target}" }
        @{$error->{details}}],
    ['INVALID_DATA', 'CONSTRAINT_VIOLATION verifyStatus'],
    'who is disabled gets no transaction, and why is said');

phone($t)->begin->selfie->submit;
$service->advance(61);
is(api('GET', $t->{path})->json->{transactionStatus}{status}, 'SUCCESS',
    'a transaction from before comes to its end');

$service->advance(25 * 60 * $minute);
is(known('cid'), 0, 'a day later none is left');
is(standing('cid'), 'DISABLED', '... but what is said of the user is');

$site->reload;
is(create('cid')->status, 400, '... over a reload, too');

my $elsewhere = Idv::Service->new(%$service,
    environment => '00000000-1111-4222-8333-444444444444');
delete $elsewhere->{token};

is($elsewhere->api('POST', 'users/cid/verifyTransactions', {})->status, 201,
    'in another environment the name is somebody else\'s');


# The gate's user who is disabled gets no further, and no transaction.

stand('eve', 'DISABLED');

my $flow = $site->flow('eve');
my $answer = $flow->act('deviceAuthentication',
    { deviceAuthentication => 'other' });
$answer = $flow->act('optionsAuthentication', {})
    if ($answer->json->{status} // '') eq 'ID_VERIFICATION_OPTIONS';

is($answer->status . ' ' . ($answer->json->{code} // ''),
    '503 REQUEST_FAILED', 'at the gate, who is disabled cannot be verified');
is(known('eve'), 0, '... and costs nothing');

stand('eve', 'ENABLED');
$flow->verify;
is($flow->client->get('/')->status, 200,
    'enabled again, the same flow goes on to its end');


# Reset: as if the user had never been here.

transaction('dan') for 1 .. 150;
$t = transaction('dan', policy(governmentId => \%id, %kept));
phone($t)->begin->document->submit;
$service->advance(61);

stand('dan', 'DISABLED');
transaction('don');

is(known('dan'), 100, 'a user with many transactions');

$answer = api('POST', 'users/dan/resetVerification');
is($answer->status . $answer->body, '204', 'is reset');
is(known('dan'), 0, '... and has none any more');
is(standing('dan'), 'NOT_INITIATED', '... is allowed to have some');
is(api('GET', $t->{path})->status, 404, '... without those from before');
is(phone($t)->begin->answer->status, 404, '... which no phone opens');
is(known('don'), 1, 'that of somebody else stays');
is(create('dan')->status, 201, 'and all begins anew');
is(api('POST', 'users/nobody/resetVerification')->status, 204,
    'of who has nothing nothing is taken');


# Identity assurance: what is known of the document from the last good
# transaction, if its policy says so.

sub assured { return api('GET', "users/$_[0]/identityAssurance") }

is(assured('dan')->status, 200, 'what was assured is not reset');

my @nothing = (
    ['a policy that says nothing of it', { governmentId => \%id },
        sub { $_[0]->document }],
    ['no document', { liveness => \%live, %kept }, sub { $_[0]->selfie }],
    ['a bad document', { governmentId => { %id, failExpiredId => $true },
        %kept }, sub { $_[0]->document(expirationDate => '2001-01-01') }],
    ['one that was bad, and did not matter', { governmentId => { %id,
            verify => 'OPTIONAL', failExpiredId => $true },
        liveness => \%live, %kept },
        sub { $_[0]->document(expirationDate => '2001-01-01')->selfie }],
    ['data that was only collected', { governmentId => \%id,
        transaction => { %{$kept{transaction}}, dataCollectionOnly => $true } },
        sub { $_[0]->document }],
);

for my $case (@nothing) {
    my ($what, $parts, $steps) = @$case;

    my $t = transaction('eva', policy(%$parts));
    $steps->(phone($t)->begin)->submit;
    $service->advance(61);

    isnt(api('GET', $t->{path})->json->{transactionStatus}{status},
        'IN_PROGRESS', "$what: decided");
    is(assured('eva')->status, 404, '... and nothing is assured');
}

$t = transaction('eva', policy(governmentId => \%id, liveness => \%live,
    %kept));

phone($t)->begin->document(firstName => 'EVA', nationality => 'UTO')
    ->selfie->submit;
is(assured('eva')->status, 404, 'before the decision nothing is');
$service->advance(61);

my $ida = assured('eva')->json;
my ($claims) = @{$ida->{verified_claims}};
my ($evidence) = @{$claims->{verification}{evidence}};

is($ida->{_links}{self}{href}, link_to('/users/eva/identityAssurance'),
    'then it has a link');
is_deeply($claims->{claims}, { given_name => 'EVA', family_name => 'EXAMPLE',
    birthdate => '1990-04-12' },
    '... the claims of the document') or diag(explain($claims->{claims}));
is($claims->{verification}{trust_framework}, 'nginx_idv_test',
    '... that test mode has vouched for');
like($claims->{verification}{time}, $date, '... with the time');
is_deeply($evidence->{document_details}, { type => 'passport',
    document_number => 'X1234567', date_of_expiry => '2090-01-01',
    issuer => { country_code => 'UTO' } }, '... the document')
    or diag(explain($evidence));
is_deeply([map { [@$_{qw(check check_method txn)}] }
        @{$evidence->{check_details}}],
    [['GOVERNMENT_ID', undef, $t->{id}], ['LIVENESS', undef, $t->{id}]],
    '... and what was looked at, by nobody') or diag(explain($evidence));

$service->advance(25 * 60 * $minute);
$site->reload;
is_deeply(assured('eva')->json, $ida,
    'it is there when the transaction is gone, and after a reload');

$t = transaction('eva', policy(governmentId => \%id, %kept));
phone($t)->begin->document(zone => "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
    . 'L898902C36UTO7408122F1204159ZE184226B<<<<<10', map { $_ => '' }
    qw(firstName lastName birthDate documentNumber expirationDate
       issuingCountry))->submit;
$service->advance(61);

($claims) = @{assured('eva')->json->{verified_claims}};
is($claims->{claims}{family_name}, 'ERIKSSON', 'a new one takes its place');
is($claims->{verification}{evidence}[0]{check_details}[0]{check_method},
    'vdig', '... by lines that were read');
is($claims->{claims}{gender} . ' ' . $claims->{claims}{nationalities}[0],
    'female UTO', '... which say more');

$site->nginx->forbid('ERIKSSON');

is(api('DELETE', 'users/eva/identityAssurance')->status, 204, 'it is deleted');
is(api('GET', $t->{path})->status, 200, '... and the transaction read again');
is(assured('eva')->status, 404, '... and gone');
is(api('DELETE', 'users/eva/identityAssurance')->status, 404,
    '... for good');

# where a person decides, and a register

my $person = Idv::Site->new(name => 'person', hop => 1, test_mode => 'off',
    processing => '60s');
$service = $person->service;

$t = transaction('ann', policy(governmentId => \%id,
    identityRecordMatching => { name => { threshold => 'LOW',
        fieldRequired => $false } },
    dataBasedIdentityVerification => {}, %kept));
phone($t)->begin->document->submit;
$service->advance(61);

is(assured('ann')->status, 404, 'what waits for a person is not assured');
is(api('PUT', $t->{path}, { transactionStatus => {
    status => 'APPROVED_MANUALLY' } })->status, 200, 'a person approves');

($claims) = @{assured('ann')->json->{verified_claims}};

is($claims->{verification}{trust_framework}, 'nginx_idv', 'then it is');
is_deeply([map { my $e = $_; map { [$e->{type}, @$_{qw(check check_method)}] }
        @{$e->{check_details}} } @{$claims->{verification}{evidence}}],
    [['document', 'GOVERNMENT_ID', 'vri'],
     ['electronic_record', 'DATA_BASED_IDENTITY_VERIFICATION', 'data']],
    '... with a section for each');

$service = $site->service;


# Metrics: when the user began, and when all was there.

sub events {
    my ($t) = @_;

    return [map { $_->{data} } @{api('GET', "$t->{path}/appEvents")
        ->json->{_embedded}{appEvents}}];
}

$t = transaction('fay', policy(governmentId => \%id, liveness => \%live));
is_deeply(events($t), [], 'nobody has begun');

my $phone = phone($t)->begin;
my ($event) = @{events($t)};
my $begun = $event->{ADDITIONAL_INFORMATION}{sdk_initialization};

like($begun, qr/^\d{10}$/, 'when the user began is told');
is_deeply($event, { ADDITIONAL_INFORMATION => {
    sdk_initialization => $begun } }, '... and that is all');

$service->advance(100);
$phone->document->selfie->submit;
($event) = @{events($t)};

cmp_ok(abs($event->{ADDITIONAL_INFORMATION}{document_submission_complete}
    - $begun - 100), '<=', 5, 'and when all was handed in');
is($event->{ADDITIONAL_INFORMATION}{sdk_initialization}, $begun,
    '... beside the beginning');

my ($item) = @{api('GET', "$t->{path}/appEvents")->json->{_embedded}{appEvents}};

is_deeply(api('GET', "$t->{path}/appEvents/$item->{id}")->json, $item,
    'it can be read by its id');
like($item->{collectionDate}, $date, '... and has a date');

$service->advance(3 * 60 * $minute);
is_deeply(events($t), [$event], 'it stays, as nothing personal is in it');


# Metadata that is deleted does not come back, and is not that of others.

sub judged {
    my ($t) = @_;

    my $list = api('GET', "$t->{path}/metaData")->json;

    return join ' ', map { "$_->{type}/$_->{retry}{attempt}" }
        @{$list->{_embedded}{metaData}}, @{$list->{previousAttempts}};
}

$t = transaction('gus', policy(governmentId => \%id, liveness => { %live,
    retry => { attempts => 2 } }));
$phone = phone($t)->begin->document->selfie(Idv::Phone::NO_PHOTO)
    ->submit;
$service->advance(61);
$phone->selfie->submit;
$service->advance(61);

is(judged($t), 'DOCUMENT_AUTHENTICATION/1 LIVENESS/2 INJECTION_DETECTION/2 '
    . 'LIVENESS/1', 'four judgements, one of an attempt from before');

my $list = api('GET', "$t->{path}/metaData")->json;

for my $item ($list->{_embedded}{metaData}[1], $list->{previousAttempts}[0]) {
    is(api('DELETE', "$t->{path}/metaData/$item->{id}")->status, 204,
        "$item->{type}/$item->{retry}{attempt} is deleted");
    is(api($_, "$t->{path}/metaData/$item->{id}")->status, 404,
        "... and gone for $_") for qw(GET DELETE);
}

is(judged($t), 'DOCUMENT_AUTHENTICATION/1 INJECTION_DETECTION/2',
    'the others are not');
is(api('DELETE', "$t->{path}/metaData")->status, 204, 'now they are');
is(judged($t), '', '... and nothing is left');
is(api('DELETE', "$t->{path}/metaData")->status, 204, '... to be deleted');
is(api('GET', $t->{path})->json->{transactionStatus}{status}, 'SUCCESS',
    'what was decided is');

Idv::Site->finish;
