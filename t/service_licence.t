#!/usr/bin/perl

# What the operator says about policies: those that environments begin with, in
# a file, and the inspection types that may be asked for.  Mistakes in the file
# are said at start, with the policy's place and the member.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Nginx;
use Idv::Site;

my $json = JSON::PP->new->canonical;

my $id = 'a3c0b6a5-0c9f-49b3-8a77-3a3c9a2f4d11';
my $face = { liveness => { verify => 'REQUIRED', threshold => 'LOW' } };
my $paper = { governmentId => { verify => 'REQUIRED' } };


# Two policies of a file, one of which has an id; neither is the default one.

my @file = ({ %$face, name => 'face', id => $id },
            { %$paper, name => 'paper' });

my $site = Idv::Site->new(
    service => 'idv_service_policies policies.json;'
        . ' idv_service_inspection AUTOMATIC MANUAL STEP_UP;',
    provider => "verify_policy $id;",
    files => { 'policies.json' => $json->encode(\@file) });

my $service = $site->service;

sub policies {
    my ($from) = @_;

    return @{($from || $service)->api('GET', 'verifyPolicies')
        ->json->{_embedded}{verifyPolicies}};
}

my @policies = policies();

is_deeply([map { "$_->{name} $_->{default}" } @policies],
    ['face 0', 'paper 0', 'Default Verify Policy 1'],
    'the policies of the file are there, and the built-in one beside them');
is($policies[0]{id}, $id, 'one has the id of the file');
is(scalar(grep { $_->{systemProvided} } @policies), 3, 'all are provided');

is_deeply([map { $_->{governmentId}{inspectionType} } @policies],
    [('STEP_UP') x 3], 'the highest inspection type is the default');

my %elsewhere = (%$service, environment =>
    '00000000-1111-4222-8333-444444444444');
delete $elsewhere{token};
my @others = policies(Idv::Service->new(%elsewhere));

is($others[0]{id}, $id, 'another environment has them as well');
isnt($others[$_]{id}, $policies[$_]{id},
    '... with another id where the file has none') for 1, 2;

# the adapter names one of them

my $flow = $site->flow('ann');
$flow->require_code;

my $transaction = $service->control('POST', 'transactions/'
    . ($flow->answer->json->{webVerificationUrl} =~ /txnid=([0-9a-f-]+)/)[0],
    { status => 'INITIATED' });

is($transaction->{verifyPolicy}{id}, $id, 'the adapter names one of them');

# as long as nobody changes them, the file counts

$site->nginx->write_file('policies.json', $json->encode([
    { %$face, name => 'another face', default => JSON::PP::true }]));
$site->reload;

is_deeply([map { "$_->{name} $_->{default}" } policies()], ['another face 1'],
    'a file with a default policy is all there is, after a reload');

$service->api('POST', 'verifyPolicies', { %$paper, name => 'made' });
$site->nginx->write_file('policies.json', '[]');
$site->reload;

is_deeply([map { $_->{name} } policies()], ['another face', 'made'],
    'once changed by the API, they are in the zone');
is_deeply([map { $_->{name} } policies(Idv::Service->new(%elsewhere))],
    ['Default Verify Policy'], '... of that environment only');

my @types = map {
    $service->api('POST', 'verifyPolicies', { name => "type $_",
        governmentId => { verify => 'REQUIRED', inspectionType => $_ } })
        ->status
} qw(AUTOMATIC MANUAL STEP_UP);

is("@types", '201 201 201', 'every licensed inspection type can be asked for');


# Mistakes, each in a file of its own.

sub said {
    my ($policies, $directive) = @_;

    my (undef, $said) = Idv::Nginx->test_config(
        files => { secret => "s3cret-of-test\n",
            'policies.json' => ref $policies ? $json->encode($policies)
                                             : $policies },
        http => <<"END");
    idv_service_zone service:1m;
    server {
        listen 127.0.0.1:%%PORT_service%%;
        location / {
            idv_service on;
            idv_service_client worker secret;
            @{[$directive // 'idv_service_policies policies.json;']}
        }
    }
END

    return $said;
}

my @mistakes = (
    ['no JSON', '{', qr/policies\.json" must be a JSON array of policies/],
    ['one policy', { %$face, name => 'x' }, qr/must be a JSON array/],
    ['no object', [1], qr/policy 1: verifyPolicy: The policy must be an object/],
    ['a mistake', [{ %$face, name => 'x' }, { name => 'y',
        liveness => { verify => 'REQUIRED', threshold => 'NO' } }],
        qr/policy 2: liveness\.threshold: The value is not one of those/],
    ['an id that is none', [{ %$face, name => 'x', id => '7' }],
        qr/policy 1: id: The value must be a UUID/],
    ['an id twice', [map { { %$face, name => $_, id => $id } } 'x', 'y'],
        qr/policy 2: id: Another policy has this id/],
    ['a name twice', [({ %$face, name => 'x' }) x 2],
        qr/policy 2: name: Another policy has this name/],
    ['the name of the built-in one',
        [{ %$face, name => 'Default Verify Policy' }],
        qr/built in": policy 1: name: Another policy has this name/],
    ['two defaults', [map { { %$face, name => $_,
        default => JSON::PP::true } } 'x', 'y'],
        qr/policy 2: default: Another policy is the default one/],
    ['too many', [map { { %$face, name => "policy $_" } } 1 .. 100],
        qr/must have less than 100 policies/],
    ['a type without a licence', [{ name => 'x', governmentId =>
        { verify => 'REQUIRED', inspectionType => 'MANUAL' } }],
        qr/policy 1: governmentId\.inspectionType: The environment has no/],
);

for my $case (@mistakes) {
    my ($what, $policies, $words) = @$case;

    like(said($policies), $words, "a file with $what");
}

like(said('[]', 'idv_service_policies missing.json;'),
    qr/open\(\) ".*missing\.json" failed/, 'a file that is not there');
like(said('[]', 'idv_service_inspection AUTOMATIC, MANUAL;'),
    qr/must be of AUTOMATIC, MANUAL and STEP_UP/, 'no inspection type');
like(said('[]', 'idv_service_inspection MANUAL; idv_service_inspection MANUAL;'),
    qr/is duplicate/, 'inspection types twice');
# (nginx -t leaves its configuration to the end of the process, which LSAN sees)

like(said([map { { %$face, name => "policy $_" } } 1 .. 99]),
    qr/nginx\.conf test is successful/,
    '99 policies are not too many');

Idv::Site->finish;
