#!/usr/bin/perl

# People whom no first factor knows yet sign up.  A browser is known by its flow
# cookie alone, and what it has verified is told to the application in just one
# request: whatever is sent twice, at once, from elsewhere, or after a reload.
# What never reached the application has not been used.

# variants: plain asan trixie

use strict;
use warnings;

use IO::Socket::INET;
use Test::More;

use Idv::Flow;
use Idv::Gate;
use Idv::H2;
use Idv::HTTP;
use Idv::Page;
use Idv::Site;

use constant { UUID => qr/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/ };

my $headers = <<'END';
            auth_idv_header App-User        subject;
            auth_idv_header App-Transaction transaction_id;
            auth_idv_header App-First-Name  firstName;
            proxy_next_upstream off;
END

my $provider = <<"END";
        environment_id     @{[Idv::Site::ENVIRONMENT]};
        api_url            http://127.0.0.1:%%PORT_service%%/v1;
        auth_url           http://127.0.0.1:%%PORT_service%%;
        client_id          @{[Idv::Site::CLIENT]};
        client_secret_file client_secret;
        session_key_file   session.key;
        read_interval      200ms;
        registration       on;
        population         1bb530d5-c1fd-83c9-b945-b30aae93594b;
END

# a place of each kind, in a server that has a first factor and in one that has
# none; an application that takes the request and says nothing, and none at all

my $locations = <<"END";
        location /signup/ {
            auth_basic off;
            auth_idv   signup;
            $headers
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /signup/mute/ { proxy_pass http://127.0.0.1:%%PORT_mute%%; }
            location /signup/down/ { proxy_pass http://127.0.0.1:%%PORT_down%%; }
            location /signup/moved/ {
                proxy_pass http://127.0.0.1:%%PORT_down%%;
                error_page 502 = /signup/instead;
            }
            location /signup/tried/ { try_files /no/such/file /signup/found; }
            location /signup/own/ { empty_gif; }
            location /signup/any/ {
                auth_idv signup optional;
                $headers
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }
            location /signup/idv/ { idv_page signup; }
            location /signup/flows/ { idv_flow_api signup; }
        }

        location /few/ {
            auth_basic off;
            auth_idv   few;
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /few/flows/ { idv_flow_api few; }
        }
END

my $site = Idv::Site->new(hop => 1, locations => $locations,
    http => <<"END",
    log_format claims '\$request_uri \$http_app_user \$http_app_transaction '
                      '\$http_app_first_name';

    idv_provider signup {
        $provider
        transaction_limit 1000 1h per=address;
    }

    idv_provider few {
        $provider
        transaction_limit 1 1h per=address;
    }
END
    app => 'access_log %%DIR%%/claims.log claims;',
    servers => <<"END");
    server {
        listen 127.0.0.1:%%PORT_h2%% http2;

        location / {
            auth_idv signup;
            $headers
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /signup/idv/ { idv_page signup; }
    }
END

my $gate = Idv::Gate->new($site);
my $mute = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1',
    LocalPort => $site->port('mute'), ReuseAddr => 1) or die "mute: $!";


# does what nginx then says in its log

sub says {
    my ($what, $act) = @_;

    my $mark = $site->nginx->log->mark;

    $act->();

    return $site->nginx->wait_until(5, sub {
        index($site->nginx->log->since($mark), $what) >= 0
    });
}


# what ends with a session that has not been used: nginx does that when the
# answer is out already

sub gives_back {
    my ($name, $act) = @_;

    ok(says('idv session given back', $act),
        "$name: the session has not been used");
}


# a stranger, verified: the client has a session that nobody has used

sub verified {
    my (%arg) = @_;

    my $client = $site->client(undef, %arg);
    my $flow = Idv::Flow->new(site => $site, client => $client,
        path => '/signup/done');

    $flow->start;
    $client->{headers} = ['X-PF-Authn-API-State'
        => $flow->state->{_pf_authn_api_state}] if $arg{headers};
    $flow->verify;

    return ($client, $flow);
}


# the same browser once more

sub same {
    my ($client) = @_;

    my $same = $site->client;
    $same->{jar} = { %{$client->jar} };

    return $same;
}


# what applications have been told: [address, user, transaction, name]

sub told { map { [split] } grep { !/ - - -$/ }
           split /\n/, $site->nginx->read_file('claims.log') }

my $told = 0;

sub told_once {
    my ($name) = @_;

    # it writes that down when it has answered

    $told++;
    $site->nginx->wait_until(5, sub { told() >= $told });
    is(scalar told(), $told, "$name: the application was told once");
}


# and what is late here is one too many there

sub told_nothing {
    my ($name) = @_;

    is(scalar told(), $told, "$name: the application was told nothing");
}


# somebody comes, with a browser

my $page = Idv::Page->new(site => $site, client => $site->client);

$page->open('/signup/done?a=b');
is($page->view, 'device', 'a stranger is led to the page');
like(($page->hops)[0], qr{^/signup/idv/\?flowId=}, 'of the registration');

my $own = $page->client->cookie('idv_signup_flow');

like($own, qr/^\w{22}$/, 'the browser has its secret');
is($site->service->transaction_calls('POST'), 0, 'which has cost nothing');

# in two tabs

my $tab = Idv::Page->new(site => $site, client => $page->client);

$tab->open('/signup/done?a=b');
is(($tab->hops)[0], ($page->hops)[0], 'another tab has the same flow');

$page->press('idv-other');
$page->press('idv-option-qr') if $page->view eq 'options';
is($page->view, 'scan', 'the code');
is($page->client->cookie('idv_signup_kept'), undef,
    'of no use to another zone, where this browser is another one');
$page->phone('SUCCESS');
ok($page->wait_for('completed'), 'verified');
told_nothing('so far');
$page->press('idv-continue');
is($page->path, '/signup/done?a=b', 'and where they wanted to be');

my $seen = $page->answer->json->{headers};

told_once('a browser');

my ($first) = told();

is($first->[0], '/signup/done?a=b', 'on the request that followed');
like($first->[1], qr/^@{[UUID]}$/, 'which user that is at the provider');
like($site->service->api('GET', "users/$first->[1]")->json->{username},
    qr/^registration-@{[UUID]}$/, 'who was made for this');
is($site->service->api('GET', "users/$first->[1]/verifyTransactions/$first->[2]")
    ->json->{transactionStatus}{status}, 'SUCCESS', 'and which transaction');
is($first->[3], 'ANN', 'and what was verified');
is($seen->{'App-User'}, $first->[1], 'in headers');

$gate->refuses($page->client, '/signup/done', 'the same browser once more');
$tab->open('/signup/done?a=b');
like($tab->view, qr/^device$/, 'the other tab may begin anew');
told_nothing('all that');
is($page->client->get('/signup/idv/session')->body, '{"active":false}',
    'the session is over');


# one browser, several people

my ($client, $flow) = verified();
my $jar = { %{$client->jar} };

is($client->get('/signup/idv/session')->json->{status}, 'SUCCESS',
    'looking at a session uses none');
is($client->get('/signup/done')->json->{headers}{'App-Transaction'},
    $flow->transaction, 'the transaction of the flow');
told_once('somebody else');

$flow = Idv::Flow->new(site => $site, client => $client, path => '/signup/done');
$flow->start;
$flow->verify;
is($client->get('/signup/done')->status, 200, 'the next at this browser');
told_once('the next');

my @users = map { $_->[1] } told();

is(keys %{{ map { $_ => 1 } @users }}, 3, 'each has a user of their own');

$client->{jar} = $jar;
$gate->refuses($client, '/signup/done', 'all cookies as they were');
told_nothing('cookies that were kept');


# at once, by both workers; and in HTTP/2

sub at_once {
    my ($name, $path) = @_;

    my ($client) = verified();
    my @answers = Idv::HTTP::parallel(map { {
        port => $site->port('gate'),
        bytes => $client->bytes('GET', "$path?$_", Connection => 'close'),
    } } 1 .. 24);

    $site->met($_) for @answers;
    is(scalar(grep { $_->status == 200 } @answers), 1,
        "$name: one is let through");
    is(scalar(grep { $_->status == 403 } @answers), 23,
        "$name: all others are not");
    told_once($name);
}

at_once('many at once', '/signup/done');
at_once('many more', '/signup/tried/it');
is(keys %{$site->{met}}, 2, 'by both workers');

($client) = verified(host => '127.0.0.1:' . $site->port('gate'));

my $h2 = Idv::H2->new(port => $site->port('h2'),
    host => '127.0.0.1:' . $site->port('gate'));
my @cookie = (cookie => join '; ', map { "$_=$client->{jar}{$_}{value}" }
    sort keys %{$client->jar});

is($h2->get('/done', @cookie)->json->{headers}{'App-First-Name'}, 'ANN',
    'in HTTP/2');
told_once('HTTP/2');
isnt($h2->get($gate->mark('/done'), @cookie)->status, 200, 'and not twice');
$gate->refuses($client, '/signup/done', 'nor in HTTP/1');
told_nothing('HTTP/1');


# cookies that are not of one browser, or not of a registration

my ($mallory) = verified();
($client) = verified();

my $session = $client->cookie('idv_signup');
my $stranger = $site->client;

$stranger->{jar}{idv_signup} = { value => $session, path => '/' };
$gate->refuses($stranger, '/signup/done', 'a session without its flow cookie');

$mallory->{jar}{idv_signup} = { value => $session, path => '/' };
$gate->refuses($mallory, '/signup/done', 'a session with another flow cookie');

my $ann = $site->verified('ann');

$ann->{jar}{idv_signup} = { value => $ann->cookie('idv_local'), path => '/' };
$ann->{jar}{idv_signup_flow} = { value => $ann->cookie('idv_local_flow'),
    path => '/' };
$gate->refuses($ann, '/signup/done', "ann's session, renamed");

for my $name ('idv_local', 'idv_few') {
    $ann->{jar}{$name} = { value => $session, path => '/' };
    $ann->{jar}{"${name}_flow"} = $client->jar->{idv_signup_flow};
}

$gate->refuses($ann, '/', 'a registration, renamed');
$gate->refuses($ann, '/few/done', 'also to another registration');

my $changed = $session =~ s/^.{60}\K(.)/$1 eq 'A' ? 'B' : 'A'/er;
$stranger->{jar} = { %{$client->jar}, idv_signup => { value => $changed } };
$gate->refuses($stranger, '/signup/done', 'one that was changed');
$gate->refuses($client, '/', 'where a first factor is needed',
    Authorization => 'Basic ' . MIME::Base64::encode_base64('ann:ann', ''));
told_nothing('all of them');

is($client->get('/signup/done', 'App-User' => 'forged', app_first_name => 'EVE')
    ->json->{headers}{'App-First-Name'}, 'ANN', 'it was good all the time');
told_once('its owner');


# what has not reached the application has not been used

($client) = verified();

gives_back('an application that is down', sub {
    is($client->get('/signup/down/')->status, 502, 'the application is down');
});
is($client->get('/signup/moved/')->json->{headers}{'App-First-Name'}, 'ANN',
    'what an error page fetches is of the same request');
told_once('an application that was down');
$gate->refuses($client, '/signup/done', 'it has been used by then');

($client) = verified();
gives_back('a form that was never sent whole', sub {
    $client->send('POST', '/signup/done', 'Content-Length' => 100,
        -body => 'ten bytes.');
    $client->close;
});
told_nothing('that form');
is($client->get('/signup/done')->status, 200, 'who sends it again');
told_once('the form');

# from then on it has, whatever became of it

($client) = verified();
$client->send('GET', '/signup/mute/');

my $taken = $mute->accept;

$taken->sysread(my $request, 4096);
like($request, qr/^App-First-Name: ANN/m, 'an application takes the request');

my $other = same($client);

$gate->refuses($other, '/signup/done', 'meanwhile');
close $taken;
is($client->receive->status, 502, 'it dies');
$gate->refuses($client, '/signup/done', 'but it has taken it');

($client) = verified();
is($client->get('/signup/own/')->header('Content-Type'), 'image/gif',
    'nginx answers by itself');
$gate->refuses($client, '/signup/done', 'which has used it');
told_nothing('nginx itself');

# nor does a worker that dies give anything back

($client) = verified();
$client->send('GET', '/signup/mute/');
$taken = $mute->accept;
$site->nginx->kill_worker($_) for $site->nginx->workers;
close $taken;
$gate->refuses($client, '/signup/done', 'whose worker has died');


# signing out in between is not undone

($client) = verified();
ok(says('idv session redeemed', sub {
    $client->send('POST', '/signup/done', 'Content-Length' => 100,
        -body => 'ten bytes.');
}), 'a form is being sent');
$gate->refuses(same($client), '/signup/done', 'while a form is sent');
$other = same($client);
is($other->post('/signup/idv/logout', '', Origin => 'http://127.0.0.1:'
    . $site->port('gate'), 'Sec-Fetch-Site' => 'same-origin')->status, 303,
    'somebody signs out');
gives_back('which would be', sub { $client->close });
$gate->refuses(same($client), '/signup/done', 'but a session that was ended');


# everybody may in, and one is told of

my $guest = $site->client;

is($guest->get('/signup/any/')->status, 200, 'optional: anybody');
told_nothing('anybody');
($client) = verified();
is($client->get('/signup/any/')->json->{headers}{'App-First-Name'}, 'ANN',
    'optional: who is verified');
told_once('optional');
unlike($client->get('/signup/any/')->body, qr/App-/, 'optional: and then anybody');
told_nothing('and then');


# without cookies

($client, $flow) = verified(headers => ['X-PF-Authn-API-State' => 'new']);

my $header = $flow->state->{authorizeResponse}{idvSession};

$site->nginx->forbid($header);
is($site->client->get($gate->mark('/signup/done'), 'IDV-Session' => $header)
    ->status, 403, 'a header alone');
is($client->get('/signup/done', 'IDV-Session' => $header)->status, 200,
    'with the state of its flow');
told_once('headers');
is($client->get($gate->mark('/signup/done'), 'IDV-Session' => $header)->status,
    403, 'and not twice');


# nobody spends more than an address has, nor has more users made

my $users = "/v1/environments/@{[Idv::Site::ENVIRONMENT]}/users";
my @few = map { Idv::Flow->new(site => $site, client => $site->client,
    path => '/few/done') } 1 .. 2;

$_->start for @few;

for my $path ($users, "$users/") {
    $site->service->faults({ path => $path, times => 1, status => 403 });
    is($few[0]->device('other')->status, 503, "nothing comes of $path");
}

is($few[0]->require_code, 'ID_VERIFICATION_REQUIRED', 'the first has a code');

my $asked = $site->service->requests($users);

is($few[1]->device('other')->json->{details}[0]{code}, 'ADDRESS_LIMIT',
    'another browser of that address has none');
is($site->service->requests($users), $asked, 'and nobody is made for it');


# what is known outlives a reload, and nothing else

($client) = verified();
my ($waiting) = verified();

$client->get('/signup/done');
told_once('before the reload');
$site->nginx->reload;
$gate->refuses($client, '/signup/done', 'used before the reload');
is($waiting->get('/signup/done')->status, 200, 'not used before');
told_once('after the reload');

($client) = verified();
$waiting = same($client);
$client->get('/signup/done');
told_once('before the restart');
$site->nginx->restart('QUIT');
$gate->refuses($waiting, '/signup/done', 'used before the restart');

($client) = verified();
$site->nginx->restart('QUIT');
$gate->refuses($client, '/signup/done', 'not used: nobody knows that any more');
told_nothing('the restart');

$gate->nothing_passed;

$site->finish;
