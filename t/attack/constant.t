#!/usr/bin/perl

# S8, S9: requests do not change the configuration.  No room that serves them
# has a pointer that could: the compiler sees to the rest.  And whatever
# thousands of them ask for, each location decides afterwards as before, on the
# same workers, with the same memory; in those of a reload, too.

# Not asan: it complains of what nginx itself does with a pipeline, and keeps
# what was freed.

# variants: plain

use strict;
use warnings;

use MIME::Base64 ();
use Test::More;

use Idv::HTTP;
use Idv::Site;

# what is of the configuration; files that read it are not of those rooms

my $types = 'ngx_http_idv_(?:loc|srv|main)_conf_t'
    . '|ngx_http_idv_provider_conf_t|idv_provider_t|idv_svc_conf_t';
my %reads = map { $_ => 1 } 'web/ngx_http_idv_page_conf.c',
    'service/idv_svc_account_conf.c',
    map { "service/ngx_http_idv_service_$_.c" } qw(file module out);


# lines by which a room could change it: a pointer to it that is not const, or
# the const taken away

sub loose {
    my ($text) = @_;

    return grep { (/\b(?:$types)\s*\*+/ && !/\bconst\s+(?:$types)\b/
                   || /\(\s*(?:$types)\s*\*\s*\)/)
                  && !/\bngx_conf_t\b/ } split /\n/, $text;
}


my ($seen, @loose) = (0);

for my $path (map { glob "$ENV{IDV_TOP}/src/$_/*.[ch]" }
    qw(web engine provider store net model service))
{
    my $file = substr $path, length "$ENV{IDV_TOP}/src/";
    next if $reads{$file};

    open my $in, '<', $path or die "$path: $!";
    local $/;
    my $text = <$in>;

    $seen++ if $text =~ /$types/;
    push @loose, map { "$file: $_" } loose($text);
}

is(join("\n", @loose), '', 'S8: no room could change the configuration');
cmp_ok($seen, '>', 20, 'S8: of those that see it');
is(scalar(() = loose($_)), 1, "S8: seen: $_") for
    '    ngx_http_idv_loc_conf_t  *lcf;',
    'static ngx_int_t f(idv_provider_t *provider)',
    '    p = (idv_provider_t *) op->provider;';

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';
my $policy = 'b0000000-0000-4000-8000-00000000000b';
my @house = (
    provider => 'on_failed bypass; attempts 1; cors_origin https://a.example;',
    http => 'map $arg_gate $gate { default local; off off; none nobody; }',
    locations => <<"END");
        location /optional/ { auth_idv local optional; $app }
        location /mode/ { auth_idv local \$arg_mode; $app }
        location /mapped/ { auth_idv \$gate; $app }
        location /policy/ { auth_idv local; auth_idv_policy $policy; $app }
        location /by/ { auth_idv local; auth_idv_policy \$arg_policy; $app }
        location /fresh/ { auth_idv local; auth_idv_max_age 1h; $app }
        location /age/ { auth_idv local; auth_idv_max_age \$arg_age; $app }
        location /lenient/ { auth_idv local; auth_idv_accept_bypass on; $app }
        location /accept/ {
            auth_idv local;
            auth_idv_accept_bypass \$arg_accept;
            $app
        }
        location /named/ { auth_idv local; auth_idv_subject \$arg_name; $app }
        location /error/ { auth_idv local; error_page 403 = /optional/; $app }
        location /open/ { $app }
END

# one worker at a time is asked: what it decides, and what it keeps

my $site = Idv::Site->new(@house, hop => 1);
my $gate = $site->port('gate');
my $ann = $site->verified('ann');
my $failed = $site->flow('bob');

$failed->require_code;
$failed->phone('FAIL');
ok($failed->reach('ID_VERIFICATION_COMPLETED'), 'bob is let through, unverified');
$failed->continue;

my %people = (nobody => '', eve => basic('eve'),
    ann => basic('ann') . 'Cookie: ' . $ann->cookies('/') . "\r\n",
    bob => basic('bob') . 'Cookie: ' . $failed->client->cookies('/') . "\r\n");
my @paths = map { ("/$_/", "/$_/?mode=optional&gate=off&policy=&age=1h&accept=on"
    . '&name=ann', "/$_/?mode=x&gate=none&policy=$policy&age=x&accept=off&name=") }
    qw(optional mode mapped policy by fresh age lenient accept named error
       open);

sub basic { 'Authorization: Basic '
    . MIME::Base64::encode_base64("$_[0]:$_[0]", '') . "\r\n" }


sub line {
    my ($method, $path, $headers, $last) = @_;

    return "$method $path HTTP/1.1\r\nHost: 127.0.0.1:$gate\r\n$headers"
        . ($last ? "Connection: close\r\n" : '') . "\r\n";
}


# what the worker that happens to answer decides: its pid, and the statuses

sub decisions {
    # 500 ends a connection
    my @asked = map { my $who = $_; map { line('GET', $_, $people{$who}) }
        grep { !m{^/mapped/.*none} } @paths } sort keys %people;

    my $text = Idv::HTTP::raw($gate, join('', @asked)
        . line('GET', '/open/', $people{eve}, 1), 20) // '';

    my ($pid) = $text =~ /^X-Worker: (\d+)/m;
    my @statuses = $text =~ m{HTTP/1\.1 (\d{3}) }g;

    return ($pid, "@statuses");
}


# those of every worker

sub matrix {
    my ($workers) = @_;

    my %of;

    for (1 .. 60) {
        my ($pid, $decided) = decisions();
        $of{$pid} = $decided;
        last if keys %of == $workers;
    }

    return \%of;
}


sub resident {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/status" or return 0;

    return (join('', <$in>) =~ /^VmRSS:\s+(\d+)/m)[0];
}


my $before = matrix(2);
my ($decided) = values %$before;

is(scalar keys %$before, 2, 'both workers were asked');
is(join('|', values %$before), "$decided|$decided", 'and decide alike');

for my $status (200, 401, 403) {
    like($decided, qr/\b$status\b/, "there is a $status among it");
}

# thousands of requests of every kind, malformed ones among them

my @methods = qw(GET GET GET POST PUT OPTIONS HEAD DELETE);
my @strange = ("Cookie: idv_local=" . 'A' x 400 . "\r\n", "Cookie: ;;=;\r\n",
    "IDV-Session: x\r\n", "X-PF-Authn-API-State: x\r\n",
    "Origin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n",
    "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n", "Accept-Language: ar\r\n",
    "X-XSRF-Header: x\r\n", "Content-Length: 0\r\n", '');
my @more = ('/idv/', '/idv/session', '/idv/start',
    '/idv/start?response_mode=pi.flow', '/pf-ws/authn/flows/x', '/idv/nothing',
    '/pf-ws/authn/flows/' . 'a' x 22, '/idv/style.css', '/idv/cancelled?return=/x');
my ($n, $random) = (0, 11);

sub one_of { $random = ($random * 1103515245 + 12345) % 2147483648;
    return $_[int($random / 65536) % @_] }


sub storm {
    my ($rounds) = @_;

    for (1 .. $rounds) {
        my $bytes = join '', map { line(one_of(@methods),
            one_of(@paths, @more), one_of(values %people) . one_of(@strange)) }
            1 .. 20;

        my $text = Idv::HTTP::raw($gate,
            $bytes . line('GET', '/open/', $people{eve}, 1), 20) // '';
        $n += () = $text =~ m{HTTP/1\.1 \d{3} }g;
    }
}


storm(40);
my %resident = map { $_ => resident($_) } keys %$before;
storm(100);

cmp_ok($n, '>', 1500, "S8: after $n answers");
is_deeply(matrix(2), $before, 'S8: the same workers decide as before');

for my $pid (sort keys %resident) {
    cmp_ok(resident($pid) - $resident{$pid}, '<', 2048,
        'U15: a worker is as large as before');
}

# S9: what a reload leaves behind is nothing that requests still need

for my $round (1 .. 3) {
    $site->reload(@house);
    storm(5);
}

my $after = matrix(2);
is_deeply([sort values %$after], [$decided, $decided],
    'S9: those of a reload decide the same');

Idv::Site::finish();
