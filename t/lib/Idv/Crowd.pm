package Idv::Crowd;

# Many people who go through flows at once, each with two tabs on connections
# that are kept, in a process of their own.  Everything that they do and are
# told is written down, for Idv::History.
#
#     my $crowd = Idv::Crowd->new(site => $gate, service => $back->service,
#         people => 24);
#     ... workers die meanwhile ...
#     my $history = $crowd->end(30);
#
# A person asks for the application, goes through the flow that is the answer,
# with detours, looks at the application, maybe signs out, and begins anew.  The
# second tab asks for the same thing at the same time now and then.  After end()
# nothing new begins, and whoever is not through within those seconds is stuck.

use strict;
use warnings;

use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(time);

use Idv::Flow;
use Idv::History;
use Idv::HTTP::Response;

use constant PATIENCE => 20;         # seconds for one answer

# of a hundred

my %detours = (
    cancel => 3,
    retry => 3,
    fail => 12,
    time_out => 4,
    abroad => 15,                    # IN_PROGRESS before the result
    double => 30,                    # the other tab does the same
    glance => 20,                    # ... or reads
    logout => 50,
    stream => 10,                    # an answer that takes a second
);


sub new {
    my ($class, %arg) = @_;

    my $self = bless {
        pause => 0.08,
        path => '/app/',
        dir => File::Temp::tempdir('idv-crowd-XXXXXXXX', TMPDIR => 1,
            CLEANUP => !$ENV{IDV_KEEP}),
        %arg,
    }, $class;

    pipe my $ear, my $mouth or die "pipe: $!";

    $self->{pid} = fork // die "fork: $!";

    if ($self->{pid} == 0) {
        CORE::close($mouth);
        $self->{ear} = $ear;
        my $done = eval { $self->live; 1 };
        print STDERR "crowd: $@" if !$done;
        POSIX::_exit($done ? 0 : 1);
    }

    $self->{mouth} = $mouth;

    return $self;
}


# the names for Idv::Site's people: half of them have contacts

sub people {
    my ($n) = @_;

    return { map { ("p$_" => $_ % 2 ? { email => "p$_\@example.com" } : {}) }
             1 .. $n };
}


# how many lines have been written, for those who wait until there is traffic

sub lines {
    my ($self) = @_;

    open my $file, '<', "$self->{dir}/history" or return 0;
    my $n = () = <$file>;

    return $n;
}


sub end {
    my ($self, $seconds) = @_;

    my $pid = delete $self->{pid};

    syswrite $self->{mouth}, "$seconds\n";
    waitpid $pid, 0;
    die "the crowd has died\n" if $?;

    return Idv::History->new("$self->{dir}/history");
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!);
    my $pid = delete $self->{pid} or return;

    kill KILL => $pid;
    waitpid $pid, 0;
}


# the crowd's side

sub live {
    my ($self) = @_;

    $SIG{PIPE} = 'IGNORE';
    srand($self->{seed} // 1);
    %detours = (%detours, %{$self->{detours} || {}});

    open $self->{log}, '>', "$self->{dir}/history" or die "history: $!";
    $self->{log}->autoflush(1);

    my $names = people($self->{people});

    for my $name (sort keys %$names) {
        my $person = { name => $name, agent => $self->{site}->client($name) };

        $person->{tabs} = [map { { person => $person, number => $_ } } 0, 1];
        $person->{flow} = $self->new_flow($person);
        $person->{at} = time + rand 0.5;
        push @{$self->{all}}, $person;
    }

    $self->turn until $self->over;

    $self->note('S', time, @$_{qw(name)}, $_->{flow}->id // '-',
        $_->{flow}->status || '-') for grep { !$_->{home} } @{$self->{all}};
}


sub new_flow {
    my ($self, $person) = @_;

    return Idv::Flow->new(client => $person->{agent}, path => $self->{path});
}


sub over {
    my ($self) = @_;

    return 1 if !grep { !$_->{home} || busy($_) } @{$self->{all}};
    return $self->{deadline} && time > $self->{deadline};
}


sub busy { scalar grep { $_->{request} } @{$_[0]{tabs}} }


sub turn {
    my ($self) = @_;

    my $now = time;
    my $next = $now + 0.5;
    my $select = IO::Select->new($self->{deadline} ? () : $self->{ear});
    my %of;

    for my $person (@{$self->{all}}) {
        if (!busy($person) && !$person->{home}) {
            $self->step($person) if $person->{at} <= $now;
            $next = $person->{at} if !busy($person) && $person->{at} < $next;
        }

        for my $tab (grep { $_->{request} } @{$person->{tabs}}) {
            if ($now - $tab->{request}{sent} > PATIENCE) {
                $self->answered($tab, 'timed out');
                next;
            }

            $select->add($tab->{socket});
            $of{$tab->{socket}} = $tab;
        }
    }

    $next = $now + 0.001 if $next < $now;

    for my $socket ($select->can_read($next - $now)) {
        if ($socket == $self->{ear}) {
            sysread $self->{ear}, my $seconds, 64;
            $self->{deadline} = time + ($seconds || 1);
            next;
        }

        $self->hear($of{$socket});
    }
}


sub hear {
    my ($self, $tab) = @_;

    my $response = $tab->{request}{response};
    my $n = $tab->{socket}->sysread(my $data, 65536);

    $n ? $response->feed($data) : $response->end($n);

    $self->answered($tab) if $response->complete;
}


# one request of a tab: (kind, METHOD, PATH, Name => value ...)

sub ask {
    my ($self, $tab, $kind, @message) = @_;

    my $person = $tab->{person};

    # a kept connection that has something to say by itself has been closed

    if ($tab->{socket} && IO::Select->new($tab->{socket})->can_read(0)) {
        $self->hang_up($tab);
    }

    if (!$tab->{socket}) {
        $tab->{socket} = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $person->{agent}{port}, Timeout => 5);
        $tab->{connection} = ++$self->{connections};
        $tab->{nth} = 0;
        $tab->{worker} = 0;
    }

    $tab->{nth}++;
    $tab->{request} = {
        kind => $kind,
        sent => time,
        session => $person->{session} // 0,
        flow => $person->{flow}->id // '-',
        response => Idv::HTTP::Response->new($message[0]),
    };

    if (!$tab->{socket}) {
        $self->answered($tab, 'cannot connect');
        return;
    }

    $tab->{socket}->syswrite($person->{agent}->bytes(@message));
}


sub hang_up {
    my ($self, $tab) = @_;

    CORE::close(delete $tab->{socket}) if $tab->{socket};
}


# What a tab was told.  A session is known by the number of the answer that
# brought it.

sub answered {
    my ($self, $tab, $error) = @_;

    my $person = $tab->{person};
    my $request = delete $tab->{request};
    my $answer = $request->{response};

    $answer->fail($error) if $error;

    my $json = $answer->json;
    $json = {} if ref $json ne 'HASH';

    $tab->{worker} = $answer->header('X-Worker') // $tab->{worker};

    my $number = ++$self->{number};
    my $flow = $json->{status} && $json->{id} ? $json->{id}
                                              : $request->{flow};
    my ($issued) = grep { /^idv_local=[^;]/ } $answer->header('Set-Cookie');
    my ($tx) = ($json->{webVerificationUrl} // '') =~ /[?&]txnid=([\w-]{36})/;

    $tx //= ($json->{authorizeResponse} || {})->{transactionId};

    $self->note('R', $number, $person->{name}, @$tab{qw(connection nth worker)},
        @$request{qw(kind sent)}, time, $flow, $answer->status,
        $json->{status} // $json->{code} // '-', $tx // '-', $issued ? 1 : 0,
        $request->{session}, $answer->error // '-');

    $self->hang_up($tab) unless $answer->keepalive;

    $person->{agent}->learn($answer);
    $person->{session} = $number if $issued;
    $person->{ended} = 1 if $issued;

    $tab->{number} ? $self->glanced($person, $request, $answer)
                   : $self->decide($person, $request, $answer);
}


sub note {
    my ($self, @fields) = @_;

    print { $self->{log} } join("\t", @fields), "\n";
}


sub perhaps { rand(100) < $detours{$_[0]} }


sub pause {
    my ($self, $person, $seconds) = @_;

    $person->{at} = time + ($seconds // (0.3 + rand) * $self->{pause});
}


# the other tab is believed only where it has got the session

sub glanced {
    my ($self, $person) = @_;

    $self->pause($person);
}


# what the first tab makes of its answer

sub decide {
    my ($self, $person, $request, $answer) = @_;

    my ($kind, $status) = ($request->{kind}, $answer->status);
    my $flow = $person->{flow};

    $self->pause($person);

    if ($answer->error) {
        $person->{look} = $flow->path ne '';
        return;
    }

    if ($status == 503 || $status == 429) {
        my $after = $answer->header('Retry-After') || 1;
        $self->pause($person, $after < 2 ? $after : 2);
        return;
    }

    if ($kind eq 'admit') {
        $person->{visits}--;

        # a session may end before its user is through: at a change of keys,
        # or of the time
        $self->anew($person) if $status != 200;
        return;
    }

    if ($kind eq 'logout') {
        $person->{copy} = [$person->{old}, $person->{session}];
        return;
    }

    if ($kind eq 'revoked') {
        $self->anew($person);
        return;
    }

    $person->{look} = 0;

    if ($status == 404) {
        $self->anew($person) unless $person->{ended};
        return;
    }

    $flow->take($answer);
    $person->{ended} = 1 if $flow->status =~ /^(?:FAILED|COMPLETED)$/;
    $person->{stay} = 1 if ($answer->json // {})->{code}
                           && $answer->json->{code} eq 'REQUEST_FAILED';
}


sub anew {
    my ($self, $person) = @_;

    delete @$person{qw(session ended visits old copy look stay leaving)};
    $person->{agent}->forget if rand() < 0.3;
    delete $person->{agent}{jar}{idv_local};
    $person->{flow} = $self->new_flow($person);
    $person->{home} = 1 if $self->{deadline};
}


sub step {
    my ($self, $person) = @_;

    my ($first, $second) = @{$person->{tabs}};
    my $flow = $person->{flow};

    return $self->inside($person) if $person->{session};
    return $self->anew($person) if $person->{ended};

    if ($flow->status eq '') {
        if ($self->{deadline}) {
            $person->{home} = 1;
            return;
        }

        $self->ask($first, 'start', 'GET', $self->{path} . '?s=0',
            Accept => 'application/json');
        return;
    }

    my @message = $person->{look}
        ? ('read', 'GET', $flow->path, 'X-XSRF-Header' => 'test',
           Accept => 'application/json')
        : $self->action($person);

    $self->ask($first, @message);

    if ($message[0] ne 'read' && perhaps('double')) {
        $self->ask($second, @message);

    } elsif (perhaps('glance')) {
        $self->ask($second, 'read', 'GET', $flow->path,
            'X-XSRF-Header' => 'test', Accept => 'application/json');
    }
}


# verified: some looks at the application, and maybe out again

sub inside {
    my ($self, $person) = @_;

    my $tab = $person->{tabs}[0];
    my $session = $person->{session};

    $person->{visits} //= 1 + int rand 4;

    if ($person->{visits} > 0) {
        my $seen = ++$self->{seen};
        my $path = $self->{path} . (perhaps('stream') ? 'stream' : '');

        $self->ask($tab, 'admit', 'GET', "$path?s=$session&n=$seen",
            Accept => 'application/json');
        return;
    }

    if ($person->{copy}) {
        $self->ask($tab, 'revoked', 'GET', "$self->{path}?s=revoked",
            Accept => 'application/json',
            Cookie => 'idv_local=' . $person->{copy}[0]);
        return;
    }

    if (defined $person->{leaving} || perhaps('logout')) {
        $person->{leaving} = 1;
        $person->{old} //= $person->{agent}->cookie('idv_local');
        $self->ask($tab, 'logout', 'POST', '/idv/logout', -body => '',
            'Sec-Fetch-Site' => 'same-origin',
            Cookie => "idv_local=$person->{old}");
        return;
    }

    $self->anew($person);
}


# (kind, message) by what the flow is; what the phone does comes before a poll

sub action {
    my ($self, $person) = @_;

    my $flow = $person->{flow};
    my $status = $flow->status;
    my %actions = map { $_ => 1 } $flow->actions;

    my $action = (grep { $actions{$_} && !/^(?:retry|cancel)/ }
                  $flow->actions)[0];

    $action = 'retryVerification' if $actions{retryVerification}
        && !$person->{stay} && (!$action || perhaps('retry'));
    $action = 'cancelAuthentication' if !$action
        || $actions{cancelAuthentication} && perhaps('cancel');

    my $model = {};

    if ($action eq 'deviceAuthentication') {
        $model = { $action => rand() < 0.5 ? 'self' : 'other' };

    } elsif ($action eq 'optionsAuthentication') {
        my $emails = $flow->state->{emails} || [];
        $model = { phone => undef,
            email => @$emails && rand() < 0.5 ? $emails->[0][0] : undef };

    } elsif ($action eq 'poll') {
        $self->phone($person);

    } elsif ($action ne 'continueAuthentication') {
        $model = undef;
    }

    my @message = $flow->message($action, $model);

    # blanks, so that a body does not fit into nginx's buffer
    $message[-1] .= ' ' x $self->{bulk} if $self->{bulk} && defined $model;

    return ($action, @message);
}


# What is done on the phone is done before anybody is told of it: it is noted
# first, and for good.

sub phone {
    my ($self, $person) = @_;

    my $tx = $person->{flow}->transaction // return;
    my $told = $person->{told}{$tx} // 0;

    return if $told == 2 || rand() < 0.2;

    my ($status, @more) = ('SUCCESS');

    if ($told == 0 && perhaps('abroad')) {
        $status = rand() < 0.5 ? 'IN_PROGRESS' : 'INITIATED';

    } elsif (perhaps('fail')) {
        $status = 'FAIL';

    } elsif (perhaps('time_out')) {
        ($status, @more) = ('FAIL', reason => 'TRANSACTION_TIMED_OUT');
    }

    $person->{told} = { $tx => $status =~ /^I/ ? 1 : 2 };
    $self->note('P', time, $tx, @more ? 'TIME_OUT' : $status);
    $self->{service}->set($tx, $status, @more);
}


1;
