#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What can be proved afterwards: what was delivered to whom, that nobody changed it, that no token
# is stored as it arrived.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox

expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
expect 0 "$TOTSUGO" verify -s study.yaml
grep -q 'none of [1-9][0-9]* tokens stands there as it arrived' err || fail "no token was sought: $(cat err)"
seal=$(sed -n 's/.* seal are \([0-9]*:[0-9a-f]*\);.*/\1/p' err)
[ -n "$seal" ] || fail "no seal: $(cat err)"
mkdir old && cp totsugo.db old

# the list of what was delivered
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --recipient auditor
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --recipient auditor --out elsewhere
expect 0 "$TOTSUGO" disclosures -s study.yaml -o -
head -1 out | grep -qx 'entry,at,user,month,recipient,folder,file,sha256,rows,state' || fail "header: $(head -1 out)"
[ "$(grep -c ',2025-03,municipality,runs/2025-03,links.csv,[0-9a-f]\{64\},4,replaced$' out)" -eq 1 ] || fail "first links: $(cat out)"
[ "$(grep -c ',2025-03,evaluator,runs/2025-03,report.html,[0-9a-f]\{64\},,replaced$' out)" -eq 1 ] || fail "first report: $(cat out)"
[ "$(grep -c ',2025-03,auditor,runs/2025-03,report.html,[0-9a-f]\{64\},,current$' out)" -eq 1 ] || fail "second report: $(cat out)"
[ "$(grep -c ',2025-03,auditor,elsewhere/2025-03,report.html,[0-9a-f]\{64\},,current$' out)" -eq 1 ] || fail "third report: $(cat out)"
sum=$(sha256sum elsewhere/2025-03/unlinked.csv | cut -d' ' -f1)
grep -q ",elsewhere/2025-03,unlinked.csv,$sum,4,current$" out || fail "unlinked.csv has another digest: $(cat out)"
expect 0 "$TOTSUGO" disclosures -s study.yaml --month 2025-02 -o none.csv
[ "$(wc -l <none.csv)" -eq 1 ] || fail "another month: $(cat none.csv)"
expect 73 "$TOTSUGO" disclosures -s study.yaml -o none.csv
expect 0 "$TOTSUGO" verify -s study.yaml --noted "$seal"
expect 64 "$TOTSUGO" verify -s study.yaml --noted nothing
seal=$(sed -n 's/.* seal are \([0-9]*:[0-9a-f]*\);.*/\1/p' err)

# a whole older store in the place of the newer one: only the note outside tells
expect 0 "$TOTSUGO" verify -s study.yaml --noted "$seal"
rm -r elsewhere
cp old/totsugo.db totsugo.db
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
expect 0 "$TOTSUGO" verify -s study.yaml
expect 1 "$TOTSUGO" verify -s study.yaml --noted "$seal"
says W958 "$seal"

# tokens that are named are sought in all their rows, also in what no table refers to
expect 0 "$TOTSUGO" verify -s study.yaml inbox/roster.csv inbox/app_users.csv
token=$(sed -n 2p inbox/roster.csv | cut -d, -f2)
cp totsugo.db sound.db
printf %s "$token" >>totsugo.db
"$TOTSUGO" verify -s study.yaml inbox/roster.csv 2>err && fail "a token at the end is not seen"
says W957
cp sound.db totsugo.db
expect 0 "$TOTSUGO" verify -s study.yaml inbox/roster.csv
finish
