#!/usr/bin/perl

# The console and a provider that is far away: what is asked of it, word by
# word; what becomes of its errors, its nonsense and its silence; callers that
# go away; and a reset at PingOne, whose own reset does nothing any more.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Console;
use Idv::Mock;
use Idv::Site;

my $env = '/v1/environments/' . Idv::Site::ENVIRONMENT;
my $token = { path => '/' . Idv::Site::ENVIRONMENT . '/as/token',
    json => { access_token => 'a-token-of-ours', token_type => 'Bearer',
        expires_in => 3600 } };
my $evil = '<script>alert(1)</script>"\'&';
my $id = '2b6f0cc9-04f1-4d1e-8b0e-3b0d3f2d7a11';
my @tx = map { "d1c2a8f0-77aa-4d6c-8b63-9e0a4f2b6c3$_" } 1 .. 3;

my $mock = Idv::Mock->new;
my $console = Idv::Console->new(workers => 1, reviews => 0,
    peer => 'http://127.0.0.1:' . $mock->port,
    http => 'log_format visit "$request_method $request_uri $http_referer";',
    gate => 'access_log %%DIR%%/visits visit;',
    locations => 'location /gated/ { auth_idv local; idv_console local;
        auth_idv_console_role $console_role;
        idv_console_audit %%DIR%%/audit.log; }',
    provider => 'connect_timeout 1s; timeout 2s; breaker off; '
        . 'read_interval 1s;');

$console->nginx->forbid('a-token-of-ours');


my $before = 0;

sub answers {
    my (@rules) = @_;

    $before = () = $mock->calls;
    $mock->rules($token, @rules);
}


# what it was asked since, below the environment

sub asked {
    my @calls = $mock->calls;

    return grep { index($_->{path}, $env) == 0 } @calls[$before .. $#calls];
}


# Search: the text is looked for, and never a part of the filter.

my @found = ({ id => $id, username => $evil, email => 'x@example.com',
    name => { given => $evil, family => "O'Neil", prefix => 'Dr' },
    mobilePhone => '+15555550100', enabled => JSON::PP::false,
    population => { id => $tx[0] }, password => 'no business of yours',
    _links => { self => { href => 'http://inside' } } });

answers({ path => "$env/users", json => { _embedded => { users => \@found },
    count => 1, _links => { next => { href => 'https://api.example.com'
        . "$env/users?limit=25&cursor=ey+J%2Bx%3D&a=b" } } } });

my $answer = $console->get('vic', 'users?search=a%22+or+%5C&cursor=c%26d');
is($answer->status, 200, 'a search') or diag($answer->body);
is_deeply($answer->json, { count => 1, next => 'ey+J+x=', users => [{
    id => $id, username => $evil, email => 'x@example.com',
    name => { given => $evil, family => "O'Neil" },
    mobilePhone => '+15555550100', enabled => JSON::PP::false,
    population => { id => $tx[0] } }] }, 'what was found, and nothing else');

my ($call) = asked();
my $query = $call->{path};
$query =~ s/.*\?//;
my %arg = map { my ($n, $v) = split /=/, $_, 2;
    $v =~ s/%(..)/chr hex $1/ge; ($n, $v) } split /&/, $query;

is($arg{limit}, 25, 'so many at a time');
is($arg{cursor}, 'c&d', 'from where it was');
is($arg{filter}, join(' or ', map { qq{$_ sw "a\\" or \\\\"} } qw(username
    email name.family name.given mobilePhone)), 'the text as a text');

my ($more) = $console->client('vic')->get('/console/users?search=a')->body
    =~ m{href="(/console/users\?[^"]*)">More};
$more =~ s/&amp;/&/g;
$console->client('vic')->get($more);
like((asked())[-1]{path}, qr/&cursor=ey%2BJ%2Bx%3D$/,
    'the next page begins where the provider has said');

$console->get('vic', "users?search=$id");
like((asked())[-1]{path}, qr/filter=id%20eq%20%22$id%22/,
    'an id is looked for as one');
$console->get('vic', 'users');
unlike((asked())[-1]{path}, qr/filter/, 'no text: all');

for my $long ('search=' . 'x' x 129, 'cursor=' . 'x' x 1025) {
    $console->refused($console->get('vic', "users?$long"), 400,
        'INVALID_INPUT', 'a text that is too long');
}

$console->nginx->forbid('someone-looked-for');
answers({ path => "$env/users", status => 500, json => { code => 'X' } });
is($console->get('vic', 'users?search=someone-looked-for&cursor=1')->status,
    500, 'what was looked for is in no log');
like((asked())[0]{path}, qr/someone-looked-for/, '... but was');

# a page says to the next one, and to its style, how it was found

$console->client('vic')->get('/console/flows', Referer =>
    'http://127.0.0.1/console/users?cursor=1&search=someone-looked-for');

# nor does it matter who turns the request away

my $looked = 'users?search=someone-looked-for&cursor=1';
my $nobody = Idv::HTTP->new(port => $console->site->port('gate'));

is($nobody->get("/console/$looked")->status, 401, 'nobody is turned away');
is($nobody->get("/console/$looked", Authorization => 'Basic ' .
    MIME::Base64::encode_base64('vic:wrong', ''))->status, 401, 'so is somebody else');

my $gated = $console->client('vic')->get("/gated/$looked");
isnt($gated->status, 200, 'and who is not verified');
unlike(($gated->header('Location') // '') . $gated->body,
    qr/someone-looked-for/, '... whom the flow does not tell');

# a line is written when its answer has been sent

my $masked = 'users?search=******************&cursor=1 -';
my @visits;
$console->nginx->wait_until(10, sub { 5 <= (@visits = grep { /cursor=1/ }
    split /\n/, $console->nginx->read_file('visits')) });
is(join("\n", @visits),
    join("\n", "GET /console/api/$masked",
        'GET /console/flows http://127.0.0.1/console/users?cursor=1&search='
        . '*' x 18, ("GET /console/$masked") x 2, "GET /gated/$masked"),
    '... in no log of visits either');

answers({ path => "$env/users", json => { _embedded => { users => \@found },
    count => 1 } });

like($console->client('vic')->get('/console/users?search=x')->body,
    qr/&lt;script&gt;/, 'a page shows names as text');
unlike($console->client('vic')->get('/console/users?search=x')->body,
    qr/<script>alert/, '... and nothing but text');

# an id is escaped, and what an address is made of is in none

answers({ path => "$env/", status => 404, json => { code => 'NOT_FOUND' } });
$console->get('vic', "users/a%20b+c%26d%C3%BC'");
like((asked())[0]{path}, qr{/users/a%20b%2Bc%26d%C3%BC(?:'|%27)$}, 'escaped');

for my $bad ('a%2525', 'a%3Fb', 'a%23', 'a%3Bb', 'a%5Cb') {
    $console->refused($console->get('vic', "users/$bad"), 404, 'NOT_FOUND',
        $bad);
}


# Its errors, its nonsense, its silence.  [name, rule, status, code]

my %theirs = (id => 'e', code => 'INVALID_DATA', message => $evil,
    secret => 'x', details => [{ code => 'INVALID_VALUE', target => 'name' }]);

for my $case (
    ['an error', { status => 400, json => \%theirs }, 400, 'PROVIDER_REFUSED'],
    ['no right', { status => 403, json => \%theirs }, 403, 'PROVIDER_REFUSED'],
    ['our token', { status => 401, json => \%theirs }, 502, 'PROVIDER_REFUSED'],
    ['an error without words', { status => 500, body => 'no' }, 500,
        'PROVIDER_REFUSED'],
    ['another place', { status => 302, headers => [Location => '/x'] }, 502,
        'PROVIDER_REFUSED'],
    ['no JSON', { body => 'hello' }, 502, 'PROVIDER_UNUSABLE'],
    ['a list', { body => '[]' }, 502, 'PROVIDER_UNUSABLE'],
    ['an empty one', { status => 200, body => '' }, 502, 'PROVIDER_UNUSABLE'],
    ['no content', { status => 204 }, 502, 'PROVIDER_UNUSABLE'],
    ['nothing', { hang => 'request' }, 503, 'PROVIDER_UNAVAILABLE', 5],
    ['half', { json => \%theirs, stop => -20, then => 'close' },
        503, 'PROVIDER_UNAVAILABLE', 5])
{
    my ($name, $rule, $status, $code, $after) = @$case;

    answers({ path => "$env/verifyPolicies", %$rule });

    $answer = $console->change('adm', 'verifyPolicies', { name => 'x' });
    is($answer->status, $status, "$name: $status") or diag($answer->body);
    is($answer->json->{code}, $code, "$name: $code");
    is($answer->header('Retry-After'), $after, "$name: when again");

    is_deeply($answer->json->{provider}, { status => $rule->{status},
        map { $_ => $theirs{$_} } qw(id code message details) },
        "$name: in its words") if $rule->{json} && $rule->{status};

    is(join(' ', map { "$_->{result} " . ($_->{status} // '') }
        $console->told), "attempt  failed $status", "$name: told");
}


# A caller that goes away ends its call; nobody knows what became of it.

answers({ path => "$env/verifyPolicies", hang => 'request' });

my $client = $console->site->client('adm');
$client->send('POST', '/console/api/verifyPolicies',
    'Content-Type' => 'application/json', 'X-IDV-Console' => '1',
    -body => '{"name":"x"}');

my $limit = time + 5;
sleep 0.01 until asked() || time > $limit;
$client->close;

my @told;
sleep 0.01 until (@told = (@told, $console->told)) >= 2 || time > $limit;
is(join(' ', map { $_->{result} } @told), 'attempt aborted', 'told: aborted');


# A reset where the provider has none: what there is goes, one by one, and the
# user is told.

my %user = (id => $id, username => 'ann');
my @left = map { { id => $_ } } @tx;

sub reset_of {
    my ($contact, @rules) = @_;

    answers(@rules,
        { path => "$env/users/$id/verifyTransactions?limit=100", times => 2,
          json => { _embedded => { verifyTransactions => \@left } } },
        { path => "$env/users/$id/verifyTransactions?limit=100",
          json => { _embedded => { verifyTransactions => [] } } },
        { path => "$env/users/$id/resetVerification", status => 404,
          json => { code => 'NOT_FOUND' } },
        { path => "$env/users/$id/verifyTransactions/", method => 'DELETE',
          status => 204 },
        { path => "$env/users/$id/verifyTransactions", method => 'POST',
          status => 201, json => { id => $tx[0], sendNotification => {
              results => [{ sent => JSON::PP::true }] } } },
        { path => "$env/users/$id", json => { %user, %$contact } });

    return $console->change('adm', "users/$id/reset", {});
}

$answer = reset_of({ email => 'ann@example.com' });
is_deeply($answer->json, { transactions => 3, flows => 0,
    sessions => 'revoked', message => 'SENT' }, 'a reset at PingOne')
    or diag($answer->body);

is(join("\n", map { $_->{method} . ' ' . substr $_->{path}, length $env }
    asked()), join("\n",
    "GET /users/$id/verifyTransactions?limit=100",
    "POST /users/$id/resetVerification",
    "GET /users/$id/verifyTransactions?limit=100",
    (map { "DELETE /users/$id/verifyTransactions/$_" } @tx),
    "GET /users/$id/verifyTransactions?limit=100",
    "GET /users/$id",
    "POST /users/$id/verifyTransactions"), 'one after the other');
is_deeply(JSON::PP::decode_json((asked())[-1]{body}),
    { sendNotification => { email => 'ann@example.com' } }, 'a message');
unlike($console->nginx->read_file('audit.log'), qr/example\.com/,
    'addresses are not for the log');
$console->nginx->forbid('ann@example.com');

is(reset_of({ mobilePhone => '+15555550100' })->json->{message}, 'SENT',
    'a phone');
is(reset_of({})->json->{message}, 'NO_CONTACT', 'neither');
is(reset_of({ email => 'x@example.com' }, { path =>
    "$env/users/$id/verifyTransactions", method => 'POST', status => 400,
    json => { code => 'INVALID_DATA' } })->json->{message}, 'FAILED',
    'a message that was refused');
is(reset_of({ email => 'x@example.com' }, { path =>
    "$env/users/$id/verifyTransactions", method => 'POST', status => 201,
    json => { id => $tx[0], sendNotification => { results => [
        { sent => JSON::PP::false }] } } })->json->{message}, 'FAILED',
    'one that was not sent');

$console->told;
$answer = reset_of({}, { path => "$env/users/$id/resetVerification",
    status => 503, json => { code => 'BUSY' } });
is($answer->status, 503, 'a provider that is down');
is_deeply($answer->json->{done}, { flows => 0, sessions => 'revoked' },
    '... what was done before');
is(join(' ', map { $_->{result} } $console->told), 'attempt failed',
    '... told');

$answer = reset_of({}, { path => "$env/users/$id/verifyTransactions/$tx[1]",
    status => 403, json => { code => 'ACCESS_FAILED' } });
is($answer->status, 403, 'one that may not be deleted');

# a list that never ends does not keep a worker

answers({ path => "$env/users/$id/verifyTransactions?limit=100",
      json => { _embedded => { verifyTransactions => [map { { id => $tx[0] } }
          1 .. 100] } } },
    { path => "$env/users/$id/resetVerification", status => 204 },
    { path => "$env/users/$id/verifyTransactions/", status => 404 });
$answer = $console->change('adm', "users/$id/reset", {});
is($answer->status, 502, 'a list without end');
is($answer->json->{code}, 'PROVIDER_UNUSABLE', '... ends');
cmp_ok(scalar(grep { $_->{method} eq 'DELETE' } asked()), '<=',
    501, '... somewhere');


# One that makes a list of what is made is not asked to make another for ever.

answers({ path => "$env/users/$id/verifyTransactions",
    json => { _embedded => { verifyTransactions => [] } } });
$answer = $console->change('adm', "users/$id/approve", {});
is($answer->status, 502, 'nothing that could be approved');
is(join(' ', map { $_->{method} } asked()), 'GET POST', '... was made once');


# A list that is long keeps no worker: 200000 by 200000 would take minutes.

my $data = "$env/users/$id/verifyTransactions/$tx[0]/verifiedData";
answers({ path => $data, body => ['{"_embedded":{"verifiedData":[',
    '{"type":"X"},', 200000,
    '{"id":"b","type":"X","data":{"B":"b"}}]}}'] });

$answer = $console->get('adm',
    "users/$id/verifyTransactions/$tx[0]/verifiedData");
is($answer->status, 200, 'a long list');
is($answer->json->{verifiedData}[-1]{data}{B}, 'b', '... with its data');


# Images: what it is its bytes say.

my $image = "users/$id/verifyTransactions/$tx[0]/images/$tx[1]";

for my $case (
    ['a picture', "\xff\xd8\xff\xe0" . 'x' x 100, 200, 'image/jpeg'],
    ['another', "\x89PNG\r\n\x1a\n" . 'x' x 100, 200, 'image/png'],
    ['a page', '<html><script>alert(1)</script>', 502, 'application/json'],
    ['a drawing', '<svg onload="alert(1)"/>', 502, 'application/json'],
    ['nothing', '', 502, 'application/json'])
{
    my ($name, $bytes, $status, $type) = @$case;

    answers({ path => "$env/users/$id/verifyTransactions/$tx[0]/verifiedData/"
        . $tx[1], json => { type => 'SELFIE', data => { FORMAT => 'html',
            IMAGE => MIME::Base64::encode_base64($bytes, '') } } });

    $answer = $console->get('adm', $image);
    is($answer->status, $status, "$name: $status");
    is($answer->header('Content-Type'), $type, "$name: $type");
}

answers({ path => "$env/", json => { data => { IMAGE => '%%%' } } });
$console->refused($console->get('adm', $image), 502, 'PROVIDER_UNUSABLE',
    'no base64');
answers({ path => "$env/", json => { data => {} } });
$console->refused($console->get('adm', $image), 404, 'NOT_FOUND', 'no image');


# It asks for a pause, which holds for all.

answers({ path => "$env/verifyPolicies", status => 503, json => \%theirs,
    headers => ['Retry-After' => 7] });

$answer = $console->get('vic', 'verifyPolicies');
is($answer->status, 503, 'an outage');
is($answer->json->{code}, 'PROVIDER_REFUSED', '... in its words');
is($answer->header('Retry-After'), 7, '... and its time');
$answer = $console->get('vic', 'verifyPolicies');
is($answer->json->{code}, 'PROVIDER_UNAVAILABLE', 'it is not asked meanwhile');
ok($answer->header('Retry-After') >= 5, '... and that is said');


# There is no queue here.

for my $path ('reviews', "reviews/$tx[0]", "reviews/$tx[0]/images/$tx[1]") {
    $console->refused($console->get('adm', $path), 501, 'NO_QUEUE', $path);
}

$console->refused($console->change('adm', "reviews/$tx[0]",
    { decision => 'APPROVED' }), 501, 'NO_QUEUE', 'a decision');

Idv::Site::finish();
