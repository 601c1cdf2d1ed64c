package Idv::Pair;

# A gate whose provider and application are in another nginx, which nobody
# harms: what is lost then was lost by the gate.
#
#     my $pair = Idv::Pair->new(people => 24, provider => '...');
#     my $crowd = $pair->crowd;
#     $pair->gate->nginx->kill_worker;
#     my $history = $crowd->end(20);
#     $pair->verdict($history, 'workers that die');
#
# What is given goes to the gate, as Idv::Site takes it; more are people who are
# not of the crowd, and start is a function that runs what starts the gate.

use strict;
use warnings;

use Test::More;

use Idv::Crowd;
use Idv::Site;

# a lease is twice the time-out and five seconds; a zone has room for sign-outs
# of so much time at this rate
my $timing = <<'END';
    breaker           off;
    transaction_limit off;
    connect_timeout   500ms;
    idle_timeout      500ms;
    timeout           500ms;
    session_lifetime  60s;
    session_idle      60s;
END


sub new {
    my ($class, %arg) = @_;

    my $people = delete $arg{people} || 24;
    my $start = delete $arg{start} || sub { $_[0]->() };
    my $names = { %{Idv::Crowd::people($people)}, %{delete $arg{more} || {}} };

    my $back = Idv::Site->new(name => 'back', level => 'info',
        http => 'log_format visit "$msec\t$arg_s\t$arg_n\t$http_remote_user\t'
            . '$http_idv_transaction_id";',
        files => { stream => 'x' x 100_000 },
        app => <<'END');
        access_log %%DIR%%/visits visit;

        location = /app/stream {
            alias %%DIR%%/stream;
            limit_rate 100k;
        }
END

    my $app = $back->port('app');

    my %config = (
        zone => '32m',
        peer => 'http://127.0.0.1:' . $back->port('service'),
        %arg,
        provider => $timing . ($arg{provider} // ''),
        gate => 'add_header X-Worker $pid always;' . ($arg{gate} // ''),
        locations => <<"END" . ($arg{locations} // ''));
        location /app/ {
            auth_idv local;
            auth_idv_header IDV-Transaction-Id transactionId;
            proxy_set_header Remote-User \$remote_user;
            proxy_pass http://127.0.0.1:$app;
        }
END

    my $gate = $start->(sub {
        Idv::Site->new(name => 'gate', level => 'info', people => $names,
            %config);
    });

    return bless { gate => $gate, back => $back, people => $people,
                   config => \%config }, $class;
}


# a reload with a zone of another size

sub resize {
    my ($self, $size) = @_;

    return $self->gate->reload(%{$self->{config}}, zone => $size);
}


sub stop { $_->nginx->stop for @{$_[0]}{qw(gate back)} }
sub gate { $_[0]{gate} }
sub back { $_[0]{back} }


sub crowd {
    my ($self, %arg) = @_;

    return Idv::Crowd->new(site => $self->gate, people => $self->{people},
        service => $self->back->service, %arg);
}


sub visits {
    my ($self) = @_;

    my @visits;

    for (split /\n/, $self->back->nginx->read_file('visits')) {
        my %visit;
        @visit{qw(time s n user tx)} = split /\t/;
        push @visits, \%visit;
    }

    return @visits;
}


# checks a history, with one test point for what was lost and one for what was
# wrong; gives back how much that was

sub verdict {
    my ($self, $history, $name, %arg) = @_;

    my $nginx = $self->gate->nginx;
    my @found = $history->check(app => [$self->visits],
        killed => $nginx->killed, told => $nginx->dismissed, %arg);

    my %count = (lost => 0, wrong => 0);
    $count{$_->[0]}++ for @found;

    note(sprintf '%s: %d requests, %d flows, %d completed, %d visits, '
        . '%d refused, %d broken, %d repeated', $name, map { $history->$_ }
        qw(requests flows completed admitted refused broken repeated));

    is($count{lost}, 0, "$name: nothing is lost");
    is($count{wrong}, 0, "$name: nothing is wrong");

    diag(map { "$_->[0]: $_->[1]\n" } @found[0 .. ($#found < 7 ? $#found : 7)])
        if @found;

    return %count;
}


1;
