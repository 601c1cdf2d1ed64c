#!/usr/bin/perl

# A user starts over: whatever they have here ends on every worker at once, and
# at the provider; they are asked again, and a message goes out where somebody
# knows where to.  Other users, and the same name at another provider, keep what
# they have.

# variants: plain asan

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time sleep);

use Idv::Console;
use Idv::Mock;
use Idv::Site;

# another environment in the same zone, whose "ann" is somebody else

my $other = '77777777-0c9f-49b3-8a77-3a3c9a2f4d11';

# and a policy that earlier transactions may be of

my $policy = '88888888-0c9f-49b3-8a77-3a3c9a2f4d11';

my $console = Idv::Console->new(hop => 1,
    files => { 'policies.json' => qq([{"id":"$policy","name":"again",)
        . '"governmentId":{"verify":"REQUIRED"}}]' },
    service => 'idv_service_policies policies.json;',
    http => <<"END",
    idv_provider other {
        environment_id      $other;
        api_url             http://127.0.0.1:%%PORT_service%%/v1;
        auth_url            http://127.0.0.1:%%PORT_service%%;
        client_id           @{[Idv::Site::CLIENT]};
        client_secret_file  client_secret;
        session_key_file    session.key;
    }

    idv_provider strict {
        environment_id      @{[Idv::Site::ENVIRONMENT]};
        api_url             http://127.0.0.1:%%PORT_service%%/v1;
        auth_url            http://127.0.0.1:%%PORT_service%%;
        client_id           @{[Idv::Site::CLIENT]};
        client_secret_file  client_secret;
        session_key_file    session.key;

        attempts          1;
        lockout           failures=1 time=1h;
        transaction_limit 3 1d;
    }

    idv_provider again {
        environment_id      @{[Idv::Site::ENVIRONMENT]};
        api_url             http://127.0.0.1:%%PORT_service%%/v1;
        auth_url            http://127.0.0.1:%%PORT_service%%;
        client_id           @{[Idv::Site::CLIENT]};
        client_secret_file  client_secret;
        session_key_file    session.key;
        verify_policy       $policy;
        reuse_verification  1h;
    }
END
    locations => <<'END');
        location /gated/ {
            auth_idv              local;
            auth_idv_console_role $console_role;
            idv_console           local;
            idv_console_audit     %%DIR%%/gated.log;
        }

        location /other/ {
            auth_idv   other;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /other/idv/ {
            idv_flow_api other;
        }

        location /strict/ {
            auth_idv   strict;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /strict/idv/ {
            idv_flow_api strict;
        }

        location /again/ {
            auth_idv   again;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /again/idv/ {
            idv_flow_api again;
        }
END

my $site = $console->site;
my $service = $console->service;


# how many of the next requests are let through, by both workers

sub opened {
    my ($client, $path) = @_;

    my ($n, %workers) = (0);

    for (1 .. 200) {
        my $answer = $client->get($path // '/', Accept => 'application/json');

        $n++ if $answer->status == 200;
        die 'status ', $answer->status if $answer->status !~ /^(?:200|403)$/;
        $workers{$answer->header('X-Worker')}++;
        last if keys %workers == 2 && $_ >= 8;
    }

    is(keys %workers, 2, 'both workers were asked');

    return $n;
}


my $ann = $site->verified('ann');
my $tablet = $site->verified('ann');
my $bob = $site->verified('bob');
my $strict = $site->verified('ann', path => '/strict/');
my $away = $site->verified('ann', path => '/other/');

my $flow = $site->flow('ann', client => $site->client('ann'));
$flow->require_code;
my $waiting = $flow->id;

cmp_ok(opened($ann), '>=', 8, 'a live session');

my $seen = $console->read('vic', 'users/ann');
is($seen->{user}{id}, 'ann', 'the user is seen');
is(scalar @{$seen->{transactions}}, 4, '... with transactions');
is_deeply([grep { $_->{id} eq $waiting } map { { id => $_->{id},
        state => $_->{state}, transactionId => $_->{transactionId},
        attempts => $_->{attempts} } } @{$seen->{flows}}],
    [{ id => $waiting, state => 'ID_VERIFICATION_REQUIRED', attempts => 1,
       transactionId => $flow->{transaction} }], '... and the flow here');
ok(!exists $seen->{revokedAt}, '... and no session was revoked');


# Reset: within a second the gate is closed, on the other worker as well.

my $began = time;
my $answer = $console->change('adm', 'users/ann/reset', {});
my $met = $answer->header('X-Worker');

is($answer->status, 200, 'reset') or diag($answer->body);

my $got = $answer->json;
is($got->{transactions}, 4, '... so many transactions');
is($got->{flows}, 1, '... and flows');
is($got->{sessions}, 'revoked', '... and all sessions');
like($got->{message}, qr/^(?:NO_CONTACT|NOT_CONFIGURED)$/,
    '... nobody knows where to');

my %closed;

for (1 .. 200) {
    my $asked = $ann->get('/', Accept => 'application/json');

    is($asked->status, 403, 'closed') if $asked->status != 403;
    $closed{$asked->header('X-Worker')} //= time - $began;
    last if keys %closed == 2;
}

is(keys %closed, 2, 'closed on both workers, of which one did not reset');
cmp_ok((sort { $b <=> $a } values %closed)[0], '<', 1, '... within a second')
    unless $ENV{ASAN_OPTIONS};
is(opened($ann), 0, 'the session is worth nothing');
is(opened($tablet), 0, '... nor that of another device');
is(opened($strict, '/strict/'), 0, '... nor at another provider of that '
    . 'environment');
cmp_ok(opened($bob), '>=', 8, 'another user goes on');
cmp_ok(opened($away, '/other/'), '>=', 8, 'so does who is called the same');

is($flow->poll->status, 404, 'the flow that was open is none any more');
is_deeply($service->api('GET', 'users/ann/verifyTransactions')->json
    ->{_embedded}{verifyTransactions}, [], 'no transaction is left');
is($service->api('GET', 'users/ann/verifyStatus')->json->{verifyStatus},
    'NOT_INITIATED', 'the status is as at the beginning');

my %line = (who => 'adm', role => 'administrator', what => 'user.reset',
    user => 'ann');
is_deeply([$console->told], [{ %line, result => 'attempt' },
    { %line, result => 'done', status => 200 }], 'told: ids, nothing else');


# The user is asked again, and gets in again: a second later, for sessions count
# in seconds.

sleep 1.05;
my $again = $site->verified('ann');
cmp_ok(opened($again), '>=', 8, 'verified once more');
like($console->read('vic', 'users/ann')->{revokedAt}, qr/^\d{4}-.*Z$/,
    'the console knows when sessions were revoked');


# Who comes back while the provider is still at it has an old success to show,
# which is worth nothing, and may have a session that is newer than the reset,
# which is worth nothing at its end.

$site->verified('ann', path => '/again/');
$service->faults({ path => '/v1/environments/' . Idv::Site::ENVIRONMENT
    . '/users/ann/resetVerification', delayMs => 3000 });

my $operator = $site->client('adm');
$operator->send('POST', '/console/api/users/ann/reset',
    'Content-Type' => 'application/json', 'X-IDV-Console' => '1',
    -body => '{}');
sleep 1.1;

my $back = $site->flow('ann', path => '/again/');
$back->device('self');
is($back->status, 'ID_VERIFICATION_REQUIRED', 'what there was is no good');
$back->verify;
is($back->status, 'COMPLETED', 'back by a new verification');
is($back->client->get('/again/')->status, 200, '... and in');
my $begun = $site->flow('ann');

$answer = $operator->receive;
is($answer->status, 200, 'the reset is done');
is($begun->read->status, 404, '... a flow of the meantime has ended');
is(opened($back->client, '/again/'), 0, '... and the session is worth nothing');
$console->told;

sleep 1.05;
$again = $site->verified('ann');


# Who has locked themselves out may try again at once; nobody else may.

for my $user (qw(bob eve)) {
    my $locked = $site->flow($user, path => '/strict/');
    $locked->require_code;
    $locked->phone('FAIL');
    ok($locked->reach('ID_VERIFICATION_FAILED'), "$user fails");
    isnt($site->flow($user, path => '/strict/')->require_code,
        'ID_VERIFICATION_REQUIRED', '... and is locked');
}

$answer = $console->change('adm', 'users/bob/reset', {});
is($answer->status, 200, 'bob is reset');
is($site->flow('bob', path => '/strict/')->require_code,
    'ID_VERIFICATION_REQUIRED', '... and may try again');
isnt($site->flow('eve', path => '/strict/')->require_code,
    'ID_VERIFICATION_REQUIRED', 'eve may not');


# A flow that is completed gives no session either, and one that is being
# created ends all the same.

$flow = $site->flow('ann', client => $site->client('ann'));
$flow->require_code;
$flow->phone('SUCCESS');
ok($flow->reach('ID_VERIFICATION_COMPLETED'), 'completed, not yet fetched');

$service->faults({ path => '/v1/environments/' . Idv::Site::ENVIRONMENT
    . '/users/ann/verifyTransactions', delayMs => 700 });
my $creating = $site->flow('ann', client => $site->client('ann'));
$creating->device('other') if $creating->status eq 'ID_VERIFICATION_DEVICE';
$creating->begin('optionsAuthentication', { email => '' });
sleep 0.2;

$answer = $console->change('adm', 'users/ann/sessions/revoke', {});
is($answer->status, 200, 'sessions alone');
is(opened($again), 0, '... are revoked');

$answer = $console->change('adm', 'users/ann/reset', {});
cmp_ok($answer->json->{flows}, '>=', 2, 'both flows end');
is($flow->continue->status, 404, 'nothing to fetch');
$creating->end;
isnt($creating->answer->status, 200, 'nothing was created for anybody');
is($creating->read->status, 404, '... and there is no flow');

$console->told;


# One flow ends by itself; what is not there is not ended.

my $one = $site->flow('bob', client => $site->client('bob'));
my $list = $console->read('vic', 'flows?user=bob&state='
    . 'ID_VERIFICATION_DEVICE');
my ($shown) = grep { $_->{id} eq $one->id } @{$list->{flows}};

is($shown->{user}, 'bob', 'a flow in the list');
is($list->{count}, scalar @{$list->{flows}}, '... with its count');

$answer = $console->change('adm', 'flows/' . $one->id . '/cancel', {});
is($answer->status, 200, 'ended');
is($one->read->status, 404, '... it is');
$console->refused($console->change('adm', 'flows/' . $one->id . '/cancel', {}),
    404, 'NOT_FOUND', 'again');
$console->refused($console->change('adm', 'flows/' . 'a' x 22 . '/cancel', {}),
    404, 'NOT_FOUND', 'one that is none');

my $theirs = $site->flow('ann', path => '/other/');
$console->refused($console->change('adm', 'flows/' . $theirs->id . '/cancel',
    {}), 404, 'NOT_FOUND', 'of another environment');
is_deeply([grep { $_->{id} eq $theirs->id }
    @{$console->read('vic', 'flows')->{flows}}], [], '... and not in the list');

%line = (who => 'adm', role => 'administrator', what => 'flow.cancel',
    flow => $one->id);
is_deeply([($console->told)[0, 1]], [{ %line, result => 'attempt' },
    { %line, user => 'bob', result => 'done', status => 200 }],
    'told: which, and whose');


# All flows, a page at a time: nobody is shown twice, nobody is left out.

my @flows = map { $site->flow('bob', client => $site->client('bob'))->id }
    1 .. 8;
my (%met, $cursor, $pages);

do {
    my $page = $console->read('vic', 'flows?' . (defined $cursor
        ? "cursor=$cursor" : ''));
    $met{$_->{id}}++ for @{$page->{flows}};
    $cursor = $page->{next};
} while defined $cursor && ++$pages < 100;

is_deeply([grep { !$met{$_} } @flows], [], 'all of them');
is_deeply([grep { $_ > 1 } values %met], [], '... once');

for my $bad ('x', '-1', '99999999999', '4294967295') {
    my $said = $console->get('vic', "flows?cursor=$bad");
    ok($said->status == 400
        || ($said->status == 200 && !@{$said->json->{flows}}),
        "a cursor $bad");
}

is($console->refused($console->get('vic', 'flows?state=OPEN'), 400,
    'INVALID_INPUT', 'no state')->[0]{target}, 'state', '... is named');


# Administrators may have to be verified as well.

my $adm = $site->client('adm');
is($adm->get('/gated/api/flows', Accept => 'application/json')->status, 403,
    'a console behind the gate');
$site->verified('adm', client => $adm);
is($adm->get('/gated/api/flows')->status, 200, '... for who is verified');

Idv::Site::finish();
