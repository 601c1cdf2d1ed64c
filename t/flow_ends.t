#!/usr/bin/perl

# How flows end: cancelled by a client of the API or in a browser, or with a
# session, of which there is one however many ask for it at the same time.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::Flow;
use Idv::Site;

use constant CROWD => 100;

my ($DEVICE, $OPTIONS, $REQUIRED, $PROGRESS, $COMPLETED, $FAILED, $TIMED_OUT)
    = map { "ID_VERIFICATION_$_" }
          qw(DEVICE OPTIONS REQUIRED IN_PROGRESS COMPLETED FAILED TIMED_OUT);

my $site = Idv::Site->new(hop => 1, provider => 'attempts 1;');
my $service = $site->service;

my $origin = 'http://127.0.0.1:' . $site->port('gate');


sub started { return $site->flow('ann', client => $site->client('ann')) }


# a flow that a browser has started by going to a page; the client of the API is
# a script of that browser

sub browsed {
    my ($path) = @_;

    my $client = $site->client('ann');
    my $answer = $client->get($path, Accept => 'text/html',
        'Sec-Fetch-Mode' => 'navigate');

    is($answer->status, 303, 'a browser is led to the page');

    my ($id) = ($answer->header('Location') // '') =~ /\?flowId=(\w+)$/;

    my $flow = Idv::Flow->new(site => $site, client => $client, state => {
        _links => { self => { href => "/pf-ws/authn/flows/$id" } } });

    $flow->read;
    is($flow->id, $id, 'whose script reads the flow');

    return $flow;
}


my @lead = (
    [$DEVICE, sub { }],
    [$OPTIONS, sub { $_[0]->device('other') }],
    [$REQUIRED, sub { $_[0]->require_code }],
    [$PROGRESS, sub { follow($_[0], $PROGRESS, 'IN_PROGRESS') }],
    [$FAILED, sub { follow($_[0], $FAILED, 'FAIL') }],
    [$TIMED_OUT, sub { follow($_[0], $TIMED_OUT, 'FAIL',
                              reason => 'TRANSACTION_TIMED_OUT') }],
);


sub follow {
    my ($flow, $state, @phone) = @_;

    $flow->require_code;
    $flow->phone(@phone);
    $flow->reach($state);
}


# Cancelled, from wherever that can be.

for my $row (@lead) {
    my ($state, $lead) = @$row;
    my $flow = started();

    $lead->($flow);
    is($flow->status, $state, "cancelled in $state");

    is($flow->cancel->status, 200, 'is no error');
    state_is($flow, 'FAILED', 'but the end');
    is($flow->state->{code}, 'CANCELED', 'by the user');

    error_is($flow->read, 404, 'RESOURCE_NOT_FOUND', undef, 'nothing is left');
    error_is($flow->cancel, 404, 'RESOURCE_NOT_FOUND', undef,
        'and nothing can be done');
    error_is($flow->retry, 404, 'RESOURCE_NOT_FOUND', undef, 'of any kind');
    is($flow->client->get('/')->status, 403, 'the gate is closed');
}

# The same, where a browser has started it: it has to go somewhere.

for my $row (@lead) {
    my ($state, $lead) = @$row;
    my $flow = browsed('/reports/2?a=1&b=%2F');

    $lead->($flow);
    is($flow->status, $state, "a browser cancels in $state");

    $flow->cancel;
    state_is($flow, 'RESUME', 'and goes on');
    is($flow->state->{resumeUrl},
        "$origin/idv/cancelled?return=%2Freports%2F2%3Fa%3D1%26b%3D%252F",
        'to a page that knows that it was cancelled, and where it came from');
    error_is($flow->read, 404, 'RESOURCE_NOT_FOUND', undef, 'the flow is over');
}

my ($mark) = "$origin/idv/cancelled?return=%2F" =~ m{(/idv.*)};
my $page = $site->client('ann')->get($mark, Accept => 'text/html');

is($page->status, 200, 'that page is there');
like($page->body, qr/You have cancelled/, 'and says so');

# What is verified is not cancelled, but continued.

my $flow = started();

follow($flow, $COMPLETED, 'SUCCESS');
untouched($flow, sub {
    error_is($flow->cancel, 400, 'INVALID_ACTION_ID', undef,
        'COMPLETED cannot be cancelled');
}, 'cancelling it');

# A hundred clients of the same user continue at once.

my $client = $flow->client;
my $request = $client->bytes('POST', $flow->path, 'X-XSRF-Header' => 'test',
    'Content-Type' => 'application/vnd.pingidentity.continueAuthentication+json',
    -body => '{}');

my @answers = Idv::HTTP::parallel(map {
    { port => $site->port('gate'), bytes => $request } } 1 .. CROWD);

$site->met($_) for @answers;

my @won = grep { $_->status == 200 } @answers;
my @cookies = grep { /^idv_local=/ } map { $_->header('Set-Cookie') } @answers;

is(scalar @answers, CROWD, 'so many have asked');
is(scalar @won, 1, 'one of them got through');
is(scalar @cookies, 1, 'with the only session');
$site->nginx->forbid(map { /^\w+=([^;]+)/ } @cookies);

is(scalar(grep { $_->status == 404
                 && ($_->json || {})->{code} eq 'RESOURCE_NOT_FOUND' }
          @answers), CROWD - 1, 'all others are told that the flow is over');
is(scalar(grep { $_->body =~ /transactionStatus|firstName/ } @answers), 1,
    'and nobody else saw a claim');

$flow->take($won[0]);
state_is($flow, 'COMPLETED', 'the one that did has the result');

is($client->get('/')->status, 403, 'who did not take the cookie is not in');
$client->learn($won[0]);
is($client->get('/')->status, 200, 'who did is');

# The same for a flow of a browser, whose end leads to what it wanted.

for my $path ('/', '/reports/2?a=1&b=%2F', '/a%20b?q="quoted"') {
    my $flow = browsed($path =~ s/"/%22/gr);

    follow($flow, $COMPLETED, 'SUCCESS');
    $flow->continue;
    state_is($flow, 'RESUME', 'verified: the browser goes on');
    is($flow->state->{resumeUrl}, $origin . $path =~ s/"/%22/gr,
        'to what it wanted');
    is($flow->client->get('/')->status, 200, 'which it gets');
    unlike($flow->answer->body, qr/firstName|transactionStatus/,
        'claims are for the application only');
    error_is($flow->continue, 404, 'RESOURCE_NOT_FOUND', undef, 'once');
}

# A host name that would end a string of JSON, if it could.

for my $case ([sub { $_[0]->cancel }, '/idv/cancelled?return=%2Fa'],
              [sub { follow($_[0], $COMPLETED, 'SUCCESS'); $_[0]->continue },
               '/a'])
{
    my ($end, $path) = @$case;
    my $flow = browsed('/a');

    $flow->client->{host} = 'a","status":"COMPLETED","b":"c\\';
    $end->($flow);
    is(ref $flow->answer->json, 'HASH', 'a host with quotes: still JSON');
    is($flow->status, 'RESUME', 'that says what it means');
    is($flow->state->{resumeUrl}, 'http://' . $flow->client->{host} . $path,
        'and has them as they are');
}

# Two that do different things with one flow at the same time: whoever is first
# wins, and the other one sees what is now.

for (1 .. 5) {
    my $flow = started();
    my $before = $service->transaction_calls('POST');

    $flow->device('other');

    my %model = (choose => ['optionsAuthentication',
                            '{"email":null,"phone":null}'],
                 cancel => ['cancelAuthentication', '']);

    my @both = Idv::HTTP::parallel(map { {
        port => $site->port('gate'),
        bytes => $flow->client->bytes('POST', $flow->path,
            'X-XSRF-Header' => 'test', 'Content-Type' =>
                "application/vnd.pingidentity.$model{$_}[0]+json",
            -body => $model{$_}[1]),
    } } qw(choose choose cancel choose choose));

    my @statuses = map { $_->status } @both;

    is($statuses[2], 200, 'it is cancelled, before or after the choice');
    is(scalar(grep { !/^(?:200|400|404)$/ } @statuses), 0,
        'nobody gets an answer that is no answer')
        or diag("@statuses");
    cmp_ok($service->transaction_calls('POST') - $before, '<=', 1,
        'of four choices at most one has created a transaction');
    error_is($flow->read, 404, 'RESOURCE_NOT_FOUND', undef, 'it is over');
}

both_workers($site);

$site->finish;
