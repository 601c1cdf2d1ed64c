package Idv::Ports;

# Free ports on 127.0.0.1 for tests that run side by side.  A process claims a
# block of ports by listening on its first one; the range is below the ports
# that the system gives to outgoing connections, so nobody takes one meanwhile.
# IDV_TEST_PORTS=from-to narrows the range.

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET;

our @EXPORT_OK = qw(free_port can_connect);

use constant BLOCK => 10;

my (@locks, @ports);


sub free_port {
    while (1) {
        claim_block() unless @ports;

        my $port = shift @ports;
        return $port if is_free($port);
    }
}


sub claim_block {
    my ($from, $to) = ($ENV{IDV_TEST_PORTS} || '20000-31999') =~ /^(\d+)-(\d+)$/
        or die "IDV_TEST_PORTS is not from-to";

    my $blocks = int(($to - $from + 1) / BLOCK)
        or die "IDV_TEST_PORTS has no " . BLOCK . " ports";

    my $first = int(rand($blocks));

    for my $i (0 .. $blocks - 1) {
        my $base = $from + BLOCK * (($first + $i) % $blocks);

        my $lock = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $base, Listen => 1)
            or next;

        push @locks, $lock;
        @ports = ($base + 1 .. $base + BLOCK - 1);
        return;
    }

    die "no free ports in $from-$to";
}


sub is_free {
    my ($port) = @_;

    return IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 1, ReuseAddr => 1) ? 1 : 0;
}


sub can_connect {
    my ($port) = @_;

    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
        Timeout => 1) ? 1 : 0;
}


1;
