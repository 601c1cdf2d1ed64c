#!/usr/bin/perl

# A directory that hangs costs nobody anything but those who wait for it: a
# thousand of them, of one worker, and everybody else is served meanwhile.  Who
# goes away is forgotten, and when it answers again all are told.  It is the
# same where it hangs before a word was said, in the handshake of TLS.

# variants: plain asan

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Test::More;

use Idv::HTTP;
use Idv::LDAP;
use Idv::Site;
use Idv::TLS;

use constant { WAITING => 1000, GONE => 100, OTHERS => 200 };

my $ca = Idv::TLS->ca('Test CA');
my $ldap = Idv::LDAP->new(people => { ann => { mail => 'ann@ldap.example' } },
    tls => [$ca->issue(name => 'localhost'), $ca->certificate]);


sub location {
    my ($name) = @_;

    return <<"END";
        location /$name/ {
            auth_basic         off;
            auth_idv_ldap      $name always;
            auth_idv_ldap_user ann;
            proxy_set_header   Mail \$idv_ldap_mail;
            proxy_pass         http://127.0.0.1:%%PORT_app%%;
        }
END
}

my $block = 'cache off; timeout 60s; connect_timeout 60s;';
my ($port, $tls) = ($ldap->port, $ldap->tls_port);

my $site = Idv::Site->new(workers => 1, connections => 4096, level => 'info',
    files => { ldap_secret => Idv::LDAP::PASSWORD,
               'ca.pem' => $ca->certificate },
    http => $ldap->block($block, name => 'bound')
        . $ldap->block("$block trusted_certificate ca.pem;", name => 'ldaps',
            url => "ldaps://localhost:$tls")
        . $ldap->block("$block trusted_certificate ca.pem; starttls on;",
            name => 'starttls', url => "ldap://localhost:$port"),
    locations => location('bound') . location('ldaps') . location('starttls')
        . 'location = /bystander { auth_basic off; return 200 "fine"; }');

my $client = Idv::HTTP->new(port => $site->port('gate'));


sub wait_for {
    my ($name, $n) = @_;

    return map {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $site->port('gate')) or die "connect: $!";

        syswrite $socket, "GET /$name/ HTTP/1.0\r\nHost: x\r\n\r\n";
        $socket;
    } 1 .. $n;
}


# everybody else, while they wait

sub others {
    my ($name, @waiting) = @_;

    my $fine = grep { $client->get('/bystander')->body eq 'fine' } 1 .. OTHERS;

    is($fine, OTHERS, "$name: others are served");
    is(scalar(() = IO::Select->new(@waiting)->can_read(0)), 0,
        "$name: and all of them wait meanwhile");
}


sub told {
    my ($name, @waiting) = @_;

    my $told = 0;

    for my $socket (@waiting) {
        local $SIG{ALRM} = sub { die "no answer\n" };
        alarm 20;
        my $answer = eval { local $/; <$socket> } // '';
        alarm 0;

        $told++ if $answer
            =~ m{^HTTP/1\.1 200 .*"Mail":"ann\@ldap\.example"}s;
    }

    is($told, scalar @waiting, "$name: it answers, and all of them are told");
}


# A connection on which it has answered before.

is($client->get('/bound/')->json->{headers}{Mail}, 'ann@ldap.example',
    'the directory answers');

$ldap->hang;

my @waiting = wait_for(bound => WAITING);

others('hung', @waiting);
close $_ for splice @waiting, 0, GONE;
others('some gone', @waiting);

$ldap->resume;
told('hung', @waiting);

my $counts = $ldap->counts;

is($counts->{BIND}, 1, 'all by one connection');
cmp_ok($counts->{SRCH}, '>=', 1 + WAITING - GONE, 'which asked for each');
cmp_ok($counts->{SRCH}, '<=', 1 + WAITING, 'once');


# A connection that is not there yet.

for my $name (qw(ldaps starttls)) {
    $ldap->hang;
    @waiting = wait_for($name => 100);
    others($name, @waiting);
    $ldap->resume;
    told($name, @waiting);
}

is($ldap->counts->{BIND}, 3, 'each by one connection');


# A worker that is told to go does not wait for the connections that it keeps.

$site->reload;
is($client->get('/bound/')->json->{headers}{Mail}, 'ann@ldap.example',
    'the next worker asks as well');

$site->finish;
