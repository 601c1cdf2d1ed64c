#!/usr/bin/perl

# What goes to the provider, and what comes from it, in the hands of somebody
# else.  A user's id is one step of a path, whatever is in it.  Each value of
# each answer is taken away, and made into everything that JSON has; nothing of
# it is a success that was none.  (t/provider_faults.t has the single faults.)

# variants: asan

use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 ();
use Storable qw(dclone);
use Test::More;

use Idv::Flow;
use Idv::Gate;
use Idv::HTTP;
use Idv::Mock;
use Idv::PingOne;

my $app = 'proxy_pass http://127.0.0.1:%%PORT_app%%;';
my $pingone = Idv::PingOne->new;
my $elsewhere = Idv::Mock->new({ path => '/', status => 200, json => {} });

my $site = $pingone->site(
    provider => 'breaker off; attempts 1; connect_timeout 1s; timeout 2s;
        transaction_limit off;',
    http => 'map $request_uri $mapped { ~^/map/(?<who>\w*) $who; }
             map $uri $side { "~^/(.)" $1; }',
    servers => <<"END");
    # the first factor's word is a header here, with any byte that it can have

    server {
        listen 127.0.0.1:%%PORT_who%%;
        auth_idv_subject \$http_x_who;
        auth_idv_header  X-Name firstName;
        location / { auth_idv local; $app }
        location /pf-ws/authn/flows/ { idv_flow_api local; }
    }

    # captures of one expression, while others are at work

    server {
        listen 127.0.0.1:%%PORT_match%%;
        auth_idv_subject \$http_x_who;

        location ~ ^/people/(?<one>\\w+)/(?<rest>.*)\$ {
            auth_idv         local;
            auth_idv_subject \$one\$side\$rest;
            auth_idv_header  X-Name firstName;
            set \$seen "\$1\$2";
            if (\$arg_x ~ "^(.)(.)") { set \$seen "\$1\$2\$1"; }
            $app
        }
        location ~ ^/numbers/(\\w+)/(.*)\$ {
            auth_idv         local;
            auth_idv_subject \$2\$1\$side\$2;
            auth_idv_policy  \$side\$1;
            auth_idv_email   \$1@\$side\$2;
            $app
        }
        location ~ ^/map/(.+)\$ {
            auth_idv local;
            auth_idv_subject \$mapped;
            $app
        }
        location /flows/ { idv_flow_api local; }
    }
END

my $gate = Idv::Gate->new($site);
my $json = JSON::PP->new->latin1->canonical;
my $environment = Idv::Site::ENVIRONMENT;


sub encode { $_[0] =~ s/([^A-Za-z0-9_.~-])/sprintf('%%%02X', ord $1)/ger }
sub shown { substr($_[0] =~ s/([^ -~])/sprintf('\\x%02x', ord $1)/ger, 0, 40) }


sub who {
    my ($name) = @_;

    return Idv::HTTP->new(port => $site->port('who'),
        headers => ['X-Who' => $name]);
}


sub flow {
    my ($client) = @_;

    my $flow = Idv::Flow->new(site => $site, client => $client, path => '/');
    $flow->start;

    return $flow;
}


# U3: one step of a path, whatever is in it

my @ids = ('a/../../eve', '../eve', '...', '/', '//eve', 'a/b', 'a\\b', 'a?b',
    'a?expand=x&', 'a#b', 'a%2fb', '%2e%2e', '%2E%2E%2Feve', 'a;b', 'a b',
    'a+b', 'a&b=c', 'a@b', 'a:b', 'ann@evil.example', 'http://evil.example/',
    "\xc3\xbc", "\xe2\x80\xae", '~', '*', '{}', '<x>', '"', "'", '`', '|', '^',
    '%', '%0d%0aX-Evil: 1', '$(id)', '%s%n', 'x' x 100, '.a', '..a');

for my $id (@ids) {
    my $before = () = $pingone->calls('create');
    my $flow = flow(who($id));

    $flow->device('self');

    my ($call) = ($pingone->calls('create'))[$before];
    my $path = ($call || {})->{path} // 'nothing';
    my ($step) = $path
        =~ m{^/v1/environments/$environment/users/([^/?#]+)/verifyTransactions$};

    is(encode(($step // 'none') =~ s/%([0-9A-F]{2})/chr hex $1/gier),
        encode($id), 'U3: "' . shown($id) . '" is one step of the path')
        or diag($path);
    ok(!exists $call->{headers}{'x-evil'}, 'U3: and no header');
    $flow->cancel;
}

my @calls = $pingone->mock->calls('');

for my $id ('.', '..', "a\tb", "\x01", "\x7f", "\x1b[2J", '', 'x' x 104) {
    my $flow = flow(who($id));
    $flow->device('self') if $flow->id;

    isnt($flow->status, 'ID_VERIFICATION_REQUIRED',
        'U3: "' . shown($id) . '" is no id');
}

is(scalar(() = $pingone->mock->calls('')), scalar @calls,
    'U3: the provider was not asked for such');

# U3: nor does a redirect lead the client of the provider away

for my $status (301, 302, 303, 307, 308) {
    $pingone->fault(map { $_ => { status => $status, json => {}, headers => [
        Location => 'http://127.0.0.1:' . $elsewhere->port . '/v1/' ] } }
        'create', 'read', 'data');

    my $flow = flow(who("r$status"));
    is($flow->device('self')->status, 503, "U3: HTTP $status is no answer");
}

is($elsewhere->connections, 0, 'U3: nobody went there');
$pingone->well;

# U6: every value of every answer, and what JSON can have in its place

my %odd = (
    'left out' => undef, null => \'null', 'a number' => -7,
    'too huge a number' => \'1e999', 'a text' => 'SUCCESS', 'a NUL' => "SUCCESS\0", 'a long text' => 'x' x 70_000,
    'a list' => ['SUCCESS'], 'an object' => { status => 'SUCCESS', id => 'x' },
);


# the places of a document: paths of names and numbers, the whole is ()

sub places {
    my ($value, @path) = @_;

    return [@path], ref $value eq 'HASH'
        ? map({ places($value->{$_}, @path, $_) } sort keys %$value)
        : ref $value eq 'ARRAY'
        ? map({ places($value->[$_], @path, $_) } 0 .. $#$value) : ();
}


# the document as text, with another value in one place

sub changed {
    my ($document, $place, $odd) = @_;

    my @path = @$place;
    my $whole = { x => dclone($document) };
    my ($at, $key) = ($whole, 'x');

    for my $next (@path) {
        $at = ref $at eq 'HASH' ? $at->{$key} : $at->[$key];
        $key = $next;
    }

    my $value = ref $odd eq 'SCALAR' ? "RAW$$odd" : $odd;

    if (ref $at eq 'HASH') {
        defined $odd ? $at->{$key} = $value : delete $at->{$key};
    } else {
        $at->[$key] = $value;
    }

    return exists $whole->{x}
        ? $json->encode($whole->{x} // '')
          =~ s/"RAW([^"]*)"/$1/r : '';
}


my %documents = (
    create => $pingone->transaction_json(environment => { id => $environment },
        transactionStatus => { status => 'REQUESTED' }),
    read => $pingone->transaction_json(user => { id => 'odd' },
        transactionStatus => { status => 'SUCCESS',
            verificationStatus => { GOVERNMENT_ID => 'SUCCESS' } }),
    data => $pingone->data_json(birthDate => '1990-04-12'),
);


# a transaction, if that text has one at all: its status

sub status_in {
    my ($text) = @_;

    my $given = eval { $json->decode($text) };

    return '' if ref $given ne 'HASH'
        || ($given->{id} // '') ne Idv::PingOne::TRANSACTION
        || ref $given->{transactionStatus} ne 'HASH';

    my $status = $given->{transactionStatus}{status};

    return defined $status && !ref $status ? $status : '';
}


my ($tried, %ended) = (0);

for my $kind (sort keys %documents) {
    my @wrong;

    for my $place (places($documents{$kind})) {
        for my $name (sort keys %odd) {

            my $text = changed($documents{$kind}, $place, $odd{$name});

            $pingone->fault($kind => { body => $text,
                status => $kind eq 'create' ? 201 : 200 },
                read => { json => $documents{read} },
                create => { status => 201, json => $documents{create} });

            my $flow = flow(who('odd'));
            my $created = $flow->device('self')->status;
            my $polled = $created == 200 ? $flow->poll->status : 200;
            my $is = $flow->status =~ s/^ID_VERIFICATION_//r;

            $tried++;
            $ended{"$kind $is"}++;

            my @why;

            push @why, "answers $created, $polled"
                if $created !~ /^(?:200|503)$/ || $polled != 200;
            push @why, 'created' if $kind eq 'create' && $created == 200
                && status_in($text) eq '';
            push @why, 'completed' if $kind eq 'read' && $is eq 'COMPLETED'
                && status_in($text) ne 'SUCCESS';
            push @why, 'open' if $is ne 'COMPLETED'
                && $flow->client->get($gate->mark('/'))->status != 403;

            if ($is eq 'COMPLETED') {
                $flow->continue;
                my $headers = $flow->client->get('/')->json->{headers};
                push @why, 'X-Name: ' . substr($headers->{'X-Name'}, 0, 40)
                    if ($headers->{'X-Name'} // '')
                       !~ /^(?:|ANN|-7|SUCCESS(?:%00)?)$/;
            } else {
                $flow->cancel;
            }

            push @wrong, map { "@$place, $name: $_" } @why;
        }
    }

    is("@wrong", '', "U6: $kind: no odd value is a success, or a crash");
}

cmp_ok($tried, '>', 200, 'U6: of hundreds');
cmp_ok($ended{$_} // 0, '>', 9, "U6: \"$_\": some") for 'create DEVICE',
    'create COMPLETED', 'read REQUIRED', 'read COMPLETED', 'data REQUIRED',
    'data COMPLETED';

$pingone->well;

# U7: heads of answers that another parser would read in another way

my $good = $json->encode($pingone->transaction_json(
    transactionStatus => { status => 'REQUESTED' }));
my $length = length $good;
my @heads = (
    "HTTP/1.1 201 Created\r\nContent-Length: $length\r\nContent-Length: 5\r\n",
    "HTTP/1.1 201 Created\r\nContent-Length: -1\r\n",
    "HTTP/1.1 201 Created\r\nContent-Length: 99999999999999999999999\r\n",
    "HTTP/1.1 201 Created\r\nContent-Length:\r\n",
    "HTTP/1.1 201 Created\r\nContent-Length: 0x10\r\n",
    "HTTP/1.1 201 Created\r\nTransfer-Encoding: gzip, chunked\r\n",
    "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked, chunked\r\n",
    "HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\n",
    "HTTP/1.1 201 Created\r\nContent-Encoding: br, gzip, deflate\r\n",
    "HTTP/1.1 201 Created\r\nContent-Type:\r\nRetry-After:\r\n: x\r\n",
    "HTTP/1.1 201 Created\r\n\0\0\0: \0\r\n",
    "HTTP/1.1 201 Created\r\nX: y\r\n folded\r\n\tagain\r\n",
    "HTTP/1.1 201 Created\r\n" . "X: y\r\n" x 2000,
    "HTTP/1.1 201 Created\nX: y\n\n{\"id\":1}\n",
    "HTTP/1.1 201 \r\n", "HTTP/1.1 201\r\n", "HTTP/1.1 20\r\n",
    "HTTP/1.1 2011 Created\r\n", "HTTP/1.1 -201 x\r\n", "HTTP/9.9 201 x\r\n",
    "HTTP/1.1 000 x\r\n", "HTTP/1.1 999 x\r\n", "HTTP 201\r\n", "\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n" x 500 . "HTTP/1.1 201 Created\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n",
    "HTTP/1.1 201 Created\r\nRetry-After: 99999999999999999999\r\n",
    "HTTP/1.1 429 x\r\nRetry-After: -1\r\n",
    "HTTP/1.1 201 Created\r\nSet-Cookie: a=b; Domain=127.0.0.1\r\n",
    "HTTP/1.1 201 Created\r\nLocation: \r\n",
);

for my $head (@heads) {
    $pingone->fault(create => { raw => "$head\r\n$good", then => 'close' });

    my $flow = flow(who('heads'));
    my $status = $flow->device('self')->status;

    like($status, qr/^(?:200|503)$/, 'U7: "' . shown($head) . '"');
    $flow->cancel;
}

# the breaker and a Retry-After have their times: they are other tests'

my $fine = Idv::PingOne->new;
my $other = $fine->site(name => 'other');
my $calm = $other->flow('ann');
is($calm->device('self')->status, 200, 'U7: where all is well, all is well');

# U13: values are evaluated when they are needed, and only then

my $match = Idv::HTTP->new(port => $site->port('match'));

for my $path ('/people/ann/x?x=yz', '/people/' . 'a' x 90 . '/?x=12',
    '/people/ann/' . 'b' x 90, '/people/ann/%2e/x', '/map/ann')
{
    my $answer = $match->get($gate->mark($path));
    is($answer->status, 403, 'U13: ' . shown($path) . ': refused');
    is($answer->json->{status}, 'ID_VERIFICATION_DEVICE', 'U13: with a flow');
}

is($match->get($gate->mark('/people/' . 'a' x 103 . '/'))->json->{code},
    'SUBJECT_REQUIRED', 'U13: the whole of a capture counts');

# Numbered captures are those of the expression that matched last, a map's, too.
# What a policy is made of them is none.

for my $path ('/numbers/a/', '/numbers/' . 'a' x 200 . '/' . 'b' x 200,
    '/numbers/' . 'a' x 36 . '/x')
{
    like($match->get($gate->mark($path))->status, qr/^(?:403|500)$/,
        'U13: ' . shown($path) . ': shut');
}

$gate->nothing_passed;

Idv::Site::finish();
