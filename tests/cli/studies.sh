#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Five kinds of programmes on one generated municipality: each study of testdata/studies runs, finds controls and says how.
. "$(dirname "$0")/lib.sh"
studies=$here/../../testdata/studies
expect 0 "$TOTSUGO" demo town --persons 4000 --users 700 --months 30 --seed 5
month=$(basename town/runs/2*)
sed '/^cohort:/,$d; /^# Participants against/,$d' town/study.yaml >sources.yaml

value() { tr -d ' \n' <runs-$1/$month/run.json | sed -n "s/.*\"$2\":\([0-9.]*\).*/\1/p"; }
for name in frailty kidney screening care_prevention social; do
    cat sources.yaml "$studies/$name.yaml" >town/$name.yaml
    expect 0 "$TOTSUGO" run -s town/$name.yaml --store town/totsugo.db --inbox town/inbox --month $month --out runs-$name
    [ "$(value $name matched)" -ge 30 ] || fail "$name: matched $(value $name matched)"
    [ "$(value $name controls_used)" -ge 30 ] || fail "$name: controls $(value $name controls_used)"
    [ "$(wc -l <runs-$name/$month/balance.csv)" -gt 4 ] || fail "$name: no balance"
    head -1 runs-$name/$month/cohort.csv |
        grep -q '^subject_id,arm,set,weight,propensity,index_month,age,sex,district,' || fail "$name: header of cohort.csv"
    mv runs-$name/$month first
    expect 0 "$TOTSUGO" run -s town/$name.yaml --store town/totsugo.db --inbox town/inbox --month $month --out runs-$name
    diff -r first runs-$name/$month >/dev/null || fail "$name: a second run gives other bytes"
    rm -r first
done

# who is paid for outcomes finds each indicator and their total
for name in screening care_prevention social; do
    expected=$(grep -c '^    - {name: .*\(steps\|line\|unit\):' "$studies/$name.yaml")
    [ "$(wc -l <runs-$name/$month/payments.csv)" -eq $((expected + 2)) ] || fail "$name: $(cat runs-$name/$month/payments.csv)"
    grep -q '^total,' runs-$name/$month/payments.csv || fail "$name: no total"
done
for name in frailty kidney screening care_prevention social; do
    designs=$(grep -c '^  - {name: .*design: ' "$studies/$name.yaml")
    [ "$(tail -n +2 runs-$name/$month/outcomes.csv | cut -d, -f1 | sort -u | wc -l)" -eq "$designs" ] || fail "$name: outcomes"
done

# what each design is for is seen in its counts
[ "$(value frailty excluded)" -gt 0 ] || fail "frailty: nobody excluded"
[ "$(value care_prevention inactive)" -gt 0 ] || fail "care_prevention: everybody was active for five of six months"
[ "$(value social controls_used)" -gt "$(value social matched)" ] || fail "social: no second controls"
grep -q '^distance,' runs-kidney/$month/balance.csv || fail "kidney: no regression"
! grep -q '^distance,' runs-frailty/$month/balance.csv || fail "frailty: a regression that was not asked for"
awk -F, '$2 == "control" && $3 != "" { exit 1 }' runs-care_prevention/$month/cohort.csv || fail "weights need no sets"
finish
