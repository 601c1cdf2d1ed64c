#!/usr/bin/perl

# What is seldom asked for on the page and of the API: an option that is none, a
# picture of no code, a claim whose name has a "_".

use strict;
use warnings;

use Test::More;

use Idv::Page;
use Idv::Site;

my $site = Idv::Site->new(
    provider => 'claim my_status /transactionStatus/status;',
    locations => <<'END');
        location /told/ {
            auth_idv         local;
            proxy_set_header X-Told $idv_claim_mystatus|$idv_claim_my__status_;
            proxy_pass       http://127.0.0.1:%%PORT_app%%;
        }
END

# an option that is not offered, as where the address has changed meanwhile

my $page = Idv::Page->new(site => $site, user => 'ann');

$page->open('/');
$page->press('idv-other');

my ($path, $field) = $page->button('E-mail to');

for my $option ('x', $field->{option} . 'x', scalar reverse $field->{option}) {
    $page->send($path, { %$field, option => $option });
    is($page->view, 'options', 'an option that is none: they are shown again');
}

is($site->service->transaction_calls('POST'), 0, 'and nothing was begun');

$page->send($path, $field);
is($page->view, 'message', 'and one that is');

# a picture of a code, where there is one

my $flow = $site->flow('sam');
my @xsrf = ('X-XSRF-Header' => 'test');

is($flow->client->get($flow->path . '/qr', @xsrf)->status, 404,
    'no picture of a flow that has no code');
$flow->device('self');
is($flow->client->get($flow->path . '/qr', @xsrf)->status, 200,
    'one of a flow that has');

# names of claims, by names of variables

my $ann = $site->verified('bob');

is($ann->get('/told/')->json->{headers}{'X-Told'}, 'SUCCESS|SUCCESS',
    'a "_" makes no difference in the name of a claim');

$site->finish;
