package Idv::Kept;

# What the local service keeps, as tests of it look at it:
#
#     slurp($path)                       a file, or nothing
#     facts($site, 3, sub { ... })       what clients know who saw workers die

use strict;
use warnings;

use Exporter 'import';
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Service;

our @EXPORT_OK = qw(slurp facts);

use constant SECONDS => 2;


sub slurp {
    my ($path) = @_;

    open my $file, '<:raw', $path or return '';
    local $/;

    return scalar <$file>;
}


# So many clients, each a process, while workers are killed: CLIENT is called
# with a service of its own, its number and until when, and gives back lines.
# All of them are returned, each with its client's number before it.

sub facts {
    my ($site, $clients, $client) = @_;

    my $nginx = $site->nginx;
    my $until = time + SECONDS;
    my @pids;

    for my $n (1 .. $clients) {
        my $pid = fork // die "fork: $!";

        if ($pid == 0) {
            my @facts = $client->(Idv::Service->new(%{$site->service}), $n,
                $until);
            open my $out, '>', $nginx->dir . "/facts$n" or POSIX::_exit(1);
            print $out map { "$n $_\n" } @facts;
            close $out;
            POSIX::_exit(0);
        }

        push @pids, $pid;
    }

    my $kills = 0;

    while (time < $until - 0.3) {
        sleep 0.1 + rand 0.1;
        $nginx->kill_worker;
        $kills++;
    }

    for my $pid (@pids) {
        waitpid $pid, 0;
        is($?, 0, 'a client was done');
    }

    cmp_ok($kills, '>=', 3, "$kills workers were killed");

    return map { split /\n/, slurp($nginx->dir . "/facts$_") } 1 .. $clients;
}


1;
