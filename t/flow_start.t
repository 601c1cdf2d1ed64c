#!/usr/bin/perl

# Starting: it costs nothing, and asking again gives what is there.  A user has
# a bounded number of open flows; the oldest that has cost nothing gives way,
# and one that has cost something never does.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::Flow;
use Idv::Site;

use constant OPEN => 8;

my ($DEVICE, $OPTIONS, $REQUIRED, $PROGRESS, $COMPLETED, $FAILED)
    = map { "ID_VERIFICATION_$_" }
          qw(DEVICE OPTIONS REQUIRED IN_PROGRESS COMPLETED FAILED);

my $site = Idv::Site->new(hop => 1, provider => 'attempts 1;',
    locations => <<'END');
        location /strict/ {
            auth_idv        local;
            auth_idv_policy 3f1d7c52-8a0b-4b6e-9d24-c5a9e8b17f30;
            proxy_pass      http://127.0.0.1:%%PORT_app%%;
        }
END

my $service = $site->service;
my $start = '/idv/start?response_mode=pi.flow';
my @xsrf = ('X-XSRF-Header' => 'test');


sub ids { return map { $_->json->{id} // 'none' } @_ }


# The same client again.

my $ann = $site->flow('ann');
my $client = $ann->client;

for my $where ('/', '/other?x=1', $start) {
    my $answer = $client->get($where);

    is($answer->status, $where eq $start ? 200 : 403, "asking for $where");
    is(($answer->json || {})->{id}, $ann->id, 'is the same flow');
    is($answer->header('Set-Cookie'), undef, 'of a client that is known');
}

is($client->request('HEAD', '/')->status, 403, 'HEAD is a question, too');
is($client->post($start, '', 'Content-Type' =>
    'application/x-www-form-urlencoded')->json->{id}, $ann->id,
    'so is a POST of the start');

# many at the same time, on two workers, are one

my @answers = Idv::HTTP::parallel(map { {
    port => $site->port('gate'), bytes => $client->bytes('GET', '/') } }
    1 .. 50);

is(join(' ', keys %{{ map { $_ => 1 } ids(@answers) }}), $ann->id,
    'fifty at once are told of one flow');

# in whatever state it is

for my $row ([$OPTIONS, sub { $ann->device('other') }],
             [$REQUIRED, sub { $ann->choose }],
             [$PROGRESS, sub { $ann->phone('IN_PROGRESS');
                               $ann->reach($PROGRESS) }],
             [$COMPLETED, sub { $ann->phone('SUCCESS');
                                $ann->reach($COMPLETED) }])
{
    my ($state, $lead) = @$row;

    $lead->();
    is($ann->status, $state, "in $state");

    my $id = $ann->id;

    $ann->take($client->get('/'));
    state_is($ann, $state, 'asking again shows where it stands');
    is($ann->id, $id, 'of the same flow');
}

is($service->transaction_calls('POST'), 1, 'all this was one transaction');

# What is not safe starts nothing.

for my $method (qw(POST PUT DELETE PATCH)) {
    my $fresh = $site->client('bob');

    my $answer = $fresh->request($method, '/', -body => 'x');
    error_is($answer, 403, 'VERIFICATION_REQUIRED', undef,
        "$method is refused");
    ok(!exists $answer->json->{_links}, 'without a flow');
    is($answer->header('Set-Cookie'), undef, 'and without a cookie');
}

# Another policy, another way in, another client: other flows.

my %id = (usual => $ann->id);

$id{policy} = $client->get('/strict/')->json->{id};
is($client->get('/strict/x')->json->{id}, $id{policy},
    'a location with a policy of its own has a flow of its own');
$id{client} = $site->flow('ann', client => $site->client('ann'))->id;

my ($browser) = ($client->get('/', Accept => 'text/html',
    'Sec-Fetch-Mode' => 'navigate')->header('Location') // '')
    =~ /flowId=(\w+)/;
$id{browser} = $browser;

is(scalar(keys %{{ reverse %id }}), 4, 'none of them is another one');

# A flow that is over makes room.

$ann->continue;
is($client->get('/')->status, 200, 'ann is in');

my $other = Idv::Flow->new(site => $site, client => $site->client('ann'),
    path => '/');

$other->start;
my $before = $other->id;
$other->cancel;
$other->start;
state_is($other, $DEVICE, 'after a cancelled flow there is a new one');
isnt($other->id, $before, 'of another name');

# Eve opens many.  What is idle gives way, oldest first; what has a transaction
# stays.

my @eve = map { $site->flow('eve', client => $site->client('eve')) }
    1 .. OPEN;

is(scalar(keys %{{ map { $_->id => 1 } @eve }}), OPEN,
    'eve has as many flows as she may');

$eve[0]->require_code;
state_is($eve[0], $REQUIRED, 'the oldest has cost something');

my $ninth = $site->flow('eve', client => $site->client('eve'));

state_is($ninth, $DEVICE, 'one more can be started');
is($ninth->answer->status, 403, 'as ever');
is($eve[0]->read->status, 200, 'the one that cost something is still there');
error_is($eve[1]->read, 404, 'RESOURCE_NOT_FOUND', undef,
    'the next one has given way');
is($eve[$_]->read->status, 200, 'and none of the others') for 2 .. OPEN - 1;

push @eve, $ninth;
splice @eve, 1, 1;

# an open flow is found again however many there are

is($eve[-1]->client->get('/')->json->{id}, $eve[-1]->id,
    'asking again is no ninth');
is($eve[$_]->read->status, 200, 'and costs nobody anything')
    for 1 .. OPEN - 1;

$_->require_code for @eve[1 .. OPEN - 1];
is(scalar(grep { $_->read->status == 200 && $_->status eq $REQUIRED } @eve),
    OPEN, 'all of them have cost something');

my $created = $service->transaction_calls('POST');

error_is($site->client('eve')->get('/'), 429, 'REQUEST_FAILED',
    'OPEN_FLOWS_LIMIT', 'there is no ninth');
error_is($site->client('eve')->get($start), 429, 'REQUEST_FAILED',
    'OPEN_FLOWS_LIMIT', 'by no way');
is($site->client('eve')->get('/', Accept => 'text/html',
    'Sec-Fetch-Mode' => 'navigate')->status, 429, 'not for a browser either');
is(scalar(grep { $_->read->status == 200 } @eve), OPEN, 'and none was lost');
is($service->transaction_calls('POST'), $created, 'or created');

is($site->flow('sam')->answer->status, 403, 'sam has his own');

$eve[3]->cancel;
is($site->flow('eve', client => $site->client('eve'))->answer->status, 403,
    'when she ends one there is room');

# Many that come at once do not get past the bound.

my @bob = map { $site->client('bob') } 1 .. 40;

@answers = Idv::HTTP::parallel(map { {
    port => $site->port('gate'), bytes => $_->bytes('GET', '/') } } @bob);

$bob[$_]->learn($answers[$_]) for 0 .. $#bob;

is(scalar(grep { $_->status == 403 } @answers), 40, 'forty clients of bob');
is(scalar(grep { $bob[$_]->get('/pf-ws/authn/flows/'
                     . $answers[$_]->json->{id}, @xsrf)->status == 200 }
          0 .. $#bob), OPEN, 'have together as many flows as bob may');

both_workers($site);

$site->finish;
