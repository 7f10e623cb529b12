/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/checksum.h"

#include "base/mem.h"
#include "crypto/engine.h"

#include <stdlib.h>
#include <string.h>

enum { IV_LEN = 12, TAG_LEN = 16 };

struct tg_checksum {
    EVP_CIPHER_CTX *gcm; /* keyed */
};

enum tg_status tg_checksum_new(struct tg_checksum **out, struct tg_error *err)
{
    static const unsigned char key[] = "totsugo/page/sum", iv[IV_LEN] = {0};
    enum tg_status status = tg_openssl_ready(err);
    struct tg_checksum *c = status ? NULL : tg_calloc(1, sizeof *c, err);
    if (!c)
        return status ? status : TG_NO_MEMORY;
    c->gcm = EVP_CIPHER_CTX_new();
    if (!c->gcm || EVP_EncryptInit_ex(c->gcm, EVP_aes_128_gcm(), NULL, key, iv) != 1) {
        tg_checksum_free(&c);
        return tg_openssl_failed(err);
    }
    *out = c;
    return TG_OK;
}

bool tg_checksum_of(struct tg_checksum *c, uint64_t place, const void *data, size_t len,
                    unsigned char sum[TG_CHECKSUM_LEN])
{
    unsigned char iv[IV_LEN] = {0}, tag[TAG_LEN];
    int n;
    for (int i = 0; i < 8; i++)
        iv[i] = (unsigned char)(place >> (8 * i));
    if (EVP_EncryptInit_ex(c->gcm, NULL, NULL, NULL, iv) != 1 ||
        EVP_EncryptUpdate(c->gcm, NULL, &n, data, (int)len) != 1 ||
        EVP_EncryptFinal_ex(c->gcm, tag, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(c->gcm, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) != 1) {
        (void)tg_openssl_failed(NULL);
        return false;
    }
    memcpy(sum, tag, TG_CHECKSUM_LEN);
    return true;
}

void tg_checksum_free(struct tg_checksum **c)
{
    if (!c || !*c)
        return;
    EVP_CIPHER_CTX_free((*c)->gcm);
    free(*c);
    *c = NULL;
}
