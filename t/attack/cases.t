#!/usr/bin/perl

# Each case of t/attack/cases.txt has a test, or a reason why not; each test of
# this folder says which cases it has; and docs/security.md has a row for each,
# which names the same tests.  What no longer fits is seen: shown at the end.

# variants: plain

use strict;
use warnings;

use Test::More;

my $top = $ENV{IDV_TOP};
my $id = qr/[HPRSU]\d+/;


sub text {
    my ($path) = @_;

    open my $in, '<:encoding(UTF-8)', "$top/$path" or return '';
    local $/;

    return scalar <$in>;
}


# what does not fit, of these three: the list, the tests, the document

sub complaints {
    my ($list, $tests, $document) = @_;

    my (@said, %tests_of, %reason, %listed);

    for my $line (grep { /^[^#\s]/ } split /\n/, $list) {
        my ($case, $test, $words) = $line =~ /^($id)\s+(\S+)\s+(\S.*)$/
            or push(@said, "no line of a case: $line"), next;

        if ($test eq '-') {
            push @said, "$case has no reason" if length $words < 20;
            $reason{$case} = 1;
            next;
        }

        $tests_of{$case}{$test} = 1;

        my $text = $tests->{$test};

        push(@said, "$case: there is no t/$test"), next if !defined $text;
        push @said, "$case: t/$test has no \"$words\""
            if index($text, $words) < 0;
        $listed{$test}{$case} = 1 if $test =~ /^attack/;
    }

    my %all = map { $_ => 1 } keys %tests_of, keys %reason;

    push @said, map { "$_ has a test and a reason" }
        grep { $tests_of{$_} } sort keys %reason;

    # a test of this folder has the cases in its points' names

    for my $test (grep { /^attack/ && !/(?:cases|selfcheck)\.t$/ } sort keys %$tests) {
        my %named = map { $_ => 1 } map { /$id/g }
            $tests->{$test} =~ /(?:['"`\[(]|: )((?:$id, )*$id)(?::|['"],)/g;

        push @said, map { "$_ is in t/$test, and not in the list" }
            grep { !$tests_of{$_}{$test} } sort keys %named;
        push @said, "t/$test has no case" if !%named && !$listed{$test};
    }

    # "| H5, H6 | threat | what holds | tests |" of the document

    my %told;

    for my $line (grep { /^\| $id/ } split /\n/, $document) {
        my ($cases, undef, undef, $shown) = map { s/^\s+|\s+$//gr }
            (split /\|/, $line)[1 .. 4];
        my %shown = map { $_ => 1 } split /, /, $shown // '';

        for my $case ($cases =~ /$id/g) {
            my $wanted = join ', ', sort keys %{$tests_of{$case} || {}};

            $told{$case} = 1;
            push @said, "docs/security.md: $case: does not name $wanted"
                if grep { !$shown{$_} } keys %{$tests_of{$case} || {}};
        }

        for my $test (grep { $_ ne '-' } sort keys %shown) {
            push @said, "docs/security.md: $cases: $test is not in the list"
                if !grep { $tests_of{$_}{$test} } $cases =~ /$id/g;
        }
    }

    push @said, map { "docs/security.md: there is no t/$_" }
        grep { !defined $tests->{$_} } $document =~ m{\b((?:attack/)?\w+\.t)\b}g;
    push @said, map { "docs/security.md has no $_" }
        grep { !$told{$_} } sort keys %all;
    push @said, map { "$_ of docs/security.md is not in the list" }
        grep { !$all{$_} } sort keys %told;

    return @said;
}


# some of a test may be in Node

my %tests = map { my $text = text("t/$_");
        ($_ => join "\n", $text, map { text("t/attack/$_") }
            $text =~ m{/t/attack/(\w+\.js)"}g) }
    map { substr $_, length "$top/t/" } glob "$top/t/*.t $top/t/attack/*.t";
my $list = text('t/attack/cases.txt');
my $document = text('docs/security.md');

my @said = complaints($list, \%tests, $document);
is(scalar @said, 0, 'cases, tests and document agree')
    or diag(map { "$_\n" } @said);
cmp_ok(scalar(() = $list =~ /^$id/mg), '>', 90, 'of which there are many');

# what an operator looks at is some of it

my @looked = text('src/tools/idv-selfcheck')
    =~ /^    \['\w+', '((?:$id,?)+)', /mg;
cmp_ok(scalar @looked, '>', 15, 'idv-selfcheck has cases');
is(join(' ', grep { $list !~ /^$_ /m } map { split /,/ } @looked), '',
    'which are in the list');

# each of the comparisons can fail

my %without = %tests;
delete $without{'attack/paths.t'};
my %more = (%tests, 'attack/new.t' => "is(1, 1, 'P99: new');");
my %none = (%tests, 'attack/new.t' => "is(1, 1, 'new');");
my %other = (%tests, 'attack/returns.t' => $tests{'attack/returns.t'}
    =~ s/R4/R04/gr);

for my $case (
    ['a case without a test', $list =~ s/^H9.*\n//mgr, \%tests, $document,
        qr/^H9 of docs.*not in the list$/m],
    ['a case that the document lacks', "$list\nP99 attack/paths.t P3:\n",
        \%tests, $document, qr/has no P99/],
    ['a row that is gone', $list, \%tests, $document =~ s/^\| S24 .*\n//mr,
        qr/has no S24/],
    ['a test that is gone', $list, \%without, $document,
        qr{there is no t/attack/paths\.t}],
    ['words that are gone', $list, \%other, $document,
        qr{R4: t/attack/returns\.t has no}],
    ['a case that is not listed', $list, \%more, $document,
        qr{P99 is in t/attack/new\.t}],
    ['a test without a case', $list, \%none, $document,
        qr{t/attack/new\.t has no case}],
    ['a reason that is none', $list =~ s/^(P8\s+-\s+).*/$1none/mr, \%tests,
        $document, qr/^P8 has no reason$/m],
    ['a test that the document does not name', $list, \%tests,
        $document =~ s{^(\| S24 .*)attack/secrets\.t}{$1-}mr,
        qr/S24: does not name/],
    ['a test that there is not', $list, \%tests, "$document\nattack/none.t",
        qr{there is no t/attack/none\.t}],
    ['a test that only the document names', $list, \%tests,
        $document =~ s{^(\| S24 .*)attack/secrets\.t}{$1attack/secrets.t, gate.t}mr,
        qr/S24: gate\.t is not in the list/],
) {
    my ($name, @given) = @$case;
    my $pattern = pop @given;

    like(join("\n", complaints(@given)), $pattern, "seen: $name");
}

done_testing();
