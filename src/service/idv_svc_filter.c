
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_json.h"
#include "idv_svc_filter.h"


typedef struct {
    const char          *name;
    unsigned             exact:1;    /* case counts */
    unsigned             boolean:1;
} idv_svc_filter_attr_t;


typedef struct {
    ngx_pool_t          *pool;
    idv_svc_filter_t    *filter;
    u_char              *start;
    u_char              *p;
    u_char              *last;
    ngx_uint_t           terms;
    ngx_uint_t           depth;
} idv_svc_filter_parser_t;


static ngx_int_t idv_svc_filter_joined(idv_svc_filter_parser_t *f,
    idv_svc_filter_op_e op, ngx_uint_t *node);
static ngx_int_t idv_svc_filter_operand(idv_svc_filter_parser_t *f,
    idv_svc_filter_op_e op, ngx_uint_t *node);
static ngx_int_t idv_svc_filter_one(idv_svc_filter_parser_t *f,
    ngx_uint_t *node);
static ngx_int_t idv_svc_filter_term(idv_svc_filter_parser_t *f,
    ngx_uint_t *node);
static ngx_int_t idv_svc_filter_value(idv_svc_filter_parser_t *f,
    const idv_svc_filter_attr_t *attr, ngx_str_t *value);
static void idv_svc_filter_join(idv_svc_filter_parser_t *f,
    idv_svc_filter_op_e op, ngx_uint_t left, ngx_uint_t right,
    ngx_uint_t *node);
static void idv_svc_filter_space(idv_svc_filter_parser_t *f);
static ngx_str_t idv_svc_filter_word(idv_svc_filter_parser_t *f);
static ngx_uint_t idv_svc_filter_is(const ngx_str_t *word, const char *name);
static ngx_int_t idv_svc_filter_wrong(idv_svc_filter_parser_t *f,
    const u_char *at, const char *message);
static ngx_uint_t idv_svc_filter_node(const idv_svc_filter_t *filter,
    ngx_uint_t n, const ngx_str_t *value);
static ngx_uint_t idv_svc_filter_compare(const idv_svc_filter_node_t *node,
    const ngx_str_t *value);
static ngx_uint_t idv_svc_filter_same(const u_char *a, const u_char *b,
    size_t len, ngx_uint_t exact);


/* in the order of idv_svc_filter_attr_e */

static const idv_svc_filter_attr_t  idv_svc_filter_attrs[IDV_SVC_NFILTERS] = {
    { "username", 0, 0 },
    { "email", 0, 0 },
    { "name.given", 0, 0 },
    { "name.family", 0, 0 },
    { "mobilePhone", 0, 0 },
    { "externalId", 1, 0 },
    { "id", 1, 0 },
    { "population.id", 0, 0 },
    { "enabled", 0, 1 }
};

/* in the order of idv_svc_filter_op_e */

static const char  *idv_svc_filter_ops[] = { "eq", "sw", "co", "and", "or" };


ngx_int_t
idv_svc_filter_parse(ngx_pool_t *pool, const ngx_str_t *text,
    idv_svc_filter_t *filter)
{
    ngx_int_t                rc;
    idv_svc_filter_parser_t  f;

    f.pool = pool;
    f.filter = filter;
    f.start = text->data;
    f.p = text->data;
    f.last = text->data + text->len;
    f.terms = 0;
    f.depth = 0;

    filter->n = 0;

    if (text->len > IDV_SVC_FILTER_MAX) {
        return idv_svc_filter_wrong(&f, text->data + IDV_SVC_FILTER_MAX,
                                    "The filter is too long.");
    }

    rc = idv_svc_filter_joined(&f, IDV_SVC_F_OR, &filter->root);

    if (rc == NGX_OK && f.p < f.last) {
        return idv_svc_filter_wrong(&f, f.p,
                                    "Only \"and\" or \"or\" can follow.");
    }

    return rc;
}


/* "or" joins what "and" has joined, and that what stands alone */

static ngx_int_t
idv_svc_filter_joined(idv_svc_filter_parser_t *f, idv_svc_filter_op_e op,
    ngx_uint_t *node)
{
    u_char      *p;
    ngx_int_t    rc;
    ngx_str_t    word;
    ngx_uint_t   left, right;

    rc = idv_svc_filter_operand(f, op, &left);

    while (rc == NGX_OK) {
        p = f->p;
        word = idv_svc_filter_word(f);

        if (!idv_svc_filter_is(&word, idv_svc_filter_ops[op])) {
            f->p = p;
            break;
        }

        rc = idv_svc_filter_operand(f, op, &right);

        if (rc == NGX_OK) {
            idv_svc_filter_join(f, op, left, right, &left);
        }
    }

    *node = left;

    return rc;
}


static ngx_int_t
idv_svc_filter_operand(idv_svc_filter_parser_t *f, idv_svc_filter_op_e op,
    ngx_uint_t *node)
{
    return (op == IDV_SVC_F_OR) ? idv_svc_filter_joined(f, IDV_SVC_F_AND, node)
                                : idv_svc_filter_one(f, node);
}


static ngx_int_t
idv_svc_filter_one(idv_svc_filter_parser_t *f, ngx_uint_t *node)
{
    ngx_int_t  rc;

    *node = 0;

    idv_svc_filter_space(f);

    if (f->p == f->last || *f->p != '(') {
        return idv_svc_filter_term(f, node);
    }

    if (f->depth == IDV_SVC_FILTER_DEPTH) {
        return idv_svc_filter_wrong(f, f->p,
                                    "There are too many parentheses.");
    }

    f->p++;
    f->depth++;

    rc = idv_svc_filter_joined(f, IDV_SVC_F_OR, node);
    if (rc != NGX_OK) {
        return rc;
    }

    if (f->p == f->last || *f->p != ')') {
        return idv_svc_filter_wrong(f, f->p, "A parenthesis is not closed.");
    }

    f->p++;
    f->depth--;

    idv_svc_filter_space(f);

    return NGX_OK;
}


static ngx_int_t
idv_svc_filter_term(idv_svc_filter_parser_t *f, ngx_uint_t *node)
{
    u_char                 *at;
    ngx_int_t               rc;
    ngx_str_t               word;
    ngx_uint_t              attr, op;
    idv_svc_filter_node_t  *term;

    at = f->p;
    word = idv_svc_filter_word(f);

    for (attr = 0; attr < IDV_SVC_NFILTERS; attr++) {
        if (idv_svc_filter_is(&word, idv_svc_filter_attrs[attr].name)) {
            break;
        }
    }

    if (attr == IDV_SVC_NFILTERS) {
        return idv_svc_filter_wrong(f, at, "There is no such attribute.");
    }

    at = f->p;
    word = idv_svc_filter_word(f);

    for (op = 0; op < IDV_SVC_F_AND; op++) {
        if (idv_svc_filter_is(&word, idv_svc_filter_ops[op])) {
            break;
        }
    }

    if (op == IDV_SVC_F_AND
        || (op != IDV_SVC_F_EQ && idv_svc_filter_attrs[attr].boolean))
    {
        return idv_svc_filter_wrong(f, at, "There is no such operator.");
    }

    if (f->terms++ == IDV_SVC_FILTER_TERMS) {
        return idv_svc_filter_wrong(f, at, "There are too many comparisons.");
    }

    term = &f->filter->node[f->filter->n];

    rc = idv_svc_filter_value(f, &idv_svc_filter_attrs[attr], &term->value);
    if (rc != NGX_OK) {
        return rc;
    }

    term->op = (uint8_t) op;
    term->attr = (uint8_t) attr;
    *node = f->filter->n++;

    return NGX_OK;
}


/* as JSON has it: the one reader of it takes it out of a list */

static ngx_int_t
idv_svc_filter_value(idv_svc_filter_parser_t *f,
    const idv_svc_filter_attr_t *attr, ngx_str_t *value)
{
    u_char  *at, list[IDV_SVC_FILTER_MAX + 2], *p;
    json_t  *json;

    at = f->p;

    if (f->p < f->last && *f->p == '"') {
        do {
            f->p += (*f->p == '\\' && f->p + 1 < f->last) ? 2 : 1;
        } while (f->p < f->last && *f->p != '"');

        f->p += (f->p < f->last);

    } else {
        (void) idv_svc_filter_word(f);
    }

    list[0] = '[';
    p = ngx_cpymem(list + 1, at, f->p - at);
    *p++ = ']';

    json = idv_json_parse(f->pool, list, p - list, sizeof(list));

    if (json == NULL && ngx_errno == NGX_ENOMEM) {
        return NGX_ERROR;
    }

    json = json_array_size(json) == 1 ? json_array_get(json, 0) : NULL;

    if (attr->boolean && json_is_boolean(json)) {
        value->data = (u_char *) (json_is_true(json) ? "true" : "false");
        value->len = ngx_strlen(value->data);

    } else if (json_is_string(json)) {
        value->data = (u_char *) json_string_value(json);
        value->len = json_string_length(json);

        if (attr->boolean && !idv_svc_filter_is(value, "true")
            && !idv_svc_filter_is(value, "false"))
        {
            return idv_svc_filter_wrong(f, at, "It is true or false.");
        }

    } else {
        return idv_svc_filter_wrong(f, at,
                                    attr->boolean ? "It is true or false."
                                    : "The value must be in quotes.");
    }

    idv_svc_filter_space(f);

    return NGX_OK;
}


static void
idv_svc_filter_join(idv_svc_filter_parser_t *f, idv_svc_filter_op_e op,
    ngx_uint_t left, ngx_uint_t right, ngx_uint_t *node)
{
    idv_svc_filter_node_t  *joined;

    joined = &f->filter->node[f->filter->n];

    joined->op = (uint8_t) op;
    joined->left = (uint8_t) left;
    joined->right = (uint8_t) right;

    *node = f->filter->n++;
}


static void
idv_svc_filter_space(idv_svc_filter_parser_t *f)
{
    while (f->p < f->last && *f->p == ' ') {
        f->p++;
    }
}


/* with the spaces behind it */

static ngx_str_t
idv_svc_filter_word(idv_svc_filter_parser_t *f)
{
    u_char     c;
    ngx_str_t  word;

    word.data = f->p;

    while (f->p < f->last) {
        c = ngx_tolower(*f->p);

        if (!((c >= 'a' && c <= 'z') || c == '.')) {
            break;
        }

        f->p++;
    }

    word.len = f->p - word.data;

    idv_svc_filter_space(f);

    return word;
}


static ngx_uint_t
idv_svc_filter_is(const ngx_str_t *word, const char *name)
{
    return word->len == ngx_strlen(name)
           && ngx_strncasecmp(word->data, (u_char *) name, word->len) == 0;
}


static ngx_int_t
idv_svc_filter_wrong(idv_svc_filter_parser_t *f, const u_char *at,
    const char *message)
{
    f->filter->wrong = message;
    f->filter->at = at - f->start;

    return NGX_DECLINED;
}


const ngx_str_t *
idv_svc_filter_username(const idv_svc_filter_t *filter)
{
    const idv_svc_filter_node_t  *node;

    node = &filter->node[filter->root];

    return (node->op == IDV_SVC_F_EQ && node->attr == IDV_SVC_F_USERNAME)
           ? &node->value : NULL;
}


ngx_uint_t
idv_svc_filter_match(const idv_svc_filter_t *filter,
    const ngx_str_t value[IDV_SVC_NFILTERS])
{
    return idv_svc_filter_node(filter, filter->root, value);
}


/* as deep as there are comparisons */

static ngx_uint_t
idv_svc_filter_node(const idv_svc_filter_t *filter, ngx_uint_t n,
    const ngx_str_t *value)
{
    const idv_svc_filter_node_t  *node;

    node = &filter->node[n];

    switch (node->op) {

    case IDV_SVC_F_AND:
        return idv_svc_filter_node(filter, node->left, value)
               && idv_svc_filter_node(filter, node->right, value);

    case IDV_SVC_F_OR:
        return idv_svc_filter_node(filter, node->left, value)
               || idv_svc_filter_node(filter, node->right, value);

    default:
        return idv_svc_filter_compare(node, &value[node->attr]);
    }
}


/* what is not there is like nothing, not even like the empty text */

static ngx_uint_t
idv_svc_filter_compare(const idv_svc_filter_node_t *node,
    const ngx_str_t *value)
{
    size_t      i, len;
    ngx_uint_t  exact;

    len = node->value.len;
    exact = idv_svc_filter_attrs[node->attr].exact;

    if (value->len == 0 || len > value->len
        || (node->op == IDV_SVC_F_EQ && len != value->len))
    {
        return 0;
    }

    for (i = 0; i <= value->len - len; i++) {

        if (idv_svc_filter_same(value->data + i, node->value.data, len,
                                exact))
        {
            return 1;
        }

        if (node->op != IDV_SVC_F_CO) {
            break;
        }
    }

    return 0;
}


static ngx_uint_t
idv_svc_filter_same(const u_char *a, const u_char *b, size_t len,
    ngx_uint_t exact)
{
    return exact ? ngx_memcmp(a, b, len) == 0
                 : ngx_strncasecmp((u_char *) a, (u_char *) b, len) == 0;
}
