#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys whose tokens give values away by how often they come are said, at the desk and at import.
. "$(dirname "$0")/lib.sh"
cat >study.yaml <<'Y'
version: 1
study: leak
sources:
  roster:
    kind: roster
    columns: {resident_number: no, kana_name: kana, birth_date: born, sex: sex, postal_code: zip}
tokens:
  resident: [resident_number]
  person: [kana_name_folded, birth_date, sex]
  month: [birth_date/ym, sex]
  place: [postal_code, sex]
Y
fixed_key study.yaml key
# people N : all different, 240 months of birth, one in 40 with the same filler for a postal code
people() {
    awk -v n="$1" 'BEGIN { print "no,kana,born,sex,zip"
        for (i = 1; i <= n; i++)
            printf "%d,ｱｲｳ%d,%04d-%02d-%02d,%d,%s\n", i, i, 1930 + i % 20, 1 + int(i / 20) % 12, 1 + i % 28,
                1 + i % 2, i % 40 == 7 ? "1000001" : sprintf("%07d", 2000000 + i) }'
}
people 20000 >raw.csv
for threads in 1 2 7; do
    expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --check --threads $threads raw.csv
    grep W905 err | sort >said.$threads
    same said.1 said.$threads
done
[ "$(wc -l <said.1)" -eq 2 ] || fail "not two keys are said: $(cat said.1)"
grep -q 'token_month.* bits' said.1 || fail "months of birth are not said: $(cat said.1)"
grep -q 'token_place.* bits' said.1 || fail "a filler is not said: $(cat said.1)"
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-03 -o roster.csv raw.csv
grep W905 err | sort | sed 's/.*: //' >desk
expect 0 "$TOTSUGO" import -s study.yaml roster.csv
grep W905 err | sort | sed 's/.*: //' >joining
same desk joining
grep -qE 'bits' joining || fail "import says no numbers: $(cat err)"

# keys that are not counted row by row are looked at in the same rows, and the manifest tells
cat >>study.yaml <<'Y'
  near: [kana_name_folded~1, birth_date]
  month_near: [birth_date/ym, sex]
Y
sed -i '/^  month:/d' study.yaml
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-03 -f -o roster.csv raw.csv
grep -qE 'token near +empty +0.00 %  of 2048 rows at random 2 at most share one' err || fail "near is not looked at: $(cat err)"
n=$(tr -d ' \n' <roster.csv.manifest.json | grep -o '"looked_largest":[0-9]*' | sort -t: -k2n | tail -1 | cut -d: -f2)
[ "$n" -ge 5 ] || fail "240 months of birth among 2048 rows: $n at most share one"

# the order of rows changes nothing but who is looked at; few people say nothing
people 900 >few.csv
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --check few.csv
grep -q W905 err && fail "900 people are too few to judge by"

# the sets that come with the program give nothing away in a city
expect 0 "$TOTSUGO" generate city --persons 20000 --users 1000 --months 2 --seed 5
"$TOTSUGO" key new -s city/study.yaml -o city.key 2>/dev/null
for source in roster late_elderly app_users; do
    file=city/raw/${source}_2024-04.csv
    [ -f "$file" ] || file=city/raw/$source.csv
    expect 0 "$TOTSUGO" pseudonymize -s city/study.yaml -k city.key --source $source --check "$file"
    grep W905 err >&2 && fail "$source gives values away"
done
finish
