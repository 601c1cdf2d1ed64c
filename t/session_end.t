#!/usr/bin/perl

# Signing out ends the session and not only its cookie: a copy of it is worth
# nothing from that moment on, whatever worker it meets, after a reload and
# after a worker was killed.  Whoever holds it ends it, from its own site, and
# no other session of that user goes with it.

use strict;
use warnings;

use Test::More;

use Idv::Gate;
use Idv::Page;
use Idv::Site;

my $site = Idv::Site->new(hop => 1, servers => <<'END');
    server {
        listen 127.0.0.1:%%PORT_left%%;

        auth_idv_subject $remote_user;

        location /idv/ {
            idv_page local;
        }
    }
END

my $gate = Idv::Gate->new($site);
my $origin = 'http://127.0.0.1:' . $site->port('gate');
my @form = ('Content-Type' => 'application/x-www-form-urlencoded');
my @same = ('Sec-Fetch-Site' => 'same-origin');

# ann on two devices, each with a session

my $ann = $site->verified('ann');
my $phone = $site->verified('ann');
my $copy = 'idv_local=' . $ann->cookie('idv_local');


# how many of the next requests with a cookie are let through, on both workers

sub opened {
    my ($cookie, $user) = @_;

    my ($n, %workers) = (0);
    my $client = $site->client($user // 'ann');

    for (1 .. 200) {
        my $answer = $client->get('/?' . ($cookie eq $copy ? 'copy' : 'x'),
            Cookie => $cookie);
        $n++ if $answer->status == 200;
        die 'status ', $answer->status if $answer->status !~ /^(?:200|403)$/;
        $workers{$answer->header('X-Worker')}++;
        last if keys %workers == 2 && $_ >= 12;
    }

    is(keys %workers, 2, 'both workers were asked');

    return $n;
}


cmp_ok(opened($copy), '>=', 12, 'a session, on either worker');

# what does not end it

for my $case (
    ['GET', '/idv/logout'], ['HEAD', '/idv/logout'],
    ['GET', '/idv/logout?return=/'],
    ['POST', '/idv/logout', 'Sec-Fetch-Site' => 'cross-site'],
    ['POST', '/idv/logout', 'Sec-Fetch-Site' => 'same-site'],
    ['POST', '/idv/logout', 'Sec-Fetch-Site' => 'none'],
    ['POST', '/idv/logout', 'Sec-Fetch-Site' => ''],
    ['POST', '/idv/logout', Origin => 'http://evil.example'],
    ['POST', '/idv/logout', Origin => 'null'],
    ['POST', '/idv/logout', Origin => "$origin.evil.example"],
    ['POST', '/idv/logout', Origin => 'http://127.0.0.1'],
    ['POST', '/idv/logout', Origin => $origin,
        'Sec-Fetch-Site' => 'cross-site'],
    ['POST', '/idv/logout', @form, -body => 'csrf=' . '0' x 64],
    ['POST', '/idv/logout', @form, -body => 'csrf='],
    ['POST', '/idv/logout'],
    ['PUT', '/idv/logout', @same], ['DELETE', '/idv/logout', @same],
    ['POST', '/idv/logou', @same], ['POST', '/idv/logout/', @same],
) {
    my ($method, $path, @headers) = @$case;
    my $answer = $ann->request($method, $path,
        $method eq 'POST' && "@headers" !~ /-body/ ? (-body => '') : (),
        @headers);

    my $name = join ' ', $method, $path, grep { !/-body/ } @headers;
    like($answer->status, $method =~ /GET|HEAD/ ? qr/^200$/ : qr/^40[345]$/,
        "$name: " . $answer->status);
    is_deeply([$answer->header('Set-Cookie')], [], "$name: no cookie");
    is($ann->get('/')->status, 200, "$name: still open");
}

# a form of another flow or session is no proof

my $page = Idv::Page->new(site => $site, user => 'bob');
$page->open('/account');
my ($csrf) = $page->html =~ /name="csrf" value="(\w+)"/;
like($csrf, qr/^\w{64}$/, 'a proof of another form');
is($ann->post('/idv/logout', "csrf=$csrf", @form)->status, 403, 'is none here');

# who does not hold it does not end it

is($site->client('ann')->post('/idv/logout', '', @same)->status, 303,
    'signing out without a session');
is($ann->get('/')->status, 200, 'does not end hers');

# she does

my $answer = $ann->post('/idv/logout', '', @same);
is($answer->status, 303, 'signing out');
is($answer->header('Location'), '/idv/logout', 'leads to a page that says so');
is($answer->header('Cache-Control'), 'no-store', 'not stored');
is($answer->header('Set-Cookie'), 'idv_local=; Path=/; HttpOnly; SameSite=Lax;'
    . ' Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'the cookie goes');

is(opened($copy), 0, 'a copy is worth nothing, at once');
is($site->client('ann')->get('/idv/session', Cookie => $copy)->body,
    '{"active":false}', 'as the front end is told');
is($site->client('ann')->post('/idv/logout', '', @same, Cookie => $copy)
    ->status, 303, 'signing out twice is no mistake');
is($phone->get('/')->status, 200, 'the other device is still signed on');

# reload, a killed worker

ok($site->reload, 'reload');
is(opened($copy), 0, 'a copy after a reload');
$site->nginx->kill_worker;
is(opened($copy), 0, 'a copy after a worker was killed');
is($phone->get('/')->status, 200, 'the other device is where it was');

# she comes back, and the old one stays out

$site->verified('ann', client => $ann);
is($ann->get('/')->status, 200, 'verified again');
is(opened($copy), 0, 'which does not revive the copy');

# with the button, and by a form without any header of its own

my $button = Idv::Page->new(site => $site, client => $ann);
$button->open('/idv/logout?return=/bye');
my ($path, $field) = $button->button((map { $_->{id} || $_->{label} }
                                      $button->buttons)[0]);
my $hers = 'idv_local=' . $ann->cookie('idv_local');
$answer = $ann->post($path, Idv::Page::encode($field), @form);
is($answer->status, 303, 'the form of the page');
is($answer->header('Location'), '/bye', 'and back to where she wanted');
is(opened($hers), 0, 'and the session is over');

# by a script of the site: without a body, and so without a type

$site->verified('eve', client => my $eve = $site->client('eve'));
$hers = 'idv_local=' . $eve->cookie('idv_local');
is($eve->post('/idv/logout', '', Origin => $origin)->status, 303, 'a script');
is(opened($hers, 'eve'), 0, 'may end it, too');

# bob has signed in where she was before him

$site->verified('ann', client => my $shared = $site->client('ann'));
$hers = 'idv_local=' . $shared->cookie('idv_local');
$answer = $site->client('bob')->post('/idv/logout', '', @same,
    Cookie => "$hers; idv_local=x");
is($answer->status, 303, 'bob signs out with her session');
like($answer->header('Set-Cookie'), qr/^idv_local=; .*Max-Age=0;/,
    'its cookie goes');
is(opened($hers), 0, 'and so does the session');

# where the first factor names nobody, as after its own end

$site->verified('ann', client => my $left = $site->client('ann'));
$hers = 'idv_local=' . $left->cookie('idv_local');
my $nobody = $site->client(undef, port => $site->port('left'));

is($nobody->get('/idv/session', Cookie => $hers)->body, '{"active":false}',
    'nobody has no session');
is($nobody->post('/idv/logout', '', Cookie => $hers,
    'Sec-Fetch-Site' => 'cross-site')->status, 403, 'another site asks');
is($nobody->post('/idv/logout', '', Cookie => $hers)->status, 403,
    'nor without a proof');
is($left->get('/')->status, 200, 'which ends nothing');

$answer = $nobody->post('/idv/logout', '', @same, Cookie => $hers);
is($answer->status, 303, 'nobody signs out');
like($answer->header('Set-Cookie'), qr/^idv_local=; .*Max-Age=0;/,
    'the cookie goes');
is(opened($hers), 0, 'and the session is over');

$answer = $nobody->post('/idv/logout', '', @same, Cookie => $hers);
is($answer->status, 303, 'signing out again');
is_deeply([$answer->header('Set-Cookie')], [], 'finds nothing to end');

$site->verified('ann', client => $left);
$hers = 'idv_local=' . $left->cookie('idv_local');
my $asked = $nobody->get('/idv/logout', Cookie => $hers)->body;
like($asked, qr/id="idv-logout"/, 'nobody is asked, too');
($csrf) = $asked =~ /name="csrf" value="(\w{64})"/;
is($nobody->post('/idv/logout', "csrf=$csrf", @form, Cookie => $hers)->status,
    303, 'the form');
is(opened($hers), 0, 'ends it');

# the session of a client without cookies

my $bare = $site->client('sam', headers => ['X-PF-Authn-API-State' => 'x']);
my $flow = Idv::Flow->new(site => $site, client => $bare, path => '/');
$flow->start;
$bare->{headers} = ['X-PF-Authn-API-State'
    => $flow->state->{_pf_authn_api_state}];
$flow->verify;

my $header = $flow->state->{authorizeResponse}{idvSession};
my $sam = $site->client('sam', headers => ['IDV-Session' => $header]);
$site->nginx->forbid($header);

is($sam->get('/')->status, 200, 'a session without cookies');
$answer = $sam->post('/idv/logout', '', Origin => $origin);
is($answer->status, 303, 'is ended');
is_deeply([$answer->header('Set-Cookie')], [], 'without a cookie');
is($sam->get($gate->mark('/'))->status, 403, 'and shut') for 1 .. 6;

$gate->nothing_passed;

Idv::Site::finish();
