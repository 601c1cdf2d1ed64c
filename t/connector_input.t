#!/usr/bin/perl

# Every mistake in an input of the connector is named, all of them at once, in
# the words of the connector that users know; and the provider hears of none.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Connector;
use Idv::Site;

my $connector = Idv::Connector->new(curl => 1,
    connector => 'idv_connector_max_body 8k;');

my %tx = (userId => 'ann', transactionId => 't');
my %create = (userId => 'ann', deviceOsType => 'MOBILE_WEB');
my $policy = 'a3c0b6a5-0c9f-49b3-8a77-3a3c9a2f4d11';

# [capability, input, "TARGET CODE" ...]

my @cases = (

    # required, for each capability

    ['createVerifyTransaction', {}, 'userId REQUIRED',
        'deviceOsType REQUIRED'],
    (map { [$_, {}, 'userId REQUIRED', 'transactionId REQUIRED'] }
        qw(readVerifyTransaction readUserData readGovernmentID
           readVerifiedData readSelfie readMetaData readDocuments
           processDocuments backgroundReplacer)),
    (map { [$_, {}, 'userId REQUIRED', 'transactionId REQUIRED',
            'documentId REQUIRED'] } qw(readDocument deleteDocument)),
    ['readVerifyTransactions', {}, 'userId REQUIRED'],
    ['readVerifyPolicy', {}, 'verifyPolicySelect REQUIRED'],
    ['readVerifyPolicy', { verifyPolicySelect => 'useVerifyPolicyId' },
        'verifyPolicyIdSelect REQUIRED'],
    ['setVerifyStatus', {}, 'userId REQUIRED', 'verifyStatus REQUIRED'],
    ['createDocument', {}, map { "$_ REQUIRED" } qw(userId transactionId
        documentTypeName documentValue)],
    ['updateDocument', {}, map { "$_ REQUIRED" } qw(userId transactionId
        documentId documentTypeName documentValue)],
    ['createExtClientResponse', {}, 'webVerificationUrl REQUIRED',
        'challengeId REQUIRED'],
    ['identityRecordMatching', {}, 'userId REQUIRED', 'biographic REQUIRED',
        'probeBiographic REQUIRED'],
    ['identityRecordMatching', { userId => 'ann', biographic => [],
        probeBiographic => [] }, 'biographic REQUIRED',
        'probeBiographic REQUIRED'],
    ['readSelfie', { userId => '', transactionId => undef },
        'userId REQUIRED', 'transactionId REQUIRED'],

    # length, in characters and not in bytes

    ['readSelfie', { userId => 'a' x 101, transactionId => "\x{20ac}" x 101 },
        'userId MAX_LENGTH', 'transactionId MAX_LENGTH'],
    ['readDocument', { %tx, documentId => 'd' x 101 },
        'documentId MAX_LENGTH'],
    ['createVerifyTransaction', { %create, verifyPolicy => 'p' x 101,
        verifyPolicyId => 'p' x 101, challenge => 'c' x 101,
        redirectUri => 'https://x/', redirectMessage => 'm' x 257 },
        map { "$_ MAX_LENGTH" } qw(verifyPolicy verifyPolicyId challenge
                                   redirectMessage)],
    ['createVerifyTransaction', { %create, challenge => '' },
        'challenge MIN_LENGTH'],
    ['createExtClientResponse', { webVerificationUrl => 'x',
        challengeId => '' }, 'challengeId MIN_LENGTH'],
    ['createDocument', { %tx, documentTypeName => 't' x 256,
        documentValue => 'v' }, 'documentTypeName MAX_LENGTH'],
    ['backgroundReplacer', { %tx, selfieId => 's' x 101 },
        'selfieId MAX_LENGTH'],

    # unique items

    ['createVerifyTransaction', { %create,
        verifyPhone => ['+1', '+2', '+1'], verifyEmail => ['a', 'a', 'a'] },
        'verifyPhone[2] UNIQUE_ITEMS', 'verifyEmail[1] UNIQUE_ITEMS',
        'verifyEmail[2] UNIQUE_ITEMS'],
    ['readDocuments', { %tx, documentTypes => ['Selfie', 'Selfie'] },
        'documentTypes[1] UNIQUE_ITEMS'],
    ['readVerifiedData', { %tx, verifiedTypes => ['SELFIE', 'SELFIE'] },
        'verifiedTypes[1] UNIQUE_ITEMS'],
    ['createVerifyTransaction', { %create, verifyPhone => [1 .. 33] },
        'verifyPhone MAX_ITEMS'],

    # https only, and a message needs an address

    (map { ['createVerifyTransaction', { %create, redirectUri => $_ },
            'redirectUri HTTPS_ONLY'] }
        'http://app.example.com/', 'https://', '//app.example.com',
        'javascript:alert(1)', 'HTTPS:app'),
    ['createVerifyTransaction', { %create, redirectMessage => 'Thanks' },
        'redirectMessage REDIRECT_REQUIRED'],

    # numbers

    ['backgroundReplacer', { %tx, aspectHeight => 0, aspectWidth => 1001 },
        'aspectHeight MINIMUM', 'aspectWidth MAXIMUM'],
    ['backgroundReplacer', { %tx, aspectHeight => -5, aspectWidth => 1.5 },
        'aspectHeight MINIMUM', 'aspectWidth TYPE'],
    ['createDocument', { %tx, documentTypeName => 'x', documentValue => 'v',
        voiceSampleIndex => 0 }, 'voiceSampleIndex MINIMUM'],
    ['readVerifyTransactions', { userId => 'ann', limit => -1 },
        'limit MINIMUM'],
    ['readVerifyTransactions', { userId => 'ann', limit => '5' },
        'limit TYPE'],

    # words and forms

    ['setVerifyStatus', { userId => 'ann', verifyStatus => 'enabled' },
        'verifyStatus ALLOWED_VALUES'],
    ['readMetaData', { %tx, metadataType => 'ALL|LIVENESS' },
        'metadataType ALLOWED_VALUES'],
    ['readVerifiedData', { %tx, attempt => '5', verifiedTypes => ['selfie'] },
        'attempt ALLOWED_VALUES', 'verifiedTypes[0] ALLOWED_VALUES'],
    ['readDocuments', { %tx, documentTypes => ['Library Card'] },
        'documentTypes[0] ALLOWED_VALUES'],
    ['backgroundReplacer', { %tx, colorPicker => 'red' },
        'colorPicker FORMAT'],
    ['backgroundReplacer', { %tx, colorPicker => '#12345g' },
        'colorPicker FORMAT'],
    (map { ['readSelfie', { userId => $_, transactionId => 't' },
            'userId FORMAT'] } '.', '..', '../x', 'a/b', 'a\\b', "a\nb",
        '%2e%2e', '..;', 'a?b', 'a#b'),
    (map { ['createVerifyTransaction', { %create, redirectUri => $_ },
            'redirectUri FORMAT'] } 'https://x/ y', "https://x/\r\nA: b",
        "https://x/\x7f"),
    ['readVerifyPolicy', { verifyPolicySelect => '..' },
        'verifyPolicySelect FORMAT'],

    # types, and members that do not exist

    ['createVerifyTransaction', { userId => 1, deviceOsType => [],
        notifyPhone => {}, verifyPhone => 'x', verifyEmail => [1, undef],
        biographic => ['x', {}, { name => 'name' },
            { name => 'name', value => 'x', more => 1 }],
        redirectUri => JSON::PP::true },
        'userId TYPE', 'deviceOsType TYPE', 'notifyPhone TYPE',
        'verifyPhone TYPE', 'verifyEmail[0] TYPE', 'verifyEmail[1] TYPE',
        'biographic[0] TYPE', 'biographic[1] TYPE', 'biographic[2] TYPE',
        'biographic[3] TYPE', 'redirectUri TYPE'],
    ['createVerifyTransaction', { %create,
        biographic => [{ name => 'shoe_size', value => '42' },
                       { name => 'name', value => 'n' x 2049 }] },
        'biographic[0] ALLOWED_VALUES', 'biographic[1] MAX_LENGTH'],
    ['createExtClientResponse', { webVerificationUrl => 'x',
        challengeId => 'c', isLastClientStep => 'false' },
        'isLastClientStep TYPE'],
    ['readSelfie', { %tx, TransactionID => 't' },
        'TransactionID UNKNOWN_MEMBER'],
    ['readSelfie', { %tx, 'x' x 60 => 1 }, '... UNKNOWN_MEMBER'],
);

for my $case (@cases) {
    my ($name, $input, @mistakes) = @$case;

    my $answer = $connector->call($name, $input);
    my $details = $connector->refused($answer, 400, 'INVALID_INPUT',
        "$name: @mistakes");

    is(join(', ', sort map { "$_->{target} $_->{code}" } @$details),
        join(', ', sort @mistakes), "$name: named");

    my @silent = grep { $_->{message} !~ /^\Q$_->{target}\E: \w/ } @$details;
    is(scalar @silent, 0, "$name: in words");
}

my %said = map { $_->{code} => $_->{message} } map { @{
    $connector->call('createVerifyTransaction', $_)->json->{details} } }
    { %create, redirectMessage => 'x' x 257 },
    { %create, redirectUri => 'http://x' },
    { %create, challenge => '', verifyPhone => ['x', 'x'] }, {};

is_deeply(\%said, {
    MAX_LENGTH => 'redirectMessage: limited to 256 characters',
    REDIRECT_REQUIRED => 'redirectMessage: requires a configured Redirect URL',
    HTTPS_ONLY => 'redirectUri: only secure (https://) URLs are allowed',
    MIN_LENGTH => 'challenge: minLength is 1',
    UNIQUE_ITEMS => 'verifyPhone[1]: uniqueItems, this one is there already',
    REQUIRED => 'deviceOsType: required',
}, 'in the words that users know');

# as many as there are, within bounds

my $many = $connector->call('readSelfie',
    { map { ("m$_" => 1) } 1 .. 200 })->json->{details};

is(scalar @$many, 64, 'no more mistakes than have room');

# what is no input at all

for my $body ('', '[]', '"x"', '{', '{"userId":"a","userId":"b"}',
              '{"userId":"\xff"}', '[' x 100)
{
    $connector->refused($connector->call('readSelfie', $body), 400,
        'INVALID_BODY', "a body of '" . substr($body, 0, 20) . "'");
}

$connector->refused($connector->call('readSelfie', \%tx,
    'Content-Type' => 'text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE', 'text');
$connector->refused($connector->call('readSelfie', \%tx,
    'Content-Type' => undef), 415, 'UNSUPPORTED_MEDIA_TYPE', 'no type');

is($connector->call('readSelfie', ' ' x 9000)->status, 413, 'too large');

is($connector->site->service->requests('/v1/'), 0,
    'the provider has heard of nothing');

Idv::Site::finish();
