#!/usr/bin/perl

# The documents tell what the code does: t/tools/check-docs compares them.  Each
# of its comparisons is shown to fail here, in a copy in which one thing has
# been changed: what no longer sees a difference is found out.  (Columns and the
# length of files are in t/source_style.t.)

# variants: plain

use strict;
use warnings;

use File::Temp ();
use Test::More;

my $top = $ENV{IDV_TOP};
my $check = "$top/t/tools/check-docs";

my $said = check($top);
is($said, '', 'documents and code agree');

my $copy = File::Temp::tempdir('idv-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

system('cp', '-r', (grep { -e } map { "$top/$_" }
    qw(README.md CHANGELOG.md LICENSE docs conf-examples src t)), $copy) == 0
    or die "cannot copy $top";

# what the original lacks, the copy lacks too

my %known = map { $_ => 1 } split /\n/, $said;

# [file, what goes, what comes, what is said]

my @changes = (
    ['docs/directives.md', qr/^### read_rate$/m, '### rate',
        'directive "read_rate"'],
    ['docs/directives.md', qr/^### read_rate\n\n    syntax:  read_rate/m,
        "### rate\n\n    syntax:  rate", 'directive "rate"'],
    ['src/ngx_http_idv_conf_table.c', qr/"attempts"/, '"tries"',
        'directive "tries"'],
    ['src/ngx_http_idv_conf_table.c', qr/ngx_command_t  ngx_http_idv_commands/,
        'ngx_command_t  ngx_http_idv_orders', 'no table ngx_http_idv_commands'],
    ['src/service/ngx_http_idv_service_module.c', qr/"idv_service_echo"/,
        '"idv_service_mirror"', 'directive "idv_service_mirror"'],
    ['docs/directives.md', qr/(### auth_idv\n.*?context: )http, /s, '$1',
        'auth_idv may stand in http location server'],
    ['docs/directives.md', qr/(### attempts\n.*?default: )3/s, '${1}4',
        'the default of attempts is 3'],
    ['src/ngx_http_idv_conf_provider.c', qr/session_lifetime, 8 \*/,
        'session_lifetime, 9 *', 'the default of session_lifetime'],
    ['src/ngx_http_idv_conf_provider.c', qr/ngx_conf_init_/, 'ngx_init_',
        'no default of a directive', 'every'],
    ['docs/directory.md', qr/^### fail_timeout\n\n    syntax:  fail_timeout/m,
        "### fail_time\n\n    syntax:  fail_time",
        'directive "idv_ldap fail_time"'],
    ['src/ngx_http_idv_conf_ldap_check.c', qr/ldap->fail_timeout, 10000/,
        'ldap->fail_timeout, 9000', 'the default of idv_ldap fail_timeout'],
    ['docs/directory.md', qr/(### scope\n.*?default: )sub/s, '${1}one',
        'the default of idv_ldap scope'],
    ['src/web/ngx_http_idv_claims.c', qr/"idv_verified_at"/, '"idv_verified"',
        'variable "idv_verified"'],
    ['src/web/ngx_http_idv_claims.c', qr/"verified_at"/, '"verified_on"',
        'does not tell of verified_on'],
    ['docs/directives.md', qr/`\$idv_policy`/, '`$idv_rule`',
        'variable "idv_rule"'],
    ['src/model/idv_claims.c', qr/"birthDate"/, '"birthday"',
        'claim "birthday"'],
    ['docs/directives.md', qr/`birthDate`, /, '', 'claim "birthDate"'],
    ['docs/operations.md', qr/^\| `idv_polls_total`.*\n/m, '',
        'metric "idv_polls_total"'],
    ['src/web/ngx_http_idv_metrics.c', qr/idv_flows gauge/, 'idv_open gauge',
        'metric "idv_open"'],
    ['src/web/ngx_http_idv_page.c', qr/ngx_string\("logout"\)/,
        'ngx_string("leave")', 'path "/idv/leave GET, HEAD, POST"'],
    ['src/web/ngx_http_idv_flow_api.c', qr{"/qr"}, '"/code"',
        'path "{flowId}/code"'],
    ['docs/service.md', qr{`DELETE /_control/requests`}, '',
        'path "DELETE /_control/requests"'],
    ['src/service/idv_svc_route.c', qr/"_control\/clock"/, '"_control/time"',
        'path "POST /_control/time"'],
    ['docs/service.md', qr/^\| `GET \{tx\}\/appEvents` \| 200.*\n/m, '',
        'endpoint "GET /v1/environments/{}/users/{}/verifyTransactions/{}'
        . '/appEvents"'],
    ['docs/service.md', qr/(`DELETE \{user\}\/identityAssurance` \| 204 \|) done/,
        '$1 no', 'endpoint "DELETE /v1/environments/{}/users/{}'
        . '/identityAssurance 204"'],
    ['src/service/idv_svc_route.c',
        qr/(NGX_HTTP_GET)\|NGX_HTTP_POST(,\s+IDV_SVC_BEARER, idv_svc_gone)/,
        '$1, IDV_SVC_BEARER, idv_svc_gone',
        'endpoint "POST /v1/environments/{}/voicePhrases 410"'],
    ['src/model/idv_mrz.c', qr/"MRZ_SEX_INVALID"/, '"MRZ_SEX"',
        'finding "MRZ_SEX"'],
    ['docs/service.md', qr/^\| `DOCUMENT_ZONE_INVALID`.*\n/m, '',
        'finding "DOCUMENT_ZONE_INVALID"'],
    ['src/model/idv_record_match.c', qr/(LEAST_LOW\s+)550/, '${1}555',
        'least score "LOW 555"'],
    ['src/model/idv_record_match.c', qr/"birth_date", 4/, '"birth_date", 5',
        'weight "birth_date 5"'],
    ['t/unit/record_match.txt', qr/^name\t/m, "#\t", 'number of pairs'],
    ['docs/service.md', qr{(\| `liveness.retry.attempts` .*?)0 to 3},
        '${1}0 to 4',
        'member of a policy "`liveness.retry.attempts`; integer; 0 to 4'],
    ['src/service/idv_svc_model_table.c', qr/"voice.enrollment"/,
        '"voice.enrolment"', 'member of a policy "`voice.enrolment`'],
    ['src/service/idv_svc_model_table.c',
        qr/IDV_SVC_UNITS        "SECONDS MINUTES"/,
        'IDV_SVC_UNITS        "SECONDS HOURS"', 'word; `SECONDS`, `HOURS`'],
    ['src/service/idv_svc_type.c', qr/"Voice Input"/, '"Voice"',
        'type of document "`Voice`; voice; base64"'],
    ['docs/service.md', qr/`FACIAL_COMPARISON_DOCUMENT` \| document, selfie/,
        '`FACIAL_COMPARISON_DOCUMENT` | selfie',
        'check "`FACIAL_COMPARISON_DOCUMENT`; document, selfie'],
    ['src/service/idv_svc_check.c', qr/IDV_SVC_CHECK_EMAIL\)\|/,
        'IDV_SVC_CHECK_VOICE)|',
        'check "`DATA_BASED_IDENTITY_VERIFICATION`; ; `VOICE`, `PHONE`"'],
    ['src/service/idv_svc_words.c', qr/"DOCUMENT_EXPIRED"/, '"TOO_OLD"',
        'reason "TOO_OLD"'],
    ['src/service/idv_svc_model.c', qr/At least one field must/,
        'One field must', 'rule of policies "`identityRecordMatching`; One'],
    ['src/model/idv_flow_name.c', qr/"ID_VERIFICATION_TIMED_OUT"/,
        '"ID_VERIFICATION_LATE"', 'state "ID_VERIFICATION_LATE"'],
    ['src/model/idv_flow_name.c', qr/"poll"/, '"look"', 'action "look"'],
    ['src/model/idv_flow.c',
        qr/(IDV_BIT\(IDV_STATE_OPTIONS\),)\n    IDV_WAITING,/,
        "\$1\n    IDV_LIVE,", 'offer "poll in DEVICE"'],
    ['src/web/ngx_http_idv_flow_json.c', qr/"txStatus"/, '"state"',
        'member "state"'],
    ['docs/flow-api.md', qr/^\| `txId` .*\n/m, '', 'member txId of a state'],
    ['docs/flow-api.md', qr/`phone`: a value/, '`number`: a value',
        'member of an action "optionsAuthentication: number"'],
    ['src/web/ngx_http_idv_answer.c', qr/429, "REQUEST_FAILED"/,
        '430, "REQUEST_FAILED"', 'error "430 REQUEST_FAILED'],
    ['src/web/ngx_http_idv_answer.c', qr/401, "UNAUTHORIZED"/,
        '401, "NOBODY"', 'error "401 NOBODY'],
    ['src/web/ngx_http_idv_flow_api.c', qr/"FIELD_REQUIRED"/,
        '"FIELD_MISSING"', 'error "400 VALIDATION_ERROR FIELD_MISSING"'],
    ['docs/flow-api.md', qr/^\| 413 .*\n/m, '', 'error "413 INVALID_REQUEST'],
    ['src/web/ngx_http_idv_flow_json.c', qr/"SUBJECT_MISMATCH"/,
        '"WRONG_PERSON"', 'cause "WRONG_PERSON"'],
    ['src/ngx_http_idv_conf_connector.c', qr/60000/, '50000',
        'the default of idv_connector_timeout'],
    ['src/web/ngx_http_idv_connector.c', qr/"FORBIDDEN"/, '"NOT_YOU"',
        'connector\'s error "403 NOT_YOU"'],
    ['docs/connector.md', qr/^\| `HTTPS_ONLY` .*\n/m, '',
        'mistake "HTTPS_ONLY"'],
    ['src/model/idv_connector_table.c', qr/"Retry-After"/, '"Set-Cookie"',
        'header "Set-Cookie" is passed on'],
    ['src/web/ngx_http_idv_console_table.c', qr/"flow.cancel"/,
        '"flow.end"', 'operation of the console "POST flows/{flow}/cancel '
        . 'administrator flow.end'],
    ['src/web/ngx_http_idv_console_table.c',
        qr/"users\/\{user\}",(\s+)NGX_HTTP_IDV_CONSOLE_VIEWER/,
        '"users/{user}",${1}NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR',
        'operation of the console "GET users/{user} administrator'],
    ['docs/console.md', qr/^\| `GET reviews` .*\n/m, '',
        'operation of the console "GET reviews administrator'],
    ['src/web/ngx_http_idv_console_answer.c', qr/"CROSS_SITE"/, '"ELSEWHERE"',
        'console\'s error "403 ELSEWHERE"'],
    ['src/tools/idvctl', qr/'flows end', 'FLOW'/, "'flows stop', 'FLOW'",
        'command of idvctl "flows stop FLOW'],
    ['src/tools/idvctl', qr/reset', LASTS/, "start', LASTS",
        '"post users/{user}/start" is no operation'],
    ['src/tools/idvctl', qr/    \['policies test'.*?\],\n\n/s, "\n",
        'no command for "post verifypolicies/{policy}/test"'],
    ['src/tools/idvctl', qr/'not confirmed'/, "'not wanted'",
        'exit code of idvctl "4 not wanted"'],
    ['src/tools/idvctl', qr/\['cacert'/, "['trust'",
        'setting of idvctl "trust"'],
    ['t/fuzz/targets.h', qr/TARGET\(json,/, 'TARGET(yaml,',
        'fuzz target "yaml: '],
    ['docs/architecture.md', qr/^\| `cookie` .*\n/m, '',
        'fuzz target "cookie: '],
    ['README.md', qr{docs/security\.md\)}, 'docs/safety.md)',
        'docs/safety.md leads to no file'],
    ['docs/security.md', qr/^## Limits$/m, '## Bounds', 'leads to no heading'],
    ['docs/examples.md', qr/^\| \[step-up\.conf.*\n/m, '',
        'example "step-up.conf"'],
    ['src/model/idv_flow.c', qr/#include <string.h>/, '#include <ngx_core.h>',
        'includes ngx_core.h: calls go down'],
    ['src/store/idv_store.c', qr{"\.\./util/idv_crypto\.h"},
        '"../engine/idv_engine.h"', 'includes ../engine/idv_engine.h'],
    ['src/engine/idv_engine.c', qr/#include "idv_engine_job\.h"/,
        '#include "../ngx_http_idv_conf.h"', 'includes ../ngx_http_idv_conf.h'],
    ['docs/install.md', qr/^# Installation$/m, "# /" . "work/main",
        'names a place'],
    ['docs/install.md', qr/^# Installation$/m, 'https://registry.' . 'npm.org',
        'names a place'],
);

for my $change (@changes) {
    my ($file, $from, $to, $words, $every) = @$change;

    my $before = contents("$copy/$file");
    my $after = $before;
    my $done = 0;

    while ($after =~ s/$from/replaced($to, $1)/e) {
        $done++;
        last unless $every;
    }

    ok($done, "$file has what \"$words\" is about");

    write_file("$copy/$file", $after);

    my @new = grep { !$known{$_} } split /\n/, check($copy);
    ok(scalar(grep { index($_, $words) >= 0 } @new), "seen: $words")
        or diag(join "\n", @new);

    write_file("$copy/$file", $before);
}

# a document, or a part of the code, that is not there

for my $file (qw(docs/directives.md docs/flow-api.md docs/operations.md
                 docs/service.md src/model/idv_flow.c
                 src/web/ngx_http_idv_answer.c
                 src/ngx_http_idv_conf_table.c))
{
    rename "$copy/$file", "$copy/gone";
    like(check($copy), qr/\Q$file\E is missing/, "seen: no $file");
    rename "$copy/gone", "$copy/$file";
}

is(check($copy), $said, 'put back, it is as it was');

done_testing();


sub check {
    my ($dir) = @_;

    my $said = `$^X $check $dir 2>&1`;
    $said .= "exit code 0 with complaints\n" if $? == 0 && $said ne '';
    $said .= "exit code $? without complaints\n" if $? != 0 && $said eq '';

    return $said;
}


sub replaced {
    my ($to, $first) = @_;

    $to =~ s/\$\{?1\}?/$first/;

    return $to;
}


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
