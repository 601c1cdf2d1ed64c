#!/usr/bin/perl

# A form of the console is good for an hour, and for no longer.

# variants: plain

use strict;
use warnings;

use Test::More;

use Idv::Clock;
use Idv::Console;
use Idv::Site;

my $clock = Idv::Clock->new;
my $console = $clock->with(sub { Idv::Console->new(workers => 1) });
my $revoke = 'users/ann/sessions/revoke';
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
