/* SPDX-License-Identifier: Apache-2.0 */
/* A program of somebody else: prints the token `person` of one person, from a file of 64 digits. */
#include <totsugo/crypto.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    static const char message[] = "\0\0\0\022ヤマダタロウ\0\0\0\01019480503\0\0\0\0011";
    const char *study = "hachioji-pfs-2026";
    struct tg_key *key = NULL;
    struct tg_token_key *person = NULL;
    struct tg_error err = {0};
    unsigned char token[TG_TOKEN_LEN];
    char hex[2 * TG_TOKEN_LEN + 1] = "";

    enum tg_status status = argc == 2 ? tg_key_import_hex(study, argv[1], &key, &err) : TG_USAGE;
    if (!status)
        status = tg_token_key_new(key, study, "person", &person, &err);
    if (status) {
        char text[512];
        (void)tg_error_format(&err, TG_ENGLISH, text, sizeof text);
        fprintf(stderr, "%s\n", text);
    } else {
        tg_token_compute(person, message, sizeof message - 1, token);
        tg_hex_encode(token, sizeof token, hex);
        printf("%s\n", hex);
    }
    tg_token_key_free(&person);
    tg_key_free(&key);
    return (int)status;
}
