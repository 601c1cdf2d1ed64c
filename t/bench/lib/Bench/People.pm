package Bench::People;

# What a directory's users cost in their zone, by t/bench/people.c.

use strict;
use warnings;

my $USERS = $ENV{IDV_BENCH_FLOWS} || 1_000_000;


# built against the headers of the nginx that the modules are for

sub program {
    my $objs = $ENV{IDV_MODULES};
    my $nginx = "$objs/../nginx";
    my $program = "$ENV{IDV_CACHE}/people";

    system($ENV{CC} || 'cc', '-O2', '-Wall', '-Wno-unused-parameter',
        "-I$ENV{IDV_TOP}/src", "-I$objs",
        (map { "-I$nginx/src/$_" } 'core', 'event', 'event/modules', 'os/unix'),
        '-o', $program, "$ENV{IDV_TOP}/t/bench/people.c") == 0
        or die "no people\n";

    return $program;
}


sub people {
    my ($few, $many) = map { [split] } split /\n/, qx{@{[program()]} $USERS};

    die "people has failed\n" if $? || !$many;

    my ($users, $kept, $bytes, $put, $get) = @$many;

    return (
        { what => 'users found again in a zone half larger',
          measured => $kept / $users, least => 0.95,
          note => sprintf('%d of %d, %d bytes each, %d ns to keep one',
              $kept, $users, $bytes, $put) },
        { what => 'finding one of them, against one of a thousand',
          measured => $few->[4] / $get,
          note => sprintf('%d ns against %d ns', $get, $few->[4]) },
    );
}


1;
