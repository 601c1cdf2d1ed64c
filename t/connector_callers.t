#!/usr/bin/perl

# Who may use the connector, and that keys and tokens stay on their side of it;
# what fails at the provider is told as the provider's, what fails here as ours.

# variants: plain asan

use strict;
use warnings;

use Digest::SHA ();
use IO::Socket::SSL ();
use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Connector;
use Idv::HTTP;
use Idv::Mock;
use Idv::Site;
use Idv::TLS;

use constant TOKEN => 'eyJtb2NrLXRva2VuIjoxfQ';

my @token = ({ pattern => '/as/token$', json => { access_token => TOKEN,
    token_type => 'Bearer', expires_in => 3600 } });
my $mock = Idv::Mock->new(@token);

my $ca = Idv::TLS->ca('callers');
my $other = Idv::TLS->ca('strangers');
my ($certificate, $key) = $ca->issue(name => 'crm');
my ($server, $server_key) = $ca->issue(name => 'localhost');
my ($unknown, $unknown_key) = $ca->issue(name => 'unknown');
my ($forged, $forged_key) = $other->issue(name => 'crm');

my $connector = Idv::Connector->new(
    peer => 'http://127.0.0.1:' . $mock->port,
    provider => 'breaker off; idle_timeout 1s;',
    connector => 'idv_connector_max_answer 64k; idv_connector_timeout 5s;',
    callers => 'crm certificate ' . fingerprint($certificate, ':')
        . " readSelfie\n" . 'forger certificate ' . fingerprint($forged, '')
        . " *\n",
    files => { 'server.pem' => $server, 'server.key' => $server_key,
               'ca.pem' => $ca->certificate },
    servers => <<'END');

    server {
        listen 127.0.0.1:%%PORT_tls%% ssl;

        ssl_certificate        server.pem;
        ssl_certificate_key    server.key;
        ssl_client_certificate ca.pem;
        ssl_verify_client      optional_no_ca;

        location /connector/ {
            idv_connector         local;
            idv_connector_callers callers;
        }
    }
END
my $nginx = $connector->site->nginx;

$nginx->forbid(TOKEN);

my %tx = (userId => 'ann', transactionId => 't');
my $bearer = 'Bearer ' . Idv::Connector::KEY;

# keys

for my $case (
    ['none', undef],
    ['of nobody', 'Bearer ' . 'x' x 40],
    ['that is a hash', 'Bearer '
        . Digest::SHA::sha256_hex(Idv::Connector::KEY)],
    ['cut', substr $bearer, 0, -1],
    ['longer', "${bearer}k"],
    ['short', 'Bearer k'],
    ['empty', 'Bearer '],
    ['of another scheme', 'Basic ' . Idv::Connector::KEY],
    ['without a scheme', Idv::Connector::KEY],
    ['endless', 'Bearer ' . 'k' x 600])
{
    my ($name, $value) = @$case;

    for my $path ('readSelfie', 'noSuchThing') {
        my $answer = $connector->call($path, \%tx, Authorization => $value);

        $connector->refused($answer, 401, 'UNAUTHORIZED', "a key $name");
        is($answer->header('WWW-Authenticate'), 'Bearer realm="connector"',
            "a key $name: what is needed");
    }
}

is(scalar $mock->calls('/'), 0, 'the provider has heard of none of them');

my $reader = 'Bearer ' . Idv::Connector::READER;

$mock->rules(@token, { path => '/v1/', json => { id => 't', token => TOKEN },
    headers => ['Correlation-Id' => 'c1', 'Set-Cookie' => 's=' . TOKEN,
                'X-Token' => TOKEN, Authorization => 'Bearer ' . TOKEN,
                Location => 'http://inner/', Server => 'inner'] });

my $answer = $connector->call('readVerifyTransaction', \%tx,
    Authorization => $reader);
my $good = $connector->good($answer, 'transaction', 'a capability of a key');

is_deeply($good->{headers}, { 'Content-Type' => 'application/json',
    'Correlation-Id' => 'c1' }, 'headers that are allowed');
is_deeply($good->{rawResponse}, { id => 't' }, 'members that are known');
unlike(join("\n", $answer->body, map { "@$_" } @{$answer->{headers}}),
    qr/\Q@{[TOKEN]}\E|inner/, 'no token in the answer, and no inner name');

$connector->refused($connector->call($_, \%tx, Authorization => $reader), 403,
    'FORBIDDEN', "a key for others: $_")
    for qw(readSelfie createVerifyTransaction deleteDocument);

$connector->refused($connector->call($_, \%tx), 404, 'NOT_FOUND',
    "no capability: $_")
    for '', 'readselfie', 'readSelfie/', 'readSelfiex', 'readSelf';

for my $method (qw(GET PUT DELETE OPTIONS HEAD)) {
    my $refused = $connector->http->request($method, '/connector/readSelfie',
        Authorization => $bearer);

    is($refused->status, 405, "$method: 405");
    is($refused->header('Allow'), 'POST', "$method: what is allowed");
}

my @calls = $mock->calls('/v1/');

is($calls[0]{headers}{authorization}, 'Bearer ' . TOKEN,
    'the provider gets our token');
unlike(JSON::PP::encode_json([$mock->calls('/')]),
    qr/\Q@{[Idv::Connector::KEY]}\E|\Q@{[Idv::Connector::READER]}\E/,
    'and never a key');

# certificates, which nginx has verified or not

for my $case (['of crm', $certificate, $key, 200, 403],
              ['of somebody', $unknown, $unknown_key, 401, 401],
              ['of another authority', $forged, $forged_key, 401, 401],
              ['none', undef, undef, 401, 401])
{
    my ($name, $cert, $secret, @wanted) = @$case;

    my $client = Idv::HTTP->new(port => $nginx->port('tls'), tls => {
        SSL_verify_mode => IO::Socket::SSL::SSL_VERIFY_NONE(),
        !$cert ? () : (
            SSL_cert_file => $nginx->write_file('client.pem', $cert),
            SSL_key_file => $nginx->write_file('client.key', $secret)) });

    is_deeply([map { $client->post("/connector/$_",
            JSON::PP::encode_json(\%tx), 'Content-Type' => 'application/json')
            ->status } qw(readSelfie readVerifyTransaction)], \@wanted,
        "a certificate $name");
}

# the provider's errors

my %error = (id => 'e', code => 'X', message => 'm', target => 'y',
    details => [{ code => 'INVALID_VALUE', target => 'z' }]);

for my $status (400, 403, 404, 409, 413, 422, 500, 502, 504, 429) {
    $mock->rules(@token, { path => '/v1/', status => $status, json => {
        %error, inner => TOKEN },
        headers => $status == 429 ? ['Retry-After' => 1] : [] });

    my $failed = $connector->call('readSelfie', \%tx);
    my $got = $connector->theirs($failed, $status, 'X', "provider's $status");

    is($failed->status, $status, "provider's $status: the same");
    is_deeply($got->{rawResponse}, \%error, "provider's $status: its words");
    is($failed->header('Retry-After'), $status == 429 ? 1 : undef,
        "provider's $status: when to come again");
}

# ... asks for a pause, in which nobody asks it

my $paused = $connector->call('readSelfie', \%tx);

$connector->refused($paused, 429, 'LIMITED', 'a pause');
like($paused->header('Retry-After'), qr/^1$/, 'a pause: for so long');
select undef, undef, undef, 1.1;

# ... its 401 is about our token, which is fetched once more

my $tokens = () = grep { $_->{path} =~ /token$/ } $mock->calls('/');

$mock->rules(@token, { path => '/v1/', status => 401, times => 1, json => {
    %error } }, { path => '/v1/', json => { id => 't' } });
$connector->good($connector->call('readVerifyTransaction', \%tx),
    'transaction', 'a token that is old');
is(scalar(grep { $_->{path} =~ /token$/ } $mock->calls('/')), $tokens + 1,
    'a token that is old: another');

$mock->rules(@token, { path => '/v1/', status => 401, json => { %error } });
my $refused = $connector->call('readSelfie', \%tx);

is($refused->status, 502, 'a token that is refused: 502');
$connector->theirs($refused, 401, 'X', 'a token that is refused');

# ... what is no error and no answer

$mock->rules(@token, { path => '/v1/', status => 302, body => '<html>',
    headers => [Location => 'http://evil.example/'] });
$refused = $connector->call('readSelfie', \%tx);

is($refused->status, 502, 'a redirect: not followed');
is_deeply($refused->json, { statusCode => 302, headers => {},
    rawResponse => {} }, 'a redirect: and not told where to');

# nothing is an answer, too

$mock->rules(@token, { path => '/v1/', status => 204 });

for my $prefer (undef, 'return=minimal') {
    my $empty = $connector->call('setVerifyStatus', { userId => 'ann',
        verifyStatus => 'ENABLED' }, Prefer => $prefer);

    is_deeply($empty->json, { statusCode => 204, headers => {},
        verifyStatus => {}, rawResponse => {} }, 'an answer of nothing'
        . ($prefer ? ', in pieces' : ''));
}

# ours

for my $case (
    ['no JSON', 502, 'PROVIDER_UNUSABLE', { body => '<html>' }],
    ['half of it', 502, 'PROVIDER_UNUSABLE', { body => '{"id":"t"' }],
    ['a list', 502, 'PROVIDER_UNUSABLE', { body => '[]' }],
    ['a member twice', 502, 'PROVIDER_UNUSABLE',
        { body => '{"id":"t","id":"u"}' }],
    ['too deep', 502, 'PROVIDER_UNUSABLE',
        { body => '{"x":' . '[' x 40 . ']' x 40 . '}' }],
    ['too large', 502, 'PROVIDER_UNUSABLE', { body => ' ' x 70000 }],
    ['a reset', 503, 'PROVIDER_UNAVAILABLE', { reset => 'request' }],
    ['an end', 503, 'PROVIDER_UNAVAILABLE', { json => { id => 't' },
        stop => -3 }],
    ['silence', 503, 'PROVIDER_UNAVAILABLE', { hang => 'request' }])
{
    my ($name, $status, $code, $rule) = @$case;

    $mock->rules(@token, { path => '/v1/', %$rule });

    for my $prefer (undef, 'return=minimal') {
        next if $prefer && $name =~ /silence|large/;

        my $failed = $connector->call('readVerifyTransaction', \%tx,
            Prefer => $prefer);

        # what streams has begun before its end is known

        if ($prefer && $failed->status == 200) {
            fail("$name: an answer");

        } elsif (!$prefer || $failed->status) {
            $connector->refused($failed, $status, $code,
                $name . ($prefer ? ', in pieces' : ''));
        }
    }
}

$mock->stop;
my $down = $connector->call('readSelfie', \%tx);

$connector->refused($down, 503, 'PROVIDER_UNAVAILABLE', 'nobody there');
like($down->header('Retry-After'), qr/^[1-9]/, 'nobody there: come again');

# who is gone from the file may not call after a reload

$nginx->write_file('callers', Idv::Connector::line('application',
    Idv::Connector::KEY, '*'));
$connector->site->reload;
is($connector->call('readVerifyTransaction', \%tx,
    Authorization => $reader)->status, 401, 'a key that is gone');
is($connector->call('noSuchThing', \%tx)->status, 404, 'one that stays');

Idv::Site::finish();


sub fingerprint {
    my ($pem, $colon) = @_;

    my ($base64) = $pem =~ /-+BEGIN CERTIFICATE-+\n(.*?)-+END/s;
    my $hex = uc Digest::SHA::sha256_hex(MIME::Base64::decode_base64($base64));

    return $hex =~ s/(..)(?=.)/$1$colon/gr;
}
