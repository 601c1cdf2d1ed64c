#!/usr/bin/perl

# What the local service keeps in files: found again after a restart and after a
# kill, encrypted, refused where it is not what it should be, gone in time.

# variants: plain asan

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::HTTP;
use Idv::Kept qw(slurp);
use Idv::Phone;
use Idv::Site;

my $json = JSON::PP->new->canonical;

sub bytes { join '', map { chr(int(rand(256))) } 1 .. 32 }

my $site = Idv::Site->new(processing => '0s', level => 'info',
    http => 'idv_service_store kept store.key old.key;',
    service => 'idv_service_personal_time 10m; idv_service_record_time 1h;',
    files => { 'store.key' => bytes(), 'old.key' => bytes() });
my ($service, $nginx) = ($site->service, $site->nginx);

my $photo = MIME::Base64::encode_base64(Idv::Phone::PHOTO, '');
my $kept = $nginx->dir . '/kept';

# of the person; must be in no file and in no log
my $name = 'KEPTNAME' . int(rand(1e6));
$nginx->forbid($name);


sub create {
    my ($user) = @_;

    my $answer = $service->api('POST', "users/$user/verifyTransactions", {});

    return $answer->status == 201
        ? { %{$answer->json}, user => $user,
            path => "users/$user/verifyTransactions/" . $answer->json->{id} }
        : $answer;
}


# through the capture page to SUCCESS

sub verified {
    my ($user) = @_;

    my $t = create($user);

    my $phone = Idv::Phone->new($service, $t)->begin;

    # the default policy does not ask for a document all the time
    $phone->document(photo => Idv::Phone::PHOTO, firstName => $name)
        if $phone->asks('choose');

    $phone->selfie->submit;

    return $t;
}


sub status {
    my ($t) = @_;

    my $answer = $service->api('GET', $t->{path});

    return $answer->status == 200
        ? $answer->json->{transactionStatus}{status} : $answer->status;
}


# all that the API says of it

sub told {
    my ($t) = @_;

    return $json->encode({ map { my $answer = $service->api('GET', $_);
                                 ($_ => [$answer->status, $answer->json]) }
        $t->{path}, "$t->{path}/documents", "$t->{path}/metaData",
        "$t->{path}/verifiedData?type=SELFIE,FRONT_IMAGE,GOVERNMENT_ID",
        "users/$t->{user}/verifyTransactions", 'verifyPolicies' });
}


sub files {
    my ($t) = @_;

    my @files = sort map { s{.*/}{}r } glob "$kept/transactions/$t->{id}/*";

    return @files;
}


sub images {
    my ($t) = @_;

    return scalar grep { $_->{data} } @{$service->api('GET',
        "$t->{path}/verifiedData?type=SELFIE,FRONT_IMAGE")->json
        ->{_embedded}{verifiedData}};
}


sub spill {
    my ($path, $bytes) = @_;

    open my $file, '+<:raw', $path or die "$path: $!";
    truncate $file, 0;
    print $file $bytes;
    close $file or die "$path: $!";
}


# --- what is there, and how

my $ann = verified('ann');
my $older = create('cat');
my $newer = create('cat');
my $policy = $service->api('POST', 'verifyPolicies',
    { name => 'kept', default => JSON::PP::true,
      liveness => { verify => 'REQUIRED', threshold => 'LOW' } })->json;

is(status($ann), 'SUCCESS', 'ann is verified');
is(scalar files($ann), 3, 'two photos and a record');

my @all = split /\n/, `find $kept`;
my @wrong = grep { ((lstat $_)[2] & 07777) != (-d _ ? 0700 : 0600) } @all;
is("@wrong", '', 'only the service may read what it keeps');

my $user = $> == 0 ? getpwnam('nobody') : $>;
is(scalar(grep { (stat $_)[4] != $user } @all), 0, 'and it is its own');

my @files = grep { -f } @all;
my $text = join '', map { slurp($_) } @files;

ok(@files == 6, 'records, photos and policies');
unlike($text, qr/\Q$name\E|IDAT|transaction|liveness/, 'nothing can be read');
is(scalar(grep { /\.new$/ } @files), 0, 'nothing is half written');


# --- after a stop, and after everything was killed

my $before = told($ann);

for my $signal (qw(QUIT KILL)) {
    $nginx->restart($signal);

    is(told($ann), $before, "$signal: all is as it was");
    is(images($ann), 2, "$signal: the photos are there");
    is_deeply([map { $_->{id} } @{$service->api('GET',
            'users/cat/verifyTransactions')->json->{_embedded}
            {verifyTransactions}}], [$newer->{id}, $older->{id}],
        "$signal: newest first");
    is(create('dan')->{verifyPolicy}{id}, $policy->{id},
        "$signal: the default policy is still the one that was made it");
}

my $phone = Idv::Phone->new($service, $newer);
like($phone->page, qr/begin/i, 'the link of before leads to the capture page');


# --- what is deleted

my $given = create('eve');
my $document = $service->api('POST', "$given->{path}/documents",
    { type => 'Selfie', value => $photo })->json;

is(scalar files($given), 2, 'a document that was given has a file');

my ($first) = grep { $_ ne 'record' } files($given);
$service->api('PUT', "$given->{path}/documents/$document->{id}",
    { type => 'Selfie', value => $photo });
is(scalar files($given), 2, 'one that replaces it has another');
ok(!-e "$kept/transactions/$given->{id}/$first", 'and the first is gone');

$service->api('DELETE', "$given->{path}/documents/$document->{id}");
is_deeply([files($given)], ['record'], 'a document that is deleted has none');

$service->api('DELETE', $given->{path});
ok(!-e "$kept/transactions/$given->{id}", 'a transaction has no files then');

my $bob = verified('bob');
$service->api('DELETE', "$bob->{path}/verifiedData");
is_deeply([files($bob)], ['record'], 'verified data neither');

$nginx->restart('QUIT');
is(status($given), 404, 'what was deleted does not come back');
is(status($bob), 'SUCCESS', 'and what was not does');
is(images($bob), 0, 'without its data');


# --- keys

sub keys_are {
    my (@names) = @_;

    my $config = $nginx->{http} =~ s/idv_service_store kept [^;]*/
        "idv_service_store kept " . join ' ', @names/re;

    $nginx->write_config(http => $config);
    $nginx->restart('QUIT');
}


# the key's id is in front of what it has sealed

my $record = "$kept/transactions/$ann->{id}/record";
my $store_key = substr(slurp($record), 1, 4);

$nginx->write_file('new.key', bytes());
keys_are(qw(new.key store.key));

is(status($ann), 'SUCCESS', 'what another key has sealed is opened');

ok($nginx->wait_until(10, sub {
    return !grep { substr(slurp($_), 1, 4) eq $store_key }
        glob("$kept/transactions/*/record"), glob("$kept/policies/*");
}), 'and is sealed anew');

keys_are('new.key');
is(status($ann), 'SUCCESS', 'so that the old key can go');
is($service->api('GET', "verifyPolicies/$policy->{id}")->status, 200,
    'also of policies');
is(images($ann), 0, 'photos of an old key cannot be seen without it');
is(status($older), 'REQUESTED', 'nothing else is missed');

keys_are('old.key');
is(status($ann), 404, 'with a foreign key nothing is there');
is(create('fay')->{id} ? 1 : 0, 1, 'but nginx runs, and keeps what comes');
ok(-s $record, 'nothing is thrown away');
like($nginx->log->text, qr/policies "[0-9a-f-]+" is refused/, 'the log says so');

keys_are(qw(new.key store.key));
is(status($ann), 'SUCCESS', 'with the right one it is back');
is(images($ann), 2, 'with its photos');
is($service->api('GET', "verifyPolicies/$policy->{id}")->json->{default},
    JSON::PP::true, 'and so are the policies');


# --- files that are not what they were

sub broken {
    my ($what, $change) = @_;

    my $t = verified("user-$what");
    my $path = "$kept/transactions/$t->{id}/record";
    my $whole = slurp($path);

    spill($path, $change->($whole, $t));
    $nginx->restart('KILL');

    is(status($t), 404, "a record that is $what is refused");

    spill($path, $whole);
    $nginx->restart('KILL');

    is(status($t), 'SUCCESS', "and is taken when it is whole");
    return $t;
}


broken(torn => sub { substr($_[0], 0, length($_[0]) / 2) });
broken(empty => sub { '' });
broken(changed => sub { my $b = $_[0]; substr($b, 40, 1) ^= "\1"; $b });
my $other = slurp($record);
broken(foreign => sub { $other });

is(status($ann), 'SUCCESS', 'the others are there all the time');

# each file is bound to what it is of, not only to its key

my ($value, $second) = grep { $_ ne 'record' } files($ann);
my @values = map { slurp("$kept/transactions/$ann->{id}/$_") } $value, $second;

spill("$kept/transactions/$ann->{id}/$value", $values[1]);
spill("$kept/transactions/$ann->{id}/$second", $values[0]);
is(images($ann), 0, 'one photo is not taken for another');

spill("$kept/transactions/$ann->{id}/$value", $values[0]);
spill("$kept/transactions/$ann->{id}/$second", $values[1]);
is(images($ann), 2, 'each is for itself');

$service->api('POST', 'verifyPolicies',
    { name => 'own', liveness => { verify => 'REQUIRED', threshold => 'LOW' } });

my $own = "$kept/policies/$service->{environment}";
my $others = "$kept/policies/" . $service->{environment} =~ s/^./0/r;
system('cp', '-p', $own, $others) == 0 or die 'cp';
$nginx->restart('QUIT');
ok(-e "$others.refused" && -e $own, 'nor policies for those of another');

spill("$kept/transactions/$ann->{id}/$value", 'this is no photo');
is(images($ann), 1, 'a photo that is torn is not shown');
is(status($ann), 'SUCCESS', 'and nothing else is lost');

like($nginx->log->text, qr/value "[0-9a-f.-]+" is refused/, 'the log says why');


# --- time

my $pat = verified('pat');
status($pat);
is(scalar files($pat), 2, 'a photo is there until its time is over');

$service->advance(599);
is(images($pat), 1, 'a second before it it is');

$service->advance(1);
ok($nginx->wait_until(5, sub { files($pat) == 1 }), 'then its file goes');
is(images($pat), 0, 'and the data');
is(status($pat), 'SUCCESS', 'the status stays');
is($service->api('GET', "$pat->{path}/metaData")->status, 200, 'and metadata');

$service->advance(3600);
ok($nginx->wait_until(5, sub { !-e "$kept/transactions/$pat->{id}" }),
    'and after an hour all of it goes');
is(status($pat), 404, 'from the zone as well');


# --- what cannot be

for my $case (
    ['idv_service_store kept2 none.key;', qr/"[^"]*none\.key" failed/],
    ['idv_service_store kept2 client_secret;', qr/must be of 32 bytes/],
    ['idv_service_store open store.key;', qr/must be a directory of mode 0700/],
    ['idv_service_store kept2 store.key; idv_service_store kept3 store.key;',
        qr/is duplicate/],
    ['idv_service_store kept2 loose.key;', qr/others may read/],
) {
    my ($config, $says) = @$case;

    my $nginx = Idv::Nginx->prepare(http => $site->config(http => $config),
        files => { $site->files, 'store.key' => bytes(), loose => '' });
    $nginx->write_file('loose.key', bytes(), 0644);
    mkdir $nginx->dir . '/open', 0755;
    chmod 0755, $nginx->dir . '/open';

    waitpid $nginx->spawn('-t'), 0;
    isnt($?, 0, "refused: $config");
    like($nginx->read_file('stderr'), $says, 'and why');
}

$site->finish;
