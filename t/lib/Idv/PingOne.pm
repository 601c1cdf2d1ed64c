package Idv::PingOne;

# PingOne Verify as a script: it says what it is told, also what PingOne never
# would.  All transactions have one id, so a test sees one user at a time, or
# does not mind.
#
#     my $pingone = Idv::PingOne->new;     # or with data => { claim => ... }
#     my $site = $pingone->site(provider => '...');
#
#     $pingone->status('INITIATED');
#     $pingone->fault(read => { status => 500 });
#     $pingone->well;
#     $pingone->calls('read')

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Time::HiRes ();

use Idv::Mock;
use Idv::Site;

use constant {
    TRANSACTION => '6f0d1c52-8a37-4be9-b1d4-0e5a97c3f826',
    CODE => '482915',
    TOKEN => 'eyJhbGciOiJSUzI1NiJ9.bW9jay10b2tlbg.c2lnbmVk',
};

# what is asked, and how to tell by method and path

my %kinds = (
    token => { method => 'POST', pattern => '/as/token$' },
    create => { method => 'POST', pattern => '/verifyTransactions$' },
    read => { method => 'GET', pattern => '/verifyTransactions/[^/]+$' },
    data => { method => 'GET', pattern => '/verifiedData' },
);


sub new {
    my ($class, %arg) = @_;

    my $self = bless { status => 'REQUESTED', faults => [],
        data => $arg{data} || {} }, $class;

    $self->{mock} = Idv::Mock->new($self->script);

    return $self;
}


sub mock { $_[0]{mock} }
sub port { $_[0]{mock}->port }


# a gate in front of which it is PingOne

sub site {
    my ($self, %arg) = @_;

    my $site = Idv::Site->new(
        peer => 'http://127.0.0.1:' . $self->port, %arg);

    $site->nginx->forbid(TOKEN, CODE, MIME::Base64::encode_base64(
        Idv::Site::CLIENT . ':' . Idv::Site::SECRET, ''));

    return $site;
}


# the good answers, with members of their own on top

sub token_json {
    my ($self, %more) = @_;

    return { access_token => TOKEN, token_type => 'Bearer',
             expires_in => 3600, %more };
}


sub transaction_json {
    my ($self, %more) = @_;

    return {
        id => TRANSACTION,
        transactionStatus => { status => $self->{status} },
        webVerificationUrl =>
            'https://verify.example/web?txnid=' . TRANSACTION . '&c=1',
        webVerificationCode => CODE,
        expiresAt => '2099-01-01T00:00:00.000Z',
        verifyPolicy => { transaction => {
            dataCollectionOnly => JSON::PP::false } },
        %more,
    };
}


sub data_json {
    my ($self, %more) = @_;

    return { _embedded => { verifiedData => [
        { id => TRANSACTION, type => 'GOVERNMENT_ID',
          data => { firstName => 'ANN', lastName => 'EXAMPLE',
                    %{$self->{data}}, %more } },
    ] } };
}


# what reading a transaction says from now on

sub status {
    my ($self, $status) = @_;

    $self->{status} = $status;
    $self->apply;
}


# fault(KIND => rule of Idv::Mock, ...): instead of what was set before

sub fault {
    my ($self, @faults) = @_;

    $self->{faults} = [];

    while (my ($kind, $rule) = splice(@faults, 0, 2)) {

        # the moment of accepting has no method and no path
        my $when = $kind eq 'accept' ? {} : $kinds{$kind};

        push @{$self->{faults}}, { %$when, %$rule };
    }

    $self->apply;
}


sub well {
    my ($self) = @_;

    $self->fault;
}


sub apply {
    my ($self) = @_;

    $self->mock->rules($self->script);
}


sub script {
    my ($self) = @_;

    return (
        @{$self->{faults}},
        { %{$kinds{token}}, json => $self->token_json },
        { %{$kinds{create}}, status => 201,
          json => $self->transaction_json(
              transactionStatus => { status => 'REQUESTED' }) },
        { %{$kinds{read}}, json => $self->transaction_json },
        { %{$kinds{data}}, json => $self->data_json },
    );
}


# the requests of a kind so far; those of them that were given up

sub calls { $_[0]->of_kind($_[1], $_[0]->mock->calls) }
sub abandoned { $_[0]->of_kind($_[1], $_[0]->mock->abandoned) }


sub of_kind {
    my ($self, $name, @calls) = @_;

    my $kind = $kinds{$name};

    return grep { $_->{method} eq $kind->{method}
                  && $_->{path} =~ /$kind->{pattern}/ } @calls;
}


# waits until there are more than so many requests of a kind

sub wait_for {
    my ($self, $name, $seen, $seconds) = @_;

    my $deadline = Time::HiRes::time() + ($seconds || 10);

    while (Time::HiRes::time() < $deadline) {
        return 1 if (() = $self->calls($name)) > ($seen || 0);
        Time::HiRes::sleep(0.02);
    }

    return 0;
}


1;
