/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/message.h"
#include "store/person.h"
#include "store/query.h"
#include "store/room.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

enum tg_status tg_store_subjects(struct tg_store *store, const char *recipient, int32_t month,
                                 const struct tg_people *people, unsigned char (*out)[TG_TOKEN_LEN],
                                 struct tg_error *err)
{
    struct tg_token_key *key = NULL;
    struct tg_buf message = {0};
    char written[8];
    tg_month_format(month, written);
    enum tg_status status =
        tg_purpose_key_new(store->site_key, store->study->id, "totsugo/site/subject", &key, err);
    for (size_t i = 0; !status && i < people->n; i++) {
        message.len = 0;
        status = tg_message_add(&message, recipient, strlen(recipient), err);
        if (!status)
            status = tg_message_add(&message, written, strlen(written), err);
        if (!status)
            status = tg_message_add(&message, people->items[i].oldest_row_id, TG_TOKEN_LEN, err);
        if (!status)
            tg_token_compute(key, message.data, message.len, out[i]);
    }
    tg_buf_free(&message);
    tg_token_key_free(&key);
    return status;
}

/* Everybody's id of that month is made again: nothing leads back from one. */
static enum tg_status find_among(struct tg_store *store, const unsigned char *wanted,
                                 const char *recipient, int32_t month,
                                 const struct tg_people *people, int64_t *person,
                                 struct tg_error *err)
{
    unsigned char(*subjects)[TG_TOKEN_LEN] = tg_calloc(people->n, sizeof *subjects, err);
    enum tg_status status =
        subjects ? tg_store_subjects(store, recipient, month, people, subjects, err) : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < people->n; i++) {
        if (memcmp(subjects[i], wanted, TG_TOKEN_LEN) == 0)
            *person = people->items[i].id;
    }
    free(subjects);
    return status;
}

enum tg_status tg_subject_find(struct tg_store *store, const char *named, const char *month,
                               const char *recipient, int64_t *person, struct tg_error *err)
{
    unsigned char wanted[TG_TOKEN_LEN];
    struct tg_people people = {0};
    int32_t at;
    if (strlen(named) != (size_t)2 * TG_TOKEN_LEN || !tg_hex_decode(named, TG_TOKEN_LEN, wanted))
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .rule = "32 hexadecimal digits");
    if (!tg_month_scan(month, strlen(month), &at))
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .rule = "YYYY-MM");
    *person = 0;
    enum tg_status status = tg_store_people(store, at, &people, err);
    if (!status)
        status = find_among(store, wanted, recipient, at, &people, person, err);
    tg_people_free(&people);
    return !status && !*person ? TG_FAIL(err, TG_MSG_PERSON_UNKNOWN, .line = 0) : status;
}
