#!/usr/bin/perl

# The session is a sealed cookie.  Cut, changed, made up, of another key, host,
# subject or name, or drowned in others, it is as if there were none: never a
# way in, never a 500.  As it was issued it opens, also after the keys have been
# rotated, and it never grows beyond what browsers keep.

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Flow;
use Idv::Gate;
use Idv::HTTP;
use Idv::Site;

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';

# claims of which a cookie has no room for all

my $claims = join '', map { "claim long$_ /_embedded/verifiedData/0/data/"
    . ($_ == 6 ? 'addressStreet' : 'fullName') . ";\n" } 1 .. 6;

my @house = (
    gate => 'large_client_header_buffers 4 80k;',
    app => 'large_client_header_buffers 4 80k;',
    locations => "location /all/ { auth_idv local;"
        . join('', map { "auth_idv_header Long-$_ long$_;" } 1 .. 6)
        . "auth_idv_header First firstName; $app }",
);

my $site = Idv::Site->new(@house, provider => $claims);
my $gate = Idv::Gate->new($site);
my $port = $site->port('gate');

my $none = $site->client('ann');
my $ann = $site->verified('ann');
my $sealed = $ann->cookie('idv_local');
my $length = length $sealed;

# how it is issued

my $line = $ann->jar->{idv_local}{line};
like($line, qr/^idv_local=[A-Za-z0-9_-]{300,3990}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=28800$/,
    'the cookie and its attributes');

is($none->get('/', Cookie => "idv_local=$sealed")->status, 200, 'opens');


# a Cookie header; counts what is not refused, and says which

my $broken = 0;

sub shut {
    my ($cookie) = @_;

    my $status = $none->get($gate->mark('/'), Cookie => $cookie)->status;

    return 1 if $status == 403;

    diag("$status for " . substr($cookie, 0, 100)) if $broken++ < 10;
    return 0;
}


sub all_shut {
    my ($name, @cookies) = @_;

    my $n = grep { shut($_) } @cookies;

    cmp_ok($n, '>', 0, "$name: there are some");
    is($n, scalar @cookies, "$name: shut");
}


all_shut('cut at the end', map { 'idv_local=' . substr($sealed, 0, $_) }
    0 .. $length - 1);
all_shut('cut at the beginning', map { 'idv_local=' . substr($sealed, $_) }
    1 .. 64);

my @alphabet = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');
my %index = map { $alphabet[$_] => $_ } 0 .. 63;

all_shut('one bit changed', map {
    my $changed = $sealed;
    substr($changed, $_, 1)
        = $alphabet[$index{substr($sealed, $_, 1)} ^ (1 << $_ % 6)];
    "idv_local=$changed";
} grep { $_ < 48 || $_ > $length - 48 || $_ % 5 == 0 } 0 .. $length - 1);

all_shut('the last byte, each other one', map {
    'idv_local=' . substr($sealed, 0, -1) . $_
} grep { $_ ne substr($sealed, -1) } @alphabet);

all_shut('more than it was', map { "idv_local=$_" }
    (map { $sealed . $_ } 'A', 'AA', 'AAA', 'AAAA', '=', '==', '=A', '.', "\xff",
                          '%00', $sealed),
    (map { $_ . $sealed } 'A', 'AAAA', '=', '"', '.', '%20'),
    "\"$sealed\"", "'$sealed'", "{$sealed}", "$sealed,$sealed");

all_shut('in another alphabet', map { "idv_local=$_" } grep { $_ ne $sealed }
    $sealed =~ tr/-_/+\//r, lc $sealed, uc $sealed, ucfirst lc $sealed,
    $sealed =~ s/([-_])/sprintf '%%%02x', ord $1/ger,
    scalar reverse($sealed), join('', map { sprintf '%02x', ord }
                                          split //, $sealed));

all_shut('under another name', map { "$_=$sealed" }
    'idv_loca', 'idv_locall', 'IDV_LOCAL', 'idv-local', 'idv_local_flow', 'idv',
    '__Host-idv_local', '$idv_local', 'idv_local[]', 'idv_local%20', "idv_lo\x01",
    '');

all_shut('garbage', 'idv_local', 'idv_local=', '=', ';', ';;;;', '=;=;=', ' ',
    'idv_local;=', 'idv_local==', "=$sealed", "$sealed", "idv_local:$sealed",
    'idv_local=' . "\xff" x 400, 'idv_local=' . "\x80" x 1200,
    'idv_local=' . '_' x 400, 'idv_local=' . 'A' x 3990,
    'idv_local=' . 'A' x 4000, 'idv_local=' . 'A' x 4001,
    'idv_local=' . 'A' x 70000, 'idv_local={}', 'idv_local=null',
    'idv_local=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.',
    "idv_local=x, idv_local=$sealed", 'idv_local=%s%n%x', "idv_local\t\t=\t",
    'idv_local="', 'idv_local="";', '$Version=1; idv_local=$Path',
    map { 'idv_local=' . substr('AUpn' . 'x' x 600, 0, $_) } 4, 128, 132, 400);

# among others: the value is found wherever it is, but never of two

my $large = 'padding=' . 'x' x 65000;
my $many = join '; ', map { "c$_=$_" } 1 .. 5000;
my $wrong = 'idv_local=' . ('x' x length $sealed);

for my $case (
    ['at the end of 64 KB', "$large; idv_local=$sealed"],
    ['before 64 KB', "idv_local=$sealed; $large"],
    ['among thousands', "$many; idv_local=$sealed"],
    ['with blanks', "  a=b ;\tidv_local = $sealed\t; c=d"],
    ['without blanks', "a=b;;;idv_local=$sealed;c=d"],
) {
    my ($name, $cookie) = @$case;
    is($none->get('/', Cookie => $cookie)->status, 200, $name);
}

all_shut('twice', "idv_local=$sealed; idv_local=$sealed",
    "$wrong; idv_local=$sealed", "idv_local=$sealed; $wrong");

all_shut('drowned', $large, $many, "$wrong; " x 70 . "idv_local=$sealed",
    'idv_local=x; ' x 6000, 'idv_local; ' x 6000, '=; ' x 20000, ';' x 65000,
    '=' x 65000, 'idv_local=' x 6500);

# another host

for my $host ('localhost', '127.0.0.2', 'ann.example', '127.0.0.1.example',
    '[::1]', '127.0.0.1%2eexample', '0x7f000001', '127.1')
{
    is($none->get($gate->mark('/'), Cookie => "idv_local=$sealed",
        Host => $host)->status, 403, "as $host: shut");
}

for my $host ('127.0.0.1', '127.0.0.1:80', "127.0.0.1:$port", '127.0.0.1.') {
    is($none->get('/', Cookie => "idv_local=$sealed", Host => $host)->status,
        200, "as $host: the same host");
}

# a session is always a new one, and what was planted is never made good

my $planted = $site->client('eve');
$planted->{jar}{idv_local} = { value => $sealed };
$site->verified('eve', client => $planted);
isnt($planted->cookie('idv_local'), $sealed, 'a planted session is replaced');

my $again = $site->client('ann');
$again->{jar}{idv_local} = { value => $sealed };
my $flow = Idv::Flow->new(site => $site, client => $again, path => '/idv/start?response_mode=pi.flow');
$flow->start;
$flow->verify;
isnt($again->cookie('idv_local'), $sealed, 'also her own one');
unlike($again->cookie('idv_local'), qr/^\Q@{[substr $sealed, 0, 24]}\E/,
    'from its first bytes on');

# without cookies

my $state = $site->client('sam', headers => ['X-PF-Authn-API-State' => 'new']);
my $bare = Idv::Flow->new(site => $site, client => $state, path => '/');
$bare->start;
$state->{headers} = ['X-PF-Authn-API-State'
    => $bare->state->{_pf_authn_api_state}];
$bare->verify;

my $header = $bare->state->{authorizeResponse}{idvSession};
like($header, qr/^[\w-]{300,3990}$/, 'a session for a header');
is(keys %{$state->jar}, 0, 'and no cookie');
$site->nginx->forbid($header);

my $sam = $site->client('sam');
is($sam->get('/', 'IDV-Session' => $header)->status, 200, 'opens');
is($sam->get($gate->mark('/'), Cookie => "idv_local=$header")->status, 403,
    'but not as a cookie');
is($sam->get($gate->mark('/'), 'IDV-Session' => 'idv_local=' . $header)
    ->status, 403, 'nor with a name');
is($none->get($gate->mark('/'), 'IDV-Session' => $sealed)->status, 403,
    'nor is a cookie a header');
is($none->get($gate->mark('/'), 'IDV-Session' => $header)->status, 403,
    "nor sam's header ann's");
is($sam->get('/idv/session', 'IDV-Session' => $header)->json->{active}, 1,
    'the front end is told');
is($none->get('/', Cookie => "idv_local=$sealed", 'IDV-Session' => 'x')
    ->status, 200, 'a cookie is enough beside a bad header');

for my $cut (0, 1, length($header) / 2, length($header) - 1) {
    is($sam->get($gate->mark('/'), 'IDV-Session' => substr($header, 0, $cut))
        ->status, 403, "a header cut at $cut: shut");
}

# what the front end may know

my $json = $ann->get('/idv/session');
is($json->header('Cache-Control'), 'no-store', 'session: not stored');
is(join(' ', sort keys %{$json->json}),
    'active expiresAt idleExpiresAt status verifiedAt', 'session: its members');
is_deeply([map { ref } grep { ref } values %{$json->json}],
    ['JSON::PP::Boolean'], 'session: all plain');
is($json->json->{status}, 'SUCCESS', 'session: the status');
like($json->json->{$_}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "session: $_")
    for qw(verifiedAt expiresAt idleExpiresAt);
is($none->get('/idv/session')->body, '{"active":false}', 'no session');
is($none->get('/idv/session', Cookie => "idv_local=${sealed}A")->body,
    '{"active":false}', 'a bad session looks the same');
is($site->client('bob')->get('/idv/session', Cookie => "idv_local=$sealed")
    ->body, '{"active":false}', "as does somebody else's");

# size

for my $size (280, 300, 320, 336, 344, 352, 360) {

    my $full = $site->verified('bob', phone => { data => {
        fullName => 'n' x $size, addressStreet => '"\\' x ($size / 4) } });
    my $value = $full->cookie('idv_local');

    cmp_ok(length "idv_local=$value", '<=', 4000, "claims of $size: the cookie");

    my $seen = $full->get('/all/');
    is($seen->status, 200, "claims of $size: opens");
    is($seen->json->{headers}{First}, 'ANN', "claims of $size: with the core");
    is($seen->json->{headers}{'Long-1'}, 'n' x $size,
        "claims of $size: with what fits");
}

like($site->nginx->log->text, qr/\[warn\].*idv: claim "long6" left out/,
    'what does not fit is named in the log');

# more than a flow may have is no success

my $rich = $site->flow('bob');
$rich->require_code;
$rich->phone('SUCCESS', data => { fullName => 'n' x 500 });
ok($rich->reach('ID_VERIFICATION_FAILED'), 'too many claims: FAILED');
$rich->cancel;

# keys

my $nginx = $site->nginx;
my $eve = $site->client('eve');
my @keys = ($nginx->read_file('session.key'),
    map { join '', map { chr int rand 256 } 1 .. 32 } 1 .. 3);

sub keys_are {
    my (@which) = @_;

    $nginx->write_file('session.key', $keys[shift @which]);
    $nginx->write_file("more$_.key", $keys[$_]) for @which;

    $site->reload(@house, provider => $claims
        . join '', map { "session_key_file more$_.key;\n" } @which);

    # what is kept leads to workers that go
    $_->close for $none, $sam, $eve;
}

keys_are(1, 0);
is($none->get('/', Cookie => "idv_local=$sealed")->status, 200,
    'a second key: the session goes on');
$site->verified('eve', client => $eve);

keys_are(2, 1, 0);
is($none->get('/', Cookie => "idv_local=$sealed")->status, 200, 'a third key');
is($eve->get('/')->status, 200, 'for all');

keys_are(2, 1);
is($none->get($gate->mark('/'), Cookie => "idv_local=$sealed")->status, 403,
    'the first key is gone: shut');
is($eve->get('/')->status, 200, 'the second one opens');

keys_are(3);
is($eve->get($gate->mark('/'))->status, 403, 'all are gone: shut');
is($sam->get($gate->mark('/'), 'IDV-Session' => $header)->status, 403,
    'the header, too');

keys_are(3, 0);
is($none->get('/', Cookie => "idv_local=$sealed")->status, 200,
    'and back again');

$gate->nothing_passed;

Idv::Site::finish();
