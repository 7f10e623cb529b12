/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one fuzz entry over every file of the folders named: the corpus as a plain test. */
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum tg_status replay_file(const char *path, struct tg_error *err)
{
    struct tg_buf bytes = {0};
    enum tg_status status = tg_file_read_whole(path, 64 * 1024 * 1024, &bytes, err);
    if (!status)
        (void)LLVMFuzzerTestOneInput((const uint8_t *)(bytes.len ? bytes.data : ""), bytes.len);
    tg_buf_free(&bytes);
    return status;
}

static enum tg_status replay_folder(const char *folder, size_t *n_files, struct tg_error *err)
{
    struct tg_arena arena = {0};
    char **names;
    enum tg_status status = tg_dir_list(folder, &arena, &names, n_files, err);
    for (size_t i = 0; !status && i < *n_files; i++) {
        char *path = tg_path_join(&arena, folder, names[i], err);
        status = path ? replay_file(path, err) : TG_NO_MEMORY;
    }
    tg_arena_free(&arena);
    return status;
}

int main(int argc, char **argv)
{
    struct tg_error err;
    for (int i = 1; i < argc; i++) {
        size_t n = 0;
        char text[512];
        if (replay_folder(argv[i], &n, &err)) {
            (void)tg_error_format(&err, TG_ENGLISH, text, sizeof text);
            (void)fprintf(stderr, "%s\n", text);
            return EXIT_FAILURE;
        }
        (void)printf("%s: %zu inputs\n", argv[i], n);
        if (n == 0)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
