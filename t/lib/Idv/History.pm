package Idv::History;

# What people did and were told, and whether it can have been so.  The checker
# knows the table of states from the design, not from the code.
#
#     my $history = $crowd->end(30);
#     my @wrong = $history->check(app => [...], killed => { pid => time },
#         told => { pid => time });
#     $history->requests, $history->flows, $history->admitted
#
# killed are workers that died, told are those that had to go by themselves: the
# connections of the first may break, and what was asked there may have been
# done or not; a connection of the second may have been closed just when it was
# used again, and then nothing was done.
#
# app are the requests that reached the application: { s, n, user, tx, time }.
#
# gone(before, now, reached): true where a flow may be unknown, told by the two
# answers and the states that it may have had between; late(before, now): where
# its time may be over; shut(request): where a session may be refused;
# unrevoked(time): where one that was revoked may be good.
#
# What is found is a list of [kind, text]; kinds are "lost" and "wrong".

use strict;
use warnings;

use constant SLACK => 0.5;           # seconds between a signal and its effect

my @fields = qw(number user connection nth worker kind sent received flow http
                status tx issued session error);

my $short = qr/^ID_VERIFICATION_/;

# who moves a flow from where to where; GONE is all that a 404 says

my %by_action = (
    deviceAuthentication => { DEVICE => [qw(OPTIONS REQUIRED)] },
    optionsAuthentication => { OPTIONS => ['REQUIRED'] },
    retryVerification => { map { $_ => ['DEVICE'] }
        qw(OPTIONS REQUIRED FAILED TIMED_OUT) },
    cancelAuthentication => { map { $_ => ['CANCELED'] }
        qw(DEVICE OPTIONS REQUIRED IN_PROGRESS FAILED TIMED_OUT) },
    continueAuthentication => { COMPLETED => ['ENDED'] },
);

my %by_phone = (
    INITIATED => {},
    IN_PROGRESS => { REQUIRED => ['IN_PROGRESS'] },
    SUCCESS => { map { $_ => ['COMPLETED'] } qw(REQUIRED IN_PROGRESS) },
    FAIL => { map { $_ => [qw(REQUIRED FAILED)] } qw(REQUIRED IN_PROGRESS) },
    TIME_OUT => { map { $_ => ['TIMED_OUT'] } qw(REQUIRED IN_PROGRESS) },
);

my %by_time = map { $_ => ['TIMED_OUT'] }
    qw(DEVICE OPTIONS REQUIRED IN_PROGRESS COMPLETED);

my %ends = (COMPLETED => 'ENDED', RESUME => 'ENDED', FAILED => 'CANCELED');


sub new {
    my ($class, $path) = @_;

    my $self = bless { phone => {}, stuck => [], requests => [] }, $class;

    open my $file, '<', $path or die "$path: $!";

    while (my $line = <$file>) {
        chomp $line;
        my ($kind, @values) = split /\t/, $line, -1;

        $self->add($kind, @values);
    }

    return $self;
}


sub add {
    my ($self, $kind, @values) = @_;

    if ($kind eq 'P') {
        push @{$self->{phone}{$values[1]}}, { at => $values[0],
                                              status => $values[2] };

    } elsif ($kind eq 'S') {
        push @{$self->{stuck}}, join ' ', @values[1 .. 3];

    } else {
        my %request;
        @request{@fields} = @values;
        $request{error} = '' if $request{error} eq '-';
        push @{$self->{requests}}, \%request;
    }
}


sub requests { scalar @{$_[0]{requests}} }
sub admitted { scalar grep { $_->{kind} eq 'admit' && $_->{http} == 200 }
                           @{$_[0]{requests}} }
sub refused { scalar grep { $_->{http} =~ /^(?:503|429)$/ } @{$_[0]{requests}} }
sub repeated { $_[0]{repeated} // 0 }
sub broken { $_[0]{broken} // 0 }


sub flows {
    my ($self) = @_;

    my %ids = map { $_->{flow} => 1 } @{$self->{requests}};
    delete $ids{'-'};

    return scalar keys %ids;
}


sub completed { scalar grep { $_->{issued} } @{$_[0]{requests}} }


sub check {
    my ($self, %arg) = @_;

    my $never = sub { 0 };

    $self->{$_} = $arg{$_} || $never for qw(gone late shut unrevoked);
    $self->{$_} = $arg{$_} || {} for qw(killed told);
    $self->{found} = [];
    $self->{$_} = 0 for qw(repeated broken);

    $self->found('lost', "stuck: $_") for @{$self->{stuck}};

    $self->answers;
    $self->application($arg{app} || []);

    my %flows;
    push @{$flows{$_->{flow}}}, $_ for @{$self->{requests}};
    delete $flows{'-'};

    $self->flow($_, $flows{$_}) for sort keys %flows;

    return @{$self->{found}};
}


sub found {
    my ($self, $kind, $text, @requests) = @_;

    push @{$self->{found}},
        [$kind, join "\n    ", $text, map { line($_) } @requests];
}


sub line {
    my ($request) = @_;

    return join ' ', map { "$_=$request->{$_}" } grep { $request->{$_} ne '' }
        @fields;
}


# Every request has an answer, and one of those that there are.

sub answers {
    my ($self) = @_;

    for my $request (@{$self->{requests}}) {

        if ($request->{error} eq '') {
            $self->found('wrong', 'an error of the server', $request)
                if $request->{http} >= 500 && $request->{http} != 503;
            next;
        }

        my $worker = $request->{worker};
        my $killed = $worker ? $self->{killed}{$worker}
            : (grep { $_ > $request->{sent} - SLACK
                      && $_ < $request->{received} + SLACK }
               values %{$self->{killed}})[0];

        if ($killed && $killed < $request->{received} + SLACK) {
            $self->{broken}++;
            $request->{maybe} = 1;

        } elsif ($request->{error} =~ /closed without|connection error/
                 && $request->{nth} > 1
                 && ($self->{told}{$worker} // 9e99)
                    < $request->{received} + SLACK)
        {
            $self->{repeated}++;

        } else {
            $self->found('lost', 'no answer', $request);
        }
    }
}


# Whoever reached the application had a session of a flow of that very person,
# whose transaction was a success by then; whoever has one reaches it, once.

sub application {
    my ($self, $app) = @_;

    my %issued = map { $_->{number} => $_ } grep { $_->{issued} }
        @{$self->{requests}};
    my %visits;

    for my $visit (@$app) {
        my $session = $issued{$visit->{s}};
        my $text = join ' ', map { "$_=" . ($visit->{$_} // '') } sort
            keys %$visit;

        next if $visit->{s} eq 'revoked'
                && $self->{unrevoked}->($visit->{time});

        $visits{$visit->{n}}++;

        if (!$session) {
            $self->found('wrong', "admitted without a session: $text");
            next;
        }

        my ($success) = grep { $_->{status} eq 'SUCCESS' }
            @{$self->{phone}{$session->{tx}} || []};

        $self->found('wrong', "admitted as somebody else: $text", $session)
            if $visit->{user} ne $session->{user}
               || $visit->{tx} ne $session->{tx};
        $self->found('wrong', "admitted without a success: $text", $session)
            if !$success || $success->{at} > $visit->{time} + SLACK;
    }

    for my $request (grep { $_->{kind} eq 'admit' } @{$self->{requests}}) {
        next if $request->{error} ne '';

        $self->found('wrong', 'a session is refused', $request)
            if $request->{http} == 403 && !$self->{shut}->($request);
    }

    $self->found('wrong', "visit $_ came $visits{$_} times")
        for grep { $visits{$_} > 1 } sort keys %visits;

    $self->found('wrong', 'answered without the application')
        if $self->admitted > @$app;
}


# One flow: what its clients were told, in the order of time.

sub flow {
    my ($self, $id, $requests) = @_;

    my @told = grep { defined } map { observation($_) }
        sort { $a->{received} <=> $b->{received} } @$requests;

    $self->twice($id, $requests);
    $self->transactions($id, $requests);

    for my $now (@told) {
        my ($before) = grep { $_->{received} < $now->{sent} } reverse @told;

        next if !$before;

        my $reached = $self->reached($requests, $before, $now);

        next if $self->{gone}->($before, $now, $reached);
        next if $now->{state} eq 'GONE'
            ? $reached->{ENDED} || $reached->{CANCELED} || $reached->{GONE}
            : $reached->{$now->{state}};

        $self->found($now->{state} eq 'GONE' ? 'lost' : 'wrong',
            "flow $id: $before->{state} -> $now->{state}", $before, $now);
    }
}


# the request with the state that its answer shows, if it does

sub observation {
    my ($request) = @_;

    my $status = $request->{status};
    my $state;

    return if $request->{error} ne '';

    if ($request->{http} == 404) {
        $state = 'GONE';

    } elsif ($status =~ s/$short//) {
        $state = $status;

    } elsif ($request->{http} == 200) {
        $state = $ends{$status};
    }

    return $state && { %$request, state => $state };
}


sub reached {
    my ($self, $requests, $before, $now) = @_;

    # what was done between the two, or may have been

    my @moves = map { $by_action{$_->{kind}} || () } grep {
        $_->{sent} < $now->{received}
        && ($_->{maybe} || $_->{http} == 200
                           && $_->{received} > $before->{sent})
    } @$requests;

    my %seen = map { $_->{tx} => 1 } @$requests;

    push @moves, map { $by_phone{$_->{status}} }
        grep { $_->{at} < $now->{received} }
        map { @{$self->{phone}{$_} || []} } keys %seen;

    push @moves, \%by_time
        if $self->{late}->($before, $now);

    my %reached = ($before->{state} => 1);
    my @left = ($before->{state});

    while (defined(my $state = shift @left)) {
        for my $next (map { @{$_->{$state} || []} } @moves) {
            push @left, $next if !$reached{$next}++;
        }
    }

    return \%reached;
}


sub twice {
    my ($self, $id, $requests) = @_;

    my @issued = grep { $_->{issued} } @$requests;
    my @completed = grep { $_->{status} eq 'COMPLETED' } @$requests;

    $self->found('wrong', "flow $id: completed twice", @issued, @completed)
        if @issued > 1 || @completed > 1;
}


# A flow's transaction is another one only after a failure or by an action that
# creates one, never one that it had before.

sub transactions {
    my ($self, $id, $requests) = @_;

    my @shown = grep { $_->{tx} ne '-' && $_->{error} eq '' }
        sort { $a->{received} <=> $b->{received} } @$requests;
    my %over;

    for my $now (@shown) {
        my ($before) = grep { $_->{received} < $now->{sent} } reverse @shown;

        next if !$before || $before->{tx} eq $now->{tx};

        my @created = grep {
            $_->{kind} =~ /^(?:device|options)Authentication$/
            && $_->{sent} < $now->{received}
            && ($_->{maybe} || $_->{received} > $before->{sent})
        } @$requests;

        my @failed = grep { $_->{status} eq 'FAIL' }
            @{$self->{phone}{$before->{tx}} || []};

        $over{$before->{tx}} = 1;

        $self->found('wrong', "flow $id: another transaction", $before, $now)
            if $over{$now->{tx}} || !@created && !@failed;
    }
}


1;
