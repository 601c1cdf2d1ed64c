#!/usr/bin/perl

# The operator's licence cannot be spent by anybody: limits for each subject,
# each address and all together hold at once, on all workers, and whoever fails
# too often is locked for a time.  Each refusal says when to come back.

# variants: plain asan trixie

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::HTTP;
use Idv::Page;
use Idv::Site;

my ($DEVICE, $REQUIRED, $FAILED)
    = map { "ID_VERIFICATION_$_" } qw(DEVICE REQUIRED FAILED);

my @crowd = map { "user$_" } 1 .. 12;

addresses();
together();
lockout();

Idv::Site->finish;


# Behind a proxy nginx's realip says who it is.  Who has an address of IPv6 has
# a network of them, and IPv4 is IPv4 however it is written.  No other header
# says so.

sub addresses {
    my $site = Idv::Site->new(hop => 1,
        provider => 'transaction_limit 2 1h per=address;',
        gate => 'set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;',
        people => { map { $_ => {} } @crowd });
    my @people = (@crowd, qw(ann bob eve sam));

    my $begin = sub {
        my ($address) = @_;

        my $user = shift @people;
        my $flow = $site->flow($user, client => $site->client($user,
            headers => ['X-Real-IP' => $address,
                'X-Forwarded-For' => '203.0.113.' . @people]));

        return $flow->device('self');
    };

    for my $case (['192.0.2.1', '192.0.2.1', '::ffff:192.0.2.1'],
        ['2001:db8:1:2::a', '2001:db8:1:2:ffff::1', '2001:db8:1:2::b'])
    {
        my ($first, $second, $third) = @$case;

        is($begin->($first)->status, 200, "$first: one");
        is($begin->($second)->status, 200, "$second: two");
        error_is($begin->($third), 429, 'REQUEST_FAILED', 'ADDRESS_LIMIT',
            "$third: enough, whoever it is");
    }

    is($begin->('192.0.2.2')->status, 200, 'another address');
    is($begin->('2001:db8:1:3::a')->status, 200, 'another network');
    is($begin->('unix:')->status, 200, 'a socket of this machine');

    # what is not said of subjects is as usual

    my $flow = $site->flow('ann');
    my $n = 0;

    for (1 .. 61) {
        $flow->client->{headers} = ['X-Real-IP' => "198.51.100.$_"];
        last if $flow->device('self')->status != 200;
        $flow->retry;
        $n++;

        # a flow has 16 at most
        $flow->cancel, $flow->start if $n % 15 == 0;
    }

    is($n, 60, 'each subject has the usual 60');
    error_is($flow->answer, 429, 'REQUEST_FAILED', 'TRANSACTIONS_LIMIT',
        'and no more');
}


# Twelve people press a button at once, and there are five.

sub together {
    my $site = Idv::Site->new(hop => 1, provider => <<'END',
        transaction_limit off;
        transaction_limit 5 1d per=all;
        transaction_limit 1000 1h per=all;
        transaction_limit 3 1d;
        transaction_limit 2 10m;
END
        people => { map { $_ => {} } @crowd });

    my @flows = map { $site->flow($_) } @crowd;
    my @answers = Idv::HTTP::parallel(map { {
        port => $site->port('gate'),
        bytes => $_->client->bytes('POST', $_->path,
            'Connection' => 'close', 'X-XSRF-Header' => 'x',
            'Content-Type' =>
                'application/vnd.pingidentity.deviceAuthentication+json',
            -body => '{"deviceAuthentication":"self"}'),
    } } @flows);

    my @done = grep { $answers[$_]->status == 200 } 0 .. $#flows;

    is(scalar @done, 5, 'five have one');
    is($site->service->transaction_calls('POST'), 5, 'and no more were made');

    error_is($answers[$_], 503, 'REQUEST_FAILED', 'TOTAL_LIMIT',
        "$crowd[$_] is told that there is none left")
        for grep { $answers[$_]->status != 200 } 0 .. $#flows;

    my ($last) = grep { $answers[$_]->status != 200 } 0 .. $#flows;
    my $after = $answers[$last]->header('Retry-After');

    ok($after > 17200 && $after <= 17280, 'and when there is one')
        or diag($after);

    $site->reload;
    error_is($flows[$last]->device('self'), 503, 'REQUEST_FAILED',
        'TOTAL_LIMIT', 'a reload makes no more');

    # the day's limit is raised: that of the subject in ten minutes remains

    $site->reload(hop => 1, provider => <<'END',
        transaction_limit 500 1d per=all;
        transaction_limit 2 10m;
END
        people => { map { $_ => {} } @crowd });

    my $flow = $flows[$done[0]];

    $flow->retry;
    is($flow->device('self')->status, 200, 'a second one of hers');
    $flow->retry;
    error_is($flow->device('self'), 429, 'REQUEST_FAILED',
        'TRANSACTIONS_LIMIT', 'but no third in ten minutes');
    is($flow->answer->header('Retry-After') > 600, '', 'those ten minutes');
}


# Two failures of eve's, in two flows: she is locked, ann is not.

sub lockout {
    my $site = Idv::Site->new(hop => 1, provider => <<'END',
        attempts 2;
        lockout failures=3 within=1h time=90m;
END
        locations => 'location = /metrics { auth_basic off; idv_metrics local; }');

    my $log = $site->nginx->log;
    my $first = $site->flow('eve');

    $first->require_code;
    $first->phone('FAIL');
    ok($first->reach($REQUIRED), 'eve fails');
    $first->phone('FAIL');
    ok($first->reach($FAILED), 'and fails again');
    $first->cancel;

    my $second = $site->flow('eve');

    is($second->require_code, $REQUIRED, 'which locks nobody yet');

    my $mark = $log->mark;

    $second->phone('FAIL');
    ok($second->reach($FAILED), 'the third failure has no other after it');
    is($site->service->transaction_calls('POST'), 3, 'nor a transaction');

    $second->retry;
    error_is($second->device('self'), 429, 'REQUEST_FAILED', 'SUBJECT_LOCKED',
        'she is locked');

    my $after = $second->answer->header('Retry-After');

    ok($after > 5300 && $after <= 5400, 'for a time') or diag($after);

    my @said = $log->said($mark);

    like("@said", qr/a subject is locked for 5400 s after 3 failures/,
        'the log says that');
    unlike("@said", qr/\beve\b/, 'and not who');

    $site->reload;
    error_is($site->flow('eve')->device('self'), 429, 'REQUEST_FAILED',
        'SUBJECT_LOCKED', 'she still is after a reload, and in any flow');
    is($site->flow('ann')->device('self')->status, 200, 'ann is not');

    # on the page, in each language

    my %said = (
        en => [qr/Too many of your verifications have failed/,
               qr/Time left to wait \(hours:minutes\): 1:(?:29|30)/],
        de => [qr/Zu viele Ihrer Prüfungen sind fehlgeschlagen/,
               qr/Verbleibende Wartezeit \(Stunden:Minuten\): 1:(?:29|30)/],
        ar => [qr/\x{644}\x{645} \x{62a}\x{646}\x{62c}\x{62d}/,
               qr/: 1:(?:29|30)/],
    );

    for my $lang (sort keys %said) {
        my $page = Idv::Page->new(site => $site, user => 'eve',
            headers => ['Accept-Language' => $lang]);

        $page->open('/some/page');
        $page->press('idv-self');
        is($page->view, 'device', "$lang: back where she was");
        is($page->lang, $lang, "$lang: in her language");

        my $alert = Idv::Page::text($page->alert // '');

        utf8::decode(my $failed = "$said{$lang}[0]");
        like($alert, qr/$failed/, "$lang: why");
        like($alert, $said{$lang}[1], "$lang: and for how long");

        is($page->open($page->path =~ s/limited/unavailable/r)->view, 'device',
            "$lang: another reason");
        unlike(Idv::Page::text($page->alert), qr/\d:\d\d/, "$lang: no time");
    }

    # an address that says so, of somebody who may

    my $page = Idv::Page->new(site => $site, user => 'ann');

    $page->open('/some/page');
    $page->open($page->path . '&error=limited');
    is($page->alert, undef, 'the page asks again, whatever its address says');

    my $metrics = $site->client(undef)->get('/metrics')->body;

    like($metrics, qr/^idv_lockouts_total 1$/m, 'the metrics have the lock');
    like($metrics, qr/^idv_limited_locked_total [56]$/m, 'and refusals');
    like($metrics, qr/^idv_limited_subject_total 0$/m, 'of that limit only');
}
