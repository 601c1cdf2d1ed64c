#!/usr/bin/perl

# Messages that leave the machine: mail by SMTP and text messages by a hook of
# the operator's.  A message that was not sent is a result; a server that is
# slow, refuses or never answers costs nobody else anything, not even when the
# connection is closed.  (What a password is good for is in t/service_otp.t.)

# variants: asan trixie

use strict;
use warnings;

use File::Temp ();
use JSON::PP ();
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

use Idv::HTTP;
use Idv::Mock;
use Idv::Phone;
use Idv::Service;
use Idv::SMTP;
use Idv::Site;
use Idv::TLS;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);

my $ca = Idv::TLS->ca('Mail CA');
my $other = Idv::TLS->ca('Mail CA');

my $dir = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

sub store {
    my ($name, @pem) = @_;

    for my $end ('pem', 'key') {
        open my $file, '>', "$dir/$name.$end" or die "$name.$end: $!";
        print $file shift @pem;
        close $file;
    }

    return (certificate => "$dir/$name.pem", key => "$dir/$name.key");
}

my @good = store(good => $ca->issue(name => 'localhost'));
my @bad = store(bad => $other->issue(name => 'localhost'));

my $login = 'verify a-password-of-the-mail-server';
my $token = 'a-token-of-the-text-hook';

my $mail = Idv::SMTP->new(tls => 'starttls', login => $login, @good);
my $tls = Idv::SMTP->new(tls => 'at once', @good);
my $stranger = Idv::SMTP->new(tls => 'starttls', @bad);
my $plain = Idv::SMTP->new;
my $hook = Idv::Mock->new({ path => '/text', status => 202, json => {} });

my %files = ('ca.pem' => $ca->certificate,
    mail_secret => (split / /, $login)[1] . "\n", hook_secret => "$token\n");

# one service with several ways out, each at a port of its own

my $logged_in = 'smtp://localhost:' . $mail->port
    . ' user=verify password=mail_secret';
my $texts = 'idv_service_sms http://127.0.0.1:' . $hook->port
    . '/text token=hook_secret;';

my %out = (
    tls => 'smtps://localhost:' . $tls->port,
    stranger => 'smtp://localhost:' . $stranger->port,
    plain => 'smtp://127.0.0.1:' . $plain->port . ' starttls=off',
    nobody => 'smtp://127.0.0.1:1 starttls=off',
    hasty => $logged_in,
);

my $client = Idv::Site::CLIENT;
my $site = Idv::Site->new(workers => 1, files => \%files,
    client_name => '"Example Ltd"',
    http => 'idv_service_trusted_certificate ca.pem;',
    service => "idv_service_mail $logged_in from=verify\@example.com; $texts",
    servers => join '', map { <<"END" } sort keys %out);
    server {
        listen 127.0.0.1:%%PORT_$_%%;
        @{[$_ eq 'hasty' ? "idv_service_message_timeout 600ms; $texts" : '']}

        location / {
            idv_service         on;
            idv_service_client  $client client_secret "Example Ltd";
            idv_service_control on;
            idv_service_mail    @{[$out{$_} =~ s/( |$)/ from=verify\@example.com$1/r]};
        }
    }
END

my $service = $site->service;

$site->nginx->forbid($token, (split / /, $login)[1]);

sub at {
    my ($name) = @_;

    return Idv::Service->new(port => $site->port($name),
        environment => Idv::Site::ENVIRONMENT, client => $client,
        secret => Idv::Site::SECRET, nginx => $site->nginx);
}


# A new transaction whose link is to be sent: what became of it.

my $users = 0;

sub link_to {
    my ($service, %to) = @_;

    my $answer = $service->api('POST', 'users/user' . ++$users
        . '/verifyTransactions', { sendNotification => \%to });

    die 'no transaction: ', $answer->body if $answer->status != 201;

    my $tx = $answer->json;
    ($tx->{code}) = $tx->{webVerificationUrl} =~ /code=(\d+)/;
    $site->nginx->forbid($tx->{code}, values %to);

    return $tx;
}

sub results {
    my ($tx) = @_;

    return { map { $_->{method} => $_->{sent} ? 1 : 0 }
                 @{$tx->{sendNotification}{results}} };
}


# The link of a transaction, by mail and as a text, before the answer.

my $tx = link_to($service, email => 'ann@example.com',
    phone => '+1 555 555 0123');

is_deeply(results($tx), { EMAIL => 1, SMS => 1 }, 'both were sent');

my ($message) = $mail->messages;
my ($text) = map { JSON::PP::decode_json($_->{body}) } $hook->calls('/text');
my ($call) = $hook->calls('/text');

is_deeply([@$message{qw(from login tls)}, @{$message->{to}}],
    ['verify@example.com', 'verify', 1, 'ann@example.com'],
    'the mail went where it should, logged in over TLS');
is($message->{From}, '<verify@example.com>', 'its sender');
is($message->{To}, '<ann@example.com>', '... recipient');
is($message->{Subject}, 'Confirm who you are', '... subject');
like($message->{Date}, qr/^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d \+0000$/,
    '... date');
like($message->{'Message-ID'}, qr/^<[0-9a-f-]{36}\@example\.com>$/, '... id');
is($message->{'Auto-Submitted'}, 'auto-generated', '... nobody answers it');
is($message->{bad}, undef, '... and nothing that is no header');
like($message->{text}, qr/^Example Ltd asks you to confirm who you are:\r\n\r\n\Q$tx->{webVerificationUrl}\E\r\n/,
    'it has the link, and says who asks');
like($message->{text}, qr/within (?:29|30) minutes/, '... and how long it is good');
is(scalar(grep { length > 78 } split /\r\n/, $message->{data}), 0,
    'no line is too long');

is_deeply([@$text{qw(to method templateName locale link)}, $text->{id}],
    ['+15555550123', 'SMS', 'id_verification', 'en',
     $tx->{webVerificationUrl}, (grep { $_->{method} eq 'SMS' }
        @{$tx->{sendNotification}{results}})[0]{notification}{id}],
    'the text went to the hook');
like($text->{text}, qr/\Q$tx->{webVerificationUrl}\E/, 'with a text');
is($call->{headers}{authorization}, "Bearer $token", 'and the token');
is($call->{headers}{'content-type'}, 'application/json', 'as JSON');

is_deeply($service->control('GET', 'notifications')->{notifications}, [],
    'what was sent is not told to anybody else');


# One-time passwords, in the user's language.

my $policy = $service->api('POST', 'verifyPolicies', { name => 'addresses',
    map { $_ => { verify => 'REQUIRED', otp => {
        attempts => { count => 3 },
        deliveries => { count => 3,
            cooldown => { duration => 0, timeUnit => 'SECONDS' } },
        lifeTime => { duration => 7, timeUnit => 'MINUTES' },
        notification => { templateName => 'email_phone_verification',
            variantName => 'short' } } } } qw(email phone) })->json->{id};

sub user {
    my ($service, %requirements) = @_;

    my $path = 'users/user' . ++$users . '/verifyTransactions';
    my $tx = $service->api('POST', $path, { verifyPolicy => { id => $policy },
        requirements => \%requirements })->json;
    my $phone = Idv::Phone->new($service, $tx)->begin;

    $phone->{tx} = "$path/$tx->{id}";

    return $phone;
}

my $user = user($service, email => { value => 'ann@example.com' },
    phone => { value => '+15555550123' });

$user->step('send', for => 'email');
$message = ($mail->messages)[-1];
is($message->{Subject}, 'Your verification code', 'a code by mail');
like($message->{text}, qr/^(\d{6}) is your verification code\. It is good for 7 minutes\./,
    '... with its time');
my ($code) = $message->{text} =~ /^(\d{6})/;
$site->nginx->forbid($code);
unlike($message->{data} =~ s/\r\n\r\n.*//rs, qr/$code/, '... not in its head');
$user->step('code', for => 'email', code => $code);

$service->http->{headers} = ['Accept-Language' => 'de-AT,de;q=0.9,en;q=0.5'];
$user->step('send', for => 'phone');
$service->http->{headers} = [];
$text = JSON::PP::decode_json(($hook->calls('/text'))[-1]{body});
is_deeply([@$text{qw(to method templateName variantName locale)}],
    ['+15555550123', 'SMS', 'email_phone_verification', 'short', 'de'],
    'a code as a text');
like($text->{text}, qr/^$text->{code} ist Ihr Code/, '... in German');
$site->nginx->forbid($text->{code});
$user->step('code', for => 'phone', code => $text->{code})->submit;
$service->advance(3);
is($service->api('GET', $user->{tx})->json->{transactionStatus}{status},
    'SUCCESS', 'both are verified');


# Servers that do not take a message.  The answer says so, in time; the next
# message is sent.  [who, rules, what is to be seen at the server]

my @refusals = (
    ['a greeting that sends us away', $mail, { greeting => '554 go away' }, ''],
    ['no TLS', $mail, { without => 'STARTTLS' }, 'EHLO'],
    ['TLS that is refused', $mail, { refuse => { STARTTLS => '454 not now' } },
        'EHLO STARTTLS'],
    ['no login', $mail, { without => 'AUTH' }, 'EHLO STARTTLS EHLO'],
    ['a login that is refused', $mail, { refuse => { AUTH => '535 no' } },
        'EHLO STARTTLS EHLO AUTH'],
    ['a sender that is refused', $mail, { refuse => { MAIL => '550 no' } },
        'EHLO STARTTLS EHLO AUTH MAIL'],
    ['a recipient that is refused', $mail, { refuse => { RCPT => '550 no' } },
        'EHLO STARTTLS EHLO AUTH MAIL RCPT'],
    ['a message that is refused', $mail, { refuse => { data => '554 spam' } },
        'EHLO STARTTLS EHLO AUTH MAIL RCPT DATA'],
    ['a connection that ends', $mail, { drop => 'rcpt' },
        'EHLO STARTTLS EHLO AUTH MAIL RCPT'],
);

my $bystander = Idv::HTTP->new(port => $site->port('service'));
my $page = '/' . Idv::Site::ENVIRONMENT . '/verify/verify-webapp/v2/capture.css';


# what a transaction says, and the longest that anybody else had to wait

sub beside {
    my ($service, %to) = @_;

    pipe my $in, my $out or die "pipe: $!";
    $service->{token} ||= $service->token;

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        my $start = time;
        my $tx = eval { link_to($service, %to) };
        syswrite $out, JSON::PP::encode_json([$tx ? results($tx) : $@,
            time - $start]);
        POSIX::_exit(0);
    }

    $users++;
    close $out;

    my $longest = 0;
    my $ready = '';
    vec($ready, fileno $in, 1) = 1;

    until (select(my $seen = $ready, undef, undef, 0.005)) {
        my $start = time;
        $bystander->get($page);
        $longest = time - $start if time - $start > $longest;
    }

    my ($results, $took) = @{JSON::PP::decode_json(join '', <$in>)};
    waitpid $pid, 0;

    return ($results, $took, $longest);
}


for my $hang ('', 'quit') {
    for my $case (@refusals) {
        my ($what, $server, $rules, $commands) = @$case;
        my $before = () = $server->commands;

        $server->rules(%$rules, $hang ? (hang => $hang) : ());

        my ($results, $took, $longest) = beside($service,
            email => 'ann@example.com');

        my $name = $hang ? "$what, and no end" : $what;
        my @seen = $server->commands;

        is_deeply($results, { EMAIL => 0 }, "$name: it was not sent");
        is(join(' ', grep { $_ ne 'QUIT' } @seen[$before .. $#seen]), $commands,
            '... in the course of it');
        cmp_ok($took, '<', 4, '... which is known at once');
        cmp_ok($longest, '<', 0.5, '... and nobody else has to wait');
    }
}

$mail->rules;
is_deeply(results(link_to($service, email => 'ann@example.com')),
    { EMAIL => 1 }, 'the next one is sent');

# a server that takes it and then hangs has taken it

for my $server ([$mail, $service], [$tls, at('tls')], [$plain, at('plain')]) {
    my ($peer, $at) = @$server;
    my $before = () = $peer->messages;

    $peer->rules(hang => 'quit');
    my ($results, $took, $longest) = beside($at, email => 'ann@example.com');

    is_deeply($results, { EMAIL => 1 }, 'a server hangs at the end: it is sent');
    cmp_ok($took, '<', 4, '... at once');
    cmp_ok($longest, '<', 0.5, '... and nobody else has to wait');
    is(scalar(() = $peer->messages), $before + 1, '... and is there');
    $peer->rules;
}

# one that says nothing, at any point, is given up in time

my $hasty = at('hasty');

for my $hang (qw(greeting starttls auth message)) {
    $mail->rules(hang => $hang);
    my ($results, $took, $longest) = beside($hasty, email => 'ann@example.com');

    is_deeply($results, { EMAIL => 0 }, "nothing after $hang: it was not sent");
    cmp_ok($took, '>', 0.5, '... it is waited for');
    cmp_ok($took, '<', 3, '... but not too long');
    cmp_ok($longest, '<', 0.5, '... and nobody else has to');
}

$mail->rules(drip => 0.01);
my (undef, undef, $longest) = beside($hasty, email => 'ann@example.com');
cmp_ok($longest, '<', 0.5, 'a server that drips costs nobody else anything');
$mail->rules;

# servers that are not who they should be, or not there

is_deeply(results(link_to(at('stranger'), email => 'ann@example.com')),
    { EMAIL => 0 }, 'a server with a certificate of somebody else');
is(scalar(grep { $_ ne 'EHLO' && $_ ne 'STARTTLS' } $stranger->commands), 0,
    '... hears nothing of the message');
is_deeply(results(link_to(at('nobody'), email => 'ann@example.com')),
    { EMAIL => 0 }, 'a server that is not there');
is_deeply(results(link_to(at('tls'), phone => '+15555550123')), { SMS => 1 },
    'without a hook a text is what the control interface has');
is(scalar(@{at('tls')->control('GET', 'notifications')->{notifications}}), 1,
    '... and shows');


# The hook.

for my $case ([{ status => 500, json => {} }, 'that fails'],
    [{ status => 302, headers => [Location => '/text'] }, 'that leads elsewhere'],
    [{ reset => 'request' }, 'that breaks off'],
    [{ hang => 'request' }, 'that never answers'],
    [{ raw => "nonsense\r\n\r\n" }, 'that talks nonsense'])
{
    my ($rule, $what) = @$case;

    $hook->rules({ path => '/text', %$rule });
    my ($results, $took, $longest) = beside($hasty, phone => '+15555550123');

    is_deeply($results, { SMS => 0 }, "a hook $what: it was not sent");
    cmp_ok($longest, '<', 0.5, '... and nobody else has to wait');
}

$hook->rules({ path => '/text', status => 204, raw =>
    "HTTP/1.1 204 No Content\r\n\r\n" });
is_deeply(results(link_to($service, phone => '+15555550123')), { SMS => 1 },
    'any 2xx is good');


# A client that goes away does not stop a message.

$mail->rules(drip => 0.003);

my $before = () = $mail->commands;
my $gone = Idv::HTTP->new(port => $site->port('service'));

$gone->send('POST', '/v1/environments/' . Idv::Site::ENVIRONMENT
    . '/users/gone/verifyTransactions',
    Authorization => 'Bearer ' . $service->token,
    'Content-Type' => 'application/json',
    -body => '{"sendNotification":{"email":"ann@example.com"}}');

# so often at most, that is five seconds

sub soon {
    my ($what) = @_;

    for (1 .. 250) {
        return 1 if $what->();
        select undef, undef, undef, 0.02;
    }

    return 0;
}

sub sent_to_gone {
    my $list = $service->api('GET', 'users/gone/verifyTransactions')->json;
    return results($list->{_embedded}{verifyTransactions}[0])->{EMAIL};
}

ok(soon(sub { $mail->commands > $before }), 'a mail is under way');
is(sent_to_gone(), 0, '... and not sent');
$gone->close;
ok(soon(\&sent_to_gone), 'who asked for it has gone, and it is sent');
$mail->rules;


# What is in a header or a command comes from us: an address with more in it is
# refused where it comes from.

for my $bad ("ann\@example.com\r\nBcc: eve\@example.net", "ann\@example.com\nX: y",
    'ann@example.com> SIZE=1', "ann\@example.com\0", '"a b"@example.com')
{
    is($service->api('POST', 'users/ann/verifyTransactions',
        { sendNotification => { email => $bad } })->status, 400,
        'an address with more in it');
}

$site->finish;
