#!/usr/bin/perl

# idvctl, as scripts and people use it: each command against the console and the
# local service, and what happens where something is wrong.  A name that was
# made to steer a terminal is shown as what it is, a password is in no list of
# processes, and what nobody can take back is asked for.

# variants: plain

use strict;
use warnings;

use Encode ();
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Test::More;

use Idv::Console;
use Idv::Phone;
use Idv::Site;
use Idv::TLS;

my $tool = "$ENV{IDV_TOP}/src/tools/idvctl";
my $json = JSON::PP->new->utf8->canonical;
my (@commands, %ran);
my ($curl) = grep { -x } map { "$_/curl" } split /:/, $ENV{PATH};

# colours in eight bits, text that runs backwards, a line, a tag; and what the
# service's directory takes from nobody: a title, another line

my $name = "\x{9b}31m\x{202e}txt\x{2028}\x{e0041}M\x{fc}";
my $evil = "\e]0;x\a\n\x7f$name";
my $raw = qr/[\x00-\x09\x0b-\x1f\x7f-\x9f\x{202e}\x{2028}\x{e0041}]/;

my $ca = Idv::TLS->ca('idvctl');
my @server = $ca->issue(name => 'console.test');
my @carol = $ca->issue(name => 'carol');
my $elsewhere = Idv::TLS->ca('elsewhere')->certificate;

my $console = Idv::Console->new(workers => 1, test_mode => 'off',
    processing => '0s',
    files => { 'server.pem' => $server[0], 'server.key' => $server[1],
        'carol.pem' => $carol[0], 'carol.key' => $carol[1],
        'ca.pem' => $ca->certificate, 'elsewhere.pem' => $elsewhere,
        adm => "adm:adm\n", vic => "vic:vic\n", none => "adm:wrong\n",
        nobody => "adm\n", headers => "X-Carol: yes\n\n",
        'people.json' => $json->encode([
            { id => 'ann', username => 'ann.e', email => 'ann@example.com',
              name => { given => $name, family => "\x{5c71}\x{7530}" } },
            map { { id => $_, username => $_ } }
                'tess', map { sprintf 'user%02d', $_ } 1 .. 26]) },
    service => 'idv_service_inspection AUTOMATIC MANUAL STEP_UP; '
        . 'idv_service_users people.json;',
    servers => <<'END');
    server {
        listen 127.0.0.1:%%PORT_tls%% ssl;
        ssl_certificate        server.pem;
        ssl_certificate_key    server.key;
        ssl_client_certificate ca.pem;
        ssl_verify_client      optional;

        location /staff/ {
            auth_idv_subject      $ssl_client_s_dn;
            auth_idv_console_role viewer;
            idv_console           local;
            idv_console_audit     %%DIR%%/audit.log;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_header%%;

        location / {
            auth_idv_subject      $http_x_carol;
            auth_idv_console_role viewer;
            idv_console           local;
            idv_console_audit     %%DIR%%/audit.log;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_other%%;
        default_type application/json;

        location /page/ { default_type text/html; return 200 "<p>hello"; }
        location /list/ { return 200 "[]"; }
        location /moved/ { return 302 http://127.0.0.1:1/; }
        location /evil/ {
            return 418 '{"code":"\u001b[2J","message":"\u009b31m\u202e",
                "done":{"flows":"\u001b"},
                "details":[{"target":"\u0007","message":"a\u000ab"},7],
                "provider":{"status":{},"message":["\u001b"],
                    "details":[{"target":"\u001bc"}]}}';
        }
        location /shapes/ {
            return 200 '{"users":[7,{"id":["\u001b"]}],"next":"\u001b[m",
                "\u001b":{"\u0007":1}}';
        }
    }
END

my ($site, $service, $dir) = ($console->site, $console->service,
    $console->nginx->dir);
my $url = 'http://127.0.0.1:' . $site->port('gate') . '/console/';

# what curl is called with is written down

mkdir "$dir/bin" or die "$dir/bin: $!";
my $wrapper = $console->nginx->write_file('bin/curl', <<"END", 0755);
#!/bin/sh
printf '%s\\n' "\$@" >> $dir/seen
exec $curl "\$@"
END

delete $ENV{$_} for grep { /^IDVCTL_/ } keys %ENV;
$ENV{PATH} = "$dir/bin:$ENV{PATH}";
$ENV{HOME} = $dir;


# (exit code, output, complaints) of a run; -in is its input, -env more of its
# environment

sub run {
    my (@arguments) = @_;

    my %with = (-in => '', -env => {});
    while (@arguments && exists $with{$arguments[0]}) {
        my ($name, $value) = splice @arguments, 0, 2;
        $with{$name} = $value;
    }

    $console->nginx->write_file('in', $with{-in});

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        @ENV{keys %{$with{-env}}} = values %{$with{-env}};
        open STDIN, '<', "$dir/in";
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        exec $^X, $tool, @arguments or POSIX::_exit(127);
    }

    waitpid $pid, 0;

    return ($? & 127 ? "signal $?" : $? >> 8, map { Encode::decode('UTF-8',
        $console->nginx->read_file($_), Encode::FB_CROAK) } 'out', 'err');
}


sub as {
    my ($who, @arguments) = @_;
    my @in = $arguments[0] eq '-in' ? splice(@arguments, 0, 2) : ();

    return run(@in, '--url', $url, '--credentials', "$dir/$who", @arguments);
}


sub lines { return scalar(() = $_[0] =~ /\n/g) }


# a run that is well: its output

sub good {
    my ($name, @arguments) = @_;

    my ($code, $out, $err) = as('adm', @arguments);

    is($code, 0, "$name: 0") or diag($err);
    $ran{$_} = 1 for grep { "@arguments " =~ /(?:^|-\S+ )\Q$_\E / } @commands;
    unlike($out . $err, $raw, "$name: nothing steers a terminal");

    return $out;
}


# a run that is not

sub bad {
    my ($name, $wanted, $says, @arguments) = @_;

    my ($code, $out, $err) = run(@arguments);

    is($code, $wanted, "$name: $wanted") or diag($out, $err);
    like($err, $says, "$name: why");
    unlike($out . $err, $raw, "$name: nothing steers a terminal");

    return $out;
}


sub refused {
    my ($name, $says, $who, @arguments) = @_;

    return bad($name, 1, $says, '--url', $url, '--credentials', "$dir/$who",
        @arguments);
}


sub audit { join ' ', map { "$_->{what} $_->{result}" } $console->told }


# Help has each command.

my (undef, $help) = run('--help');
@commands = $help =~ /^  ([a-z]+(?: [a-z]+)?)(?= |$)/mg;

cmp_ok(scalar @commands, '>=', 20, 'commands');
is(join('', grep { length > 100 } split /\n/, $help), '', 'help fits');


# Users, by what begins with a text; more than one page.

my $out = good('users', 'users', 'ann');
my ($heads, $row) = split /\n/, $out;
like($heads, qr/^id +username +name\.given +name\.family +email/,
    'columns are the API\'s members');
like($row, qr/^ann\ +ann\.e\ +\\x\{9b\}31m\\x\{202e\}txt\\x\{2028\}
    \\x\{e0041\}M\xfc\ +\x{5c71}\x{7530}\ /x,
    'a name is shown as what it is');
is(lines($out), 2, '... on one line');
is(index($heads, 'email') - 2, index($row, 'ann@'),
    '... aligned: of two columns each');

my ($code, $err);
($code, $out, $err) = as('vic', 'users');
is(lines($out), 26, 'a page of 25');
my ($next) = $err =~ /^more: --cursor (\S+)$/;
ok(defined $next, '... and more') or diag($err);
is(lines(good('the rest', 'users', '--cursor', $next)), 4,
    '... which is there');
is(good('none', 'users', 'nobody'), "no users\n", 'nobody is found');

$out = good('as JSON', '--json', 'users', 'ann');
is($json->decode(Encode::encode('UTF-8', $out))->{users}[0]{name}{given},
    $name, 'JSON has the name as it is');
is_deeply($json->decode(Encode::encode('UTF-8', $out)),
    $console->read('adm', 'users?search=ann'), '... and the API\'s answer');


# Results.

my $tx = $service->api('POST', 'users/ann/verifyTransactions', {})->json->{id};
$service->set($tx, 'SUCCESS', data => { firstName => $evil });

$out = good('results', 'results', 'ann');
like($out, qr/^user\.email +ann\@example\.com$/m, 'who it is');
like($out, qr/^verifyStatus\.verifyStatus +\w+$/m, '... their status');
like($out, qr/^\Q$tx\E +SUCCESS +/m, '... transactions');
like($out, qr/^no flows$/m, '... and flows');

$out = good('a result', 'results', 'ann', $tx);
like($out, qr/^transaction\.transactionStatus\.status +SUCCESS$/m,
    'one transaction');
like($out, qr/^meaning +The user/m, '... with what it means');
like($out, qr/^metaData\.0\.\w+ +\S/m, '... and what was judged');
like(good('data', 'data', 'ann', $tx), qr/firstName +\\x\{1b\}/,
    'verified data');
refused('data for a viewer', qr/^idvctl: 403 ADMINISTRATOR_REQUIRED: /, 'vic',
    'data', 'ann', $tx);
refused('nobody\'s', qr/^idvctl: 404 NOT_FOUND/, 'vic', 'results', 'nobody');
refused('no such result', qr/the provider: 404 NOT_FOUND/, 'vic', 'results',
    'ann', '11111111-1111-1111-1111-111111111111');
$console->told;


# Changes: by whom, and whether they meant it.

$tx = $service->api('POST', 'users/ann/verifyTransactions', {})->json->{id};
my $flow = $site->flow('ann');

for my $command (['reset', 'ann'], ['approve', 'ann', $tx],
    ['enable', 'ann'], ['disable', 'ann'], ['sessions', 'revoke', 'ann'],
    ['flows', 'end', $flow->id])
{
    refused("a viewer: @$command", qr/^idvctl: 403 ADMINISTRATOR_REQUIRED: /,
        'vic', '--yes', @$command);
}

is(audit(), join(' ', map { "$_ refused" } qw(user.reset transaction.approve
    user.status user.status sessions.revoke flow.cancel)), '... is told');

good('disable', 'disable', 'ann');
is($console->read('vic', 'users/ann')->{verifyStatus}{verifyStatus},
    'DISABLED', 'disabled');
good('enable', 'enable', 'ann');
is($console->read('vic', 'users/ann')->{verifyStatus}{verifyStatus},
    'ENABLED', 'enabled');

like(good('flows', 'flows', 'list', 'ann', '--state',
    'ID_VERIFICATION_DEVICE'), qr/^@{[$flow->id]} +ID_VERIFICATION_DEVICE/m,
    'a flow');
is(good('other flows', 'flows', 'list', 'bob'), "no flows\n", '... is ann\'s');
refused('no state', qr/400 INVALID_INPUT.*\n  state: /, 'vic', 'flows', 'list',
    '--state', 'OPEN');
like(good('end', '--yes', 'flows', 'end', $flow->id),
    qr/^id +@{[$flow->id]}$/m, 'a flow ends');
is($flow->read->status, 404, '... really');
refused('end again', qr/404 NOT_FOUND/, 'adm', '--yes', 'flows', 'end',
    $flow->id);

like(good('revoke', '--yes', 'sessions', 'revoke', 'ann'),
    qr/^sessions +revoked$/, 'sessions end');
$service->set($tx, 'FAIL', reason => 'TRANSACTION_TIMED_OUT');
like(good('approve', '--yes', 'approve', 'ann', $tx),
    qr/APPROVED_MANUALLY/, 'approved');
refused('approve again', qr/400 PROVIDER_REFUSED.*\n  the provider: 400 /,
    'adm', '--yes', 'approve', 'ann', $tx);
$tx = $service->api('POST', 'users/tess/verifyTransactions', {})->json->{id};
$service->set($tx, 'FAIL', reason => 'TRANSACTION_TIMED_OUT');
like(good('approve a user', '--yes', 'approve', 'tess'),
    qr/\Q$tx\E.*APPROVED_NO_REQUEST/s, 'the latest of a user');

$console->told;
bad('nobody to ask', 4, qr/reset ann cannot be taken back.*--yes/, '--url',
    $url, '--credentials', "$dir/adm", 'reset', 'ann');
is(audit(), '', '... and nothing was tried');
like(good('reset', '--yes', 'reset', 'ann'), qr/^message +SENT$/m, 'reset');
is(audit(), 'user.reset attempt user.reset done', '... is told');


# Somebody at a terminal is asked.

for my $case (["n\n", 4], ["\n", 4], ["yesterday\n", 4], ["\cD", 4],
    ["y\n", 0], ["yes\n", 0])
{
    my ($types, $wanted) = @$case;
    my ($code, $seen) = terminal($types, 'sessions', 'revoke', "a\x{202e}n");
    my $shown = $types =~ s/\n|\cD//gr;

    is($code, $wanted, "asked, \"$shown\": $wanted") or diag($seen);
    like($seen, qr/^sessions revoke a\\x\{202e\}n cannot be taken back/,
        '... about what');
    is(audit() ne '', $wanted == 0, '... and done or not');
}


# Policies, from files.

my %policy = (name => 'of a file', liveness => { verify => 'REQUIRED',
    threshold => 'HIGH' });

write_json('policy.json', \%policy);
$out = good('create', '--json', 'policies', 'create', "$dir/policy.json");
my $policy = $json->decode(Encode::encode('UTF-8', $out))->{id};

like(good('policies', 'policies', 'list'), qr/^\Q$policy\E +of a file +no/m,
    'a policy in the list');
like(good('policy', 'policies', 'get', $policy),
    qr/^liveness\.threshold +HIGH$/m, '... and alone');

# what get says is what replace takes

my $got = $json->decode(Encode::encode('UTF-8', good('get', '--json',
    'policies', 'get', $policy)));
$got->{liveness}{threshold} = 'LOW';

good('replace', -in => $json->encode($got), '--yes', 'policies', 'replace',
    $policy, '-');
is($console->read('vic', "verifyPolicies/$policy")->{liveness}{threshold},
    'LOW', '... really');

$policy{liveness}{verify} = 'MAYBE';
write_json('policy.json', \%policy);
refused('a mistake', qr/400 PROVIDER_REFUSED.*INVALID_DATA.*liveness\.verify/s,
    'adm', 'policies', 'create', "$dir/policy.json");
$out = refused('as JSON', qr/400 PROVIDER_REFUSED/, 'adm', '--json', '--yes',
    'policies', 'replace', $policy, "$dir/policy.json");
is($json->decode($out)->{provider}{code}, 'INVALID_DATA',
    'an error is JSON as well');

like(good('test', 'policies', 'test', $policy, 'tess'), qr/^url +http/m,
    'a policy is tried');
like(good('delete', '--yes', 'policies', 'delete', $policy),
    qr/^deleted +yes$/, 'deleted');
refused('it is gone', qr/404/, 'vic', 'policies', 'get', $policy);

for my $command (['create', "$dir/policy.json"], ['delete', $policy],
    ['replace', $policy, "$dir/policy.json"], ['test', $policy, 'tess'])
{
    refused("a viewer: @$command", qr/403 ADMINISTRATOR_REQUIRED/, 'vic',
        '--yes', 'policies', @$command);
}


# Reviews.

%policy = (name => 'by hand', governmentId => { verify => 'REQUIRED',
    inspectionType => 'MANUAL' });
$policy = $console->change('adm', 'verifyPolicies', \%policy)->json->{id};

my @waiting = map {
    my $phone = Idv::Phone->create($service, $_, verifyPolicy => {
        id => $policy });
    $phone->begin->document(lastName => 'Example', photo => Idv::Phone::PHOTO)
        ->submit;
    $phone->{id} } qw(ann tess);

$out = good('reviews', 'reviews', 'list');
like($out, qr/^\Q$waiting[0]\E +ann .*^\Q$waiting[1]\E +tess /ms,
    'two wait, the longest first');
like(good('review', 'reviews', 'get', $waiting[0]), qr/Passport Front/,
    'what was handed in');
refused('no reason', qr/the provider: 400/, 'adm', '--yes', 'reviews',
    'reject', $waiting[1], '--reason', 'NO_REASON');
like(good('approve', '--yes', 'reviews', 'approve', $waiting[0]),
    qr/APPROVED_MANUALLY/, 'approved');
like(good('reject', '--yes', 'reviews', 'reject', $waiting[1], '--reason',
    'DOCUMENT_EXPIRED'), qr/transactionStatus\.status +FAIL$/m, 'rejected');
is(good('no reviews', 'reviews', 'list'), "no reviews\n", 'nobody waits');

for my $command (['list'], ['get', $waiting[0]], ['approve', $waiting[0]],
    ['reject', $waiting[0]])
{
    refused("a viewer: @$command", qr/403 ADMINISTRATOR_REQUIRED/, 'vic',
        '--yes', 'reviews', @$command);
}

is_deeply([sort keys %ran], [sort @commands], 'each command was run');


# An id is one step of a path: what would lead to another operation is sent to
# none.

$console->told;

for my $id ('a/b', 'ann/reset', "ann/verifyTransactions/$waiting[0]", '/', '.',
    '..', '', "a\nb", "\e[m")
{
    my $shown = $id =~ s/[^ -~]/?/gr;

    bad("\"$shown\"", 2, qr/^idvctl: USER ".*" cannot be an id$/, '--url',
        $url, '--credentials', "$dir/adm", '--yes', 'approve', $id);
}

is(audit(), '', 'nothing of it was tried');

for my $id ('a?b', 'a#b', 'a%2fb', 'a b', '-x', "a'; id", '$(id)', 'a"b\\',
    Encode::encode('UTF-8', "M\xfcller\x{5c71}"))
{
    my $shown = $id =~ s/[^ -~]/?/gr;

    refused("\"$shown\"", qr/^idvctl: 404 NOT_FOUND/, 'vic', 'results', '--',
        $id);
}

bad('no UTF-8', 2, qr/no UTF-8/, '--url', $url, 'results', "a\xffb");


# What is no command.

for my $case (['nothing', qr/which command/], ['none', qr/no command/, 'never'],
    ['half of one', qr/no command/, 'flows'],
    ['no user', qr/no USER: reset USER/, 'reset'],
    ['too many', qr/"bob" is too much/, 'reset', 'ann', 'bob'],
    ['no option', qr/Unknown option: \\x\{1b\}/, "--\e[m", 'users'],
    ['another\'s option', qr/no --reason here/, 'users', '--reason', 'x'],
    ['no file', qr/none\.json/, 'policies', 'create', "$dir/none.json"],
    ['no JSON', qr/no JSON object/, 'policies', 'create', "$dir/adm"],
    ['no password', qr/no user:password/, '--credentials', "$dir/nobody",
        'users'],
    ['no time', qr/number of seconds/, '--timeout', '1s', 'users'])
{
    my ($name, $says, @arguments) = @$case;

    bad($name, 2, $says, '--url', $url, @arguments);
}

bad('no address', 2, qr/no --url/, 'users');
bad("no URL: $_", 2, qr/no http or https URL/, '--url', $_, 'users')
    for 'gate', 'file:///etc/passwd', 'http://a:b@c/', "http://a/\n", 'http://';


# Services that are none, or not well disposed.

sub other { 'http://127.0.0.1:' . $site->port('other') . "/$_[0]/" }

bad('a page', 3, qr/no console \(200\)/, '--url', other('page'), 'users');
bad('a list', 3, qr/no console \(200\)/, '--url', other('list'), 'users');
bad('elsewhere', 3, qr/no console \(302\)/, '--url', other('moved'), 'users');
bad('not there', 1, qr/404/, '--url', other('none'), 'users');
refused('a wrong password', qr/401/, 'none', 'users');
bad('an error', 1, qr/418\ \\x\{1b\}\[2J:\ \\x\{9b\}31m\\x\{202e\}
    .*\\x\{7\}:\ a\\x\{a\}b.*\\x\{1b\}c.*before\ that:/xs, '--url',
    other('evil'), 'users');
$out = bad('... in JSON', 1, qr/418/, '--json', '--url', other('evil'),
    'users');
is($json->decode(Encode::encode('UTF-8', $out))->{message},
    "\x{9b}31m\x{202e}", '... the same');
($code, $out, $err) = run('--url', other('shapes'), 'users');
is($code, 0, 'of other shapes') or diag($err);
unlike($out . $err, $raw, '... steers nothing');

my $silent = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
    or die "listen: $!";
my $nowhere = 'http://127.0.0.1:' . $silent->sockport . '/';

bad('silence', 3, qr/no answer in time\. It may have been done/, '--timeout', 1,
    '--url', $nowhere, 'enable', 'ann');
close $silent;
bad('nobody', 3, qr/nobody answers there$/, '--url', $nowhere, 'enable', 'ann');


# Who asks, and where: by options, by the environment, by a file.

my $tls = 'https://console.test/staff';
my @there = ('--connect', '127.0.0.1:' . $site->port('tls'), '--url', $tls);

bad('an unknown CA', 3, qr/not one of ours/, @there, 'flows', 'list');
bad('another CA', 3, qr/not one of ours/, @there, '--cacert',
    "$dir/elsewhere.pem", 'flows', 'list');
bad('no certificate', 1, qr/403 SUBJECT_REQUIRED/, @there, '--cacert',
    "$dir/ca.pem", 'flows', 'list');

($code, undef, $err) = run(@there, '--cacert', "$dir/ca.pem", '--cert',
    "$dir/carol.pem", '--key', "$dir/carol.key", 'flows', 'list');
is($code, 0, 'a client certificate') or diag($err);

$console->nginx->write_file('.idvctl', <<"END");
# the staff's
url     $tls
cert    $dir/carol.pem
key     $dir/carol.key
cacert  $dir/ca.pem
connect 127.0.0.1:%%PORT_tls%%
END
($code, undef, $err) = run('flows', 'list');
is($code, 0, 'a file of settings') or diag($err);

my %environment = (IDVCTL_URL => 'http://127.0.0.1:' . $site->port('header'),
    IDVCTL_CONNECT => '127.0.0.1:' . $site->port('header'),
    IDVCTL_HEADERS => "$dir/headers");
($code, undef, $err) = run(-env => \%environment, 'flows', 'list');
is($code, 0, 'the environment comes first') or diag($err);
($code) = run(-env => \%environment, '--url', "$tls/none/", @there[0, 1],
    '--headers', "$dir/adm", 'flows', 'list');
is($code, 1, '... and an option before it');

$console->nginx->write_file('settings', "password secret\n");
bad('no such setting', 2, qr/"password secret" is no setting/, '--config',
    "$dir/settings", 'users');

($code, undef, $err) = run(-in => "vic:vic\n", '--config', '/dev/null',
    '--url', $url, '--credentials', '-', 'users');
is($code, 0, 'a password from standard input') or diag($err);


# What curl's command line has had, in all of this.

my $seen = $console->nginx->read_file('seen');

cmp_ok(scalar(() = $seen =~ /^--path-as-is$/mg), '>', 60, 'curl is looked at');
unlike($seen, qr/adm:adm|vic:vic|X-Carol|\bann\b|example\.com|verify|console/,
    'no password, no user, no address is on its command line');

unlink $wrapper;
rename "$dir/bin", "$dir/away";
bad('no curl', 3, qr/curl cannot be run/, -env => { PATH => $dir }, '--config',
    '/dev/null', '--url', $url, 'users');

Idv::Site::finish();


sub write_json { $console->nginx->write_file($_[0], $json->encode($_[1])) }


# at a terminal, on which this is typed when it asks

sub terminal {
    my ($types, @arguments) = @_;

    open my $pty, '+<', '/dev/ptmx' or die "ptmx: $!";
    my $number = pack 'I', 0;
    ioctl $pty, 0x40045431, $number or die "TIOCSPTLCK: $!";
    ioctl $pty, 0x80045430, $number or die "TIOCGPTN: $!";

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        POSIX::setsid();
        open my $tty, '+<', '/dev/pts/' . unpack 'I', $number
            or POSIX::_exit(127);
        open STDIN, '<&', $tty;
        open STDOUT, '>&', $tty;
        open STDERR, '>&', $tty;
        exec $^X, $tool, '--url', $url, '--credentials', "$dir/adm",
            map { Encode::encode('UTF-8', $_) } @arguments
            or POSIX::_exit(127);
    }

    my $seen = '';

    local $SIG{ALRM} = sub { kill KILL => $pid };
    alarm 20;

    # that a terminal has no other side any more is an error

    while (sysread $pty, my $part, 4096) {
        $seen .= $part;

        if ($seen =~ s/(\[y\/N\]) $/$1\n/) {
            syswrite $pty, $types;
        }
    }

    waitpid $pid, 0;
    alarm 0;

    return ($? & 127 ? "signal $?" : $? >> 8, $seen);
}
