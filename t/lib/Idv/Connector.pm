package Idv::Connector;

# The connector of a house, and an application that calls it.
#
#     my $connector = Idv::Connector->new;              # at the local service
#     my $connector = Idv::Connector->new(peer => ...); # or somebody else
#
#     my $answer = $connector->call('readSelfie', { userId => 'ann', ... });
#     my $json = $connector->good($answer, 'selfie', 'a name for the test');
#     $connector->whole('readSelfie', $answer, 'a name');
#     $connector->refused($answer, 404, 'NOT_FOUND', 'a name');
#
# curl => 1: the application calls by curl.  locations and callers add to what is there; the caller "application" may use
# everything, "reader" two capabilities.

use strict;
use warnings;

use Digest::SHA ();
use JSON::PP ();
use Test::More;

use Idv::Curl;
use Idv::HTTP;
use Idv::Site;

use constant {
    KEY => 'application-' . 'k' x 32,
    READER => 'reader-' . 'r' x 32,

    # a face of one pixel
    IMAGE => '/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAIBAQIBAQICAgICAgICAwUDAwMD'
        . 'AwYEBAMFBwYHBwcGBwcICQsJCAgKCAcHCg0KCgsMDAwMBwkODw0MDgsMDAz/'
        . 'wAALCAABAAEBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL'
        . '/9oACAEBAAA/AAr/2Q==',
};

my $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, %arg) = @_;

    my $callers = "# who, how, what\n\n"
        . line('application', KEY, '*')
        . line('reader', READER, 'readVerifyTransaction,readUserData')
        . (delete $arg{callers} // '');

    my $directives = delete $arg{connector} // '';

    my $site = Idv::Site->new(
        %arg,
        files => { callers => $callers, %{$arg{files} || {}} },
        locations => ($arg{locations} // '') . <<"END");

        location /connector/ {
            auth_basic            off;
            idv_connector         local;
            idv_connector_callers callers;
            $directives
        }
END

    my @port = (port => $site->port('gate'));

    return bless { site => $site, http => $arg{curl}
        ? Idv::Curl->new(@port, version => '1.1') : Idv::HTTP->new(@port) },
        $class;
}


sub line {
    my ($name, $key, $what) = @_;

    return "$name key " . Digest::SHA::sha256_hex($key) . " $what\n";
}


sub site { $_[0]{site} }
sub http { $_[0]{http} }


# call(CAPABILITY, INPUT, Name => value ...); undef leaves a header out

sub call {
    my ($self, $capability, $input, @headers) = @_;

    my %headers = (Authorization => 'Bearer ' . KEY,
        'Content-Type' => 'application/json', @headers);

    return $self->{http}->request('POST', "/connector/$capability", %headers,
        -body => ref $input ? $json->encode($input) : $input);
}


# what every good answer is: its JSON

sub good {
    my ($self, $answer, $named, $name) = @_;

    my $got = $answer->json;
    my @members = sort grep { defined } qw(headers rawResponse statusCode),
        ref $named ? @$named : $named;

    is($answer->status, 200, "$name: 200") or diag($answer->body);
    is($answer->header('Content-Type'), 'application/json', "$name: JSON");
    is($answer->header('Cache-Control'), 'no-store', "$name: not stored");
    is(join(' ', sort keys %{$got || {}}), "@members",
        "$name: exactly @members");

    return $got || {};
}


# a good answer that has each member that the capability's can have, and no
# other: docs/connector.openapi.json lists them, as users of the connector know
# them.  $but: those that no provider gives

sub whole {
    my ($self, $capability, $answer, $name, $but) = @_;

    my $schema = schema()->{paths}{"/$capability"}{post}{responses}{200}
        {content}{'application/json'}{schema};
    my @named = grep { !/^(?:headers|rawResponse|statusCode)$/ }
        keys %{follow($schema)->{properties}};
    my $got = exists follow($schema)->{properties}{statusCode}
        ? $self->good($answer, \@named, $name) : $answer->json;

    is(join("\n", paths($schema, $got)),
        join("\n", grep { !$but || $_ !~ $but } paths($schema)),
        "$name: exactly its members");

    return $got;
}


# the members of a schema, or those that a value has, as far as the schema knows
# what is in them

sub paths {
    my ($schema, $value, $at) = @_;

    $schema = follow($schema);

    my $known = $schema->{properties};
    my $object = @_ > 1 && defined $value ? $value : $known;

    return $at if !$known || ref $object ne 'HASH';

    return sort map {
        my $path = defined $at ? "$at.$_" : $_;
        !$known->{$_} ? "$path, which is none of its members"
            : paths($known->{$_}, @_ > 1 && defined $value ? $value->{$_}
                                                           : undef, $path)
    } keys %$object;
}


sub follow {
    my ($schema) = @_;

    $schema = schema()->{components}{schemas}{$1}
        while ($schema->{'$ref'} // '') =~ m{([^/]+)$};

    return $schema;
}


my $schema;

sub schema {
    return $schema //= do {
        my $name = "$ENV{IDV_TOP}/docs/connector.openapi.json";

        open my $file, '<:raw', $name or die "$name: $!";
        local $/;
        $json->decode(scalar <$file>);
    };
}


# an error of ours: no statusCode, and its code; the details are returned

sub refused {
    my ($self, $answer, $status, $code, $name) = @_;

    my $got = $answer->json || {};

    is($answer->status, $status, "$name: $status") or diag($answer->body);
    is($got->{code}, $code, "$name: $code");
    ok(defined $got->{message} && !exists $got->{statusCode},
        "$name: by us");

    return $got->{details} || [];
}


# an error of the provider

sub theirs {
    my ($self, $answer, $status, $code, $name) = @_;

    my $got = $answer->json || {};

    is($got->{statusCode}, $status, "$name: the provider says $status")
        or diag($answer->body);
    is($got->{rawResponse}{code}, $code, "$name: $code");
    is(join(' ', sort keys %$got), 'headers rawResponse statusCode',
        "$name: and nothing of ours");

    return $got;
}


1;
