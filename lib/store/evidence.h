/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Evidence tokens of identities. Nobody is looked up by them, so they lie beside their identity in
 * one blob, packed as decisive ones are (store/room.h), but with several hashes of one token one
 * after the other. An identity whose digest is taken away loses its row here by a trigger.
 */
#ifndef TG_STORE_EVIDENCE_H
#define TG_STORE_EVIDENCE_H

#include "store/room.h"

/** Moves evidence tokens to where they belong that an older program left among those that are looked up,
 * in the caller's transaction. */
TG_CHECKED enum tg_status tg_evidence_move(struct tg_store *store, struct tg_error *err);

#endif
