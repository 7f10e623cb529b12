#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Computes every key vector again with the `openssl` command alone: none of the project's code runs.
#
# usage: openssl.sh [VECTORS-FOLDER]
set -u
dir=${1:-testdata/vectors}
command -v openssl >/dev/null || { echo "openssl is not installed"; exit 77; }
checked=0
wrong=0

# hex digits -> bytes
bytes() {
    printf '%b' "$(printf %s "$1" | awk '{
        d = "0123456789abcdef"
        for (i = 1; i < length($0); i += 2) {
            n = (index(d, substr($0, i, 1)) - 1) * 16 + index(d, substr($0, i + 1, 1)) - 1
            printf "\\0%d%d%d", int(n / 64), int(n / 8) % 8, n % 8
        }
    }')"
}

# text -> hex digits
hex() {
    printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

# text -> hex digits of its length in four bytes and its bytes
field() {
    h=$(hex "$1")
    printf '%08x%s' $((${#h} / 2)) "$h"
}

# KEY-HEX MESSAGE-HEX -> HMAC-SHA-256 in hex
mac() {
    bytes "$2" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" | sed 's/.*= *//'
}

# IKM-HEX SALT-HEX INFO-HEX LENGTH -> HKDF-SHA-256 in hex
hkdf() {
    openssl kdf -keylen "$4" -kdfopt digest:SHA256 -kdfopt "hexkey:$1" \
        ${2:+-kdfopt "hexsalt:$2"} ${3:+-kdfopt "hexinfo:$3"} HKDF |
        tr -d ':\n' | tr ABCDEF abcdef
}

# FILE CASE EXPECTED GOT
expect() {
    checked=$((checked + 1))
    [ "$3" = "$4" ] && return
    wrong=$((wrong + 1))
    echo "$1: $2: the file has $3, openssl says $4"
}

# The rows of FILE below its header.
rows() {
    sed 1d "$dir/$1"
}

while IFS=, read -r name key data want why; do
    expect hmac_rfc4231.csv "$name" "$want" "$(mac "$key" "$data")"
done <<EOF
$(rows hmac_rfc4231.csv)
EOF

while IFS=, read -r name ikm salt info length want why; do
    expect hkdf_rfc5869.csv "$name" "$want" "$(hkdf "$ikm" "$salt" "$info" "$length")"
done <<EOF
$(rows hkdf_rfc5869.csv)
EOF

while IFS=, read -r key want why; do
    expect key_ids.csv "$why" "$want" "$(mac "$key" "$(hex totsugo/key-id)" | cut -c1-16)"
done <<EOF
$(rows key_ids.csv)
EOF

while IFS=, read -r key study token fields token_key message want why; do
    made=
    rest="$fields|"
    while [ -n "$rest" ]; do
        made=$made$(field "${rest%%|*}")
        rest=${rest#*|}
    done
    derived=$(hkdf "$key" "$(hex "$study")" "$(hex "totsugo/n1/token/$token")" 32)
    expect tokens.csv "key of $why" "$token_key" "$derived"
    expect tokens.csv "message of $why" "$message" "$made"
    expect tokens.csv "$why" "$want" "$(mac "$derived" "$made" | cut -c1-32)"
done <<EOF
$(rows tokens.csv)
EOF

while IFS=, read -r key study source period line row_key message want why; do
    made=$(field "$source")$(field "$period")$(field "$line")
    derived=$(hkdf "$key" "$(hex "$study")" "$(hex totsugo/n1/row)" 32)
    expect row_ids.csv "key of $why" "$row_key" "$derived"
    expect row_ids.csv "message of $why" "$message" "$made"
    expect row_ids.csv "$why" "$want" "$(mac "$derived" "$made" | cut -c1-32)"
done <<EOF
$(rows row_ids.csv)
EOF

echo "$checked values checked, $wrong wrong"
[ "$wrong" -eq 0 ] && [ "$checked" -gt 150 ]
