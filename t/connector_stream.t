#!/usr/bin/perl

# Large answers of the connector: a caller with no use for rawResponse gets them
# as they come, they are never held whole, the provider is read no faster than
# the caller reads, and a caller that stops holds nothing for long.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Connector;
use Idv::Mock;
use Idv::Site;

use constant SIZE => 2_000_000;

my @token = ({ pattern => '/as/token$', json => { access_token => 't',
    token_type => 'Bearer', expires_in => 3600 } });
my $mock = Idv::Mock->new(@token);

my $connector = Idv::Connector->new(
    peer => 'http://127.0.0.1:' . $mock->port,
    provider => 'breaker failures=3 timeout=10s; idle_timeout 1s;',
    connector => 'idv_connector_timeout 1500ms; idv_connector_max_answer 8m;'
        . ' send_timeout 10s;');
my $nginx = $connector->site->nginx;

my %tx = (userId => 'ann', transactionId => 't');
my @minimal = (Prefer => 'return=minimal');
my $line = join '', map { chr(65 + $_ % 26) } 1 .. 1000;
my $image = $line x (SIZE / 1000);


# a body with so many images in it

sub body {
    my ($before, $times, $after) = @_;

    return [$before, $line, $times * SIZE / 1000, $after];
}

my $document = body('{"id":"d","_links":{"self":"x"},"value":"', 1,
    '","type":"Selfie"}');

# whole, as users of the connector know it: twice in the answer

rules({ body => $document });

my $before = memory();
my $small = $connector->call('readDocument', { %tx, documentId => 'd' },
    @minimal);
my $streamed = memory() - $before;

is($small->status, 200, 'in pieces: 200');
is($small->header('Transfer-Encoding'), 'chunked', 'in pieces: chunked');
is($small->header('Preference-Applied'), 'return=minimal',
    'in pieces: as preferred');

my $cut = '{"id":"d","value":"' . $image . '","type":"Selfie"}';

ok($small->body eq '{"statusCode":200,"headers":{},"document":' . $cut
    . ',"rawResponse":{}}', 'in pieces: all of it');

SKIP: {
    skip 'a sanitizer keeps what was freed', 1
        if $ENV{IDV_VARIANT} eq 'asan';
    cmp_ok($streamed, '<', 2048, "in pieces: $streamed KiB more");
}

my $both = $connector->call('readDocument', { %tx, documentId => 'd' });

is($both->header('Content-Length'), length $both->body, 'whole: of a length');
ok($both->body eq '{"statusCode":200,"headers":{},"document":' . $cut
    . ',"rawResponse":' . $cut . '}', 'whole: twice');

# pieces are passed on when they are there

rules({ raw => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    . "Connection: close\r\n\r\n{\"id\":\"d\"",
    then => 'hang' });
$connector->http->send('POST', '/connector/readDocument',
    Authorization => 'Bearer ' . Idv::Connector::KEY, @minimal,
    'Content-Type' => 'application/json', -body =>
    '{"userId":"a","transactionId":"t","documentId":"d"}');

my $early = $connector->http->{socket};
my $first = '';

while ($first !~ /"id":"d"/ && Idv::HTTP::readable($early, 5)) {
    last unless $early->sysread($first, 4096, length $first);
}

like($first, qr/"statusCode":200.*"document":.*"id":"d"/s,
    'a piece arrives before the provider has ended');

my $broken = drain($early);

unlike($broken, qr/\r\n0\r\n/, 'and what breaks off has no end');
$connector->http->close;

# what is not JSON is found out on the way

for my $case (
    ['a bad byte', { body => body('{"id":"d","value":"', 1, "\x01\"}") }],
    ['half an object', { body => body('{"id":"d","value":"', 1, '"') }],
    ['a provider that goes away', { body => $document, stop => SIZE / 2 }],
    ['too much', { body => body('{"id":"d","value":"', 5, '"}'),
        length => 'none' }])
{
    my ($name, $rule) = @$case;

    rules($rule);

    my $bad = $connector->call('readDocument', { %tx, documentId => 'd' },
        @minimal);

    like($bad->error // '', qr/\w/, "$name: no end");
    is($bad->status || 200, 200, "$name: it had begun");
}

$connector->refused($connector->call('readDocument',
    { %tx, documentId => 'd' }), 502, 'PROVIDER_UNUSABLE',
    'too much, as a whole');

# a caller that reads slowly, and one that does not read

rules({ body => $document });

my $slow = slow();
my $text = '';
my $begun = time;

while (Idv::HTTP::readable($slow, 5)) {
    last unless $slow->sysread($text, 65536, length $text);
    last if $text =~ /\r\n0\r\n\r\n$/;
    sleep 0.01;
}

like($text, qr/\r\n0\r\n\r\n$/, 'a slow caller gets all of it');

# more than the buffers of all sockets take, of which less than is taken at most
# is read

my $endless = { body => body('{"id":"d","value":"', 15, '"}'),
    length => 'none' };

rules($endless);

my $mark = $nginx->log->mark;
my $deaf = slow();

$begun = time;
sleep 0.5;

my $written = written();

sleep 0.3;
is(written(), $written, 'nothing more is read for who does not read');

ok($nginx->wait_until(10, sub {
    $nginx->log->since($mark) =~ /connector: readDocument: the answer has/ }),
    'the call ends');

my $took = time - $begun;

cmp_ok($took, '>', 1.2, 'not before its time');
cmp_ok($took, '<', 6, "nor long after: $took s");
unlike(drain($deaf), qr/\r\n0\r\n/, 'what was left has no end');

rules({ body => $document });
is($connector->call('readDocument', { %tx, documentId => 'd' }, @minimal)
    ->status, 200, 'others are served');

# a caller that goes away takes everything along

rules($endless);
$mark = $nginx->log->mark;
my $gone = slow();

sleep 0.3;
close $gone;
ok($nginx->wait_until(5, sub {
    $nginx->log->since($mark) =~ /idv transfer cancel/ }),
    'an aborted caller frees its transfer');

rules({ hang => 'request' });
$mark = $nginx->log->mark;
$connector->http->send('POST', '/connector/readSelfie',
    Authorization => 'Bearer ' . Idv::Connector::KEY,
    'Content-Type' => 'application/json', -body =>
    '{"userId":"a","transactionId":"t"}');
sleep 0.3;
$connector->http->close;
ok($nginx->wait_until(5, sub {
    $nginx->log->since($mark) =~ /idv transfer cancel/ }),
    'so does one that waits');
ok($nginx->wait_until(5, sub { scalar $mock->abandoned }),
    'and the provider is left');

Idv::Site::finish();


sub rules {
    my ($rule) = @_;

    $mock->rules(@token, { path => '/v1/', %$rule });
}


sub slow {
    my $client = Idv::HTTP->new(port => $connector->site->port('gate'));

    $client->send('POST', '/connector/readDocument',
        Authorization => 'Bearer ' . Idv::Connector::KEY, @minimal,
        'Content-Type' => 'application/json', -body =>
        '{"userId":"a","transactionId":"t","documentId":"d"}');

    return $client->{socket};
}


sub drain {
    my ($socket) = @_;

    my $text = '';

    while (Idv::HTTP::readable($socket, 5)) {
        last unless $socket->sysread($text, 65536, length $text);
    }

    return $text;
}


# bytes that the provider's process has written so far

sub written {
    open my $file, '<', "/proc/$mock->{pid}/io" or return 0;
    my ($bytes) = join('', <$file>) =~ /^wchar: (\d+)/m;

    return $bytes;
}


# the most that the workers have had, in KiB

sub memory {
    my $sum = 0;

    for my $pid ($nginx->workers) {
        open my $file, '<', "/proc/$pid/status" or next;
        my ($kib) = join('', <$file>) =~ /^VmHWM:\s+(\d+)/m;
        $sum += $kib;
    }

    return $sum;
}
