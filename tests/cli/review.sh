#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A clerk's work: the list, the pairs side by side, decisions that stay in force.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
# nothing is sure enough to be a link by itself
printf 'linkage: {accept: 0.999999, review: 0.5}\n' >>study.yaml
pseudonymize_all inbox
month=runs/2025-03
id() { awk -F, -v line=$(($1 + 1)) '$2 == line { print $1 }' app_users.lookup; }
roster_id() { awk -F, -v line="$1" '$2 == line { print $1 }' roster.lookup; }

expect 66 "$TOTSUGO" review list -s study.yaml -o -
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
expect 66 "$TOTSUGO" review list -s study.yaml --month 2025-04 -o -
says E683
expect 0 "$TOTSUGO" review list -s study.yaml -o pairs
same pairs $month/review.csv
[ "$(wc -l <pairs)" -eq 5 ] || fail "not four pairs: $(cat pairs)"
expect 73 "$TOTSUGO" review list -s study.yaml -o pairs

# side by side, in the file's order; u2 and line 4 are one pair
expect 0 "$TOTSUGO" review show -s study.yaml --pairs pairs \
    --users app_users --users-lookup app_users.lookup --users-file app_users.raw \
    --roster roster --roster-lookup roster.lookup --roster-file roster.raw
[ "$(grep -c '^[1-4]/4 ' out)" -eq 4 ] || fail "not four pairs are shown"
grep -A9 "user_row_id   $(id 2)  (3)" out >second
grep -qF "roster_row_id $(roster_id 4)  (4)" second || fail "the roster's row is not shown"
grep -qxF '  = kana_name              サトウ イチロウ  | ｻﾄｳ ｲﾁﾛｳ' second || fail "names: $(cat second)"
grep -qxF '  = birth_date             1950/12/01       | S25.12.1' second || fail "dates: $(cat second)"
grep -qxF '    resident_number                         | 000000000002' second || fail "numbers: $(cat second)"
# one side alone
expect 0 "$TOTSUGO" review show -s study.yaml --pairs pairs \
    --roster roster --roster-lookup roster.lookup --roster-file roster.raw
grep -qF '| ｻﾄｳ ｲﾁﾛｳ' out || fail "the roster alone shows nothing"
grep -qF 'サトウ' out && fail "a side that was not given is shown"
expect 64 "$TOTSUGO" review show -s study.yaml --pairs pairs --roster roster
expect 64 "$TOTSUGO" review show -s study.yaml --pairs pairs

# files of another delivery: not other people's values, and no empty rows unsaid
sed '$d' roster.raw >other.raw
expect 65 "$TOTSUGO" review show -s study.yaml --pairs pairs \
    --roster roster --roster-lookup roster.lookup --roster-file other.raw
says E685 "12 / 11"
[ ! -s out ] || fail "rows of another file are shown"
sed "/^$(roster_id 4)/s/^......../00000000/" roster.lookup >other.lookup
expect 0 "$TOTSUGO" review show -s study.yaml --pairs pairs \
    --roster roster --roster-lookup other.lookup --roster-file roster.raw
says W962 ": 1;"

# a slip, another value, and a value that would drive the terminal
sed 's/サトウ イチロウ/サトウ ジロウ/; s/すずき しゅんこ/'"$(printf '\033[2J')"'すずき しゅんこ/; s/コバヤシ・マリ/コハヤシ・マリ/' app_users.raw >slips.raw
expect 0 "$TOTSUGO" review show -s study.yaml --pairs pairs \
    --users app_users --users-lookup app_users.lookup --users-file slips.raw \
    --roster roster --roster-lookup roster.lookup --roster-file roster.raw
grep -qF '  ! kana_name              サトウ ジロウ' out || fail "another name is not marked: $(cat out)"
grep -q '  ~ kana_name .*コハヤシ' out || fail "a slip is not marked: $(cat out)"
[ "$(tr -cd '\033' <out | wc -c)" -eq 0 ] || fail "an escape sequence reaches the terminal"

# decisions
decide() { printf 'decision,user_row_id,note,roster_row_id\n%s,%s,seen,%s\n' "$3" "$(id "$1")" "$(roster_id "$2")"; }
linked_to() { grep -q "^$(id "$1"),$(roster_id "$2"),[0-9a-f]\{32\},review,1.000000$" $month/links.csv || fail "u$1 is not linked to line $2: $(cat $month/links.csv)"; }
{ decide 2 4 same; decide 2 4 different | sed 1d; } >twice
expect 65 "$TOTSUGO" review apply -s study.yaml twice
says E686 "twice:3"
decide 2 4 same >d1
expect 0 "$TOTSUGO" review apply -s study.yaml d1
says 'same 1, different 0, undone 0, unchanged 0'
expect 0 "$TOTSUGO" review apply -s study.yaml d1
says 'same 0, different 0, undone 0, unchanged 1'
expect 0 "$TOTSUGO" review list -s study.yaml -o open
[ "$(wc -l <open)" -eq 4 ] && ! grep -q "$(id 2)" open || fail "a decided pair is still open"
decide 3 5 different >d2
expect 0 "$TOTSUGO" review apply -s study.yaml d2
# of two namesakes no key tells who it is; the clerk does
decide 7 9 same >d3
expect 0 "$TOTSUGO" review apply -s study.yaml - <d3
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03
linked_to 2 4
linked_to 7 9
grep -qx "$(id 3),not_found" $month/unlinked.csv || fail "u3 may not be linked: $(cat $month/unlinked.csv)"
grep -q "$(id 3)" $month/review.csv && fail "a decided pair is listed again"
expect 0 "$TOTSUGO" verify -s study.yaml

# in later months, in which all rows have other ids
for source in roster app_users; do
    "$TOTSUGO" pseudonymize -s study.yaml -k key --source $source --period 2025-04 \
        --lookup $source.lookup --force -o inbox/${source}_04.csv $source.raw 2>err || fail "pseudonymize $source"
done
month=runs/2025-04
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04
linked_to 2 4
linked_to 7 9
grep -qx "$(id 3),not_found" $month/unlinked.csv || fail "u3 is linked a month later"

# taken back
decide 2 4 undo >d4
expect 0 "$TOTSUGO" review apply -s study.yaml d4
says 'undone 1'
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04
grep -q "^$(id 2),$(roster_id 4),person," $month/review.csv || fail "the pair is not open again"

# bad decisions change nothing
decide 7 10 same >bad
expect 65 "$TOTSUGO" review apply -s study.yaml bad
says E682
decide 5 9 same >bad
expect 65 "$TOTSUGO" review apply -s study.yaml bad
says E682
{ decide 1 3 same; decide 2 4 perhaps | tail -1; } >bad
expect 65 "$TOTSUGO" review apply -s study.yaml bad
says E681 'bad:3'
printf 'user_row_id,roster_row_id,decision\n%s,%s,same\n' "$(id 1)" 00000000000000000000000000000000 >bad
expect 65 "$TOTSUGO" review apply -s study.yaml bad
says E680 'roster_row_id'
grep -q 00000000000000 err && fail "a row id is in a message"
printf 'user_row_id,decision\n' >bad
expect 65 "$TOTSUGO" review apply -s study.yaml bad
says E485 roster_row_id
expect 66 "$TOTSUGO" review apply -s study.yaml nowhere
cp -r $month before
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04
diff -r before $month >/dev/null || fail "a refused decision changed the month"

# a list that somebody changed is not believed
printf '%s,%s,person,0.900000\n' "$(id 1)" "$(roster_id 4)" >>$month/review.csv
expect 65 "$TOTSUGO" review list -s study.yaml -o -
says E684
finish
