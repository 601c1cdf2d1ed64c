#!/usr/bin/perl

# Workers that are told to go: what their clients wait for is finished, nothing
# else holds them, and the flows go on in those that come after.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::PingOne;

my @self = (deviceAuthentication => { deviceAuthentication => 'self' });
my @poll = (poll => {});
my $pingone;


sub house {
    my ($name, %more) = @_;

    $pingone = Idv::PingOne->new;

    # time-outs that cannot be what ends anything here, and clients that do not
    # close their side keep nobody
    return $pingone->site(name => $name, gate => 'lingering_close off;',
        provider => 'breaker off; connect_timeout 20s; idle_timeout 20s;
            timeout 20s; poll_wait 10s;', %more);
}


sub waiting {
    my ($site, $user) = @_;

    my $flow = $site->flow($user);
    $flow->device('self');

    return $flow;
}


# the answers of the provider take a second

sub slow {
    my ($pingone) = @_;

    $pingone->fault(
        create => { delay => 1, status => 201,
                    json => $pingone->transaction_json },
        read => { delay => 1, json => $pingone->transaction_json(
            transactionStatus => { status => 'PARTIAL' }) },
    );
}


# A graceful end with two requests under way: both get their answers.

my $site = house('quit');
my ($ann, $bob) = (waiting($site, 'ann'), $site->flow('bob'));

slow($pingone);
$ann->begin(@poll);
$bob->begin(@self);
ok($pingone->wait_for('read') && $pingone->wait_for('create', 1),
    'a read and a creation are under way');

my $start = time;
$site->nginx->stop;

cmp_ok(time - $start, '<', 4, 'the end waits for them and no longer');
is($ann->end->status, 200, 'the poll is answered');
is($ann->status, 'ID_VERIFICATION_IN_PROGRESS', 'with the news');
is($bob->end->status, 200, 'and so is the action');
is($bob->status, 'ID_VERIFICATION_REQUIRED', 'with a code');
is(scalar $pingone->abandoned($_), 0, "no $_ was given up") for qw(read create);


# A reload with the same: the old worker answers, the new ones go on with what
# it has written.

$site = house('reload');
($ann, $bob) = (waiting($site, 'ann'), $site->flow('bob'));

slow($pingone);
$ann->begin(@poll);
$bob->begin(@self);
$pingone->wait_for('read') && $pingone->wait_for('create', 1);

my %old = map { $_ => 1 } $site->nginx->workers;
ok($site->nginx->reload, 'a reload meanwhile');

is($ann->end->status . ' ' . $ann->status, '200 ID_VERIFICATION_IN_PROGRESS',
    'the poll is answered');
is($bob->end->status . ' ' . $bob->status, '200 ID_VERIFICATION_REQUIRED',
    'and so is the action');

ok($site->nginx->wait_until(5, sub {
    !grep { $old{$_} } $site->nginx->workers
}), 'the old workers are gone');

$pingone->well;
$pingone->status('SUCCESS');
ok($_->reach('ID_VERIFICATION_COMPLETED'), 'the flow goes on') for $ann, $bob;
is(scalar $pingone->calls('token'), 1, 'with the token that was there');
is(scalar $pingone->calls('create'), 2, 'and no transaction more');


# Nobody waits: a creation whose client is gone, a read that no poll waits for,
# kept connections, a token and timers hold nobody.

$site = house('idle');
($ann, $bob) = (waiting($site, 'ann'), $site->flow('bob'));

$pingone->fault(map { $_ => { hang => 'request' } } qw(create read));
$ann->begin(@poll);
$bob->begin(@self);
$pingone->wait_for('read') && $pingone->wait_for('create', 1);
$_->client->close for $ann, $bob;
sleep 0.2;

$start = time;
$site->nginx->stop;
cmp_ok(time - $start, '<', 2, 'clients that are gone hold nobody');

$site = house('late', provider => 'breaker off; connect_timeout 20s;
    idle_timeout 20s; timeout 20s; poll_wait 100ms;');
$ann = waiting($site, 'ann');
$pingone->fault(read => { hang => 'request' });
is($ann->poll->status, 200, 'a poll that has its answer');
$ann->client->close;

$start = time;
$site->nginx->stop;
cmp_ok(time - $start, '<', 2, 'and a read that goes on hold nobody');


# The operator's patience is bounded.

$site = house('patience', main => 'worker_shutdown_timeout 1s;');
$ann = waiting($site, 'ann');
$pingone->fault(read => { hang => 'request' });
$ann->begin(@poll);
$pingone->wait_for('read');

# the connections that are closed then are told of
$site->nginx->allow(qr/open socket #\d+ left in connection|aborting/);

$start = time;
$site->nginx->stop;
cmp_ok(time - $start, '>=', 0.8, 'a request under way is waited for');
cmp_ok(time - $start, '<', 4, 'as long as the operator likes');


# A fast end in the middle of everything.

for my $signal (qw(TERM INT)) {
    $site = house(lc $signal);
    ($ann, $bob) = (waiting($site, 'ann'), $site->flow('bob'));
    my $sam = waiting($site, 'sam');

    $pingone->fault(map { $_ => { hang => 'request' } } qw(create read));
    $ann->begin(@poll);
    $bob->begin(@self);
    $sam->begin(@poll);
    $pingone->wait_for('read', 1) && $pingone->wait_for('create', 2);
    $sam->client->close;

    $start = time;
    kill $signal => $site->nginx->{master};
    $site->nginx->stop;
    cmp_ok(time - $start, '<', 2, "SIG$signal: at once");
    is($ann->end->status, 0, 'without an answer');
}


# Eight reloads while clients poll: each has its answer, and no flow is lost.

$site = house('reloads');
my @flows = map { waiting($site, $_) } qw(ann bob eve sam);
my @answers;

for my $n (1 .. 8) {
    $_->begin(@poll) for @flows;
    $site->nginx->reload;
    push @answers, map { $_->end } @flows;
}

is(scalar(grep { $_->status == 200 } @answers), 32, 'eight reloads');
$pingone->status('SUCCESS');
ok($_->reach('ID_VERIFICATION_COMPLETED'), 'no flow is lost') for @flows;

$site->finish;
