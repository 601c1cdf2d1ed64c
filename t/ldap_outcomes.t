#!/usr/bin/perl

# Each thing that a directory may do has an outcome of its own: somebody,
# nobody, two of the name, no answer, no server, no right.  Whatever a user is
# called, it is a name and no filter.

# variants: asan

use strict;
use warnings;

use MIME::Base64 qw(decode_base64);
use Test::More;
use Time::HiRes qw(time);

use Idv::LDAP;
use Idv::Ports qw(free_port);
use Idv::Site;

use constant JPEG => "\xff\xd8\xff\xe0\0\x10JFIF\0"
    . join('', map { chr } 0 .. 255) x 20;

my @odd = ('*', 'a*', '(', ')', '\\', '\\2a', '\\00', '%s', '%', '&', '|', '!',
    '=', '*)(uid=*', '*)(|(uid=*', 'ann)(mail=*', 'ann)(&', '(&(uid=ann))',
    'ann\\', "a\tb", 'uid=ann,dc=example', 'ann;binary', '"ann"', "\xc3\xa9",
    "\xff\xfe", 'x' x 256, '$uid', '${uid}', '../ann', '#ann', '<ann>', ',',
    '+');

my $ldap = Idv::LDAP->new(people => {
    ann => { mail => ['ann@ldap.example', 'a2@ldap.example'],
             givenName => "An\xc3\xa9", jpegPhoto => JPEG,
             description => ['plain', "two\nlines"] },
    bob => { mobile => '+1 555 555 0133' },
    twin1 => { uid => 'twin', mail => 't1@ldap.example' },
    twin2 => { uid => 'twin', mail => 't2@ldap.example' },
    map { my $n = $_; ("odd$n" => { uid => $odd[$n],
                                    mail => "odd$n\@ldap.example" }) }
        grep { $odd[$_] !~ /[^\x20-\x7e]/ } 0 .. $#odd,
});

my $closed = free_port();
my $attributes = 'attributes mail mobile givenName jpegPhoto description;';
my $photo;


# servers that say what the test wants

sub answers {
    my (@messages) = @_;

    return Idv::LDAP->fake(sub {
        my ($socket) = @_;

        while (defined(my $id = Idv::LDAP::request($socket))) {
            syswrite $socket,
                join '', map { ref $_ ? $_->($id) : $_ } @messages;
        }
    });
}

my $done = sub { Idv::LDAP::message($_[0], 0x65, Idv::LDAP::result(0)) };
my $one = sub { Idv::LDAP::message($_[0], 0x64,
    Idv::LDAP::found('MAIL', 'fake@ldap.example')) };
my $reference = sub { Idv::LDAP::message($_[0], 0x73,
    Idv::LDAP::tlv(0x04, "ldap://127.0.0.1:$closed/")) };
my $code = sub { my $n = shift;
    sub { Idv::LDAP::message($_[0], 0x65, Idv::LDAP::result($n)) } };

# name => [server, block, and what comes of asking for ann: the mail, or the
# code of an error; what the log says]

my %house = (
    wrong_password => [$ldap, 'bind_dn ' . Idv::LDAP::BIND_DN
        . '; bind_password_file other_secret;', '',
        qr/bind_dn or its password/],
    wrong_base => [$ldap, 'base dc=other;', '', qr/there is no such base/],
    no_right => [$ldap, 'bind_dn "uid=nobody,dc=example,dc=com";'
        . ' bind_password_file ldap_secret;', '', qr/password is wrong/],
    down => [$ldap, '', '', qr/refused/i, "ldap://127.0.0.1:$closed"],
    second => [$ldap, '', 'ann@ldap.example,a2@ldap.example', qr/refused/i,
        "ldap://127.0.0.1:$closed ldap://127.0.0.1:" . $ldap->port],
    continued => [answers($one, $reference, $done), '', 'fake@ldap.example'],
    referral => [answers($code->(10)), '', '', qr/not followed/],
    busy => [answers($code->(51)), '', '', qr/not possible \(51\)/],
    late => [answers($code->(3)), '', '', qr/its time limit/],
    short => [answers($one, $one, $code->(4)), '', 'NO_DIRECTORY_ENTRY'],
    three => [answers($one, $one, $one, $done), '', 'NO_DIRECTORY_ENTRY'],
    http => [answers("HTTP/1.1 400 Bad Request\r\n\r\n"), '', '',
        qr/not LDAP/],
    long => [answers("\x30\x84\x7f\xff\xff\xff"), '', '', qr/too long/],
    torn => [Idv::LDAP->fake(sub { Idv::LDAP::request($_[0]);
        syswrite $_[0], substr $one->(1), 0, 20; }), '', ''],
    mute => [Idv::LDAP->fake(sub { sleep 30 }), 'timeout 400ms;
        connect_timeout 300ms;', '', qr/no answer in time/],
    other_id => [answers(sub { $one->($_[0] + 1) . $done->($_[0] + 1) }),
        'timeout 400ms; connect_timeout 400ms;', '', qr/no answer in time/],
    notice => [answers(sub { Idv::LDAP::message(0, 0x78,
        Idv::LDAP::result(52)) }), '', ''],
    half => [answers(sub { Idv::LDAP::message($_[0], 0x64,
        Idv::LDAP::tlv(0x04, 'cn=a') . Idv::LDAP::tlv(0x30,
            Idv::LDAP::tlv(0x30, Idv::LDAP::tlv(0x04, 'mail')
                . Idv::LDAP::tlv(0x31,
                    Idv::LDAP::tlv(0x04, 'half@ldap.example')))
            . "\x04\x00")) }, $done), '', ''],
    nonsense => [answers(sub { Idv::LDAP::message($_[0], 0x64, "\x04\x7f") },
        $done), '', ''],
);

my $all = 'on_error not_found timeout unavailable refused block;';

my $blocks = $ldap->block("$attributes cache off;")
    . $ldap->block("$attributes cache off; $all", name => 'strict')
    . $ldap->block("$attributes cache 1h entry=128;", name => 'tight')
    . $ldap->block("$attributes cache 1h entry=16k;", name => 'roomy');

for my $name (sort keys %house) {
    my ($server, $more, undef, undef, $url) = @{$house{$name}};

    $blocks .= $server->block("$more cache off;", name => $name, url => $url);
    $blocks .= $server->block("$more cache off; $all", name => "${name}_block",
        url => $url);
}

my $locations = join '', map { <<"END" } $blocks =~ /idv_ldap (\w+)/g;
        location /$_/ {
            auth_basic         off;
            auth_idv_ldap      $_ always;
            auth_idv_ldap_user \$http_who;
            proxy_set_header   Who   "";
            proxy_set_header   Mail  \$idv_ldap_mail;
            proxy_set_header   Tel   \$idv_ldap_mobile;
            proxy_set_header   Name  \$idv_ldap_givenname;
            proxy_set_header   Photo \$idv_ldap_jpegPhoto;
            proxy_set_header   Text  \$idv_ldap_description;
            proxy_pass         http://127.0.0.1:%%PORT_app%%;
        }
END

my $site = Idv::Site->new(workers => 1, http => $blocks,
    locations => $locations,
    app => 'large_client_header_buffers 4 32k;',
    files => { ldap_secret => Idv::LDAP::PASSWORD, other_secret => 'wrong' });

$site->nginx->forbid(Idv::LDAP::PASSWORD, 'ann@ldap.example', 't1@ldap.example',
    'fake@ldap.example', map { "odd$_\@ldap.example" } 0 .. $#odd);

my $client = Idv::HTTP->new(port => $site->port('gate'));


sub asked {
    my ($house, $who) = @_;

    my $answer = $client->get("/$house/", Who => $who);
    my $json = $answer->json;

    return $answer->status == 200 ? $json->{headers}
        : { code => $json->{details}[0]{code} // $json->{code},
            status => $answer->status };
}


sub mail_of { my $is = asked(@_); return $is->{Mail} // $is->{code} // '' }


# Somebody.

my $ann = asked('people', 'ann');

is(join(' ', sort split /,/, $ann->{Mail}), 'a2@ldap.example ann@ldap.example',
    'several values');
is($ann->{Name}, "An\xe9", 'UTF-8') if $ann->{Name} !~ /\xc3/;
ok(defined $ann->{Name}, 'a name');
is(decode_base64($ann->{Photo}), JPEG, 'bytes, in base64');
is($ann->{Text}, 'plain', 'a value of two lines is none');
is(asked('people', 'bob')->{Tel}, '+1 555 555 0133', 'one value');
ok(!exists asked('people', 'bob')->{Mail}, 'and none');

# what is too large is not kept, and asked for each time

for my $row (['tight', 2], ['roomy', 1]) {
    my ($house, $n) = @$row;
    my $before = $ldap->searches;

    is(decode_base64(asked($house, 'ann')->{Photo}), JPEG, "$house: her photo")
        for 1 .. 2;
    is($ldap->searches - $before, $n, "$house: asked for $n times");
}


# Nobody, and too many.

is(mail_of('people', 'eve'), '', 'nobody of that name');
is(mail_of('strict', 'eve'), 'NO_DIRECTORY_ENTRY', 'which may be an error');
is(asked('strict', 'eve')->{status}, 403, 'of who asks');
is(mail_of('people', 'twin'), 'NO_DIRECTORY_ENTRY', 'two are one too many');
is(mail_of('people', ''), '', 'no name, no search');
is(mail_of('people', 'x' x 257), '', 'nor for a name that is too long');


# Names that would be filters.

for my $n (0 .. $#odd) {
    my $name = $odd[$n] =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ger;
    my $kept = $odd[$n] !~ /[^\x20-\x7e]/;
    my $before = $ldap->searches;
    my $text = substr $name, 0, 20;

    is(mail_of('people', $odd[$n]), $kept ? "odd$n\@ldap.example" : '',
        "'$text' is a name");

    my @seen = $ldap->searches;

    is(scalar(@seen) - $before, 1, 'one search');
    is($seen[-1] =~ tr/(//, 1, 'with one part') or diag($seen[-1]);
}


# All the rest.

for my $name (sort keys %house) {
    my (undef, undef, $expected, $why) = @{$house{$name}};
    my $mark = $site->nginx->log->mark;
    my $code = $expected =~ /^[A-Z]/ ? $expected
             : $expected ne '' ? join ' ', sort split /,/, $expected
             : 'DIRECTORY_UNAVAILABLE';

    my $begun = time;
    is(join(' ', sort split /,/, mail_of($name, 'ann')),
        $expected =~ /^[A-Z]|^$/ ? $expected : $code, "$name: what is known");
    cmp_ok(time - $begun, '<', 4, "$name: in time");

    my $said = join "\n", grep { /directory/ } $site->nginx->log->said($mark);
    like($said, $why, "$name: the log says why") if $why;
    unlike($said, qr/\bann\b|uid=ann/, "$name: and not of whom");

    my $is = asked("${name}_block", 'ann');
    is($is->{code} // join(' ', sort split /,/, $is->{Mail}), $code,
        "$name: or an error");
    is($is->{status} // 200, $code eq 'DIRECTORY_UNAVAILABLE' ? 503
        : $code =~ /^NO_/ ? 403 : 200, "$name: of whom");
}


# A password that is refused is not tried again and again.

my $binds = $ldap->counts->{BIND};

is(mail_of('wrong_password', 'bob'), '', 'refused at once') for 1 .. 5;
is($ldap->counts->{BIND}, $binds, 'and nobody has tried');


# The first server is left alone for a while.

my $mark = $site->nginx->log->mark;

is(asked('second', 'bob')->{Tel}, '+1 555 555 0133', 'the second server');
is(join('', $site->nginx->log->said($mark)), '', 'at once');


# A server that has been started anew is found by those who ask.

$ldap->stop;
$ldap->start;
$mark = $site->nginx->log->mark;

is(asked('people', 'bob')->{Tel}, '+1 555 555 0133', 'a new connection');
is(join('', $site->nginx->log->said($mark)), '', 'that nobody has to know of');

$site->finish;
