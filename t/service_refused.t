#!/usr/bin/perl

# What is wrong with the ways out of the local service is said by nginx -t, and
# not found out when a message is to be sent.

# variants: plain

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Nginx;

my %files = ('none.json' => '[]',
    secret => "s3cret-of-test\n", two_secrets => "one\ntwo\n",
    empty_secret => "\n", readable => "for everybody\n", 'no.pem' => "none\n");


sub said {
    my ($directives) = @_;

    my (undef, $said) = Idv::Nginx->test_config(files => \%files,
        http => <<"END");
    idv_service_zone service:1m;
    server {
        listen 127.0.0.1:%%PORT_service%%;
        location / {
            idv_service on;
            idv_service_client worker secret;
            $directives
        }
    }
END

    return $said;
}

my $from = 'from=a@example.com';
my $host = 'mail.example:587';

my @refused = (
    ["idv_service_mail http://$host $from;", 'smtp:// or smtps://'],
    ["idv_service_mail smtp:// $from;", 'must name a host'],
    ["idv_service_mail smtp://:25 $from;", 'must name a host'],
    ["idv_service_mail smtp://me\@$host $from;", 'no user'],
    ["idv_service_mail smtp://$host;", 'needs "from="'],
    ["idv_service_mail smtp://$host from=a;", 'not an e-mail address'],
    ["idv_service_mail smtp://$host 'from=a\@example.com>';",
        'not an e-mail address'],
    ["idv_service_mail smtp://$host $from user=a;", 'needs both "user="'],
    ["idv_service_mail smtp://$host $from password=secret;",
        'needs both "user="'],
    ["idv_service_mail smtp://$host $from user=a password=secret starttls=off;",
        'must not send a password without TLS'],
    ["idv_service_mail smtp://$host $from starttls=on;", 'can only be "off"'],
    ["idv_service_mail smtp://$host $from to=b\@example.com;",
        'invalid parameter "to=b'],
    ["idv_service_mail smtp://$host $from; idv_service_mail off;",
        'is duplicate'],
    ["idv_service_mail smtp://$host $from user=a password=two_secrets;",
        'must have one line'],
    ['idv_service_sms ftp://example.com;', 'http:// or https://'],
    ['idv_service_sms https://example.com/ token=empty_secret;',
        'must have one line'],
    ['idv_service_sms https://example.com/ token=missing_secret;',
        'missing_secret" failed'],
    ['idv_service_sms https://example.com/ token=readable;',
        'a secret that others may read'],
    ["idv_service_checker https://example.com/ $from;", 'invalid parameter'],
    ['idv_service_checker https://example.com/; '
        . 'idv_service_checker_timeout 0;', 'must not be 0'],
    ['idv_service_checker https://example.com/; '
        . 'idv_service_trusted_certificate no.pem;',
        'certificates to trust cannot be loaded'],
    ['idv_service_message_limit 0;', 'from 1 to 10000'],
    ['idv_service_message_limit 10001;', 'from 1 to 10000'],
    ['idv_service_message_templates missing.json;', 'missing.json" failed'],
    ['idv_service_message_templates none.json; '
        . 'idv_service_message_templates none.json;', 'is duplicate'],
);

for my $case (@refused) {
    my ($directives, $words) = @$case;

    like(said($directives), qr/\Q$words\E.* in .*nginx\.conf:\d+/, $directives);
}

# texts for messages.  [what is other, and why it is refused]

my %texts = (template => 'email_phone_verification', deliveryMethod => 'Email',
    subject => 'Your code', body => 'It is ${otp}.');
my %link = (template => 'id_verification', deliveryMethod => 'SMS',
    content => 'See ${app.open.url}');

my @wrong = (
    [{ template => 'device_pairing' }, '"template" must be'],
    [{ template => undef }, '"template" must be'],
    [{ deliveryMethod => 'Push' }, '"deliveryMethod" must be'],
    [{ subject => undef }, '"subject" must be one line'],
    [{ subject => "a\r\nBcc: eve\@example.net" }, '"subject" must be one line'],
    [{ subject => 'x' x 256 }, '"subject" must be one line'],
    [{ body => undef }, '"body" must be a text'],
    [{ body => '${otp}' . 'x' x 16384 }, '"body" must be a text'],
    [{ body => 'no code' }, 'needs ${otp}'],
    [{ body => '${otp} ${app.open.url}' }, 'needs ${otp}'],
    [{ body => '${otp} ${user.password}' }, '${...} must be'],
    [{ body => '${otp} ${' }, '${...} must be'],
    [{ locale => '' }, 'must be texts that are not empty'],
    [{ variant => 1 }, 'must be texts that are not empty'],
    [{ locale => 'de;en' }, 'must be a language tag'],
    [{ %link, content => "\x{fc}" x 640 . '${app.open.url}x' x 2 },
        'at most 660 characters'],
    [{ %link, content => 'no link' }, 'needs ${app.open.url}'],
    [{ %link, content => '${app.open.url} ${otp}' }, 'needs ${app.open.url}'],
);

for my $case (@wrong) {
    my ($other, $words) = @$case;

    $files{'texts.json'} = JSON::PP::encode_json([\%texts, { %texts, %$other }]);
    like(said('idv_service_message_templates texts.json;'),
        qr/texts\.json": template 2: .*?\Q$words\E/, "a text: $words");
}

for my $text ('{}', '', '[', 'x' x 300_000) {
    $files{'texts.json'} = $text;
    like(said('idv_service_message_templates texts.json;'),
        qr/must be a (?:JSON array|file of at most)/, 'texts that are none');
}

$files{'texts.json'} = JSON::PP::encode_json([\%texts, \%link,
    { %link, content => "\x{fc}" x 645 . '${app.open.url}' },
    { %texts, locale => 'de-AT', variant => 'kurz', subject => "\x{fc}" x 127,
      body => '${otp} ${minutes} ${client} $ $5 {otp}' }]);
like(said('idv_service_message_templates texts.json;'),
    qr/test is successful/, 'texts that are');

my @accepted = (
    "idv_service_mail smtp://$host $from;",
    "idv_service_mail smtps://$host $from user=a password=secret;",
    "idv_service_mail smtp://127.0.0.1 $from starttls=off;",
    'idv_service_mail off; idv_service_sms off; idv_service_checker off;',
    'idv_service_sms https://example.com/hook?a=b token=secret;',
    'idv_service_checker http://127.0.0.1:8082/ token=secret;',
    'idv_service_message_limit 1;',
    'idv_service_message_templates none.json;',
    # of what is not used nothing is loaded
    'idv_service_checker http://127.0.0.1/; '
        . 'idv_service_trusted_certificate no.pem;',
);

like(said($_), qr/test is successful/, $_) for @accepted;

done_testing();
