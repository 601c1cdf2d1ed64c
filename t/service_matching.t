#!/usr/bin/perl

# Identity record matching as PingOne's API has it: a probe, a gallery, a score
# and a word for each field and for all of them.  What is alike, and how much,
# is in t/unit/record_match.txt; here is how it is asked.

use strict;
use warnings;

use Test::More;

use Idv::Site;

my $site = Idv::Site->new;
my $service = $site->service;

# no log has the people that were asked about

$site->nginx->forbid('Okafor', '1991-05-17');


sub matched {
    my ($probe, $gallery) = @_;

    return $service->api('POST', 'users/ann/identityRecordMatching',
        { defined $probe ? (probe => $probe) : (),
          defined $gallery ? (gallery => $gallery) : () });
}


my $answer = matched(
    { family_name => 'OKAFOR', given_name => 'Adaeze Ngozi',
      birth_date => '1991-05-17' },
    { family_name => { options => ['Bell', 'Okafor-Bell', 'Okafor', 'OKAFOR'] },
      given_name => { value => 'Adaeze' },
      birth_date => { value => '17.05.1991' } });

is($answer->status, 200, 'three fields are matched');

my $json = $answer->json;
my $raw = delete $json->{detailedResults}{given_name}{rawScore};

ok($raw > 0.7 && $raw < 0.88, "a name that is missing: $raw");
is_deeply($json->{detailedResults}, {
    family_name => { probeValue => 'OKAFOR', galleryValue => 'Okafor',
                     rawScore => 1, confidence => 'HIGH' },
    given_name => { probeValue => 'Adaeze Ngozi', galleryValue => 'Adaeze',
                    confidence => 'MEDIUM' },
    birth_date => { probeValue => '1991-05-17', galleryValue => '17.05.1991',
                    rawScore => 1, confidence => 'HIGH' },
}, 'each with the best of its options');

my $all = (3 * 1 + 2 * $raw + 4 * 1) / 9;
ok(abs($json->{overallWeightedScore} - $all) < 0.002,
    "all of them by their weights: $json->{overallWeightedScore}");
is($json->{overallConfidenceScore}, 'HIGH', 'and in a word');

$json = matched({ name => 'Ann Example', address => '1 Oak Street' },
    { name => { value => 'Bob Miller' }, address => { value => '9 Elm Road' },
      birth_date => { value => '1991-05-17' } })->json;

is($json->{overallWeightedScore}, 0, 'somebody else');
is($json->{overallConfidenceScore}, 'NONE', 'in a word');
is_deeply([sort keys %{$json->{detailedResults}}], ['address', 'name'],
    'what the probe has not is not compared');


# what is wrong is named

my $long = 'x' x 513;
my $gallery = { name => { value => 'Ann' } };

my @wrong = (
    ['no probe', undef, $gallery, 'probe'],
    ['no gallery', { name => 'Ann' }, undef, 'gallery', 'gallery.name'],
    ['nothing in it', {}, $gallery, 'probe'],
    ['no object', 'Ann', $gallery, 'probe'],
    ['a list', ['Ann'], $gallery, 'probe'],
    ['another field', { name => 'Ann', shoe => '42' }, $gallery, 'probe'],
    ['no partner', { name => 'Ann', given_name => 'Ann' }, $gallery,
        'gallery.given_name'],
    ['no text', { name => 1 }, $gallery, 'probe.name'],
    ['an empty text', { name => '' }, $gallery, 'probe.name'],
    ['a long text', { name => $long }, $gallery, 'probe.name'],
    ['a plain gallery', { name => 'Ann' }, { name => 'Ann' }, 'gallery.name'],
    ['an expression', { name => 'Ann' }, { name => { expression => 'x' } },
        'gallery.name'],
    ['no options', { name => 'Ann' }, { name => { options => [] } },
        'gallery.name'],
    ['33 options', { name => 'Ann' }, { name => { options => [('a') x 33] } },
        'gallery.name'],
    ['one that is too long', { name => 'Ann' },
        { name => { options => ['Ann', $long] } }, 'gallery.name'],
    ['one that is none', { name => 'Ann' },
        { name => { options => ['Ann', undef] } }, 'gallery.name'],
    ['both', { name => 'Ann' }, { name => { options => ['a'], value => 'a' } },
        'gallery.name'],
    ['two mistakes', { name => 1, address => 2 },
        { name => { value => 'a' }, address => { value => 'b' } },
        'probe.address', 'probe.name'],
);

for my $case (@wrong) {
    my ($what, $probe, $gallery, @targets) = @$case;
    my $answer = matched($probe, $gallery);

    is($answer->status, 400, "$what: 400");

    my $error = $answer->json;
    is($error->{code}, 'INVALID_DATA', "$what: INVALID_DATA");
    is(join(' ', sort map { $_->{target} } @{$error->{details}}), "@targets",
        "$what: @targets");
}

is(matched({ name => 'x' x 512 }, { name => { options => [('a') x 32] } })
    ->status, 200, 'the longest text and the most options');

is($service->http->post('/v1/environments/' . Idv::Site::ENVIRONMENT
    . '/users/ann/identityRecordMatching', '{}',
    'Content-Type' => 'application/json')->status, 401, 'not without a token');
is($service->api('GET', 'users/ann/identityRecordMatching')->status, 405,
    'there is nothing to read');

$site->finish;
