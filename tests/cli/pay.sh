#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pay: published payments to the yen, and what a user can get wrong.
. "$(dirname "$0")/lib.sh"

sources='version: 1
study: screening-2025
sources:
  roster: {kind: roster, columns: {kana_name: K, birth_date: B, sex: S}}'

cat >hachioji.yaml <<E
$sources
pfs:
  cap: 9762000
  indicators:
    - {name: screening, floor: 0.09, steps: [[0.15, 1200000], [0.19, 2441000]]}
    - {name: detailed_exam, steps: [[0.79, 0], [0.80, 1480000], [0.82, 2960000], [0.87, 4880000]]}
    - {name: early_cancers, steps: [[1, 2441000]]}
E
cat >values.csv <<'E'
n,indicator,value
,detailed_exam,82.1%
9000,screening,0.268
9000,early_cancers,0
E
cat >want.csv <<'E'
indicator,value,floor,cap,amount
screening,0.268,0.09,0.19,2441000
detailed_exam,0.821,0.79,0.87,2960000
early_cancers,0,1,1,0
total,,,9762000,5401000
E
expect 0 "$TOTSUGO" pay -s hachioji.yaml --values values.csv -o payments.csv
says "5401000"
same payments.csv want.csv
[ "$(stat -c %a payments.csv)" = 600 ] || fail "mode $(stat -c %a payments.csv)"
expect 73 "$TOTSUGO" pay -s hachioji.yaml --values values.csv -o payments.csv
expect 0 "$TOTSUGO" pay -s hachioji.yaml --values values.csv -o payments.csv -f
expect 0 "$TOTSUGO" pay -s hachioji.yaml --values - -o - <values.csv
same out want.csv

# a straight line instead of the table
sed 's/\[0.80, 1480000\], \[0.82, 2960000\], //; s/detailed_exam, steps/detailed_exam, line/' hachioji.yaml >line.yaml
expect 0 "$TOTSUGO" pay -s line.yaml --values values.csv -o -
grep -q '^detailed_exam,0.821,0.79,0.87,1891000$' out || fail "line: $(cat out)"

# boundaries are where they are written
for value in 0.79 79% 0.7900 .79; do
    printf 'indicator,value,n\ndetailed_exam,%s,\n' $value >edge.csv
    expect 0 "$TOTSUGO" pay -s line.yaml --values edge.csv -o -
    says W980 screening
    grep -q '^detailed_exam,0.79,0.79,0.87,0$' out || fail "$value: $(cat out)"
    grep -q '^screening,,0.09,0.19,$' out || fail "no value is no amount"
done

cat >toyota.yaml <<E
$sources
pfs:
  fixed: 1000000
  indicators:
    - {name: new_users, from: participants, unit: 3000}
    - {name: continued, from: participants, active_months: 6, unit: 10000, max: 5000000, min_n: 100, years: [2026]}
E
printf 'indicator,value,n\nnew_users,1200,1200\ncontinued,480,1200\n' >users.csv
expect 0 "$TOTSUGO" pay -s toyota.yaml --values users.csv --year 2026 -o -
cat >want.csv <<'E'
indicator,value,floor,cap,amount
new_users,1200,,,3600000
continued,480,,,4800000
total,,,,9400000
E
same out want.csv
expect 0 "$TOTSUGO" pay -s toyota.yaml --values users.csv --year 2025 -o -
grep -q '^total,,,,4600000$' out || fail "not due in 2025: $(cat out)"

# wrong CODE TEXT : values.csv holds TEXT
wrong() {
    printf 'indicator,value,n\n%s\n' "$2" >bad.csv
    expect 65 "$TOTSUGO" pay -s toyota.yaml --values bad.csv -o x.csv
    says "$1"
    absent x.csv
}
wrong E750 'newusers,1,'
wrong E751 'new_users,1,
new_users,2,'
wrong E752 'new_users,many,'
says bad.csv:2
wrong E752 'new_users,0.1234567891,'
wrong E752 'new_users,1,-4'
wrong E753 'continued,300,'
printf 'indicator,value\nnew_users,1\n' >bad.csv
expect 65 "$TOTSUGO" pay -s toyota.yaml --values bad.csv -o x.csv
says E485
echo "$sources" >none.yaml
expect 78 "$TOTSUGO" pay -s none.yaml --values users.csv -o x.csv
says E153 pfs
expect 66 "$TOTSUGO" pay -s toyota.yaml --values none.csv -o x.csv
expect 64 "$TOTSUGO" pay -s toyota.yaml --values users.csv --year 26 -o x.csv
absent x.csv
finish
