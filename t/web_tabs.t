#!/usr/bin/perl

# Two tabs of one browser: what one of them waits for, the other may end.

# variants: plain trixie

use strict;
use warnings;

use Test::More;

use Idv::Clock;
use Idv::Page;
use Idv::Site;

my $clock = Idv::Clock->new;
my $site = $clock->with(sub { Idv::Site->new });
my $service = $site->service;

# one tab waits for the provider, the other one cancels

my $page = Idv::Page->new(site => $site, user => 'sam');
$page->open('/');
$page->press('idv-self');
$service->faults({ path => '/v1/environments', times => 1, delayMs => 1500 });

my $reads = $service->transaction_calls('GET');
my $tab = $site->client('sam');
$tab->{jar} = $page->client->jar;
$clock->advance(10);
$tab->send('GET', $page->path, Accept => 'text/html');
ok($site->nginx->wait_until(5, sub {
    $service->transaction_calls('GET') > $reads }), 'a tab waits');
$page->press('idv-cancel');
is($page->view, 'notice', 'another cancels');
my $answer = $tab->receive;
is($answer->status, 303, 'the first one looks again');
like($answer->header('Location'), qr{^/idv/\?flowId=}, 'at the flow');
$service->faults;

# a button that is older than what is kept of its flow

$page = Idv::Page->new(site => $site, user => 'sam');
$page->open('/');
is($page->view, 'device', 'a choice');
$clock->advance(3 * 3600);
$page->press('idv-self');
is($page->view, 'notice', 'hours later there is nothing to choose');

$site->finish;
