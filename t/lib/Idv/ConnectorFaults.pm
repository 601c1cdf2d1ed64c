package Idv::ConnectorFaults;

# As Idv::Faults, with steps of the connector: answers as a whole and in pieces,
# and what is refused.

use strict;
use warnings;

use Time::HiRes qw(sleep);

use Idv::Connector;
use Idv::HTTP;
use Idv::Mock;

use parent 'Idv::Faults';

use constant DOCUMENT => '{"id":"d","value":"' . 'x' x 9000 . '"}';

my @key = (Authorization => 'Bearer ' . Idv::Connector::KEY,
    'Content-Type' => 'application/json');
my %input = (readDocument => '{"userId":"a","transactionId":"t",'
    . '"documentId":"d"}', none => '{"userId":7}');


sub new {
    my ($class) = @_;

    my $mock = Idv::Mock->new(
        { pattern => '/as/token$', json => { access_token => 't',
            token_type => 'Bearer', expires_in => 3600 } },
        { pattern => '/users/slow/', status => 429,
            headers => ['Retry-After' => 0], json => {} },
        { path => '/v1/', body => DOCUMENT,
            headers => ['Content-Type' => 'application/json'] });

    my $self = $class->SUPER::new(
        http => Idv::Steps::other('apps', 'http://127.0.0.1:' . $mock->port,
            ''),
        files => { callers => Idv::Connector::line('application',
            Idv::Connector::KEY, '*') },
        locations => \&locations);

    $self->{mock} = $mock;

    return $self;
}


sub locations {
    return <<'END';
        location /connector/ {
            auth_basic            off;
            idv_connector         apps;
            idv_connector_callers callers;
            idv_connector_max_body 64k;
        }
END
}


# who asks for what, how it ends well, and what it then says

sub calls {
    my ($well, $says, $method, $body, @headers) = @_;

    my $ask = sub {
        return $_[1]->request($method, '/connector/readDocument',
            defined $body ? (-body => $body) : (), @headers);
    };

    return {
        make => sub { Idv::HTTP->new(port => $_[0]->site->port('gate')) },
        act => $ask,
        judge => sub {
            my ($self, $item, $answer) = @_;

            # an answer in pieces that breaks off says so by its end
            return if $answer->error && $answer->status == 200;

            return Idv::Steps::http($answer, '500|502|503')
                if $answer->status != $well;
            return $answer->body =~ $says ? () : 'it says something else';
        },
        again => sub {

            # what failed may not be tried again for a moment

            for (1 .. 80) {
                my $answer = $ask->(@_);

                return 1 if $answer->status == $well && $answer->body =~ $says;
                sleep 0.1;
            }

            return 0;
        },
    };
}


my $document = qr/"id":"d","value":"x{9000}"/;

my %steps = (
    whole => calls(200, qr/$document.*$document/, 'POST',
        $input{readDocument}, @key),
    pieces => calls(200, $document, 'POST', $input{readDocument}, @key,
        Prefer => 'return=minimal'),
    limited => calls(429, qr/"statusCode":429/, 'POST',
        '{"userId":"slow","transactionId":"t","documentId":"d"}', @key),
    unknown => calls(401, qr/"code"/, 'POST', $input{readDocument}),
    method => calls(405, qr/"code"/, 'GET', undef, @key),
    mistakes => calls(400, qr/"target"/, 'POST', $input{none}, @key),
    empty => calls(400, qr/"code"/, 'POST', '', @key),
    large => calls(413, qr/"code"/, 'POST', ' ' x 100_000, @key),
);


sub table { return \%steps }


1;
