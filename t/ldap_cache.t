#!/usr/bin/perl

# What the directory has said is kept for a while, for all workers, also that it
# knows nobody; it is not what another filter would have found, and a change is
# seen when its time is over.

# variants: plain

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use Idv::LDAP;
use Idv::Site;

my $ldap = Idv::LDAP->new(people => {
    ann => { mail => 'ann@ldap.example' },
    twin1 => { uid => 'twin' }, twin2 => { uid => 'twin' },
});


sub config {
    my ($block) = @_;

    my $limit = 'limit_req_zone $http_who zone=who:1m rate=1r/m;';

    return (http => $ldap->block($block) . $limit, locations => <<'END');
        location /who/ {
            auth_basic         off;
            auth_idv_ldap      people always;
            auth_idv_ldap_user $http_who;
            proxy_set_header   Mail $idv_ldap_mail;
            proxy_pass         http://127.0.0.1:%%PORT_app%%;
        }

        location /once/ {
            limit_req          zone=who;
            auth_basic         off;
            auth_idv_ldap      people always;
            auth_idv_ldap_user $http_who;
            proxy_pass         http://127.0.0.1:%%PORT_app%%;
        }
END
}

my $site = Idv::Site->new(hop => 1, config('cache 2s;'),
    files => { ldap_secret => Idv::LDAP::PASSWORD });

$site->nginx->forbid('ann@ldap.example');


# who => how often, and how many searches that were

sub searches {
    my ($who, $times) = @_;

    my $before = $ldap->searches;

    for (1 .. $times) {
        my $answer = $site->client->get('/who/', Who => $who);

        $site->met($answer);
        is($answer->status, $who eq 'twin' ? 403 : 200, "$who: an answer");
        is($answer->json->{headers}{Mail} // '',
            $who eq 'ann' ? 'ann@ldap.example' : '', "$who: what is known");
    }

    return $ldap->searches - $before;
}


is(searches('ann', 8), 1, 'ann was looked up once');
is(searches('eve', 2), 1, 'and so was eve, whom it does not know');
is(searches('twin', 2), 1, 'and the twins');
is($site->met($site->client->get('/who/')), 2, 'by either worker');

sleep 2.1;
is(searches('ann', 2), 1, 'once more after that time');

# a reload keeps it; another filter does not

$site->reload(config('cache 2s;'));
is(searches('ann', 2), 0, 'the next workers know it');

$site->reload(config('cache 2s; filter "(cn=%s)";'));
is(searches('ann', 2), 1, 'but not by another filter');

$site->reload(config('cache off;'));
is(searches('ann', 3), 3, 'off is off');

# without it, nginx's own limits bound what one asks for

my %got;
my $before = $ldap->searches;

$got{$site->client->get('/once/', Who => 'bob')->status}++ for 1 .. 5;
is_deeply(\%got, { 200 => 1, 503 => 4 }, 'one request, and four too many');
is($ldap->searches - $before, 1, 'which nobody was looked up for');

$site->finish;
