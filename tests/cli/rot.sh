#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bits that a disk changes: verify finds each, and no command goes on with a page that has one.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
mkdir empty
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
expect 0 "$TOTSUGO" store backup -s study.yaml copy.db
cp -r runs runs.sound
expect 0 "$TOTSUGO" store dump -s study.yaml -o -
cp out dump.sound
size=8192
pages=$(($(stat -c %s totsugo.db) / size))
[ "$pages" -gt 20 ] || fail "only $pages pages"

# flip BYTE BIT
flip() {
    old=$(od -An -tu1 -j "$1" -N 1 totsugo.db)
    # shellcheck disable=SC2059
    printf "\\$(printf %o $((old ^ 1 << $2)))" | dd of=totsugo.db bs=1 seek="$1" conv=notrunc 2>/dev/null
}

# names PAGE : the last command found that one
names() {
    says W959
    grep -q "as they were written: $1[ ;]" err || fail "page $1 is not named: $(cat err)"
}

# refused WHAT : the last command ended as it does where it meets the page
refused() {
    says E618
    [ "$got" -eq 65 ] || fail "exit $got at $at: $1"
}

i=0
dumped=0
while [ $i -lt 30 ]; do
    page=$((i * pages / 30))
    at=$((page * size + (i * 2713 + 11) % size))
    [ $i -gt 0 ] || at=20 # what the header says of checksums
    flip $at $(((i + 3) % 8))
    expect 1 "$TOTSUGO" verify -s study.yaml --inbox empty
    names $((page + 1))
    says E617
    "$TOTSUGO" store dump -s study.yaml -o - >out 2>err
    got=$?
    if [ $got -eq 0 ]; then
        same out dump.sound
        dumped=$((dumped + 1))
    else
        refused dump
    fi
    if [ $((i % 5)) -eq 0 ]; then
        cp totsugo.db hurt.db
        "$TOTSUGO" run -s study.yaml --month 2025-03 >out 2>err
        got=$?
        [ $got -eq 0 ] || refused run
        diff -r runs runs.sound >/dev/null || fail "other bytes at $at"
        "$TOTSUGO" store backup -s study.yaml --force hurt.copy >out 2>err
        got=$?
        refused backup
        absent hurt.copy
        cp hurt.db totsugo.db
    fi
    flip $at $(((i + 3) % 8))
    i=$((i + 1))
done
[ $dumped -lt 30 ] || fail "no page was read"
expect 0 "$TOTSUGO" verify -s study.yaml

# what a backup holds has its checksums, too, and takes the place of what was hurt
flip $((size * 2 + 100)) 0
expect 0 "$TOTSUGO" store restore -s study.yaml copy.db --force
expect 0 "$TOTSUGO" verify -s study.yaml
flip $((size * 3 + 100)) 0
expect 1 "$TOTSUGO" verify -s study.yaml
names 4
flip $((size * 3 + 100)) 0

# a page lost, and a file cut off
dd if=/dev/zero of=totsugo.db bs=$size seek=7 count=1 conv=notrunc 2>/dev/null
expect 1 "$TOTSUGO" verify -s study.yaml
names 8
expect 0 "$TOTSUGO" store restore -s study.yaml copy.db --force
truncate -s -$((size + 1)) totsugo.db
expect 1 "$TOTSUGO" verify -s study.yaml
says W930
finish
