#!/usr/bin/perl

# Each capability of the connector, as an application uses it: by curl, against
# the local verification service.  The answers hold exactly the members that
# users of the connector know, whatever else the provider says.

# variants: plain asan

use strict;
use warnings;

use File::Copy ();
use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;

use Idv::Connector;
use Idv::Picture qw(FACE pixels png portrait);
use Idv::Site;

use constant USER => '2b6f0cc9-04f1-4d1e-8b0e-3b0d3f2d7a11';
use constant BOB => '0d0c1ea9-9f77-4a50-8a9e-0f3a1d1f3b22';

# a worker is another user, who may not get to where we are

my $dir = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
File::Copy::copy($ENV{IDV_HELPER}, "$dir/helper")
    or die "$ENV{IDV_HELPER}: $!";
chmod 0755, "$dir/helper";

my $connector = Idv::Connector->new(curl => 1,
    files => { users => USER . "\n" . BOB . "\n" },
    connector => 'idv_connector_continue https://app.example.com/next;',
    service => "idv_service_max_image 1m; idv_service_users users; "
        . "idv_service_background $dir/helper timeout=20s;");
my $service = $connector->site->service;

# a policy that has all that can be read of one

my %otp = (attempts => { count => 3 }, deliveries => { count => 2,
        cooldown => { duration => 30, timeUnit => 'SECONDS' } },
    lifeTime => { duration => 5, timeUnit => 'MINUTES' },
    notification => { templateName => 'email_phone_verification',
        variantName => 'short' });
my %live = (verify => 'REQUIRED', threshold => 'LOW');

my $policy = $service->api('POST', 'verifyPolicies', { name => 'all of it',
    description => 'a policy of an application', liveness => \%live,
    email => { verify => 'DISABLED', otp => \%otp },
    phone => { verify => 'DISABLED', otp => \%otp } })->json->{id};

# its later change is what updatedAt tells

$service->api('PUT', "verifyPolicies/$policy", { name => 'all of it',
    description => 'a policy of an application', liveness => \%live,
    email => { verify => 'DISABLED', otp => \%otp },
    phone => { verify => 'DISABLED', otp => \%otp } });

my %named = (verifyPolicy => 'useVerifyPolicyId', verifyPolicyId => $policy);

# a transaction from its beginning to its end

my $created = $connector->whole('createVerifyTransaction',
    $connector->call('createVerifyTransaction', {
        userId => USER, deviceOsType => 'MOBILE_WEB',
        notifyEmail => 'ann@example.com',
        verifyPhone => ['+15555550100'],
        verifyEmail => ['ann@example.com', 'ann@example.net'],
        biographic => [{ name => 'family_name', value => 'Example' },
                       { name => 'given_name', value => 'Ann' },
                       { name => 'given_name', value => 'Anna' }],
        redirectUri => 'https://app.example.com/back',
        redirectMessage => "m\x{fc}de" . 'x' x 252,
    }), 'create');

my $transaction = $created->{transaction};

is_deeply($created->{rawResponse}, $transaction, 'create: twice');
is($created->{statusCode}, 201, 'create: as the provider says');
is(join(' ', sort keys %{$created->{headers}}), 'Content-Type Correlation-Id',
    'create: headers that are allowed');
like($created->{challenge}, qr/^[A-Za-z0-9]{22}$/, 'create: a challenge');

my %tx = (userId => USER, transactionId => $transaction->{id});

my $there = $service->api('GET',
    "users/@{[USER]}/verifyTransactions/$tx{transactionId}")->json;

is_deeply($there->{requirements}, {
        family_name => { value => 'Example' },
        given_name => { options => ['Ann', 'Anna'] },
        phone => { value => '+15555550100' },
        email => { options => ['ann@example.com', 'ann@example.net'] },
    }, 'create: what the provider was asked');
is($there->{sendNotification}{email}, 'ann@example.com', 'create: and whom');
is($there->{redirect}{url}, 'https://app.example.com/back',
    'create: and where to');

is($connector->call('createVerifyTransaction', { userId => USER,
    deviceOsType => 'MOBILE_WEB', challenge => 'mine', %named })
    ->json->{challenge}, 'mine', 'create: a challenge of the caller');

is($connector->call('createVerifyTransaction', { userId => USER,
    deviceOsType => 'MOBILE_WEB' })->json->{statusCode}, 201,
    'create: with nothing but what is required');

is($connector->good($connector->call('readVerifyTransaction', \%tx),
    'transaction', 'read')->{transaction}{transactionStatus}{status},
    'REQUESTED', 'read: its status');

my $list = $connector->whole('readVerifyTransactions',
    $connector->call('readVerifyTransactions',
        { userId => USER, limit => 1 }), 'list');

is(scalar @{$list->{transactions}{_embedded}{verifyTransactions}}, 1,
    'list: no more than asked for');

# users know these beside the cooldown: the provider has them in it

my $known = $connector->whole('readVerifyPolicy',
    $connector->call('readVerifyPolicy', { verifyPolicySelect => $policy }),
    'policy', qr/deliveries\.(?:duration|timeUnit)$/);

is($known->{verifyPolicy}{id}, $policy, 'policy: that one');
is($known->{verifyPolicy}{phone}{otp}{notification}{variantName}, 'short',
    'policy: as it was written');
is($connector->call('readVerifyPolicy', {
    verifyPolicySelect => 'useVerifyPolicyId',
    verifyPolicyIdSelect => $policy })->json->{verifyPolicy}{id}, $policy,
    'policy: by its id');

# documents

my $image = Idv::Connector::IMAGE;

my $submitted = $connector->whole('createDocument',
    $connector->call('createDocument', { %tx, documentTypeName => 'Selfie',
        documentValue => $image }), 'submit');

is($submitted->{document}{value}, $image, 'submit: its value');

my %document = (%tx, documentId => $submitted->{document}{id});

$connector->whole('readDocument', $connector->call('readDocument', \%document),
    'document');

is($connector->whole('updateDocument', $connector->call('updateDocument', {
    %document, documentTypeName => 'Selfie', documentValue => $image }),
    'update')->{document}{id}, $document{documentId}, 'update: the same one');

is($connector->whole('readDocuments', $connector->call('readDocuments', \%tx),
    'documents')->{documents}{size}, 1, 'documents: one');
is($connector->call('readDocuments', { %tx, documentTypes => ['Selfie'] })
    ->json->{documents}{size}, 1, 'documents: one selfie');

my $none = $connector->call('readDocuments',
    { %tx, documentTypes => ['Phone', 'Email'] })->json;

is_deeply($none->{documents}, { _embedded => { documents => [] }, size => 0 },
    'documents: nothing else');
is($none->{rawResponse}{size}, 1, 'documents: though the provider has it');

my $wrong = $connector->theirs($connector->call('createDocument', { %tx,
    documentTypeName => 'Library Card', documentValue => 'x' }), 400,
    'INVALID_DATA', 'a wrong type');

is($wrong->{rawResponse}{details}[0]{target}, 'type',
    'a wrong type: with its details');

$connector->whole('processDocuments',
    $connector->call('processDocuments', \%tx), 'process');

my $gone = $connector->whole('deleteDocument',
    $connector->call('deleteDocument', \%document), 'delete');

is($gone->{statusCode}, 204, 'delete: as the provider says');
is_deeply($gone->{rawResponse}, {}, 'delete: which is nothing');

# what was found out

$service->set($tx{transactionId}, 'SUCCESS');

my $data = $connector->whole('readUserData',
    $connector->call('readUserData', \%tx), 'user data');

is($data->{userData}{transactionStatus}{status}, 'SUCCESS',
    'user data: its status');
is($data->{userData}{verifiedUserData}{firstName}, 'ANN',
    'user data: of the document');
is($data->{userData}{id}, $tx{transactionId}, 'user data: of the transaction');

is($connector->whole('readGovernmentID',
    $connector->call('readGovernmentID', \%tx), 'government id')
    ->{governmentID}{_embedded}{verifiedData}[0]{data}{lastName}, 'EXAMPLE',
    'government id: with its data');

my $some = $connector->whole('readVerifiedData',
    $connector->call('readVerifiedData', { %tx, attempt => 'LATEST',
        verifiedTypes => ['GOVERNMENT_ID'] }), 'verified data');

is($some->{verifiedData}{_embedded}{verifiedData}[0]{type}, 'GOVERNMENT_ID',
    'verified data: what was asked for');
ok(exists $some->{verifiedData}{_embedded}{verifiedData}[0]{data},
    'verified data: as a whole');
ok(!exists $connector->call('readVerifiedData', \%tx)
    ->json->{verifiedData}{_embedded}{verifiedData}[0]{data},
    'verified data: ids and types, unless it is asked for');

my $meta = $connector->whole('readMetaData', $connector->call('readMetaData',
    { %tx, metadataType => 'ALL' }), 'metadata');
my @types = map { $_->{type} } @{$meta->{metaData}{_embedded}{metaData}};

cmp_ok(scalar @types, '>', 1, 'metadata: of some checks');

my $one = $connector->whole('readMetaData', $connector->call('readMetaData',
    { %tx, metadataType => 'LIVENESS' }), 'metadata of one');

is_deeply([map { $_->{type} } @{$one->{metaData}{_embedded}{metaData}}],
    ['LIVENESS'], 'metadata of one: and no other');
is($one->{metaData}{size}, 1, 'metadata of one: one');
is($one->{rawResponse}{size}, scalar @types, 'metadata of one: of so many');

# one that failed tells why

my $failed = handed_in(encode_base64('no photo', ''));

is_deeply($connector->whole('readVerifyTransaction',
    $connector->call('readVerifyTransaction', $failed), 'a failed one')
    ->{transaction}{transactionStatus}, { status => 'FAIL',
    providerMessagesList => ['SELFIE_IMAGE_INVALID'] }, 'a failed one: why');

# a selfie, and another background for it

my $face = handed_in(encode_base64(png(120, 160, \&portrait), ''));

my $selfie = $connector->whole('readSelfie',
    $connector->call('readSelfie', $face), 'selfie')
    ->{selfie}{_embedded}{verifiedData}[0];

is_deeply([pixels(decode_base64($selfie->{data}{IMAGE}))]->[1], 160,
    'selfie: that photo');

for my $case (
    ['white and square', {}, '255 255 255', 1],
    ['of a colour and a shape', { colorPicker => '#0a0B0c', aspectWidth => 35,
        aspectHeight => 45, selfieId => $selfie->{id} }, '10 11 12', 35 / 45])
{
    my ($what, $input, $colour, $shape) = @$case;

    my $replaced = $connector->whole('backgroundReplacer',
        $connector->call('backgroundReplacer', { %$face, %$input }),
        "background, $what")->{backgroundReplace};
    my ($width, $height, $at)
        = pixels(decode_base64($replaced->{data}{IMAGE} // ''));

    is(join(' ', $at->(1, 1)), $colour, "background, $what: its colour");
    cmp_ok(abs($width / $height - $shape), '<', 0.02,
        "background, $what: its shape");
}

$connector->theirs($connector->call('backgroundReplacer',
    { %$face, selfieId => $tx{transactionId} }), 404, 'NOT_FOUND',
    'background: of no selfie');
$connector->refused($connector->call('backgroundReplacer', \%tx), 404,
    'NO_SELFIE', 'background: of nobody');

# a user who may have none, and may again

is_deeply($connector->whole('setVerifyStatus',
    $connector->call('setVerifyStatus', { userId => USER,
        verifyStatus => 'DISABLED' }), 'status')->{verifyStatus},
    { verifyStatus => 'DISABLED' }, 'status: as it was set');
is($service->api('GET', "users/@{[USER]}/verifyStatus")->json->{verifyStatus},
    'DISABLED', 'status: at the provider, too');
is($connector->theirs($connector->call('createVerifyTransaction',
    { userId => USER, deviceOsType => 'MOBILE_WEB' }), 400, 'INVALID_DATA',
    'create: for who is disabled')->{rawResponse}{details}[0]{target},
    'verifyStatus', 'create: for that reason');
is($connector->call('setVerifyStatus', { userId => USER,
    verifyStatus => $_ })->json->{verifyStatus}{verifyStatus}, $_,
    "status: $_") for 'NOT_INITIATED', 'ENABLED';

# without a transaction

my @record = map { { name => $_, value => $_ eq 'birth_date' ? '1991-05-17'
    : 'Okafor' } } qw(given_name family_name name address birth_date);

is($connector->whole('identityRecordMatching',
    $connector->call('identityRecordMatching', { userId => USER,
        biographic => [@record, { name => 'name', value => 'Okafor-Bell' }],
        probeBiographic => \@record }), 'match')
    ->{matchingResults}{overallConfidenceScore}, 'HIGH', 'match: high');

my %client = (webVerificationUrl => 'https://verify.example/?a=1',
              challengeId => 'a b/c');

is_deeply($connector->call('createExtClientResponse',
    { %client, isLastClientStep => JSON::PP::true })->json, {
    clientState => 'COMPLETED', challenge => 'a b/c',
    webVerificationUrl => 'https://verify.example/?a=1' },
    'client: the last step');
is_deeply($connector->whole('createExtClientResponse',
    $connector->call('createExtClientResponse',
        { %client, isLastClientStep => JSON::PP::false }), 'client'), {
    clientState => 'IN_PROGRESS', challenge => 'a b/c',
    webVerificationUrl => 'https://verify.example/?a=1',
    continueLink => 'https://app.example.com/next?challenge=a%20b%2Fc' },
    'client: a step before');

# what a provider says of a wrong id, for every capability that has one

my $nobody = '00000000-0000-4000-8000-000000000000';
my %value = (documentTypeName => 'Selfie', documentValue => $image);

for my $case (
    (map { [$_, { userId => USER, transactionId => $nobody }] }
        qw(readVerifyTransaction readUserData readGovernmentID
           readVerifiedData readSelfie readMetaData readDocuments
           processDocuments backgroundReplacer)),
    ['createDocument', { userId => USER, transactionId => $nobody, %value }],
    (map { [$_, { %tx, documentId => $nobody,
            $_ eq 'updateDocument' ? %value : () }] }
        qw(readDocument deleteDocument updateDocument)),
    ['readVerifyPolicy', { verifyPolicySelect => $nobody }],
    ['createVerifyTransaction', { userId => $nobody, deviceOsType => 'x' }],
    ['readVerifyTransactions', { userId => $nobody }],
    ['setVerifyStatus', { userId => $nobody, verifyStatus => 'ENABLED' }],
    ['identityRecordMatching', { userId => $nobody, biographic => \@record,
        probeBiographic => \@record }])
{
    my ($name, $input) = @$case;
    my $error = $connector->call($name, $input);

    is($error->status, 404, "$name: 404");
    $connector->theirs($error, 404, 'NOT_FOUND', "$name of nobody");
}

# what is somebody else's is not there, either

$connector->theirs($connector->call('readVerifyTransaction',
    { %tx, userId => BOB }), 404, 'NOT_FOUND', "another's");

$connector->theirs($connector->call('createVerifyTransaction', {
    userId => USER, deviceOsType => 'x', verifyPolicyId => $nobody }), 400,
    'INVALID_DATA', 'create: no such policy');
$connector->theirs($connector->call('readVerifyTransactions',
    { userId => USER, limit => 5000 }), 400, 'INVALID_DATA', 'list: too many');
$connector->theirs($connector->call('identityRecordMatching', {
    userId => USER, biographic => [{ name => 'name', value => 'x' }],
    probeBiographic => [{ name => 'address', value => 'x' }] }), 400,
    'INVALID_DATA', 'match: of different fields');

# a provider that is out of order

for my $name (qw(readSelfie setVerifyStatus)) {
    $service->faults({ path => '/v1/', status => 500, times => 1 });
    $connector->theirs($connector->call($name, $name eq 'readSelfie' ? \%tx
        : { userId => USER, verifyStatus => 'ENABLED' }), 500,
        'UNEXPECTED_ERROR', "$name: out of order");
}

$service->faults;

# a link that is not configured

my $plain = Idv::Connector->new(curl => 1);

$plain->refused($plain->call('createExtClientResponse',
    { %client, isLastClientStep => JSON::PP::false }), 501, 'NOT_CONFIGURED',
    'client: no link');

Idv::Site::finish();


# a transaction whose selfie is in, and judged

sub handed_in {
    my ($photo) = @_;

    my $id = $connector->call('createVerifyTransaction', { userId => USER,
        deviceOsType => 'MOBILE_WEB', %named })->json->{transaction}{id};
    my $tx = { userId => USER, transactionId => $id };

    is($connector->call('createDocument', { %$tx,
        documentTypeName => 'Selfie', documentValue => $photo })->status, 200,
        'a selfie is handed in');

    $service->http->request('POST', '/v1/environments/'
        . Idv::Site::ENVIRONMENT . "/users/@{[USER]}/verifyTransactions/$id"
        . '/documents', Authorization => 'Bearer ' . ($service->{token}
            ||= $service->token), 'Content-Type' =>
            'application/vnd.pingidentity.documents.complete+json');
    $service->advance(1);

    return $tx;
}
