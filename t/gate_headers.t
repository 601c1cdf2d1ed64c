#!/usr/bin/perl

# The application believes the identity headers, so they are ours alone: what a
# client sends under these names is gone on every path, in every spelling that
# an application could take for them; what we send is there once, and no byte
# of a document can be more than a byte of its value.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Curl;
use Idv::Gate;
use Idv::HTTP;
use Idv::Site;

# the application sees what arrives, whatever it is

my $lax = 'underscores_in_headers on; ignore_invalid_headers off;';
my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';

my $locations = <<"END";
        location /open/ { $app }
        location /optional/ { auth_idv local optional; $app }
        location /mapped/ { auth_idv \$gate; $app }
        location /odd/ {
            auth_idv local;
            auth_idv_header iDv-oDD-nAME lastName;
            auth_idv_header IDV_Under_Score firstName;
            auth_idv_header X firstName;
            $app
        }
        location /error/ { error_page 404 = /open/error; return 404; }
        location /denied/ { deny all; error_page 403 = /open/denied; }
        location /try/ { try_files /none \@open; }
        location \@open { $app }
        location /rewrite/ { rewrite ^ /open/rewritten last; }
        location /accel/ { proxy_pass http://127.0.0.1:%%PORT_accel%%/; }
        location /accel-gated/ {
            auth_idv local;
            proxy_pass http://127.0.0.1:%%PORT_accel%%/;
        }
        location /mirror/ { mirror /copy; $app }
        location = /copy {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_app%%/copied;
        }
        location /asking/ { auth_request /ask; $app }
        location = /ask { internal; $app }
        location /upgrade/ {
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
            $app
        }
        location /variables/ {
            auth_idv local optional;
            proxy_set_header X-Variables "\$idv_status|\$idv_subject|\$idv_transaction_id|\$idv_policy|\$idv_verified_at|\$idv_claim_firstname|\$idv_claim_first_name|\$idv_claim_LastName|\$idv_claim_nothing|\$idv_claim_|\$idv_claim_@{['x' x 65]}";
            add_header X-Claim \$idv_claim_firstname;
            $app
        }
END

my $servers = <<"END";
    server {
        listen 127.0.0.1:%%PORT_accel%%;
        add_header X-Accel-Redirect /open/accel;
        return 200;
    }

    server {
        listen 127.0.0.1:%%PORT_h2%% http2;
        underscores_in_headers on;
        ignore_invalid_headers off;
        auth_idv_header IDV-First-Name firstName;
        location / { $app }
    }

    # names that nginx has a use for itself

    server {
        listen 127.0.0.1:%%PORT_known%%;

        auth_basic           "test";
        auth_basic_user_file htpasswd;
        auth_idv_subject     \$remote_user;

        location /pf-ws/authn/ { idv_flow_api local; }

        location / {
            auth_idv local optional;
            auth_idv_header X-Forwarded-For lastName;
            auth_idv_header User-Agent      firstName;
            auth_idv_header Referer         lastName;
            proxy_set_header Added   \$proxy_add_x_forwarded_for;
            proxy_set_header Agent   \$http_user_agent;
            proxy_set_header Referrer \$http_referer;
            $app
        }
    }
END

my $site = Idv::Site->new(gate => $lax, app => $lax, servers => $servers,
    http => 'map $request_method $gate { default local; OPTIONS off; }',
    locations => $locations);

my $gate = Idv::Gate->new($site);
my $port = $site->port('gate');

my $nobody = $site->client(undef);
my $bob = $site->client('bob');
my $ann = $site->verified('ann');
my $ours = $ann->get('/')->json->{headers};

like($ours->{$_}, qr/^[\w-]+$/, "ann has a $_") for qw(IDV-Status
    IDV-Transaction-Id IDV-First-Name IDV-Last-Name IDV-Birth-Date);

# what a backend may take for one of the names

my @spellings = (
    'IDV-First-Name', 'idv-first-name', 'IDV-FIRST-NAME', 'iDv-fIrSt-NaMe',
    'IDV_First_Name', 'idv_first_name', 'IDV_FIRST_NAME', 'IDV-First_Name',
    'idv_First-Name', 'IDV.First.Name', 'IDV-First.Name', 'idv.first_name',
    'IDV+First+Name', 'IDV~First!Name', 'IDV-First$Name', "IDV-First\x80Name",
    "IDV\xe2First\xe2Name", 'IDV-Status', 'idv_status',
    'IDV.STATUS', 'IDV_Transaction.Id', 'idv-transaction_id', 'IDV_LAST_NAME',
    'IDV.Last.Name', 'IDV-Birth-Date', 'IDV_birth_DATE', 'idv-odd-name',
    'IDV_ODD.NAME', 'IDV-UNDER-SCORE', 'idv.under.score', 'x', 'X',
);

my %folded = map { s/[^a-z0-9]/_/gr => 1 } map { lc } qw(IDV-First-Name
    IDV-Status IDV-Transaction-Id IDV-Last-Name IDV-Birth-Date IDV-Odd-Name
    IDV-Under-Score X);


sub bytes {
    my ($client, $path, @headers) = @_;

    my $method = $path =~ s/^(\w+) // ? $1 : 'GET';

    # the last Connection is ours
    my $bytes = $client->bytes($method, $path, 'Connection' => 'close');
    my $more = join '', map { "$_\r\n" } @headers;

    return $bytes =~ s/\r\n\r\n/\r\n$more\r\n/r;
}


# asks with these lines as they are, and gives back what the application saw

sub shown {
    my ($client, $path, @lines) = @_;

    my $text = Idv::HTTP::raw($port, bytes($client, $path, @lines), 5) // '';

    my ($status) = $text =~ m{^HTTP/1\.1 (\d+)};
    my $answer = Idv::HTTP::Response->new('GET');
    $answer->feed($text);

    return ($status // 0, $text, $answer->json);
}


sub managed {
    my ($headers) = @_;

    return grep { $folded{lc($_) =~ s/[^a-z0-9]/_/gr} } sort keys %$headers;
}


# each of them alone, and each twice

for my $name (@spellings) {

    my $shown = $name =~ s/([^!-~])/sprintf('\\x%02x', ord $1)/ger;

    for my $case ([$ann, '/'], [$bob, '/open/'], [$bob, '/optional/']) {
        my ($client, $path) = @$case;

        my ($status, $text, $json) = shown($client, $path, "$name: FORGED-1",
            'X-Other: kept', "$name: FORGED-2");

        ok($status == 200 && $text !~ /FORGED/
           && $json->{headers}{'X-Other'} eq 'kept',
            "$path: $shown does not arrive") or diag($text);
    }
}

# all of them, on every path to an application

my @forged = map { "$_: FORGED" } @spellings;
my @upgrade = ('Upgrade: websocket');

for my $case (
    ['/open/', $bob], ['/optional/', $bob], ['/error/', $bob],
    ['/denied/', $bob], ['/try/', $bob], ['/rewrite/', $bob],
    ['/accel/', $bob], ['/mirror/', $bob], ['/asking/', $bob],
    ['/variables/', $bob], ['/upgrade/', $bob, @upgrade],
    ['OPTIONS /mapped/', $bob], ['OPTIONS /open/', $bob],
    ['HEAD /open/', $bob],
    ['POST /open/', $bob, 'Content-Length: 0'],
    ['/', $ann], ['/optional/', $ann], ['/mapped/', $ann], ['/odd/', $ann],
    ['/open/', $ann], ['/accel-gated/', $ann], ['/upgrade/', $ann, @upgrade],
) {
    my ($path, $client, @more) = @$case;
    my ($status, $text, $json) = shown($client, $path, @forged, @more);
    my $name = $path . ($client == $ann ? ', verified' : '');

    is($status, 200, "$name: an answer");
    unlike($text, qr/FORGED/, "$name: all stripped");

    next if $path =~ /^HEAD/;

    my @managed = managed($json->{headers});

    if ($client == $bob || $path =~ m{open|accel|upgrade}) {
        is("@managed", '', "$name: none is there") or diag($text);

    } elsif ($path eq '/odd/') {
        is("@managed", 'IDV_Under_Score X iDv-oDD-nAME', "$name: as written");
        is($json->{headers}{$_}, $ours->{'IDV-First-Name'}, "$name: $_ once")
            for qw(IDV_Under_Score X);
        is($json->{headers}{'iDv-oDD-nAME'}, $ours->{'IDV-Last-Name'},
            "$name: the other");

    } elsif ($path eq '/') {
        is($json->{headers}{$_}, $ours->{$_}, "$name: $_ is ours, once")
            for sort grep { /^IDV-/ } keys %$ours;
    }
}

# the copy and the question are requests, too

my ($copies, $questions) = (0, 0);

ok($site->nginx->wait_until(5, sub {
    ($copies) = scalar grep { m{/copied$} } $site->app_requests;
    ($questions) = scalar grep { m{/ask$|/asking/$} } $site->app_requests;
    return $copies && $questions;
}), 'the mirror and the question were asked');

# HTTP/2

my $h2 = Idv::Curl->new(port => $site->port('h2'));
my $answer = $h2->get('/', map { lc($_) => 'FORGED' }
    grep { /^[\w.-]+$/ && /name$/i && /first/i } @spellings);

is($answer->status, 200, 'HTTP/2: an answer');
unlike($answer->body, qr/FORGED/, 'HTTP/2: all stripped');
is(join(' ', managed($answer->json->{headers})), '', 'HTTP/2: none is there');

# others stay as they are: many of them, some that look like ours

my @others = map { "X-Other-$_: value $_" } 1 .. 60;
my @near = ('IDV-First-Nam', 'IDV-First-Names', 'IDV--First-Name',
    'XIDV-First-Name', 'DV-First-Name', 'IDV-First-Name-', '-IDV-First-Name',
    'IDVFirstName', 'IDV-Firs-tName', 'XX', 'Y');

my $n = 0;
my @mixed = map { ($_, $forged[$n++ % @forged]) }
    @others, map { "$_: near" } @near;

for my $case ([$bob, '/open/'], [$ann, '/']) {
    my ($client, $path) = @$case;
    my ($status, $text, $json) = shown($client, $path, @forged, @mixed, @forged);
    my $headers = $json->{headers};

    is(join('|', map { "$_: $headers->{$_}" }
                 sort { ($a =~ /(\d+)/)[0] <=> ($b =~ /(\d+)/)[0] }
                 grep { /^X-Other/ } keys %$headers),
        join('|', @others), "$path: other headers stay");
    is(join(' ', grep { ($headers->{$_} // '') eq 'near' } @near), "@near",
        "$path: names that are like ours, too");
    unlike($text, qr/FORGED/, "$path: ours do not");
    like($headers->{Host}, qr/^127\.0\.0\.1/, "$path: nor is Host lost");
    is($headers->{Authorization} // '', 'Basic '
        . MIME::Base64::encode_base64($client == $ann ? 'ann:ann' : 'bob:bob',
                                      ''), "$path: nor Authorization");
}

# lines that are no header

for my $line ('IDV-First-Name : FORGED', ' IDV-First-Name: FORGED',
    "X: y\n IDV-First-Name: FORGED", "X: y\r\n\tIDV-First-Name: FORGED",
    "IDV-First-Name\t: FORGED", "IDV-First-Name", "IDV-First\0-Name: FORGED",
    "X: y\rIDV-First-Name: FORGED")
{
    my ($status, $text) = shown($bob, '/open/', $line);
    my $shown = $line =~ s/([^ -~])/sprintf('\\x%02x', ord $1)/ger;

    ok($status == 400 || $text !~ /FORGED/
       || $text =~ /"X": ?"y[^"]*FORGED/, "as a line: $shown")
        or diag($text);
}

# names that nginx knows

my $known = Idv::HTTP->new(port => $site->port('known'), basic => 'eve:eve');
my @known = ('X-Forwarded-For' => 'FORGED', 'X_Forwarded_For' => 'FORGED',
    'User-Agent' => 'FORGED', 'Referer' => 'FORGED');

my $seen = $known->get('/', @known)->json->{headers};

unlike(join(' ', map { ref ? @$_ : $_ } values %$seen), qr/FORGED/,
    'names that nginx knows: stripped');
ok(!exists $seen->{$_}, "no $_") for qw(User-Agent Referer Agent Referrer);
like($seen->{Added}, qr/^(?:, )?127\.0\.0\.1$/, 'no variable has them');

$known->{jar} = $site->verified('eve')->jar;

$seen = $known->get('/', @known)->json->{headers};

unlike(join(' ', map { ref ? @$_ : $_ } values %$seen), qr/FORGED/,
    'the same, verified');
is($seen->{'User-Agent'}, $ours->{'IDV-First-Name'}, 'ours are there');
is($seen->{'X-Forwarded-For'}, $ours->{'IDV-Last-Name'}, 'each once');

# variables

my $values = $ann->get('/variables/')->json->{headers}{'X-Variables'};
my ($first, $last) = @$ours{qw(IDV-First-Name IDV-Last-Name)};

like($values, qr/^SUCCESS\|ann\|\Q$ours->{'IDV-Transaction-Id'}\E\|\|
    \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\|$first\|$first\|$last\|\|\|$/x,
    'variables of a session');
is($bob->get('/variables/')->json->{headers}{'X-Variables'}, '|' x 10,
    'are empty without one');

# what documents say

my %texts = (
    'a header' => ["A\r\nIDV-Status: FORGED", 'A%0D%0AIDV-Status: FORGED'],
    'an answer' => ["A\r\n\r\n<script>", 'A%0D%0A%0D%0A<script>'],
    'a line' => ["A\nB", 'A%0AB'],
    'a return' => ["A\rB", 'A%0DB'],
    'a tab' => ["A\tB", 'A%09B'],
    'a delete' => ["A\x7fB", 'A%7FB'],
    'an escape' => ["A\e[31mB", 'A%1B[31mB'],
    'UTF-8' => ["J\x{fc}rgen \x{141}ukasz", 'J%C3%BCrgen %C5%81ukasz'],
    'a separator' => ["A\x{2028}B", 'A%E2%80%A8B'],
    'a direction' => ["A\x{202e}B", 'A%E2%80%AEB'],
    'a percent' => ['A%0D%0AB', 'A%250D%250AB'],
    'quotes' => ["\"O'Neil\\", "\"O'Neil\\"],
    'a comma' => ['A, B; C=D', 'A, B; C=D'],
    'an end of what JSON has' => ["\x{10ffff}", '%F4%8F%BF%BF'],
    'the longest' => ["\x{fc}" x 256, '%C3%BC' x 256],
);

my $eve = $site->client('eve');

for my $name (sort keys %texts) {

    my ($text, $encoded) = @{$texts{$name}};

    $eve->forget;
    $site->verified('eve', client => $eve,
        phone => { data => { firstName => $text } });

    my $headers = $eve->get('/')->json->{headers};

    is($headers->{'IDV-First-Name'}, $encoded, "$name: encoded");
    is($headers->{'IDV-Status'}, 'SUCCESS', "$name: alone");
    is($eve->get('/variables/')->header('X-Claim'), $encoded,
        "$name: in an answer");
}

for my $case (
    ['a NUL', "A\0B", qr/^A%00B$/], ['only blanks', '   ', qr/^%20 %20$/],
    ['blanks around', ' A ', qr/^(?:A|%20A%20)$/], ['nothing', '', qr/^$/],
    ['one byte too long', 'x' x 513, qr/^$/],
    ['64 KB', 'x' x 65536, qr/^$/], ['64 KB of lines', "\r\n" x 32768, qr/^$/],
) {
    my ($name, $text, $wanted) = @$case;

    $eve->forget;

    my $flow = $site->flow('eve', client => $eve);
    $flow->require_code;

    my $answer = $site->service->http->post('/_control/transactions/'
        . $flow->transaction, JSON::PP->new->utf8->encode({
            status => 'SUCCESS', data => { firstName => $text } }),
        'Content-Type' => 'application/json');

    if ($answer->status != 200) {
        is($answer->status, 400, "$name: the service does not have it");
        $flow->cancel;
        next;
    }

    $flow->reach('ID_VERIFICATION_COMPLETED');
    $flow->continue;

    my $headers = $eve->get('/')->json->{headers} || {};

    is($headers->{'IDV-Status'}, 'SUCCESS', "$name: let through");
    like($headers->{'IDV-First-Name'} // '', $wanted, "$name: as it may be")
        unless $name eq 'a NUL' && !defined $headers->{'IDV-First-Name'};
}

Idv::Site::finish();
