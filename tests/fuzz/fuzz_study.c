/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever stands in a study file, it is a study or a wrong study file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_study *study = NULL;
    struct tg_error err;
    enum tg_status status = tg_study_parse("fuzz", (const char *)data, size, &study, &err);
    if ((status == TG_OK) != (study != NULL) || (status && status != TG_CONFIG))
        abort();
    if (study &&
        (!study->n_sources || !study->n_tokens || study->has_cohort != !!study->n_outcomes))
        abort();
    tg_study_free(&study);
    return 0;
}
