/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include <jansson.h>
#include <math.h>

double tg_report_share(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

static double number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

enum tg_status tg_report_expected(const char *path, struct tg_expected_quality *out,
                                  struct tg_error *err)
{
    json_error_t why;
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    const json_t *linkage = json_object_get(file, "linkage");
    *out = (struct tg_expected_quality){.known = json_is_object(linkage)};
    out->precision = number_of(linkage, "expected_precision");
    out->precision_interval =
        (struct tg_link_interval){number_of(linkage, "expected_precision_low"),
                                  number_of(linkage, "expected_precision_high")};
    out->recall = number_of(linkage, "expected_recall");
    out->recall_interval = (struct tg_link_interval){number_of(linkage, "expected_recall_low"),
                                                     number_of(linkage, "expected_recall_high")};
    bool no_memory = !file && json_error_code(&why) == json_error_out_of_memory;
    json_decref(file);
    return no_memory ? TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0) : TG_OK;
}
