#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city

hexkey=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

# derive INFO : HKDF-SHA256 by openssl, as hex
derive() {
    openssl kdf -keylen 32 -binary -kdfopt digest:SHA256 -kdfopt hexkey:$hexkey \
        -kdfopt salt:tiny-2025 -kdfopt "info:$1" HKDF | od -An -v -tx1 | tr -d ' \n'
}

# mac INFO FIELD... : 16 bytes of HMAC over length-prefixed fields, as hex
mac() {
    key=$(derive "$1")
    shift
    for field; do
        n=$(printf %s "$field" | wc -c)
        # shellcheck disable=SC2059
        printf "\\000\\000\\$(printf %03o $((n / 256)))\\$(printf %03o $((n % 256)))"
        printf %s "$field"
    done | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -r | cut -c1-32
}

pseudonymize_all inbox

# 1. tokens, row ids and lookup of one person on both sides, as openssl computes them
person=$(mac totsugo/n1/token/person ヤマダハナコ 19350503 2)
grep -q ",$person," inbox/roster.csv || fail "the roster lacks the person token"
grep -q ",$person," inbox/app_users.csv || fail "the app's file lacks the person token"
insured=$(mac totsugo/n1/token/insured 00138016 神 101 19350503 2)
grep -q ",$insured," inbox/roster.csv || fail "the roster lacks the insured token"
[ "$(grep -c "$insured" inbox/medical.csv)" -eq 3 ] || fail "the claims lack the insured token"
grep -q "$(mac totsugo/n1/token/app walkapp u1)" inbox/consents.csv || fail "no app token"
folded=$(mac totsugo/n1/token/person スズキシユンコ 19550715 2)
grep -q ",$folded," inbox/roster.csv && grep -q ",$folded," inbox/app_users.csv ||
    fail "large and small kana do not meet"
near=$(mac totsugo/n1/token/near マダハナコ 19350503 2)
grep -q "$near" inbox/roster.csv || fail "no near token with one character left out"
row=$(mac totsugo/n1/row roster 2025-03 3)
grep -q "^$row," inbox/roster.csv || fail "another row id for line 3"

# 2. header, order, digest, counts
head -1 inbox/roster.csv | grep -q '^row_id,token_insured,token_resident,token_person,token_near,token_kana_birth,token_kana_first_birth,token_kana_last_birth,token_kana_last2_birth,token_birth_ym_kana,token_birth_md_kana,token_birth_yd_kana,token_birth_dm_kana,token_kana_turned_birth,token_insured_kana,birth_month,sex,district,enrolled_from,enrolled_to$' ||
    fail "header: $(head -1 inbox/roster.csv)"
tail -n +2 inbox/roster.csv | sort -c || fail "rows are not sorted by row id"
tail -n +2 inbox/medical.csv | sort -c || fail "events are not sorted"
grep -q "\"sha256\": *\"$(sha256sum <inbox/roster.csv | cut -c1-64)\"" inbox/roster.csv.manifest.json ||
    fail "the manifest has another digest"
grep -q '"rows": *12' inbox/roster.csv.manifest.json || fail "another number of rows"
grep -q ',2025-01,I10,12340$' inbox/medical.csv || fail "points are not yen"
grep -q ',2025-01,E11,20000$' inbox/medical.csv || fail "a thousands separator is not read"
[ "$(stat -c %a inbox/roster.csv)" = 600 ] || fail "a token file others can read"
for f in inbox/*; do
    grep -qE 'ﾔﾏﾀﾞ|ヤマダ|やまだ|0000101|19350503' "$f" && fail "$f holds a value in the open"
done

# 3. same bytes whatever threads, memory and locale; --check writes nothing
for o in "--threads 1 --memory 16M" "--threads 8 --memory 4G"; do
    # shellcheck disable=SC2086
    expect 0 env LC_ALL=ja_JP.UTF-8 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster \
        --period 2025-03 $o -o again.csv --force roster.raw
    same again.csv inbox/roster.csv
    same again.csv.manifest.json inbox/roster.csv.manifest.json
done
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --check roster.raw
absent roster.csv

# 4. lookup and rejects
printf '138016,神,5\n' | iconv -f UTF-8 -t CP932 >>roster.raw
sed -i 's/^limits.*//' study.yaml && echo 'limits: {rejects: 0.5}' >>study.yaml
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-03 \
    --lookup lookup --rejects rejects -o with.csv roster.raw
grep -q "^$row,3$" lookup || fail "the lookup does not lead back to line 3"
[ "$(stat -c %a lookup)" = 600 ] || fail "a lookup others can read"
grep -q '^15,.*ragged' rejects || fail "rejects: $(cat rejects)"
sed -i '$d' study.yaml
expect 65 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster -o none.csv roster.raw
absent none.csv none.csv.manifest.json

# 5. forms that forgive an error: the bytes that totsugo-study(5) says
cat >forms.yaml <<'EOF'
version: 1
study: tiny-2025
sources:
  people: {kind: roster, columns: {surname: s, given_name: g, birth_date: b}}
tokens:
  ym: [birth_date/ym, surname]
  md: [birth_date/md, surname]
  yd: [birth_date/yd, surname]
  dm: [birth_date/dm, surname]
  first: [surname/3, birth_date]
  last: [surname/-3, birth_date]
  long: [surname/99, birth_date]
  either: [surname<>given_name, birth_date]
  turned: [surname/turned, birth_date, given_name/turned]
EOF
printf 's,g,b\nMüller,Anna,1960-12-03\nAnna,Müller,1960-03-12\nAnn,,1960-03-12\n山田アキラ,エリエ,1960-03-12\n' >people.raw
printf 'アキラ山田,リエエ,1960-03-12\n' >>people.raw
expect 0 "$TOTSUGO" pseudonymize -s forms.yaml -k key --source people -o people.csv people.raw
for want in "ym 196012 MÜLLER" "md 1203 MÜLLER" "yd 196003 MÜLLER" "dm 19600312 MÜLLER" \
    "first MÜL 19601203" "last LER 19601203" "long MÜLLER 19601203" "either ANNA MÜLLER 19601203" \
    "either ANNA MÜLLER 19600312" "long ANN 19600312" "dm 19600312 ANNA" \
    "turned ERMÜLL 19601203 AANN" "turned AANN 19600312 ERMÜLL" \
    "turned アキラ山田 19600312 エエリ"; do
    # shellcheck disable=SC2086
    grep -q "$(mac totsugo/n1/token/$want)" people.csv || fail "no token of $want"
done
[ "$(cut -d, -f10 people.csv | sort | uniq -d)" = "$(mac totsugo/n1/token/turned アキラ山田 19600312 エエリ)" ] ||
    fail "a name that begins with its other part is another name"
# every way to turn some words, one with letters of one, two and three bytes: one token a word
awk 'BEGIN {
    n = split("A B AB BA A,A A,B,A A,B,A,B A,A,B,A,B B,A,B,B,A,B,A C,B,A,C,B,A,C A,B,C,D ア,É,A,ア,É", words, " ")
    print "s,g,b"
    for (w = 1; w <= n; w++) {
        len = split(words[w], letters, ",")
        for (from = 0; from < len; from++) {
            text = ""
            for (i = 0; i < len; i++)
                text = text letters[(from + i) % len + 1]
            print text "," w ",1960-03-12"
        }
    }
}' >turned.raw
expect 0 "$TOTSUGO" pseudonymize -s forms.yaml -k key --source people -o turned.csv turned.raw
[ "$(cut -d, -f10 turned.csv | sort | uniq | wc -l)" -eq 13 ] ||
    fail "a turn gives another token"
for wrong in birth_date/3 birth_date/turned surname/turn surname/ym surname/0 surname/100 surname/ 'surname<>surname' 'surname<>x'; do
    sed "s|\[surname/3, birth_date\]|[$wrong]|" forms.yaml >wrong.yaml
    expect 78 "$TOTSUGO" pseudonymize -s wrong.yaml -k key --source people -o wrong.csv people.raw
done

# 6. a pipe, gzip and several inputs are the same rows; a workbook is sent back
pseudonymize() {
    "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --period 2025-03 --force "$@"
}
city_roster | iconv -f UTF-8 -t CP932 >plain.raw
gzip -c plain.raw >plain.gz
pseudonymize -o again.csv - <plain.raw >out 2>err || fail "standard input: $(cat err)"
same again.csv inbox/roster.csv
expect 0 pseudonymize -o again.csv plain.gz
same again.csv inbox/roster.csv
same again.csv.manifest.json inbox/roster.csv.manifest.json
pseudonymize -o - - <plain.gz >again.csv 2>err || fail "gzip by pipe, rows by pipe: $(cat err)"
same again.csv inbox/roster.csv
{ head -2 plain.raw; tail -5 plain.raw; } >second.raw
head -9 plain.raw | gzip >first.gz
expect 0 pseudonymize --lookup again.lookup -o again.csv first.gz second.raw
[ "$(cut -d, -f2- again.csv | sort | sha256sum)" = "$(cut -d, -f2- inbox/roster.csv | sort | sha256sum)" ] ||
    fail "two inputs give other tokens than one"
grep -q ',12$' again.lookup || fail "lines are not counted on through inputs"
printf 'PK\003\004rest of a workbook' >ledger.xlsx
expect 65 pseudonymize -o none.csv ledger.xlsx
says E408 "CSV UTF-8"
absent none.csv

# 7. what the file is like: the table, the manifest and --check agree
sed 's/,0000104,/,0000103,/; s/,ﾀｶﾊｼ ｹﾞﾝ,1950-02-28,男,/,ｽｽﾞｷ ｼﾕﾝｺ,3300715,女,/; s/^138016,神,0000112/138011,神,0000112/' \
    >odd.raw <<C
$(city_roster)
C
expect 0 pseudonymize --check odd.raw
cp err checked
expect 0 pseudonymize -o odd.csv odd.raw
grep -vE 'pseudonymized' err >written && grep -vE 'pseudonymized' checked | cmp -s - written ||
    fail "--check says something else"
says "rows 12, rejected 0, without any token 0"
says "check_digit  *1$"
says "token insured  *empty  *0.00 %  different  *10  largest groups: 2 2 1 1 1"
grep -q '"check_digit": 1' odd.csv.manifest.json || fail "no warning in the manifest"
tr -d ' \n' <odd.csv.manifest.json | grep -q '"insured":{"empty":0,"distinct":10,"largest":\[2,2,1,1,1\]}' ||
    fail "the manifest lacks the profile: $(cat odd.csv.manifest.json)"
expect 0 env LC_ALL=ja_JP.UTF-8 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --check \
    --log-format json odd.raw
grep -c '^{.*}$' err | grep -qx "$(wc -l <err)" || fail "not one JSON object a line"

# 8. inspect
expect 0 "$TOTSUGO" inspect inbox/roster.csv
grep -q '^sha256_holds: yes$' out || fail "inspect: $(cat out)"
finish
