package Idv::Log;

# An nginx error log at debug level, and what must not be in it.
#
# nginx's own debug lines show whole requests, headers and variables: what they
# say of secrets is not our doing.  So lines of level debug count only if the
# modules wrote them, and all others count whoever wrote them.

use strict;
use warnings;


sub new {
    my ($class, $path) = @_;

    return bless { path => $path }, $class;
}


sub text {
    my ($self) = @_;

    return $self->since(0);
}


sub mark { (-s $_[0]{path}) || 0 }


sub since {
    my ($self, $mark) = @_;

    open my $file, '<:raw', $self->{path} or return '';
    seek $file, $mark, 0;
    local $/;

    return scalar(<$file>) // '';
}


# Calls $visit->(line, level, message, core?) for each; core? says that nginx
# itself debugs there.  A line that is not in nginx's form has no level: it goes
# on the line before it, as in a dump of headers, or is a sanitizer's.

sub each_line {
    my ($self, $visit) = @_;

    open my $file, '<:raw', $self->{path} or return;

    my $core;

    while (my $line = <$file>) {
        chomp $line;

        my ($level, $message) = $line =~ m{
            ^ \d{4}/\d\d/\d\d \s \d\d:\d\d:\d\d \s \[(\w+)\] \s
            \d+\#\d+: \s (?:\*\d+\s)? (.*) $ }xs;

        if (defined $level) {
            $core = $level eq 'debug' && $message !~ /^idv/;
            $visit->($line, $level, $message, $core);

        } else {
            $visit->($line, '', $line, $core);
        }
    }
}


sub alerts {
    my ($self, @allowed) = @_;

    my @lines;

    $self->each_line(sub {
        my ($line, $level, $message) = @_;

        return unless $level =~ /^(?:alert|crit|emerg)$/;
        return if grep { $message =~ $_ } @allowed;

        push @lines, $line;
    });

    return @lines;
}


sub reports {
    my ($self) = @_;

    my @lines;

    $self->each_line(sub {
        my ($line, $level) = @_;

        push @lines, $line
            if $level eq ''
               && $line =~ /Sanitizer|: runtime error: |^rig: /;
    });

    return @lines;
}


# "pid code" of each worker that did not exit with 0 or is not known to have

sub failed_workers {
    my ($self) = @_;

    my (%started, @failed);

    $self->each_line(sub {
        my ($line, $level, $message) = @_;

        $started{$1} = 1 if $message =~ /^start worker process (\d+)/;

        if ($message =~ /^worker process (\d+) exited with code (\d+)/) {
            delete $started{$1};
            push @failed, $1 if $2 != 0;
        }
    });

    return (@failed, sort keys %started);
}


sub leaks {
    my ($self, @forbidden) = @_;

    my @leaks;
    my %seen;
    my @values = grep { !$seen{$_}++ } @forbidden;

    return unless @values;

    my $any = join '|', map { quotemeta } sort { length $b <=> length $a }
        @values;

    $self->each_line(sub {
        my ($line, $level, $message, $core) = @_;

        return if $core;

        push @leaks, "\"$1\" in: " . substr($line, 0, 300)
            if $line =~ /($any)/;
    });

    return @leaks;
}


# what the modules said since a mark, "level: message" each; debug left out

sub said {
    my ($self, $mark) = @_;

    return map { "$1: $2" if m{
            ^ \d{4}/\d\d/\d\d \s \d\d:\d\d:\d\d \s \[(?!debug)(\w+)\] \s
            \d+\#\d+: \s (?:\*\d+\s)? (idv: .*) $ }xs }
        grep { /: idv: / || /: \*\d+ idv: / }
        grep { !/ \[debug\] / } split /\n/, $self->since($mark || 0);
}


# the end of it, without debug lines

sub excerpt {
    my ($self) = @_;

    my @lines;

    $self->each_line(sub {
        my ($line, $level, $message, $core) = @_;

        return if $core;

        push @lines, substr($line, 0, 300);
        shift @lines if @lines > 40;
    });

    return join "\n", @lines, '';
}


1;
