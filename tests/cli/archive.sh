#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Old months move to another folder and back, whole, checked and recorded.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
for month in 2025-03 2025-04 2025-05; do
    expect 0 "$TOTSUGO" run -s study.yaml --month $month
done
cp -r runs sound
expect 64 "$TOTSUGO" store archive -s study.yaml --to old
expect 64 "$TOTSUGO" store archive -s study.yaml --before 2025-05 --month 2025-05 --to old
expect 64 "$TOTSUGO" store archive -s study.yaml --before May --to old
expect 0 "$TOTSUGO" store archive -s study.yaml --before 2025-05 --to old/months
says "old/months: 2 months moved"
[ "$(ls -A runs)" = 2025-05 ] || fail "left in runs: $(ls -A runs)"
[ "$(ls -A old/months | tr '\n' ' ')" = "2025-03 2025-04 " ] || fail "archive: $(ls -A old/months)"
diff -r sound/2025-03 old/months/2025-03 >/dev/null || fail "other bytes in the archive"
[ "$(stat -c %a old/months/2025-03/links.csv)" = 600 ] || fail "others can read the archive"
expect 0 "$TOTSUGO" verify -s study.yaml
expect 0 "$TOTSUGO" store archive -s study.yaml --before 2025-05 --to old/months
says "0 months moved"

# what lies there is still watched over
echo x >>old/months/2025-03/links.csv
expect 1 "$TOTSUGO" verify -s study.yaml
says W937 "old/months/2025-03/links.csv"
# and what is not as it was delivered does not move
expect 65 "$TOTSUGO" store archive -s study.yaml --month 2025-03 --to runs
says E664
absent runs/2025-03 runs/.2025-03.partial
cp sound/2025-03/links.csv old/months/2025-03/links.csv
mkdir -p runs/2025-04
expect 73 "$TOTSUGO" store archive -s study.yaml --month 2025-04 --to runs
rmdir runs/2025-04

# back again
expect 0 "$TOTSUGO" store archive -s study.yaml --before 2025-05 --to runs
diff -r sound runs >/dev/null || fail "other bytes after bringing them back"
[ -z "$(ls -A old/months)" ] || fail "left in the archive: $(ls -A old/months)"
expect 0 "$TOTSUGO" verify -s study.yaml
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
diff -r sound runs >/dev/null || fail "other bytes when a month that was away is done again"
finish
