package Idv::Killer;

# Makes a worker of an nginx die while it holds the lock of the zone, some
# instructions after it took it.
#
#     my $killer = Idv::Killer->new;
#     my $site = $killer->with(sub { Idv::Site->new });
#     $site->nginx->worker_dies(sub { $killer->at(3, 100) });

use strict;
use warnings;

use Idv::Preload;


sub new {
    my ($class) = @_;

    return bless { preload => Idv::Preload->new('killer', 'IDV_KILLER', 0, 0) },
        $class;
}


sub with { $_[0]{preload}->with($_[1]) }


# the n-th lock that is taken from now on, and so many instructions inside it

sub at {
    my ($self, $lock, $steps) = @_;

    $self->{preload}->set($lock, $steps);
}


1;
