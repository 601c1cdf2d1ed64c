#!/usr/bin/perl

# Each capability of the connector, as an application uses it: against the local
# verification service, and against a provider that is a script where the
# service lacks the endpoint.  The answers hold exactly the members that users
# of the connector know, whatever else the provider says.

use strict;
use warnings;

use Test::More;

use Idv::Connector;
use Idv::Mock;
use Idv::Site;

use constant USER => '2b6f0cc9-04f1-4d1e-8b0e-3b0d3f2d7a11';

my $connector = Idv::Connector->new(
    connector => 'idv_connector_continue https://app.example.com/next;',
    service => 'idv_service_max_image 1m;');
my $service = $connector->site->service;

# a transaction from its beginning to its end

my $created = $connector->good($connector->call('createVerifyTransaction', {
    userId => USER, deviceOsType => 'MOBILE_WEB',
    notifyEmail => 'ann@example.com',
    verifyPhone => ['+15555550100'],
    verifyEmail => ['ann@example.com', 'ann@example.net'],
    biographic => [{ name => 'family_name', value => 'Example' },
                   { name => 'given_name', value => 'Ann' },
                   { name => 'given_name', value => 'Anna' }],
    redirectUri => 'https://app.example.com/back',
    redirectMessage => "m\x{fc}de" . 'x' x 252,
}), [qw(transaction challenge)], 'create');

my $transaction = $created->{transaction};

is_deeply(tree($transaction), { map { $_ => 1 }
    qw(id verifyPolicy.id transactionStatus.status qrUrl webVerificationUrl
       webVerificationCode createdAt updatedAt expiresAt) },
    'create: the transaction');
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

my $policy = $transaction->{verifyPolicy}{id};

is($connector->call('createVerifyTransaction', { userId => USER,
    deviceOsType => 'MOBILE_WEB', challenge => 'mine',
    verifyPolicy => 'useVerifyPolicyId', verifyPolicyId => $policy })
    ->json->{challenge}, 'mine', 'create: a challenge of the caller');

is($connector->call('createVerifyTransaction', { userId => USER,
    deviceOsType => 'MOBILE_WEB' })->json->{statusCode}, 201,
    'create: with nothing but what is required');

my $read = $connector->good($connector->call('readVerifyTransaction', \%tx),
    'transaction', 'read');

is($read->{transaction}{transactionStatus}{status}, 'REQUESTED',
    'read: its status');

my $list = $connector->good($connector->call('readVerifyTransactions',
    { userId => USER, limit => 1 }), 'transactions', 'list');

is_deeply(tree($list->{transactions}),
    { '_embedded.verifyTransactions' => 1, size => 1 }, 'list: its members');
is(scalar @{$list->{transactions}{_embedded}{verifyTransactions}}, 1,
    'list: no more than asked for');

my $known = $connector->good($connector->call('readVerifyPolicy',
    { verifyPolicySelect => $policy }), 'verifyPolicy', 'policy');

is($known->{verifyPolicy}{id}, $policy, 'policy: that one');
is_deeply([grep { !/^(?:id|environment\.id|name|description|default
        |governmentId\.verify|(?:facialComparison|liveness)\.(?:verify
        |threshold)|(?:email|phone)\.(?:verify|createMfaDevice|otp\.(?:
        attempts\.count|lifeTime\.(?:duration|timeUnit)|deliveries\.(?:count
        |cooldown\.(?:duration|timeUnit))|notification\.templateName))
        |createdAt|updatedAt)$/x }
    sort keys %{tree($known->{verifyPolicy})}], [], 'policy: its members');

is($connector->call('readVerifyPolicy', {
    verifyPolicySelect => 'useVerifyPolicyId',
    verifyPolicyIdSelect => $policy })->json->{verifyPolicy}{id}, $policy,
    'policy: by its id');

# documents

my $image = Idv::Connector::IMAGE;
my @document = qw(id environment.id user.id verifyTransaction.id type value
                  status source.provider);

my $submitted = $connector->good($connector->call('createDocument', {
    %tx, documentTypeName => 'Selfie', documentValue => $image }),
    'document', 'submit');

is_deeply(tree($submitted->{document}), { map { $_ => 1 } @document },
    'submit: the document');
is($submitted->{document}{value}, $image, 'submit: its value');

my %document = (%tx, documentId => $submitted->{document}{id});

is_deeply(tree($connector->good($connector->call('readDocument', \%document),
    'document', 'document')->{document}), { map { $_ => 1 } @document },
    'document: the document');

is($connector->good($connector->call('updateDocument', { %document,
    documentTypeName => 'Selfie', documentValue => $image }), 'document',
    'update')->{document}{id}, $document{documentId}, 'update: the same one');

is($connector->good($connector->call('readDocuments', \%tx), 'documents',
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

my $processed = $connector->call('processDocuments', \%tx);

$connector->good($processed, 'documents', 'process');

my $gone = $connector->good($connector->call('deleteDocument', \%document),
    undef, 'delete');

is($gone->{statusCode}, 204, 'delete: as the provider says');
is_deeply($gone->{rawResponse}, {}, 'delete: which is nothing');

# what was found out

$service->set($tx{transactionId}, 'SUCCESS');

my $data = $connector->good($connector->call('readUserData', \%tx), 'userData',
    'user data');

is($data->{userData}{transactionStatus}{status}, 'SUCCESS',
    'user data: its status');
is_deeply([sort keys %{$data->{userData}{verifiedUserData}}], [sort qw(
    firstName lastName middleName gender expirationDate idNumber addressStreet
    addressCity addressState addressZip country issueDate weight height
    hairColor eyeColor nationality issuingCountry personalNumber birthDate
    idType)], 'user data: its members');
is($data->{userData}{verifiedUserData}{firstName}, 'ANN',
    'user data: of the document');
is($data->{userData}{id}, $tx{transactionId}, 'user data: of the transaction');

my $government = $connector->good($connector->call('readGovernmentID', \%tx),
    'governmentID', 'government id');

is_deeply(tree($government->{governmentID}),
    { '_embedded.verifiedData' => 1, size => 1 },
    'government id: its members');
is($government->{governmentID}{_embedded}{verifiedData}[0]{data}{lastName},
    'EXAMPLE', 'government id: with its data');

my $some = $connector->good($connector->call('readVerifiedData',
    { %tx, attempt => 'LATEST', verifiedTypes => ['GOVERNMENT_ID'] }),
    'verifiedData', 'verified data');

is($some->{verifiedData}{_embedded}{verifiedData}[0]{type}, 'GOVERNMENT_ID',
    'verified data: what was asked for');
ok(exists $some->{verifiedData}{_embedded}{verifiedData}[0]{data},
    'verified data: as a whole');
ok(!exists $connector->call('readVerifiedData', \%tx)
    ->json->{verifiedData}{_embedded}{verifiedData}[0]{data},
    'verified data: ids and types, unless it is asked for');

$connector->good($connector->call('readSelfie', \%tx), 'selfie', 'selfie');

my $meta = $connector->good($connector->call('readMetaData',
    { %tx, metadataType => 'ALL' }), 'metaData', 'metadata');
my @types = map { $_->{type} } @{$meta->{metaData}{_embedded}{metaData}};

cmp_ok(scalar @types, '>', 1, 'metadata: of some checks');

my $one = $connector->good($connector->call('readMetaData',
    { %tx, metadataType => 'LIVENESS' }), 'metaData', 'metadata of one');

is_deeply([map { $_->{type} } @{$one->{metaData}{_embedded}{metaData}}],
    ['LIVENESS'], 'metadata of one: and no other');
is($one->{metaData}{size}, 1, 'metadata of one: one');
is($one->{rawResponse}{size}, scalar @types, 'metadata of one: of so many');

# without a transaction

my $match = $connector->good($connector->call('identityRecordMatching', {
    userId => USER,
    biographic => [{ name => 'family_name', value => 'Okafor' },
                   { name => 'family_name', value => 'Okafor-Bell' },
                   { name => 'birth_date', value => '1991-05-17' }],
    probeBiographic => [{ name => 'family_name', value => 'Okafor' },
                        { name => 'birth_date', value => '1991-05-17' }],
}), 'matchingResults', 'match');

is_deeply(tree($match->{matchingResults}), { (map { my $field = $_;
    map { ("detailedResults.$field.$_" => 1) }
        qw(probeValue galleryValue rawScore confidence) }
    qw(family_name birth_date)),
    overallWeightedScore => 1, overallConfidenceScore => 1 },
    'match: its members');
is($match->{matchingResults}{overallConfidenceScore}, 'HIGH', 'match: high');

my %client = (webVerificationUrl => 'https://verify.example/?a=1',
              challengeId => 'a b/c');
my $answer = $connector->call('createExtClientResponse',
    { %client, isLastClientStep => JSON::PP::true });

is_deeply($answer->json, { clientState => 'COMPLETED',
    webVerificationUrl => 'https://verify.example/?a=1',
    challenge => 'a b/c' }, 'client: the last step');
is_deeply($connector->call('createExtClientResponse',
    { %client, isLastClientStep => JSON::PP::false })->json, {
    clientState => 'IN_PROGRESS', challenge => 'a b/c',
    webVerificationUrl => 'https://verify.example/?a=1',
    continueLink => 'https://app.example.com/next?challenge=a%20b%2Fc' },
    'client: a step before');

# what a provider says of a wrong id, for every capability that has one

my $nobody = '00000000-0000-4000-8000-000000000000';

for my $name (qw(readVerifyTransaction readUserData readGovernmentID
                 readVerifiedData readSelfie readMetaData readDocuments
                 processDocuments backgroundReplacer))
{
    my $error = $connector->call($name,
        { userId => USER, transactionId => $nobody });

    is($error->status, 404, "$name: 404");
    $connector->theirs($error, 404, 'NOT_FOUND', $name);
}

for my $name (qw(readDocument deleteDocument updateDocument)) {
    $connector->theirs($connector->call($name, { %tx, documentId => $nobody,
        $name eq 'updateDocument' ? (documentTypeName => 'Selfie',
                                     documentValue => $image) : () }),
        404, 'NOT_FOUND', $name);
}

$connector->theirs($connector->call('readVerifyPolicy',
    { verifyPolicySelect => $nobody }), 404, 'NOT_FOUND', 'no policy');

$connector->theirs($connector->call('createVerifyTransaction', {
    userId => USER, deviceOsType => 'x', verifyPolicyId => $nobody }), 400,
    'INVALID_DATA', 'create: no such policy');
$connector->theirs($connector->call('readVerifyTransactions',
    { userId => USER, limit => 5000 }), 400, 'INVALID_DATA', 'list: too many');
$connector->theirs($connector->call('identityRecordMatching', {
    userId => USER, biographic => [{ name => 'name', value => 'x' }],
    probeBiographic => [{ name => 'address', value => 'x' }] }), 400,
    'INVALID_DATA', 'match: of different fields');

# a provider that has what the local service lacks

my $mock = Idv::Mock->new(
    { path => '/', pattern => '/as/token$', json => { access_token => 'tok',
        token_type => 'Bearer', expires_in => 3600 } },
    { method => 'PUT', pattern => '/users/ann/verifyStatus$',
      json => { verifyStatus => 'DISABLED', _links => { self => 1 } } },
    { method => 'GET', pattern => '/verifiedData$', json => { _embedded => {
        verifiedData => [{ id => 'g1', type => 'GOVERNMENT_ID' },
                         { id => 's1', type => 'SELFIE' }] }, size => 2 } },
    { method => 'POST', pattern => '/verifiedData/s1$', status => 201,
      json => { id => 'r1', type => 'BACKGROUND_REPLACED_SELFIE',
        data => { IMAGE => $image, FORMAT => 'jpeg', SIZE => 3 },
        createdAt => '2026-03-04T05:06:07.089Z', _links => {} } },
);

my $scripted = Idv::Connector->new(
    peer => 'http://127.0.0.1:' . $mock->port);

is_deeply($scripted->good($scripted->call('setVerifyStatus',
    { userId => 'ann', verifyStatus => 'DISABLED' }), 'verifyStatus',
    'status')->{verifyStatus}, { verifyStatus => 'DISABLED' },
    'status: its members');

my ($put) = $mock->calls('/v1/environments/');

is_deeply([$put->{headers}{'content-type'}, $put->{body}],
    ['application/json', '{"verifyStatus":"DISABLED"}'],
    'status: what the provider was asked');
is($put->{headers}{authorization}, 'Bearer tok', 'status: with our token');

my $replaced = $scripted->good($scripted->call('backgroundReplacer',
    { userId => 'ann', transactionId => 't1', colorPicker => '#0a0B0c',
      aspectWidth => 35, aspectHeight => 45 }), 'backgroundReplace',
    'background');

is_deeply(tree($replaced->{backgroundReplace}), { map { $_ => 1 }
    qw(id type data.IMAGE data.FORMAT createdAt) }, 'background: its members');

$scripted->call('backgroundReplacer',
    { userId => 'ann', transactionId => 't1', selfieId => 's1' });

my @posts = grep { $_->{method} eq 'POST' } $mock->calls('/v1/environments/');

is(scalar @posts, 2, 'background: with the selfie that was found, and given');
is($posts[0]{headers}{'content-type'},
    'application/vnd.pingidentity.replace.background+json',
    'background: the action');
is_deeply([map { JSON::PP::decode_json($_->{body}) } @posts],
    [{ backgroundColor => { red => 10, green => 11, blue => 12 },
       aspectRatio => { aspectWidth => 35, aspectHeight => 45 } },
     { backgroundColor => { red => 255, green => 255, blue => 255 },
       aspectRatio => { aspectWidth => 1, aspectHeight => 1 } }],
    'background: colour and shape, or white and square');
is(scalar(grep { $_->{method} eq 'GET' } $mock->calls('/v1/')), 1,
    'background: looked for once');

$mock->rules(
    { path => '/', pattern => '/as/token$', json => { access_token => 'tok',
        token_type => 'Bearer', expires_in => 3600 } },
    { method => 'GET', pattern => '/verifiedData$',
      json => { _embedded => { verifiedData => [] }, size => 0 } },
    { method => 'PUT', status => 403,
      json => { id => 'e1', code => 'ACCESS_FAILED', message => 'no' } });

$scripted->refused($scripted->call('backgroundReplacer',
    { userId => 'ann', transactionId => 't1' }), 404, 'NO_SELFIE',
    'background: of nobody');
$scripted->theirs($scripted->call('setVerifyStatus',
    { userId => 'ann', verifyStatus => 'ENABLED' }), 403, 'ACCESS_FAILED',
    'status: refused');

# the gate's own configuration has no link

$scripted->refused($scripted->call('createExtClientResponse',
    { %client, isLastClientStep => JSON::PP::false }), 501, 'NOT_CONFIGURED',
    'client: no link');

Idv::Site::finish();


# the paths of what is no object

sub tree {
    my ($object, $path) = @_;

    return { map { my ($name, $value) = ($_, $object->{$_});
        my $at = defined $path ? "$path.$name" : $name;
        ref $value eq 'HASH' ? %{tree($value, $at)} : ($at => 1) }
        keys %$object };
}
