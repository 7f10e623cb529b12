#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A new shared key: the desk and the provider lead their old files over, both keys count for a while,
# then the old one ends. Links, consents and withdrawals stay what they were.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
expect 0 "$TOTSUGO" import -s study.yaml inbox/*.csv
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
cp -r runs/2025-03 first

expect 64 "$TOTSUGO" key rotate -s study.yaml -k key --overlap-until 2025-13 -o key2
expect 64 "$TOTSUGO" key rotate -s study.yaml -k key -o key2
expect 0 "$TOTSUGO" key rotate -s study.yaml -k key --overlap-until 2025-04 -o key2
[ "$(stat -c %a key2)" = 600 ] || fail "a key with wide permissions"
expect 0 "$TOTSUGO" key show key2
grep -qx 'epoch: 2' out || fail "not epoch 2"
grep -qx 'overlap_until: 2025-04' out || fail "no overlap"
grep -q 000102030405 out err && fail "the old key was shown"
grep -q "$(sed -n 's/^key: //p' key2)" out err && fail "the new key was shown"
expect 77 "$TOTSUGO" pseudonymize -s study.yaml -k key --bridge --source roster --period 2025-03 -o b.csv roster.raw
says E321

# pseudonymize SOURCE PERIOD KEY OUT [--bridge]
one() {
    source=$1 period=$2 key=$3 to=$4
    shift 4
    "$TOTSUGO" pseudonymize -s study.yaml -k "$key" --source "$source" --period "$period" \
        -o "$to" "$@" "$source.raw" 2>err || fail "pseudonymize $source: $(cat err)"
}
mkdir bridges new old
for source in roster app_users consents; do
    one $source 2025-03 key2 bridges/$source.csv --bridge
    one $source 2025-04 key2 new/$source.csv
    one $source 2025-04 key old/$source.csv
done
cut -d, -f1 inbox/roster.csv >want
cut -d, -f1 bridges/roster.csv >got
same want got
grep -q '"row_key_id"' bridges/roster.csv.manifest.json || fail "the manifest does not say that it is a bridge"
grep -q '"row_key_id"' new/roster.csv.manifest.json && fail "an ordinary manifest says that it is a bridge"
cut -d, -f2- bridges/roster.csv | sort >got
cut -d, -f2- new/roster.csv | sort >want
same want got

# rows of who was purged are in the provider's files still, and keep nobody back
mkdir purged && cp totsugo.db site.key purged/
expect 0 "$TOTSUGO" consent purge -s study.yaml --store purged/totsugo.db -o purged/list.csv
[ "$(wc -l <purged/list.csv)" -gt 1 ] || fail "nobody was purged"
expect 0 "$TOTSUGO" import -s study.yaml --store purged/totsugo.db --bridge bridges/*.csv
says "0 withdrawals left"
expect 0 "$TOTSUGO" key retire -s study.yaml --store purged/totsugo.db

# before any bridge
expect 77 "$TOTSUGO" import -s study.yaml new/roster.csv
says E613
expect 65 "$TOTSUGO" import -s study.yaml bridges/roster.csv
says E341
expect 65 "$TOTSUGO" import -s study.yaml --bridge inbox/roster.csv
says E342
expect 0 "$TOTSUGO" import -s study.yaml --bridge bridges/roster.csv
says "1 withdrawals left"
expect 77 "$TOTSUGO" import -s study.yaml new/app_users.csv
says E346
expect 1 "$TOTSUGO" key retire -s study.yaml
says E348
expect 0 "$TOTSUGO" import -s study.yaml --bridge bridges/app_users.csv bridges/consents.csv
says "0 withdrawals left"
expect 0 "$TOTSUGO" verify -s study.yaml

# users by line of the raw file -> what became of them
outcome() {
    awk -F, 'FNR == 1 { n++ } n == 1 { line[$1] = $2 } n == 2 && FNR > 1 { print line[$1], "linked" }
        n == 3 && FNR > 1 { print line[$1], $2 }' "$1" "$2/links.csv" "$2/unlinked.csv" | sort
}
outcome app_users.lookup first >want
grep -q ' withdrawn$' want || fail "nobody withdrew"
[ "$(grep -c ' linked$' want)" -ge 3 ] || fail "too few links"
# new users against the old roster, then all new: the same people link, who withdrew stays so
one app_users 2025-04 key2 new/app_users.csv --force --lookup new.lookup
expect 0 "$TOTSUGO" import -s study.yaml new/app_users.csv
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04 --inbox none
outcome new.lookup runs/2025-04 >got
same want got
expect 0 "$TOTSUGO" import -s study.yaml new/roster.csv new/consents.csv
says "0 new persons"
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04 --inbox none
outcome new.lookup runs/2025-04 >got
same want got
# and old users against the new roster
one app_users 2025-04 key old/app_users.csv --force --lookup old.lookup
expect 0 "$TOTSUGO" import -s study.yaml old/app_users.csv
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04 --inbox none
outcome old.lookup runs/2025-04 >got
same want got

# the end: by the month stated, then for good
one roster 2025-05 key old/late.csv
expect 77 "$TOTSUGO" import -s study.yaml old/late.csv
says E340
expect 0 "$TOTSUGO" key retire -s study.yaml
expect 77 "$TOTSUGO" import -s study.yaml old/roster.csv
says E613
expect 65 "$TOTSUGO" key retire -s study.yaml
says E347
one roster 2025-05 key2 new/may.csv
expect 0 "$TOTSUGO" import -s study.yaml new/may.csv
says "0 new persons"
expect 0 "$TOTSUGO" verify -s study.yaml

# a rotated key under a passphrase stays under it
printf 'a passphrase of some length\n' >pass
expect 0 "$TOTSUGO" key passphrase --new-passphrase-fd 3 -o locked key2 3<pass
expect 0 "$TOTSUGO" key rotate -s study.yaml -k locked --overlap-until 2025-12 --passphrase-fd 3 -o key3 3<pass
head -1 key3 | grep -qx 'totsugo-wrapped-key/1' || fail "the new key lies open"
expect 0 "$TOTSUGO" key show --passphrase-fd 3 key3 3<pass
grep -qx 'epoch: 3' out || fail "not epoch 3"
finish
