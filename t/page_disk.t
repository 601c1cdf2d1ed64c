#!/usr/bin/perl

# A page folder on a disk that is broken: nginx does not start with half of it,
# and says why.

# variants: plain trixie

use strict;
use warnings;

use File::Temp ();
use Test::More;

use Idv::Nginx;
use Idv::Preload;
use Idv::Site;

my $site = Idv::Site->new;
my $top = File::Temp::tempdir(CLEANUP => 1);
chmod 0755, $top;
mkdir "$top/broken";

open my $file, '>', "$top/broken/texts.en" or die "texts: $!";
print $file "skip = Skip it\n";
close $file;

my $disk = Idv::Preload->new('broken', 'IDV_BROKEN', 0);

# what fails, and what is said; 0 is whether it is fatal

for my $case (
    [0, 1, qr/test is successful/, 'nothing is broken'],
    [1, 0, qr/cannot read the page_folder "\S+broken\/" \(5: /, 'listing'],
    [2, 0, qr/"\S+\/broken\/\S+" cannot be examined \(5: /, 'examining'],
    [3, 1, qr/\[alert\] .*close\(\) "\S+\/broken\/\S+" failed \(5: /,
        'closing'],
) {
    my ($number, $starts, $said, $name) = @$case;

    $disk->set($number);

    my ($ok, $text) = $disk->with(sub {
        return [Idv::Nginx->test_config(
            http => $site->config(provider => "page_folder $top/broken;"),
            files => { $site->files })];
    })->@*;

    is($ok ? 1 : 0, $starts, "$name: " . ($starts ? 'starts' : 'refused'));
    like($text, $said, "$name: said");
}

$site->finish;
