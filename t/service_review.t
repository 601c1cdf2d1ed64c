#!/usr/bin/perl

# What no code can judge: a checker of the operator's is asked, and where it does
# not know, a person says.  The checker is foreign: what it answers may be
# nonsense, late or never, and then it is as if it were not there.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Time::HiRes qw(time);

use Idv::HTTP;
use Idv::Mock;
use Idv::Phone;
use Idv::Site;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $token = 'a-token-of-the-checker';
my $checker = Idv::Mock->new;

my $site = Idv::Site->new(workers => 1, test_mode => 'off', processing => '0s',
    files => { checker_secret => "$token\n" },
    service => 'idv_service_inspection AUTOMATIC MANUAL STEP_UP; '
        . 'idv_service_checker http://127.0.0.1:' . $checker->port . '/check '
        . 'token=checker_secret; idv_service_checker_timeout 700ms;');
my $service = $site->service;

$site->nginx->forbid($token);

my %live = (verify => 'REQUIRED', threshold => 'HIGH');
my ($named, $users) = (0, 0);


sub policy {
    my (%parts) = @_;

    my $answer = $service->api('POST', 'verifyPolicies',
        { name => 'policy ' . ++$named, %parts });

    die 'no policy: ', $answer->body if $answer->status != 201;

    return $answer->json->{id};
}


# a user at the page, of a new transaction

sub user {
    my ($policy, %more) = @_;

    my $path = 'users/user' . ++$users . '/verifyTransactions';
    my $tx = $service->api('POST', $path, { verifyPolicy => { id => $policy },
        %more })->json;
    my $phone = Idv::Phone->new($service, $tx)->begin;

    $phone->{id} = $tx->{id};
    $phone->{tx} = "$path/$tx->{id}";

    return $phone;
}


sub verdict {
    my (%checks) = @_;

    $checker->rules({ path => '/check', json => { checks => \%checks } });
}

sub api { return $service->api('GET', $_[0]{tx} . ($_[1] // ''))->json }
sub state { return api($_[0])->{transactionStatus} }

# until it is so, five seconds at most; the state then

sub becomes {
    my ($user, $status) = @_;

    for (1 .. 250) {
        last if state($user)->{status} eq $status;
        select undef, undef, undef, 0.02;
    }

    return state($user)->{status};
}

sub judged {
    my ($user, $type) = @_;

    my ($item) = grep { $_->{type} eq $type }
        @{api($user, '/metaData')->{_embedded}{metaData}};

    return $item;
}

sub asked {
    my @calls = $checker->calls('/check');
    return @calls ? JSON::PP::decode_json($calls[-1]{body}) : undef;
}

# after the checker has been asked once more, and its answer was read

sub questions { scalar(() = $checker->calls('/check')) }


# A face, and whether it lives: the checker is asked, and its word is taken.

my $face = policy(liveness => { %live, retry => { attempts => 1 } },
    facialComparison => { verify => 'REQUIRED', threshold => 'MEDIUM' });
my %reference = (requirements => { referenceSelfie => { value => 'aGVsbG8=' } });

# how the photo was taken is asked wherever a face is

my %taken = (INJECTION_DETECTION => { status => 'SUCCESS' });

verdict(%taken, LIVENESS => { status => 'SUCCESS',
        data => { score => 4.5, probability => 0.99, quality => 0.8,
                  name => 'Ann Example', nested => { quality => 1 } } },
    FACIAL_COMPARISON_REFERENCE_SELFIE => { status => 'SUCCESS',
        data => { similarity => 98.5, confidence => 101,
                  quality => { brightness => 60, sharpness => 'sharp' } } });

my $user = user($face, %reference);
$user->selfie->submit;
is(becomes($user, 'SUCCESS'), 'SUCCESS', 'the checker is content');

my $asked = asked();
my ($call) = $checker->calls('/check');

is_deeply([@$call{qw(method path)}, @{$call->{headers}}{qw(authorization
    content-type)}], ['POST', '/check', "Bearer $token", 'application/json'],
    'it was asked');
is_deeply([$asked->{transaction}{id}, $asked->{user}{id},
    $asked->{verifyPolicy}{id}], [$user->{id}, "user$users", $face],
    '... about the transaction');
is_deeply($asked->{checks}, [
    { check => 'FACIAL_COMPARISON_REFERENCE_SELFIE', attempt => 1,
      type => 'FACIAL_COMPARISON', threshold => 'MEDIUM' },
    { check => 'LIVENESS', type => 'LIVENESS', attempt => 1,
      threshold => 'HIGH' },
    { check => 'INJECTION_DETECTION', type => 'INJECTION_DETECTION',
      attempt => 1 }], '... what is open');
is_deeply($asked->{requirements}, $reference{requirements},
    '... with what the creator knows');
is_deeply([map { $_->{type} } @{$asked->{documents}}], ['Selfie'],
    '... and what was given');
is(MIME::Base64::decode_base64($asked->{documents}[0]{value}),
    Idv::Phone::PHOTO, '... as it was given');

is_deeply(judged($user, 'LIVENESS')->{data}, { check => 'LIVENESS',
    score => 4.5, probability => 0.99, quality => 0.8 },
    'its numbers are kept, and nothing else');
is_deeply(judged($user, 'FACIAL_COMPARISON')->{data},
    { check => 'FACIAL_COMPARISON_REFERENCE_SELFIE', similarity => 98.5,
      quality => { brightness => 60 } }, '... within their bounds');


# It is not content.

verdict(%taken,
    LIVENESS => { status => 'FAIL', reason => 'SELFIE_IMAGE_INVALID' },
    FACIAL_COMPARISON_REFERENCE_SELFIE => { status => 'FAIL',
        reason => 'TRANSACTION_TIMED_OUT' });
$user = user($face, %reference);
$user->selfie->submit;
is(becomes($user, 'FAIL'), 'FAIL', 'the checker is not content');
is_deeply([@{state($user)->{providerMessagesList}}],
    ['REJECTED', 'SELFIE_IMAGE_INVALID'], 'both reasons are told, if they can be');
is_deeply(state($user)->{verificationStatus}, { LIVENESS => 'FAIL',
    FACIAL_COMPARISON_REFERENCE_SELFIE => 'FAIL' }, '... of both checks');


# It wants another photo, and then there is no other attempt.

verdict(%taken, LIVENESS => { status => 'RETRY' },
    FACIAL_COMPARISON_REFERENCE_SELFIE => { status => 'SUCCESS' });
$user = user($face, %reference);
$user->selfie->submit;
is(becomes($user, 'PARTIAL'), 'PARTIAL', 'another photo is asked for');
like($user->page, qr/photo of your face could not be read/, '... by the page');
$user->selfie->submit;
is(becomes($user, 'FAIL'), 'FAIL', 'twice is once too often');
is(asked()->{checks}[-1]{attempt}, 2, 'it knew which attempt it was');


# It does not know, or nobody understands it: a person decides.  [what, rule]

my $live = policy(liveness => \%live);
my $good = { checks => { %taken, LIVENESS => { status => 'SUCCESS' } } };
my $taken = '"checks":{"INJECTION_DETECTION":{"status":"SUCCESS"}';

my @unclear = (
    ['MANUAL', { json => { checks => { %taken, LIVENESS => {
        status => 'MANUAL' } } } }],
    ['another word', { json => { checks => { %taken, LIVENESS => {
        status => 'success' } } } }],
    ['a check that was not asked for', { json => { checks => {
        GOVERNMENT_ID => { status => 'FAIL' } } } }],
    ['a word where an object should be', { json => { checks => { %taken,
        LIVENESS => 'SUCCESS' } } }],
    ['one of two', { json => { checks => {
        LIVENESS => { status => 'SUCCESS' } } } }],
    ['a list', { json => [$good] }],
    ['no JSON', { body => "{$taken,\"LIVENESS\":{\"status\":\"SUCCESS\"" }],
    ['a member twice', { body => "{$taken,\"LIVENESS\":{\"status\":\"FAIL\","
        . '"status":"SUCCESS"}}}' }],
    ['too much of it', { json => $good, pad => 70_000 }],
    ['an error', { json => $good, status => 500 }],
    ['a redirect', { json => $good, status => 302,
        headers => [Location => '/check'] }],
    ['nothing', { hang => 'request' }],
    ['half an answer', { json => $good, hang => 'body' }],
    ['an end', { reset => 'request' }],
);

my $bystander = Idv::HTTP->new(port => $site->port('service'));
my $page = '/' . Idv::Site::ENVIRONMENT . '/verify/verify-webapp/v2/capture.css';
my @waiting;

for my $case (@unclear) {
    my ($what, $rule) = @$case;
    my $before = questions();

    $checker->rules({ path => '/check', %$rule });
    push @waiting, $user = user($live);

    my $start = time;
    $user->selfie->submit;
    cmp_ok(time - $start, '<', 0.5, "$what: the user does not wait for it");
    cmp_ok($bystander->slowest($page, $rule->{hang} ? 20 : 3), '<', 0.5,
        '... nor does anybody else');

    for (1 .. 250) {
        last if questions() > $before;
        select undef, undef, undef, 0.02;
    }

    is(questions(), $before + 1, '... it was asked, once');
}

# the slowest has been given up by then

select undef, undef, undef, 0.8;
is_deeply([map { state($_)->{status} } @waiting],
    [('IN_PROGRESS') x @waiting], 'all of them wait for a person');

my $log = $site->nginx->read_file('error.log');
my $said = () = $log =~ /idv: no verdict of the checker/g;
is($said, 9, 'an answer that is none is logged');


# They are in a list, longest first, and a person decides each of them.

my $list = $service->control('GET', 'reviews');

is_deeply([@$list{qw(size count)}, map { $_->{transaction}{id} }
    @{$list->{reviews}}], [(scalar @waiting) x 2, map { $_->{id} } @waiting],
    'who waits is in a list');
is_deeply([@{$list->{reviews}[0]}{qw(user checks)}], [{ id =>
    ($waiting[0]{tx} =~ m{users/(\w+)})[0] }, ['LIVENESS']],
    '... with what for');
is_deeply($list->{reviews}[4]{checks}, ['INJECTION_DETECTION'],
    '... which is what has no verdict');

sub review {
    my ($user, $model) = @_;

    return Idv::HTTP->new(port => $site->port('service'))->post(
        "/_control/reviews/$user->{id}", JSON::PP::encode_json($model));
}

is(review($waiting[0], { decision => 'APPROVED' })->status, 200, 'approved');
is_deeply([@{state($waiting[0])}{qw(status verificationStatus)}],
    ['APPROVED_MANUALLY', { LIVENESS => 'SUCCESS' }], '... it is good');

is(review($waiting[1], { decision => 'REJECTED' })->status, 200, 'rejected');
is_deeply([@{state($waiting[1])}{qw(status verificationStatus
    providerMessagesList)}], ['FAIL', { LIVENESS => 'FAIL' }, ['REJECTED']],
    '... it has failed');
is(judged($waiting[1], 'LIVENESS')->{status}, 'FAIL', '... its metadata too');

is(review($waiting[2], { decision => 'REJECTED',
    reason => 'SELFIE_IMAGE_INVALID' })->status, 200, 'rejected for a reason');
is_deeply(state($waiting[2])->{providerMessagesList}, ['SELFIE_IMAGE_INVALID'],
    '... which is told');
like($waiting[2]->page, qr/could not be confirmed\. The photo of your face/,
    '... to the user, too');

for my $bad ([{}, 'decision'], [{ decision => 'FAIL' }, 'decision'],
    [{ decision => 'REJECTED', reason => 'TIRED' }, 'reason'],
    [{ decision => 'REJECTED', reason => 'TRANSACTION_TIMED_OUT' }, 'reason'])
{
    my $answer = review($waiting[3], $bad->[0]);
    is($answer->status . ' ' . $answer->json->{details}[0]{target},
        "400 $bad->[1]", 'no decision: ' . JSON::PP::encode_json($bad->[0]));
}

is(review($waiting[0], { decision => 'REJECTED' })->status, 400,
    'one that is decided stays so');
is(review({ id => '00000000-0000-4000-8000-000000000000' },
    { decision => 'REJECTED' })->status, 404, 'one that is not there');

$service->api('DELETE', $waiting[3]{tx});
$service->api('PUT', $waiting[4]{tx},
    { transactionStatus => { status => 'APPROVED_MANUALLY' } });
$list = $service->control('GET', 'reviews');
is_deeply([$list->{count}, map { $_->{transaction}{id} } @{$list->{reviews}}],
    [@waiting - 5, map { $_->{id} } @waiting[5 .. $#waiting]],
    'what is decided or gone does not wait');

# nobody comes: a day later it is gone, from the list as well

$service->advance(24 * 60 * 60 + 1);
is($service->api('GET', $_->{tx})->status, 404, 'after a day it is gone')
    for $waiting[5];

for (1 .. 250) {
    $list = $service->control('GET', 'reviews');
    last if $list->{count} == 0;
    select undef, undef, undef, 0.02;
}

is_deeply([@$list{qw(size count)}], [0, 0], 'and nobody is in the list');


# A person who was faster: the verdict that comes later changes nothing.

$checker->rules({ path => '/check', json => $good, delay => 0.4 });
$user = user($live);
$user->selfie->submit;
is(state($user)->{status}, 'IN_PROGRESS', 'the checker thinks');
is(review($user, { decision => 'REJECTED' })->status, 200, '... a person knows');
select undef, undef, undef, 0.6;
is(state($user)->{status}, 'FAIL', '... and has the last word');


# A register that the policy wants to be asked: a barcode that is right is not
# enough then, and without it nobody is asked.

my %id = (verify => 'REQUIRED', inspectionType => 'AUTOMATIC');
my %blank = map { $_ => '' } qw(documentNumber firstName lastName birthDate
    expirationDate issuingCountry);

my $barcode = "@\n\x1e\rANSI 636012090001DL00310200DLDAQA1234-56789\n"
    . join('', map { "$_\n" } 'DCSTREMBLAY', 'DACZOE', 'DBB19880731',
        'DBA20890731', 'DBD20230115', 'DBC2', 'DCGCAN') . "\r";

verdict(GOVERNMENT_ID => { status => 'SUCCESS', data => { probability => 1 } });

for my $aamva ($false, $true) {
    my $before = questions();

    $user = user(policy(governmentId => { %id, verifyAamva => $aamva }));
    $user->document(idType => 'driver_license', %blank, zone => $barcode)
        ->submit;
    is(becomes($user, 'SUCCESS'), 'SUCCESS', 'a licence is good');
    is(questions() - $before, $aamva ? 1 : 0, '... and the register '
        . ($aamva ? 'has been' : 'need not be') . ' asked');
}

my $question = asked();
is($question->{document}{lastName}, 'TREMBLAY', '... by its data');
is($question->{checks}[0]{verifyAamva}, $true, '... for what the policy wants');
is(judged($user, 'DOCUMENT_AUTHENTICATION')->{data}{probability}, 1,
    '... and says how sure it is');


# By the API: asked when the client says that this was all.

verdict(%taken, LIVENESS => { status => 'SUCCESS' });
$user = user($live);
$service->api('POST', "$user->{tx}/documents", { type => 'Selfie',
    value => MIME::Base64::encode_base64(Idv::Phone::PHOTO, '') });
my $before = questions();
is($service->http->post('/v1/environments/' . Idv::Site::ENVIRONMENT
    . "/$user->{tx}/documents", '',
    Authorization => 'Bearer ' . $service->token, 'Content-Type' =>
        'application/vnd.pingidentity.documents.complete+json')->status, 201,
    'complete');
is(becomes($user, 'SUCCESS'), 'SUCCESS', 'the checker was asked');
is(questions(), $before + 1, '... once');


# A verdict about a photo that was deleted is none of the one in its place.

$checker->rules({ path => '/check', delay => 0.6, json => { checks => {
    LIVENESS => { status => 'SUCCESS' },
    INJECTION_DETECTION => { status => 'SUCCESS' } } } });

my @faces = (Idv::Phone::PHOTO, Idv::Phone::PHOTO . 'of another one');

$user = user(policy(liveness => \%live, email => { verify => 'REQUIRED' }));
$before = questions();

for my $face (@faces) {
    my $given = $service->api('POST', "$user->{tx}/documents", {
        type => 'Selfie', value => MIME::Base64::encode_base64($face, '') });

    is($given->status, 201, 'a face is given');
    next if $face eq $faces[-1];

    is($service->http->post('/v1/environments/' . Idv::Site::ENVIRONMENT
        . "/$user->{tx}/documents", '',
        Authorization => 'Bearer ' . $service->token, 'Content-Type' =>
            'application/vnd.pingidentity.documents.process+json')->status, 201,
        '... and judged');
    is($service->api('DELETE', "$user->{tx}/documents/"
        . $given->json->{id})->status, 204, '... and deleted');
}

for (1 .. 250) {
    last if questions() > $before;
    select undef, undef, undef, 0.02;
}

# the next question is answered after it

my $other = user($live);
$other->selfie->submit;
is(becomes($other, 'SUCCESS'), 'SUCCESS', 'the verdict has come');
is(state($user)->{verificationStatus}{LIVENESS}, 'IN_PROGRESS',
    '... and is not about another face');

$site->finish;
