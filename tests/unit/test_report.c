/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "report/markup.h"
#include "report/number.h"
#include "report/view.h"
#include "report/words.h"
#include "sys/file.h"

#include "test_report_samples.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/totsugo-test-report-XXXXXX";

/* A name in the folder of this run. */
static const char *in_folder(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

START_TEST(numbers_are_written_for_readers)
{
    ck_assert_str_eq(tg_number_count(0).text, "0");
    ck_assert_str_eq(tg_number_count(999).text, "999");
    ck_assert_str_eq(tg_number_count(1234567).text, "1,234,567");
    ck_assert_str_eq(tg_number_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
    ck_assert_str_eq(tg_number_real(-1234.56, 1).text, "−1,234.6");
    ck_assert_str_eq(tg_number_real(-0.04, 1).text, "0.0");
    ck_assert_str_eq(tg_number_real(NAN, 1).text, "–");
    ck_assert_str_eq(tg_number_real(INFINITY, 1).text, "–");
    ck_assert_str_eq(tg_number_yen(-1234.4, TG_JAPANESE).text, "−1,234円");
    ck_assert_str_eq(tg_number_yen(-1234.4, TG_ENGLISH).text, "−¥1,234");
    ck_assert_str_eq(tg_number_yen(-0.4, TG_ENGLISH).text, "¥0");
    ck_assert_str_eq(tg_number_share(0.1234).text, "12.3%");
    ck_assert_str_eq(tg_number_probability(0.9987).text, "99.87%");
    ck_assert_str_eq(tg_number_probability(0.99995).text, ">99.99%");
    ck_assert_str_eq(tg_number_p(0.0219).text, "0.022");
    ck_assert_str_eq(tg_number_p(0.00099).text, "<0.001");
    ck_assert_str_eq(tg_number_month(2026 * 12 + 2, TG_JAPANESE).text, "2026年3月");
    ck_assert_str_eq(tg_number_day(20260331, TG_ENGLISH).text, "31 March 2026");
    ck_assert_str_eq(tg_number_day(0, TG_JAPANESE).text, "–");
}
END_TEST

static unsigned places_of(const char *text)
{
    struct tg_word_part part;
    unsigned seen = 0;
    while (tg_word_next(&text, &part))
        seen |= part.place ? 1u << part.place : 0;
    return seen;
}

START_TEST(every_word_is_there_in_both_languages)
{
    for (int i = TG_WORD_NONE + 1; i < TG_N_WORDS; i++) {
        const char *en = tg_word((enum tg_word)i, TG_ENGLISH);
        const char *ja = tg_word((enum tg_word)i, TG_JAPANESE);
        ck_assert_msg(en[0] && ja[0], "word %d (%s) lacks a language", i, en);
        ck_assert_msg(places_of(en) == places_of(ja), "places differ: %s", en);
        for (const char *c = en; *c; c++)
            ck_assert_msg((unsigned char)*c < 0xE3 || strstr(en, "匿名加工情報"), "Japanese: %s",
                          en);
    }
}
END_TEST

static const char *markup_of(struct tg_buf *buf, const char *text)
{
    struct tg_error err;
    struct tg_markup m = {buf, TG_ENGLISH, TG_OK, &err};
    buf->len = 0;
    tg_markup_text(&m, text);
    ck_assert_int_eq(m.status, TG_OK);
    return tg_buf_text(buf, &err);
}

START_TEST(text_cannot_break_out)
{
    struct tg_buf buf = {0};
    ck_assert_str_eq(markup_of(&buf, "<a href=\"x\" onload='y'>&"),
                     "&lt;a href=&quot;x&quot; onload=&#39;y&#39;&gt;&amp;");
    ck_assert_str_eq(markup_of(&buf, "医療費\n"), "医療費\uFFFD");
    ck_assert_str_eq(markup_of(&buf, "a\xFF\xE3\x81"), "a\uFFFD\uFFFD\uFFFD");
    ck_assert_str_eq(markup_of(&buf, "\xEF\xBF\xBE\xF0\xA0\xAE\xB7"), "\uFFFD𠮷");
    tg_buf_free(&buf);
}
END_TEST

START_TEST(long_names_are_cut_by_width)
{
    struct tg_buf buf = {0};
    struct tg_error err;
    struct tg_markup m = {&buf, TG_ENGLISH, TG_OK, &err};
    ck_assert_uint_eq(tg_text_width("ab東京"), 6);
    tg_markup_text_cut(&m, "東京東京", 8);
    tg_markup_text_cut(&m, "東京東京", 7);
    tg_markup_text_cut(&m, "東京東京", 0);
    ck_assert_str_eq(tg_buf_text(&buf, &err), "東京東京東京東……");
    tg_buf_free(&buf);
}
END_TEST

/* The page of a sample, in `buf`; and it must be XML where xmllint is there to tell. */
static const char *page_of(const struct sample *s, struct tg_buf *buf)
{
    const char *path = in_folder("report.html");
    struct tg_error err;
    tg_file_remove(path);
    ck_assert_int_eq(tg_report_html(&s->report, path, &err), TG_OK);
    buf->len = 0;
    ck_assert_int_eq(tg_file_read_whole(path, 1 << 24, buf, &err), TG_OK);
    char command[256];
    (void)snprintf(command, sizeof command,
                   "if command -v xmllint >/dev/null; then xmllint --noout --nonet %s 2>&1; fi",
                   path);
    FILE *lint = popen(command, "r");
    char said[256] = "";
    ck_assert_ptr_nonnull(lint);
    ck_assert_msg(!fgets(said, sizeof said, lint), "not well-formed: %s", said);
    ck_assert_int_eq(pclose(lint), 0);
    tg_file_remove(path);
    return tg_buf_text(buf, &err);
}

static void assert_has(const char *page, const char *text)
{
    ck_assert_msg(strstr(page, text) != NULL, "the page lacks: %s", text);
}

static void assert_lacks(const char *page, const char *text)
{
    ck_assert_msg(strstr(page, text) == NULL, "the page has: %s", text);
}

/* Nothing that runs, fetches or leads away. The only addresses are the names of two namespaces. */
static void assert_self_contained(const char *page)
{
    static const char *const banned[] = {"<script", "<link", "<img",   "<iframe",     "@import",
                                         "url(",    " src=", "onload", "javascript:", "<form"};
    for (size_t i = 0; i < sizeof banned / sizeof banned[0]; i++)
        assert_lacks(page, banned[i]);
    for (const char *at = page; (at = strstr(at, "://")) != NULL; at++)
        ck_assert_msg(strncmp(at, "://www.w3.org/1999/xhtml\"", 25) == 0 ||
                          strncmp(at, "://www.w3.org/2000/svg\"", 23) == 0,
                      "an address: %.40s", at);
    for (const char *at = page; (at = strstr(at, "href=\"")) != NULL; at++)
        ck_assert_int_eq(at[6], '#');
}

START_TEST(full_month)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_full(&s);
    const char *page = page_of(&s, &buf);
    assert_self_contained(page);
    assert_has(page,
               "利用者1人1か月あたりの「医療費」は、似た非利用者に比べて <strong>1,234円</strong> "
               "少なく推移しました（差の95%信頼区間 −2,290円〜−178円）。");
    assert_has(page, "<strong>¥1,234</strong> lower for users");
    assert_has(page, "「care_cost」には、利用者と似た非利用者とのあいだに、はっきりした差は");
    assert_has(page, "no clear difference");
    assert_has(page, "<article lang=\"ja\" xml:lang=\"ja\">");
    assert_has(page, "<article lang=\"en\" xml:lang=\"en\">");
    assert_has(page, "匿名加工情報ではありません");
    assert_has(page, "記号+番号+生年月日+性別");
    assert_has(page, "kana name (spellings evened out) (one character may be missing)");
    assert_has(page, "地区：とても長い名前の圏域&lt;&amp;&gt;その二");
    assert_has(page, "scope=\"rowgroup\"");
    assert_has(page, "調べた5項目すべてで");
    assert_has(page, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_has(page, ">1,204人<");
    assert_has(page, "人数の少ない月やデータのない月は除いています");
    assert_lacks(page, "nan");
    assert_lacks(page, "内部用");
    tg_buf_free(&buf);
}
END_TEST

START_TEST(bad_balance_is_said_where_the_result_stands)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_full(&s);
    s.balance[0].smd_after = -0.131;
    s.balance[3] = (struct tg_balance_row)BALANCE("distance", false, 1, 0, 0.7, 0.9, 0.2, 1);
    const char *page = page_of(&s, &buf);
    assert_has(
        page,
        "注意：始まる前の状態が2つの群でそろっていません。5項目のうち <strong>1</strong> 項目");
    assert_has(page, "<p class=\"caution\">Caution: the two groups were not alike");
    assert_has(page, "<td class=\"number far\">−0.131</td>");
    tg_buf_free(&buf);
}
END_TEST

START_TEST(other_verdicts)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_full(&s);
    s.effects[2].ci_low = 100;
    s.effects[2].ci_high = 2000;
    s.effects[2].effect = 1234.4;
    s.effects[5].ci_low = s.effects[5].ci_high = NAN;
    const char *page = page_of(&s, &buf);
    assert_has(page, "<strong>1,234円</strong> 多く推移しました");
    assert_has(page, "信頼区間は計算できませんでした");
    s.effects[2].effect = NAN;
    assert_has(page_of(&s, &buf),
               "「医療費」は計算できませんでした。比べる期間のデータがありません。");
    tg_buf_free(&buf);
}
END_TEST

START_TEST(tiny_month_shows_nobody)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_tiny(&s);
    const char *page = page_of(&s, &buf);
    assert_has(page, "「医療費」の結果は表示していません。どちらかの群が10人に満たず");
    assert_has(page, "&lt;10人");
    assert_lacks(page, "nan");
    for (int n = 1; n < 10; n++) {
        char shown[40];
        (void)snprintf(shown, sizeof shown, ">%d人<", n);
        assert_lacks(page, shown);
        (void)snprintf(shown, sizeof shown, "<td class=\"number\">%d</td>", n);
        assert_lacks(page, shown);
    }
    tg_buf_free(&buf);
}
END_TEST

START_TEST(smallest_municipality_shows_no_count_at_all)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_full(&s);
    sample_hide_effects(&s);
    s.study.min_cell = UINT_MAX;
    const char *page = page_of(&s, &buf);
    assert_has(page, "この人口規模の自治体では");
    assert_lacks(page, "2,000人");
    assert_lacks(page, "20,000");
    assert_lacks(page, "4,294,967,295");
    assert_lacks(page, "4294967295");
    tg_buf_free(&buf);
}
END_TEST

START_TEST(inside_the_municipality_nothing_is_hidden)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_tiny(&s);
    s.study.for_municipality = true;
    const char *page = page_of(&s, &buf);
    assert_has(page, "自治体の内部用です");
    assert_has(page, ">7人<");
    assert_lacks(page, "&lt;10");
    tg_buf_free(&buf);
}
END_TEST

START_TEST(expected_quality_is_told_of_groups_that_are_large_enough)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_full(&s);
    s.report.estimate.all = (struct tg_link_share){.links = 200, .correct = 198, .matches = 220};
    s.report.estimate.sex[1] = (struct tg_link_share){.links = 191, .correct = 190, .matches = 211};
    s.report.estimate.sex[2] = (struct tg_link_share){.links = 9, .correct = 8, .matches = 9};
    s.report.estimate.age[TG_LINK_N_AGES - 1] =
        (struct tg_link_share){.links = 10, .correct = 9.73, .matches = 10};
    const char *page = page_of(&s, &buf);
    assert_has(page, ">99.0%<");        /* 198 of 200 right */
    assert_has(page, ">90.0%<");        /* 198 of 220 found */
    assert_has(page, ">85%〜94%<"); /* of 220 */
    assert_has(page, ">85% to 94%<");
    assert_lacks(page, "見つけた見込みは上限です");
    assert_has(page, "100–");
    assert_has(page, ">97.3%<");
    assert_lacks(page, ">88.9%<"); /* 8 of 9 */
    tg_buf_free(&buf);
    s.study.for_municipality = true;
    page = page_of(&s, &buf);
    assert_has(page, ">88.9%<");
    tg_buf_free(&buf);
    s.report.estimate.blind = true; /* nothing is known of who was missed */
    page = page_of(&s, &buf);
    assert_has(page, ">99.0%<");
    assert_lacks(page, ">90.0%<");
    assert_lacks(page, ">85%〜94%<");
    tg_buf_free(&buf);
}
END_TEST

START_TEST(a_bound_is_a_range)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_full(&s);
    s.report.estimate.all =
        (struct tg_link_share){.links = 200, .correct = 198, .matches = 220, .unmet_most = 20};
    const char *page = page_of(&s, &buf);
    assert_has(page, "見つけた見込みは範囲だけが分かります");
    assert_has(page, "Of the share found only a range is known");
    assert_lacks(page, ">90.0%<"); /* 198 of 220 */
    s.report.estimate.blind = true;
    tg_buf_free(&buf);
    assert_lacks(page_of(&s, &buf), "見つけた見込みは範囲だけが分かります");
    tg_buf_free(&buf);
}
END_TEST

START_TEST(no_cohort)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_no_cohort(&s);
    const char *page = page_of(&s, &buf);
    assert_has(
        page,
        "利用者 <strong>2,000人</strong> のうち、名簿と結びついた人は <strong>1,530人</strong>");
    assert_has(page, "does not compare users with non-users");
    assert_lacks(page, "id=\"ja-effects\"");
    assert_lacks(page, "href=\"#ja-balance\"");
    assert_lacks(page, "差の差");
    tg_buf_free(&buf);
}
END_TEST

/* Why people were not compared, how matching went, where both groups are; bars of few are not
 * drawn, and not one alone. */
START_TEST(matching_is_told)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_full(&s);
    assert_lacks(page_of(&s, &buf), "-support-0-title");
    s.report.cohort.no_stratum = 0;
    s.report.cohort.outside_caliper = 40;
    struct tg_cohort_quality *q = &s.report.quality;
    *q = (struct tg_cohort_quality){.caliper_width = 0.3609,
                                    .effective_controls = 998.6,
                                    .support_low = 0.021,
                                    .support_high = 0.484,
                                    .bins_from = -4,
                                    .bins_to = 1,
                                    .products = 21,
                                    .products_unbalanced = 3};
    q->bins[TG_PARTICIPANT][3] = 500;
    q->bins[TG_PARTICIPANT][4] = 704;
    q->bins[TG_PARTICIPANT][9] = 12;
    q->bins[TG_PARTICIPANT][12] = 4;
    q->bins[TG_CONTROL][2] = 17000;
    memcpy(q->bins_after, q->bins, sizeof q->bins);
    const char *page = page_of(&s, &buf);
    assert_has(page, "十分に近い人なし");
    assert_has(page, "0.361以内");
    assert_has(page, "999人分");
    assert_has(page, "2.1%～48.4%");
    assert_has(page, " 個です（balance.csv参照）");
    assert_has(page, "x=\"87.3\"");    /* bin 3 */
    assert_lacks(page, "x=\"219.9\""); /* bin 9: the total would tell of bin 12 */
    assert_lacks(page, "x=\"286.2\""); /* bin 12 */
    tg_buf_free(&buf);
}
END_TEST

START_TEST(nobody_linked_or_matched_or_there)
{
    struct sample s;
    struct tg_buf buf = {0};
    sample_nobody_linked(&s);
    assert_has(page_of(&s, &buf), "名簿と結びついた利用者がいなかったため");
    s.report.flow = (struct tg_user_flow){0};
    assert_has(page_of(&s, &buf), "この月のデータに利用者がいなかったため");
    sample_full(&s);
    s.report.cohort.no_control += s.report.cohort.matched;
    s.report.cohort.no_stratum = s.report.cohort.no_control;
    s.report.cohort.matched = 0;
    assert_has(page_of(&s, &buf), "似た非利用者と組にできた人がいなかったため");
    sample_full(&s);
    s.report.n_effects = s.report.n_curves = 0;
    assert_has(page_of(&s, &buf), "比べる費用は、この調査では決められていません");
    tg_buf_free(&buf);
}
END_TEST

START_TEST(flow_of_deliveries_is_protected_too)
{
    struct sample s;
    struct tg_view v;
    struct tg_error err;
    sample_full(&s);
    /* a second app with 4 users: their number is the total less the other file's */
    s.deliveries[5] = (struct tg_delivery){"club", "users", "2026-03", "", 4};
    s.deliveries[4].rows = 1996;
    ck_assert_int_eq(tg_view_make(&s.report, &v, &err), TG_OK);
    ck_assert_str_eq(tg_view_cell(&v, v.delivery[5], TG_ENGLISH).text, "<10");
    bool total = v.cells[TG_CELL_USERS].mark != TG_MARK_SHOWN;
    bool other = v.cells[v.delivery[4]].mark != TG_MARK_SHOWN;
    ck_assert(total || other);
    ck_assert_int_eq(v.cells[v.delivery[3]].mark, TG_MARK_SHOWN);
    tg_view_free(&v);
}
END_TEST

START_TEST(a_small_rest_is_protected_too)
{
    struct tg_view v = {.min_cell = 10};
    ck_assert_int_eq(tg_view_part_mark(&v, 95, 100), TG_MARK_HIDDEN);
    ck_assert_int_eq(tg_view_part_mark(&v, 90, 100), TG_MARK_SHOWN);
    ck_assert_int_eq(tg_view_part_mark(&v, 100, 100), TG_MARK_SHOWN);
    ck_assert_int_eq(tg_view_part_mark(&v, 5, 100), TG_MARK_SMALL);
    ck_assert_int_eq(tg_view_part_mark(&v, 0, 5), TG_MARK_SHOWN);
    v.min_cell = 0;
    ck_assert_int_eq(tg_view_part_mark(&v, 95, 100), TG_MARK_SHOWN);
}
END_TEST

START_TEST(page_keeps_what_is_there)
{
    const char *path = in_folder("kept.html");
    struct sample s;
    struct tg_error err;
    sample_full(&s);
    ck_assert_int_eq(tg_file_write_whole(path, "x", 1, 0600, true, &err), TG_OK);
    ck_assert_int_eq(tg_report_html(&s.report, path, &err), TG_CANT_CREATE);
    ck_assert_int_eq(tg_report_xlsx(&s.report, path, &err), TG_CANT_CREATE);
    tg_file_remove(path);
    ck_assert_int_eq(tg_report_html(&s.report, "/nowhere/at/all.html", &err), TG_CANT_CREATE);
    ck_assert_int_eq(tg_report_xlsx(&s.report, "/nowhere/at/all.xlsx", &err), TG_CANT_CREATE);
}
END_TEST

int main(void)
{
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    Suite *s = suite_create("report");
    TCase *t = tcase_create("page");
    tcase_add_test(t, numbers_are_written_for_readers);
    tcase_add_test(t, every_word_is_there_in_both_languages);
    tcase_add_test(t, text_cannot_break_out);
    tcase_add_test(t, long_names_are_cut_by_width);
    tcase_add_test(t, full_month);
    tcase_add_test(t, bad_balance_is_said_where_the_result_stands);
    tcase_add_test(t, other_verdicts);
    tcase_add_test(t, tiny_month_shows_nobody);
    tcase_add_test(t, smallest_municipality_shows_no_count_at_all);
    tcase_add_test(t, inside_the_municipality_nothing_is_hidden);
    tcase_add_test(t, expected_quality_is_told_of_groups_that_are_large_enough);
    tcase_add_test(t, a_bound_is_a_range);
    tcase_add_test(t, no_cohort);
    tcase_add_test(t, nobody_linked_or_matched_or_there);
    tcase_add_test(t, matching_is_told);
    tcase_add_test(t, flow_of_deliveries_is_protected_too);
    tcase_add_test(t, a_small_rest_is_protected_too);
    tcase_add_test(t, page_keeps_what_is_there);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    (void)rmdir(folder);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
