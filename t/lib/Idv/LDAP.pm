package Idv::LDAP;

# A directory: Debian's slapd, as a process of ours with a folder of its own.
#
#     my $ldap = Idv::LDAP->new(
#         people => { ann => { mail => ['ann@example.com'] }, bob => {} },
#         tls => [$certificate, $key, $ca]);
#     ... $ldap->port, $ldap->tls_port ...
#     $ldap->searches         what has been asked for: the filters, decoded
#     $ldap->counts           how many binds, searches, ... it has seen
#     $ldap->stop / start     it is down / there again
#     $ldap->hang / resume    it accepts, and says nothing / answers
#
#     my $fake = Idv::LDAP->fake(sub { my ($socket) = @_; ... });
#
# is a server that only speaks as the test says, on each connection anew; behind
# that may be the address that it listens on.
#
# A value may be bytes.  Who may read is BIND_DN with PASSWORD, and nobody else.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::IP;
use MIME::Base64 qw(encode_base64);
use POSIX qw(WNOHANG);
use Time::HiRes qw(time sleep);

use Idv::Ports qw(free_port can_connect);

use constant {
    BASE => 'dc=example,dc=com',
    BIND_DN => 'cn=gate,dc=example,dc=com',
    PASSWORD => 'hT7-directory-password-Zq',
};

my @instances;


sub new {
    my ($class, %arg) = @_;

    my $self = bless {
        dir => File::Temp::tempdir('idv-ldap-XXXXXXXX', TMPDIR => 1,
            CLEANUP => !$ENV{IDV_KEEP}),
        port => free_port(),
        tls => $arg{tls} ? 1 : 0,
    }, $class;

    $self->{tls_port} = free_port() if $arg{tls};
    mkdir "$self->{dir}/db";

    if ($arg{tls}) {
        $self->write('server.pem', $arg{tls}[0]);
        $self->write('server.key', $arg{tls}[1]);
        $self->write('ca.pem', $arg{tls}[2]);
    }

    $self->write('slapd.conf', $self->config(%arg));
    $self->write('all.ldif', ldif(%arg));

    my $pid = $self->spawn('slapadd', '-q', '-f', "$self->{dir}/slapd.conf",
        '-l', "$self->{dir}/all.ldif");
    waitpid $pid, 0;
    die 'slapadd: ', $self->log if $?;

    push @instances, $self;
    $self->start;

    return $self;
}


# what it says is in the block that block() makes: nobody binds there

sub fake {
    my ($class, $serve, $address) = @_;

    my $port = free_port();
    my $listener = IO::Socket::IP->new(LocalAddr => $address // '127.0.0.1',
        LocalPort => $port, Listen => 64, ReuseAddr => 1) or die "listen: $!";

    my $self = bless { port => $port, fake => 1,
        dir => File::Temp::tempdir('idv-ldap-XXXXXXXX', TMPDIR => 1,
            CLEANUP => !$ENV{IDV_KEEP}) }, $class;

    $self->{pid} = fork // die "fork: $!";

    if ($self->{pid} == 0) {
        setpgrp;
        $SIG{PIPE} = $SIG{CHLD} = 'IGNORE';

        while (my $socket = $listener->accept) {
            my $child = fork // die "fork: $!";

            if ($child == 0) {
                CORE::close($listener);
                alarm 60;
                $serve->($socket);
                POSIX::_exit(0);
            }
        }

        POSIX::_exit(0);
    }

    CORE::close($listener);
    push @instances, $self;

    return $self;
}


# a message of a server: its id, the tag of its operation, what is in that

sub message {
    my ($id, $tag, $body) = @_;

    return tlv(0x30, tlv(0x02, chr $id) . tlv($tag, $body));
}


sub tlv {
    my ($tag, $body) = @_;

    my $len = length $body;

    return chr($tag) . ($len < 128 ? chr $len : pack 'Cn', 0x82, $len) . $body;
}


sub result { return tlv(0x0a, chr $_[0]) . tlv(0x04, '') . tlv(0x04, '') }


# an entry with one attribute

sub found {
    my ($name, @values) = @_;

    return tlv(0x04, 'cn=x,' . BASE) . tlv(0x30, tlv(0x30, tlv(0x04, $name)
        . tlv(0x31, join '', map { tlv(0x04, $_) } @values)));
}


# the id of the next request, or that and its tag; nothing at the end

sub request {
    my ($socket) = @_;

    sysread $socket, my $bytes, 4096 or return;

    my ($id, $tag)
        = $bytes =~ /\A\x30(?:[\0-\x7f]|\x81.|\x82..)\x02\x01(.)(.)/s
        or return;

    return wantarray ? (ord $id, ord $tag) : ord $id;
}


sub port { $_[0]{port} }
sub tls_port { $_[0]{tls_port} }


sub config {
    my ($self, %arg) = @_;

    my $root = "$ENV{IDV_CACHE}/debian";
    my ($base, $bind, $dir) = (BASE, BIND_DN, $self->{dir});
    my $more = $arg{config} // '';

    my $tls = !$arg{tls} ? '' : <<"END";
TLSCertificateFile    $dir/server.pem
TLSCertificateKeyFile $dir/server.key
TLSCACertificateFile  $dir/ca.pem
TLSVerifyClient       never
END

    return <<"END";
include    $root/etc/ldap/schema/core.schema
include    $root/etc/ldap/schema/cosine.schema
include    $root/etc/ldap/schema/inetorgperson.schema
pidfile    $dir/slapd.pid
argsfile   $dir/slapd.args
modulepath $root/usr/lib/ldap
moduleload back_mdb
loglevel   stats
threads    2
$tls
database   mdb
suffix     "$base"
directory  $dir/db
maxsize    16777216
index      uid eq
access to attrs=userPassword by * auth
access to * by dn.exact="$bind" read by * none
$more
END
}


# the idv_ldap block of a gate; more is added to it

sub block {
    my ($self, $more, %arg) = @_;

    my $name = $arg{name} || 'people';
    my $url = $arg{url} || "ldap://127.0.0.1:$self->{port}";
    my ($base, $bind) = (BASE, BIND_DN);

    $more //= '';
    $more .= ' filter "(uid=%s)";' if $more !~ /\bfilter /;
    $more .= ' attributes mail mobile;' if $more !~ /\battributes /;
    $more .= " base $base;" if $more !~ /\bbase /;
    $more .= " bind_dn $bind; bind_password_file ldap_secret;"
        if !$self->{fake} && $more !~ /\bbind_dn /;

    return <<"END";
    idv_ldap $name {
        url $url;
        $more
    }
END
}


# one entry; values that are no plain text are written in base64

sub entry {
    my ($dn, @pairs) = @_;

    my $text = line(dn => $dn);

    while (my ($name, $value) = splice @pairs, 0, 2) {
        $text .= line($name, $_) for ref $value ? @$value : $value;
    }

    return "$text\n";
}


sub line {
    my ($name, $value) = @_;

    return "${name}: $value\n"
        if $value =~ /\A[!-9;=-~][ -~]*\z/ && $value !~ / \z/;

    return "${name}:: " . encode_base64($value, '') . "\n";
}


sub ldif {
    my (%arg) = @_;

    my $people = $arg{people} || {};

    return entry(BASE, objectClass => ['dcObject', 'organization'],
            dc => 'example', o => 'Example')
        . entry(BIND_DN, objectClass => ['person'], cn => 'gate', sn => 'gate',
            userPassword => PASSWORD)
        . join('', map {
            my %is = (sn => 'Example', cn => $_, uid => $_,
                      %{$people->{$_}});
            my $rdn = delete $is{rdn} // $_;
            my $dn = $rdn =~ s/(\W)/sprintf '\\%02x', ord $1/ger;

            entry("cn=$dn," . BASE, objectClass => ['inetOrgPerson'],
                %is, cn => $rdn);
        } sort keys %$people)
        . ($arg{ldif} // '');
}


sub write {
    my ($self, $name, $bytes) = @_;

    open my $file, '>:raw', "$self->{dir}/$name" or die "$name: $!";
    print $file $bytes;
    close $file or die "$name: $!";
    chmod 0600, "$self->{dir}/$name";
}


sub log {
    my ($self) = @_;

    open my $file, '<:raw', "$self->{dir}/log" or return '';
    local $/;

    return scalar(<$file>) // '';
}


sub spawn {
    my ($self, $program, @options) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    my $root = "$ENV{IDV_CACHE}/debian";

    $ENV{LD_LIBRARY_PATH} = join ':', glob "$root/usr/lib/*-linux-gnu*";

    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', "$self->{dir}/log";
    open STDERR, '>&', \*STDOUT;

    exec "$root/usr/sbin/$program", @options or POSIX::_exit(127);
}


sub start {
    my ($self) = @_;

    my $listen = "ldap://127.0.0.1:$self->{port}/";
    $listen .= " ldaps://127.0.0.1:$self->{tls_port}/" if $self->{tls};

    $self->{pid} = $self->spawn('slapd', '-d', 'stats', '-h', $listen,
        '-f', "$self->{dir}/slapd.conf");

    my $until = time + 10;

    until (can_connect($self->{port})) {
        die 'slapd: ', $self->log
            if time > $until || waitpid($self->{pid}, WNOHANG);
        sleep 0.02;
    }

    return $self;
}


sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    # with those that serve a connection
    kill 'KILL', $self->{fake} ? -$pid : (), $pid;
    waitpid $pid, 0;
}


# kill() returns before the last thread has stopped, which may answer meanwhile

sub hang {
    my ($self) = @_;

    kill 'STOP', $self->{pid};

    for (1 .. 1000) {
        return if !grep { !/^\d+ \(.*\) T /s } threads($self->{pid});
        select undef, undef, undef, 0.01;
    }

    die "the directory does not stop\n";
}


# the line that says how it is, of each thread

sub threads {
    my ($pid) = @_;

    my @lines;

    for my $path (glob "/proc/$pid/task/*/stat") {
        open my $file, '<', $path or next;
        push @lines, scalar <$file>;
    }

    return @lines;
}


sub resume { kill 'CONT', $_[0]{pid} }


# its log is written in lines, each at once

sub searches {
    my ($self) = @_;

    my @searches = $self->log
        =~ / SRCH base="[^"]*" scope=\d deref=\d filter="(.*)"$/mg;

    return @searches;
}


sub counts {
    my ($self) = @_;

    my %n;

    $n{$_}++ for $self->log
        =~ /\b(ACCEPT|BIND(?=.* method=)|SRCH(?= base)|UNBIND|ABANDON)\b/g;

    return \%n;
}


END {
    my $code = $?;

    $_->stop for @instances;
    $? = $code;
}


1;
