#!/usr/bin/perl

# Users of the provider.  The subject of the first factor is found there by one
# attribute, or made there, once, however often and wherever at once it comes.
# Whatever a subject is spelled like, it finds the user of that spelling and
# nobody else.  The console goes by the provider's id.

# variants: plain asan

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use Idv::Check;
use Idv::Console;
use Idv::Site;

my ($DEVICE, $REQUIRED, $COMPLETED, $FAILED)
    = map { "ID_VERIFICATION_$_" } qw(DEVICE REQUIRED COMPLETED FAILED);

# the local service's one population of this environment

my $POPULATION = '1bb530d5-c1fd-83c9-b945-b30aae93594b';

# subjects that mean something to a filter, a URL, a log or a JSON text, each of
# whom has a user; and some who have none, but want that of "victim"

my @odd = ('a"b', 'back\\slash', 'ends\\', '\\"', '"', "it's", 'a b', '(a)',
    'a+b', 'a%20b', '%22', 'a&limit=9', 'a#b', 'a/b', '../a', '{"a"}', '*',
    'a,b', 'a;b', '<a>', "\xc3\xa4", "\xf0\x9f\x99\x82", 'true', 'x' x 103);
my @hostile = ('x" or externalId eq "victim', 'x\\" or externalId eq "victim',
    'x" or externalId sw "v', 'victim" and externalId eq "victim',
    'victim\\', 'victim" ', '"victim"', ' victim', 'victim ', 'VICTIM',
    'x" or (externalId eq "victim")', 'victim%22', 'x&filter=a', '*',
    "victim\xe4");

my %blocks = (
    made   => "user_lookup username; on_user_not_found provision;
               population $POPULATION; transaction_limit 2 1d;
               verify_policy %%POLICY%%; reuse_verification 1h;",
    names  => 'user_lookup username;',
    open   => 'user_lookup username; on_user_not_found bypass;
               on_user_disabled bypass;',
    mail   => 'user_lookup email; on_user_not_found bypass;
               on_user_disabled bypass;',
    outer  => 'user_lookup externalId;',
    number => 'user_lookup id;',
    hashed => "user_lookup username hashed=names.key;
               on_user_not_found provision; population $POPULATION;",
    lossy  => "user_lookup username; on_user_not_found provision;
               population $POPULATION; timeout 1s; connect_timeout 1s;",
);

my $policy = '88888888-0c9f-49b3-8a77-3a3c9a2f4d11';

my ($providers, $locations) = ('', '');

for my $name (sort keys %blocks) {
    my $port = $name eq 'lossy' ? 'lossy' : 'service';

    $providers .= <<"END";
    idv_provider $name {
        environment_id      @{[Idv::Site::ENVIRONMENT]};
        api_url             http://127.0.0.1:%%PORT_$port%%/v1;
        auth_url            http://127.0.0.1:%%PORT_service%%;
        client_id           @{[Idv::Site::CLIENT]};
        client_secret_file  client_secret;
        session_key_file    session.key;
        read_interval       200ms;
        $blocks{$name}
    }
END

    $locations .= <<"END";
        location /$name/ {
            auth_idv   $name;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /$name/idv/ { idv_flow_api $name; }

        location /$name/console/ {
            auth_idv_console_role \$console_role;
            idv_console           $name;
            idv_console_audit     %%DIR%%/$name.log;
        }
END
}

$providers =~ s/%%POLICY%%/$policy/;

my $console = Idv::Console->new(hop => 1,
    people => { map { $_ => {} } qw(zoe tom kim lea ida dis ver two TWO Ann),
        'mia@example.com', 'dup@example.com', 'victim', @odd, @hostile },
    files => {
        'names.key' => 'the key that makes names of them',
        'policies.json' => qq([{"id":"$policy","name":"again",)
            . '"governmentId":{"verify":"REQUIRED"}}]',
    },
    service => 'idv_service_users strict; idv_service_policies policies.json;',
    gate => "auth_idv_input given_name Zo\xc3\xab; "
        . 'auth_idv_input family_name $remote_user; '
        . 'auth_idv_input email " $remote_user@example.com,b@example.com";',
    http => $providers, locations => $locations,
    servers => <<'END');

    # takes what it is sent, and loses the answer to a POST

    server {
        listen 127.0.0.1:%%PORT_lossy%%;

        set $rate 0;
        if ($request_method = POST) { set $rate 1; }
        if ($uri ~ verifyTransactions) { set $rate 0; }

        location / {
            limit_rate $rate;
            proxy_pass http://127.0.0.1:%%PORT_service%%;
        }
    }
END

my $site = $console->site;
my $service = $console->service;

$site->nginx->forbid('Zoe', 'zoe@example.com', 'victim');

sub made {
    my ($username, %more) = @_;

    my $answer = $service->api('POST', 'users',
        { username => $username, %more });

    return $answer->json->{id} // die $answer->body;
}

sub found {
    my ($filter) = @_;

    $filter =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge;

    return @{$service->api('GET', "users?filter=$filter")
        ->json->{_embedded}{users}};
}

sub transactions {
    my ($id) = @_;

    return $service->api('GET', "users/$id/verifyTransactions")->json->{size};
}

sub begun {
    my ($who, $block, %arg) = @_;

    my $flow = $site->flow($who, path => "/$block/", %arg);
    $flow->device('self');

    return $flow;
}

sub ends {
    my ($who, $block, $code, $name) = @_;

    my $flow = begun($who, $block);

    state_is($flow, $FAILED, $name);
    is($flow->state->{errorDetails}[0]{code}, $code, "$name: $code");
    $flow->cancel;
}

# how often users were asked for, and made

sub calls {
    my $list = $service->control('GET',
        "requests?path=/v1/environments/$service->{environment}/users")
        ->{requests};
    my %calls = (GET => 0, POST => 0);

    for (@$list) {
        $calls{$_->{method}} += $_->{count} if $_->{path} =~ m{/users$};
    }

    return \%calls;
}

is($service->api('GET', 'populations')->json->{_embedded}{populations}[0]{id},
    $POPULATION, 'the population is the one there is');


# Found by name: asked once for each flow, which is of her user.

my $ann = made('ann');
my $before = calls();
my $flow = begun('ann', 'names');

state_is($flow, $REQUIRED, 'ann is found');
is(transactions($ann), 1, 'and has a transaction');
$flow->verify;
is($flow->client->get('/names/')->status, 200, 'who was verified is in');
is(calls()->{GET}, $before->{GET} + 1, 'she was looked up once');

$flow = begun('ann', 'names');
$flow->phone('FAIL');
$flow->reach($REQUIRED);
$flow->phone('FAIL');
$flow->reach($REQUIRED);
is(calls()->{GET}, $before->{GET} + 2, 'once for all transactions of a flow');
same_elsewhere($flow, 'on every worker');
$flow->cancel;

ends('Ann', 'names', 'USER_AMBIGUOUS',
    'another subject to the first factor, and so not her');
ends('Ann', 'open', 'USER_AMBIGUOUS', 'nor is Ann let through');


# Not there.

ends('bob', 'names', 'USER_NOT_FOUND', 'bob is nobody');
ends('ann', 'number', 'USER_NOT_FOUND', 'a name is no id');
is(begun('bob', 'open')->status, $COMPLETED, 'or let through, as configured');


# Disabled, either way.

my $dis = made('dis', email => 'dup@example.com');
$service->api('PUT', "users/$dis/enabled", { enabled => JSON::PP::false });
my $ver = made('ver');
$service->api('PUT', "users/$ver/verifyStatus", { verifyStatus => 'DISABLED' });

for my $who (qw(dis ver)) {
    ends($who, 'names', 'USER_DISABLED', "$who is disabled");
    is(begun($who, 'open')->status, $COMPLETED, 'or let through');
}


# By an address: one, or two.

my $mia = made('m', email => 'mia@example.com');
is(begun('mia@example.com', 'mail')->status, $REQUIRED, 'by her address');
is(transactions($mia), 1, 'it is hers');
made('d', email => 'dup@example.com');
ends('dup@example.com', 'mail', 'USER_AMBIGUOUS', 'two of an address');


# The odd ones, and the hostile.

my %id = map {
    my $text = $odd[$_];

    utf8::decode($text);
    ("odd$_" => made("odd$_", externalId => $text));
} 0 .. $#odd;
my $victim = made('victim', externalId => 'victim');
my $wrong = 0;

for (0 .. $#odd) {
    my $flow = begun($odd[$_], 'outer');

    $wrong++, diag("$odd[$_]: ", $flow->answer->body)
        if $flow->status ne $REQUIRED || transactions($id{"odd$_"}) != 1;
}

is($wrong, 0, @odd . ' odd subjects find their users');

for (@hostile) {
    my $flow = begun($_, 'outer');

    # "*" is one of the odd ones
    $wrong++, diag("$_: ", $flow->answer->body)
        if $_ ne '*' && $flow->status eq $REQUIRED;
}

is($wrong, 0, @hostile . ' hostile subjects find nobody');
is(transactions($victim), 0, 'least of all the victim');


# Made, with what is known.

$flow = begun('zoe', 'made');
state_is($flow, $REQUIRED, 'zoe is made');

my ($zoe, @more) = found('username eq "zoe"');

is(@more, 0, 'once');
is_deeply([@$zoe{qw(email enabled)}, $zoe->{name}{given}, $zoe->{name}{family},
    $zoe->{population}{id}], ['zoe@example.com', JSON::PP::true, "Zo\x{eb}",
    'zoe', $POPULATION], 'with what is known of her');
is(transactions($zoe->{id}), 1, 'and has a transaction');
$flow->verify;

my $tablet = begun('zoe', 'made');
is($tablet->status, $COMPLETED, 'found again, with her earlier verification');
$tablet->continue;
is(scalar found('username eq "zoe"'), 1, 'and no second user');


# The console goes by her id: flows, sessions, limits.

my $open = $site->flow('zoe', path => '/made/');
$service->api('DELETE', "users/$zoe->{id}/verifyTransactions/$_->{id}")
    for @{$service->api('GET', "users/$zoe->{id}/verifyTransactions")
        ->json->{_embedded}{verifyTransactions}};
is($open->device('self')->json->{status}, $REQUIRED, 'a second transaction');

my $third = begun('zoe', 'made');
error_is($third->answer, 429, 'REQUEST_FAILED', 'TRANSACTIONS_LIMIT',
    'and no third');

sub ask {
    my ($method, $path, $input) = @_;

    my $answer = $console->client('adm')->request($method,
        "/made/console/api/$path", 'X-IDV-Console' => 1,
        $input ? ('Content-Type' => 'application/json', -body => '{}') : ());

    is($answer->status, 200, "$method $path") or diag($answer->body);

    return $answer->json || {};
}

my $seen = ask('GET', "users/$zoe->{id}");

is_deeply([sort map { $_->{user} } @{$seen->{flows}}],
    [($zoe->{id}) x @{$seen->{flows}}], 'her flows are hers');
ok((grep { $_->{id} eq $open->id } @{$seen->{flows}}), 'the open one, too');
is($flow->client->get('/made/')->status, 200, 'before the reset she is in');

ask('POST', "users/$zoe->{id}/reset", 1);
is($_->client->get('/made/', Accept => 'application/json')->status, 403,
    'afterwards she is not') for $flow, $tablet;
error_is($open->read, 404, 'RESOURCE_NOT_FOUND', undef, 'her flow is over');
state_is(begun('zoe', 'made'), $REQUIRED, 'and she has transactions again');


# Hashed: the provider learns nothing of who it is.

$flow = begun('tom', 'hashed');
state_is($flow, $REQUIRED, 'tom is made without a name');
is(scalar found('username eq "tom"'), 0, 'of his');

my ($tom) = grep { $_->{username} =~ /^[0-9a-f]{40}$/ }
    @{$service->api('GET', 'users')->json->{_embedded}{users}};

ok($tom && !$tom->{email} && !$tom->{name}, 'nor anything else');
is(transactions($tom->{id}), 1, 'has a transaction');
state_is(begun('tom', 'hashed'), $REQUIRED, 'and is found again');
is(transactions($tom->{id}), 2, 'as the same');


# Two starts at once: somebody else makes kim while we are about to.

my $users = "/v1/environments/$service->{environment}/users";

$before = calls();
$service->faults({ path => $users, times => 1, delayMs => 1 },
    { path => $users, times => 1, delayMs => 1000 });
$flow = $site->flow('kim', path => '/made/');
$flow->begin('deviceAuthentication', { deviceAuthentication => 'self' });

for (1 .. 200) {
    last if calls()->{POST} > $before->{POST};
    sleep 0.02;
}

my $kim = made('kim');
$flow->end;
state_is($flow, $REQUIRED, 'who was second finds who was first');
is(transactions($kim), 1, 'whose transaction it is');

my @both = map { $site->flow('ida', path => '/made/') } 1, 2;

$service->faults({ path => $users, times => 2, delayMs => 200 });
$_->begin('deviceAuthentication', { deviceAuthentication => 'self' }) for @both;
$_->end for @both;
$service->faults;
state_is($_, $REQUIRED, 'each of two at once goes on') for @both;
is(scalar found('username eq "ida"'), 1, 'as one user');


# An answer that is lost.

$flow = begun('lea', 'lossy');
state_is($flow, $REQUIRED, 'made, though nobody has heard of it');
is(scalar found('username eq "lea"'), 1, 'once');


# A provider that cannot be asked.

for my $status (400, 403, 404, 503) {
    my $flow = $site->flow('two', path => '/open/');

    $service->faults({ path => $users, times => 3, status => $status });
    error_is($flow->device('self'), 503, 'REQUEST_FAILED',
        'SERVICE_UNAVAILABLE', "$status is not that there is no user");
    $service->faults;
    $flow->read;
    state_is($flow, $DEVICE, 'the flow stays where it was');
    $flow->cancel;
}

$site->finish;
