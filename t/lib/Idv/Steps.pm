package Idv::Steps;

# Everything that an nginx does with us, in steps in which something may fail:
# how to get there, what is done, what its answer may be, and whether all is
# well with it afterwards.  Idv::Faults lets each thing fail in each of them.

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Time::HiRes qw(time sleep);

use Idv::Nginx;
use Idv::Page;
use Idv::Phone;
use Idv::PingOne;
use Idv::Rig;
use Idv::TLS;

use constant {
    PEOPLE => 8000,
    GUESTS => 100,
    RIPE => 80,
    PNG => MIME::Base64::encode_base64(Idv::Phone::PHOTO, ''),
};

# one worker answers all; what waits for a provider does not wait for long

my $provider = <<'END';
    breaker           off;
    connect_timeout   300ms;
    idle_timeout      300ms;
    timeout           600ms;
    poll_wait         1s;
    transaction_limit 1 30d;
END


# more => what else the gate is to have: http, servers, files, provider,
# locations of that application, phone, zone, data of PingOne

sub new {
    my ($class, %more) = @_;

    my $self = bless { person => 0, guest => 0 }, $class;

    $self->{rig} = Idv::Rig->new;
    $self->{pingone} = Idv::PingOne->new(data => $more{data});

    my $ca = Idv::TLS->ca('Test CA');
    my ($certificate, $key) = $ca->issue(name => 'localhost');
    my $pingone = $self->{pingone}->port;

    # where nothing ever fails: the application, and TLS for the provider, each
    # of whose calls is a connection of its own

    $self->{app} = Idv::Nginx->new(name => 'application', workers => 1,
        files => { 'tls.pem' => $certificate, 'tls.key' => $key },
        http => <<"END");
    log_format app '\$request_uri';
    server {
        listen 127.0.0.1:%%PORT_app%%;
        access_log %%DIR%%/app.log app;
        location / { idv_service_echo on; }
    }
    server {
        listen 127.0.0.1:%%PORT_tls%% ssl;
        ssl_certificate     tls.pem;
        ssl_certificate_key tls.key;
        keepalive_timeout   0;

        # a connection on which nothing came to be asked holds its worker
        client_header_timeout 5s;

        location / { proxy_pass http://127.0.0.1:$pingone; }
    }
END

    # a handshake that the other side breaks off
    $self->{app}->allow(qr/SSL_do_handshake\(\) failed/);

    my $app = $self->{app}->port('app');
    my $tls = 'https://localhost:' . $self->{app}->port('tls');

    $self->{site} = $self->{pingone}->site(
        name => 'faults', workers => 1, level => 'info',
        env => $self->{rig}->env,
        files => { 'ca.pem' => $ca->certificate, %{$more{files} || {}} },
        people => {
            (map { ("p$_" => { email => "p$_\@example.com",
                               phone => $more{phone} }) } 0 .. PEOPLE - 1),
            (map { ("g$_" => {}) } 0 .. GUESTS - 1),
        },
        provider => $provider . ($more{provider} // ''), zone => $more{zone},
        gate => 'keepalive_requests 100000;', servers => $more{servers},
        http => ($more{http} // '') . other('tls', $tls, 'trusted_certificate ca.pem;')
            . other('brief', "http://127.0.0.1:$pingone", 'session_idle 60s;'),
        locations => ($more{locations} ? $more{locations}->($app) : '')
            . <<"END");
        location /gated {
            auth_idv local;
            auth_idv_header IDV-Status     transactionStatus;
            auth_idv_header IDV-First-Name firstName;
            auth_idv_header IDV-Last-Name  lastName;
            proxy_pass http://127.0.0.1:$app;
        }
        location = /metrics { auth_basic off; idv_metrics local; }

        location = /tls   { auth_idv tls;   proxy_pass http://127.0.0.1:$app; }
        location = /brief { auth_idv brief; proxy_pass http://127.0.0.1:$app; }
        location /tls/    { idv_flow_api tls; }
        location /brief/  { idv_flow_api brief; }
END

    # nginx says so at levels that it does not use otherwise
    $self->{site}->nginx->allow(qr/^(?:malloc|calloc|posix_memalign)\(.*failed/,
        qr/\(12: Cannot allocate memory\)|: Out of memory/,
        qr/^epoll_ctl\(\d+, \d+\) failed/,
        qr/no random numbers|sealing a session failed/,
        qr/libcurl refused to make a multi handle/);

    # a request line with the code of a link in it, before anybody is asked
    $self->{site}->nginx->spare(
        qr/\) failed .* while reading client request (?:line|headers), /);

    # a token is there, and a connection
    $self->verified;

    return $self;
}


# another provider, whose people come again and again

sub other {
    my ($name, $peer, $more) = @_;

    my ($environment, $client) = (Idv::Site::ENVIRONMENT, Idv::Site::CLIENT);
    (my $limits = $provider) =~ s/transaction_limit .*;/transaction_limit off;/;

    return <<"END";

    idv_provider $name {
        environment_id      $environment;
        api_url             $peer/v1;
        auth_url            $peer;
        client_id           $client;
        client_secret_file  client_secret;
        session_key_file    session.key;
        read_interval       200ms;
        $more
        $limits
    }
END
}


sub rig { $_[0]{rig} }
sub site { $_[0]{site} }


# somebody who has nothing yet

sub person {
    my ($self) = @_;

    die "there are no more people\n" if $self->{person} == PEOPLE;

    return 'p' . $self->{person}++;
}


sub flow {
    my ($self) = @_;

    return $self->site->flow($self->person, path => '/gated');
}


# somebody of another provider, whose flow does not stay

sub guest {
    my ($self, $path) = @_;

    return $self->site->flow('g' . $self->{guest}++ % GUESTS, path => $path);
}


sub required {
    my ($self) = @_;

    my $flow = $self->flow;
    $flow->device('self');

    return $flow;
}


sub completed {
    my ($self, $flow) = @_;

    $flow ||= $self->flow;
    $flow->device('self');
    $flow->reach('ID_VERIFICATION_COMPLETED');

    return $flow;
}


# what a step is: how to get there, what is done while something fails, what
# its answer may be (see the judges), and whether all is well with it afterwards

my %steps = (
    start => {
        make => sub { $_[0]->site->client($_[0]->person) },
        act => sub { $_[1]->get('/gated?never') },
        judge => sub { refusal(@_), $_[2]->status == 403 ? form($_[2]) : () },
        again => sub { $_[1]->get('/gated?never')->status == 403 },
    },

    # somebody else's session opens nothing, whatever fails

    stolen => {
        make => sub {
            my $client = $_[0]->site->client($_[0]->person);
            $client->{jar} = $_[0]->verified->jar;
            $client;
        },
        act => sub { $_[1]->get('/gated?never') },
        judge => \&refusal,
        again => sub { $_[1]->get('/gated?never')->status == 403 },
    },

    gate => {
        make => \&verified,
        act => sub {
            $_[1]->get('/gated', 'idv_first_name' => 'FORGED',
                'IDV-Status' => 'FORGED')
        },
        judge => \&admission,
        again => sub { $_[1]->get('/gated')->status == 200 },
    },

    device => {
        make => \&flow,
        act => sub { $_[1]->device('self') },
        judge => \&state,
        again => sub {
            $_[1]->read;
            $_[1]->status eq 'ID_VERIFICATION_REQUIRED'
                || $_[1]->device('self')->status == 200
        },
    },

    options => {
        make => sub {
            my $flow = $_[0]->flow;
            $flow->device('other');
            $flow;
        },
        act => sub { $_[1]->choose('email') },
        judge => \&state,
        again => sub {
            $_[1]->read;
            $_[1]->status eq 'ID_VERIFICATION_REQUIRED'
                || $_[1]->choose('email')->status == 200
        },
    },

    # with no token: fetched while something fails

    token => {
        make => sub {
            $_[0]->{pingone}->fault(create => { status => 401, times => 1,
                json => {} });
            $_[0]->flow;
        },
        act => sub { $_[1]->device('self') },
        judge => \&state,
        again => sub {
            $_[0]->{pingone}->well;
            $_[1]->read;
            $_[1]->status eq 'ID_VERIFICATION_REQUIRED'
                || $_[0]->patiently(sub { $_[0]->device('self') }, $_[1])
        },
    },

    # with a connection over TLS that is new

    tls => {
        make => sub { $_[0]->guest('/tls') },
        act => sub { $_[1]->device('self') },
        judge => \&state,
        again => \&end_guest,
    },

    tls_token => {
        make => sub {
            my ($self) = @_;

            # who fetched one in vain before us had all wait for a moment

            my $first = $self->guest('/tls');
            $self->patiently(sub { $first->device('self') });
            $first->cancel;

            $self->{pingone}->fault(create => { status => 401, times => 1,
                json => {} });

            return $self->guest('/tls');
        },
        act => sub { $_[1]->device('self') },
        judge => \&state,
        again => sub { $_[0]->{pingone}->well; end_guest(@_) },
    },

    poll => {
        status => 'SUCCESS',
        make => \&required,
        act => sub { $_[1]->poll },
        judge => \&state,
        again => sub {
            $_[1]->reach('ID_VERIFICATION_COMPLETED', 3)
                && $_[1]->continue->status == 200
        },
    },

    continue => {
        status => 'SUCCESS',
        make => \&completed,
        act => sub { $_[1]->continue },
        judge => \&state,
        again => sub {
            my ($self, $flow, $found) = @_;

            return 1 if $flow->status eq 'COMPLETED'
                || $flow->continue->status == 200;

            # the answer was lost, and the session with it: all that comes after
            # the flow has ended
            return $flow->answer->status == 404
                && (Idv::Rig::sending($found)
                    || Idv::Rig::within($found, qr/^ngx_http_idv_keep$/))
                && $self->flow->answer->status == 403;
        },
    },

    retry => {
        make => \&required,
        act => sub { $_[1]->retry },
        judge => \&state,
        again => sub {
            $_[1]->read;
            $_[1]->status eq 'ID_VERIFICATION_DEVICE'
                || $_[1]->retry->status == 200
        },
    },

    cancel => {
        make => \&required,
        act => sub { $_[1]->cancel },
        judge => \&state,
        again => sub { $_[1]->cancel->status =~ /^(?:200|404)$/
            && $_[1]->read->status == 404 },
    },

    read => {
        make => \&required,
        act => sub { $_[1]->read; $_[1]->answer },
        judge => \&state,
        again => sub { $_[1]->read->status == 200 },
    },

    # a session whose idle time begins anew

    touch => {
        make => \&ripe,
        act => sub { $_[1]->get('/brief') },
        judge => sub {
            my $answer = $_[2];
            my $anew = ($answer->header('Set-Cookie') // '') =~ /^idv_brief=/;

            return http($answer, '500|502') if $answer->status != 200;
            return $anew ? () : 'the session goes on as it was';
        },
        again => sub { $_[1]->get('/brief')->status == 200 },
    },

    # a copy of the session is what tells whether it has ended

    signout => {
        status => 'SUCCESS',
        make => sub {
            my $flow = $_[0]->completed;
            $flow->continue;

            my $client = $flow->client;

            return { client => $client, user => $flow->{user},
                     copy => 'idv_local=' . $client->cookie('idv_local') };
        },
        act => \&sign_out,
        judge => sub {
            my ($self, $item, $answer, $found) = @_;

            return http($answer, '500|503') if $answer->status != 303;

            return still_in(@_);
        },
        again => sub {
            sign_out(@_)->status == 303 && !still_in(@_)
        },
    },

    qr => {
        make => \&required,
        act => sub { $_[1]->client->get($_[1]->path . '/qr') },
        judge => \&image,
        again => sub {
            $_[1]->client->get($_[1]->path . '/qr')->status == 200
        },
    },

    browser => {
        make => sub { Idv::Page->new(site => $_[0]->site,
            user => $_[0]->person) },
        act => sub { $_[1]->open('/gated?never')->answer },
        judge => \&page,
        again => sub { $_[1]->open('/gated?never')->view =~ /device/ },
    },

    press => {
        make => sub { Idv::Page->new(site => $_[0]->site,
            user => $_[0]->person)->open('/gated?never') },
        act => sub { $_[1]->press('idv-self')->answer },
        judge => \&page,
        again => sub {
            $_[1]->open('/gated?never')->view !~ /device/
                || $_[1]->press('idv-self')->status == 200
        },
    },

    look => {
        make => sub { Idv::Page->new(site => $_[0]->site,
            user => $_[0]->person)->open('/gated?never')->press('idv-self') },
        act => sub { $_[1]->open($_[1]->path)->answer },
        judge => \&page,
        again => sub { $_[1]->open($_[1]->path)->status == 200 },
    },

    asset => {
        make => sub {
            $_[0]{css} ||= Idv::Page->new(site => $_[0]->site,
                    user => $_[0]->person)->open('/gated?never')
                ->find(qr/<link [^>]*rel="stylesheet"[^>]*href="([^"]+)"/);
            $_[0]->site->client('p0');
        },
        act => sub { $_[1]->get($_[0]{css}) },
        judge => \&text,
        again => sub { $_[1]->get($_[0]{css})->status == 200 },
    },

    # the local verification service

    svc_token => {
        make => sub { $_[0]->site->service },
        act => sub { delete $_[1]{token}; $_[1]->token_answer },
        judge => \&service,
        again => sub { $_[1]->token_answer->status == 200 },
    },

    svc_create => {
        make => sub { $_[0]->site->service },
        act => sub { $_[0]->create(
            { sendNotification => { email => 'p1@example.com' } }) },
        judge => \&service,
        again => sub { $_[0]->create({})->status == 201 },
    },

    svc_read => {
        make => \&transaction,
        act => sub { $_[0]->site->service->call('GET', $_[1]{path}) },
        judge => \&service,
        again => sub {
            $_[0]->site->service->call('GET', $_[1]{path})->status == 200
        },
    },

    svc_control => {
        make => \&transaction,
        act => sub { $_[0]->set($_[1]) },
        judge => \&service,
        again => sub { $_[0]->set($_[1])->status == 200 },
    },

    svc_data => {
        make => sub {
            my $transaction = $_[0]->transaction;
            $_[0]->set($transaction);
            $transaction;
        },
        act => sub {
            $_[0]->site->service->call('GET', "$_[1]{path}/verifiedData")
        },
        judge => \&service,
        again => sub {
            $_[0]->site->service->call('GET', "$_[1]{path}/verifiedData")
                ->status == 200
        },
    },

    svc_capture => {
        make => \&transaction,
        act => sub { $_[0]->site->service->http->get($_[1]{capture}) },
        judge => \&service,
        again => sub {
            $_[0]->site->service->http->get($_[1]{capture})->status == 200
        },
    },

    svc_document => {
        make => sub {
            $_[0]->transaction({ verifyPolicy => { id => $_[0]->policy } })
        },
        act => sub { $_[0]->give($_[1]) },
        judge => \&service,
        again => sub {
            # 400: it is there, and only the answer was not
            $_[0]->give($_[1])->status =~ /^(?:201|400)$/
                && $_[0]->drop($_[1])
        },
    },

    svc_selfie => {
        make => sub {
            my $made = $_[0]->transaction({});
            $made->{phone} = Idv::Phone->new($_[0]->site->service,
                $made->{json});
            $made->{phone}->begin->document;
            return $made;
        },
        act => sub { $_[1]{phone}->selfie->sent },
        judge => sub { $_[2]->status == 303 ? () : service(@_) },
        again => sub { $_[1]{phone}->page =~ /<h1>/ && $_[0]->drop($_[1]) },
    },

    svc_submit => {
        make => sub {
            my $made = $_[0]->transaction({});
            $made->{phone} = Idv::Phone->new($_[0]->site->service,
                $made->{json});
            $made->{phone}->begin->document->selfie;
            return $made;
        },
        act => sub { $_[1]{phone}->submit->sent },
        judge => sub { $_[2]->status == 303 ? () : service(@_) },
        again => sub { $_[1]{phone}->page =~ /<h1>/ && $_[0]->drop($_[1]) },
    },

    svc_policy => {
        make => sub { $_[0]->policy },
        act => sub { $_[0]->put_policy($_[1]) },
        judge => \&service,
        again => sub { $_[0]->put_policy($_[1])->status == 200 },
    },

    svc_match => {
        make => sub { $_[0]->site->service },
        act => \&match,
        judge => \&service,
        again => sub { match(@_)->status == 200 },
    },

    metrics => {
        make => sub { $_[0]->site->client },
        act => sub { $_[1]->get('/metrics') },
        judge => \&text,
        again => sub { $_[1]->get('/metrics')->status == 200 },
    },
);


sub table { return \%steps }

sub steps { return sort keys %{$_[0]->table} }

sub step { $_[0]->table->{$_[1]} or die "what is $_[1]?" }


# a transaction at the local service: its path there, and its capture page

sub transaction {
    my ($self, $model) = @_;

    my $made = $self->create($model || {})->json;
    my ($capture) = $made->{webVerificationUrl} =~ m{^https?://[^/]+(/.*)};

    return { id => $made->{id}, capture => $capture, json => $made,
             path => "$self->{created}/$made->{id}" };
}


sub drop {
    my ($self, $made) = @_;

    return $self->site->service->call('DELETE', $made->{path})->status == 204;
}


sub give {
    my ($self, $made) = @_;

    return $self->site->service->call('POST', "$made->{path}/documents",
        { type => 'Passport Front', value => PNG });
}


my %policy = (name => 'documents', governmentId => { verify => 'REQUIRED' });


sub policy {
    my ($self) = @_;

    return $self->{policy} ||= $self->site->service->api('POST',
        'verifyPolicies', \%policy)->json->{id};
}


sub put_policy {
    my ($self, $id) = @_;

    return $self->site->service->call('PUT', "verifyPolicies/$id", \%policy);
}


sub match {
    my ($self) = @_;

    return $self->site->service->call('POST', 'users/p0/identityRecordMatching',
        { probe => { family_name => 'OKAFOR', birth_date => '1991-05-17' },
          gallery => { family_name => { options => ['Bell', 'Okafor'] },
                       birth_date => { value => '1991-05-17' } } });
}


# of somebody who has none yet

sub create {
    my ($self, $model) = @_;

    $self->{created} = 'users/' . $self->person . '/verifyTransactions';

    return $self->site->service->call('POST', $self->{created}, $model);
}


sub set {
    my ($self, $transaction) = @_;

    return $self->site->service->http->post(
        "/_control/transactions/$transaction->{id}",
        '{"status":"SUCCESS"}', 'Content-Type' => 'application/json');
}


# a client that is through; it stays so

sub verified {
    my ($self) = @_;

    if (!$self->{verified}) {
        $self->{pingone}->status('SUCCESS');

        my $flow = $self->completed;
        $flow->continue;
        $self->{verified} = $flow->client;
    }

    return $self->{verified};
}


# people whose sessions have begun so long ago that their idle time begins anew,
# a quarter of a minute; it does not last for ever either

sub sow {
    my ($self) = @_;

    $self->{pingone}->status('SUCCESS');

    my @people = map {
        my $flow = $self->completed($self->guest('/brief'));
        $flow->continue;
        $flow->client;
    } 1 .. RIPE;

    $self->{field} = { people => \@people, ripe => time + 16,
                       over => time + 45 };
}


sub ripe {
    my ($self) = @_;

    my $field = $self->{field};

    $field = $self->sow
        if !$field || !@{$field->{people}} || time > $field->{over};

    my $wait = $field->{ripe} - time;
    sleep $wait if $wait > 0;

    return shift @{$field->{people}};
}


sub end_guest {
    my ($self, $flow) = @_;

    $flow->read;

    return ($flow->status eq 'ID_VERIFICATION_REQUIRED'
            || $self->patiently(sub { $flow->device('self') }))
           && $flow->cancel->status == 200;
}


sub sign_out {
    my ($self, $item) = @_;

    return $item->{client}->post('/idv/logout', '',
        'Sec-Fetch-Site' => 'same-origin');
}


sub still_in {
    my ($self, $item) = @_;

    my $answer = $self->site->client($item->{user})->get('/gated?never',
        Cookie => $item->{copy});

    return $answer->status == 403 ? () : 'HTTP ' . $answer->status
        . ' with a session that was ended';
}


sub patiently {
    my ($self, $what, @arg) = @_;

    for (1 .. 40) {
        return 1 if $what->(@arg)->status == 200;
        sleep 0.1;
    }

    return 0;
}


# --- judges: what is wrong with an answer, if anything

sub form {
    my ($answer) = @_;

    my @wrong;

    push @wrong, 'no JSON' if ref $answer->json ne 'HASH';
    push @wrong, 'may be stored'
        if ($answer->header('Cache-Control') // '') ne 'no-store';
    push @wrong, 'no Retry-After' if $answer->status == 503
        && !$answer->header('Retry-After');

    return @wrong;
}


sub http {
    my ($answer, $allowed) = @_;

    return if $answer->status =~ /^(?:$allowed)$/;
    return 'HTTP ' . ($answer->status || $answer->error);
}


sub state {
    my ($self, $item, $answer, $found) = @_;

    my $allowed = '200|500|503';

    # a contact that nginx cannot say is none that was offered
    $allowed .= '|400' if Idv::Rig::within($found, qr/^ngx_http_map_variable$/);

    return (http($answer, $allowed), form($answer));
}


# who asks for a place behind the gate may get a page of nginx's own

sub refusal {
    my ($self, $item, $answer) = @_;

    return http($answer, '403|500|503');
}


sub admission {
    my ($self, $item, $answer) = @_;

    return http($answer, '403|500|502|503') if $answer->status != 200;

    my $seen = $answer->json->{headers};
    my @wrong = map { "$_->[0] is " . ($seen->{$_->[0]} // 'not there') }
        grep { ($seen->{$_->[0]} // '') ne $_->[1] }
        ['IDV-Status', 'SUCCESS'], ['IDV-First-Name', 'ANN'],
        ['IDV-Last-Name', 'EXAMPLE'];

    push @wrong, 'FORGED' if $answer->body =~ /FORGED/;

    return @wrong;
}


# the service: whom it cannot look up it does not know, and what it cannot copy
# is not there

sub service {
    my ($self, $item, $answer, $found) = @_;

    my $allowed = '20[01]|500|503';

    $allowed .= '|401' if Idv::Rig::within($found,
        qr/^(?:idv_hash|idv_svc_token_check|ngx_http_auth_basic_user)$/);
    $allowed .= '|404' if Idv::Rig::within($found, qr/^idv_svc_store_get$/);

    return http($answer, $allowed);
}


sub image { return http($_[2], '200|500|503') }
sub text { return http($_[2], '200|500') }


# a form or a query that cannot be decoded is as if it were not there

sub page {
    my ($self, $item, $answer, $found) = @_;

    my $allowed = '200|403|500|503';

    $allowed .= '|400|404'
        if Idv::Rig::within($found, qr/^ngx_http_idv_page_unescape$/);

    return http($answer, $allowed);
}


1;
