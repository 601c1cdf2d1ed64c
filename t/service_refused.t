#!/usr/bin/perl

# What is wrong with the ways out of the local service is said by nginx -t, and
# not found out when a message is to be sent.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Nginx;

my %files = (secret => "s3cret-of-test\n", two_secrets => "one\ntwo\n",
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
);

for my $case (@refused) {
    my ($directives, $words) = @$case;

    like(said($directives), qr/\Q$words\E.* in .*nginx\.conf:\d+/, $directives);
}

my @accepted = (
    "idv_service_mail smtp://$host $from;",
    "idv_service_mail smtps://$host $from user=a password=secret;",
    "idv_service_mail smtp://127.0.0.1 $from starttls=off;",
    'idv_service_mail off; idv_service_sms off; idv_service_checker off;',
    'idv_service_sms https://example.com/hook?a=b token=secret;',
    'idv_service_checker http://127.0.0.1:8082/ token=secret;',
    # of what is not used nothing is loaded
    'idv_service_checker http://127.0.0.1/; '
        . 'idv_service_trusted_certificate no.pem;',
);

like(said($_), qr/test is successful/, $_) for @accepted;

done_testing();
