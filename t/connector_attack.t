#!/usr/bin/perl

# The connector, attacked by a stranger and by a caller with few rights: what
# leads the provider's address elsewhere, spellings of a capability that one may
# not use, requests that are two to some and one to others, bodies that are
# meant to hurt, lines in texts that become headers, and callers who go away at
# any moment or come all at once.

# variants: asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Connector;
use Idv::HTTP;
use Idv::Mock;
use Idv::Site;

my @token = ({ pattern => '/as/token$', json => { access_token => 't',
    token_type => 'Bearer', expires_in => 3600 } });
my %created = (id => 't', transactionStatus => { status => 'REQUESTED' });
my @good = ({ path => '/v1/', json => \%created });
my $mock = Idv::Mock->new(@token, @good);

my $connector = Idv::Connector->new(peer => 'http://127.0.0.1:' . $mock->port,
    provider => 'breaker off;',
    connector => 'idv_connector_timeout 3s; idv_connector_max_body 1m;',
    locations => 'location = /ping { auth_basic off; return 200 pong; }');
my $nginx = $connector->site->nginx;
my $gate = $connector->site->port('gate');
my $json = JSON::PP->new->utf8->canonical;

my ($key, $reader) = map { "Bearer $_" } Idv::Connector::KEY,
    Idv::Connector::READER;
my %tx = (userId => 'ann', transactionId => 't');


# what the provider has been asked since, without the token

my $heard = 0;

sub heard {
    my @all = grep { $_->{path} !~ m{/as/token$} } $mock->calls('/');
    my @new = @all[$heard .. $#all];

    $heard = @all;

    return @new;
}


# a whole request, as it is written

sub bytes {
    my ($line, $body, @headers) = @_;

    return "$line HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n"
        . "Content-Type: application/json\r\n"
        . join('', map { "$_\r\n" } @headers) . "\r\n$body";
}


sub statuses { [$_[0] =~ m{HTTP/1\.1 (\d+) }g] }


# Ids: whatever they are, they are refused, or one step of the provider's
# address, and decode to what they were.

my @ids = ('.', '..', '...', '../..', '..\\..', '%2e%2e', '%2E%2E%2fx', '..;',
    '..;/x', '.%00', 'a%00b', 'ann/verifyStatus', 'ann%2FverifyStatus',
    'ann%252FverifyStatus', 'ann?type=SELFIE', 'ann#x', 'ann&limit=1',
    "ann\r\nX-Evil: 1", "ann\nGET / HTTP/1.1", "\tann", ' ', ' ann', 'ann ',
    '@evil.example', ':80', '//evil.example', 'http://evil.example/', '%', '%%',
    '%zz', '%u002e', '+', '*', '~', '-', "'", '"', '<script>', '${jndi:x}',
    "\x{ff0e}\x{ff0e}", "\x{2215}x", "\x{202e}nna", "e\x{301}", "\x{7f}",
    "\x{1f600}", "\x{fc}" x 100);

my @steps = (
    ['readVerifyTransactions', 'userId', {}, '/users/%s/verifyTransactions'],
    ['readVerifyTransaction', 'transactionId', \%tx,
        '/users/ann/verifyTransactions/%s'],
    ['deleteDocument', 'documentId', \%tx,
        '/users/ann/verifyTransactions/t/documents/%s'],
    ['readVerifyPolicy', 'verifyPolicySelect', {}, '/verifyPolicies/%s'],
    ['backgroundReplacer', 'selfieId', \%tx,
        '/users/ann/verifyTransactions/t/verifiedData/%s'],
);
my @wrong;

for my $case (@steps) {
    my ($name, $member, $input, $path) = @$case;
    my $passed = 0;

    for my $id (@ids) {
        my $answer = $connector->call($name, { %$input, $member => $id });
        my @asked = heard();

        if ($answer->status == 400) {
            push @wrong, "$name: '$id' refused too late" if @asked;
            next;
        }

        my ($step) = ($asked[0]{path} // '')
            =~ m{^/v1/environments/[^/]+\Q@{[$path =~ s/%s.*//r]}\E([^/?#]*)
                 \Q@{[$path =~ s/.*%s//r]}\E$}x;
        my $decoded = ($step // '') =~ s/%([0-9A-F]{2})/chr hex $1/ger;

        utf8::decode($decoded);
        $passed++;

        push @wrong, "$name: '$id' became " . ($asked[0]{path} // 'nothing')
            if @asked != 1 || !defined $step || $decoded ne $id
                || $step =~ /[^\w.~%-]/ || $step =~ /%25|%2F|%5C|%3F|%23|%3B/;
    }

    cmp_ok($passed, '>', 10, "$name: there are ids that pass");
}

is(join("\n", @wrong), '', 'no id leads elsewhere');


# Queries: words of a list, and numbers, and nothing behind them.

for my $case (['readVerifiedData', { %tx, attempt => '1&type=SELFIE' }],
    ['readVerifiedData', { %tx, verifiedTypes => ['SELFIE&attempt=1'] }],
    ['readVerifyTransactions', { userId => 'ann', limit => '1&expand=x' }])
{
    is($connector->call(@$case)->status, 400, "$case->[0]: a query in a value");
}

is(scalar(() = heard()), 0, '... of which the provider does not hear');


# Capabilities by any other name: nginx decodes and joins steps, and then it is
# that capability, with the rights to it, or none.

for my $name (qw(deleteDocument readSelfie setVerifyStatus)) {
    for my $path ($name, uc $name, lc $name, ucfirst $name, "./$name",
        "x/../$name", "/$name", "%2e/$name", "$name/", "$name;x", "$name%20",
        "$name%2f", "$name%2f..", "$name.json", "$name%3freadUserData",
        "readUserData/../$name", "readUserData%2f..%2f$name",
        "../connector/$name", "..%2fconnector%2f$name",
        join('', map { sprintf '%%%02x', ord } split //, $name))
    {
        my $text = Idv::HTTP::raw($gate, bytes("POST /connector/$path", '{}',
            "Authorization: $reader", 'Content-Length: 2'), 5);

        like(join(' ', @{statuses($text)}), qr/^40[034]$/, "few rights: $path");
    }
}

is(scalar(() = heard()), 0, '... and the provider is not asked');

# a key is found by its hash, whole, and by one header of its kind

for my $authorization ("$key\r\nAuthorization: $reader",
    "$reader\r\nAuthorization: $key", "$key, $reader", "$reader $key",
    ' ' . $key =~ s/ /  /r, $key =~ s/ /\t/r, "$key\0", "\"$key\"",
    'Bearer *', 'Bearer ' . '%' x 40, "Bearer\r\n " . Idv::Connector::KEY)
{
    my $text = Idv::HTTP::raw($gate, bytes('POST /connector/readSelfie',
        $json->encode(\%tx), "Authorization: $authorization",
        'Content-Length: ' . length $json->encode(\%tx)), 5);

    like(join(' ', @{statuses($text)}), qr/^40[013]$/, 'a key that is none: '
        . $authorization =~ s/[^ -~]/./gr);
}

is(scalar(() = heard()), 0, '... and the provider is not asked');


# Requests that are two to some: nothing behind the first one is run with its
# rights, and none is read twice.

my $body = $json->encode(\%tx);
my $length = 'Content-Length: ' . length $body;
my $hidden = bytes('POST /connector/deleteDocument', '{}',
    'Content-Length: 2');

for my $case (
    ['two lengths', "$body$hidden", "Authorization: $key", $length,
        'Content-Length: ' . length "$body$hidden"],
    ['a length and chunks', "0\r\n\r\n$hidden", "Authorization: $key", $length,
        'Transfer-Encoding: chunked'],
    ['chunks twice', "0\r\n\r\n$hidden", "Authorization: $key",
        'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['chunks of a sort', "0\r\n\r\n$hidden", "Authorization: $key",
        'Transfer-Encoding: xchunked'],
    ['a length that is none', "$body$hidden", "Authorization: $key",
        'Content-Length: +' . length $body],
    ['a folded header', $body, "Authorization: $key", $length, 'X: y',
        ' Content-Length: 0'],
    ['a chunk that is too long', "ffffffffffffffff1\r\n$body",
        "Authorization: $key", 'Transfer-Encoding: chunked'])
{
    my ($what, @parts) = @$case;
    my $text = Idv::HTTP::raw($gate, bytes('POST /connector/readSelfie',
        @parts), 5);

    cmp_ok(scalar @{statuses($text)}, '<=', 1, "$what: one answer at most");
    unlike(join(' ', @{statuses($text)}), qr/^200/, '... and no good one');
}

is(scalar(() = heard()), 0, '... and the provider is not asked');

my $first = bytes('POST /connector/readVerifyTransaction', $body,
    "Authorization: $key", $length) =~ s/Connection: close/Connection: keep-alive/r;

is_deeply(statuses(Idv::HTTP::raw($gate, $first . bytes(
    'POST /connector/deleteDocument', '{}', "Authorization: $reader",
    'Content-Length: 2'), 5)), [200, 403],
    'who comes behind has rights of its own');
heard();


# Bodies that are meant to hurt.  [what, body]

my $deep = 50_000;

my @bodies = (
    ['deep lists', '{"userId":' . '[' x $deep . ']' x $deep . '}'],
    ['deep objects', '{"a":' x $deep . '1' . '}' x $deep],
    ['half of it', '{"a":' x $deep],
    ['many members', '{' . join(',', map { "\"m$_\":1" } 1 .. 60_000) . '}'],
    ['many items', '{"userId":[' . '1,' x 200_000 . '1]}'],
    ['many phones', $json->encode({ userId => 'a', deviceOsType => 'x',
        verifyPhone => ['+1'] }) =~ s/"\+1"/join ',', ('"+1"') x 60_000/er],
    ['a member twice', '{"userId":"ann","transactionId":"t","userId":"bob"}'],
    ['... spelled otherwise',
        '{"userId":"ann","transactionId":"t","\u0075serId":"bob"}'],
    ['... of no capability', '{"userId":"ann","transactionId":"t","x":1,"x":2}'],
    ['... called as Perl and Python call them', '{"__proto__":{"userId":"ann"},'
        . '"constructor":1,"transactionId":"t"}'],
    ['a long number', '{"userId":' . '9' x 100_000 . '}'],
    ['a large one', '{"userId":1e999999}'],
    ['a long text', '{"userId":"' . 'a' x 900_000 . '"}'],
    ['a NUL', "{\"userId\":\"a\0b\"}"], ['an escaped NUL',
        '{"userId":"a\u0000b","transactionId":"t"}'],
    ['half a character', '{"userId":"\ud800","transactionId":"t"}'],
    ['UTF-16', "\xff\xfe{\0}\0"], ['a mark', "\xef\xbb\xbf$body"],
    ['bytes that are none', "{\"userId\":\"\xc0\xae\xc0\xae\"}"],
    ['something behind it', "$body$body"], ['a comment', "/**/$body"],
    ['a trailing comma', '{"userId":"ann","transactionId":"t",}'],
    ['gzip', "\x1f\x8b\x08" . 'x' x 1000],
    ['a list', "[$body]"], ['nothing', ''], ['blanks', ' ' x 500_000],
);

my $ping = Idv::HTTP->new(port => $gate);

for my $case (@bodies) {
    my ($what, $text) = @$case;
    my $start = time;
    my $answer = $connector->call($what =~ /phones/ ? 'createVerifyTransaction'
        : 'readVerifyTransaction', $text);

    is($answer->status, 400, "$what: refused");
    cmp_ok(time - $start, '<', 2, '... soon');
    cmp_ok(length $answer->body, '<', 16_000, '... in few words');
    ok($answer->json, '... that are JSON');
}

is($connector->call('readSelfie', 'x' x 1_100_000)->status, 413,
    'too much: refused');
is(scalar(() = heard()), 0, '... and the provider is not asked');


# Lines in texts stay texts: of the provider's requests, and of our answers.

my $line = "x\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1\r\n";
my $answer = $connector->call('createVerifyTransaction', { userId => 'ann',
    deviceOsType => $line, notifyEmail => $line, notifyPhone => $line,
    verifyEmail => [$line], verifyPhone => [$line], challenge => $line,
    referenceImage => $line, redirectUri => 'https://x/',
    redirectMessage => $line, biographic => [{ name => 'name',
        value => $line }] });
my @asked = heard();

is($answer->status, 200, 'lines in texts');
is(scalar @asked, 1, '... are one request');
ok(!exists $asked[0]{headers}{'x-evil'}, '... with our headers');
is_deeply($json->decode($asked[0]{body}), {
    sendNotification => { email => $line, phone => $line },
    requirements => { email => { options => [$line] }, phone => { value => $line },
        name => { value => $line }, referenceSelfie => { value => $line } },
    redirect => { url => 'https://x/', message => $line } },
    '... and are what they were');
is($answer->json->{challenge}, $line, '... in the answer, too');
is($answer->header('X-Evil'), undef, '... which has no other header');

# headers of a caller do not reach the provider

$connector->call('readVerifyTransaction', \%tx, map { $_ => 'evil' }
    qw(Cookie X-Forwarded-For Forwarded X-HTTP-Method-Override Range
       If-None-Match Expect-CT Correlation-Id Accept-Encoding Upgrade TE
       X-Ping-External-Transaction-ID Proxy-Authorization));
@asked = heard();

is(join(' ', sort grep { $asked[0]{headers}{$_} eq 'evil' }
    keys %{$asked[0]{headers}}), '', 'no header of a caller passes');


# Callers that go away, at every moment, and leave nothing.

my @workers = sort $nginx->workers;
my $whole = bytes('POST /connector/readVerifyTransaction', $body,
    "Authorization: $key", $length);

sub sockets { return scalar map { glob "/proc/$_/fd/*" } $nginx->workers }

$connector->call('readVerifyTransaction', \%tx) for 1 .. 4;
$ping->get('/ping');
heard();

my $before = sockets();

for my $stage (
    ['in the head', [@good], sub { substr $whole, 0, 40 }, 0],
    ['before the body', [@good], sub { $whole =~ s/\Q$body\E$//r }, 0],
    ['in the body', [@good], sub { substr $whole, 0, -5 }, 0],
    ['before the token', [{ path => '/', hang => 'request' }], sub { $whole },
        0.1],
    ['before the answer', [{ path => '/v1/', hang => 'request' }],
        sub { $whole }, 0.1],
    ['in the provider\'s answer', [{ path => '/v1/', hang => 'body',
        json => \%created }], sub { $whole }, 0.1],
    ['while it streams', [{ path => '/v1/', hang => 'body', body =>
        ['{"id":"', 'x', 400_000, '"}'] }], sub { $whole
            =~ s/\r\n\r\n/\r\nPrefer: return=minimal\r\n\r\n/r }, 0.1])
{
    my ($when, $rules, $what, $wait) = @$stage;

    $mock->rules($when =~ /token/ ? () : @token, @$rules);

    my @clients = map { my $client = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $gate); $client->syswrite($what->());
        $client } 1 .. 20;

    sleep $wait;

    for my $i (0 .. $#clients) {

        # half of them with a reset
        setsockopt($clients[$i], Socket::SOL_SOCKET(), Socket::SO_LINGER(),
            pack 'II', 1, 0) if $i % 2;
        close $clients[$i];
    }

    ok($nginx->wait_until(10, sub { sockets() <= $before }),
        "gone $when: nothing is left") or diag(sockets() . " of $before");
    is($ping->get('/ping')->status, 200, '... and others are served');
}

is_deeply([sort $nginx->workers], \@workers, 'no worker has died');


# All at once: each gets its answer, and a bystander does not wait.

$mock->rules(@token, { path => '/v1/', json => \%created, delay => 0.002 });

my $start = time;
my @answers = Idv::HTTP::parallel(map { { port => $gate, bytes => $whole } }
    1 .. 150);
my %got;

$got{$_->status}++ for @answers;
is(join(' ', grep { !/^(?:200|503)$/ } sort keys %got), '',
    '150 at once: answers, or a word that there is no room');
cmp_ok($got{200} // 0, '>=', 64, '... most of them good');
cmp_ok($ping->slowest('/ping', 10), '<', 0.5, '... and nobody else waits');
cmp_ok(time - $start, '<', 15, '... for long');

is($connector->call('readVerifyTransaction', \%tx)->status, 200,
    'and the next one is served');

# nginx itself quotes a header that comes twice, or is none

$nginx->spare(qr/client sent (?:duplicate|invalid) header line: "Authorization:/);
$nginx->forbid(Idv::Connector::KEY, Idv::Connector::READER);
Idv::Site::finish();
