#!/usr/bin/perl

# The worker token: fetched once for everybody, renewed before its end, dropped
# when it is refused; and what happens where there is none to be had.

# variants: plain asan

use strict;
use warnings;

use MIME::Base64 ();
use Test::More;
use Time::HiRes qw(time sleep);

use Idv::HTTP;
use Idv::PingOne;

my @self = (deviceAuthentication => { deviceAuthentication => 'self' });

my $timing = <<'END';
    breaker         off;
    connect_timeout 400ms;
    idle_timeout    400ms;
    timeout         1s;
    poll_wait       5s;
END

my %people = map { ("u$_" => {}) } 1 .. 50;


# Fifty users start at once, on four workers, and there is no token yet.

my $pingone = Idv::PingOne->new;
my $site = $pingone->site(name => 'fifty', workers => 4, people => \%people,
    provider => 'breaker off;', gate => 'add_header X-Worker $pid always;');

my @flows = map { $site->flow($_) } sort keys %people;

$pingone->fault(token => { delay => 0.5, json => $pingone->token_json });

my @answers = Idv::HTTP::parallel(map { {
    port => $site->port('gate'),
    bytes => $_->client->bytes($_->message(@self)),
} } @flows);

is(scalar(grep { $_->status == 200
                 && $_->json->{status} eq 'ID_VERIFICATION_REQUIRED' }
          @answers), 50, 'fifty starts: all have a transaction');
is(scalar $pingone->calls('create'), 50, 'one each');
is(scalar $pingone->calls('token'), 1, 'with one token');

my %workers = map { $_->header('X-Worker') => 1 } @answers;
cmp_ok(scalar keys %workers, '>', 1, 'for several workers');

my ($call) = $pingone->calls('token');
is($call->{body}, 'grant_type=client_credentials', 'by client credentials');
like($call->{headers}{authorization}, qr/^Basic /, 'which are in the header');

my %bearers = map { $_->{headers}{authorization} => 1 }
    $pingone->calls('create');
is_deeply([keys %bearers], ['Bearer ' . Idv::PingOne::TOKEN],
    'and the token is what they show');


# A token that lives for two seconds is renewed before its end, once, while
# people go on polling; nobody sees an error.

sub waiting {
    my ($site, $user) = @_;

    my $flow = $site->flow($user);
    $flow->device('self');

    return $flow;
}

$pingone = Idv::PingOne->new;
$site = $pingone->site(name => 'short', provider => $timing);
$pingone->fault(token => { json => $pingone->token_json(expires_in => 2) });

my @waiting = map { waiting($site, $_) } qw(ann bob eve);
my ($end, $bad) = (time + 3, 0);

while (time < $end) {
    $bad++ for grep { $_->poll->status != 200 } @waiting;
    sleep 0.1;
}

my $tokens = $pingone->calls('token');
is($bad, 0, 'a token that lives shortly: nobody notices');
cmp_ok($tokens, '>=', 2, 'it is renewed');
cmp_ok($tokens, '<=', 3, 'as often as it has to be');
is(join("\n", $site->nginx->log->said), '', 'nothing to say about it');


# Lives that are none.

for my $life (undef, '3600', 1e300) {
    my $pingone = Idv::PingOne->new;
    my $site = $pingone->site(name => 'life', provider => $timing);
    my $json = $pingone->token_json(expires_in => $life);
    my $name = $life // 'without one';

    delete $json->{expires_in} unless defined $life;
    $pingone->fault(token => { json => $json });

    my $ann = waiting($site, 'ann');

    is($ann->status, 'ID_VERIFICATION_REQUIRED', "a life, $name: taken");
    sleep 0.2;
    $ann->poll;
    is($pingone->calls('token') . $pingone->calls('read'), '11',
        'for more than one call');
}

for my $life (-5) {
    my $pingone = Idv::PingOne->new;
    my $site = $pingone->site(name => 'life', provider => $timing);

    $pingone->fault(token => { json => $pingone->token_json(
        expires_in => $life) });

    my $ann = waiting($site, 'ann');

    is($ann->status, 'ID_VERIFICATION_REQUIRED', "a life of $life s: taken");
    sleep 1.1;
    is($ann->poll->status, 200, 'and soon over');
    is(scalar $pingone->calls('token'), 2, 'so another is fetched');
}


# No token: 503, one line, and nobody asks again for a while.

my @faults = (
    ['reset', { reset => 'request' }, qr/reset: /],
    ['silence', { hang => 'request' }, qr/timeout: |no answer within/],
    ['HTTP 401', { status => 401, json => { error => 'invalid_client' } },
        qr/HTTP 401, code invalid_client/],
    ['HTTP 400', { status => 400, json => { error => 'unauthorized_client' } },
        qr/HTTP 400, code unauthorized_client/],
    ['HTTP 404', { status => 404, json => { code => 'NOT_FOUND' } },
        qr/HTTP 404, code NOT_FOUND/],
    ['HTTP 500', { status => 500 }, qr/HTTP 500/],
    ['a page', { body => '<html>' }, qr/not JSON/],
    ['JSON that is cut', { body => '{"access_token":"' . Idv::PingOne::TOKEN },
        qr/not JSON/],
    ['no token', { json => {} }, qr/"access_token" is not a string/],
    ['a number', { json => { access_token => 1 } },
        qr/"access_token" is not a string/],
    ['two lines', { json => { access_token => "a\r\nX-Evil: 1" } },
        qr/"access_token" is not a bearer token/],
    ['another type', { json => { access_token => 'a', token_type => 'mac' } },
        qr/"token_type" is not Bearer/],
    ['8 MB', { json => $pingone->token_json, pad => 8 * 1024 * 1024 },
        qr/too large: /],
    ['a long one', { json => { access_token => 'a' x 60000 } },
        qr/the token is too long/],
);

for my $fault (@faults) {
    my ($name, $rule, $why) = @$fault;

    my $pingone = Idv::PingOne->new;
    my $site = $pingone->site(name => 'none', provider => $timing);
    my $log = $site->nginx->log;

    $pingone->fault(token => $rule);

    my $ann = $site->flow('ann');
    my $bob = $site->flow('bob');
    my $mark = $log->mark;

    my $answer = $ann->device('self');

    is($answer->status . ' ' . $answer->json->{code}, '503 REQUEST_FAILED',
        "token, $name: 503");
    like($answer->header('Retry-After'), qr/^[1-9]\d*$/, 'with a time');

    my $asked = $pingone->calls('token');

    is($bob->device('other')->status, 503, 'the next one: the same');
    is(scalar $pingone->calls('token'), $asked, 'without asking again');
    is(scalar $pingone->calls('create'), 0, 'nothing is sent without a token');
    is($ann->read->status . ' ' . $ann->status, '200 ID_VERIFICATION_DEVICE',
        'the flow stays where it was');

    my @lines = $log->said($mark);
    is(scalar @lines, 1, 'one line in the log') or diag("@lines");
    like($lines[0] // '', qr/^error: idv: provider "local": token: .*$why/,
        'says why');
}


# A token that is refused: dropped, and the call is tried once more.

$pingone = Idv::PingOne->new;
$site = $pingone->site(name => 'refused', provider => $timing);

my $refusal = { status => 401, json => { code => 'INVALID_TOKEN' } };
my $ann = waiting($site, 'ann');
my $mark = $site->nginx->log->mark;

for my $kind (qw(read create)) {
    my $before = $pingone->calls($kind);
    $tokens = $pingone->calls('token');
    $pingone->fault($kind => { %$refusal, times => 1 });
    sleep 0.25;

    my $bob = $kind eq 'create' ? $site->flow('bob') : $ann;
    my $answer = $kind eq 'create' ? $bob->device('self') : $bob->poll;

    is($answer->status, 200, "$kind, 401 once: nobody notices");
    is($bob->status, 'ID_VERIFICATION_REQUIRED', 'the state is right');
    is($pingone->calls($kind) - $before, 2, 'the call was made twice');
    is($pingone->calls('token') - $tokens, 1, 'with one new token');
}

is(join("\n", $site->nginx->log->said($mark)), '', 'nothing to say about it');

for my $kind (qw(read create)) {
    my $before = $pingone->calls($kind);
    $tokens = $pingone->calls('token');
    $pingone->fault($kind => $refusal);
    sleep 0.25;
    $mark = $site->nginx->log->mark;

    my $eve = $kind eq 'create' ? $site->flow('sam') : $ann;
    my $answer = $kind eq 'create' ? $eve->device('self') : $eve->poll;

    is($answer->status, $kind eq 'create' ? 503 : 200, "$kind, 401 forever");
    is($eve->read->status, 200, 'the flow is there');
    is($eve->status, $kind eq 'create' ? 'ID_VERIFICATION_DEVICE'
        : 'ID_VERIFICATION_REQUIRED', 'where it was');
    is($pingone->calls($kind) - $before, 2, 'the call was made twice');

    my @lines = $site->nginx->log->said($mark);
    is(scalar @lines, 1, 'one line in the log') or diag("@lines");
    like($lines[0] // '', qr/$kind transaction: HTTP 401, code INVALID_TOKEN/,
        'says which and why');
}

$pingone->well;
sleep 0.25;
is($ann->poll->status, 200, 'and when it is well again');
is(scalar $pingone->calls('read'), 5, 'it is read');


# The secret was wrong: the operator corrects it and reloads, and nobody waits
# for what is remembered of the old one.

$pingone = Idv::PingOne->new;
$site = $pingone->site(name => 'secret', provider => $timing);
$pingone->fault(token => $refusal);

my $bob = $site->flow('bob');
is($bob->device('other')->status, 503, 'a wrong secret');

$site->nginx->write_file(client_secret => "an-other-secret\n");
$site->nginx->forbid('an-other-secret');
$site->nginx->reload;
$pingone->well;

is($bob->device('other')->status, 200, 'it is used as soon as it is right');

my @basic = map { $_->{headers}{authorization} =~ /^Basic (.+)/;
                  MIME::Base64::decode_base64($1) } $pingone->calls('token');
is_deeply(\@basic, [Idv::Site::CLIENT . ':' . Idv::Site::SECRET,
                    Idv::Site::CLIENT . ':an-other-secret'],
    'each time the one that was configured');

$site->finish;
