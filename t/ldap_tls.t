#!/usr/bin/perl

# A directory behind TLS, from the beginning or by StartTLS: its certificate and
# its name are looked at before a password is told, and there is no way back.

# variants: asan

use strict;
use warnings;

use Test::More;

use Idv::LDAP;
use Idv::Mock;
use Idv::Site;
use Idv::TLS;

my $ca = Idv::TLS->ca('Test CA');
my $stranger = Idv::TLS->ca('Test CA');

my @people = (people => { ann => { mail => 'ann@ldap.example' } });

my %ldap = map { $_->[0] => Idv::LDAP->new(@people, tls => [@$_[1, 2],
        $ca->certificate]) }
    ['good', $ca->issue(name => 'localhost')],
    ['stranger', $stranger->issue(name => 'localhost')],
    ['name', $ca->issue(name => 'other.example')],
    ['expired', $ca->issue(name => 'localhost', to => '20210101000000Z')];

my $plain = Idv::LDAP->new(@people);

# says yes to StartTLS, with an answer behind it that was never asked for
my $injected = Idv::LDAP->fake(sub {
    my ($socket) = @_;
    my $id = Idv::LDAP::request($socket);

    syswrite $socket, Idv::LDAP::message($id, 0x78, Idv::LDAP::result(0))
        . Idv::LDAP::message($id + 1, 0x61, Idv::LDAP::result(0));
    sleep 5;
});

my $deaf = Idv::Mock->new({ hang => 'accept' });
my $bind = 'bind_dn ' . Idv::LDAP::BIND_DN
    . '; bind_password_file ldap_secret;';

# name => [server, url, block, what the log says: or nothing, if all is well]

my %house = (
    ldaps => [$ldap{good}, tls('good'), ''],
    starttls => [$ldap{good}, plain('good'), 'starttls on;'],
    (map { ("${_}_ldaps" => [$ldap{$_}, tls($_), '', reason($_)],
            "${_}_starttls" => [$ldap{$_}, plain($_), 'starttls on;',
                                reason($_)]) } qw(stranger name expired)),
    address => [$ldap{good}, 'ldaps://127.0.0.1:' . $ldap{good}->tls_port, '',
        qr/IP address mismatch/],
    no_starttls => [$plain, 'ldap://localhost:' . $plain->port,
        'starttls on;', qr/StartTLS is refused/],
    no_tls => [$plain, 'ldaps://localhost:' . $plain->port, '', qr/tls: /],
    injected => [$injected, 'ldap://localhost:' . $injected->port,
        "starttls on; $bind", qr/StartTLS is refused/],
    deaf => [$injected, 'ldaps://localhost:' . $deaf->port,
        "$bind connect_timeout 500ms; timeout 1s;", qr/no answer in time/],
);

sub tls { 'ldaps://localhost:' . $ldap{$_[0]}->tls_port }
sub plain { 'ldap://localhost:' . $ldap{$_[0]}->port }

sub reason {
    return { stranger => qr/certificate/, name => qr/hostname mismatch/i,
             expired => qr/expired/ }->{$_[0]};
}

my $site = Idv::Site->new(workers => 1,
    files => { ldap_secret => Idv::LDAP::PASSWORD,
               'ca.pem' => $ca->certificate },
    http => join('', map { $house{$_}[0]->block(
        "$house{$_}[2] trusted_certificate ca.pem; cache off;", name => $_,
        url => $house{$_}[1]) } sort keys %house),
    locations => join '', map { <<"END" } sort keys %house);
        location /$_/ {
            auth_basic         off;
            auth_idv_ldap      $_ always;
            auth_idv_ldap_user ann;
            proxy_set_header   Mail \$idv_ldap_mail;
            proxy_pass         http://127.0.0.1:%%PORT_app%%;
        }
END

$site->nginx->forbid(Idv::LDAP::PASSWORD, 'ann@ldap.example');

my $client = Idv::HTTP->new(port => $site->port('gate'));

for my $name (sort keys %house) {
    my ($server, undef, undef, $why) = @{$house{$name}};
    my $mark = $site->nginx->log->mark;

    # others have asked the same server before
    my $before = $server->log;
    my $mail = $client->get("/$name/")->json->{headers}{Mail} // '';
    my $after = substr $server->log, length $before;
    my $said = join "\n", $site->nginx->log->said($mark);

    if (!$why) {
        is($mail, 'ann@ldap.example', "$name: ann is known");
        like($after, qr/tls_ssf=\d\d|TLS established/, "$name: by TLS");
        is($said, '', "$name: nothing to say");
        next;
    }

    is($mail, '', "$name: nobody is known");
    like($said, $why, "$name: the log says why");
    unlike($after, qr/ BIND | SRCH /, "$name: the server was told nothing");
}

$site->finish;
