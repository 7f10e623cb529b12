#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a new user gets wrong, and what disks and mails do to files. Nothing may be written, no value
# may be shown, the exit code says what kind of thing is wrong.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox

# refused STATUS INPUT : pseudonymize as a roster leaves nothing
refused() {
    expect "$1" "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster -o made.csv "$2"
    absent made.csv made.csv.manifest.json .made.csv.partial
    grep -qE 'ﾔﾏﾀﾞ|ヤマダ|ｻﾄｳ|0000101|昭和10' err && fail "a value was shown: $(cat err)"
}

# raw files
refused 66 none.raw
mkdir folder && refused 66 folder
: >empty.raw && refused 65 empty.raw
head -2 roster.raw >header.raw
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster -o header.csv header.raw
[ "$(wc -l <header.csv)" -eq 1 ] || fail "a header alone gives rows"
head -c 100000 /dev/urandom >binary.raw && refused 65 binary.raw
{ head -3 roster.raw; printf 'a\000b\n'; } >nul.raw && refused 65 nul.raw
says E4 "nul.raw:4"
{ cat roster.raw; printf '138016,x,"1\n'; } >quote.raw && refused 65 quote.raw
says E4 "quote.raw:15"
grep -q '^  token' err && fail "tokens are counted of a file that was not read to its end"
iconv -f CP932 -t UTF-16 roster.raw >utf16.raw && refused 65 utf16.raw
iconv -f CP932 -t UTF-8 roster.raw >utf8.raw
sed 's/    kind: roster/    kind: roster\n    encoding: utf-8/' study.yaml >utf8.yaml
expect 65 "$TOTSUGO" pseudonymize -s utf8.yaml -k key --source roster -o made.csv roster.raw
absent made.csv
sed '2s/番号/別名/' utf8.raw >unknown.raw && refused 65 unknown.raw
sed '2s/圏域/性別/' utf8.raw >twice.raw && refused 65 twice.raw
sed 's/^138016,神,0000103/138016,神,1.23E+11/' utf8.raw >excel.raw && refused 65 excel.raw
says E4 "番号"
awk -F, -v OFS=, 'NR > 2 { $4 = "123456789018" } { print }' utf8.raw >mynumber.raw
refused 65 mynumber.raw
says E4 "宛名番号"
awk -F, -v OFS=, 'NR > 8 && NR < 12 { sub(/\r$/, ",x\r") } { print }' utf8.raw >shifted.raw
refused 65 shifted.raw
says E406 "shifted.raw:9"
expect 65 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --check --rejects checked.csv shifted.raw
printf 'line,column,rule\n9,,ragged\n10,,ragged\n11,,ragged\n' | cmp -s - checked.csv || fail "--check lists no rejects"
{ head -2 utf8.raw; head -c 1073741824 /dev/zero | tr '\0' x; } |
    "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster -o made.csv - >out 2>err
[ $? -eq 65 ] || fail "a line of 1 GB: $(cat err)"
absent made.csv

# keys and study
expect 64 "$TOTSUGO" pseudonymize -s study.yaml -k key -o made.csv roster.raw
expect 78 "$TOTSUGO" pseudonymize -s study.yaml -k key --source rooster -o made.csv roster.raw
says E155
sed 's/^sources:/sorces:/' study.yaml >spelt.yaml
expect 78 "$TOTSUGO" pseudonymize -s spelt.yaml -k key --source roster -o made.csv roster.raw
says E151 "spelt.yaml:3"
sed 's/^study: .*/study: other/' study.yaml >other.yaml
fixed_key other.yaml other.key
expect 77 "$TOTSUGO" pseudonymize -s study.yaml -k other.key --source roster -o made.csv roster.raw
says E302
cp key wide.key && chmod 644 wide.key
expect 77 "$TOTSUGO" pseudonymize -s study.yaml -k wide.key --source roster -o made.csv roster.raw
says E301
expect 66 "$TOTSUGO" pseudonymize -s none.yaml -k key --source roster -o made.csv roster.raw
expect 73 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster -o nowhere/made.csv roster.raw
expect 73 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster -o inbox/roster.csv roster.raw
says E210
absent made.csv

# token files
head -c 700 inbox/roster.csv >cut.csv
cp inbox/roster.csv.manifest.json cut.csv.manifest.json
expect 65 "$TOTSUGO" import -s study.yaml cut.csv
expect 1 "$TOTSUGO" inspect cut.csv
cp inbox/roster.csv bent.csv
sed 's/"rows": *12/"rows": 13/' inbox/roster.csv.manifest.json >bent.csv.manifest.json
expect 65 "$TOTSUGO" import -s study.yaml bent.csv
sed 's/"2025-03"/"2025-04"/' inbox/roster.csv.manifest.json >bent.csv.manifest.json
expect 65 "$TOTSUGO" import -s study.yaml bent.csv
says E548
sed 's/"rejected": 0/"rejected": 1/' inbox/roster.csv.manifest.json >bent.csv.manifest.json
expect 65 "$TOTSUGO" import -s study.yaml bent.csv
cp inbox/roster.csv bare.csv
expect 66 "$TOTSUGO" import -s study.yaml bare.csv
expect 65 "$TOTSUGO" import -s other.yaml inbox/roster.csv
rm -f totsugo.db* site.key
expect 0 "$TOTSUGO" import -s study.yaml inbox/roster.csv
expect 0 "$TOTSUGO" import -s study.yaml inbox/roster.csv
says "was there already"
"$TOTSUGO" key new -s study.yaml -o second.key 2>/dev/null
"$TOTSUGO" pseudonymize -s study.yaml -k second.key --source app_users -o foreign.csv app_users.raw 2>/dev/null
expect 77 "$TOTSUGO" import -s study.yaml foreign.csv

# the store
expect 64 "$TOTSUGO" run -s study.yaml --month 2025-3
expect 66 "$TOTSUGO" run -s study.yaml --month 2025-03 --inbox none
absent runs/2025-03
chmod 644 site.key
expect 77 "$TOTSUGO" import -s study.yaml inbox/roster.csv
chmod 600 site.key
mv site.key away.key
expect 77 "$TOTSUGO" import -s study.yaml inbox/roster.csv
absent site.key
mv away.key site.key
head -c 3000 /dev/urandom >noise.db && cp site.key noise.key
expect 65 "$TOTSUGO" import -s study.yaml --store noise.db inbox/roster.csv
expect 66 "$TOTSUGO" verify -s study.yaml --store none.db
absent none.db
finish
