/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/package.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read as the beginning of a package names files that may be written, each once, and as
 * many bytes as they have. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_package_head head = {0};
    struct tg_buf text = {0};
    struct tg_error err;
    uint64_t sum = 0;
    if (tg_buf_add(&text, data, size, &err))
        abort();
    enum tg_status status = tg_package_head_parse(&text, "fuzz", &head, &err);
    if (status && status != TG_DATA)
        abort();
    for (size_t i = 0; !status && i < head.n; i++) {
        const char *name = head.files[i].name;
        if (!tg_packed_name_ok(name, strlen(name)) || strchr(name, '/') || name[0] == '.')
            abort();
        for (size_t j = 0; j < i; j++) {
            if (strcmp(head.files[j].name, name) == 0)
                abort();
        }
        sum += head.files[i].size;
    }
    if (!status && (sum != head.size || strlen(head.from) != TG_DIGEST_HEX))
        abort();
    tg_package_head_free(&head);
    tg_buf_free(&text);
    return 0;
}
