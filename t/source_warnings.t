#!/usr/bin/perl

# Neither compiler has anything to say about any file, with all that -Wextra
# asks, and what nginx's configure asks of clang beyond it; unused parameters are
# nginx's own exception, since its handlers have them by design.

# variants: plain

use strict;
use warnings;

use Test::More;

my $top = $ENV{IDV_TOP};
my $nginx = "$ENV{IDV_NGX_SRC}/src";

my @flags = (qw(-c -O1 -Wall -Wextra -Wno-unused-parameter -Werror),
    '-o', '/dev/null',
    map("-I$nginx/$_", qw(core event event/modules os/unix http http/modules
                          http/v2)),
    "-I$ENV{IDV_BUILD}/objs", "-I$top/src");

my @files = sort glob("$top/src/*.c $top/src/*/*.c");
cmp_ok(scalar @files, '>', 10, 'sources found');

my %more = (gcc => [], clang => [qw(-fsyntax-only -Wpointer-arith
                                    -Wconditional-uninitialized)]);

for my $cc (sort keys %more) {

    # the check can fail: an unused variable is an error
    my $log = compile($cc, '-x', 'c', "$top/t/lib/unused.c.txt");
    like($log, qr/unused variable/, "$cc: warns");

    for my $file (@files) {
        my $name = substr($file, length("$top/"));
        my $log = compile($cc, @{$more{$cc}}, $file);
        is($log, '', "$cc: $name");
    }
}

done_testing();


sub compile {
    my ($cc, @source) = @_;

    my $pid = open(my $pipe, '-|') // die "fork: $!";

    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec $cc, @flags, @source or die "$cc: $!";
    }

    my $log = join '', <$pipe>;
    close $pipe;

    return $log || ($? ? "$cc ended with $?" : '');
}
