#!/usr/bin/perl

# What the local service keeps of users: who is disabled, what was assured and
# whom the API has made are found again after a restart and after a kill, with
# two workers that change the same user, when the disk was full and when the key
# was another one for a while.  And what else is to go or to come back: files of
# more transactions than are deleted at once, policies whose key was missing.

# variants: plain

use strict;
use warnings;

use Fcntl qw(:DEFAULT :flock);
use JSON::PP ();
use Test::More;
use Time::HiRes qw(time);

use Idv::Kept qw(slurp facts);
use Idv::Phone;
use Idv::Preload;
use Idv::Site;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $json = JSON::PP->new->canonical;
my $full = Idv::Preload->new('full', 'IDV_FULL', 0, 0);

sub bytes { join '', map { chr(int(rand(256))) } 1 .. 32 }

my $site = $full->with(sub {
    Idv::Site->new(processing => '0s', level => 'info',
        http => 'idv_service_store kept store.key;',
        service => 'idv_service_user_limit 1000;',
        files => { 'store.key' => bytes(), 'other.key' => bytes() })
});
my ($service, $nginx) = ($site->service, $site->nginx);
my $kept = $nginx->dir . '/kept';

# of the person; must be in no file and in no log
my $name = 'KEPTNAME' . int(rand(1e6));
$nginx->forbid($name);


sub api { return $service->api(@_) }

sub restart {
    my ($signal) = @_;

    $full->with(sub { $nginx->restart($signal) });
}

sub stand { return api('PUT', "users/$_[0]/verifyStatus", { verifyStatus => $_[1] }) }

sub standing {
    return api('GET', "users/$_[0]/verifyStatus")->json->{verifyStatus};
}

sub refused { return api('POST', "users/$_[0]/verifyTransactions", {})->status }

sub files { return grep { -f } split /\n/, `find $kept/users` }


# --- what is there, and how

my $policy = api('POST', 'verifyPolicies', { name => 'assured',
    governmentId => { verify => 'REQUIRED' },
    transaction => { ida => { enabled => $true } } })->json->{id};

my $t = api('POST', 'users/ida/verifyTransactions',
    { verifyPolicy => { id => $policy } })->json;
Idv::Phone->new($service, $t)->begin->document(firstName => $name)->submit;

stand('out', 'DISABLED');
stand('in', 'ENABLED');
stand('none', 'DISABLED');
stand('none', 'NOT_INITIATED');

my $eve = api('POST', 'users', { username => 'eve', email => 'eve@example.com',
    name => { given => $name, family => "\x{c9}x" } })->json;
my $gone = api('POST', 'users', { username => 'gone' })->json;
api('DELETE', "users/$gone->{id}");

# all that the API says of them

sub told {
    return $json->encode({ map { my $answer = api('GET', $_);
            ($_ => $answer->status == 200 ? $answer->json : $answer->status) }
        'users', "users/$eve->{id}", "users/$gone->{id}",
        'users/ida/identityAssurance',
        map { "users/$_/verifyStatus" } qw(out in none ida) });
}

my $before = told();

like($before, qr/"verified_claims"/, 'somebody was assured');
is(scalar files(), 4, 'each user of whom there is something has a file');

# a directory that somebody else removes before its lock is had is made anew

my $mark = $nginx->log->mark;
$full->set(0, 1);
stand('again', 'DISABLED');
is(scalar files(), 5, 'a user whose directory has gone meanwhile has a file');
unlike($nginx->log->since($mark), qr/\[(?:error|crit)\]/, '... at once');
$full->set(0, 0);
stand('again', 'NOT_INITIATED');

my @all = split /\n/, `find $kept`;
my @wrong = grep { ((lstat $_)[2] & 07777) != (-d _ ? 0700 : 0600) } @all;
is("@wrong", '', 'only the service may read them');
unlike(join('', @all, map { slurp($_) } files()),
    qr/\Q$name\E|DISABLED|standing|example|out|eve/, 'nothing can be read');


# --- after a stop, and after everything was killed

for my $signal (qw(QUIT KILL)) {
    restart($signal);

    is(told(), $before, "$signal: all is as it was");
    is(refused('out'), 400, "$signal: who is disabled stays out");
    is(api('POST', 'users', { username => 'EVE' })->json->{details}[0]{code},
        'UNIQUENESS_VIOLATION', "$signal: a name is still somebody's");
}

is(scalar files(), 4, 'and there are no more files');

api('POST', 'users/out/resetVerification');
stand('in', 'NOT_INITIATED');
api('DELETE', 'users/ida/identityAssurance');
restart('KILL');

is(join(' ', map { standing($_) } qw(out in)), 'NOT_INITIATED NOT_INITIATED',
    'what was taken back does not come back');
is(api('GET', 'users/ida/identityAssurance')->status, 404, '... nor is assured');
is(scalar files(), 1, '... and has no files');


# --- keys

sub keys_are {
    my (@names) = @_;

    my $config = $nginx->{http} =~ s/idv_service_store kept [^;]*/
        "idv_service_store kept " . join ' ', @names/re;

    $nginx->write_config(http => $config);
    restart('KILL');
}

stand('out', 'DISABLED');
$before = told();
my $own = api('GET', 'verifyPolicies')->json->{size};

my $first = substr slurp((files())[0]), 1, 4;
keys_are(qw(other.key store.key));

is(told(), $before, 'what another key has sealed is opened');
ok($nginx->wait_until(10, sub {
    return !grep { substr(slurp($_), 1, 4) eq $first } files() }),
    'and is sealed anew');

keys_are('other.key');
is(told(), $before, 'so that the old key can go');

keys_are('store.key');
is(standing('out'), 'DISABLED', 'with a foreign key who was out stays out');
is(refused('out'), 400, '... without transactions');
is(api('GET', "users/$eve->{id}")->status, 404, 'of the others nothing is known');
is(standing($eve->{id}), 'DISABLED', '... so that they are out as well');
is(api('GET', 'verifyPolicies')->json->{size}, $own - 1,
    'policies are those of the configuration');
like($nginx->log->text, qr/user "[0-9a-f-]+" is left out, and disabled/,
    'the log says so');

keys_are('store.key');
is(standing('out'), 'DISABLED', '... also when nginx starts once more');

keys_are('other.key');
is(told(), $before, 'with the right key all of them are back');
is(api('GET', 'verifyPolicies')->json->{size}, $own, '... and the policies');

# ... unless somebody has decided otherwise meanwhile

keys_are('store.key');
stand('out', 'ENABLED');
api('POST', 'verifyPolicies', { name => 'new', liveness => {
    verify => 'REQUIRED', threshold => 'LOW' } });

keys_are(qw(other.key store.key));
is(standing('out'), 'ENABLED', 'what is newer stays');
is(join(' ', sort map { $_->{name} } @{api('GET', 'verifyPolicies')->json
    ->{_embedded}{verifyPolicies}}), 'Default Verify Policy new',
    '... with policies as well');
is(api('GET', "users/$eve->{id}")->status, 200, 'the others are back');

# a file that is torn, and one of somebody else

my ($record) = grep { length slurp($_) > 400 } files();
my $whole = slurp($record);
my ($other) = grep { $_ ne $record && !/refused/ } files();

for my $bytes (substr($whole, 0, 100), '', slurp($other)) {
    open my $file, '>:raw', $record or die "$record: $!";
    print $file $bytes;
    close $file;

    restart('KILL');
    is(api('GET', "users/$eve->{id}")->status . standing($eve->{id}),
        '404DISABLED', 'a file that is not what it was is refused');

    unlink "$record.refused";
    open $file, '>:raw', $record or die "$record: $!";
    print $file $whole;
    close $file;
}

restart('KILL');
is(api('GET', "users/$eve->{id}")->json->{username}, 'eve', 'one that is, is not');


# --- clients on two workers, which are killed

sub client {
    my ($own, $n, $until) = @_;

    my (@facts, %is);

    for (my $i = 0; time < $until; $i++) {
        my $user = 'u' . ($i % 20) . "-$n";
        my $word = (qw(DISABLED ENABLED NOT_INITIATED))[rand 3];

        my $status = eval { $own->api('PUT', "users/$user/verifyStatus",
            { verifyStatus => $word })->status } || 0;
        $is{$user} = $status == 200 ? $word : '';

        eval { $own->api('PUT', 'users/all/verifyStatus',
            { verifyStatus => $word }) };

        my $made = eval { $own->api('POST', 'users',
            { username => "made-$n-$i" })->json->{id} } or next;
        push @facts, "made $made";

        next if rand() < 0.5;

        my $deleted = eval { $own->api('DELETE', "users/$made")->status } || 0;
        push @facts, $deleted == 204 ? "deleted $made" : "unclear $made";
    }

    return @facts, map { "is $_ $is{$_}" } grep { $is{$_} } sort keys %is;
}

my @facts = facts($site, 3, \&client);

restart('KILL');

my %fate;

for (@facts) {
    my (undef, $what, $who, $word) = split ' ';
    $fate{$who} = $what eq 'is' ? $word : $what;
}

my @lost;

for my $who (sort keys %fate) {
    my $fate = $fate{$who};

    next if $fate eq 'unclear';

    my $is = $who =~ /^u/ ? standing($who)
        : api('GET', "users/$who")->status == 200 ? 'made' : 'deleted';

    push @lost, "$who was $fate and is $is" if $is ne $fate;
}

cmp_ok(scalar(grep { /^u/ } keys %fate), '>', 30, 'users had a status');
cmp_ok(scalar(grep { /^made|deleted$/ } values %fate), '>', 30, '... or were made');
is("@lost", '', 'all of them are as the last answer said');
unlike($nginx->log->text, qr/a file cannot be/,
    'and no two have written one at once');


# --- a disk that is full

my $files = files();
$whole = slurp($record);

$full->set(1);

my $answer = api('POST', 'users', { username => 'fay' });
is($answer->status, 503, 'no user is made');
is($answer->json->{code}, 'SERVICE_UNAVAILABLE', '... and an error says so');
is(api('GET', 'users?filter=username+eq+%22fay%22')->json->{count}, 0,
    '... none at all');

is(stand('late', 'DISABLED')->status, 200, 'a status is in the zone');
is(api('PATCH', "users/$eve->{id}", { nickname => 'E' })->status, 200,
    'and what has changed of a user');

$full->set(0);

ok($nginx->wait_until(5, sub { files() > $files && slurp($record) ne $whole }),
    'both are written once there is room');

restart('KILL');
is(standing('late'), 'DISABLED', 'so that they are found again');
is(api('GET', "users/$eve->{id}")->json->{nickname}, 'E', '... both of them');


# --- what was assured, while somebody else writes to the user

$policy = api('POST', 'verifyPolicies', { name => 'assured',
    governmentId => { verify => 'REQUIRED' },
    transaction => { ida => { enabled => $true } } })->json->{id};

my %there = map { $_ => 1 } glob "$kept/users/*";
stand('amy', 'ENABLED');
my ($amy) = grep { !$there{$_} } glob "$kept/users/*";

sysopen my $lock, $amy, O_RDONLY or die "$amy: $!";
flock $lock, LOCK_EX or die "flock: $!";

$t = api('POST', 'users/amy/verifyTransactions',
    { verifyPolicy => { id => $policy } })->json;
Idv::Phone->new($service, $t)->begin->document(firstName => $name)->submit;
is(api('GET', 'users/amy/identityAssurance')->status, 200, 'amy is assured');

restart('KILL');
close $lock;

is(api('GET', "users/amy/verifyTransactions/$t->{id}")->json
    ->{transactionStatus}{status}, 'SUCCESS', 'the transaction is kept');
is(api('GET', 'users/amy/identityAssurance')->status, 200,
    '... and the user assured, though that was in no file yet');
api('DELETE', 'users/amy/identityAssurance');

restart('KILL');
is(api('GET', 'users/amy/identityAssurance')->status, 404,
    '... once, and not again');


# --- more transactions that go than fit into one go, while they are written to

my @ids = map { api('POST', 'users/many/verifyTransactions', {})->json->{id} }
    1 .. 140;
my @locks = map { sysopen my $dir, "$kept/transactions/$_", O_RDONLY
    or die "$_: $!"; $dir } @ids;

# of a directory; as a worker does that writes to it

flock $_, LOCK_EX or die "flock: $!" for @locks;

api('POST', 'users/many/resetVerification');
is(api('GET', 'users/many/verifyTransactions')->json->{size}, 0,
    'none of the user is left');
is(scalar(grep { -e "$kept/transactions/$_" } @ids), 140,
    'but files, which others write to');

close $_ for @locks;

ok($nginx->wait_until(30, sub {
    !grep { -e "$kept/transactions/$_" } @ids }), 'those go, too: every one');


# --- another place for the files, while nginx runs

$files = grep { m{/record$} } files();
(my $moved = $kept) =~ s/kept$/moved/;

$nginx->write_config(http => $nginx->{http} =~ s/store kept /store moved /r);
$site->reload;

ok($nginx->wait_until(30, sub {
    my @there = glob "$moved/users/*/record"; @there == $files }),
    'what is in the zone comes there') or diag(scalar(@{[glob
        "$moved/users/*/record"]}), " of $files");

$site->finish;
