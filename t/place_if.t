#!/usr/bin/perl

# An "if" in the location of a flow API, a page, a connector or the metrics
# changes nothing of what they are.  nginx gives a request that is in it another
# configuration and the same handler: that one found no provider there, and the
# worker ended.

use strict;
use warnings;

use Test::More;

use Idv::Connector;
use Idv::HTTP;
use Idv::Site;

my $connector = Idv::Connector->new(
    connector => 'if ($arg_x) { set $y 1; }',
    servers => <<'END');

    server {
        listen 127.0.0.1:%%PORT_if%%;

        auth_basic           "test";
        auth_basic_user_file htpasswd;
        auth_idv_subject     $remote_user;

        location / {
            auth_idv local;
            idv_service_echo on;
        }

        location /flows/ {
            idv_flow_api local;
            if ($arg_x) { set $y 1; }
        }

        location /idv/ {
            idv_page local;
            if ($arg_x) { set $y 1; }
        }

        location = /metrics {
            idv_metrics local;
            if ($arg_x) { set $y 1; }
        }
    }
END

my $ann = Idv::HTTP->new(port => $connector->site->port('if'),
    basic => 'ann:ann');

is($ann->get('/flows/nothing?x=1', 'X-XSRF-Header' => 'x')->json->{code},
    'RESOURCE_NOT_FOUND', 'the flow API');

my $flow = $ann->get('/')->json;
my ($id) = $flow->{_links}{self}{href} =~ m{/(\w+)$};

is($ann->get("/flows/$id?x=1", 'X-XSRF-Header' => 'x')->json->{status},
    $flow->{status}, 'a flow of it');
is($ann->request('POST', '/flows/nothing?x=1', 'X-XSRF-Header' => 'x',
    -body => 'x' x 9000)->status, 413, 'and its bounds');
is($ann->get('/idv/session?x=1')->status, $ann->get('/idv/session')->status,
    'the page');
like($ann->get('/metrics?x=1')->body, qr/^idv_flows \d/m, 'the metrics');
$connector->refused($connector->call('readSelfie?x=1', {}), 400,
    'INVALID_INPUT', 'the connector');
$connector->refused($connector->call('readSelfie?x=1', {},
    Authorization => undef), 401, 'UNAUTHORIZED', 'and its callers');

Idv::Site::finish();
