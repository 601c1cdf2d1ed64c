package Idv::WebFaults;

# As Idv::Faults, with other steps: what the application is told, what is
# refused, and the hosted page in each of its states.

use strict;
use warnings;

use Time::HiRes qw(sleep);

use Idv::HTTP;
use Idv::Page;
use Idv::Rig;

use parent 'Idv::Faults';

my @json = ('X-XSRF-Header' => 'test', Accept => 'application/json');
my @preflight = (Origin => 'https://app.example',
    'Access-Control-Request-Method' => 'POST');


sub new {
    my ($class) = @_;

    # data: a text that has to be encoded, and a number

    return $class->SUPER::new(locations => \&locations, zone => '16m',
        phone => '+15555550100', servers => <<'SERVER',
    server {
        listen 127.0.0.1:%%PORT_left%%;

        auth_idv_subject $remote_user;

        location /idv/ {
            idv_page local;
        }
    }
SERVER
        data => { weight => "50 % f\x{fc}r", idNumber => 12 },
        provider => <<'END');
    cors_origin https://other.example https://app.example;
    claim       state   /transactionStatus/status;
    claim       nothing /nothing;
    match       lastName EXAMPLE;
END
}


sub locations {
    my ($app) = @_;

    return <<"END";
        location /facts {
            auth_idv         local;
            auth_idv_max_age \$arg_age;
            auth_idv_policy  \$arg_policy;

            auth_idv_header  IDV-Status  status;
            auth_idv_header  IDV-Subject subject;
            auth_idv_header  IDV-At      verified_at;
            auth_idv_header  IDV-Id      transaction_id;
            auth_idv_header  IDV-Weight  weight;

            proxy_set_header X-Facts "\$idv_status \$idv_subject \$idv_policy";
            proxy_set_header X-Facts "\$idv_verified_at \$idv_transaction_id";
            proxy_set_header X-Facts "\$idv_claim_weight \$idv_claim_gender";
            proxy_pass http://127.0.0.1:$app;
        }

        location /inside {
            auth_idv  local;
            try_files /none /facts;
        }

        # headers that an earlier location has set, and one that sets none

        location /inward {
            auth_idv        local;
            auth_idv_header IDV-Status status;
            try_files       /none /facts;
        }

        location /through {
            try_files /none /facts;
        }

        location /optional {
            auth_idv        local optional;
            auth_idv_header IDV-Status status;
            proxy_pass      http://127.0.0.1:$app;
        }
END
}


# presses a button until the page is another: what failed a moment ago may not
# be tried again yet

sub press {
    my ($page, $button) = @_;

    my $view = $page->view;

    for (1 .. 40) {
        $page->press($button);
        last if $page->view ne $view;
        sleep 0.1;
    }
}


# a browser on its way, by where it goes and what it presses

sub browser {
    my ($faults, $path, @presses) = @_;

    my $page = Idv::Page->new(site => $faults->site, user => $faults->person);

    $page->open($path);
    press($page, $_) for @presses;

    return $page;
}


# who asks with that method, and what one is told where nothing fails

sub asks {
    my ($judge, $well, $method, $path, @headers) = @_;

    my $ask = sub {
        my ($self, $client) = @_;

        return $client->request($method, $path, @headers);
    };

    return {
        make => sub { $_[0]->site->client($_[0]->person) },
        act => $ask, judge => $judge,
        again => sub { $ask->(@_)->status == $well },
    };
}


sub verified_asks {
    my ($path) = @_;

    my $step = asks(\&facts, 200, 'GET', $path, IDV_Subject => 'FORGED');

    return { %$step, make => sub { $_[0]->verified } };
}


# presses a button; well is what the page may show when it is pressed again

sub presses {
    my ($button, $well, @before) = @_;

    return {
        make => sub { browser($_[0], '/gated?never', @before) },
        act => sub { $_[1]->press($button)->answer },
        judge => \&page,
        again => sub {
            my ($self, $page) = @_;

            $page->open('/gated?never');

            # maybe it was pressed, maybe it is where it was, maybe before that

            for my $next (@before, $button) {
                last if $page->view =~ $well;
                press($page, $next) if defined $page->button($next);
            }

            return $page->view =~ $well;
        },
    };
}


my %steps = (
    facts => verified_asks('/facts?age=1h'),
    facts_inside => verified_asks('/inside'),
    facts_inward => verified_asks('/inward'),
    facts_through => verified_asks('/through'),
    facts_optional => asks(\&unnamed, 200, 'GET', '/optional',
        'IDV_Status' => 'FORGED'),

    # what is refused

    preflight => asks(\&text, 204, 'OPTIONS', '/pf-ws/authn/flows/x',
        @preflight),
    flow_unknown => asks(\&refused, 404, 'GET',
        '/pf-ws/authn/flows/' . 'a' x 22, @json, @preflight),
    flow_method => asks(\&refused, 405, 'PUT',
        '/pf-ws/authn/flows/' . 'a' x 22, @json),
    facts_refused => asks(\&Idv::Steps::refusal, 403, 'GET', '/facts',
        @preflight),
    metrics => asks(\&text, 200, 'GET', '/metrics'),
    metrics_method => asks(\&refused_anyhow, 405, 'PUT', '/metrics'),
    page_method => asks(\&refused_anyhow, 405, 'PUT', '/idv/start'),
    page_script => asks(\&text, 200, 'GET', '/idv/script.js'),
    page_session => asks(\&text, 200, 'GET', '/idv/session'),
    page_start => asks(\&page, 200, 'GET',
        '/idv/start?response_mode=pi.flow&return=/a%2520b', @preflight),

    page_nobody => {
        %{asks(\&unnamed_refused, 403, 'GET',
            '/idv/start?response_mode=pi.flow', @preflight)},
        make => sub { Idv::HTTP->new(port => $_[0]->site->port('left')) },
    },
    page_logout => {
        %{asks(\&page, 200, 'GET', '/idv/logout')},
        make => sub { $_[0]->verified },
    },

    flow_options => {
        make => sub {
            my $flow = $_[0]->flow;
            $flow->device('other');
            $flow;
        },
        act => sub { $_[1]->read; $_[1]->answer },
        judge => \&state,
        again => sub { $_[1]->read->status == 200 },
    },

    flow_anonymous => {
        make => sub { Idv::HTTP->new(port => $_[0]->site->port('gate')) },
        act => sub { $_[1]->get('/pf-ws/authn/flows/' . 'a' x 22, @json) },
        judge => \&refused,
        again => sub {
            $_[1]->get('/pf-ws/authn/flows/' . 'a' x 22, @json)->status == 401
        },
    },

    flow_malformed => {
        make => sub { $_[0]->flow },
        act => sub { $_[1]->act('deviceAuthentication', '{"deviceType":7}') },
        judge => \&refused,
        again => sub { $_[1]->device('self')->status == 200 },
    },

    flow_unavailable => {
        make => sub {
            $_[0]{pingone}->fault(create => { status => 503, times => 1,
                json => {} });
            $_[0]->flow;
        },
        act => sub { $_[1]->device('self') },
        judge => \&state,
        again => sub {
            $_[0]{pingone}->well;
            $_[0]->patiently(sub { $_[0]->device('self') }, $_[1])
        },
    },

    # the page

    page_other => presses('idv-other', qr/options/),
    page_email => presses('E-mail to', qr/message|scan/, 'idv-other'),
    page_scan => presses('idv-option-qr', qr/scan/, 'idv-other'),
    page_cancel => presses('idv-cancel', qr/cancelled|device/),

    page_continue => {
        status => 'SUCCESS',
        make => sub {
            my ($self) = @_;

            my $page = browser($self, '/gated', 'idv-self');

            $page->wait_for('completed') or die 'no success';

            return $page;
        },
        act => sub { $_[1]->press('idv-continue')->answer },
        judge => sub {
            my ($self, $page, $answer, $found) = @_;

            # the session comes with the way on, or the flow has not ended
            my $lost = $answer->status == 500 && !Idv::Rig::sending($found)
                && ($answer->header('Set-Cookie') // '') =~ /\bidv_local=/;

            return (page(@_), $lost ? 'a session, and no way on' : ());
        },
        again => sub {
            my ($self, $page, $found) = @_;

            $page->open('/gated');
            return 1 if $page->status == 200 && $page->view eq ''
                || $page->view =~ /completed/;

            # the answer was lost, and the session with it
            return $page->view =~ /device/ && Idv::Rig::sending($found);
        },
    },

    page_poll => {
        make => sub {
            browser($_[0], '/gated?never', 'idv-other', 'idv-option-qr')
        },
        act => sub { $_[1]->open($_[1]->path)->answer },
        judge => \&page,
        again => sub { $_[1]->open($_[1]->path)->view =~ /scan/ },
    },
);


sub table { return \%steps }


# --- judges, as in Idv::Steps

sub text { return Idv::Steps::http($_[2], '20[04]|500') }
sub state { return Idv::Steps::state(@_) }


# a page, or the application's, which could not be asked

sub page {
    my ($self, $item, $answer, $found) = @_;

    return if $answer->status == 502
        && Idv::Rig::within($found, qr/^ngx_http_upstream_/);
    return if $answer->status == 303
        && Idv::Rig::within($found, qr/^ngx_http_idv_page_unescape$/);

    return Idv::Steps::page(@_);
}


# an application that is told more

sub facts {
    my ($self, $item, $answer) = @_;

    return Idv::Steps::http($answer, '403|500|502|503')
        if $answer->status != 200;

    my $seen = $answer->json->{headers};
    my @wrong = map { "no $_" } grep { ($seen->{"IDV-$_"} // '') eq '' }
        qw(Subject At Id Weight);

    push @wrong, 'no status' if ($seen->{'IDV-Status'} // '') ne 'SUCCESS';
    push @wrong, 'FORGED' if $answer->body =~ /FORGED/;

    return @wrong;
}


# one that is open to those who are not verified

sub unnamed {
    my ($self, $item, $answer) = @_;

    return Idv::Steps::http($answer, '500|502|503') if $answer->status != 200;
    return 'FORGED' if $answer->body =~ /FORGED|IDV-Status/;
    return;
}


# nobody, of whom the first factor knows

sub unnamed_refused {
    return (Idv::Steps::refusal(@_), Idv::Steps::form($_[2]));
}


# an error of the API, and one that may be a page

sub refused { return (refused_anyhow(@_), Idv::Steps::form($_[2])) }
sub refused_anyhow { return Idv::Steps::http($_[2], '40[0145]|500|503') }


1;
