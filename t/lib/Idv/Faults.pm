package Idv::Faults;

# Everything that an nginx does with us, once for each thing that can fail in
# it: the n-th allocation, random number or system call, for n = 1, 2, ... until
# there is no n-th any more.
#
#     my $faults = Idv::Faults->new;
#     $faults->sweep_ok('device', 'alloc', every => 7);
#     $faults->finish('memory');
#
# Of each it is asked: is the answer one that such a request may have?  Is it
# never an admission?  Does the same again, with nothing that fails, succeed?
# What a crash, a leak or a damaged zone is, the rig and the sanitizers say.

use strict;
use warnings;

use JSON::PP ();
use Scalar::Util qw(blessed);
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Nginx;
use Idv::Page;
use Idv::PingOne;
use Idv::Rig;
use Idv::Soak;

use constant {
    PEOPLE => 5000,
    BATCH => 30,
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


sub new {
    my ($class) = @_;

    my $self = bless { person => 0 }, $class;

    $self->{rig} = Idv::Rig->new;
    $self->{pingone} = Idv::PingOne->new;
    # where nothing ever fails
    $self->{app} = Idv::Nginx->new(name => 'application', workers => 1,
        http => <<'END');
    log_format app '$request_uri';
    access_log %%DIR%%/app.log app;
    server {
        listen 127.0.0.1:%%PORT_app%%;
        location / { idv_service_echo on; }
    }
END

    my $app = $self->{app}->port('app');

    $self->{site} = $self->{pingone}->site(
        name => 'faults', workers => 1, level => 'info', env => $self->{rig}->env,
        people => { map { ("p$_" => { email => "p$_\@example.com" }) }
                    0 .. PEOPLE - 1 },
        provider => $provider, gate => 'keepalive_requests 100000;',
        locations => <<"END");
        location /gated {
            auth_idv local;
            auth_idv_header IDV-Status     transactionStatus;
            auth_idv_header IDV-First-Name firstName;
            auth_idv_header IDV-Last-Name  lastName;
            proxy_pass http://127.0.0.1:$app;
        }
        location = /metrics { auth_basic off; idv_metrics local; }
END

    # nginx says so at levels that it does not use otherwise
    $self->{site}->nginx->allow(qr/^(?:malloc|calloc|posix_memalign)\(.*failed/,
        qr/\(12: Cannot allocate memory\)|: Out of memory/,
        qr/^epoll_ctl\(\d+, \d+\) failed/,
        qr/no random numbers|sealing a session failed/,
        qr/libcurl refused to make a multi handle/);

    # a token is there, and a connection
    $self->verified;

    return $self;
}


sub rig { $_[0]{rig} }
sub site { $_[0]{site} }


# somebody who has nothing yet

sub person {
    my ($self) = @_;

    return 'p' . $self->{person}++ % PEOPLE;
}


sub flow {
    my ($self) = @_;

    return $self->site->flow($self->person, path => '/gated');
}


sub required {
    my ($self) = @_;

    my $flow = $self->flow;
    $flow->device('self');

    return $flow;
}


sub completed {
    my ($self) = @_;

    my $flow = $self->required;
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

            # the answer was lost, and the session with it
            return $flow->answer->status == 404 && sending($found)
                && $self->flow->answer->status == 403;
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
            $_[0]->site->service->call('GET', "$_[1]{path}/verifiedData")->status
                == 200
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

    metrics => {
        make => sub { $_[0]->site->client },
        act => sub { $_[1]->get('/metrics') },
        judge => \&text,
        again => sub { $_[1]->get('/metrics')->status == 200 },
    },
);


sub steps { return sort keys %steps }


# a transaction at the local service: its path there, and its capture page

sub transaction {
    my ($self) = @_;

    my $made = $self->create({})->json;
    my ($capture) = $made->{webVerificationUrl} =~ m{^https?://[^/]+(/.*)};

    return { id => $made->{id}, capture => $capture,
             path => "$self->{created}/$made->{id}" };
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
    $allowed .= '|400' if within($found, qr/^ngx_http_map_variable$/);

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

    $allowed .= '|401' if within($found,
        qr/^(?:idv_hash|idv_svc_token_check|ngx_http_auth_basic_user)$/);
    $allowed .= '|404' if within($found, qr/^idv_svc_store_get$/);

    return http($answer, $allowed);
}


sub image { return http($_[2], '200|500|503') }
sub text { return http($_[2], '200|500') }


# a form or a query that cannot be decoded is as if it were not there

sub page {
    my ($self, $item, $answer, $found) = @_;

    my $allowed = '200|403|500|503';

    $allowed .= '|400|404' if within($found, qr/^ngx_http_idv_page_unescape$/);

    return http($answer, $allowed);
}


# is such a function on the way to what failed?

sub within {
    my ($found, $pattern) = @_;

    return scalar grep { $_ =~ $pattern } @{$found->{where} || []};
}


# nginx hangs up where it cannot send

sub sending {
    my ($found) = @_;

    return within($found, qr/^ngx_http_(?:header_filter|send_header
        |output_filter|copy_filter|idv_send|write_filter|special_response_handler)$/x);
}


# --- sweep(STEP, KIND, every => k, first => n, on, errno): of each n-th that
# fails, an array of what is wrong; the number of faults

sub sweep {
    my ($self, $name, $kind, %how) = @_;

    my $step = $steps{$name} or die "what is $name?";
    my $n = $how{first} || 1;
    my ($faults, @later, @wrong) = (0);

    # of flows that are COMPLETED the zone has room for a few only
    $self->{pingone}->status($step->{status} // 'REQUESTED');

    while (1) {
        my $item = $step->{make}->($self);

        $self->rig->arm($kind => $n, on => $how{on}, errno => $how{errno});
        my $start = time;
        my $answer = $step->{act}->($self, $item);
        my $took = time - $start;
        my $found = $self->rig->disarm;

        last if !$found->{failed};
        $faults++;

        my @bad = $step->{judge}->($self, $item, $answer, $found);

        # nobody is signed on where nginx cannot say who it is
        @bad = () if $answer->status == 403
            && within($found, qr/^ngx_http_auth_basic_user$/);

        # nginx itself without memory hangs up, or says so in HTML; so does
        # whoever cannot send, and where all fails there is no other way

        @bad = () if $answer->status =~ /^(?:0|500)$/
            && ($how{on} || !Idv::Rig::ours($found) || sending($found));

        # without a random number there is no flow and no session
        push @bad, 'not denied' if $kind eq 'random'
            && ($answer->status !~ /^5/
                || ($answer->header('Set-Cookie') // '') =~ /^\w+_local=/);

        push @bad, sprintf 'after %.1f s', $took if $took > 2;

        my $what = "$name: $kind $n" . said($found);
        push @wrong, map { "$what: $_" } @bad;

        # not at once: what failed may not be tried again for a moment

        push @later, [$what, $item, $found];
        push @wrong, $self->again($step, splice @later) if @later == BATCH;

        $n += $how{every} || 1;
    }

    return ($faults, @wrong, $self->again($step, @later));
}


sub again {
    my ($self, $step, @later) = @_;

    my @wrong;

    for (@later) {
        my ($what, $item, $found) = @$_;

        next if $step->{again}->($self, $item, $found);

        my $state = blessed $item && $item->can('status')
            ? ' ' . $item->status : '';
        push @wrong, "$what: not well$state";
    }

    return @wrong;
}


sub sweep_ok {
    my ($self, $name, $kind, %how) = @_;

    my ($faults, @wrong) = $self->sweep($name, $kind, %how);

    my $what = join ' ', $name, $kind, $how{errno} || (), $how{on} ? 'on' : ();

    $self->{count}{cases}++;
    $self->{count}{faults} += $faults;
    $self->{count}{wrong} += @wrong;

    ok(!@wrong, "$what: $faults faults")
        or diag(map { "$_\n" } @wrong[0 .. ($#wrong > 19 ? 19 : $#wrong)]);
}


# every n-th allocation of all steps, and then all from the n-th on, as where
# nothing is left; of random numbers and of the service's zone there are few

sub memory {
    my ($self, $every, @on) = @_;

    for my $step (steps()) {
        $self->sweep_ok($step, 'alloc', every => $every);
        $self->sweep_ok($step, $step =~ /^svc_/ ? 'slab' : 'random');
    }

    $self->sweep_ok($_, 'alloc', every => 2 * $every, on => 1) for @on;

    # what was once through it does not grow in another round

    my $before = $self->live;
    $self->sweep_ok($_, 'alloc', every => 2 * $every + 1) for qw(device poll);
    cmp_ok($self->live - $before, '<', 65536, 'the worker has not grown');
}


# every n-th system call on the connections to a provider

sub calls {
    my ($self, $every, @errors) = @_;

    $self->rig->provider;

    for my $step (qw(device token poll)) {
        $self->sweep_ok($step, 'call', every => $every, errno => $_)
            for @errors;
    }
}


# bytes that the worker has in use, when nobody is connected

sub live {
    my ($self) = @_;

    return $self->rig->live(sub { $self->site->client->get('/metrics') });
}


# where it was, in short

sub said {
    my ($found) = @_;

    my @where = grep { !/^(?:rig_|ngx_p?n?c?alloc|ngx_palloc_large)/ }
        @{$found->{where}};

    return ' (' . join(' < ', @where[0 .. ($#where > 5 ? 5 : $#where)]) . ')';
}


sub finish {
    my ($self, $part) = @_;

    Idv::Soak::row($part, %{$self->{count}});

    unlike($self->{app}->read_file('app.log'), qr/never/,
        'nobody got through who should not');

    Idv::Nginx::finish();
}


1;
