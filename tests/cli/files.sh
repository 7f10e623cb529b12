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
cp study.yaml strict.yaml
echo 'limits: {missing_months: 0}' >>strict.yaml
expect 66 "$TOTSUGO" run -s strict.yaml --month 2025-04 --out strict
says E794
absent strict
expect 0 "$TOTSUGO" run -s strict.yaml --month 2025-03
finish
