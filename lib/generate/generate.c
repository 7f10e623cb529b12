/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/generate.h>

#include <stdlib.h>

#include "generate/world.h"

enum {
    PERSONS_MIN = 100,
    PERSONS_MAX = 10000000,
    MONTHS_MIN = 2,
    MONTHS_MAX = 120,
    ROSTER_EVERY_MAX = 12,
};

/* The folders being filled and where they go when whole. */
struct places {
    const char *raw, *raw_partial;
    const char *truth, *truth_partial;
    const char *study;
};

static enum tg_status check_options(const struct tg_generate_options *o, struct tg_error *err)
{
    if (o->persons < PERSONS_MIN || o->persons > PERSONS_MAX)
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "--persons", .rule = "100…10000000");
    if (o->users > o->persons)
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "--users", .rule = "0…persons");
    if (o->months < MONTHS_MIN || o->months > MONTHS_MAX)
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "--months", .rule = "2…120");
    if (o->roster_every > ROSTER_EVERY_MAX)
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "--roster-every", .rule = "1…12");
    return TG_OK;
}

static enum tg_status check_empty(const struct tg_generate_options *o, struct tg_arena *arena,
                                  struct tg_error *err)
{
    char **names;
    size_t n = 0;
    if (o->force || !tg_dir_exists(o->dir))
        return TG_OK;
    enum tg_status status = tg_dir_list(o->dir, arena, &names, &n, err);
    if (!status && n)
        return TG_FAIL(err, TG_MSG_OUTPUT_EXISTS, .file = o->dir);
    return status;
}

static enum tg_status find_places(const char *dir, struct tg_arena *arena, struct places *p,
                                  struct tg_error *err)
{
    p->raw = tg_path_join(arena, dir, "raw", err);
    p->raw_partial = tg_path_join(arena, dir, ".raw.partial", err);
    p->truth = tg_path_join(arena, dir, "truth", err);
    p->truth_partial = tg_path_join(arena, dir, ".truth.partial", err);
    p->study = tg_path_join(arena, dir, "study.yaml", err);
    return p->raw && p->raw_partial && p->truth && p->truth_partial && p->study ? TG_OK
                                                                                : TG_NO_MEMORY;
}

static enum tg_status make_folders(const char *dir, const struct places *p, struct tg_error *err)
{
    enum tg_status status = tg_dir_remove(p->raw_partial, err);
    if (!status)
        status = tg_dir_remove(p->truth_partial, err);
    if (!status)
        status = tg_dir_make(dir, err);
    if (!status)
        status = tg_dir_make(p->raw_partial, err);
    return status ? status : tg_dir_make(p->truth_partial, err);
}

/* What failed has been told already. */
static void remove_partial(const struct places *p)
{
    enum tg_status ignored = tg_dir_remove(p->raw_partial, NULL);
    ignored = tg_dir_remove(p->truth_partial, NULL);
    (void)ignored;
}

static enum tg_status write_all(struct tg_gen_world *w, uint64_t users, struct tg_error *err)
{
    enum tg_status status = tg_gen_draw_users(w, users, err);
    if (!status)
        status = tg_gen_write_rosters(w, err);
    if (!status)
        status = tg_gen_write_claims(w, err);
    if (!status)
        status = tg_gen_write_checkups(w, err);
    if (!status)
        status = tg_gen_write_certifications(w, err);
    if (!status)
        status = tg_gen_write_app(w, err);
    return status ? status : tg_gen_write_truth(w, err);
}

/* The study comes last: where it is, everything is. */
static enum tg_status put_in_place(const struct tg_gen_world *w, const struct places *p, bool force,
                                   struct tg_error *err)
{
    enum tg_status status = tg_dir_replace(p->truth_partial, p->truth, err);
    if (!status)
        status = tg_dir_replace(p->raw_partial, p->raw, err);
    return status ? status : tg_gen_write_study(w, p->study, force, err);
}

static void set_programme(struct tg_gen_world *w, unsigned months)
{
    bool room = months >= TG_GEN_PROGRAMME_MONTH + TG_GEN_PROGRAMME_SPAN;
    w->programme = w->first + (room ? TG_GEN_PROGRAMME_MONTH : (int32_t)months / 2);
    w->programme_months = room ? TG_GEN_PROGRAMME_SPAN : (int)(months + 3) / 4;
}

enum tg_status tg_generate(const struct tg_generate_options *options,
                           const struct tg_reporter *reporter, struct tg_error *err)
{
    struct tg_arena arena = {0};
    struct places p = {0};
    struct tg_gen_world w = {.seed = options->seed,
                             .persons = options->persons,
                             .first = TG_GEN_FIRST_MONTH,
                             .last = TG_GEN_FIRST_MONTH + (int32_t)options->months - 1,
                             .roster_every = options->roster_every ? (int32_t)options->roster_every
                                                                   : TG_GEN_SNAPSHOT_MONTHS,
                             .reporter = reporter,
                             .arena = &arena};
    set_programme(&w, options->months);
    enum tg_status status = check_options(options, err);
    if (!status)
        status = check_empty(options, &arena, err);
    if (!status)
        status = find_places(options->dir, &arena, &p, err);
    if (!status)
        status = make_folders(options->dir, &p, err);
    w.raw = p.raw_partial;
    w.truth = p.truth_partial;
    if (!status) {
        status = write_all(&w, options->users, err);
        if (!status)
            status = put_in_place(&w, &p, options->force, err);
        if (status)
            remove_partial(&p);
    }
    free(w.users);
    tg_arena_free(&arena);
    return status;
}
