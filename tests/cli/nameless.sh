#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every byte of every file that the commands make, and of what they say: no value that identifies a
# person, neither as the file had it nor as the normaliser makes it, and nothing that others can read.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
umask 000
make_city
cat >>study.yaml <<'Y'
cohort: {index: registered, baseline_months: 1, followup_months: 2, age: [40, 110], participants: {provider: walkapp},
         match: {exact: [sex]}}
outcomes: [{name: cost, source: medical}]
disclosure: {population: 50000, recipient: municipality}
Y
mkdir raw made && mv ./*.raw raw/ && mv key raw/
{
    for source in roster app_users consents medical; do
        lookup="--lookup made/$source.lookup"
        [ $source = medical ] && lookup=
        "$TOTSUGO" pseudonymize -s study.yaml -k raw/key --source $source --period 2025-03 --rejects made/$source.rejects \
            $lookup -o inbox/$source.csv raw/$source.raw || fail "pseudonymize $source"
    done
    sed 's/1935-05-03/1935-35-35/; s/S33.4.4/S33/' raw/app_users.raw >raw/wrong.raw
    "$TOTSUGO" pseudonymize -s study.yaml -k raw/key --source app_users --rejects made/wrong.rejects -o made/wrong.csv raw/wrong.raw
    "$TOTSUGO" run -s study.yaml --month 2025-03 || fail run
    "$TOTSUGO" verify -s study.yaml
    user=$(sed -n 's/^\([0-9a-f]*\),2$/\1/p' made/app_users.lookup)
    person=$(sed -n 's/^\([0-9a-f]*\),3$/\1/p' made/roster.lookup)
    "$TOTSUGO" consent status -s study.yaml --user "$user" || fail "consent status"
    "$TOTSUGO" consent list -s study.yaml -o made/consents.csv
    "$TOTSUGO" consent withdraw -s study.yaml --provider walkapp --user "$user" --on 2025-03-01
    "$TOTSUGO" person history -s study.yaml "$person" || fail "person history"
    "$TOTSUGO" person undecided -s study.yaml -o made/undecided.csv
    "$TOTSUGO" review list -s study.yaml -o made/pairs.csv
    "$TOTSUGO" verify-applicants -s study.yaml -o made/answers.csv inbox/app_users.csv
    "$TOTSUGO" link -s study.yaml --left inbox/app_users.csv --right inbox/roster.csv -o made/linked.csv
    "$TOTSUGO" disclosures -s study.yaml -o made/disclosures.csv
    "$TOTSUGO" store dump -s study.yaml -o made/dump
    "$TOTSUGO" store backup -s study.yaml made/backup.db
    "$TOTSUGO" consent purge -s study.yaml -o made/purged.csv || fail "consent purge"
} >said 2>&1

# names as written and in each width, days as written and as numbers, numbers, the app's ids
{
    iconv -f CP932 -t UTF-8 raw/roster.raw | sed 1,2d | cut -d, -f4-6 | tr ',' '\n'
    sed 1d raw/app_users.raw | cut -d, -f2,3 | tr ',' '\n'
    printf '%s\n' ヤマダハナコ ﾔﾏﾀﾞﾊﾅｺ サトウイチロウ スズキシユンコ ナカムラアキラ 19350503 19501201 19570303 ヨソノヒト
} | awk 'length($0) > 7' | sort -u >values
[ "$(wc -l <values)" -gt 30 ] || fail "too few values to look for: $(cat values)"
iconv -f UTF-8 -t CP932 values >values.cp932
rm -f err out hex
find . -type f ! -path './raw/*' ! -name 'values*' >made.list
[ "$(wc -l <made.list)" -gt 30 ] || fail "too few files to look into: $(cat made.list)"
for list in values values.cp932; do
    xargs grep -aoFf $list <made.list >found && fail "values of people in what was made: $(head -5 found)"
done
grep -aqFf values raw/app_users.raw || fail "the search finds nothing"
find . -type f ! -path './raw/*' -perm /077 ! -name said ! -name study.yaml ! -name hex ! -name 'values*' \
    ! -name found ! -name made.list ! -name open >open
[ -s open ] && fail "others can read: $(cat open)"
finish
