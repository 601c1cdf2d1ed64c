#!/usr/bin/perl

# The capture page follows the policy: it asks for what the policy wants and for
# nothing else, in the order of a person's way, and says at each step who asks
# and until when.  Nothing is looked at before it is submitted, so everything
# can be changed until then; a step that comes twice, too late or from an old
# tab changes nothing.

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::Phone;
use Idv::Site;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my ($photo, $none) = (Idv::Phone::PHOTO, Idv::Phone::NO_PHOTO);

my $site = Idv::Site->new(client_name => '"Mill & Son"', hop => 1,
    http => "log_format asked '\$request, \$request_uri, \$args';",
    service => 'access_log %%DIR%%/asked.log asked;');
my $service = $site->service;

my %id = (verify => 'REQUIRED', inspectionType => 'AUTOMATIC',
    failExpiredId => $true, retry => { attempts => 1 });
my %live = (verify => 'REQUIRED', threshold => 'MEDIUM',
    retry => { attempts => 2 });

my ($named, $users) = (0, 0);


# the phone of somebody with a transaction of a policy of its own

sub phone {
    my ($parts, %model) = @_;

    my $policy = $service->api('POST', 'verifyPolicies',
        { name => 'page ' . ++$named, %$parts });

    die 'no policy: ', $policy->body if $policy->status != 201;

    return Idv::Phone->create($service, 'user' . ++$users,
        verifyPolicy => { id => $policy->json->{id} }, %model);
}


# where the user is, and the names of the steps

sub steps {
    my ($phone) = @_;

    my ($list) = $phone->html =~ m{<ol class="steps">(.*?)</ol>}s;

    return join ' ', map { s/<li aria-current="step">/*/r =~ s/<[^>]*>//gr }
        $list =~ m{(<li.*?</li>)}g;
}


sub documents {
    my ($phone) = @_;

    return join ', ', map { $_->{type} }
        @{$phone->api('GET', '/documents')->json->{_embedded}{documents} || []};
}


# The way of a licence, with its two sides.

my $phone = phone({ governmentId => \%id, liveness => \%live });
$phone->open;

is(steps($phone), '*Start Document Photo Review Result', 'the way that is ahead');
like($phone->html, qr{Mill &amp; Son</bdi></strong> asks you}, 'who asks');
like($phone->html, qr/is deleted 30 minutes after.*If you do not agree/s,
    'what becomes of it');
is(join(' ', $phone->asked), 'begin', 'nothing happens without a button');

$phone->begin;
is(steps($phone), 'Start *Document Photo Review Result', 'she has begun');
is($phone->state->{status}, 'INITIATED', 'which the desk sees');

$phone->step('choose');
is_deeply([$phone->status, $phone->problem], [400, 'Please choose one.'],
    'no kind');
$phone->step('choose', idType => 'library_card');
is($phone->status, 400, 'nor one that is none');

$phone->choose('driver_license');
is($phone->heading, 'Driving licence: front', 'a licence');
like($phone->html, qr/name="camera"[^>]* capture="environment"/,
    'the camera looks at it');
like($phone->html, qr{Mill &amp; Son</bdi></strong> asks\. You have until <time>},
    'who asks and until when is still said');
is($phone->state->{status}, 'INITIATED', 'a choice is nothing that was given');

$phone->step('front');
is_deeply([$phone->status, $phone->problem],
    [400, 'Please take or choose a photo.'], 'no photo');
like($phone->html, qr/id="camera"[^>]* aria-invalid="true" aria-describedby="problem"/,
    'which is tied to its field');
$phone->back;
is($phone->sent->status, 303, 'the back is not asked for yet');
is(documents($phone), '', 'and is not taken');

$phone->front;
is($phone->heading, 'Driving licence: back', 'then its back');
is($phone->state->{status}, 'PARTIAL', 'something is there');
is($phone->state->{verificationStatus}{GOVERNMENT_ID}, 'REQUESTED',
    'but not all of it');
$phone->back($photo);
is(documents($phone), 'Driver License Front, Driver License Back', 'both sides');

is($phone->heading, 'What it says', 'photos are not read');
$phone->details(lastName => '', birthDate => '12.04.1990');
is($phone->status, 400, 'a name that is missing, a date that is none');
is($phone->problem, 'Please check the fields that are marked.', 'it says so');
like($phone->html, qr/id="lastName-error">Please fill this in\./, 'what is missing');
like($phone->html, qr/id="birthDate-error">This must be a date/, 'what is wrong');
like($phone->html, qr/id="$_"[^>]* aria-describedby="$_-error"/,
    "tied to $_") for qw(lastName birthDate);
unlike($phone->html, qr/firstName-error/, 'and not to the others');
like($phone->html, qr/<title>There is a problem: /, 'the title says it first');

$phone->details;
is(steps($phone), 'Start Document *Photo Review Result', 'then the face');
like($phone->html, qr/name="camera"[^>]* capture="user"/,
    'for which the camera turns round');
$phone->selfie;

is(steps($phone), 'Start Document Photo *Review Result', 'then a last look');
like($phone->html, qr{<dd><bdi>EXAMPLE</bdi>}, 'at all that was typed in');
is($phone->state->{status}, 'PARTIAL', 'nothing has been submitted');
is($phone->api('GET', '/metaData')->json->{size}, 0, 'or looked at');

# what is changed, and what is not

$phone->change('front');
is($phone->heading, 'Driving licence: front', 'another photo');
$phone->without('front');
is(documents($phone), 'Driver License Back, Selfie', 'or none at all');
is($phone->heading, 'Check what you give', 'and back again');
$phone->change('details');
like($phone->html, qr/name="lastName"[^>]* value="EXAMPLE"/,
    'what was typed in is not lost');
$phone->details(lastName => 'SAMPLE');
like($phone->html, qr{<dd><bdi>SAMPLE</bdi>}, 'it is changed');
$phone->change('selfie');
is(documents($phone), 'Driver License Back', 'the photo of a face is gone');
$phone->selfie;

for my $step (['begin'], ['choose', idType => 'passport'],
    ['front', camera => $photo], ['without', what => 'back'], ['document'],
    ['selfie', camera => $photo], ['skip'], ['change'],
    ['change', what => 'begin'], ['send', for => 'email'],
    ['code', for => 'email', code => '123456'])
{
    my ($name, %field) = @$step;

    $phone->step($name, %field);
    is_deeply([$phone->sent->status, $phone->heading, documents($phone)],
        [303, 'Check what you give', 'Driver License Back, Selfie'],
        "$name does not belong here");
}

$phone->change('kind');
is($phone->heading, 'Choose a document', 'another document');
is(documents($phone), 'Selfie', 'has other photos');
$phone->document(photo => $photo);
is(documents($phone), 'Selfie, Passport Front', 'one of them, of a passport');
$phone->submit;
is($phone->heading, 'Thank you', 'that was all');
$phone->submit;
is($phone->sent->status, 303, 'twice is once');
$service->advance(2);
is_deeply([$phone->state->{status}, $phone->open->heading],
    ['SUCCESS', 'You are verified'], 'she is verified');
is($phone->data->{lastName}, 'EXAMPLE', 'by what she said last');


# Only what is asked for, and what is optional can be left out and given after
# all.

$phone = phone({ liveness => \%live });
is(steps($phone->open), '*Start Photo Review Result', 'a face only');
unlike($phone->html, qr/driving licence/, 'needs no document');

$phone = phone({ governmentId => { %id, verify => 'OPTIONAL' },
    liveness => \%live });
$phone->open;
like($phone->html, qr/residence permit \(optional\)/, 'what is optional says so');
$phone->begin->choose('id_card');
$phone->front->skip;
is($phone->heading, 'A photo of you', 'it is left out, half way');
is(documents($phone), '', 'nothing of it is kept');
$phone->selfie->change('kind');
is($phone->heading, 'Choose a document', 'and given after all');
$phone->document;
is(join(' ', grep { $_ ne 'change' } $phone->asked), 'submit', 'that is all');
$phone->submit;
$service->advance(2);
is_deeply($phone->state->{verificationStatus},
    { GOVERNMENT_ID => 'SUCCESS', LIVENESS => 'SUCCESS' }, 'it counts');


# Each part has attempts of its own, and a reason of its own.

$phone = phone({ governmentId => \%id, liveness => \%live })->begin;
$phone->document(photo => $none)->selfie($none)->submit;
$service->advance(2);

is($phone->open->problem, 'The photo of the document could not be read. Please '
    . 'try again. This is attempt 2 of 2.', 'the document');
$phone->front;
is($phone->heading, 'What it says', 'has another photo');
$phone->details;
is($phone->problem, 'The photo of your face could not be read. Please try '
    . 'again. This is attempt 2 of 3.', 'the face is another matter');
$phone->selfie($none)->submit;
$service->advance(2);
is($phone->open->heading, 'A photo of you', 'the document was good');
like($phone->problem, qr/This is attempt 3 of 3\./, 'the face has one more');
$phone->selfie($none)->submit;
$service->advance(2);
like($phone->open->said, qr/The photo of your face could not be read\./,
    'and then no more');


# What was found good is not changed any more: the face that lives is the one
# that is compared.

$phone = phone({ governmentId => \%id, facialComparison => \%live,
    liveness => \%live })->begin;
$phone->document(photo => $none)->selfie->submit;
$service->advance(2);
is($phone->state->{verificationStatus}{LIVENESS}, 'SUCCESS', 'a face that lives');
$phone->open->front;
$phone->details;
is($phone->heading, 'Check what you give', 'and a document that is good, now');
is_deeply([$phone->html =~ /name="what" value="(\w+)"/g],
    [qw(kind front details)], 'the face is not to be changed');
my $before = documents($phone);
$phone->change('selfie');
is_deeply([$phone->heading, documents($phone)],
    ['Check what you give', $before], 'not by its form either');

$phone = phone({ governmentId => \%id, liveness => \%live })->begin;
$phone->document->selfie($none)->submit;
$service->advance(2);
$phone->open->selfie;
is_deeply([$phone->html =~ /name="what" value="(\w+)"/g], ['selfie'],
    'nor a document');
$phone->change($_) for qw(kind front details);
is($phone->heading, 'Check what you give', 'not by its forms either');
$phone->submit;
$service->advance(2);
is($phone->data->{lastName}, 'EXAMPLE', 'its data stays');


# Somebody who knows how it is done needs no instructions, but the warning.

$phone = phone({ governmentId => \%id, liveness => \%live,
    transaction => { authenticationMode => $true } });
my $html = $phone->page;
unlike($html, qr/You need:/, 'no list of what is needed');
like($html, qr/$_/, "but $_")
    for 'asks you to confirm', 'class="code"', 'stop now', 'Agree and begin';

$phone->begin->choose('passport');
unlike($phone->html, qr/plain surface/, 'not how to take a photo');
$phone->without('front');
unlike($phone->html, qr/Photos are not read here/, 'nor what to type in');
$phone->details;
unlike($phone->html, qr/Look straight/, 'nor how to look');
like($phone->html, qr/<label for="camera">/, 'but what each field is');


# What is only collected is not read, and is not lost.

$phone = phone({ governmentId => \%id,
    transaction => { dataCollectionOnly => $true } })->begin;
$phone->choose('passport');
$phone->front('x' x (129 * 1024));
is_deeply([$phone->status, $phone->problem],
    [400, 'This photo is too large. Please choose a smaller one.'],
    'a photo that would not be kept');
$phone->front;
is($phone->heading, 'Check what you give', 'nothing has to be typed in');
$phone->submit;
$service->advance(2);
is($phone->state->{status}, 'SUCCESS', 'it is collected');


# The redirect comes with the last step, and not before.

$phone = phone({ liveness => \%live },
    redirect => { url => 'https://gate.example/return?a=1' });
$phone->begin->selfie;
is($phone->status, 200, 'still here');
my $answer = $service->http->post($phone->{path}, 'step=submit',
    'Content-Type' => 'application/x-www-form-urlencoded');
is_deeply([$answer->status, $answer->header('Location')],
    [303, 'https://gate.example/return?a=1'], 'and then there');
is($answer->header('Content-Security-Policy'), "default-src 'none'; "
    . "style-src 'self'; script-src 'self'; img-src blob:; connect-src 'self'; "
    . "base-uri 'none'; frame-ancestors 'none'; form-action 'self' "
    . 'https://gate.example', 'which is all that the browser may do');


# In the language of the browser.

$phone = phone({ liveness => \%live });

for my $case (['de-AT, en;q=0.5', 'de', 'ltr', 'Bestätigen Sie Ihre Identität'],
              ['ar', 'ar', 'rtl', 'أكّد هويتك'],
              ['fr, en-GB;q=0.1', 'en', 'ltr', 'Confirm who you are'])
{
    my ($accept, $lang, $dir, $title) = @$case;

    $phone->open('Accept-Language' => $accept);
    like($phone->html, qr/<html lang="$lang" dir="$dir">/, "$accept: $lang");
    is($phone->heading, $title, 'in its words');
}

$phone->begin->selfie($none)->submit;
$service->advance(2);
$phone->open('Accept-Language' => 'de');
is($phone->problem, 'Das Foto Ihres Gesichts konnte nicht gelesen werden. Bitte '
    . 'versuchen Sie es noch einmal. Das ist Versuch 2 von 3.', 'reasons, too');

$answer = $service->http->get($phone->{path} =~ s/code=\d+/code=x/r,
    'Accept-Language' => 'de');
is($answer->status, 404, 'a link that is none');
like($answer->body, qr/<h1>Dieser Link funktioniert nicht/, 'says so as well');


# Whatever is done with a link, its code is in no log.

for my $method (qw(GET HEAD POST PUT)) {
    for my $link ($phone->{path}, $phone->{path} =~ s/index\.html/x/r) {
        $service->http->request($method, $link);
    }
}

is($service->http->request('GET', $phone->{path} =~ s/(code=\d+)/${1}0/r)
    ->status, 404, 'a longer code is none');

my ($code) = $phone->{path} =~ /code=(\d+)/;
my @asked = grep { /\Q$phone->{id}/ } split /\n/,
    $site->nginx->read_file('asked.log');

cmp_ok(scalar @asked, '>=', 10, 'what was asked is logged');
is_deeply([grep { /$code/ } @asked], [], '... without the code');

$site->finish;
