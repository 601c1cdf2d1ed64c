#!/usr/bin/perl

# Every endpoint of PingOne Verify that docs/service.md lists, as that table has
# it: called by a stranger, with a token of elsewhere, for somebody and
# something that is not there, by a wrong method, and with a body that is none,
# it refuses each time in the API's own words; then the same resource gets a good
# request, and answers as the table says.  t/docs.t sees that the table is that
# of the code.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Phone;
use Idv::Site;

use constant NOBODY => '00000000-0000-4000-8000-00000000dead';

my $true = JSON::PP::true;
my $json = JSON::PP->new->utf8->canonical;
my $photo = MIME::Base64::encode_base64(Idv::Phone::PHOTO, '');

my @users = map { "user$_" } 1 .. 200;

my $site = Idv::Site->new(hop => 1, processing => '60s',
    files => { users => join('', map { "$_\n" } @users, 'other') },
    service => 'idv_service_users users; idv_service_max_image 200k;');

my $service = $site->service;
my $http = $service->http;
my $env = $service->{environment};

my $elsewhere = Idv::Service->new(%$service,
    environment => '00000000-1111-4222-8333-444444444444');

my $face = { liveness => { verify => 'REQUIRED', threshold => 'LOW' } };
my $named = 0;


sub policy {
    my (%parts) = @_;

    return $service->api('POST', 'verifyPolicies',
        { name => 'policy ' . ++$named, %parts })->json->{id};
}

my $whole = policy(governmentId => { verify => 'REQUIRED' },
    facialComparison => { verify => 'REQUIRED', threshold => 'LOW' }, %$face,
    transaction => { ida => { enabled => $true } });


# What a path needs to be there: each gives { user, tx, id }.

sub transaction {
    my $user = shift @users;

    my $answer = $service->api('POST', "users/$user/verifyTransactions",
        { verifyPolicy => { id => $whole } });

    return { user => $user, tx => $answer->json->{id}, made => $answer->json };
}


sub finished {
    my $t = transaction();

    Idv::Phone->new($service, $t->{made})->begin->document(
        photo => Idv::Phone::PHOTO)->selfie->submit;

    $service->advance(61);

    return $t;
}


sub failed {
    my $t = transaction();

    $service->set($t->{tx}, 'FAIL');

    return $t;
}


sub collecting {
    my $t = transaction();

    $t->{id} = $service->api('POST',
        "users/$t->{user}/verifyTransactions/$t->{tx}/documents",
        { type => $_, value => $photo })->json->{id}
        for 'Selfie', 'Passport Front';

    return $t;
}


sub item_of {
    my ($collection) = @_;

    my $t = finished();

    my $list = $service->api('GET',
        "users/$t->{user}/verifyTransactions/$t->{tx}/$collection")->json;

    $t->{id} = $list->{_embedded}{$collection}[0]{id};

    return $t;
}


my %collection = map { my $c = $_; $c => sub { item_of($c) } }
    qw(verifiedData metaData appEvents documents);

my %need = (
    %collection,
    verifyTransactions => sub { +{ user => shift @users } },
    identityRecordMatching => sub { +{ user => shift @users } },
    verifyStatus => sub { +{ user => shift @users } },
    resetVerification => \&finished,
    identityAssurance => \&finished,
    verifyPolicies => sub { +{ id => policy(%$face) } },
    users => sub { +{} },
    '{user}' => sub { +{ user => $service->api('POST', 'users',
        { username => 'user-' . ++$named })->json->{id} } },
    enabled => sub { +{ user => shift @users } },
    populations => sub { +{ id => $service->api('GET', 'populations')->json
        ->{_embedded}{populations}[0]{id} } },
    map { $_ => sub { +{ user => 'other', id => NOBODY } } }
        qw(dataBasedIdentityVerification deviceOwnershipVerification
           referenceData voicePhrases),
);

# ... and where a request needs something else, and what it says

my %request = (
    'POST {user}/verifyTransactions' =>
        { body => { verifyPolicy => { id => $whole } } },
    'GET {tx}' => { need => \&transaction },
    'DELETE {tx}' => { need => \&transaction },
    'PUT {tx}' => { need => \&failed, body => { transactionStatus => {
        status => 'APPROVED_MANUALLY' } } },
    'POST {tx}/documents' => { need => \&transaction,
        body => { type => 'Passport Front', value => $photo } },
    (map { ("POST {tx}/documents $_" => { need => \&collecting,
        type => "application/vnd.pingidentity.documents.$_+json" }) }
        qw(process complete)),
    'PUT {tx}/documents/{id}' => { need => \&collecting,
        body => { type => 'Passport Front', value => $photo } },
    'POST {tx}/verifiedData/{id}' => { need => $collection{verifiedData},
        type => 'application/vnd.pingidentity.replace.background+json',
        text => '{}' },
    'POST {env}/verifyPolicies' => { body => { %$face, name => 'new' } },
    'PUT {env}/verifyPolicies/{id}' =>
        { body => { %$face, name => 'changed' } },
    'POST {user}/identityRecordMatching' => { body => {
        probe => { name => 'Ann' }, gallery => { name => { value => 'Ann' } } } },
    'POST {env}/users' => { body => { username => 'new' } },
    'PUT {user}' => { body => { username => 'put' } },
    'PATCH {user}' => { body => { nickname => 'Ann' } },
    'PUT {user}/enabled' => { body => { enabled => $true } },
    'PUT {user}/verifyStatus' => { body => { verifyStatus => 'ENABLED' } },
);


my @rows = endpoints();

cmp_ok(scalar @rows, '>', 50, 'the table has the whole API');

my %methods;

for my $row (@rows) {
    push @{$methods{$row->{path}}}, $row->{method};
}

for my $row (@rows) {
    my ($method, $path, $status) = @$row{qw(method path status)};
    my $name = join ' ', $method, $path, $row->{action} // ();

    my $request = delete $request{$name} || {};
    my ($kind) = reverse grep { $need{$_} } split m{/}, $path;
    my $need = $request->{need} || $need{$kind // ''}
        or die "nothing is known of $name";

    my $place = $need->();
    my $body = $request->{body};
    my @type = $request->{type}
        ? (type => $request->{type}, text => $request->{text} // '') : ();
    my $done = $row->{here} !~ /^no/;

    subtest $name => sub {
        is($done ? 1 : 0, $status < 300 ? 1 : 0,
            'what is not here does not answer as if it were');

        # who asks

        is(said($method, $path, $place, $body, @type, token => undef),
            '401 INVALID_TOKEN', 'no token');
        is(said($method, $path, $place, $body, @type, token => 'x' x 43),
            '401 INVALID_TOKEN', 'a wrong token');
        is(said($method, $path, $place, $body, @type, token => $elsewhere->token),
            '403 ACCESS_FAILED', 'a token of another environment');

        # for whom, and what

        is(said($method, $path, { %$place, env => 'none' }, $body, @type),
            '404 NOT_FOUND', 'no environment');

        is(said($method, $path, { %$place, user => 'stranger' }, $body, @type),
            '404 NOT_FOUND', 'nobody') if $path =~ /\{(?:user|tx)\}/;

        is(said($method, $path, { %$place, user => 'other' }, $body, @type),
            '404 NOT_FOUND', 'not the transaction of that user')
            if $path =~ /\{tx\}/;

        for my $id ($done ? $path =~ /\{(tx|id)\}/g : ()) {
            is(said($method, $path, { %$place, $id => NOBODY }, $body, @type),
                '404 NOT_FOUND', "no such $id");
            is(said($method, $path, { %$place, $id => 'x' }, $body, @type),
                '404 NOT_FOUND', "not even an id: $id");
        }

        # how

        my ($other) = grep { my $m = $_; !grep { $_ eq $m } @{$methods{$path}} }
            qw(PATCH OPTIONS);
        my $answer = call($other, $path, $place);
        is($answer->status, 405, 'another method');
        is($answer->header('Allow'), allowed(@{$methods{$path}}),
            '... and those that there are');

        if ($body) {
            my @json = (type => 'application/json');

            is(said($method, $path, $place, undef, @json,
                text => ' ' x (300 * 1024)), '413 REQUEST_TOO_LARGE',
                'too much');
            is(said($method, $path, $place, undef, @json, text => $_),
                '400 INVALID_REQUEST', 'no JSON: ' . substr($_, 0, 8))
                for '', '{"a":', '{"a":1,"a":2}', '"text"', '[' x 100;
            is(said($method, $path, $place, undef, type => 'text/plain',
                text => $json->encode($body)), '415 UNSUPPORTED_MEDIA_TYPE',
                'another content type');
        }

        # and after all of that

        $answer = call($method, $path, $place, $body, @type);

        is($answer->status, $status, "it answers $status")
            or diag($answer->body);
        is($answer->body, '', '... and nothing') if $status == 204;
        ok(ref $answer->json, '... in JSON') if $status != 204;
        like($answer->header('Correlation-Id') // '', qr/^[0-9a-f-]{36}$/,
            '... with an id');

        if ($method eq 'DELETE' && $done) {
            is(said('GET', $path, $place), '404 NOT_FOUND', 'it is gone')
                if $path =~ /\}$|Assurance$/;
            is(call('GET', $path, $place)->json->{size}, 0, 'all are gone')
                if $path =~ /(?:Data|Events)$/;
        }
    };
}

is(join(', ', sort keys %request), '', 'no request is left over');

Idv::Site->finish;


# the table: endpoint, status, what is said of it

sub endpoints {
    open my $in, '<:encoding(UTF-8)', "$ENV{IDV_TOP}/docs/service.md"
        or die "docs/service.md: $!";

    my @rows;

    for (grep { /^### What of PingOne/ .. /^## Users/ } <$in>) {
        my ($method, $path, $action, $status, $here)
            = /^\| `([A-Z]+) (\S+)`(?:, (\w+))? \| (\d+) \| (.*) \|$/ or next;

        $path =~ s{^/v1/environments/\{environmentId\}}{{env}};

        push @rows, { method => $method, path => $path, status => $status,
                      action => $action, here => $here };
    }

    return @rows;
}


# call(METHOD, PATH, { env, user, tx, id }, MODEL, token, type, text)

sub call {
    my ($method, $path, $place, $model, %arg) = @_;

    my $at = $place->{env} // $env;
    my $user = $place->{user} // 'none';

    $path =~ s/\{tx\}/{user}\/verifyTransactions\/$place->{tx}/;
    $path =~ s/\{user\}/{env}\/users\/$user/;
    $path =~ s/\{env\}/\/v1\/environments\/$at/;
    $path =~ s/\{id\}/$place->{id}/g;

    my $token = exists $arg{token} ? $arg{token} : token();

    if (defined $model) {
        $arg{text} //= $json->encode($model);
        $arg{type} //= 'application/json';
    }

    return $http->request($method, $path,
        defined $token ? (Authorization => "Bearer $token") : (),
        defined $arg{text} ? ('Content-Type' => $arg{type},
            -body => $arg{text}) : ());
}


# "404 NOT_FOUND", when it is an error as it has to be

sub said {
    my $answer = call(@_);
    my $error = $answer->json;

    return 'HTTP ' . ($answer->status || $answer->error) . ' without an error'
        if ref $error ne 'HASH' || !defined $error->{code};

    return 'an error without the id of its request'
        if $error->{id} ne $answer->header('Correlation-Id');

    return 'an error without words' if ($error->{message} // '') eq '';

    return $answer->status . ' ' . $error->{code};
}


# one that is of today: the clock is moved

sub token {
    $service->api('GET', 'verifyPolicies') if !$service->{token};

    return $service->{token};
}


sub allowed {
    my %is = map { $_ => 1 } @_;

    $is{HEAD} = $is{GET};

    return join ', ', grep { $is{$_} } qw(GET HEAD POST PUT PATCH DELETE);
}
