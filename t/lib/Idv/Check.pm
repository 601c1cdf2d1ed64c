package Idv::Check;

# What is true of every answer of the flow API, as one test point each.
#
#     state_is($flow, 'ID_VERIFICATION_REQUIRED', 'the code is there');
#     error_is($answer, 404, 'RESOURCE_NOT_FOUND', undef, 'not hers');
#     untouched($flow, sub { ... }, 'a body that is no JSON');
#
# state_is() knows the design's table of states: the actions that are offered
# and the members that may be there.

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

our @EXPORT = qw(state_is error_is untouched same_elsewhere both_workers);

my @always = qw(id pluginTypeId status _links);

my @required = qw(qrUrl verificationCode webVerificationUrl txStatus expiresAt
                  sameDevice newTab notificationMethod errorDetails errJson);

# status => [actions, members that must be there, members that may]

my %states = (
    ID_VERIFICATION_DEVICE =>
        [[qw(cancelAuthentication deviceAuthentication)], [], []],
    ID_VERIFICATION_OPTIONS =>
        [[qw(cancelAuthentication optionsAuthentication retryVerification)],
         [qw(emails phones forcePolicy)], []],
    ID_VERIFICATION_REQUIRED =>
        [[qw(cancelAuthentication poll retryVerification)],
         [@required[0 .. 4]], [@required[5 .. $#required]]],
    ID_VERIFICATION_IN_PROGRESS =>
        [[qw(cancelAuthentication poll)], [], []],
    ID_VERIFICATION_COMPLETED =>
        [[qw(continueAuthentication)], [], []],
    ID_VERIFICATION_FAILED =>
        [[qw(cancelAuthentication retryVerification)],
         [qw(errorDetails)], [qw(txId)]],
    ID_VERIFICATION_TIMED_OUT =>
        [[qw(cancelAuthentication retryVerification)], [], []],
    RESUME => [[], [qw(resumeUrl)], []],
    COMPLETED => [[], [qw(authorizeResponse)], []],
    FAILED => [[], [qw(code message userMessage)], []],
);


# what is wrong with an answer that has to be JSON; the first value is for the
# members

sub form {
    my ($answer) = @_;

    my $json = $answer->json;
    my @wrong;

    push @wrong, 'no object: ' . substr($answer->body, 0, 80)
        if ref $json ne 'HASH';
    push @wrong, 'type ' . ($answer->header('Content-Type') // 'none')
        if ($answer->header('Content-Type') // '') ne 'application/json';
    push @wrong, 'may be stored'
        if ($answer->header('Cache-Control') // '') ne 'no-store';
    push @wrong, 'length'
        if ($answer->header('Content-Length') // -1) != length $answer->body;

    return (ref $json eq 'HASH' ? $json : {}, @wrong);
}


sub report {
    my ($name, @wrong) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 2;

    return ok(!@wrong, $name) || diag(map { "    $_\n" } @wrong);
}


# the flow's last answer is that state, whole and with nothing more

sub state_is {
    my ($flow, $status, $name) = @_;

    my ($json, @wrong) = form($flow->answer);
    my ($actions, $must, $may) = @{$states{$status}};

    my %known = map { $_ => 1 } @always, @$must, @$may, '_pf_authn_api_state';

    push @wrong, "status " . ($json->{status} // 'none') . ", not $status"
        if ($json->{status} // '') ne $status;
    push @wrong, map { "no $_" } grep { !exists $json->{$_} } @always, @$must;
    push @wrong, map { "$_ is there" } grep { !$known{$_} } sort keys %$json;
    push @wrong, map { "$_ is null" }
        grep { !defined $json->{$_} } sort keys %$json;
    push @wrong, "id" if ($json->{id} // '') !~ /^[A-Za-z0-9]{1,30}$/;

    my $links = $json->{_links} || {};
    my @offered = grep { $_ ne 'self' } sort keys %$links;
    my $self = $links->{self}{href} // '';

    push @wrong, "offers @offered, not @$actions"
        if "@offered" ne "@$actions";
    push @wrong, "links differ"
        if grep { ($_->{href} // '') ne $self } values %$links;
    push @wrong, "self is $self"
        if $self !~ m{^https?://[^/]+/.*/\Q@{[$json->{id} // '']}\E$};

    return report($name, @wrong, required($json));
}


# what clients rely on where there is a code to scan

sub required {
    my ($json) = @_;

    my @wrong;

    return if ($json->{status} // '') ne 'ID_VERIFICATION_REQUIRED';

    push @wrong, 'verificationCode'
        if ($json->{verificationCode} // '') !~ /^\d+$/;
    push @wrong, 'webVerificationUrl has no "?"'
        if ($json->{webVerificationUrl} // '') !~ m{^https?://[^?]+\?};
    push @wrong, 'qrUrl is no image'
        if ($json->{qrUrl} // '') !~ m{^https?://.+/qr$|^data:image/};
    push @wrong, 'expiresAt'
        if ($json->{expiresAt} // '') !~ /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
    push @wrong, 'errJson without errorDetails'
        if exists $json->{errJson} != exists $json->{errorDetails};

    return @wrong;
}


# error_is(ANSWER, HTTP STATUS, CODE, CODE OF THE DETAIL or undef, NAME)

sub error_is {
    my ($answer, $status, $code, $detail, $name) = @_;

    my ($json, @wrong) = form($answer);

    push @wrong, 'HTTP ' . $answer->status . ", not $status"
        . ($answer->error ? ': ' . $answer->error : '')
        if $answer->status != $status;
    push @wrong, 'code ' . ($json->{code} // 'none') . ", not $code"
        if ($json->{code} // '') ne $code;
    push @wrong, 'no message' if ($json->{message} // '') eq '';
    push @wrong, 'has a status' if exists $json->{status};

    my ($is) = map { $_->{code} } @{$json->{details} || []};

    push @wrong, 'detail ' . ($is // 'none') . ', not ' . ($detail // 'none')
        if ($is // '') ne ($detail // '');

    # the widget reads this of each detail, and dies without

    push @wrong, 'a detail without userMessage'
        if grep { ($_->{userMessage} // '') eq '' } @{$json->{details} || []};

    push @wrong, 'no Retry-After' if $status =~ /^(?:503|429)$/
        && ($answer->header('Retry-After') // '') !~ /^[1-9]\d*$/;
    push @wrong, 'retryAfter is not what the header says'
        if ($json->{retryAfter} // '') ne ($answer->header('Retry-After') // '');

    return report($name, @wrong);
}


# the flow is afterwards what it was before

sub untouched {
    my ($flow, $what, $name) = @_;

    $flow->read;
    my $before = $flow->answer->body;

    $what->();

    $flow->read;

    my @wrong;
    push @wrong, "was $before", 'is ' . $flow->answer->body
        if $flow->answer->body ne $before;

    return report("$name: the flow is untouched", @wrong);
}


# a read of the flow, on whatever worker, says what its last answer said

sub same_elsewhere {
    my ($flow, $name) = @_;

    my $before = $flow->answer->body;
    my @wrong;

    for (1 .. 3) {
        $flow->read;
        push @wrong, "was $before", 'is ' . $flow->answer->body
            if $flow->answer->body ne $before;
    }

    return report($name, @wrong);
}


sub both_workers {
    my ($site) = @_;

    return cmp_ok(scalar keys %{$site->{met}}, '>=', 2,
        'the flows were in the hands of both workers');
}


1;
