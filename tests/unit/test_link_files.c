/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include <totsugo/link.h>

#include "crypto/digest.h"
#include "table/tokenfile.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A folder of its own for each test. */
static char folder[64];
static char links_path[128];
static struct tg_study *study;
static struct tg_link_counts counts;
static struct tg_error err;
static char warned[8][32];
static size_t n_warned;

static const char study_text[] =
    "version: 1\n"
    "study: test-study\n"
    "sources:\n"
    "  left:  {kind: users, provider: app, columns: {app_user_id: u, resident_number: r,\n"
    "          kana_name: k, birth_date: b, sex: s}}\n"
    "  right: {kind: roster, columns: {resident_number: r, kana_name: k, birth_date: b, sex: s}}\n"
    "  costs: {kind: events, columns: {resident_number: r, month: m, amount: a}}\n"
    "tokens:\n"
    "  resident: [resident_number]\n"
    "  person: [kana_name_folded, birth_date, sex]\n"
    "  near: [kana_name_folded~1, birth_date, sex]\n";

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static size_t at;
    char *path = paths[at++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

static void begin(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/totsugo-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(links_path, sizeof links_path, "%s/links.csv", folder);
    write_text("study.yaml", study_text);
    ck_assert_int_eq(tg_study_load(path_of("study.yaml"), &study, &err), TG_OK);
    n_warned = 0;
}

static void end(void)
{
    static const char *const names[] = {
        "study.yaml", "left.csv", "left.csv.manifest.json", "right.csv", "right.csv.manifest.json",
        "links.csv",  "truth.csv"};
    tg_study_free(&study);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(path_of(names[i]));
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
}

/* Hex of 32 digits that begins with `name`. */
static void put_id(FILE *f, const char *name)
{
    fputs(name, f);
    for (size_t i = strlen(name); i < 32; i++)
        fputc('0', f);
}

/* One row: "row resident person birth sex"; tokens and ids are hex prefixes, "-" is empty. */
static void put_row(FILE *f, const char *spec, bool users)
{
    char cells[5][16];
    ck_assert_int_eq(
        sscanf(spec, "%15s %15s %15s %15s %15s", cells[0], cells[1], cells[2], cells[3], cells[4]),
        5);
    put_id(f, cells[0]);
    if (users) {
        fputc(',', f);
        put_id(f, cells[0]);
    }
    for (int i = 1; i < 3; i++) {
        fputc(',', f);
        if (cells[i][0] != '-')
            put_id(f, cells[i]);
    }
    fputc(',', f); /* near */
    if (users)
        fputs(",app", f);
    for (int i = 3; i < 5; i++)
        fprintf(f, ",%s", cells[i][0] == '-' ? "" : cells[i]);
    fputs(users ? ",\n" : ",,,\n", f);
}

static void write_manifest(const char *name, bool users, uint64_t rows, const char *key_id)
{
    static const char *left_tokens[] = {"app", "resident", "person", "near"};
    char sha256[TG_DIGEST_HEX + 1], path[160];
    ck_assert_int_eq(tg_digest_file(path_of(name), sha256, &err), TG_OK);
    const struct tg_manifest m = {.format = "totsugo-tokens/1",
                                  .study = study->id,
                                  .study_digest = study->digest,
                                  .source = users ? "left" : "right",
                                  .kind = users ? "users" : "roster",
                                  .provider = users ? "app" : "",
                                  .period = "",
                                  .normalizer = TG_NORMALIZER,
                                  .key_id = key_id,
                                  .tokens = users ? left_tokens : left_tokens + 1,
                                  .n_tokens = users ? 4 : 3,
                                  .rows = rows,
                                  .sha256 = sha256,
                                  .tool = "totsugo test"};
    (void)snprintf(path, sizeof path, "%s.manifest.json", path_of(name));
    ck_assert_int_eq(tg_manifest_write(path, &m, NULL, true, &err), TG_OK);
}

static void write_side(const char *name, const char *const *specs, const char *key_id)
{
    bool users = strcmp(name, "left.csv") == 0;
    FILE *f = fopen(path_of(name), "w");
    ck_assert_ptr_nonnull(f);
    fputs(users ? "row_id,token_app,token_resident,token_person,token_near,provider,birth_month,"
                  "sex,registered_on\n"
                : "row_id,token_resident,token_person,token_near,birth_month,sex,district,"
                  "enrolled_from,enrolled_to\n",
          f);
    uint64_t rows = 0;
    for (; specs[rows]; rows++)
        put_row(f, specs[rows], users);
    ck_assert_int_eq(fclose(f), 0);
    write_manifest(name, users, rows, key_id);
}

static void on_warning(void *ctx, const struct tg_error *note)
{
    (void)ctx;
    (void)snprintf(warned[n_warned++ % 8], sizeof warned[0], "%d %.20s", (int)note->message,
                   note->rule);
}

static enum tg_status link_both(bool force)
{
    const struct tg_link_options options = {.study = study,
                                            .left = path_of("left.csv"),
                                            .right = path_of("right.csv"),
                                            .output = links_path,
                                            .force = force};
    const struct tg_reporter reporter = {.warn = on_warning};
    memset(&counts, 0xAA, sizeof counts);
    return tg_link_files(&options, &reporter, &counts, &err);
}

static const char *read_links(void)
{
    static char text[4096];
    FILE *f = fopen(links_path, "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    (void)fclose(f);
    return text;
}

static const char key_a[] = "00000000000000aa", key_b[] = "00000000000000bb";

static const char *const lefts[] = {"01 a1 b1 1950-01 1", /* both keys */
                                    "02 -  b2 1950-01 1", /* person only */
                                    "03 a3 -  1950-01 1", /* a number that belongs to another sex */
                                    "04 -  b4 1950-01 1", /* two namesakes */
                                    "05 a5 b6 1950-01 1", /* two keys, two people */
                                    "06 -  -  -       -", /* nothing to go by */
                                    NULL};
static const char *const rights[] = {
    "11 a5 b9 1950-01 1", "12 a1 b1 1950-01 1", "13 a3 b3 1950-01 2", "14 a4 b4 1950-01 1",
    "15 a6 b4 1950-01 1", "16 a7 b6 1950-01 1", "17 a8 b2 -       -", NULL};

START_TEST(two_files_are_linked)
{
    begin();
    write_side("left.csv", lefts, key_a);
    write_side("right.csv", rights, key_a);
    ck_assert_int_eq(link_both(false), TG_OK);
    ck_assert_uint_eq(counts.left, 6);
    ck_assert_uint_eq(counts.right, 7);
    ck_assert_uint_eq(counts.linked, 2);
    ck_assert_uint_eq(counts.ambiguous, 1);
    ck_assert_uint_eq(counts.conflict, 1);
    ck_assert_uint_eq(counts.not_found, 2);
    ck_assert_uint_eq(counts.review, 0);
    /* 7 have a resident number, none shared, all 3 on the left met alone: 1 − 0.1/1007/4; of 7 two
     * share a person key, nobody is unmet, 2 are met by nothing else: 1 − 2.1/1007/3 */
    ck_assert_str_eq(read_links(),
                     "left_row_id,right_row_id,rule,probability\n"
                     "01000000000000000000000000000000,12000000000000000000000000000000,"
                     "resident,0.999975\n"
                     "02000000000000000000000000000000,17000000000000000000000000000000,"
                     "person,0.999305\n");
    ck_assert_uint_eq(n_warned, 0);
    end();
}
END_TEST

START_TEST(existing_links_are_kept)
{
    begin();
    write_side("left.csv", lefts, key_a);
    write_side("right.csv", rights, key_a);
    write_text("links.csv", "mine\n");
    ck_assert_int_eq(link_both(false), TG_CANT_CREATE);
    ck_assert_str_eq(read_links(), "mine\n");
    ck_assert_int_eq(link_both(true), TG_OK);
    ck_assert_ptr_nonnull(strstr(read_links(), "left_row_id"));
    end();
}
END_TEST

START_TEST(files_of_two_keys_are_refused)
{
    begin();
    write_side("left.csv", lefts, key_a);
    write_side("right.csv", rights, key_b);
    ck_assert_int_eq(link_both(false), TG_NO_PERMISSION);
    ck_assert_int_eq(err.message, TG_MSG_LINK_OTHER_KEY);
    ck_assert_int_ne(access(links_path, F_OK), 0);
    end();
}
END_TEST

START_TEST(damaged_file_leaves_no_links)
{
    begin();
    write_side("left.csv", lefts, key_a);
    write_side("right.csv", rights, key_a);
    write_manifest("right.csv", false, 8, key_a); /* one row more than there is */
    ck_assert_int_eq(link_both(false), TG_DATA);
    ck_assert_int_ne(access(links_path, F_OK), 0);
    (void)unlink(path_of("right.csv"));
    ck_assert_int_eq(link_both(false), TG_NO_INPUT);
    end();
}
END_TEST

START_TEST(weak_key_is_warned_of)
{
    begin();
    study->accept = 0.9996;
    write_side("left.csv", lefts, key_a);
    write_side("right.csv", rights, key_a);
    ck_assert_int_eq(link_both(false), TG_OK);
    ck_assert_uint_eq(counts.linked, 2); /* with too weak a key no conflict is left for 05 */
    ck_assert_uint_eq(counts.review, 1);
    ck_assert_uint_eq(n_warned, 1);
    ck_assert_str_eq(warned[0], "960 person");
    end();
}
END_TEST

static enum tg_status evaluate(const char *links, const char *truth, struct tg_link_quality *q)
{
    write_text("links.csv", links);
    write_text("truth.csv", truth);
    return tg_link_evaluate(links_path, path_of("truth.csv"), q, &err);
}

START_TEST(quality_by_hand)
{
    struct tg_link_quality q;
    begin();
    ck_assert_int_eq(evaluate("l,r,rule\na,1,x\nb,2,x\nc,9,x\na,1,y\n",
                              "user,person\na,1\nb,2\nd,4\ne,5\ne,5\nf,\n", &q),
                     TG_OK);
    ck_assert_uint_eq(q.links, 3);
    ck_assert_uint_eq(q.truth, 4);
    ck_assert_uint_eq(q.correct, 2);
    ck_assert_double_eq_tol(q.precision, 2.0 / 3, 1e-15);
    ck_assert_double_eq_tol(q.recall, 0.5, 1e-15);
    ck_assert_double_eq_tol(q.f1, 4.0 / 7, 1e-15);
    /* where one id ends matters; quotes do not */
    ck_assert_int_eq(evaluate("l,r\nab,c\n\"x\",y\n", "l,r\na,bc\nx,\"y\"\n", &q), TG_OK);
    ck_assert_uint_eq(q.correct, 1);
    ck_assert_int_eq(evaluate("l,r\n", "l,r\na,b\n", &q), TG_OK);
    ck_assert(q.precision == 0 && q.recall == 0 && q.f1 == 0);
    end();
}
END_TEST

START_TEST(pairs_must_be_pairs)
{
    struct tg_link_quality q = {.links = 77};
    begin();
    ck_assert_int_eq(evaluate("l,r\na\n", "l,r\n", &q), TG_DATA);
    ck_assert_int_eq(err.message, TG_MSG_LINK_PAIRS);
    ck_assert_uint_eq(err.line, 2);
    ck_assert_int_eq(evaluate("l,r\n", "", &q), TG_DATA);
    ck_assert_uint_eq(q.links, 77);
    (void)unlink(path_of("truth.csv"));
    ck_assert_int_eq(tg_link_evaluate(links_path, path_of("truth.csv"), &q, &err), TG_NO_INPUT);
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link files");
    TCase *t = tcase_create("files");
    tcase_add_test(t, two_files_are_linked);
    tcase_add_test(t, existing_links_are_kept);
    tcase_add_test(t, files_of_two_keys_are_refused);
    tcase_add_test(t, damaged_file_leaves_no_links);
    tcase_add_test(t, weak_key_is_warned_of);
    suite_add_tcase(s, t);
    TCase *u = tcase_create("evaluate");
    tcase_add_test(u, quality_by_hand);
    tcase_add_test(u, pairs_must_be_pairs);
    suite_add_tcase(s, u);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
