/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Kana names: what happens after the reading. All of it in place, on code points.
 */
#ifndef TG_TEXT_KANA_H
#define TG_TEXT_KANA_H

#include "text/fold.h"

/** kana_name: katakana, one long-vowel mark, no spaces and dots, upper case. */
TG_CHECKED bool tg_kana_strict(struct tg_reading *r);
/** kana_name_folded, from the strict form. */
TG_CHECKED bool tg_kana_folded(struct tg_reading *r);
/** kana_name_loose, from the folded form. */
TG_CHECKED bool tg_kana_loose(struct tg_reading *r);

#endif
