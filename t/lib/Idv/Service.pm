package Idv::Service;

# The local verification service, as its /_control/ and its API show it.

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();

use Idv::HTTP;
use Idv::Verdict;

my $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, %arg) = @_;

    return bless { %arg, http => Idv::HTTP->new(port => $arg{port}) }, $class;
}


sub http { $_[0]{http} }


# control(METHOD, PATH, MODEL): the answer; a call that fails ends the test

sub control {
    my ($self, $method, $path, $model) = @_;

    my $answer = $self->http->request($method, "/_control/$path",
        defined $model ? ('Content-Type' => 'application/json',
                          -body => $json->encode($model)) : ());

    die "$method /_control/$path: ", $answer->status || $answer->error, ' ',
        $answer->body, "\n" if $answer->status !~ /^2/;

    return $answer->json;
}


# what a phone would open

sub link {
    my ($self, $url) = @_;

    $self->{links}{lc $1} = $url if $url =~ /[?&]txnid=([0-9a-fA-F-]{36})/;
}


# puts a transaction there; reason => 'TRANSACTION_TIMED_OUT', data => {...}

sub set {
    my ($self, $id, $status, %more) = @_;

    if (Idv::Verdict::POLICY && !Idv::Verdict::by_control($status, %more)) {
        my $link = $self->{links}{lc($id // 'none')}
            or die "nobody has seen the link of that transaction\n";

        return Idv::Verdict::reach($self, $link, $status, %more);
    }

    return $self->control('POST', 'transactions/' . ($id // 'none'),
        { status => $status, %more });
}


# the next requests that match are answered so; none: all is well again

sub faults {
    my ($self, @faults) = @_;

    return $self->control('PUT', 'faults',
        @faults > 1 ? \@faults : $faults[0] || {});
}


sub advance {
    my ($self, $seconds) = @_;

    # tokens are as old as the clock says
    delete $self->{token};

    return $self->control('POST', 'clock', { advanceSeconds => $seconds });
}


# how often paths with that prefix were called

sub requests {
    my ($self, $prefix) = @_;

    return $self->control('GET', "requests?path=$prefix")->{count};
}


# how often the transactions of our environment were called, by method; reads
# and creations have one prefix

sub transaction_calls {
    my ($self, $method) = @_;

    my $list = $self->control('GET',
        "requests?path=/v1/environments/$self->{environment}/users/")
        ->{requests};

    my $count = 0;
    $count += $_->{count} for grep { $_->{method} eq $method } @$list;

    return $count;
}


sub token_answer {
    my ($self) = @_;

    return $self->http->post("/$self->{environment}/as/token",
        'grant_type=client_credentials',
        'Content-Type' => 'application/x-www-form-urlencoded',
        Authorization => 'Basic ' . MIME::Base64::encode_base64(
            "$self->{client}:$self->{secret}", ''));
}


sub token {
    my ($self) = @_;

    my $token = ($self->token_answer->json || {})->{access_token};
    $self->{nginx}->forbid($token) if $self->{nginx};

    return $token;
}


# api(METHOD, PATH below /v1/environments/{id}/, MODEL); a token whose time is
# over, as the clock may have moved, is fetched anew

sub api {
    my ($self, $method, $path, $model) = @_;

    my $answer = $self->call($method, $path, $model);

    if ($answer->status == 401) {
        delete $self->{token};
        $answer = $self->call($method, $path, $model);
    }

    return $answer;
}


sub call {
    my ($self, $method, $path, $model) = @_;

    $self->{token} ||= $self->token;

    return $self->http->request($method,
        "/v1/environments/$self->{environment}/$path",
        Authorization => "Bearer $self->{token}",
        defined $model ? ('Content-Type' => 'application/json',
                          -body => $json->encode($model)) : ());
}


1;
