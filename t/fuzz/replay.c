
/*
 * Copyright (C) nginx-idv authors
 *
 * The same without libFuzzer: sends files through the targets and prints TAP, a
 * line for each target:
 *
 *     replay FOLDER    with the inputs of each target in FOLDER/TARGET
 */


#include "fuzz.h"

#include <dirent.h>


static int
replay_file(const char *path)
{
    long     len;
    FILE    *file;
    u_char  *data;

    file = fopen(path, "rb");

    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }

    len = ftell(file);
    rewind(file);

    data = malloc(len ? (size_t) len : 1);

    if (data == NULL || fread(data, 1, (size_t) len, file) != (size_t) len) {
        perror(path);
        exit(1);
    }

    fclose(file);

    fuzz_file = path;
    LLVMFuzzerTestOneInput(data, (size_t) len);
    fuzz_file = NULL;

    free(data);

    return 1;
}


int
main(int argc, char **argv)
{
    int             n, rows, failed;
    DIR            *dir;
    char            path[4096];
    struct dirent  *entry;

    if (argc != 2) {
        fprintf(stderr, "usage: replay FOLDER\n");
        return 1;
    }

    house_start();

    failed = 0;
    rows = 0;

    for (fuzz_row = fuzz_rows; fuzz_row->name; fuzz_row++) {

        snprintf(path, sizeof(path), "%s/%s", argv[1], fuzz_row->name);

        n = 0;
        dir = opendir(path);

        while (dir && (entry = readdir(dir)) != NULL) {
            if (entry->d_name[0] != '.') {
                snprintf(path, sizeof(path), "%s/%s/%s", argv[1],
                         fuzz_row->name, entry->d_name);
                n += replay_file(path);
            }
        }

        if (dir) {
            closedir(dir);
        }

        printf("%sok %d - %s: %d inputs\n", n ? "" : "not ", ++rows,
               fuzz_row->name, n);
        fflush(stdout);

        failed += (n == 0);
    }

    printf("1..%d\n", rows);

    return failed ? 1 : 0;
}
