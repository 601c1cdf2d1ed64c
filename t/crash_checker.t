#!/usr/bin/perl

# Who checks the crowd: a history that is good is found good, and each thing
# that must not happen is found in one where it does.

# variants: plain

use strict;
use warnings;

use File::Temp ();
use Test::More;

use Idv::History;

my $dir = File::Temp::tempdir(TMPDIR => 1, CLEANUP => 1);
my ($T1, $T2) = map { "$_-0000-4000-8000-000000000000" } qw(t1000000 t2000000);


# An answer, shortly: kind, HTTP status, state (V: for what begins with
# ID_VERIFICATION_), and what else it has.  Each is
# sent a second after the last one, and takes half a second.

my ($number, $at);

sub told {
    my ($kind, $http, $status, %more) = @_;

    $at++;

    my %request = (number => ++$number, user => 'ann', connection => 1,
        nth => $number, worker => 7, kind => $kind, sent => $at,
        received => $at + 0.5, flow => 'F', http => $http,
        status => $status =~ s/^V:/ID_VERIFICATION_/r,
        tx => '-', issued => 0, session => 0, error => '-', %more);

    return join "\t", 'R', @request{qw(number user connection nth worker kind
        sent received flow http status tx issued session error)};
}


sub phone { join "\t", 'P', $at + 0.7, @_ }


# what is found in a history, as "kind: text"

sub found {
    my ($lines, %more) = @_;

    open my $file, '>', "$dir/history" or die "history: $!";
    print $file map { "$_\n" } @$lines;
    close $file;

    my $history = Idv::History->new("$dir/history");

    return map { "$_->[0]: $_->[1]" } $history->check(%more);
}


sub verified {
    ($number, $at) = (0, 0);

    return (
        told('start', 403, 'V:DEVICE'),
        told('deviceAuthentication', 200, 'V:REQUIRED', tx => $T1),
        phone($T1, 'SUCCESS'),
        told('poll', 200, 'V:COMPLETED'),
        told('continueAuthentication', 200, 'COMPLETED', tx => $T1,
            issued => 1),
        told('admit', 200, '-', session => 4),
    );
}

my %visit = (s => 4, n => 1, user => 'ann', tx => $T1, time => 6);
my @app = (app => [\%visit]);


is_deeply([found([verified], @app)], [], 'a good history');


# name, what is found, lines after a good history, and what else there was

my @none = (flow => '-');

my @bad = (
    ['no answer', qr/^lost: no answer/,
        sub { told('poll', 0, '-', error => 'timed out') }, @app],
    ['no answer of a worker that was not killed', qr/^lost: no answer/,
        sub { told('admit', 0, '-', error => 'closed without an answer') },
        @app, killed => { 8 => 1 }],
    ['no answer on a new connection at a reload', qr/^lost: no answer/,
        sub { told('admit', 0, '-', error => 'closed without an answer',
                   nth => 1) }, @app, told => { 7 => 1 }],
    ['half an answer at a reload', qr/^lost: no answer/,
        sub { told('admit', 0, '-', error => 'closed in the body') }, @app,
        told => { 7 => 1 }],
    ['an error of the server', qr/^wrong: an error of the server/,
        sub { told('read', 500, '-', @none) }, @app],
    ['stuck', qr/^lost: stuck: ann G REQUIRED/,
        sub { "S\t9\tann\tG\tREQUIRED" }, @app],
    ['completed twice', qr/^wrong: flow F: completed twice/,
        sub { told('continueAuthentication', 200, 'COMPLETED', tx => $T1,
                   issued => 1) }, @app],
    ['it comes back', qr/^wrong: flow F: ENDED -> REQUIRED/,
        sub { told('read', 200, 'V:REQUIRED', tx => $T1) }, @app],
    ['a session is refused', qr/^wrong: a session is refused/,
        sub { told('admit', 403, 'V:DEVICE', session => 4, flow => 'G') }, @app],
    ['admitted without a session', qr/^wrong: admitted without a session/,
        sub { }, app => [\%visit, { %visit, s => 0, n => 2 }]],
    ['admitted after the end of the session',
        qr/^wrong: admitted without a session/, sub { },
        app => [\%visit, { %visit, s => 'revoked', n => '-' }]],
    ['admitted as somebody else', qr/^wrong: admitted as somebody else/,
        sub { }, app => [{ %visit, user => 'bob' }]],
    ['admitted for another transaction', qr/^wrong: admitted as somebody else/,
        sub { }, app => [{ %visit, tx => $T2 }]],
    ['admitted before the phone', qr/^wrong: admitted without a success/,
        sub { }, app => [{ %visit, time => 1 }]],
    ['a request comes twice', qr/^wrong: visit 1 came 2 times/,
        sub { }, app => [\%visit, \%visit]],
    ['an answer of nobody', qr/^wrong: answered without the application/,
        sub { }, app => []],
    ['lost', qr/^lost: flow G: REQUIRED -> GONE/, sub {
        told('deviceAuthentication', 200, 'V:REQUIRED', tx => $T2, flow => 'G'),
        told('poll', 404, 'RESOURCE_NOT_FOUND', flow => 'G') }, @app],
    ['lost, though somebody tried to cancel', qr/^lost: flow G: OPTIONS -> G/,
        sub {
        told('read', 200, 'V:OPTIONS', flow => 'G'),
        told('cancelAuthentication', 404, 'RESOURCE_NOT_FOUND', flow => 'G')
        }, @app],
    ['back by itself', qr/^wrong: flow G: REQUIRED -> DEVICE/, sub {
        told('read', 200, 'V:REQUIRED', tx => $T2, flow => 'G'),
        told('read', 200, 'V:DEVICE', flow => 'G') }, @app],
    ['completed without the phone',
        qr/^wrong: flow G: REQUIRED -> COMPLETED/,
        sub {
        told('read', 200, 'V:REQUIRED', tx => $T2, flow => 'G'),
        told('poll', 200, 'V:COMPLETED', flow => 'G') }, @app],
    ['failed without the phone', qr/^wrong: flow G: REQUIRED -> FAILED/, sub {
        told('read', 200, 'V:REQUIRED', tx => $T2, flow => 'G'),
        told('poll', 200, 'V:FAILED', flow => 'G') }, @app],
    ['another transaction by itself', qr/^wrong: flow G: another transaction/,
        sub {
        told('read', 200, 'V:REQUIRED', tx => $T1, flow => 'G'),
        told('read', 200, 'V:REQUIRED', tx => $T2, flow => 'G') }, @app],
);

for my $case (@bad) {
    my ($name, $pattern, $lines, %more) = @$case;
    my @history = verified();
    my @found = found([@history, $lines->()], %more);

    like($found[0] // '', $pattern, $name);
    is(scalar @found, 1, 'and nothing else') or diag(@found);
}

# what was asked on a connection that broke at a worker that lived was not done

my @history = verified();
my @found = found([@history, told('read', 200, 'V:DEVICE', flow => 'G'),
    told('cancelAuthentication', 0, '-', flow => 'G', nth => 1,
        error => 'closed without an answer'),
    told('read', 404, 'RESOURCE_NOT_FOUND', flow => 'G')], @app);

is(scalar @found, 2, 'an action without an answer, and its effect');
like("@found", qr/lost: no answer.*lost: flow G: DEVICE -> GONE/s,
    'are both found');


# and what may happen

my @good = (
    ['a connection of a worker that died', sub {
        told('read', 200, 'V:DEVICE', flow => 'G'),
        told('cancelAuthentication', 0, '-', flow => 'G',
            error => 'closed without an answer'),
        told('read', 404, 'RESOURCE_NOT_FOUND', flow => 'G') },
        @app, killed => { 7 => 7 }],
    ['a kept connection of a worker that had to go', sub {
        told('read', 0, '-', flow => 'G', error => 'closed without an answer')
        }, @app, told => { 7 => 5 }],
    ['given way in a state that another tab had brought about', sub {
        told('read', 200, 'V:REQUIRED', tx => $T2, flow => 'G'),
        told('retryVerification', 200, 'V:DEVICE', flow => 'G',
            received => $at + 3),
        told('retryVerification', 404, 'RESOURCE_NOT_FOUND', flow => 'G') },
        @app, gone => sub { $_[2]{DEVICE} }],
    ['a new transaction after a failure', sub {
        told('read', 200, 'V:IN_PROGRESS', flow => 'G'),
        told('read', 200, 'V:REQUIRED', tx => $T2, flow => 'H'),
        phone($T2, 'FAIL'),
        told('poll', 200, 'V:REQUIRED', tx => 'T3', flow => 'H') }, @app],
    ['two at once, one of whom is late', sub {
        told('read', 200, 'V:DEVICE', flow => 'G'),
        told('cancelAuthentication', 200, 'FAILED', flow => 'G'),
        told('poll', 404, 'RESOURCE_NOT_FOUND', flow => 'G',
            sent => $at - 0.9) }, @app],
);

for my $case (@good) {
    my ($name, $lines, %more) = @$case;
    my @history = verified();

    is_deeply([found([@history, $lines->()], %more)], [], $name);
}

done_testing();
