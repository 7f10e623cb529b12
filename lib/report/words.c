/* SPDX-License-Identifier: Apache-2.0 */
#include "report/words.h"

#include <string.h>

static const char *const words[TG_N_WORDS][2] = {
#define TG_WORD(name, en, ja) {(en), (ja)},
#include "report/words.def"
#undef TG_WORD
};

struct named_word {
    const char *name;
    enum tg_word word;
};

static const struct named_word fields[] = {
    {"insurer_number", TG_WORD_FIELD_INSURER_NUMBER},
    {"insured_symbol", TG_WORD_FIELD_INSURED_SYMBOL},
    {"insured_number", TG_WORD_FIELD_INSURED_NUMBER},
    {"insured_branch", TG_WORD_FIELD_INSURED_BRANCH},
    {"late_elderly_number", TG_WORD_FIELD_LATE_ELDERLY},
    {"care_insurer_number", TG_WORD_FIELD_CARE_INSURER},
    {"care_insured_number", TG_WORD_FIELD_CARE_INSURED},
    {"resident_number", TG_WORD_FIELD_RESIDENT},
    {"kana_name", TG_WORD_FIELD_KANA},
    {"kana_name_folded", TG_WORD_FIELD_KANA_FOLDED},
    {"name", TG_WORD_FIELD_NAME},
    {"birth_date", TG_WORD_FIELD_BIRTH_DATE},
    {"sex", TG_WORD_FIELD_SEX},
    {"postal_code", TG_WORD_FIELD_POSTAL_CODE},
    {"phone", TG_WORD_FIELD_PHONE},
};

static const struct named_word kinds[] = {
    {"roster", TG_WORD_KIND_ROSTER},     {"users", TG_WORD_KIND_USERS},
    {"consents", TG_WORD_KIND_CONSENTS}, {"events", TG_WORD_KIND_EVENTS},
    {"measures", TG_WORD_KIND_MEASURES},
};

static enum tg_word find(const struct named_word *table, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0)
            return table[i].word;
    }
    return TG_WORD_NONE;
}

enum tg_word tg_word_of_field(const char *name)
{
    return find(fields, sizeof fields / sizeof fields[0], name);
}

enum tg_word tg_word_of_kind(const char *name)
{
    return find(kinds, sizeof kinds / sizeof kinds[0], name);
}

const char *tg_word(enum tg_word word, enum tg_language language)
{
    return words[word][language == TG_JAPANESE];
}

static bool is_place(const char *s)
{
    return s[0] == '{' && s[1] >= '1' && s[1] <= '9' &&
           (s[2] == '}' || (s[2] == '!' && s[3] == '}'));
}

bool tg_word_next(const char **text, struct tg_word_part *part)
{
    const char *s = *text;
    if (!*s)
        return false;
    *part = (struct tg_word_part){.text = s};
    if (is_place(s)) {
        part->place = (unsigned)(s[1] - '0');
        part->emphasis = s[2] == '!';
        part->len = part->emphasis ? 4 : 3;
    } else {
        while (s[part->len] && (part->len == 0 || !is_place(s + part->len)))
            part->len++;
    }
    *text = s + part->len;
    return true;
}

enum tg_status tg_word_fill(struct tg_buf *out, enum tg_word word, enum tg_language language,
                            const char *const *args, size_t n_args, struct tg_error *err)
{
    const char *text = tg_word(word, language);
    enum tg_status status = TG_OK;
    struct tg_word_part part;
    while (!status && tg_word_next(&text, &part)) {
        if (part.place == 0)
            status = tg_buf_add(out, part.text, part.len, err);
        else if (part.place <= n_args)
            status = tg_buf_add(out, args[part.place - 1], strlen(args[part.place - 1]), err);
    }
    return status;
}
