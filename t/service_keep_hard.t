#!/usr/bin/perl

# What the local service keeps, when things go wrong: workers that are killed
# while clients change transactions on both of them, a disk that is full, and
# time that passes while nginx is stopped.

# variants: plain

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;
use Time::HiRes qw(time);

use Idv::Clock;
use Idv::Kept qw(slurp facts);
use Idv::Phone;
use Idv::Preload;
use Idv::Site;

my $photo = MIME::Base64::encode_base64(Idv::Phone::PHOTO, '');

my $clock = Idv::Clock->new;
my $full = Idv::Preload->new('full', 'IDV_FULL', 0);

sub moved {
    my ($start) = @_;

    return $clock->with(sub { $full->with($start) });
}

my $site = moved(sub {
    Idv::Site->new(processing => '0s', level => 'info',
        http => 'idv_service_store kept store.key;',
        service => 'idv_service_user_limit 1000;',
        files => { 'store.key' => join '', map { chr(int(rand(256))) } 1 .. 32 })
});
my ($service, $nginx) = ($site->service, $site->nginx);
my $kept = $nginx->dir . '/kept';


sub files {
    my ($id) = @_;

    my @files = sort map { s{.*/}{}r } glob "$kept/transactions/$id/*";

    return @files;
}


# --- the source: what a transaction is, and what is kept of it

my $rules = slurp("$ENV{IDV_TOP}/src/service/idv_svc_rules.h");
my $record = slurp("$ENV{IDV_TOP}/src/service/idv_svc_record.c");
my ($struct) = $rules =~ /typedef struct \{((?:(?!typedef).)*)\} idv_svc_tx_t;/s;
my %row = map { $_ => 1 } $record =~ /^ {4}[NB]\((rules\.\w+|\w+)/mg;

# len is of the blobs, which say so themselves; rules are members of their own

my @members = grep { !/^(?:len|rules)$/ }
    $struct =~ /^ {4}\w+\s+(\w+)(?:\[\w+\])?;/mg;

cmp_ok(scalar @members, '>', 30, 'members of a transaction found');
is(join(' ', grep { !$row{$_} } @members), '', 'each of them is kept');

my $model = slurp("$ENV{IDV_TOP}/src/service/idv_svc_model.h");
my ($policy) = $model =~ /typedef struct \{((?:(?!typedef).)*)\} idv_svc_policy_t;/s;
my @rules = $policy =~ /^ {4}\w+\s+(\w+)(?:\[\w+\])?;/mg;

cmp_ok(scalar @rules, '>', 15, 'members of its policy found');
is(join(' ', grep { !$row{"rules.$_"} } @rules), '', 'and each of them');


# --- clients on two workers, which are killed

# facts that a client has an answer for: "created ID", "given ID", "deleted ID"

my $shared;

sub client {
    my ($own, $n, $until) = @_;

    my @facts;

    while (time < $until) {
        eval { $own->api('PUT', $shared, { type => 'Selfie', value => $photo }) };

        my $path = "users/user$n/verifyTransactions";
        my $json = eval { $own->api('POST', $path, {})->json } || {};
        my $id = $json->{id} or next;

        push @facts, "created $id";
        $path .= "/$id";

        my $given = eval { $own->api('POST', "$path/documents",
            { type => 'Selfie', value => $photo })->status } || 0;
        push @facts, "given $id" if $given == 201;

        next if rand() < 0.7;

        my $deleted = eval { $own->api('DELETE', $path)->status } || 0;
        push @facts, $deleted == 204 ? "deleted $id" : "unclear $id";
    }

    return @facts;
}


my $common = $service->api('POST', 'users/all/verifyTransactions', {})->json;
$shared = "users/all/verifyTransactions/$common->{id}/documents";
$shared .= '/' . $service->api('POST', $shared,
    { type => 'Selfie', value => $photo })->json->{id};

my @facts = facts($site, 4, \&client);

moved(sub { $nginx->restart('KILL') });

my (%created, %given, %deleted, %unclear);

for (@facts) {
    my ($n, $what, $id) = split ' ';
    my $set = { created => \%created, given => \%given,
                deleted => \%deleted, unclear => \%unclear }->{$what};
    $set->{$id} = "users/user$n/verifyTransactions/$id";
}

cmp_ok(scalar keys %created, '>', 40,
    keys(%created) . ' transactions were created');
cmp_ok(scalar keys %deleted, '>', 5, keys(%deleted) . ' were deleted');

my (@lost, @back, @empty);

for my $id (sort keys %created) {
    next if $unclear{$id};

    my $status = $service->api('GET', $created{$id})->status;

    push @lost, $id if !$deleted{$id} && $status != 200;
    push @back, $id if $deleted{$id} && $status != 404;

    next if $deleted{$id} || !$given{$id};

    my $list = $service->api('GET', "$created{$id}/documents")->json;
    push @empty, $id
        if ($list->{_embedded}{documents}[0]{value} // '') ne $photo;
}

is("@lost", '', 'none that was created is lost');
is("@back", '', 'none that was deleted is back');
is("@empty", '', 'none that was given is lost');
is($service->api('GET', $shared)->json->{value}, $photo,
    'what all of them have changed is whole');
unlike($nginx->log->text, qr/a file cannot be/,
    'and no two have written it at once');
is(scalar(grep { -e "$kept/transactions/$_" } keys %deleted), 0,
    'and of none that was deleted are there files');
is($nginx->log->text =~ /is refused/ ? 1 : 0, 0, 'no file was torn');


# --- a disk that is full

my $one = $service->api('POST', 'users/one/verifyTransactions', {})->json;
my $path = "users/one/verifyTransactions/$one->{id}";
my $selfie = { type => 'Selfie', value => $photo };
my $given = $service->api('POST', "$path/documents", $selfie)->json;
my $before = join ' ', files($one->{id});

$full->set(1);

my $answer = $service->api('POST', 'users/two/verifyTransactions', {});
is($answer->status, 503, 'no transaction is created');
ok($answer->json->{code}, 'and an error of the API says so');
is($service->api('GET', 'users/two/verifyTransactions')->json->{size}, 0,
    'none at all');

$answer = $service->api('PUT', "$path/documents/$given->{id}", $selfie);
is($answer->status, 503, 'no document is taken');
is(join(' ', files($one->{id})), $before, 'what was there stays');
is($service->api('GET', "$path/documents/$given->{id}")->json->{value}, $photo,
    'and is told');

$service->set($one->{id}, 'SUCCESS');
is($service->api('GET', $path)->json->{transactionStatus}{status}, 'SUCCESS',
    'what needs no room goes on');

my $old = slurp("$kept/transactions/$one->{id}/record");
$full->set(0);

ok($nginx->wait_until(5, sub {
    slurp("$kept/transactions/$one->{id}/record") ne $old }),
    'and is written once there is');

moved(sub { $nginx->restart('KILL') });
is($service->api('GET', $path)->json->{transactionStatus}{status}, 'SUCCESS',
    'so that it is found again');


# --- time that nginx does not see

sub verified {
    my ($user) = @_;

    my $t = $service->api('POST', "users/$user/verifyTransactions", {})->json;
    Idv::Phone->new($service, $t)->begin
        ->document(photo => Idv::Phone::PHOTO)->selfie->submit;

    $path = "users/$user/verifyTransactions/$t->{id}";
    $nginx->wait_until(5, sub { $service->api('GET', $path)->json
        ->{transactionStatus}{status} eq 'SUCCESS' }) or die 'not verified';

    return $t;
}


sub stopped_for {
    my ($seconds) = @_;

    moved(sub { $clock->advance($seconds); $nginx->restart('QUIT') });
    delete $service->{token};
}

my $ann = verified('ann');
my $open = $service->api('POST', 'users/ann/verifyTransactions', {})->json;
is(scalar files($ann->{id}), 3, 'photos are kept');

stopped_for(1700);
is(scalar files($ann->{id}), 3, 'also over a stop within their time');

stopped_for(200);
ok($nginx->wait_until(5, sub { "@{[files($ann->{id})]}" eq 'record' }),
    'over one beyond it they go when nginx starts');
is($service->api('GET', "$path/verifiedData")->json->{size}, 0, 'all of them');
is($service->api('GET', $path)->json->{transactionStatus}{status}, 'SUCCESS',
    'the status stays');
is($service->api('GET', $path =~ s{[^/]+$}{$open->{id}}r)->json
    ->{transactionStatus}{status}, 'FAIL', 'one that ran out meanwhile has failed');

stopped_for(86400);
is($service->api('GET', $path)->status, 404, 'a day later there is nothing');
is(join(' ', files($ann->{id})), '', 'in no file either');

$site->finish;
