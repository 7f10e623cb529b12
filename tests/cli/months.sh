#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Month by month with a run after each gives the links that a store has which got all months first,
# and what is remembered between the months changes nothing but what is done again.
. "$(dirname "$0")/lib.sh"
"$TOTSUGO" generate city --persons 1500 --users 300 --months 3 --seed 7 2>/dev/null || fail "no city"
study=city/study.yaml
"$TOTSUGO" key new -s $study -o key 2>/dev/null
mkdir all
for raw in city/raw/*.csv; do
    name=$(basename "$raw" .csv)
    source=$(echo "$name" | sed 's/_[0-9]\{4\}-[0-9]\{2\}$//')
    period=
    [ "$source" = "$name" ] || period=${name#"$source"_}
    "$TOTSUGO" pseudonymize -s $study -k key --source "$source" ${period:+--period "$period"} \
        -o "all/$name.csv" "$raw" 2>err || fail "$name: $(cat err)"
done
months=$(ls all | sed -n 's/^roster_\([0-9-]*\)\.csv$/\1/p')
last=$(echo "$months" | tail -1)

# one store month by month, as files come
mkdir one two inbox none
cp $study one/study.yaml
cp $study two/study.yaml
ls all/*.csv | grep -v '_[0-9]\{4\}-[0-9]\{2\}\.csv$' >new
n=0
for month in $months; do
    ls all/*_"$month".csv >>new
    sort new | tee -a order | while read -r f; do cp "$f" "$f.manifest.json" inbox; done
    : >new
    expect 0 "$TOTSUGO" run -s one/study.yaml --inbox inbox --month "$month"
    n=$((n + 1))
done
[ $n -ge 2 ] || fail "$n months"

# another one of the same site key, in the same order but without runs between
cp one/site.key two/
expect 0 "$TOTSUGO" import -s two/study.yaml $(cat order)
expect 0 "$TOTSUGO" run -s two/study.yaml --inbox none --month "$last"
for f in links.csv unlinked.csv review.csv; do
    same one/runs/"$last"/$f two/runs/"$last"/$f
done
[ "$(wc -l <one/runs/"$last"/links.csv)" -gt 200 ] || fail "few links"

# what was done for earlier months left nothing behind: the last month again, from scratch
cp -r one/runs/"$last" first
rm -r one/runs
expect 0 "$TOTSUGO" run -s one/study.yaml --inbox none --month "$last"
for f in links.csv unlinked.csv review.csv; do
    same first/$f one/runs/"$last"/$f
done

# What is remembered from month to month changes no byte: after each change a month of the first
# store, which remembers, is what a store gives that has the same files and never ran.
LC_ALL=C awk 'NR == 1 || NR % 3' city/raw/app_users.csv >users_2024-04.csv
LC_ALL=C awk -F, -v OFS=, 'NR % 10 == 2 { name = $2 } NR % 10 == 4 && NR > 10 { $2 = name } 1' \
    city/raw/app_users.csv >users_2024-05.csv
LC_ALL=C awk -F, -v OFS=, 'NR % 10 == 5 { name = $2 } NR % 10 == 8 { $2 = name } NR == 1 || NR % 7' \
    users_2024-05.csv >users_2024-06.csv
LC_ALL=C awk -F, -v OFS=, 'NR == 1 || NR % 20 == 3 { if (NR > 1) $6 = "2024-05-20"; print }' \
    city/raw/consents.csv >left_2024-05.csv
# residents who came, who left, and who have another name since
LC_ALL=C awk 'NR % 9 != 5' city/raw/roster_2024-04.csv >residents_2024-04.csv
LC_ALL=C awk -F, -v OFS=, 'NR % 30 == 2 { name = $6 } NR % 30 == 4 { $6 = name } NR % 11 != 7' \
    city/raw/roster_2024-04.csv >residents_2024-05.csv
mkdir files
for f in all/*_2024-*.csv all/app_steps.csv all/certification.csv all/consents.csv; do
    case $f in */roster_2024-04.csv) ;; *) cp "$f" "$f.manifest.json" files ;; esac
done
pseudonymize() {
    "$TOTSUGO" pseudonymize -s $study -k key --source "$1" --period "$2" -o "files/$1_$2.csv" \
        "$3" 2>err || fail "$1 $2: $(cat err)"
}
for month in 2024-04 2024-05 2024-06; do
    pseudonymize app_users $month users_$month.csv
done
pseudonymize consents 2024-05 left_2024-05.csv
pseudonymize roster 2024-04 residents_2024-04.csv
pseudonymize roster 2024-05 residents_2024-05.csv

mkdir remembers
cp $study remembers
: >done
# take FILE... : imports into the store that remembers, and notes it
take() {
    expect 0 "$TOTSUGO" import -s remembers/study.yaml "$@"
    echo "import $*" >>done
}
# month MONTH USERS ROWS : both stores do it; how many users and rows were linked anew, as patterns
month() {
    rm -rf forgets
    mkdir forgets
    cp $study remembers/site.key forgets
    while read -r what files; do
        case $what in
        import) "$TOTSUGO" import -s forgets/study.yaml $files ;;
        retract) "$TOTSUGO" import -s forgets/study.yaml --retract --source $files --period "$1" ;;
        purge) "$TOTSUGO" consent purge -s forgets/study.yaml --force -o purged.csv ;;
        esac 2>err || fail "from scratch: $(cat err)"
    done <done
    expect 0 "$TOTSUGO" run -s forgets/study.yaml --inbox none --month "$1"
    sed -n 's/.*linked anew: //p' err >scratch
    grep -qE '^([0-9]+) of \1 users.*, ([0-9]+) of \2 rows' scratch || fail "$1: $(cat scratch)"
    rm -rf remembers/runs/"$1"
    expect 0 "$TOTSUGO" run -s remembers/study.yaml --inbox none --month "$1"
    sed -n 's/.*linked anew: //p' err >anew
    grep -qE "^$2 of [0-9]+ users.*, $3 of [0-9]+ rows" anew || fail "$1: $(cat anew)"
    [ "$(sed 's/[0-9]* of//g' anew)" = "$(sed 's/[0-9]* of//g' scratch)" ] || fail "$1: rows"
    diff -r remembers/runs/"$1" forgets/runs/"$1" >differences || fail "$1: $(cat differences)"
}
some='[1-9][0-9]{0,2}' few='[0-9]{1,3}'
take files/app_steps.csv files/certification.csv files/consents.csv files/*_2024-04.csv
month 2024-04 "$some" '[1-9][0-9]{3}'
take files/*_2024-05.csv
month 2024-05 "$some" "$some"
grep -q ',withdrawn' remembers/runs/2024-05/unlinked.csv || fail "nobody withdrew"
take files/*_2024-06.csv
month 2024-06 "$some" "$some"
[ "$(grep -c . remembers/runs/2024-06/links.csv)" -gt 100 ] || fail "few links"
# again, with everything remembered; and an earlier month after a later one
month 2024-06 0 0
month 2024-05 "$some" 0
month 2024-06 "$some" "$some"
# a roster that is taken back
expect 0 "$TOTSUGO" import -s remembers/study.yaml --retract --source roster --period 2024-06
echo "retract roster" >>done
month 2024-06 0 0
# and comes again: its people are new
take files/roster_2024-06.csv
month 2024-06 0 "$some"
# corrected: other names, and some who are gone; then a month before all others, which comes late
mkdir corrected
LC_ALL=C awk -F, -v OFS=, 'NR % 40 == 2 { name = $6 } NR % 40 == 4 { $6 = name } NR % 13 != 6' \
    city/raw/roster_2024-06.csv >corrected.csv
"$TOTSUGO" pseudonymize -s $study -k key --source roster --period 2024-06 \
    -o corrected/roster_2024-06.csv corrected.csv 2>err || fail "corrected: $(cat err)"
take corrected/roster_2024-06.csv
month 2024-06 "$few" "$some"
LC_ALL=C awk 'NR % 5 != 3' city/raw/roster_2024-04.csv >residents_2024-03.csv
pseudonymize roster 2024-03 residents_2024-03.csv
take files/roster_2024-03.csv
month 2024-06 "$few" "$few"
# under a new site key nothing is remembered
cp remembers/site.key old.key
expect 0 "$TOTSUGO" store rekey -s remembers/study.yaml
cmp -s remembers/site.key old.key && fail "the site key is the old one"
month 2024-06 "$some" '[1-9][0-9]{3}'
grep -qE '^([0-9]+) of \1 users.*, ([0-9]+) of \2 rows' anew || fail "remembered: $(cat anew)"
month 2024-06 0 0
# a purge forgets everything
expect 0 "$TOTSUGO" consent purge -s remembers/study.yaml -o purged.csv
[ "$(grep -c . purged.csv)" -gt 5 ] || fail "nobody was purged"
echo "purge -" >>done
month 2024-06 "$some" '[1-9][0-9]{3}'
grep -qE '^([0-9]+) of \1 users.*, ([0-9]+) of \2 rows' anew || fail "remembered: $(cat anew)"

finish
