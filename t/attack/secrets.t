#!/usr/bin/perl

# S24: whatever nginx writes down, at its debug level, by every road that a flow
# takes and by every way that it fails: no secret, no code, no contact, no name,
# nothing of a document.  Every test looks at its own logs for the secrets that
# it has met; this one looks for all that there are, in every file.

# variants: plain

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Test::More;

use Idv::Flow;
use Idv::HTTP;
use Idv::Page;
use Idv::Phone;
use Idv::Site;

# a person that nothing else here is named after

my %document = (
    firstName => 'QUENTINIA', lastName => 'ZWETSCHKENBAUM',
    middleName => 'OCTAVINE', birthDate => '1961-09-23',
    addressStreet => '77 PLUMFIELD HOLLOW', addressCity => 'NETHERMERE',
    addressZip => '99871', idNumber => 'QX8830017Z',
    documentNumber => 'QX8830017Z', expirationDate => '2041-09-22',
);
my ($email, $phone) = ('quentinia.z@plum.example', '+15555550177');

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';
my $site = Idv::Site->new(
    people => { quentin => { email => $email, phone => $phone } },
    provider => 'attempts 2; transaction_limit off;
                 claim street /_embedded/verifiedData/0/data/addressStreet;',
    gate => 'auth_idv_header IDV-Street street;
             auth_idv_header IDV-Id-Number idNumber;',
    locations => <<"END");
        location /variables/ {
            auth_idv local;
            proxy_set_header X-All "\$idv_subject \$idv_claim_lastname";
            $app
        }
        location /broken/ {
            auth_idv local;
            auth_idv_header IDV-Street street;
            proxy_pass http://127.0.0.1:1;
        }
END

my $nginx = $site->nginx;
my $service = $site->service;
my $json = JSON::PP->new->utf8->canonical;
my %secret;


# what is secret, and what it is called where it is found

sub secret {
    my ($name, @values) = @_;

    $secret{$_} = $name for grep { defined && length > 5 } @values;
}


sub met {
    my ($client, $text) = @_;

    secret('a cookie', $client->cookie_values);
    secret('a code', $text =~ /"verificationCode":"(\d+)"/g,
        $text =~ /id="idv-code"[^>]*>(\d+)</g);
    secret('a link', $text =~ /"webVerificationUrl":"([^"]+)"/g);
    secret('a token of a form', $text =~ /name="csrf" value="([^"]+)"/g);
    secret('a session', $text =~ /"idvSession":"([^"]+)"/g);
    secret('a state', $text =~ /"_pf_authn_api_state":"([^"]+)"/g);
    secret('a contact\'s value', $text =~ /\["(\w{12,})","/g);
}


secret('the client secret', Idv::Site::SECRET, MIME::Base64::encode_base64(
    Idv::Site::CLIENT . ':' . Idv::Site::SECRET, ''));
secret('a key', $nginx->read_file('session.key'),
    unpack('H*', $nginx->read_file('session.key')));
secret('a contact', $email, $phone, $phone =~ s/^\+//r);
secret('a document', grep { !/^\d\d\d\d-/ } values %document);

# as an API client, with each way of delivery, to each end

for my $end ('SUCCESS', 'FAIL', 'cancel', 'time') {
    for my $way (undef, 'email', 'phone') {
        my $flow = $site->flow('quentin');

        met($flow->client, $flow->answer->body);
        $flow->device('other');
        met($flow->client, $flow->answer->body);
        $flow->choose($way);
        met($flow->client, $flow->answer->body);
        is($flow->status, 'ID_VERIFICATION_REQUIRED', "$end by "
            . ($way // 'QR') . ': a code');
        $flow->client->get($flow->path . '/qr', 'X-XSRF-Header' => 'x');

        $end eq 'cancel' ? $flow->cancel
        : $end eq 'SUCCESS' ? $flow->phone('SUCCESS', data => \%document)
        : $end eq 'FAIL' ? $flow->phone('FAIL', reason => 'DOCUMENT_EXPIRED')
        : $flow->phone('FAIL', reason => 'TRANSACTION_TIMED_OUT');

        if ($end eq 'SUCCESS') {
            ok($flow->reach('ID_VERIFICATION_COMPLETED'), 'completed');
            $flow->continue;
            met($flow->client, $flow->answer->body);
            like($flow->answer->body, qr/ZWETSCHKENBAUM/, 'with a name');
            $flow->client->get($_) for '/', '/variables/', '/broken/', '/idv/session';
            $flow->client->post('/idv/logout', '');

        } elsif ($end ne 'cancel') {
            $flow->poll for 1 .. 2;
            met($flow->client, $flow->answer->body);
            $flow->cancel;
        }
    }
}

# as a browser, and as a client without cookies

my $page = Idv::Page->new(site => $site, user => 'quentin');
$page->open('/x');
met($page->client, $page->html);
$page->press('idv-other');
met($page->client, $page->html);
$page->press('E-mail') if $page->view eq 'options';
met($page->client, $page->html);
$page->phone('SUCCESS', data => \%document);
ok($page->wait_for('completed'), 'a browser is through');
met($page->client, $page->html);
$page->press('idv-continue');
met($page->client, $page->html);

my $bare = $site->client('quentin', headers => ['X-PF-Authn-API-State' => 'x']);
my $flow = Idv::Flow->new(site => $site, client => $bare, path => '/');
$flow->start;
met($bare, $flow->answer->body);
$bare->{headers} = ['X-PF-Authn-API-State'
    => $flow->state->{_pf_authn_api_state}];
$flow->verify(data => \%document);
met($bare, $flow->answer->body);
my $session = $flow->state->{authorizeResponse}{idvSession};
is($site->client('quentin')->get('/', 'IDV-Session' => $session)->status, 200,
    'a session in a header');

# by mistakes: each has a secret where it does not belong

my $client = $site->client('quentin');
$client->get('/', Cookie => "idv_local=$_; idv_local_flow=$_")
    for $session, "$session$session", substr($session, 0, 99), $email;
$client->get('/', 'IDV-Session' => "$session;");
$client->get("/pf-ws/authn/flows/$email", 'X-XSRF-Header' => 'x');
$client->get("/idv/?flowId=$email");
$client->post('/idv/', "flowId=$email&csrf=$email&action=x",
    'Content-Type' => 'application/x-www-form-urlencoded');

my $other = $site->flow('quentin');
$other->device('other');
$other->act('optionsAuthentication', $_) for { email => $email },
    { phone => $phone }, qq({"email":"$email"), [$email], qq("$email");
$other->act($email, { x => $email });

# and by a provider that fails: what it says of the person is its own

for my $body (qq({"code":"X","message":"$email $phone","details":[{"target":)
        . qq("$email","code":"$email"}]}),
    "<html>$email", '', $json->encode({ %document, id => $email }))
{
    for my $status (200, 201, 400, 401, 403, 404, 429, 500) {
        $service->faults({ path => '/v1/', times => 3, status => $status,
            body => $body, contentType => 'application/json' });
        $other->choose('email');
    }
}

$service->faults;
$nginx->forbid(map { $_ } keys %secret);

# the capture page, where documents are typed in

my $walk = $site->flow('quentin');
$walk->require_code;
met($walk->client, $walk->answer->body);

my $capture = Idv::Phone->new($service, $walk->state);

$capture->begin->document(%document, photo => Idv::Phone::PHOTO);
is($capture->heading, 'A photo of you', 'the capture page takes a document');
$capture->selfie;
like($capture->html, qr/\Q$document{documentNumber}\E/,
    'and shows it to whoever has the link');
$capture->submit;
is($capture->heading, 'Thank you', 'until it is submitted');

# every file that nginx has written; its own debug lines show whole requests,
# and are passed over as Idv::Log does

my @leaks = $nginx->log->leaks(keys %secret);
is(scalar @leaks, 0, 'S24: nothing in the log') or diag(map { "$_\n" } @leaks);
cmp_ok(scalar keys %secret, '>', 60, 'S24: of ' . keys(%secret) . ' secrets');

my %given = map { $_ => 1 } qw(client_secret session.key htpasswd nginx.conf
    error.log);
my ($files, @found) = (0);


sub search {
    my ($folder) = @_;

    for my $path (glob "$folder/*") {
        my ($name) = $path =~ m{([^/]+)$};

        if (-d $path) {
            search($path);
            next;
        }

        $files++;
        next if $given{$name};

        open my $file, '<:raw', $path or die "$path: $!";
        local $/;
        my $text = <$file> // '';

        push @found, map { "$name has $secret{$_}" }
            grep { index($text, $_) >= 0 } keys %secret;
    }
}


search($nginx->dir);
is("@found", '', 'S24: nor in another file');
cmp_ok($files, '>', 5, 'S24: of which there are some');

# the search finds what is there

$nginx->write_file('planted', "x $email x");
search($nginx->dir);
like("@found", qr/planted has a contact/, 'S24: it would be found');

Idv::Site::finish();
