#!/usr/bin/perl

# Documents of the local service: given one by one by a client that has taken
# them itself, looked at, changed, deleted, and complete.  Which are accepted
# follows from the policy.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Phone;
use Idv::Site;

my $true = JSON::PP::true;
my $date = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

my $site = Idv::Site->new(hop => 1, processing => '60s',
    service => 'idv_service_max_image 200k; idv_service_keep_image 100k;');
my $service = $site->service;
my $env = $service->{environment};

sub base64 { return MIME::Base64::encode_base64($_[0], '') }

my $photo = base64(Idv::Phone::PHOTO);
my $no_photo = base64(Idv::Phone::NO_PHOTO);
my $sound = base64('RIFF....WAVE');

my %id = (verify => 'REQUIRED');
my %live = (verify => 'REQUIRED', threshold => 'LOW');
my %voice = (verify => 'REQUIRED', enrollment => JSON::PP::false,
    comparison => { threshold => 'LOW' }, liveness => { threshold => 'LOW' });
my $n = 0;


sub transaction {
    my (%parts) = @_;

    my $policy = $service->api('POST', 'verifyPolicies',
        { name => 'policy ' . ++$n, %parts })->json->{id};
    my $json = $service->api('POST', "users/user$n/verifyTransactions",
        { verifyPolicy => { id => $policy } })->json;

    return { %$json, policy => $policy,
        path => "users/user$n/verifyTransactions/$json->{id}" };
}


sub give {
    my ($t, $type, $value) = @_;

    return $service->api('POST', "$t->{path}/documents",
        { type => $type, value => $value // $photo });
}


sub act {
    my ($t, $action) = @_;

    return $service->http->request('POST',
        "/v1/environments/$env/$t->{path}/documents",
        Authorization => 'Bearer ' . ($service->{token} ||= $service->token),
        'Content-Type' => "application/vnd.pingidentity.documents.$action+json");
}


sub status {
    my ($t) = @_;

    return $service->api('GET', $t->{path})->json->{transactionStatus};
}


sub list { return $service->api('GET', "$_[0]{path}/documents")->json }


# an answer that refuses: "HTTP CODE target"

sub refused {
    my ($answer) = @_;

    return join ' ', $answer->status,
        map { ($_->{code}, $_->{target}) } @{$answer->json->{details} || []};
}


# A document, and what the API says of it.

my $t = transaction(governmentId => \%id, liveness => \%live);
my $answer = give($t, 'Passport Front');

is($answer->status, 201, 'a document is given');

my $doc = $answer->json;
my $base = 'http://127.0.0.1:' . $site->port('service') . '/v1/environments/'
    . $env;

is_deeply($doc->{_links}, {
    self => { href => "$base/$t->{path}/documents/$doc->{id}" },
    environment => { href => $base },
    user => { href => $base . '/users/user1' },
    verifyTransaction => { href => "$base/$t->{path}" } }, '... with its links');
is($answer->header('Location'), $doc->{_links}{self}{href}, '... and its place');
is_deeply([@$doc{qw(type value status environment user verifyTransaction
        source retry)}],
    ['Passport Front', $photo, 'COLLECTED', { id => $env },
        { id => 'user1' }, { id => $t->{id} },
        { provider => 'AUTHENTICATED_CLIENT' }, { attempt => 1 }],
    '... as it was given');
like($doc->{$_}, $date, "... $_") for qw(createdAt updatedAt);

is_deeply(status($t)->{verificationStatus},
    { GOVERNMENT_ID => 'IN_PROGRESS', LIVENESS => 'REQUESTED' },
    'its check has something to look at');
is(status($t)->{status}, 'PARTIAL', '... and there is more to come');

is_deeply($service->api('GET', "$t->{path}/documents/$doc->{id}")->json, $doc,
    'it is read as it was answered');

give($t, 'Selfie');
my $list = list($t);
is_deeply([map { $_->{type} } @{$list->{_embedded}{documents}}],
    ['Passport Front', 'Selfie'], 'the list has all, oldest first');
is_deeply([$list->{size}, $list->{previousAttempts}], [2, []],
    '... of one attempt');

my $other = base64('another one');
$service->advance(1);
$answer = $service->api('PUT', "$t->{path}/documents/$doc->{id}",
    { type => 'Passport Front', value => $other });
is($answer->status, 200, 'it is replaced');
is_deeply([@{$answer->json}{qw(id value createdAt)}],
    [$doc->{id}, $other, $doc->{createdAt}], '... and keeps its id');
isnt($answer->json->{updatedAt}, $doc->{updatedAt}, '... changed now');
is_deeply($service->api('GET', "$t->{path}/documents/$doc->{id}")->json,
    $answer->json, '... for all who read it');
is(list($t)->{_embedded}{documents}[0]{id}, $doc->{id}, '... in its place');

is($service->api('DELETE', "$t->{path}/documents/$doc->{id}")->status, 204,
    'it is deleted');
is($service->api('GET', "$t->{path}/documents/$doc->{id}")->status, 404,
    '... and gone');
is(list($t)->{size}, 1, '... alone');
is(status($t)->{verificationStatus}{GOVERNMENT_ID}, 'REQUESTED',
    '... and its check wants another');


# Types that a policy takes.  [policy, types]

my @papers = ('Driver License Back', 'Driver License Code',
    'Driver License Front', 'Identity Card Back', 'Identity Card Front',
    'Passport Card Back', 'Passport Card Front', 'Passport Front',
    'Residence Permit Back', 'Residence Permit Front');
my @all = (@papers, 'Email', 'Phone', 'Selfie', 'Voice Input', 'Voice Sample');

my %text = ('Driver License Code' => 'x', Email => 'ann@example.com',
    Phone => '+15555550100');

my @takes = (
    [{ governmentId => \%id }, @papers],
    [{ governmentId => \%id, facialComparison => \%live }, @papers, 'Selfie'],
    [{ liveness => \%live }, 'Selfie'],
    [{ liveness => { %live, verify => 'OPTIONAL' } }, 'Selfie'],
    [{ email => { verify => 'REQUIRED' } }, 'Email'],
    [{ phone => { verify => 'OPTIONAL' } }, 'Phone'],
    [{ voice => \%voice }, 'Voice Input', 'Voice Sample'],
);

for my $case (@takes) {
    my ($parts, @types) = @$case;
    my %taken = map { $_ => 1 } @types;
    my ($t, @wrong) = transaction(%$parts);

    $answer = give($t, 'Passport');
    is(refused($answer), '400 INVALID_VALUE type', 'a type that is none');
    is_deeply([sort @{$answer->json->{details}[0]{innerError}{allowedValues}}],
        [sort @types], '... and those that are taken are named');

    for my $type (@all) {
        my $answer = give($t, $type, $text{$type} // $sound);

        push @wrong, "$type: " . refused($answer)
            if refused($answer) ne ($taken{$type} ? '201'
                                                  : '400 INVALID_VALUE type');

        $service->api('DELETE', "$t->{path}/documents/" . $answer->json->{id})
            if $answer->status == 201;
    }

    is("@wrong", '', '... and no others');
}


# Values.

$t = transaction(governmentId => \%id, liveness => \%live);

my @values = (
    ['no type', { value => $photo }, '400 REQUIRED_VALUE type'],
    ['no value', { type => 'Selfie' }, '400 REQUIRED_VALUE value'],
    ['nothing', {}, '400 REQUIRED_VALUE type REQUIRED_VALUE value'],
    ['both wrong', { type => 1, value => 2 },
        '400 INVALID_VALUE type INVALID_VALUE value'],
    ['an empty value', { type => 'Selfie', value => '' },
        '400 INVALID_VALUE value'],
    ['no base64', { type => 'Selfie', value => 'a*b' },
        '400 INVALID_VALUE value'],
    ['base64 cut off', { type => 'Selfie', value => 'aGFsZ' },
        '400 INVALID_VALUE value'],
    ['too much', { type => 'Selfie', value => base64('x' x (200 * 1024 + 1)) },
        '400 INVALID_VALUE value'],
    ['too long a text', { type => 'Driver License Code', value => 'x' x 8193 },
        '400 INVALID_VALUE value'],
    ['no photo, which is for the check to say',
        { type => 'Selfie', value => $no_photo }, '201'],
    ['as much as there may be', { type => 'Driver License Front',
        value => base64('x' x (200 * 1024)) }, '201'],
    ['a second one', { type => 'Selfie', value => $photo },
        '400 INVALID_VALUE type'],
    ['another kind of document', { type => 'Passport Front',
        value => $photo }, '400 INVALID_VALUE type'],
    ['the other side', { type => 'Driver License Back', value => $photo },
        '201'],
);

for my $case (@values) {
    my ($what, $model, $said) = @$case;

    $answer = $service->api('POST', "$t->{path}/documents", $model);
    is(refused($answer), $said, "a document with $what");
    is_deeply($answer->json->{details}[0]{innerError},
        { maximumValue => $model->{value} =~ /^x/ ? 8192 : 200 * 1024 },
        '... and how much there may be') if $what =~ /^too/;
}

my ($large) = grep { $_->{type} eq 'Driver License Front' }
    @{list($t)->{_embedded}{documents}};
ok($large && !exists $large->{value},
    'one above idv_service_keep_image is looked at and let go');

is(refused($service->api('PUT', "$t->{path}/documents/$large->{id}",
    { type => 'Selfie', value => $photo })), '400 INVALID_VALUE type',
    'a document stays of its type');

my $collected = transaction(governmentId => \%id,
    transaction => { dataCollectionOnly => $true });
is(refused(give($collected, 'Passport Front', base64('x' x (100 * 1024 + 1)))),
    '400 INVALID_VALUE value', 'where collecting is all, it must be kept');


# Complete.  [policy, what is given, what is missing]

my @complete = (
    [{ governmentId => \%id }, [], 'governmentId'],
    [{ governmentId => \%id, liveness => \%live }, [],
        'governmentId', 'Selfie'],
    [{ governmentId => \%id }, ['Driver License Front'], 'governmentId'],
    [{ governmentId => \%id }, ['Driver License Front',
        'Driver License Back']],
    [{ governmentId => \%id }, ['Driver License Code',
        'Driver License Front']],
    [{ governmentId => \%id }, ['Passport Card Front'], 'governmentId'],
    [{ governmentId => \%id }, ['Passport Card Back',
        'Passport Card Front']],
    [{ governmentId => \%id }, ['Identity Card Front']],
    [{ liveness => \%live, governmentId => { %id, verify => 'OPTIONAL' } },
        ['Selfie']],
    [{ email => { verify => 'REQUIRED' }, phone => { verify => 'REQUIRED' },
       voice => \%voice }, [], 'Email', 'Phone', 'Voice Sample'],
    [{ voice => \%voice }, ['Voice Sample', 'Voice Sample']],
);

for my $case (@complete) {
    my ($parts, $types, @missing) = @$case;
    my $t = transaction(%$parts);

    give($t, $_, /Code/ ? '@' : $photo) for @$types;
    $answer = act($t, 'complete');

    is(refused($answer), @missing
            ? join(' ', 400, map { "REQUIRED_VALUE $_" } @missing) : '201',
        'complete with ' . (join(', ', @$types) || 'nothing'));

    next if @missing;

    is($answer->json->{status}, 'PROCESSED', '... and processed');
    is($answer->json->{type}, $types->[-1], '... up to the last one');
    is(status($t)->{status}, 'IN_PROGRESS', '... and under way');

    is(refused($_), '400 CONSTRAINT_VIOLATION verifyTransaction',
        '... and closed') for give($t, $types->[0]), act($t, 'complete'),
        act($t, 'process'), $service->api('PUT',
            "$t->{path}/documents/" . $answer->json->{id},
            { type => $types->[-1], value => $photo });
}

# the time begins with the first document, not with the link

$t = transaction(liveness => \%live, governmentId => \%id);
$service->advance(10 * 60);
give($t, 'Selfie');
$service->advance(14 * 60);
is(status($t)->{status}, 'PARTIAL', 'collection began with the first document');
$service->advance(61);
is(status($t)->{status}, 'FAIL', '... and ends a quarter of an hour later');
is(refused(give($t, 'Passport Front')),
    '400 CONSTRAINT_VIOLATION verifyTransaction', '... for good');


# Process: what is there is looked at, and more can come.

$t = transaction(liveness => { %live, retry => { attempts => 1 } },
    governmentId => \%id);
give($t, 'Selfie', $no_photo);
$answer = act($t, 'process');

is($answer->status, 201, 'what is there is processed');
is_deeply(status($t), { status => 'PARTIAL', verificationStatus =>
    { LIVENESS => 'REQUESTED', GOVERNMENT_ID => 'REQUESTED' } },
    'the photo is to be taken again');

is_deeply([map { [$_->{status}, $_->{retry}{attempt}] }
    @{$answer->json->{previousAttempts}}], [['PROCESSED', 1]],
    '... and the first one is an attempt');

is(give($t, 'Selfie')->json->{retry}{attempt}, 2, 'there is another one');
act($t, 'process');
is_deeply(status($t), { status => 'PARTIAL', verificationStatus =>
    { LIVENESS => 'SUCCESS', GOVERNMENT_ID => 'REQUESTED' } },
    'which is good: the document is all that is wanted');

my ($selfie) = @{list($t)->{_embedded}{documents}};
is(refused(give($t, 'Selfie')), '400 INVALID_VALUE type', '... and no selfie');
is(refused($service->api('PUT', "$t->{path}/documents/$selfie->{id}",
    { type => 'Selfie', value => $photo })),
    '400 CONSTRAINT_VIOLATION verifyTransaction',
    'what was looked at is not changed any more');

give($t, 'Passport Front');
act($t, 'complete');
$service->advance(61);
is_deeply(status($t), { status => 'FAIL', verificationStatus =>
    { LIVENESS => 'SUCCESS', GOVERNMENT_ID => 'FAIL' },
    providerMessagesList => ['DOCUMENT_DATA_MISSING'] },
    'a photo alone has no data');

my $data = $service->api('GET', "$t->{path}/verifiedData?type=SELFIE")->json;
is_deeply([map { [$_->{type}, $_->{retry}{attempt}, $_->{data}] }
        @{$data->{_embedded}{verifiedData}}],
    [['SELFIE', 2, { IMAGE => $photo, FORMAT => 'png' }]],
    'the selfie is data, of the attempt that was good');


# A barcode says what a licence is, and whether it is right.

my $code = "@\n\x1e\rANSI 636012090001DL00310200DLDAQA1234-56789\n"
    . join('', map { "$_\n" } 'DCSTREMBLAY', 'DACZOE', 'DBB19880731',
        'DBA20900731', 'DBD20230115', 'DBC2', 'DCGCAN') . "\r";

for my $case ([$code, 'SUCCESS', undef],
    [$code =~ s/DBB19880731/DBB19881331/r, 'FAIL', 'DOCUMENT_ZONE_INVALID'],
    [$code =~ s/DBA2090/DBA2001/r, 'FAIL', 'DOCUMENT_EXPIRED'],
    ['no barcode', 'FAIL', 'DOCUMENT_DATA_MISSING'])
{
    my ($text, $status, $reason) = @$case;
    my $t = transaction(governmentId => { %id, failExpiredId => $true });

    give($t, 'Driver License Front');
    give($t, 'Driver License Code', $text);
    act($t, 'complete');
    $service->advance(61);

    is_deeply([status($t)->{status}, status($t)->{providerMessagesList}[0]],
        [$status, $reason], 'a licence: ' . ($reason // 'all right'));

    next if $reason;

    my $data = $service->api('GET', "$t->{path}/verifiedData?type="
        . 'government_id,barcode')->json->{_embedded}{verifiedData};
    is_deeply([map { $_->{data}{lastName} // $_->{data}{value} } @$data],
        ['TREMBLAY', $text], '... with what it says');
}


# Collected only: kept for those who asked, and nothing is verified.

$t = transaction(governmentId => \%id, liveness => \%live,
    transaction => { dataCollectionOnly => $true });
give($t, $_, $no_photo) for 'Passport Front', 'Selfie';
act($t, 'complete');
$service->advance(61);

is(status($t)->{status}, 'SUCCESS', 'what was to be collected is there');
is_deeply([map { $_->{value} } @{list($t)->{_embedded}{documents}}],
    [$no_photo, $no_photo], '... and can be read');
is($service->api('GET', "$t->{path}/verifiedData")->json->{size}, 0,
    '... but is not verified');
is(join(' ', map { $_->{type} } @{$service->api('GET', "$t->{path}/metaData")
    ->json->{_embedded}{metaData}}), 'INJECTION_DETECTION',
    '... nor judged, but for how the photo was taken');


# The capture page's photos are documents as well.

$t = transaction(governmentId => \%id);
my $phone = Idv::Phone->new($service, $t);
$phone->begin->document(idType => 'residence_permit',
    photo => Idv::Phone::PHOTO)->submit;

$doc = list($t)->{_embedded}{documents}[0];
is_deeply([@$doc{qw(type value source status)}], ['Residence Permit Front',
    $photo, { provider => 'WEB' }, 'PROCESSED'],
    'the photo of the capture page is a document');
is(list($t)->{_embedded}{documents}[1]{type}, 'Residence Permit Back',
    '... and that of the other side, too');


# Half an hour after its last change a document is gone; one that somebody still
# has to look at stays.

$service->advance(61);
is(list($t)->{size}, 2, 'documents of a decided transaction');
$service->advance(30 * 60);
is(list($t)->{size}, 0, '... are gone half an hour later');
is($service->api('GET', "$t->{path}/documents/$doc->{id}")->status, 404,
    '... by its id, too');

$t = transaction(email => { verify => 'REQUIRED' });
give($t, 'Email', 'ann@example.com');
act($t, 'complete');
$service->advance(60 * 60);
is(list($t)->{size}, 1, 'a document that waits for a person stays');
is($service->api('DELETE', "$t->{path}/documents/"
    . list($t)->{_embedded}{documents}[0]{id})->status, 204,
    '... unless somebody deletes it');
is(list($t)->{size}, 0, '... and then it is gone');

$t = transaction(email => { verify => 'REQUIRED' });
give($t, 'Email', 'ann@example.com');
act($t, 'complete');
$service->advance(20 * 60);
$service->api('PUT', $t->{path},
    { transactionStatus => { status => 'APPROVED_MANUALLY' } });
is(list($t)->{size}, 1, 'one that was approved is still there');
$service->advance(11 * 60);
is(list($t)->{size}, 0, '... until half an hour after its own last change');

$site->nginx->forbid('ann@example.com');


# Requests that are none.  [what, method, path, headers, body, answer]

$t = transaction(liveness => \%live);

my $token = $service->{token} ||= $service->token;
my @auth = (Authorization => "Bearer $token");
my @json = ('Content-Type' => 'application/json');
my $all = "/v1/environments/$env/$t->{path}/documents";
my $zero = '00000000-0000-4000-8000-000000000000';

my @requests = (
    ['no token', 'GET', $all, [], undef, '401 INVALID_TOKEN'],
    ['another user', 'GET', $all =~ s/user\d+/bob/r, [@auth], undef,
        '404 NOT_FOUND'],
    ['no such transaction', 'POST', $all =~ s/$t->{id}/$zero/r,
        [@auth, @json], '{}', '404 NOT_FOUND'],
    ['no such document', 'GET', "$all/$zero", [@auth], undef, '404 NOT_FOUND'],
    ['none to change', 'PUT', "$all/$zero", [@auth, @json], '{}',
        '404 NOT_FOUND'],
    ['none to delete', 'DELETE', "$all/$zero", [@auth], undef,
        '404 NOT_FOUND'],
    ['no JSON', 'POST', $all, [@auth, @json], '{', '400 INVALID_REQUEST'],
    ['a list', 'POST', $all, [@auth, @json], '[]', '400 INVALID_REQUEST'],
    ['another content type', 'POST', $all,
        [@auth, 'Content-Type' => 'image/jpeg'], 'x',
        '415 UNSUPPORTED_MEDIA_TYPE'],
    ['an action that is none', 'POST', $all, [@auth, 'Content-Type' =>
        'application/vnd.pingidentity.documents.delete+json'], '',
        '415 UNSUPPORTED_MEDIA_TYPE'],
    ['an action on one', 'PUT', "$all/$zero", [@auth, 'Content-Type' =>
        'application/vnd.pingidentity.documents.complete+json'], '',
        '415 UNSUPPORTED_MEDIA_TYPE'],
    ['too much', 'POST', $all, [@auth, @json],
        ' ' x (4 * 200 * 1024 / 3 + 9000), '413 REQUEST_TOO_LARGE'],
    ['a method of one', 'DELETE', $all, [@auth], undef,
        '405 METHOD_NOT_ALLOWED GET, HEAD, POST'],
    ['a method of all', 'POST', "$all/$zero", [@auth, @json], '{}',
        '405 METHOD_NOT_ALLOWED GET, HEAD, PUT, DELETE'],
);

for my $case (@requests) {
    my ($what, $method, $path, $headers, $body, $said) = @$case;

    my $answer = $service->http->request($method, $path, @$headers,
        defined $body ? (-body => $body) : ());

    is(join(' ', $answer->status, ($answer->json || {})->{code} // 'none',
        $answer->header('Allow') // ()), $said, "$what: $said");
}

is(list($t)->{size}, 0, 'none of them left anything');

Idv::Site->finish;
