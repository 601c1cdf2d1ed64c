package Idv::TLS;

# Certificates for tests, made by openssl's command.
#
#     my $ca = Idv::TLS->ca('good');
#     my ($certificate, $key) = $ca->issue(name => 'localhost');
#     $ca->certificate
#
# Everything is PEM text, for the files of Idv::Nginx.

use strict;
use warnings;

use File::Temp ();
use POSIX ();


sub ca {
    my ($class, $name) = @_;

    my $self = bless {
        name => $name,
        dir => File::Temp::tempdir('idv-tls-XXXXXXXX', TMPDIR => 1,
            CLEANUP => 1),
    }, $class;

    $self->write('ca.conf', <<"END");
[req]
distinguished_name = name
[name]
[root]
basicConstraints     = critical,CA:TRUE
keyUsage             = keyCertSign
subjectKeyIdentifier = hash
[ca]
default_ca = own
[own]
database         = index
serial           = serial
new_certs_dir    = .
default_md       = sha256
policy           = any
copy_extensions  = none
unique_subject   = no
[any]
commonName = supplied
END

    $self->write('index', '');
    $self->write('serial', "1000\n");

    $self->openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out',
        'ca.pem', '-days', 2, '-subj', "/CN=$name", '-config', 'ca.conf',
        '-extensions', 'root');

    return $self;
}


sub certificate { $_[0]->read('ca.pem') }


# issue(name => host, from => .., to => ..): certificate and key; the times as
# YYYYMMDDhhmmssZ

sub issue {
    my ($self, %arg) = @_;

    my ($from, $to) = ($arg{from} || '20200101000000Z',
                       $arg{to} || '20990101000000Z');

    $self->write('leaf.conf', "subjectAltName = DNS:$arg{name}\n");

    $self->openssl('req', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'leaf.key', '-out',
        'leaf.csr', '-subj', "/CN=$arg{name}", '-config', 'ca.conf');

    $self->openssl('ca', '-batch', '-notext', '-config', 'ca.conf', '-cert',
        'ca.pem', '-keyfile', 'ca.key', '-in', 'leaf.csr', '-out', 'leaf.pem',
        '-startdate', $from, '-enddate', $to, '-extfile', 'leaf.conf');

    return ($self->read('leaf.pem'), $self->read('leaf.key'));
}


sub openssl {
    my ($self, @command) = @_;

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        chdir $self->{dir};
        open STDOUT, '>', 'log';
        open STDERR, '>&', \*STDOUT;
        exec 'openssl', @command or POSIX::_exit(127);
    }

    waitpid $pid, 0;
    die "openssl @command: ", $self->read('log') if $?;
}


sub write {
    my ($self, $name, $text) = @_;

    open my $file, '>', "$self->{dir}/$name" or die "$name: $!";
    print $file $text;
    close $file or die "$name: $!";
}


sub read {
    my ($self, $name) = @_;

    open my $file, '<', "$self->{dir}/$name" or die "$name: $!";
    local $/;

    return scalar <$file>;
}


1;
