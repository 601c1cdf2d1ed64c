#!/usr/bin/perl

# HTTP/3, in the only nginx here that speaks it and with the only client that
# does: the gate is the same, and so is the stripping.  (Without reuseport two
# workers would share one socket, and the packets of a connection.)

# variants: trixie

use strict;
use warnings;

use File::Temp ();
use Test::More;

use Idv::Gate;
use Idv::Node;
use Idv::Site;
use Idv::TLS;

my ($certificate, $key) = Idv::TLS->ca('quic')->issue(name => 'localhost');
my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';

my $site = Idv::Site->new(servers => <<"END", files => {
    server {
        listen 127.0.0.1:%%PORT_quic%% quic reuseport;
        listen 127.0.0.1:%%PORT_quic%% ssl;

        ssl_certificate     server.pem;
        ssl_certificate_key server.key;

        underscores_in_headers on;
        ignore_invalid_headers off;

        auth_idv_subject ann;
        auth_idv_header  IDV-First-Name firstName;
        auth_idv_header  IDV-Status     transactionStatus;

        location / { auth_idv local; $app }
        location /open/ { $app }
        location /optional/ { auth_idv local optional; $app }
        location /error/ { error_page 404 = /open/error; return 404; }
        location /rewrite/ { rewrite ^ /open/rewritten last; }
        location /pf-ws/authn/flows/ { idv_flow_api local; }
    }
END
    'server.pem' => $certificate, 'server.key' => $key });

# a browser takes a certificate that it does not know by the hash of its key

my $dir = $site->nginx->dir;
my $spki = `openssl x509 -in $dir/server.pem -noout -pubkey | openssl pkey \\
    -pubin -outform der | openssl dgst -sha256 -binary | openssl base64`;
chomp $spki;

Idv::Node::run("$ENV{IDV_TOP}/t/attack/quic.js", IDV_SPKI => $spki,
    IDV_ORIGIN => 'https://127.0.0.1:' . $site->port('quic'));

my @gated = grep { m{ //?gated/| /open/(?:\.\.|%2e)} } $site->app_requests;
is("@gated", '', 'P3: no application has seen what was refused');

$site->finish;
