#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every design and every kind of indicator on one generated municipality: the files agree with each
# other, and what is paid is found again from what is shown.
. "$(dirname "$0")/lib.sh"
expect 0 "$TOTSUGO" demo town --persons 3000 --users 500 --months 24 --seed 3
month=$(basename town/runs/2*)
sed '/^cohort:/,$d' town/study.yaml >sources.yaml
comparison='cohort:
  index: registered
  age: [40, 110]
  participants: {provider: walkapp}
  match: {exact: [sex, age_band]}
outcomes:
  - {name: medical_cost, source: medical, by: [sex, age_band, district, level]}
  - {name: diabetes_cost, source: medical, codes: [E10-E14], design: did}
  - {name: hba1c, source: checkup, measure: hba1c, design: change, by: [sex]}
  - {name: hba1c_high, source: checkup, measure: hba1c, at_least: 6.5, design: level}
  - {name: attended, source: checkup, design: level}
  - {name: claims, source: medical, design: rate}
  - {name: new_care, source: care, design: incidence, months: 6}
  - {name: bmi_kept, source: checkup, measure: bmi, design: transition, by: [sex]}
pfs:
  fixed: 100000
  cap: 9000000
  indicators:
    - {name: started, from: participants, unit: 3000}
    - {name: continued, from: participants, active_months: 6, as: share, steps: [[0.5, 100000], [0.9, 200000]]}
    - {name: saving, from: {outcome: medical_cost, negate: true}, line: [[-20000, 0], [20000, 2000000]], min_n: 50}
    - {name: attendance, from: {outcome: attended, value: participants}, line: [[0, 0], [1, 1000000]]}
    - {name: survey, steps: [[0.5, 300000]]}'

# study RECIPIENT : a study file for it
study() { { cat sources.yaml; echo "$comparison"; echo "disclosure: {population: 50000, recipient: $1}"; } >"town/$1.yaml"; }
run_for() {
    study "$1"
    expect 0 "$TOTSUGO" run -s "town/$1.yaml" --store town/totsugo.db --inbox town/inbox --month "$month" --out "runs-$1"
}
run_for evaluator
here_is=runs-evaluator/$month
cut -d, -f1,2 $here_is/outcomes.csv >rows
cat >want <<'E'
outcome,design
medical_cost,before
medical_cost,after
medical_cost,did
medical_cost,alone
diabetes_cost,before
diabetes_cost,after
diabetes_cost,did
diabetes_cost,alone
hba1c,change
hba1c,alone
hba1c_high,level
attended,level
claims,rate
new_care,incidence
bmi_kept,transition
E
same rows want

# did is after less before, where all three are of the same people; an effect lies in its interval
awk -F, 'NR > 1 && $7 != "" && $8 != "" && ($7 < $8 || $7 > $9) { print; bad = 1 } END { exit bad }' \
    $here_is/outcomes.csv || fail "an effect outside its interval"

# what is paid for is what is shown: `pay` finds the same yen from the file's own values
awk -F, 'NR == 1 { print "indicator,value,n" } NR > 1 && $1 != "total" { print $1 "," $2 ",100000" }' \
    $here_is/payments.csv >values.csv
expect 0 "$TOTSUGO" pay -s town/evaluator.yaml --values values.csv -o again.csv
same again.csv $here_is/payments.csv
effect=$(awk -F, '$1 == "medical_cost" && $2 == "did" { print $7 + 0 }' $here_is/outcomes.csv)
paid=$(awk -F, '$1 == "saving" { print $2 + 0 }' $here_is/payments.csv)
awk -v a="$effect" -v b="$paid" 'BEGIN { exit !(a != 0 && a == -b) }' || fail "saving is $paid, the effect $effect"
awk -F, '$1 == "total" { total = $5 } NR > 1 && $1 != "total" { sum += $5 }
    END { exit !(total == sum + 100000) }' $here_is/payments.csv || fail "the total is not the sum"
started=$(awk -F, '$1 == "started" { print $2 }' $here_is/payments.csv)
[ "$started" -eq $(($(cut -d, -f3 $here_is/links.csv | sort -u | wc -l) - 1)) ] || fail "$started started"

# the report explains all of it, in both languages
for part in payment subgroups sensitivity risks transitions savings; do
    for language in ja en; do
        grep -q "id=\"$language-$part\"" $here_is/report.html || fail "no $part in $language"
    done
done

if command -v unzip >/dev/null; then
    unzip -p $here_is/report.xlsx xl/workbook.xml | grep -q 削減額 || fail "no savings in the workbook"
fi

# inside nothing is hidden, and nothing changes but that
run_for municipality
tr -d ' \n' <runs-municipality/"$month"/run.json | grep -q '"withheld":\[\]' || fail "withheld inside"
grep -q '^hba1c_high,level,[0-9]*,[0-9]*,[0-9.]*,' runs-municipality/"$month"/outcomes.csv || fail "hidden inside"
awk -F, 'NR == FNR { all[$1 "," $2] = $0; next } $5 != "" && all[$1 "," $2] != $0 { bad = 1 } END { exit bad }' \
    runs-municipality/"$month"/outcomes.csv $here_is/outcomes.csv || fail "what is shown differs inside"

# the order in which files came shows in no byte, and another site key only in ids
for key in same other; do
    mkdir "$key"
    [ $key = other ] || cp town/site.key same/
    # shellcheck disable=SC2046
    expect 0 "$TOTSUGO" import -s town/evaluator.yaml --store $key/totsugo.db $(ls -r town/inbox/*.csv)
    expect 0 "$TOTSUGO" run -s town/evaluator.yaml --store $key/totsugo.db --inbox town/inbox --month "$month" --out $key/runs
done
for f in "$here_is"/*; do
    same "$f" same/runs/"$month"/"$(basename "$f")"
done
for f in outcomes.csv balance.csv payments.csv; do
    same "$here_is"/$f other/runs/"$month"/$f
done
[ "$(wc -l <"$here_is"/cohort.csv)" -gt 100 ] || fail "few people are compared"

# a subject id leads back to the person, for whoever has the store
sed -n 2p "$here_is"/links.csv >link
subject=$(cut -d, -f3 link)
expect 0 "$TOTSUGO" person history -s town/evaluator.yaml --store town/totsugo.db --month "$month" "$subject"
grep -q "$(cut -d, -f2 link)" out || fail "the subject is somebody else"
expect 66 "$TOTSUGO" person history -s town/evaluator.yaml --store other/totsugo.db --month "$month" "$subject"
says E643

# refused OLD NEW KEY ALLOWED : the study with one change is refused, and what is allowed is said
refused() {
    study evaluator
    sed "s/$1/$2/" town/evaluator.yaml >wrong.yaml
    expect 78 "$TOTSUGO" run -s wrong.yaml --store town/totsugo.db --inbox town/inbox --month "$month" --out none
    says "$3" "$4"
    absent none
}
refused 'design: rate' 'design: ratio' outcomes 'rate'
refused 'source: checkup, design: level' 'source: checkup, design: did' source 'events'
refused 'measure: hba1c, design: change' 'measure: hba2c, design: change' measure 'hba1c'
refused 'measure: bmi, design: transition' 'design: transition' outcomes 'measure'
refused 'outcome: attended, value: participants' 'outcome: attendance, value: participants' outcome 'attended'
finish
