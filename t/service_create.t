#!/usr/bin/perl

# What the creator of a transaction may say: each mistake has a detail of its
# own, all of them at once, and what is right comes back when it is read.

# variants: asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Site;

my $site = Idv::Site->new(workers => 1);
my $service = $site->service;
my $here = 'users/ann/verifyTransactions';
my ($true, $false) = (JSON::PP::true, JSON::PP::false);

$site->nginx->forbid('a@example.com', '+15555550123');

my $url = 'https://app.example.com/back?a=1#b';

sub text { return { value => $_[0] } }
sub one { return { redirect => { url => $url, @_ } } }


# the targets of what is wrong

sub wrong {
    my ($model) = @_;

    my $answer = $service->api('POST', $here, $model);
    my $got = $answer->json;

    return join ' ', $answer->status, map { $_->{target} }
        sort { $a->{target} cmp $b->{target} } @{$got->{details} || []};
}


# [what is wrong, targets]

my @cases = (
    (map { [{ verifyPolicy => $_ }, 'verifyPolicy.id'] } 'x', {}, { id => 1 },
        { id => 'x' }, { id => '5a3c7d0e-9b1f-4c62-8e57-2f6d1b0a4c93' }),
    (map { my $name = $_; map { [{ requirements => { $name => $_ } },
            "requirements.$name"] } 'x', 5, {}, [], text(''), text(5),
            { options => 'x' }, { options => [5] }, { options => ['x', ''] },
            { options => ['x'] x 17 }, text('x' x 1025) }
        qw(given_name family_name name address birth_date)),
    (map { [{ requirements => { email => $_ } }, 'requirements.email'] }
        text('x'), text("a\@example.com\r\nBcc: b\@example.com"),
        { options => ['a@example.com', 'b'] }),
    (map { [{ requirements => { phone => text($_) } }, 'requirements.phone'] }
        'x', '12', '+1555555012345678901', '+15555550123;ext=1'),
    [{ requirements => { referenceSelfie => text('x' x (192 * 1024 + 1)) } },
        'requirements.referenceSelfie'],
    (map { [{ redirect => { url => $_ } }, 'redirect.url'] } undef, '', 5, 'x',
        'javascript:alert(1)', '//example.com', 'https://', 'https://a@b/',
        "https://example.com/\r\nA: b", 'https://example.com/a b',
        'https://example.com/"><script>', 'https://example.com/' . 'x' x 1024),
    [{ redirect => { message => 'x' } }, 'redirect.url'],
    (map { [one(message => $_), 'redirect.message'] } 5, $true, 'x' x 257,
        "\x{fc}" x 257),
    (map { [one(auto => $_), 'redirect.auto'] } 'z', 'True', '', 1, 0, [], {}),
    (map { [{ callback => { url => $_ } }, 'callback.url'] } undef, 'x',
        'ftp://example.com/'),
    (map { [{ callback => { url => $url, headers => $_ } },
        'callback.headers'] } [], 'x', { a => 1 }, { a => 'x' x 1025 },
        { map { ("h$_" => 'x') } 1 .. 17 }),
    (map { [{ sendNotification => { email => $_ } },
        'sendNotification.email'] } 5, '', 'x', "a\@example.com\n"),
    (map { [{ sendNotification => { phone => $_ } },
        'sendNotification.phone'] } 5, '', 'x'),
    (map { [{ $_ => 'x' }, $_] } qw(requirements redirect callback
        sendNotification)),
);

for my $case (@cases) {
    my ($model, $target) = @$case;
    my $said = JSON::PP->new->canonical->ascii->encode($model);

    is(wrong($model), "400 $target", 'wrong: ' . substr $said, 0, 60);
}

my @names = qw(given_name family_name name address birth_date email phone
    referenceSelfie);

is(wrong({ verifyPolicy => { id => 1 },
    requirements => { map { $_ => 5 } @names },
    redirect => { url => 1, message => 1, auto => 'z' },
    callback => { url => 1, headers => 1 },
    sendNotification => { email => 1, phone => 1 } }),
    join(' ', 400, sort((map { "requirements.$_" } @names), qw(verifyPolicy.id
        redirect.url redirect.message redirect.auto callback.url
        callback.headers sendNotification.email sendNotification.phone))),
    'all mistakes at once');


# What is right.  [what is said, what is read]

my @right = (
    [{}, {}],
    [{ unknown => 5, requirements => undef, redirect => undef }, {}],
    [{ requirements => { (map { $_ => { options => ['x', "\x{fc}" x 512] } }
        @names[0 .. 4]), email => { options => [] },
        phone => text('+1 (555) 555-0123'),
        referenceSelfie => text('x' x (192 * 1024)) } }],
    [one(message => "\x{fc}" x 256, auto => $true)],
    [one(auto => 'true'), one(auto => $true)],
    [one(auto => 'false'), one(auto => $false)],
    [{ callback => { url => $url, headers => {
        map { ("h$_" => 'x' x 1024) } 1 .. 16 } } }],
);

for my $case (@right) {
    my ($model, $read) = @$case;
    my $answer = $service->api('POST', $here, $model);
    my $got = $answer->json;

    is($answer->status, 201, 'right') or diag(substr $answer->body, 0, 400);

    $read //= $model;

    is_deeply({ map { defined $got->{$_} ? ($_ => $got->{$_}) : () }
        qw(requirements redirect callback) }, $read, '... and comes back');
    is_deeply($service->api('GET', "$here/$got->{id}")->json, $got,
        '... when it is read, too');
}

$site->finish;
