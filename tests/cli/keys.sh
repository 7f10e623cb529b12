#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/lib.sh"

expect 0 "$TOTSUGO" init city
[ -d city/keys ] && [ -d city/inbox ] && [ -d city/runs ] || fail "folders are missing"
expect 73 "$TOTSUGO" init city
says E210
expect 0 "$TOTSUGO" init --force city

s=city/study.yaml
expect 0 "$TOTSUGO" key new -s $s -o city/keys/shared.key
[ "$(stat -c %a city/keys/shared.key)" = 600 ] || fail "a key with wide permissions"
expect 73 "$TOTSUGO" key new -s $s -o city/keys/shared.key
expect 0 "$TOTSUGO" key show city/keys/shared.key
grep -Eq '^id: [0-9a-f]{16}$' out || fail "no id"
secret=$(sed -n 's/^key: //p' city/keys/shared.key)
[ ${#secret} -eq 64 ] || fail "the key file has no key"
grep -q "$secret" out err && fail "the secret was shown"

# the id is HMAC-SHA256(key, "totsugo/key-id"), as anybody can check
id=$(printf 'totsugo/key-id' | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -r | cut -c1-16)
grep -q "^id: $id$" out || fail "another id than openssl's"

chmod 644 city/keys/shared.key
expect 77 "$TOTSUGO" key show city/keys/shared.key
says E301
chmod 600 city/keys/shared.key
expect 66 "$TOTSUGO" key show none.key
expect 66 "$TOTSUGO" key show city
sed 's/^key: ...../key: 00000/' city/keys/shared.key >bent.key && chmod 600 bent.key
expect 77 "$TOTSUGO" key show bent.key
says E300
head -c 40 city/keys/shared.key >cut.key && chmod 600 cut.key
expect 77 "$TOTSUGO" key show cut.key

fixed_key $s fixed.key
expect 0 "$TOTSUGO" key show fixed.key
id=$(printf 'totsugo/key-id' | openssl dgst -sha256 -mac HMAC \
    -macopt hexkey:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -r | cut -c1-16)
grep -q "^id: $id$" out || fail "the imported key has another id"
( umask 077 && echo 0011 >short.hex )
expect 65 "$TOTSUGO" key import -s $s --hex short.hex -o k
says E303
chmod 644 hex
expect 77 "$TOTSUGO" key import -s $s --hex hex -o k
absent k
finish
