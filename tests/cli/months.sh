#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Month by month with a run after each gives the links that a store has which got all months first.
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

finish
