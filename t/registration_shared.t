#!/usr/bin/perl

# Who registers is told of once, also where nginx sends a request to more than
# the application, or answers in its place: a mirror, and a cache that is fetched
# anew in the background, have the headers of the request as well.

# variants: plain asan

use strict;
use warnings;

use Test::More;

use Idv::Flow;
use Idv::Gate;
use Idv::Site;

my $site = Idv::Site->new(http => <<"END", locations => <<'END',
    log_format claims '\$request_uri \$http_app_user';
    proxy_cache_path %%DIR%%/answers keys_zone=answers:1m;

    idv_provider signup {
        environment_id     @{[Idv::Site::ENVIRONMENT]};
        api_url            http://127.0.0.1:%%PORT_service%%/v1;
        auth_url           http://127.0.0.1:%%PORT_service%%;
        client_id          @{[Idv::Site::CLIENT]};
        client_secret_file client_secret;
        session_key_file   session.key;
        registration       on;
        population         1bb530d5-c1fd-83c9-b945-b30aae93594b;
        transaction_limit  1000 1h per=address;
    }
END
        location /signup/ {
            auth_basic      off;
            auth_idv        signup;
            auth_idv_header App-User subject;

            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /signup/flows/ { idv_flow_api signup; }

            location /signup/mirrored/ {
                mirror     /mirror;
                proxy_pass http://127.0.0.1:%%PORT_down%%;
            }

            location /signup/cached/ {
                proxy_cache          answers;
                proxy_cache_key      $uri;
                proxy_cache_valid    1h;
                proxy_ignore_headers Cache-Control Expires;

                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }

            location /signup/stale/ {
                proxy_cache                   answers;
                proxy_cache_key               $uri;
                proxy_cache_use_stale         updating;
                proxy_cache_background_update on;

                proxy_pass http://127.0.0.1:%%PORT_old%%;
            }
        }

        location = /mirror {
            internal;

            auth_basic off;
            auth_idv   off;

            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
END
    app => 'access_log %%DIR%%/claims.log claims;', servers => <<'END');

    # its answers may be kept, and are old at once

    server {
        listen     127.0.0.1:%%PORT_old%%;
        access_log %%DIR%%/claims.log claims;

        location / {
            add_header Cache-Control max-age=0,stale-while-revalidate=600;
            add_header X-Accel-Expires @1;
            return 200 old;
        }
    }
END

my $gate = Idv::Gate->new($site);


sub verified {
    my $client = $site->client;
    my $flow = Idv::Flow->new(site => $site, client => $client,
        path => '/signup/done');

    $flow->start;
    $flow->verify;

    return $client;
}


# [address, user] of each that has been told of one

sub told { map { [split] } grep { !/ -$/ }
           split /\n/, $site->nginx->read_file('claims.log') }

my $told = 0;

sub told_once {
    my ($name) = @_;

    $told++;
    $site->nginx->wait_until(5, sub { told() >= $told });
    is(scalar told(), $told, "$name: told once");
}


my $client = verified();

is($client->get('/signup/mirrored/')->status, 502, 'the application is down');
told_once('its mirror');
$gate->refuses($client, '/signup/done', 'which has used the session');

$client = verified();
is($client->get('/signup/cached/')->status, 200, 'an answer that is cached');
told_once('where it came from');

$client = verified();
is($client->get('/signup/cached/')->status, 200, 'and comes out of the cache');
$gate->refuses($client, '/signup/done', 'which is nginx itself');
is(scalar told(), $told, 'nobody else was told');

$client = verified();
is($client->get('/signup/stale/')->status, 200, 'an answer that is old at once');
told_once('where that came from');

$client = verified();
is($client->get('/signup/stale/')->body, 'old', 'and is given all the same');
told_once('behind it');
$gate->refuses($client, '/signup/stale/', 'and not twice');

$gate->nothing_passed('claims.log');
$site->finish;
