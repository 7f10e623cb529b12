/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small program to try faults on, where no command is wanted.
 *
 *   try key KEY-FILE             a new key
 *   try tokens KEY-FILE OUTPUT   a few megabytes of tokens
 */
#include <totsugo/crypto.h>

#include "sys/file.h"

#include <stdio.h>
#include <string.h>

enum { N_TOKENS = 100000 };

static enum tg_status try_key(const char *path, struct tg_error *err)
{
    struct tg_key *key = NULL;
    enum tg_status status = tg_key_generate("a-study", &key, err);
    if (!status)
        status = tg_key_save(key, path, false, err);
    tg_key_free(&key);
    return status;
}

static enum tg_status write_tokens(const struct tg_token_key *key, const char *path,
                                   struct tg_error *err)
{
    struct tg_output *output = NULL;
    enum tg_status status = tg_output_begin(path, 0, &output, err);
    for (uint32_t i = 0; !status && i < N_TOKENS; i++) {
        unsigned char token[TG_TOKEN_LEN];
        char line[2 * TG_TOKEN_LEN + 1];
        tg_token_compute(key, &i, sizeof i, token);
        tg_hex_encode(token, sizeof token, line);
        line[sizeof line - 1] = '\n';
        status = tg_output_write(output, line, sizeof line, err);
    }
    if (!status)
        return tg_output_commit(&output, err);
    tg_output_discard(&output);
    return status;
}

static enum tg_status try_tokens(const char *key_path, const char *path, struct tg_error *err)
{
    struct tg_key *key = NULL;
    struct tg_token_key *token_key = NULL;
    enum tg_status status = tg_key_load(key_path, &key, err);
    if (!status)
        status = tg_token_key_new(key, tg_key_info(key)->study, "person", &token_key, err);
    if (!status)
        status = write_tokens(token_key, path, err);
    tg_token_key_free(&token_key);
    tg_key_free(&key);
    return status;
}

int main(int argc, char **argv)
{
    struct tg_error err = {0};
    enum tg_status status = TG_USAGE;
    if (argc == 3 && strcmp(argv[1], "key") == 0)
        status = try_key(argv[2], &err);
    else if (argc == 4 && strcmp(argv[1], "tokens") == 0)
        status = try_tokens(argv[2], argv[3], &err);
    else
        return TG_USAGE;
    if (status) {
        char text[1024];
        (void)tg_error_format(&err, TG_ENGLISH, text, sizeof text);
        fprintf(stderr, "%s\n", text);
    }
    return (int)status;
}
