package Idv::Gate;

# What tests of the gate say again and again.
#
#     my $gate = Idv::Gate->new($site);
#     $gate->refuses($client, '/some/path', 'ann, not verified');
#     $gate->admits($verified, '/some/path', 'ann');
#     $gate->nothing_passed;
#
# Each refused request has a mark in its address; nothing_passed() says at the
# end that no application has seen one, however late it was.

use strict;
use warnings;

use Test::More;


sub new {
    my ($class, $site) = @_;

    return bless { site => $site, marks => [] }, $class;
}


# an address that must never arrive

sub mark {
    my ($self, $path) = @_;

    my $mark = 'refused' . @{$self->{marks}};
    push @{$self->{marks}}, $mark;

    return $path . ($path =~ /\?/ ? '&' : '?') . "mark=$mark";
}


# what every refusal of the gate is; returns its JSON

sub refused {
    my ($self, $answer, $name) = @_;

    my $json = $answer->json;

    is($answer->status, 403, "$name: 403");
    is($answer->header('Cache-Control'), 'no-store', "$name: not stored");
    is(ref $json, 'HASH', "$name: with JSON");

    return $json || {};
}


# a program gets a flow

sub refuses {
    my ($self, $client, $path, $name, @headers) = @_;

    my $json = $self->refused(
        $client->get($self->mark($path), @headers), $name);

    is($json->{status}, 'ID_VERIFICATION_DEVICE', "$name: and a flow");

    return $json;
}


# no flow, but that error

sub denies {
    my ($self, $client, $path, $code, $name, @headers) = @_;

    my $json = $self->refused(
        $client->get($self->mark($path), @headers), $name);

    is($json->{code}, $code, "$name: $code");
    ok(!exists $json->{status}, "$name: no flow");

    return $json;
}


sub admits {
    my ($self, $client, $path, $name, @headers) = @_;

    my $answer = $client->get($path, @headers);

    is($answer->status, 200, "$name: let through");

    return $answer;
}


# files are logs of applications, beside the usual one

sub nothing_passed {
    my ($self, @files) = @_;

    my @seen = grep { /mark=refused/ } $self->{site}->app_requests,
        map { split /\n/, $self->{site}->nginx->read_file($_) } @files;

    is("@seen", '', 'no application has seen a request that was refused');
    cmp_ok(scalar @{$self->{marks}}, '>', 0, 'of which there were some');
}


1;
