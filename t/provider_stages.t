#!/usr/bin/perl

# A provider that breaks off, resets or falls silent at each stage of its answer,
# or answers with what is none: everybody meets another fault at the same time,
# of one worker, which serves others all the while.  Who wanted a transaction
# gets 503, and it was asked for once; who polls is told the state as it was.
# When the provider is well, everybody goes on.

# variants: asan

use strict;
use warnings;

use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::HTTP;
use Idv::PingOne;

my $pingone = Idv::PingOne->new;

# what would be a success, if it were whole, and asked for
my $good = $pingone->transaction_json(
    transactionStatus => { status => 'SUCCESS' });
my $text = JSON::PP->new->canonical->encode($good);
my $head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
my $chunked = "${head}Transfer-Encoding: chunked\r\n\r\n";
my $chunk = sprintf "%x\r\n%s\r\n", length $text, $text;

my %places = (
    'before the first byte' => 0,
    'in the protocol' => 5,
    'in the status' => 11,
    'behind the status line' => 19,
    'in the name of a header' => 24,
    'in its value' => 38,
    'before the last line of the head' =>
        length "HTTP/1.1 200 Mock\r\nContent-Type: application/json\r\n",
    'in the body' => 160,
    'before the last byte' => -1,
);

my %cuts = (
    'in the size of a chunk' => "${chunked}1",
    'in a chunk' => $chunked . substr($chunk, 0, 60),
    'behind a chunk' => "$chunked$chunk",
    'in the last chunk' => "$chunked${chunk}0",
);

my @faults;

for my $then (qw(close reset hang)) {
    push @faults, map { ["$then, $_", { json => $good, stop => $places{$_},
                                        then => $then }] } sort keys %places;
    push @faults, map { ["$then, $_", { raw => $cuts{$_}, then => $then }] }
        sort keys %cuts;
}

push @faults, (
    ['100,000 headers', { json => $good,
        headers => ['X-A' => ["1\r\nX-A: ", 100_000]] }],
    ['100,000 times "continue"', {
        raw => ["HTTP/1.1 100 Continue\r\n\r\n", 100_000] }],
    ['two lengths', { raw => $head . 'Content-Length: ' . length($text)
        . "\r\nContent-Length: 20\r\n\r\n$text" }],
    ['a length below zero', { raw => "${head}Content-Length: -1\r\n\r\n$text" }],
    ['a length that is too long for a number', { raw =>
        $head . 'Content-Length: ' . '9' x 40 . "\r\n\r\n$text" }],
    ['a length that is no number', { raw =>
        "${head}Content-Length: many\r\n\r\n$text" }],
    ['a chunk that is too large', { raw => "${chunked}fffffffffffffffff\r\n" }],
    ['a byte at a time', { json => $good, drip => 0.2 }],
    ['a status of five digits', { raw =>
        "HTTP/1.1 20000 OK\r\n\r\n$text" }],
);

my %people = map { (sprintf('s%02d', $_) => {}) } 0 .. $#faults;
my @names = sort keys %people;

my $site = $pingone->site(workers => 1, people => \%people,
    locations => <<'END', provider => <<'END');
        location = /bystander { auth_basic off; return 200 "fine"; }
END
    breaker         off;
    connect_timeout 500ms;
    idle_timeout    500ms;
    timeout         1s;
    poll_wait       5s;
    max_connections 200;
END


# each of kind meets a fault of its own

sub faults {
    my ($kind) = @_;

    my $tail = $kind eq 'create' ? '$' : '/[^/]+$';

    $pingone->fault(map { ($kind => { %{$faults[$_][1]},
        pattern => "/users/$names[$_]/verifyTransactions$tail" }) }
        0 .. $#faults);
}


# how often each was asked for; on new connections: a kept one that dies is no
# try

sub asked {
    my ($kind, $fresh) = @_;

    my %count;
    $count{$_->{path} =~ m{/users/(\w+)/} && $1}++
        for grep { !$fresh || $_->{nth} == 1 } $pingone->calls($kind);

    return \%count;
}


# everybody does that at once, and a hundred others come by

sub together {
    my ($name, @messages) = @_;

    my $other = Idv::HTTP->new(port => $site->port('gate'));

    my @answers = Idv::HTTP::parallel(
        (map { { port => $site->port('gate'), bytes => $_ } } @messages),
        (map { { port => $site->port('gate'),
                 bytes => $other->bytes('GET', '/bystander') } } 1 .. 100));

    my @fine = splice @answers, scalar @messages;
    is(scalar(grep { $_->body eq 'fine' } @fine), 100,
        "$name: a hundred others are served");

    return @answers;
}


my @flows = map { $site->flow($_) } @names;

# somebody brings the token, which is not what this is about
is($site->flow('bob')->device('self')->status, 200, 'all is well');

faults('create');

my @answers = together('create', map { $_->client->bytes($_->message(
    deviceAuthentication => { deviceAuthentication => 'self' })) } @flows);

my $asked = asked('create');

for my $i (0 .. $#faults) {
    my $json = $answers[$i]->json || {};

    is(join(' ', $answers[$i]->status, $json->{code} // '',
            $asked->{$names[$i]} // 0),
        '503 REQUEST_FAILED 1', "$faults[$i][0]: 503, and asked for once");
}

$_->read for @flows;
is(scalar(grep { $_->status eq 'ID_VERIFICATION_DEVICE' } @flows),
    scalar @flows, 'they stay where they were');

# the provider is well, and everybody has a code

$pingone->well;
$_->device('self') for @flows;
is(scalar(grep { $_->status eq 'ID_VERIFICATION_REQUIRED' } @flows),
    scalar @flows, 'then they have their codes');

# and now the same for those who poll

faults('read');
@answers = together('read', map { $_->client->bytes(
    $_->message('poll', {})) } @flows);
$asked = asked('read', 1);

for my $i (0 .. $#faults) {
    my $json = $answers[$i]->json || {};

    is(join(' ', $answers[$i]->status, $json->{status} // ''),
        '200 ID_VERIFICATION_REQUIRED', "$faults[$i][0]: 200");
    cmp_ok($asked->{$names[$i]} // 0, '<=', 3, 'after three tries at most');
}

$pingone->well;
$pingone->status('IN_PROGRESS');
is(scalar(grep { $_->reach('ID_VERIFICATION_IN_PROGRESS') } @flows),
    scalar @flows, 'then they go on');


# An answer that nobody has asked for, behind one that is good: it is not the
# answer to the next question on that connection.

$pingone->well;
$pingone->status('REQUESTED');

my $planted = $head . 'Content-Length: ' . length($text) . "\r\n\r\n$text";
my $eve = $site->flow('eve');

$pingone->fault(create => { status => 201, extra => $planted,
    json => $pingone->transaction_json });
is($eve->device('self')->status, 200, 'an answer with another behind it');

for (1 .. 3) {
    sleep 0.2;
    $eve->poll;
    is($eve->status, 'ID_VERIFICATION_REQUIRED', 'is not believed');
    $pingone->fault(read => { json => $pingone->transaction_json,
                              extra => $planted });
}

is(scalar $pingone->calls('data'), 0, 'nothing was taken for a success');


# A peer that does not speak TLS.

my $peer = Idv::Mock->new;
$site = Idv::Site->new(name => 'tls', workers => 1,
    peer => 'https://localhost:' . $peer->port,
    provider => 'breaker off; connect_timeout 400ms; timeout 400ms;');

my $bob = $site->flow('bob');

for my $case (
    # a slow worker sees the reset when it asks how connecting went
    ['resets', { reset => 'accept' }, qr/(?:reset|connect|tls): /],
    ['answers plainly', { greet => $planted }, qr/tls: /],
    ['sends half a record', { greet => "\x16\x03\x03\x00\x50\x02" },
        qr/timeout: |no answer/],
    ['sends an alert', { greet => "\x15\x03\x03\x00\x02\x02\x28" }, qr/tls: /],
) {
    my ($name, $rule, $why) = @$case;
    my $mark = $site->nginx->log->mark;

    $peer->rules($rule);

    my $answer;

    # a token that failed is not tried again at once
    $site->nginx->wait_until(15, sub {
        $answer = $bob->device('other');
        return $site->nginx->log->said($mark);
    });

    is($answer->status, 503, "a peer that $name: 503");
    like(($site->nginx->log->said($mark))[0] // '', $why, 'says why');
}

$site->finish;
