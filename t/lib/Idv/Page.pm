package Idv::Page;

# A browser without JavaScript on the hosted page: it follows redirects, reads
# what is shown, presses buttons and reloads when it is told to.
#
#     my $page = Idv::Page->new(site => $site, user => 'ann');
#     $page->open('/some/page');
#     $page->press('idv-other');
#     is($page->heading, 'Scan the code with your phone');

use strict;
use warnings;

use Time::HiRes qw(time sleep);


sub new {
    my ($class, %arg) = @_;

    my $self = bless { headers => [], %arg }, $class;

    $self->{client} ||= $self->{site}->client($self->{user});

    return $self;
}


sub client { $_[0]{client} }
sub answer { $_[0]{answer} }
sub status { $_[0]{answer}->status }
sub path { $_[0]{path} }
sub hops { @{$_[0]{hops}} }

sub html {
    my ($self) = @_;

    my $html = $self->{answer}->body;
    utf8::decode($html);

    return $html;
}


# as a click on a link: from nowhere, or from this site

sub open {
    my ($self, $path, @headers) = @_;

    $self->{hops} = [];

    return $self->load('GET', $path, @{$self->{headers}},
        'Accept' => 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
        'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document',
        'Sec-Fetch-Site' => 'same-origin', @headers);
}


sub load {
    my ($self, $method, $path, @given) = @_;

    my ($answer, @headers, %at);

    # of two headers of one name the later counts

    while (my ($name, $value) = splice(@given, 0, 2)) {
        my $i = $at{lc $name} //= @headers;
        @headers[$i, $i + 1] = ($name, $value);
    }

    for (1 .. 8) {
        $answer = $self->client->request($method, $path, @headers);
        $self->{path} = $path;

        last if $answer->status !~ /^30[1-3]$/;

        my $next = $answer->header('Location');
        push @{$self->{hops}}, $next;

        $next =~ s{^http://127\.0\.0\.1:$self->{client}{port}(?=/)}{};
        last if $next !~ m{^/};

        # a form becomes a plain request

        if ($method ne 'GET') {
            my @plain;
            while (my ($name, $value) = splice(@headers, 0, 2)) {
                push @plain, $name, $value
                    unless $name =~ /^(?:-body|content-type|origin)$/i;
            }
            @headers = @plain;
        }

        ($method, $path) = ('GET', $next);
    }

    $self->{answer} = $answer;
    $self->remember;

    return $self;
}


# what no log may have

sub remember {
    my ($self) = @_;

    my $nginx = $self->{site}->nginx;

    $nginx->forbid($self->client->cookie_values);
    $nginx->forbid($self->code) if defined $self->code;
    $nginx->forbid($1) if $self->html =~ /name="csrf" value="([^"]+)"/;

    $self->{site}->service->link(unescape($1))
        if $self->html =~ /href="([^"]*[?&;]txnid=[^"]*)"/;
}


sub text {
    my ($html) = @_;

    $html =~ s/<[^>]*>//g;

    return unescape($html);
}


sub unescape {
    my ($text) = @_;

    my %entity = (amp => '&', lt => '<', gt => '>', quot => '"', '#39' => "'");

    $text =~ s/&(amp|lt|gt|quot|#39);/$entity{$1}/g;

    return $text;
}


sub find {
    my ($self, $pattern) = @_;

    return $self->html =~ $pattern ? text($1) : undef;
}


sub view { $_[0]->find(qr/<main [^>]*class="([^"]*)"/) // '' }
sub heading { $_[0]->find(qr{<h1>(.*?)</h1>}s) // '' }
sub alert { $_[0]->find(qr{role="alert"[^>]*>(.*?)</div>}s) }
sub code { $_[0]->find(qr{id="idv-code"[^>]*>(.*?)</}s) }
sub lang { $_[0]->find(qr/<html lang="([^"]*)"/) // '' }
sub dir { $_[0]->find(qr/<html [^>]*dir="([^"]*)"/) // '' }
sub words { text($_[0]->html =~ m{<main\b(.*)</main>}s ? "<$1" : '') }


# where an element with that id leads to

sub link {
    my ($self, $id) = @_;

    return $self->find(qr/<a id="$id"[^>]* href="([^"]*)"/s);
}


# where the page goes by itself, and after how many seconds

sub refresh {
    my ($self) = @_;

    my ($after, $url) = $self->html
        =~ /<meta http-equiv="refresh" content="(\d+);url=([^"]*)">/
        or return;

    return ($after, unescape($url));
}


# the forms: path, hidden fields, and buttons by id or by number

sub forms {
    my ($self) = @_;

    my ($html, @forms) = $self->html;

    while ($html =~ m{<form [^>]*action="([^"]*)"[^>]*>(.*?)</form>}sg) {
        my ($path, $inside) = (unescape($1), $2);
        my (%field, @buttons);

        $field{unescape($1)} = unescape($2) while $inside
            =~ /<input type="hidden" name="([^"]*)" value="([^"]*)">/g;

        while ($inside =~ m{<button\b([^>]*)>(.*?)</button>}sg) {
            my ($attributes, $label) = ($1, $2);
            my %has = $attributes =~ /(\w+)="([^"]*)"/g;

            push @buttons, { id => $has{id} // '', name => $has{name},
                value => unescape($has{value} // ''), label => text($label) };
        }

        push @forms, { path => $path, fields => \%field,
                       buttons => \@buttons };
    }

    return @forms;
}


sub buttons {
    my ($self) = @_;

    return map { @{$_->{buttons}} } $self->forms;
}


# (path, fields) of what a button sends; it is named by id or label

sub button {
    my ($self, $name) = @_;

    for my $form ($self->forms) {
        for my $button (@{$form->{buttons}}) {
            next if $button->{id} ne $name && $button->{label} !~ /^\Q$name\E/;

            my %field = %{$form->{fields}};
            $field{$button->{name}} = $button->{value}
                if defined $button->{name};

            return ($form->{path}, \%field);
        }
    }

    return;
}


sub encode {
    my ($field) = @_;

    return join '&', map {
        my ($name, $value) = ($_, $field->{$_});
        s/([^A-Za-z0-9_.~-])/sprintf('%%%02X', ord $1)/ge for $name, $value;
        "$name=$value";
    } sort keys %$field;
}


sub press {
    my ($self, $name, @headers) = @_;

    my ($path, $field) = $self->button($name)
        or die "there is no button \"$name\" on \"" . $self->heading . "\"\n";

    return $self->send($path, $field, @headers);
}


sub send {
    my ($self, $path, $field, @headers) = @_;

    $self->{hops} = [];

    return $self->load('POST', $path, @{$self->{headers}},
        'Content-Type' => 'application/x-www-form-urlencoded',
        'Accept' => 'text/html',
        'Origin' => "http://127.0.0.1:$self->{client}{port}",
        'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document',
        'Sec-Fetch-Site' => 'same-origin', -body => encode($field), @headers);
}


# reloads where the page goes by itself, until it shows that view or, given a
# sub, that is true

sub wait_for {
    my ($self, $view, $seconds) = @_;

    my $deadline = time + ($seconds || 15);

    while (ref $view ? !$view->() : $self->view ne $view) {
        my (undef, $url) = $self->refresh;

        return 0 if !defined $url || time > $deadline;

        sleep 0.1;
        $self->open($url);
    }

    return 1;
}


sub flow_id {
    my ($self) = @_;

    return $self->html =~ /flowId=([A-Za-z0-9]{22})/
           || $self->html =~ /name="flowId" value="([A-Za-z0-9]{22})"/
        ? $1 : undef;
}


# the transaction, as the phone learns it

sub transaction {
    my ($self) = @_;

    return $self->html =~ /[?&;]txnid=([0-9a-f-]{36})/ ? $1 : undef;
}


# what happens on the phone, for the transaction shown last

sub phone {
    my ($self, $status, %more) = @_;

    $self->{transaction} = $self->transaction // $self->{transaction};

    return $self->{site}->service->set($self->{transaction}, $status, %more);
}


1;
