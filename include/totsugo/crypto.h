/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Keys and tokens.
 *
 * A token is the first 16 bytes of HMAC-SHA-256 (RFC 2104, FIPS 180-4) over the normalised fields,
 * under a key that HKDF-SHA-256 (RFC 5869) derives from the shared key, the study and the token's
 * name.
 *
 * Order of calls: a tg_key is generated, imported or loaded; token keys are derived from it; it may
 * be freed while they are in use. Threads: objects may be read from several threads at once, and
 * tg_token_compute() is safe on one token key from several threads; only freeing needs them alone.
 *
 * Secrets: key bytes lie in memory that is locked, kept out of dumps and wiped when freed. No error
 * holds any part of a key. Where OpenSSL is set up to use its FIPS provider, that provider does the
 * work; the bytes are the same.
 */
#ifndef TOTSUGO_CRYPTO_H
#define TOTSUGO_CRYPTO_H

#include <totsugo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TG_TOKEN_LEN = 16,        /**< bytes of a token, a row id and a subject id */
    TG_KEY_LEN = 32,          /**< bytes of a key */
    TG_KEY_ID_HEX = 16,       /**< hex digits of a key id */
    TG_STUDY_ID_MAX = 63,     /**< bytes of a study id, [a-z0-9-] */
    TG_KEY_EPOCHS_MAX = 16,   /**< keys a key file can hold: the newest and those before it */
    TG_PASSPHRASE_MIN = 12,   /**< bytes of a new passphrase */
    TG_PASSPHRASE_MAX = 1023, /**< bytes of any */
};

/** A secret 256-bit key in locked memory, with what its file says about it. */
struct tg_key;

/** What may be shown of a key. */
struct tg_key_info {
    char study[TG_STUDY_ID_MAX + 1];
    char id[TG_KEY_ID_HEX + 1]; /**< first 8 bytes of HMAC-SHA-256(key, "totsugo/key-id") */
    char created[21];           /**< ISO 8601 UTC, "2026-01-31T23:59:59Z" */
    unsigned epoch;             /**< 1 for a first key, one more after each rotation */
    char overlap_until[8];      /**< "YYYY-MM": last month of the epoch before; "" for none */
};

/** A passphrase in locked memory. */
struct tg_passphrase;

/**
 * Asks for a passphrase on the terminal, without echo.
 *
 * @param prompt  what is asked for, UTF-8
 * @param again   NULL; or the prompt of a second time, for a new passphrase: both must agree, and
 *                it must have TG_PASSPHRASE_MIN bytes
 * @param out     out: free it with tg_passphrase_free()
 * @return TG_OK; TG_NO_INPUT: no terminal; TG_NO_PERMISSION: too short, too long or the two
 *         differ; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_passphrase_ask(const char *prompt, const char *again,
                                                   struct tg_passphrase **out,
                                                   struct tg_error *err);
/**
 * Reads one from an open file descriptor: everything up to the first line feed or the end, as
 * bytes. What follows the line feed is left to be read.
 *
 * @param fresh  it is a new one and must have TG_PASSPHRASE_MIN bytes
 * @return TG_OK; TG_NO_INPUT: not open for reading; TG_NO_PERMISSION: empty, too short or too long;
 *         TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_passphrase_read(int fd, bool fresh, struct tg_passphrase **out,
                                                    struct tg_error *err);
/** Wipes and frees. NULL and pointer to NULL are allowed. */
TG_API void tg_passphrase_free(struct tg_passphrase **p);

/**
 * Makes a new random key.
 *
 * @param study  the study it is for, 1…63 of [a-z0-9-]
 * @param out    out: the key; free it with tg_key_free()
 * @return TG_OK; TG_USAGE: no study id; TG_NO_MEMORY: the system gave no memory or no randomness
 */
TG_API TG_CHECKED enum tg_status tg_key_generate(const char *study, struct tg_key **out,
                                                 struct tg_error *err);
/**
 * Makes a key of the 64 hex digits in a file; either case, white space around them is allowed.
 *
 * @param study     the study it is for, 1…63 of [a-z0-9-]
 * @param hex_path  a regular file that only its owner can read
 * @param out       out: the key; free it with tg_key_free()
 * @return TG_OK; TG_USAGE: no study id; TG_NO_INPUT; TG_NO_PERMISSION: others can read the file;
 *         TG_DATA: no 64 digits; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_key_import_hex(const char *study, const char *hex_path,
                                                   struct tg_key **out, struct tg_error *err);
/**
 * A new random key of the same study for the next epoch. It remembers the keys before it.
 *
 * @param overlap_until  "YYYY-MM", the last month for which files of the epoch before are taken;
 *                       NULL: none is stated
 * @return TG_OK; TG_USAGE: no month, or TG_KEY_EPOCHS_MAX keys are reached; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_key_rotate(const struct tg_key *key, const char *overlap_until,
                                               struct tg_key **out, struct tg_error *err);
/**
 * The key of an earlier epoch as a key of its own.
 *
 * @param back  1: the one before, 2: the one before that, …
 * @param out   out: the key, which remembers those before it; free it with tg_key_free()
 * @return TG_OK; TG_NO_PERMISSION: there is no such epoch in it; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_key_before(const struct tg_key *key, size_t back,
                                               struct tg_key **out, struct tg_error *err);

/**
 * Reads a key file that lies open: the lines "totsugo-key/1", "study: …", "id: …", "created: …",
 * "key: …"; after a rotation "totsugo-key/2", with "epoch: …" and "overlap_until: …" before the key
 * and "before: …" for each earlier key after it.
 *
 * @param path  a regular file that only its owner can read
 * @param out   out: the key; free it with tg_key_free()
 * @return TG_OK; TG_NO_INPUT; TG_NO_PERMISSION: not a whole key file, its id is not that of the
 *         key, it is under a passphrase, or others can read it; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_key_load(const char *path, struct tg_key **out,
                                             struct tg_error *err);
/**
 * Is the key in this file under a passphrase? Only the first line is looked at.
 * @return as tg_key_load()
 */
TG_API TG_CHECKED enum tg_status tg_key_is_wrapped(const char *path, bool *wrapped,
                                                   struct tg_error *err);
/**
 * Reads a key file of either form. A wrapped one has, below "totsugo-wrapped-key/1", the open lines
 * of a key file, "kdf: scrypt N r p" (RFC 7914), "salt: …", "nonce: …" and "sealed: …": the keys of
 * all epochs under AES-256-GCM, which authenticates every line above it.
 *
 * @param passphrase  borrowed; not looked at for an open file
 * @return as tg_key_load(); TG_NO_PERMISSION: also another passphrase or a changed line
 */
TG_API TG_CHECKED enum tg_status tg_key_unwrap(const char *path,
                                               const struct tg_passphrase *passphrase,
                                               struct tg_key **out, struct tg_error *err);
/**
 * Writes a key file, mode 0600, which appears only when it is whole.
 *
 * @param force  replace a file that is there
 * @return TG_OK, TG_CANT_CREATE, TG_IO, TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_key_save(const struct tg_key *key, const char *path, bool force,
                                             struct tg_error *err);
/**
 * The same under a passphrase: scrypt with N = 131072, r = 8, p = 1 (128 MiB, some tenths of a
 * second), a random salt and nonce.
 * @return as tg_key_save(); TG_NO_PERMISSION: the cryptographic library has no scrypt
 */
TG_API TG_CHECKED enum tg_status tg_key_wrap(const struct tg_key *key,
                                             const struct tg_passphrase *passphrase,
                                             const char *path, bool force, struct tg_error *err);
/** Is it of this study? @return TG_OK, TG_NO_PERMISSION */
TG_API TG_CHECKED enum tg_status tg_key_of_study(const struct tg_key *key, const char *study,
                                                 struct tg_error *err);
/** The public part; lives as long as the key. */
TG_API const struct tg_key_info *tg_key_info(const struct tg_key *key);
/** Wipes and frees. NULL and pointer to NULL are allowed. */
TG_API void tg_key_free(struct tg_key **key);

/** The key of one token, ready to use. */
struct tg_token_key;

/**
 * Derives HKDF-SHA-256(key, salt = study id, info = "totsugo/n1/token/" + name).
 *
 * @param key    borrowed for the call
 * @param study  the study's id; the key must be of this study
 * @param name   the token's name, for example "person" or "app"
 * @param out    out: free it with tg_token_key_free()
 * @return TG_OK; TG_NO_PERMISSION: the key is of another study; TG_NO_MEMORY; TG_BUG
 */
TG_API TG_CHECKED enum tg_status tg_token_key_new(const struct tg_key *key, const char *study,
                                                  const char *name, struct tg_token_key **out,
                                                  struct tg_error *err);
/** The key of row ids: info = "totsugo/n1/row"; otherwise as tg_token_key_new(). */
TG_API TG_CHECKED enum tg_status tg_row_key_new(const struct tg_key *key, const char *study,
                                                struct tg_token_key **out, struct tg_error *err);
/**
 * A token of a finished message: for each field a 4-byte big-endian length and the value.
 *
 * Cannot fail and takes no memory; under a FIPS provider each call takes some, and the process is
 * aborted when there is none.
 *
 * @param message  `len` bytes; may be NULL when len is 0
 * @param token    out: 16 bytes; may overlap `message`
 */
TG_API void tg_token_compute(const struct tg_token_key *key, const void *message, size_t len,
                             unsigned char token[TG_TOKEN_LEN]);
/** Wipes and frees. NULL and pointer to NULL are allowed. */
TG_API void tg_token_key_free(struct tg_token_key **key);

/** Lower-case hex of `len` bytes into 2 × len characters; no NUL. */
TG_API void tg_hex_encode(const void *data, size_t len, char *out);
/**
 * The inverse.
 *
 * @param hex  2 × len characters
 * @param len  bytes at `out`
 * @return false, with `out` undefined, unless all are lower-case hex digits
 */
TG_API TG_CHECKED bool tg_hex_decode(const char *hex, size_t len, void *out);

#ifdef __cplusplus
}
#endif
#endif
