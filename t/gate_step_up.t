#!/usr/bin/perl

# A stricter verification for some locations: who steps up keeps what was open,
# where that accepts the stricter policy, and nothing else opens by it.

# variants: plain asan

use strict;
use warnings;

use Test::More;

use Idv::Gate;
use Idv::Site;

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';

my $site = Idv::Site->new;
my $gate = Idv::Gate->new($site);

my ($usual, $strict) = map {
    my $answer = $site->service->api('POST', 'verifyPolicies', { name => $_,
        governmentId => { verify => 'REQUIRED' } });

    $answer->json->{id} // die $answer->body;
} qw(usual strict);

my %arg = (provider => "verify_policy $usual; transaction_limit off;
        attempts 1;",
    locations => <<"END");
        location /account/ {
            auth_idv local;
            auth_idv_accept_policy b0000000-0000-4000-8000-00000000000b $strict;
            $app

            location /account/own/ {
                auth_idv local;
                auth_idv_accept_policy off;
                $app
            }

            location /account/new/ {
                auth_idv local;
                auth_idv_max_age 0;
                $app
            }
        }

        location /contracts/ {
            auth_idv local;
            auth_idv_policy @{[uc $strict]};
            $app
        }
END

$site->reload(%arg);


# ann has an account, and needs more for contracts

my $ann = $site->client('ann');

$site->verified('ann', client => $ann, path => '/account/');
$gate->admits($ann, $_, "ann, verified: $_")
    for '/', '/account/', '/account/own/';
$gate->refuses($ann, '/contracts/', 'which is not enough for contracts');
$gate->admits($ann, '/account/', 'asking costs her nothing');

my $flow = $site->flow('ann', client => $ann, path => '/contracts/');

is($flow->require_code, 'ID_VERIFICATION_REQUIRED', 'she steps up');
is($site->service->api('GET', 'users/ann/verifyTransactions/'
    . $flow->transaction)->json->{verifyPolicy}{id}, $strict,
    'under the stricter policy');
$gate->admits($ann, '/account/', 'what was open is so meanwhile');

# she thinks better of it, and tries again, and fails

$flow->cancel;
is($flow->answer->status, 200, 'she cancels');
$gate->admits($ann, $_, "which costs her nothing: $_") for '/', '/account/';
$gate->refuses($ann, '/contracts/', 'and opens nothing');

$flow = $site->flow('ann', client => $ann, path => '/contracts/');
$flow->require_code;
$flow->phone('FAIL');
ok($flow->reach('ID_VERIFICATION_FAILED'), 'she fails');
$gate->admits($ann, $_, "which costs her nothing either: $_")
    for '/', '/account/';
is($ann->get($gate->mark('/contracts/'))->status, 403, 'and opens nothing');

$flow->cancel;
$flow = $site->flow('ann', client => $ann, path => '/contracts/');
$flow->verify;

$gate->admits($ann, '/contracts/', 'contracts are open');
$gate->admits($ann, '/account/', 'and so is the account');

# what does not accept it

$gate->refuses($ann, '/', 'a location that accepts none');
$gate->refuses($ann, '/account/own/', 'one that has switched it off');
sleep 2;
$gate->refuses($ann, '/account/new/', 'one that is too old');


# who has none begins with the usual one, and that opens no contract

my $eve = $site->client('eve');

$flow = $site->flow('eve', client => $eve, path => '/account/');
$flow->require_code;
is($site->service->api('GET', 'users/eve/verifyTransactions/'
    . $flow->transaction)->json->{verifyPolicy}{id}, $usual,
    'eve is verified under the usual policy');
$flow->verify;
$gate->refuses($eve, '/contracts/', 'which opens no contract');

$gate->nothing_passed;

$site->finish;
