#!/usr/bin/perl

# How a user can be reached is known to the gate and hidden from everybody else:
# masked wherever it is shown, chosen by a value that means nothing elsewhere,
# and never somebody else's.

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Check;
use Idv::Page;
use Idv::Site;

my ($OPTIONS, $REQUIRED) = map { "ID_VERIFICATION_$_" } qw(OPTIONS REQUIRED);

my @mails = map { "user$_\@mail.example" } 1 .. 12;

my $site = Idv::Site->new(hop => 1,
    people => {
        max => { email => 'maxine@work.example, maxine.m@home.example ,'
                          . 'm@x.example',
                 phone => '+1 (555) 555-0142,+49 30 90182 0,0044.7700.900123' },
        odd => { email => 'not an address,a@b@c,@x.example,x@,\"a\"@x.example,'
                          . '<a@x.example>,o@odd.example,tab@ x.example,'
                          . "o'x\@x.example,a>b\@x.example,a;b\@x.example,"
                          . "a\\\\b\@x.example,a\x7fb\@x.example,"
                          . "a\xc3\xa9b\@x.example,@,xyz@,," . 'l' x 255
                          . "\@x.example,\t",
                 phone => '12345,+1555x555,++15555550100,+1234567890123456,'
                          . "\t+15555550177 \t,;DROP,\t" },
        all => { email => join(',', @mails), phone => '' },
    });

my $service = $site->service;

$site->nginx->forbid(qw(maxine@work.example maxine.m@home.example m@x.example
    5555550142 4930901820 447700900123 o@odd.example), @mails);


sub options {
    my ($user) = @_;

    my $flow = $site->flow($user, client => $site->client($user));

    $flow->device('other');

    return $flow;
}


sub labels { return [map { $_->[1] } @{$_[0]->state->{$_[1]}}] }
sub values_of { return map { $_->[0] } @{$_[0]->state->{$_[1]}} }


sub choose {
    my ($flow, $kind, $value) = @_;

    return $flow->act('optionsAuthentication',
        { email => undef, phone => undef, $kind => $value,
          optionsAuthentication => JSON::PP::true });
}


sub message {
    my $list = $service->control('GET', 'notifications')->{notifications};

    return @$list ? "$list->[0]{method} $list->[0]{address}" : 'none';
}


# What is shown.

my $max = options('max');

state_is($max, $OPTIONS, 'max has several');
is_deeply(labels($max, 'emails'),
    ['m***@work.example', 'm***@home.example', 'm***@x.example'],
    'addresses are masked');
is_deeply(labels($max, 'phones'), ['*** *** 0142', '*** *** 1820',
    '*** *** 0123'], 'numbers are masked');
unlike($max->answer->body, qr/maxine|5555550142|309018|7700900/,
    'none of them is anywhere in the answer');

my @values = (values_of($max, 'emails'), values_of($max, 'phones'));

is(scalar(grep { /^[a-z][a-z2-7]+$/ } @values), 6, 'values are plain words');
is(scalar(keys %{{ map { $_ => 1 } @values }}), 6, 'no two alike');

my $again = options('max');

is(scalar(grep { my $v = $_; grep { $_ eq $v } @values }
          values_of($again, 'emails'), values_of($again, 'phones')), 0,
    'in another flow they are others');

my $page = Idv::Page->new(site => $site, client => $max->client);

$page->open('/idv/start');
$page->press('idv-other');
like($page->words, qr/m\*\*\*\@work\.example/, 'the page shows them masked');
unlike($page->html, qr/maxine|5555550142|309018|7700900/, 'and so its source');

# What is taken.

for my $row (['email', 0, 'EMAIL maxine@work.example'],
             ['email', 1, 'EMAIL maxine.m@home.example'],
             ['email', 2, 'EMAIL m@x.example'],
             ['phone', 0, 'SMS +15555550142'],
             ['phone', 1, 'SMS +4930901820'])
{
    my ($kind, $index, $expected) = @$row;
    my $flow = options('max');

    $flow->choose($kind, $index);
    state_is($flow, $REQUIRED, "$kind $index is taken");
    is(message(), $expected, 'and written to');
    is($flow->state->{notificationMethod}, $kind eq 'email' ? 'email' : 'sms',
        'as is said');
    unlike($flow->answer->body, qr/maxine|5555550142|309018/,
        'but not where');
    $flow->cancel;
}

for my $row (['email', 'maxine.m@home.example',
              'EMAIL maxine.m@home.example'],
             ['phone', '+15555550142', 'SMS +15555550142'])
{
    my ($kind, $value, $expected) = @$row;
    my $flow = options('max');

    choose($flow, $kind, $value);
    state_is($flow, $REQUIRED, "whoever knows the $kind may write it out");
    is(message(), $expected, 'and it is written to');
    $flow->cancel;
}

# What is not.

my $ann = options('ann');
my $flow = options('max');
my $sent = message();

my @refused = (
    ['an address of nobody', email => 'x@y.example'],
    ['another user\'s address', email => 'ann@example.com'],
    ['another user\'s value', email => (values_of($ann, 'emails'))[0]],
    ['her own value of another flow', email => $values[0]],
    ['an address as a number', phone => (values_of($flow, 'emails'))[0]],
    ['a number as an address', email => (values_of($flow, 'phones'))[0]],
    ['a literal address as a number', phone => 'maxine@work.example'],
    ['a masked address', email => 'm***@work.example'],
    ['a masked number', phone => '*** *** 0142'],
    ['an address in other letters', email => 'MAXINE@WORK.EXAMPLE'],
    ['two addresses', email => 'maxine@work.example,x@y.example'],
    ['an address with more behind', email => "maxine\@work.example\r\nBcc: x"],
    ['a part of an address', email => 'maxine@work.exampl'],
    ['a value cut', email => substr((values_of($flow, 'emails'))[0], 0, -1)],
    ['another user\'s number', phone => '+15555550100'],
    ['a number of nobody', phone => '+15555550111'],
    ['nothing', email => ''],
    ['an index', email => '0'],
    ['an address too long', email => 'a' x 321],
);

for my $row (@refused) {
    my ($what, $kind, $value) = @$row;

    untouched($flow, sub {
        error_is($flow->client->post($flow->path, JSON::PP->new->encode(
            { email => undef, phone => undef, $kind => $value }),
            'X-XSRF-Header' => 'test', 'Content-Type' =>
            'application/vnd.pingidentity.optionsAuthentication+json'),
            400, 'VALIDATION_ERROR', 'INVALID_FIELD_VALUE', $what);
    }, $what);

    unlike($flow->answer->body, qr/\Q$value\E/, "$what is not repeated")
        if length $value > 30;
}

is(message(), $sent, 'nobody was written to');

# What is no contact is none.

my $odd = options('odd');

is_deeply(labels($odd, 'emails'), ['o***@odd.example'],
    'of what is no address nothing is left');
is_deeply(labels($odd, 'phones'), ['*** *** 0177'],
    'nor of what is no number');

my $all = options('all');

is(scalar @{$all->state->{emails}}, 8, 'there is a bound');
is(scalar @{$all->state->{phones}}, 0, 'and none is none');

# What is known now counts, not what was known when the flow began.

$flow = options('ann');
my ($value) = values_of($flow, 'emails');

$site->{people}{ann} = { email => 'ann@new.example' };
$site->reload(provider => '', gate => '');
$site->nginx->forbid('ann@new.example');

error_is(choose($flow, email => $value), 400, 'VALIDATION_ERROR',
    'INVALID_FIELD_VALUE', 'an address that is no longer hers is not used');
$flow->read;
state_is($flow, $OPTIONS, 'she is asked again');
choose($flow, email => (values_of($flow, 'emails'))[0]);
is(message(), 'EMAIL ann@new.example', 'the new one is');

# Where the operator decides on the way, the first address is written to.

for my $row (['email', 'EMAIL maxine@work.example'],
             ['sms', 'SMS +15555550142'])
{
    my ($delivery, $expected) = @$row;

    $site->reload(provider => "delivery $delivery;", gate => '');
    $flow = options('max');
    state_is($flow, $REQUIRED, "$delivery is decided on");
    is(message(), $expected, 'and nobody is asked where');
}

both_workers($site);

$site->finish;
