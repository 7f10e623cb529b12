/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "store_help.h"

#include "base/bytes.h"
#include "store/pack.h"

#define BORN "1950-03,1"

static struct tg_people people;

static const struct tg_person *only_person(int32_t month)
{
    tg_people_free(&people);
    OK(tg_store_people(store, month, &people, &err));
    ck_assert_uint_eq(people.n, 1);
    return &people.items[0];
}

static void expect_stretch(const struct tg_person *p, uint32_t at, int32_t from, int32_t to)
{
    ck_assert_uint_lt(at, p->n_stretches);
    const struct tg_stretch *s = &people.stretches[p->first_stretch + at];
    ck_assert_msg(s->from == from && s->to == to, "%d to %d, not %d to %d", s->from, s->to, from,
                  to);
}

static void expect_row(const unsigned char *row_id, const char *source, const char *period,
                       size_t row)
{
    char expected[33], found[33] = "";
    row_id_of(source, period, row, expected);
    tg_hex_encode(row_id, TG_TOKEN_LEN, found);
    ck_assert_str_eq(found, expected);
}

START_TEST(people_are_as_their_newest_rows_say)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",east,2015-04-01,"));
    (void)take("roster", "2025-03", ROWS("@n1,@r1,@k1,," BORN ",west,2015-04-01,"));
    (void)take("care", "2025-02", ROWS("@c1,@r1,@k1,," BORN ",north,,,1"));
    const struct tg_person *p = only_person(M(2025, 1));
    ck_assert_str_eq(p->district, "east");
    expect_row(p->row_id, "roster", "2025-01", 0);
    p = only_person(M(2025, 2));
    ck_assert_str_eq(p->district, "north");
    expect_row(p->row_id, "care", "2025-02", 0);
    p = only_person(M(2025, 3));
    ck_assert_str_eq(p->district, "west");
    expect_row(p->row_id, "roster", "2025-03", 0);
    ck_assert_int_eq(p->birth_month, M(1950, 3));
    ck_assert_int_eq(p->sex, 1);
    ck_assert_uint_eq(tg_people_find(&people, p->id), 0);
    ck_assert_uint_eq(tg_people_find(&people, p->id + 1), SIZE_MAX);
    tg_people_free(&people);
    OK(tg_store_people(store, M(2024, 12), &people, &err));
    ck_assert_uint_eq(people.n, 0);
}
END_TEST

START_TEST(in_one_period_the_first_source_of_the_study_is_newest)
{
    (void)take("care", "2025-01", ROWS("@c1,@r1,@k1,," BORN ",north,,,1"));
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    const struct tg_person *p = only_person(M(2025, 1));
    expect_row(p->row_id, "roster", "2025-01", 0);
    ck_assert_str_eq(p->district, "north");
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",south,,"));
    ck_assert_str_eq(only_person(M(2025, 1))->district, "south");
}
END_TEST

START_TEST(stretches_come_from_the_newest_delivery_with_the_person)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,2015-04-01,"));
    (void)take(
        "roster", "2025-02",
        ROWS("@n1,@r1,@k1,," BORN ",,2016-04-01,2020-03-31", "@n1,@r1,@k1,," BORN ",,2021-04-01,"));
    (void)take("roster", "2025-03", ROWS("@n2,@r2,@k2,," BORN ",,2015-04-01,"));
    const struct tg_person *p = only_person(M(2025, 1));
    expect_stretch(p, 0, M(2015, 4), INT32_MAX);
    p = only_person(M(2025, 2));
    ck_assert_uint_eq(p->n_stretches, 2);
    expect_stretch(p, 0, M(2016, 4), M(2020, 3));
    expect_stretch(p, 1, M(2021, 4), INT32_MAX);
    ck_assert(tg_person_insured(&people, p, M(2020, 3)));
    ck_assert(!tg_person_insured(&people, p, M(2020, 4)));
    ck_assert(tg_person_insured(&people, p, M(2099, 1)));
    /* missing from the newest: until last seen */
    tg_people_free(&people);
    OK(tg_store_people(store, M(2025, 3), &people, &err));
    ck_assert_uint_eq(people.n, 2);
    expect_stretch(&people.items[0], 1, M(2021, 4), M(2025, 2));
    expect_stretch(&people.items[1], 0, M(2015, 4), INT32_MAX);
}
END_TEST

START_TEST(stretches_are_united)
{
    (void)take("roster", "2025-01",
               ROWS("@n1,@r1,@k1,," BORN ",,2015-04-01,2016-03-31",
                    "@n1,@r1,@k1,," BORN ",,2016-04-01,2017-01-31",
                    "@n1,@r1,@k1,," BORN ",,2016-02-01,2016-02-20",
                    "@n1,@r1,@k1,," BORN ",,2018-04-01,2018-03-31"));
    const struct tg_person *p = only_person(M(2025, 1));
    ck_assert_uint_eq(p->n_stretches, 1);
    expect_stretch(p, 0, M(2015, 4), M(2017, 1));
}
END_TEST

START_TEST(the_day_of_the_end_is_the_first_without_insurance)
{
    (void)take("roster", "2025-01",
               ROWS("@n1,@r1,@k1,," BORN ",,2015-04-01,2016-04-01",
                    "@n1,@r1,@k1,," BORN ",,2018-04-02,2019-01-01",
                    "@n1,@r1,@k1,," BORN ",,2020-04-01,2020-04-01"));
    const struct tg_person *p = only_person(M(2025, 1));
    ck_assert_uint_eq(p->n_stretches, 2);
    expect_stretch(p, 0, M(2015, 4), M(2016, 3));
    expect_stretch(p, 1, M(2018, 4), M(2018, 12));
}
END_TEST

START_TEST(undated_sources_speak_only_for_those_no_dated_one_knows)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,2015-04-01,2020-01-31"));
    (void)take("care", "2025-01", ROWS("@c1,@r1,@k1,," BORN ",,,,1", "@c2,@r2,@k2,," BORN ",,,,1"));
    tg_people_free(&people);
    OK(tg_store_people(store, M(2025, 1), &people, &err));
    ck_assert_uint_eq(people.n, 2);
    expect_stretch(&people.items[0], 0, M(2015, 4), M(2020, 1));
    ck_assert_uint_eq(people.items[0].n_stretches, 1);
    expect_stretch(&people.items[1], 0, INT32_MIN, INT32_MAX);
}
END_TEST

START_TEST(a_delivery_without_a_period_is_the_oldest)
{
    (void)take("roster", "", ROWS("@n1,@r1,@k1,," BORN ",old,2015-04-01,"));
    const struct tg_person *p = only_person(M(2000, 1));
    ck_assert_str_eq(p->district, "old");
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",new,2015-04-01,"));
    p = only_person(M(2025, 1));
    ck_assert_str_eq(p->district, "new");
}
END_TEST

struct placed_list {
    struct {
        uint64_t hash; /* of a decisive token its first half */
        uint32_t place, token;
    } items[32];
    size_t n;
};

static enum tg_status on_placed(void *ctx, const struct tg_placed_token *tokens, size_t n,
                                struct tg_error *e)
{
    struct placed_list *list = ctx;
    (void)e;
    ck_assert_uint_le(list->n + n, 32);
    for (size_t i = 0; i < n; i++, list->n++) {
        list->items[list->n].hash = tg_load_be64(tokens[i].hash);
        list->items[list->n].place = tokens[i].place;
        list->items[list->n].token = tokens[i].token;
    }
    return TG_OK;
}

static enum tg_status on_evidence(void *ctx, const struct tg_placed_evidence *tokens, size_t n,
                                  struct tg_error *e)
{
    struct placed_list *list = ctx;
    (void)e;
    ck_assert_uint_le(list->n + n, 32);
    for (size_t i = 0; i < n; i++, list->n++) {
        list->items[list->n].hash = tokens[i].hash;
        list->items[list->n].place = tokens[i].place;
        list->items[list->n].token = tokens[i].token;
    }
    return TG_OK;
}

static size_t count(const struct placed_list *list, const char *token, uint32_t place)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        n += !strcmp(study->tokens[list->items[i].token].name, token) &&
             list->items[i].place == place;
    return n;
}

START_TEST(tokens_of_places_come_in_one_pass)
{
    struct placed_list decisive = {.n = 0}, evidence = {.n = 0}, first = {.n = 0}, users = {.n = 0};
    struct tg_places places, of_users;
    (void)take("roster", "2025-01",
               ROWS("@n1,@r1,@k1,@m1," BORN ",,,", "@n2,@r2,@k2,," BORN ",,,"));
    (void)take("roster", "2025-02", ROWS("@n3,@r3,@k3,@m3," BORN ",,,"));
    (void)take("care", "2025-01", ROWS("@c1,@r1,@k1,@m2," BORN ",,,,1"));
    (void)take("users", "2025-01", ROWS("@a1,@k1,@m1,walk," BORN ","));
    OK(tg_store_people(store, M(2025, 1), &people, &err));
    ck_assert_uint_eq(people.n, 2);
    OK(tg_store_places_of_people(store, M(2025, 1), &people, &places, &err));
    OK(tg_store_tokens(store, &places, NULL, on_placed, &decisive, &err));
    OK(tg_store_evidence(store, &places, NULL, on_evidence, &evidence, &err));
    const uint32_t a = count(&evidence, "near", 0) ? 0 : 1, b = 1 - a; /* who has what */
    ck_assert_uint_eq(count(&decisive, "insured", 0), 1);
    ck_assert_uint_eq(count(&decisive, "insured", 1), 1);
    ck_assert_uint_eq(count(&decisive, "resident", a), 2); /* of two identities */
    ck_assert_uint_eq(count(&decisive, "near", a), 0);
    ck_assert_uint_eq(count(&evidence, "near", a), 2);
    ck_assert_uint_eq(count(&evidence, "near", b), 0);
    ck_assert_uint_eq(evidence.n, 2);
    const bool of[2] = {a == 1, a == 0};
    OK(tg_store_tokens(store, &places, of, on_placed, &first, &err));
    ck_assert_uint_eq(first.n, 3);
    ck_assert_uint_eq(count(&first, "insured", b), 1);
    struct tg_users found;
    OK(tg_store_users(store, M(2025, 1), 20250131, &found, &err));
    OK(tg_store_places_of(store, &found.items[0].identity, 1, &of_users, &err));
    OK(tg_store_evidence(store, &of_users, NULL, on_evidence, &users, &err));
    ck_assert_uint_eq(users.n, 1);
    size_t shared = 0;
    for (size_t i = 0; i < evidence.n; i++)
        shared += evidence.items[i].hash == users.items[0].hash;
    ck_assert_uint_eq(shared, 1);
    tg_users_free(&found);
    tg_places_free(&of_users);
    tg_places_free(&places);
    tg_people_free(&people);
}
END_TEST

static void sql(const char *text)
{
    sqlite3 *db = open_raw();
    ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Puts what SQL yields among the tokens that are looked up. */
static void index_those(const char *text)
{
    struct tg_db db = {open_raw(), db_path};
    sqlite3_stmt *stmt = NULL;
    OK(tg_db_prepare(&db, text, &stmt, &err));
    OK(tg_index_fill(&db, TG_INDEX_TOKENS, stmt, &err));
    sqlite3_finalize(stmt);
    sqlite3_close(db.handle);
}

/* As a store of an older program has them: among those that are looked up. */
START_TEST(evidence_of_an_older_store_is_moved)
{
    struct placed_list evidence = {.n = 0};
    struct tg_places places;
    (void)take("roster", "2025-01",
               ROWS("@n1,@r1,@k1,@m1," BORN ",,,", "@n2,@r2,@k2,," BORN ",,,"));
    index_those("SELECT n.id, CAST(substr(e.tokens, -8) || zeroblob(8) AS BLOB), e.identity_id"
                " FROM identity_evidence e,"
                " token_name n WHERE n.name = 'near'");
    index_those("SELECT token, zeroblob(16), identity_id FROM identity_token t, token_name n"
                " WHERE n.name = 'near' AND n.id = t.token");
    sql("DELETE FROM identity_evidence");
    OK(tg_store_open(db_path, study, &store, &err));
    OK(tg_store_people(store, M(2025, 1), &people, &err));
    OK(tg_store_places_of_people(store, M(2025, 1), &people, &places, &err));
    OK(tg_store_evidence(store, &places, NULL, on_evidence, &evidence, &err));
    ck_assert_uint_eq(evidence.n, 2);
    ck_assert_uint_eq(evidence.items[0].place, evidence.items[1].place);
    tg_store_close(&store);
    sql("CREATE TEMP TABLE t(n INTEGER CHECK(n = 0)); INSERT INTO t SELECT count(*) FROM"
        " identity_token t JOIN token_name n ON n.id = t.token WHERE n.name = 'near'");
    sql("UPDATE identity SET digest = NULL; CREATE TEMP TABLE t(n INTEGER CHECK(n = 0));"
        "INSERT INTO t SELECT count(*) FROM identity_evidence");
    OK(tg_store_open(db_path, study, &store, &err));
    tg_places_free(&places);
    tg_people_free(&people);
}
END_TEST

START_TEST(users_are_those_of_the_newest_file)
{
    struct tg_users users;
    (void)take("users", "2025-01", ROWS("@a1,,,walk," BORN ",2024-12-24", "@a2,,,walk,,,"));
    (void)take("users", "2025-03", ROWS("@a1,,,walk," BORN ",2024-12-24"));
    (void)take("other_users", "2025-02", ROWS("@b1,,,run,,2,"));
    (void)take("steps", "2025-01", ROWS("@a1,2024-12-30,10,", "@a1,2025-01-02,20,61"));
    (void)take("steps", "2025-02", ROWS("@a1,2024-11-30,10,", "@a7,2020-01-01,1,1"));
    OK(tg_store_users(store, M(2025, 1), 20250131, &users, &err));
    ck_assert_uint_eq(users.n, 2);
    ck_assert_int_lt(memcmp(users.items[0].row_id, users.items[1].row_id, TG_TOKEN_LEN), 0);
    size_t at = users.items[0].registered_on ? 0 : 1;
    ck_assert_uint_eq(users.items[at].registered_on, 20241224);
    ck_assert_int_eq(users.items[at].birth_month, M(1950, 3));
    ck_assert_int_eq(users.items[at].first_activity, M(2024, 12));
    ck_assert_int_eq(users.items[1 - at].birth_month, TG_NO_MONTH);
    ck_assert_int_eq(users.items[1 - at].first_activity, TG_NO_MONTH);
    tg_users_free(&users);
    OK(tg_store_users(store, M(2025, 3), 20250331, &users, &err));
    ck_assert_uint_eq(users.n, 2);
    at = strcmp(users.items[0].provider, "walk") == 0 ? 0 : 1;
    ck_assert_str_eq(users.items[1 - at].provider, "run");
    ck_assert_int_eq(users.items[at].first_activity, M(2024, 11));
    ck_assert_int_eq(users.items[1 - at].sex, 2);
    tg_users_free(&users);
}
END_TEST

struct sums {
    int64_t person[8];
    int64_t yen[8];
    uint64_t n[8];
    size_t n_persons;
};

/* `ctx`: sums by question. */
static enum tg_status on_amounts(void *ctx, const struct tg_amount *amounts, size_t n,
                                 struct tg_error *e)
{
    (void)e;
    for (size_t i = 0; i < n; i++) {
        const struct tg_amount *a = &amounts[i];
        struct sums *sums = (struct sums *)ctx + a->question;
        size_t at = 0;
        ck_assert_int_ge(a->month, M(2025, 1));
        ck_assert_int_le(a->month, M(2025, 2));
        while (at < sums->n_persons && sums->person[at] != a->person)
            at++;
        sums->n_persons += at == sums->n_persons;
        sums->person[at] = a->person;
        sums->yen[at] += a->yen;
        sums->n[at] += a->n_events;
    }
    return TG_OK;
}

static int64_t yen_of(const struct sums *sums, int64_t person)
{
    for (size_t i = 0; i < sums->n_persons; i++) {
        if (sums->person[i] == person)
            return sums->yen[i];
    }
    return -1;
}

START_TEST(amounts_go_to_the_one_person_a_token_leads_to)
{
    /* insured person near month code amount; twins share the number, each has a name of their own
     */
    (void)take("roster", "2025-01",
               ROWS("@n1,@r1,@k1,," BORN ",,,", "@home,@ra,@ka,,2010-05,2,,,",
                    "@home,@rb,@kb,,2010-05,2,,,"));
    (void)take("medical", "2025-01",
               ROWS("@n1,,,2025-01,I10,100", "@n1,,,2025-01,I10,-30", "@n1,@kb,,2025-02,,7",
                    "@home,@ka,,2025-01,E11,1000", "@home,,,2025-01,E11,1", "@n9,,,2025-01,E11,2",
                    ",,,2025-01,E11,4", "@n1,,,2024-12,I10,5000", "@n1,,,2025-03,I10,5000"));
    (void)take("medical", "2025-02", ROWS("@n1,,,2025-02,I10,20000"));
    int64_t p1 = person_of("roster", "2025-01", 0), a = person_of("roster", "2025-01", 1),
            b = person_of("roster", "2025-01", 2);
    struct sums sums = {.n_persons = 0};
    struct tg_event_counts counts;
    struct tg_asked_source medical = {.source = tg_study_source(study, "medical"),
                                      .month = M(2025, 1)};
    const struct tg_amount_question question = {.from = M(2025, 1), .to = M(2025, 2)};
    OK(tg_store_amounts(store, &medical, &question, 1, on_amounts, &sums, &counts, &err));
    ck_assert_int_eq(yen_of(&sums, p1), 77);
    ck_assert_int_eq(yen_of(&sums, a), 1000);
    ck_assert_int_eq(yen_of(&sums, b), -1);
    ck_assert_uint_eq(counts.events, 7);
    ck_assert_uint_eq(counts.unassigned, 3);
    ck_assert_int_eq(counts.first_month, M(2024, 12));
    ck_assert_int_eq(counts.last_month, M(2025, 3));
    memset(&sums, 0, sizeof sums);
    medical.month = M(2025, 2);
    OK(tg_store_amounts(store, &medical, &question, 1, on_amounts, &sums, &counts, &err));
    ck_assert_int_eq(yen_of(&sums, p1), 20077);
    medical.month = M(2024, 6);
    OK(tg_store_amounts(store, &medical, &question, 1, on_amounts, &sums, &counts, &err));
    ck_assert_uint_eq(counts.events, 0);
    ck_assert_int_eq(counts.first_month, TG_NO_MONTH);
}
END_TEST

START_TEST(amounts_can_be_asked_by_code)
{
    static const struct tg_code_range diabetes = {"E10", "E14"}, exact = {"I10", "I10"};
    static const struct {
        const struct tg_code_range *codes;
        int64_t yen;
        uint64_t n;
    } cases[] = {{NULL, 1111111, 7}, {&diabetes, 11110, 4}, {&exact, 1100000, 2}};
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    (void)take("medical", "2025-01",
               ROWS("@n1,,,2025-01,E10,10", "@n1,,,2025-01,E149,100", "@n1,,,2025-01,E11.9,1000",
                    "@n1,,,2025-02,E12,10000", "@n1,,,2025-01,I10,100000",
                    "@n1,,,2025-01,I109,1000000", "@n1,,,2025-01,,1"));
    const struct tg_asked_source medical = {.source = tg_study_source(study, "medical"),
                                            .month = LATE};
    /* alone, and all of them at once, more of them than a pass takes */
    enum { N = sizeof cases / sizeof cases[0], MANY = 50 * N };
    static struct tg_amount_question questions[MANY];
    static struct tg_event_counts counts[MANY];
    static struct sums sums[MANY];
    for (size_t i = 0; i < MANY; i++)
        questions[i] = (struct tg_amount_question){.from = M(2025, 1),
                                                   .to = M(2025, i % 2 ? 1 : 2),
                                                   .codes = cases[i % N].codes,
                                                   .n_codes = cases[i % N].codes != NULL};
    for (int alone = 1; alone >= 0; alone--) {
        memset(sums, 0, sizeof sums);
        for (size_t i = 0; i < (alone ? MANY : 1); i++)
            OK(tg_store_amounts(store, &medical, &questions[i], alone ? 1 : MANY, on_amounts,
                                &sums[i], &counts[i], &err));
        for (size_t i = 0; i < MANY; i++) {
            bool january = i % 2, diabetes_too = cases[i % N].codes != &exact;
            ck_assert_int_eq(sums[i].yen[0], cases[i % N].yen - january * diabetes_too * 10000);
            ck_assert_uint_eq(sums[i].n[0], cases[i % N].n - january * diabetes_too);
            ck_assert_uint_eq(counts[i].events, sums[i].n[0]);
            ck_assert_int_eq(counts[i].last_month, M(2025, 2));
        }
    }
}
END_TEST

struct values {
    int64_t person[8];
    uint32_t day[8];
    double value[8];
    size_t n;
};

static enum tg_status on_measured(void *ctx, const struct tg_measured *values, size_t n,
                                  struct tg_error *e)
{
    (void)e;
    for (size_t i = 0; i < n; i++) {
        struct values *v = (struct values *)ctx + values[i].question;
        ck_assert_uint_lt(v->n, 8);
        v->person[v->n] = values[i].person;
        v->day[v->n] = values[i].day;
        v->value[v->n++] = values[i].value;
    }
    return TG_OK;
}

/* Two app users, of whom one is linked. */
START_TEST(measures_of_an_app_go_to_its_linked_users)
{
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    (void)take("users", "", ROWS("@a1,@k1,,walk,,,", "@a2,@k2,,walk,,,"));
    (void)take("steps", "",
               ROWS("@a1,2025-01-10,5000,61.5", "@a1,2025-02-03,7000,", "@a1,2025-03-01,1,",
                    "@a2,2025-01-15,900,"));
    struct tg_linked_user linked = {.person = person_of("roster", "2025-01", 0)};
    linked.identity = number("SELECT min(u.identity_id) FROM user_row u"
                             " JOIN identity_token t ON t.identity_id = u.identity_id"
                             " JOIN identity_token p ON p.hash = t.hash AND p.token = t.token"
                             " JOIN identity i ON i.id = p.identity_id"
                             " WHERE i.person_id IS NOT NULL");
    struct tg_asked_source steps = {.source = tg_study_source(study, "steps"), .month = LATE};
    struct tg_measure_question question = {"steps", 20250101, 20250228};
    struct values v = {.n = 0};
    struct tg_event_counts counts;
    OK(tg_store_measures(store, &steps, &question, 1, on_measured, &v, &counts, &err));
    ck_assert_uint_eq(v.n, 0);
    ck_assert_uint_eq(counts.unassigned, 3);
    steps.linked = &linked;
    steps.n_linked = 1;
    OK(tg_store_measures(store, &steps, &question, 1, on_measured, &v, &counts, &err));
    ck_assert_uint_eq(v.n, 2);
    ck_assert_uint_eq(counts.events, 3);
    ck_assert_uint_eq(counts.unassigned, 1);
    ck_assert_int_eq(counts.first_month, M(2025, 1));
    ck_assert_int_eq(counts.last_month, M(2025, 3));
    ck_assert(v.person[0] == linked.person && v.person[1] == linked.person);
    ck_assert(v.day[0] == 20250110 && v.value[0] == 5000);
    ck_assert(v.day[1] == 20250203 && v.value[1] == 7000);
    question.measure = "weight";
    v.n = 0;
    OK(tg_store_measures(store, &steps, &question, 1, on_measured, &v, &counts, &err));
    ck_assert(v.n == 1 && v.value[0] == 61.5);
    question.measure = NULL;
    v.n = 0;
    OK(tg_store_measures(store, &steps, &question, 1, on_measured, &v, &counts, &err));
    ck_assert(v.n == 2 && v.value[0] == 1);

    static const struct tg_measure_question all[] = {{"weight", 20250101, 20250228},
                                                     {NULL, 20250101, UINT32_MAX},
                                                     {"height", 1, UINT32_MAX},
                                                     {"steps", 20250201, 20250228}};
    struct values many[4] = {{.n = 0}};
    struct tg_event_counts each[4];
    OK(tg_store_measures(store, &steps, all, 4, on_measured, many, each, &err));
    ck_assert(many[0].n == 1 && many[0].value[0] == 61.5);
    ck_assert(many[1].n == 3 && many[1].day[2] == 20250301 && each[1].unassigned == 1);
    ck_assert(many[2].n == 0 && each[2].events == 0 && each[2].last_month == M(2025, 3));
    ck_assert(many[3].n == 1 && many[3].value[0] == 7000);

    int32_t first, last;
    OK(tg_store_span(store, steps.source, LATE, &first, &last, &err));
    ck_assert_int_eq(first, M(2025, 1));
    OK(tg_store_span(store, tg_study_source(study, "medical"), LATE, &first, &last, &err));
    ck_assert(first == TG_NO_MONTH && last == TG_NO_MONTH);
}
END_TEST

static enum tg_status refuse(void *ctx, const struct tg_amount *amounts, size_t n,
                             struct tg_error *e)
{
    (void)ctx, (void)amounts, (void)n;
    return TG_FAIL(e, TG_MSG_CANCELLED, .line = 7);
}

START_TEST(a_callback_ends_the_walk)
{
    struct tg_event_counts counts;
    (void)take("roster", "2025-01", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    (void)take("medical", "2025-01", ROWS("@n1,,,2025-01,I10,100"));
    const struct tg_asked_source medical = {.source = tg_study_source(study, "medical"),
                                            .month = LATE};
    const struct tg_amount_question question = {.to = LATE};
    ck_assert_int_eq(tg_store_amounts(store, &medical, &question, 1, refuse, NULL, &counts, &err),
                     TG_CANCELLED);
    ck_assert_uint_eq(err.line, 7);
    reopen();
}
END_TEST

START_TEST(deliveries_are_listed)
{
    struct tg_arena arena = {0};
    struct tg_delivery *list;
    size_t n;
    (void)take("users", "", ROWS("@a1,,,walk,,,"));
    (void)take("roster", "2025-02", ROWS("@n1,@r1,@k1,," BORN ",,,"));
    (void)take("roster", "2025-01", NO_ROWS);
    (void)take("roster", "2025-03", NO_ROWS);
    OK(tg_store_deliveries(store, M(2025, 2), &arena, &list, &n, &err));
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(list[0].source, "roster");
    ck_assert_str_eq(list[0].period, "2025-01");
    ck_assert_str_eq(list[1].period, "2025-02");
    ck_assert_uint_eq(list[1].rows, 1);
    ck_assert_uint_eq(strlen(list[1].sha256), 64);
    ck_assert_str_eq(list[2].source, "users");
    ck_assert_str_eq(list[2].kind, "users");
    ck_assert_str_eq(list[2].period, "");
    tg_arena_free(&arena);
}
END_TEST

START_TEST(subjects_are_of_store_month_and_recipient)
{
    struct tg_people two = {
        .items = (struct tg_person[2]){{.oldest_row_id = {1}}, {.id = 1, .oldest_row_id = {2}}},
        .n = 2};
    unsigned char of[4][2][TG_TOKEN_LEN];
    OK(tg_store_subjects(store, "a", M(2025, 1), &two, of[0], &err));
    OK(tg_store_subjects(store, "b", M(2025, 1), &two, of[1], &err));
    OK(tg_store_subjects(store, "a", M(2025, 2), &two, of[2], &err));
    reopen();
    two.items[0].id = 7; /* the number says nothing */
    OK(tg_store_subjects(store, "a", M(2025, 1), &two, of[3], &err));
    ck_assert_int_eq(memcmp(of[0], of[3], sizeof of[0]), 0);
    ck_assert_int_ne(memcmp(of[0][0], of[0][1], TG_TOKEN_LEN), 0);
    ck_assert_int_ne(memcmp(of[0][0], of[1][0], TG_TOKEN_LEN), 0);
    ck_assert_int_ne(memcmp(of[0][0], of[2][0], TG_TOKEN_LEN), 0);
}
END_TEST

START_TEST(packed_numbers_come_back)
{
    static const int64_t numbers[] = {0,      1,        -1,        63,        64,        -64,
                                      -65,    8191,     8192,      INT64_MAX, INT64_MIN, 1234567890,
                                      -20250, 99999999, INT32_MIN, INT32_MAX};
    struct tg_buf b = {0};
    enum { N = sizeof numbers / sizeof numbers[0] };
    for (size_t i = 0; i < N; i++)
        OK(tg_pack_signed(&b, numbers[i], &err));
    OK(tg_pack_number(&b, UINT64_MAX, &err));
    OK(tg_pack_real(&b, -0.1, &err));
    const unsigned char *bytes = (const unsigned char *)b.data;
    struct tg_unpack in = {bytes, bytes + b.len};
    int64_t number;
    uint64_t large;
    double real;
    for (size_t i = 0; i < N; i++) {
        ck_assert(tg_unpack_signed(&in, &number));
        ck_assert_int_eq(number, numbers[i]);
    }
    ck_assert(tg_unpack_number(&in, &large) && large == UINT64_MAX);
    struct tg_unpack cut = {in.at, in.end - 1};
    ck_assert(!tg_unpack_real(&cut, &real));
    ck_assert(tg_unpack_real(&in, &real) && real == -0.1);
    ck_assert(!tg_unpack_number(&in, &large));
    tg_buf_free(&b);
}
END_TEST

static void end_of_query(void)
{
    tg_people_free(&people);
    teardown();
}

int main(void)
{
    Suite *s = suite_create("store_query");
    TCase *t = tcase_create("store_query");
    tcase_add_checked_fixture(t, setup, end_of_query);
    tcase_add_test(t, people_are_as_their_newest_rows_say);
    tcase_add_test(t, in_one_period_the_first_source_of_the_study_is_newest);
    tcase_add_test(t, stretches_come_from_the_newest_delivery_with_the_person);
    tcase_add_test(t, stretches_are_united);
    tcase_add_test(t, the_day_of_the_end_is_the_first_without_insurance);
    tcase_add_test(t, undated_sources_speak_only_for_those_no_dated_one_knows);
    tcase_add_test(t, a_delivery_without_a_period_is_the_oldest);
    tcase_add_test(t, tokens_of_places_come_in_one_pass);
    tcase_add_test(t, evidence_of_an_older_store_is_moved);
    tcase_add_test(t, users_are_those_of_the_newest_file);
    tcase_add_test(t, amounts_go_to_the_one_person_a_token_leads_to);
    tcase_add_test(t, amounts_can_be_asked_by_code);
    tcase_add_test(t, measures_of_an_app_go_to_its_linked_users);
    tcase_add_test(t, a_callback_ends_the_walk);
    tcase_add_test(t, deliveries_are_listed);
    tcase_add_test(t, subjects_are_of_store_month_and_recipient);
    tcase_add_test(t, packed_numbers_come_back);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return run_tests(s);
}
