package Idv::Phone;

# The phone of a person at the capture page of the local service, by HTTP: what
# is sent, the page that comes back, and what the API says of the transaction.
#
#     my $phone = Idv::Phone->create($service, 'ann', requirements => {...});
#     $phone->begin->document(zone => $lines)->selfie->submit;
#     $phone->state->{status}
#
# Of what is given, photos are bytes.  A document without machine-readable lines
# is a sample passport, but for what is said otherwise.

use strict;
use warnings;

use MIME::Base64 ();

use Idv::Page;

use constant {
    PHOTO => MIME::Base64::decode_base64(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD'
        . 'hgGAWjR9awAAAABJRU5ErkJggg=='),
    NO_PHOTO => 'this is no photo',
};

my %paper = (
    idType => 'passport',
    documentNumber => 'X1234567',
    firstName => 'ANN',
    lastName => 'EXAMPLE',
    birthDate => '1990-04-12',
    expirationDate => '2090-01-01',
    issuingCountry => 'UTO',
);


# somebody has made the transaction, and this is its link, or what the API has
# answered

sub new {
    my ($class, $service, $link) = @_;

    $link = $link->{webVerificationUrl} if ref $link;

    my ($path) = ($link // '') =~ m{^https?://[^/]+(/.*)$}
        or die "no link for a phone\n";

    my ($id, $code) = map { $path =~ /[?&]$_=([\w-]+)/ } qw(txnid code);

    $service->{nginx}->forbid($code) if $service->{nginx};

    return bless { service => $service, path => $path, id => $id }, $class;
}


# a transaction of that user, and the phone that has its link

sub create {
    my ($class, $service, $user, %model) = @_;

    my $answer = $service->api('POST', "users/$user/verifyTransactions",
        \%model);

    die "no transaction: ", $answer->status, ' ', $answer->body, "\n"
        if $answer->status != 201;

    my $self = $class->new($service, $answer->json);
    $self->{user} = $user;

    return $self;
}


sub of { my ($self, $user) = @_; $self->{user} = $user; return $self }

sub answer { $_[0]{answer} }
sub status { $_[0]{answer}->status }
sub html { $_[0]{answer}->body }


# opens the link

sub open {
    my ($self, @headers) = @_;

    $self->{answer} = $self->{service}->http->get($self->{path}, @headers);

    return $self;
}


sub page { $_[0]->open->html }


# step(NAME, field => value ...): one form, and the page that follows

sub step {
    my ($self, $name, %field) = @_;

    my $mark = 'a-mark-that-no-field-has';

    my $body = join '', map {
        my $file = /^(?:photo|camera)$/ ? qq{; filename="$_.png"} : '';
        "--$mark\r\nContent-Disposition: form-data; name=\"$_\"$file\r\n\r\n"
            . ($_ eq 'step' ? $name : $field{$_}) . "\r\n"
    } 'step', sort keys %field;

    $self->{answer} = $self->{service}->http->post($self->{path},
        "$body--$mark--\r\n",
        'Content-Type' => "multipart/form-data; boundary=$mark");

    $self->{sent} = $self->{answer};
    $self->open if $self->status == 303;

    return $self;
}


# the answer to the last form itself

sub sent { $_[0]{sent} }


sub begin { $_[0]->step('begin') }
sub choose { $_[0]->step('choose', idType => $_[1]) }
sub front { $_[0]->step('front', camera => $_[1] // PHOTO) }
sub back { $_[0]->step('back', camera => $_[1] // PHOTO) }
sub without { $_[0]->step('without', what => $_[1]) }
sub selfie { $_[0]->step('selfie', camera => $_[1] // PHOTO) }
sub skip { $_[0]->step('skip') }
sub change { $_[0]->step('change', what => $_[1]) }
sub submit { $_[0]->step('submit') }


sub details {
    my ($self, %field) = @_;

    %field = (%paper, %field) if !exists $field{zone};
    delete $field{idType};

    return $self->step('document', %field);
}


# all that is asked of a document; with a photo it is that of each side

sub document {
    my ($self, %field) = @_;

    my $photo = delete $field{photo};

    $self->open;
    $self->change('kind') if !$self->asks('choose');

    die 'no document is asked for on "', $self->heading, "\"\n"
        if !$self->asks('choose');

    $self->choose($field{idType} // $paper{idType});

    for my $side (qw(front back)) {
        next if !$self->asks($side);

        $self = defined $photo ? $self->$side($photo) : $self->without($side);
    }

    return $self->asks('document') ? $self->details(%field) : $self;
}


# from the link to the last step

sub all {
    my ($self, %field) = @_;

    $self->begin->document(%field)->selfie->submit;
    $self->{service}->advance(1);

    return $self;
}


# the steps that the page has forms for

sub asked { $_[0]->html =~ /name="step" value="(\w+)"/g }

sub asks {
    my ($self, $step) = @_;

    return scalar grep { $_ eq $step } $self->asked;
}


sub heading { $_[0]->shown(qr{<h1>(.*?)</h1>}s) }
sub problem { $_[0]->shown(qr{role="alert"[^>]*>(.*?)</p>}s) }
sub said { $_[0]->shown(qr{role="status">(.*?)</p>}s) }

sub shown {
    my ($self, $pattern) = @_;

    return $self->html =~ $pattern ? Idv::Page::text($1) : '';
}


# the API: api(METHOD, PATH below the transaction, MODEL)

sub api {
    my ($self, $method, $path, $model) = @_;

    return $self->{service}->api($method,
        "users/$self->{user}/verifyTransactions/$self->{id}$path", $model);
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
