package Idv::Preload;

# A library of t/tools that is loaded before nginx, and the numbers in a file
# that it looks at, which the test changes while nginx runs.
#
#     my $full = Idv::Preload->new('full', 'IDV_FULL', 0);
#     my $site = $full->with(sub { Idv::Site->new });
#     $full->set(1);
#
# A sanitizer wants to be the first that is preloaded, so such tests run in
# other variants.

use strict;
use warnings;

use File::Basename ();
use File::Temp ();


sub new {
    my ($class, $name, $variable, @numbers) = @_;

    my $dir = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $self = bless { library => "$dir/$name.so", variable => $variable,
                       numbers => "$dir/numbers" }, $class;

    my $source = File::Basename::dirname(__FILE__) . "/../../tools/$name.c";
    my @cc = split ' ', $ENV{CC} || 'cc';

    system(@cc, qw(-shared -fPIC -O1 -Wall -Wextra -Werror -o),
        $self->{library}, $source, '-ldl') == 0
        or die "$source was not compiled\n";

    # a worker may be another user

    chmod 0755, $dir;
    $self->set(@numbers);

    return $self;
}


# runs what starts nginx, and gives back what that returns

sub with {
    my ($self, $start) = @_;

    local $ENV{LD_PRELOAD} = join ':', $self->{library},
        grep { defined } $ENV{LD_PRELOAD};
    local $ENV{$self->{variable}} = $self->{numbers};

    return $start->();
}


# The file is written over, never replaced: it is mapped.  The first number is
# the last that is written.

sub set {
    my ($self, @numbers) = @_;

    my $mode = -e $self->{numbers} ? '+<:raw' : '>:raw';

    open my $file, $mode, $self->{numbers} or die "$self->{numbers}: $!";

    for my $i (reverse 0 .. $#numbers) {
        sysseek $file, 8 * $i, 0;
        syswrite $file, pack 'q', $numbers[$i];
    }

    close $file;
}


1;
