/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Linking two token files, and measuring links against a known truth.
 */
#ifndef TOTSUGO_LINK_H
#define TOTSUGO_LINK_H

#include <totsugo/base.h>
#include <totsugo/table.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tg_link_options {
    const struct tg_study *study; /**< required */
    const char *left;             /**< required; token files with row ids */
    const char *right;
    const char *output; /**< required; left_row_id,right_row_id,rule,probability */
    bool force;
};

/** Rows by what became of them. Without a truth correct / linked is the expected precision, correct
 * / matches the expected recall (docs/LINKAGE.md). */
struct tg_link_counts {
    uint64_t left, right, linked, review, ambiguous, conflict, not_found;
    double correct; /**< links that are expected to be right */
    double matches; /**< pairs of one person that are expected to be there; 0: not known */
    /** 95 %: the real ones lie between these; NAN: not known. */
    double precision_low, precision_high, recall_low, recall_high;
    bool recall_is_bound; /**< what the files have says little of how many are missed: the expected
                               recall is at most so high */
};

/**
 * Links two token files one to one. Match keys are the exact tokens that both files have, in the
 * study's order; `linkage: accept` and `review` of the study decide. Only links are written, sorted
 * by their row ids, mode 0600; the file appears when it is whole.
 *
 * @param reporter  NULL, or told of progress ("rows") and of keys too weak to accept a pair
 * @param counts    out: NULL, or set on success
 * @return TG_OK; TG_NO_INPUT; TG_DATA: damaged, of another study, of a kind without row ids, or no
 *         token in common; TG_NO_PERMISSION: made with different keys; TG_CANT_CREATE; TG_IO;
 *         TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_link_files(const struct tg_link_options *options,
                                               const struct tg_reporter *reporter,
                                               struct tg_link_counts *counts, struct tg_error *err);

/** Quality of links against a truth. */
struct tg_link_quality {
    uint64_t links, truth, correct;
    double precision, recall, f1; /**< 0 where undefined */
};

/**
 * Compares two CSV files of pairs. The first two columns of each are the left and the right id;
 * both have a header; ids are compared as bytes; a pair that stands twice counts once; a row with
 * an empty id is no pair.
 * @return TG_OK; TG_NO_INPUT; TG_DATA: no header, or a row with one cell; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_link_evaluate(const char *links, const char *truth,
                                                  struct tg_link_quality *out,
                                                  struct tg_error *err);

#ifdef __cplusplus
}
#endif
#endif
