/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What the writers of all files share: options, months, who uses the app, where files go.
 */
#ifndef TG_GENERATE_WORLD_H
#define TG_GENERATE_WORLD_H

#include <totsugo/generate.h>

#include "generate/file.h"
#include "generate/person.h"

/** Somebody who uses the app. */
struct tg_gen_user {
    uint64_t person;     /**< TG_GEN_ELSEWHERE and on: a stranger */
    uint32_t registered; /**< day */
    bool earlier;        /**< of an earlier programme: consent has expired, no effect */
};

struct tg_gen_world {
    uint64_t seed;
    uint64_t persons;
    int32_t first, last;  /**< months with data */
    int32_t roster_every; /**< months from one roster to the next */
    int32_t programme;    /**< first month in which users register */
    int programme_months; /**< how many such months there are */
    const char *raw;      /**< folders being filled */
    const char *truth;
    struct tg_gen_user *users; /**< ascending by person; strangers last */
    size_t n_users;
    const struct tg_reporter *reporter;
    struct tg_arena *arena;
};

/** Draws the users: residents first by how likely they are to use an app, then strangers. */
TG_CHECKED enum tg_status tg_gen_draw_users(struct tg_gen_world *w, uint64_t n,
                                            struct tg_error *err);

/** From this day on a user's costs are multiplied; 0: never. */
uint32_t tg_gen_effect_from(const struct tg_gen_user *user);

/** Walks all residents, newcomers in between; `user` is NULL for those without the app. */
typedef enum tg_status tg_gen_visit(void *ctx, const struct tg_gen_person *p,
                                    const struct tg_gen_user *user, struct tg_error *err);
TG_CHECKED enum tg_status tg_gen_each_person(const struct tg_gen_world *w, const char *stage,
                                             tg_gen_visit *visit, void *ctx, struct tg_error *err);

/** Is there a roster of this month: every `roster_every` months, and of the last. */
bool tg_gen_is_snapshot(const struct tg_gen_world *w, int32_t month);
/** The month of the snapshot before; first − 1 when there is none. */
int32_t tg_gen_snapshot_before(const struct tg_gen_world *w, int32_t month);

/** Begins folder/NAME_YYYY-MM.csv, or folder/NAME.csv when month is TG_NO_MONTH. */
TG_CHECKED enum tg_status tg_gen_open(const struct tg_gen_world *w, struct tg_gen_file *f,
                                      const char *folder, const char *name, int32_t month,
                                      const struct tg_gen_manners *manners, struct tg_error *err);

/** @name The files */
/** @{ */
TG_CHECKED enum tg_status tg_gen_write_rosters(const struct tg_gen_world *w, struct tg_error *err);
TG_CHECKED enum tg_status tg_gen_write_claims(const struct tg_gen_world *w, struct tg_error *err);
TG_CHECKED enum tg_status tg_gen_write_checkups(const struct tg_gen_world *w, struct tg_error *err);
TG_CHECKED enum tg_status tg_gen_write_certifications(const struct tg_gen_world *w,
                                                      struct tg_error *err);
TG_CHECKED enum tg_status tg_gen_write_app(const struct tg_gen_world *w, struct tg_error *err);
TG_CHECKED enum tg_status tg_gen_write_truth(const struct tg_gen_world *w, struct tg_error *err);
TG_CHECKED enum tg_status tg_gen_write_study(const struct tg_gen_world *w, const char *path,
                                             bool force, struct tg_error *err);
/** @} */

#endif
