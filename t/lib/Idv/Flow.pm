package Idv::Flow;

# One flow, as an API client drives it.  Each call keeps the answer; where that
# has a state it becomes the flow's.
#
#     $flow->act('deviceAuthentication', { deviceAuthentication => 'other' });
#     is($flow->status, 'ID_VERIFICATION_OPTIONS');

use strict;
use warnings;

use JSON::PP ();
use Time::HiRes qw(time sleep);

my $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, %arg) = @_;

    return bless { state => {}, %arg }, $class;
}


sub site { $_[0]{site} }
sub client { $_[0]{client} }
sub answer { $_[0]{answer} }
sub state { $_[0]{state} }
sub id { $_[0]{state}{id} }
sub status { $_[0]{state}{status} // '' }


# the path of the flow, from the link in its own state

sub path {
    my ($self) = @_;

    my $href = $self->{state}{_links}{self}{href} // '';
    $href =~ s{^https?://[^/]+}{};

    return $href;
}


# what the client may do now, as the state's links say

sub actions {
    my ($self) = @_;

    return grep { $_ ne 'self' } sort keys %{$self->{state}{_links} || {}};
}


sub start {
    my ($self) = @_;

    return $self->take($self->client->get($self->{path},
        Accept => 'application/json'));
}


sub take {
    my ($self, $answer) = @_;

    $self->{answer} = $answer;
    $self->site->met($answer) if $self->site;

    my $state = $answer->json;

    if (ref $state eq 'HASH' && defined $state->{status}) {
        $self->{state} = $state;

        $self->{transaction} = $1
            if ($state->{webVerificationUrl} // '')
               =~ /[?&]txnid=([0-9a-fA-F-]{36})/;

        $self->site->service->link($state->{webVerificationUrl})
            if $self->site && $state->{webVerificationUrl};

        my $nginx = $self->site && $self->site->nginx;
        $nginx->forbid($state->{verificationCode},
            $self->client->cookie_values) if $nginx;
    }

    return $answer;
}


sub read {
    my ($self) = @_;

    return $self->take($self->client->get($self->path,
        'X-XSRF-Header' => 'test', Accept => 'application/json'));
}


# act(ACTION, MODEL, Name => value ...); the model may be bytes, or undef for
# an empty body

sub act {
    my ($self, @action) = @_;

    return $self->take($self->client->request($self->message(@action)));
}


# what is sent, as the client's request(), send() and bytes() take it

sub message {
    my ($self, $action, $model, @headers) = @_;

    my $body = ref $model ? $json->encode($model) : $model // '';

    return ('POST', $self->path, @headers, 'X-XSRF-Header' => 'test',
        'Content-Type' => "application/vnd.pingidentity.$action+json",
        -body => $body);
}


# act() in two halves, for what happens in between

sub begin {
    my ($self, @action) = @_;

    return $self->client->send($self->message(@action));
}


sub end {
    my ($self) = @_;

    return $self->take($self->client->receive);
}


sub poll { $_[0]->act('poll', {}) }
sub retry { $_[0]->act('retryVerification') }
sub cancel { $_[0]->act('cancelAuthentication') }
sub continue { $_[0]->act('continueAuthentication', {}) }


sub device {
    my ($self, $device) = @_;

    return $self->act('deviceAuthentication',
        { deviceAuthentication => $device });
}


# choose('email'), choose('phone', 1) or choose(): by what the state offers

sub choose {
    my ($self, $kind, $index) = @_;

    my %list = (email => 'emails', phone => 'phones');
    my %model = (email => undef, phone => undef,
                 optionsAuthentication => JSON::PP::true);

    $model{$kind} = $self->{state}{$list{$kind}}[$index || 0][0] if $kind;

    return $self->act('optionsAuthentication', \%model);
}


# the shortest way to ID_VERIFICATION_REQUIRED

sub require_code {
    my ($self) = @_;

    $self->device('other') if $self->status eq 'ID_VERIFICATION_DEVICE';
    $self->choose if $self->status eq 'ID_VERIFICATION_OPTIONS';

    return $self->status;
}


# the id of the newest transaction, as the phone has learnt it from the link

sub transaction { $_[0]{transaction} }


# what happens on the phone

sub phone {
    my ($self, $status, %more) = @_;

    return $self->site->service->set($self->transaction, $status, %more);
}


# the whole way to the session; more is what the phone says (see phone())

sub verify {
    my ($self, %more) = @_;

    $self->require_code;
    $self->phone(delete $more{status} // 'SUCCESS', %more);
    $self->reach('ID_VERIFICATION_COMPLETED');
    $self->continue;

    die 'not verified: ', $self->status, ' ', $self->answer->body, "\n"
        if $self->status ne 'COMPLETED';

    return $self;
}


# polls until the flow is in a state, as a client would, only faster

sub reach {
    my ($self, $status, $seconds) = @_;

    my $deadline = time + ($seconds || 15);

    while (1) {
        $self->poll;
        return 1 if $self->status eq $status;
        return 0 if time > $deadline || $self->answer->status != 200;
        sleep 0.05;
    }
}


1;
