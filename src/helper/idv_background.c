
/*
 * Copyright (C) nginx-idv authors
 *
 * idv-background: the service's helper for pictures of strangers.  It reads
 * one picture from its standard input, writes another, and ends.  Before it
 * looks at the first byte it has given up everything but reading, writing and
 * memory, so that a picture that gets the better of a decoder has gained
 * nothing.
 */


#define _GNU_SOURCE

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <jpeglib.h>
#include <png.h>

#include "idv_background.h"
#include "idv_picture.h"


#define IDV_BACKGROUND_SIDE    16384     /* pixels, of what comes in */
#define IDV_BACKGROUND_PIXELS  (16 * 1024 * 1024)    /* ... once decoded */
#define IDV_BACKGROUND_MEMORY  (512 * 1024 * 1024)
#define IDV_BACKGROUND_FILES   3


#if (__x86_64__)
#define IDV_BACKGROUND_ARCH  AUDIT_ARCH_X86_64
#elif (__aarch64__)
#define IDV_BACKGROUND_ARCH  AUDIT_ARCH_AARCH64
#endif


static void background_confine(int seconds);
static void background_died(int signo);
static void background_read(void *p, size_t len);
static void background_write(const void *p, size_t len);
static void background_tell(idv_background_e status, const uint8_t *data,
    size_t len) __attribute__((noreturn));
static void background_jpeg_failed(j_common_ptr cinfo);
static void background_jpeg_quiet(j_common_ptr cinfo);
static void background_jpeg_in(const uint8_t *data, size_t len,
    idv_picture_t *picture);
static void background_jpeg_out(idv_picture_t *picture)
    __attribute__((noreturn));
static void background_png_in(const uint8_t *data, size_t len,
    const uint8_t *rgb, idv_picture_t *picture);
static void background_png_out(idv_picture_t *picture)
    __attribute__((noreturn));


int
main(int argc, char *const *argv)
{
    int                    png;
    uint8_t               *data;
    idv_picture_t          picture;
    idv_picture_wish_t     wish;
    idv_background_ask_t   ask;

    static const uint8_t  mark[] = { 0x89, 'P', 'N', 'G' };

    background_confine(argc == 2 ? atoi(argv[1]) : 0);

    background_read(&ask, sizeof(ask));

    if (ask.magic != IDV_BACKGROUND_MAGIC || ask.len > IDV_BACKGROUND_MAX
        || ask.width < 1 || ask.width > 1000
        || ask.height < 1 || ask.height > 1000)
    {
        _exit(1);
    }

    data = malloc(ask.len + 1);
    if (data == NULL) {
        background_tell(IDV_BACKGROUND_NO_MEMORY, NULL, 0);
    }

    background_read(data, ask.len);

    memcpy(wish.rgb, ask.rgb, 3);
    wish.width = ask.width;
    wish.height = ask.height;

    png = ask.len > sizeof(mark) && memcmp(data, mark, sizeof(mark)) == 0;

    if (png) {
        background_png_in(data, ask.len, wish.rgb, &picture);

    } else {
        background_jpeg_in(data, ask.len, &picture);
    }

    switch (idv_picture_replace(&picture, &wish)) {

    case IDV_PICTURE_OK:
        break;

    case IDV_PICTURE_NOT_PLAIN:
        background_tell(IDV_BACKGROUND_NOT_PLAIN, NULL, 0);

    default:
        background_tell(IDV_BACKGROUND_NO_MEMORY, NULL, 0);
    }

    if (png) {
        background_png_out(&picture);
    }

    background_jpeg_out(&picture);
}


/* what is refused fails, as the libraries expect it of memory that is not */

static void
background_confine(int seconds)
{
    size_t         i;
    struct rlimit  limit;

    const struct {
        int     resource;
        rlim_t  max;
    } limits[] = {
        { RLIMIT_CORE, 0 },
        { RLIMIT_FSIZE, 0 },
        { RLIMIT_NOFILE, IDV_BACKGROUND_FILES },
        { RLIMIT_NPROC, 0 },
        { RLIMIT_CPU, (rlim_t) seconds },
        { RLIMIT_AS, IDV_BACKGROUND_MEMORY }
    };

    static const int  signals[] = {
        SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGXCPU, SIGALRM
    };

#ifdef IDV_BACKGROUND_ARCH

#define load(field)                                                           \
    BPF_STMT(BPF_LD|BPF_W|BPF_ABS, offsetof(struct seccomp_data, field))
#define give(what)  BPF_STMT(BPF_RET|BPF_K, what)
#define allow(call)                                                           \
    BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, SYS_##call, 0, 1),                        \
    give(SECCOMP_RET_ALLOW)

    struct sock_filter  filter[] = {
        load(arch),
        BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, IDV_BACKGROUND_ARCH, 1, 0),
        give(SECCOMP_RET_KILL_PROCESS),

        load(nr),
        allow(read),
        allow(write),
        allow(brk),
        allow(munmap),
        allow(mremap),
        allow(madvise),
        allow(futex),
        allow(getrandom),
        allow(rt_sigreturn),
        allow(exit),
        allow(exit_group),

        /* memory that nothing can run in */

        BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, SYS_mmap, 1, 0),
        BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, SYS_mprotect, 0, 3),
        load(args[2]),
        BPF_JUMP(BPF_JMP|BPF_JSET|BPF_K, PROT_EXEC, 1, 0),
        give(SECCOMP_RET_ALLOW),

        give(SECCOMP_RET_ERRNO|EPERM)
    };

    struct sock_fprog  program = {
        sizeof(filter) / sizeof(filter[0]), filter
    };

#endif

    if (seconds < 1 || seconds > 3600) {
        (void) fprintf(stderr, "idv-background is run by nginx\n");
        _exit(1);
    }

    (void) syscall(SYS_close_range, IDV_BACKGROUND_FILES, ~0U, 0);

    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        (void) signal(signals[i], background_died);
    }

    (void) alarm((unsigned) seconds);

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        limit.rlim_cur = limits[i].max;
        limit.rlim_max = limits[i].max;

        /* a second more, so that the signal is not the last one */

        if (limits[i].resource == RLIMIT_CPU) {
            limit.rlim_max++;
        }

        if (setrlimit(limits[i].resource, &limit) != 0) {
            _exit(1);
        }
    }

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        _exit(1);
    }

#ifdef IDV_BACKGROUND_ARCH
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        _exit(1);
    }
#endif
}


/* the service sees that there is no answer */

static void
background_died(int signo)
{
    (void) signo;

    _exit(1);
}


static void
background_read(void *p, size_t len)
{
    ssize_t  n;

    while (len) {
        n = read(0, p, len);

        if (n <= 0) {
            _exit(1);
        }

        p = (uint8_t *) p + n;
        len -= (size_t) n;
    }
}


static void
background_write(const void *p, size_t len)
{
    ssize_t  n;

    while (len) {
        n = write(1, p, len);

        if (n <= 0) {
            _exit(1);
        }

        p = (const uint8_t *) p + n;
        len -= (size_t) n;
    }
}


/* the last thing that is done */

static void
background_tell(idv_background_e status, const uint8_t *data, size_t len)
{
    idv_background_tell_t  tell;

    tell.magic = IDV_BACKGROUND_MAGIC;
    tell.status = status;
    tell.len = (uint32_t) len;

    if (len > IDV_BACKGROUND_MAX) {
        tell.status = IDV_BACKGROUND_LARGE;
        tell.len = 0;
    }

    background_write(&tell, sizeof(tell));
    background_write(data, tell.len);

    _exit(0);
}


static void
background_jpeg_failed(j_common_ptr cinfo)
{
    (void) cinfo;

    background_tell(IDV_BACKGROUND_BROKEN, NULL, 0);
}


static void
background_jpeg_quiet(j_common_ptr cinfo)
{
    (void) cinfo;
}


/* what is much larger than any portrait is decoded at a half, a quarter, ... */

static void
background_jpeg_in(const uint8_t *data, size_t len, idv_picture_t *picture)
{
    size_t                         row;
    unsigned                       orientation;
    JSAMPROW                       line;
    struct jpeg_error_mgr          error;
    struct jpeg_decompress_struct  cinfo;

    cinfo.err = jpeg_std_error(&error);
    error.error_exit = background_jpeg_failed;
    error.output_message = background_jpeg_quiet;

    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, data, len);

    if (jpeg_read_header(&cinfo, TRUE) != JPEG_HEADER_OK) {
        background_tell(IDV_BACKGROUND_BROKEN, NULL, 0);
    }

    if (cinfo.image_width > IDV_BACKGROUND_SIDE
        || cinfo.image_height > IDV_BACKGROUND_SIDE)
    {
        background_tell(IDV_BACKGROUND_LARGE, NULL, 0);
    }

    cinfo.out_color_space = JCS_RGB;
    cinfo.scale_num = 1;

    for (cinfo.scale_denom = 1; cinfo.scale_denom <= 8; cinfo.scale_denom *= 2)
    {
        jpeg_calc_output_dimensions(&cinfo);

        if (cinfo.output_width <= IDV_PICTURE_SIDE
            && cinfo.output_height <= IDV_PICTURE_SIDE)
        {
            break;
        }
    }

    (void) jpeg_start_decompress(&cinfo);

    picture->width = cinfo.output_width;
    picture->height = cinfo.output_height;

    row = (size_t) picture->width * 3;
    picture->rgb = malloc(row * picture->height);

    if (picture->rgb == NULL || cinfo.output_components != 3) {
        background_tell(IDV_BACKGROUND_NO_MEMORY, NULL, 0);
    }

    while (cinfo.output_scanline < cinfo.output_height) {
        line = picture->rgb + cinfo.output_scanline * row;
        (void) jpeg_read_scanlines(&cinfo, &line, 1);
    }

    /* libjpeg fills what is missing with grey, and warns */

    if (error.num_warnings) {
        background_tell(IDV_BACKGROUND_BROKEN, NULL, 0);
    }

    (void) jpeg_finish_decompress(&cinfo);
    jpeg_destroy_decompress(&cinfo);

    orientation = idv_picture_orientation(data, len);

    if (idv_picture_turn(picture, orientation) != IDV_PICTURE_OK) {
        background_tell(IDV_BACKGROUND_NO_MEMORY, NULL, 0);
    }
}


static void
background_jpeg_out(idv_picture_t *picture)
{
    uint8_t                      *data;
    unsigned long                 len;
    JSAMPROW                      line;
    struct jpeg_error_mgr         error;
    struct jpeg_compress_struct   cinfo;

    data = NULL;
    len = 0;

    cinfo.err = jpeg_std_error(&error);
    error.error_exit = background_jpeg_failed;
    error.output_message = background_jpeg_quiet;

    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &data, &len);

    cinfo.image_width = picture->width;
    cinfo.image_height = picture->height;
    cinfo.input_components = 3;
    cinfo.in_color_space = JCS_RGB;

    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, 90, TRUE);
    jpeg_start_compress(&cinfo, TRUE);

    while (cinfo.next_scanline < cinfo.image_height) {
        line = picture->rgb + (size_t) cinfo.next_scanline * picture->width * 3;
        (void) jpeg_write_scanlines(&cinfo, &line, 1);
    }

    jpeg_finish_compress(&cinfo);

    background_tell(IDV_BACKGROUND_JPEG, data, len);
}


static void
background_png_in(const uint8_t *data, size_t len, const uint8_t *rgb,
    idv_picture_t *picture)
{
    png_image  image;
    png_color  colour;

    memset(&image, 0, sizeof(image));
    image.version = PNG_IMAGE_VERSION;

    if (!png_image_begin_read_from_memory(&image, data, len)) {
        background_tell(IDV_BACKGROUND_BROKEN, NULL, 0);
    }

    if (image.width > IDV_BACKGROUND_SIDE || image.height > IDV_BACKGROUND_SIDE
        || (size_t) image.width * image.height > IDV_BACKGROUND_PIXELS)
    {
        background_tell(IDV_BACKGROUND_LARGE, NULL, 0);
    }

    image.format = PNG_FORMAT_RGB;

    picture->width = image.width;
    picture->height = image.height;
    picture->rgb = malloc(PNG_IMAGE_SIZE(image));

    if (picture->rgb == NULL) {
        background_tell(IDV_BACKGROUND_NO_MEMORY, NULL, 0);
    }

    /* what one can see through has the new background already */

    colour.red = rgb[0];
    colour.green = rgb[1];
    colour.blue = rgb[2];

    if (!png_image_finish_read(&image, &colour, picture->rgb, 0, NULL)
        || image.warning_or_error)
    {
        background_tell(IDV_BACKGROUND_BROKEN, NULL, 0);
    }
}


static void
background_png_out(idv_picture_t *picture)
{
    void              *data;
    png_image          image;
    png_alloc_size_t   len;

    memset(&image, 0, sizeof(image));

    image.version = PNG_IMAGE_VERSION;
    image.width = picture->width;
    image.height = picture->height;
    image.format = PNG_FORMAT_RGB;
    image.flags = PNG_IMAGE_FLAG_FAST;

    len = PNG_IMAGE_PNG_SIZE_MAX(image);
    data = malloc(len);

    if (data == NULL
        || !png_image_write_to_memory(&image, data, &len, 0, picture->rgb, 0,
                                      NULL))
    {
        background_tell(IDV_BACKGROUND_NO_MEMORY, NULL, 0);
    }

    background_tell(IDV_BACKGROUND_PNG, data, len);
}
