package Idv::Clock;

# The clocks of an nginx, moved by a test: what takes an hour takes no time.
#
#     my $clock = Idv::Clock->new;
#     my $site = $clock->with(sub { Idv::Site->new });
#     $clock->advance(3600);
#     $clock->step(-3600);
#
# advance() is time that goes by, on all clocks; step() is somebody who sets the
# clock on the wall.  The test's own clock is not moved.

use strict;
use warnings;

use Idv::Preload;


sub new {
    my ($class) = @_;

    return bless { seconds => 0, passed => 0,
                   preload => Idv::Preload->new('clock', 'IDV_CLOCK', 0, 0) },
        $class;
}


sub with { $_[0]{preload}->with($_[1]) }


sub advance {
    my ($self, $seconds) = @_;

    $self->{passed} += $seconds;
    $self->step($seconds);
}


sub step {
    my ($self, $seconds) = @_;

    $self->{seconds} += $seconds;
    $self->{preload}->set($self->{seconds}, $self->{passed});
}


1;
