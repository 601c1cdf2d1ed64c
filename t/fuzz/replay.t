#!/usr/bin/perl

# What fuzzing has found, and what it has learned: every input of the corpora
# goes through its target once more.  A target without inputs, and inputs
# without a target, fail.

# variants: asan

use strict;
use warnings;

use File::Temp ();
use Test::More;

my $fuzz = "$ENV{IDV_TOP}/t/fuzz";
my $replay = "$ENV{IDV_CACHE}/asan/unit/replay";

my @targets = sort(contents("$fuzz/targets.h") =~ /^ {4}TARGET\((\w+),/mg);

cmp_ok(scalar @targets, '>', 10, 'there are targets');

is_deeply([folder("$fuzz/corpus")], \@targets, 'each has a corpus');

for my $name (folder("$fuzz/dict")) {
    ok(scalar(grep { $_ eq $name } @targets), "dictionary $name has a target");
}

# a corpus is for reading, too

my @inputs = map { glob "$fuzz/corpus/$_/*" } @targets;

cmp_ok(scalar @inputs, '<=', 800, 'some hundreds of inputs');
is(join(' ', grep { -s > 8192 } @inputs), '', 'of 8 kilobytes at most');

my ($code, @lines) = replay("$fuzz/corpus");

is($code, 0, 'no input breaks anything') or diag(join "\n", @lines);

for my $target (@targets) {
    my ($line) = grep { /^ok \d+ - \Q$target\E: / } @lines;
    ok($line, $line // "$target is replayed");
}

# a target without inputs would be found out

my $empty = File::Temp->newdir;
mkdir "$empty/$_" or die "$empty/$_: $!" for @targets;

($code, @lines) = replay($empty);
isnt($code, 0, 'without inputs it fails');
is(scalar(grep { /^not ok \d+ - \w+: 0 inputs/ } @lines), scalar @targets,
    'for each target');

done_testing();


sub replay {
    my ($corpora) = @_;

    my $dir = File::Temp->newdir;
    local $ENV{FUZZ_DIR} = "$dir";

    my @lines = split /\n/, `$replay $corpora 2>&1`;

    return ($?, @lines);
}


sub folder {
    my ($path) = @_;

    opendir my $dir, $path or die "$path: $!";

    return sort grep { !/^\./ } readdir $dir;
}


sub contents {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!";
    local $/;

    return scalar <$in>;
}
