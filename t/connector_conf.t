#!/usr/bin/perl

# A connector that nobody may call, or that has no place, no provider or a link
# that is none, is refused by nginx -t; so is a file of callers with a line that
# says something else than was meant, with its number.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Nginx;
use Idv::Site;

my $site = Idv::Site->new;

for my $case (
    ['no file', undef, '', qr/needs idv_connector_callers/],
    ['nobody', "# nobody\n", '', qr/nobody stands in/],
    ['a line of three', "a key b\n", '', qr/has four words.*callers:1/],
    ['another kind', "\na kay " . 'a' x 64 . " *\n", '',
        qr/neither "key" nor.*callers:2/],
    ['no hash', 'a key ' . 'g' x 64 . " *\n", '', qr/64 hexadecimal/],
    ['no capability', 'a key ' . 'a' x 64 . " readSelfie,x\n", '',
        qr/no such capability/],
    ['twice', join('', map { "$_ key " . 'a' x 64 . " *\n" } 'a', 'b'), '',
        qr/there already/],
    ['a link that is none', 'a key ' . 'a' x 64 . " *\n",
        'idv_connector_continue http://app.example.com/;', qr/https URL/],
    ['a provider that is none', 'a key ' . 'a' x 64 . " *\n", '',
        qr/names the provider "other"/, 'other'],
    ['a location that is exact', 'a key ' . 'a' x 64 . " *\n", '',
        qr/prefix location/, 'local', '= /connector/'])
{
    my ($name, $callers, $more, $wanted, $provider, $location) = @$case;

    $provider //= 'local';
    $location //= '/connector/';

    my ($taken, $said) = Idv::Nginx->test_config(
        files => { $site->files, callers => $callers // '' },
        http => $site->config(locations => "location $location {"
            . " auth_basic off; idv_connector $provider; $more"
            . (defined $callers ? 'idv_connector_callers callers;' : '')
            . ' }'));

    ok(!$taken, "nginx -t: $name");
    like($said, $wanted, "nginx -t: $name: why");
}

Idv::Site::finish();
