#!/usr/bin/perl

# The main story: ann, whom HTTP basic knows, asks for the application as an
# API client, is refused with a flow, goes through it with her phone, and gets
# in; the application reads her verified claims in request headers.  Whoever is
# not verified never reaches the application.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Site;

my $site = Idv::Site->new;
my $service = $site->service;

# nobody, and somebody with a wrong password: the first factor comes first

is($site->client(undef)->get('/')->status, 401, 'nobody: the first factor');
is($site->client(undef, basic => 'ann:wrong')->get('/')->status, 401,
    'a wrong password: the first factor');

# ann

my $flow = $site->flow('ann');

is($flow->answer->status, 403, 'ann is refused');
like($flow->answer->header('Content-Type'), qr{^application/json}, 'with JSON');
like($flow->answer->header('Cache-Control'), qr/no-store/, 'not to be stored');
is($flow->status, 'ID_VERIFICATION_DEVICE', 'and a flow');
like($flow->id, qr/^[A-Za-z0-9]{1,30}$/, 'whose id suits the widget');
is_deeply([$flow->actions], ['cancelAuthentication', 'deviceAuthentication'],
    'that says what she can do');

my $id = $flow->id;

is($service->transaction_calls('POST'), 0, 'which has cost nothing yet');

is($flow->device('other')->status, 200, 'she chooses another device');
is($flow->status, 'ID_VERIFICATION_OPTIONS', 'OPTIONS');
is($flow->id, $id, 'the same flow');

my ($email) = @{$flow->state->{emails}};
my ($phone) = @{$flow->state->{phones}};

unlike("@$email", qr/ann\@example/, 'her address is masked');
unlike("@$phone", qr/5555550100/, 'her number is masked');
like("$email->[0]$phone->[0]", qr/^[A-Za-z0-9_.=-]+$/,
    'what is posted back is opaque and needs no quotes');

is($flow->choose->status, 200, 'she takes the QR code');
is($flow->status, 'ID_VERIFICATION_REQUIRED', 'REQUIRED');
like($flow->state->{verificationCode}, qr/^\d+$/, 'with a code');
ok(defined $flow->transaction, 'and a link for the phone');
is($service->transaction_calls('POST'), 1, 'one transaction');

my $qr = $flow->state->{qrUrl} // '';
$qr =~ s{^https?://[^/]+}{};
my $image = $flow->client->get($qr);

is($image->status, 200, 'the QR code can be fetched');
like($image->header('Content-Type'), qr{^image/}, 'as an image');

is($flow->poll->status, 200, 'a poll');
is($flow->status, 'ID_VERIFICATION_REQUIRED', 'still REQUIRED');
is($flow->client->get('/')->status, 403, 'the gate is still closed');

# the phone

$flow->phone('INITIATED');
ok($flow->reach('ID_VERIFICATION_REQUIRED'), 'the phone has begun');

my $code = $flow->state->{verificationCode};

$flow->phone('IN_PROGRESS');
ok($flow->reach('ID_VERIFICATION_IN_PROGRESS'), 'IN_PROGRESS');

$flow->phone('SUCCESS');
ok($flow->reach('ID_VERIFICATION_COMPLETED'), 'COMPLETED');
is_deeply([$flow->actions], ['continueAuthentication'],
    'there is one thing left to do');

is($flow->read->status, 200, 'reading it');
is($flow->status, 'ID_VERIFICATION_COMPLETED', 'changes nothing');
is($flow->client->get('/')->status, 403, 'the gate is closed until the end');

# the end

my $transaction = lc($service->api('GET', 'users/ann/verifyTransactions?limit=1')
    ->json->{_embedded}{verifyTransactions}[0]{id});

is($flow->continue->status, 200, 'she continues');
is($flow->status, 'COMPLETED', 'COMPLETED');

my $result = $flow->state->{authorizeResponse};

is($result->{transactionStatus}, 'SUCCESS', 'the status');
is(lc $result->{transactionId}, $transaction, 'the transaction');
like($result->{firstName}, qr/^\w+$/, 'her first name');

$site->nginx->forbid(@$result{qw(firstName lastName birthDate)});

my $answer = $flow->client->get('/account?x=1');

is($answer->status, 200, 'she is through');

my $seen = $answer->json;

is($seen->{uri}, '/account?x=1', 'at what she asked for');
is($seen->{headers}{'Remote-User'}, 'ann', 'with her name');
is($seen->{headers}{'IDV-Status'}, 'SUCCESS', 'her status');
is(lc $seen->{headers}{'IDV-Transaction-Id'}, $transaction, 'transaction');
is($seen->{headers}{'IDV-First-Name'}, $result->{firstName}, 'and claims');
is($seen->{headers}{'IDV-Last-Name'}, $result->{lastName}, 'all of them');

# and what is not hers to give

my $bob = $site->client('bob');

$bob->{jar} = $flow->client->jar;
is($bob->get('/', Accept => 'application/json')->status, 403,
    'her session is worth nothing to bob');

is($flow->continue->status, 404, 'the flow is over');

my $forged = $flow->client->get('/', 'IDV-Status' => 'FORGED',
    'idv_first_name' => 'Mallory', 'IDV-FIRST-NAME' => 'Mallory');

is($forged->status, 200, 'forged headers do not harm her');
unlike($forged->body, qr/FORGED|Mallory/, 'and do not arrive');

# The icon that a browser asks for by itself, together with a page: its answer
# set a cookie of its own, and the page's flow was nobody's from then on.

my $icon = $site->client('sam')->get('/favicon.ico', Accept => 'image/*',
    'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'image');

is($icon->status, 403, 'an icon is refused');
is($icon->json->{code}, 'VERIFICATION_REQUIRED', 'without a flow');
is($icon->header('Set-Cookie'), undef, 'and without a cookie');

$site->finish;
