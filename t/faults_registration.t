#!/usr/bin/perl

# Who registers, where there is no memory: the application is told all of it or
# nothing, and never twice; and where it was told nothing, the same again is let
# through.

# variants: asan

use strict;
use warnings;

use Test::More;

use Idv::Flow;
use Idv::Rig;
use Idv::Site;

our $every //= 3;

my $rig = Idv::Rig->new;

my $site = Idv::Site->new(workers => 1, env => $rig->env, level => 'info',
    gate => 'keepalive_requests 100000;',
    http => <<"END",
    log_format claims '\$http_app_transaction \$http_app_user'
                      ' \$http_app_first_name';

    idv_provider signup {
        environment_id     @{[Idv::Site::ENVIRONMENT]};
        api_url            http://127.0.0.1:%%PORT_service%%/v1;
        auth_url           http://127.0.0.1:%%PORT_service%%;
        client_id          @{[Idv::Site::CLIENT]};
        client_secret_file client_secret;
        session_key_file   session.key;
        read_interval      200ms;
        registration       on;
        population         1bb530d5-c1fd-83c9-b945-b30aae93594b;
        transaction_limit  1000 1h per=all;
    }
END
    locations => <<'END',
        location /signup/ {
            auth_basic off;
            auth_idv   signup;

            auth_idv_header App-Transaction transaction_id;
            auth_idv_header App-User        subject;
            auth_idv_header App-First-Name  firstName;

            proxy_pass http://127.0.0.1:%%PORT_told%%;

            location /signup/flows/ { idv_flow_api signup; }
        }
END
    servers => <<'END');
    server {
        listen 127.0.0.1:%%PORT_told%%;
        access_log %%DIR%%/told.log claims;
        return 200 told;
    }
END

$site->nginx->allow(qr/^(?:malloc|calloc|posix_memalign)\(.*failed/,
    qr/\(12: Cannot allocate memory\)|: Out of memory/,
    qr/no random numbers|sealing a session failed/);


sub newcomer {
    return Idv::Flow->new(site => $site, client => $site->client,
        path => '/signup/done');
}


# what the application has been told of that transaction

sub told {
    my ($flow) = @_;

    my $tx = $flow->transaction;

    return grep { /^\Q$tx\E / } split /\n/, $site->nginx->read_file('told.log');
}


# the n-th of our allocations, or random numbers, fails in what the step does

sub sweep {
    my ($name, $kind, $make, $act, $judge) = @_;

    my ($faults, @wrong) = (0);

    for (my $n = 1; ; $n += $kind eq 'alloc' ? $every : 1) {
        my $flow = $make->();

        $rig->arm($kind => $n, ours => 1);
        my $answer = $act->($flow);
        my $found = $rig->disarm;

        last if !$found->{failed};
        $faults++;
        push @wrong, map { "$kind $n, in " . join(' < ', @{$found->{where}})
            . ": $_" } $judge->($flow, $answer, $found);
    }

    push @wrong, 'nothing has failed' if !$faults;
    ok(!@wrong, "$name: $faults faults of $kind") or diag(map { "$_\n" } @wrong);
}


sub started { my $flow = newcomer(); $flow->start; return $flow }


for my $kind ('alloc', 'random') {
    sweep('who comes first', $kind, \&newcomer, sub { $_[0]->start }, sub {
        my ($flow, $answer, $found) = @_;

        return 'a flow that is none' if $answer->status == 403
            && $flow->status ne 'ID_VERIFICATION_DEVICE';
        return 'no answer' if $answer->status !~ /^(?:403|500|503)$/
            && !Idv::Rig::sending($found);
        return $flow->start->status == 403 ? () : 'not well';
    });
}

sweep('who is verified', 'alloc', sub {
    my $flow = started();
    $flow->verify;
    return $flow;
}, sub { $_[0]->client->get('/signup/done') }, sub {
    my ($flow, $answer) = @_;

    my @told = told($flow);
    my $again = $flow->client->get('/signup/done')->status;
    my @wrong;

    push @wrong, 'told ' . @told . ' times' if @told > 1;
    push @wrong, 'told a part' if grep { !/^\S+ [0-9a-f-]{36} ANN$/ } @told;
    push @wrong, 'told, and refused' if @told && $answer->status != 200;
    push @wrong, "then $again" if $again != (@told ? 403 : 200);
    push @wrong, 'told once more' if told($flow) != 1;

    return @wrong;
});

$site->finish;
