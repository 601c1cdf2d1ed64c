package Idv::Picture;

# Pictures as PNG, of pixels that a function says, and back.
#
#     my $png = png(120, 160, \&portrait);
#     my ($width, $height, $at) = pixels($png);

use strict;
use warnings;

use Compress::Zlib qw(compress uncompress crc32);
use Exporter 'import';

use constant FACE => (200, 140, 110);

our @EXPORT_OK = qw(FACE chunks pixels png portrait);


# (width, height, sub { (r, g, b) }, channels), three unless it is said

sub png {
    my ($width, $height, $pixel, $channels) = @_;

    $channels ||= 3;

    my $rows = '';
    for my $y (0 .. $height - 1) {
        $rows .= "\0" . join '', map { pack 'C*', $pixel->($_, $y) }
            0 .. $width - 1;
    }

    return chunks([IHDR => pack('NNC5', $width, $height, 8,
            $channels == 4 ? 6 : 2, 0, 0, 0)],
        [IDAT => compress($rows)], [IEND => '']);
}


sub chunks {
    return "\x89PNG\r\n\x1a\n" . join '', map {
        pack('N', length $_->[1]) . "$_->[0]$_->[1]"
            . pack('N', crc32("$_->[0]$_->[1]")) } @_;
}


# of such a PNG: (width, height, sub { (r, g, b) of x, y })

sub pixels {
    my ($png) = @_;

    my ($width, $height, $depth, $kind) = unpack 'x16 NN C C', $png;
    my ($at, $data) = (8, '');

    while ($at < length $png) {
        my ($len, $type) = unpack "x$at N a4", $png;
        $data .= substr $png, $at + 8, $len if $type eq 'IDAT';
        $at += 12 + $len;
    }

    my $rows = uncompress($data);
    my $size = 1 + 3 * $width;

    die 'not as the helper writes it'
        if $depth != 8 || $kind != 2 || length $rows != $size * $height
            || grep { ord(substr $rows, $_ * $size, 1) } 0 .. $height - 1;

    return ($width, $height, sub { unpack 'C3',
        substr $rows, $_[1] * $size + 1 + 3 * $_[0], 3 });
}


# a head and shoulders before a wall with a shadow and some noise, 120 by 160

sub portrait {
    my ($x, $y) = @_;

    my $n = ($x * 7 + $y * 13) % 5;

    return FACE if (($x - 60) / 25) ** 2 + (($y - 60) / 35) ** 2 < 1;
    return (30, 40, 90) if (($x - 60) / 50) ** 2 + (($y - 160) / 70) ** 2 < 1;
    return map { $_ - int($y / 8) + $n } 220, 225, 230;
}


1;
