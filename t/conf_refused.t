#!/usr/bin/perl

# What is wrong in a configuration is said by nginx -t, with file, line and a
# sentence, and never found out when a user stands at the gate.  Each case takes
# a good configuration and breaks it in one place: the line with the mark is the
# one that has to be named.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Nginx;

my $uuid = '5a3c7d0e-9b1f-4c62-8e57-2f6d1b0a4c93';

my @provider = (
    "environment_id $uuid;",
    'api_url http://127.0.0.1:1/v1;',
    'auth_url http://127.0.0.1:1;',
    'client_id worker;',
    'client_secret_file secret;',
    'session_key_file key;',
);

my @server = (
    'listen 127.0.0.1:%%PORT_gate%%;',
    'auth_basic test;',
    'auth_basic_user_file htpasswd;',
    'auth_idv_subject $remote_user;',
    'location / { auth_idv local; }',
    'location /flows/ { idv_flow_api local; }',
    'location /idv/ { idv_page local; }',
);

my %files = (secret => "s3cret-of-test\n", key => 'k' x 32,
    htpasswd => "ann:{PLAIN}ann\n");


# The configuration with changes: zone => line; provider, server and http =>
# lines that are added; drop => what begins with that is left out, wherever it
# is; files.  "#!" marks a line.

sub text {
    my (%change) = @_;

    my @drop = ref $change{drop} ? @{$change{drop}} : $change{drop} // ();
    my $open = $change{block} // 'idv_provider local {';

    my $kept = sub {
        my ($line) = @_;
        return !grep { index($line, $_) == 0 } @drop;
    };

    my @lines = (
        $change{zone} // 'idv_zone flows:1m;',
        $open, grep({ $kept->($_) } @provider), $change{provider} // (),
        $change{end} // '}',
        $change{http} // (),
        'server {', grep({ $kept->($_) } @server), $change{server} // (), '}',
        $change{after} // (),
    );

    return join '', map { "$_\n" } @lines;
}


# (accepted?, what was said)

sub try {
    my (%change) = @_;

    my $rights = $change{rights} || {};
    my $nginx = Idv::Nginx->prepare(http => text(%change),
        files => { %files, %{$change{files} || {}} });

    chmod $rights->{$_}, $nginx->dir . "/$_" for keys %$rights;
    unlink $nginx->dir . "/$_" for @{$change{without} || []};
    mkdir $nginx->dir . "/folder";

    waitpid $nginx->spawn('-t'), 0;
    my $accepted = $? == 0;

    my @lines = split /\n/, $nginx->read_file('nginx.conf');
    my ($marked) = grep { $lines[$_ - 1] =~ /#!/ } 1 .. @lines;

    return ($accepted, $nginx->read_file('stderr'), $marked);
}


sub refused {
    my ($name, $sentence, %change) = @_;

    my ($accepted, $said, $line) = try(%change);
    my ($emerg) = $said =~ /\[emerg\] (?:\d+#\d+: )?(.*)/;
    my @wrong;

    $emerg //= '';

    push @wrong, 'it is accepted' if $accepted;
    push @wrong, 'it says something else' if $emerg !~ $sentence;
    push @wrong, "it does not name line $line"
        if defined $line && $emerg !~ m{ in \S+/nginx\.conf:$line$};
    push @wrong, 'it names no line' if $emerg !~ m{ in \S+/nginx\.conf:\d+$};
    push @wrong, 'it gives a secret away' if $said =~ /s3cret|kkkk/;

    ok(!@wrong, $name) or diag(map { "    $_\n" } @wrong, $said);
}


sub accepted {
    my ($name, $warning, %change) = @_;

    my ($accepted, $said, $line) = try(%change);
    my @warnings = grep { /\[warn\]/ } split /\n/, $said;

    ok($accepted && (defined $warning ? "@warnings" =~ $warning : !@warnings),
        $name) or diag($said);

    like("@warnings", qr{ in \S+/nginx\.conf:$line$}, "$name: where")
        if defined $line;
}


accepted('the good one', undef);

# the zone

refused('no zone', qr/flows need a zone: write "idv_zone name:size;"/,
    zone => '', end => '} #!');
refused("a zone \"$_->[0]\"", qr/"idv_zone" directive $_->[1]/,
    zone => "idv_zone $_->[0]; #!") for (
    ['flows', 'must be written as name:size'], [':1m', 'must be written'],
    ['flows:', 'has an invalid size'], ['flows:x', 'has an invalid size'],
    ['flows:-1m', 'has an invalid size'], ['flows:0', 'is too small: 512k'],
    ['flows:511k', 'is too small: 512k is the least'],
    ['flows:1g1', 'has an invalid size'],
);
accepted('the smallest zone', undef, zone => 'idv_zone flows:512k;');
refused('two zones', qr/"idv_zone" directive is duplicate: all providers share/,
    zone => "idv_zone flows:1m;\nidv_zone other:1m; #!");
refused('a zone after its provider', qr/flows need a zone/, zone => '',
    end => '} #!', http => 'idv_zone flows:1m;');
refused('a zone in a server', qr/"idv_zone" directive is not allowed here/,
    server => 'idv_zone other:1m; #!');

# the block

refused("a provider \"$_->[0]\"", $_->[1], block => "idv_provider $_->[0] { #!")
    for (
    ['off', qr/cannot be named "off"/], ['"a b"', qr/needs a name of at most 32/],
    ['a.b', qr/needs a name/], ['n' x 33, qr/needs a name/],
    ['""', qr/needs a name/], ['$a', qr/needs a name/],
    ['', qr/invalid number of arguments in "idv_provider"/],
    ['a b', qr/invalid number of arguments in "idv_provider"/],
);
refused('two of one name', qr/is duplicate: there is a provider of that name/,
    http => join "\n", 'idv_provider local { #!', @provider, '}');
refused('a provider in a server', qr/"idv_provider" directive is not allowed/,
    server => "idv_provider other { #!\n}");
refused('an unknown directive', qr/unknown directive "attempt"/,
    provider => 'attempt 3; #!');
refused('a directive of a server', qr/"listen" directive is not allowed here/,
    provider => 'listen 80; #!');
refused('a directive of the block outside', qr/"attempts" directive is not/,
    server => 'attempts 3; #!');
refused('a block in the block', qr/is not allowed here|unknown directive/,
    provider => "location / { #!\n}");
refused('33 providers', qr/is one too many: 32 providers share a zone/,
    http => join "\n", map { ("idv_provider p$_ {", @provider, '}') } 1 .. 32);
accepted('32 providers', undef,
    http => join "\n", map { ("idv_provider p$_ {", @provider, '}') } 1 .. 31);

# cookies of two providers on one host

for my $case (['idv_provider local_flow {', ''],
              ['idv_provider other {', 'cookie_name idv_local;'],
              ['idv_provider other {', 'cookie_name idv_local_flow;'],
              ['idv_provider local_console {', ''],
              ['idv_provider loca {', 'cookie_name idv_loca;', 'idv_loca_flow'],
              ['idv_provider b {', 'cookie_name a;', 'a_flow'])
{
    my ($open, $line, $first) = @$case;

    refused("$open $line", qr/its cookies "\w+", "\w+_flow", "\w+_kept" and "\w+_console" meet those of "local": give one of the two another "cookie_name"/,
        provider => $first ? "cookie_name $first;" : undef,
        http => join "\n", $open, @provider, $line, '} #!');
}

accepted('cookies that only look alike', undef, http => join "\n",
    map { ("idv_provider $_ {", @provider, '}') }
        qw(local_flo local_flow_flow loca flow _flow LOCAL LOCAL-flow));

# what has no default

my %missing = (
    environment_id => qr/"environment_id" is missing/,
    client_id => qr/"client_id" is missing/,
    client_secret_file => qr/"client_secret_file" is missing/,
    session_key_file => qr/"session_key_file" is missing: make one with "openssl rand 32"/,
    api_url => qr/"region" is missing, or "api_url" and "auth_url"/,
    auth_url => qr/"region" is missing, or "api_url" and "auth_url"/,
);

refused("no $_", $missing{$_}, drop => $_, end => '} #!') for sort keys %missing;

# what stands twice

for my $line (@provider[0 .. 4], 'region eu;', "verify_policy $uuid;",
    'connect_timeout 1s;', 'timeout 5s;', 'idle_timeout 1s;',
    'resolver_timeout 1s;', 'max_response 64k;', 'max_connections 2;',
    'trusted_certificate key;', 'verify on;', 'proxy http://127.0.0.1:3128;',
    'read_interval 1s;', 'poll_wait 1s;', 'read_rate 10r/m;', 'breaker off;',
    'transaction_limit 5;', 'transaction_limit off;',
    'transaction_limit 5 2h per=all;', 'lockout failures=5;',
    'reuse_verification off;',
    'device_choice on;', 'delivery qr;', 'attempts 2;', 'state_timeout 5m;',
    'on_unavailable block;', 'on_user_not_found block;', 'on_failed block;',
    'on_user_disabled block;', 'user_lookup username;', 'user_lookup off;',
    "population $uuid;",
    'require_checks LIVENESS;', 'accept_data_collection on;',
    'registration off;', 'cookie_name a;', 'same_site Lax;',
    'session_lifetime 2h;', 'session_idle 30m;',
    'base_url https://a.example;', 'max_body 4k;', 'page_folder folder;',
    'page_refresh 2s;', 'redirect_message a;',
    'redirect_url https://a.example;')
{
    my ($name) = split / /, $line;
    my $once = grep { $_ eq $line } @provider;

    refused("$name twice", qr/"$name" directive is duplicate/,
        provider => join "\n", $once ? () : $line, "$line #!");
}

refused('accepted policies', qr/"auth_idv_accept_policy" directive needs UUIDs/,
    server => "location /twice/ { auth_idv_accept_policy $_; #!\n}")
    for 'on', "$uuid off", "$uuid $uuid x", '""', '$uuid';

for my $line ('auth_idv local;', "auth_idv_accept_policy $uuid;", 'auth_idv_subject $remote_user;',
    'auth_idv_email a;', 'auth_idv_phone 1;', "auth_idv_policy $uuid;",
    'auth_idv_max_age 1h;', 'auth_idv_accept_bypass on;')
{
    my ($name) = split / /, $line;

    refused("$name twice", qr/"$name" directive is duplicate/,
        server => "location /twice/ {\n$line\n$line #!\n}");
}

# values: after the name what is wrong with it, then the values

my $time = qr/"\w+" directive invalid value|invalid value/;

my @values = (
    [environment_id => qr/"environment_id" must be a UUID/, 'x', "${uuid}0",
        substr($uuid, 1), $uuid =~ tr/-/_/r, "{$uuid}" =~ tr/{}/()/r],
    [verify_policy => qr/"verify_policy" must be a UUID/, 'x', "${uuid}a"],
    [api_url => qr/are written as https:/, 'x', 'ftp://a.example', 'https://',
        'https:///v1', 'https://a.example/', 'https://u:p@a.example',
        'https://a.example?b', 'https://a.example#b', '//a.example',
        '"https://a b"', '127.0.0.1'],
    [auth_url => qr/are written as https:/, 'x', 'https://a.example/'],
    [base_url => qr/"base_url" is written as https:/, 'x', 'a.example',
        'ftp://a.example', 'https://a.example/', 'https://a.example/path',
        'https://a.example?b', '"https://a.example\"b"'],
    [region => qr/"region" is not known|give either "region"/, 'x', 'EUROPE',
        'us'],
    [timeout => qr/"timeout" must be from 1ms to 120s/, '0', '121s', '2m1s'],
    [timeout => $time, '-1', 'x', '1y', '1.5s', '9' x 20],
    [connect_timeout => qr/"connect_timeout" not above it/, '0', '11s', '1d'],
    [idle_timeout => qr/"idle_timeout" and .+ must be at least 1ms/, '0'],
    [resolver_timeout => qr/"resolver_timeout" must be at least 1ms/, '0'],
    [max_response => qr/"max_response" must be from 1k to 16m/, '0', '1023',
        '17m'],
    [max_response => qr/"max_response" directive invalid value/, '-1', 'x'],
    [max_connections => qr/"max_connections" must be a number from 1 to 1024/,
        '0', '1025', '-1', 'x', '1k', '99999999999999999999'],
    [verify => qr/invalid value "\w+" in "verify" directive/, 'yes', 'no'],
    [trusted_certificate => qr/cannot be opened|cannot be|no certificate/,
        'none.pem', 'key'],
    [read_interval => qr/"read_interval" must be at least 200ms and below/,
        '0', '199ms', '20m', '1h'],
    [poll_wait => qr/"poll_wait" must not be above 10s/, '10001ms', '1m'],
    [read_rate => qr/"read_rate" directive is written as "off" or/, 'on', '10',
        '10r/s', 'r/m', '10r/m 5', '10r/m bursts=5'],
    [read_rate => qr/"read_rate" directive must be from 1r\/m/, '0r/m',
        '1000001r/m', '-1r/m', 'xr/m'],
    [transaction_limit => qr/"transaction_limit" directive is written as "off"/,
     'on', '0', '1000001', '-1', '5r/m', 'off 1h', 'off per=all'],
    [transaction_limit => qr/"transaction_limit" directive needs a time from/,
     '5 59s', '5 31d', '5 0', '5 -1', '5 often', '5 per=user', '5 per=',
     '5 per=all 1h', '5 1h 2h', '5 1h per=lockout', '5 per=all per=all'],
    [reuse_verification => qr/"reuse_verification" directive is written as "off"/,
     'on', '0', '59s', '366d', '-1', 'often'],
    [lockout => qr/"lockout" directive is written as "failures=N/, 'on', 'off',
     '5', 'within=1h', 'failures=5 for=1h', 'time=1h within=1h'],
    [lockout => qr/"lockout" directive needs failures from 1 to 100/,
     'failures=0', 'failures=101', 'failures=', 'failures=-1', 'failures=x'],
    [lockout => qr/"lockout" directive needs a time from 1m to 30d behind w/,
     'failures=5 within=59s', 'failures=5 within=31d', 'failures=5 within='],
    [lockout => qr/"lockout" directive needs a time from 1m to 30d behind t/,
     'failures=5 time=59s', 'failures=5 time=31d', 'failures=5 time=x'],
    [read_rate => qr/"read_rate" directive needs a burst from 1/,
        '10r/m burst=0', '10r/m burst=100001', '10r/m burst='],
    [breaker => qr/"breaker" directive needs failures from 1 to 1000/,
        'failures=0', 'failures=1001', 'failures=', 'failures=x'],
    [breaker => qr/"breaker" directive needs a timeout from 100ms to 10m/,
        'timeout=99ms', 'timeout=11m', 'timeout=', 'failures=2 timeout=x'],
    [breaker => qr/"breaker" directive is written as/, 'on', '5', 'off timeout=1s'],
    [device_choice => qr/invalid value/, 'yes', '1'],
    [delivery => qr/invalid value "\w+"/, 'phone', 'qrcode', 'all'],
    [attempts => qr/"attempts" must be a number from 1 to 10/, '0', '11', 'x',
        '-1', '3x'],
    [state_timeout => qr/"state_timeout" must be from 60s to 24h/, '59s', '0',
        '25h', '86401'],
    (map { [$_ => qr/invalid value "\w+"/, 'allow', 'on', 'bypas'] }
        qw(on_unavailable on_user_not_found on_user_disabled on_failed)),
    [user_lookup => qr/"user_lookup" directive needs an attribute of/, 'a.b',
        'user-name', '1st', '"a eq b or c"', '"a\""', 'a' x 65],
    [user_lookup => qr/"user_lookup" directive is written as "off" or/,
        'username key', 'username hashed=', 'username hash=key'],
    [user_lookup => qr/"user_lookup" directive takes nothing after off/,
        'off hashed=key'],
    [claim => qr/"claim" directive needs a JSON Pointer/, 'a b', 'a "" ',
        'a ' . '/' x 257],
    [claim => qr/"claim" directive needs a name/, 'a.b /c', '"" /c',
        'n' x 65 . ' /c'],
    [claim => qr/invalid number of arguments in "claim"/, 'a', 'a /b /c'],
    [match => qr/"match" directive needs a claim's name and what it must say/,
        'a ""', 'a.b c', '"" c'],
    [require_checks => qr/"require_checks" directive needs names/, '"a b"',
        'LIVENESS a.b'],
    [cookie_name => qr/"cookie_name" must be of at most 64 letters/, '"a b"',
        'a=b', 'a.b', '"a;b"', 'n' x 65, 'a,b'],
    [cookie_name => qr/"cookie_name" must not begin with "__"/, '__Host-a',
        '__Secure-a'],
    [same_site => qr/"same_site" is Lax, Strict or None/, 'lax', 'off', 'Any'],
    [session_lifetime => qr/"session_idle" is longer|at least 60s/, '59s',
        '30m', '0'],
    [session_idle => qr/must be at least 60s/, '59s', '0'],
    [session_idle => qr/"session_idle" is longer than "session_lifetime"/,
        '9h', '28801s'],
    [cors_origin => qr/"cors_origin" directive needs origins written as/, '*',
        'null', 'a.example', 'https://a.example/', 'https://a.example/b',
        'https://a.example https://b.example/', 'https://*@a'],
    [max_body => qr/"max_body" must be from 256 to 1m/, '255', '0', '1025k'],
    [page_refresh => qr/"page_refresh" must be from 1s to 60s/, '999ms', '61s',
        '0'],
    [redirect_message => qr/"redirect_message" is longer than 256/, 'm' x 257],
    [redirect_url => qr/"redirect_url" is written as https:/, 'x', 'a.example',
        'http://a.example', 'https://a.example/', 'https://a.example/b?c',
        'https://' . 'a' x 1017, 'javascript:alert(1)'],
    [page_folder => qr/folder|cannot be/, 'none', 'key'],
    [client_id => qr/invalid number of arguments/, '', 'a b'],
);

for my $case (@values) {
    my ($name, $sentence, @given) = @$case;

    for my $value (@given) {

        # where one value is judged with others, the end of the block is named

        my $drop = grep({ /^$name / } @provider) ? { drop => "$name " } : {};
        my $shown = length $value > 60 ? length($value) . ' bytes' : $value;

        refused("$name $shown", $sentence, %$drop,
            provider => "$name $value;");
    }
}

refused('region and api_url', qr/give either "region" or "api_url" and/,
    provider => 'region eu;', end => '} #!');
refused('nine keys', qr/is one too many: 8 keys are opened/,
    provider => "session_key_file key;\n" x 7 . 'session_key_file key; #!');
refused('65 claims', qr/is one too many: 64 are taken/,
    provider => "claim a /b;\n" x 64 . 'claim a /b; #!');
refused('17 matches', qr/is one too many: 16 are compared/,
    provider => "match a b;\n" x 16 . 'match a b; #!');

refused('five limits of a kind', qr/is one too many: 4 of a kind hold at once/,
    provider => join "\n", (map { "transaction_limit 5 ${_}h;" } 1 .. 4),
        (map { "transaction_limit 5 ${_}h per=address;" } 1 .. 4),
        'transaction_limit 5 5h; #!');

accepted('what one subject can have alone',
    qr/one subject can have all of "transaction_limit 1000 \.\.\. per=all"/,
    provider => 'transaction_limit 1000 1d per=all;');
accepted('what one subject cannot', undef, provider =>
    'transaction_limit 5 1d; transaction_limit 1000 1d per=all;');

for my $case (
    ['nobody to find', qr/"on_user_not_found provision" needs a "user_lookup"/,
        "on_user_not_found provision; population $uuid;"],
    ['nobody to find, said so', qr/provision" needs a "user_lookup"/,
        "user_lookup off; on_user_not_found provision; population $uuid;"],
    ['an id that the provider gives', qr/"user_lookup id" finds no user whom/,
        "user_lookup id; on_user_not_found provision; population $uuid;"],
    ['no population', qr/provision" and "population" go together/,
        'user_lookup username; on_user_not_found provision;'],
    ['a population for nobody', qr/provision" and "population" go together/,
        "user_lookup username; population $uuid;"],
    ['a population by name', qr/"population" must be a UUID/,
        'user_lookup username; on_user_not_found provision; population staff;'],
    ['nobody to be disabled', qr/"on_user_disabled" needs a "user_lookup"/,
        'on_user_disabled bypass;'],
    ['no key of names', qr/"[^"]*nokey" cannot be opened/,
        'user_lookup username hashed=nokey;'],
    ['a short key of names', qr/"[^"]*secret" must be of 32 bytes/,
        'user_lookup username hashed=secret;'],
) {
    my ($name, $why, $text) = @$case;

    refused($name, $why, provider => $text, end => '} #!');
}

accepted('users of the provider', undef, provider => join "\n",
    'user_lookup ' . 'a' x 64 . ' hashed=key;', 'on_user_disabled bypass;',
    'on_user_not_found provision;', "population $uuid;");

refused('an input that there is not', qr/there is no input "shoe_size"/,
    server => 'auth_idv_input shoe_size 42; #!');
refused('inputs', qr/"auth_idv_input" directive is one too many/,
    server => 'auth_idv_input email a;' x 16 . "\nauth_idv_input email a; #!");
accepted('as many inputs as there may be', undef,
    server => 'auth_idv_input email a;' x 16);

refused('reuse without a policy', qr/"reuse_verification" needs a "verify_policy"/,
    provider => 'reuse_verification 1h;', end => '} #!');

# people whom nobody knows

my $signup = "registration on; population $uuid;";

refused('a registration without a population', qr/a "population" is needed/,
    provider => 'registration on;', end => '} #!');
refused('a registration without a lookup', qr/needs a "user_lookup"/,
    provider => "$signup user_lookup off;", end => '} #!');

for my $case (['on_unavailable bypass;', 'no "bypass"'],
              ['on_user_not_found bypass;', 'but "provision"'],
              ['on_user_not_found block;', 'but "provision"'],
              ['on_user_disabled bypass;', 'no "bypass"'],
              ['on_failed bypass;', 'no "bypass"'],
              ["verify_policy $uuid; reuse_verification 1h;",
               'no "reuse_verification"'],
              ['transaction_limit 5;', 'needs per=address or per=all'],
              ['transaction_limit 5 1h per=all; lockout failures=5;',
               'there is no "lockout"'])
{
    my ($line, $sentence) = @$case;

    refused("a registration, and $line",
        qr/has "registration on": .*\Q$sentence/,
        provider => "$signup $line", end => '} #!');
}

accepted('a registration without a limit',
    qr/has "registration on" and no limit: anybody may spend/,
    provider => $signup);
accepted("a registration and $_", undef, drop => ['auth_basic', 'auth_idv_subject'],
    provider => "$signup $_")
    for 'transaction_limit 5 1h per=address;',
        'transaction_limit off; transaction_limit 5 1h per=all;';
refused('a first factor is missing for all others', qr/auth_idv needs auth_idv_s/,
    drop => ['auth_basic', 'auth_idv_subject', 'location /'], http => join("\n",
        "idv_provider signup { $signup transaction_limit 1 1h per=all;",
        @provider, '}'),
    server => "location /a/ { auth_idv signup; }\nlocation /b/ {\n"
        . "auth_idv local; #!\n}\nlocation /idv/ { idv_page signup; }");

accepted('every bound', undef, provider => join "\n",
    'reuse_verification 365d;', "verify_policy $uuid;",
    'timeout 120s;', 'connect_timeout 120s;', 'read_interval 200ms;',
    'poll_wait 10s;', 'read_rate 1000000r/m burst=100000;',
    'transaction_limit 1000000 30d;', 'transaction_limit 1 1m per=address;',
    'lockout failures=100 within=30d time=30d;',
    'lockout failures=1 within=1m time=1m;',
    'breaker failures=1000 timeout=10m;', 'attempts 10;', 'state_timeout 24h;',
    'session_lifetime 60s;', 'session_idle 60s;', 'max_body 256;',
    'page_refresh 60s;', 'max_connections 1024;',
    'redirect_url https://' . 'a' x 1016 . ';',
    'redirect_message ' . 'm' x 256 . ';', 'cookie_name ' . 'n' x 64 . ';',
    'cors_origin https://a.example https://b.example:8443;',
    'claim ' . 'n' x 64 . ' /' . 'p' x 255 . ';');

# files

my @open = (0644, 0604, 0660, 0620, 0777, 0602, 0601, 0610);

refused(sprintf('the secret is open: %04o', $_),
    qr/"\S+\/secret" is open to others: chmod 600 it/,
    rights => { secret => $_ }, end => '} #!') for grep { $_ != 0610 } @open;
refused(sprintf('the key is open: %04o', $_),
    qr/"\S+\/key" is open to others: chmod 600 it/,
    rights => { key => $_ }, end => '} #!') for grep { $_ != 0610 } @open;
accepted(sprintf('files of %04o', $_), undef,
    rights => { key => $_, secret => $_ }) for 0600, 0400, 0640, 0440;

refused("no file $_", qr/"\S+\/$_" cannot be opened/, without => [$_],
    end => '} #!') for qw(secret key);
refused("$_ is a folder", qr/"\S+\/folder" is not a file/,
    drop => $_, provider => "$_ folder;", end => '} #!')
    for qw(client_secret_file session_key_file);

for my $size (0, 1, 31, 33, 64, 4096) {
    refused("a key of $size bytes", qr/must be of 32 bytes: make it with "openssl/,
        files => { key => 'k' x $size }, end => '} #!');
}

refused('a second key that is short', qr/"\S+\/short" must be of 32 bytes/,
    files => { short => 'k' x 16 }, rights => { short => 0600 },
    provider => 'session_key_file short;', end => '} #!');

for my $case (['nothing', ''], ['lines', "\n\r\n"], ['1025 bytes', 's' x 1025]) {
    refused("a secret of $case->[0]", qr/"client_secret_file" must hold 1 to 1024/,
        files => { secret => $case->[1] }, end => '} #!');
}

accepted('a secret of 1024 bytes', undef, files => { secret => 's' x 1024 });

# the gate

refused('no such provider', qr/auth_idv names the provider "other", which no/,
    server => "location /x/ {\nauth_idv other; #!\n}");
refused('no such provider, of a server',
    qr/auth_idv names the provider "other", which no/,
    server => 'auth_idv other; #!', drop => 'location / ');
refused('an unknown mode', qr/has a mode that is neither "required" nor/,
    server => "location /x/ {\nauth_idv local maybe; #!\n}");
refused('too many words', qr/invalid number of arguments in "auth_idv"/,
    server => "location /x/ {\nauth_idv local optional on; #!\n}");
refused('no subject', qr/auth_idv needs auth_idv_subject, who the first factor/,
    drop => ['auth_idv_subject', 'location /flows/', 'location /idv/',
             'location / '],
    server => "location /x/ {\nauth_idv local; #!\n}");
refused('no way in', qr/auth_idv "local" has no way in: its server needs a/,
    drop => ['location /flows/', 'location /idv/', 'location / '],
    server => "location /x/ {\nauth_idv local; #!\n}");
refused('a way in, in another server', qr/auth_idv "local" has no way in/,
    after => "server {\nlisten 127.0.0.1:%%PORT_two%%;\nauth_basic a;\n"
        . "auth_idv_subject a;\nauth_idv local; #!\nlocation / { }\n}");
refused('a way in for another provider', qr/auth_idv "two" has no way in/,
    http => join("\n", 'idv_provider two {', @provider, '}'),
    server => "location /x/ {\nauth_idv two; #!\n}");
accepted('only a page', undef, drop => 'location /flows/');
accepted('only a flow API', undef, drop => 'location /idv/');
accepted('a variable', undef, server => 'location /x/ { auth_idv $arg_a $arg_b; }');
refused('a gate in an "if"', qr/"auth_idv" directive is not allowed here/,
    server => "if (\$arg_x) {\nauth_idv local; #!\n}");

# headers

for my $name ('"a b"', 'a:b', 'a.b', '""', 'h' x 65, "\"a\nb\"", '$a') {
    my $shown = $name =~ s/\n/\\n/r;
    refused("a header $shown", qr/"auth_idv_header" directive needs a header name/,
        server => "auth_idv_header $name firstName;");
}

refused("a header of the claim $_", qr/needs the name of a claim/,
    server => "auth_idv_header A $_; #!") for '"a b"', '/a', 'c' x 65, '""';

for my $name (qw(Host host Connection Content-Length CONTENT_LENGTH
    Transfer-Encoding Expect Upgrade Cookie Authorization IDV-Session
    X-PF-Authn-API-State X-XSRF-Header))
{
    refused("a header $name", qr/"auth_idv_header" directive cannot set "$name"/,
        server => "auth_idv_header $name firstName; #!");
}

# places

for my $place (qw(idv_flow_api idv_page)) {

    refused("$place: no such provider", qr/$place names the provider "other"/,
        server => "location /p/ {\n$place other; #!\n}");

    for my $location ('/p', '= /p/', '~ ^/p/', '~* /p/', '@p', '"/p/ x"') {
        refused("$place in location $location",
            qr/$place stands in location "[^"]*": it needs a prefix location/,
            drop => ['location /flows/', 'location /idv/', 'location / '],
            server => "location $location {\n$place local; #!\n}");
    }

    refused("$place twice", qr/$place for "local" stands twice in one server/,
        server => "location /p/ {\n$place local; #!\n}");
    refused("$place without a subject", qr/$place needs auth_idv_subject/,
        drop => ['auth_idv_subject', 'location /flows/', 'location /idv/',
                 'location / '],
        server => "location /p/ {\n$place local; #!\n}");
    refused("$place beside another handler", qr/"$place" directive shares its location/,
        server => "location /p/ {\nstub_status;\n$place local; #!\n}");
    refused("$place twice in a location", qr/"$place" directive (?:is dup|shares)/,
        server => "location /p/ {\n$place local;\n$place local; #!\n}");
    refused("$place in a server", qr/"$place" directive is not allowed here/,
        server => "$place local; #!");
    accepted("$place in a ^~ location", undef,
        drop => $place eq 'idv_page' ? 'location /idv/' : 'location /flows/',
        server => "location ^~ /p/ { $place local; }");
}

refused('a page and a flow API in one location', qr/shares its location/,
    server => "location /p/ {\nidv_page local;\nidv_flow_api local; #!\n}");
refused('metrics: no such provider', qr/idv_metrics names the provider "other"/,
    server => "location = /m {\nidv_metrics other; #!\n}");
accepted('metrics, anywhere', undef,
    server => 'location = /m { idv_metrics local; }');

# what is only dangerous

my $nobody = qr/comes from \$remote_user, which nothing checks there: anybody/;

accepted('a subject that nothing checks', $nobody, drop => ['auth_basic test',
    'location /', 'location /flows', 'location /idv'],
    server => "location /x/ {\nauth_idv local; #!\n}\n"
        . 'location /idv/ { auth_basic a; idv_page local; }');
accepted('the same in a flow API', $nobody, drop => 'location /flows/',
    server => "location /f/ {\nauth_basic off;\nidv_flow_api local; #!\n}");
accepted('the same in a page', $nobody, drop => 'location /idv/',
    server => "location /p/ {\nauth_basic off;\nidv_page local; #!\n}");
accepted('a password that an address makes needless', qr/"satisfy any"/,
    server => "location /x/ {\nsatisfy any;\nallow 127.0.0.1;\ndeny all;\n"
        . "auth_idv local; #!\n}");
accepted('auth_request checks it', undef, server =>
    'location /x/ { auth_basic off; auth_request /y; auth_idv local; }');
accepted('another subject', undef, server =>
    'location /x/ { auth_basic off; auth_idv_subject $ssl_client_s_dn; auth_idv local; }');
accepted('a gate that is off', undef, server =>
    'location /x/ { auth_basic off; auth_idv off; }');
accepted('a URL without TLS', qr/secrets and claims travel unencrypted: use/,
    drop => 'api_url', provider => 'api_url http://10.0.0.1/v1;', end => '} #!');
accepted('verify off', qr/"verify off" trusts any server/,
    provider => 'verify off;', end => '} #!');

done_testing();
