package Bench::Peers;

# What a user would otherwise pick, from Debian: the same check written for the
# Lua module, and mod_auth_openidc in front of Apache.  Each gives a server and
# the headers that open it.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha1 hmac_sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use Bench::House;
use Bench::Server;
use Idv::HTTP;

my $json = JSON::PP->new->utf8->canonical;


sub key {
    return join '', map { ('a' .. 'z', 0 .. 9)[rand 36] } 1 .. 32;
}


# as long as our own record, with the same in it

sub record {
    my $now = time;

    return {
        version => 1, provider => 'local', host => '127.0.0.1',
        id => '7d1c0f0e5a4b4c4d8e9f001122334455', subject => 'ann',
        policy => '00000000-0000-0000-0000-000000000000',
        tx => '3b1f4c62-8e57-4f6d-9b0a-4c935a3c7d0e',
        verified => $now, issued => $now, seen => $now,
        expires => $now + 8 * 3600,
        claims => { transactionStatus => 'SUCCESS', firstName => 'Ann',
                    lastName => 'Example', birthDate => '1985-01-31' },
    };
}


# Debian's files lie where they were installed, or unpacked by t/tools/setup

sub find {
    my ($file) = @_;

    for my $root ('', "$ENV{IDV_CACHE}/debian") {
        my ($found) = glob "$root$file";
        return $found if defined $found && -e $found;
    }

    die "there is no $file: make bench gets it\n";
}


# the folder of a file, and as many above it as the file has folders

sub folder_of {
    my ($folder, $file) = @_;

    return substr find("$folder/$file"), 0, -length("/$file");
}


sub lua {
    my ($class) = @_;

    my $key = key();
    my ($main, $http) = Bench::House::common_conf();
    my $modules = '/usr/lib/nginx/modules';

    my $load = join '', map { 'load_module ' . find("$modules/$_.so") . ";\n" }
        qw(ndk_http_module ngx_http_lua_module);

    my $core = folder_of('/usr/share/lua/5.1', 'resty/core.lua');
    my $cjson = folder_of('/usr/lib/*/lua/5.1', 'cjson.so');

    # OpenResty's LuaJIT, of the same name as the one that wrk has
    my $jit = folder_of('/usr/lib/*-linux-gnu', 'libluajit-5.1.so.2');
    ($jit) = glob "$ENV{IDV_CACHE}/debian/usr/lib/*-linux-gnu"
        if -e "$ENV{IDV_CACHE}/debs/libluajit2-5.1-2.unpacked";

    my $server = Bench::Server->new(name => 'Lua gate',
        cpu => $Bench::House::SERVER_CPU, ports => ['lua'],
        command => ['env', "LD_LIBRARY_PATH=$jit", @{Bench::House::nginx()}],
        files => { 'session.key' => $key,
                   'html/gate/file' => $Bench::House::FILE,
                   'nginx.conf' => <<"END" });
$load
$main
http {
$http
    lua_package_path "$ENV{IDV_TOP}/t/bench/peer/?.lua;$core/?.lua;;";
    lua_package_cpath "$cjson/?.so;;";
    lua_shared_dict revoked 1m;
    lua_shared_dict counters 1m;
    init_by_lua_block { gate = require "gate" }

    server {
        listen 127.0.0.1:%%PORT_lua%% backlog=4096;
        root %%DIR%%/html;

        location /gate/ {
            access_by_lua_block { gate.check() }
        }
    }
}
END

    my $payload = encode_base64url($json->encode(record()));
    my $mac = encode_base64url(hmac_sha1($payload, $key));

    my $headers = { 'X-User' => 'ann', Cookie => "session=$payload.$mac" };
    proved($server->port('lua'), '/gate/file', $headers);

    return { server => $server, port => $server->port('lua'),
             path => '/gate/file', headers => $headers };
}


# without its cookie 403 or a redirect; with it the file

sub proved {
    my ($port, $path, $headers) = @_;

    my $http = Idv::HTTP->new(port => $port);

    my $answer = $http->get($path, %$headers);
    die "the peer answers ", $answer->status || $answer->error, "\n"
        if $answer->status != 200 || $answer->body ne $Bench::House::FILE;

    my %other = %$headers;
    $other{Cookie} =~ s/(.)(.{40})$/($1 eq 'A' ? 'B' : 'A') . $2/e;

    $answer = Idv::HTTP->new(port => $port)->get($path, %other);
    die "the peer lets in everybody\n" if $answer->status == 200;
}


sub apache {
    my ($class) = @_;

    my $secret = key();
    my $modules = '/usr/lib/apache2/modules';

    my $load = join '', map { "LoadModule ${_}_module $modules/mod_$_.so\n" }
        qw(mpm_event authn_core authz_core authz_user auth_openidc);

    my $user = $> == 0 ? "User nobody\nGroup nogroup\n" : '';

    my $server = Bench::Server->new(name => 'Apache',
        cpu => $Bench::House::SERVER_CPU, ports => ['apache'],
        command => ['/usr/sbin/apache2', '-DFOREGROUND', '-d', '%%DIR%%',
                    '-f', '%%DIR%%/apache.conf'],
        files => { 'html/gate/file' => $Bench::House::FILE,
                   'apache.conf' => <<"END" });
$load
$user
ServerName localhost
Listen 127.0.0.1:%%PORT_apache%%
PidFile %%DIR%%/apache.pid
ErrorLog %%DIR%%/error.log
DefaultRuntimeDir %%DIR%%
DocumentRoot %%DIR%%/html

ServerLimit 1
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 3600

OIDCProviderIssuer https://127.0.0.1/issuer
OIDCProviderAuthorizationEndpoint https://127.0.0.1/authorize
OIDCClientID bench
OIDCClientSecret $secret
OIDCResponseType id_token
OIDCResponseMode form_post
OIDCIDTokenSignedResponseAlg HS256
OIDCRedirectURI http://127.0.0.1:%%PORT_apache%%/gate/back
OIDCCryptoPassphrase $secret

<Location /gate/>
    AuthType openid-connect
    Require valid-user
</Location>
END

    my $port = $server->port('apache');
    my $headers = { Cookie => sign_on($port, $secret) };

    proved($port, '/gate/file', $headers);

    return { server => $server, port => $port, path => '/gate/file',
             headers => $headers };
}


# The bench is the OpenID provider: it answers the redirect with a token that
# it has signed with the client's secret.

sub sign_on {
    my ($port, $secret) = @_;

    my $http = Idv::HTTP->new(port => $port);
    my $url = $http->get('/gate/file', Accept => 'text/html')
        ->header('Location') // '';


    my %want;
    for my $name (qw(state nonce)) {
        ($want{$name}) = $url =~ /[?&]$name=([^&]+)/
            or die "mod_auth_openidc does not ask its provider: $url\n";
    }

    my $now = time;

    my $text = join '.', map { encode_base64url($json->encode($_)) }
        { alg => 'HS256', typ => 'JWT' },
        { iss => 'https://127.0.0.1/issuer', aud => 'bench', sub => 'ann',
          nonce => $want{nonce}, iat => $now, exp => $now + 3600,
          given_name => 'Ann', family_name => 'Example' };

    $text .= '.' . encode_base64url(hmac_sha256($text, $secret));

    my $answer = $http->post('/gate/back', "state=$want{state}&id_token=$text",
        'Content-Type' => 'application/x-www-form-urlencoded');

    die "mod_auth_openidc refuses the token: ",
        $answer->status || $answer->error, "\n" if $answer->status != 302;

    return $http->cookies('/');
}


# what was measured against, for the table

sub versions {
    my %version;

    for my $name (qw(nginx libnginx-mod-http-lua apache2-bin
                     libapache2-mod-auth-openidc wrk))
    {
        my $text = `dpkg-query -W -f '\${Version}' $name 2>/dev/null`;

        if ($text eq '' && glob "$ENV{IDV_CACHE}/debs/${name}_*.deb") {
            my ($deb) = glob "$ENV{IDV_CACHE}/debs/${name}_*.deb";
            $text = `dpkg-deb -f '$deb' Version`;
            chomp $text;
        }

        $version{$name} = $text if $text ne '';
    }

    return \%version;
}


1;
