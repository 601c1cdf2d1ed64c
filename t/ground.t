#!/usr/bin/perl

# What the other tests stand on: that the checks at the end of each see what
# they are for, that the client reads what servers send, and that the server
# that misbehaves does so as told.

# variants: plain

use strict;
use warnings;

use File::Temp ();
use Test::More;
use Time::HiRes qw(time);

use Idv::HTTP;
use Idv::Log;
use Idv::Mock;


# the log

my $begin = '2026/11/22 10:00:00';

my $log = log_of(
    "$begin [notice] 7#7: start worker process 8",
    "$begin [notice] 7#7: start worker process 9",
    "$begin [notice] 7#7: start worker process 10",
    "$begin [notice] 7#7: worker process 8 exited with code 0",
    "$begin [notice] 7#7: worker process 9 exited with code 23",
    "$begin [debug] 8#8: *1 http header: \"Cookie: s3cret\"",
    'Set-Cookie: s3cret',
    "$begin [debug] 8#8: *1 idv flow: DEVICE -> OPTIONS",
    "$begin [alert] 7#7: worker process 9 exited on signal 6",
    '==8==ERROR: AddressSanitizer: heap-use-after-free on address',
    'src/x.c:1:2: runtime error: shift exponent 64 is too large',
);

is(join(' ', $log->failed_workers), '9 10',
    'a worker with a code and one that never ended are found');
is(scalar $log->alerts, 1, 'an alert is found');
is(scalar $log->alerts(qr/on signal/), 0, 'an alert may be expected');
is(scalar $log->reports, 2, 'reports of both sanitizers are found');
is(scalar $log->leaks('s3cret'), 0, 'what nginx itself debugs is not ours');

is(scalar log_of("$begin [debug] 8#8: *1 idv token s3cret")->leaks('s3cret'),
    1, 'a secret in our own debug line is found');
is(scalar log_of("$begin [info] 8#8: *1 whatever s3cret")->leaks('s3cret'),
    1, 'a secret in any other line is found');
is(scalar log_of('s3cret')->leaks('s3cret'),
    1, 'a secret outside of nginx\'s form is found');


sub log_of {
    my ($file, $path) = File::Temp::tempfile(UNLINK => 1);

    print $file "$_\n" for @_;
    close $file;

    return Idv::Log->new($path);
}


# the client and the server that misbehaves

my $mock = Idv::Mock->new(
    { path => '/json', method => 'POST', json => { a => 1 } },
    { path => '/twice', times => 2, status => 503,
      headers => ['Retry-After' => 7] },
    { path => '/twice', body => 'fine' },
    { path => '/chunked', raw => "HTTP/1.1 200 OK\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n"
        . "0\r\n\r\n", then => 'keep' },
    { path => '/continue', raw => "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"
        . "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      then => 'keep' },
    { path => '/unbounded', raw => "HTTP/1.1 200 OK\r\n\r\nto the end" },
    { path => '/short', body => 'abc', length => 10 },
    { path => '/cookies', headers => [
        'Set-Cookie' => 'a=1; Path=/', 'Set-Cookie' => 'b=2; Path=/deep',
        'Set-Cookie' => 'c=3; Path=/; Secure'] },
    { path => '/drip', body => 'xy', drip => 0.002 },
    { path => '/late', delay => 0.3, body => 'late' },
    { path => '/hang', hang => 'request' },
    { path => '/headers', hang => 'headers', body => 'abc' },
    { path => '/body', hang => 'body', body => 'abcdefgh' },
    { path => '/reset', reset => 'request' },
);

my $ua = Idv::HTTP->new(port => $mock->port, timeout => 2);

is($ua->get('/none')->status, 404, 'no rule: 404');
is_deeply($ua->post('/json', '{}')->json, { a => 1 }, 'a JSON answer');
is($ua->get('/json')->status, 404, 'a rule for one method');

my @twice = map { $ua->get('/twice') } 1 .. 3;
is(join(' ', map { $_->status } @twice), '503 503 200', 'a rule for two times');
is($twice[0]->header('retry-after'), 7, 'a header, in any case');

is($ua->get('/chunked')->body, 'abcde', 'chunks');
is($ua->get('/continue')->body, 'ok', 'an early answer is passed over');
is($ua->get('/unbounded')->body, 'to the end', 'a body without a length');
is($ua->get('/short')->status, 0, 'a body that is cut is no answer');

my @cookies = $ua->get('/cookies')->header('Set-Cookie');
is(scalar @cookies, 3, 'three headers of one name');
is($ua->cookies('/x'), 'a=1', 'a cookie for this path and without TLS');
is($ua->cookies('/deep/x'), 'a=1; b=2', 'cookies for that path');

is($ua->get('/drip')->body, 'xy', 'byte by byte');

my $start = time;
is($ua->get('/late')->body, 'late', 'a late answer');
cmp_ok(time - $start, '>=', 0.3, 'was late');

for my $path (qw(/hang /headers /body)) {
    my $start = time;
    is($ua->get($path)->error, 'timed out', "$path: nothing more comes");
    cmp_ok(time - $start, '>=', 1.9, "$path: was waited for");
}

like($ua->get('/reset')->error, qr/reset/, 'a reset');

is(scalar $mock->calls('/twice'), 3, 'calls are counted');
is(($mock->calls('/json'))[0]{body}, '{}', 'and kept');

my @answers = Idv::HTTP::parallel(map {
    { port => $mock->port, bytes => $ua->bytes('GET', '/twice') }
} 1 .. 300);

is(scalar(grep { $_->status == 200 } @answers), 300, '300 clients at once');

$mock->rules({ reset => 'accept' });
$ua->close;
is($ua->get('/twice')->status, 0, 'refused before the request');

$mock->stop;
like($ua->get('/twice')->error, qr/cannot connect/, 'nobody listens');

done_testing();
