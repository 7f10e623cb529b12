#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Consents at the counter: withdraw, look up, purge.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
id() { awk -F, -v line=$(($1 + 1)) '$2 == line { print $1 }' app_users.lookup; }
u1=$(id 1)
token=$(awk -F, -v id="$u1" '$1 == id { print $2 }' inbox/app_users.csv)
state() { "$TOTSUGO" consent status -s study.yaml --at "$2" --user "$1" | awk -F, '$4 == "asked" { print $8 }'; }
[ "$(state "$u1" 2025-06-01)" = in_force ] || fail "u1 has consented"
[ "$(state "$token" 2025-06-01)" = in_force ] || fail "u1 is not found by token"

expect 66 "$TOTSUGO" consent withdraw -s study.yaml --provider walkapp --user 00000000000000000000000000000000 --on 2025-05-01
says E640
expect 64 "$TOTSUGO" consent withdraw -s study.yaml --provider other --user "$u1" --on 2025-05-01
says E641
expect 64 "$TOTSUGO" consent withdraw -s study.yaml --provider walkapp --user u1 --on 2025-05-01
expect 64 "$TOTSUGO" consent withdraw -s study.yaml --provider walkapp --user "$u1" --on 2025-13-01
expect 64 "$TOTSUGO" consent withdraw -s study.yaml --provider walkapp --user "$u1"
expect 0 "$TOTSUGO" consent withdraw -s study.yaml --provider walkapp --user "$token" --on 2025-03-15
[ "$(state "$u1" 2025-03-14)" = in_force ] || fail "the withdrawal counts before its day"
[ "$(state "$u1" 2025-03-15)" = withdrawn ] || fail "the withdrawal does not count"
"$TOTSUGO" consent status -s study.yaml --user "$u1" >history || fail "history"
grep -q '^walkapp,\*,2025-03-15,withdrawn,,counter,,withdrawn,,,,$' history || fail "history lacks the counter"
grep -q '^walkapp,outcome-evaluation,2025-01-20,granted,v1,web,,in_force,consents,2025-03,[0-9a-f]*,[0-9a-f]*$' history ||
    fail "history lacks file and row of the consent"
grep -q '^walkapp,,[0-9-]*,delivered,,,,,evaluator,2025-03,,$' history || fail "history lacks the run"

expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
grep -q "^$u1,withdrawn$" runs/2025-03/unlinked.csv || fail "u1 is not withdrawn"

# u4 withdrew by file, u1 at the counter; one of them was in a run
expect 0 "$TOTSUGO" consent purge -s study.yaml -o purged.csv
says 'purged 2 users and 2 rows'
[ "$(stat -c %a purged.csv)" = 600 ] || fail "others can read the list"
head -1 purged.csv | grep -qx provider,user_row_id,month,recipient,run_at || fail "header of the list"
grep -q "^walkapp,$u1,2025-03,evaluator,2" purged.csv || fail "the list lacks the run of u1"
grep -q "^walkapp,$(id 4),,,$" purged.csv || fail "the list lacks u4"
expect 73 "$TOTSUGO" consent purge -s study.yaml -o purged.csv
expect 0 "$TOTSUGO" verify -s study.yaml
expect 66 "$TOTSUGO" consent withdraw -s study.yaml --provider walkapp --user "$u1" --on 2025-05-01
[ "$(state "$token" 2025-06-01)" = withdrawn ] || fail "purging took the withdrawal with it"
expect 0 "$TOTSUGO" import -s study.yaml inbox/consents.csv
[ "$(state "$token" 2025-06-01)" = withdrawn ] || fail "an old ledger revived the consent"
finish
