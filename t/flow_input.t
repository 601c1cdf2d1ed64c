#!/usr/bin/perl

# What the flow API gets that it should not: each is answered with the error of
# the design's table, as JSON, in the design's order of checks, and leaves the
# flow as it was.  A flow of anybody else is a flow that does not exist.

# variants: plain asan trixie policy

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Check;
use Idv::Site;

use constant VENDOR => 'application/vnd.pingidentity.';

my ($DEVICE, $OPTIONS, $REQUIRED, $PROGRESS, $COMPLETED)
    = map { "ID_VERIFICATION_$_" }
          qw(DEVICE OPTIONS REQUIRED IN_PROGRESS COMPLETED);

my $site = Idv::Site->new(hop => 1, gate => <<'END');
        # far above the API's own limit: the API is to refuse it
        client_max_body_size 64k;
END

my $service = $site->service;
my $flow = $site->flow('ann');
my $client = $flow->client;
my $path = $flow->path;
my $base = $path =~ s{[^/]+$}{}r;


# post(ACTION, BODY, Name => value ...); a value of undef leaves a header out

sub post {
    my ($action, $body, @headers) = @_;

    my %header = ('X-XSRF-Header' => 'test',
                  'Content-Type' => VENDOR . "$action+json", @headers);

    return $client->post($path, $body, %header);
}


sub check {
    my ($name, $call, @expected) = @_;

    untouched($flow, sub {
        my $answer = $call->();

        error_is($answer, @expected, $name);
        $site->met($answer);
    }, $name);
}


# Flows that are not hers.

my $absent;

sub absent {
    my ($name, $answer) = @_;

    error_is($answer, 404, 'RESOURCE_NOT_FOUND', undef, $name);

    $absent //= $answer->body;
    is($answer->body, $absent, "$name: the same bytes");
    is(join(' ', sort grep { !/^Date$|^X-Worker$|^Connection$/i }
            map { $_->[0] } @{$answer->{headers}}),
        'Cache-Control Content-Length Content-Type Server '
        . 'X-Content-Type-Options', "$name: the same headers");
}

my %id = (
    'unknown' => 'a' x 22,
    'another unknown' => 'Zz09' x 5 . 'xy',
    'none' => '',
    'not of ASCII' => '%ff' x 22,
    'too short' => substr($flow->id, 0, 21),
    'too long' => $flow->id . 'a',
    'far too long' => 'a' x 2000,
    'in other letters' => $flow->id =~ tr/a-zA-Z/A-Za-z/r,
    'with a slash behind' => $flow->id . '/',
    'with something behind' => $flow->id . '/x',
    'with a quote' => substr($flow->id, 0, 21) . '"',
    'a UUID' => '0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913',
    'escaped NUL in it' => substr($flow->id, 0, 10) . '%01'
                           . substr($flow->id, 11),
);

my @xsrf = ('X-XSRF-Header' => 'test');

for my $what (sort keys %id) {
    my $there = $base . $id{$what};

    absent("GET, id $what", $client->get($there, @xsrf));
    absent("POST, id $what", $client->post($there, '{}', @xsrf,
        'Content-Type' => VENDOR . 'poll+json'));
}

absent('GET, the image of none', $client->get($base . 'a' x 22 . '/qr'));

my ($name) = grep { /_flow$/ } keys %{$client->jar};
my $secret = $client->cookie($name);

my %other = (
    'another client' => $site->client('ann'),
    'another subject with the same cookie' => $site->client('bob'),
    'another subject with nothing' => $site->client('eve'),
);

$other{'another subject with the same cookie'}{jar} = { %{$client->jar} };

for my $what (sort keys %other) {
    untouched($flow, sub {
        absent("GET, $what", $other{$what}->get($path, @xsrf));
        absent("image, $what", $other{$what}->get("$path/qr"));

        for my $action (qw(poll deviceAuthentication cancelAuthentication
                           retryVerification continueAuthentication nonsense))
        {
            absent("$action, $what", $other{$what}->post($path, '{}', @xsrf,
                'Content-Type' => VENDOR . "$action+json"));
        }

        # not to be known either by what is wrong with the request

        absent("text, $what", $other{$what}->post($path, 'x', @xsrf,
            'Content-Type' => 'text/plain'));
        absent("no JSON, $what", $other{$what}->post($path, '{', @xsrf,
            'Content-Type' => VENDOR . 'poll+json'));
    }, $what);
}

for my $value ('', 'x', substr($secret, 1), $secret . 'a', lc $secret,
               "\"$secret\"", "$secret\%00", 'a' x 22)
{
    next if $value eq $secret;
    absent('a cookie that was changed', $site->client('ann')->get($path, @xsrf,
        Cookie => "$name=$value"));
}

absent('a cookie beside another secret', $site->client('ann')->get($path,
    @xsrf, 'X-PF-Authn-API-State' => 'undefined', Cookie => "$name=$secret"));

# What is checked before the flow is looked for.

for my $value (undef, '') {
    my $what = defined $value ? 'an empty' : 'no';

    check("$what XSRF header", sub { post('cancelAuthentication', '',
        'X-XSRF-Header' => $value) }, 403, 'INVALID_REQUEST', undef);
    check("$what XSRF header, reading", sub { $client->get($path,
        'X-XSRF-Header' => $value) }, 403, 'INVALID_REQUEST', undef);
}

for my $method (qw(PUT DELETE PATCH OPTIONS PROPFIND FROBNICATE)) {
    my $answer;

    check("the method $method", sub { $answer = $client->request($method,
        $path, @xsrf) }, 405, 'INVALID_REQUEST', undef);
    like($answer->header('Allow') // '', qr/^GET, HEAD, POST\b/,
        'which says what is allowed');
}

check('a method and a body', sub { $client->request('PUT', $path, @xsrf,
    'Content-Type' => VENDOR . 'cancelAuthentication+json', -body => '{}') },
    405, 'INVALID_REQUEST', undef);

my $nobody = $site->client(undef)->get($path, @xsrf);

error_is($nobody, 401, 'UNAUTHORIZED', undef, 'nobody: JSON as well');
like($nobody->header('WWW-Authenticate') // '', qr/^Basic/,
    'with the challenge of the first factor');
error_is($site->client(undef, basic => 'ann:wrong')->post($path, '{}', @xsrf,
    'Content-Type' => VENDOR . 'cancelAuthentication+json'),
    401, 'UNAUTHORIZED', undef, 'a wrong password');

# Size: 8k by default, of which the last byte is still good.

my $fits = '{"deviceAuthentication":"none"' . ' ' x (8192 - 31) . '}';

is(length $fits, 8192, 'a body as large as can be');
check('which is read', sub { post('deviceAuthentication', $fits) },
    400, 'VALIDATION_ERROR', 'INVALID_FIELD_VALUE');

for my $size (8193, 20_000, 60_000, 70_000, 2_000_000) {
    my $body = '{"deviceAuthentication":"other"' . ' ' x ($size - 32) . '}';

    check("$size bytes", sub { post('deviceAuthentication', $body) },
        413, 'INVALID_REQUEST', undef);
    check("$size bytes in chunks", sub {
        post('deviceAuthentication', chunked($body, 4000),
             'Transfer-Encoding' => 'chunked', 'Content-Length' => undef);
    }, 413, 'INVALID_REQUEST', undef);
}

# what frames each byte is five others, and nginx would put that into a file

check('a body in chunks of a byte', sub {
    post('deviceAuthentication', chunked($fits, 1),
         'Transfer-Encoding' => 'chunked', 'Content-Length' => undef);
}, 413, 'INVALID_REQUEST', undef);

check('a length that nobody can hold', sub { $client->request('POST', $path,
    @xsrf, 'Content-Type' => VENDOR . 'poll+json',
    'Content-Length' => '9000000000000000000') }, 413, 'INVALID_REQUEST',
    undef);

# The content type names the action.

for my $type (undef, '', 'application/json', 'text/plain', 'text/html',
              'application/x-www-form-urlencoded', 'application/vnd.other+json',
              'application/vnd.pingidentity.cancelAuthentication',
              'application/vnd.pingidentity.cancelAuthentication+xml',
              'application/vnd.pingidentity.+json', 'multipart/form-data',
              'application/jsoncancelAuthentication', "x" x 3000)
{
    check('the content type ' . substr($type // '(none)', 0, 60), sub {
        post('', '{}', 'Content-Type' => $type) },
        415, 'INVALID_REQUEST', 'INVALID_CONTENT_TYPE');
}

for my $type ('text/plain', 'application/x-www-form-urlencoded',
              'application/xml')
{
    check("$type with the action in the query", sub {
        $client->post("$path?action=cancelAuthentication", '{}', @xsrf,
            'Content-Type' => $type) },
        415, 'INVALID_REQUEST', 'INVALID_CONTENT_TYPE');
}

# The body.

my $deep = '[' x 1000 . ']' x 1000;
my $deep_objects = '{"a":' x 1000 . '1' . '}' x 1000;

my %malformed = (
    'no JSON' => 'poll',
    'half of it' => '{"deviceAuthentication":"ot',
    'an array' => '["deviceAuthentication"]',
    'a string' => '"deviceAuthentication"',
    'a number' => '1',
    'null' => 'null',
    'true' => 'true',
    'spaces only' => '   ',
    'two objects' => '{}{}',
    'something behind' => '{} x',
    'a comma too many' => '{"deviceAuthentication":"other",}',
    'single quotes' => "{'deviceAuthentication':'other'}",
    'a comment' => '{} // other',
    'a NUL before' => "\0{}",
    'a NUL in a string' => "{\"deviceAuthentication\":\"other\0\"}",
    'a NUL behind' => "{\"deviceAuthentication\":\"other\"}\0",
    'an escaped NUL' => '{"deviceAuthentication":"other\u0000"}',
    'an escaped NUL in a name' => '{"deviceAuthentication\u0000":"other"}',
    'not UTF-8' => "{\"deviceAuthentication\":\"oth\xe9r\"}",
    'overlong UTF-8' => "{\"deviceAuthentication\":\"\xc0\xaf\"}",
    'half a surrogate' => '{"deviceAuthentication":"\ud800"}',
    'a byte order mark' => "\xef\xbb\xbf{}",
    'a member twice' =>
        '{"deviceAuthentication":"self","deviceAuthentication":"other"}',
    'nested 1,000 deep' => $deep,
    'nested 1,000 deep in a member' => "{\"deviceAuthentication\":$deep}",
    'objects nested 1,000 deep' => $deep_objects,
    'only open brackets' => '[' x 8000,
    'a number beyond all bounds' => '{"deviceAuthentication":1e999999}',
);

for my $what (sort keys %malformed) {
    check($what, sub { post('deviceAuthentication', $malformed{$what}) },
        400, 'VALIDATION_ERROR', 'INVALID_REQUEST_BODY');
}

my %model = (
    FIELD_REQUIRED => ['', '{}'],
    INVALID_FIELD_VALUE => ['{"deviceAuthentication":""}',
        '{"deviceAuthentication":"Other"}', '{"deviceAuthentication":"other "}',
        '{"deviceAuthentication":"both"}',
        '{"deviceAuthentication":"' . 'o' x 5000 . '"}'],
    INVALID_FIELD_FORMAT => map({ [map { "{\"deviceAuthentication\":$_}" }
        qw(null true 1 1.5 [] {} ["other"] {"other":"other"})] } 1),
    UNRECOGNIZED_FIELD_NAME => ['{"device":"other"}', '{"":"other"}',
        '{"deviceauthentication":"other"}', '{"email":null}',
        '{"deviceAuthentication":"other","more":1}',
        '{"deviceAuthentication":"other","__proto__":{}}',
        '{"deviceAuthentication":"other","<script>\"":1}'],
);

for my $detail (sort keys %model) {
    for my $body (@{$model{$detail}}) {
        my $answer;

        check(substr($body, 0, 60), sub {
            $answer = post('deviceAuthentication', $body) },
            400, 'VALIDATION_ERROR', $detail);

        unlike($answer->body, qr/script|__proto__|Other/,
            'nothing of it comes back');
    }
}

check('a poll has no members', sub { post('poll', '{"a":1}') },
    400, 'VALIDATION_ERROR', 'UNRECOGNIZED_FIELD_NAME');

# The state.

for my $action (qw(poll optionsAuthentication retryVerification
                   continueAuthentication nonsense initiate
                   DEVICEAUTHENTICATION deviceAuthentication2))
{
    check("$action in DEVICE", sub { post($action, '{}') },
        400, 'INVALID_ACTION_ID', undef);
    check("?action=$action in DEVICE", sub { $client->post(
        "$path?action=$action", '{}', @xsrf,
        'Content-Type' => 'application/json') },
        400, 'INVALID_ACTION_ID', undef);
}

check('an empty action', sub { $client->post("$path?action=", '{}', @xsrf,
    'Content-Type' => 'application/json') }, 400, 'INVALID_ACTION_ID', undef);

is($service->transaction_calls('POST'), 0, 'none of all that cost anything');

# In the other states, what they do not offer.

my @not = (
    [$OPTIONS, sub { $flow->device('other') },
     qw(deviceAuthentication poll continueAuthentication)],
    [$REQUIRED, sub { $flow->choose },
     qw(deviceAuthentication optionsAuthentication continueAuthentication)],
    [$PROGRESS, sub { $flow->phone('IN_PROGRESS'); $flow->reach($PROGRESS) },
     qw(deviceAuthentication optionsAuthentication continueAuthentication
        retryVerification)],
    [$COMPLETED, sub { $flow->phone('SUCCESS'); $flow->reach($COMPLETED) },
     qw(deviceAuthentication optionsAuthentication retryVerification
        cancelAuthentication)],
);

for my $row (@not) {
    my ($state, $lead, @actions) = @$row;

    $lead->();
    is($flow->status, $state, "in $state");

    check($_, sub { post($_, '') }, 400, 'INVALID_ACTION_ID', undef)
        for @actions;

    check("a body that is none, in $state", sub { post('poll', '{') },
        400, 'VALIDATION_ERROR', 'INVALID_REQUEST_BODY');

    if ($state eq $OPTIONS) {
        check(join(' and ', @$_), sub { post('optionsAuthentication', $_->[0]) },
            400, 'VALIDATION_ERROR', $_->[1]) for
            ['{"email":"x@y.example"}', 'INVALID_FIELD_VALUE'],
            ['{"email":""}', 'INVALID_FIELD_VALUE'],
            ['{"phone":"+15555550199"}', 'INVALID_FIELD_VALUE'],
            ['{"email":1}', 'INVALID_FIELD_FORMAT'],
            ['{"phone":["+15555550100"]}', 'INVALID_FIELD_FORMAT'],
            ['{"optionsAuthentication":"true"}', 'INVALID_FIELD_FORMAT'],
            ['{"email":"ann@example.com","phone":"+15555550100"}',
             'INVALID_FIELD_VALUE'],
            ['{"sms":"+15555550100"}', 'UNRECOGNIZED_FIELD_NAME'],
            ['{"email":null,"phone":null,"verifyPolicy":"x"}',
             'UNRECOGNIZED_FIELD_NAME'];
    }

    if ($state eq $REQUIRED) {
        is($client->get("$path/qr")->status, 200, 'the image needs no header');

        for my $method (qw(POST PUT DELETE)) {
            my $answer;

            check("$method on the image", sub { $answer = $client->request(
                $method, "$path/qr", @xsrf, 'Content-Type' =>
                VENDOR . 'cancelAuthentication+json', -body => '{}') },
                405, 'INVALID_REQUEST', undef);
            like($answer->header('Allow') // '', qr/^GET, HEAD\b/, 'is said so');
        }

    } else {
        absent("the image in $state", $client->get("$path/qr"));
    }
}

# The order of checks: each request has two things wrong with it.

my $large = ' ' x 9000;

check('size before method', sub { $client->request('PUT', $path,
    -body => $large) }, 413, 'INVALID_REQUEST', undef);
check('method before XSRF header', sub { $client->request('PUT', $path) },
    405, 'INVALID_REQUEST', undef);
error_is($client->get($base . 'a' x 22), 403, 'INVALID_REQUEST', undef,
    'XSRF header before the flow');
error_is($client->post($base . 'a' x 22, '{', @xsrf,
    'Content-Type' => 'text/plain'), 404, 'RESOURCE_NOT_FOUND', undef,
    'the flow before the content type');
check('content type before the body', sub { post('', '{',
    'Content-Type' => 'text/plain') }, 415, 'INVALID_REQUEST',
    'INVALID_CONTENT_TYPE');
check('the body before the state', sub { post('cancelAuthentication', '[]') },
    400, 'VALIDATION_ERROR', 'INVALID_REQUEST_BODY');
check('its members before the state', sub { post('cancelAuthentication',
    '{"a":1}') }, 400, 'VALIDATION_ERROR', 'UNRECOGNIZED_FIELD_NAME');

# Requests that nginx itself refuses under the API: still JSON.

my $head = "Host: x\r\nX-XSRF-Header: test\r\nConnection: close\r\n"
    . 'Authorization: Basic '
    . MIME::Base64::encode_base64('ann:ann', '') . "\r\n";
my $cookie = "Cookie: $name=$secret\r\n";
my $type = 'Content-Type: ' . VENDOR . "cancelAuthentication+json\r\n";

my %broken = (
    'no Host' => "GET $path HTTP/1.1\r\n\r\n",
    'two Hosts' => "GET $path HTTP/1.1\r\nHost: a\r\n$head\r\n",
    'TRACE' => "TRACE $path HTTP/1.1\r\n$head\r\n",
    'a length that is no number' =>
        "POST $path HTTP/1.1\r\n$head${type}Content-Length: x\r\n\r\n",
    'a length and chunks' => "POST $path HTTP/1.1\r\n$head${type}"
        . "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    'an unknown encoding' => "POST $path HTTP/1.1\r\n$head${type}"
        . "Transfer-Encoding: gzip\r\n\r\n",
    'chunks that are none' => "POST $path HTTP/1.1\r\n$head$cookie${type}"
        . "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    'an address of 40,000 bytes' =>
        "GET $path/" . 'a' x 40_000 . " HTTP/1.1\r\n$head\r\n",
    'an address of 40,000 bytes, with a host' =>
        "GET http://x$path?" . 'a' x 40_000 . " HTTP/1.1\r\n$head\r\n",
    'an address with a broken escape' =>
        "GET $path%zz HTTP/1.1\r\n$head\r\n",
    'a version of the future' => "GET $path HTTP/3.0\r\n$head\r\n",
    'a header line of 40,000 bytes' =>
        "GET $path HTTP/1.1\r\n${head}X-Long: " . 'a' x 40_000 . "\r\n\r\n",
);

for my $what (sort keys %broken) {
    untouched($flow, sub {
        my $answer = Idv::HTTP::Response->new('GET');

        $answer->feed(Idv::HTTP::raw($site->port('gate'), $broken{$what}, 5));
        $answer->end(0) unless $answer->complete;

        like($answer->status, qr/^(?:400|405|414|501|505)$/,
            "$what is refused");
        like($answer->header('Content-Type') // '', qr{^application/json$},
            "$what: with JSON");
        ok(ref $answer->json eq 'HASH' && $answer->json->{code} ne ''
           && !exists $answer->json->{status}, "$what: an error");
    }, $what);
}

# ... and of no other place: what is not the API's is nginx's own to say.

for my $other ('/' . 'a' x 40_000, '/pf-ws/authn/flow/' . 'a' x 40_000,
               '/x?/pf-ws/authn/flows/' . 'a' x 40_000, '/%zz')
{
    for my $line ("GET $other HTTP/1.1", "GET http://x$other HTTP/1.1") {
        like(Idv::HTTP::raw($site->port('gate'), "$line\r\n$head\r\n", 5),
            qr{^HTTP/1\.1 4\d\d .*^Content-Type: text/html\r$}ms,
            substr($line, 0, 40) . ': HTML');
    }
}

like(Idv::HTTP::raw($site->port('gate'), 'A' x 40_000, 5),
    qr{^HTTP/1\.1 414 .*^Content-Type: text/html\r$}ms,
    'a method of 40,000 bytes: HTML');

# After all that the flow is what it was, and ends well.

$flow->continue;
state_is($flow, 'COMPLETED', 'in the end the flow goes on');
is($service->transaction_calls('POST'), 1, 'with its one transaction');

absent('a flow that has ended', $flow->read);
absent('and its image', $client->get("$path/qr"));

both_workers($site);

# An operator may allow more, or less.

for my $max (256, 65536) {
    $site = Idv::Site->new(hop => 1, name => "max_body $max",
        provider => "max_body $max;");
    $flow = $site->flow('ann');
    $client = $flow->client;
    $path = $flow->path;

    for my $size ($max, $max + 1) {
        my $body = '{"deviceAuthentication":"none"' . ' ' x ($size - 31) . '}';
        my @expected = $size == $max
            ? (400, 'VALIDATION_ERROR', 'INVALID_FIELD_VALUE')
            : (413, 'INVALID_REQUEST', undef);

        check("$size bytes, where $max are allowed", sub {
            post('deviceAuthentication', $body) }, @expected);
        check("$size bytes in chunks", sub {
            post('deviceAuthentication', chunked($body, 100),
                 'Transfer-Encoding' => 'chunked', 'Content-Length' => undef);
        }, @expected);
    }
}

# Pages that the operator has for people are none for this API.

$site = Idv::Site->new(hop => 1, name => 'error pages', gate => <<'END',
        error_page 400 401 403 404 405 413 415 494 500 502 503 504 /sorry.html;
END
    locations => <<'END');
        location = /sorry.html {
            auth_basic off;
            return 200 "<html>sorry</html>";
        }

        location /pf-ws/authn/other/ {
            deny all;
        }
END

$flow = $site->flow('ann');
$client = $flow->client;
$path = $flow->path;

like($site->client(undef)->get('/')->body, qr/sorry/, 'people see a page');
error_is($site->client(undef)->get($path, @xsrf), 401, 'UNAUTHORIZED', undef,
    'the API says no as ever');
error_is($client->get($path), 403, 'INVALID_REQUEST', undef, 'and again');
error_is($client->get($base . 'a' x 22, @xsrf), 404, 'RESOURCE_NOT_FOUND',
    undef, 'and again');
check('a body that is too large', sub { post('poll', ' ' x 20_000) },
    413, 'INVALID_REQUEST', undef);
check('chunks that are none', sub { post('poll', "zz\r\n",
    'Transfer-Encoding' => 'chunked', 'Content-Length' => undef) },
    400, 'VALIDATION_ERROR', 'INVALID_REQUEST_BODY');
like($client->get('/pf-ws/authn/other/')->body, qr/sorry/,
    'what is beside it is for people');

$site->finish;


sub chunked {
    my ($body, $size) = @_;

    return join('', map { sprintf("%x\r\n%s\r\n", length $_, $_) }
        unpack("(a$size)*", $body)) . "0\r\n\r\n";
}
