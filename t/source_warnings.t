#!/usr/bin/perl

# Neither compiler has anything to say about any file, with all that -Wextra
# asks, and what nginx's configure asks of clang beyond it; unused parameters are
# nginx's own exception, since its handlers have them by design.  A warning of
# gcc ends the build of the modules: of what it has compiled, it is only seen
# here that this is so.

# variants: plain

use strict;
use warnings;

use Test::More;

my $top = $ENV{IDV_TOP};
my $nginx = "$ENV{IDV_NGX_SRC}/src";
my $makefile = "$ENV{IDV_BUILD}/objs/Makefile";

my @flags = (qw(-c -O1 -Wall -Wextra -Wno-unused-parameter -Werror),
    '-o', '/dev/null',
    map("-I$nginx/$_", qw(core event event/modules os/unix http http/modules
                          http/v2)),
    "-I$ENV{IDV_BUILD}/objs", "-I$top/src");

my @clang = ('clang', qw(-fsyntax-only -Wpointer-arith
                         -Wconditional-uninitialized), @flags);
my @gcc = ('gcc', @flags);

my ($cc, $cflags, %built) = build();

my @files = sort glob("$top/src/*.c $top/src/*/*.c");
cmp_ok(scalar @files, '>', 10, 'sources found');

# the check can fail: an unused variable, which -Wall sees, is an error, and so
# is a comparison that only -Wextra sees

my @build = ($cc, '-c', '-o', '/dev/null', split ' ', $cflags);

for ([clang => @clang], [gcc => @gcc], ["the build's compiler" => @build]) {
    my ($name, @command) = @$_;

    like(compile(@command, '-x', 'c', "$top/t/lib/unused.c.txt"),
        qr/error: unused variable/, "$name: warns");
    like(compile(@command, '-x', 'c', "$top/t/lib/signs.c.txt"),
        qr/error: comparison of integer/, "$name: of more, too");
}

unlike("$cflags ", qr/\s-(?:w|Wno-(?!unused-parameter)\S*)\s/,
    'the build has no other exception');

for my $file (@files) {
    my $name = substr($file, length("$top/"));

    is(compile(@clang, $file), '', "clang: $name");

    if ($built{$file}) {
        cmp_ok(-M $built{$file} // 9999, '<=', -M $file,
            "gcc: $name, in the build");

    } else {
        is(compile(@gcc, $file), '', "gcc: $name");
    }
}

done_testing();


# the build's compiler and its flags, and the object of each file, if it was gcc

sub build {
    open my $in, '<', $makefile or die "$makefile: $!";
    local $/;

    my $text = <$in>;
    my ($cc) = $text =~ /^CC =\s*(\S.*)$/m or die "$makefile: no compiler";
    my ($cflags) = $text =~ /^CFLAGS =\s*(.*)$/m or die "$makefile: no flags";

    my @objects = $text =~ /-o (\S+\.o) \\\n\t\t(\Q$top\E\/src\/\S+\.c)$/mg;

    @objects = () if compile($cc, '-v') !~ /^gcc version/m;

    return ($cc, $cflags, reverse @objects);
}


sub compile {
    my ($cc, @source) = @_;

    my $pid = open(my $pipe, '-|') // die "fork: $!";

    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec $cc, @source or die "$cc: $!";
    }

    my $log = join '', <$pipe>;
    close $pipe;

    return $log || ($? ? "$cc ended with $?" : '');
}
