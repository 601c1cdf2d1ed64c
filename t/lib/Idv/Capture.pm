package Idv::Capture;

# The phone of a person: the capture page of the local verification service, by
# HTTP, and what the API says of the same transaction.
#
#     my $phone = Idv::Capture->new($site, 'ann', requirements => {...});
#     $phone->begin;
#     $phone->document(documentNumber => ..., zone => $lines);
#     $phone->selfie;
#     $phone->transaction->{transactionStatus}

use strict;
use warnings;

use MIME::Base64 ();

use Idv::HTTP;
use Idv::Page;

my $picture = MIME::Base64::decode_base64(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlE'
    . 'QVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==');


sub new {
    my ($class, $site, $user, %model) = @_;

    my $service = delete $model{service} || $site->service;
    my $answer = $service->api('POST', "users/$user/verifyTransactions",
        \%model);

    die "no transaction: ", $answer->status, ' ', $answer->body, "\n"
        if $answer->status != 201;

    my $tx = $answer->json;

    return $class->at($site, $user, $tx->{webVerificationUrl}, $service);
}


# somebody else has made the transaction, and this is its link

sub at {
    my ($class, $site, $user, $url, $service) = @_;

    my ($path) = $url =~ m{^http://[^/]+(/.*)} or die "no link\n";
    my ($id, $code) = map { $path =~ /[?&]$_=([\w-]+)/ } qw(txnid code);

    $site->nginx->forbid($code);

    return bless { service => $service || $site->service, path => $path,
                   tx => "users/$user/verifyTransactions/$id" }, $class;
}


sub open {
    my ($self) = @_;

    $self->{answer} = $self->{service}->http->get($self->{path});

    return $self;
}


# step(NAME, field => value ...): one form, and the page that follows

sub step {
    my ($self, $name, %field) = @_;

    my $mark = 'a-mark-that-no-field-has';
    my $body = '';

    for my $key ('step', sort keys %field) {
        my $value = $key eq 'step' ? $name : $field{$key};
        my $file = ref $value ? '; filename="photo.png"' : '';

        $body .= "--$mark\r\nContent-Disposition: form-data; "
            . "name=\"$key\"$file\r\n\r\n" . (ref $value ? $$value : $value)
            . "\r\n";
    }

    $self->{answer} = $self->{service}->http->post($self->{path},
        "$body--$mark--\r\n",
        'Content-Type' => "multipart/form-data; boundary=$mark");

    $self->open if $self->status == 303;

    return $self;
}


sub begin { $_[0]->step('begin') }
sub document { my $self = shift; $self->step('document', @_) }
sub selfie { $_[0]->step('selfie', photo => $_[1] || \$picture) }

# from the link to the last step

sub all {
    my ($self, @fields) = @_;

    $self->begin;
    $self->document(@fields);
    $self->selfie;
    $self->{service}->advance(1);

    return $self;
}


sub answer { $_[0]{answer} }
sub status { $_[0]{answer}->status }
sub html { $_[0]{answer}->body }

sub heading {
    my ($self) = @_;

    return $self->html =~ m{<h1>(.*?)</h1>}s ? Idv::Page::text($1) : '';
}

sub problem {
    my ($self) = @_;

    return $self->html =~ m{role="alert">(.*?)</p>}s ? Idv::Page::text($1) : '';
}

sub said {
    my ($self) = @_;

    return $self->html =~ m{role="status">(.*?)</p>}s ? Idv::Page::text($1)
                                                      : '';
}


# the API: api(METHOD, PATH below the transaction, MODEL)

sub api {
    my ($self, $method, $path, $model) = @_;

    return $self->{service}->api($method, "$self->{tx}$path", $model);
}


sub transaction { $_[0]->api('GET', '')->json }
sub state { $_[0]->transaction->{transactionStatus} }


# GOVERNMENT_ID, with the keys that have a value

sub data {
    my ($self) = @_;

    my $list = $self->api('GET', '/verifiedData?type=GOVERNMENT_ID')
        ->json->{_embedded}{verifiedData};

    my $data = @$list ? $list->[0]{data} : {};

    return { map { $_ => $data->{$_} } grep { $data->{$_} ne '' }
                 keys %$data };
}


# metadata of a type, if there is any

sub found {
    my ($self, $type) = @_;

    my $list = $self->api('GET', '/metaData')->json->{_embedded}{metaData};

    return (grep { $_->{type} eq $type } @$list)[0];
}


1;
