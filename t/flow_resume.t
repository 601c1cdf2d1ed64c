#!/usr/bin/perl

# Who comes back while the transaction is open goes on with it: in another tab,
# by an address they had, after a restart that has lost the zone.  The browser
# has to be the one that began, the user the same, and the transaction open
# still: one that is over may have opened the gate already.

# variants: plain trixie

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::Clock;
use Idv::Page;
use Idv::PingOne;

my $KEPT = 'idv_local_kept';

my $clock = Idv::Clock->new;
my $pingone = Idv::PingOne->new;
my $site = $clock->with(sub {
    $pingone->site(hop => 1, provider => 'breaker off; state_timeout 10m;') });


sub created { return scalar $pingone->calls('create') }

sub lose_the_zone {
    my ($signal) = @_;

    $clock->with(sub { $site->nginx->restart($signal || 'QUIT') });
}

# the same browser in another tab: it shares the cookies

sub tab {
    my ($other) = @_;

    my $client = $site->client('ann');
    $client->{jar} = $other->client->jar;

    return Idv::Page->new(site => $site, client => $client);
}


# ann closes her tab, and comes back by another page.

my $ann = Idv::Page->new(site => $site, user => 'ann');

$ann->open('/first');
$ann->press('idv-self');

my ($id, $path, $code) = ($ann->flow_id, $ann->path, $ann->code);
my ($back) = ($pingone->calls('create'))[0]{body}
    =~ m{"url":"http://[^/]+(/idv/return[^"]*)"};

is(tab($ann)->open('/second')->flow_id, $id, 'a tab that was closed: her flow');

# nginx is restarted, and its zone is gone.

lose_the_zone();
$ann->open($path);
is($ann->view, 'self', 'a tab that was open finds its flow');
is($ann->code, $code, 'and the code that her phone shows');

lose_the_zone('KILL');
my $tab = tab($ann);
is($tab->open('/third')->flow_id, $id, 'another page leads to it as well');
is($tab->code, $code, 'with its code');

lose_the_zone();
$pingone->status('IN_PROGRESS');
is($ann->open($back)->view, 'progress', 'and so does the way back');
is(created(), 1, 'all of it is one transaction');

my $copy = $ann->client->cookie($KEPT);

$pingone->status('SUCCESS');
ok($ann->wait_for('completed'), 'she is verified');
$ann->press('idv-continue');
like(($ann->hops)[-1], qr{^/}, 'and goes on');
is($ann->client->cookie($KEPT), undef, 'with nothing left to keep');

# What was kept opens nothing a second time.

sub replayed {
    my ($what, $jar) = @_;

    my $client = $site->client('ann');
    $client->{jar} = { %{$ann->client->jar}, %{$jar || {}} };
    delete $client->{jar}{idv_local};
    $client->{jar}{$KEPT} = { value => $copy, path => '/' };

    my $page = Idv::Page->new(site => $site, client => $client);
    $page->open('/');
    diag("$what: ", $page->view) if $page->view eq 'completed';

    return $page;
}

is(replayed('the same zone')->view, 'device', 'not where it was used');
lose_the_zone();

my $before = created();
my $replay = replayed('another zone');
is($replay->view, 'timed-out', 'nor where nobody knows that it was');
is(created(), $before, 'nor is anything paid for');
$replay->press('idv-retry');
is($replay->view, 'device', 'she begins anew');

# An API client polls on.

$pingone->status('REQUESTED');

my $flow = $site->flow('ann');
$flow->require_code;
$id = $flow->id;
$code = $flow->state->{verificationCode};
lose_the_zone();
$flow->poll;
state_is($flow, 'ID_VERIFICATION_REQUIRED', 'a poll finds its flow');
is_deeply([$flow->id, $flow->state->{verificationCode}], [$id, $code],
    'as it was');
both_workers($site);

# Who was told an end is not led back to what was open.

my $told = $site->flow('sam');
$told->require_code;
$pingone->status('SUCCESS');
ok($told->reach('ID_VERIFICATION_COMPLETED'), 'sam is told that it is done');
is($told->client->cookie($KEPT), undef, 'and has nothing left to keep');
lose_the_zone();
is($told->read->status, 404, 'so the flow is gone with its zone');
is($told->continue->status, 404, 'and he has to begin anew');
$pingone->status('REQUESTED');

# Not in another browser, not of another user, not what was changed.

my $kept = $flow->client->cookie($KEPT);
my $secret = $flow->client->cookie('idv_local_flow');

sub found {
    my ($user, %cookie) = @_;

    my $client = $site->client($user);
    $client->{jar} = { map { $_ => { value => $cookie{$_}, path => '/' } }
        keys %cookie };

    return $client->get($flow->path, 'X-XSRF-Header' => 1)->status;
}

my %all = (idv_local_flow => $secret, $KEPT => $kept);

for my $case (['no cookie of the flow', 'ann', $KEPT => $kept],
              ['another browser', 'ann', %all,
                  idv_local_flow => scalar reverse $secret],
              ['another user', 'sam', %all],
              ['nobody', undef, %all],
              ['a byte that is another', 'ann', %all, $KEPT => $kept
                  =~ s/(.{40})(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/er],
              ['one that is cut', 'ann', %all, $KEPT => substr($kept, 0, -4)],
              ['a session in its place', 'ann', %all,
                  $KEPT => $ann->client->cookie('idv_local') // 'none'],
              ['two of them', 'ann', %all, $KEPT => "$kept; $KEPT=$kept"])
{
    my ($what, $user, %cookie) = @$case;

    lose_the_zone() if $what eq 'no cookie of the flow';
    is(found($user, %cookie), defined $user ? 404 : 401, "not with $what");
}

is(found('ann', %all), 200, 'but with what she has');

# Not what she has cancelled, nor after its time.

$flow->read;
$flow->cancel;
is($flow->client->cookie($KEPT), undef, 'a flow that is cancelled is not kept');

$flow = $site->flow('ann');
$flow->require_code;
%all = map { $_ => $flow->client->cookie($_) } 'idv_local_flow', $KEPT;

$clock->advance(595);
lose_the_zone();
is(found('ann', %all), 200, 'as long as it waits');
$clock->advance(10);
lose_the_zone();
is(found('ann', %all), 404, 'and no longer');

$site->finish;
