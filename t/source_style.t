#!/usr/bin/perl

# The parts of the style that a program can see: a reader of nginx is at home.

# variants: plain

use strict;
use warnings;

use Test::More;

my $top = $ENV{IDV_TOP};

my @rules = (
    ['more than 80 columns', sub { length($_[0]) > 80 }],
    ['a tab', sub { $_[0] =~ /\t/ }],
    ['space at the end', sub { $_[0] =~ /\s$/ }],
    ['a // comment', sub { $_[0] =~ m{^\s*//|[;{}]\s*//} }],
    ['something left for later', sub { $_[0] =~ /\b(?:TODO|FIXME|XXX|HACK)\b/ }],
);

# each rule can fail

my @bad = ('x' x 81, "\tx", 'x ', 'x = 1; // y', '/* TODO */');
ok($rules[$_][1]->($bad[$_]), "the rule sees $rules[$_][0]") for 0 .. $#rules;

my @files = sort glob("$top/src/*.[ch] $top/src/*/*.[ch] $top/t/unit/*.[ch]
                      $top/t/fuzz/*.[ch] $top/t/rig/*.[ch]");
cmp_ok(scalar @files, '>', 10, 'sources found');

for my $file (@files) {
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!";
    my $name = substr($file, length("$top/"));
    my ($number, @found) = (0);

    while (my $line = <$in>) {
        chomp $line;
        $number++;

        push @found, map { "$name:$number: $_->[0]" }
            grep { $_->[1]->($line) } @rules;
    }

    is(join("\n", @found), '', "$name is in style");
    cmp_ok($number, '<=', 900, "$name is one room") if $name =~ m{^src/};
}

done_testing();
