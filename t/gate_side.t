#!/usr/bin/perl

# Subrequests run beside their request, and may be of another provider: a
# mirror, parts that are included or added, the check of a first factor.  None
# of them takes the session from the request that it belongs to, nor the page
# from another that waits beside it.

use strict;
use warnings;

use Test::More;

use Idv::Check;
use Idv::Page;
use Idv::PingOne;

my $pingone = Idv::PingOne->new;
my $peer = 'http://127.0.0.1:' . $pingone->port;

my $other = <<"END";
    log_format verified '\$request_uri \$idv_status \$idv_subject';

    idv_provider other {
        environment_id     @{[Idv::Site::ENVIRONMENT]};
        api_url            $peer/v1;
        auth_url           $peer;
        client_id          worker;
        client_secret_file client_secret;
        session_key_file   session.key;
        read_interval      200ms;
        poll_wait          5s;
    }
END

my $places = <<'END';
        location /other/ { idv_page other; }
        location /other/flows/ {
            auth_request /idv/session;
            idv_flow_api other;
        }

        location /side/ {
            auth_idv        local;
            alias           %%DIR%%/;
            default_type    text/plain;
            access_log      %%DIR%%/verified.log verified;

            location /side/included/ {
                ssi on;
                ssi_types text/plain;
                alias %%DIR%%/;
            }
            location /side/added/ {
                addition_types text/plain;
                add_before_body /idv/session;
                add_after_body /other/session;
                alias %%DIR%%/;
            }
            location /side/mirrored/ {
                mirror /other/session;
                alias %%DIR%%/;
            }
            location /side/asked/ {
                auth_request /other/session;
                alias %%DIR%%/;
            }
        }

        location = /who { return 200 "$idv_status $idv_subject "; }

        location /pages/ {
            ssi on;
            ssi_types text/plain;
            default_type text/plain;
            alias %%DIR%%/;
        }
END

my %files = (
    'part.txt' => "a part\n",
    'both.txt' => '<!--# include virtual="/other/session" -->'
        . '<!--# include virtual="/idv/session" -->'
        . "<!--# include virtual=\"/who\" -->a part\n",
    'pages.txt' => '<!--# include virtual="/idv/?flowId=$arg_a" -->'
        . '<!--# include virtual="/other/?flowId=$arg_b" -->',
);

my $site = $pingone->site(workers => 1, http => $other, locations => $places,
    files => \%files, provider => 'poll_wait 5s;');

$pingone->status('SUCCESS');

# The session of the request is still its own when it is logged.

my $ann = $site->client('ann');
my $flow = $site->flow('ann', client => $ann);
$flow->require_code;
$flow->reach('ID_VERIFICATION_COMPLETED');
$flow->continue;
is($ann->get('/')->status, 200, 'ann is verified, with one provider of two');

my ($in, $out) = (qr/\{"active":true[^}]*\}/, qr/\{"active":false\}/);

for my $case (['added/part.txt', qr/^${in}a part\n$out$/],
              ['included/both.txt', qr/^$out${in}SUCCESS ann a part$/],
              ['mirrored/part.txt', qr/^a part$/],
              ['asked/part.txt', qr/^a part$/])
{
    my ($path, $body) = @$case;

    my $answer = $ann->get("/side/$path");
    is($answer->status, 200, "$path: let through");
    like($answer->body, $body, "$path: with what belongs to it");
}

$site->nginx->wait_until(5, sub {
    4 == split /\n/, $site->nginx->read_file('verified.log') });

is_deeply([sort split /\n/, $site->nginx->read_file('verified.log')],
    [map { "/side/$_ SUCCESS ann" } qw(added/part.txt asked/part.txt
        included/both.txt mirrored/part.txt)],
    'whose session is what it was');

# What a check has answered is no answer of the request: the API's own is JSON.

$flow = Idv::Flow->new(site => $site, client => $ann,
    path => '/other/start?response_mode=pi.flow');
$flow->start;
error_is($ann->request($flow->message('poll', "zz\r\n",
    'Transfer-Encoding' => 'chunked', 'Content-Length' => undef)), 400,
    'VALIDATION_ERROR', 'INVALID_REQUEST_BODY', 'a flow API behind a check');

# Two pages side by side, both waiting for their provider.

$pingone->status('REQUESTED');

my %page = map { $_ => Idv::Page->new(site => $site, client => $ann) }
    qw(idv other);

for my $name (sort keys %page) {
    $page{$name}->open("/$name/start");
    $page{$name}->press('idv-other');
    $page{$name}->press('idv-option-qr');
    is($page{$name}->view, 'scan', "/$name/ shows a code");
}

# no read is younger than the interval
select undef, undef, undef, 0.25;

$pingone->fault(read => { delay => 0.4, json => $pingone->transaction_json(
    transactionStatus => { status => 'IN_PROGRESS' }) });

my $reads = $pingone->calls('read');
my $answer = $ann->get('/pages/pages.txt?a=' . $page{idv}->flow_id
    . '&b=' . $page{other}->flow_id);

is($answer->status, 200, 'two pages in one');
is($pingone->calls('read'), $reads + 2, 'both have asked');

my %shown = $answer->body =~ m{ data-url="/(\w+)/\?flowId=(\w{22})"}g;

is_deeply(\%shown, { map { $_ => $page{$_}->flow_id } keys %page },
    'each shows its own flow');
is(scalar(() = $answer->body =~ /<main [^>]*class="progress"/g), 2,
    'with what was read');

$site->finish;
