#!/usr/bin/perl

# The zone has records for 32 providers, and reloads bring others again and
# again: those of today have one, whatever was there before, and who is in each
# configuration keeps its token.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Flow;
use Idv::PingOne;

use constant { MANY => 12, RELOADS => 3 };

my $pingone = Idv::PingOne->new;


# a house with providers of those names beside the usual one

sub house {
    my (@names) = @_;

    my $peer = 'http://127.0.0.1:' . $pingone->port;

    return (
        peer => $peer,
        http => join('', map { <<"END" } @names),
    idv_provider $_ {
        environment_id     @{[Idv::Site::ENVIRONMENT]};
        api_url            $peer/v1;
        auth_url           $peer;
        client_id          worker;
        client_secret_file client_secret;
        session_key_file   session.key;
    }
END
        locations => join('', map { <<"END" } @names),
        location /$_/ { auth_idv $_; }
        location /api/$_/ { idv_flow_api $_; }
END
    );
}


my $site;

for my $n (0 .. RELOADS) {
    my @names = map { "name_${n}_$_" } 1 .. MANY;

    if ($site) {
        ok($site->reload(house(@names)), 'other names');
    } else {
        $site = $pingone->site(workers => 1, house(@names));
    }

    my @flows = map { $site->flow('ann', path => "/$_/",
                                  client => $site->client('ann')) } @names;

    # the usual provider becomes the one that is longest unused
    unshift @flows, $site->flow('bob') if $n == 0;
    $_->device('self') for @flows;

    is_deeply([grep { $_->status ne 'ID_VERIFICATION_REQUIRED' } @flows], [],
        MANY . ' providers that the zone has not seen before: each is called');
}

cmp_ok((RELOADS + 1) * MANY, '>', 32, 'more than it has records for');

my $tokens = $pingone->calls('token');
is($tokens, (RELOADS + 1) * MANY + 1, 'each had one token');

my $bob = $site->flow('bob', client => $site->client('bob'));
$bob->device('self');
is($bob->status, 'ID_VERIFICATION_REQUIRED', 'the usual one');
is(scalar $pingone->calls('token'), $tokens, 'has its token still');

$site->finish;
