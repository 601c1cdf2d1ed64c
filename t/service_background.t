#!/usr/bin/perl

# A selfie with another background and another shape: what comes back, what is
# refused, and that nobody waits for a helper that is slow, that dies or that
# says nothing.

# variants: plain asan

use strict;
use warnings;

use Compress::Zlib qw(compress);
use File::Copy ();
use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw(encode_base64 decode_base64);
use Test::More;
use Time::HiRes qw(time);

use Idv::Nginx;
use Idv::Picture qw(FACE chunks pixels png portrait);
use Idv::Site;

# a worker is another user, who may not get to where we are

my $dir = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;

sub program {
    my ($name, $text) = @_;

    open my $file, '>', "$dir/$name" or die "$dir/$name: $!";
    print $file "#!/bin/sh\n$text\n";
    close $file;
    chmod 0755, "$dir/$name";

    return "$dir/$name";
}


File::Copy::copy($ENV{IDV_HELPER}, "$dir/helper")
    or die "$ENV{IDV_HELPER}: $!";
chmod 0755, "$dir/helper";

my $site = Idv::Site->new(processing => '0s', workers => 1,
    service => "idv_service_background $dir/helper timeout=20s;"
        . 'idv_service_keep_image 6m;');
my $service = $site->service;
my $nginx = $site->nginx;
my $env = $service->{environment};

my $policy = $service->api('POST', 'verifyPolicies',
    { name => 'face', liveness => { verify => 'REQUIRED', threshold => 'LOW' } })
    ->json->{id};


my $portrait = png(120, 160, \&portrait);


# --- a transaction with that selfie, and its id

sub selfie {
    my ($image, %how) = @_;

    our $n++;

    my $path = "users/user$n/verifyTransactions";
    my $t = $service->api('POST', $path, { verifyPolicy => { id => $policy } })
        ->json;
    $path .= "/$t->{id}";

    $service->api('POST', "$path/documents",
        { type => 'Selfie', value => encode_base64($image, '') })->status == 201
        or die 'no selfie';

    return ($path, $t) if $how{open};

    $service->http->request('POST', "/v1/environments/$env/$path/documents",
        Authorization => "Bearer $service->{token}", 'Content-Type' =>
            'application/vnd.pingidentity.documents.complete+json');

    my $data = $service->api('GET', "$path/verifiedData")->json;

    return "$path/verifiedData/$data->{_embedded}{verifiedData}[0]{id}";
}


sub model {
    my ($rgb, $shape) = @_;

    my %model;
    @{$model{backgroundColor}}{qw(red green blue)} = @$rgb;
    @{$model{aspectRatio}}{qw(aspectWidth aspectHeight)} = @$shape;

    return \%model;
}


sub replace {
    my ($path, $model, $type) = @_;

    return $service->http->request('POST', "/v1/environments/$env/$path",
        Authorization => 'Bearer ' . ($service->{token} ||= $service->token),
        'Content-Type' => $type
            // 'application/vnd.pingidentity.replace.background+json',
        -body => JSON::PP::encode_json($model));
}


sub picture { return decode_base64($_[0]->json->{data}{IMAGE}) }


# --- PNG

my $id = selfie($portrait);
my $answer = replace($id, model([255, 0, 0], [3, 4]));

is($answer->status, 200, 'a background is replaced');
is($answer->json->{data}{FORMAT}, 'png', 'a PNG stays one');
is($answer->json->{type}, 'SELFIE', 'it is a selfie');
is($answer->json->{id}, ($id =~ m{([^/]+)$})[0], 'that one');
like($answer->json->{createdAt}, qr/^\d{4}-/, 'made now');

my ($width, $height, $at) = pixels(picture($answer));

is(int($width / $height * 100 + 0.5), 75, 'three to four');
is("@{[$at->(0, 0)]}", '255 0 0', 'the wall is red');
is("@{[$at->($width - 1, int($height / 2))]}", '255 0 0', 'on both sides');

my %seen;
$seen{join ' ', $at->(int($width / 2), $_)}++ for 0 .. $height - 1;
ok($seen{"@{[FACE]}"} > 60 && $seen{'30 40 90'} > 40, 'the person is as before');
is(scalar(grep { my ($r, $g, $b) = split ' '; $g > 150 } keys %seen), 0,
    'and nothing is left of the wall');
is("@{[$at->(int($width / 2), $height - 1)]}", '30 40 90',
    'who was cut off below is so still');

for my $shape ([1, 1], [2, 1], [1, 3], [1000, 1]) {
    my ($w, $h) = pixels(picture(replace($id, model([0, 0, 0], $shape))));
    my $want = $shape->[0] / $shape->[1];

    ok(abs($w - $h * $want) <= ($want > 1 ? $want : 1) && $w <= 4096,
        "@$shape: $w to $h");
}

($width, $height, $at) = pixels(picture(replace(selfie(png(120, 160,
    sub { my @p = portrait(@_); return (@p, $p[1] > 150 ? 0 : 255) }, 4)),
    model([1, 2, 3], [1, 1]))));
is("@{[$at->(0, 0)]}", '1 2 3', 'what one could see through has the colour');


# --- JPEG, upright and as a phone has it that was held upright: on its side,
# with a note how to turn it

my ($upright, $lying) = map { decode_base64($_) } <<'UPRIGHT', <<'LYING';
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4p
LSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09P
T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCABQADwDASIA
AhEBAxEB/8QAGwAAAQUBAQAAAAAAAAAAAAAAAAECBAYHBQP/xAAsEAABBAEDAwIFBQEAAAAAAAAB
AAIDEQQFIVEGEjFBkWFxgcHRI1JyobHh/8QAGAEAAwEBAAAAAAAAAAAAAAAAAAEEAwL/xAAbEQAD
AAMBAQAAAAAAAAAAAAAAAQIDESExUf/aAAwDAQACEQMRAD8Av1otIi12cCoTXPaxjnvc1rWiyXGg
B81xZ+rtBhkLDnh5GxMbHOHuAhtL0aTfh3EKBp+sadqdjBzIpXDcsBpw+h3U5HonwW0JEIARFptp
bTAzjrrV58nVH6cxzm42PQc0eHvqyTzXgKq0eD7LY8429raGwtRqHA9lHkrVMsxzuUZRE+WGVssT
nskYba5tgg/ArWumtTfq2iQ5MwAmFskoVbh6/XYplDgey6kTu6NruRa0w1ts4zzpI9EJqLVBMJaL
SIQIiZo/UaeQoy6E0YlZXqNwVBcx7TTmkKPNDVbLcNpzoaulEO2Jo4CiwQFzg54po59VMtaYIa6z
PPafEKhIi1QTCITVW+sdcdp+MMPFf25M4tzh5Yz8n8ppbAfrnVuLp0jsfFYMnJbs7emMPBPqfgFW
JesNakfbZ44h+1kQr+7XAQtFKRzstWB1vnRPAz4Y8iP1LB2OH2Kuunaji6njDIw5Q9ngjwWngj0W
QLoaLqs2kZ7ciIksO0kd7Pbx8+EnPwaZrKS15Y88eTjxzwu745GhzXcgr0WYxCQASTQHk8LJdWzX
ajqmRluO0jz2jho2A9lpeuTHH0POlaaLYXV8yK+6yjxstIQmCEIXYgQhCAL50FnGXBnwnmzA7uZ/
F3/f9VqWddETGPqAMvaWJ7T9N/stEtZUunSP/9k=
UPRIGHT
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4p
LSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09P
T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAA8AFADASIA
AhEBAxEB/8QAGwAAAQUBAQAAAAAAAAAAAAAAAQACBQYHBAP/xAAtEAACAQIDBgUEAwAAAAAAAAAB
AgADBAURIQYSMUFRcTJhgZGxIkJioRNS0f/EABkBAAMBAQEAAAAAAAAAAAAAAAABAgQDBf/EABsR
AAIDAQEBAAAAAAAAAAAAAAABAgMRIUEx/9oADAMBAAIRAxEAPwC/QQwSyARsdG+sYAghggIblB+4
6VXH9raVk722HhK9dTkztqiHoOp9o0tAszMqLvMyhRxJOQ/cja+P4RQJFTEKGf4ne+M5m17iF5fu
XvLmpVPIM30j0Gk5e2naWoC03CMd1poz1GCogLMTyAGcfILbOq9LZa9KE5uFQkdCwHwZyfFpaWvC
n4ztliF7dMuH1TbWoOS7vjcdSfPoMpfDeORmoA76zHB4h3E1oeEdhMk7JL02Qrg/DoF3U+4AzopV
lqjTQ9JHxyMVcEcQYQtafRTqTXCL20xl7CyS0tm3bi5BzYcVXnl3MzuT22lRn2lrhjpTREHsD8mQ
M9GK5phYooopQjcJxYzYDE8IubLQGrTO6ejDLL4nbAZn+rDonnTEKtGpb13o1kZKtNt11I1UjkZq
w4AHTTnPXFMBwzFXFS8tlaooyFRSVftmOPrnJBqaHioPpODpb9O6uS8IqdFvQLMHYZAdec69xF4I
PaEwhQk+ine2uFB29sWp4hRvlXOnWQIxH91z+QdJU5sGI2NDErKpaXK503HLipHAjzEzHGcFu8Hu
CldC1In6KwH0v/h8psg+GZojYou+kXCWI3AwGEwTOWCAmGNMYAMEJggIE861KlXpNSrU1qU2GRRh
mCJ6RsNwCr3+xVlWYvY1qlqx+zxqffUe8hK2xWKIT/E9vWA/MqfYiaHlnp1jf35ylJhh/9k=
LYING

sub exif {
    my ($jpeg, $turn) = @_;

    my $exif = "Exif\0\0II*\0" . pack('V v vvVvv V', 8, 1, 0x112, 3, 1, $turn, 0,
        0);

    return substr($jpeg, 0, 2) . "\xff\xe1" . pack('n', 2 + length $exif) . $exif
        . substr($jpeg, 2);
}


sub jpeg_size {
    my ($jpeg) = @_;

    $jpeg =~ /\xff\xc0..\x08(..)(..)/s or die 'no JPEG';
    return [unpack('n', $2), unpack('n', $1)];
}


$answer = replace(selfie($upright), model([0, 200, 0], [3, 4]));
is($answer->json->{data}{FORMAT}, 'jpeg', 'a JPEG stays one');
my $size = jpeg_size(picture($answer));
is(int($size->[0] / $size->[1] * 20 + 0.5), 15, 'three to four');

my $turned = picture(replace(selfie(exif($lying, 6)),
    model([0, 200, 0], [3, 4])));
ok(abs(jpeg_size($turned)->[0] - $size->[0]) <= 2,
    'one that lies on its side is turned');
unlike($turned, qr/Exif/, 'and what else a phone notes is gone');


# --- what is no such picture, or no such request

my $detail = sub { $_[0]->json->{details}[0] };

for my $case (
    [torn => chunks([IHDR => pack('NNC5', 120, 160, 8, 2, 0, 0, 0)],
        [IDAT => 'no such thing'], [IEND => ''])],
    [bomb => chunks([IHDR => pack('NNC5', 16000, 16000, 8, 2, 0, 0, 0)],
        [IDAT => compress("\0" x 1000)], [IEND => ''])],
    ['half a JPEG' => substr($upright, 0, length($upright) / 2) . "\xff\xd9"],
    [busy => png(80, 80, sub { ($_[0] * 37 % 256, $_[1] * 91 % 256, 9) })],
    [empty => png(80, 80, sub { (250, 250, 250) })],
) {
    my ($what, $image) = @$case;

    my $answer = replace(selfie($image), model([0, 0, 0], [1, 1]));

    is($answer->status, 400, "$what: refused");
    is($answer->json->{code}, 'INVALID_DATA', "$what: as data that is wrong");
}

$answer = replace($id, { backgroundColor => { red => 256, green => '1' },
                         aspectRatio => { aspectWidth => 0,
                                          aspectHeight => 1001 } });
is($answer->status, 400, 'a model that is wrong');
is_deeply([map { $_->{target} } @{$answer->json->{details}}],
    [map("backgroundColor.$_", qw(red green blue)),
     map("aspectRatio.$_", qw(aspectWidth aspectHeight))],
    'is wrong in all its members');

my $good = model([0, 0, 0], [1, 1]);

is(replace($id, $good, 'application/json')->status, 415, 'another type: 415');
is(replace($id =~ s/.$/f/r, $good)->status, 404, 'no such data: 404');

my ($path, $t) = selfie($portrait, open => 1);
is(replace("$path/verifiedData/$t->{id}", $good)->status, 404,
    'before the decision there is no selfie');


# --- a helper that is not as it should be

sub helper {
    my ($text, $more) = @_;

    my $program = program('bad', $text);

    ok($site->reload(processing => '0s', service =>
        "idv_service_background $program $more; idv_service_keep_image 6m;"),
        "with a helper: $text");
}


for my $text ('exit 1', 'head -c 100 >/dev/null; echo nonsense of some length',
              'kill -9 $$', 'exec no-such-program')
{
    helper($text, '');
    $nginx->allow(qr/unknown process \d+ exited on signal 9/)
        if $text =~ /kill/;

    $answer = replace($id, $good);
    is($answer->status, 500, 'a clean error');
    is($answer->json->{code}, 'UNEXPECTED_ERROR', 'of the API');
}

helper('exec sleep 3', 'max=1 timeout=1s');


# a request of which nobody reads the answer

sub ask {
    my $body = JSON::PP::encode_json($good);
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $site->port('service')) or die "connect: $@";

    print $socket "POST /v1/environments/$env/$id HTTP/1.1\r\nHost: a\r\n"
        . "Authorization: Bearer $service->{token}\r\nContent-Type: "
        . "application/vnd.pingidentity.replace.background+json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";

    return $socket;
}


my $start = time;
my $waiting = ask();

$nginx->wait_until(5, sub { replace($id, $good)->status == 429 })
    or fail('no helper runs');
$answer = replace($id, $good);
is($answer->status, 429, 'one more than there may be: 429');
is($answer->header('Retry-After'), 1, 'and when to come again');
is($service->api('GET', 'verifyPolicies')->status, 200, 'others are served');
cmp_ok(time - $start, '<', 1.5, 'meanwhile');

my $line = <$waiting>;
like($line, qr/^HTTP\/1.1 500/, 'who waits has an answer, too');
cmp_ok(time - $start, '<', 3, 'after the time that it has');

close ask();
ok($nginx->wait_until(5, sub { replace($id, $good)->status == 500 }),
    'who goes away leaves nothing behind');

ok($site->reload(processing => '0s', service => ''), 'without a helper');
is(replace($id, $good)->status, 501, 'there is no other background');


# --- the helper by itself: it has nothing but what it reads

is(system("$dir/helper </dev/null 2>/dev/null") >> 8, 1, 'run by nginx only');

my $pid = open my $input, '|-', "$dir/helper", 5 or die "helper: $!";

sub process {
    my ($name) = @_;

    open my $file, '<', "/proc/$pid/$name" or return '';
    local $/;
    return scalar <$file>;
}

$nginx->wait_until(5, sub { process('status') =~ /^Seccomp:\s+2$/m });
like(process('status'), qr/^Seccomp:\s+2$/m, 'few system calls');
like(process('status'), qr/^NoNewPrivs:\s+1$/m, 'no other rights');

for my $limit (['cpu time', 5], ['file size', 0], ['core file size', 0],
               ['open files', 3], ['address space', 512 * 1024 * 1024],
               ['processes', 0])
{
    like(process('limits'), qr/^Max $limit->[0]\s+$limit->[1]\s/m,
        "$limit->[0]: $limit->[1]");
}

print $input 'x' x 100;
close $input;
is($? >> 8, 1, 'what is no request is none');

for my $case (["$dir/none", qr/is no program that can be run/],
              ["$dir/helper max=0", qr/takes max=number, from 1 to 64/],
              ["$dir/helper timeout=0", qr/takes timeout=time/],
              ["$dir/helper other", qr/takes max=number and timeout=time/]) {
    my ($accepted, $says) = Idv::Nginx->test_config(http =>
        $site->config(service => "idv_service_background $case->[0];"),
        files => { $site->files });

    ok(!$accepted, "refused: $case->[0]");
    like($says, $case->[1], 'and why');
}

$site->finish;
