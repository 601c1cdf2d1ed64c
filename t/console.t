#!/usr/bin/perl

# Who may use the console, from where, and what is written down of it: a viewer
# cannot change, a stranger cannot see, a page of another site cannot post, and
# nothing is changed that the audit log does not tell of.

# variants: plain asan

use strict;
use warnings;

use Test::More;

use Idv::Console;
use Idv::HTTP;
use Idv::Site;

# who does not write in UTF-8 has a name all the same
my $jose = "jos\xe9";

my $console = Idv::Console->new(people => { $jose => {} },workers => 1,
    allow => [qr/has not taken a line/], locations => <<'END');

        location /full/ {
            auth_idv_console_role $console_role;
            idv_console           local;
            idv_console_audit     /dev/full;
        }
END
my ($site, $nginx) = ($console->site, $console->nginx);
my $service = $console->service;

my $uuid = 'b3c0b6a5-0c9f-49b3-8a77-3a3c9a2f4d11';
my $tx = $service->api('POST', 'users/ann/verifyTransactions', {})->json->{id};


# Nobody, and who has no role, sees nothing, not even what there is.

is($site->client('')->get('/console/api/users')->status, 401,
    'the first factor comes first');

for my $who (qw(ann bob eve), $jose) {
    for my $path ('users/ann', 'flows', 'nothing', 'verifyPolicies') {
        $console->refused($console->get($who, $path), 403, 'ROLE_REQUIRED',
            "$who: $path");
    }

    $console->refused($console->change($who, 'users/ann/reset', {}), 403,
        'ROLE_REQUIRED', "$who: reset");
}

my $page = $console->client('eve')->get('/console/users/ann');
is($page->status, 403, 'a page for strangers');
like($page->header('Content-Type'), qr{^text/html}, '... is a page');
like($page->body, qr/no role/, '... and says why');

is_deeply([$console->told], [map { { who => $_, role => 'none',
    what => 'user.reset', user => 'ann', result => 'refused', status => 403 } }
    qw(ann bob eve), unpack 'H*', $jose],
    'strangers are written down where they tried');


# Every operation: who may.  [method, path, input]

my $users = 'users/ann';
my @viewer = (
    ['GET', 'flows'], ['GET', $users], ['GET', "$users/verifyTransactions"],
    ['GET', "$users/verifyTransactions/$tx"], ['GET', 'verifyPolicies'],
);
my @administrator = (
    ['GET', "$users/verifyTransactions/$tx/verifiedData", 'data.read'],
    ['GET', "$users/verifyTransactions/$tx/images/$uuid", 'image.read'],
    ['POST', "$users/reset", 'user.reset'],
    ['POST', "$users/status", 'user.status'],
    ['POST', "$users/verifyTransactions/$tx/approve", 'transaction.approve'],
    ['POST', "$users/approve", 'user.approve'],
    ['POST', "$users/sessions/revoke", 'sessions.revoke'],
    ['POST', 'flows/' . 'x' x 22 . '/cancel', 'flow.cancel'],
    ['POST', 'verifyPolicies', 'policy.create'],
    ['PUT', "verifyPolicies/$uuid", 'policy.update'],
    ['POST', "verifyPolicies/$uuid/delete", 'policy.delete'],
    ['POST', "verifyPolicies/$uuid/test", 'policy.test'],
    ['GET', 'reviews'],
    ['GET', "reviews/$tx", 'review.read'],
    ['POST', "reviews/$tx", 'review.decide'],
    ['GET', "reviews/$tx/images/$uuid", 'image.read'],
);

for my $op (@viewer) {
    my ($method, $path) = @$op;

    is($console->get('vic', $path)->status, 200, "a viewer sees $path");
}

is(scalar($console->told), 0, 'what viewers see is not written down');

for my $op (@administrator) {
    my ($method, $path, $what) = @$op;

    my $answer = $method eq 'GET' ? $console->get('vic', $path)
        : $console->change('vic', $path, {}, -method => $method);

    $console->refused($answer, 403, 'ADMINISTRATOR_REQUIRED',
        "a viewer: $method $path");

    my @told = $console->told;
    is(join(' ', map { "$_->{what} $_->{result} $_->{status}" } @told),
        $what ? "$what refused 403" : '', "... which is told");
}


# No such place, another method.

$console->refused($console->get('adm', 'nothing'), 404, 'NOT_FOUND',
    'no place');
$console->refused($console->get('adm', 'users/'), 404, 'NOT_FOUND', 'no id');
$console->refused($console->get('adm', 'users/..%2fx'), 404, 'NOT_FOUND',
    'a step');
$console->refused($console->get('adm', 'users/a%01b'), 404, 'NOT_FOUND',
    'a control character');

# what nginx has made a slash of is none: it would lead to another operation

for my $name ("ann%2FverifyTransactions%2F$tx", "ann/verifyTransactions%2f$tx",
    'ann%2Fsessions')
{
    $console->refused($console->get('adm', "users/$name"), 404, 'NOT_FOUND',
        $name);
    $console->refused($console->change('adm', "users/$name/$_", {}), 404,
        'NOT_FOUND', "$name/$_") for qw(approve revoke);
    is($console->client('adm')->get("/console/users/$name")->status, 404,
        "... nor is a page");
}

is($console->get('adm', 'users/ann?search=a%2Fb')->status, 200,
    'a slash may be looked for');

for my $bad ("a\xffb", "a\xc3", "\xc0\xaf", "\xed\xa0\x80",
    "\xf4\x90\x80\x80")
{
    $console->refused($console->get('adm', 'users/' . Idv::Console::escape(
        $bad)), 404, 'NOT_FOUND', 'no UTF-8');
}

$console->refused($console->get('adm', 'users/' . 'x' x 104), 404, 'NOT_FOUND',
    'an id that is too long');
$console->refused($console->get('adm', 'flows/short/cancel'), 404, 'NOT_FOUND',
    'no flow');
$console->refused($console->get('adm', "$users/verifyTransactions/1"), 404,
    'NOT_FOUND', 'no UUID');

my $answer = $console->get('adm', "$users/reset");
$console->refused($answer, 405, 'METHOD_NOT_ALLOWED', 'a reset by GET');
is($answer->header('Allow'), 'POST', '... with Allow');

for my $method (qw(OPTIONS DELETE PATCH PUT)) {
    $answer = $console->change('adm', "$users/reset", {}, -method => $method);
    $console->refused($answer, 405, 'METHOD_NOT_ALLOWED', "a reset by $method");
    is($answer->header('Access-Control-Allow-Origin'), undef,
        "... which grants nothing");
}

is_deeply([$console->told], [], 'what is nowhere is not written down');


# From another site, or by somebody who cannot read what is here.

my $gate = 'http://127.0.0.1:' . $site->port('gate');
my $revoke = "$users/sessions/revoke";

for my $case (
    ['another site', 403, 'CROSS_SITE', 'Sec-Fetch-Site' => 'cross-site'],
    ['a sister', 403, 'CROSS_SITE', 'Sec-Fetch-Site' => 'same-site'],
    ['another origin', 403, 'CROSS_SITE', Origin => 'https://evil.example'],
    ['no origin', 403, 'CROSS_SITE', Origin => 'null'],
    ['another port', 403, 'CROSS_SITE', Origin => 'http://127.0.0.1:1'],
    ['no header', 403, 'HEADER_REQUIRED', 'X-IDV-Console' => undef],
    ['another header', 403, 'HEADER_REQUIRED', 'X-IDV-Console' => '0'],
    ['a form', 415, 'UNSUPPORTED_MEDIA_TYPE',
        'Content-Type' => 'application/x-www-form-urlencoded'],
    ['a text', 415, 'UNSUPPORTED_MEDIA_TYPE', 'Content-Type' => 'text/plain'],
    ['two types', 415, 'UNSUPPORTED_MEDIA_TYPE',
        'Content-Type' => 'application/jsonp'],
    ['no type', 415, 'UNSUPPORTED_MEDIA_TYPE', 'Content-Type' => undef])
{
    my ($name, $status, $code, @headers) = @$case;

    $console->refused($console->change('adm', $revoke, {}, @headers), $status,
        $code, $name);

    is_deeply([$console->told], [{ who => 'adm', role => 'administrator',
        what => 'sessions.revoke', user => 'ann', result => 'refused',
        status => $status }], "$name: written down");
}

my $good = { who => 'adm', role => 'administrator', what => 'sessions.revoke',
    user => 'ann' };
my @good = ({ %$good, result => 'attempt' },
    { %$good, result => 'done', status => 200 });

for my $case (['from nowhere'], ['from here', Origin => $gate],
    ['by a page', 'Sec-Fetch-Site' => 'same-origin', Origin => $gate],
    ['with a charset', 'Content-Type' => 'application/json; charset=utf-8'])
{
    my ($name, @headers) = @$case;

    $answer = $console->change('adm', $revoke, {}, @headers);
    is($answer->status, 200, "$name: done");
    is_deeply($answer->json, { sessions => 'revoked' }, "$name: what");
    is_deeply([$console->told], \@good, "$name: an attempt, and its result");
}

is($console->change('adm', $revoke, '')->status, 200, 'without a body');

for my $case (['no JSON', '{'], ['a list', '[]'], ['twice', '{"a":1,"a":2}'],
    ['deep', '[' x 40 . ']' x 40])
{
    my ($name, $body) = @$case;

    $console->refused($console->change('adm', $revoke, $body), 400,
        'INVALID_BODY', $name);
}

$answer = $console->change('adm', $revoke, '{"a":"' . 'x' x 65536 . '"}');
is($answer->status, 413, 'a body that is too large');
is($answer->json->{code}, 'INVALID_REQUEST', '... is refused in JSON');

$console->told;


# A form: the token of this actor and this browser, not too old.

$answer = $console->form('adm', $revoke, {});
is($answer->status, 303, 'a form of ours');
like($answer->header('Location'), qr{/console/users/ann\?done=sessions$},
    '... leads to the page that tells it');
is_deeply([$console->told], \@good, '... is written down the same');

# what was done is told by us, and not by whoever made a link

for my $case (['same-origin', 1], ['cross-site', 0], ['none', 0]) {
    my ($site, $told) = @$case;

    my $page = $console->client('adm')->get('/console/?done=reset',
        'Sec-Fetch-Site' => $site);
    is($page->body =~ /was reset/ ? 1 : 0, $told, "told from $site: $told");
}

my $token = $console->token('adm');
my $stranger = $site->client('adm');
my ($cookie) = $stranger->get('/console/verifyPolicies/new')
    ->header('Set-Cookie');
my $other = bless({ clients => { adm => $stranger } }, 'Idv::Console')
    ->token('adm');

like($cookie, qr/_console=[A-Za-z0-9]{22}; Path=\/; HttpOnly; SameSite=Lax$/,
    'a page brings a cookie');
like($token, qr/^[0-9a-f]{80}$/, 'a token');
cmp_ok(abs(hex(substr $token, 0, 16) - time - 3600), '<=', 5,
    '... for an hour');

# another actor at the same browser

my ($theirs) = $console->client('amy')->get('/console/verifyPolicies/new',
    Cookie => 'idv_local_console='
        . $console->client('adm')->cookie('idv_local_console'))
    ->body =~ /name="token" value="([^"]+)"/;

for my $case (
    ['no token', undef],
    ['an empty one', ''],
    ['of another actor', $theirs],
    ['of another browser', $other],
    ['of another time', sprintf('%016x', time + 1800) . substr $token, 16],
    ['that is not right', substr($token, 0, 79)
        . (substr($token, 79) eq '0' ? '1' : '0')],
    ['that is short', substr $token, 0, 79],
    ['that is none', 'x' x 80])
{
    my ($name, $bad) = @$case;

    $answer = $console->form('adm', $revoke, { token => $bad });
    is($answer->status, 403, "a token $name");
    like($answer->body, qr/FORM_EXPIRED|too old/, "$name: why");
    is((map { $_->{result} } $console->told)[-1], 'refused', "$name: told");
}

for my $case (['another site', 'Sec-Fetch-Site' => 'cross-site'],
    ['another origin', Origin => 'https://evil.example'])
{
    my ($name, @headers) = @$case;

    is($console->form('adm', $revoke, {}, @headers)->status, 403,
        "a form of $name, with a token even");
}

is($console->client('adm')->post("/console/$revoke", '{}',
    'Content-Type' => 'application/json', 'X-IDV-Console' => '1')->status,
    415, 'JSON is for the API');
is($console->form('adm', "api/$revoke", {})->status, 415,
    'forms are not for the API');
is($console->form('adm', $revoke, { a => 'x', 'a%00b' => 'y' })->status, 400,
    'a form with a NUL in a name');
is($console->client('adm')->post("/console/$revoke", 'token=x&a=1&a=2',
    'Content-Type' => 'application/x-www-form-urlencoded')->status, 400,
    'a form with a field twice');

$console->told;


# What answers carry, whatever they say.

for my $path ('api/flows', 'flows', 'api/nothing', 'nothing', "api/$users") {
    $answer = $console->client('adm')->get("/console/$path");

    is($answer->header('Cache-Control'), 'no-store', "$path: not stored");
    is($answer->header('X-Content-Type-Options'), 'nosniff', "$path: nosniff");
    is($answer->header('Cross-Origin-Resource-Policy'), 'same-origin',
        "$path: for nobody else");

    my $csp = $answer->header('Content-Security-Policy');

    like($csp, qr/^default-src 'none';.*frame-ancestors 'none'/, "$path: CSP");
    unlike($csp, qr/unsafe|\*|https?:/, "$path: CSP without exceptions");
}

is($console->client('adm')->head('/console/api/flows')->body, '', 'HEAD');


# What cannot be told is not done.

my $full = $console->client('adm')->post('/full/api/users/ann/status',
    '{"status":"DISABLED"}', 'Content-Type' => 'application/json',
    'X-IDV-Console' => '1');

$console->refused($full, 503, 'AUDIT_FAILED', 'a log that is full');
is($service->api('GET', 'users/ann/verifyStatus')->json->{verifyStatus},
    'NOT_INITIATED', '... and nothing was done');
is($console->client('adm')->get('/full/api/flows')->status, 200,
    '... while everybody looks');


# The log is opened again where it was moved.

my $dir = $nginx->dir;

rename "$dir/audit.log", "$dir/audit.1" or die "$dir: $!";

# the worker says so before it does, and does so before it reads a request

my $mark = $nginx->log->mark;
kill USR1 => $nginx->{master};
ok($nginx->wait_until(10, sub {
    my %said = map { $_ => 1 }
        $nginx->log->since($mark) =~ /(\d+)#\d+: reopening logs/g;
    return keys %said == 2 && -e "$dir/audit.log";
}), 'the log is opened again');

$console->{seen} = 0;
is($console->change('adm', $revoke, {})->status, 200, 'after USR1: done');
is_deeply([$console->told], \@good, '... and told in the new file');

Idv::Site::finish();
