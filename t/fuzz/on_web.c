
/*
 * Copyright (C) nginx-idv authors
 *
 * What clients send to web/: cookies, addresses, languages, contacts, forms.
 */


#include "sealed.h"

#include "web/ngx_http_idv_page.h"


#define COOKIE_HOST     "shop.example"
#define COOKIE_HEADERS  16
#define COOKIE_NAME     "idv_house"


static idv_flow_t  web_flow;


static void
web_start(u_char subject[16])
{
    ngx_str_t   name = ngx_string("ann");

    memset(&web_flow, 0, sizeof(web_flow));

    memset(web_flow.id, 'f', IDV_FLOW_ID_LEN);
    web_flow.state = IDV_STATE_ENDED;
    web_flow.tx_status = IDV_TX_SUCCESS;
    web_flow.entered = FUZZ_NOW - 5;
    memset(web_flow.tx, 7, sizeof(web_flow.tx));

    must(ngx_http_idv_subject_hash(&name, subject) == NGX_OK);
    memcpy(web_flow.subject, subject, 16);
}


static ngx_str_t
cookie_issue(const idv_provider_t *provider, ngx_uint_t header)
{
    ngx_str_t            claims, text;
    ngx_uint_t           i;
    ngx_http_request_t  *r;
    ngx_table_elt_t     *h;

    ngx_str_set(&claims, "{\"firstName\":\"Ann\"}");

    r = house_request(COOKIE_HOST);

    must(ngx_http_idv_session_issue(r, provider, &web_flow, &claims,
                                    header ? &text : NULL)
         == NGX_OK);

    if (header) {
        return text;
    }

    h = r->headers_out.headers.part.elts;

    for (i = 0; i < r->headers_out.headers.part.nelts; i++) {
        if (h[i].key.len == sizeof("Set-Cookie") - 1
            && sealed_cookie(&h[i].value, COOKIE_NAME, 0, &text) == NGX_OK)
        {
            return text;
        }
    }

    must(i < r->headers_out.headers.part.nelts);

    return text;
}


/* a record of any content: what the fixed fields say must be minded */

static ngx_str_t
cookie_record(const idv_provider_t *provider, fuzz_input_t *in,
    ngx_uint_t header)
{
    u_char      plain[4096], sealed[8192];
    ssize_t     n;
    ngx_str_t   aad, text, bytes;

    text = fuzz_rest(in);
    n = (ssize_t) ngx_min(text.len, sizeof(plain) / 2);
    memcpy(plain, text.data, (size_t) n);

    aad = sealed_aad(provider, COOKIE_HOST, header);

    n = idv_seal(&provider->keys[0], &aad, plain, (size_t) n, sealed);
    must(n > 0);

    bytes.data = sealed;
    bytes.len = (size_t) n;
    text.data = ngx_pnalloc(house_pool, ngx_base64_encoded_length(bytes.len));
    ngx_encode_base64url(&text, &bytes);

    return text;
}


/* edits: at a place, a byte is changed, taken out, or put in */

static ngx_str_t
cookie_edit(ngx_str_t text, fuzz_input_t *in)
{
    u_char      op, byte;
    size_t      at;
    ngx_str_t   copy;

    copy.data = ngx_pnalloc(house_pool, text.len + 256);
    copy.len = text.len;
    memcpy(copy.data, text.data, text.len);

    while (in->last - in->p >= 4 && copy.len > 0
           && copy.len < text.len + 255)
    {
        op = fuzz_byte(in);
        at = fuzz_byte(in) << 8;
        at = (at + fuzz_byte(in)) % copy.len;
        byte = fuzz_byte(in);

        switch (op % 4) {

        case 0:
            copy.data[at] = byte;
            break;

        case 1:
            copy.len--;
            memmove(copy.data + at, copy.data + at + 1, copy.len - at);
            break;

        case 2:
            memmove(copy.data + at + 1, copy.data + at, copy.len - at);
            copy.data[at] = byte;
            copy.len++;
            break;

        default:
            copy.len = at;
        }
    }

    return copy;
}


/* the values of a name, as the module finds them and as we do */

static ngx_uint_t
cookie_walk(ngx_http_request_t *r, const ngx_str_t *headers, ngx_uint_t n,
    ngx_str_t *first)
{
    ngx_str_t   name, value, mine;
    ngx_uint_t  i, k, pos, found;

    ngx_str_set(&name, COOKIE_NAME);
    ngx_str_null(first);

    pos = 0;
    found = 0;

    for (i = 0; i < n; i++) {
        for (k = 0;
             sealed_cookie(&headers[i], COOKIE_NAME, k, &mine) == NGX_OK;
             k++)
        {
            must(ngx_http_idv_cookie_next(r, &name, &pos, &value) == NGX_OK);
            must(value.len == mine.len
                 && memcmp(value.data, mine.data, mine.len) == 0);

            if (found++ == 0) {
                *first = mine;
            }
        }
    }

    must(ngx_http_idv_cookie_next(r, &name, &pos, &value) == NGX_DECLINED);

    return found;
}


void
fuzz_cookie(fuzz_input_t *in)
{
    u_char                   kind, subject[16], other[16];
    ngx_str_t                headers[COOKIE_HEADERS], text, first, json, line;
    ngx_str_t                sent, whole;
    ngx_uint_t               n, found;
    json_t                  *root;
    const idv_provider_t    *provider;
    ngx_http_request_t      *r;
    ngx_http_idv_session_t  *session;

    provider = house_provider("house");
    web_start(subject);
    memset(other, 1, sizeof(other));

    r = house_request(COOKIE_HOST);
    kind = fuzz_byte(in);
    n = 0;
    ngx_str_null(&sent);
    ngx_str_null(&whole);

    if (kind & 1) {

        /* one of ours, more or less */

        if (kind & 2) {
            text = cookie_record(provider, in, kind >> 2 & 1);

        } else {
            whole = cookie_issue(provider, kind >> 2 & 1);
            text = cookie_edit(whole, in);
        }

        if (kind & 4) {
            sent = text;
            house_header(r, "IDV-Session", &sent);

        } else {
            line.data = ngx_pnalloc(house_pool, text.len + 64);
            line.len = ngx_sprintf(line.data, COOKIE_NAME "=%V", &text)
                       - line.data;
            headers[n] = house_header(r, "cookie", &line)->value;
            n++;
        }

    } else {
        while (in->p < in->last && n < COOKIE_HEADERS) {
            line = fuzz_until(in, '\n');

            if (line.len && line.data[0] == 'H' && sent.data == NULL) {
                line.data++;
                line.len--;
                sent = house_header(r, "IDV-Session", &line)->value;

            } else {
                headers[n++] = house_header(r, "Cookie", &line)->value;
            }
        }
    }

    found = cookie_walk(r, headers, n, &first);

    session = ngx_http_idv_session(r, provider, (kind & 8) ? other : subject);

    /* what was not changed opens, for whom it is */

    must(session || whole.data == NULL || (kind & 8)
         || text.len != whole.len
         || memcmp(text.data, whole.data, whole.len) != 0);

    if (session == NULL) {
        return;
    }

    /* what opens was sealed by us, for this place and this person */

    must(!(kind & 8));

    if (session->header) {
        must(sent.data != NULL);
        must(sealed_opens(provider, COOKIE_HOST, 1, &sent));

    } else {
        must(found == 1);
        must(sealed_opens(provider, COOKIE_HOST, 0, &first));
    }

    must(memcmp(session->subject, subject, 16) == 0);
    must(session->issued <= FUZZ_NOW + 60 && session->seen <= FUZZ_NOW + 60);
    must(session->verified <= FUZZ_NOW + 60);
    must(session->expires > FUZZ_NOW);
    must(FUZZ_NOW - session->issued < provider->session_lifetime);
    must(provider->session_idle == 0
         || FUZZ_NOW - session->seen < provider->session_idle);
    must(session->claims.len < NGX_HTTP_IDV_MAX_COOKIE);

    must(ngx_http_idv_session_json(r, provider, session, &json) == NGX_OK);

    root = json_loadb((char *) json.data, json.len, 0, NULL);
    must(json_is_true(json_object_get(root, "active")));
    json_decref(root);
}


/* a text that was taken for an address of this host */

static void
path_check(const ngx_str_t *path)
{
    size_t  i;

    must(path->len > 0 && path->len <= IDV_FLOW_MAX_RETURN);
    must(path->data[0] == '/');
    must(sealed_same_origin(path->data, path->len));

    for (i = 0; i < path->len; i++) {
        must(path->data[i] > 0x20 && path->data[i] < 0x7f);
        must(strchr("\"<>\\", path->data[i]) == NULL);
    }
}


void
fuzz_path(fuzz_input_t *in)
{
    ngx_str_t   path;

    path = fuzz_rest(in);
    path = fuzz_copy(&path);

    if (ngx_http_idv_return_path(&path) == NGX_OK) {
        path_check(&path);

        /* and with what a page puts before and behind it */
        must(path.len == 1 || path.data[1] != '/');
    }
}


static ngx_uint_t
language_asked(const ngx_str_t *tag, const ngx_str_t *accept)
{
    size_t  i, k;

    for (i = 0; i < accept->len; i++) {
        for (k = 0; k < tag->len && tag->data[k] != '-'; k++) {
            if (i + k == accept->len
                || tolower(tag->data[k]) != tolower(accept->data[i + k]))
            {
                break;
            }
        }

        if (k == tag->len || tag->data[k] == '-') {
            return 1;
        }
    }

    return 0;
}


void
fuzz_language(fuzz_input_t *in)
{
    ngx_str_t                        accept, once;
    ngx_array_t                      langs;
    ngx_uint_t                       i;
    ngx_http_idv_page_lang_t        *all;
    const ngx_http_idv_page_lang_t  *lang;

    static const char *const  tags[] = {
        "en", "de", "ar", "pt-BR", "zh-Hant-TW", "de-AT"
    };

    ngx_array_init(&langs, house_pool, 8, sizeof(ngx_http_idv_page_lang_t));
    all = ngx_array_push_n(&langs, sizeof(tags) / sizeof(tags[0]));

    for (i = 0; i < langs.nelts; i++) {
        all[i].tag.data = (u_char *) tags[i];
        all[i].tag.len = strlen(tags[i]);
    }

    accept = fuzz_rest(in);
    accept = fuzz_copy(&accept);

    lang = ngx_http_idv_page_language(&langs, &accept);

    must(lang >= all && lang < all + langs.nelts);
    must(lang == all || language_asked(&lang->tag, &accept));

    /* nobody is given what they have ruled out */

    if (accept.len && accept.len < 64
        && memchr(accept.data, ',', accept.len) == NULL
        && memchr(accept.data, ';', accept.len) == NULL)
    {
        once.data = ngx_pnalloc(house_pool, accept.len + sizeof(";q=0"));
        once.len = ngx_sprintf(once.data, "%V;q=0", &accept) - once.data;

        must(ngx_http_idv_page_language(&langs, &once) == all);
    }
}


static void
contacts_check(ngx_uint_t contact, const ngx_str_t *list, ngx_str_t *address)
{
    size_t      i, ats;
    u_char     *at;
    ngx_str_t   masked;

    ats = 0;

    for (i = 0; i < address->len; i++) {
        if (contact == IDV_CONTACT_PHONE) {
            must(i == 0 ? address->data[i] == '+'
                        : (address->data[i] >= '0'
                           && address->data[i] <= '9'));
            continue;
        }

        must(address->data[i] > ' ' && address->data[i] < 0x7f);
        must(strchr("\"'<>\\;,", address->data[i]) == NULL);
        ats += (address->data[i] == '@');
    }

    must(ngx_http_idv_mask(house_pool, contact, address, &masked) == NGX_OK);

    if (contact == IDV_CONTACT_PHONE) {
        must(address->len >= 8 && address->len <= 16);
        must(masked.len == 12);
        must(memcmp(masked.data + 8, address->data + address->len - 4, 4)
             == 0);
        return;
    }

    must(ats == 1 && address->len >= 3 && address->len <= 254);
    must(memmem(list->data, list->len, address->data, address->len) != NULL);

    at = memchr(address->data, '@', address->len);
    must(at > address->data && at < address->data + address->len - 1);
    must(masked.len == 4 + (size_t) (address->data + address->len - at));
    must(masked.data[0] == address->data[0]);
    must(memcmp(masked.data + 1, "***@", 4) == 0);
}


void
fuzz_contacts(fuzz_input_t *in)
{
    u_char                    kind;
    ngx_str_t                 list, posted, opaque, chosen;
    ngx_int_t                 rc;
    ngx_uint_t                i, contact, known;
    idv_flow_t                flow, other;
    const idv_provider_t     *provider;
    ngx_http_request_t       *r;
    ngx_http_idv_contacts_t   contacts;

    provider = house_provider("house");

    memset(&flow, 0, sizeof(flow));
    memset(flow.id, 'f', IDV_FLOW_ID_LEN);
    other = flow;
    other.id[0] = 'g';

    kind = fuzz_byte(in);
    contact = (kind & 1) ? IDV_CONTACT_EMAIL : IDV_CONTACT_PHONE;

    list = fuzz_until(in, '\n');
    posted = fuzz_rest(in);
    posted = fuzz_copy(&posted);

    r = house_request(COOKIE_HOST);
    house_header(r, contact == IDV_CONTACT_EMAIL ? "X-Email" : "X-Phone",
                 &list);

    must(ngx_http_idv_contacts(r, contact, &contacts) == NGX_OK);
    must(contacts.n <= NGX_HTTP_IDV_MAX_CONTACTS);

    known = 0;

    for (i = 0; i < contacts.n; i++) {
        contacts_check(contact, &list, &contacts.addresses[i]);

        must(ngx_http_idv_opaque(house_pool, provider, &flow, contact,
                                 &contacts.addresses[i], &opaque)
             == NGX_OK);

        /* it stands for this address, in this flow */

        must(opaque.len == 13);
        must(ngx_http_idv_choose(r, provider, &flow, contact, &opaque, &chosen)
             == NGX_OK);
        must(chosen.len == contacts.addresses[i].len
             && memcmp(chosen.data, contacts.addresses[i].data, chosen.len)
                == 0);
        must(ngx_http_idv_choose(r, provider, &other, contact, &opaque,
                                 &chosen)
             == NGX_DECLINED);

        known |= (posted.len == opaque.len
                  && memcmp(posted.data, opaque.data, opaque.len) == 0)
                 || (posted.len == contacts.addresses[i].len
                     && memcmp(posted.data, contacts.addresses[i].data,
                               posted.len) == 0);
    }

    rc = ngx_http_idv_choose(r, provider, &flow, contact, &posted, &chosen);
    must(rc == (known ? NGX_OK : NGX_DECLINED));
}


/* a field of a form, as RFC 1866 has it; only the first of a name counts */

static ngx_int_t
form_field(const ngx_str_t *form, const char *name, ngx_str_t *value)
{
    char     hex[3] = { 0, 0, 0 };
    size_t   i, from, len;
    u_char  *p;

    len = strlen(name);

    for (from = 0; from < form->len; from = i + 1) {
        for (i = from; i < form->len && form->data[i] != '&'; i++) {
            /* void */
        }

        if (i - from <= len || memcmp(form->data + from, name, len) != 0
            || form->data[from + len] != '=')
        {
            continue;
        }

        value->data = p = ngx_pnalloc(house_pool, form->len);

        for (from += len + 1; from < i; from++) {
            if (form->data[from] != '%') {
                *p++ = form->data[from] == '+' ? ' ' : form->data[from];
                continue;
            }

            if (i - from < 3 || !isxdigit(form->data[from + 1])
                || !isxdigit(form->data[from + 2]))
            {
                return NGX_DECLINED;
            }

            memcpy(hex, form->data + from + 1, 2);
            *p++ = (u_char) strtol(hex, NULL, 16);
            from += 2;
        }

        value->len = p - value->data;

        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* lines of query, Origin and Sec-Fetch-Site, and the form */

void
fuzz_form(fuzz_input_t *in)
{
    size_t                i;
    ngx_str_t             bound, token, origin, site, value, mine;
    ngx_int_t             rc;
    ngx_uint_t            k;
    ngx_http_request_t   *r;
    ngx_http_idv_page_t   page;

    static const char *const  names[] = {
        "csrf", "flowId", "return", "option", "action", "a"
    };

    r = house_request(COOKIE_HOST);
    r->args = fuzz_until(in, '\n');
    r->args = fuzz_copy(&r->args);

    origin = fuzz_until(in, '\n');
    site = fuzz_until(in, '\n');

    if (origin.len) {
        origin = house_header(r, "Origin", &origin)->value;
    }

    if (site.len) {
        site = house_header(r, "Sec-Fetch-Site", &site)->value;
    }

    memset(&page, 0, sizeof(page));
    page.r = r;
    page.provider = house_provider("house");
    page.form = fuzz_rest(in);
    page.form = fuzz_copy(&page.form);
    ngx_str_set(&page.client.secret, "secretsecretsecretsecr");

    must(ngx_http_idv_page_read(&page) == NGX_OK);

    must(page.flow_id.len == 0 || page.flow_id.len == IDV_FLOW_ID_LEN);

    for (i = 0; i < page.flow_id.len; i++) {
        must(isalnum(page.flow_id.data[i]));
    }

    if (page.return_to.len) {
        path_check(&page.return_to);
    }

    for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
        rc = ngx_http_idv_page_field(&page, names[k], &value);

        must(rc == form_field(&page.form, names[k], &mine));
        must(rc != NGX_OK
             || (value.len == mine.len
                 && memcmp(value.data, mine.data, mine.len) == 0));

        (void) ngx_http_idv_arg(r, names[k], &value);
    }

    ngx_str_set(&bound, "bound");
    must(ngx_http_idv_page_csrf(&page, &bound, &token) == NGX_OK);

    must(ngx_http_idv_page_csrf_valid(&page, &bound)
         == (form_field(&page.form, "csrf", &mine) == NGX_OK
             && mine.len == token.len
             && memcmp(mine.data, token.data, token.len) == 0));

    if (ngx_http_idv_same_origin(page.r, page.provider) == NGX_OK) {
        must(site.len
             ? site.len == 11 && memcmp(site.data, "same-origin", 11) == 0
             : origin.len == sizeof("http://" COOKIE_HOST) - 1
               && strncasecmp((char *) origin.data, "http://" COOKIE_HOST,
                              origin.len) == 0);
    }
}
