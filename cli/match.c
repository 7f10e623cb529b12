/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/match.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    O_IN,
    O_TREATMENT,
    O_COVARIATES,
    O_EXACT,
    O_METHOD,
    O_DISTANCE,
    O_RATIO,
    O_CALIPER,
    O_REPLACEMENT,
    O_ORDER,
    O_CUTPOINTS,
    O_WEIGHTS,
    O_MISSING,
    O_OUTPUT,
    O_BALANCE,
    O_UNMATCHED,
    O_INTERACTIONS,
    O_FORCE
};
static const struct option_def options[] = {
    {"in", 0, "CSV", true, "people, one a row; the first column is the id",
     "1行1人のCSV。1列目がid"},
    {"treatment", 0, "COL", true, "column of 1 (participant) and 0 (control)",
     "1（参加者）と0（対照）の列"},
    {"covariates", 0, "A,B,…", false, "columns to be alike in", "似せる列"},
    {"exact", 0, "A,…", false, "columns to be equal in", "完全に一致させる列"},
    {"method", 0, "METHOD", false, "nearest (default), exact or cem",
     "nearest（既定）、exact、cem"},
    {"distance", 0, "DISTANCE", false, "logit (default) or mahalanobis",
     "logit（既定）か mahalanobis"},
    {"ratio", 0, "N", false, "controls of a participant; default 1",
     "参加者1人あたりの対照の数。既定は1"},
    {"caliper", 0, "SD", false, "farthest control, in SD of the linear predictor; 0: any",
     "許容幅（線形予測子の標準偏差の倍数）。0は無制限"},
    {"replacement", 0, NULL, false, "a control may be in several sets", "対照を何度でも使います"},
    {"order", 0, "ORDER", false, "who chooses first: largest (default), smallest or data",
     "選ぶ順: largest（既定）、smallest、data"},
    {"cutpoints", 0, "A:1:2,B:…", false, "where cem cuts a number; others by Sturges",
     "cem で数値を切る点。ないものは Sturges"},
    {"weights", 0, "KIND", false, "weigh everybody instead: ipw or overlap",
     "対応づけず全員に重み: ipw か overlap"},
    {"missing", 0, "HOW", false, "refuse (default) or flag missing values",
     "欠測: refuse（既定）か flag"},
    {"output", 'o', "FILE", true, "id,arm,set,weight,propensity; - for standard output",
     "id,arm,set,weight,propensity（- は標準出力）"},
    {"balance", 0, "FILE", false, "means, SMD, variance ratio and eCDF maximum",
     "平均、標準化平均差、分散比、eCDFの最大差"},
    {"unmatched", 0, "FILE", false, "participants without a control, and why",
     "対照のない参加者と理由"},
    {"interactions", 0, NULL, false, "squares and products in the balance, too",
     "二乗と積も釣り合いに加えます"},
    {"force", 'f', NULL, false, "replace outputs that are there", "すでにある出力を置き換えます"},
    COMMON_OPTIONS};

enum { LISTS = 2, MOST_NAMES = 512, MOST_CUTS = 4096 };

/* What the options point into. */
struct command {
    struct tg_match_options match;
    char *texts[LISTS + 1]; /* copies of the lists, cut up */
    const char *names[LISTS][MOST_NAMES];
    struct tg_cutpoints cutpoints[MOST_NAMES];
    double cuts[MOST_CUTS];
    size_t n_cuts;
};

static enum tg_status bad(int option, const char *allowed, struct tg_error *err)
{
    char name[64];
    (void)snprintf(name, sizeof name, "--%s", options[option].name);
    return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = name, .rule = allowed);
}

static enum tg_status choose(const struct args *args, int option, const char *const *words,
                             const char *allowed, unsigned *out, struct tg_error *err)
{
    const char *given = args->values[option];
    if (!given)
        return TG_OK;
    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(words[i], given) == 0) {
            *out = i;
            return TG_OK;
        }
    }
    return bad(option, allowed, err);
}

/* A copy that may be cut up; NULL with `*status` TG_OK: the option is absent. */
static char *copy_of(const char *given, enum tg_status *status, struct tg_error *err)
{
    *status = TG_OK;
    if (!given)
        return NULL;
    size_t len = strlen(given) + 1;
    char *copy = malloc(len);
    if (!copy)
        *status = TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    else
        memcpy(copy, given, len);
    return copy;
}

static char *next_part(char **rest, char separator)
{
    char *part = *rest, *end = part ? strchr(part, separator) : NULL;
    if (end)
        *end = '\0';
    *rest = end ? end + 1 : NULL;
    return part;
}

static enum tg_status read_names(struct command *c, const struct args *args, int option, int list,
                                 size_t *n, struct tg_error *err)
{
    enum tg_status status;
    char *rest = c->texts[list] = copy_of(args->values[option], &status, err);
    for (char *name; !status && (name = next_part(&rest, ',')) != NULL;) {
        if (!*name || *n == MOST_NAMES)
            return bad(option, "A,B,…", err);
        c->names[list][(*n)++] = name;
    }
    return status;
}

static bool read_real(const char *s, double *out)
{
    char *end = NULL;
    if (strspn(s, "+-.0123456789eE") != strlen(s))
        return false;
    *out = strtod(s, &end);
    return end != s && !*end && isfinite(*out);
}

static enum tg_status read_cutpoints(struct command *c, const struct args *args,
                                     struct tg_error *err)
{
    static const char allowed[] = "column:1:2.5,column:10";
    enum tg_status status;
    char *rest = c->texts[LISTS] = copy_of(args->values[O_CUTPOINTS], &status, err);
    for (char *part; !status && (part = next_part(&rest, ',')) != NULL;) {
        char *name = next_part(&part, ':');
        if (!*name || c->match.n_cutpoints == MOST_NAMES)
            return bad(O_CUTPOINTS, allowed, err);
        struct tg_cutpoints *cut = &c->cutpoints[c->match.n_cutpoints++];
        *cut = (struct tg_cutpoints){.column = name, .cuts = c->cuts + c->n_cuts};
        for (char *number; (number = next_part(&part, ':')) != NULL; cut->n++) {
            if (c->n_cuts == MOST_CUTS || !read_real(number, &c->cuts[c->n_cuts++]))
                return bad(O_CUTPOINTS, allowed, err);
        }
    }
    return status;
}

static enum tg_status read_words(struct command *c, const struct args *args, struct tg_error *err)
{
    static const char *const methods[] = {"nearest", "exact", "cem", NULL};
    static const char *const distances[] = {"logit", "mahalanobis", NULL};
    static const char *const orders[] = {"largest", "smallest", "data", NULL};
    static const char *const weights[] = {"ipw", "overlap", NULL};
    static const char *const missing[] = {"refuse", "flag", NULL};
    unsigned method = 0, distance = 0, order = 0, weight = 0, flag = 0;
    enum tg_status status = choose(args, O_METHOD, methods, "nearest, exact, cem", &method, err);
    if (!status)
        status = choose(args, O_DISTANCE, distances, "logit, mahalanobis", &distance, err);
    if (!status)
        status = choose(args, O_ORDER, orders, "largest, smallest, data", &order, err);
    if (!status)
        status = choose(args, O_WEIGHTS, weights, "ipw, overlap", &weight, err);
    if (!status)
        status = choose(args, O_MISSING, missing, "refuse, flag", &flag, err);
    if (!status && cli_has(args, O_WEIGHTS) && cli_has(args, O_METHOD))
        return TG_FAIL(err, TG_MSG_MATCH_OPTIONS, .rule = "--method, --weights");
    c->match.method = cli_has(args, O_WEIGHTS) ? TG_MATCH_IPW + weight : TG_MATCH_NEAREST + method;
    c->match.distance = TG_DISTANCE_LOGIT + distance;
    c->match.order = TG_ORDER_LARGEST + order;
    c->match.flag_missing = flag;
    return status;
}

static enum tg_status read_command(struct command *c, const struct args *args, struct tg_error *err)
{
    uint64_t ratio;
    c->match = (struct tg_match_options){.input = args->values[O_IN],
                                         .treatment = args->values[O_TREATMENT],
                                         .covariates = c->names[0],
                                         .exact = c->names[1],
                                         .cutpoints = c->cutpoints,
                                         .replacement = cli_has(args, O_REPLACEMENT),
                                         .output = args->values[O_OUTPUT],
                                         .balance = args->values[O_BALANCE],
                                         .unmatched = args->values[O_UNMATCHED],
                                         .interactions = cli_has(args, O_INTERACTIONS),
                                         .force = cli_has(args, O_FORCE)};
    enum tg_status status = read_words(c, args, err);
    if (!status)
        status = read_names(c, args, O_COVARIATES, 0, &c->match.n_covariates, err);
    if (!status)
        status = read_names(c, args, O_EXACT, 1, &c->match.n_exact, err);
    if (!status)
        status = read_cutpoints(c, args, err);
    if (!status)
        status = cli_number(&cli_match, args, O_RATIO, 1, 1000, 1, &ratio, err);
    if (status)
        return status;
    c->match.ratio = (uint32_t)ratio;
    const char *caliper = args->values[O_CALIPER];
    if (caliper && (!read_real(caliper, &c->match.caliper) || c->match.caliper < 0))
        return bad(O_CALIPER, "0..", err);
    return TG_OK;
}

static void tell(struct cli *cli, const struct tg_match_counts *n)
{
    cli_say(cli,
            "%llu of %llu participants matched with %llu of %llu controls; no control in the "
            "stratum %llu, outside the caliper %llu, controls used up %llu",
            "参加者 %2$llu 人のうち %1$llu 人を、対照 %4$llu 人のうちの %3$llu 人と対応づけました。"
            "層に対照なし %5$llu、許容幅の外 %6$llu、対照が尽きた %7$llu",
            (unsigned long long)n->matched, (unsigned long long)n->participants,
            (unsigned long long)n->controls_used, (unsigned long long)n->controls,
            (unsigned long long)n->no_stratum, (unsigned long long)n->outside_caliper,
            (unsigned long long)n->used_up);
    if (isfinite(n->worst_smd))
        cli_say(cli,
                "effective controls %.1f; largest |SMD| %.3f; covariates with 0.1 or more %llu",
                "対照の有効な人数 %.1f、標準化平均差の最大 %.3f、0.1以上の共変量 %llu",
                n->effective_controls, n->worst_smd, (unsigned long long)n->unbalanced);
    if (isfinite(n->caliper_width))
        cli_say(cli, "caliper width on the linear predictor %.4f", "線形予測子での許容幅 %.4f",
                n->caliper_width);
    if (isfinite(n->support_low))
        cli_say(cli, "common support: propensities from %.4f to %.4f",
                "共通の範囲: 傾向スコア %.4f から %.4f まで", n->support_low, n->support_high);
}

static enum tg_status run(struct cli *cli, const struct args *args, struct tg_error *err)
{
    struct tg_match_counts counts;
    struct command *c = calloc(1, sizeof *c);
    if (!c)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    enum tg_status status = read_command(c, args, err);
    if (!status)
        status = tg_match_file(&c->match, &cli->reporter, &counts, err);
    if (!status)
        tell(cli, &counts);
    for (size_t i = 0; i < LISTS + 1; i++)
        free(c->texts[i]);
    free(c);
    return status;
}

const struct verb cli_match = {"match",
                               "",
                               0,
                               0,
                               options,
                               "match participants with controls in any CSV of people",
                               "人のCSVで、参加者に似た対照を対応づけます",
                               run};
