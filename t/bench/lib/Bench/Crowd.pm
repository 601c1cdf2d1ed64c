package Bench::Crowd;

# The local verification service with many transactions: how many one worker
# creates and reads in a second, and what that does to a gate.

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();

use Bench::Compare;
use Bench::House;
use Bench::Load;
use Bench::Server;
use Idv::HTTP;

use constant WANTED => 500;

my $json = JSON::PP->new->utf8->canonical;
my $crowds = 0;

# what the adapter sends

my $body = $json->encode({
    requirements => {
        given_name => { value => 'Ann' },
        family_name => { value => 'Example' },
        birth_date => { value => '1990-04-12' },
    },
    redirect => { url => 'https://gate.example/idv/return' },
});


# the arguments of a load of transactions; each has users of its own

sub load {
    my ($port, $secret, %arg) = @_;

    my $environment = Bench::House::ENVIRONMENT;

    my $token = Idv::HTTP->new(port => $port)->post("/$environment/as/token",
        'grant_type=client_credentials',
        'Content-Type' => 'application/x-www-form-urlencoded',
        Authorization => 'Basic ' . MIME::Base64::encode_base64(
            Bench::House::CLIENT . ":$secret", ''))->json->{access_token};

    return (port => $port, cpu => $Bench::House::CLIENT_CPU,
        script => 'transactions.lua', method => 'POST', body => $body,
        headers => { Authorization => "Bearer $token",
                     'Content-Type' => 'application/json' },
        %arg,
        options => { %{$arg{options} || {}}, prefix => 'u' . ++$crowds . '-',
            create => "/v1/environments/$environment/users/{user}"
                      . '/verifyTransactions' });
}


# transactions a second, both created and read

sub pace {
    my ($result) = @_;

    die "a transaction was not created or read\n"
        if $result->{created} + $result->{read_back} < $result->{requests};

    return $result->{read_back} / $result->{seconds};
}


# a service of its own on the servers' core, and nothing else there

sub alone {
    my $secret = 'a secret of nobody';

    my $server = Bench::Server->new(name => 'service alone',
        cpu => $Bench::House::SERVER_CPU, ports => ['service'],
        command => Bench::House::nginx(), files => {
            client_secret => "$secret\n",
            'nginx.conf' => Bench::House::service_conf() });

    my %load = load($server->port('service'), $secret, server => $server,
        seconds => 3, connections => 16);

    my $result = Bench::Load->run(%load);

    $server->stop;

    return {
        what => 'transactions a second that one worker creates and reads',
        measured => pace($result), least => WANTED,
        note => sprintf('p99 of a request %.2f ms, worker %d%% busy',
            $result->{p99} / 1000, 100 * $result->{busy}),
    };
}


# The service runs where the clients do: the gate has its core to itself.

sub beside {
    my $house = Bench::House->new;
    my $port = $house->service->port('service');
    my ($secret) = $house->service->slurp('client_secret') =~ /(\S+)/;

    my %gate = (server => $house->gate, cpu => $Bench::House::CLIENT_CPU,
        port => $house->port, headers => $house->session('ann'),
        path => '/gate/file');

    my ($load, @pace);

    my $compare = Bench::Compare->new(seconds => 2, b => \%gate,
        pairs => $ENV{IDV_BENCH_PAIRS} || 10,
        a => { %gate,
            before => sub {
                $load = Bench::Load->start(load($port, $secret, seconds => 60,
                    connections => 200, options => { pause => 150 }));
                select undef, undef, undef, 0.5;
            },
            after => sub { push @pace, pace($load->check($load->stop)) },
        });

    $house->stop;

    my ($slowest) = sort { $a <=> $b } @pace;

    die sprintf("only %d transactions a second\n", $slowest)
        if $slowest < WANTED;

    return ($compare, $slowest);
}


1;
