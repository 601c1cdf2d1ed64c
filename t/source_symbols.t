#!/usr/bin/perl

# nginx opens modules with RTLD_GLOBAL: what one exports can take the place of
# another's function.  Ours export what nginx asks for and nothing else.

# variants: plain

use strict;
use warnings;

use Test::More;

for my $module (qw(ngx_http_idv_module ngx_http_idv_service_module)) {
    my @exported = sort map { /\s(\S+)$/ ? $1 : () }
        `nm -D --defined-only $ENV{IDV_MODULES}/$module.so`;

    is("@exported", 'ngx_module_names ngx_module_order ngx_modules',
        "$module.so exports what nginx looks for");

    # the linker takes nginx's own for granted, and with them any of ours

    my @undefined = sort grep { /idv/ } map { /\s(\S+)$/ ? $1 : () }
        `nm -D --undefined-only $ENV{IDV_MODULES}/$module.so`;

    is("@undefined", '', "$module.so has all of its own");
}

done_testing();
