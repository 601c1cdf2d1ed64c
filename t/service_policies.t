#!/usr/bin/perl

# Verify policies of the local service: made, read, changed and deleted as with
# PingOne.  The tables below say for each member what is accepted, what is
# refused and with which bounds, and for each rule between members how it is
# broken.  A policy in which everything is wrong has each mistake named.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Site;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $uuid = qr/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
my $date = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

my $site = Idv::Site->new(hop => 1);
my $service = $site->service;
my $env = $service->{environment};


sub api { return $service->api(@_) }


# an answer that refuses, as "CODE target" of each detail

sub refused {
    my ($answer, $status, $code) = @_;

    my $json = $answer->json || {};

    return 'HTTP ' . $answer->status if $answer->status != $status;
    return 'code ' . ($json->{code} // 'none') if ($json->{code} // '') ne $code;

    return join ', ', sort map { "$_->{code} $_->{target}" }
        @{$json->{details} || []};
}


# puts a value at a path like "email.otp.attempts.count"; undef deletes

sub put_at {
    my ($model, $path, $value) = @_;

    my @parts = split /\./, $path;
    my $last = pop @parts;
    my $place = $model;
    $place = $place->{$_} ||= {} for @parts;

    defined $value ? ($place->{$last} = $value) : delete $place->{$last};

    return $model;
}


sub value_at {
    my ($model, $path) = @_;

    $model = ref $model eq 'HASH' ? $model->{$_} : undef
        for split /\./, $path;

    return $model;
}


# A policy with all that there is; a test changes a copy of it.

sub whole {
    my %otp = (
        attempts => { count => 4 },
        deliveries => { count => 2,
            cooldown => { duration => 45, timeUnit => 'SECONDS' } },
        lifeTime => { duration => 7, timeUnit => 'MINUTES' },
        notification => { templateName => 'email_phone_verification',
            variantName => 'short' },
    );

    my $text = JSON::PP->new->canonical->encode({
        name => $_[0] // 'all of it',
        description => 'every member',
        governmentId => {
            verify => 'REQUIRED', inspectionType => 'AUTOMATIC',
            failExpiredId => $true, verifyAamva => $true,
            provider => { auto => 'VERIFF', manual => 'MITEK' },
            retry => { attempts => 2 },
            aadhaar => { enabled => $true, otp => { deliveries => {
                count => 2,
                cooldown => { duration => 2, timeUnit => 'MINUTES' } } } },
            documentImages => { enabled => $false },
        },
        facialComparison => { verify => 'REQUIRED', threshold => 'HIGH' },
        liveness => { verify => 'OPTIONAL', threshold => 'LOW',
            retry => { attempts => 3 } },
        identityRecordMatching => { map {
            $_ => { threshold => 'MEDIUM', fieldRequired => $true }
        } qw(address birth_date family_name given_name name) },
        dataBasedIdentityVerification => { threshold => 'HIGH' },
        email => { verify => 'REQUIRED', createMfaDevice => $true,
            otp => \%otp },
        phone => { verify => 'OPTIONAL', createMfaDevice => $false,
            otp => \%otp },
        voice => {
            verify => 'DISABLED', enrollment => $true,
            comparison => { threshold => 'HIGH' },
            liveness => { threshold => 'LOW' },
            textDependent => { samples => 4, phrase => {
                id => 'exceptional_experiences' } },
            referenceData => { retainOriginalRecordings => $true,
                updateOnReenrollment => $false,
                updateOnVerification => $false },
        },
        verifiableCredential => { verify => 'OPTIONAL',
            protocol => 'NATIVE' },
        deviceOwnership => { verify => 'OPTIONAL', transunion => {
            phoneToNameThreshold => 'LOW', emailToNameThreshold => 'HIGH',
            emailToPhoneThreshold => 'MEDIUM',
            phoneRiskThreshold => 'HIGH' } },
        transaction => {
            timeout => { duration => 20, timeUnit => 'MINUTES' },
            dataCollection => { timeout => {
                duration => 600, timeUnit => 'SECONDS' } },
            dataCollectionOnly => $false, authenticationMode => $true,
            ida => { enabled => $true },
        },
    });

    return JSON::PP->new->decode($text);
}


# What there is before anybody made one.

my $list = api('GET', 'verifyPolicies')->json;

is($list->{size}, 1, 'an environment has one policy to begin with');
is($list->{_links}{self}{href},
    'http://127.0.0.1:' . $site->port('service')
        . "/v1/environments/$env/verifyPolicies", 'the list has its link');

my $default = $list->{_embedded}{verifyPolicies}[0];

like($default->{id}, $uuid, 'the first policy has an id');
ok($default->{default} && $default->{systemProvided},
    '... is the default one, and provided');
is($default->{$_}{verify}, 'REQUIRED', "... and checks $_")
    for qw(governmentId facialComparison liveness);
is($default->{$_}{verify}, 'DISABLED', "... but not $_")
    for qw(email phone voice verifiableCredential);

is_deeply(api('GET', "verifyPolicies/$default->{id}")->json, $default,
    'it can be read by its id');


# Created, read, listed, replaced, deleted.

my $answer = api('POST', 'verifyPolicies', whole());
is($answer->status, 201, 'a policy with all members is created')
    or diag($answer->body);

my $policy = $answer->json;
is($answer->header('Location'), $policy->{_links}{self}{href},
    '... and the answer says where it is');
like($policy->{createdAt}, $date, '... when it was made');
is($policy->{updatedAt}, undef, '... and that it was not changed');
is($policy->{environment}{id}, $env, '... and of which environment it is');

my $sent = whole();
is_deeply({ map { $_ => $policy->{$_} } keys %$sent }, $sent,
    '... with everything as it was sent');

is_deeply(api('GET', "verifyPolicies/$policy->{id}")->json, $policy,
    'it is read as it was answered');
is(api('GET', 'verifyPolicies')->json->{size}, 2, 'the list has it');

$answer = api('PUT', "verifyPolicies/$policy->{id}", {
    name => 'a face', facialComparison => { verify => 'DISABLED',
        threshold => 'LOW' },
    liveness => { verify => 'REQUIRED', threshold => 'LOW' } });
is($answer->status, 200, 'it is replaced');

my $new = $answer->json;
is($new->{createdAt}, $policy->{createdAt}, '... made when it was made');
like($new->{updatedAt}, $date, '... and says when it was changed');
ok(!exists $new->{$_}, "... what was left out is gone: $_")
    for qw(description identityRecordMatching dataBasedIdentityVerification
           deviceOwnership);


# What is left out is filled in.  [path, what it is]

my @defaults = (
    ['default', $false],
    ['governmentId.verify', 'DISABLED'],
    ['governmentId.inspectionType', 'AUTOMATIC'],
    ['governmentId.failExpiredId', $false],
    ['governmentId.provider.auto', 'MITEK'],
    ['governmentId.provider.manual', 'MITEK'],
    ['governmentId.verifyAamva', $false],
    ['governmentId.documentImages.enabled', $true],
    ['governmentId.retry', undef],
    ['governmentId.aadhaar', undef],
    ['liveness.retry', undef],
    (map {
        ["$_.verify", 'DISABLED'],
        ["$_.createMfaDevice", $false],
        ["$_.otp.attempts.count", 5],
        ["$_.otp.deliveries.count", 3],
        ["$_.otp.deliveries.cooldown.duration", 30],
        ["$_.otp.deliveries.cooldown.timeUnit", 'SECONDS'],
        ["$_.otp.lifeTime.duration", 10],
        ["$_.otp.lifeTime.timeUnit", 'MINUTES'],
        ["$_.otp.notification.templateName", 'email_phone_verification'],
        ["$_.otp.notification.variantName", undef],
    } qw(email phone)),
    ['voice.verify', 'DISABLED'],
    ['voice.enrollment', $false],
    ['voice.comparison.threshold', 'MEDIUM'],
    ['voice.liveness.threshold', 'MEDIUM'],
    ['voice.textDependent', undef],
    ['voice.referenceData.retainOriginalRecordings', $false],
    ['voice.referenceData.updateOnReenrollment', $true],
    ['voice.referenceData.updateOnVerification', $true],
    ['verifiableCredential.verify', 'DISABLED'],
    ['transaction.timeout.duration', 30],
    ['transaction.timeout.timeUnit', 'MINUTES'],
    ['transaction.dataCollection.timeout.duration', 15],
    ['transaction.dataCollection.timeout.timeUnit', 'MINUTES'],
    ['transaction.dataCollectionOnly', $false],
    ['transaction.authenticationMode', $false],
    ['transaction.ida', undef],
);

is_deeply({ map { $_->[0] => value_at($new, $_->[0]) } @defaults },
    { map { $_->[0] => $_->[1] } @defaults },
    'every member that was left out has its default');

$answer = api('POST', 'verifyPolicies', { name => 'thresholds',
    liveness => { verify => 'REQUIRED', threshold => 'LOW',
        retry => {} },
    dataBasedIdentityVerification => {},
    transaction => { ida => {} },
    deviceOwnership => { verify => 'OPTIONAL', transunion => {} } });

is_deeply([map { value_at($answer->json, $_) }
        qw(facialComparison.threshold liveness.retry.attempts
           dataBasedIdentityVerification.threshold transaction.ida.enabled
           deviceOwnership.transunion.phoneRiskThreshold)],
    ['MEDIUM', 0, 'MEDIUM', $false, 'MEDIUM'],
    '... in what was given empty, too');

is(api('DELETE', "verifyPolicies/$_")->status, 204, 'a policy is deleted')
    for $policy->{id}, $answer->json->{id};
is(api($_, "verifyPolicies/$policy->{id}", $_ eq 'PUT' ? whole() : ())->status,
    404, "... and gone for $_") for qw(GET PUT DELETE);


# Each member: [path, values that are taken, then [value, bounds] that are not]

sub words { return { allowedValues => [@_] } }

sub range {
    return { rangeMinimumValue => $_[0], rangeMaximumValue => $_[1] };
}

my @level = (['DISABLED', 'OPTIONAL', 'REQUIRED'],
    map { [$_, words(qw(DISABLED OPTIONAL REQUIRED))] }
        'required', '', 1, $true, []);
my @threshold = (['LOW', 'MEDIUM', 'HIGH'],
    map { [$_, words(qw(LOW MEDIUM HIGH))] } 'NONE', 'low', 2, {});
my @flag = ([$true, $false, 'true', 'false'],
    map { [$_, words(qw(true false))] } 'yes', 1, 0, []);
my @object = ([], map { [$_, undef] } 'text', 1, [], $true);

sub integers {
    my ($min, $max) = @_;

    return ([$min, $max, $max + 0.5],
        map { [$_, range($min, $max)] }
            $min - 1, $max + 1, -1, 1e18, "$max", $true, {});
}

sub texts {
    my ($min, $max) = @_;

    return (['x' x $min, 'x' x $max, "\x{e9}" x $max],
        map { [$_, range($min, $max)] } '', 'x' x ($max + 1),
            "two\nlines", 5, {});
}

# of a duration: in seconds, and in minutes

sub durations {
    my ($path, $min) = @_;

    return (
        ["$path.duration", integers($min / 60, 30),
            { "$path.timeUnit" => 'MINUTES' }],
        ["$path.duration", integers($min, 1800),
            { "$path.timeUnit" => 'SECONDS' }],
        ["$path.timeUnit", ['MINUTES'],
            (map { [$_, words(qw(SECONDS MINUTES))] } 'HOURS', 60),
            { "$path.duration" => 10 }],
        ["$path.timeUnit", ['SECONDS'], { "$path.duration" => 600 }],
    );
}

my @times = ('transaction.timeout', 'transaction.dataCollection.timeout');

my @members = (
    ['name', texts(1, 256)],
    ['description', texts(1, 1024)],
    ['default', [], map { [$_, words(qw(true false))] } 'yes', 1],
    (map { [$_, @object] } qw(governmentId governmentId.provider
        governmentId.retry governmentId.aadhaar governmentId.aadhaar.otp
        governmentId.aadhaar.otp.deliveries
        governmentId.aadhaar.otp.deliveries.cooldown
        governmentId.documentImages facialComparison liveness liveness.retry
        identityRecordMatching dataBasedIdentityVerification
        voice voice.comparison voice.liveness voice.textDependent
        voice.textDependent.phrase voice.referenceData verifiableCredential
        deviceOwnership deviceOwnership.transunion transaction
        transaction.timeout transaction.dataCollection
        transaction.dataCollection.timeout transaction.ida),
        (map { my $c = $_; map { "$c$_" } '', qw(.otp .otp.attempts
            .otp.deliveries .otp.deliveries.cooldown .otp.lifeTime
            .otp.notification) } qw(email phone))),
    ['governmentId.verify', ['OPTIONAL', 'REQUIRED'],
        @level[1 .. $#level]],
    ['governmentId.inspectionType', ['AUTOMATIC'],
        map { [$_, words(qw(AUTOMATIC MANUAL STEP_UP))] } 'ALL', 1],
    ['governmentId.provider.auto', ['MITEK', 'VERIFF'],
        map { [$_, words(qw(MITEK VERIFF))] } 'mitek', 1],
    ['governmentId.provider.manual', ['MITEK'],
        map { [$_, words('MITEK')] } 'VERIFF', 1],
    ['governmentId.retry.attempts', integers(0, 3)],
    ['governmentId.aadhaar.otp.deliveries.count', integers(1, 3)],
    durations('governmentId.aadhaar.otp.deliveries.cooldown', 60),
    (map { [$_, @flag] } map({ "governmentId.$_" } qw(failExpiredId
        verifyAamva aadhaar.enabled documentImages.enabled)),
        map({ "voice.$_" } qw(enrollment
            referenceData.retainOriginalRecordings
            referenceData.updateOnReenrollment
            referenceData.updateOnVerification)),
        map({ "transaction.$_" } qw(dataCollectionOnly authenticationMode
            ida.enabled)),
        qw(email.createMfaDevice phone.createMfaDevice)),
    ['facialComparison.verify', ['REQUIRED'], @level[1 .. $#level]],
    ['liveness.verify', @level],
    ['liveness.retry.attempts', integers(0, 3)],
    (map { [$_, @threshold] } qw(facialComparison.threshold
        liveness.threshold dataBasedIdentityVerification.threshold
        voice.comparison.threshold voice.liveness.threshold),
        map { "deviceOwnership.transunion.${_}Threshold" }
            qw(phoneToName emailToName emailToPhone)),
    ['deviceOwnership.transunion.phoneRiskThreshold', ['MEDIUM', 'HIGH'],
        map { [$_, words(qw(MEDIUM HIGH))] } 'LOW', 1],
    ['deviceOwnership.verify', @level],
    (map {
        ["identityRecordMatching.$_", @object],
        ["identityRecordMatching.$_.threshold", @threshold],
        ["identityRecordMatching.$_.fieldRequired", @flag],
    } qw(address birth_date family_name given_name name)),
    (map {
        ["$_.verify", @level],
        ["$_.otp.attempts.count", integers(1, 100)],
        ["$_.otp.deliveries.count", integers(1, 100)],
        durations("$_.otp.deliveries.cooldown", 0),
        durations("$_.otp.lifeTime", 60),
        ["$_.otp.notification.templateName", ['email_phone_verification'],
            map { [$_, words('email_phone_verification')] }
                'id_verification', 1],
        ["$_.otp.notification.variantName", texts(1, 256)],
    } qw(email phone)),
    ['voice.verify', @level],
    ['voice.textDependent.samples', integers(3, 5)],
    ['voice.textDependent.phrase.id', texts(1, 64)],
    ['verifiableCredential.verify', @level],
    ['verifiableCredential.protocol', ['NATIVE'],
        map { [$_, words('NATIVE')] } 'OPENID4VP', 1],
    (map {
        my $path = $_->[0];
        [@$_, { $path =~ /dataCollection/
            ? ('transaction.timeout.duration' => 30)
            : ('transaction.dataCollection.timeout.duration' => 0) }]
    } map { durations($_, /dataCollection/ ? 0 : 60) } @times),
);

my (%met, @wrong);

for my $row (@members) {
    my ($path, $good, @bad) = @$row;

    my @more = grep { ref eq 'HASH' } @bad;
    $met{$path} = 1;

    for my $value (@$good) {
        my $model = whole('a good one');

        put_at($model, $_->[0], $_->[1]) for map { %$_ ? [%$_] : () } @more;
        put_at($model, $path, $value);

        my $answer = api('POST', 'verifyPolicies', $model);

        push @wrong, "$path, good " . show($value) . ': ' . $answer->status
            . ' ' . refused($answer, 400, 'INVALID_DATA')
            if $answer->status != 201;

        api('DELETE', "verifyPolicies/" . ($answer->json->{id} // 'none'));
    }

    for (grep { ref eq 'ARRAY' } @bad) {
        my ($value, $bounds) = @$_;
        my $model = whole('a bad one');

        put_at($model, $_->[0], $_->[1]) for map { %$_ ? [%$_] : () } @more;
        put_at($model, $path, $value);

        my $answer = api("POST", "verifyPolicies", $model);
        my ($detail) = grep { $_->{target} eq $path }
            @{($answer->json || {})->{details} || []};

        push @wrong, "$path, bad " . show($value) . ': ' . $answer->status
            if $answer->status != 400 || !$detail
               || $detail->{code} ne 'INVALID_VALUE';
        push @wrong, "$path, bad " . show($value) . ': bounds '
            . show($detail->{innerError})
            if $detail && show($detail->{innerError}) ne show($bounds);
    }
}

ok(!@wrong, 'each member takes what it may be, and nothing else')
    or diag(map { "    $_\n" } @wrong);

sub show {
    return JSON::PP->new->canonical->allow_nonref->encode($_[0]);
}

my $told = policy_members();
is_deeply([sort keys %met], [sort @$told],
    'the table above has every member that is documented');


# Members that must be there where their parent is.

my @required = qw(name governmentId.verify
    governmentId.aadhaar.otp.deliveries
    governmentId.aadhaar.otp.deliveries.count
    governmentId.aadhaar.otp.deliveries.cooldown
    governmentId.aadhaar.otp.deliveries.cooldown.duration
    governmentId.aadhaar.otp.deliveries.cooldown.timeUnit
    facialComparison.verify facialComparison.threshold liveness.verify
    liveness.threshold voice.verify voice.enrollment voice.comparison
    voice.comparison.threshold voice.liveness voice.liveness.threshold
    voice.textDependent.samples voice.textDependent.phrase
    voice.textDependent.phrase.id verifiableCredential.verify
    deviceOwnership.verify transaction.timeout.duration
    transaction.timeout.timeUnit transaction.dataCollection.timeout
    transaction.dataCollection.timeout.duration
    transaction.dataCollection.timeout.timeUnit);

push @required, map { ("identityRecordMatching.$_.threshold",
                       "identityRecordMatching.$_.fieldRequired") }
    qw(address birth_date family_name given_name name);

push @required, map { my $c = $_; map { "$c.$_" } qw(verify otp.attempts
    otp.attempts.count otp.deliveries otp.deliveries.count
    otp.deliveries.cooldown otp.deliveries.cooldown.duration
    otp.deliveries.cooldown.timeUnit otp.lifeTime otp.lifeTime.duration
    otp.lifeTime.timeUnit otp.notification otp.notification.templateName) }
    qw(email phone);

@wrong = ();

for my $path (@required) {
    for my $value (undef, JSON::PP::null) {
        my $said = refused(api('POST', 'verifyPolicies',
            put_at(whole(), $path, $value)), 400, 'INVALID_DATA');

        push @wrong, "$path: $said"
            if $said !~ /(?:^|, )REQUIRED_VALUE \Q$path\E(?:,|$)/;
    }
}

ok(!@wrong, 'each member that is required is missed, and no null stands for it')
    or diag(map { "    $_\n" } @wrong);


# Rules between members: [what, changes, what is said]

my %disabled = map { ("$_.verify" => 'DISABLED') }
    qw(liveness email phone voice verifiableCredential);
my $invalid = 'INVALID_VALUE';

my @rules = (
    ['no check at all',
        { %disabled, 'governmentId' => undef, 'facialComparison' => undef,
          'deviceOwnership' => undef, 'identityRecordMatching' => undef,
          'dataBasedIdentityVerification' => undef },
        "$invalid governmentId.verify"],
    ['collection longer than the transaction, in units of its own',
        { 'transaction.dataCollection.timeout.duration' => 1201 },
        "$invalid transaction.dataCollection.timeout.duration"],
    ['Aadhaar without a required face',
        { 'facialComparison.verify' => 'OPTIONAL' },
        "$invalid facialComparison.verify"],
    ['record matching without a document',
        { 'governmentId' => { verify => 'DISABLED' } },
        "$invalid identityRecordMatching"],
    ['record matching of nothing',
        { identityRecordMatching => {} },
        "$invalid identityRecordMatching"],
    ['data-based verification alone',
        { %disabled, 'governmentId' => undef, 'facialComparison' => undef,
          'deviceOwnership' => undef, 'identityRecordMatching' => undef },
        "$invalid dataBasedIdentityVerification"],
    ['data-based verification and a document, without record matching',
        { %disabled, 'governmentId.aadhaar' => undef,
          'facialComparison' => undef, 'deviceOwnership' => undef,
          'identityRecordMatching' => undef },
        "$invalid identityRecordMatching"],
    ['an inspection type without a licence',
        { 'governmentId.inspectionType' => 'MANUAL' },
        "$invalid governmentId.inspectionType"],
    ['another one',
        { 'governmentId.inspectionType' => 'STEP_UP' },
        "$invalid governmentId.inspectionType"],
    ['two spellings of one member',
        { 'email.otp.deliveries.coolDown' => { duration => 1,
            timeUnit => 'MINUTES' } },
        "$invalid email.otp.deliveries.cooldown"],
);

for my $rule (@rules) {
    my ($what, $changes, $said) = @$rule;
    my $model = whole('a rule');

    put_at($model, $_, $changes->{$_}) for sort keys %$changes;

    is(refused(api('POST', 'verifyPolicies', $model), 400, 'INVALID_DATA'),
        $said, "refused: $what");
}

# what is close to them and allowed

my @allowed = (
    ['collection as long as the transaction',
        { 'transaction.dataCollection.timeout.duration' => 1200 }],
    ['Aadhaar that is not enabled',
        { 'facialComparison.verify' => 'OPTIONAL',
          'governmentId.aadhaar.enabled' => $false }],
    ['data-based verification and an e-mail address',
        { %disabled, 'governmentId' => undef, 'facialComparison' => undef,
          'deviceOwnership' => undef, 'identityRecordMatching' => undef,
          'email.verify' => 'OPTIONAL' }],
    ['data-based verification, a document and record matching',
        { %disabled, 'governmentId.aadhaar' => undef,
          'facialComparison' => undef, 'deviceOwnership' => undef }],
    ['an inspection type of what is not inspected',
        { 'governmentId' => { verify => 'DISABLED',
              inspectionType => 'MANUAL' },
          'identityRecordMatching' => undef }],
    ['the other spelling of a member',
        { 'phone.otp.deliveries.cooldown' => undef,
          'phone.otp.deliveries.coolDown' => { duration => 3,
              timeUnit => 'MINUTES' } }],
    ['a member that nobody knows', { 'liveness.mood' => 'HAPPY' }],
);

for my $case (@allowed) {
    my ($what, $changes) = @$case;
    my $model = whole('allowed');

    put_at($model, $_, $changes->{$_}) for sort keys %$changes;

    my $answer = api('POST', 'verifyPolicies', $model);
    is($answer->status, 201, "allowed: $what") or diag($answer->body);

    is(value_at($answer->json, 'phone.otp.deliveries.cooldown.duration'), 3,
        '... and answered in that of the requests') if $what =~ /spelling/;

    api('DELETE', "verifyPolicies/" . ($answer->json->{id} // 'none'));
}

# a default gives way to a transaction that is shorter than it

$answer = api('POST', 'verifyPolicies', { name => 'short',
    liveness => { verify => 'REQUIRED', threshold => 'LOW' },
    transaction => { timeout => { duration => 90, timeUnit => 'SECONDS' } } });
is_deeply(value_at($answer->json, 'transaction.dataCollection.timeout'),
    { duration => 90, timeUnit => 'SECONDS' },
    'collection that was not asked for is as short as the transaction');

# input as loose as PingOne takes it comes back in its own types

$answer = api('POST', 'verifyPolicies', { name => 'loose',
    governmentId => { verify => 'REQUIRED', failExpiredId => 'true',
        retry => { attempts => 2.9 } } });
is_deeply([map { value_at($answer->json, "governmentId.$_") }
        qw(failExpiredId retry.attempts)], [$true, 2],
    'a text for a boolean and a fraction are what they stand for');


# Everything wrong at once.

my $model = whole();

for my $path (@$told) {
    next if grep { index($_, "$path.") == 0 } @$told;
    put_at($model, $path, []);
}

$answer = api('POST', 'verifyPolicies', $model);

is_deeply([sort map { $_->{target} } @{$answer->json->{details}}],
    [sort grep { my $path = $_; !grep { index($_, "$path.") == 0 } @$told }
         @$told],
    'of a policy in which everything is wrong each mistake is named');

$answer = api('POST', 'verifyPolicies', { name => 'a face', default => 'no',
    liveness => { verify => 'ALWAYS' } });
is(refused($answer, 400, 'INVALID_DATA'),
    'INVALID_VALUE default, INVALID_VALUE liveness.verify, '
    . 'REQUIRED_VALUE liveness.threshold', 'three mistakes, three details');


# One policy is the default one.

my $face = { liveness => { verify => 'REQUIRED', threshold => 'LOW' } };

my ($one, $two) = map {
    api('POST', 'verifyPolicies', { %$face, name => $_ })->json->{id}
} 'one', 'two';

sub defaults {
    return join ' ', map { $_->{id} } grep { $_->{default} }
        @{api('GET', 'verifyPolicies')->json->{_embedded}{verifyPolicies}};
}

is(defaults(), $default->{id}, 'the first one is still the default');

is(refused(api('DELETE', "verifyPolicies/$default->{id}"), 400,
    'INVALID_DATA'), 'CONSTRAINT_VIOLATION default',
    'the default policy is not deleted');

my %system = %$default;
delete $system{$_} for qw(id _links environment createdAt);

is(refused(api('PUT', "verifyPolicies/$default->{id}",
    { %system, default => $false }), 400, 'INVALID_DATA'),
    'INVALID_VALUE default', '... and does not stop to be it by itself');

is(api('PUT', "verifyPolicies/$one", { %$face, name => 'one',
    default => $true })->status, 200, 'another one is made the default');
is(defaults(), $one, '... and is the only one');

is(api('PUT', "verifyPolicies/$one", { %$face, name => 'one' })
    ->json->{default}, $true, 'it stays so when it is replaced');

$answer = api('POST', 'verifyPolicies', { %$face, name => 'three',
    default => $true });
is(defaults(), $answer->json->{id}, 'a new one that is the default takes over');

$answer = api('POST', 'users/ann/verifyTransactions', {});
is($answer->json->{verifyPolicy}{id}, defaults(),
    'and a transaction without a policy gets it');

is(api('PUT', "verifyPolicies/$default->{id}", { %system, default => $true })
    ->json->{systemProvided}, $true, 'the first one comes back');
is(defaults(), $default->{id}, '... as the only default');

is(api('DELETE', "verifyPolicies/$one")->status, 204,
    'one that was the default can be deleted now');


# Names.

is(refused(api('POST', 'verifyPolicies', { %$face, name => 'two' }), 400,
    'INVALID_DATA'), 'UNIQUENESS_VIOLATION name', 'a name is taken once');
is(refused(api('POST', 'verifyPolicies', { name => 'two',
        liveness => { verify => 'NO' } }), 400, 'INVALID_DATA'),
    'INVALID_VALUE liveness.verify, REQUIRED_VALUE liveness.threshold, '
    . 'UNIQUENESS_VIOLATION name', '... and said beside other mistakes');
is(refused(api('PUT', "verifyPolicies/$default->{id}",
        { %system, name => 'two' }), 400, 'INVALID_DATA'),
    'UNIQUENESS_VIOLATION name', '... and not taken by a change');
is(api('PUT', "verifyPolicies/$two", { %$face, name => 'two' })->status, 200,
    'a policy keeps its own name');
is(api('POST', 'verifyPolicies', { %$face, name => 'Two' })->status, 201,
    'a name with another letter is another');


# Both workers see the same, a reload keeps it, another environment has none of
# it.

my $before = api('GET', 'verifyPolicies')->json;

$site->reload;

is_deeply(api('GET', 'verifyPolicies')->json, $before,
    'a reload keeps all policies');

my $elsewhere = Idv::Service->new(%$service, token => undef,
    environment => '00000000-1111-4222-8333-444444444444');
delete $elsewhere->{token};

is($elsewhere->api('GET', 'verifyPolicies')->json->{size}, 1,
    'another environment has its own');
is($elsewhere->api('GET', "verifyPolicies/$two")->status, 404,
    '... and none of ours');

my $http = $service->http;

is($http->get("/v1/environments/$env/verifyPolicies/$two",
    Authorization => 'Bearer ' . $elsewhere->token)->status, 403,
    'its token does not open ours');


# As many as an environment may have.

my $n = $before->{size};

api('POST', 'verifyPolicies', { %$face, name => "number $_" })
    for $n + 1 .. 100;

is(api('GET', 'verifyPolicies')->json->{size}, 100, 'there are 100 policies');

$answer = api('POST', 'verifyPolicies', { %$face, name => 'one too many' });
is(refused($answer, 400, 'INVALID_DATA'), 'CONSTRAINT_VIOLATION verifyPolicies',
    '... and not one more');
is($answer->json->{details}[0]{innerError}{maximumValue}, 100,
    '... with the bound');
is(api('PUT', "verifyPolicies/$two", { %$face, name => 'too' })->status, 200,
    'those that are there can be changed');


# Requests that are no policy.  [what, method, path, headers, body, answer]

my $token = $service->{token};
my @auth = (Authorization => "Bearer $token");
my @json = ('Content-Type' => 'application/json');
my $all = "/v1/environments/$env/verifyPolicies";

my @requests = (
    ['no token', 'GET', $all, [], undef, 401, 'INVALID_TOKEN'],
    ['a wrong token', 'POST', $all, [Authorization => 'Bearer no', @json],
        '{}', 401, 'INVALID_TOKEN'],
    ['no JSON', 'POST', $all, [@auth, @json], '{"name":', 400,
        'INVALID_REQUEST'],
    ['a member twice', 'POST', $all, [@auth, @json], '{"name":1,"name":2}',
        400, 'INVALID_REQUEST'],
    ['an array', 'POST', $all, [@auth, @json], '[]', 400, 'INVALID_REQUEST'],
    ['nothing', 'PUT', "$all/$two", [@auth, @json], '', 400,
        'INVALID_REQUEST'],
    ['another content type', 'POST', $all,
        [@auth, 'Content-Type' => 'text/plain'], '{}', 415,
        'UNSUPPORTED_MEDIA_TYPE'],
    ['too much', 'POST', $all, [@auth, @json], ' ' x (256 * 1024 + 1), 413,
        'REQUEST_TOO_LARGE'],
    ['no such policy', 'GET', "$all/00000000-0000-4000-8000-000000000000",
        [@auth], undef, 404, 'NOT_FOUND'],
    ['no id at all', 'DELETE', "$all/none", [@auth], undef, 404, 'NOT_FOUND'],
    ['the zero id', 'GET', "$all/00000000-0000-0000-0000-000000000000",
        [@auth], undef, 404, 'NOT_FOUND'],
    ['a method of one policy', 'PUT', $all, [@auth, @json], '{}', 405,
        'METHOD_NOT_ALLOWED', 'GET, HEAD, POST'],
    ['a method of all', 'POST', "$all/$two", [@auth, @json], '{}', 405,
        'METHOD_NOT_ALLOWED', 'GET, HEAD, PUT, DELETE'],
);

for my $case (@requests) {
    my ($what, $method, $path, $headers, $body, $status, $code, $allow)
        = @$case;

    my $answer = $http->request($method, $path, @$headers,
        defined $body ? (-body => $body) : ());

    is(join(' ', $answer->status, ($answer->json || {})->{code} // 'none',
            $answer->header('Allow') // ()),
        join(' ', $status, $code, $allow // ()), "$what: $code");
    is($answer->json->{id}, $answer->header('Correlation-Id'),
        '... with the id of the request');
}

Idv::Site->finish;


# the members that docs/service.md tells of, but for those of the answer

sub policy_members {
    open my $in, '<:encoding(UTF-8)', "$ENV{IDV_TOP}/docs/service.md"
        or die "docs/service.md: $!";

    return [map { /^\| `([\w.]+)` \| (?!answered)/ ? $1 : () }
        grep { /^### Members/ .. /^### Rules/ } <$in>];
}
