#!/usr/bin/perl

# A provider that answers with anything but what it should, over real TCP: what
# creates gets 503 and the flow stays where it was, a poll gets 200 and the
# state as it was, the log has one line that says what and why, and as soon as
# the provider is well the flow goes on.  Nothing of it is ever a success.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::HTTP;
use Idv::PingOne;

my $pingone = Idv::PingOne->new;

my $site = $pingone->site(provider => <<'END');
    breaker         off;
    connect_timeout 400ms;
    idle_timeout    400ms;
    timeout         1000ms;
    poll_wait       5s;
END

my $log = $site->nginx->log;

# what a provider would say that means it well; half of it is worse than none
my $good = $pingone->transaction_json(
    transactionStatus => { status => 'SUCCESS' });
my $text = JSON::PP->new->canonical->encode($good);

# a repetition may meet the end of the call's own time
my $late = qr/timeout: |no answer within the time of the call/;

my $redirected = 'http://127.0.0.1:' . $pingone->port . '/elsewhere';

# Name, what happens, what the log says of it; and get or post where it makes
# sense for a read or a creation only.

my @faults = (

    # the connection

    # a slow worker sees the reset when it asks how connecting went
    ['a connection that is reset', { accept => 1, reset => 'accept' },
        qr/(?:reset|connect): /],
    ['a peer that never reads', { accept => 1, hang => 'accept' },
        $late],
    ['a reset after the request', { reset => 'request' }, qr/reset: /],
    ['silence', { hang => 'request' }, $late],
    ['silence after the headers', { json => $good, hang => 'headers' },
        $late],
    ['silence in the body', { json => $good, hang => 'body' },
        $late],
    ['byte by byte', { json => $good, drip => 0.1 },
        $late],
    ['a close without an answer', { raw => '' }, qr/reset: /],
    ['a reset in the body', { json => $good, stop => 150, then => 'reset' },
        qr/reset: /],
    ['a close in the headers', { json => $good, stop => 40 },
        qr/reset: |protocol: |it is not JSON/],
    ['a body that is too short', { json => $good, length => 9999 },
        qr/reset: /],

    # HTTP

    ['another protocol', { raw => "SSH-2.0-x\r\n" }, qr/protocol: /],
    ['no status line', { raw => $text }, qr/protocol: /],
    ['an early answer and nothing more',
        { raw => "HTTP/1.1 100 Continue\r\n\r\n" }, qr/reset: /],
    ['chunks that are none', { raw => "HTTP/1.1 200 OK\r\n"
        . "Transfer-Encoding: chunked\r\n\r\nzz\r\n$text\r\n0\r\n\r\n" },
        qr/reset: |protocol: /],
    ['a header of 1 MB', { json => $good,
        headers => ['X-Long' => ['x', 1048576]] }, qr/too large: /],
    ['a thousand headers', { json => $good,
        headers => [map { ("X-Many-$_" => 'x' x 40) } 1 .. 1000] },
        qr/too large: /],
    ['short headers, too many', { json => $good,
        headers => [map { ("X-$_" => 1) } 1 .. 256] }, qr/too large: /],
    ['10 MB of JSON', { json => $good, pad => 10 * 1024 * 1024 },
        qr/too large: /],
    ['10 MB of JSON, not announced', { json => $good,
        pad => 10 * 1024 * 1024, length => 'none' }, qr/too large: /],

    # what is in it

    ['a page', { body => '<html><body>Gateway</body></html>',
        headers => ['Content-Type' => 'text/html'] }, qr/HTTP 200 .*not JSON/],
    ['nothing', { body => '' }, qr/HTTP 200 .*not JSON/],
    ['no content', { status => 204 }, qr/HTTP 204 .*not JSON/],
    ['JSON that is cut', { body => substr($text, 0, -10) }, qr/not JSON/],
    ['JSON that is cut by its length', { body => $text, length => 120,
        then => 'close' }, qr/not JSON/],
    ['JSON and something', { body => "$text x" }, qr/not JSON/],
    ['JSON of a thousand levels',
        { body => '[' x 1000 . $text . ']' x 1000 }, qr/not JSON/],
    ['bytes', { body => "\x1f\x8b\x08\x00\xff\xfe\x00",
        headers => ['Content-Encoding' => 'gzip'] }, qr/not JSON/],
    ['a list', { json => [$good] }, qr/it is not an object/],
    ['null', { body => 'null' }, qr/of no use/],
    ['a text', { body => '"SUCCESS"' }, qr/of no use/],
    ['an empty object', { json => {} }, qr/"id" is not a UUID/],
    ['an id that is a number', change(id => 1), qr/"id" is not a UUID/],
    ['an id that leads away', change(id => '../../users/eve'),
        qr/"id" is not a UUID/],
    ['no status', change(transactionStatus => undef),
        qr/"transactionStatus" is not an object/],
    ['a status that is a text', change(transactionStatus => 'SUCCESS'),
        qr/"transactionStatus" is not an object/],
    ['a status that is a number', change(transactionStatus => { status => 1 }),
        qr/status" is not a string/],
    ['a status that is a list',
        change(transactionStatus => { status => ['SUCCESS'] }),
        qr/status" is not a string/],
    ['an empty status', change(transactionStatus => { status => '' }),
        qr/status" is not a string/],
    ['a transaction of another user', change(user => { id => 'mallory' }),
        qr/another user/],
    ['a transaction of another environment',
        change(environment => { id => Idv::PingOne::TRANSACTION }),
        qr/another environment/],

    ['another transaction',
        change(id => 'b2a7c9e0-5f14-4d3b-8c6a-71e90d2f4b58'),
        qr/another transaction/, 'get'],

    ['no link', change(webVerificationUrl => undef), qr/"webVerificationUrl"/,
        'post'],
    ['a link that is a script', change(webVerificationUrl =>
        'javascript:alert(1)//?txnid=1'), qr/"webVerificationUrl"/, 'post'],
    ['a link that is too long', change(webVerificationUrl =>
        'https://verify.example/?c=' . 'x' x 400), qr/too long/, 'post'],
    ['a code that is none', change(webVerificationCode => '<b>1</b>'),
        qr/"webVerificationCode" is not a code/, 'post'],

    # what the status says

    (map { ["HTTP $_", { status => $_, json => $good }, qr/HTTP $_\b/] }
        300, 304, 400, 403, 405, 409, 418, 500, 501, 502, 503, 504, 599),

    ['HTTP 408', { status => 408, json => $good }, qr/HTTP 408/],
    ['a redirect', { status => 302, headers => ['Location' => $redirected] },
        qr/HTTP 302/],
    ['a redirect that keeps the method', { status => 307,
        headers => ['Location' => $redirected] }, qr/HTTP 307/],
    ['a 404 of something in between', { status => 404, body => 'not here' },
        qr/HTTP 404/],
    ['an error of PingOne', { status => 400, json => {
        id => '0b1d7a52-6d0f-4d3a-9a57-3c8e2f1b6d04',
        code => 'INVALID_DATA', message => 'ann@example.com is not valid',
        details => [{ code => 'INVALID_VALUE', target => 'ann' }] } },
        qr/HTTP 400, code INVALID_DATA, detail INVALID_VALUE, error 0b1d7a52/],
    ['an error with a code that is none', { status => 500, json => {
        code => "ann\@example.com\n[alert]", message => 'x' } },
        qr/HTTP 500$/],
);


sub change {
    my (%more) = @_;

    return { json => $pingone->transaction_json(
        transactionStatus => { status => 'SUCCESS' }, %more) };
}


# sets the fault for one kind of request; those that happen when a connection is
# accepted need new connections

sub provoke {
    my ($kind, $rule) = @_;

    my %rule = %$rule;

    return $pingone->fault($kind => \%rule) unless delete $rule{accept};

    $pingone->mock->stop;
    $pingone->fault(accept => \%rule);
    $pingone->mock->start;
}


# what the log says of the provider since a mark

sub complaints {
    my ($mark) = @_;

    return grep { /^error: idv: provider "local": / } $log->said($mark);
}


# sets the fault, does what shall fail, and looks at what is left behind

sub suffer {
    my ($kind, $fault, $do) = @_;

    my ($name, $rule, $why) = @$fault;
    my $mark = $log->mark;

    provoke($kind => $rule);

    my $start = time;
    my $answer = $do->("$kind, $name");

    cmp_ok(time - $start, '<', 5, 'in time');

    # libcurl's deadlines need not have passed where polls do not wait for them
    $site->nginx->wait_until(4, sub { scalar complaints($mark) });

    my @lines = $log->said($mark);
    is(scalar @lines, 1, 'one line in the log') or diag("@lines");
    like($lines[0] // '',
        qr/^error: idv: provider "local": $kind transaction: .*$why/,
        'that says which and why');

    if ($rule->{accept}) {
        $pingone->mock->stop;
        $pingone->mock->start;
    }
}


# somebody brings the token

is($site->flow('eve')->device('self')->status, 200, 'all is well');


# Bob, who has no contacts, tries to get a code, with one flow, from fault to
# fault.

my $bob = $site->flow('bob');
my $id = $bob->id;

for my $fault (grep { !$_->[3] || $_->[3] ne 'get' } @faults) {
    my $calls = $pingone->calls('create');

    suffer(create => $fault, sub {
        my ($name) = @_;

        my $answer = $bob->device('other');
        my $json = $answer->json || {};

        is($answer->status . ' ' . ($json->{code} // ''), '503 REQUEST_FAILED',
            "$name: 503");
        is($json->{details}[0]{code}, 'SERVICE_UNAVAILABLE', 'with a reason');
        like($answer->header('Retry-After'), qr/^[1-9]\d*$/, 'and a time');
        ok(!exists $json->{status}, 'it is no state');
    });

    cmp_ok($pingone->calls('create') - $calls, '<=', 1, 'asked once at most');

    $bob->read;
    is($bob->id . ' ' . $bob->status, "$id ID_VERIFICATION_DEVICE",
        'the flow stays where it was');
}

$pingone->well;
is($bob->device('other')->status, 200, 'the provider is well');
is($bob->status, 'ID_VERIFICATION_REQUIRED', 'and bob has his code');
is($bob->state->{verificationCode}, Idv::PingOne::CODE, 'which is PingOne\'s');


# He and others wait for their phones, and poll, in turn: nobody so often that
# nothing would be read.

my @waiting = ([$bob, time]);

for my $name (('ann', 'eve', 'sam') x 3) {
    my $flow = $site->flow($name);
    $flow->device('self');
    push @waiting, [$flow, time];
}

for my $fault (grep { !$_->[3] || $_->[3] ne 'post' } @faults) {
    my ($flow, $last) = @{shift @waiting};
    my $early = $last + 0.25 - time;

    sleep $early if $early > 0;

    suffer(read => $fault, sub {
        my ($name) = @_;

        my $before = $flow->id;

        is($flow->poll->status, 200, "$name: 200");
        is($flow->id . ' ' . $flow->status, "$before ID_VERIFICATION_REQUIRED",
            'with the state as it was');
    });

    # from when its read was over, so that the next poll is one
    push @waiting, [$flow, time];

    is($flow->client->get('/')->status, 403, 'the gate is closed');
}

is(scalar $pingone->mock->calls('/elsewhere'), 0, 'no redirect was followed');
is(scalar $pingone->calls('data'), 0, 'nothing was taken for a success');


# The provider is not there at all.

my $other = $site->flow('bob', client => $site->client('bob'));

sleep 0.2;
$pingone->mock->stop;

suffer(create => ['refused', {}, qr/connect: /], sub {
    is($other->device('other')->status, 503, 'refused');
});

suffer(read => ['refused', {}, qr/connect: /], sub {
    is($bob->poll->status, 200, 'refused');
});

$pingone->mock->start;


# And well again: the flows go on.

$pingone->well;
$pingone->status('IN_PROGRESS');
ok($bob->reach('ID_VERIFICATION_IN_PROGRESS'), 'the phone was not forgotten');
is($other->device('other')->status, 200, 'and codes are to be had');

$site->finish;
