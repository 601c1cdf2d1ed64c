#!/usr/bin/perl

# What the console shows of users and changes at the provider: every operation
# against the local service.  (Providers that fail: t/console_provider.t.)

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Console;
use Idv::Phone;
use Idv::Site;

my $evil = '<script>alert(1)</script>"\'&';
my $console = Idv::Console->new(workers => 1, test_mode => 'off',
    processing => '0s',
    files => { 'people.json' => JSON::PP->new->canonical->encode([
        { id => 'ann', username => 'ann.e', email => 'ann@example.com',
          name => { given => $evil, family => 'Example' } },
        { id => 'bob', username => 'bob', mobilePhone => '+15555550123',
          name => { given => 'Bob', family => 'Exam' } },
        { id => 'tess', username => 'tess', enabled => JSON::PP::false }]) },
    service => 'idv_service_inspection AUTOMATIC MANUAL STEP_UP; '
        . 'idv_service_users people.json;');
my ($site, $service) = ($console->site, $console->service);
my $users = 'users/ann/verifyTransactions';


sub policy {
    my (%parts) = @_;

    my $answer = $console->change('adm', 'verifyPolicies', \%parts);

    is($answer->status, 201, "policy $parts{name}") or diag($answer->body);

    return $answer->json->{id};
}

sub told_of {
    my ($what, $name) = @_;

    is(join(' ', map { "$_->{what} $_->{result}" } $console->told),
        "$what attempt $what done", "$name: told");
}


# Users, found by what they are called or can be reached by.

for my $case (['exam', 'ann bob'], ['Example', 'ann'], ['ann.', 'ann'],
    ['ann%40', 'ann'], ['%2B15555', 'bob'], ['tess', 'tess'], ['xam', ''],
    ['%22', ''], ['" or username sw "', ''], ['', 'ann bob tess'])
{
    my ($text, $wanted) = @$case;

    $text =~ s/ /%20/g;
    my $found = $console->read('vic', "users?search=$text");

    is(join(' ', sort map { $_->{id} } @{$found->{users}}), $wanted,
        "found by \"$text\"");
    is($found->{count}, scalar @{$found->{users}}, '... and counted');
}

my $shown = $console->read('vic', 'users/ann');
is_deeply([@{$shown->{user}}{qw(id username email)}, $shown->{user}{name}],
    ['ann', 'ann.e', 'ann@example.com', { given => $evil,
        family => 'Example' }], 'a user as the directory has them');
is_deeply($console->read('vic', 'users/tess')->{user}{enabled},
    JSON::PP::false, '... or whether they are enabled');


# Policies: the provider's rules, and its words for every mistake.

my $policy = policy(name => $evil, liveness => { verify => 'REQUIRED',
    threshold => 'HIGH' });
my ($attempt, $result) = $console->told;

ok(!exists $attempt->{policy}, 'told: nobody knows its id before');
is($result->{policy}, $policy, '... and afterwards, not its name');

is($console->read('vic', "verifyPolicies/$policy")->{name}, $evil,
    'a policy is read as it is');
is(scalar(grep { $_->{id} eq $policy }
    @{$console->read('vic', 'verifyPolicies')->{_embedded}{verifyPolicies}}),
    1, '... and in the list');
unlike($console->get('vic', 'verifyPolicies')->body, qr/_links/,
    'nobody is told where the provider is');

my $theirs = $console->theirs($console->change('adm', 'verifyPolicies', {
    name => 'x', liveness => { verify => 'MAYBE', threshold => 'HIGH' } }),
    400, 'INVALID_DATA', 'a policy with a mistake');
is($theirs->{details}[0]{target}, 'liveness.verify', '... which is named');

my $answer = $console->change('adm', "verifyPolicies/$policy",
    { name => 'another', liveness => { verify => 'REQUIRED',
        threshold => 'LOW' } }, -method => 'PUT');
is($answer->status, 200, 'a policy is replaced');
is($answer->json->{name}, 'another', '... whole');
$console->told;

$answer = $console->change('adm', "verifyPolicies/$policy/test",
    { userId => 'tess' });
is($answer->status, 201, 'a policy is tried');
my $trial = $answer->json;
is_deeply([sort keys %$trial], [qw(code transaction url)], '... on a phone');
like($trial->{url}, qr/txnid=$trial->{transaction}{id}/, '... at this address');
is($trial->{transaction}{verifyPolicy}{id}, $policy, '... by that policy');
is_deeply([map { [$_->{policy}, $_->{user} // '', $_->{transaction} // ''] }
    $console->told], [[$policy, '', ''],
    [$policy, 'tess', $trial->{transaction}{id}]], '... which is told');

for my $bad (undef, '', 'a/b', '..', 'x' x 104, 7) {
    is($console->refused($console->change('adm', "verifyPolicies/$policy/test",
        { userId => $bad }), 400, 'INVALID_INPUT', 'no user')->[0]{target},
        'userId', '... is named');
}

$console->told;
$answer = $console->change('adm', "verifyPolicies/$policy/delete", {});
is_deeply($answer->json, { deleted => JSON::PP::true }, 'a policy is deleted');
told_of('policy.delete', 'delete');
$console->theirs($console->get('vic', "verifyPolicies/$policy"), 404,
    'NOT_FOUND', 'it is gone');


# Transactions, in the forms of the provider, without what lets others act.

my $tx = $service->api('POST', $users, { requirements => {
    family_name => { value => $evil } },
    sendNotification => { email => 'ann@example.com' } })->json;

for my $path ($users, "$users/$tx->{id}") {
    my $text = $console->get('vic', $path)->body;

    like($text, qr/\Q$tx->{id}/, "$path: it is there");
    unlike($text, qr/webVerification|qrUrl|requirements|script|_links/,
        "$path: without links, codes and data");
    unlike($text, qr/example\.com|\Q$tx->{webVerificationCode}/,
        "$path: nor addresses");
}

my $list = $console->read('vic', $users);
is($list->{size}, 1, 'a list of the provider');
is($list->{_embedded}{verifyTransactions}[0]{transactionStatus}{status},
    'REQUESTED', '... of its form');

my $one = $console->read('vic', "$users/$tx->{id}");
is($one->{transaction}{id}, $tx->{id}, 'a transaction');
like($one->{meaning}, qr/requested to send/, '... and what its status means');
is(ref $one->{metaData}, 'ARRAY', '... what was judged');

$service->set($tx->{id}, 'SUCCESS', data => { firstName => $evil,
    lastName => 'Example' });
$one = $console->read('vic', "$users/$tx->{id}");
is($one->{transaction}{transactionStatus}{status}, 'SUCCESS', 'verified');
unlike($console->get('vic', "$users/$tx->{id}")->body, qr/Example|script/,
    '... and no verified data for a viewer');

my $data = $console->read('adm', "$users/$tx->{id}/verifiedData");
my ($document) = grep { $_->{type} eq 'GOVERNMENT_ID' }
    @{$data->{verifiedData}};
is($document->{data}{firstName}, $evil, 'for an administrator as it is');
told_of('data.read', 'verified data');

like($console->client('adm')->get("/console/$users/$tx->{id}/verifiedData")
    ->body, qr/&lt;script&gt;/, 'a page shows it as text');
unlike($console->client('adm')->get("/console/$users/$tx->{id}/verifiedData")
    ->body, qr/<script>alert/, '... and nothing but text');
$console->told;


# Approved by hand, where the provider allows it.

$console->theirs($console->change('adm', "$users/$tx->{id}/approve", {}), 400,
    'INVALID_DATA', 'what has succeeded is not approved');
is(join(' ', map { "$_->{result} " . ($_->{status} // '') } $console->told),
    'attempt  failed 400', '... which is told');

my $later = $service->api('POST', $users, {})->json;
$service->set($later->{id}, 'FAIL', reason => 'TRANSACTION_TIMED_OUT');
$answer = $console->change('adm', "$users/$later->{id}/approve",
    { reason => 'known to us' });
is($answer->json->{transaction}{transactionStatus}{status},
    'APPROVED_MANUALLY', 'one that failed is');
like($answer->json->{meaning}, qr/by hand/, '... with what it means');
unlike($console->nginx->read_file('audit.log'), qr/known to us/,
    'a reason is not for the log');
$console->told;

$later = $service->api('POST', $users, {})->json;
$service->set($later->{id}, 'FAIL', reason => 'TRANSACTION_TIMED_OUT');
$answer = $console->change('adm', 'users/ann/approve', {});
is($answer->json->{transaction}{id}, $later->{id}, 'the latest of a user');
is($answer->json->{transaction}{transactionStatus}{status},
    'APPROVED_NO_REQUEST', '... is approved without a request');
is(($console->told)[1]{transaction}, $later->{id}, '... and told by its id');

# who has not begun, and who was never asked, need not

$later = $service->api('POST', $users, {})->json;
is($console->change('adm', 'users/ann/approve', {})
    ->json->{transaction}{transactionStatus}{status}, 'APPROVED_NO_REQUEST',
    'one that nobody has begun');
is($console->change('adm', 'users/tess/approve', {})
    ->json->{transaction}{transactionStatus}{status}, 'APPROVED_NO_REQUEST',
    'one that is made for it');
$console->told;


# Disabled and enabled.

for my $status ('DISABLED', 'ENABLED') {
    $answer = $console->change('adm', 'users/ann/status',
        { status => $status });
    is($answer->json->{verifyStatus}, $status, "a user is $status");
    is($console->read('vic', 'users/ann')->{verifyStatus}{verifyStatus},
        $status, '... as can be seen');
    is_deeply([map { "$_->{value} $_->{result}" } $console->told],
        ["$status attempt", "$status done"], '... and is told');
}

for my $bad (undef, 'NOT_INITIATED', 'enabled', 7) {
    is($console->refused($console->change('adm', 'users/ann/status',
        { status => $bad }), 400, 'INVALID_INPUT', 'no status')->[0]{target},
        'status', '... is named');
}

ok(!(grep { exists $_->{value} } $console->told), 'a word, or nothing');

$console->refused($console->get('vic', 'users/nobody'), 404, 'NOT_FOUND',
    'a user of whom nobody knows');
$console->told;


# Reviews: what waits, what was handed in, and a decision.

$policy = policy(name => 'by hand', governmentId => { verify => 'REQUIRED',
    inspectionType => 'MANUAL' });

sub waits {
    my ($user) = @_;

    my $phone = Idv::Phone->create($service, $user,
        verifyPolicy => { id => $policy },
        requirements => { family_name => { value => $evil } });

    $phone->begin->document(lastName => $evil,
        photo => Idv::Phone::PHOTO)->submit;

    return $phone->{id};
}

my @waiting = map { waits($_) } qw(ann bob);
$console->told;

my $queue = $console->read('adm', 'reviews');
is($queue->{count}, 2, 'two wait');
is_deeply([map { [$_->{transaction}{id}, $_->{user}{id}] }
    @{$queue->{reviews}}], [[$waiting[0], 'ann'], [$waiting[1], 'bob']],
    '... the one that has waited longest first');

my $review = $console->read('adm', "reviews/$waiting[0]");
told_of('review.read', 'a review');
is($review->{user}{id}, 'ann', 'one of them: whose');
is_deeply($review->{requirements}, { family_name => { value => $evil } },
    '... what was known');
unlike($console->get('adm', "reviews/$waiting[0]")->body, qr/webVerif|iVBOR/,
    '... no link, and no image');
$console->told;

my ($front) = grep { $_->{type} eq 'Passport Front' } @{$review->{documents}};
is($front->{image}, "reviews/$waiting[0]/images/$front->{id}",
    '... where its image is');

for my $path ("/console/api/$front->{image}", "/console/$front->{image}") {
    my $image = $console->client('adm')->get($path);

    is($image->status, 200, 'the image') or diag($image->body);
    is($image->body, Idv::Phone::PHOTO, '... its bytes');
    is($image->header('Content-Type'), 'image/png', '... of their type');
    is($image->header('Cache-Control'), 'no-store', '... never cached');
    like($image->header('Content-Security-Policy'), qr/sandbox/,
        '... and nothing that runs');
    told_of('image.read', 'an image');
}

is($console->client('vic')->get("/console/$front->{image}")->status, 403,
    'no image for a viewer');
$console->told;

is($console->refused($console->change('adm', "reviews/$waiting[0]",
    { decision => 'MAYBE' }), 400, 'INVALID_INPUT', 'no decision')
    ->[0]{target}, 'decision', '... is named');
$console->told;

$answer = $console->change('adm', "reviews/$waiting[0]",
    { decision => 'APPROVED', reason => '' });
is($answer->json->{transaction}{transactionStatus}{status},
    'APPROVED_MANUALLY', 'approved') or diag($answer->body);
is_deeply([map { [@$_{qw(value transaction result)}] } $console->told],
    [map { ['APPROVED', $waiting[0], $_] } qw(attempt done)], '... and told');

$console->refused($console->change('adm', "reviews/$waiting[0]",
    { decision => 'REJECTED' }), 404, 'NOT_FOUND', 'it waits no more');
$console->theirs($console->change('adm', "reviews/$waiting[1]",
    { decision => 'REJECTED', reason => 'NO_REASON' }), 400, 'INVALID_DATA',
    'a reason that is none');
$answer = $console->change('adm', "reviews/$waiting[1]",
    { decision => 'REJECTED', reason => 'DOCUMENT_EXPIRED' });
is($answer->json->{transaction}{transactionStatus}{status}, 'FAIL',
    'rejected');
is($console->read('adm', 'reviews')->{count}, 0, 'nobody waits');
$console->told;

# the verified data of one that was approved has its images at the provider

$data = $console->read('adm', "$users/$waiting[0]/verifiedData");
my ($image) = grep { defined $_->{image} } @{$data->{verifiedData}};
is($console->client('adm')->get("/console/api/$image->{image}")->body,
    Idv::Phone::PHOTO, 'an image of verified data');
ok(!exists $image->{data}, '... which is nowhere else');


# A reset tells them.

$console->nginx->forbid('ann@example.com', '5555550123', 'alert(1)');
is($console->change('adm', 'users/ann/reset', {})->json->{message}, 'SENT',
    'who starts over is told');
is($console->change('adm', 'users/tess/reset', {})->json->{message},
    'NO_CONTACT', '... if somebody knows where');
$service->control('PUT', 'notifications', { sent => JSON::PP::false });
is($console->change('adm', 'users/bob/reset', {})->json->{message}, 'FAILED',
    '... and the mail goes out');

Idv::Site::finish();
