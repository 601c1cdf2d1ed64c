package Idv::Rig;

# What the sanitized nginx can be told (t/rig): what is to fail, and that it
# does wrong itself.  Everything else that the rig does it does untold.
#
#     my $rig = Idv::Rig->new;
#     my $site = Idv::Site->new(env => $rig->env, workers => 1);
#
#     $rig->arm(alloc => 7);              # the 7th allocation from now on fails
#     $rig->arm(call => 3, errno => 'ECONNRESET');
#     my $found = $rig->disarm;           # seen, failed, what, where

use strict;
use warnings;

use Errno ();
use File::Temp ();

# as rig_control_t and rig_misdeed_e have them

my $control = 'L L Q Q Q l L Q L L Q L A28 Q24 Q2';
my %offset = (provider => 36, verified => 40, misdeed => 48, live => 56,
              ask => 64, from => 288);
my %kinds = (alloc => 1, slab => 2, random => 4, call => 8,
             conf => 16);

my @misdeeds = qw(good log_locked alloc_locked call_locked walk_unlocked
                  write_conf lose_node);

# functions of the binary: [address, name], by address
my @symbols;


sub new {
    my ($class) = @_;

    my $dir = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $self = bless { path => "$dir/rig" }, $class;

    # a worker is another user
    chmod 0755, $dir;
    open $self->{file}, '+>:raw', $self->{path} or die "$self->{path}: $!";
    chmod 0666, $self->{path};

    $self->put(0, pack($control, (0) x 12, '', (0) x 26));

    return $self;
}


sub env { return { IDV_RIG => $_[0]{path} } }


# the file is written over, never replaced: it is mapped

sub put {
    my ($self, $offset, $bytes) = @_;

    sysseek $self->{file}, $offset, 0 or die "rig: $!";
    syswrite($self->{file}, $bytes) == length $bytes or die "rig: $!";
}


sub get {
    my ($self, $offset, $size) = @_;

    sysseek $self->{file}, $offset, 0 or die "rig: $!";
    sysread($self->{file}, my $bytes, $size) == $size or die "rig: $!";

    return $bytes;
}


# arm(KIND => n, ...): n 0 counts only; on => 1: so do all after it; errno: of
# calls, a name, or "short"; ours => 1: what we or our callees do counts

sub arm {
    my ($self, $kind, $n, %how) = @_;

    my $error = $how{errno} // 'ECONNRESET';
    $error = $error eq 'short' ? 0 : Errno->can($error)->();

    $self->put(8, pack('Q Q Q l', $n, 0, 0, $error));
    $self->put(4, pack('L', $how{on} ? 1 : 0));
    $self->put($offset{from}, pack('Q2', $how{ours} ? our_text() : (0, 0)));

    # last: it counts from now on
    $self->put(0, pack('L', $kinds{$kind} // die "what is $kind?"));
}


sub disarm {
    my ($self) = @_;

    $self->put(0, pack('L', 0));

    my @all = unpack $control, $self->get(0, length pack $control);
    my %found = (seen => $all[3], failed => $all[4], what => $all[12]);

    $found{what} =~ s/\0.*//s;
    $found{where} = [map { symbol($_) } @all[13 .. 12 + $all[9]]]
        if $found{failed};

    return \%found;
}


# is one of our functions on the way to what failed?

sub ours {
    my ($found) = @_;

    return scalar grep { /^(?:ngx_http_)?idv_/ } @{$found->{where} || []};
}


# is such a function on the way to what failed?

sub within {
    my ($found, $pattern) = @_;

    return scalar grep { $_ =~ $pattern } @{$found->{where} || []};
}


# nginx hangs up where it cannot send

sub sending {
    my ($found) = @_;

    return within($found, qr/^ngx_http_(?:header_filter|send_header
        |output_filter|copy_filter|write_filter|special_response_handler)$/x);
}


# from where to where our functions are, which are linked one after the other

sub our_text {
    symbol(0) if !@symbols;

    my @ours = grep { $symbols[$_][1] =~ /^(?:ngx_http_)?idv_/ } 0 .. $#symbols;

    return ($symbols[$ours[0]][0], $symbols[$ours[-1] + 1][0]);
}


# the sockets that a worker makes are the provider's, and their calls count

sub provider { $_[0]->put($offset{provider}, pack('L', 1)) }


# in the next turn, or under the next lock

sub misdeed {
    my ($self, $name) = @_;

    my ($n) = grep { $misdeeds[$_] eq $name } 1 .. $#misdeeds;

    $self->put($offset{misdeed}, pack('L', $n // die "what is $name?"));
}


# how often a zone was looked through, and found sound

sub verified { return unpack 'Q', $_[0]->get($offset{verified}, 8) }


# bytes that the worker has in use; turn is a request that wakes it

sub live {
    my ($self, $turn) = @_;

    $self->put($offset{ask}, pack('L', 1));
    $turn->() for 1 .. 2;

    return unpack 'Q', $self->get($offset{live}, 8);
}


sub symbol {
    my ($address) = @_;

    if (!@symbols) {
        open my $nm, '-|', 'nm', '--defined-only', $ENV{IDV_NGINX}
            or die "nm: $!";

        @symbols = sort { $a->[0] <=> $b->[0] }
            map { /^([0-9a-f]+) [tTwW] (\S+)/ ? [hex $1, $2] : () } <$nm>;
    }

    my ($low, $high) = (0, $#symbols);

    while ($low < $high) {
        my $middle = int(($low + $high + 1) / 2);

        if ($symbols[$middle][0] <= $address) {
            $low = $middle;
        } else {
            $high = $middle - 1;
        }
    }

    return $symbols[$low][1];
}


1;
