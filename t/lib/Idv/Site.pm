package Idv::Site;

# The usual house of a test: a gate, the local verification service and an
# application, as conf-examples/quickstart.conf has them, on two workers.
#
#     my $site = Idv::Site->new(provider => 'attempts 2;');
#     my $flow = $site->flow('ann');
#     ...
#     $site->finish;
#
# What a test adds goes where it says: provider (into the idv_provider block),
# http, gate (into the gate's server), locations (beside "/" on the gate),
# root (into "/"), service (into the service's location), app, servers.  peer is
# a URL where somebody else plays PingOne, client_name who asks, as the capture
# page says it (as it is written in the configuration); test_mode => 'off' leaves
# to a person what the service cannot judge; processing is the service's time;
# zone and service_zone are sizes; email and phone are where contacts come from,
# instead of the people's.
#
# With hop => 1 each request of a client is a connection of its own, which the
# kernel gives to either worker, so that one flow is in the hands of both.

use strict;
use warnings;

use Idv::Flow;
use Idv::HTTP;
use Idv::Nginx;
use Idv::Service;
use Idv::Verdict;

use constant {
    ENVIRONMENT => '5a3c7d0e-9b1f-4c62-8e57-2f6d1b0a4c93',
    CLIENT => 'b7e9f3a1-6c24-4d8b-a05e-93d17c5f2e68',
    SECRET => 'fQ2-test-client-secret-9xT',
};

# who the first factor knows, and how they can be reached

my %people = (
    ann => { email => 'ann@example.com', phone => '+15555550100' },
    bob => {},
    eve => { email => 'eve@example.net' },
    sam => { phone => '+15555550199' },
);


sub new {
    my ($class, %arg) = @_;

    my $self = bless { people => { %people, %{$arg{people} || {}} },
                       hop => $arg{hop} }, $class;

    my $nginx = $self->{nginx} = Idv::Nginx->new(
        name => 'site',
        %arg,
        http => $self->config(%arg),
        files => { $self->files, %{$arg{files} || {}} },
    );

    $nginx->forbid(SECRET, map { values %$_ } values %{$self->{people}});

    $self->{service} = Idv::Service->new(port => $nginx->port('service'),
        environment => ENVIRONMENT, client => CLIENT, secret => SECRET,
        nginx => $nginx);

    return $self;
}


sub nginx { $_[0]{nginx} }
sub service { $_[0]{service} }
sub port { $_[0]{nginx}->port($_[1]) }


# a client of the gate, with a cookie jar of its own

sub client {
    my ($self, $user, %arg) = @_;

    return Idv::HTTP->new(port => $self->port('gate'),
        $user ? (basic => "$user:$user") : (), fresh => $self->{hop}, %arg);
}


# how many workers have answered

sub met {
    my ($self, $answer) = @_;

    my $pid = $answer->header('X-Worker');
    $self->{met}{$pid} = 1 if defined $pid;

    return scalar keys %{$self->{met}};
}


# a flow that an API client has started by asking for a gated location

sub flow {
    my ($self, $user, %arg) = @_;

    my $flow = Idv::Flow->new(site => $self, user => $user,
        client => $arg{client} || $self->client($user),
        path => $arg{path} || '/');

    $flow->start;

    return $flow;
}


# a client that has been through a flow; the flow's path is where it began

sub verified {
    my ($self, $user, %arg) = @_;

    my $client = $arg{client} || $self->client($user);

    $self->flow($user, client => $client, path => $arg{path})
        ->verify(%{$arg{phone} || {}});

    return $client;
}


# what has reached the application so far: "METHOD URI" of each request

sub app_requests {
    my ($self) = @_;

    return split /\n/, $self->nginx->read_file('app.log');
}


sub reload {
    my ($self, %arg) = @_;

    return $self->nginx->reload(%arg ? (http => $self->config(%arg)) : ());
}


sub finish {
    Idv::Nginx::finish();
}


sub files {
    my ($self) = @_;

    return (
        client_secret => SECRET . "\n",
        'session.key' => join('', map { chr(int(rand(256))) } 1 .. 32),
        htpasswd => join('', map { "$_:{PLAIN}$_\n" }
                                 sort keys %{$self->{people}}),
        Idv::Verdict::POLICY ? ('verdicts.json' => Idv::Verdict::policies())
                             : (),
    );
}


sub map_of {
    my ($self, $what) = @_;

    my $people = $self->{people};

    return join '', map { "        $_ \"$people->{$_}{$what}\";\n" }
        grep { defined $people->{$_}{$what} } sort keys %$people;
}


sub config {
    my ($self, %arg) = @_;

    my %text = map { $_ => $arg{$_} // '' }
        qw(provider http gate locations root service app servers);
    my $zone = $arg{zone} || '4m';
    my $service_zone = $arg{service_zone} || '4m';
    my $mode = $arg{test_mode} || 'on';

    # as often as the adapter allows, unless the test is about that
    $text{provider} .= "\n        read_interval 200ms;"
        if $text{provider} !~ /\bread_interval\b/;

    # with IDV_VERDICTS=policy, unless the test has policies of its own
    $text{service} .= "\n            idv_service_policies verdicts.json;"
        if Idv::Verdict::POLICY && $text{service} !~ /\bidv_service_policies\b/;

    my $hop = $self->{hop} ? ' reuseport' : '';
    $text{gate} .= "\n        add_header X-Worker \$pid always;" if $hop;

    my $maps = keys %{$self->{people}} > 1000
        ? 'map_hash_max_size 65536; map_hash_bucket_size 128;' : '';

    my ($environment, $client) = (ENVIRONMENT, CLIENT);
    my $name = $arg{client_name} // '"The gate of the test"';
    my $processing = $arg{processing} || '100ms';
    my $email = $arg{email} // '$user_email';
    my $phone = $arg{phone} // '$user_phone';
    my $peer = $arg{peer} || 'http://127.0.0.1:%%PORT_service%%';

    return <<"END" . $text{servers};
    idv_zone         flows:$zone;
    idv_service_zone service:$service_zone;

    $maps

    map \$remote_user \$user_email {
        default "";
@{[$self->map_of('email')]}    }

    map \$remote_user \$user_phone {
        default "";
@{[$self->map_of('phone')]}    }

    log_format app '\$request_method \$request_uri';

    $text{http}

    idv_provider local {
        environment_id      $environment;
        api_url             $peer/v1;
        auth_url            $peer;
        client_id           $client;
        client_secret_file  client_secret;
        session_key_file    session.key;
        $text{provider}
    }

    server {
        listen 127.0.0.1:%%PORT_gate%%$hop;

        auth_basic           "test";
        auth_basic_user_file htpasswd;

        auth_idv_subject \$remote_user;
        auth_idv_email   $email;
        auth_idv_phone   $phone;

        $text{gate}

        location / {
            auth_idv local;

            auth_idv_header IDV-Status         transactionStatus;
            auth_idv_header IDV-Transaction-Id transactionId;
            auth_idv_header IDV-First-Name     firstName;
            auth_idv_header IDV-Last-Name      lastName;
            auth_idv_header IDV-Birth-Date     birthDate;

            proxy_set_header Remote-User \$remote_user;

            $text{root}

            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /pf-ws/authn/flows/ {
            idv_flow_api local;
        }

        location /idv/ {
            idv_page local;
        }

        $text{locations}
    }

    server {
        listen 127.0.0.1:%%PORT_service%%;

        location / {
            idv_service                 on;
            idv_service_client          $client client_secret $name;
            idv_service_control         on;
            idv_service_test_mode       $mode;
            idv_service_processing_time $processing;
            $text{service}
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        access_log %%DIR%%/app.log app;

        $text{app}

        location / {
            idv_service_echo on;
        }
    }
END
}


1;
