#!/usr/bin/perl

# What a policy says and no program can judge: whether a photo was slipped in
# (always looked at where a face is required, even if data is only collected),
# and what registers say of licences and of cards from India.  In test mode it
# counts as good; without it, it waits for a person.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Phone;
use Idv::Site;

my $true = JSON::PP::true;
my $photo = MIME::Base64::encode_base64(Idv::Phone::PHOTO, '');
my $no_photo = MIME::Base64::encode_base64(Idv::Phone::NO_PHOTO, '');

my ($test, $real) = map {
    Idv::Site->new(name => "mode_$_", hop => 1, processing => '60s',
        test_mode => $_)->service
} qw(on off);

my $named = 0;


# a transaction by a policy of those parts, with all documents that are given

sub given {
    my ($service, $parts, @documents) = @_;

    my $policy = $service->api('POST', 'verifyPolicies',
        { name => 'policy ' . ++$named, %$parts })->json->{id};
    my $t = $service->api('POST', "users/user$named/verifyTransactions",
        { verifyPolicy => { id => $policy },
          requirements => { referenceSelfie => { value => $photo } } })->json;
    my $path = "users/user$named/verifyTransactions/$t->{id}";

    while (my ($type, $value) = splice @documents, 0, 2) {
        my $answer = $service->api('POST', "$path/documents",
            { type => $type, value => $value });

        die "no $type: ", $answer->body if $answer->status != 201;
    }

    $service->http->request('POST', "/v1/environments/$service->{environment}"
        . "/$path/documents", Authorization => "Bearer $service->{token}",
        'Content-Type' =>
            'application/vnd.pingidentity.documents.complete+json');
    $service->advance(61);

    return { path => $path, service => $service };
}


sub status {
    my ($t) = @_;

    return $t->{service}->api('GET', $t->{path})->json->{transactionStatus};
}


# "TYPE status" of each judgement

sub judged {
    my ($t) = @_;

    return join ', ', sort map { "$_->{type} $_->{status}" }
        @{$t->{service}->api('GET', "$t->{path}/metaData")
            ->json->{_embedded}{metaData}};
}


sub approve {
    my ($t) = @_;

    return $t->{service}->api('PUT', $t->{path}, { transactionStatus => {
        status => 'APPROVED_MANUALLY' } })->status;
}


# The seed's three rules, and what is none of them.  [face, liveness, collected
# only, judgements]

my %level = (verify => 'REQUIRED', threshold => 'LOW');
my %optional = (%level, verify => 'OPTIONAL');
my %disabled = (%level, verify => 'DISABLED');
my ($face, $live, $injected) = map { "$_ SUCCESS" }
    qw(FACIAL_COMPARISON LIVENESS INJECTION_DETECTION);

my @injections = (
    [\%level, \%level, 0, "$face, $injected, $live"],
    [\%level, \%level, 1, $injected],
    [\%level, \%disabled, 0, "$face, $injected"],
    [\%level, \%disabled, 1, $injected],
    [\%disabled, \%level, 0, "$injected, $live"],
    [\%disabled, \%level, 1, $injected],
    [\%optional, \%optional, 0, "$face, $live"],
    [\%optional, \%optional, 1, ''],
);

for my $case (@injections) {
    my ($facial, $liveness, $collected, $types) = @$case;

    my $t = given($test, { facialComparison => $facial, liveness => $liveness,
        transaction => { dataCollectionOnly => $collected ? $true
                                                          : JSON::PP::false } },
        Selfie => $photo);

    my $what = "face $facial->{verify}, liveness $liveness->{verify}"
        . ($collected ? ', collected only' : '');

    is(status($t)->{status}, 'SUCCESS', "$what: in test mode a success");
    is(judged($t), $types, '... judged: ' . ($types || 'nothing'));
    ok(!exists status($t)->{verificationStatus}{INJECTION_DETECTION},
        '... which is told in the metadata only');
}

# it comes after a face that was found good

my $t = given($test, { facialComparison => \%level }, Selfie => $no_photo);
is(status($t)->{status}, 'FAIL', 'a face that is none');
is(judged($t), 'FACIAL_COMPARISON FAIL', '... needs no further look');

$t = given($test, { liveness => \%level, transaction => {
    dataCollectionOnly => $true } }, Selfie => $no_photo);
is(status($t)->{status}, 'SUCCESS', 'what is only collected may be anything');

# without test mode a person has to look, also at what is only collected

for my $collected (0, 1) {
    my $what = $collected ? 'collected only' : 'checked';
    my $t = given($real, { liveness => \%level, $collected
        ? (transaction => { dataCollectionOnly => $true }) : () },
        Selfie => $photo);

    is(status($t)->{status}, 'IN_PROGRESS', "$what: a face waits for a person");
    is(judged($t), '', '... and is not judged');
    is(approve($t), 200, '... who looks');
    is(judged($t), $collected ? $injected : "$injected, $live", '... and says');
}

$t = given($real, { governmentId => { verify => 'REQUIRED' }, transaction => {
    dataCollectionOnly => $true } }, 'Passport Front' => $photo);
is(status($t)->{status}, 'SUCCESS', 'documents alone are collected, that is all');


# Registers.  [what, policy's governmentId, lines, waits]

my $code = "@\n\x1e\rANSI 636012090001DL00310200DLDAQA1234-56789\n"
    . join('', map { "$_\n" } 'DCSTREMBLAY', 'DACZOE', 'DBB19880731',
        'DBA20900731', 'DBD20230115', 'DBC2', 'DCGCAN') . "\r";

my $card = "I<IND1234567897<<<<<<<<<<<<<<<\n7001017M9001011IND<<<<<<<<<<<2\n"
    . 'EXAMPLE<<ANN<<<<<<<<<<<<<<<<<<';

my %aamva = (verifyAamva => $true);
my %aadhaar = (aadhaar => { enabled => $true });
my %blank = map { $_ => '' } qw(firstName lastName birthDate documentNumber
    expirationDate issuingCountry);

my @registers = (
    ['a licence', {}, driver_license => $code, 0],
    ['a licence, and a register of licences', \%aamva,
        driver_license => $code, 1],
    ['a licence, and a register of cards', \%aadhaar,
        driver_license => $code, 0],
    ['a card', {}, id_card => $card, 0],
    ['a card, and a register of licences', \%aamva, id_card => $card, 0],
    ['a card, and a register of cards', \%aadhaar, id_card => $card, 1],
);

for my $case (@registers) {
    my ($what, $more, $kind, $lines, $waits) = @$case;

    for my $service ($test, $real) {
        my $policy = $service->api('POST', 'verifyPolicies',
            { name => 'policy ' . ++$named,
              governmentId => { verify => 'REQUIRED', %$more },
              facialComparison => \%level })->json->{id};
        my $t = $service->api('POST', "users/user$named/verifyTransactions",
            { verifyPolicy => { id => $policy } })->json;

        Idv::Phone->new($service, $t)->begin->document(%blank,
            idType => $kind, zone => $lines)->selfie->submit;
        $service->advance(61);

        is(status({ service => $service, path =>
            "users/user$named/verifyTransactions/$t->{id}" })
            ->{verificationStatus}{GOVERNMENT_ID}, $waits && $service == $real ? 'IN_PROGRESS' : 'SUCCESS',
            $what . ($service == $real ? '' : ', in test mode'));
    }
}

# Order: an address or a number first, and if one of them is not the user's,
# nobody asks a register.  What a register has to say does not keep the others
# from being looked at.  [which, level, code, status, checks, reasons]

my %once = (attempts => { count => 1 }, deliveries => { count => 1,
        cooldown => { duration => 0, timeUnit => 'SECONDS' } },
    lifeTime => { duration => 5, timeUnit => 'MINUTES' },
    notification => { templateName => 'email_phone_verification' });

my $register = 'DATA_BASED_IDENTITY_VERIFICATION';

my @orders = (
    ['email', 'REQUIRED', 1, 'IN_PROGRESS', 'SUCCESS', 'IN_PROGRESS', undef],
    ['email', 'REQUIRED', 0, 'FAIL', 'FAIL', 'NOT_REQUIRED', 'PASSWORD'],
    ['email', 'OPTIONAL', 0, 'FAIL', 'FAIL', 'FAIL', 'NOT_PERFORMED'],
    ['phone', 'REQUIRED', 0, 'FAIL', 'FAIL', 'NOT_REQUIRED', 'PASSWORD'],
);

for my $case (@orders) {
    my ($which, $level, $right, $status, $check, $asked, $why) = @$case;

    my $policy = $real->api('POST', 'verifyPolicies', {
        name => 'policy ' . ++$named, dataBasedIdentityVerification => {},
        governmentId => { verify => 'REQUIRED' },
        identityRecordMatching => { family_name => { threshold => 'LOW',
            fieldRequired => $true } },
        $which => { verify => $level, otp => \%once } })->json->{id};

    my $json = $real->api('POST', "users/user$named/verifyTransactions",
        { verifyPolicy => { id => $policy }, requirements => {
            email => { value => 'ann@example.com' },
            $which eq 'phone' ? (phone => { value => '+15555550100' }) : (),
            family_name => { value => 'Example' } } })->json;

    my $phone = Idv::Phone->new($real, $json)->begin->step('send',
        for => $which);

    my ($note) = grep { $_->{transaction}{id} eq $json->{id} }
        @{$real->control('GET', 'notifications')->{notifications}};
    my $code = $right ? $note->{code}
                      : sprintf '%06d', ($note->{code} + 1) % 1_000_000;

    $phone->step('code', for => $which, code => $code);
    $phone->document(%blank, idType => 'id_card', zone => $card)
        ->submit;
    $real->advance(61);

    my $now = status({ service => $real, path =>
        "users/user$named/verifyTransactions/$json->{id}" });
    my $map = $now->{verificationStatus};

    is_deeply([$now->{status}, @$map{uc $which, $register}],
        [$status, $check, $asked], "$which, $level, and the code is "
            . ($right ? 'right' : 'wrong') . ": the register is $asked");
    is_deeply([@$map{qw(GOVERNMENT_ID IDENTITY_RECORD_MATCHING)}],
        ['SUCCESS', 'SUCCESS'], '... and the document is looked at');
    like($now->{providerMessagesList}[0] // '', defined $why ? qr/$why/ : qr/^$/,
        '... with the reason');
}

Idv::Site->finish;
