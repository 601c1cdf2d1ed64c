#!/usr/bin/perl

# A provider behind TLS: its certificate, its name, its time and the version of
# the protocol are looked at before it is told anything.

use strict;
use warnings;

use IO::Socket::SSL;
use Test::More;
use Time::HiRes qw(sleep);

use Idv::HTTP;
use Idv::Mock;
use Idv::Site;
use Idv::TLS;

my $ca = Idv::TLS->ca('Test CA');
my $stranger = Idv::TLS->ca('Test CA');

my %files = ('ca.pem' => $ca->certificate);

sub store {
    my ($name, $certificate, $key) = @_;

    $files{"$name.pem"} = $certificate;
    $files{"$name.key"} = $key;
}

store(good => $ca->issue(name => 'localhost'));
store(stranger => $stranger->issue(name => 'localhost'));
store(name => $ca->issue(name => 'other.example'));
store(expired => $ca->issue(name => 'localhost', to => '20210101000000Z'));
store(early => $ca->issue(name => 'localhost', from => '20980101000000Z'));

my $old = 'ssl_protocols TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;';

# a system that lets OpenSSL do what it could do long ago
$files{'openssl.cnf'} = <<'END';
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lax
[lax]
MinProtocol  = TLSv1
CipherString = DEFAULT@SECLEVEL=0
END


# The local service once more, behind TLS, in the same nginx; what reached it
# is in the file "seen".

sub house {
    my ($name, $server, $provider) = @_;

    my $certificate = $server =~ /^\w+$/ ? $server : 'good';
    my $more = $server =~ /^\w+$/ ? 'ssl_protocols TLSv1.2 TLSv1.3;'
                                   : $server;

    return Idv::Site->new(
        name => $name,
        peer => 'https://localhost:%%PORT_tls%%',
        files => \%files,
        env => { OPENSSL_CONF => '%%DIR%%/openssl.cnf' },
        provider => "breaker off; $provider",
        http => 'log_format seen "$server_protocol $ssl_protocol '
            . '$ssl_server_name $connection $request_method";',
        servers => <<"END");
    server {
        listen 127.0.0.1:%%PORT_tls%% ssl http2;

        ssl_certificate     $certificate.pem;
        ssl_certificate_key $certificate.key;
        $more

        access_log seen seen;

        # the other end of it is in the same workers, and ends with them
        lingering_close off;

        location / {
            proxy_pass http://127.0.0.1:%%PORT_service%%;
            proxy_set_header Host \$host:\$server_port;
        }
    }
END
}


sub seen { split /\n/, $_[0]->nginx->read_file('seen') }


# All is well: the certificate is the operator's CA's.

my $trust = 'trusted_certificate ca.pem;';
my $site = house('good', 'good', "$trust max_connections 2;");

my @flows = map { $site->flow($_) } qw(ann eve sam bob ann eve sam bob);
my $ann = $flows[0];

is($_->device('self')->status, 200, 'a certificate of the right CA') for @flows;

$ann->phone('SUCCESS');
ok($ann->reach('ID_VERIFICATION_COMPLETED'), 'to the end');
is($ann->continue->status, 200, 'with a session');

my @seen = seen($site);
cmp_ok(scalar @seen, '>', 8, 'by way of TLS');
is(scalar(grep { !m{^HTTP/2\.0 TLSv1\.3 localhost } } @seen), 0,
    'HTTP/2, TLS 1.3, and the name of the server is said') or diag(@seen);

# many reads at once share connections

my $before = @seen;
sleep 0.2;

Idv::HTTP::parallel(map { {
    port => $site->port('gate'),
    bytes => $_->client->bytes($_->message('poll', {})),
} } @flows[1 .. 7]);

my %connections = map { (split)[3] => 1 }
    grep { /GET$/ } (seen($site))[$before .. $before + 6];
cmp_ok(scalar keys %connections, '<=', 4,
    'seven reads, two workers: at most two connections each');


# TLS 1.2 will do.

$site = house('old', 'ssl_protocols TLSv1.2;', $trust);
is($site->flow('ann')->device('self')->status, 200, 'TLS 1.2');
like((seen($site))[0], qr/ TLSv1\.2 /, 'is what it was');


# Nothing else will: no word gets through, and the log says why.

my @refused = (
    ['another CA', 'stranger', $trust, qr/certificate/],
    ['another name', 'name', $trust, qr/subject name|does not match/],
    ['a certificate that is over', 'expired', $trust, qr/expired/],
    ['a certificate that has not begun', 'early', $trust, qr/not yet valid/],
    ['TLS 1.1', $old, $trust, qr/./],
    ['TLS 1.1, unverified', $old, 'verify off;', qr/./],
    ['the CAs of the system', 'good', '', qr/certificate/],
);

for my $case (@refused) {
    my ($name, $server, $provider, $why) = @$case;
    my $site = house('refused', $server, $provider);
    my $mark = $site->nginx->log->mark;

    my $flow = $site->flow('bob');
    my $answer = $flow->device('other');

    is($answer->status . ' ' . $answer->json->{code}, '503 REQUEST_FAILED',
        "$name: 503");
    is($flow->read->status, 200, 'the flow is there');
    is($flow->status, 'ID_VERIFICATION_DEVICE', 'where it was');
    is(join("\n", seen($site)), '', 'the server was told nothing');

    my @lines = $site->nginx->log->said($mark);
    is(scalar @lines, 1, 'one line in the log') or diag("@lines");
    like($lines[0] // '', qr/^error: idv: provider "local": token: tls: .*$why/,
        'says why');

    next if $server ne $old;

    my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1',
        PeerPort => $site->port('tls'), SSL_verify_mode => SSL_VERIFY_NONE,
        SSL_version => 'TLSv1_1', SSL_cipher_list => 'DEFAULT@SECLEVEL=0');
    ok($socket, 'the server is there for those who take less');
}


# A peer that accepts and says nothing, and a client that does not wait: what
# hangs is a handshake, which is given up in time.

my $deaf = Idv::Mock->new({ hang => 'accept' });

$site = Idv::Site->new(name => 'deaf', files => \%files,
    peer => 'https://localhost:' . $deaf->port,
    provider => "breaker off; connect_timeout 500ms; timeout 500ms; $trust");

my $bob = $site->flow('bob');
$bob->begin(deviceAuthentication => { deviceAuthentication => 'other' });
ok($site->nginx->wait_until(5, sub { $deaf->connections == 1 }),
    'a handshake begins');
$bob->client->close;

is($bob->device('other')->status, 503, 'and ends in time');
like(join(' ', $site->nginx->log->said),
    qr/^error: idv: provider "local": token: (?:timeout: |no answer )/,
    'which is said, though he who waited has gone');


# The operator may give up looking, and is warned.

$site = house('unverified', 'stranger', 'verify off;');
is($site->flow('ann')->device('self')->status, 200, 'verify off');
like($site->nginx->log->text . $site->nginx->read_file('stderr'),
    qr/\[warn\].*verify/, 'is warned of');

Idv::Site->finish;
