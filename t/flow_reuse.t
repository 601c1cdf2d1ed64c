#!/usr/bin/perl

# Memory of an earlier success: with reuse_verification the provider is asked
# for one before another is paid for.  It has to be of this user, of this
# policy, young enough for the operator and for the location, and its document
# has to match as any other.  Whatever is wrong with it: as if there were none.

# variants: plain asan trixie

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::Gate;
use Idv::Page;
use Idv::Site;

my ($DEVICE, $OPTIONS, $REQUIRED, $COMPLETED)
    = map { "ID_VERIFICATION_$_" } qw(DEVICE OPTIONS REQUIRED COMPLETED);

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';
my $site = Idv::Site->new(hop => 1,
    people => { map { $_ => {} } qw(joe kim lea) });
my $service = $site->service;
my $gate = Idv::Gate->new($site);

my ($policy, $other) = map {
    my $answer = $service->api('POST', 'verifyPolicies', { name => $_,
        governmentId => { verify => 'REQUIRED' } });

    $answer->json->{id} // die $answer->body;
} qw(usual other);

my $locations = <<"END";
        location /new/ { auth_idv local; auth_idv_max_age 4s; $app }
        location /other/ { auth_idv local; auth_idv_policy $other; $app }
END

sub configure {
    my ($provider) = @_;

    $site->reload(locations => $locations,
        provider => "verify_policy $policy; $provider");
}

sub created { return $service->transaction_calls('POST') }


# Where nothing is said of it everybody is verified each time.

configure('');
$site->verified('ann');
$site->verified('ann');
is(created(), 2, 'each sign-on is verified anew');


# ann was verified.  Another browser of hers is in without a transaction.

configure('reuse_verification 1h;');

my $before = created();
my $flow = $site->flow('ann');

state_is($flow, $DEVICE, 'a start asks nobody');

$flow->device('self');
state_is($flow, $COMPLETED, 'a choice finds what there was');
$flow->continue;
is($flow->status, 'COMPLETED', 'which is a session');

my $ann = $flow->client;

is(created(), $before, 'and cost nothing');
is($flow->state->{authorizeResponse}{firstName}, 'ANN', 'with her data');

my $seen = $gate->admits($ann, '/', 'ann is in')->json->{headers};

is($seen->{'IDV-Status'}, 'SUCCESS', 'verified');
is($seen->{'IDV-Transaction-Id'}, $flow->state->{authorizeResponse}{transactionId},
    'by that transaction');


# The session is as old as the verification: a location that wants a newer one
# gets a newer one, and is not asked in vain.

sleep 5;
$gate->refuses($ann, '/new/', 'too old for this location');

$flow = $site->flow('ann', client => $ann, path => '/new/');
$flow->device('self');
state_is($flow, $REQUIRED, 'which has a transaction of its own');
is(created(), $before + 1, 'that is paid for');
$flow->verify;
$gate->admits($ann, '/new/', 'and is new enough');


# Not under another policy, not of another user, not without success.

$flow = $site->flow('ann', path => '/other/');
is($flow->require_code, $REQUIRED, 'another policy');

is($site->flow('bob')->require_code, $REQUIRED, 'another user');

$flow = $site->flow('eve');
$flow->require_code;
$flow->phone('FAIL');
$flow->reach($REQUIRED);
$before = created();
is($site->flow('eve')->require_code, $REQUIRED,
    'one that failed, and one that is open: another client waits for that');
is(created(), $before + 1, 'a new one');


# One who cancelled and comes back is asked for once in a flow.

$flow = $site->flow('sam');
$flow->require_code;
$flow->phone('SUCCESS');
$flow->cancel;
$flow = $site->flow('sam');
is($flow->require_code, $COMPLETED, 'what nobody has read yet counts');


# The document has to match still, and a check that is required.

configure('reuse_verification 1h; match lastName $arg_name;');

$flow = $site->flow('sam');
$flow->device('self');
state_is($flow, $REQUIRED, 'not of the name: another transaction');

configure('reuse_verification 1h; require_checks LIVENESS;');

$flow = $site->flow('sam');
$flow->device('self');
state_is($flow, $REQUIRED, 'without a check: another transaction');


# Limits hold for what has to be created, locks for both.

configure('reuse_verification 1h; transaction_limit 1 1h;
           lockout failures=1; attempts 1;');

$site->verified('joe');
$flow = $site->flow('joe');
is($flow->require_code, $COMPLETED, 'joe has no other left, and needs none');

$flow = $site->flow('joe', path => '/other/');
error_is($flow->device('self'), 429, 'REQUEST_FAILED', 'TRANSACTIONS_LIMIT',
    'where he does he is told');
$flow->read;
state_is($flow, $DEVICE, 'and is where he was');

configure('reuse_verification 1h; lockout failures=1; attempts 1;');

$site->verified('kim');
$flow = $site->flow('kim', path => '/other/');
$flow->require_code;
$flow->phone('FAIL');
$flow->reach('ID_VERIFICATION_FAILED');
error_is($site->flow('kim')->device('self'), 429, 'REQUEST_FAILED',
    'SUBJECT_LOCKED', 'who is locked is not remembered');


# A provider that cannot say is asked for another one.

configure('reuse_verification 1h; breaker off;');
$site->verified('lea');
$service->faults({ path => '/v1/environments/' . Idv::Site::ENVIRONMENT
    . '/users/lea/verifyTransactions', times => 1, status => 400,
    body => '{}' });

$flow = $site->flow('lea');
is($flow->require_code, $REQUIRED, 'no list: another transaction');


# On the page a button does it.

my $page = Idv::Page->new(site => $site, user => 'lea');

$page->open('/some/page');
$page->press('idv-self');
is($page->view, 'completed', 'the page says that she is verified');
$page->press('idv-continue');
is(($page->hops)[-1], '/some/page', 'and leads her on');


$gate->nothing_passed;
$site->finish;
