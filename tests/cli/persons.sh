#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who died is nobody who comes later; what a name leaves undecided is listed, decided by hand, and
# undone.
. "$(dirname "$0")/lib.sh"
cat >study.yaml <<'Y'
version: 1
study: persons-2025
sources:
  roster:
    kind: roster
    columns: {resident_number: 宛名番号, kana_name: カナ氏名, birth_date: 生年月日, sex: 性別,
              enrolled_from: 取得日, enrolled_to: 喪失日, loss_reason: 喪失事由}
    death: ['03']
Y
cat >march.csv <<'C'
宛名番号,カナ氏名,生年月日,性別,取得日,喪失日,喪失事由
1,ﾔﾏﾀﾞ ﾊﾅｺ,昭和10年5月3日,2,昭和60年4月1日,令和7年3月20日,死亡
2,ｻﾄｳ ｲﾁﾛｳ,S25.12.1,1,20100401,令和7年3月20日,転出
3,ｽｽﾞｷ ｼﾕﾝｺ,3300715,女,2010/4/1,令和7年3月20日,０３
C
cat >june.csv <<'C'
宛名番号,カナ氏名,生年月日,性別,取得日,喪失日,喪失事由
11,ﾔﾏﾀﾞ ﾊﾅｺ,昭和10年5月3日,2,令和7年6月1日,,
12,ｻﾄｳ ｲﾁﾛｳ,S25.12.1,1,令和7年6月1日,,
13,ｽｽﾞｷ ｼﾕﾝｺ,3300715,女,令和7年6月1日,,
C
fixed_key study.yaml key
for month in march:2025-03 june:2025-06; do
    name=${month%:*}
    expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period "${month#*:}" \
        --lookup "$name.lookup" -o "$name.tokens.csv" "$name.csv"
done
head -1 march.tokens.csv | grep -q ',enrolled_from,enrolled_to,loss_reason$' || fail "no column"
[ "$(grep -c ',2025-03-20,death$' march.tokens.csv)" -eq 2 ] || fail "two deaths"
[ "$(grep -c ',2025-03-20,$' march.tokens.csv)" -eq 1 ] || fail "who moved has no reason"
grep -q '死亡\|転出' march.tokens.csv && fail "a reason as it stands in the file"

# row FILE NUMBER: the row id of the resident with the number
row() {
    sed -n "s/,$(grep -n "^$2," "$1.csv" | cut -d: -f1)\$//p" "$1.lookup"
}
# number ROW: of the person
number() {
    "$TOTSUGO" person history -s study.yaml "$1" 2>/dev/null | awk -F, '$2 == "token" { print $1; exit }'
}
same_person() {
    [ "$(number "$1")" = "$(number "$2")" ]
}
# undecided LINES: how many the list has below its header
undecided() {
    expect 0 "$TOTSUGO" person undecided -s study.yaml -f -o list.csv
    head -1 list.csv | grep -qx 'name,person,roster_row_id,token,reason' || fail "$(head -1 list.csv)"
    [ "$(wc -l <list.csv)" -eq $((1 + $1)) ] || fail "not $1 lines: $(cat list.csv)"
}

expect 0 "$TOTSUGO" import -s study.yaml march.tokens.csv june.tokens.csv
says '2 names'
same_person "$(row march 2)" "$(row june 12)" || fail "who moved away and came back"
same_person "$(row march 1)" "$(row june 11)" && fail "who died"
same_person "$(row march 3)" "$(row june 13)" && fail "who died, by a code"
undecided 4
grep -q "^[12],$(number "$(row june 11)"),$(row june 11),person,namesakes\$" list.csv || fail "$(cat list.csv)"

# the death was an error: somebody who knows says so, until the file says it too
expect 64 "$TOTSUGO" person join -s study.yaml "$(row march 1)"
expect 65 "$TOTSUGO" person join -s study.yaml "$(row march 1)" "$(row june 12)"
says E647
expect 0 "$TOTSUGO" person join -s study.yaml "$(row march 1)" "$(row june 11)"
same_person "$(row march 1)" "$(row june 11)" || fail "joined by hand"
"$TOTSUGO" person history -s study.yaml "$(row june 11)" 2>/dev/null | grep -q ',person join$' || fail "untold"
undecided 2
expect 0 "$TOTSUGO" import -s study.yaml march.tokens.csv
says '1 conflicts'
sed 's/死亡/転出/' march.csv >corrected.csv
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-03 -f -o march.tokens.csv corrected.csv
expect 0 "$TOTSUGO" import -s study.yaml march.tokens.csv
says '0 conflicts'

# it is undone, and what was undone stays so
expect 65 "$TOTSUGO" person apart -s study.yaml "$(row march 1)" "$(row june 11)"
says E648
expect 0 "$TOTSUGO" person split -s study.yaml "$(row june 11)"
same_person "$(row march 1)" "$(row june 11)" && fail "not undone"
expect 0 "$TOTSUGO" person apart -s study.yaml "$(row march 3)" "$(row june 13)"
undecided 2
expect 0 "$TOTSUGO" verify -s study.yaml
finish
