package Idv::ConsoleFaults;

# As Idv::Faults, with the console: what it shows, what it changes, its pages.

use strict;
use warnings;

use Idv::Steps;
use Idv::WebFaults;

use parent 'Idv::Faults';

my $list = '/v1/environments/' . Idv::Site::ENVIRONMENT . '/users/ann';
my %tx = (id => 'd1c2a8f0-77aa-4d6c-8b63-9e0a4f2b6c31',
    transactionStatus => { status => 'SUCCESS' });

# what a provider with a directory says

my @directory = (
    { path => "$list/verifyStatus", json => { verifyStatus => 'ENABLED' } },
    { path => "$list/resetVerification", status => 204 },
    { path => "$list/verifyTransactions/", method => 'GET',
      json => { _embedded => { metaData => [{ type => 'LIVENESS' }] }, %tx } },
    { path => "$list/verifyTransactions", method => 'GET',
      json => { _embedded => { verifyTransactions => [] } } },
    { path => "$list/verifyTransactions", method => 'POST', status => 201,
      json => { sendNotification => { results => [{ sent => \1 }] } } },
    { path => $list, json => { id => 'ann', email => 'ann@example.com',
      name => { given => 'Ann' } } },
);


sub new {
    my ($class) = @_;

    return $class->SUPER::new(locations => sub { <<'END' });
        location /console/ {
            auth_idv_console_role administrator;
            idv_console           local;
            idv_console_audit     %%DIR%%/audit.log;
        }
END
}


sub apply {
    my ($self) = @_;

    my $pingone = $self->{pingone};
    $pingone->mock->rules(@directory, $pingone->script);
}


sub looks {
    my ($method, $path, @headers) = @_;

    my $step = Idv::WebFaults::asks(\&judge, 200, $method, "/console/$path",
        @headers);
    my $make = $step->{make};

    return { %$step, make => sub { $_[0]->apply; $make->(@_) } };
}


sub changes {
    my ($path, $input) = @_;

    return looks('POST', "api/$path", 'Content-Type' => 'application/json',
        'X-IDV-Console' => '1', -body => $input);
}


# what the provider sent may not be read, and what is told not be written

sub judge {
    my ($self, $item, $answer) = @_;

    return Idv::Steps::http($answer, '200|500|502|503');
}


my %steps = (
    console_user => looks('GET', 'api/users/ann'),
    console_transaction => looks('GET',
        "api/users/ann/verifyTransactions/$tx{id}"),
    console_flows => looks('GET', 'api/flows?user=ann'),
    console_page => looks('GET', 'users/ann'),
    console_reset => changes('users/ann/reset', '{}'),
    console_status => changes('users/ann/status', '{"status":"ENABLED"}'),
);


sub table { return \%steps }


1;
