
/*
 * Copyright (C) nginx-idv authors
 *
 * The background is what one can reach from the upper, left and right edge
 * without a step in colour, as long as it is like what is most frequent there.
 * What remains is the person; small remains are noise.
 */


#include <stdlib.h>
#include <string.h>

#include "idv_picture.h"


#define IDV_PICTURE_STEP    18       /* between neighbours, of 255 */
#define IDV_PICTURE_NEAR    24       /* to the background, at least */
#define IDV_PICTURE_FAR     60       /* ... and at most */
#define IDV_PICTURE_PLAIN   75       /* % of the edge that are background */
#define IDV_PICTURE_SPECK   500      /* of how many parts one is noise */
#define IDV_PICTURE_LEAST   200      /* of how many parts one is a person */
#define IDV_PICTURE_MARGIN  8        /* % around the person */


/* what a pixel is */

enum {
    IDV_PICTURE_FRONT = 0,
    IDV_PICTURE_BACK,
    IDV_PICTURE_SEEN                 /* front, and large enough */
};


typedef struct {
    idv_picture_t  *picture;
    uint8_t        *what;
    uint32_t       *queue;           /* as long as there are pixels */
    size_t          n;               /* pixels */
    uint8_t         back[3];
    unsigned        near;
} idv_picture_work_t;


typedef struct {
    int64_t         x;               /* may be outside of the picture */
    int64_t         y;
    int64_t         width;
    int64_t         height;
} idv_picture_rect_t;


static unsigned idv_picture_number(const uint8_t *p, unsigned size,
    int little);
static int idv_picture_model(idv_picture_work_t *w);
static int idv_picture_on_edge(const idv_picture_t *p, size_t i);
static unsigned idv_picture_distance(const uint8_t *a, const uint8_t *b);
static void idv_picture_flood(idv_picture_work_t *w);
static size_t idv_picture_around(const idv_picture_t *p, size_t at,
    size_t next[4]);
static void idv_picture_specks(idv_picture_work_t *w);
static int idv_picture_bounds(idv_picture_work_t *w, idv_picture_rect_t *r);
static void idv_picture_shape(const idv_picture_t *p,
    const idv_picture_wish_t *wish, idv_picture_rect_t *r);
static void idv_picture_paint(idv_picture_work_t *w, const uint8_t *colour);
static int idv_picture_draw(idv_picture_t *p, const idv_picture_rect_t *r,
    const uint8_t *colour);


static unsigned
idv_picture_number(const uint8_t *p, unsigned size, int little)
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < size; i++) {
        n |= (unsigned) p[i] << 8 * (little ? i : size - 1 - i);
    }

    return n;
}


unsigned
idv_picture_orientation(const uint8_t *data, size_t len)
{
    int              little;
    size_t           i, size, tiff, entry, n;
    unsigned         value;
    const uint8_t   *p;

    static const uint8_t  exif[] = { 'E', 'x', 'i', 'f', 0, 0 };

    /* segments up to the first scan: 0xff, what, a length with itself in it */

    for (i = 2; i + 4 <= len && data[i] == 0xff && data[i + 1] != 0xda;
         i += 2 + size)
    {
        p = data + i;
        size = idv_picture_number(p + 2, 2, 0);

        if (size < 2 || size > len - i - 2) {
            return 1;
        }

        if (p[1] != 0xe1 || size < 2 + sizeof(exif) + 8
            || memcmp(p + 4, exif, sizeof(exif)) != 0)
        {
            continue;
        }

        p += 4 + sizeof(exif);
        tiff = size - 2 - sizeof(exif);
        little = (p[0] == 'I');

        entry = idv_picture_number(p + 4, 4, little);

        if (entry > tiff - 2) {
            return 1;
        }

        n = idv_picture_number(p + entry, 2, little);

        for (entry += 2; n && entry + 12 <= tiff; n--, entry += 12) {
            if (idv_picture_number(p + entry, 2, little) == 0x0112) {
                value = idv_picture_number(p + entry + 8, 2, little);

                return (value >= 1 && value <= 8) ? value : 1;
            }
        }

        return 1;
    }

    return 1;
}


idv_picture_e
idv_picture_turn(idv_picture_t *picture, unsigned orientation)
{
    uint8_t   *rgb;
    uint32_t   x, y, w, h, sx, sy;

    if (orientation < 2) {
        return IDV_PICTURE_OK;
    }

    w = (orientation > 4) ? picture->height : picture->width;
    h = (orientation > 4) ? picture->width : picture->height;

    rgb = malloc((size_t) w * h * 3);
    if (rgb == NULL) {
        return IDV_PICTURE_NO_MEMORY;
    }

    for (y = 0; y < h; y++) {
        for (x = 0; x < w; x++) {

            /* where it comes from: 5 to 8 are on their side */

            switch (orientation) {
            case 2:  sx = w - 1 - x;  sy = y;          break;
            case 3:  sx = w - 1 - x;  sy = h - 1 - y;  break;
            case 4:  sx = x;          sy = h - 1 - y;  break;
            case 5:  sx = y;          sy = x;          break;
            case 6:  sx = y;          sy = w - 1 - x;  break;
            case 7:  sx = h - 1 - y;  sy = w - 1 - x;  break;
            default: sx = h - 1 - y;  sy = x;          break;
            }

            memcpy(rgb + ((size_t) y * w + x) * 3,
                   picture->rgb + ((size_t) sy * picture->width + sx) * 3, 3);
        }
    }

    free(picture->rgb);

    picture->rgb = rgb;
    picture->width = w;
    picture->height = h;

    return IDV_PICTURE_OK;
}


idv_picture_e
idv_picture_replace(idv_picture_t *picture, const idv_picture_wish_t *wish)
{
    idv_picture_e        rc;
    idv_picture_rect_t   rect;
    idv_picture_work_t   w;

    w.picture = picture;
    w.n = (size_t) picture->width * picture->height;
    w.what = calloc(w.n, 1);
    w.queue = malloc(w.n * sizeof(uint32_t));

    rc = IDV_PICTURE_NO_MEMORY;

    if (w.what == NULL || w.queue == NULL) {
        goto done;
    }

    rc = IDV_PICTURE_NOT_PLAIN;

    if (!idv_picture_model(&w)) {
        goto done;
    }

    idv_picture_flood(&w);
    idv_picture_specks(&w);

    if (!idv_picture_bounds(&w, &rect)) {
        goto done;
    }

    idv_picture_paint(&w, wish->rgb);
    idv_picture_shape(picture, wish, &rect);

    rc = idv_picture_draw(picture, &rect, wish->rgb) ? IDV_PICTURE_OK
                                                     : IDV_PICTURE_NO_MEMORY;

done:

    free(w.what);
    free(w.queue);

    return rc;
}


/* the colour of the edge, and how far it strays; 0 if it is not plain */

static int
idv_picture_model(idv_picture_work_t *w)
{
    size_t     i, n, sum, hist[3][256], strays[256];
    unsigned   c, k;

    memset(hist, 0, sizeof(hist));
    memset(strays, 0, sizeof(strays));

    n = 0;

    for (i = 0; i < w->n; i++) {
        if (idv_picture_on_edge(w->picture, i)) {
            for (c = 0; c < 3; c++) {
                hist[c][w->picture->rgb[3 * i + c]]++;
            }

            n++;
        }
    }

    for (c = 0; c < 3; c++) {
        for (k = 0, sum = hist[c][0]; 2 * sum < n; sum += hist[c][++k]) {
            /* void */
        }

        w->back[c] = (uint8_t) k;
    }

    for (i = 0; i < w->n; i++) {
        if (idv_picture_on_edge(w->picture, i)) {
            strays[idv_picture_distance(w->picture->rgb + 3 * i, w->back)]++;
        }
    }

    for (k = 0, sum = strays[0]; 2 * sum < n; sum += strays[++k]) {
        /* void */
    }

    w->near = IDV_PICTURE_NEAR + 2 * k;

    if (w->near > IDV_PICTURE_FAR) {
        w->near = IDV_PICTURE_FAR;
    }

    for (k = 0, sum = 0; k <= w->near; k++) {
        sum += strays[k];
    }

    return n && sum * 100 >= n * IDV_PICTURE_PLAIN;
}


/* above, and at the sides as far as shoulders do not reach */

static int
idv_picture_on_edge(const idv_picture_t *p, size_t i)
{
    size_t  x, y, width, height;

    x = i % p->width;
    y = i / p->width;

    width = p->width / 50 + 1;
    height = p->height / 50 + 1;

    return y < height
           || (y < p->height / 2 && (x < width || x >= p->width - width));
}


/* of 255; the eye sees green best, and red better than blue */

static unsigned
idv_picture_distance(const uint8_t *a, const uint8_t *b)
{
    int       r, g, bl;
    unsigned  d, root;

    r = a[0] - b[0];
    g = a[1] - b[1];
    bl = a[2] - b[2];

    d = (unsigned) (3 * r * r + 4 * g * g + 2 * bl * bl) / 9;

    for (root = 0; (root + 1) * (root + 1) <= d; root++) { /* void */ }

    return root;
}


static void
idv_picture_flood(idv_picture_work_t *w)
{
    size_t          i, k, n, head, tail, next[4];
    const uint8_t  *rgb;

    rgb = w->picture->rgb;
    head = 0;
    tail = 0;

    for (i = 0; i < w->n; i++) {
        if (idv_picture_on_edge(w->picture, i)
            && idv_picture_distance(rgb + 3 * i, w->back) <= w->near)
        {
            w->what[i] = IDV_PICTURE_BACK;
            w->queue[tail++] = (uint32_t) i;
        }
    }

    while (head < tail) {
        i = w->queue[head++];
        n = idv_picture_around(w->picture, i, next);

        for (k = 0; k < n; k++) {
            if (w->what[next[k]] == IDV_PICTURE_FRONT
                && idv_picture_distance(rgb + 3 * next[k], rgb + 3 * i)
                   <= IDV_PICTURE_STEP
                && idv_picture_distance(rgb + 3 * next[k], w->back)
                   <= w->near)
            {
                w->what[next[k]] = IDV_PICTURE_BACK;
                w->queue[tail++] = (uint32_t) next[k];
            }
        }
    }
}


static size_t
idv_picture_around(const idv_picture_t *p, size_t at, size_t next[4])
{
    size_t  n;

    n = 0;

    if (at % p->width) {
        next[n++] = at - 1;
    }

    if (at % p->width + 1 < p->width) {
        next[n++] = at + 1;
    }

    if (at >= p->width) {
        next[n++] = at - p->width;
    }

    if (at + p->width < (size_t) p->width * p->height) {
        next[n++] = at + p->width;
    }

    return n;
}


/* pieces of the front that are too small for a part of a person */

static void
idv_picture_specks(idv_picture_work_t *w)
{
    size_t   i, k, n, at, head, tail, next[4];
    uint8_t  what;

    for (at = 0; at < w->n; at++) {

        if (w->what[at] != IDV_PICTURE_FRONT) {
            continue;
        }

        head = 0;
        tail = 0;

        w->what[at] = IDV_PICTURE_SEEN;
        w->queue[tail++] = (uint32_t) at;

        while (head < tail) {
            n = idv_picture_around(w->picture, w->queue[head++], next);

            for (k = 0; k < n; k++) {
                if (w->what[next[k]] == IDV_PICTURE_FRONT) {
                    w->what[next[k]] = IDV_PICTURE_SEEN;
                    w->queue[tail++] = (uint32_t) next[k];
                }
            }
        }

        what = (tail < w->n / IDV_PICTURE_SPECK) ? IDV_PICTURE_BACK
                                                 : IDV_PICTURE_SEEN;

        for (i = 0; i < tail; i++) {
            w->what[w->queue[i]] = what;
        }
    }
}


/* where the person is; 0 if there is none */

static int
idv_picture_bounds(idv_picture_work_t *w, idv_picture_rect_t *r)
{
    size_t   i, n;
    int64_t  x, y, left, top, right, bottom;

    n = 0;
    left = w->picture->width;
    top = w->picture->height;
    right = -1;
    bottom = -1;

    for (i = 0; i < w->n; i++) {

        if (w->what[i] != IDV_PICTURE_SEEN) {
            continue;
        }

        x = (int64_t) (i % w->picture->width);
        y = (int64_t) (i / w->picture->width);

        left = (x < left) ? x : left;
        right = (x > right) ? x : right;
        top = (y < top) ? y : top;
        bottom = (y > bottom) ? y : bottom;
        n++;
    }

    r->x = left;
    r->y = top;
    r->width = right - left + 1;
    r->height = bottom - top + 1;

    return n > w->n / IDV_PICTURE_LEAST;
}


/*
 * The smallest frame of the shape that has the person and a margin in it.  Who
 * is cut off below is so in the new picture, too.
 */

static void
idv_picture_shape(const idv_picture_t *p, const idv_picture_wish_t *wish,
    idv_picture_rect_t *r)
{
    int     cut;
    int64_t margin, more;

    cut = (r->y + r->height >= (int64_t) p->height - 1);

    margin = (r->width > r->height ? r->width : r->height)
             * IDV_PICTURE_MARGIN / 100 + 1;

    r->x -= margin;
    r->width += 2 * margin;
    r->y -= margin;
    r->height += cut ? margin : 2 * margin;

    if (r->width * wish->height < r->height * wish->width) {
        more = (r->height * wish->width + wish->height - 1) / wish->height
               - r->width;
        r->x -= more / 2;
        r->width += more;

    } else {
        more = (r->width * wish->height + wish->width - 1) / wish->width
               - r->height;
        r->y -= cut ? more : more / 2;
        r->height += more;
    }
}


/*
 * At the outline a pixel is a mixture: as much of it as is background gets the
 * new colour instead of the old one.
 */

static void
idv_picture_paint(idv_picture_work_t *w, const uint8_t *colour)
{
    int        value;
    size_t     i, k, n, next[4];
    uint8_t   *p;
    unsigned   c, back;

    for (i = 0; i < w->n; i++) {
        p = w->picture->rgb + 3 * i;

        if (w->what[i] == IDV_PICTURE_BACK) {
            memcpy(p, colour, 3);
            continue;
        }

        n = idv_picture_around(w->picture, i, next);
        back = 0;

        for (k = 0; k < n; k++) {
            back += (w->what[next[k]] == IDV_PICTURE_BACK);
        }

        for (c = 0; back && c < 3; c++) {
            value = p[c] + (int) back * (colour[c] - w->back[c]) / 8;
            p[c] = (uint8_t) (value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
}


/* the frame as a picture; where it is too large each pixel is a mean */

static int
idv_picture_draw(idv_picture_t *p, const idv_picture_rect_t *r,
    const uint8_t *colour)
{
    int64_t    x, y, x0, x1, y0, y1, ix, iy, width, height, side, inside;
    uint64_t   area, sum[3];
    uint8_t   *rgb, *to;
    unsigned   c;

    side = (r->width > r->height) ? r->width : r->height;
    side = (side > IDV_PICTURE_SIDE) ? side : IDV_PICTURE_SIDE;

    width = r->width * IDV_PICTURE_SIDE / side;
    height = r->height * IDV_PICTURE_SIDE / side;

    width = width ? width : 1;
    height = height ? height : 1;

    rgb = malloc((size_t) (width * height) * 3);
    if (rgb == NULL) {
        return 0;
    }

    to = rgb;

    for (y = 0; y < height; y++) {
        y0 = r->y + y * r->height / height;
        y1 = r->y + (y + 1) * r->height / height;

        for (x = 0; x < width; x++) {
            x0 = r->x + x * r->width / width;
            x1 = r->x + (x + 1) * r->width / width;

            area = (uint64_t) ((x1 - x0) * (y1 - y0));
            inside = 0;
            memset(sum, 0, sizeof(sum));

            for (iy = (y0 > 0 ? y0 : 0);
                 iy < y1 && iy < (int64_t) p->height; iy++)
            {
                for (ix = (x0 > 0 ? x0 : 0);
                     ix < x1 && ix < (int64_t) p->width; ix++)
                {
                    for (c = 0; c < 3; c++) {
                        sum[c] += p->rgb[(iy * p->width + ix) * 3 + c];
                    }

                    inside++;
                }
            }

            for (c = 0; c < 3; c++) {
                *to++ = (uint8_t) ((sum[c] + (area - (uint64_t) inside)
                                             * colour[c]) / area);
            }
        }
    }

    free(p->rgb);

    p->rgb = rgb;
    p->width = (uint32_t) width;
    p->height = (uint32_t) height;

    return 1;
}
