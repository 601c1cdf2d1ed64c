
/*
 * Copyright (C) nginx-idv authors
 *
 * The connector's capabilities: what applications that know the PingOne Verify
 * connector of DaVinci may ask, with what, and what they get.  One table: code,
 * documents and the OpenAPI file are made from it.  Needs jansson and nothing
 * of nginx.
 */


#ifndef _IDV_CONNECTOR_H_INCLUDED_
#define _IDV_CONNECTOR_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>


#define IDV_CONNECTOR_MAX_VALUE    2048   /* characters, where none are named */
#define IDV_CONNECTOR_MAX_ITEMS    32     /* of an array */
#define IDV_CONNECTOR_MAX_INPUTS   16     /* members of an input */
#define IDV_CONNECTOR_MAX_FAULTS   64     /* that one answer names */
#define IDV_CONNECTOR_MAX_TARGET   40     /* verifyPhone[31], with its NUL */


typedef enum {
    IDV_CONNECTOR_ID = 0,            /* becomes a step of a path */
    IDV_CONNECTOR_TEXT,
    IDV_CONNECTOR_BLOB,              /* as long as a body may be */
    IDV_CONNECTOR_URL,               /* https only */
    IDV_CONNECTOR_COLOR,             /* #RRGGBB */
    IDV_CONNECTOR_INTEGER,
    IDV_CONNECTOR_BOOLEAN,
    IDV_CONNECTOR_TEXTS,             /* uniqueItems */
    IDV_CONNECTOR_PAIRS,             /* [{"name", "value"}] */
    IDV_CONNECTOR_POLICY             /* an id, or IDV_CONNECTOR_SEE_ID */
} idv_connector_type_e;


/* a policy that is named by the member after it */
#define IDV_CONNECTOR_SEE_ID  "useVerifyPolicyId"


/* a member of an input */

typedef struct {
    const char             *name;        /* NULL after the last one */
    idv_connector_type_e    type;
    unsigned                required;
    unsigned                min;         /* characters, or the number itself */
    unsigned                max;         /* 0: IDV_CONNECTOR_MAX_VALUE, any */
    const char             *words;       /* allowed, between "|"; NULL: any */

    /*
     * Where it goes: "?name" into the query, "a.b" into the body.  What has a
     * place in the path, or goes nowhere, has NULL.
     */
    const char             *to;

    const char             *text;
} idv_connector_input_t;


/* a member of an output; those of an object follow it, one level deeper */

typedef struct {
    unsigned                depth;
    const char             *name;        /* NULL after the last one */
    const char             *type;        /* of JSON Schema */
} idv_connector_output_t;


/* what has to be done beside passing on */

typedef enum {
    IDV_CONNECTOR_PLAIN = 0,
    IDV_CONNECTOR_CHALLENGE,         /* the output has one */
    IDV_CONNECTOR_LOCAL,             /* answered here */
    IDV_CONNECTOR_SELECT,            /* from what the provider has listed */
    IDV_CONNECTOR_USER_DATA,         /* a transaction and its data in one */
    IDV_CONNECTOR_SELFIE             /* that must be found first */
} idv_connector_way_e;


typedef struct {
    const char                     *name;        /* NULL after the last one */
    const char                     *title;
    const char                     *method;      /* at the provider */
    const char                     *path;        /* below the environment */
    const char                     *media;       /* of the body; NULL: none */
    const idv_connector_input_t    *input;
    const char                     *named;       /* output; NULL: none */
    const idv_connector_output_t   *output;
    idv_connector_way_e             way;
} idv_connector_t;


/* in the order of the connector that users know */
extern const idv_connector_t  idv_connector_capabilities[];

/* an error of the provider, as it is passed on */
extern const idv_connector_output_t  idv_connector_error[];

/* headers of a provider's answer that are passed on, NULL at the end */
extern const char *const  idv_connector_headers[];

/* NULL: no such capability */
const idv_connector_t *idv_connector_find(const char *name, size_t len);


/* why an input is refused, in the words of the connector that users know */

typedef enum {
    IDV_CONNECTOR_REQUIRED = 0,
    IDV_CONNECTOR_WRONG_TYPE,
    IDV_CONNECTOR_MIN_LENGTH,
    IDV_CONNECTOR_MAX_LENGTH,
    IDV_CONNECTOR_MINIMUM,
    IDV_CONNECTOR_MAXIMUM,
    IDV_CONNECTOR_MAX_ITEMS_FAULT,
    IDV_CONNECTOR_UNIQUE_ITEMS,
    IDV_CONNECTOR_HTTPS_ONLY,
    IDV_CONNECTOR_NEEDS_URL,
    IDV_CONNECTOR_ALLOWED_VALUES,
    IDV_CONNECTOR_FORMAT,
    IDV_CONNECTOR_UNKNOWN_MEMBER,
    IDV_CONNECTOR_NFAULTS
} idv_connector_fault_e;


typedef struct {
    idv_connector_fault_e           fault;
    char                            target[IDV_CONNECTOR_MAX_TARGET];
    const idv_connector_input_t    *input;       /* NULL: an unknown member */
} idv_connector_mistake_t;


typedef struct {
    size_t                          n;
    idv_connector_mistake_t         list[IDV_CONNECTOR_MAX_FAULTS];
} idv_connector_mistakes_t;


/* the code of a fault */
const char *idv_connector_fault_code(idv_connector_fault_e fault);

/* a sentence about it, cut to size, with a NUL */
void idv_connector_fault_text(const idv_connector_mistake_t *mistake,
    char *text, size_t size);

/* Names every mistake of an input, an object; none: it may be used. */
void idv_connector_check(const idv_connector_t *capability, json_t *input,
    idv_connector_mistakes_t *mistakes);

/* a string member of any value; NULL if it is none */
const char *idv_connector_string(json_t *object, const char *name);

/* 1 if it is #RRGGBB */
int idv_connector_color(const char *text, unsigned rgb[3]);

/*
 * The provider's path and query for an input without mistakes, into size bytes.
 * 0, or -1: it has no place.
 */
int idv_connector_path(const idv_connector_t *capability, json_t *input,
    char *path, size_t size);

/* the provider's body, a new reference; NULL without memory */
json_t *idv_connector_body(const idv_connector_t *capability, json_t *input);


#endif /* _IDV_CONNECTOR_H_INCLUDED_ */
