#!/usr/bin/perl

# How a user can be reached is what a directory knows: ann has addresses there
# and is asked which to use, bob has none and sees the code at once, and where
# the operator decides for mail nobody is asked.

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::LDAP;
use Idv::Site;

my ($OPTIONS, $REQUIRED) = map { "ID_VERIFICATION_$_" } qw(OPTIONS REQUIRED);

my $ldap = Idv::LDAP->new(people => {
    ann => { mail => ['ann@ldap.example', 'a.home@ldap.example'],
             mobile => '+1 555 555 0177' },
    bob => {},
});


sub house {
    my ($name, $block, %more) = @_;

    my $site = Idv::Site->new(name => $name, hop => 1,
        email => '$idv_ldap_mail', phone => '$idv_ldap_mobile',
        files => { ldap_secret => Idv::LDAP::PASSWORD . "\n" },
        http => $ldap->block($block),
        gate => 'auth_idv_ldap people;', %more);

    $site->nginx->forbid(Idv::LDAP::PASSWORD, Idv::LDAP::BIND_DN,
        'ann@ldap.example', 'a.home@ldap.example', '555 555 0177',
        '5555550177');

    return $site;
}


sub sent {
    my ($site) = @_;

    my $list = $site->service->control('GET', 'notifications')->{notifications};

    return @$list ? "$list->[0]{method} $list->[0]{address}" : 'none';
}


# The choice, and what is kept meanwhile.

my $site = house('choice', 'cache 1m;');
my $ann = $site->flow('ann');

$ann->device('other');
state_is($ann, $OPTIONS, 'ann is asked how she wants the link');
is_deeply([map { $_->[1] } @{$ann->state->{emails}}],
    ['a***@ldap.example', 'a***@ldap.example'], 'she has two addresses');
is_deeply([map { $_->[1] } @{$ann->state->{phones}}], ['*** *** 0177'],
    'and a number');

$ann->choose('email', 0);
state_is($ann, $REQUIRED, 'she chooses one');
like(sent($site), qr/^EMAIL (?:ann|a\.home)\@ldap\.example$/,
    'which is written to');

my $bob = $site->flow('bob');

$bob->device('other');
state_is($bob, $REQUIRED, 'bob has neither, and sees the code at once');

is_deeply([sort $ldap->searches], ['(uid=ann)', '(uid=bob)'],
    'the directory was asked once for each');

my $page = $site->client('ann');
is($page->get('/idv/style.css')->status, 200, 'a style sheet is nobody\'s');
is($site->client('sam')->get('/idv/style.css')->status, 200, 'nor for sam');
is(scalar $ldap->searches, 2, 'nobody is asked for it');

# Who is verified is no business of the directory.

$ann->phone('SUCCESS');
ok($ann->reach('ID_VERIFICATION_COMPLETED'), 'ann is verified');
is($ann->continue->status, 200, 'she is through');

$ldap->stop;
is($ann->client->get('/')->status, 200, 'and needs no directory any more');


# Without a choice.

$ldap->start;
$site = house('mail', 'cache off;', provider => 'delivery email;');
$ann = $site->flow('ann');

$ann->device('other');
state_is($ann, $REQUIRED, 'mail it is: ann is not asked');
like(sent($site), qr/^EMAIL (?:ann|a\.home)\@ldap\.example$/, 'and gets it');


# The directory goes away in the middle of a flow.

$site = house('stopped', 'cache off; timeout 2s;');
$ann = $site->flow('ann');

$ann->device('other');
my ($value) = map { $_->[0] } @{$ann->state->{emails}};

$ldap->stop;

$ann->read;
is($ann->status, $OPTIONS, 'the flow is where it was');
is_deeply($ann->state->{emails}, [], 'with nothing to offer');
error_is($ann->act('optionsAuthentication',
    { email => $value, phone => undef }), 400, 'VALIDATION_ERROR',
    'INVALID_FIELD_VALUE', 'nothing is sent to who knows where');

$ldap->start;
$ann->read;
is(scalar @{$ann->state->{emails}}, 2, 'it is there again, and so are they');

$ldap->stop;
$ann->act('optionsAuthentication', { email => undef, phone => undef });
state_is($ann, $REQUIRED, 'the code needs no directory');

$site->finish;
