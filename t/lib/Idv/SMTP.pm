package Idv::SMTP;

# A mail server that behaves as it is told: a process, and one more for each
# connection.
#
#     my $mail = Idv::SMTP->new(tls => 'starttls', certificate => 'good.pem',
#         key => 'good.key', login => 'user secret');
#     $mail->rules(hang => 'quit');
#     $mail->port; $mail->messages
#
# tls is "starttls", where nothing but that is said in the clear, "at once" or
# nothing.  The rules, looked at by each connection:
#
#     hang        greeting, or a command: it is read and not answered
#     refuse      { COMMAND => reply }; "data" is that for the whole message
#     without     an offer of EHLO that is not made: STARTTLS, AUTH
#     drop        a command after which the connection is closed
#     greeting    what is said instead of 220
#     drip        seconds between two bytes of a reply

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 ();
use POSIX ();
use Time::HiRes qw(sleep);

use Idv::Ports qw(free_port);

my $json = JSON::PP->new->canonical;


sub new {
    my ($class, %arg) = @_;

    my $self = bless {
        %arg,
        port => free_port(),
        dir => File::Temp::tempdir('idv-smtp-XXXXXXXX', TMPDIR => 1,
            CLEANUP => 1),
    }, $class;

    $self->rules;

    $self->{listen} = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{port}, Listen => 511, ReuseAddr => 1)
        or die "smtp: cannot listen on $self->{port}: $!";

    $self->{pid} = fork // die "fork: $!";

    if ($self->{pid} == 0) {
        $self->serve;
        POSIX::_exit(0);
    }

    close delete $self->{listen};

    return $self;
}


sub port { $_[0]{port} }


sub rules {
    my ($self, %rules) = @_;

    open my $file, '>', "$self->{dir}/rules.new" or die "rules: $!";
    print $file $json->encode(\%rules);
    close $file;
    rename "$self->{dir}/rules.new", "$self->{dir}/rules" or die "rules: $!";
}


# messages so far: { from, to, login, tls, data, text (decoded), NAME => header }

sub messages { $_[0]->recorded('messages') }

# commands so far, QUIT among them, without the rest of their lines

sub commands { map { $_->{command} } $_[0]->recorded('commands') }


sub recorded {
    my ($self, $name) = @_;

    open my $file, '<', "$self->{dir}/$name" or return;

    return map { $json->decode($_) } grep { /\n\z/ } <$file>;
}


sub record {
    my ($self, $name, $what) = @_;

    open my $file, '>>', "$self->{dir}/$name" or return;
    syswrite $file, $json->encode($what) . "\n";
}


sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    kill KILL => -$pid;
    waitpid $pid, 0;
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!);
    $self->stop if $self->{pid};
}


# the server's side, in a process group of its own

sub serve {
    my ($self) = @_;

    POSIX::setpgid(0, 0);
    $SIG{$_} = 'DEFAULT' for qw(TERM INT);
    $SIG{PIPE} = $SIG{CHLD} = 'IGNORE';
    my $parent = getppid;

    while (getppid == $parent) {
        my $ready = '';
        vec($ready, fileno $self->{listen}, 1) = 1;
        next if select($ready, undef, undef, 1) < 1;

        my $socket = $self->{listen}->accept or next;

        if (!fork) {
            alarm 120;
            eval { $self->talk($socket) };
            POSIX::_exit(0);
        }
    }
}


sub talk {
    my ($self, $socket) = @_;

    open my $file, '<', "$self->{dir}/rules" or die;
    $self->{rules} = $json->decode(join '', <$file>);
    $self->{socket} = $socket;
    $self->{mail} = {};

    $self->secure if ($self->{tls} // '') eq 'at once';

    $self->hang('greeting');
    $self->say($self->{rules}{greeting} // '220 mail.example ready');

    while (defined(my $line = $self->{socket}->getline)) {
        $line =~ s/\r\n\z// or last;
        my ($command, $rest) = $line =~ /^(\w+)\s*(.*)$/ or last;

        $command = uc $command;
        $self->record('commands', { command => $command });
        $self->hang(lc $command);
        last if ($self->{rules}{drop} // '') eq lc $command;

        my $refused = ($self->{rules}{refuse} || {})->{$command};
        my $does = "do_\L$command";

        if (defined $refused) {
            $self->say($refused);

        } elsif (($self->{tls} // '') eq 'starttls' && !$self->{secure}
                 && $command !~ /^(?:EHLO|STARTTLS|QUIT)$/)
        {
            $self->say('530 not in the clear');

        } elsif ($self->can($does)) {
            $self->$does($rest);

        } else {
            $self->say('502 no such command');
        }

        last if $command eq 'QUIT';
    }
}


sub hang {
    my ($self, $where) = @_;

    sleep 120 if ($self->{rules}{hang} // '') eq $where;
}


sub say {
    my ($self, @lines) = @_;

    my $text = join '', map { "$_\r\n" } @lines;

    for my $piece ($self->{rules}{drip} ? split //, $text : $text) {
        print {$self->{socket}} $piece or die;
        $self->{socket}->flush;
        sleep $self->{rules}{drip} if $self->{rules}{drip};
    }
}


sub secure {
    my ($self) = @_;

    require IO::Socket::SSL;

    IO::Socket::SSL->start_SSL($self->{socket}, SSL_server => 1,
        SSL_cert_file => $self->{certificate}, SSL_key_file => $self->{key})
        or die;

    $self->{secure} = 1;
}


sub do_ehlo {
    my ($self) = @_;

    my @offers = ('8BITMIME', 'SIZE 100000');

    push @offers, 'STARTTLS'
        if ($self->{tls} // '') eq 'starttls' && !$self->{secure};
    push @offers, 'AUTH PLAIN LOGIN'
        if $self->{login} && $self->{secure};

    my $without = $self->{rules}{without} // 'NOTHING';
    @offers = grep { !/^$without/ } @offers;

    $self->say('250-mail.example', (map { "250-$_" } @offers), '250 HELP');
}


sub do_starttls {
    my ($self) = @_;

    $self->say('220 go on');
    $self->secure;
}


sub do_auth {
    my ($self, $rest) = @_;

    my ($way, $text) = $rest =~ /^(\S+)(?: (\S+))?/;

    return $self->say('504 not that way') if $way ne 'PLAIN';

    if (!defined $text) {
        $self->say('334 ');
        ($text) = $self->{socket}->getline =~ /^(\S+)/;
    }

    my (undef, @login) = split /\0/, MIME::Base64::decode_base64($text);

    return $self->say('535 no') if "@login" ne $self->{login};

    $self->{mail}{login} = $login[0];
    $self->say('235 hello');
}


sub do_mail {
    my ($self, $rest) = @_;

    return $self->say('530 log in first')
        if $self->{login} && !$self->{mail}{login};

    $self->{mail}{from} = $1 if $rest =~ /^FROM:<([^>]*)>/;
    $self->say('250 ok');
}


sub do_rcpt {
    my ($self, $rest) = @_;

    push @{$self->{mail}{to}}, $1 if $rest =~ /^TO:<([^>]*)>/;
    $self->say('250 ok');
}


sub do_data {
    my ($self) = @_;

    $self->say('354 go on');

    my $data = '';

    while (defined(my $line = $self->{socket}->getline)) {
        last if $line eq ".\r\n";
        $line =~ s/^\.//;
        $data .= $line;
    }

    $self->hang('message');

    my $refused = ($self->{rules}{refuse} || {})->{data};
    return $self->say($refused) if defined $refused;

    my ($head, $body) = split /\r\n\r\n/, $data, 2;

    # a header may go on in the next line
    $head =~ s/\r\n[ \t]+/ /g;

    $self->record('messages', { %{$self->{mail}}, data => $data,
        tls => $self->{secure} ? 1 : 0,
        text => MIME::Base64::decode_base64($body // ''),
        map { /^([^:]+): (.*)$/ ? ($1, $2) : (bad => $_) }
            split /\r\n/, $head });

    $self->say('250 it is on its way');
}


sub do_quit { $_[0]->say('221 bye') }


1;
