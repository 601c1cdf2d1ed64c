#!/usr/bin/perl

# nginx has many ways from a request to an answer: several first factors,
# satisfy, error pages, redirects inside, named locations, subrequests.  The
# gate holds on each of them, decides by the location that answers in the end,
# and never grants what access has denied.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Gate;
use Idv::HTTP;
use Idv::Site;

my $locations = <<'END';
        location /any/ {
            satisfy any;
            allow 127.0.0.1;
            deny all;
            auth_idv local;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /all/ {
            satisfy all;
            allow 127.0.0.1;
            deny all;
            auth_idv local;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /either/ {
            satisfy any;
            deny all;
            auth_idv local;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /denied/ {
            deny all;
            auth_idv local;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /forbidden-page/ {
            auth_idv local;
            error_page 403 = /apology;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /denied-to-gate/ {
            deny all;
            error_page 403 = /private/of-error-page;
        }

        location /sign-on/ {
            auth_idv local;
            error_page 401 = /login;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /broken/ {
            error_page 502 = /private/of-502;
            proxy_pass http://127.0.0.1:1;
        }

        location /broken-inside/ {
            auth_idv local;
            error_page 502 = /open/of-502;
            proxy_pass http://127.0.0.1:1;
        }

        location = /apology { auth_basic off; return 200 "sorry"; }
        location = /login { auth_basic off; return 200 "please sign on"; }

        location /private/ {
            auth_idv local;
            auth_idv_header IDV-First-Name firstName;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /open/ {
            proxy_set_header X-Variable $idv_status$idv_claim_firstname;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /files/ {
            auth_idv local;
            alias %%DIR%%/;
            try_files $uri @application;
        }

        location @application {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /to-named/ {
            try_files /nothing/here @private;
        }

        location @private {
            auth_idv local;
            auth_idv_header IDV-First-Name firstName;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /old/ {
            rewrite ^/old/(.*)$ /private/$1 last;
        }

        location /inner/ {
            auth_idv local;
            rewrite ^/inner/(.*)$ /other/$1 break;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /gone/ {
            auth_idv local;
            rewrite ^/gone/(.*)$ /open/$1 last;
        }

        location = /folder/ {
            alias %%DIR%%/;
            index page.txt;
        }

        location /folder/ {
            auth_idv local;
            alias %%DIR%%/;
        }

        location /accel/ {
            proxy_pass http://127.0.0.1:%%PORT_accel%%/;
        }

        location /accel-gated/ {
            auth_idv local;
            auth_idv_header IDV-First-Name firstName;
            proxy_pass http://127.0.0.1:%%PORT_accel%%/;
        }

        location /kept/ {
            internal;
            auth_idv local;
            auth_idv_header IDV-First-Name firstName;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /mirrored/ {
            auth_idv local;
            auth_idv_header IDV-First-Name firstName;
            mirror /copy;
            mirror_request_body on;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location = /copy {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_copies%%$request_uri;
        }

        location /if/ {
            auth_idv local;
            set $seen "no";
            if ($arg_x) { set $seen "yes"; }
            if ($arg_y) { proxy_pass http://127.0.0.1:%%PORT_app%%; }
            limit_except GET { allow 127.0.0.1; deny all; }
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /if/inner/ {
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }

            location ~ \.off$ {
                auth_idv off;
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }
        }

        location /included/ {
            auth_idv local;
            auth_idv_header IDV-First-Name firstName;
            ssi on;
            ssi_types text/plain;
            default_type text/plain;
            alias %%DIR%%/;
        }

        location /including/ {
            ssi on;
            ssi_types text/plain;
            default_type text/plain;
            alias %%DIR%%/;
        }
END

my $servers = <<'END';
    server {
        listen 127.0.0.1:%%PORT_accel%%;

        add_header X-Accel-Redirect $arg_to;
        return 200;
    }

    server {
        listen 127.0.0.1:%%PORT_copies%%;
        access_log %%DIR%%/copies.log app;

        location / { idv_service_echo on; }
    }

    # a house whose first factor is auth_request, with the gate on all of it,
    # the location of the subrequest included

    server {
        listen 127.0.0.1:%%PORT_asked%%;

        auth_request     /check;
        auth_request_set $who $upstream_http_x_user;
        auth_idv_subject $who;
        auth_idv         local;
        auth_idv_header  IDV-First-Name firstName;

        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
        location /pf-ws/authn/flows/ { idv_flow_api local; }

        location /near/ {
            satisfy any;
            allow 127.0.0.1;
            deny all;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /far/ {
            satisfy any;
            deny all;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location = /check {
            internal;
            auth_request off;
            proxy_pass http://127.0.0.1:%%PORT_check%%/;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }
    }

    server {
        listen 127.0.0.1:%%PORT_check%%;

        if ($http_token = "busy") { return 500; }
        if ($http_token !~ "^of-(\w+)$") { return 401; }
        set $user $1;
        if ($user = "nobody") { set $user ""; }

        add_header X-User $user;
        return 204;
    }
END

my %files = (
    'page.txt' => "a page\n",
    'parts.txt' => "head <!--# include virtual=\"/open/part\" --> foot\n",
    'private.txt' => "head <!--# include virtual=\"/private/part\" --> foot\n",
);

my @house = (http => 'proxy_http_version 1.1;', locations => $locations,
             servers => $servers, files => \%files);

my $site = Idv::Site->new(@house);
my $gate = Idv::Gate->new($site);

my $nobody = $site->client(undef);
my $ann = $site->client('ann');
my $in = $site->verified('ann');

my $first = $in->get('/')->json->{headers}{'IDV-First-Name'};
like($first, qr/^\w+$/, 'ann is verified, and has a first name');

# what the application saw, for a request that was let through

sub seen {
    my ($path, $name, %arg) = @_;

    my $client = $arg{client} || $in;
    my $answer = $gate->admits($client, $path, $name);
    my $seen = $answer->json || {};

    is(ref $seen->{headers}, 'HASH', "$name: by the application");

    return $seen;
}


# satisfy, allow and deny

is($nobody->get($gate->mark('/all/'))->status, 401,
    'satisfy all: the password is missing');
$gate->refuses($ann, '/all/', 'satisfy all');
seen('/all/', 'satisfy all, verified');

$gate->denies($nobody, '/any/', 'SUBJECT_REQUIRED',
    'satisfy any, by address: nobody is named');
$gate->refuses($ann, '/any/', 'satisfy any');
seen('/any/', 'satisfy any, verified');

is($nobody->get($gate->mark('/either/'))->status, 401,
    'satisfy any, not by address: the password is missing');
is($site->client(undef, basic => 'ann:wrong')->get($gate->mark('/either/'))
    ->status, 401, 'or wrong');
$gate->refuses($ann, '/either/', 'satisfy any, by password');
seen('/either/', 'satisfy any, by password, verified');

for my $client ($ann, $in) {
    my $answer = $client->get($gate->mark('/denied/'));

    is($answer->status, 403, 'what access denies, a session does not open');
    ok(!$answer->json, 'and no flow is offered');
}

# error pages

my $json = $gate->refuses($ann, '/forbidden-page/',
    'an error page for 403 does not take the place of the flow');
like($json->{_links}{self}{href}, qr{/pf-ws/authn/flows/\w+$},
    'which has its address');
seen('/forbidden-page/', 'with an error page');

$gate->refuses($ann, '/denied-to-gate/', 'an error page behind the gate');
seen('/denied-to-gate/', 'an error page behind the gate, verified');

is($nobody->get($gate->mark('/sign-on/'))->body, 'please sign on',
    'an error page for 401 comes before the gate');
$gate->refuses($ann, '/sign-on/', 'with an error page for 401');

$gate->refuses($ann, '/broken/', 'an error page for a failed upstream');
is(seen('/broken/', 'the same, verified')->{headers}{'IDV-First-Name'},
    $first, 'with her name');

$gate->refuses($ann, '/broken-inside/', 'a failed upstream behind the gate');
my $seen = seen('/broken-inside/', 'an open error page of a gated location');
ok(!exists $seen->{headers}{$_}, 'which is told nothing that the gated one was')
    for qw(IDV-First-Name X-Variable);

# files and named locations

$gate->refuses($ann, '/files/page.txt', 'a file that try_files finds');
is($gate->admits($in, '/files/page.txt', 'the file')->body, "a page\n",
    'it is');
$gate->refuses($ann, '/files/none', 'a file that try_files does not find');
seen('/files/none', 'the named location behind it');
$gate->refuses($ann, '/to-named/', 'a gated named location');
is(seen('/to-named/', 'a gated named location, verified')
    ->{headers}{'IDV-First-Name'}, $first, 'with her name');

# rewrites, and redirects inside

$gate->refuses($ann, '/old/', 'a rewrite to a gated location');
$seen = seen('/old/x', 'a rewrite, verified');
is($seen->{headers}{'IDV-First-Name'}, $first, 'with her name');
is($seen->{uri}, '/private/x', 'at the new address');

$gate->refuses($ann, '/inner/', 'a rewrite inside a gated location');
is(seen('/inner/x', 'the same, verified')->{uri}, '/other/x', 'rewritten');

seen('/gone/', 'a rewrite to an open location', client => $ann);

$gate->refuses($ann, '/folder/', 'an index that is gated');
is($gate->admits($in, '/folder/', 'an index')->body, "a page\n", 'is read');

$gate->refuses($ann, '/accel/?to=/kept/x', 'X-Accel-Redirect to the gate');
is(seen('/accel/?to=/kept/x', 'X-Accel-Redirect, verified')
    ->{headers}{'IDV-First-Name'}, $first, 'with her name');
is($ann->get('/kept/x')->status, 404, 'which is internal');

$gate->refuses($ann, '/accel-gated/?to=/open/x',
    'X-Accel-Redirect from behind the gate');
$seen = seen('/accel-gated/?to=/open/x', 'to an open location');
ok(!exists $seen->{headers}{$_}, 'which is told nothing')
    for qw(IDV-First-Name X-Variable);
seen('/accel/?to=/open/x', 'X-Accel-Redirect, all open', client => $ann);

# what is inside a location inherits its gate, unless it says otherwise

for my $path ('/if/', '/if/?x=1', '/if/?y=1', '/if/?x=1&y=1', '/if/inner/',
    '/if/a.off/b')
{
    $gate->refuses($ann, $path, "inside a location: $path");
    seen($path, "inside a location, verified: $path");
}

my $post = $ann->post($gate->mark('/if/'), 'a=b');
is($gate->refused($post, 'limit_except')->{code}, 'VERIFICATION_REQUIRED',
    'what limit_except has let through, the gate has not');
is($in->post('/if/', 'a=b')->status, 200, 'limit_except, verified');
seen('/if/a.off', 'a location inside without a gate', client => $ann);

# subrequests

$gate->refuses($ann, '/mirrored/', 'with a mirror');
my $refused = $ann->post($gate->mark('/mirrored/'), 'a body');
is($refused->json->{code}, 'VERIFICATION_REQUIRED', 'a POST with a mirror');
seen('/mirrored/?copied', 'with a mirror, verified');
ok($site->nginx->wait_until(5, sub {
    $site->nginx->read_file('copies.log') =~ m{^GET /mirrored/\?copied$}m
}), 'then the mirror has it');

$gate->refuses($ann, '/included/parts.txt', 'a page of parts');
my $body = $gate->admits($in, '/included/parts.txt', 'a page of parts')->body;
like($body, qr/^head \{.*"IDV-First-Name": ?"$first".*\} foot$/s,
    'whose parts are of the same request');

$body = $gate->admits($ann, '/including/private.txt', 'an open page')->body;
like($body, qr/^head \{.*"\/private\/part".*\} foot$/s,
    'may have parts of a gated location');
unlike($body, qr/IDV-First-Name/, 'which is told nothing');

# auth_request

my $port = $site->port('asked');

sub asked {
    my ($token) = @_;

    return Idv::HTTP->new(port => $port, headers => [Token => $token]);
}

is(asked('bad')->get($gate->mark('/'))->status, 401, 'auth_request says no');
is(asked('busy')->get($gate->mark('/'))->status, 500, 'auth_request fails');
$gate->denies(asked('of-nobody'), '/', 'SUBJECT_REQUIRED',
    'auth_request names nobody');

my $eve = asked('of-eve');
$gate->refuses($eve, '/', 'auth_request');
$site->verified('eve', client => $eve);
is(seen('/', 'auth_request, verified', client => $eve)
    ->{headers}{'IDV-First-Name'}, $first, 'with claims');

# who comes in by address is not asked: nobody is named, whatever they have

seen('/far/', 'satisfy any: not by address, so auth_request is asked',
    client => $eve);
is(asked('bad')->get($gate->mark('/far/'))->status, 401,
    'satisfy any: neither by address nor by auth_request');
$gate->denies($eve, '/near/', 'SUBJECT_REQUIRED',
    'satisfy any: by address, before auth_request is asked');
$gate->denies(asked('bad'), '/near/', 'SUBJECT_REQUIRED',
    'satisfy any: by address alone', 'X-User' => 'eve');

my $ida = asked('of-ida');
$ida->{jar} = $eve->jar;
$gate->refuses($ida, '/', 'a session of another subject');

$gate->nothing_passed('copies.log');

# the modules in the other order

my $other = Idv::Site->new(@house, name => 'other order',
    load => [qw(ngx_http_idv_service_module ngx_http_idv_module)]);

$gate = Idv::Gate->new($other);
$ann = $other->client('ann');

$gate->refuses($ann, '/files/page.txt', 'other order: try_files');
$gate->refuses($ann, '/mirrored/', 'other order: mirror');
is($other->client(undef)->get($gate->mark('/all/'))->status, 401,
    'other order: the first factor');
$in = $other->verified('ann');
seen('/mirrored/?copied', 'other order: verified');
$gate->nothing_passed('copies.log');

Idv::Site::finish();
