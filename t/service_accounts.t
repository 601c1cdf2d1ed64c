#!/usr/bin/perl

# Users as PingOne has them: those that the configuration declares and those that
# the API makes, found by their id and by filters, changed and deleted.

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


# Users that the API makes.

sub create { return api('POST', 'users', $_[0]) }

my %eve = (username => 'eve', email => 'eve@example.com', name => {
    given => "\x{c8}ve", family => 'Example' },
    nickname => 'E', address => { locality => 'Utopia', countryCode => 'UT' },
    mobilePhone => '+1 (555) 555-0101', externalId => 'X' x 1024);

my $answer = create({ %eve, shoeSize => 9, population => $population });
my $eve = $answer->json;

is($answer->status, 201, 'a user is made');
like($eve->{id}, $uuid, '... with an id');
is($answer->header('Location'), link_to("/users/$eve->{id}"),
    '... and where it is');
is($eve->{createdAt}, $eve->{updatedAt}, '... just now');
is_deeply({ map { $_ => $eve->{$_} } keys %eve }, \%eve,
    '... with all that was given');
ok(!exists $eve->{shoeSize}, '... and that is known');
is_deeply(api('GET', "users/$eve->{id}")->json, $eve, '... and can be read');

is(api('POST', "users/$eve->{id}/verifyTransactions", {})->status, 201,
    'it can be verified, though the configuration does not know it');
is(found('username eq "EVE"'), $eve->{id}, 'it is found');
is(api('GET', 'users')->json->{count}, 4, '... and counted');

my $elsewhere = Idv::Service->new(%$service,
    environment => '00000000-1111-4222-8333-444444444444');
delete $elsewhere->{token};

is($elsewhere->api('GET', "users/$eve->{id}")->status, 404,
    'another environment does not have it');
is($elsewhere->api('GET', 'users')->json->{count}, 3, '... nor count it');
is($elsewhere->api('POST', 'users', { username => 'eve' })->status, 201,
    '... but may have one of that name');

$site->reload;
is_deeply(api('GET', "users/$eve->{id}")->json, $eve, 'a reload keeps it');


# Every mistake.  [member, value, code]

my @mistakes = (
    [username => undef, 'REQUIRED_VALUE'],
    [username => '', 'REQUIRED_VALUE'],
    [username => 'eve'],
    [username => 'EvE'],
    [username => 'ann'],
    [username => 'bob.b'],
    [username => 'a b'],
    [username => 'a"b'],
    [username => 'x' x 129],
    [username => 1],
    [email => 'nobody'],
    [email => "a\@example.com\r\nBcc: b\@example.com"],
    [email => ['a@example.com']],
    [mobilePhone => '5555'],
    [mobilePhone => '1' x 33],
    [primaryPhone => 'call me'],
    ['name.given' => 'x' x 257],
    ['name.given' => "a\tb"],
    ['name.given' => ' Ann'],
    ['name.family' => 'Example '],
    ['name.family' => {}],
    ['name.honorificPrefix' => 0],
    [externalId => 'x' x 1025],
    ['address.countryCode' => 'Utopia'],
    ['address.countryCode' => 'ut'],
    ['address.postalCode' => '1' x 41],
    [enabled => 'true'],
    [enabled => 1],
    ['population.id' => $env],
    ['population.id' => 1],
);

for my $case (@mistakes) {
    my ($member, $value, $code) = @$case;
    my ($parent, $name) = $member =~ /^(\w+)\.(\w+)$/;

    my %user = (username => 'new', $parent ? ($parent => { $name => $value })
        : ($member => $value));
    my $error = create(\%user)->json;

    $code //= $member eq 'username' && ($value // '') =~ /^(?:eve|ann|bob\.b)$/i
        ? 'UNIQUENESS_VIOLATION' : 'INVALID_VALUE';

    is_deeply([$error->{code}, map { "$_->{code} $_->{target}" }
            @{$error->{details}}], ['INVALID_DATA', "$code $member"],
        "no user: $member " . substr(JSON::PP->new->allow_nonref->encode($value),
            0, 20)) or diag(explain($error));
}

my $error = create({ email => 'x', name => 'Ann', enabled => 'no',
    population => 'all', mobilePhone => {} })->json;

is(join(' ', sort map { "$_->{target}" } @{$error->{details}}),
    'email enabled mobilePhone name.family name.formatted name.given '
    . 'name.honorificPrefix name.honorificSuffix name.middle population.id '
    . 'username', 'all mistakes at once');

my %long = map { $_ => "\x{20ac}" x 256 }
    qw(nickname title type accountId preferredLanguage locale timezone);
is(create({ username => 'long', %long, name => { map { $_ => "\x{1f600}" x 256 }
    qw(given family middle formatted honorificPrefix honorificSuffix) },
    address => { map { $_ => "\x{1f600}" x 256 }
        qw(streetAddress locality region) } })->status, 201,
    'long ones, in any script');
is_deeply([map { $_->{target} } @{create({ username => 'longer', %long,
    externalId => "\x{1f600}" x 1024, name => { map { $_ => "\x{1f600}" x 256 }
        qw(given family middle formatted honorificPrefix honorificSuffix) },
    address => { map { $_ => "\x{1f600}" x 256 }
        qw(streetAddress locality region) } })->json->{details}}], ['user'],
    '... but not too long all together');

is(api('GET', 'users')->json->{count}, 5, 'of the others there is none');


# PATCH changes what it names, PUT all but whether the user is enabled.

$service->advance(5);
my $patched = api('PATCH', "users/$eve->{id}", { nickname => undef,
    name => { family => 'Other' }, email => 'other@example.com',
    enabled => $false })->json;

isnt($patched->{updatedAt}, $eve->{createdAt}, 'a change has a time');
is($patched->{createdAt}, $eve->{createdAt}, '... beside the beginning');
ok(!exists $patched->{nickname}, 'null is for what is to go');
is_deeply([$patched->{name}, $patched->{email}, $patched->{address}],
    [{ given => $eve{name}{given}, family => 'Other' }, 'other@example.com',
        $eve{address}], 'what is not named stays');
ok(!$patched->{enabled}, 'it is not enabled');

my $put = api('PUT', "users/$eve->{id}", { username => 'Eve' })->json;

is_deeply([sort keys %$put], [sort qw(_links id environment population username
    enabled verifyStatus createdAt updatedAt)], 'PUT leaves nothing else');
is($put->{username}, 'Eve', '... and the name may be written otherwise');
ok(!$put->{enabled}, '... and enables nobody');
is_deeply([map { $_->{target} } @{api('PUT', "users/$eve->{id}",
    { email => 'x' })->json->{details}}], [qw(username email)],
    'each mistake has a detail');
is(api('PATCH', "users/$eve->{id}", { username => 'ann' })->json
    ->{details}[0]{code}, 'UNIQUENESS_VIOLATION', 'no name of another');
is_deeply(api('GET', "users/$eve->{id}")->json, $put, '... and nothing is done');

is_deeply(api('GET', "users/$eve->{id}/enabled")->json->{enabled}, $false,
    'whether it is enabled is a resource');
$answer = api('PUT', "users/$eve->{id}/enabled", { enabled => $true,
    username => 'ann' });
is_deeply([$answer->status, $answer->json->{enabled}], [200, $true],
    '... that can be changed');
is_deeply([@{api('GET', "users/$eve->{id}")->json}{qw(username enabled)}],
    ['Eve', $true], '... alone');
is_deeply([map { "$_->{code} $_->{target}" } @{api('PUT',
    "users/$eve->{id}/enabled", $_->[0])->json->{details}}], [$_->[1]],
    "refused: $_->[1]") for [{}, 'REQUIRED_VALUE enabled'],
    [{ enabled => 'yes' }, 'INVALID_VALUE enabled'];

for my $method (qw(PUT PATCH DELETE)) {
    is(api($method, 'users/nobody', $method eq 'DELETE' ? () :
        { username => 'nobody' })->status, 404, "$method: nobody is not made");
}


# One of the configuration is changed like that, and is as it was declared only
# until then.

api('PATCH', 'users/ann', { email => 'new@example.com', username => 'anna' });

is(api('GET', 'users/ann')->json->{email}, 'new@example.com',
    'a declared one is changed');
is(found('username sw "ann"'), 'ann', '... and there once');
is(found('username eq "ann"'), '', '... and only as it is now');
is(create({ username => 'ann' })->status, 201, '... so that the name is free');
is(api('GET', 'users')->json->{count}, 6, 'the count says so');

$error = api('DELETE', 'users/ann')->json;
is("$error->{details}[0]{code} $error->{details}[0]{target}",
    'CONSTRAINT_VIOLATION id', 'it cannot be deleted');


# Pages of both kinds, with what has gone meanwhile.

sub pages {
    my ($query, $between) = @_;

    my @seen;
    my $path = "users?$query";

    while ($path && @seen < 99) {
        my $page = api('GET', $path)->json;

        push @seen, map { $_->{id} } @{$page->{_embedded}{users}};
        $between->($page) if $between;
        $path = ($page->{_links}{next}{href} // '')
            =~ s/^\Q${\link_to('\/')}\E//r;
    }

    return join ' ', @seen;
}

my @made;

for my $n (1 .. 20) {
    push @made, create({ username => "page$n", title => 'page' })->json->{id};
    $service->advance(1);
}

my $all = pages('limit=100');
is(pages("limit=$_"), $all, "pages of $_ are all of them") for 1, 2, 7, 100;
like($all, qr/^bob cid .*\b\Q@made\E$/, '... in the order they were made in');

is(pages('limit=1&filter=' . escaped('username sw "page"')), "@made",
    '... those that pass');

my $gone = 0;
my $rest = pages('limit=5&filter=' . escaped('username sw "page"'), sub {
    api('DELETE', "users/$made[5]") if !$gone++ });
is($rest, join(' ', @made[0 .. 4, 6 .. 19]),
    'one that has gone is passed by, and no other');


# A user who is deleted leaves nothing.

my $path2 = "users/$eve->{id}";
my $t = api('POST', "$path2/verifyTransactions", {})->json;
api('PUT', "$path2/verifyStatus", { verifyStatus => 'DISABLED' });

is(api('DELETE', $path2)->status, 204, 'a user is deleted');
is(api('GET', $path2)->status, 404, '... and gone');
is(api('GET', "$path2/verifyTransactions/$t->{id}")->status, 404,
    '... with its transactions');
is(create({ username => 'eve' })->status, 201, '... and its name is free');
is(api('DELETE', $path2)->status, 404, '... and can be deleted no more');


# Without a word of the configuration any id is a user's, but an account is there
# only if somebody has made it.

my $open = Idv::Site->new(name => 'open');
my $strict = Idv::Site->new(name => 'strict',
    service => 'idv_service_users strict;');

for my $case ([$open, 'open', 201], [$strict, 'strict', 404]) {
    my ($site, $what, $status) = @$case;
    my $service = $site->service;

    is($service->api('POST', 'users/any/verifyTransactions', {})->status,
        $status, "$what: anybody");
    is($service->api('GET', 'users/any')->status, 404,
        '... of whom nothing is known');
    is($service->api('GET', 'users')->json->{count}, 0, '... and not listed');

    my $user = $service->api('POST', 'users', { username => 'any' })->json;
    is($service->api('POST', "users/$user->{id}/verifyTransactions", {})->status,
        201, '... and who was made');
    is($service->api('DELETE', "users/$user->{id}")->status, 204,
        '... and deleted');
    is($service->api('POST', "users/$user->{id}/verifyTransactions", {})->status,
        $status, '... is like anybody');
}


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
