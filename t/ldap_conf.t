#!/usr/bin/perl

# What is wrong in an idv_ldap block, or where it is used, is said by nginx -t.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Nginx;

my %block = (
    url => 'ldap://127.0.0.1:1', base => 'dc=example', filter => '"(uid=%s)"',
    attributes => 'mail jpegPhoto x-my',
);


# a block in which something is another, or none; "more" stands behind it, and
# "outer" behind the block

sub said {
    my ($change, $server) = @_;

    my %is = (%block, %$change);
    my $more = delete $is{more} // '';
    my $outer = delete $is{outer} // '';

    my ($accepted, $said) = Idv::Nginx->test_config(
        files => { secret => "hidden\n", 'empty.secret' => "\n",
                   'ca.pem' => 'none', 'more.conf' => 'scope one;' },
        http => "idv_ldap people {\n"
            . join('', map { "$_ $is{$_};\n" } grep { defined $is{$_} }
                             sort keys %is)
            . "$more\n}\n$outer\nserver { listen 127.0.0.1:%%PORT_x%%; "
            . ($server // '') . " }");

    return ($accepted, $said);
}


my @refused = (
    ['no server', { url => undef }, qr/"url" is missing/],
    ['five servers', { url => join ' ', ('ldap://127.0.0.1') x 5 },
        qr/4 servers at most/],
    ['http', { url => 'http://127.0.0.1' }, qr/is written as ldaps:/],
    ['a socket', { url => 'ldapi://%2frun%2fslapd' }, qr/is written as ldaps:/],
    ['a path', { url => 'ldap://127.0.0.1/dc=x' }, qr/is written as ldaps:/],
    ['a user', { url => 'ldap://x@127.0.0.1' }, qr/is written as ldaps:/],
    ['no host', { url => 'ldap://:389' }, qr/no host/],
    ['no port', { url => 'ldap://127.0.0.1:0' }, qr/invalid port/],
    ['a name that nobody has', { url => 'ldap://x.invalid' },
        qr/host not found/],
    ['no filter', { filter => undef }, qr/"filter" is missing/],
    ['a filter of nobody', { filter => '(uid=ann)' }, qr/needs "%s"/],
    ['a filter of many', { filter => '"(|' . '(uid=%s)' x 9 . ')"' },
        qr/8 times at most/],
    ['half a filter', { filter => '"(uid=%s"' }, qr/lacks a closing/],
    ['no attributes', { attributes => undef }, qr/"attributes" is missing/],
    ['an odd attribute', { attributes => 'mail,mobile' }, qr/are names of/],
    ['too many', { attributes => join ' ', map { "a$_" } 1 .. 17 },
        qr/takes 16 at most/],
    ['a DN alone', { bind_dn => 'cn=x' }, qr/go together/],
    ['a password alone', { bind_password_file => 'secret' }, qr/go together/],
    ['an empty password', { bind_dn => 'cn=x', bind_password_file => 'empty.secret' },
        qr/1 to 1024/],
    ['no file', { bind_dn => 'cn=x', bind_password_file => 'missing' },
        qr/cannot be opened/],
    ['a long base', { base => 'x' x 1025 }, qr/1024 bytes/],
    ['StartTLS over TLS', { url => 'ldaps://127.0.0.1', starttls => 'on' },
        qr/has TLS from the beginning/],
    ['no certificate', { starttls => 'on', trusted_certificate => 'ca.pem' },
        qr/cannot be loaded/],
    ['no time', { timeout => '0' }, qr/timeout of 0/],
    ['too long to connect', { connect_timeout => '9s' }, qr/is longer than/],
    ['a small entry', { max_entry => '1k' }, qr/from 4k to 16m/],
    ['half a cause', { on_error => 'timeout' }, qr/number of arguments/],
    ['no cause', { on_error => 'slow block' }, qr/knows the causes/],
    ['no outcome', { on_error => 'timeout bypass' }, qr/ends with/],
    ['a cause twice', { more => 'on_error timeout block;'
        . ' on_error timeout empty;' }, qr/cause twice/],
    ['a short cache', { cache => '10ms' }, qr/1s to 1d/],
    ['a small cache', { cache => '1m size=4k' }, qr/64k at least/],
    ['a cache of nothing', { cache => '1m size=64k entry=64k' },
        qr/less than 16/],
    ['an odd cache', { cache => '1m zone=x' }, qr/is written as/],
    ['a scope', { scope => 'all' }, qr/invalid value/],
    ['something else', { more => 'verify off;' }, qr/unknown directive/],
    ['one thing twice', { more => 'base dc=x;' }, qr/is duplicate/],
    ['two of a name', { outer => 'idv_ldap people { }' }, qr/is duplicate/],
    ['off', { outer => 'idv_ldap off { }' }, qr/cannot be named/],
    ['a variable of nothing', {}, qr/no idv_ldap block asks for/,
        'return 200 $idv_ldap_mobile;'],
    ['no such directory', {}, qr/no idv_ldap block before it/,
        'auth_idv_ldap staff;'],
    ['an odd word', {}, qr/name \[always\]/, 'auth_idv_ldap people never;'],
);

for my $row (@refused) {
    my ($name, $change, $why, $server) = @$row;
    my ($accepted, $said) = said($change, $server);

    ok(!$accepted, "$name is refused") or diag($said);
    like($said, $why, "$name: says why");
    like($said, qr/nginx\.conf:\d+|no idv_ldap block asks/, "$name: and where");
    unlike($said, qr/hidden/, "$name: no secret");
}

my @taken = (
    ['the least', {}],
    ['variables of every form', {}, undef,
        'return 200 $idv_ldap_mail$idv_ldap_JpegPhoto$idv_ldap_x_my;'],
    ['an included part', { more => 'include more.conf;' }],
    ['an address of IPv6', { url => 'ldap://[::1]:389 ldaps://[::1]' }],
    ['a name for the resolver', { url => 'ldap://x.invalid',
        outer => 'resolver 127.0.0.1;' }, qr/host not found/],
    ['a resolver before it', { url => 'ldap://127.0.0.1' }],
    ['nobody there', {}, undef, 'auth_idv_ldap off;'],
    ['a plain server elsewhere', { url => 'ldap://192.0.2.1' },
        qr/\[warn\].*travel unencrypted/],
);

for my $row (@taken) {
    my ($name, $change, $warns, $server) = @$row;
    my ($accepted, $said) = said($change, $server);

    if ($warns && $warns =~ /host not found/) {
        ok(!$accepted, "$name: which stands behind it, and is not there yet");
        next;
    }

    ok($accepted, "$name is taken") or diag($said);
    $warns ? like($said, $warns, "$name: warned of")
           : unlike($said, qr/\[(?:warn|emerg)\]/, "$name: without a warning");
}

Idv::Nginx::finish();
