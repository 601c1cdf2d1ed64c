#!/usr/bin/perl

# Messages in the operator's words: for a password or a link, by mail or as a
# text, by the policy's variant and the user's language; and no more of them to
# one user in a day than the operator allows.

# variants: asan

use strict;
use warnings;

use Encode ();
use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Mock;
use Idv::Phone;
use Idv::Site;
use Idv::SMTP;

my $mail = Idv::SMTP->new;
my $hook = Idv::Mock->new({ path => '/text', status => 202, json => {} });

my %code = (template => 'email_phone_verification');
my %by_mail = (deliveryMethod => 'Email', subject => 'S');
my %by_text = (deliveryMethod => 'SMS');

# of several for one message the order is not what decides, but among equals

my @texts = (
    { %code, %by_mail, locale => 'en', body => "first \${otp}\n" },
    { %code, %by_mail, locale => 'de', subject => "Schl\x{fc}ssel f\x{fc}r Sie "
        . "\x{2013} von der Pr\x{fc}fstelle, die Sie kennen",
        body => "Code \${otp}\n\${minutes} min, \${client}: \x{20ac} \$5 \${otp}" },
    { %code, %by_mail, variant => 'short', body => '${otp}' },
    { %code, %by_mail, variant => 'short', locale => 'fr', body => 'F${otp}' },
    { %code, %by_mail, variant => 'other', locale => 'de', body => 'O${otp}' },
    { %code, %by_text, variant => 'other', content => 'never ${otp}' },
    { template => 'id_verification', %by_text,
      content => "\${client}\r\n\${app.open.url}, \${minutes}" },
);

my $site = Idv::Site->new(workers => 2, client_name => '"Example Ltd"',
    files => { 'texts.json' => JSON::PP::encode_json(\@texts) },
    service => 'idv_service_mail smtp://127.0.0.1:' . $mail->port
        . ' starttls=off from=verify@example.com; '
        . 'idv_service_sms http://127.0.0.1:' . $hook->port . '/text; '
        . 'idv_service_message_templates texts.json; '
        . 'idv_service_message_limit 3;');
my $service = $site->service;
my ($named, $n) = (0, 0);


# a user whose e-mail address or phone gets a code, by a policy with a variant

sub code {
    my ($variant, $language, $which, $address) = @_;

    my %otp = (attempts => { count => 3 }, deliveries => { count => 9,
            cooldown => { duration => 0, timeUnit => 'SECONDS' } },
        lifeTime => { duration => 7, timeUnit => 'MINUTES' },
        notification => { templateName => 'email_phone_verification',
            $variant ? (variantName => $variant) : () });

    my $policy = $service->api('POST', 'verifyPolicies', { name => 'policy '
        . ++$named, $which => { verify => 'REQUIRED', otp => \%otp } })->json;
    my $tx = $service->api('POST', 'users/reader' . ++$n
        . '/verifyTransactions', { verifyPolicy => { id => $policy->{id} },
        requirements => { $which => { value => $address } } })->json;

    my $phone = Idv::Phone->new($service, $tx)->begin;

    my $mark = 'a-mark';
    $service->http->post($phone->{path}, join('', map {
        "--$mark\r\nContent-Disposition: form-data; name=\"$_->[0]\"\r\n\r\n"
            . "$_->[1]\r\n" } ['step', 'send'], ['for', $which])
            . "--$mark--\r\n",
        'Content-Type' => "multipart/form-data; boundary=$mark",
        'Accept-Language' => $language);
}


# [variant, language, what the mail has]

my @mails = (
    [undef, 'en-GB,en;q=0.9', qr/^first \d{6}\r\n$/, 'S', 'en'],
    [undef, 'de-AT', qr/^Code (\d{6})\r\n7 min, Example Ltd: \xe2\x82\xac \$5 \1$/,
        undef, 'de'],
    [undef, 'fr', qr/^first \d{6}\r\n$/, 'S', 'en'],
    ['short', 'de', qr/^\d{6}$/, 'S', undef],
    ['short', 'fr-CA', qr/^F\d{6}$/, 'S', 'fr'],
    ['unknown', 'de', qr/^Code /, undef, 'de'],
);

for my $case (@mails) {
    my ($variant, $language, $text, $subject, $locale) = @$case;

    code($variant, $language, 'email', 'ann@example.com');

    my $message = ($mail->messages)[-1];
    my $what = ($variant // 'no') . " variant, $language";

    like($message->{text}, $text, "$what: the text");
    is($message->{Subject}, $subject, "$what: the subject") if $subject;
    is($message->{'Content-Language'}, $locale, "$what: its language");
}

my ($german) = grep { $_->{text} =~ /^Code/ } $mail->messages;
my $subject = $german->{Subject};

is(scalar(grep { length > 76 } split /\r\n/, $german->{data}), 0,
    'no line is too long');
is(join('', map { MIME::Base64::decode_base64($_) }
    $subject =~ /=\?utf-8\?B\?([^?]+)\?=/g), Encode::encode('UTF-8',
    $texts[1]{subject}), 'a subject in any letters');
is($german->{bad}, undef, '... is one header');
is_deeply([grep { !utf8::decode(my $copy = MIME::Base64::decode_base64($_)) }
    $subject =~ /=\?utf-8\?B\?([^?]+)\?=/g], [], '... of whole characters');


# The hook: the operator's text where there is one, else ours.

code('short', 'de', 'phone', '+15555550123');

my ($text) = map { JSON::PP::decode_json($_->{body}) }
    ($hook->calls('/text'))[-1];

like($text->{text}, qr/^\d{6} ist Ihr Code/, 'one of another variant is not it');
is_deeply([@$text{qw(variantName locale)}], ['short', 'de'],
    '... and the hook knows what was wanted');


# The link, and how many of them.

sub link_to {
    my ($user, %to) = @_;

    my $tx = $service->api('POST', "users/$user/verifyTransactions",
        { sendNotification => \%to })->json;

    return ($tx, map { $_->{method} . ($_->{sent} ? '' : ' not') }
        @{$tx->{sendNotification}{results}});
}

my ($tx, @sent) = link_to('ann', phone => '+15555550100');
is("@sent", 'SMS', 'a link');

($text) = map { JSON::PP::decode_json($_->{body}) } ($hook->calls('/text'))[-1];
like($text->{text},
    qr/^Example Ltd\r\n\Q$tx->{webVerificationUrl}\E, (?:29|30)$/,
    '... in the words of the operator');
ok(!exists $text->{locale}, '... that are for every language');

$site->nginx->forbid($tx->{webVerificationCode});

# two more, though the transactions are gone: then no more, by this way

for my $count (2 .. 5) {
    $service->api('POST', 'users/ann/resetVerification');
    (undef, @sent) = link_to('ann', phone => '+15555550100');
    is("@sent", $count > 3 ? 'SMS not' : 'SMS', "the $count. text of a day");
}

is(scalar(grep { JSON::PP::decode_json($_->{body})->{link} }
    $hook->calls('/text')), 3, 'and no more have left');
(undef, @sent) = link_to('ann', phone => '+15555550100',
    email => 'ann@example.com');
is("@sent", 'EMAIL SMS not', 'mail is counted by itself');
(undef, @sent) = link_to('bob', phone => '+15555550100');
is("@sent", 'SMS', 'and everybody, too');

like($site->nginx->read_file('error.log'),
    qr/a message by hook was not sent: the user has had as many/, 'it is logged');

$site->reload;
(undef, @sent) = link_to('ann', phone => '+15555550100');
is("@sent", 'SMS not', 'a reload changes nothing');

$service->advance(24 * 60 * 60 - 60);
(undef, @sent) = link_to('ann', phone => '+15555550100');
is("@sent", 'SMS not', 'nor does most of a day');

$service->advance(61);
(undef, @sent) = link_to('ann', phone => '+15555550100');
is("@sent", 'SMS', 'the next day is another');

# passwords count as well, and whoever asks is told that none was sent

$service->advance(24 * 60 * 60);
my %otp = (attempts => { count => 3 }, deliveries => { count => 9,
        cooldown => { duration => 0, timeUnit => 'SECONDS' } },
    lifeTime => { duration => 7, timeUnit => 'MINUTES' },
    notification => { templateName => 'email_phone_verification' });
my $policy = $service->api('POST', 'verifyPolicies', { name => 'often',
    phone => { verify => 'REQUIRED', otp => \%otp } })->json->{id};

my $phone = Idv::Phone->create($service, 'sam', verifyPolicy =>
    { id => $policy }, requirements => { phone => { value => '+15555550199' } });

$phone->begin;
my $before = () = $hook->calls('/text');
$phone->step('send', for => 'phone') for 1 .. 3;
unlike($phone->html, qr/could not be sent/, 'a code for sam');
$phone->step('send', for => 'phone');
like($phone->html, qr/could not be sent/, 'the fourth could not be sent');
is(scalar(() = $hook->calls('/text')), $before + 3, '... and was not');

$site->finish;
