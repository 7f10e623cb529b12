/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reporter.h"
#include "store/app_user.h"
#include "text/calendar.h"

#include <string.h>

/* How a withdrawal came that no file brought. */
static const char at_the_counter[] = "counter";

static bool has_provider(const struct tg_study *study, const char *provider)
{
    for (size_t i = 0; i < study->n_sources; i++) {
        if (study->sources[i].provider && strcmp(study->sources[i].provider, provider) == 0)
            return true;
    }
    return false;
}

static enum tg_status add(struct tg_store *store, const struct tg_app_user *user,
                          const char *purpose, uint32_t on, struct tg_error *err)
{
    struct tg_words words = {.db = &store->db};
    int64_t provider = 0, what = 0, method = 0;
    enum tg_status status =
        tg_word_intern(&words, user->provider, strlen(user->provider), &provider, err);
    if (!status)
        status = tg_word_intern(&words, purpose, strlen(purpose), &what, err);
    if (!status)
        status = tg_word_intern(&words, at_the_counter, sizeof at_the_counter - 1, &method, err);
    tg_words_free(&words);
    if (status)
        return status;
    return tg_db_once(
        &store->db, "INSERT OR REPLACE INTO withdrawal VALUES(?, ?, ?, ?, 0, 0, x'', '', NULL, ?)",
        DB_ARGS(DB_BLOB(user->app, TG_TOKEN_LEN), DB_INT(provider), DB_INT(what), DB_INT(on),
                DB_INT(method)),
        err);
}

/* Whom it concerns is in the registry; the log tells what was done when, and not to whom. */
static enum tg_status write_audit(struct tg_store *store, const struct tg_app_user *user,
                                  const char *purpose, uint32_t on, struct tg_error *err)
{
    struct tg_buf json = {0};
    char day[11];
    tg_day_format(on, day);
    const struct {
        const char *name, *text;
    } texts[] = {
        {"provider", user->provider}, {"purpose", purpose}, {"on", day}, {"version", tg_version()}};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
        status = tg_json_text(&json, texts[i].name, texts[i].text, strlen(texts[i].text), err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    const char *detail = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = detail ? tg_audit_add(store, "consent withdraw", detail, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    return status;
}

enum tg_status tg_consent_withdraw(struct tg_store *store, const char *provider, const char *user,
                                   const char *purpose, uint32_t on,
                                   const struct tg_reporter *reporter, struct tg_error *err)
{
    struct tg_app_user found;
    if (!has_provider(store->study, provider))
        return TG_FAIL(err, TG_MSG_CONSENT_PROVIDER, .column = "--provider");
    enum tg_status status = tg_app_user_find(store, user, provider, &found, err);
    if (!status)
        status = tg_db_begin(&store->db, err);
    if (status)
        return status;
    if (!purpose)
        purpose = TG_ANY_PURPOSE;
    status = add(store, &found, purpose, on, err);
    if (!status)
        status = write_audit(store, &found, purpose, on, err);
    status = tg_db_end(&store->db, status, err);
    if (!status && on > tg_clock_today())
        TG_WARN(reporter, TG_MSG_CONSENT_FUTURE, .column = "--on");
    return status;
}
