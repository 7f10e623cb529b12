#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Backups: whole or not at all, checked before they take the store's place.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
expect 66 "$TOTSUGO" store backup -s study.yaml copy.db
says E604
absent copy.db
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
cp -r runs runs.sound

expect 0 "$TOTSUGO" store backup -s study.yaml copy.db
[ "$(stat -c %a copy.db copy.db.manifest.json | sort -u)" = 600 ] || fail "others can read it"
grep -q "\"sha256\":\"$(sha256sum copy.db | cut -d' ' -f1)\"" copy.db.manifest.json || fail "digest: $(cat copy.db.manifest.json)"
grep -q '"format":"totsugo-backup/1"' copy.db.manifest.json || fail "format: $(cat copy.db.manifest.json)"
[ "$(find . -name '*.partial' -o -name 'copy.db-*' -o -name 'totsugo.db-*' | wc -l)" -eq 0 ] || fail "leftovers: $(ls -A)"
expect 73 "$TOTSUGO" store backup -s study.yaml copy.db
says E210
expect 0 "$TOTSUGO" store backup -s study.yaml --force copy.db

# it does not overwrite a store unasked, and puts back what was there
expect 73 "$TOTSUGO" store restore -s study.yaml copy.db
rm -rf runs/2025-03
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --recipient auditor
expect 0 "$TOTSUGO" store restore -s study.yaml copy.db --force
expect 1 "$TOTSUGO" verify -s study.yaml
says W937
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
says "4 unchanged"
diff -r runs runs.sound >/dev/null || fail "other bytes after restoring"
expect 0 "$TOTSUGO" verify -s study.yaml

# to another machine: the site key comes its own way
mkdir other && cp study.yaml other
expect 77 "$TOTSUGO" store restore -s other/study.yaml copy.db
says E605
absent other/totsugo.db other/totsugo.db.restoring
cp key other/site.key
expect 77 "$TOTSUGO" store restore -s other/study.yaml copy.db
absent other/totsugo.db
cp site.key other/site.key
expect 0 "$TOTSUGO" store restore -s other/study.yaml copy.db
[ "$(stat -c %a other/totsugo.db)" = 600 ] || fail "others can read the restored store"
[ "$(find other -type f | sort | tr '\n' ' ')" = "other/site.key other/study.yaml other/totsugo.db other/totsugo.db.lock " ] ||
    fail "leftovers: $(ls -A other)"
expect 0 "$TOTSUGO" run -s other/study.yaml --month 2025-03 --inbox inbox
diff -r other/runs runs.sound >/dev/null || fail "other bytes on another machine"

# what is not a sound backup is refused, and the store stays as it is
before=$(cksum <totsugo.db)
unharmed() {
    [ "$before" = "$(cksum <totsugo.db)" ] || fail "the store was changed: $1"
    absent totsugo.db.restoring totsugo.db.restoring.lock .totsugo.db.restoring.partial
}
refused() {
    expect "$1" "$TOTSUGO" store restore -s study.yaml "$2" --force
    says "$3"
    unharmed "$3"
}
cp copy.db bare.db
refused 66 bare.db E660
refused 66 none.db E200
cp copy.db.manifest.json bare.db.manifest.json
printf x >>bare.db
refused 65 bare.db E662
printf '{"format":"other/1"}' >bare.db.manifest.json
refused 65 bare.db E661
printf 'SQLite format 3, or not' >bare.db
sed "s/\"sha256\":\"[0-9a-f]*\"/\"sha256\":\"$(sha256sum bare.db | cut -d' ' -f1)\"/" copy.db.manifest.json >bare.db.manifest.json
refused 65 bare.db E600
# a manifest that fits a copy in which somebody changed the log
LC_ALL=C sed 's/"recipient":"evaluator"/"recipient":"evaluatoR"/' copy.db >bare.db
cmp -s bare.db copy.db && fail "nothing was changed"
sed "s/\"sha256\":\"[0-9a-f]*\"/\"sha256\":\"$(sha256sum bare.db | cut -d' ' -f1)\"/" copy.db.manifest.json >bare.db.manifest.json
refused 65 bare.db E663
sed 's/^study: .*/study: another/' study.yaml >other.yaml
expect 65 "$TOTSUGO" store backup -s other.yaml --store totsugo.db none.db
says E601
absent none.db none.db.manifest.json
finish
