#!/usr/bin/perl

# Ten thousand transactions of one user: a page of the list costs no more than
# with a hundred, all pages together have each once, one more takes the place of
# one that is decided, and a reset takes all of them.  And a zone that is full of
# what is over has room again soon.

# variants: plain

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::HTTP;
use Idv::Site;

use constant MANY => 10_000;

my $site = Idv::Site->new(service_zone => '48m', level => 'info',
    service => 'idv_service_user_limit 10000;');
my $service = $site->service;
my $env = $service->{environment};


# So many transactions over one connection, without waiting for the answers in
# between; a user each where the name ends with a number.  Returns how many got
# which status.

sub create {
    my ($service, $user, $count) = @_;

    my $token = $service->{token} ||= $service->token;
    my %status;

    while ($count > 0) {
        my $n = $count < 500 ? $count : 500;

        my $bytes = join '', map {
            my $name = $user =~ /\d$/ ? $user++ : $user;
            my $close = $_ == $n ? "Connection: close\r\n" : '';

            "POST /v1/environments/$env/users/$name/verifyTransactions"
            . " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer $token\r\n"
            . "Content-Type: application/json\r\n${close}Content-Length: 2"
            . "\r\n\r\n{}"
        } 1 .. $n;

        my $text = Idv::HTTP::raw($service->http->{port}, $bytes, 60);

        $status{$_}++ for $text =~ /HTTP\/1\.1 (\d{3}) /g;
        $count -= $n;
    }

    return \%status;
}


# A page of the list; its transactions and the way to the next page.  Parsing a
# hundred of them in Perl takes longer than all the rest.

sub page {
    my ($user, $query) = @_;

    return $service->api('GET', "users/$user/verifyTransactions$query")->body;
}


sub ids { return $_[0] =~ m{/verifyTransactions/([0-9a-f-]{36})"}g }

sub following {
    my ($body) = @_;

    return $body =~ m{"next":\s*\{"href":\s*"http://127\.0\.0\.1:\d+/v1
        /environments/[0-9a-f-]{36}/users/\w+/verifyTransactions
        (\?limit=\d+&cursor=[0-9a-f-]{36})"}x ? $1 : undef;
}


# seconds that the worker has run, whatever else the machine does

my ($worker) = $site->nginx->workers;

sub ran {
    open my $file, '<', "/proc/$worker/schedstat" or die "schedstat: $!";
    my ($ns) = <$file> =~ /^(\d+)/;

    return $ns / 1e9;
}


# the cheapest of some calls, with either user in turn, in seconds of the worker

sub cheapest {
    my ($query, @users) = @_;

    my %least;

    for my $user ((@users) x 20) {
        my $begun = ran();
        page($user, $query);
        my $took = ran() - $begun;

        $least{$user} = $took if !$least{$user} || $took < $least{$user};
    }

    return map { $least{$_} } @users;
}


is_deeply(create($service, 'few', 101), { 201 => 101 }, 'a user with a hundred');
is_deeply(create($service, 'many', MANY), { 201 => MANY },
    'a user with ten thousand');
is_deeply(create($service, 'many', 2), { 429 => 2 }, '... and not one more');

for my $query ('?limit=1', '?limit=100') {
    my ($few, $many) = cheapest($query, 'few', 'many');

    cmp_ok($many, '<', 2 * $few + 0.001, sprintf('a page %s costs as much: '
        . '%.2f ms, and %.2f ms', $query, 1000 * $many, 1000 * $few));
}


# Page by page.

my (%seen, @all);
my $query = '';
my $pages = 0;

while (defined $query) {
    my $page = page('many', $query);

    push @all, ids($page);
    $query = following($page);
    $pages++;
}

$seen{$_}++ for @all;

is($pages, MANY / 100, 'a hundred pages');
is(scalar @all, MANY, '... with ten thousand transactions');
is(scalar keys %seen, MANY, '... each of them once');

my $page = page('many', '?limit=7');
is_deeply([ids($page)], [@all[0 .. 6]], 'a page of seven has the newest');

my ($cursor) = following($page) =~ /^\?limit=7&(cursor=.*)$/;
is_deeply([ids(page('many', "?limit=7&$cursor"))], [@all[7 .. 13]],
    '... and leads to the next seven');

$service->api('DELETE', "users/many/verifyTransactions/$_") for @all[0 .. 6];
is_deeply([ids(page('many', "?limit=7&$cursor"))], [@all[7 .. 13]],
    '... also when the first seven are gone');

$service->api('DELETE', "users/many/verifyTransactions/$all[7]");

my ($other) = ids(page('few', '?limit=1'));

for my $lost ($cursor, "cursor=$other", 'cursor=', 'cursor=x',
    'cursor=00000000-0000-4000-8000-000000000000')
{
    my $answer = $service->api('GET',
        "users/many/verifyTransactions?limit=7&$lost");

    is_deeply([$answer->status, @{$answer->json->{details}[0]}{qw(code
        target)}], [400, 'INVALID_VALUE', 'cursor'], "no page: $lost");
}


# One that is decided gives way, the first of them first.

is_deeply(create($service, 'many', 9), { 201 => 8, 429 => 1 },
    'there is room for as many as were deleted');

$service->set($_, 'FAIL') for @all[5000, 4000];
is_deeply(create($service, 'many', 1), { 201 => 1 }, 'one more');
is($service->api('GET', "users/many/verifyTransactions/$all[5000]")->status, 404,
    '... in the place of the first that was decided');
is($service->api('GET', "users/many/verifyTransactions/$all[4000]")->status, 200,
    '... and of no other');

$service->advance(31 * 60);
is_deeply(create($service, 'many', 100), { 201 => 100 },
    'when their time is over all of them give way');

my $begun = time;
is($service->api('POST', 'users/many/resetVerification')->status, 204,
    'all are reset');
cmp_ok(time - $begun, '<', 2, '... at once');
is(join(' ', ids(page('many', ''))), '', '... and gone');
is(scalar(my @few = ids(page('few', ''))), 100, '... and nobody else\'s');


# What is over does not take room for long: as many as there is room for come
# and go again.

my $small = Idv::Site->new(name => 'small', service_zone => '1m');

$service = $small->service;

my $room = create($service, 'one0000', 2000);

cmp_ok($room->{201}, '>', 200, "room for $room->{201}, all of whom wait");
cmp_ok($room->{503}, '>', 200, '... and for no more');

$service->advance(31 * 60);

my ($made, $deadline) = (0, time + 5);

while ($made < $room->{201} && time < $deadline) {
    $made += create($service, 'two' . (10_000 + $made), 100)->{201} // 0;
    sleep 0.1;
}

cmp_ok($made, '>=', $room->{201}, 'when their time is over, there is again');

$_->nginx->allow(qr/zone "service" is full/) for $small;

Idv::Site->finish;
