#!/usr/bin/perl

# A form of the console is good for an hour, and for no longer.  What it ends
# stays so for as long as there may be anything of it.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Clock;
use Idv::Console;
use Idv::Site;

my $clock = Idv::Clock->new;
my $console = $clock->with(sub { Idv::Console->new(workers => 1,
    provider => 'session_lifetime 1m; session_idle 1m; state_timeout 20m;') });
my $revoke = 'users/ann/sessions/revoke';

# no session is older than a minute, but a browser may have kept a flow

sub revoked { return $console->read('adm', 'users/ann')->{revokedAt} }

$console->site->flow('ann')->require_code;
is($console->change('adm', $revoke, {})->status, 200, 'sessions end');
$clock->step(1190);
ok(revoked(), 'as long as a flow may be kept');
$clock->step(20);
ok(!revoked(), 'and no longer');

# forms

my $token = $console->token('adm');

for my $case ([0, 303, 'at once'], [3595, 303, 'at the end of an hour'],
    [10, 403, 'after it'], [-7200, 403, 'before it was made'])
{
    my ($seconds, $status, $name) = @$case;

    $clock->step($seconds);
    is($console->form('adm', $revoke, { token => $token })->status, $status,
        "a form $name");
}

is($console->form('adm', $revoke, {})->status, 303, 'another one');

Idv::Site::finish();
