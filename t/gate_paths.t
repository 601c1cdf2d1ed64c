#!/usr/bin/perl

# One address has many spellings.  The gate decides by the location that nginx
# serves the request from, and by nothing that a client wrote: what is answered
# without a session is always answered by an open location.

use strict;
use warnings;
no warnings 'qw';           # there are # in addresses

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Gate;
use Idv::HTTP;
use Idv::Site;

# each location says in its answer which one it is

my $site = Idv::Site->new(locations => <<'END', root => <<'ROOT');
        location /open/ {
            add_header X-Location open always;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location = /health {
            add_header X-Location health always;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location ~ \.(?:css|png)$ {
            add_header X-Location static always;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location ^~ /private/ {
            auth_idv local;
            add_header X-Location private always;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
END
            add_header X-Location root always;
ROOT

my $gate = Idv::Gate->new($site);
my $port = $site->port('gate');
my $basic = 'Authorization: Basic ' . MIME::Base64::encode_base64('ann:ann', '');

# location => spellings: open ones are served, gated ones never, and "bad" is
# what nginx takes for no address at all

my %expected = (
    open => [qw(
        /open/ /open/x /private/../open/x /%6fpen/ //open/ /open//x
        /open/%2e%2e/open/ /./open/ /open/?x=/private/ /open/#/private/
        /open/private/ /open/.private /private/%2e%2e%2fopen/
        /open/..%2fopen/x /open/..;
    )],
    health => ['/health', '/health?x=/private/', '/./health', '/%68ealth'],
    static => ['/a.css', '/x/y.png?z', '/open.css', '/a%2ecss'],
    private => [qw(
        /private/ /private/x /private/../private/x /%70rivate/ //private/
        /private//x /private/%2e%2e/private/ /./private/ /private/?x=/open/
        /private/?/health /private/#/open/ /open/../private/
        /open/%2e%2e/private/ /open/..%2fprivate/ /open/%2e%2e%2fprivate/
        /open/.%2e/private/ /open/%2E%2E/private/ /open/x/../../private/
        /open/./../private/ /health/../private/ /private/a.css
        /private/a.css?x /private/health /private/open/ /private/%23/open/
        /private/%3f/open/ /private/;/open/ /private/x;.css /open/..//private/
    )],
    root => [qw(
        / /? /?x=/open/ /?/health /openx/ /health/ /healthx /health;x
        /health%20 /health%2f /health%3f /health%23 /Health /OPEN/ /Open/
        /Private/ /privat /private%23/ /x.css/ /a.css/x /a.cssx
        /a.CSS /a.css%20 /a.css%0a%0a /a.css%23 /a.css%3f /a.css; /open;/
        /open%2fx/../.. /open/.. /open/../ /open/%2e%2e /%2e/
        /open%252f /%252e%252e/open/ /..%255copen/ /open%5c /..%5copen/
        /%c0%af /%c0%ae%c0%ae/open/ /%e0%80%af /\\\\open/ /open\\\\ /\\\\
        /.open/ /...//open /....//open/x
    )],
    bad => [qw(
        /../open/ /../private/ /%2e%2e/open/ /open/../../private/ /%zz /%2
        /open/%zz/../private/ open/ private/ ../open/ \\open/ %2fopen/ *
    ), '/open/%00x', '/private/%00', '/open%00/../private/', '/%2e%2e%2f',
       "/open\0/", "/open/ /private/", "/open/\x0b/../private/"],
);

my ($open, $shut) = (0, 0);


sub ask {
    my ($line, @headers) = @_;

    my $text = Idv::HTTP::raw($port, join("\r\n", "$line HTTP/1.1",
        'Connection: close', $basic, @headers, '', ''), 5) // '';

    my ($status) = $text =~ m{^HTTP/1\.1 (\d+)};
    my ($location) = $text =~ /^X-Location: (\w+)/m;

    return ($status // 0, $location // 'none', $text);
}


for my $name (sort keys %expected) {

    for my $path (@{$expected{$name}}) {

        my ($status, $location) = ask("GET $path", 'Host: 127.0.0.1');
        my $shown = $path =~ s/([^!-~])/sprintf('\\x%02x', ord $1)/ger;

        if ($name eq 'bad') {
            ok($status == 400 && $location eq 'none', "bad: $shown")
                or diag("$status from $location");

        } elsif ($name =~ /^(?:open|health|static)$/) {
            ok($status == 200 && $location eq $name, "$name: $shown")
                or diag("$status from $location");
            $open++;

        } else {
            ok($status == 403 && $location eq $name, "gated, $name: $shown")
                or diag("$status from $location");
            $shut++;
        }
    }
}

# targets that are no path, and hosts that are not ours

for my $case (
    ['GET http://127.0.0.1/private/x', 'private'],
    ['GET http://evil.example/private/x', 'private'],
    ['GET http://evil.example/open/../private/x', 'private'],
    ['GET http://open/private/x', 'private'],
    ['GET http://127.0.0.1?/open/', 'root'],
    ['GET http://127.0.0.1/?/open/', 'root'],
    ['GET https://127.0.0.1/private/', 'private'],
    ['GET /private/x', 'private', 'Host: evil.example'],
    ['GET /private/x', 'private', 'Host: 127.0.0.1:80'],
    ['GET /private/x', 'private', 'Host: EVIL.example.'],
) {
    my ($line, $name, $host) = @$case;
    my ($status, $location, $text) = ask($line, $host // 'Host: 127.0.0.1');

    ok($status == 403 && $location eq $name,
        "gated, $name: $line, " . ($host // 'Host: 127.0.0.1'))
        or diag("$status from $location");
    like($text, qr/ID_VERIFICATION_DEVICE/, 'with a flow');
}

for my $case (
    ['GET /private/x', 'Host: open/', 400], ['GET /private/x', 'Host: a b', 400],
    ['GET /private/x', 'X: y', 400],
    ['GET /private/x', "Host: a\r\nHost: b", 400],
    ['CONNECT 127.0.0.1:80', 'Host: 127.0.0.1', '400|405'],
    ['TRACE /private/x', 'Host: 127.0.0.1', 405],
    ['GET', 'Host: 127.0.0.1', 400], ['GET  ', 'Host: 127.0.0.1', 400],
    ['get /private/x', 'Host: 127.0.0.1', 400],
) {
    my ($line, $host, $wanted) = @$case;
    my ($status) = ask($line, $host);

    like($status, qr/^(?:$wanted)$/, "$line with " . ($host =~ s/\r\n/, /r));
}

# nginx lets more into a host than belongs there; it has to arrive in JSON and
# in HTML as what it is

for my $host ('a\\b', 'a"b', '<b>&', "a'b", 'a%22b', "a\xffb") {

    my (undef, undef, $text) = ask('GET /private/x', "Host: $host");
    my $json = eval { JSON::PP->new->decode($text =~ s/.*\r\n\r\n//sr) } || {};

    like($json->{_links}{self}{href} // '',
        qr{^http://.+/pf-ws/authn/flows/\w+$}s, "a flow of host $host")
        or diag($text);

    my ($status, undef, $html) = ask('GET /idv/', "Host: $host");

    is($status, 200, 'a page');
    unlike($html, qr/<b>&|a"b/, 'with nothing of it as it came')
}

# what the application has seen came from open locations only: as many

my @seen = $site->app_requests;

is(scalar @seen, $open, 'the application has seen what was open')
    or diag(map { "$_\n" } @seen);
cmp_ok($shut, '>', 50, 'and nothing of the rest');

# a gate for the whole server, but for what serves it: flows, page, metrics

$site->reload(gate => 'auth_idv local;', locations => <<'END');
        location = /metrics { idv_metrics local; }
        location /inherits/ { proxy_pass http://127.0.0.1:%%PORT_app%%; }
END

my $ann = $site->client('ann');

is($ann->get('/inherits/x')->status, 403, 'a location without a word of it');
is($ann->get('/idv/')->status, 200, 'the page is not behind the gate');
is($ann->get('/pf-ws/authn/flows/x', 'X-XSRF-Header' => 1)->status, 404,
    'nor the flows');
like($ann->get('/metrics')->body, qr/^idv_gate_refused_total [1-9]/m,
    'nor the metrics');
is($ann->head('/metrics')->status, 200, 'which are read');

for my $method (qw(POST PUT DELETE OPTIONS)) {
    my $answer = $ann->request($method, '/metrics');

    is($answer->status, 405, "and not written: $method");
    is($answer->header('Allow'), 'GET, HEAD', 'but what is allowed');
}

Idv::Site::finish();
