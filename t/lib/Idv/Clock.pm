package Idv::Clock;

# The wall clock of an nginx, moved by a test: what takes an hour takes no time.
#
#     my $clock = Idv::Clock->new;
#     my $site = $clock->with(sub { Idv::Site->new });
#     $clock->advance(3600);
#
# Timers are not moved, and neither is the test's own clock.  A sanitizer wants
# to be the first that is preloaded, so such tests run in other variants.

use strict;
use warnings;

use File::Basename ();
use File::Temp ();


sub new {
    my ($class) = @_;

    my $dir = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $self = bless { dir => $dir, seconds => 0 }, $class;

    my $source = File::Basename::dirname(__FILE__) . '/../../tools/clock.c';
    my @cc = split ' ', $ENV{CC} || 'cc';

    system(@cc, qw(-shared -fPIC -O1 -Wall -Wextra -Werror -o),
        "$dir/clock.so", $source) == 0 or die "$source was not compiled\n";

    # a worker may be another user

    chmod 0755, $dir;
    $self->advance(0);

    return $self;
}


# runs what starts nginx, and gives back what that returns

sub with {
    my ($self, $start) = @_;

    local $ENV{LD_PRELOAD} = "$self->{dir}/clock.so";
    local $ENV{IDV_CLOCK} = "$self->{dir}/offset";

    return $start->();
}


# the file is written over, never replaced: it is mapped

sub advance {
    my ($self, $seconds) = @_;

    $self->{seconds} += $seconds;

    my $mode = -e "$self->{dir}/offset" ? '+<:raw' : '>:raw';

    open my $file, $mode, "$self->{dir}/offset" or die "offset: $!";
    print $file pack('q', $self->{seconds});
    close $file or die "offset: $!";
}


1;
