#!/usr/bin/perl

# What was found is about what was shown.  A photo that is deleted, given again
# or taken anew takes along what was open or good because of it; what a check
# has relied on is not replaced; and once a person has decided, nothing is under
# way any more.

# variants: asan

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Mock;
use Idv::Phone;
use Idv::Site;

my $checker = Idv::Mock->new;

my $site = Idv::Site->new(workers => 1, test_mode => 'off', processing => '0s',
    service => 'idv_service_inspection AUTOMATIC MANUAL STEP_UP; '
        . 'idv_service_checker http://127.0.0.1:' . $checker->port . '/check;');
my $service = $site->service;

my %live = (verify => 'REQUIRED', threshold => 'LOW');
my %maybe = (%live, verify => 'OPTIONAL');
my ($photo, $other, $none) = map { MIME::Base64::encode_base64($_, '') }
    Idv::Phone::PHOTO, Idv::Phone::PHOTO . 'of another one',
    Idv::Phone::NO_PHOTO;

# a licence whose lines are right

my $barcode = "@\n\x1e\rANSI 636012090001DL00310200DLDAQA1234-56789\n"
    . join('', map { "$_\n" } 'DCSTREMBLAY', 'DACZOE', 'DBB19880731',
        'DBA20890731', 'DBD20230115', 'DBC2', 'DCGCAN') . "\r";

my $n = 0;


# a transaction by a policy of those parts; verdicts: those of the checker

sub transaction {
    my ($parts, %verdicts) = @_;

    $checker->rules({ path => '/check', json => { checks => {
        map { $_ => { status => $verdicts{$_} } } keys %verdicts } } });

    my $policy = $service->api('POST', 'verifyPolicies',
        { name => 'policy ' . ++$n, %$parts })->json->{id};
    my $path = "users/user$n/verifyTransactions";
    my $json = $service->api('POST', $path,
        { verifyPolicy => { id => $policy } })->json;

    return { json => $json, path => "$path/$json->{id}" };
}


sub give {
    my ($t, $type, $value) = @_;

    return $service->api('POST', "$t->{path}/documents",
        { type => $type, value => $value // $photo });
}


sub act {
    my ($t, $action) = @_;

    return $service->http->request('POST', '/v1/environments/'
        . Idv::Site::ENVIRONMENT . "/$t->{path}/documents",
        Authorization => 'Bearer ' . ($service->{token} ||= $service->token),
        'Content-Type' => "application/vnd.pingidentity.documents.$action+json")
        ->status;
}


sub state { $service->api('GET', $_[0]{path})->json->{transactionStatus} }


# until the check says so, five seconds at most; what it says then

sub becomes {
    my ($t, $check, $status) = @_;

    for (1 .. 250) {
        last if state($t)->{verificationStatus}{$check} eq $status;
        select undef, undef, undef, 0.02;
    }

    return state($t)->{verificationStatus}{$check};
}


# how often the checker was asked about it; at least so often, if need be after
# five seconds

sub asked {
    my ($t, $least) = @_;

    my $asked;

    for (1 .. 250) {
        $asked = grep { index($_->{body}, $t->{json}{id}) > 0 }
            $checker->calls('/check');
        last if $asked >= ($least // 0);
        select undef, undef, undef, 0.02;
    }

    return $asked;
}


sub data {
    my ($t) = @_;

    return join ' ', sort map { $_->{type} } @{$service->api('GET',
        "$t->{path}/verifiedData")->json->{_embedded}{verifiedData}};
}


sub drop {
    my ($t, $document) = @_;

    return $service->api('DELETE', "$t->{path}/documents/"
        . $document->json->{id})->status;
}


# A face waits for somebody, and is deleted.  The one in its place is looked at.

my $t = transaction({ liveness => \%live, email => { verify => 'REQUIRED' } });
my $face = give($t, 'Selfie');
my %map = (EMAIL => 'REQUESTED');

is_deeply(state($t)->{verificationStatus}, { %map, LIVENESS => 'IN_PROGRESS' },
    'a face is there');
is(act($t, 'process'), 201, '... and looked at');
is_deeply(state($t)->{verificationStatus}, { %map, LIVENESS => 'IN_PROGRESS' },
    '... which somebody has to');
is(drop($t, $face), 204, '... and deleted');
is_deeply(state($t)->{verificationStatus}, { %map, LIVENESS => 'REQUESTED' },
    '... and another one is wanted');
is(give($t, 'Selfie', $none)->status, 201, 'no face at all');
is(act($t, 'process'), 201, '... is looked at');
is(state($t)->{verificationStatus}{LIVENESS}, 'FAIL',
    '... and none for anybody to judge');

$t = transaction({ liveness => \%live, email => { verify => 'REQUIRED' } });
$face = give($t, 'Selfie');
act($t, 'process');
is(asked($t, 1), 1, 'somebody is asked about a face');
drop($t, $face);
give($t, 'Email', 'ann@example.com');
is(act($t, 'process'), 201, '... which is deleted');
is(act($t, 'complete'), 400, '... and still required');

# the next question comes after it

my $next = transaction({ liveness => \%live });
give($next, 'Selfie');
act($next, 'complete');
is(asked($next, 1), 1, 'somebody is asked about another one');
is(asked($t), 1, '... and not about one that is gone');


# What the page's user changes is looked at as well.

my %step_up = (verify => 'REQUIRED', inspectionType => 'STEP_UP');

$t = transaction({ governmentId => \%step_up, email => { verify => 'OPTIONAL' }});
give($t, $_) for 'Driver License Front', 'Driver License Back';
is(act($t, 'process'), 201, 'photos of a licence are for a person');
is(state($t)->{verificationStatus}{GOVERNMENT_ID}, 'IN_PROGRESS',
    '... who has not looked');

is(give($t, 'Driver License Code', $barcode)->status, 201, 'its code comes');
is(act($t, 'process'), 201, '... and is read');
is(state($t)->{verificationStatus}{GOVERNMENT_ID}, 'SUCCESS',
    '... and is right');


# Another attempt is another photo: what was good is so of the one before.

my %retry = (liveness => { %live, retry => { attempts => 1 } },
    facialComparison => \%live, governmentId => { verify => 'REQUIRED' });
my %verdicts = (LIVENESS => 'SUCCESS', INJECTION_DETECTION => 'SUCCESS',
    FACIAL_COMPARISON_DOCUMENT => 'RETRY');

$t = transaction(\%retry, %verdicts);
give($t, "Driver License $_") for 'Front', 'Back';
give($t, 'Driver License Code', $barcode);
give($t, 'Selfie');
is(act($t, 'complete'), 201, 'a face lives, and is to be compared once more');
is(becomes($t, 'LIVENESS', 'REQUESTED'), 'REQUESTED',
    '... and whether the next one lives is asked for as well');
is_deeply(state($t)->{verificationStatus}, { GOVERNMENT_ID => 'SUCCESS',
    FACIAL_COMPARISON_DOCUMENT => 'REQUESTED', LIVENESS => 'REQUESTED' },
    '... but not for the document');
is(state($t)->{status}, 'PARTIAL', '... of which there is all');

$checker->rules({ path => '/check', json => { checks => {
    LIVENESS => { status => 'FAIL' },
    map { $_ => { status => 'SUCCESS' } } 'INJECTION_DETECTION',
        'FACIAL_COMPARISON_DOCUMENT' } } });
is(give($t, 'Selfie', $other)->status, 201, 'a picture of that face');
is(act($t, 'complete'), 201, '... is all');
is(becomes($t, 'LIVENESS', 'FAIL'), 'FAIL', '... and it does not live');
is(state($t)->{status}, 'FAIL', '... and is nobody');


# What a check has relied on is not replaced by something nobody has looked at.

$t = transaction({ %retry, liveness => \%live }, %verdicts);
$face = give($t, 'Selfie');
act($t, 'process');
is(becomes($t, 'LIVENESS', 'SUCCESS'), 'SUCCESS', 'a face lives');
is(drop($t, $face), 204, '... and is deleted');

my $answer = give($t, 'Selfie', $other);
is(join(' ', $answer->status, $answer->json->{details}[0]{target}), '400 type',
    '... and no other one takes its place');

give($t, "Driver License $_") for 'Front', 'Back';
give($t, 'Driver License Code', $barcode);
is(act($t, 'complete'), 201, '... at the end');
is_deeply([@{state($t)}{qw(status providerMessagesList)}], ['FAIL',
    ['CHECK_NOT_PERFORMED']], '... there is none to compare');


# A photo is verified data if a check that looked at it was a success.

my @faces = (
    ['liveness', { email => { verify => 'OPTIONAL' }, liveness => \%maybe },
        { LIVENESS => 'FAIL' }, '', undef],
    ['liveness', { email => { verify => 'OPTIONAL' }, liveness => \%maybe },
        { LIVENESS => 'SUCCESS' }, 'SELFIE', '[selfie]'],
    ['one of two', { liveness => \%maybe, facialComparison => \%live,
        governmentId => { verify => 'REQUIRED' } },
        { %verdicts, LIVENESS => 'FAIL', FACIAL_COMPARISON_DOCUMENT => 'SUCCESS' },
        'BACK_IMAGE BARCODE FRONT_IMAGE GOVERNMENT_ID SELFIE',
        '[selfie, driver_license]'],
    ['all of two', { liveness => \%maybe, facialComparison => \%maybe,
        governmentId => { verify => 'REQUIRED' } },
        { LIVENESS => 'FAIL', FACIAL_COMPARISON_DOCUMENT => 'FAIL' },
        'BACK_IMAGE BARCODE FRONT_IMAGE GOVERNMENT_ID', '[driver_license]'],
);

for my $case (@faces) {
    my ($what, $parts, $verdicts, $data, $documents) = @$case;

    $t = transaction($parts, %$verdicts);

    if ($parts->{governmentId}) {
        give($t, "Driver License $_") for 'Front', 'Back';
        give($t, 'Driver License Code', $barcode);
    }

    give($t, 'Selfie');
    is(act($t, 'process'), 201, "a face, of which $what may fail");
    becomes($t, 'LIVENESS', $verdicts->{LIVENESS});
    act($t, 'complete');
    becomes($t, $_, $verdicts->{$_}) for grep { $_ ne 'INJECTION_DETECTION' }
        keys %$verdicts;

    for (1 .. 250) {
        last if state($t)->{status} eq 'SUCCESS';
        select undef, undef, undef, 0.02;
    }

    is(state($t)->{status}, 'SUCCESS', "... $verdicts->{LIVENESS}");
    is(data($t), $data, '... leaves what was verified: ' . ($data || 'nothing'));
    is($service->api('GET', $t->{path})->json->{verifiedDocuments}, $documents,
        '... which the transaction says as well');
}


# Once a person has decided, nothing is under way.  [policy, given, map]

my @approvals = (
    ['what was looked at, and what was left out',
        { liveness => \%live, email => { verify => 'OPTIONAL' } }, 1,
        { LIVENESS => 'SUCCESS', EMAIL => 'NOT_REQUIRED' }],
    ['what failed, and what was not made any more',
        { governmentId => { %step_up, inspectionType => 'MANUAL' },
          liveness => \%live, facialComparison => \%live }, 0,
        { GOVERNMENT_ID => 'NOT_REQUIRED', LIVENESS => 'FAIL',
          FACIAL_COMPARISON_DOCUMENT => 'FAIL' }],
);

for my $case (@approvals) {
    my ($what, $parts, $good, $map) = @$case;

    $t = transaction($parts);
    give($t, 'Driver License Front') if $parts->{governmentId};
    give($t, 'Driver License Back') if $parts->{governmentId};
    give($t, 'Selfie', $good ? $photo : $none);
    is(act($t, 'complete'), 201, "$what: complete");

    is($service->api('PUT', $t->{path}, { transactionStatus =>
        { status => 'APPROVED_MANUALLY' } })->status, 200, '... approved');
    is_deeply(state($t)->{verificationStatus}, $map, '... and all is settled');
}

$t = transaction({ liveness => \%live });
$service->set($t->{json}{id}, 'IN_PROGRESS');
$service->api('PUT', $t->{path}, { transactionStatus =>
    { status => 'APPROVED_NO_REQUEST' } });
is_deeply(state($t)->{verificationStatus}, { LIVENESS => 'NOT_REQUIRED' },
    'what nobody has looked at is not under way, either');

$site->finish;
