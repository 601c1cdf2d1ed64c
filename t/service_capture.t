#!/usr/bin/perl

# The capture page of the local service with the papers of people who do not
# exist: what their machine-readable lines say is checked, and what no program
# can check waits for a person, unless the service is in test mode.  Whatever is
# wrong is a result with its name, in the API and on the page.

use strict;
use warnings;

use POSIX qw(strftime);
use Test::More;

use Idv::Phone;
use Idv::Service;
use Idv::Site;

use constant NUMBER => 'L01X00T47';

my $next = strftime('%Y', gmtime) + 3;
my $yy = sprintf '%02d', $next % 100;

my $site = Idv::Site->new(test_mode => 'off', servers => <<"END");
    server {
        listen 127.0.0.1:%%PORT_trusting%%;

        location / {
            idv_service                 on;
            idv_service_client          @{[Idv::Site::CLIENT]} client_secret;
            idv_service_control         on;
            idv_service_test_mode       on;
        }
    }
END

# no log has what is in a document

$site->nginx->forbid(NUMBER, 'ERIKSSON', 'TREMBLAY');

my $trusting = Idv::Service->new(port => $site->port('trusting'),
    environment => Idv::Site::ENVIRONMENT, client => Idv::Site::CLIENT,
    secret => Idv::Site::SECRET);

my @checks = qw(GOVERNMENT_ID FACIAL_COMPARISON_DOCUMENT LIVENESS);

my %typed = (
    idType => 'passport', documentNumber => NUMBER, firstName => 'Anna',
    lastName => 'Eriksson', birthDate => '1974-08-12',
    expirationDate => "$next-04-15", issuingCountry => 'UTO',
);


# a passport's lines are enough; the face waits for a person, who approves

my $phone = phone(requirements => {
    family_name => { value => 'Eriksson' },
    given_name => { options => ['Anna', 'Ida'] },
    birth_date => { value => '12.08.1974' },
    address => { value => '12 Example Street' },
});

$phone->begin;
is($phone->heading, 'Choose a document', 'she begins');

$phone->document(idType => 'passport', zone => passport());
is($phone->heading, 'A photo of you', 'the lines are taken');
is($phone->state->{status}, 'PARTIAL', 'the document is in');
is_deeply($phone->data, {}, 'but its data is not out');

$phone->selfie;
is($phone->heading, 'Check what you give', 'her photo, too');
$phone->submit;
is($phone->heading, 'Thank you', 'and that is all');
$site->service->advance(1);

state_is($phone, 'IN_PROGRESS', ['SUCCESS', 'IN_PROGRESS', 'IN_PROGRESS'], [],
    'the lines are right, the face is for a person');
like($phone->open->said, qr/A person will look at it/, 'and she is told so');

is_deeply($phone->data, {
    idType => 'passport', firstName => 'ANNA MARIA', lastName => 'ERIKSSON',
    fullName => 'ANNA MARIA ERIKSSON', birthDate => '1974-08-12', gender => 'F',
    documentNumber => NUMBER, idNumber => NUMBER, nationality => 'UTO',
    expirationDate => "$next-04-15", issuingCountry => 'UTO',
    personalNumber => 'ZE184226B',
}, 'the person reads what the lines say');

my $found = $phone->found('DOCUMENT_AUTHENTICATION');
is($found->{status}, 'SUCCESS', 'and how they were judged');
is_deeply($found->{data}{mitekVerifications}, [
    { name => 'MRZ Check Digit', verificationType => 601,
      judgement => 'Authentic', probability => 1000, reasons => [] },
    { name => 'Data Comparison', verificationType => 700,
      judgement => 'Authentic', probability => 1000, reasons => [] },
], 'digit by digit');

$found = $phone->found('BIOGRAPHIC_MATCH');
is($found->{provider}, 'BIOGRAPHIC_MATCHER', 'what the creator knows is matched');
is($found->{status}, 'SUCCESS', 'and none of it is somebody else');
is_deeply($found->{data}{biographic_match_results}, [
    { identifier => 'address', match => 'NOT_APPLICABLE' },
    { identifier => 'birth_date', match => 'HIGH' },
    { identifier => 'family_name', match => 'HIGH' },
    { identifier => 'given_name', match => 'MEDIUM' },
], 'field by field, with the best of the variants');

is($phone->api('GET', "/metaData/$found->{id}")->json->{type},
    'BIOGRAPHIC_MATCH', 'each by its id');

is($phone->api('PUT', '', { transactionStatus =>
    { status => 'APPROVED_MANUALLY' } })->status, 200, 'the person approves');
state_is($phone, 'APPROVED_MANUALLY', ['SUCCESS', 'SUCCESS', 'SUCCESS'], [],
    'which decides what was open');
is($phone->open->heading, 'You are verified', 'and she is');

$site->service->advance(1801);
is_deeply($phone->data, {}, 'half an hour later her data is gone');
is_deeply($phone->found('BIOGRAPHIC_MATCH'), $found, 'what was found stays');


# with the gate on the other side: it opens when the person has approved

my $flow = $site->flow('ann');

$flow->require_code;
$phone = Idv::Phone->new($site->service, $flow->state)->of('ann');
$phone->all(idType => 'passport', zone => passport());

ok($flow->reach('ID_VERIFICATION_IN_PROGRESS'), 'at the gate she waits');
$site->service->advance(60);
$flow->poll;
is($flow->status, 'ID_VERIFICATION_IN_PROGRESS', 'as long as it takes');

$phone->api('PUT', '', { transactionStatus =>
    { status => 'APPROVED_MANUALLY' } });
ok($flow->reach('ID_VERIFICATION_COMPLETED'), 'approved');
$flow->continue;
is($flow->status, 'COMPLETED', 'she goes on');

is($flow->client->get('/')->json->{headers}{'IDV-First-Name'}, 'ANNA MARIA',
    'and the application sees what her passport says');


# what is typed in alone is checked by nobody but a person

$phone = phone()->all(%typed);
state_is($phone, 'IN_PROGRESS', [('IN_PROGRESS') x 3], [], 'typed in');
is($phone->found('DOCUMENT_AUTHENTICATION'), undef, 'nothing was found');
is($phone->data->{lastName}, 'Eriksson', 'a person can read it');

$phone->api('PUT', '', { transactionStatus =>
    { status => 'APPROVED_MANUALLY' } });
is($phone->found('DOCUMENT_AUTHENTICATION')->{status}, 'SUCCESS',
    'and it is what the person says');

$phone = phone()->all(%typed);
$site->service->advance(24 * 60 * 60 - 5);
is($phone->api('GET', '')->status, 200, 'it waits for a day');
$site->service->advance(6);
is($phone->api('GET', '')->status, 404, 'and no longer');

$phone = phone(service => $trusting)->open;
like($phone->html, qr/takes your word/, 'in test mode the page says so');
unlike(phone()->open->html, qr/takes your word/, 'and elsewhere it does not');

$phone->all(%typed);
$trusting->advance(2);
state_is($phone, 'SUCCESS', [('SUCCESS') x 3], [], 'in test mode it counts');


# each with what the API and the page say of it

my @wrong = (
    ['a check digit',
        { zone => wrong(passport(), 53) }, 'DOCUMENT_ZONE_INVALID',
        'MRZ_DOCUMENT_NUMBER_CHECK_DIGIT', 'MRZ_COMPOSITE_CHECK_DIGIT'],
    ['the composite digit alone',
        { zone => wrong(passport(), 87) }, 'DOCUMENT_ZONE_INVALID',
        'MRZ_COMPOSITE_CHECK_DIGIT'],
    ['a card with a check digit',
        { idType => 'id_card', zone => wrong(card(), 36) },
        'DOCUMENT_ZONE_INVALID', 'MRZ_BIRTH_DATE_CHECK_DIGIT',
        'MRZ_COMPOSITE_CHECK_DIGIT'],
    ['a licence without a birth date',
        { idType => 'driver_license', zone => licence(DBB => '') },
        'DOCUMENT_ZONE_INVALID', 'AAMVA_BIRTH_DATE_INVALID'],
    ['an expired passport', { zone => passport('260303') },
        'DOCUMENT_EXPIRED'],
    ['an expired licence',
        { idType => 'driver_license', zone => licence(DBA => '20260303') },
        'DOCUMENT_EXPIRED'],
    ['another number', { zone => passport(), documentNumber => 'L01X00T48' },
        'DOCUMENT_DATA_MISMATCH'],
    ['another name', { zone => passport(), lastName => 'Muster' },
        'DOCUMENT_DATA_MISMATCH'],
    ['another day', { zone => passport(), birthDate => '1974-08-13' },
        'DOCUMENT_DATA_MISMATCH'],
    ['another country', { zone => passport(), issuingCountry => 'deu' },
        'DOCUMENT_DATA_MISMATCH'],
    ['another kind', { zone => passport(), idType => 'driver_license' },
        'DOCUMENT_DATA_MISMATCH'],
    ['a visa', { zone => visa() }, 'DOCUMENT_DATA_MISMATCH'],
    ['a licence without a country',
        { idType => 'driver_license', zone => licence(DCG => '') },
        'DOCUMENT_DATA_MISSING'],
);

for my $case (@wrong) {
    my ($what, $fields, $reason, @more) = @$case;
    my %fields = (idType => 'passport', %$fields);

    for my $service ($site->service, $trusting) {
        my $phone = phone(service => $service)->all(%fields);
        $service->advance(2);

        # every check that can be made is made, in test mode also this one

        my $alive = $service == $trusting ? 'SUCCESS' : 'NOT_REQUIRED';

        state_is($phone, 'FAIL', ['FAIL', 'NOT_REQUIRED', $alive],
            [$reason, @more], $what);
        is($phone->found('DOCUMENT_AUTHENTICATION')->{data}{reason}, $reason,
            "$what: in the metadata");
    }
}

$phone = phone()->all(idType => 'driver_license', zone => passport(),
    documentNumber => 'L01X00T48', firstName => 'Ida');
is_deeply($phone->found('DOCUMENT_AUTHENTICATION')->{data}{mitekVerifications}
    [1], { name => 'Data Comparison', verificationType => 700,
           judgement => 'Undetermined', probability => 0,
           reasons => [qw(idType firstName documentNumber)] },
    'all that differs is named');
like($phone->open->said, qr/do not say what was typed in/, 'also on the page');


# what agrees, though it is written in another way

for my $fields (
    { %typed, zone => passport() },
    { %typed, zone => lc passport() },
    { %typed, zone => passport() =~ s/\n//r },
    { idType => 'passport', zone => passport(), documentNumber => 'l01-x00 t47',
      firstName => 'anna', lastName => 'Ericsson', issuingCountry => 'Utopia' },
    { idType => 'residence_permit', zone => card() },
    { idType => 'driver_license', zone => licence() },
    { idType => 'driver_license', zone => licence() =~ s/\n/\r\n/gr,
      firstName => 'Zoe', lastName => 'Tremblay' },
) {
    my $phone = phone()->all(%$fields);

    state_is($phone, 'IN_PROGRESS', ['SUCCESS', 'IN_PROGRESS', 'IN_PROGRESS'],
        [], 'it agrees');
}

$phone = phone()->all(idType => 'driver_license', zone => licence());
is_deeply($phone->data, {
    idType => 'driver_license', firstName => "ZO\x{c9}", lastName => 'TREMBLAY',
    fullName => "ZO\x{c9} TREMBLAY", birthDate => '1988-07-31', gender => 'F',
    documentNumber => 'A1234-56789', idNumber => 'A1234-56789',
    expirationDate => "$next-07-31", issueDate => '2023-01-15',
    issuingCountry => 'CAN', country => 'CAN', addressStreet => '5 RUE EXEMPLE',
    addressCity => 'OTTAWA', addressState => 'ON', addressZip => 'K1A 0B1',
    height => '170 cm', weight => '63 kg',
}, 'a licence says more than a passport');
is($phone->found('DOCUMENT_AUTHENTICATION')->{data}{mitekVerifications}[0]
    {name}, 'Barcode', 'and is judged as what it is');

$phone = phone(requirements => { family_name => { value => 'Muster' } })
    ->all(idType => 'passport', zone => passport());
is($phone->found('BIOGRAPHIC_MATCH')->{status}, 'FAIL', 'somebody else');
is($phone->state->{status}, 'IN_PROGRESS', 'but the person decides');


# lines that are none are asked for again, and nothing is lost or changed

for my $zone ('P<UTOERIKSSON<<ANNA<MARIA', passport() =~ s/\n.//r, '@nothing',
              "<\x{2a}/textarea><script>", 'P<UTO' x 60, '@' x 5000)
{
    my $phone = phone()->begin;

    $phone->document(%typed, zone => $zone);
    is($phone->status, 400, 'no lines: ' . substr($zone, 0, 20));
    like($phone->problem, qr/not the machine-readable lines/, 'it says so');
    like($phone->html, qr/value="Anna"/, 'the rest is still there');
    unlike($phone->html, qr/<script>/, 'no markup is made of it');
    is($phone->state->{status}, 'INITIATED', 'nothing has happened');

    $phone->document(%typed, zone => passport());
    is($phone->status, 200, 'and then the right ones');
}

$phone = phone()->begin->document(%typed, zone => " \r\n\t", lastName => '');
is($phone->status, 400, 'white space is nothing');
like($phone->problem, qr/or the machine-readable lines/, 'which is missing');

$site->finish;


# for each a user of their own: one has a limited number of transactions

my $users;

sub phone {
    my (%model) = @_;

    my $service = delete $model{service} || $site->service;
    my $user = sprintf '00000000-0000-4000-8000-%012d', ++$users;

    return Idv::Phone->create($service, $user, %model);
}


sub state_is {
    my ($phone, $status, $checks, $reasons, $what) = @_;

    my $state = $phone->state;

    is($state->{status}, $status, "$what: $status");
    is_deeply([@{$state->{verificationStatus}}{@checks}], $checks,
        "$what: @$checks");
    is_deeply($state->{providerMessagesList} || [], $reasons,
        "$what: for " . ("@$reasons" || 'no reason'));
}


# Doc 9303-3, 4.9

sub digit {
    my ($text) = @_;

    my ($sum, $i) = (0, 0);

    for my $c (split //, $text) {
        my $value = $c eq '<' ? 0 : $c =~ /\d/ ? $c : ord($c) - 55;
        $sum += $value * (7, 3, 1)[$i++ % 3];
    }

    return $sum % 10;
}

sub checked { $_[0] . digit($_[0]) }


sub passport {
    my $expiry = checked($_[0] || "${yy}0415");
    my $number = checked(NUMBER);
    my $data = checked('ZE184226B<<<<<');

    return "P<UTOERIKSSON<<ANNA<MARIA" . '<' x 19 . "\n${number}UTO7408122F"
        . $expiry . $data . digit("${number}7408122$expiry$data");
}


sub visa {
    return "V<UTOERIKSSON<<ANNA<MARIA" . '<' x 19 . "\n" . checked(NUMBER)
        . 'UTO7408122F' . checked("${yy}0415") . '<' x 16;
}


sub card {
    my $number = checked(NUMBER);
    my $expiry = checked("${yy}0415");

    return "I<UTO$number" . '<' x 15 . "\n7408122F${expiry}UTO" . '<' x 11
        . digit($number . '<' x 15 . "7408122$expiry" . '<' x 11)
        . "\nERIKSSON<<ANNA<MARIA" . '<' x 10;
}


sub licence {
    my (%with) = @_;

    my %element = (DCS => 'TREMBLAY', DAC => "ZO\xc3\x89", DBB => '19880731',
        DBA => "${next}0731", DBD => '20230115', DBC => 2, DAU => '170 cm',
        DAX => 63, DAG => '5 RUE EXEMPLE', DAI => 'OTTAWA', DAJ => 'ON',
        DAK => 'K1A 0B1', DCG => 'CAN', %with);

    return "@\n\x1e\rANSI 636012090001DL00310200DLDAQA1234-56789\n"
        . join('', map { "$_$element{$_}\n" }
                   grep { $element{$_} ne '' } sort keys %element) . "\r";
}


# another digit there, counted without line ends

sub wrong {
    my ($zone, $at) = @_;

    my $row = $zone =~ s/\n//gr;

    substr($row, $at, 1) = (substr($row, $at, 1) + 1) % 10;

    return $row;
}
