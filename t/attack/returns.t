#!/usr/bin/perl

# Return addresses, made by the thousand: every way to begin what a browser
# takes for another host, with every host, wrapped in every way that somebody
# has decoded once too often.  They go through every door that takes an address.
# What comes out is then read by another parser than ours, that of browsers
# (WHATWG, in Node): it must be an address of this host, and the one it looks
# like.  (t/gate_return.t has those that have been seen elsewhere.)

# variants: plain

use strict;
use warnings;

use File::Temp ();
use JSON::PP ();
use Test::More;

use Idv::Flow;
use Idv::HTTP;
use Idv::Node;
use Idv::Page;
use Idv::Site;

my $site = Idv::Site->new(provider => 'transaction_limit off;');
my $port = $site->port('gate');
my $json = JSON::PP->new->latin1->canonical;

# what may stand before a host, the host, and what may stand after it

my @slashes = ('/', '\\', '%2f', '%5c', "\t", "\n", "\r", "\0", ' ', '.', ';',
    '@', ':', '?', '#', '*', '~', "\x0b", "\x7f", "\xa0", "\xe2\x80\x8b",
    "\xef\xbc\x8f", "\xe2\x88\x95", '%09', '%0a', '%00', '%252f', '&', '"',
    '<', '|', '^', '');
my @schemes = map { ("$_:", "$_:/", "$_://", "$_:\\\\", "/$_://", "/$_:") }
    qw(http https HTTP ftp ws file javascript data vbscript blob about
       view-source x-y chrome intent);
my @hosts = ('evil.example', "127.0.0.1:$port\@evil.example",
    '127.0.0.1.evil.example', '[::1]', '0x7f000001', '2130706433',
    'evil%E3%80%82example', "127.0.0.1:$port");
my @ends = ('', '/', '/..', '/%2e%2e', '?', '#', '\\', ';', ':80/');
my %made;

for my $first (@slashes) {
    for my $second (@slashes) {
        $made{"/$first$second$hosts[0]"} = 1;
        $made{"$first$second$hosts[0]"} = 1;
    }

    for my $host (@hosts) {
        $made{"$_$host"} = 1 for "/$first", $first, "/a/..$first", "/.$first",
            "/..$first/", "/$first/$first", "//$first";
    }

    $made{"/$first$hosts[0]$_"} = 1 for @ends;
}

for my $scheme (@schemes) {
    $made{$scheme . $_} = 1 for $hosts[0], 'alert(1)', '/a', "127.0.0.1:$port/";
    $made{"$_$scheme$hosts[0]"} = 1 for ' ', "\t", "\x01", '/', './', '/./';
    $made{substr($scheme, 0, 1) . "\t" . substr($scheme, 1) . $hosts[0]} = 1;
}

# bytes anywhere, and all of them alone

$made{'/a' . chr($_) . 'b'} = $made{'/' . chr($_)} = 1 for 0 .. 255;

# harmless ones, which nothing may change

$made{$_} = 1 for '/a', '/a?b=c&d=%2F%2Fe#f', '/%C3%BC', '/a/./b/../c',
    '/%2e%2e/a', "/a'b", '/a;b=c', '/~a/$b,(c)*!', '/a//b', '/a?//b', '/a#//b';

my @addresses = sort keys %made;
cmp_ok(scalar @addresses, '>', 2500, 'R1: there are thousands of addresses');


sub encode { $_[0] =~ s/([^A-Za-z0-9_.~-])/sprintf('%%%02X', ord $1)/ger }
sub shown { $_[0] =~ s/([^ -~])/sprintf('\\x%02x', ord $1)/ger }


# the doors: how an address goes in, and where it comes out; undef for none

my $ann = $site->client('ann');
my @form = ('Content-Type' => 'application/x-www-form-urlencoded');


sub flow_of {
    my ($client, $id) = @_;

    return Idv::Flow->new(client => $client, state => { _links => {
        self => { href => "/pf-ws/authn/flows/$id" } } });
}


sub start {
    my ($answer) = @_;

    my ($id) = ($answer->header('Location') // '') =~ /flowId=(\w+)/
        or return 'no flow: ' . $answer->status;
    my $flow = flow_of($ann, $id);

    $flow->cancel;

    my ($return) = ($flow->state->{resumeUrl} // '')
        =~ m{^http://127\.0\.0\.1:$port/idv/cancelled\?return=([^&#]*)$}
        or return 'no address: ' . $flow->answer->body;

    return $return =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger;
}


my %doors = (
    'logout' => sub {
        my $answer = $ann->post('/idv/logout', 'return=' . encode($_[0]),
            @form);
        return $answer->header('Location') // 'status ' . $answer->status;
    },
    'the page' => sub {
        my $page = Idv::Page->new(site => $site, client => $ann);
        return $page->open('/idv/cancelled?return=' . encode($_[0]))
            ->link('idv-back');
    },
    'the page, unescaped' => sub {
        return undef if $_[0] =~ /[\0-\x20#%&+]/;
        my $page = Idv::Page->new(site => $site, client => $ann);
        return $page->open("/idv/cancelled?return=$_[0]")->link('idv-back');
    },
    'start' => sub {
        return start($ann->get('/idv/start?return=' . encode($_[0]),
            'Sec-Fetch-Mode' => 'navigate', Accept => 'text/html'));
    },
    'the gate' => sub {
        return undef if $_[0] !~ m{^/[^\0-\x20]*$};
        my $answer = Idv::HTTP::Response->new('GET');
        $answer->feed(Idv::HTTP::raw($port, $ann->bytes('GET', $_[0],
            Connection => 'close', 'Sec-Fetch-Mode' => 'navigate',
            Accept => 'text/html'), 5) // '');
        return $answer->status == 303 ? start($answer) : undef;
    },
);

# a slow door sees some of all

my %every = (logout => 2, start => 17, 'the page' => 9,
    'the page, unescaped' => 9, 'the gate' => 9);
my %default = (logout => '/idv/logout', start => '/', 'the gate' => '/');

my (@out, %kept);

for my $door (sort keys %doors) {
    my ($i, @wrong) = (0);

    for my $address (@addresses) {
        next if $i++ % ($every{$door} // 1);

        my $out = $doors{$door}->($address);

        next if !defined $out || $out eq ($default{$door} // '');

        push @out, [$address, $out];
        $kept{$door}++;

        # nothing is repaired: it is taken as it is, or not at all
        push @wrong, shown("$address became $out") if $out ne $address;
    }

    is("@wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)]", '',
        "R1, R3: $door: as it is, or not at all");
    cmp_ok($kept{$door} // 0, '>', 50, "R1: $door: some are let through");
}

# R4: no scheme came through, wherever it began

my @schemed = grep { $_->[1] =~ /^[^\/]/ } @out;
is(scalar @schemed, 0, 'R4: nothing that is not a path');

# R3: an API client's Referer is where its capture comes back to

my $referer = 0;
my @led;

for my $address ('', "http://127.0.0.1:$port", "http://127.0.0.1:$port//evil",
    "http://127.0.0.1:$port/\\evil", "http://127.0.0.1:$port\@evil.example/",
    "http://127.0.0.1:$port.evil.example/", 'http://evil.example/',
    "http://127.0.0.1:${port}0/", 'javascript:alert(1)', '//evil.example',
    "http://127.0.0.1:$port/\tx", "http://127.0.0.1:$port/good?a=b#c")
{
    my $flow = $site->flow('sam');

    $flow->act('deviceAuthentication', { deviceAuthentication => 'self' },
        Referer => $address);
    is($flow->status, 'ID_VERIFICATION_REQUIRED', 'R3: a capture on this device')
        or last;

    my $sent = $site->service->api('GET', 'users/sam/verifyTransactions/'
        . $flow->transaction)->json->{redirect}{url};

    push @led, $sent
        if $sent !~ m{^http://127\.0\.0\.1:$port/idv/return\?flowId=\w+&code=\w+$};

    my $back = $flow->client->get($sent =~ s{^http://[^/]+}{}r,
        'Sec-Fetch-Mode' => 'navigate', Accept => 'text/html');
    my $where = $back->header('Location') // '';

    push @out, [$where, $where] if $where ne '';
    push @led, "$address: $where" if $where !~ m{^(?:/good\?a=b|/|/idv/.*|)$};
    $referer++ if $where eq '/good?a=b';
    $flow->cancel;
}

is("@led", '', 'R3: no Referer leads away');
is($referer, 1, 'R3: that of this site is gone back to');

# R2: what browsers make of them

my ($file, $name) = File::Temp::tempfile(UNLINK => 1);
print $file $json->encode({ origin => "http://127.0.0.1:$port",
    addresses => \@out });
close $file;

Idv::Node::run("$ENV{IDV_TOP}/t/attack/urls.js", IDV_ADDRESSES => $name);

$site->finish;
