#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A month delivered twice to one recipient: what subtracting the two shows is told beforehand.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
    echo "v$i,もうひとり ひと,196$((i % 10))-01-0$((1 + i / 10)),male,2025-01-17" >>app_users.raw
done
pseudonymize_all inbox

# correct N : the users file without its last N people, in the place of the one before
correct() {
    head -n -"$1" app_users.raw >corrected.raw
    rm -f inbox/app_users.csv*
    expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source app_users --period 2025-03 \
        -o inbox/app_users.csv corrected.raw
    expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
}
silent() {
    grep -q 'W98[12]' err && fail "$1: $(cat err)"
}

expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
silent "the first time"
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --recipient auditor --out elsewhere
silent "another recipient"

# one of 22 users is gone, who had no consent: two counts tell of one person
correct 1
says W981 "2 (1-9)"
says W981 runs/2025-03
cp -r runs runs.once
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
silent "nothing new"
diff -r runs runs.once >/dev/null || fail "other bytes"
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --recipient auditor --out elsewhere
says W981 elsewhere/2025-03

# so few are left that one of the two counts is not shown any more; the same bytes as from the start
correct 6
says W981 "1 (1-9)"
sed -i 's/^study: .*/&\ndisclosure: {recipient: municipality}/' study.yaml
correct 7
silent "for the municipality itself"
sed -i '/^disclosure/d' study.yaml

echo x >>runs/2025-03/run.json
correct 2
says W982 run.json
finish
