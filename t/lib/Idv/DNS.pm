package Idv::DNS;

# A name server on UDP that answers as it is told.
#
#     my $dns = Idv::DNS->new('verify.test' => ['127.0.0.1']);
#     $dns->answer('verify.test' => 'silent');
#     $dns->questions
#
# A name has addresses, or is "silent", or "none" (there is no such name, like
# all that are not mentioned), or "failed".  Answers live for no time at all.

use strict;
use warnings;

use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Socket qw(inet_aton);

use Idv::Ports qw(free_port);

my %codes = (failed => 2, none => 3);


sub new {
    my ($class, %names) = @_;

    my $self = bless {
        port => free_port(),
        names => {},
        dir => File::Temp::tempdir('idv-dns-XXXXXXXX', TMPDIR => 1,
            CLEANUP => 1),
    }, $class;

    $self->answer(%names);

    my $socket = IO::Socket::INET->new(Proto => 'udp',
        LocalAddr => '127.0.0.1', LocalPort => $self->{port})
        or die "dns: cannot listen on $self->{port}: $!";

    $self->{pid} = fork // die "fork: $!";

    if ($self->{pid} == 0) {
        my $parent = getppid;
        my $select = IO::Select->new($socket);

        while (getppid == $parent) {
            $self->serve($socket) if $select->can_read(1);
        }

        POSIX::_exit(0);
    }

    return $self;
}


sub port { $_[0]{port} }


# from the next question on

sub answer {
    my ($self, %names) = @_;

    $self->{names} = { %{$self->{names}}, %names };

    my $path = "$self->{dir}/names";

    open my $file, '>', "$path.new" or die "$path: $!";
    print $file JSON::PP::encode_json($self->{names});
    close $file;
    rename "$path.new", $path or die "$path: $!";
}


# the names that were asked for, one for each question

sub questions {
    my ($self) = @_;

    open my $file, '<', "$self->{dir}/questions" or return;

    return map { chomp; $_ } <$file>;
}


sub serve {
    my ($self, $socket) = @_;

    my $peer = $socket->recv(my $query, 512) or return;
    my ($id, $flags, $n) = unpack 'nnn', $query;

    my ($at, @labels) = (12);

    while ((my $size = ord substr $query, $at++, 1) != 0) {
        push @labels, substr $query, $at, $size;
        $at += $size;
    }

    my $question = substr $query, 12, $at + 4 - 12;
    my $type = unpack 'n', substr $query, $at, 2;
    my $name = join '.', @labels;

    open my $asked, '>>', "$self->{dir}/questions" or return;
    syswrite $asked, "$name\n";

    open my $file, '<', "$self->{dir}/names" or return;
    local $/;
    my $answer = JSON::PP::decode_json(<$file>)->{lc $name} // 'none';

    return if $answer eq 'silent';

    my @records = map { pack 'nnnNna4', 0xc00c, 1, 1, 0, 4, inet_aton($_) }
        ref $answer && $type == 1 ? @$answer : ();

    $socket->send(pack('nnnnnn', $id, 0x8180 | ($codes{$answer} || 0), 1,
        scalar @records, 0, 0) . $question . join('', @records), 0, $peer);
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!);

    my $pid = delete $self->{pid} or return;

    kill KILL => $pid;
    waitpid $pid, 0;
}


1;
