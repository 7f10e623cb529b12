#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The monthly job on the tiny city: who is linked, who is not and why.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
month=runs/2025-03

expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
[ "$(head -1 $month/conflicts.csv)" = conflict,roster_row_id,reason ] || fail "conflicts.csv: $(head -1 $month/conflicts.csv)"
for f in links.csv unlinked.csv review.csv conflicts.csv run.json report.html report.xlsx; do
    [ -s $month/$f ] || fail "no $f"
    [ "$(stat -c %a $month/$f)" = 600 ] || fail "others can read $f"
done
absent $month/cohort.csv runs/.2025-03.partial

# user N by the line of the app's file: line N+1
id() { awk -F, -v line=$(($1 + 1)) '$2 == line { print $1 }' app_users.lookup; }
roster_id() { awk -F, -v line="$1" '$2 == line { print $1 }' roster.lookup; }
linked_to() { grep -q "^$(id "$1"),$(roster_id "$2"),[0-9a-f]\{32\},person," $month/links.csv || fail "u$1 is not linked to line $2"; }
unlinked() { grep -q "^$(id "$1"),$2$" $month/unlinked.csv || fail "u$1 is not $2: $(grep "$(id "$1")" $month/*.csv)"; }
linked_to 1 3
linked_to 2 4
linked_to 3 5
linked_to 5 11
unlinked 4 withdrawn
unlinked 6 no_consent
unlinked 7 ambiguous
unlinked 8 not_found
[ "$(wc -l <$month/links.csv)" -eq 5 ] && [ "$(wc -l <$month/unlinked.csv)" -eq 5 ] ||
    fail "a user is missing or stands twice"
head -1 $month/links.csv | grep -qx 'user_row_id,roster_row_id,subject_id,rule,probability' || fail "header of links.csv"
head -1 $month/review.csv | grep -qx 'user_row_id,roster_row_id,rule,probability' || fail "header of review.csv"

# twins with one number stay two people: twelve persons
grep -q '"persons": *12' $month/run.json || fail "persons: $(grep persons $month/run.json)"

# again: same bytes, nothing imported twice
cp -r $month first
rm -r $month
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
says "4 unchanged"
! grep -q "nothing was done" err || fail "the month was not made again"
diff -r first $month >/dev/null || fail "a second run gives other bytes"
expect 0 "$TOTSUGO" verify -s study.yaml

# what the linkage expects of itself is told, and compared with the month before
grep -q '"expected_precision": *0.9' $month/run.json || fail "no expected precision"
head -6 roster.raw >half.raw
"$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-04 -o inbox/half.csv half.raw 2>err || fail "$(cat err)"
mkdir half
cp totsugo.db site.key half/
cp -r runs half/
for drift in 0 0.5; do
    { cat study.yaml; echo "linkage: {drift: $drift}"; } >half/study.yaml
    expect 0 "$TOTSUGO" run -s half/study.yaml --inbox inbox --month 2025-04
    [ $drift = 0.5 ] || says W961
    rm -r half/runs/2025-04
done
! grep -q W961 err || fail "a small change is a warning"
# what is not as it was delivered is not believed
echo >>half/runs/2025-03/run.json
expect 0 "$TOTSUGO" run -s half/study.yaml --inbox inbox --month 2025-05
says W975
rm half/runs/2025-03/run.json
expect 0 "$TOTSUGO" run -s half/study.yaml --inbox inbox --month 2025-04
says W975
rm inbox/half*

# another recipient or month: other subject ids
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --recipient auditor --out other
cut -d, -f3 first/links.csv | sort >a
cut -d, -f3 other/2025-03/links.csv | sort >b
[ "$(comm -12 a b | wc -l)" -eq 1 ] || fail "two recipients share subject ids"

# before the withdrawal u4 is linked; before any consent nobody is
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --as-of 2025-02-09
linked_to 4 6
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --as-of 2025-01-19
[ "$(wc -l <$month/links.csv)" -eq 1 ] || fail "somebody is linked before consenting"
expect 66 "$TOTSUGO" run -s study.yaml --month 2024-01
absent runs/2024-01

# no token is stored as it arrived
for t in $(tail -n +2 inbox/app_users.csv | cut -d, -f2,3 | tr ',;' '\n\n' | grep . | head -20); do
    od -An -v -tx1 totsugo.db totsugo.db-wal 2>/dev/null | tr -d ' \n' | grep -q "$t" && fail "a token is stored as it arrived"
done

# verify looks from wherever it is called, also after the folder moved
mkdir elsewhere
( cd elsewhere && "$TOTSUGO" run -s ../study.yaml --month 2025-03 2>/dev/null &&
    "$TOTSUGO" verify -s ../study.yaml 2>/dev/null ) || fail "verify depends on where it is called"

# changed outputs are found
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
expect 0 "$TOTSUGO" verify -s study.yaml
echo x >>$month/links.csv
expect 1 "$TOTSUGO" verify -s study.yaml

# consents
expect 0 "$TOTSUGO" consent status -s study.yaml --at 2025-03-31
grep -q '^walkapp,outcome-evaluation,6,1,0,1$' out || fail "consent status: $(cat out)"
expect 0 "$TOTSUGO" consent list -s study.yaml --at 2025-03-31 -o -
[ "$(grep -c ',in_force$' out)" -eq 6 ] && [ "$(grep -c ',withdrawn$' out)" -eq 1 ] ||
    fail "consent list: $(cat out)"

finish
