#!/usr/bin/perl

# A worker's one connection to a directory, and servers that do with it what
# they should not: close it as it is used again, say goodbye unasked, say what
# nobody asked for without an end, answer late or byte by byte.  Whoever waits
# has an answer in the lookup's time, others do not notice, and a connection
# that is of use is kept.

# variants: asan

use strict;
use warnings;

use File::Temp ();
use IO::Socket::SSL;
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::HTTP;
use Idv::LDAP;
use Idv::Site;
use Idv::TLS;

use constant { BIND => 0x60, IPV6 => '::1' };

my $heard = File::Temp->new;
my $ca = Idv::TLS->ca('Test CA');
my ($certificate, $key) = map { my $file = File::Temp->new; print $file $_;
    $file->flush; $file } $ca->issue(name => 'localhost');


# What a search finds: mail that says how old the connection is, in ms.

sub found {
    my ($id, $begun, @more) = @_;

    my $age = int((time - $begun) * 1000);

    return Idv::LDAP::message($id, 0x64,
            Idv::LDAP::found('mail', "$age\@age.example", @more))
        . Idv::LDAP::message($id, 0x65, Idv::LDAP::result(0));
}


# A server.  How it answers is called with the socket, the id, when that was
# connected, and how many searches were before; false closes the connection.
# "bind" is how long it thinks about a password.

sub server {
    my ($answer, %arg) = @_;

    return Idv::LDAP->fake(sub {
        my ($socket) = @_;
        my ($begun, $n) = (time, 0);

        while (my ($id, $tag) = Idv::LDAP::request($socket)) {

            if ($tag == BIND) {
                sleep $arg{bind} // 0;
                syswrite $socket,
                    Idv::LDAP::message($id, 0x61, Idv::LDAP::result(0));
                next;
            }

            last if !$answer->($socket, $id, $begun, $n++);
        }
    }, $arg{address});
}


sub answer { return syswrite $_[0], found(@_[1, 2]) }


sub drip {
    my ($socket, $id, $begun) = @_;

    for my $byte (split //, found($id, $begun)) {
        syswrite $socket, $byte;
        sleep 0.002;
    }

    return 1;
}


# a notice of disconnection, behind the answer: the socket stays open

sub notice {
    answer(@_);

    return syswrite $_[0], Idv::LDAP::message(0, 0x78, Idv::LDAP::result(52)
        . Idv::LDAP::tlv(0x8a, '1.3.6.1.4.1.1466.20036'));
}


# by TLS: what is read then is not bounded by what the system has received

sub flood {
    my ($socket) = @_;

    my $noise = Idv::LDAP::message(99, 0x65, Idv::LDAP::result(0)) x 1000;
    my $end = time + 20;

    IO::Socket::SSL->start_SSL($socket, SSL_server => 1,
        SSL_cert_file => $certificate->filename,
        SSL_key_file => $key->filename) or return;

    while (time < $end) {
        next if $socket->syswrite($noise);
        syswrite $heard, 'closed';
        return;
    }
}


my %server = (
    drip => server(\&drip),
    many => server(sub { syswrite $_[0],
        found(@_[1, 2], map { "m$_\@many.example" } 1 .. 30) }),
    after => server(sub { answer(@_); 0 }),
    again => server(sub { $_[3] ? 0 : answer(@_) }),
    notice => server(\&notice),
    flood => Idv::LDAP->fake(\&flood),
    late => server(\&answer, bind => 0.3),
    mute => server(\&answer, bind => 20),
    silent => server(sub { sleep 20 }),
    slow => server(sub { sleep 1; answer(@_) }),
    quick => server(\&answer),
    six => eval { server(\&answer, address => IPV6) },
);

sub url { return "ldap://$_[1]:" . ($server{$_[0]} ? $server{$_[0]}->port : 1) }

my $bind = 'bind_dn cn=x; bind_password_file ldap_secret;';

# name => [servers, block]

my %house = (
    (map { ($_ => [url($_, '127.0.0.1'), '']) }
        qw(drip many after again notice)),
    flood => ['ldaps://localhost:' . $server{flood}->port,
        'trusted_certificate ca.pem; connect_timeout 400ms; timeout 400ms;'],
    late => [url('late', '127.0.0.1'),
        "$bind connect_timeout 1s; timeout 1s;"],
    second => [url('mute', '127.0.0.1') . ' ' . url('late', '127.0.0.1'),
        "$bind connect_timeout 600ms; timeout 3s;"],
    neither => [url('mute', '127.0.0.1') . ' ' . url('mute', 'localhost'),
        "$bind connect_timeout 700ms; timeout 1s;"],
    hung => [url('silent', '127.0.0.1') . ' ' . url('quick', '127.0.0.1'),
        'connect_timeout 1s; timeout 1s;'],
    idle => [url('quick', '127.0.0.1'), 'idle_timeout 1s;'],
    changed => [url('slow', '127.0.0.1'), ''],
    six => [url('six', '[' . IPV6 . ']'), ''],
);

my $locations = join '', map { <<"END" } sort keys %house;
        location /$_/ {
            auth_basic         off;
            auth_idv_ldap      $_ always;
            auth_idv_ldap_user ann;
            proxy_set_header   Mail \$idv_ldap_mail;
            proxy_pass         http://127.0.0.1:%%PORT_app%%;
        }
END

sub config {
    return (locations => $locations,
        http => join '', map { $server{quick}->block(
            "$house{$_}[1] cache off;", name => $_, url => $house{$_}[0]) }
            sort keys %house);
}

my $site = Idv::Site->new(workers => 1, config(),
    files => { ldap_secret => Idv::LDAP::PASSWORD,
               'ca.pem' => $ca->certificate });

my $log = $site->nginx->log;

sub client { return Idv::HTTP->new(port => $site->port('gate')) }

my $client = client();


# the age of the connection that the answer came by, and the time it took

sub age {
    my ($house) = @_;

    my $begun = time;
    my $mail = $client->get("/$house/")->json->{headers}{Mail} // '';
    my ($age) = $mail =~ /^(\d+)\@age\.example/;

    return ($age, time - $begun);
}


sub quiet { is(join("\n", grep { /directory/ } $log->said($_[0])), '', $_[1]) }


# A connection that the server gives up is made anew, and nobody has to know.

for my $case ([after => 'closed after an answer'],
    [again => 'closed as it is used again'], [notice => 'a goodbye unasked'])
{
    my ($house, $what) = @$case;
    my $mark = $log->mark;

    for my $n (1 .. 4) {
        my ($age) = age($house);

        ok(defined $age && $age < 100, "$what: answer $n, by a new connection")
            or diag($age // 'none');
        sleep 0.1;
    }

    quiet($mark, "$what: nothing to say");
}


# Answers in many pieces, and of many values.

my ($first) = age('drip');
my ($next) = age('drip');

ok(defined $first && $next > $first, 'byte by byte, twice by one connection');

my $many = $client->get('/many/')->json->{headers}{Mail};

is(scalar(split /,/, $many), 16, 'sixteen values, and no more');


# What nobody asked for, without an end.

my $waiting = client();
my $mark = $log->mark;
my $begun = time;

$waiting->send(GET => '/flood/');
is($client->get('/')->status, 401, 'a server that never stops: others');
cmp_ok(time - $begun, '<', 3, 'are served');
is($waiting->receive->json->{headers}{Mail}, undef, 'who waits');
cmp_ok(time - $begun, '<', 3, 'has an answer in time');
like(join("\n", $log->said($mark)), qr/no answer in time/, 'the log says why');

$begun = time;
sleep 0.02 until -s $heard || time > $begun + 5;
ok(-s $heard, 'and when nobody waits, it has nobody to talk to');


# Who asked has gone, when the connection is there: it is kept for others.

my $gone = client();

$gone->send(GET => '/late/');
sleep 0.1;
$gone->close;
sleep 1.3;

my ($age) = age('late');
cmp_ok($age, '>', 1000, 'a connection that was late is kept');


# Each server has its own time to be connected, a lookup has one for all.

my ($found, $took) = age('second');
ok(defined $found, 'a server hangs: the second one is asked');
cmp_ok($took, '>', 0.85, 'after its time');
cmp_ok($took, '<', 2, 'which the second has again');

$mark = $log->mark;
($found, $took) = age('neither');
is($found, undef, 'both hang: nobody is known');
cmp_ok($took, '>', 0.95, 'not earlier');
cmp_ok($took, '<', 1.39, 'nor later than a lookup may take');
like(join("\n", $log->said($mark)), qr/connect: no answer in time.*: no answer/s,
    'the log says both');


# One that takes a search and says nothing is given up in the end: who came
# later is told by another server, and does not wait for a whole time again.

my ($early, $late) = (client(), client());

$begun = time;
$early->send(GET => '/hung/');
sleep 0.6;
$late->send(GET => '/hung/');
is($early->receive->json->{headers}{Mail}, undef, 'a silent server: no answer');
ok($late->receive->json->{headers}{Mail}, 'who came later has one');
cmp_ok(time - $begun, '<', 1.5, 'of another server');


# A connection that nobody uses is closed, and made anew.

my @ages = map { sleep $_; age('idle') } 0, 0.4, 0.4, 1.6;

cmp_ok($ages[4], '>', 700, 'in use, it is kept');
cmp_ok($ages[6], '<', 700, 'idle, it is closed');


# An address of IPv6; where the machine has none, it cannot be reached.

$mark = $log->mark;
my ($six) = age('six');
my $said = join "\n", $log->said($mark);

$server{six} ? ok(defined $six, 'an address of IPv6')
             : like($said, qr/\[::1\]:1: connect/, 'no IPv6 here');


# A reload that names another server: who waits has the answer of the first.

$waiting = client();
$waiting->send(GET => '/changed/');
sleep 0.2;

$house{changed}[0] = url('quick', '127.0.0.1');
ok($site->reload(config()), 'a reload with another server');

(undef, $took) = age('changed');
cmp_ok($took, '<', 0.7, 'which is asked from now on');
like($waiting->receive->json->{headers}{Mail}, qr/^1\d\d\d\@age/,
    'who waited for the first is told by it');

$site->finish;
