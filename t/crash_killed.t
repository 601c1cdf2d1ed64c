#!/usr/bin/perl

# Workers that die at once, with whatever they hold: a read, a creation, the
# fetch of a token.  Others take it up when its time is over; no flow is lost,
# and none is stuck.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::PingOne;

my @self = (deviceAuthentication => { deviceAuthentication => 'self' });
my @poll = (poll => {});

# a lease is twice the time-out and five seconds
my $timing = <<'END';
    breaker         off;
    connect_timeout 500ms;
    idle_timeout    500ms;
    timeout         500ms;
END


sub waiting {
    my ($site, $user) = @_;

    my $flow = $site->flow($user);
    $flow->device('self');

    return $flow;
}


# Everything at once, so that one wait is enough: ann is being read, bob is
# having a transaction created, and both are of the only worker, which dies.

my $pingone = Idv::PingOne->new;
my $site = $pingone->site(name => 'killed', workers => 1, provider => $timing);
my ($ann, $bob, $eve) = (waiting($site, 'ann'), $site->flow('bob'),
                         waiting($site, 'eve'));

# who waits for the token is another house, with a provider of its own

my $slow = Idv::PingOne->new;
my $other = $slow->site(name => 'token', workers => 1, provider => $timing);
my ($first, $next) = map { $other->flow($_) } qw(ann bob);

$pingone->fault(map { $_ => { hang => 'request' } } qw(read create));
$slow->fault(token => { hang => 'request' });

my $reads = $pingone->calls('read');

$ann->begin(@poll);
$bob->begin(@self);
$first->begin(@self);

ok($pingone->wait_for('read', $reads) && $pingone->wait_for('create', 2)
   && $slow->wait_for('token'), 'a read, a creation and a token are under way');

my $start = time;
$_->nginx->kill_worker for $site, $other;

is($_->end->status, 0, 'their clients hear nothing') for $ann, $bob, $first;

$pingone->well;
$pingone->status('IN_PROGRESS');
$slow->well;

# until the lease is over, a flow is as it was

is($ann->read->status, 200, 'the flow is there');
is($ann->status, 'ID_VERIFICATION_REQUIRED', 'as it was');
$ann->poll;
is($ann->status, 'ID_VERIFICATION_REQUIRED', 'also for a poll');
ok($eve->reach('ID_VERIFICATION_IN_PROGRESS', 3), 'others do not wait');

# a token that another worker fetches is waited for, but not for ever

my $answer = $next->device('self');

cmp_ok($answer->status, '!=', 0, 'who needs the token has an answer');
ok($other->nginx->wait_until(5, sub {
    $next->device('self') if $next->status ne 'ID_VERIFICATION_REQUIRED';
    $next->status eq 'ID_VERIFICATION_REQUIRED'
}), 'and a token soon');
cmp_ok(time - $start, '<', 5, 'when its fetch would have been over');
ok($other->nginx->wait_until(15, sub { $first->device('self')->status == 200 }),
    'and whoever asked first, too');

ok($ann->reach('ID_VERIFICATION_IN_PROGRESS', 15),
    'what was being read is read again');
ok($site->nginx->wait_until(15, sub { $bob->device('self')->status == 200 }),
    'what was being created can be created again');
is($bob->status, 'ID_VERIFICATION_REQUIRED', 'and is');
cmp_ok(time - $start, '<', 12, 'after the lease');
is(scalar $pingone->calls('create'), 4, 'one transaction more');


# Six workers die, one after the other, while eight flows go their way; whatever
# they were doing, all flows arrive.

$pingone = Idv::PingOne->new;
$site = $pingone->site(name => 'six', workers => 2, provider => $timing);

my @flows = map { $site->flow($_) } qw(ann bob eve sam) x 2;
$pingone->fault(read => { delay => 0.05, json => $pingone->transaction_json });

for my $n (0 .. 5) {

    # one more each time asks for a code, the others poll
    my @active = @flows[0 .. $n + 2];

    for my $flow (@active) {
        $flow->client->{timeout} = 2;
        $flow->begin($flow->status eq 'ID_VERIFICATION_DEVICE' ? @self : @poll);
    }

    sleep 0.02 * ($n % 4);
    $site->nginx->kill_worker;
    $_->end for @active;
    $_->read for @flows;
}

is(scalar(grep { $_->read->status == 200 } @flows), 8,
    'six workers die: all flows are there');

$pingone->well;
$pingone->status('SUCCESS');
$_->client->{timeout} = 30 for @flows;
$start = time;

$site->nginx->wait_until(20, sub {
    my @left = grep { $_->status ne 'ID_VERIFICATION_COMPLETED' } @flows;

    $_->status eq 'ID_VERIFICATION_DEVICE' ? $_->device('self') : $_->poll
        for @left;
    return !@left;
});

is(scalar(grep { $_->status eq 'ID_VERIFICATION_COMPLETED' } @flows), 8,
    'and all of them arrive');
is($flows[0]->continue->status, 200, 'to the end');
is($flows[0]->client->get('/')->status, 200, 'which is where they wanted to be');

$site->finish;
