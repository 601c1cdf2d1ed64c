#!/usr/bin/perl

# Every way from the start of a flow to the code that the phone scans: with and
# without the choice of a device, for users with and without contacts, and for
# each delivery that an operator can decide on.  Where a message cannot be sent
# the QR code is there.  Whatever is shown, a transaction is only created by an
# action, and one action creates one.

# variants: plain asan trixie policy

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Check;
use Idv::Site;

my ($DEVICE, $OPTIONS, $REQUIRED)
    = map { "ID_VERIFICATION_$_" } qw(DEVICE OPTIONS REQUIRED);

my ($site, $service);


sub house {
    my ($provider) = @_;

    $site = Idv::Site->new(provider => $provider, hop => 1,
        name => $provider ne '' ? "site with $provider" : 'site');
    $service = $site->service;
}


# of one user, what the messages say: "METHOD address", in the order sent

sub messages {
    my $list = $service->control('GET', 'notifications')->{notifications};

    return map { "$_->{method} $_->{address}" } @$list;
}


sub created { return $service->transaction_calls('POST') }


# The user chooses how.

house('');

my $ann = $site->flow('ann');

state_is($ann, $DEVICE, 'a flow begins with the choice of a device');
is($ann->answer->status, 403, 'in place of what was asked for');

$ann->device('other');
state_is($ann, $OPTIONS, 'another device: how shall the link get there?');
same_elsewhere($ann, 'whoever asks, on whatever worker, sees the same');
is(scalar @{$ann->state->{emails}}, 1, 'to her address');
is(scalar @{$ann->state->{phones}}, 1, 'or her number');
is_deeply([grep { ref ne 'ARRAY' || @$_ != 2 || $_->[0] =~ /["'\s<>=]/ }
    @{$ann->state->{emails}}, @{$ann->state->{phones}}], [],
    'each a value that needs no quotes, and a label');
ok(!$ann->state->{forcePolicy}, 'or with a QR code');
is(created(), 0, 'nothing is created by looking');

$ann->choose('email');
state_is($ann, $REQUIRED, 'by e-mail');
is($ann->state->{notificationMethod}, 'email', 'the client is told so');
ok(!exists $ann->state->{sameDevice}, 'nothing is to be opened here');
is($ann->state->{txStatus}, 'REQUESTED', 'and nothing has happened yet');
is_deeply([messages()], ['EMAIL ann@example.com'], 'her message is sent');
is(created(), 1, 'one transaction');
same_elsewhere($ann, 'the other worker says the same');

my $code = $ann->state->{verificationCode};

for (1 .. 3) {
    $ann->poll;
    select undef, undef, undef, 0.22;
}

is($ann->state->{verificationCode}, $code, 'the code stays');
$ann->phone('INITIATED');
ok(poll_until($ann, sub { $ann->state->{txStatus} eq 'INITIATED' }),
    'the phone has begun');
state_is($ann, $REQUIRED, 'which is still REQUIRED');
is($ann->state->{verificationCode}, $code, 'with the same code');
is($ann->state->{notificationMethod}, 'email', 'and the same method');

$ann->retry;
state_is($ann, $DEVICE, 'she changes her mind: from the start');
is($ann->device('other')->status, 200, 'another device');
$ann->choose('phone');
state_is($ann, $REQUIRED, 'by text message');
is($ann->state->{notificationMethod}, 'sms', 'the client is told so');
isnt($ann->state->{verificationCode}, $code, 'another code');
is((messages())[0], 'SMS +15555550100', 'her message is sent');

$ann->retry;
$ann->device('other');
$ann->choose;
state_is($ann, $REQUIRED, 'by QR code');
ok(!exists $ann->state->{notificationMethod}, 'no message is spoken of');
is(scalar(messages()), 2, 'and none was sent');

$ann->retry;
$ann->device('self');
state_is($ann, $REQUIRED, 'on this device');
ok($ann->state->{sameDevice} && $ann->state->{newTab},
    'the link is to be opened here');
is(scalar(messages()), 2, 'no message');
is(created(), 4, 'each time one transaction');

$ann->retry;
$ann->device('other');
state_is($ann, $OPTIONS, 'retry in OPTIONS');
$ann->retry;
state_is($ann, $DEVICE, 'leads to the start as well');

# not everybody can be written to

my $bob = $site->flow('bob');

$bob->device('other');
state_is($bob, $REQUIRED, 'bob has no contacts and goes straight to the code');
ok(!exists $bob->state->{notificationMethod}, 'by QR code');

my $eve = $site->flow('eve');

$eve->device('other');
state_is($eve, $OPTIONS, 'eve has an address');
is_deeply([map { scalar @{$eve->state->{$_}} } qw(emails phones)], [1, 0],
    'and no number');

my $sam = $site->flow('sam');

$sam->device('other');
state_is($sam, $OPTIONS, 'sam has a number');
is_deeply([map { scalar @{$sam->state->{$_}} } qw(emails phones)], [0, 1],
    'and no address');

# the message does not get through

$service->control('PUT', 'notifications', { sent => JSON::PP::false });

for my $kind (qw(email phone)) {
    my $flow = $site->flow('ann');

    $flow->device('other');
    $flow->choose($kind);
    unsent($flow, "a message by $kind that was not sent");
    $flow->phone('IN_PROGRESS');
    ok($flow->reach('ID_VERIFICATION_IN_PROGRESS'), 'which works');
    $flow->cancel;
}

both_workers($site);

# No choice of a device: the flow begins with the one of the way, even if there
# is but one, since starting creates nothing.

house('device_choice off;');

for my $user (qw(ann bob)) {
    my $flow = $site->flow($user);

    state_is($flow, $OPTIONS, "no choice of a device: $user begins here");
    is(scalar @{$flow->state->{emails}}, $user eq 'ann' ? 1 : 0,
        'with what can be chosen');
    is(created(), $user eq 'ann' ? 0 : 1, 'and nothing is created');

    $flow->choose;
    state_is($flow, $REQUIRED, 'by QR code');
    $flow->retry;
    state_is($flow, $OPTIONS, 'retry leads back to the first state');
    $flow->cancel;
}

# The operator has decided: QR code.

house('delivery qr;');

my $flow = $site->flow('ann');

$flow->device('other');
state_is($flow, $REQUIRED, 'QR code for all: there is nothing to choose');
ok(!exists $flow->state->{notificationMethod}, 'no message is spoken of');
is(scalar(messages()), 0, 'and none is sent');

house('delivery qr; device_choice off;');

$flow = $site->flow('ann');
state_is($flow, $OPTIONS, 'without the choice of a device');
is_deeply([@{$flow->state}{qw(emails phones)}], [[], []],
    'no contact is offered');
refused_contact($flow, email => 'ann@example.com');
$flow->choose;
state_is($flow, $REQUIRED, 'QR code');
is(scalar(messages()), 0, 'no message');

# The operator has decided: a message.

my %way = (
    email => ['email', 'EMAIL ann@example.com', 'sam'],
    sms => ['sms', 'SMS +15555550100', 'eve'],
);

for my $delivery (sort keys %way) {
    my ($method, $message, $other) = @{$way{$delivery}};

    house("delivery $delivery;");

    my $flow = $site->flow('ann');

    $flow->device('other');
    state_is($flow, $REQUIRED, "$delivery for all: there is nothing to choose");
    is($flow->state->{notificationMethod}, $method, 'a message is sent');
    is_deeply([messages()], [$message], 'to her');

    $flow->retry;
    $flow->device('self');
    state_is($flow, $REQUIRED, 'on this device');
    ok(!exists $flow->state->{notificationMethod}, 'no message is needed');

    for my $user ($other, 'bob') {
        $flow = $site->flow($user);
        $flow->device('other');
        state_is($flow, $REQUIRED, "$user cannot be reached so: QR code");
        ok(!exists $flow->state->{notificationMethod}, 'without a message');
    }

    is(scalar(messages()), 1, 'nobody else was written to');

    $service->control('PUT', 'notifications', { sent => JSON::PP::false });
    $flow = $site->flow('ann');
    $flow->retry;
    $flow->device('other');
    unsent($flow, "$delivery that was not sent");

    house("delivery $delivery; device_choice off;");

    $flow = $site->flow('ann');
    state_is($flow, $OPTIONS, "$delivery without the choice of a device");
    ok($flow->state->{forcePolicy}, 'a client shall show no QR code');

    my ($offered, $hidden, $value) = $delivery eq 'email'
        ? ('emails', 'phones', '+15555550100')
        : ('phones', 'emails', 'ann@example.com');

    is_deeply([map { scalar @{$flow->state->{$_}} } $offered, $hidden], [1, 0],
        "$offered are offered, $hidden are not");
    refused_contact($flow,
        $delivery eq 'email' ? 'phone' : 'email', $value);

    $flow->choose($delivery eq 'email' ? 'email' : 'phone');
    state_is($flow, $REQUIRED, 'what was offered can be chosen');
    is_deeply([messages()], [$message], 'and is written to');

    $flow->retry;
    $flow->choose;
    is($flow->state->{notificationMethod}, $method,
        'what was decided cannot be left out');

    $flow = $site->flow('bob');
    state_is($flow, $OPTIONS, 'bob has nothing to choose');
    ok(!$flow->state->{forcePolicy}, 'but the QR code, which is not hidden');
    $flow->choose;
    state_is($flow, $REQUIRED, 'from him');
}

# At the end the other device is led where the operator says, this one back to
# the flow.

house('redirect_url https://www.example.com/done; redirect_message Thanks;');

my %led = map {
    my $flow = $site->flow('bob');
    $flow->device($_);
    $_ => $service->api('GET', 'users/bob/verifyTransactions/'
        . $flow->transaction)->json->{redirect};
} qw(self other);

is_deeply($led{other}, { url => 'https://www.example.com/done',
    message => 'Thanks' }, 'another device has a page of its own');
like($led{self}{url},
    qr{^http://127\.0\.0\.1:\d+/idv/return\?flowId=\w{22}&code=[0-9a-f]{32}$},
    'this one comes back');

$site->finish;


# what the client may do when the link did not travel

sub unsent {
    my ($flow, $name) = @_;

    state_is($flow, $REQUIRED, "$name leaves the code");
    is($flow->state->{errorDetails}[0]{code}, 'NOTIFICATION_FAILED',
        'it is said why');
    is($flow->state->{errJson}{code}, 'NOTIFICATION_FAILED', 'twice');
    ok(!exists $flow->state->{notificationMethod}, 'no message is spoken of');
}


sub refused_contact {
    my ($flow, $kind, $value) = @_;

    untouched($flow, sub {
        error_is($flow->client->post($flow->path,
            JSON::PP->new->encode({ email => undef, phone => undef,
                                    $kind => $value }),
            'X-XSRF-Header' => 'test', 'Content-Type' =>
            'application/vnd.pingidentity.optionsAuthentication+json'),
            400, 'VALIDATION_ERROR', 'INVALID_FIELD_VALUE',
            "her own $kind is not offered and not taken");
    }, "her own $kind");
}


sub poll_until {
    my ($flow, $condition) = @_;

    for (1 .. 100) {
        $flow->poll;
        return 1 if $condition->();
        select undef, undef, undef, 0.05;
    }

    return 0;
}
