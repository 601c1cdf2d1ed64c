#!/usr/bin/perl

# Where a browser goes after its verification is a path on this host and nothing
# else.  Every address below is one that some browser, or some server, has been
# seen to take for another host, another scheme or another header; it goes
# through every door that takes an address, and none lets it in.  Addresses that
# only look dangerous come back as they were.

# variants: plain asan trixie policy

use strict;
use warnings;

use Test::More;

use Idv::Flow;
use Idv::HTTP;
use Idv::Page;
use Idv::Site;

my $site = Idv::Site->new;
my $port = $site->port('gate');

my (@hostile, @harmless, $kind);

while (my $line = <DATA>) {
    chomp $line;

    if ($line =~ /^# (hostile|harmless)/) {
        $kind = $1 eq 'hostile' ? \@hostile : \@harmless;
        next;
    }

    next if $line eq '' || $line =~ /^#/;

    $line =~ s/\\x([0-9a-f]{2})/chr hex $1/gie;
    push @$kind, $line;
}

push @hostile, '', '/' x 232, '/' . 'a' x 231, "/\0", '//evil.example/' x 20;
push @harmless, '/' . 'a' x 230;

cmp_ok(scalar @hostile, '>', 100, 'there are hostile addresses');
cmp_ok(scalar @harmless, '>', 20, 'and harmless ones');


sub encode { $_[0] =~ s/([^A-Za-z0-9_.~-])/sprintf('%%%02X', ord $1)/ger }
sub decode { $_[0] =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }
sub shown { $_[0] =~ s/([^ -~])/sprintf('\\x%02x', ord $1)/ger }


# a cancelled flow says in its resumeUrl where its browser wanted to go

sub wanted {
    my ($client, $answer) = @_;

    my ($id) = ($answer->header('Location') // '') =~ m{^/idv/\?flowId=(\w+)$}
        or return 'no flow: ' . $answer->status;

    my $flow = Idv::Flow->new(client => $client, state => { _links => {
        self => { href => "/pf-ws/authn/flows/$id" } } });

    $flow->cancel;

    my ($return) = ($flow->state->{resumeUrl} // '')
        =~ m{^http://127\.0\.0\.1:$port/idv/cancelled\?return=([^&#]*)$}
        or return 'no address: ' . $flow->answer->body;

    return decode($return);
}


my @form = ('Content-Type' => 'application/x-www-form-urlencoded');
my @navigate = ('Sec-Fetch-Mode' => 'navigate', Accept => 'text/html');


# the doors: each gives back the address that came out, undef for none

my %doors = (

    'start, query' => sub {
        my ($client, $address) = @_;
        return wanted($client, $client->get(
            '/idv/start?return=' . encode($address), @navigate));
    },

    'start, form' => sub {
        my ($client, $address) = @_;
        return wanted($client, $client->post('/idv/start',
            'return=' . encode($address), @form));
    },

    'cancelled' => sub {
        my ($client, $address) = @_;
        my $page = Idv::Page->new(site => $site, client => $client);
        return $page->open('/idv/cancelled?return=' . encode($address))
            ->link('idv-back');
    },

    'logout, form' => sub {
        my ($client, $address) = @_;
        my $answer = $client->post('/idv/logout',
            'return=' . encode($address), @form);
        return $answer->status == 303 ? $answer->header('Location')
                                      : 'status ' . $answer->status;
    },

    'logout, query' => sub {
        my ($client, $address) = @_;
        my $answer = $client->post('/idv/logout?return=' . encode($address), '');
        return $answer->status == 303 ? $answer->header('Location')
                                      : 'status ' . $answer->status;
    },
);

# where one goes when no address was given

my %default = ('start, query' => '/', 'start, form' => '/',
    'cancelled' => undef, 'logout, form' => '/idv/logout',
    'logout, query' => '/idv/logout');

my $ann = $site->client('ann');

for my $door (sort keys %doors) {

    my $empty = $doors{$door}->($ann, '');
    $default{$door} = $empty if $door eq 'cancelled';

    is($empty, $default{$door}, "$door: no address");
    ok(!defined $empty || $empty =~ m{^/}, "$door: is harmless");

    my (@in, @lost);

    for my $address (@hostile) {
        my $out = $doors{$door}->($ann, $address);
        push @in, shown($address) . ' became ' . shown($out // 'nothing')
            if ($out // '') ne ($empty // '');
    }

    for my $address (@harmless) {
        my $out = $doors{$door}->($ann, $address);
        push @lost, shown($address) . ' became ' . shown($out // 'nothing')
            if ($out // '') ne $address;
    }

    is(scalar @in, 0, "$door: no hostile address") or diag(map { "$_\n" } @in);
    is(scalar @lost, 0, "$door: every harmless one")
        or diag(map { "$_\n" } @lost);
}

# The gate's own: the address is that of the request, where it can be one.  A
# client sends what it likes.

my (@bad, $taken);

for my $address (@hostile, @harmless,
    'http://evil.example//x', 'http://evil.example/\\x', 'http://evil.example',
    'http://evil.example?//x', 'https://evil.example/a')
{
    next if $address !~ m{^[^\s\0]+$};

    my $client = $site->client('ann');
    my $bytes = $client->bytes('GET', $address, @navigate,
        Connection => 'close');
    my $answer = Idv::HTTP::Response->new('GET');

    $answer->feed(Idv::HTTP::raw($port, $bytes, 5));
    next if $answer->status =~ /^(?:400|0)$/;

    $client->learn($answer);
    my $out = wanted($client, $answer);
    my $harmless = grep { $_ eq $address } @harmless;
    my $path = $address =~ s{^\w+://[^/?]+}{}r;

    $taken++;
    push @bad, shown($address) . ' became ' . shown($out)
        if $out !~ m{^/(?![/\\])[!-~]*$} || $out =~ /\\/
           || $harmless && $out ne $address || $out ne '/' && $out ne $path;
}

is(scalar @bad, 0, 'the gate: only paths') or diag(map { "$_\n" } @bad);
cmp_ok($taken, '>', 60, 'of many requests');

# all the way: the address that comes out is where the browser is sent

for my $case (['/wanted?a=b&c=%2F%2Fd#e', '/wanted?a=b&c=%2F%2Fd#e'],
              ['//evil.example/', '/'])
{
    my ($address, $target) = @$case;

    my $page = Idv::Page->new(site => $site, user => 'bob');

    $page->open('/idv/start?return=' . encode($address));
    $page->press('idv-other');
    $page->press('idv-options') while $page->view eq 'options';
    $page->phone('SUCCESS');
    ok($page->wait_for('completed'), 'a flow that began there');

    my ($path, $field) = $page->button('idv-continue');
    my $answer = $page->client->post($path, Idv::Page::encode($field), @form,
        Origin => "http://127.0.0.1:$port");

    is($answer->status, 303, 'after the verification');
    is($answer->header('Location'), $target, "to $target");
}

# a flow that is open takes the address of the tab that came last

my $client = $site->client('eve');
$client->get('/one', @navigate);
my $answer = $client->get('/two', @navigate);
is(wanted($client, $answer), '/two', 'the last tab decides');

# what the phone's page is told is one address on this host

my $flow = $site->flow('sam', path => '/x?return=//evil.example/');
$flow->device('self');
$flow->phone('IN_PROGRESS');
my $read = $site->service->api('GET', 'users/sam/verifyTransactions/'
    . $flow->transaction)->json;
like($read->{redirect}{url},
    qr{^http://127\.0\.0\.1:$port/idv/return\?flowId=\w+&code=\w+$},
    'the way back from the phone');

Idv::Site::finish();

__DATA__

# hostile: another host by slashes

//evil.example
//evil.example/
//evil.example:80/a
///evil.example
////evil.example/a
//%65vil.example
//evil.example%2f@127.0.0.1/
//127.0.0.1@evil.example/
//127.0.0.1:80@evil.example/
//0
//1.1.1.1
//[::1]/
//3232235777/
//0x7f.1/
//.evil.example
//?evil.example
//#evil.example
//
///
//;evil.example
//evil.example;/

# hostile: backslashes, which browsers take for slashes

/\evil.example
/\/evil.example
/\\evil.example
\/\/evil.example
\\evil.example
\/evil.example
\evil.example
/\x5c/evil.example
/a\b
/a/..\..\evil.example
/.\evil.example
/a?b=\c
/a#\
//\evil.example
http:\\evil.example
/http:\evil.example

# hostile: what browsers drop before they look

\x09//evil.example
/\x09/evil.example
/\x0a/evil.example
/\x0d/evil.example
/\x0d\x0a/evil.example
/\x09\x09/evil.example
/a\x09b
\x20//evil.example
\x20/evil.example
/\x20/evil.example
/ /evil.example
\x00//evil.example
/\x00/evil.example
\x01/evil.example
/\x0b/evil.example
/\x0c/evil.example
/\x1f/evil.example
/\x7f/evil.example
/a b

# hostile: another header, another answer

/\x0d\x0aSet-Cookie: a=b
/\x0aSet-Cookie: a=b
/\x0dSet-Cookie: a=b
/a\x0d\x0a\x0d\x0a<script>alert(1)</script>
/a\x0aLocation: http://evil.example/
/\xe5\x98\x8a\xe5\x98\x8dSet-Cookie: a=b
/a\x0d
/a\x0a

# hostile: with a scheme, or what becomes one

http://evil.example
https://evil.example/
HTTP://evil.example/
http:evil.example
http:/evil.example
http:///evil.example
https:evil.example/
http:127.0.0.1/
ftp://evil.example/
javascript:alert(1)
JavaScript:alert(1)
java\x09script:alert(1)
\x01javascript:alert(1)
javascript://127.0.0.1/%0aalert(1)
data:text/html,<script>alert(1)</script>
data:text/html;base64,PHNjcmlwdD4=
vbscript:msgbox(1)
file:///etc/passwd
blob:http://evil.example/a
view-source:http://evil.example
about:blank
mailto:ann@evil.example
://evil.example
:/evil.example
:evil.example
:80/a
evil.example
evil.example/
.evil.example
@evil.example
@evil.example/
#//evil.example
?//evil.example
?return=/a
;//evil.example
./a
../a
..
.
a
*
~/a
%2f%2fevil.example
%2Fa
%252f%252fevil.example
%5c%5cevil.example
%09//evil.example
%0d%0aa
&//evil.example

# hostile: other alphabets' slashes, dots and spaces

/\xef\xbc\x8fevil.example
\xef\xbc\x8f\xef\xbc\x8fevil.example
/\xe2\x88\x95evil.example
/\xe2\x81\x84evil.example
/\xef\xbc\xbcevil.example
/\xe3\x80\x82evil.example
\xef\xbb\xbf//evil.example
/\xef\xbb\xbf/evil.example
/\xe2\x80\x8b/evil.example
/\xc2\xa0/evil.example
\xe2\x80\x8b//evil.example
/\xad/evil.example
/\xc0\xafevil.example
/\xff
/\xe2\x80\xae/moc.live
/\xe2\x80\xa8/evil.example
/b\xc3\xbccher

# hostile: out of an attribute

/"onclick=alert(1)
/a"><script>alert(1)</script>
/<script>
/>
/a<b

# harmless: dangerous only at first sight

/
/?
/a
/a/
/a//b
/a//evil.example
/a?return=//evil.example
/a?u=http://evil.example/
/a#//evil.example
/?//evil.example
/#//evil.example
/;//evil.example
/@evil.example
/:80/a
/http://evil.example
/.//evil.example
/..//evil.example
/%2f/evil.example
/%2f%2fevil.example
/%5cevil.example
/%5c%5cevil.example
/%09/evil.example
/%0d%0aSet-Cookie:%20a=b
/%00
/%252f%252fevil.example
/a'b
/a`b{c}|d^e
/a&amp;b
/a+b
/~ann/$a,b;c=d
/127.0.0.1@evil.example
/javascript:alert(1)
/b%C3%BCcher
