#!/usr/bin/perl

# The OpenAPI file and the tables of docs/connector.md are those of the code's
# table; a public validator takes the file, a public generator makes a client of
# it, a compiler finds the client's mistakes by it, and the client works.

# variants: plain

use strict;
use warnings;

use File::Copy ();
use File::Temp ();
use Test::More;

use Idv::Connector;
use Idv::Node;
use Idv::Site;

my $top = $ENV{IDV_TOP};
my $tool = "$^X $top/t/tools/connector-docs --check";
my $modules = "$ENV{IDV_CACHE}/npm/node_modules";

is(`$tool $top 2>&1`, '', 'documents are those of the table');

# it sees what differs: in the table, in the file, in the tables of the document

my $dir = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

system('mkdir', '-p', "$dir/src/model", "$dir/docs") == 0 or die;

for my $change (
    ['src/model/idv_connector_table.c', qr/0, 256, NULL/, '0, 255, NULL',
        ['docs/connector.md', 'docs/connector.openapi.json']],
    ['docs/connector.openapi.json', qr/"maxLength" : 256/, '"maxLength" : 9',
        ['docs/connector.openapi.json']],
    ['docs/connector.md', qr/at most 256 characters/, 'any length',
        ['docs/connector.md']])
{
    my ($file, $from, $to, $names) = @$change;

    File::Copy::copy("$top/$_", "$dir/$_") or die "$_: $!"
        for 'src/model/idv_connector_table.c', 'src/model/idv_connector.h',
            'docs/connector.md', 'docs/connector.openapi.json';

    my $text = contents("$dir/$file");
    ok($text =~ s/$from/$to/, "$file has what is changed");
    write_file("$dir/$file", $text);

    my $said = `$tool $dir 2>&1`;
    is_deeply([sort $said =~ /^(docs\S+)/mg], $names, "seen: $file differs");
}

Idv::Node::run("$top/t/connector/validate.js",
    IDV_SPEC => "$top/docs/connector.openapi.json", NODE_PATH => $modules);

# the client

symlink $modules, "$dir/node_modules" or die "node_modules: $!";
File::Copy::copy("$top/t/connector/client.ts", "$dir/client.ts") or die;

is(system("node $modules/openapi-typescript/bin/cli.js"
    . " $top/docs/connector.openapi.json -o $dir/api.d.ts >$dir/out 2>&1"), 0,
    'types are generated') or diag(contents("$dir/out"));

my $compile = "node $modules/typescript/bin/tsc --strict --target es2022"
    . ' --module node16 --moduleResolution node16 --esModuleInterop'
    . ' --skipLibCheck --types node --lib es2022,dom';

$compile =~ s/ --types node//;
write_file("$dir/globals.d.ts",
    "declare const process: { env: Record<string, string | undefined>;"
    . " exit(code: number): never };\n");

is(system("cd $dir && $compile client.ts globals.d.ts >out 2>&1"), 0,
    'the client is one, to the compiler') or diag(contents("$dir/out"));

my $connector = Idv::Connector->new;

Idv::Node::run("$dir/client.js",
    IDV_URL => 'http://127.0.0.1:' . $connector->site->port('gate')
        . '/connector',
    IDV_KEY => Idv::Connector::KEY, IDV_IMAGE => Idv::Connector::IMAGE);

Idv::Site::finish();


sub contents {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!";
    local $/;

    return scalar <$in>;
}


sub write_file {
    my ($path, $text) = @_;

    open my $out, '>:raw', $path or die "$path: $!";
    print $out $text;
    close $out or die "$path: $!";
}
