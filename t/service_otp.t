#!/usr/bin/perl

# E-mail addresses and phones, checked by a one-time password on the capture
# page.  Who has the link may be anybody, so: the address is the one that the
# creator wants, the code goes there and nowhere else, and guessing ends soon.
# Nothing is sent here: the codes are those of the control interface.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;

use Idv::Phone;
use Idv::Site;

my $true = JSON::PP::true;

my $site = Idv::Site->new(hop => 1);
my $service = $site->service;

my %otp = (
    attempts => { count => 3 },
    deliveries => { count => 2,
        cooldown => { duration => 30, timeUnit => 'SECONDS' } },
    lifeTime => { duration => 2, timeUnit => 'MINUTES' },
    notification => { templateName => 'email_phone_verification' },
);

my %live = (verify => 'REQUIRED', threshold => 'LOW');
my ($named, $users) = (0, 0);


sub policy {
    my (%parts) = @_;

    my $answer = $service->api('POST', 'verifyPolicies',
        { name => 'policy ' . ++$named, %parts });

    die 'no policy: ', $answer->body if $answer->status != 201;

    return $answer->json->{id};
}


my $email = policy(email => { verify => 'REQUIRED', otp => \%otp });
my $phone = policy(phone => { verify => 'REQUIRED', otp => \%otp });


# the page of a new transaction, begun

sub user {
    my ($policy, %requirements) = @_;

    my $user = 'user' . ++$users;

    my $answer = $service->api('POST', "users/$user/verifyTransactions",
        { verifyPolicy => { id => $policy }, requirements => \%requirements });

    die 'no transaction: ', $answer->body if $answer->status != 201;

    my $phone = Idv::Phone->new($service, $answer->json);

    $phone->{tx} = "users/$user/verifyTransactions/" . $answer->json->{id};
    $phone->{id} = $answer->json->{id};
    $phone->begin;

    return $phone;
}


sub api { return $service->api('GET', $_[0]{tx} . ($_[1] // ''))->json }
sub status { return api($_[0])->{transactionStatus}{status} }
sub checks { return api($_[0])->{transactionStatus}{verificationStatus} }

sub judged {
    my ($user, $type) = @_;

    my ($item) = grep { $_->{type} eq $type }
        @{api($user, '/metaData')->{_embedded}{metaData}};

    return $item;
}

sub data {
    my ($user, $type) = @_;

    return [map { $_->{data}{value} } @{
        api($user, "/verifiedData?type=$type")->{_embedded}{verifiedData}}];
}


# what the page says, without its tags

sub says {
    my ($user) = @_;

    my $html = $user->page;
    $html =~ s/<style.*?<\/style>//gs;
    $html =~ s/<[^>]*>/ /g;
    $html =~ s/\s+/ /g;

    return $html;
}


# messages of a user, the latest first

sub notes {
    my ($user) = @_;

    return grep { $_->{transaction}{id} eq $user->{id} }
        @{$service->control('GET', 'notifications')->{notifications}};
}


# a code of the latest message, kept out of all logs

sub code {
    my ($user) = @_;

    my ($note) = notes($user);
    $site->nginx->forbid($note->{code}) if $note && $note->{code};

    return $note->{code};
}

sub another { return sprintf '%06d', ($_[0] + 1) % 1_000_000 }

sub problem { return $_[0]->problem }


# what is there is submitted, and looked at

sub done {
    my ($user) = @_;

    $user->submit;
    $service->advance(3);
}

# the client says that this was all

sub complete {
    my ($user) = @_;

    is($service->http->post("/v1/environments/$service->{environment}/"
            . "$user->{tx}/documents", '',
        Authorization => 'Bearer ' . $service->token,
        'Content-Type' =>
            'application/vnd.pingidentity.documents.complete+json')
        ->status, 201, 'a client completes it');

    $service->advance(3);
}

sub send_to {
    my ($user, $for, @to) = @_;

    return $user->step('send', for => $for, @to ? (to => $to[0]) : ());
}


# A user without an address types one in; the code comes, and is right.

my $user = user($email);

like(says($user), qr/Your e-mail address.*Send a code/, 'an address is asked for');

is(send_to($user, 'email', ' ann@example.com ')->sent->status, 303,
    'it is taken');
like(says($user), qr/A code of six digits was sent to a\*\*\*\@example\.com/,
    'and is shown to have got a code, masked');

my @notes = notes($user);
is_deeply([map { [@$_{qw(method address sent)}, exists $_->{link}] } @notes],
    [['EMAIL', 'ann@example.com', $true, '']], 'the code goes there');
like(code($user), qr/^\d{6}$/, 'a code of six digits');
is(checks($user)->{EMAIL}, 'REQUESTED', 'nothing is verified yet');

my $code = code($user);

is($user->step('code', for => 'email', code => another($code))
    ->sent->status, 400, 'a wrong code');
is(problem($user), 'This is not the code that was sent.', 'is said to be so');
is($user->step('code', for => 'email', code => '12345')->sent->status, 400,
    'what is no code at all');
is(problem($user), 'Please enter the six digits of the code.', 'too');

$user->step('code', for => 'email', code => substr($code, 0, 3) . ' '
    . substr($code, 3));
is($user->sent->status, 303, 'the right one is taken, with a space in it');

done($user);
is(status($user), 'SUCCESS', 'and that is all that was asked for');
is(checks($user)->{EMAIL}, 'SUCCESS', 'the check is a success');
is_deeply(data($user, 'EMAIL'), ['ann@example.com'], 'of this address');
is_deeply(judged($user, 'EMAIL')->{data},
    { check => 'EMAIL', otp => { attempts => 2, deliveries => 1 } },
    'and how it came about');
is(code($user), undef, 'the code is gone');


# A phone, the number that the creator requires: no other can be typed in.

$user = user($phone, phone => { value => '+1 (555) 555-0123' });

like(says($user), qr/A code will be sent to \+\*\*\*0123/, 'the number is shown');
send_to($user, 'phone', '+15555559999');
is(problem($user), 'This is not an address that a code can be sent to.',
    'another one is not taken');
is(notes($user), 0, 'and gets nothing');

send_to($user, 'phone');
is_deeply([map { @$_{qw(method address)} } notes($user)],
    ['SMS', '+15555550123'], 'the number gets a message, as phones write it');

$user->step('code', for => 'phone', code => code($user));
done($user);
is(status($user), 'SUCCESS', 'and is verified');
is_deeply(data($user, 'PHONE'), ['+15555550123'], 'this number');


# Several addresses: one of them is chosen by its place.

$user = user($email, email => { options => ['ann@example.com',
    'a.example@example.org', 'x@example.net'] });

my ($select) = $user->page =~ m{<select.*?</select>}sg;
is_deeply([$select =~ /value="(\d)">([^<]+)/g], [0, 'a***@example.com',
    1, 'a***@example.org', 2, 'x***@example.net'], 'all are offered, masked');

for my $to ('3', '-1', 'ann@example.com', '1x', '', '99999999999999999999') {
    send_to($user, 'email', $to);
    is($user->sent->status, 400, "\"$to\" is none of them");
}

send_to($user, 'email', '1');
is_deeply([map { $_->{address} } notes($user)], ['a.example\@example.org' =~ s/\\//r],
    'the second one was meant');


# Another code: not too soon, not too often, and the first is worth nothing.

$user = user($email, email => { value => 'ann@example.com' });
send_to($user, 'email');
my $first = code($user);

is(send_to($user, 'email')->sent->status, 400, 'another at once');
is(problem($user), 'Please wait a little before another code is sent.',
    'is not sent');
like(says($user), qr/Another code can be sent in 30 seconds/, 'when is said');

$service->advance(30);
is(send_to($user, 'email')->sent->status, 303, 'half a minute later it is');
my $second = code($user);
isnt($first, $second, 'it is another one') or diag('one in a million');

$user->step('code', for => 'email', code => $first);
is(problem($user), 'This is not the code that was sent.', 'the first is over');

$service->advance(30);
send_to($user, 'email');
is(problem($user), 'No more codes can be sent.', 'a third is not sent');
unlike($user->page, qr/Send another code/, 'nor offered');

$user->step('code', for => 'email', code => $second);
done($user);
is(status($user), 'SUCCESS', 'the second is the one');


# Guessing ends after three, over all codes that are sent.

$user = user($email, email => { value => 'ann@example.com' });
send_to($user, 'email');
$code = code($user);

$user->step('code', for => 'email', code => $code = another($code)) for 1, 2;
$service->advance(31);
send_to($user, 'email');
$user->step('code', for => 'email', code => another(code($user)));
is($user->sent->status, 303, 'the third wrong one is the last');

done($user);
is(status($user), 'FAIL', 'the transaction has failed');
is_deeply(api($user)->{transactionStatus}{providerMessagesList},
    ['ONE_TIME_PASSWORD_INVALID'], 'and says why');
is(judged($user, 'EMAIL')->{data}{reason}, 'ONE_TIME_PASSWORD_INVALID',
    'so does the metadata');
is_deeply(data($user, 'EMAIL'), [], 'no address was verified');
is(scalar(grep { $_->{code} } notes($user)), 0, 'no code is left');


# A code that is too old; the next one is good.

$user = user($email, email => { value => 'ann@example.com' });
send_to($user, 'email');
$code = code($user);

$service->advance(120);
is(code($user), undef, 'after two minutes nobody has the code any more');
$user->step('code', for => 'email', code => $code);
is(problem($user), 'The time of this code is over. Please have another one '
    . 'sent.', 'it is too old');
send_to($user, 'email');
$user->step('code', for => 'email', code => code($user));
done($user);
is(status($user), 'SUCCESS', 'the next one is in time');

# the last one too old: there is nothing to be done but to go on

$user = user($email, email => { value => 'ann@example.com' });
send_to($user, 'email');
$service->advance(60);
send_to($user, 'email');
$service->advance(120);
like(says($user), qr/no other can be sent. *Go on/, 'the last one is over');
$user->step('code', for => 'email');
done($user);
is(status($user), 'FAIL', 'without a code it fails');


# Other checks come after it, and go on when it has failed; one that is optional
# may be left out, and what was typed in for it is not kept.

my $both = policy(email => { verify => 'OPTIONAL', otp => \%otp },
    liveness => \%live);

$user = user($both);
like(says($user), qr/Go on without it/, 'an optional one can be left out');
send_to($user, 'email', 'ann@example.com');
$user->skip;
like(says($user), qr/A photo of you/, 'then the photo is asked for');
$user->step('code', for => 'email', code => code($user) // '000000');
like(says($user), qr/A photo of you/, 'it is too late for the code');
$user->selfie->submit;
done($user);
is_deeply([status($user), checks($user)],
    ['SUCCESS', { EMAIL => 'NOT_REQUIRED', LIVENESS => 'SUCCESS' }],
    'and it is a success without');
is_deeply(data($user, 'EMAIL'), [], 'without an address');

$user = user($both);
send_to($user, 'email', 'ann@example.com');
$user->step('code', for => 'email', code => another(code($user))) for 1 .. 3;
$user->selfie->submit;
done($user);
is_deeply([status($user), checks($user)],
    ['SUCCESS', { EMAIL => 'FAIL', LIVENESS => 'SUCCESS' }],
    'an optional one may fail');

my $must = policy(email => { verify => 'REQUIRED', otp => \%otp },
    phone => { verify => 'REQUIRED', otp => \%otp }, liveness => \%live);

$user = user($must);
send_to($user, 'phone', '+15555550123');
is(notes($user), 0, 'the phone is not asked for before the address');
send_to($user, 'email', 'ann@example.com');
$user->step('code', for => 'email', code => another(code($user))) for 1 .. 3;
send_to($user, 'phone', '+15555550123');
$user->step('code', for => 'phone', code => code($user));
$user->selfie->submit;
done($user);
is_deeply([status($user), checks($user)],
    ['FAIL', { EMAIL => 'FAIL', PHONE => 'SUCCESS', LIVENESS => 'SUCCESS' }],
    'all checks are made, and one that is required has failed');


# An address that a client gives by the API is for the user to prove, and for a
# person to judge where the client says that this was all.

$user = user($must);
is($service->api('POST', "$user->{tx}/documents",
    { type => 'Email', value => 'ann@example.com' })->status, 201, 'it is given');
like(says($user), qr/A code will be sent to a\*\*\*\@example\.com/,
    'the page has it');
send_to($user, 'email', 'eve@example.net');
is(problem($user), 'This is not an address that a code can be sent to.',
    'and takes no other');
send_to($user, 'email');
$user->step('code', for => 'email', code => code($user));
is(checks($user)->{EMAIL}, 'SUCCESS', 'its code verifies it');

# without either of them it is no verified data, however the rest ends

for my $way ('wrong codes', 'complete') {
    $user = user($both);
    $service->api('POST', "$user->{tx}/documents",
        { type => 'Email', value => 'ann@example.com' });

    if ($way eq 'complete') {
        $service->api('POST', "$user->{tx}/documents",
            { type => 'Selfie', value => encode_base64(Idv::Phone::PHOTO, '') });
        complete($user);

    } else {
        send_to($user, 'email');
        $user->step('code', for => 'email', code => another(code($user)))
            for 1 .. 3;
        $user->selfie;
        done($user);
    }

    is(status($user), 'SUCCESS', "$way: the rest is good");
    is_deeply(data($user, 'EMAIL'), [], 'an address that nobody proved is not');
}

$user = user($email);
$service->api('POST', "$user->{tx}/documents",
    { type => 'Email', value => 'ann@example.com' });
complete($user);
is(status($user), 'IN_PROGRESS', 'one that is required waits for a person');
is_deeply(data($user, 'EMAIL'), ['ann@example.com'], 'who can read it');
is($service->api('PUT', $user->{tx},
    { transactionStatus => { status => 'APPROVED_MANUALLY' } })->status, 200,
    'and approves it');
is_deeply(data($user, 'EMAIL'), ['ann@example.com'], 'it stays');

$user = user($must);
is($service->api('POST', "$user->{tx}/documents",
    { type => 'Phone', value => $_ })->status, 400, "\"$_\" is no phone")
    for '555', 'ann@example.com', "+15555550123\r\nBcc: eve", '+1555555012345678';

for my $bad ('ann', 'ann@', '@example.com', 'ann@example..com', 'a b@example.com',
    "ann\@example.com\r\nBcc: eve\@example.net", 'ann@-example.com',
    '"ann"@example.com', 'ann@example.com>', 'ann@[127.0.0.1]', '.ann@example.com',
    ('a' x 65) . '@example.com', 'a@' . ('x' x 260))
{
    is($service->api('POST', "users/ann/verifyTransactions",
        { requirements => { email => { options => [$bad] } } })->status, 400,
        "\"$bad\" is no address");
}


# A code proves the address that it was sent to, and no other that took its
# place meanwhile: one that the client changed, or took away and gave anew, or
# that the user left out and then did not.

for my $way ('PUT', 'POST') {
    $user = user($email);
    send_to($user, 'email', 'ann@example.com');
    $code = code($user);

    my ($given) = @{api($user, '/documents')->{_embedded}{documents}};

    if ($way eq 'POST') {
        is($service->api('DELETE', "$user->{tx}/documents/$given->{id}")
            ->status, 204, 'it is deleted');
        $user->step('code', for => 'email', code => $code);
        is($user->sent->status, 400, 'its code is worth nothing then');
    }

    my $path = $way eq 'PUT' ? "documents/$given->{id}" : 'documents';

    like($service->api($way, "$user->{tx}/$path",
        { type => 'Email', value => 'eve@example.net' })->status, qr/^20[01]$/,
        "another address by $way");

    $user->step('code', for => 'email', code => $code);
    is(problem($user), 'The time of this code is over. Please have another '
        . 'one sent.', 'the first one\'s code is not good for it');
    is(checks($user)->{EMAIL}, 'IN_PROGRESS', 'and nothing is verified');

    send_to($user, 'email');
    $user->step('code', for => 'email', code => code($user));
    done($user);
    is_deeply([status($user), data($user, 'EMAIL')],
        ['SUCCESS', ['eve@example.net']], 'its own is');
}

$user = user($both);
send_to($user, 'email', 'ann@example.com');
$code = code($user);
$user->skip->selfie->change('email');
$user->step('code', for => 'email', code => $code);
is($user->sent->status, 400, 'a code of what was left out is not good');
is(checks($user)->{EMAIL}, 'REQUESTED', 'without an address');


# What is only collected is not verified: no code is sent.

my $collect = policy(email => { verify => 'REQUIRED', otp => \%otp },
    transaction => { dataCollectionOnly => $true });

$user = user($collect);
send_to($user, 'email', 'ann@example.com');
is(notes($user), 0, 'no code is sent');
done($user);
is(status($user), 'SUCCESS', 'it was collected');
my ($doc) = @{api($user, '/documents')->{_embedded}{documents}};
is_deeply([@$doc{qw(type value)}], ['Email', 'ann@example.com'],
    'and is there to be read');


# A message that fails is said to the user, who can try again.

$user = user($email, email => { value => 'ann@example.com' });
$service->control('PUT', 'notifications', { sent => JSON::PP::false });
is(send_to($user, 'email')->sent->status, 303, 'it is to be sent');
like(says($user), qr/The code could not be sent to a\*\*\*\@example\.com/,
    'it was not');
unlike($user->page, qr/name="code"/, 'no code is asked for');

$service->control('PUT', 'notifications', { sent => $true });
$service->advance(30);
send_to($user, 'email');
unlike(says($user), qr/could not be sent/, 'the next one was');
$user->step('code', for => 'email', code => code($user));
done($user);
is(status($user), 'SUCCESS', 'and is typed in');

$site->finish;
