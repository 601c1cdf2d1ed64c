
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc_message.h"


#define IDV_SVC_MAIL_LINE  57        /* bytes, which are 76 of base64 */
#define IDV_SVC_MAIL_HEAD  2560


typedef struct {
    ngx_str_t     language;          /* its first subtag, in lower case */
    const char   *code_subject;
    const char   *code;              /* code, minutes */
    const char   *link_subject;
    const char   *link;              /* who asks, link */
    const char   *nobody;
} idv_svc_message_words_t;


static const idv_svc_message_words_t *idv_svc_message_words(
    const ngx_str_t *language);
static ngx_int_t idv_svc_message_text(ngx_pool_t *pool,
    const idv_svc_message_t *message, ngx_str_t *text);
static ngx_int_t idv_svc_message_own(ngx_pool_t *pool,
    const idv_svc_message_t *message, const ngx_str_t *client,
    ngx_str_t *text);
static ngx_str_t idv_svc_message_language(const idv_svc_message_t *message);
static ngx_str_t idv_svc_message_subject(const idv_svc_message_t *message);
static u_char *idv_svc_message_base64(u_char *p, const ngx_str_t *text);


/* the first one is that of whoever prefers none of them; subjects are ASCII */

static const idv_svc_message_words_t  idv_svc_message_word[] = {

    { ngx_string("en"),
      "Your verification code",
      "%*s is your verification code. It is good for %ui minutes.\r\n\r\n"
      "Nobody will ask you for it by phone or in a message. If you did not "
      "ask for it, do nothing.\r\n",
      "Confirm who you are",
      "%V asks you to confirm who you are:\r\n\r\n%V\r\n\r\n"
      "Open it only if you started this yourself, within %ui minutes.\r\n",
      "The site where you started" },

    { ngx_string("de"),
      "Ihr Code zur Verifizierung",
      "%*s ist Ihr Code zur Verifizierung. Er gilt %ui Minuten.\r\n\r\n"
      "Niemand fragt Sie am Telefon oder in einer Nachricht danach. Wenn Sie "
      "ihn nicht angefordert haben, brauchen Sie nichts zu tun.\r\n",
      "Bitte weisen Sie sich aus",
      "%V bittet Sie, sich auszuweisen:\r\n\r\n%V\r\n\r\n"
      "\xc3\x96""ffnen Sie den Link nur, wenn Sie das selbst begonnen haben, "
      "innerhalb von %ui Minuten.\r\n",
      "Die Seite, auf der Sie begonnen haben," },

    { ngx_null_string, NULL, NULL, NULL, NULL, NULL }
};


static const idv_svc_message_words_t *
idv_svc_message_words(const ngx_str_t *language)
{
    const idv_svc_message_words_t  *w;

    for (w = idv_svc_message_word; w->code; w++) {
        if (idv_svc_template_speaks(language, &w->language)) {
            return w;
        }
    }

    return idv_svc_message_word;
}


static ngx_int_t
idv_svc_message_text(ngx_pool_t *pool, const idv_svc_message_t *message,
    ngx_str_t *text)
{
    size_t                          size;
    u_char                         *p;
    ngx_str_t                       client;
    const idv_svc_message_words_t  *w;

    w = idv_svc_message_words(&message->language);

    client = message->client;

    if (client.len == 0) {
        client.data = (u_char *) w->nobody;
        client.len = ngx_strlen(w->nobody);
    }

    if (message->template) {
        return idv_svc_message_own(pool, message, &client, text);
    }

    size = ngx_strlen(w->code) + ngx_strlen(w->link) + client.len
           + message->link.len + IDV_SVC_CODE_LEN + NGX_INT_T_LEN;

    p = ngx_pnalloc(pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    p = message->link.len
        ? ngx_slprintf(p, p + size, w->link, &client, &message->link,
                       message->minutes)
        : ngx_slprintf(p, p + size, w->code, (size_t) IDV_SVC_CODE_LEN,
                       message->code, message->minutes);

    text->len = p - text->data;

    return NGX_OK;
}


static ngx_int_t
idv_svc_message_own(ngx_pool_t *pool, const idv_svc_message_t *message,
    const ngx_str_t *client, ngx_str_t *text)
{
    u_char                     minutes[NGX_INT_T_LEN];
    idv_svc_template_values_t  values;

    values.otp.data = (u_char *) message->code;
    values.otp.len = IDV_SVC_CODE_LEN;
    values.link = message->link;
    values.client = *client;
    values.minutes.data = minutes;
    values.minutes.len = ngx_sprintf(minutes, "%ui", message->minutes)
                         - minutes;

    return idv_svc_template_text(pool, message->template, &values, text);
}


/* of the text, or none if it is for all */

static ngx_str_t
idv_svc_message_language(const idv_svc_message_t *message)
{
    return message->template
           ? message->template->locale
           : idv_svc_message_words(&message->language)->language;
}


static ngx_str_t
idv_svc_message_subject(const idv_svc_message_t *message)
{
    ngx_str_t                       subject;
    const idv_svc_message_words_t  *w;

    if (message->template) {
        return message->template->subject;
    }

    w = idv_svc_message_words(&message->language);

    subject.data = (u_char *) (message->link.len ? w->link_subject
                                                 : w->code_subject);
    subject.len = ngx_strlen(subject.data);

    return subject;
}


/*
 * Base64 has lines of a length that all servers take, and no dots.  Addresses
 * are fit for a header, and all else in it is ours.
 */

ngx_int_t
idv_svc_message_mail(ngx_pool_t *pool, const idv_svc_message_t *message,
    const ngx_str_t *from, ngx_str_t *out)
{
    size_t      size;
    u_char     *p, id[IDV_UUID_LEN], *host;
    ngx_tm_t    tm;
    ngx_str_t   text, subject, language;

    static const char  *days[] =
        { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char  *months[] =
        { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

    if (idv_svc_message_text(pool, message, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    size = IDV_SVC_MAIL_HEAD + ngx_base64_encoded_length(text.len)
           + 2 * (text.len / IDV_SVC_MAIL_LINE + 1);

    p = ngx_pnalloc(pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    out->data = p;

    subject = idv_svc_message_subject(message);
    language = idv_svc_message_language(message);
    host = ngx_strlchr(from->data, from->data + from->len, '@');

    idv_uuid_print(id, message->id);
    ngx_gmtime(ngx_time(), &tm);

    p = ngx_slprintf(p, p + IDV_SVC_MAIL_HEAD,
                     "Date: %s, %02d %s %4d %02d:%02d:%02d +0000\r\n"
                     "From: <%V>\r\n"
                     "To: <%V>\r\n"
                     "Subject: %V\r\n"
                     "Message-ID: <%*s%*s>\r\n"
                     "MIME-Version: 1.0\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: base64\r\n"
                     "%s%V%s"
                     "Auto-Submitted: auto-generated\r\n"
                     "\r\n",
                     days[tm.ngx_tm_wday], tm.ngx_tm_mday,
                     months[tm.ngx_tm_mon - 1], tm.ngx_tm_year, tm.ngx_tm_hour,
                     tm.ngx_tm_min, tm.ngx_tm_sec, from, &message->address,
                     &subject, (size_t) IDV_UUID_LEN, id,
                     (size_t) (from->data + from->len - host), host,
                     language.len ? "Content-Language: " : "", &language,
                     language.len ? "\r\n" : "");

    p = idv_svc_message_base64(p, &text);

    out->len = p - out->data;

    ngx_explicit_memzero(text.data, text.len);

    return NGX_OK;
}


static u_char *
idv_svc_message_base64(u_char *p, const ngx_str_t *text)
{
    size_t     done;
    ngx_str_t  line, encoded;

    for (done = 0; done < text->len; done += line.len) {
        line.data = text->data + done;
        line.len = ngx_min(IDV_SVC_MAIL_LINE, text->len - done);

        encoded.data = p;
        ngx_encode_base64(&encoded, &line);

        p += encoded.len;
        *p++ = CR;
        *p++ = LF;
    }

    return p;
}


ngx_int_t
idv_svc_message_json(ngx_pool_t *pool, const idv_svc_message_t *message,
    ngx_str_t *out)
{
    json_t     *json;
    ngx_int_t   rc;
    ngx_str_t   text, language;

    if (idv_svc_message_text(pool, message, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    language = idv_svc_message_language(message);

    json = json_pack("{s:o, s:s, s:o, s:o, s:s, s:o*, s:o*, s:o*, s:o*}",
                     "id", idv_svc_json_uuid(message->id),
                     "method",
                     message->channel == IDV_SVC_EMAIL ? "EMAIL" : "SMS",
                     "to", idv_svc_json_str(&message->address),
                     "text", idv_svc_json_str(&text),
                     "templateName",
                     message->link.len ? "id_verification"
                                       : "email_phone_verification",
                     "variantName",
                     message->variant.len
                     ? idv_svc_json_str(&message->variant) : NULL,
                     "locale",
                     language.len ? idv_svc_json_str(&language) : NULL,
                     "link",
                     message->link.len ? idv_svc_json_str(&message->link)
                                       : NULL,
                     "code",
                     message->link.len
                     ? NULL
                     : json_stringn((char *) message->code, IDV_SVC_CODE_LEN));

    rc = idv_json_dump(pool, json, out);

    json_decref(json);

    ngx_explicit_memzero(text.data, text.len);

    return rc;
}
