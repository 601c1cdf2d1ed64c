package Idv::Verdict;

# Verdicts by policy: with IDV_VERDICTS=policy a transaction of the local service
# becomes what a test wants by what a person does on the phone, and not by the
# control interface.  The document is a driving licence, by its barcode, which
# says what the control interface's sample says.
#
# What no phone and no policy of the service can bring about is left to the
# control interface: see by_control().

use strict;
use warnings;

use JSON::PP ();
use Time::HiRes qw(time sleep);

use Idv::Phone;

use constant POLICY => $ENV{IDV_VERDICTS} && $ENV{IDV_VERDICTS} eq 'policy';

# a minute is the least that a policy gives

use constant COLLECTION => 60;

my %sample = (
    firstName => 'ANN', middleName => 'MARIE', lastName => 'EXAMPLE',
    birthDate => '1990-04-12', documentNumber => 'E5500123',
    issueDate => '2024-04-12', expirationDate => '2034-04-12',
    issuingCountry => 'USA', addressStreet => '12 EXAMPLE STREET',
    addressCity => 'DENVER', addressState => 'CO', addressZip => '80202',
);

my %element = (
    lastName => 'DCS', firstName => 'DAC', middleName => 'DAD',
    birthDate => 'DBB', expirationDate => 'DBA', issueDate => 'DBD',
    issuingCountry => 'DCG', addressStreet => 'DAG', addressCity => 'DAI',
    addressState => 'DAJ', addressZip => 'DAK',
);


# the policies that an environment of the tests begins with

sub policies {
    return JSON::PP->new->encode([{
        name => 'verdicts', default => JSON::PP::true,
        governmentId => { verify => 'REQUIRED', failExpiredId => JSON::PP::true,
            inspectionType => 'AUTOMATIC', retry => { attempts => 0 } },
        facialComparison => { verify => 'REQUIRED', threshold => 'MEDIUM' },
        liveness => { verify => 'REQUIRED', threshold => 'MEDIUM',
            retry => { attempts => 0 } },
        transaction => { dataCollection => { timeout => {
            duration => COLLECTION, timeUnit => 'SECONDS' } } },
    }]);
}


# a status that nobody has decided by looking at something, checks that do not
# fit to one another, documents that say nothing or something that is none

sub by_control {
    my ($status, %more) = @_;

    my $data = $more{data} || {};

    return $more{verificationStatus}
        || $status eq 'NOT_REQUIRED'
        || ($status eq 'FAIL' && $more{data})
        || grep { !exists $element{$_} && $_ ne 'documentNumber'
                  || $data->{$_} !~ /^[\x20-\x7e]+$/ } keys %$data;
}


# puts the transaction of that link there; user is whose it is, or unknown

sub reach {
    my ($service, $link, $status, %more) = @_;

    my $phone = Idv::Phone->new($service, $link)->open;

    if ($status =~ /^APPROVED/) {
        $phone->of(owner($service, $phone->{id}));

        submit($phone, expirationDate => '2001-01-01');
        settle($phone);

        my $answer = $phone->api('PUT', '',
            { transactionStatus => { status => $status } });

        die "not approved: ", $answer->body, "\n" if $answer->status != 200;
        return;
    }

    # what has come to its end stays there

    return if $status eq 'REQUESTED' || !$phone->asked;

    $phone->begin if $phone->asks('begin');

    return if $status eq 'INITIATED';

    if (($more{reason} // '') eq 'TRANSACTION_TIMED_OUT') {
        $service->advance(COLLECTION);
        return;
    }

    if ($status eq 'PARTIAL' || $status eq 'IN_PROGRESS') {
        $phone->document(licence()) if !$phone->asks('selfie');
        return;
    }

    submit($phone, $status eq 'FAIL' ? (expirationDate => '2001-01-01')
                                     : %{$more{data} || {}});
    settle($phone);
}


sub submit {
    my ($phone, %data) = @_;

    $phone->begin if $phone->asks('begin');

    # one document may have been given before

    $phone->selfie if $phone->asks('selfie');
    $phone->document(licence(%data));
    $phone->selfie if $phone->asks('selfie');
    $phone->submit;
}


# until the service has decided

sub settle {
    my ($phone) = @_;

    my $deadline = time + 10;

    while ($phone->open->html =~ /<main data-refresh="[1-9]/) {
        die "the service does not decide\n" if time > $deadline;
        sleep 0.02;
    }
}


# whose it is: one of those that the service was asked for

sub owner {
    my ($service, $id) = @_;

    my $list = $service->control('GET',
        "requests?path=/v1/environments/$service->{environment}/users/")
        ->{requests};

    my %users = map { $_->{path} =~ m{/users/([^/]+)/} ? ($1 => 1) : () }
        @$list;

    for my $user (sort keys %users) {
        return $user if $service->api('GET',
            "users/$user/verifyTransactions/$id")->status == 200;
    }

    die "nobody has transaction $id\n";
}


sub licence {
    my (%data) = @_;

    %data = (%sample, %data);

    s/^(\d{4})-(\d\d)-(\d\d)$/$2$3$1/
        for @data{qw(birthDate expirationDate issueDate)};

    return (idType => 'driver_license', zone => "@\n\x1e\rANSI 6360120900"
        . "01DL00310200DLDAQ$data{documentNumber}\n"
        . join('', map { "$element{$_}$data{$_}\n" } sort keys %element)
        . "DBC2\n\r");
}


1;
