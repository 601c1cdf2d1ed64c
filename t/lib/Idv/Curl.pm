package Idv::Curl;

# curl: for HTTP/2, which Idv::HTTP does not speak, and as what people use.
#
#     my $h2 = Idv::Curl->new(port => $port, basic => 'ann:ann');
#     my $answer = $h2->get('/', Cookie => 'a=b');
#     $answer->status, $answer->header('Location'), $answer->json
#
# tls => path of the CA's certificate: over TLS, by ALPN; else by prior
# knowledge.  version => 1.1 is HTTP/1.1.  An answer of another version has
# status 0.

use strict;
use warnings;

use File::Temp ();

use Idv::HTTP::Response;


sub new {
    my ($class, %arg) = @_;

    return bless { headers => [], version => 2, %arg,
        dir => File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1),
    }, $class;
}


sub get { shift->request('GET', @_) }


sub request {
    my ($self, $method, $path, @headers) = @_;

    my @options = $self->{tls}
        ? ("--http$self->{version}", '--cacert', $self->{tls})
        : $self->{version} == 2 ? '--http2-prior-knowledge' : '--http1.1';

    push @options, $method eq 'HEAD' ? '-I' : ('-X', $method);

    @headers = (@{$self->{headers}}, @headers);

    while (my ($name, $value) = splice(@headers, 0, 2)) {
        if ($name eq '-body') {
            $self->write('sent', $value);
            push @options, '--data-binary', '@' . "$self->{dir}/sent";
            next;
        }
        push @options, '-H', defined $value ? "$name: $value" : "$name:";
    }

    push @options, '-u', $self->{basic} if $self->{basic};

    unlink "$self->{dir}/head", "$self->{dir}/body";

    my $scheme = $self->{tls} ? 'https' : 'http';
    my $host = $self->{host} // '127.0.0.1';

    system('curl', '-q', '-s', '--path-as-is', '--noproxy', '*', '-m', 20,
        '-D', "$self->{dir}/head", '-o', "$self->{dir}/body", @options,
        "$scheme://$host:$self->{port}$path");

    return $self->answer($method);
}


sub write {
    my ($self, $name, $bytes) = @_;

    open my $file, '>:raw', "$self->{dir}/$name" or die "$name: $!";
    print $file $bytes;
    close $file or die "$name: $!";
}


sub slurp {
    my ($self, $name) = @_;

    open my $file, '<:raw', "$self->{dir}/$name" or return '';
    local $/;

    return scalar(<$file>) // '';
}


sub answer {
    my ($self, $method) = @_;

    my $response = Idv::HTTP::Response->new($method);

    # of several heads (100 Continue) the last is the answer's
    my ($head) = reverse split /(?:\r\n){2,}/, $self->slurp('head');

    if (!defined $head
        || $head !~ s{^HTTP/\Q$self->{version}\E (\d+)}{HTTP/1.1 $1})
    {
        $response->fail("no HTTP/$self->{version}");
        return $response;
    }

    $response->parse_head($head);
    $response->{body} = $self->slurp('body') if $method ne 'HEAD';
    $response->{complete} = 1;

    return $response;
}


1;
