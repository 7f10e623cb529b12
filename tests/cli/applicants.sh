#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who applicants are, without names: the tiny city's users apply, and one who mistypes the name.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
echo 'u9,すずき しゅんご,1955-07-15,female,2025-01-18' >>app_users.raw
echo 'u10,よそ の もの,1955-07-15,female,2025-01-18' >>app_users.raw
mkdir apply
pseudonymize_all inbox
"$TOTSUGO" pseudonymize -s study.yaml -k key --source app_users --period 2025-04 \
    --lookup apply.lookup -o apply/app_users.csv app_users.raw 2>err || fail "$(cat err)"
expect 66 "$TOTSUGO" verify-applicants -s study.yaml -o answers apply/app_users.csv
expect 0 "$TOTSUGO" import -s study.yaml inbox/app_users.csv
expect 66 "$TOTSUGO" verify-applicants -s study.yaml -o answers apply/app_users.csv
says E796
absent answers
expect 0 "$TOTSUGO" import -s study.yaml inbox/roster.csv
cp totsugo.db before.db
expect 0 "$TOTSUGO" verify-applicants -s study.yaml -o answers apply/app_users.csv
says 'verified 6, partly 1, ambiguous 1, not found 2'
same totsugo.db before.db
[ "$(stat -c %a answers)" = 600 ] || fail "others can read the answers"

id() { awk -F, -v line=$(($1 + 1)) '$2 == line { print $1 }' apply.lookup; }
answer() { grep -qx "$(id "$1"),$2" answers || fail "u$1 is not $2: $(grep "$(id "$1")" answers)"; }
head -1 answers | grep -qx row_id,status,key || fail header
for u in 1 2 3 4 5 6; do answer $u verified,person; done
answer 7 ambiguous,
answer 8 not_found,
answer 9 'partly,near'
answer 10 not_found,
tail -n +2 answers | cut -d, -f1 | sort -c || fail "not in the order of row ids"
expect 73 "$TOTSUGO" verify-applicants -s study.yaml -o answers apply/app_users.csv
expect 0 "$TOTSUGO" verify-applicants -s study.yaml -o - apply/app_users.csv
same out answers

# before the roster's month nobody is known
expect 66 "$TOTSUGO" verify-applicants -s study.yaml --month 2025-02 -o - apply/app_users.csv
expect 64 "$TOTSUGO" verify-applicants -s study.yaml --month 2025-13 -o - apply/app_users.csv

# files that cannot be: events, another key, damaged
expect 65 "$TOTSUGO" verify-applicants -s study.yaml -o x inbox/medical.csv
says E701
"$TOTSUGO" key new -s study.yaml -o other.key 2>/dev/null
"$TOTSUGO" pseudonymize -s study.yaml -k other.key --source app_users -o other.csv app_users.raw 2>/dev/null
expect 77 "$TOTSUGO" verify-applicants -s study.yaml -o x other.csv
says E613
sed -i '2s/^./x/' apply/app_users.csv
expect 65 "$TOTSUGO" verify-applicants -s study.yaml -o x apply/app_users.csv
absent x
finish
