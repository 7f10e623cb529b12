/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *cli_beside(const char *study_path, const char *given, const char *name, struct tg_error *err)
{
    const char *slash = given ? NULL : strrchr(study_path, '/');
    size_t dir = slash ? (size_t)(slash - study_path) + 1 : 0;
    const char *last = given ? given : name;
    size_t size = dir + strlen(last) + 1;
    char *path = malloc(size);
    if (!path) {
        (void)TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
        return NULL;
    }
    (void)snprintf(path, size, "%.*s%s", (int)dir, study_path, last);
    return path;
}
