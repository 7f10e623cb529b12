#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files as they come: taken back, missing, in another order.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
expect 0 "$TOTSUGO" import -s study.yaml inbox/*.csv
expect 0 "$TOTSUGO" store dump -s study.yaml -o first.dump
[ "$(stat -c %a first.dump)" = 600 ] || fail "others can read the dump"

# the same in another order, one file taken back and brought again
mkdir again
cp site.key again/
expect 0 "$TOTSUGO" import -s study.yaml --store again/totsugo.db inbox/roster.csv inbox/medical.csv inbox/consents.csv inbox/app_users.csv
expect 0 "$TOTSUGO" import -s study.yaml --store again/totsugo.db --retract --source roster --period 2025-03
says 'taken back: 12 rows'
expect 66 "$TOTSUGO" import -s study.yaml --store again/totsugo.db --retract --source roster --period 2025-03
says E642
expect 64 "$TOTSUGO" import -s study.yaml --retract
expect 64 "$TOTSUGO" import -s study.yaml
expect 64 "$TOTSUGO" import -s study.yaml --source roster inbox/roster.csv
"$TOTSUGO" store status -s study.yaml --store again/totsugo.db | grep -q '^roster,roster,,,none,' || fail "status says not that the roster is gone"
expect 0 "$TOTSUGO" import -s study.yaml --store again/totsugo.db inbox/roster.csv
expect 0 "$TOTSUGO" store dump -s study.yaml --store again/totsugo.db -o second.dump
same first.dump second.dump
expect 0 "$TOTSUGO" verify -s study.yaml --store again/totsugo.db

# a month later nothing has come: said, recorded, and refused when the study does not allow it
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04
says W979 'roster 2025-04'
tr -d ' \n' <runs/2025-04/run.json | grep -q '"missing":\[{"source":"roster","from":"2025-04","to":"2025-04"}' ||
    fail "run.json does not say what was missing"
grep -qE 'W97[678]' err && fail "told of what is as it should be: $(cat err)"

# what came is odd: the same file under two periods, a file cut to a third, results on nothing
mkdir odd && cp -r inbox ./*.raw study.yaml key site.key totsugo.db odd/ && cd odd || exit 1
"$TOTSUGO" pseudonymize -s study.yaml -k key --source medical --period 2025-04 -o inbox/medical4.csv medical.raw 2>err
{ head -2 roster.raw; awk 'BEGIN { for (i = 100; i < 400; i++)
    printf "138016,x,%d,%d,,S30.1.%d,1,,20100401,\r\n", i, i, i % 28 + 1 }'; } >many.raw
head -102 many.raw >third.raw
"$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-02 -o inbox/many.csv many.raw 2>err
"$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-04 -o inbox/third.csv third.raw 2>err
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
says W977 'roster 2025-02: 300, 2025-03: 12'
grep -q W976 err && fail "told of a month that is yet to come"
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04
says W976 'medical 2025-03, 2025-04'
grep -q W977 err && grep W977 err | grep -q '2025-03: 12, 2025-04: 100' || fail "not held against the file before: $(cat err)"
cat >>study.yaml <<'Y'
  dental: {kind: events, columns: {insured_number: n, month: m, amount: a}}
cohort: {index: registered, age: [40, 110], participants: {provider: walkapp}, match: {exact: [sex]}}
outcomes: [{name: teeth, source: dental}]
Y
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04
says W978 dental
cd "$work" || exit 1

cp study.yaml strict.yaml
echo 'limits: {missing_months: 0}' >>strict.yaml
expect 66 "$TOTSUGO" run -s strict.yaml --month 2025-04 --out strict
says E794
absent strict
expect 0 "$TOTSUGO" run -s strict.yaml --month 2025-03
finish
