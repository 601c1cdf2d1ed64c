package Bench::House;

# A gate on one core and the local verification service on the other, and the
# clients that walk through flows before anything is measured.
#
#     my $house = Bench::House->new(zone => '16m', provider => 'timeout 2s;');
#     my $session = $house->session('ann');       # { 'X-User', Cookie }
#     my $flow = $house->waiting('ann');          # in REQUIRED, with a code
#
# Who the user is says the header X-User, as a trusted proxy would: hashing a
# password per request would hide everything else.

use strict;
use warnings;

use JSON::PP ();
use Time::HiRes qw(time sleep);

use Bench::Server;
use Idv::HTTP;

use constant {
    ENVIRONMENT => '5a3c7d0e-9b1f-4c62-8e57-2f6d1b0a4c93',
    CLIENT => 'b7e9f3a1-6c24-4d8b-a05e-93d17c5f2e68',
    FLOWS => '/pf-ws/authn/flows/',
};

our $FILE = join '', map { chr(33 + $_ * 7 % 90) } 1 .. 1024;
our ($SERVER_CPU, $CLIENT_CPU) = (0, 1);

my $json = JSON::PP->new->utf8->canonical;


sub use_cores { ($SERVER_CPU, $CLIENT_CPU) = @_ }


sub new {
    my ($class, %arg) = @_;

    my $self = bless { http => {} }, $class;
    my $secret = join '', map { ('a' .. 'z', 2 .. 7)[rand 32] } 1 .. 40;

    my %files = (
        client_secret => "$secret\n",
        'session.key' => join('', map { chr(int(rand(256))) } 1 .. 32),
    );

    $self->{service} = Bench::Server->new(name => 'local service',
        cpu => $CLIENT_CPU, ports => ['service'], command => nginx(),
        files => { %files, 'nginx.conf' => service_conf() });

    $arg{port} = $self->{service}->port('service');

    $self->{gate} = gate_of(\%files, %arg);

    return $self;
}


# nothing but the gate, whose provider is nowhere

sub gate_only {
    my ($class, %arg) = @_;

    return gate_of({ client_secret => "none\n", 'session.key' => 'k' x 32 },
        port => 9, %arg);
}


# in another program, and as a single process, where "wrap" and "single" say so

sub gate_of {
    my ($files, %arg) = @_;

    return Bench::Server->new(name => 'gate', cpu => $SERVER_CPU,
        ports => ['gate'], command => [@{$arg{wrap} || []}, @{nginx()}],
        workers => $arg{workers} || 1,
        files => { %$files, %{$arg{files} || {}},
                   'nginx.conf' => gate_conf(%arg),
                   'html/open/file' => $FILE, 'html/gate/file' => $FILE });
}


sub gate { $_[0]{gate} }
sub service { $_[0]{service} }
sub port { $_[0]{gate}->port('gate') }


sub stop {
    my ($self) = @_;

    $_->close for values %{$self->{http}};
    $self->{$_}->stop for qw(gate service);
}


sub nginx {
    return [$ENV{NGX_BIN}, '-p', '%%DIR%%/', '-c', 'nginx.conf',
            '-e', '%%DIR%%/error.log'];
}


# what the gate and its peers have in common

sub common_conf {
    my (%arg) = @_;

    my $user = $> == 0 ? "user nobody nogroup;\n" : '';
    my $workers = $arg{workers} || 1;
    my $connections = $arg{connections} || 8192;

    $user = "master_process off;\n" if $arg{single};

    my $main = <<"END";
worker_processes $workers;
worker_rlimit_nofile 16384;
daemon off;
pid nginx.pid;
error_log error.log warn;

events {
    worker_connections $connections;
}
END

    my $http = <<'END';
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;

    client_body_temp_path temp/body;
    proxy_temp_path       temp/proxy;
    fastcgi_temp_path     temp/fastcgi;
    uwsgi_temp_path       temp/uwsgi;
    scgi_temp_path        temp/scgi;
END

    return ($user . $main, $http);
}


sub gate_conf {
    my (%arg) = @_;

    my ($main, $http) = common_conf(%arg);
    my ($environment, $client) = (ENVIRONMENT, CLIENT);
    my ($zone, $provider) = ($arg{zone} || '8m', $arg{provider} || '');
    my $service = "http://127.0.0.1:$arg{port}";
    my $locations = $arg{locations} || '';

    return <<"END";
load_module $ENV{IDV_MODULES}/ngx_http_idv_module.so;
$main
http {
$http
    idv_zone flows:$zone;

    idv_provider local {
        environment_id      $environment;
        api_url             $service/v1;
        auth_url            $service;
        client_id           $client;
        client_secret_file  client_secret;
        session_key_file    session.key;
        $provider
    }

    server {
        listen 127.0.0.1:%%PORT_gate%% backlog=4096;
        root %%DIR%%/html;

        auth_idv_subject \$http_x_user;

        location /open/ {
        }

        location /gate/ {
            auth_idv local;
        }

        location /pf-ws/authn/flows/ {
            idv_flow_api local;
        }

        location = /metrics {
            idv_metrics local;
        }

        include %%DIR%%/same*.conf;
        $locations
    }
}
END
}


sub service_conf {
    my ($main, $http) = common_conf();
    my $client = CLIENT;

    return <<"END";
load_module $ENV{IDV_MODULES}/ngx_http_idv_service_module.so;
$main
http {
$http
    idv_service_zone service:64m;

    server {
        listen 127.0.0.1:%%PORT_service%% backlog=4096;

        location / {
            idv_service         on;
            idv_service_client  $client client_secret;
            idv_service_control on;
        }
    }
}
END
}


# the same client for a subject each time, so that its cookies are kept

sub client {
    my ($self, $user) = @_;

    return $self->{http}{$user} ||= Idv::HTTP->new(port => $self->port,
        headers => ['X-User' => $user, Accept => 'application/json']);
}


sub fetch {
    my ($self, $user, $status, $path, @rest) = @_;

    my $client = $self->client($user);
    my $answer = @rest ? $client->post($path, @rest)
                       : $client->get($path, 'X-XSRF-Header' => 'bench');

    die "$path: ", $answer->status || $answer->error, ", not $status: ",
        $answer->body, "\n" if $answer->status != $status;

    return $answer;
}


sub act {
    my ($self, $flow, $action, $model) = @_;

    my $answer = $self->fetch($flow->{user}, 200, $flow->{path},
        $json->encode($model || {}), $self->action_headers($action));

    return $flow->{state} = $answer->json;
}


sub action_headers {
    my ($self, $action) = @_;

    return ('X-XSRF-Header' => 'bench',
            'Content-Type' => "application/vnd.pingidentity.$action+json");
}


# a flow by asking for what is gated

sub flow {
    my ($self, $user) = @_;

    my $state = $self->fetch($user, 403, '/gate/file')->json;

    return { user => $user, state => $state, path => FLOWS . $state->{id},
             cookie => $self->client($user)->cookies('/') };
}


sub waiting {
    my ($self, $user) = @_;

    my $flow = $self->flow($user);

    $self->act($flow, deviceAuthentication =>
        { deviceAuthentication => 'other' });

    die "$user: not waiting, but $flow->{state}{status}\n"
        if $flow->{state}{status} ne 'ID_VERIFICATION_REQUIRED';

    return $flow;
}


sub control {
    my ($self, $method, $path, $model) = @_;

    my $http = $self->{http}{control} ||= Idv::HTTP->new(
        port => $self->{service}->port('service'));

    my $answer = $http->request($method, "/_control/$path",
        defined $model ? ('Content-Type' => 'application/json',
                          -body => $json->encode($model)) : ());

    die "/_control/$path: ", $answer->status || $answer->error, ' ',
        $answer->body, "\n" if $answer->status !~ /^2/;

    return $answer->json;
}


# the phone says yes, and the client goes on to the session

sub complete {
    my ($self, $flow, $seconds) = @_;

    my ($id) = $flow->{state}{webVerificationUrl} =~ /txnid=([0-9a-fA-F-]+)/
        or die "no transaction in the state of $flow->{user}\n";

    $self->control(POST => "transactions/$id", { status => 'SUCCESS' });

    my $deadline = time + ($seconds || 20);

    until ($flow->{state}{status} eq 'ID_VERIFICATION_COMPLETED') {
        die "$flow->{user} is still $flow->{state}{status}\n"
            if time > $deadline;

        sleep 0.05;
        $self->act($flow, 'poll');
    }

    $self->act($flow, 'continueAuthentication');

    die "$flow->{user} has no session\n"
        if $flow->{state}{status} ne 'COMPLETED';
}


# the headers of a user who has been verified

sub session {
    my ($self, $user) = @_;

    $self->complete($self->waiting($user));

    my $file = $self->fetch($user, 200, '/gate/file');
    die "the gate gave something else\n" if $file->body ne $FILE;

    return { 'X-User' => $user,
             Cookie => $self->client($user)->cookies('/') };
}


sub metric {
    my ($self, $name) = @_;

    my $text = $self->fetch('nobody', 200, '/metrics')->body;

    return $text =~ /^$name (\d+)$/m ? $1 : die "there is no $name\n";
}


# what nginx alone would answer: a location with the bytes and headers of an
# answer of ours, and a check that they are the same.  Gives a path of the same
# length.

sub same_as {
    my ($self, $name, $path, $answer) = @_;

    $self->{gate}->write('same.conf', same_conf("/$name", $answer));

    $self->{gate}->reload;
    $_->close for values %{$self->{http}};

    $name = "/$name" . '-' x (length($path) - length($name) - 1);

    my $is = picture($self->fetch('nobody', $answer->status, $name));
    my $should = picture($answer);

    die "$name is not the same:\n$is\n\n$should\n" if $is ne $should;

    return $name;
}


sub same_conf {
    my ($path, $answer) = @_;

    my ($body, $status) = ($answer->body, $answer->status);
    die "$path: not to be quoted: $body\n" if $body =~ /['\\\$]/;

    my %own = map { $_ => 1 }
        qw(server date connection content-type content-length);

    my $headers = join '', map { "    add_header $_->[0] '$_->[1]' always;\n" }
        grep { !$own{lc $_->[0]} } @{$answer->{headers}};

    my $type = $answer->header('Content-Type');

    return <<"END";
location $path {
    default_type '$type';
$headers    return $status '$body';
}
END
}


sub picture {
    my ($answer) = @_;

    return join "\n", $answer->status, $answer->body,
        sort map { lc($_->[0]) . ": $_->[1]" }
        grep { lc $_->[0] ne 'date' } @{$answer->{headers}};
}


1;
