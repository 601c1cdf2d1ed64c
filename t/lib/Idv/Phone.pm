package Idv::Phone;

# The user's phone at the capture page of the local service: what is sent, and
# the page that comes back.
#
#     my $phone = Idv::Phone->new($service, $transaction);
#     $phone->begin->document->selfie;
#     $phone->document(birthDate => '', photo => Idv::Phone::NO_PHOTO);

use strict;
use warnings;

use MIME::Base64 ();

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


# with what the API answered when the transaction was created

sub new {
    my ($class, $service, $transaction) = @_;

    my ($path) = $transaction->{webVerificationUrl} =~ m{^https?://[^/]+(/.*)$}
        or die 'no link for a phone';

    return bless { http => $service->http, path => $path }, $class;
}


sub answer { $_[0]{answer} }


# the page as it is now

sub page {
    my ($self) = @_;

    $self->{answer} = $self->{http}->get($self->{path});

    return $self->{answer}->body;
}


sub begin { return $_[0]->step('begin') }
sub skip { return $_[0]->step('skip') }


sub document {
    my ($self, %field) = @_;

    my $photo = delete $field{photo};

    return $self->step('document', %paper, %field,
        defined $photo ? (photo => $photo) : ());
}


sub selfie {
    my ($self, $photo) = @_;

    return $self->step('selfie', camera => $photo // PHOTO);
}


sub step {
    my ($self, $step, %field) = @_;

    my $boundary = 'a-part-of-a-form';

    my $body = join '', map {
        my $file = /^(?:photo|camera)$/ ? qq{; filename="$_.png"} : '';
        "--$boundary\r\nContent-Disposition: form-data; name=\"$_\"$file\r\n\r\n"
            . ($_ eq 'step' ? $step : $field{$_}) . "\r\n"
    } 'step', sort keys %field;

    $self->{answer} = $self->{http}->post($self->{path},
        "$body--$boundary--\r\n",
        'Content-Type' => "multipart/form-data; boundary=$boundary");

    return $self;
}


1;
