#!/usr/bin/perl

# idv-selfcheck, against a gate that keeps its promises and against one broken
# site for each of its probes: a proxy in front that lets one thing go wrong.
# A probe that finds nothing there would be no probe.  Nothing of it costs
# anything.

# variants: plain

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Nginx;
use Idv::Site;
use Idv::TLS;

my $tool = "$ENV{IDV_TOP}/src/tools/idv-selfcheck";
my $json = JSON::PP->new->utf8;
my $ca = Idv::TLS->ca('selfcheck');
my ($certificate, $key) = $ca->issue(name => 'gate.test');
my $basic = 'Basic ' . MIME::Base64::encode_base64('ann:ann', '');

my $site = Idv::Site->new(
    gate => 'underscores_in_headers on;',
    locations => <<'END', files => {
        location /echo/ {
            auth_idv local optional;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
        location = /metrics { idv_metrics local; }
END
        'server.pem' => $certificate, 'server.key' => $key,
        'ca.pem' => $ca->certificate, ann => "ann:ann\n", bob => "bob:bob\n",
        headers => "Authorization: $basic\n\n" },
    servers => <<'END');
    server {
        listen 127.0.0.1:%%PORT_tls%% ssl http2;
        ssl_certificate     server.pem;
        ssl_certificate_key server.key;

        auth_basic           "test";
        auth_basic_user_file htpasswd;
        auth_idv_subject     $remote_user;

        location / {
            auth_idv local;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
        location /pf-ws/authn/flows/ { idv_flow_api local; }
        location /idv/ { idv_page local; }
    }
END

my $dir = $site->nginx->dir;
my $service = $site->service;
my @ann = ('--credentials', "$dir/ann");


# (exit code, lines) of a run

sub run {
    my (@arguments) = @_;

    open my $out, '-|', $^X, $tool, @arguments or die "$tool: $!";
    my @lines = <$out>;
    close $out;

    return ($? >> 8, @lines);
}


sub url { 'http://127.0.0.1:' . $site->port($_[0]) . ($_[1] // '/') }


# a good site

my ($code, @lines) = run(@ann, '--other', "$dir/bob", '--echo', '/echo/',
    url('gate', '/some/page?a=b'));
my (undef, @probes) = run('--list');
my @names = map { /^(\S+)/ } @probes;

is($code, 0, 'a good site: 0') or diag(@lines);
cmp_ok(scalar @names, '>=', 20, 'of many probes');
is(join(' ', map { (split)[1] } @lines), join(' ', @names),
    'each has a line');
is(join(' ', map { (split)[1] } grep { !/^ok / } @lines), 'tls',
    'all are well, but for what does not leave the machine');

($code, my $text) = run(@ann, '--json', '--cacert', "$dir/ca.pem", '--connect',
    '127.0.0.1:' . $site->port('tls'), 'https://gate.test/');
my $object = $json->decode($text);

is($code, 0, 'over TLS: 0') or diag($text);
is($object->{failed}, 0, 'as JSON: nothing failed');
is(join(' ', map { $_->{probe} } grep { $_->{result} eq 'skipped' }
    @{$object->{probes}}), 'forged', 'one needs a path');
is_deeply([sort grep { /^[HPRSU]\d/ } map { @{$_->{cases}} }
    @{$object->{probes}}], [sort map { @{$_->{cases}} } @{$object->{probes}}],
    'each names its cases');
is($object->{probes}[0]{result}, 'ok', 'it is encrypted');

($code, @lines) = run('--header', "\@$dir/headers", '--only', 'refused,bound',
    url('gate'));
is($code, 0, 'a first factor by header') or diag(@lines);
is(scalar(grep { /^ok / } @lines), 2, 'and two probes alone');

# it has cost nothing, and left nothing

is($service->transaction_calls($_), 0, "no transaction: $_") for qw(POST GET);

my $metrics = $site->client('ann')->get('/metrics')->body;
my ($started) = $metrics =~ /^idv_flows_started_total (\d+)/m;
my ($canceled) = $metrics =~ /^idv_flows_canceled_total (\d+)/m;

cmp_ok($started, '>', 50, 'flows were started');
cmp_ok($canceled, '>', 7, 'and its own were cancelled');

# what is no run

for my $case ([2, 'no address'], [2, 'two addresses', 'http://a/', 'http://b/'],
    [2, 'no URL', 'gate'], [2, 'no such option', '--never', url('gate')],
    [2, 'no such probe', '--only', 'never', url('gate')],
    [2, 'no file', '--credentials', "$dir/none", url('gate')],
    [2, 'nobody there', '--timeout', 2, 'http://127.0.0.1:1/'],
    [0, 'help', '--help'])
{
    my ($wanted, $name, @arguments) = @$case;

    open my $err, '>&', \*STDERR;
    open STDERR, '>', "$dir/said";
    my ($code) = run(@arguments);
    open STDERR, '>&', $err;

    is($code, $wanted, "$name: $wanted");
}

# broken sites: what a proxy in front does wrong, in its server or to headers, and
# which probe says what of it

my $flow = $site->flow('ann');
my $secret = $flow->client->cookie('idv_local_flow');

my @broken = (
    [<<'END',
        if ($http_cookie ~ "idv_local=AAA") { return 200; }
        if ($http_x_original_url) { return 200; }
        if ($request_method = PROPFIND) { return 200; }
        if ($request_method = OPTIONS) { return 204; }
        if ($server_protocol = HTTP/1.0) { return 200; }
        if ($request_uri ~ "health") { return 200; }
        merge_slashes off;
        location ~ ^// { return 200; }
        underscores_in_headers on;
        location /echo/ { proxy_pass $app; }
        location /_control/ { proxy_pass $service; }
        location /idv/.git/ { return 200; }
        location = /idv/logout { return 302 //selfcheck.invalid; }
        location = /idv/session {
            default_type application/json;
            return 200 '{"active":true,"firstName":"ANN"}';
        }
END
        session => qr/"idv_local=AA": HTTP 200/,
        headers => qr/X-Original-URL: HTTP 200/,
        methods => qr/PROPFIND: HTTP 200/,
        preflight => qr/a preflight: HTTP 204/,
        versions => qr/HTTP 200/,
        addresses => qr{//: HTTP 200; .*health: HTTP 200},
        forged => qr{HTTP/1.1: IDV-Status arrives.*an upgrade: IDV-Last-Name},
        control => qr{/_control/requests answers},
        unknown => qr{/idv/\.git/config: HTTP 200},
        returns => qr/selfcheck/,
        facts => qr/tells of firstName; a new client has one/],

    [<<'END',
        proxy_hide_header Cache-Control;
        proxy_hide_header Content-Security-Policy;
        proxy_hide_header X-Content-Type-Options;
        proxy_cookie_flags ~ nohttponly nosamesite;
        proxy_cookie_path / "/; Domain=a.b";
        proxy_set_header X-XSRF-Header x;
        proxy_set_header Host $http_host;
        add_header Age 7 always;
        add_header Access-Control-Allow-Origin $http_origin always;
        location /echo/ { return 200; }
        location = /idv/cancelled {
            default_type text/html;
            return 200 "<a href=\"https://selfcheck.invalid/\">";
        }
END
        stored => qr/may be stored.*has an Age/,
        cookies => qr/no HttpOnly.*no SameSite.*a Domain/,
        page => qr/may be framed.*not bounded.*may be guessed/,
        xsrf => qr/without it: HTTP 200, not 403/,
        origins => qr/a preflight of null: allowed.*a read by null: allowed/,
        forged => qr/does not show/, returns => qr/selfcheck/],

    ['location = / { return 200 "secret"; }', refused => qr/HTTP 200/],
    ['location = / { return 403 "no"; }', refused => qr/not of the gate/],
    ['location = / { if ($http_authorization = "") { return 200; }
        proxy_pass $gate; }', nobody => qr/without one: HTTP 200/],
    [{ Authorization => qq("$basic") }, nobody => qr/a flow has begun/],
    [{ Host => '$claimed' }, headers => qr/another host or scheme/],
    ['proxy_cache front; proxy_cache_key $uri$http_sec_fetch_mode;
        proxy_cache_valid any 1m; add_header X-Cache $upstream_cache_status always;
        proxy_ignore_headers Cache-Control Set-Cookie;',
        stored => qr/out of a cache.*the same flow/],
    ['proxy_hide_header Set-Cookie;', cookies => qr/there is no cookie/],
    [{ Cookie => "\"idv_local_flow=$secret\"" },
        bound => qr/GET without its cookie: HTTP 200/],
    ['proxy_intercept_errors on; error_page 404 =200 /html;
        location = /html { internal; return 200 "<html>"; }',
        unknown => qr/HTTP 200, not 404/],
    ['proxy_intercept_errors on; error_page 415 405 400 413 /html;
        location = /html { internal; return 400 "<html>"; }',
        errors => qr/PUT: (?:HTTP 400|no JSON)/],
    ['client_max_body_size 1k;', errors => qr/2 MB: no JSON/],
    [{ Origin => '"http://$http_host"', 'Sec-Fetch-Site' => 'same-origin' },
        forms => qr/of another site: HTTP 303/],
);

my ($http, $n) = ('client_max_body_size 4m;
    proxy_cache_path %%DIR%%/temp/front keys_zone=front:1m;
    map $http_x_forwarded_host $claimed { default $http_x_forwarded_host;
                                          "" $http_host; }', 0);

for my $case (@broken) {
    my $wrong = $case->[0];
    my %set = (Host => '$http_host', ref $wrong ? %$wrong : ());
    my $server = ref $wrong || $wrong !~ /proxy_set_header/
        ? join '', map { "proxy_set_header $_ $set{$_};\n" } sort keys %set : '';

    $server .= $wrong if !ref $wrong;
    $n++;
    $http .= <<"END";
    server {
        listen 127.0.0.1:%%PORT_broken$n%%;
        set \$gate    http://127.0.0.1:@{[$site->port('gate')]};
        set \$app     http://127.0.0.1:@{[$site->port('app')]};
        set \$service http://127.0.0.1:@{[$site->port('service')]};
        $server
        location / { proxy_pass \$gate; }
    }
END
}

my $front = Idv::Nginx->new(name => 'fronts', http => $http);
my %seen;

for my $i (1 .. @broken) {
    my (undef, %wanted) = @{$broken[$i - 1]};

    my ($code, @lines) = run(@ann, '--echo', '/echo/', '--only',
        join(',', sort keys %wanted),
        'http://127.0.0.1:' . $front->port("broken$i") . '/');

    is($code, 1, "a broken site, @{[sort keys %wanted]}: 1");

    for my $probe (sort keys %wanted) {
        my ($line) = grep { /^NOT OK\s+$probe / } @lines;

        $seen{$probe}++;
        like($line // '', $wanted{$probe}, "$probe: is not ok, and why")
            or diag(@lines);
    }
}

# one that would need the network

($code, @lines) = run(@ann, '--only', 'tls', '--connect',
    '127.0.0.1:' . $site->port('gate'), 'http://gate.test/');
is($code, 1, 'plain HTTP to elsewhere: 1');
like($lines[0], qr/^NOT OK\s+tls .*plain HTTP/, 'tls: and why');
$seen{tls}++;

is(join(' ', grep { !$seen{$_} } @names), '', 'every probe was seen to fail');
is($service->transaction_calls('POST'), 0, 'and still nothing was paid');

Idv::Site::finish();
