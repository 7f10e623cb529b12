#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a scheduler holds on to: a dry run, exit codes, the last line, one JSON object per line.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
rm -f err

state() { find . -type f ! -name out ! -name err ! -name 'state.*' -exec stat -c '%n %s %Y %i' {} + -exec cksum {} + | sort; }

# dry STATUS : a dry run ends so and changes nothing
dry() {
    state >state.before
    expect "$1" "$TOTSUGO" run -s study.yaml --month 2025-03 --dry-run
    state >state.after
    cmp -s state.before state.after || fail "a dry run changed: $(diff state.before state.after)"
    [ -s out ] && fail "a dry run writes to standard output"
}

# before there is a store
dry 0
says "totsugo.db: would be made"
says "inbox/roster.csv: would be imported (roster 2025-03, 12 rows)"
says "runs/2025-03: would be made"
absent totsugo.db totsugo.db.lock site.key runs

# a month that was done
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
tail -1 err | grep -q '^totsugo: runs/2025-03: 4 files imported' || fail "last line: $(tail -1 err)"
dry 0
[ "$(grep -c 'is there already' err)" -eq 4 ] || fail "not all files are there: $(cat err)"
says "runs/2025-03: would be replaced"
tail -1 err | grep -q '^totsugo: dry run' || fail "last line: $(tail -1 err)"
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04 --dry-run
says "roster: nothing for this month; the newest is of 2025-03"
absent runs/2025-04

# a corrected file, one without its manifest, one that is damaged
cp roster.raw more.raw
echo '138016,x,0000113,000000000013,a,S36.7.7,2,x,H22.4.1,' >>more.raw
rm -f inbox/roster.csv*
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-03 -o inbox/roster.csv more.raw
cp inbox/medical.csv inbox/other.csv
dry 0
says "inbox/roster.csv: would replace what is there (roster 2025-03, 13 rows)"
says "inbox/other.csv: has no manifest and would be left alone"
sed '$d' inbox/roster.csv >short && cat short >inbox/roster.csv && rm short
dry 65
says "inbox/roster.csv: would be refused"
tail -1 err | grep -q '^totsugo: run 2025-03: failed with exit code 65 (E50[67])$' || fail "last line: $(tail -1 err)"
cp -r runs runs.before
expect 65 "$TOTSUGO" run -s study.yaml --month 2025-03
tail -1 err | grep -q '^totsugo: run 2025-03: failed with exit code 65 (E50[67])$' || fail "last line: $(tail -1 err)"
diff -r runs runs.before >/dev/null || fail "a run that failed changed the month"
expect 0 "$TOTSUGO" verify -s study.yaml

# nobody to link: what the run would say is said before
rm -f inbox/roster.csv* inbox/other.csv
mv totsugo.db* site.key "$(mktemp -d -p .)"
dry 66
says "roster: nothing at all"
says E796
expect 66 "$TOTSUGO" run -s study.yaml --month 2025-03
says E796

# one JSON object per line, whatever becomes of it
json_only() {
    grep -qv '^{"level":"[a-z]*".*}$' err && fail "not JSON, $1: $(grep -v '^{"level"' err | head -1)"
}
expect 66 "$TOTSUGO" run -s study.yaml --month 2025-03 --log-format json
json_only run
tail -1 err | grep -q '^{"level":"summary","job":"run 2025-03","exit":66,"text":".*"}$' || fail "last line: $(tail -1 err)"
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-03 -o inbox/roster.csv roster.raw --log-format json
json_only pseudonymize
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --dry-run --log-format json
json_only "run --dry-run"
tail -1 err | grep -q '"exit":0' || fail "last line: $(tail -1 err)"
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 --log-format=json
json_only "run done"
expect 0 "$TOTSUGO" verify -s study.yaml --log-format json
json_only verify
expect 64 "$TOTSUGO" run --unheard --log-format json
json_only "wrong option"
"$TOTSUGO" -h | sed -n 's/^  \([a-z-]* \{0,1\}[a-z]*\)  .*/\1/p' | sed 's/ *$//' >verbs
while read -r verb; do
    # shellcheck disable=SC2086
    "$TOTSUGO" $verb --unheard --log-format json >out 2>err </dev/null && fail "$verb takes any option"
    json_only "$verb"
    [ -s err ] || fail "$verb says nothing"
done <verbs

finish
