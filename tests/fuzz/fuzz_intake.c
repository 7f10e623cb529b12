/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <totsugo/crypto.h>
#include <totsugo/intake.h>

#include "table/study_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char study_text[] =
    "version: 1\nstudy: fuzz\nlimits: {rejects: 1, unreadable: 1}\nsources:\n"
    "  r: {kind: roster, columns: {insurer_number: i, insured_symbol: s, insured_number: n,"
    " resident_number: z, kana_name: k, name: j, birth_date: b, sex: x, postal_code: p, phone: t,"
    " district: d, enrolled_from: f, enrolled_to: u}}\n"
    "  e: {kind: events, columns: {care_insured_number: n, month: b, code: k, amount: z}}\n";

static struct tg_study *study;
static struct tg_key *key;

static void prepare(void)
{
    struct tg_error err;
    if (tg_study_parse("fuzz", study_text, sizeof study_text - 1, &study, &err) ||
        tg_key_generate("fuzz", &key, &err) || !freopen("/dev/null", "w", stdout))
        abort();
}

/* Any bytes are a file that is taken or refused; the first picks the source, and whether the tokens
 * are written. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!study)
        prepare();
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || (size > 1 && write(fd, data + 1, size - 1) != (ssize_t)(size - 1)))
        abort();
    char path[64];
    const char *input = path;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const struct tg_pseudonymize_options options = {.study = study,
                                                    .key = key,
                                                    .source = size && data[0] % 2 ? "e" : "r",
                                                    .inputs = &input,
                                                    .n_inputs = 1,
                                                    .threads = 1,
                                                    .memory = 16 * 1024 * 1024,
                                                    .output = "-",
                                                    .check_only = size && data[0] & 2};
    struct tg_pseudonymize_result result;
    struct tg_error err;
    enum tg_status status = tg_pseudonymize(&options, NULL, &result, &err);
    if (status != TG_OK && status != TG_DATA)
        abort();
    tg_pseudonymize_result_free(&result);
    close(fd);
    return 0;
}
