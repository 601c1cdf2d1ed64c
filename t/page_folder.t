#!/usr/bin/perl

# The operator's own page: languages as the browser asks for them, a folder that
# replaces template, texts, style sheet and script, and every mistake in it
# found by "nginx -t", with the file and what to do.

use strict;
use warnings;
use utf8;

use File::Path qw(make_path);
use File::Temp ();
use Test::More;

use Idv::Nginx;
use Idv::Page;
use Idv::Site;

my $top = File::Temp::tempdir(CLEANUP => 1);
chmod 0755, $top;

my $number = 0;


sub folder {
    my (%files) = @_;

    my $folder = "$top/" . ++$number;
    make_path($folder);

    for my $name (keys %files) {
        open my $file, '>:raw', "$folder/$name" or die "$name: $!";
        my $bytes = $files{$name};
        utf8::encode($bytes) if utf8::is_utf8($bytes);
        print $file $bytes;
        close $file;
    }

    return $folder;
}


sub read_text {
    my ($path) = @_;

    open my $file, '<:encoding(UTF-8)', $path or die "$path: $!";
    local $/;

    return scalar <$file>;
}


# languages

my $site = Idv::Site->new;

my @asked = (
    [undef, 'en'], ['', 'en'], ['de', 'de'], ['de-AT', 'de'], ['DE', 'de'],
    ['ar-EG', 'ar'], ['fr', 'en'], ['fr, de;q=0.5', 'de'],
    ['de;q=0.3, ar;q=0.8', 'ar'], ['de;q=0.8, ar;q=0.80', 'de'],
    ['en;q=0.1, de;q=0.001', 'en'], ['de;q=0', 'en'], ['*', 'en'],
    ['fr;q=1, *;q=0.5, de;q=0.6', 'de'], ['zh-Hant-TW, de-Latn-DE', 'de'],
    ['de;q=2', 'en'], ['de;q=x', 'en'], ['de;x=1', 'en'], ['de;q=', 'en'],
    [';;;,,,;q=1,de', 'de'], ['d', 'en'], ['deu', 'en'], ['-', 'en'],
    [join(',', ('xx') x 40, 'de'), 'en'], ['x' x 4000 . ',de', 'en'],
    ["\x80\xff,de", 'de'], ['en;q=0.8, de ;q=0.9', 'de'],
    ["en;q=0.8,\tde;\tq=0.9 ,fr", 'de'], ['en;q=0.8, de; q=1.', 'de'],
    ['en;q=0.8, de;Q=0.8001', 'en'], ['en;q=0.8, de;q=1.001', 'en'],
    ['en;q=0.8, de;q=0.9x', 'en'], ['en;q=0.8, de;q=0.9 x', 'en'],
    ['en;q=0.8, de;q=0./', 'en'], ['en;q=0.8, de;q=0.:', 'en'],
    ['en;q=0.8, de;r=0.9', 'en'], ['en;q=0.8, de;q:0.9', 'en'],
);

for my $case (@asked) {
    my ($accept, $lang) = @$case;

    my $page = Idv::Page->new(site => $site, user => 'ann');
    $page->open('/idv/', 'Accept-Language' => $accept);

    my $name = substr($accept // 'nothing', 0, 40);
    utf8::decode($name);

    is($page->lang, $lang, "\"$name\" gets $lang");
    is($page->dir, $lang eq 'ar' ? 'rtl' : 'ltr', 'in its direction');
}

my %title = (en => 'Verify your identity', de => 'Weisen Sie sich aus',
             ar => 'تحقق من هويتك');

for my $lang (sort keys %title) {
    my $page = Idv::Page->new(site => $site, user => 'ann',
        headers => ['Accept-Language' => $lang]);

    is($page->open('/x')->heading, $title{$lang}, "the page in $lang");
    like($page->html, qr{<bdi>127\.0\.0\.1:\d+</bdi>},
        'with names kept together');
    unlike($page->html, qr/\{[a-z]+\}/, 'and nothing left open');
}

# a folder

my $own = folder(
    'template.html' => "<!doctype html><html lang=\"{{lang}}\" "
        . "dir=\"{{dir}}\"><head><title>{{title}}</title>{{head}}</head>"
        . "<body><h2>%s %n {{host}}</h2>{{main}}</body></html>",
    'style.css' => "main { color: green }\n",
    'texts.de' => "# eigene\r\n\r\n"
        . "device_title = Ihr <Ausweis> & \"mehr\"\r\n"
        . "  device_self=  Hier = jetzt, {host}! \r\n",
    'texts.pt-BR' => "dir = ltr\ndevice_title = Confirme quem você é\n",
    'texts.he' => "dir = rtl\ndevice_title = אימות זהות",
);

$site->reload(provider => "page_folder $own;");

my $page = Idv::Page->new(site => $site, user => 'ann');
my @lang = ('Accept-Language' => 'de');

$page->open('/x', @lang);
is($page->view, 'device', 'the page in its own template');
like($page->html, qr{<h2>%s %n 127\.0\.0\.1:\d+</h2>},
    'where a percent sign means nothing');
like($page->html, qr{<h1>Ihr &lt;Ausweis&gt; &amp; &quot;mehr&quot;</h1>},
    'texts are text, escaped once');
like($page->html, qr{<title>Ihr &lt;Ausweis&gt; &amp; &quot;mehr&quot; - },
    'everywhere');
like($page->html, qr{Hier = jetzt, <bdi>127[^<]*</bdi>!}, 'with their names');
like($page->html, qr/Ein anderes Gerät/, 'texts that are not there stay');
is($page->client->get('/idv/style.css')->body, "main { color: green }\n",
    'its style sheet');
like($page->client->get('/idv/script.js')->body, qr/X-IDV-Fragment/,
    'and the script that is built in');

$page->open('/x', 'Accept-Language' => 'pt');
is($page->lang, 'pt-BR', 'a language of its own');
is($page->heading, 'Confirme quem você é', 'with its texts');
like($page->html, qr/Use another device/, 'the rest in English');
$page->open('/x', 'Accept-Language' => 'he');
is($page->dir, 'rtl', 'from right to left');

like($site->nginx->log->text, qr{\[warn\].*texts\.pt-BR" has no text "skip"},
    'what is missing is said');

# placeholders: no request can add to the template

$page->open('/idv/cancelled?return=/%7B%7Bmain%7D%7D', @lang);
is(scalar(() = $page->html =~ /<main/g), 1, 'a value is no template');

# what docs/page.md says of texts and template

my $document = read_text("$ENV{IDV_TOP}/docs/page.md");
my $english = read_text("$ENV{IDV_TOP}/src/web/ngx_http_idv_page_text_en.c");
my $names = read_text("$ENV{IDV_TOP}/src/web/ngx_http_idv_page_text.c");

my %name = $names =~ /\[NGX_HTTP_IDV_TEXT_(\w+)\] = "(\w+)"/g;
my %text = $english =~ /\[NGX_HTTP_IDV_TEXT_(\w+)\] =\s+ngx_string\((.*?)\)[,\n]/sg;
my %told = $document =~ /^\| `(\w+)` \| ([^|]+) \|$/mg;

cmp_ok(scalar keys %name, '>', 80, 'the texts have names');

for my $key (sort keys %name) {
    my $whole = join '', ($text{$key} // '') =~ /"([^"]*)"/g;

    is($told{$name{$key}}, $whole, "the document has $name{$key}");
}

is(join(' ', grep { my $told = $_; !grep { $_ eq $told } values %name }
              sort keys %told), '', 'and no other');

my ($template) = $document =~ /```html\n(.*?)```/s;
my $plain = Idv::Page->new(site => $site, user => 'ann');

$site->reload(provider => '');
my $built = $plain->open('/idv/')->html;
$site->reload(provider => 'page_folder '
    . folder('template.html' => $template) . ';');
is($plain->open('/idv/')->html, $built, 'the template in it is the built in');

# mistakes

my $good = "<html lang={{lang}} dir={{dir}}>{{title}}{{head}}{{main}}";

my @mistakes = (
    ['no folder', undef, qr/cannot open the page_folder/],
    ['an unknown placeholder', { 'template.html' => "$good\n\n{{evil}}" },
     qr/template\.html" has an unknown placeholder in line 3/],
    ['an open placeholder', { 'template.html' => "$good {{main" },
     qr/unknown placeholder in line 1/],
    ['an empty placeholder', { 'template.html' => "$good {{}}" },
     qr/unknown placeholder/],
    ['a template without main', { 'template.html' => $good =~ s/\{\{main\}\}//r },
     qr/has no placeholder "\{\{main\}\}"/],
    ['a template without head', { 'template.html' => $good =~ s/\{\{head\}\}//r },
     qr/has no placeholder "\{\{head\}\}"/],
    ['main twice', { 'template.html' => "$good {{main}}" },
     qr/"\{\{main\}\}" more than once/],
    ['an empty file', { 'style.css' => '' }, qr/style\.css" is empty/],
    ['a large file', { 'script.js' => 'x' x (128 * 1024 + 1) },
     qr/script\.js" is larger than/],
    ['no text', { 'icon.svg' => "<svg>\0</svg>" }, qr/is not UTF-8 text/],
    ['no UTF-8', { 'texts.de' => "dir = \xff" }, qr/is not UTF-8 text/],
    ['overlong UTF-8', { 'texts.de' => "skip = \xc0\xaf" },
     qr/is not UTF-8 text/],
    ['surrogates', { 'texts.de' => "skip = \xed\xa0\x80" },
     qr/is not UTF-8 text/],
    ['a letter that goes on with none', { 'texts.de' => 'skip = ' . "\xf2" x 4 },
     qr/is not UTF-8 text/],
    ['an unknown key', { 'texts.de' => "skip = x\nevil = x" },
     qr/texts\.de" has an unknown key in line 2/],
    ['a key twice', { 'texts.de' => "skip = x\nskip = y" },
     qr/a key for the second time in line 2/],
    ['no value', { 'texts.de' => "skip =  " }, qr/an empty text in line 1/],
    ['no key', { 'texts.de' => "hello" }, qr/no "key = text" in line 1/],
    ['a control character', { 'texts.de' => "skip = a\tb" },
     qr/a control character in line 1/],
    ['a key without a text', { 'texts.de' => "dir = ltr\nskip" },
     qr/no "key = text" in line 2/],
    ['a key in capitals', { 'texts.de' => 'Skip = x' }, qr/no "key = text"/],
    ['another direction of three letters', { 'texts.de' => 'dir = up!' },
     qr/a direction other/],
    ['a long text', { 'texts.de' => 'skip = ' . 'x' x 1001 },
     qr/a text that is too long/],
    ['a wrong direction', { 'texts.de' => 'dir = up' }, qr/a direction other/],
    ['a wrong name', { 'texts.de' => 'skip = {secret}' },
     qr/a "\{" without "host\}"/],
    ['a contact where there is none', { 'texts.de' => 'skip = {contact}' },
     qr/a "\{" without/],
    ['a time where there is none', { 'texts.de' => 'skip = {time}' },
     qr/a "\{" without "host\}"/],
    ['a time of another name', { 'texts.de' => 'required_valid = {clock}' },
     qr/a "\{" without "host\}" or "time\}"/],
    ['a language that is none', { 'texts.de_DE' => 'skip = x' },
     qr/does not end in a language tag/],
    map({ ["a language \"$_\"", { "texts.$_" => 'skip = x' },
           qr/does not end in a language tag/] }
        '1e', 'd3', '-de', 'd[', 'd{', 'de-:', 'de-+', 'x' x 36),
    ['a backup file', { 'texts.de~' => 'skip = x' },
     qr/does not end in a language tag/],
    ['too many languages',
     { map { ("texts.x" . chr(97 + $_ % 26) . chr(97 + int($_ / 26))
              => "dir = ltr") } 1 .. 40 },
     qr/more than 32 languages/],
);

for my $case (@mistakes) {
    my ($name, $files, $said) = @$case;

    my $folder = $files ? folder(%$files) : "$top/none";

    my ($ok, $text) = Idv::Nginx->test_config(
        http => $site->config(provider => "page_folder $folder;"),
        files => { $site->files });

    ok(!$ok, "$name: refused");
    like($text, $said, 'with a sentence');
    like($text, qr/in \S+nginx\.conf:\d+/, 'and a line of the configuration');
}

mkdir "$top/pipe";
mkdir "$top/pipe/template.html";
my ($ok, $text) = Idv::Nginx->test_config(
    http => $site->config(provider => "page_folder $top/pipe;"),
    files => { $site->files });
like($text, qr/template\.html" is not a file/, 'a folder is not a file');

mkdir "$top/circle";
symlink 'style.css', "$top/circle/style.css";
($ok, $text) = Idv::Nginx->test_config(
    http => $site->config(provider => "page_folder $top/circle;"),
    files => { $site->files });
ok(!$ok, 'a file that cannot be opened: refused');
like($text, qr/\[emerg\].*cannot open "\S+style\.css"/, 'and said');

$site->finish;
