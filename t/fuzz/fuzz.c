
/*
 * Copyright (C) nginx-idv authors
 *
 * The way in for libFuzzer, with the target's name in FUZZ_TARGET.
 */


#include "fuzz.h"


#define FUZZ_ROW(name, what)  { #name, fuzz_##name },

const fuzz_row_t  fuzz_rows[] = {
    FUZZ_TARGETS(FUZZ_ROW)
    { NULL, NULL }
};


int LLVMFuzzerInitialize(int *argc, char ***argv);


const fuzz_row_t  *fuzz_row;
const char        *fuzz_file;


void
fuzz_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "# %s: does not hold: %s, at %s:%d\n",
            fuzz_file ? fuzz_file : fuzz_row->name, what, file, line);
    abort();
}


u_char
fuzz_byte(fuzz_input_t *in)
{
    return in->p < in->last ? *in->p++ : 0;
}


ngx_str_t
fuzz_until(fuzz_input_t *in, u_char end)
{
    ngx_str_t      s;
    const u_char  *p;

    p = memchr(in->p, end, in->last - in->p);

    s.data = (u_char *) in->p;
    s.len = (p ? p : in->last) - in->p;

    in->p = p ? p + 1 : in->last;

    return s;
}


ngx_str_t
fuzz_rest(fuzz_input_t *in)
{
    ngx_str_t  s;

    s.data = (u_char *) in->p;
    s.len = in->last - in->p;

    in->p = in->last;

    return s;
}


ngx_str_t
fuzz_copy(ngx_str_t *s)
{
    ngx_str_t  copy;

    copy.len = s->len;
    copy.data = ngx_pnalloc(house_pool, s->len ? s->len : 1);

    if (s->len) {
        memcpy(copy.data, s->data, s->len);
    }

    return copy;
}


/* Unicode, table 3-7: lead, least and most of the second byte, more of them */

ngx_uint_t
fuzz_is_utf8(const u_char *text, size_t len)
{
    size_t      i, k;
    ngx_uint_t  row;

    static const u_char  table[][5] = {
        { 0x01, 0x7f, 0, 0, 0 },
        { 0xc2, 0xdf, 0x80, 0xbf, 1 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 2 },
        { 0xe1, 0xec, 0x80, 0xbf, 2 },
        { 0xed, 0xed, 0x80, 0x9f, 2 },
        { 0xee, 0xef, 0x80, 0xbf, 2 },
        { 0xf0, 0xf0, 0x90, 0xbf, 3 },
        { 0xf1, 0xf3, 0x80, 0xbf, 3 },
        { 0xf4, 0xf4, 0x80, 0x8f, 3 }
    };

    for (i = 0; i < len; i += 1 + table[row][4]) {

        for (row = 0; row < 9; row++) {
            if (text[i] >= table[row][0]
                && text[i] <= table[row][1])
            {
                break;
            }
        }

        if (row == 9 || table[row][4] >= len - i) {
            return 0;
        }

        for (k = 1; k <= table[row][4]; k++) {
            if (text[i + k] < (k == 1 ? table[row][2] : 0x80)
                || text[i + k] > (k == 1 ? table[row][3] : 0xbf))
            {
                return 0;
            }
        }
    }

    return 1;
}


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char  *name;

    name = getenv("FUZZ_TARGET");

    for (fuzz_row = fuzz_rows; fuzz_row->name; fuzz_row++) {
        if (name && strcmp(fuzz_row->name, name) == 0) {
            house_start();
            return 0;
        }
    }

    fprintf(stderr, "FUZZ_TARGET names no target\n");
    exit(1);
}


int
LLVMFuzzerTestOneInput(const u_char *data, size_t len)
{
    fuzz_input_t  in;

    in.p = data;
    in.last = data + len;

    house_enter(data, len);
    fuzz_row->run(&in);
    house_leave();

    return 0;
}
