/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Packages: files on the way between two machines, encrypted to the receiver's certificate and
 * signed by the sender, in one file whose beginning a person can read.
 *
 * A package is, one after the other:
 *  - text lines: "totsugo-package/1", "from: " and "to: " with the SHA-256 of a certificate and its
 *    subject, "sealed: " and a UTC time, for each file "file: SIZE SHA256 NAME" and perhaps
 *    "about: …", then an empty line;
 *  - the contents of the files, one behind the other, under AES-256-GCM: as many bytes as the sizes
 *    add up to;
 *  - CMS AuthEnvelopedData (RFC 5083) in DER, without that content;
 *  - text lines: "content_sha256: …" and "envelope: SIZE SHA256" of the two before;
 *  - CMS SignedData (RFC 5652) in DER over both parts of text, without them;
 *  - the line "totsugo-package-end" with the sizes, 8 digits each, of the second text and the
 *    signature, and the SHA-256 of everything before it.
 */
#ifndef TOTSUGO_PACKAGE_H
#define TOTSUGO_PACKAGE_H

#include <totsugo/crypto.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A file that goes in. */
struct tg_package_file {
    const char *path;
    const char *about; /**< one line for people, in the clear; NULL: none */
};

/** What seals a package. Paths name PEM files; all is borrowed for the call. */
struct tg_package_seal {
    const char *to;                         /**< the receiver's certificate */
    const char *cert, *key;                 /**< the sender's, and its private key, mode 0600 */
    const struct tg_passphrase *passphrase; /**< of the private key; NULL: it lies open */
    const struct tg_package_file *files;    /**< whose last parts of the path are all different */
    size_t n_files;
    const char *output;
    bool force; /**< replace an output that is there */
};

/**
 * Seals files. Both certificates have to be valid now. Memory: at most some MiB.
 *
 * @return TG_OK; TG_NO_INPUT; TG_USAGE: two files of one name, or a name no file may have;
 *         TG_NO_PERMISSION: a certificate that is expired or not for this use, a private key that
 *         is not its own or that others can read; TG_DATA: a file changed meanwhile;
 *         TG_CANT_CREATE; TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_package_seal(const struct tg_package_seal *seal,
                                                 const struct tg_reporter *reporter,
                                                 struct tg_error *err);

/** What opens a package. */
struct tg_package_open {
    const char *from;                       /**< the certificate the sender must have */
    const char *cert, *key;                 /**< the receiver's, and its private key, mode 0600 */
    const struct tg_passphrase *passphrase; /**< of the private key; NULL: it lies open */
    const char *input;
    const char *folder; /**< is made; holds the files when all is well */
};

/**
 * Opens a package. The signature and every digest are checked before anything is decrypted, and
 * the folder appears only when all contents are as they were sealed. The sender's certificate is
 * the very one named: no chain is followed, and it has to have been valid when the package says it
 * was sealed, so that the clock of this machine does not matter. Memory: at most some MiB.
 *
 * @param n_files  out: files in the folder
 * @return TG_OK; TG_NO_INPUT; TG_DATA: cut, or anything in it was changed; TG_NO_PERMISSION: of
 *         another sender, for another receiver, or a certificate that was not valid;
 *         TG_CANT_CREATE: also when the folder is there; TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_package_open(const struct tg_package_open *open,
                                                 const struct tg_reporter *reporter,
                                                 size_t *n_files, struct tg_error *err);

#ifdef __cplusplus
}
#endif
#endif
