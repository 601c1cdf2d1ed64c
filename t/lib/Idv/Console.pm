package Idv::Console;

# The console of a house, and who uses it: adm and amy are administrators,
# vic is a viewer, and ann, bob and eve have no role.
#
#     my $console = Idv::Console->new;              # at the local service
#     my $console = Idv::Console->new(peer => ...); # or somebody else
#
#     my $answer = $console->get('adm', 'users/ann');
#     my $answer = $console->change('adm', 'users/ann/reset', {});
#     $console->refused($answer, 403, 'ROLE_REQUIRED', 'a name');
#     is_deeply([$console->told], [...]);           # lines of the audit log
#
# reviews => 0 leaves out the queue; console adds directives to the location.

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Idv::HTTP;
use Idv::Site;

my $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, %arg) = @_;

    my $directives = delete $arg{console} // '';
    my $reviews = delete $arg{reviews} // 1;

    $directives .= ' idv_console_reviews '
        . 'http://127.0.0.1:%%PORT_service%%/_control/reviews;' if $reviews;

    my $site = Idv::Site->new(
        %arg,
        people => { adm => {}, amy => {}, vic => {}, %{$arg{people} || {}} },
        http => ($arg{http} // '') . <<'END',

    map $remote_user $console_role {
        adm  administrator;
        amy  administrator;
        vic  viewer;
        bob  Administrator;
    }
END
        locations => ($arg{locations} // '') . <<"END");

        location /console/ {
            auth_idv_console_role \$console_role;
            idv_console           local;
            idv_console_audit     %%DIR%%/audit.log;
            $directives
        }
END

    return bless { site => $site, seen => 0 }, $class;
}


sub site { $_[0]{site} }
sub nginx { $_[0]{site}->nginx }
sub service { $_[0]{site}->service }


sub client {
    my ($self, $who) = @_;

    return $self->{clients}{$who} ||= $self->site->client($who);
}


# of the JSON API

sub get {
    my ($self, $who, $path, @headers) = @_;

    return $self->client($who)->get("/console/api/$path", @headers);
}


# the same, and it has to be good

sub read {
    my ($self, $who, $path) = @_;

    my $answer = $self->get($who, $path);

    is($answer->status, 200, "$path: 200") or diag($answer->body);

    return $answer->json || {};
}


# change(WHO, PATH, INPUT, Name => value ...); undef leaves a header out

sub change {
    my ($self, $who, $path, $input, @headers) = @_;

    my %headers = ('Content-Type' => 'application/json',
        'X-IDV-Console' => '1', @headers);
    my $method = delete $headers{-method} || 'POST';

    return $self->client($who)->request($method, "/console/api/$path",
        %headers, -body => ref $input ? $json->encode($input) : $input // '');
}


# a form as a page of the console has it, with a token of that user

sub form {
    my ($self, $who, $path, $fields, @headers) = @_;

    my %fields = (token => $self->token($who), %$fields);

    return $self->client($who)->post("/console/$path",
        join('&', map { "$_=" . escape($fields{$_}) }
                  grep { defined $fields{$_} } sort keys %fields),
        'Content-Type' => 'application/x-www-form-urlencoded', @headers);
}


sub token {
    my ($self, $who) = @_;

    my $page = $self->client($who)->get('/console/verifyPolicies/new');

    return $page->body =~ /name="token" value="([^"]+)"/ ? $1 : '';
}


sub escape {
    my ($text) = @_;

    $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;

    return $text;
}


# an error of ours; its details are returned

sub refused {
    my ($self, $answer, $status, $code, $name) = @_;

    my $got = $answer->json || {};

    is($answer->status, $status, "$name: $status") or diag($answer->body);
    is($got->{code}, $code, "$name: $code");
    ok(defined $got->{message} && !exists $got->{provider}, "$name: by us");

    return $got->{details} || [];
}


# an error of the provider

sub theirs {
    my ($self, $answer, $status, $code, $name) = @_;

    my $got = $answer->json || {};

    is($answer->status, $status, "$name: $status") or diag($answer->body);
    is($got->{code}, 'PROVIDER_REFUSED', "$name: told by us");
    is($got->{provider}{code}, $code, "$name: $code");

    return $got->{provider} || {};
}


# the lines of the audit log since this was asked last, without their times

sub told {
    my ($self) = @_;

    my @lines = split /\n/, $self->nginx->read_file('audit.log'), -1;
    pop @lines;

    my @new = map { $json->decode($_) } @lines[$self->{seen} .. $#lines];
    $self->{seen} = @lines;

    for my $line (@new) {
        my $time = delete $line->{time} // '';

        like($time, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'a line has a time')
            if $time !~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
    }

    return @new;
}


1;
