#!/usr/bin/perl

# Each configuration of conf-examples/ starts, and a user goes through it: what
# operators copy has to work.  Ports, file names and the provider's address are
# made ours; PingOne is played by the local verification service, but for
# pingone.conf, which starts as it is and is asked for nothing that PingOne
# would be asked for.  (quickstart.conf is the demo's: t/demo.t.)

# variants: plain

use strict;
use warnings;

use Digest::SHA ();
use File::Temp ();
use JSON::PP ();
use POSIX ();
use Test::More;

use Idv::Flow;
use Idv::HTTP;
use Idv::LDAP;
use Idv::Nginx;
use Idv::Page;
use Idv::Ports qw(free_port);
use Idv::Service;
use Idv::Site;
use Idv::TLS;

use constant {
    SECRET => 'xT4-example-client-secret-0aZ',
    ENVIRONMENT => '0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913',
    CLIENT => '7c1b2a90-51de-4f0e-8a35-66c0f2d9b417',
    SHOP => 'shop-0123456789abcdef0123456789abcdef',
    ANN => '2b6f0cc9-04f1-4d1e-8b0e-3b0d3f2d7a11',
    EVE => '4c8e1f70-92ab-4d35-b6c1-0e9d7f3a5b28',
};

my $folder = "$ENV{IDV_TOP}/conf-examples";
my $made = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

my %learnt;

make_certificates();

my %test = (
    'pingone.conf' => \&pingone,
    'auth_request.conf' => \&auth_request,
    'oidc.conf' => \&oidc,
    'registration.conf' => \&registration,
    'client-certificate.conf' => \&client_certificate,
    'optional-mode.conf' => \&optional_mode,
    'api-cors.conf' => \&api_cors,
    'step-up.conf' => \&step_up,
    'several-providers.conf' => \&several_providers,
    'connector.conf' => \&connector,
    'console.conf' => \&console,
    'budgets.conf' => \&budgets,
    'ldap.conf' => \&directory,
    'quickstart.conf' => undef,
);

is_deeply([sort map { s{.*/}{}r } glob "$folder/*"], [sort keys %test],
    'every example is tested');

for my $name (sort grep { $test{$_} } keys %test) {
    takes_whole($name);
    $test{$name}->($name);
}

Idv::Nginx::finish();


# as they are: PingOne's own addresses, and nobody asks there

sub pingone {
    my ($name) = @_;

    my $site = site($name, real => 1);
    my $ann = client($site, basic => 'ann:ann');

    is(client($site)->get('/')->status, 401, "$name: the first factor");
    is(client($site, basic => 'bob:bob')->get('/')->json->{code},
        'SUBJECT_REQUIRED', "$name: bob is not known at PingOne");

    my $flow = flow($site, $ann);

    is($flow->answer->status, 403, "$name: ann is refused");
    is($flow->status, 'ID_VERIFICATION_DEVICE', "$name: with a flow");
    like($flow->state->{_links}{self}{href},
        qr{^https://www\.example\.com/pf-ws/authn/flows/\w+$},
        "$name: below the usual path");
    like(($ann->get('/', Accept => 'text/html')->header('Location'))[0],
        qr{^/idv/\?flowId=\w+$}, "$name: a browser is led to the page");
    ok(defined $ann->cookie('__Host-idv_pingone_flow'),
        "$name: the cookie has its name for TLS");

    my $plain = Idv::HTTP->new(port => $site->port('plain'),
        host => 'www.example.com')->get('/x?y=1');

    is($plain->status, 301, "$name: without TLS");
    is($plain->header('Location'), 'https://www.example.com/x?y=1',
        "$name: to TLS");

    unlike($site->nginx->log->text, qr/idv: provider/,
        "$name: PingOne was not asked for anything");
}


sub auth_request {
    my ($name) = @_;

    my $site = site($name);
    my $ann = signed_on($site, 'ann');

    is(client($site)->get('/')->status, 401, "$name: nobody is signed on");

    my $flow = flow($site, $ann);

    $flow->device('other');
    is_deeply([map { $_->[1] } @{$flow->state->{emails}},
                   @{$flow->state->{phones}}],
        ['a***@example.com', '*** *** 0100'], "$name: her contacts are known");

    through($name, $flow);
    is($flow->status, 'COMPLETED', "$name: the name is hers");

    my $seen = $ann->get('/')->json->{headers};

    is($seen->{'IDV-Subject'}, ANN, "$name: the application knows who");
    like($seen->{'IDV-Verified'}, qr/^\d{4}-.*Z$/, "$name: and when");

    # the document says Example

    my $eve = signed_on($site, 'eve');

    $flow = flow($site, $eve);
    $flow->require_code;
    $flow->phone('SUCCESS');
    ok($flow->reach('ID_VERIFICATION_FAILED'), "$name: not eve's document");
    is($flow->state->{errorDetails}[0]{code}, 'SUBJECT_MISMATCH',
        "$name: is what she is told");
    is($eve->get('/')->status, 403, "$name: and she stays outside");
}


# a stand-in for oauth2-proxy, as its documents tell what it says to nginx

sub oidc {
    my ($name) = @_;

    my $site = site($name);
    my $nobody = client($site);
    my $page = $nobody->get('/a?b=c&d=e', Accept => 'text/html');

    is($page->status, 302, "$name: who is not signed on");
    is($page->header('Location'), 'https://sso.example.com/?for=/a?b=c&d=e',
        "$name: is sent to sign on");
    is($nobody->get('/oauth2/callback')->status, 200, "$name: and comes back");
    is($nobody->get('/oauth2/auth')->status, 404, "$name: which say nobody who");
    is($nobody->get('/pf-ws/authn/flows/x', 'X-XSRF-Header' => 1)->status, 401,
        "$name: a program is told");
    is($nobody->get('/', 'X-Auth-Request-User' => ANN,
        'X-Auth-Request-Email' => 'ann@example.com')->status, 302,
        "$name: nobody says himself who he is");

    my ($ann, $eve) = map { signed_on($site, $_, '_oauth2_proxy') } qw(ann eve);

    my $flow = flow($site, $ann);

    like(join(' ', $flow->answer->header('Set-Cookie')),
        qr/\bidv_pingone_flow=.*_oauth2_proxy=ann;|_oauth2_proxy=ann;.*idv_pi/,
        "$name: its cookie is renewed, beside ours");
    $flow->device('other');
    is_deeply([map { $_->[1] } @{$flow->state->{emails}}], ['a***@example.com'],
        "$name: it knows where to write");
    through($name, $flow);

    my $seen = $ann->get('/', 'X-Auth-Request-User' => EVE)->json->{headers};

    is($seen->{'IDV-Subject'}, ANN, "$name: who was signed on is verified");

    $eve->{jar}{'__Host-idv_pingone'} = $ann->jar->{'__Host-idv_pingone'};
    is($eve->get('/', 'X-Auth-Request-User' => ANN)->status, 403,
        "$name: her session is nothing to another");

    # signed out there, in the middle of it

    $flow = flow($site, $eve);
    delete $eve->{jar}{_oauth2_proxy};
    is($flow->device('other')->status, 401, "$name: who signs out is out");
    delete $ann->{jar}{_oauth2_proxy};
    is($ann->get('/')->status, 302, "$name: also with a session of ours");
}


# the application is told once, and knows them when they come back

sub registration {
    my ($name) = @_;

    my $site = site($name, policy => learn('verifyPolicies'), edit => sub {
        my $population = learn('populations');
        s/(population +)[0-9a-f-]{36};/$1$population;/;
    });
    my $page = Idv::Page->new(site => $site, client => client($site));

    is($page->client->get('/signup/')->status, 200, "$name: the form is open");
    unlike($page->client->get('/signup/', 'IDV-User' => 'forged')->body,
        qr/forged/, "$name: and nobody says who was verified");
    verify($name, $page, '/signup/verified');

    my $seen = $page->answer->json->{headers};

    is($seen->{'IDV-First-Name'}, 'ANN', "$name: the application is told");

    $page->open('/signup/verified');
    is($page->view, 'device', "$name: once");

    is($page->client->get('/account/')->status, 401, "$name: without a name");
    $page->client->{jar}{account} = { value => $seen->{'IDV-User'}, path => '/' };
    $page->open('/account/');
    $page->press('idv-other');
    ok($page->wait_for('completed'), "$name: who comes back is known");
    $page->press('idv-continue');
    is($page->answer->json->{headers}{'IDV-User'}, $seen->{'IDV-User'},
        "$name: and is the same");
    is($site->service->transaction_calls('POST'), 1, "$name: for one transaction");
}


sub verify {
    my ($name, $page, $path, $return) = @_;

    $page->open($path);
    is($page->view, 'device', "$name: to be verified");
    $page->press('idv-other');
    $page->press('idv-option-qr') if $page->view eq 'options';
    is($page->view, 'scan', "$name: the code");
    $page->phone('SUCCESS');
    ok($page->wait_for('completed'), "$name: verified");
    $page->press('idv-continue');
    is(($page->hops)[-1], $return // $path, "$name: and back");
}


# by names that are no id at PingOne, of another CA, of a time that is over

sub client_certificate {
    my ($name) = @_;

    my $site = site($name);

    is(client($site, host => 'api.example.com')->get('/')->status, 400,
        "$name: a certificate is required");

    is(robot($site, $_)->get('/')->status, 400, "$name: $_ is none")
        for qw(foreign expired);

    # nginx's own, where a signature is not of the CA that it names
    $site->nginx->allow(qr/ignoring stale global SSL error/);

    my $robot = robot($site, 'client');
    my $flow = flow($site, $robot);

    is($flow->status, 'ID_VERIFICATION_OPTIONS', "$name: no device to choose");
    is_deeply([$flow->state->{emails}, $flow->state->{phones}], [[], []],
        "$name: and nothing but the code");

    through($name, $flow);
    is($robot->get('/')->json->{headers}{'IDV-Subject'}, ANN,
        "$name: the certificate says who");

    # of the same CA, with all the cookies that there are

    for my $case (['nameless', 'SUBJECT_REQUIRED'], ['other', undef]) {
        my ($file, $code) = @$case;
        my $other = robot($site, $file);

        $other->{jar} = { %{$robot->jar} };

        my $answer = $other->get('/');

        is($answer->status, 403, "$name: $file is refused");
        is($answer->json->{code}, $code, "$name: as it has to be");
    }

    is($robot->get('/')->status, 200, "$name: the first still is let through");
}


sub robot {
    my ($site, $file) = @_;

    return client($site, host => 'api.example.com',
        tls => { SSL_cert_file => "$made/$file.pem",
                 SSL_key_file => "$made/$file.key" });
}


sub optional_mode {
    my ($name) = @_;

    my $site = site($name);
    my $ann = client($site, basic => 'ann:ann');

    my $seen = $ann->get('/', 'IDV-Nickname' => 'Mallory');

    is($seen->status, 200, "$name: everybody may read");
    unlike($seen->body, qr/IDV-|Mallory/, "$name: as nobody");
    is($ann->get('/post/', Accept => 'application/json')->status, 403,
        "$name: but not post");

    my $page = Idv::Page->new(site => $site, client => $ann);

    # by the application's link
    verify($name, $page, '/idv/start?return=/post/new', '/post/new');

    is($ann->get('/')->json->{headers}{'IDV-Nickname'}, 'ANN',
        "$name: now the application knows her");
    is($ann->get('/post/')->status, 200, "$name: and she may post");
}


sub api_cors {
    my ($name) = @_;

    my $site = site($name);
    my $origin = 'https://app.example.com';
    my $page = signed_on($site, 'ann', undef, host => 'api.example.com');

    for my $path ('/api/x', '/pf-ws/authn/flows/x', '/idv/start') {
        my $answer = client($site, host => 'api.example.com')->request(
            'OPTIONS', $path, Origin => $origin,
            'Access-Control-Request-Method' => 'POST');

        is($answer->status, 204, "$name: a preflight of $path");
        is($answer->header('Access-Control-Allow-Origin'), $origin,
            "$name: is answered");
    }

    my $refused = $page->get('/api/x', Origin => $origin);

    is($refused->status, 403, "$name: the page is refused");
    is($refused->header('Access-Control-Allow-Origin'), $origin,
        "$name: and may know why");
    is($page->get('/api/x', Origin => 'https://evil.example')
        ->header('Access-Control-Allow-Origin'), undef,
        "$name: another may not");

    # as the widget starts without redirects

    my $flow = flow($site, $page,
        '/as/authorization.oauth2?client_id=spa&response_mode=pi.flow');

    is($flow->answer->status, 200, "$name: the widget gets a flow");
    is($flow->id, $refused->json->{id}, "$name: the one that is open");

    through($name, $flow);
    is($flow->state->{authorizeResponse}{firstName}, 'ANN',
        "$name: and its result");
    is($page->get('/api/x')->json->{headers}{'IDV-Status'}, 'SUCCESS',
        "$name: the API is open");
}


sub step_up {
    my ($name) = @_;

    my @policies = read_file("$folder/$name") =~ /(?:verify_policy|staff-|default|policy) +([0-9a-f-]{36});/g;

    my $site = site($name, service => 'idv_service_policies policies.json;',
        files => { 'policies.json' => JSON::PP::encode_json([map { {
            id => $_, name => $_, governmentId => { verify => 'REQUIRED' },
            facialComparison => { verify => 'REQUIRED', threshold => 'LOW' },
            liveness => { verify => 'REQUIRED', threshold => 'LOW' },
        } } keys %{{ map { $_ => 1 } @policies }}]) },
        edit => sub { s/(auth_idv_max_age +)15m;/${1}3s;/ });
    my $ann = client($site, basic => 'ann:ann');

    is($ann->get('/')->status, 200, "$name: most is open");

    through($name, flow($site, $ann, '/account/'));
    is($ann->get('/account/')->status, 200, "$name: the account is open");
    is($ann->get('/payments/')->status, 200, "$name: payments for a while");

    sleep 5;
    is($ann->get('/payments/')->status, 403, "$name: then no more");
    is($ann->get('/account/')->status, 200, "$name: the account still is");

    through($name, flow($site, $ann, '/payments/'));
    is($ann->get('/payments/')->status, 200, "$name: payments again");

    is($ann->get('/contracts/')->status, 403, "$name: contracts are stricter");

    my $flow = flow($site, $ann, '/contracts/');

    like($flow->path, qr{^/contracts/pf-ws/authn/flows/},
        "$name: they have a flow of their own");
    through($name, $flow);
    is($ann->get('/contracts/')->status, 200, "$name: contracts");
    is($ann->get('/account/')->status, 200, "$name: and the account as before");

    is($ann->get('/limits/')->status, 403, "$name: limits need another policy");
    through($name, flow($site, $ann, '/limits/'));
    is($ann->get("/$_/")->status, 200, "$name: which is good for $_")
        for qw(limits account payments contracts);

    my $bob = client($site, basic => 'ann:ann');

    through($name, flow($site, $bob, '/contracts/'));
    is($bob->get("/$_/")->status, 403, "$name: contracts are nothing to $_")
        for qw(limits account payments);
}


sub several_providers {
    my ($name) = @_;

    my $site = site($name);

    for my $user (['ann', 'customers'], ['staff-bob', 'staff']) {
        my ($login, $group) = @$user;
        my $client = client($site, basic => "$login:$login");
        my $flow = flow($site, $client);

        like($flow->path, qr{^/$group/pf-ws/authn/flows/},
            "$name: $login is of $group");
        through($name, $flow);

        my $seen = $client->get('/')->json->{headers};

        is($seen->{'App-Group'}, $group, "$name: as the application sees");
        is($seen->{'IDV-Status'}, 'SUCCESS', "$name: verified");
        ok(defined $client->cookie("__Host-idv_$group"),
            "$name: by a cookie of its own");
    }

    my $metrics = Idv::HTTP->new(port => $site->port('metrics'))
        ->get('/metrics');

    like($metrics->body, qr/^idv_sessions_issued_total 2$/m,
        "$name: the metrics count both");
}


sub budgets {
    my ($name) = @_;

    my $site = site($name, policy => learn('verifyPolicies'), edit => sub {
        s/10\.20\.0\.0\/16/127.0.0.1/;
        s/failures=5/failures=2/;
        s/200( +1h +per=address)/1$1/;
    });
    my $ann = client($site, basic => 'ann:ann',
        headers => ['X-Forwarded-For' => '192.0.2.1']);
    my $flow = flow($site, $ann);

    is($flow->require_code, 'ID_VERIFICATION_REQUIRED', "$name: the code");
    $flow->retry;
    is($flow->device('other')->json->{details}[0]{code}, 'ADDRESS_LIMIT',
        "$name: a network has one");

    for my $n (2, 3) {
        $ann->{headers} = ['X-Forwarded-For' => "192.0.2.$n"];
        $flow->retry;
        is($flow->device('other')->status, 200, "$name: another has one too");
        $flow->phone('FAIL');
        $flow->reach('ID_VERIFICATION_FAILED');
    }

    $ann->{headers} = ['X-Forwarded-For' => '192.0.2.4'];
    $flow->retry;
    is($flow->device('other')->json->{details}[0]{code}, 'SUBJECT_LOCKED',
        "$name: she has failed too often");
    is($flow->answer->header('Retry-After'), 86400, "$name: until tomorrow");

    like(Idv::HTTP->new(port => $site->port('metrics'))->get('/metrics')->body,
        qr/^idv_lockouts_total 1$/m, "$name: the metrics count it");

    $site = site($name, policy => learn('verifyPolicies'));
    through($name, flow($site, client($site, basic => 'ann:ann')));

    $flow = flow($site, client($site, basic => 'ann:ann'));
    is($flow->require_code, 'ID_VERIFICATION_COMPLETED',
        "$name: who was verified is not asked again");
    is($flow->continue->json->{authorizeResponse}{firstName}, 'ANN',
        "$name: and is known");
}


sub connector {
    my ($name) = @_;

    my $site = site($name);
    my %host = (host => 'api.example.com');
    my @json = ('Content-Type' => 'application/json');
    my $shop = client($site, %host);
    my $crm = client($site, %host, tls => {
        SSL_cert_file => "$made/client.pem",
        SSL_key_file => "$made/client.key" });

    is($shop->post('/connector/readSelfie', '{}', @json)->status, 401,
        "$name: nobody may ask");

    my @key = (@json, Authorization => 'Bearer ' . SHOP);
    my $created = $shop->post('/connector/createVerifyTransaction',
        '{"userId":"' . ANN . '","deviceOsType":"MOBILE_WEB"}', @key);

    is($created->json->{statusCode}, 201, "$name: the shop begins one");

    my $input = '{"userId":"' . ANN . '","transactionId":"'
        . ($created->json->{transaction}{id} // '') . '"}';

    is($shop->post('/connector/readMetaData', $input, @key)->status, 403,
        "$name: and may not read what it found");
    is($crm->post('/connector/readMetaData', $input, @json)->status, 200,
        "$name: a certificate may");
    is($crm->post('/connector/createExtClientResponse',
        '{"webVerificationUrl":"x","challengeId":"c",'
        . '"isLastClientStep":false}', @json)->json->{continueLink},
        'https://app.example.com/verified?challenge=c',
        "$name: a client goes on");
}


sub console {
    my ($name) = @_;

    my $site = site($name);
    my %host = (host => 'console.example.com');
    my @change = ('Content-Type' => 'application/json', 'X-IDV-Console' => 1);
    my ($carol, $victor) = map { client($site, %host, basic => "$_:$_") }
        qw(carol victor);
    my $ann = client($site, basic => 'ann:ann');
    my $user = '/console/api/users/' . ANN;

    through($name, flow($site, $ann));
    is($ann->get('/')->status, 200, "$name: ann is let through");

    is(client($site, %host)->get($user)->status, 401,
        "$name: nobody sees her");
    is(client($site, %host, basic => 'ann:ann')->get($user)->status, 401,
        "$name: nor does she herself");
    is($victor->get($user)->json->{transactions}[0]{status}, 'SUCCESS',
        "$name: a viewer sees that she was verified");
    is($victor->post("$user/reset", '{}', @change)->status, 403,
        "$name: and changes nothing");
    is($carol->post("$user/reset", '{}', @change)->json->{transactions}, 1,
        "$name: an administrator resets her");
    is($ann->get('/')->status, 403, "$name: the gate is closed");
    like($site->nginx->read_file('idv-audit.log'),
        qr/"who":"carol".*"what":"user.reset".*"result":"done"/,
        "$name: which is written down");
}


# a password, and all the rest from the directory

sub directory {
    my ($name) = @_;

    my $ca = Idv::TLS->ca('directory');
    my $ldap = Idv::LDAP->new(
        tls => [$ca->issue(name => 'localhost'), $ca->certificate],
        people => { ann => { mail => 'ann@example.com', sn => 'Example',
                             mobile => '+15555550100', employeeNumber => ANN },
                    'staff-bob' => { sn => 'Example' } });

    my $site = site($name,
        edit => sub { s/ldap:\/\/localhost\K/':' . $ldap->port/e },
        files => { 'certs-ldap_ca.pem' => $ca->certificate,
                   'idv-ldap_secret' => Idv::LDAP::PASSWORD });
    my $ann = client($site, basic => 'ann:ann');
    my $flow = flow($site, $ann);

    $flow->device('other');
    is_deeply([map { $_->[1] } @{$flow->state->{emails}},
                   @{$flow->state->{phones}}],
        ['a***@example.com', '*** *** 0100'], "$name: her contacts are known");

    through($name, $flow);
    is($flow->status, 'COMPLETED', "$name: the name is hers");

    my $seen = $ann->get('/')->json->{headers};

    is($seen->{'User-Mail'}, 'ann@example.com',
        "$name: the application is told");

    is(client($site, basic => 'bob:bob')->get('/')->json->{details}[0]{code},
        'NO_DIRECTORY_ENTRY', "$name: bob is not in the directory");
    is(client($site, basic => 'staff-bob:staff-bob')->get('/')->json->{code},
        'SUBJECT_REQUIRED', "$name: the other bob is, without an id");
    is_deeply([sort $ldap->searches],
        [map { "(&(objectClass=inetOrgPerson)(uid=$_))" }
            qw(ann bob staff-bob)], "$name: it was asked once for each");
}


# the whole file, as nginx -t reads it

sub takes_whole {
    my ($name) = @_;

    my $dir = "$made/whole";

    mkdir $_ for $dir, "$dir/temp", "$dir/idv", "$dir/certs";
    symlink $ENV{IDV_MODULES}, "$dir/modules";

    my %bytes = (files(), 'idv/session.key' => 'k' x 32,
        'certs/ldap_ca.pem' => read_file("$made/ca.pem"),
        map { ("idv/$_" => SECRET) }
            qw(client_secret staff_secret customers_secret ldap_secret));

    for my $file (sort keys %bytes) {
        write_file("$dir/" . ($file =~ s/^(certs|idv)-/$1\//r),
            $bytes{$file});
    }

    my $temp = join ' ', map { "${_}_temp_path temp/$_;" }
        qw(client_body proxy fastcgi uwsgi scgi);
    my $text = read_file("$folder/$name");

    $text =~ s/^http \{\n/http {\n    access_log off; $temp\n/m;
    $text =~ s/(listen\s+)(?:80|443|127\.0\.0\.1:9145)\b/
               $1 . '127.0.0.1:' . free_port()/gex;
    write_file("$dir/nginx.conf", $text);

    my $options = "-p $dir/ -c nginx.conf -e stderr -g 'pid nginx.pid;'";
    my $said = `$ENV{IDV_NGINX} -t $options 2>&1`;

    is($?, 0, "$name: nginx -t") or diag($said);
    unlike($said, qr/\[warn\]/, "$name: without warnings") or diag($said);
}


# the example on ports of ours, with everything that it takes for granted

sub site {
    my ($name, %arg) = @_;

    my ($http) = read_file("$folder/$name") =~ /^http \{\n(.*)^\}/ms
        or die "$name has no http block\n";

    for ($http) {
        s/listen\s+80;/listen 127.0.0.1:%%PORT_plain%%;/;
        s/listen\s+443 ssl;/listen 127.0.0.1:%%PORT_gate%% ssl;/g;
        s/127\.0\.0\.1:9145/127.0.0.1:%%PORT_metrics%%/;
        s/127\.0\.0\.1:8082/127.0.0.1:%%PORT_app%%/;
        s/127\.0\.0\.1:(?:9000|4180)/127.0.0.1:%%PORT_sso%%/;
        s{(?<=\s)(certs|idv)/(?=[\w.-]+;)}{$1-}g;
        s{^( +)region +\w+;}{local_provider($1)}gme unless $arg{real};
        s/(?:verify_policy|~\^staff-|default) +\K[0-9a-f-]{36}(?=;)/$arg{policy}/g
            if $arg{policy};
        $arg{edit}->() if $arg{edit};
    }

    my $nginx = Idv::Nginx->new(name => $name, http => $http . others($arg{service} // ''),
        files => { files(), 'idv-session.key' => random(32),
                   (map { ("idv-$_" => SECRET . "\n") }
                       qw(client_secret staff_secret customers_secret)),
                   %{$arg{files} || {}} });

    $nginx->forbid(SECRET, 'ann@example.com', '5555550100');

    return bless { nginx => $nginx, service => Idv::Service->new(
        port => $nginx->port('service'), environment => ENVIRONMENT,
        client => CLIENT, secret => SECRET, nginx => $nginx) }, 'Idv::Site';
}


sub local_provider {
    my ($indent) = @_;

    my $url = 'http://127.0.0.1:%%PORT_service%%';

    return "${indent}api_url $url/v1; auth_url $url; read_interval 200ms;";
}


# PingOne, the single sign-on and the application

sub others {
    my ($service) = @_;

    my $clients = join '', map { "idv_service_client $_;\n" }
        CLIENT . ' idv-client_secret',
        'd5f0b8e2-7a43-4c69-9b1d-e84a6c20f375 idv-customers_secret';

    return <<"END";
    idv_service_zone service:4m;

    map \$cookie_sso \$sso_user {
        ann     @{[ANN]};
        eve     @{[EVE]};
    }

    map \$cookie__oauth2_proxy \$oauth2_user {
        ann     @{[ANN]};
        eve     @{[EVE]};
    }

    map \$cookie_sso \$sso_family_name {
        ann     Example;
        eve     Evans;
    }

    server {
        listen 127.0.0.1:%%PORT_service%%;

        location / {
            idv_service                 on;
            idv_service_control         on;
            idv_service_processing_time 100ms;
            $clients
            $service
        }
    }

    server {
        listen 127.0.0.1:%%PORT_sso%%;

        location = /auth {
            if (\$sso_user = "") {
                return 401;
            }

            add_header X-User-Id          \$sso_user;
            add_header X-User-Email       \$cookie_sso\@example.com;
            add_header X-User-Phone       +15555550100;
            add_header X-User-Family-Name \$sso_family_name;
            return 204;
        }

        location = /oauth2/auth {
            if (\$oauth2_user = "") {
                return 401;
            }

            add_header X-Auth-Request-User  \$oauth2_user always;
            add_header X-Auth-Request-Email \$cookie__oauth2_proxy\@example.com always;
            add_header Set-Cookie "_oauth2_proxy=\$cookie__oauth2_proxy; Path=/; HttpOnly; Secure" always;
            return 202;
        }

        location = /oauth2/sign_in {
            return 302 https://sso.example.com/?for=\$http_x_auth_request_redirect;
        }

        location = /oauth2/callback {
            return 200 "come in\n";
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;

        location / {
            idv_service_echo on;
        }

        # an account has the user that it was made with

        location = /signed-on {
            if (\$cookie_account = "") {
                return 401;
            }

            add_header X-IDV-User \$cookie_account;
            return 204;
        }
    }
END
}


# the default policy and population of an environment have the same id everywhere

sub learn {
    my ($what) = @_;

    return $learnt{$what} if %learnt;

    my $nginx = Idv::Nginx->new(name => 'learnt', http => others(''),
        files => { map { ("idv-$_" => SECRET . "\n") }
                       qw(client_secret customers_secret) });

    my $service = Idv::Service->new(port => $nginx->port('service'),
        environment => ENVIRONMENT, client => CLIENT, secret => SECRET,
        nginx => $nginx);

    for ('verifyPolicies', 'populations') {
        $learnt{$_} = $service->api('GET', $_)->json->{_embedded}{$_}[0]{id}
            // die "the service has no $_\n";
    }

    return $learnt{$what};
}


sub client {
    my ($site, %arg) = @_;

    return Idv::HTTP->new(port => $site->port('gate'),
        host => 'www.example.com', %arg,
        tls => { SSL_verify_mode => 0, %{$arg{tls} || {}} });
}


# a client whose single sign-on has a cookie

sub signed_on {
    my ($site, $user, $cookie, @arg) = @_;

    my $client = client($site, @arg);

    $client->{jar}{$cookie || 'sso'} = { value => $user, path => '/' };

    return $client;
}


sub flow {
    my ($site, $client, $path) = @_;

    my $flow = Idv::Flow->new(site => $site, client => $client,
        path => $path // '/');

    # its state has a path of its own
    $flow->take($client->get($path // '/', Accept => 'application/json'));

    return $flow;
}


sub through {
    my ($name, $flow) = @_;

    is($flow->require_code, 'ID_VERIFICATION_REQUIRED', "$name: the code");
    $flow->phone('SUCCESS');
    ok($flow->reach('ID_VERIFICATION_COMPLETED'), "$name: verified");
    is($flow->continue->status, 200, "$name: and on");
}


sub make_certificates {
    my @common = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                  '-nodes', '-days', '2');

    openssl('req', '-x509', @common, '-subj', '/CN=www.example.com',
        '-keyout', "$made/server.key", '-out', "$made/server.pem");
    openssl('req', '-x509', @common, '-subj', '/CN=example clients',
        '-keyout', "$made/ca.key", '-out', "$made/ca.pem");
    openssl('req', '-x509', @common, '-subj', '/CN=example clients',
        '-keyout', "$made/ca2.key", '-out', "$made/ca2.pem");

    for my $case (['client', ANN, 'ca', 2], ['other', EVE, 'ca', 2],
                  ['nameless', 'ann', 'ca', 2], ['foreign', ANN, 'ca2', 2],
                  ['expired', ANN, 'ca', -1])
    {
        my ($file, $name, $ca, $days) = @$case;

        openssl('req', @common, '-subj', "/O=example/CN=$name",
            '-keyout', "$made/$file.key", '-out', "$made/$file.csr");
        openssl('x509', '-req', '-days', $days, '-in', "$made/$file.csr",
            '-CA', "$made/$ca.pem", '-CAkey', "$made/$ca.key",
            '-CAcreateserial', '-out', "$made/$file.pem");
    }
}


sub openssl {
    my (@command) = @_;

    my $said = do {
        my $pid = open(my $pipe, '-|') // die "fork: $!";

        if ($pid == 0) {
            open STDERR, '>&', \*STDOUT;
            exec 'openssl', @command or POSIX::_exit(127);
        }

        local $/;
        my $text = <$pipe>;
        close $pipe;
        $text;
    };

    die "openssl $command[0]: $said" if $?;

    return $said;
}


sub files {
    return (
        'certs-www.example.com.pem' => read_file("$made/server.pem"),
        'certs-www.example.com.key' => read_file("$made/server.key"),
        'certs-clients-ca.pem' => read_file("$made/ca.pem"),
        htpasswd => join('', map { "$_:{PLAIN}$_\n" } qw(ann bob staff-bob)),
        'idv-administrators' => join('', map { "$_:{PLAIN}$_\n" }
            qw(carol victor)),
        'idv-callers' => callers(),
    );
}


sub callers {
    my ($fingerprint) = openssl('x509', '-in', "$made/client.pem", '-noout',
        '-fingerprint', '-sha256') =~ /=(\S+)/;

    return 'shop key ' . Digest::SHA::sha256_hex(SHOP)
        . " createVerifyTransaction,readVerifyTransaction\n"
        . "crm certificate $fingerprint *\n";
}


sub random {
    my ($n) = @_;

    open my $in, '<:raw', '/dev/urandom' or die "random: $!";
    read($in, my $bytes, $n) == $n or die "random: $!";

    return $bytes;
}


sub read_file {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!";
    local $/;

    return scalar <$in>;
}


sub write_file {
    my ($path, $bytes) = @_;

    open my $out, '>:raw', $path or die "$path: $!";
    print $out $bytes;
    close $out or die "$path: $!";
    chmod $path =~ /secret|key/ ? 0600 : 0644, $path;
}
