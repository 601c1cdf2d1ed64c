#!/usr/bin/perl

# A client that nobody here wrote: Ping's widget 1.11.0 from npm, unmodified, in
# Chromium.  It goes through every way that it offers, to the end.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Node;
use Idv::Site;

my $top = "$ENV{IDV_TOP}/t";
my $dist = "$ENV{IDV_CACHE}/npm/node_modules/"
    . '@ping-identity/pf-authn-js-widget/dist';

my $site = Idv::Site->new(
    provider => 'attempts 2;',
    locations => <<"END");
        location = /as/authorization.oauth2 {
            rewrite ^ /idv/start last;
        }

        location /widget/ {
            alias $top/widget/;

            location ~ ^/widget/(?<asset>pf[.]authn-widget[.]js|main-styles[.]css)\$ {
                alias "$dist/\$asset";
            }
        }
END

Idv::Node::run("$top/widget/widget.js",
    IDV_GATE => 'http://127.0.0.1:' . $site->port('gate'),
    IDV_SERVICE => 'http://127.0.0.1:' . $site->port('service'));

$site->finish;
