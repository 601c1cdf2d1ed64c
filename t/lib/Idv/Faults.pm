package Idv::Faults;

# Everything that an nginx does with us, once for each thing that can fail in
# it: the n-th allocation, random number or system call, for n = 1, 2, ... until
# there is no n-th any more.
#
#     my $faults = Idv::Faults->new;
#     $faults->sweep_ok('device', 'alloc', every => 7);
#     $faults->finish('memory');
#
# Of each it is asked: is the answer one that such a request may have?  Is it
# never an admission?  Does the same again, with nothing that fails, succeed?
# What a crash, a leak or a damaged zone is, the rig and the sanitizers say.

use strict;
use warnings;

use Scalar::Util qw(blessed);
use Test::More;
use Time::HiRes qw(time);

use Idv::Nginx;
use Idv::Rig;
use Idv::Soak;

use parent 'Idv::Steps';

# so many are looked at again together
use constant BATCH => 30;


# --- sweep(STEP, KIND, every => k, first => n, on, errno): of each n-th that
# fails, an array of what is wrong; the number of faults

sub sweep {
    my ($self, $name, $kind, %how) = @_;

    my $step = $self->step($name);
    my $n = $how{first} || 1;
    my ($faults, @later, @wrong) = (0);

    # of flows that are COMPLETED the zone has room for a few only
    $self->{pingone}->status($step->{status} // 'REQUESTED');

    while (1) {
        my $item = $step->{make}->($self);

        $self->rig->arm($kind => $n, on => $how{on}, errno => $how{errno});
        my $start = time;
        my $answer = $step->{act}->($self, $item);
        my $took = time - $start;
        my $found = $self->rig->disarm;

        last if !$found->{failed};
        $faults++;

        my @bad = $step->{judge}->($self, $item, $answer, $found);

        # nobody is signed on where nginx cannot say who it is
        @bad = () if $answer->status == 403
            && Idv::Rig::within($found, qr/^ngx_http_auth_basic_user$/);

        # nginx itself without memory hangs up, or says so in HTML; so does
        # whoever cannot send, and where all fails there is no other way

        @bad = () if $answer->status =~ /^(?:0|500)$/
            && ($how{on} || !Idv::Rig::ours($found)
                || Idv::Rig::sending($found));

        # without a random number there is no flow, no session, and no copy of
        # a flow, which can do without
        push @bad, 'not denied' if $kind eq 'random'
            && (Idv::Rig::within($found, qr/^ngx_http_idv_kept_set$/)
                ? ($answer->header('Set-Cookie') // '') =~ /_kept=/
                : $answer->status !~ /^5/
                    || ($answer->header('Set-Cookie') // '') =~ /^\w+_local=/);

        push @bad, sprintf 'after %.1f s', $took if $took > 2;

        my $what = "$name: $kind $n" . said($found);
        push @wrong, map { "$what: $_" } @bad;

        # not at once: what failed may not be tried again for a moment

        push @later, [$what, $item, $found];
        push @wrong, $self->again($step, splice @later) if @later == BATCH;

        $n += $how{every} || 1;
    }

    return ($faults, @wrong, $self->again($step, @later));
}


sub again {
    my ($self, $step, @later) = @_;

    my @wrong;

    for (@later) {
        my ($what, $item, $found) = @$_;

        next if $step->{again}->($self, $item, $found);

        my $state = blessed $item && $item->can('status')
            ? ' ' . $item->status : '';
        push @wrong, "$what: not well$state";
    }

    return @wrong;
}


sub sweep_ok {
    my ($self, $name, $kind, %how) = @_;

    my ($faults, @wrong) = $self->sweep($name, $kind, %how);

    my $what = join ' ', $name, $kind, $how{errno} || (), $how{on} ? 'on' : ();

    # a step that does nothing at all would never be wrong
    push @wrong, 'nothing has failed'
        if !$faults && $kind =~ /^(?:alloc|call)$/;

    $self->{count}{cases}++;
    $self->{count}{faults} += $faults;
    $self->{count}{wrong} += @wrong;

    ok(!@wrong, "$what: $faults faults")
        or diag(map { "$_\n" } @wrong[0 .. ($#wrong > 19 ? 19 : $#wrong)]);
}


# every n-th allocation of all steps, and then all from the n-th on, as where
# nothing is left; of random numbers and of the service's zone there are few.  A
# handshake over TLS allocates thousands of times, of which each rare-th fails,
# and fewer where each is followed by a pause.

sub memory {
    my ($self, $every, $rare, @on) = @_;

    # for the step that comes last
    $self->sow;

    my %every = (tls => $rare, tls_token => 40 * $rare);

    for my $step ($self->steps) {
        $self->sweep_ok($step, 'alloc', every => $every{$step} || $every);
        $self->sweep_ok($step, $step =~ /^svc_/ ? 'slab' : 'random');
    }

    $self->sweep_ok($_, 'alloc', every => 2 * $every, on => 1) for @on;

    # what was once through it does not grow in another round

    my $before = $self->live;
    $self->sweep_ok($_, 'alloc', every => 2 * $every + 1) for qw(device poll);
    cmp_ok($self->live - $before, '<', 65536, 'the worker has not grown');
}


# every n-th system call on the connections to a provider

sub calls {
    my ($self, $every, @errors) = @_;

    $self->rig->provider;

    for my $step (qw(device token poll tls)) {
        $self->sweep_ok($step, 'call', every => $every, errno => $_)
            for @errors;
    }
}


# bytes that the worker has in use, when nobody is connected

sub live {
    my ($self) = @_;

    return $self->rig->live(sub { $self->site->client->get('/metrics') });
}


# where it was, in short

sub said {
    my ($found) = @_;

    my @where = grep { !/^(?:rig_|ngx_p?n?c?alloc|ngx_palloc_large)/ }
        @{$found->{where}};

    return ' (' . join(' < ', @where[0 .. ($#where > 5 ? 5 : $#where)]) . ')';
}


sub finish {
    my ($self, $part) = @_;

    Idv::Soak::row($part, %{$self->{count}});

    unlike($self->{app}->read_file('app.log'), qr/never/,
        'nobody got through who should not');

    Idv::Nginx::finish();
}


1;
