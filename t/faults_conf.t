#!/usr/bin/perl

# Memory runs out while nginx reads its configuration, at the n-th allocation of
# it, whoever makes it, or while it makes the zones: it is refused, and nothing
# crashes.  Here each so many-th n, in t/soak/conf every n.

# variants: asan

use strict;
use warnings;

use Test::More;

use Idv::Nginx;
use Idv::Rig;
use Idv::Site;
use Idv::Soak;
use Idv::TLS;

our $every //= 40;

# an nginx that cannot start leaves to the kernel what it had
$ENV{ASAN_OPTIONS} .= ':detect_leaks=0';

my $rig = Idv::Rig->new;
my $site = Idv::Site->new;

# of all that can be said, what has to be put somewhere

my $http = $site->config(
    provider => <<'END',
        base_url             https://shop.example;
        claim                group /extra/group;
        claim                firstName /extra/name;
        cookie_name          shop;
        cors_origin          https://app.example https://other.example;
        match                lastName $remote_user;
        page_folder          page;
        proxy                http://127.0.0.1:9;
        require_checks       LIVENESS;
        session_key_file     other.key;
        trusted_certificate  ca.pem;
        verify_policy        3f2504e0-4f89-41d3-9a0c-0305e82c3301;
END
    locations => <<'END',
        location = /metrics { idv_metrics local; }

        location /policy/ {
            auth_idv         local;
            auth_idv_policy  $arg_policy;
            auth_idv_max_age $arg_age;
            auth_idv_header  IDV-Group group;
            add_header       X-Verified $idv_status$idv_claim_group;
        }
END
    service => <<'END');
            idv_service_environment 3f2504e0-4f89-41d3-9a0c-0305e82c3301;
            idv_service_policies    policies.json;
            idv_service_users       users.json;
            idv_service_message_templates texts.json;
            idv_service_public_url  https://verify.example;
END

my $reading = Idv::Nginx->prepare(name => 'reading', http => $http,
    env => $rig->env, files => { $site->files,
        'other.key' => 'k' x 32,
        'ca.pem' => Idv::TLS->ca('reading')->certificate,
        'policies.json' => '[{"name":"of a file",'
            . '"governmentId":{"verify":"REQUIRED"}}]',
        'users.json' => '[{"username":"ann","email":"ann@example.com"}]',
        'texts.json' => '[{"template":"id_verification","locale":"de",'
            . '"deliveryMethod":"Email","subject":"\u00dc","body":'
            . '"${app.open.url}\n"}]' });

mkdir $reading->dir . '/page';
$reading->write_file('page/texts.de', "skip = Weiter\n");
$reading->write_file('page/style.css', "p { margin: 0 }\n");


# (exit code, all that was said)

sub try {
    open my $log, '>', $reading->dir . '/error.log' or die "error.log: $!";
    close $log;

    waitpid $reading->spawn('-t'), 0;

    return ($?, $reading->read_file('stderr')
        . $reading->read_file('error.log'));
}


# where OpenSSL looks for an algorithm or a file: of what it finds, it keeps what
# it has room for, and most is something else
my $looks = qr/^idv_(?:crypto_hash_init|crypto_kdf|key_derive
    |transfer_conf_init|transfer_trust_load)$/x;


# what is wrong with an nginx that had a fault

sub wrong {
    my ($found, $status, $said) = @_;

    return 'a crash' if $status & 127;
    return 'a report' if $said =~ /Sanitizer|^rig: /m;
    return if $status;

    my ($nearest) = grep { /^(?:ngx_http_)?idv_/ } @{$found->{where}};

    return 'taken' if $nearest !~ $looks;
    return;
}


my ($status, $said) = try();

is($status, 0, 'with memory it is read') or diag($said);

my %count = (cases => 0, faults => 0, wrong => 0);
my $without_id = 0;

for my $kind (qw(conf slab)) {
    my $step = $kind eq 'slab' ? 1 : $every;
    my ($n, @wrong) = (1);

    for (; ; $n += $step) {
        $rig->arm($kind => $n, ours => 1);
        my ($status, $said) = try();
        my $found = $rig->disarm;

        last if !$found->{failed};

        $count{faults}++;
        $without_id++ if $status
            && grep { $_ eq 'idv_store_provider_id' } @{$found->{where}};

        push @wrong, map { "$kind $n: $_ ("
            . join(' < ', grep { !/^rig_/ } @{$found->{where}}) . ")\n$said" }
            wrong($found, $status, $said);
    }

    cmp_ok($n, '>', $step, "$kind: something failed");
    ok(!@wrong, 'and nothing was taken or crashed')
        or diag(map { "$_\n" } @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)]);

    $count{cases}++;
    $count{wrong} += @wrong;
}

# its hash needs little that OpenSSL cannot do without: only every n meets that
cmp_ok($without_id, '>', 0, 'a provider without an id is refused')
    if $every == 1;

is((try())[0], 0, 'with memory again');

Idv::Soak::row('configuration', %count);

$site->finish;
