#!/usr/bin/perl

# What is known of a user goes to the provider as far as the policy of the
# transaction has a use for it, and no further: not into a log, not into a
# transaction of another policy.  Record matching of the local service then
# tells people apart.

# variants: plain asan

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use Idv::Check;
use Idv::Site;
use Idv::Verdict;

my ($DEVICE, $REQUIRED, $COMPLETED, $FAILED)
    = map { "ID_VERIFICATION_$_" } qw(DEVICE REQUIRED COMPLETED FAILED);

my $document = { verify => 'REQUIRED', retry => { attempts => 0 } };

# parts of a policy, and what it has a use for

my @cases = (
    plain => { governmentId => $document }, [],
    record => { governmentId => $document, identityRecordMatching => {
        map { $_ => { threshold => 'MEDIUM', fieldRequired => JSON::PP::true } }
            qw(given_name family_name birth_date) } },
        [qw(birth_date family_name given_name)],
    place => { governmentId => $document, identityRecordMatching => {
        map { $_ => { threshold => 'LOW', fieldRequired => JSON::PP::false } }
            qw(address name) } }, [qw(address name)],
    data => { governmentId => $document, dataBasedIdentityVerification => {
        threshold => 'LOW' }, identityRecordMatching => { name => {
        threshold => 'LOW', fieldRequired => JSON::PP::false } } },
        [qw(address_city address_state address_street address_street_line2
            address_zip birth_date family_name given_name name
            national_id_number)],
    codes => { email => { verify => 'REQUIRED' },
        phone => { verify => 'OPTIONAL' } }, [qw(email phone)],
    face => { facialComparison => { verify => 'REQUIRED',
        threshold => 'LOW' } }, [qw(referenceSelfie)],
    both => { governmentId => $document, facialComparison => {
        verify => 'REQUIRED', threshold => 'LOW' } }, [],
);

my %value = (
    given_name => { options => ['Ann', 'Anna Marie'] },
    family_name => { value => 'Example' },
    name => { value => 'Ann Marie Example' },
    birth_date => { value => '1990-04-12' },
    address => { value => '12 Example Street, Denver' },
    address_street => { value => '12 Example Street' },
    address_street_line2 => { value => 'Second floor' },
    address_city => { value => 'Denver' },
    address_state => { value => 'CO' },
    address_zip => { value => '80202' },
    national_id_number => { value => '987-65-4321' },
    email => { options => ['ann@example.com', 'ann@work.example'] },
    phone => { value => '+15555550100' },
    referenceSelfie => { value => '/9j/' . 'A' x (32 * 1024) },
);

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';
my $gate = 'set $family Example;'
    . ' if ($remote_user = bob) { set $family Miller; }'
    . ' set $photo ' . 'A' x 512 . ';'
    . ' set $photo "$photo$photo";' x 6
    . ' set $photo "/9j/$photo";'
    . ' set $long "$photo$photo$photo$photo$photo$photo$photo";' . "\n"
    . join "\n", map { "auth_idv_input $_;" }
    'given_name Ann', 'given_name "$none"', 'given_name " Anna Marie "',
    'family_name $family', 'name "Ann Marie Example"', 'birth_date 1990-04-12',
    'address "12 Example Street, Denver"', 'address_street "12 Example Street"',
    'address_street_line2 "Second floor"', 'address_city Denver',
    'address_state CO', 'address_zip 80202', 'national_id_number 987-65-4321',
    'email "ann@example.com, , ann@work.example,no address"',
    'phone "+1 (555) 555-0100"', 'referenceSelfie $photo';

# what is too long, or of no form, in a location of its own

my $wrong = join ' ', map { "auth_idv_input $_;" }
    'given_name ' . 'x' x 1025, "given_name Ann\xe9", "given_name \"A\tn\"",
    'phone nonsense', 'email nonsense',
    'referenceSelfie "no base64"', 'referenceSelfie $long',
    'family_name Example';

my ($locations, %id);

my $site = Idv::Site->new(hop => 1, provider => 'attempts 2;',
    gate => 'set $none "";');
my $service = $site->service;

$site->nginx->forbid('Anna Marie', 'Second floor', '987-65-4321',
    '1990-04-12', '12 Example Street', 'ann@work.example', '/9j/AAAA');
$site->nginx->allow(qr/is left out: a value of \d+ bytes is too long/);

for (my $i = 0; $i < @cases; $i += 3) {
    my ($name, $parts) = @cases[$i, $i + 1];
    my $answer = $service->api('POST', 'verifyPolicies',
        { name => $name, %$parts });

    $id{$name} = $answer->json->{id} // die $answer->body;
}

for my $name (sort(keys %id), 'wrong', 'gone', 'default') {
    my $policy = $name eq 'default' ? ''
        : $name eq 'gone' ? 'a3c0b6a5-0c9f-49b3-8a77-3a3c9a2f4d11'
        : $id{$name} // $id{record};

    $locations .= "        location /$name/ { auth_idv local; $app "
        . ($policy ? "auth_idv_policy $policy; " : '') . "}\n";
}

$locations .= "        location /alone/ { $wrong idv_flow_api alone; }\n"
    . "        location /wrongs/ { auth_idv alone; $app $wrong }\n"
    . "        location /faces/ { auth_idv alone; $app $wrong "
    . "auth_idv_policy $id{face}; }\n";

$site->reload(provider => 'attempts 2;', locations => $locations,
    gate => 'set $none "";' . $gate,
    http => <<"END");
    idv_provider alone {
        environment_id      @{[Idv::Site::ENVIRONMENT]};
        api_url             http://127.0.0.1:%%PORT_service%%/v1;
        auth_url            http://127.0.0.1:%%PORT_service%%;
        client_id           @{[Idv::Site::CLIENT]};
        client_secret_file  client_secret;
        session_key_file    session.key;
        verify_policy       $id{record};
    }
END

sub sent {
    my ($flow, $user) = @_;

    return $service->api('GET', "users/$user/verifyTransactions/"
        . $flow->transaction)->json->{requirements};
}

# how many values of an input were left out, by the log

sub left_out {
    my ($input) = @_;

    my @lines = $site->nginx->log->text =~ /input "$input" is left out/g;

    return scalar @lines;
}

sub begun {
    my ($user, $path) = @_;

    my $flow = $site->flow($user, path => $path);

    $flow->device('self');

    return $flow;
}

# how often policies were read

sub policies {
    my $count = 0;
    my $list = $service->control('GET', "requests?path=/v1/environments/"
        . "$service->{environment}/verifyPolicies")->{requests};

    $count += $_->{count} for grep { $_->{method} eq 'GET' } @$list;

    return $count;
}


# Each policy gets what it uses.

for (my $i = 0; $i < @cases; $i += 3) {
    my ($name, undef, $uses) = @cases[$i .. $i + 2];
    my $flow = begun('ann', "/$name/");

    state_is($flow, $REQUIRED, "a transaction of $name");
    is_deeply(sent($flow, 'ann'), @$uses ? { map { $_ => $value{$_} } @$uses }
        : undef, join ' ', 'has', @$uses ? @$uses : 'nothing');
    $flow->cancel;
}

my $before = policies();
begun('ann', '/plain/')->cancel for 1 .. 20;
cmp_ok(policies(), '<=', $before + 1, 'a worker reads a policy once a minute');

# The default policy of the environment is one as well.

$service->api('PUT', "verifyPolicies/$id{place}", { name => 'place',
    default => JSON::PP::true, %{$cases[7]} });

my $flow = begun('ann', '/default/');
is_deeply([sort keys %{sent($flow, 'ann')}], [qw(address name)],
    'the default policy');
$flow->cancel;


# What is of no use is left out, and the rest goes.

$flow = begun('ann', '/wrongs/');
state_is($flow, $REQUIRED, 'names that are too long, or no text');
is_deeply(sent($flow, 'ann'), { family_name => { value => 'Example' } },
    'are left out');
is(left_out('given_name'), 3, 'and each is logged');
$flow->cancel;

$flow = begun('ann', '/faces/');
error_is($flow->answer, 503, 'REQUEST_FAILED', 'SERVICE_UNAVAILABLE',
    'without a picture of its form there is nothing to compare');


# It is compared: ann is ann, and bob has another name in the directory than in
# the licence that he shows.

for my $who (qw(ann bob)) {
    my $flow = begun($who, '/record/');
    my $link = $flow->state->{webVerificationUrl};

    Idv::Verdict::reach($service, $link, 'SUCCESS') if $who eq 'ann';
    eval { Idv::Verdict::reach($service, $link, 'SUCCESS') } if $who eq 'bob';

    if ($who eq 'ann') {
        ok($flow->reach($COMPLETED), 'ann is who she is said to be')
            or diag($flow->answer->body);
        next;
    }

    # the second transaction, after the failure, has the same

    for (1 .. 100) {
        $flow->poll;
        last if $flow->state->{errorDetails};
        sleep 0.05;
    }

    state_is($flow, $REQUIRED, 'bob is not, and may try again');
    is_deeply(sent($flow, 'bob')->{family_name}, { value => 'Miller' },
        'and again he is compared');
}


# A policy that cannot be read compares nobody.

$before = $service->transaction_calls('POST');
$flow = begun('ann', '/gone/');
error_is($flow->answer, 503, 'REQUEST_FAILED', 'SERVICE_UNAVAILABLE',
    'no such policy, no transaction');

$service->advance(0);
$site->reload;

for my $status (403, 503) {
    my $flow = $site->flow('ann', path => '/record/');

    $service->faults({ path => "/v1/environments/$service->{environment}"
        . '/verifyPolicies', times => 9, status => $status });
    error_is($flow->device('self'), 503, 'REQUEST_FAILED',
        'SERVICE_UNAVAILABLE', "policies that cannot be read: $status");
    $service->faults;
    $flow->read;
    state_is($flow, $DEVICE, 'the flow stays where it was');
    $flow->cancel;
}

is($service->transaction_calls('POST'), $before, 'nothing was created');

$site->finish;
