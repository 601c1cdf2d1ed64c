#!/usr/bin/perl

# Users as PingOne has them: those that the configuration declares, found by
# their id and by filters.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Site;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $date = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
my $uuid = qr/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

my @declared = (
    { id => 'ann', username => 'ann', name => { given => 'Ann',
        family => 'Example' }, email => 'ann@example.com',
      mobilePhone => '+15555550100', externalId => 'E-1' },
    { id => 'bob', username => 'Bob.B', name => { given => 'Bob',
        family => 'Exeter' }, email => 'bob@example.org', enabled => $false },
    { username => 'cid', name => { given => 'C "the" \\ D', family => '' } },
);

my $site = Idv::Site->new(hop => 1,
    files => { 'users.json' => JSON::PP->new->utf8->encode(\@declared) },
    service => 'idv_service_users users.json;');
my $service = $site->service;
my $env = $service->{environment};

sub api { return $service->api(@_) }


sub link_to {
    return 'http://127.0.0.1:' . $site->port('service')
        . "/v1/environments/$env$_[0]";
}


# ids of those that pass, in the order of the answer

sub escaped { return $_[0] =~ s/([^A-Za-z0-9.])/sprintf '%%%02X', ord $1/ger }

sub found {
    my ($filter, $more) = @_;

    my $answer = api('GET', 'users?filter=' . escaped($filter) . ($more // ''));

    return $answer->status if $answer->status != 200;

    return join ' ', map { $_->{id} } @{$answer->json->{_embedded}{users}};
}


# The one population.

my $populations = api('GET', 'populations')->json;
my ($population) = @{$populations->{_embedded}{populations}};

is("$populations->{size} $populations->{count}", '1 1', 'one population');
like($population->{id}, $uuid, '... with an id');
ok($population->{default}, '... which is the default one');
is_deeply(api('GET', "populations/$population->{id}")->json, $population,
    '... and can be read');
is($population->{_links}{self}{href},
    link_to("/populations/$population->{id}"), '... where it says');

$site->reload;
is(api('GET', 'populations')->json->{_embedded}{populations}[0]{id},
    $population->{id}, 'its id stays');


# One user.

my $ann = api('GET', 'users/ann')->json;

like(delete $ann->{$_}, $date, $_) for qw(createdAt updatedAt);
is_deeply($ann, { %{$declared[0]}, enabled => $true,
    verifyStatus => 'NOT_INITIATED', environment => { id => $env },
    population => { id => $population->{id} }, _links => {
        self => { href => link_to('/users/ann') },
        environment => { href => link_to('') },
        population => { href => link_to("/populations/$population->{id}") } } },
    'a user, with all that is known') or diag(explain($ann));

is_deeply(api('GET', 'users/cid')->json->{name}, { given => 'C "the" \\ D' },
    'what is empty is not there');
is(api('GET', 'users/eve')->status, 404, 'who is not declared is not there');
is(api('POST', 'users/eve/verifyTransactions', {})->status, 404,
    '... for nothing');
is(api('POST', 'users/bob/verifyTransactions', {})->status, 201,
    'who is not enabled can be verified');
api('PUT', 'users/bob/verifyStatus', { verifyStatus => 'DISABLED' });
is(api('GET', 'users/bob')->json->{verifyStatus}, 'DISABLED',
    'the status is the user\'s');


# Filters.  [filter, ids]

my @filters = (
    ['username eq "ann"', 'ann'],
    ['username eq "ANN"', 'ann'],
    ['USERNAME EQ "ann"', 'ann'],
    ['username eq "an"', ''],
    ['username sw "bob."', 'bob'],
    ['username sw "ob"', ''],
    ['username co "B"', 'bob'],
    ['email co "example."', 'ann bob'],
    ['name.family sw "ex"', 'ann bob'],
    ['name.family sw ""', 'ann bob'],
    ['name.given eq "C \\"the\\" \\\\ D"', 'cid'],
    ['name.given eq "\\u0041nn"', 'ann'],
    ['mobilePhone eq "+15555550100"', 'ann'],
    ['externalId eq "E-1"', 'ann'],
    ['externalId eq "e-1"', ''],
    ['id eq "ann"', 'ann'],
    ['id eq "Ann"', ''],
    ["population.id eq \"$population->{id}\"", 'ann bob cid'],
    ["population.id eq \"$env\"", ''],
    ['enabled eq true', 'ann cid'],
    ['enabled eq "false"', 'bob'],
    ['email co "x" and enabled eq true', 'ann'],
    ['username eq "cid" or username eq "bob.b"', 'bob cid'],
    ['id eq "cid" or id eq "bob" and enabled eq true', 'cid'],
    ['(id eq "cid" or id eq "bob") and enabled eq true', 'cid'],
    ['(id eq "cid" or id eq "bob")and(enabled eq false)', 'bob'],
    ['  ( ( id  eq  "ann" ) )  ', 'ann'],
    [join(' or ', map { "id eq \"u$_\"" } 1 .. 16), ''],
    ['(' x 8 . 'id eq "ann"' . ')' x 8, 'ann'],
    ['externalId eq "' . 'x' x 1000 . '"', ''],
);

is(found($_->[0]), $_->[1], 'filter ' . substr $_->[0], 0, 60) for @filters;

is(join(' ', map { $_->{id} } @{api('GET', 'users?filter=id+eq+%22ann%22')->json
    ->{_embedded}{users}}), 'ann', 'spaces as forms send them');


# ... and what is none.  [filter, what is said, how far it was right]

my @wrong = (
    ['', 'There is no such attribute.', 0],
    ['shoe eq "1"', 'There is no such attribute.', 0],
    ['name eq "1"', 'There is no such attribute.', 0],
    ['id', 'There is no such operator.', 2],
    ['id ne "1"', 'There is no such operator.', 3],
    ['enabled co true', 'There is no such operator.', 8],
    ['id eq', 'The value must be in quotes.', 5],
    ['id eq ann', 'The value must be in quotes.', 6],
    ['id eq 1', 'The value must be in quotes.', 6],
    ['id eq "ann', 'The value must be in quotes.', 6],
    ['id eq "a\\x"', 'The value must be in quotes.', 6],
    ['id eq "a\\', 'The value must be in quotes.', 6],
    ['id eq "\\u0000"', 'The value must be in quotes.', 6],
    ["id eq \"\xff\"", 'The value must be in quotes.', 6],
    ['enabled eq maybe', 'It is true or false.', 11],
    ['enabled eq "maybe"', 'It is true or false.', 11],
    ['id eq "a" id eq "b"', 'Only "and" or "or" can follow.', 10],
    ['id eq "a")', 'Only "and" or "or" can follow.', 9],
    ['(id eq "a"', 'A parenthesis is not closed.', 10],
    ['id eq "a" and', 'There is no such attribute.', 13],
    ['(' x 9 . 'id eq "a"' . ')' x 9, 'There are too many parentheses.', 8],
    [join(' or ', map { 'id eq "u"' } 1 .. 17), 'There are too many comparisons.',
        211],
    ['id eq "' . 'x' x 1100 . '"', 'The filter is too long.', 1024],
);

for my $case (@wrong) {
    my ($filter, $message, $at) = @$case;

    my $answer = api('GET', 'users?filter=' . escaped($filter));
    my ($detail) = @{$answer->json->{details} // []};

    is_deeply([$answer->status, @{$detail // {}}{qw(code target message)},
            ($detail // {})->{innerError}{position}],
        [400, 'INVALID_VALUE', 'filter', $message, $at],
        'no filter: ' . substr $filter, 0, 40);
}


# Pages.

my $page = api('GET', 'users')->json;

is(join(' ', map { $_->{id} } @{$page->{_embedded}{users}}), 'ann bob cid',
    'all of them');
is("$page->{size} $page->{count}", '3 3', '... counted');
ok(!$page->{_links}{next}, '... on one page');

my @pages;
my $path = 'users?limit=1&filter=' . escaped('email co "example"');

while ($path && @pages < 9) {
    $page = api('GET', $path)->json;
    push @pages, join ' ', (map { $_->{id} } @{$page->{_embedded}{users}}),
        "of $page->{count}";
    $path = ($page->{_links}{next}{href} // '') =~ s/^\Q${\link_to('\/')}\E//r;
}

is(join(', ', @pages), 'ann of 2, bob of 2', 'page by page, with the filter');

for my $query ('limit=0', 'limit=101', 'limit=x', 'limit=', 'cursor=x',
    'cursor=', 'cursor=-1')
{
    my $error = api('GET', "users?$query")->json;

    is_deeply([$error->{code}, map { $_->{target} } @{$error->{details}}],
        ['INVALID_DATA', $query =~ /^(\w+)/], "refused: $query");
}

is_deeply([map { $_->{target} } @{api('GET',
    'users?limit=0&cursor=x&filter=x')->json->{details}}],
    [qw(limit cursor filter)], 'each mistake has a detail');


# What cannot be declared.  [file, what nginx says]

my @refused = (
    ['[{}]', qr/user 1: username: A value is required/],
    ['[{"username": "ann"}, 1]', qr/user 2: user: The user must be an object/],
    ['[{"username": "a b"}]', qr/user 1: username: The value is no user name/],
    ['[{"username": "\u00e4nn"}]', qr/user 1: id: The value must be/],
    ['[{"username": "ann", "id": ""}]', qr/user 1: id: The value must be/],
    ['[{"username": "ann", "email": "ann"}]', qr/email: The value is no e-mail/],
    ['[{"username": "ann", "mobilePhone": "12"}]', qr/mobilePhone: .* no phone/],
    ['[{"username": "ann"}, {"id": "b", "username": "ANN"}]',
        qr/two users have the user name "(?:ann|ANN)"/],
    ['[{"username": "ann"}, {"id": "ann", "username": "b"}]',
        qr/two users have the id "ann"/],
    ['[', qr/must be a JSON array/],
);

for my $case (@refused) {
    my ($text, $says) = @$case;

    my $nginx = Idv::Nginx->prepare(http => $site->config(
        service => 'idv_service_users users.json;'),
        files => { $site->files, 'users.json' => $text });

    waitpid $nginx->spawn('-t'), 0;
    isnt($?, 0, "refused: $text");
    like($nginx->read_file('stderr'), $says, '... and why is said');
}

Idv::Site->finish;
