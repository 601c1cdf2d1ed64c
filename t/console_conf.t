#!/usr/bin/perl

# A console for nobody in particular, for everybody, without a trace or in no
# place is refused by nginx -t.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Nginx;
use Idv::Site;

my $site = Idv::Site->new(workers => 1);
my $role = 'auth_idv_console_role administrator;';
my $audit = 'idv_console_audit %%DIR%%/audit.log;';

# [what, directives, what is said or nothing, provider, location]

for my $case (
    ['all there is', "$role $audit", ''],
    ['with a queue', "$role $audit idv_console_reviews "
        . 'http://127.0.0.1:1/_control/reviews;', ''],
    ['no audit log', $role, qr/needs idv_console_audit/],
    ['no role', $audit, qr/needs auth_idv_console_role/],
    ['no file', "$role idv_console_audit \"\";", qr/name of a file/],
    ['two files', "$role $audit $audit", qr/is duplicate/],
    ['a file that cannot be', "$role idv_console_audit %%DIR%%/no/audit.log;",
        qr/open\(\) ".*" failed/],
    ['a queue far away', "$role $audit idv_console_reviews "
        . 'http://example.com/reviews;', qr/idv_console_reviews needs/],
    ['a queue with a query', "$role $audit idv_console_reviews "
        . 'https://example.com/reviews?a=b;', qr/idv_console_reviews needs/],
    ['no provider', "$role $audit", qr/names the provider "other"/, 'other'],
    ['an exact place', "$role $audit", qr/prefix location/, 'local',
        '= /console/'],
    ['no slash', "$role $audit", qr/prefix location/, 'local', '/console'],
    ['within another', "$role $audit idv_page local;", qr/another handler/])
{
    my ($name, $directives, $wanted, $provider, $location) = @$case;

    $provider //= 'local';
    $location //= '/console/';

    my ($taken, $said) = Idv::Nginx->test_config(
        files => { $site->files },
        http => $site->config(locations => "location $location {"
            . " idv_console $provider; $directives }"));

    is($taken, $wanted eq '', "nginx -t: $name") or diag($said);
    like($said, $wanted || qr/successful/, "nginx -t: $name: why");
}

my ($taken, $said) = Idv::Nginx->test_config(files => { $site->files },
    http => $site->config(locations => "location /console/ { auth_basic off;"
        . " idv_console local; $role $audit }"));

ok($taken, 'without a first factor');
like($said, qr/remote_user/, '... there is a warning') or diag($said);

Idv::Site::finish();
