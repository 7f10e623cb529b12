#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# match: R's pairs, weights and balance on lalonde, and what a user can get wrong.
. "$(dirname "$0")/lib.sh"
reference=$here/../../testdata/reference/lalonde
data=$reference/lalonde.csv
covariates=age,educ,race,married,nodegree,re74,re75

# agree CASE ROWS OPTIONS... : our sets, weights and balance are R's
agree() {
    name=$1 numbers=$2
    shift 2
    expect 0 "$TOTSUGO" match --in "$data" --treatment treat --covariates $covariates "$@" \
        -o "$name.csv" --balance "$name.balance"
    [ "$got" -eq 0 ] || return
    have=$(awk -F, 'NR > 1 && !seen[$1]++ { n[$2]++ } END { print n["participant"] "/" n["control"] }' "$name.csv")
    [ "$have" = "$numbers" ] || fail "$name: $have, not $numbers"

    # pairs: sets without their numbers
    awk -F, 'NR > 1 && $2 == "participant" { who[$3] = $1 } NR > 1 && $2 == "control" { print who[$3] "," $1 }' \
        "$name.csv" | sort >ours
    awk -F, -v name="$name" '$1 == name { print $2 "," $3 }' "$reference/pairs.csv" | sort >theirs
    [ ! -s theirs ] || diff theirs ours >difference || {
        fail "$name: other pairs"
        head -10 difference >&2
    }

    # weights by person, summed over sets
    awk -F, -v name="$name" '
        NR == FNR { if ($1 == name) want[$2] = $4; next }
        FNR > 1 && $2 == "participant" { have[$1] = $4; next }
        FNR > 1 { have[$1] += $4 }
        END {
            for (id in have)
                if (!(id in want) || (have[id] - want[id]) ^ 2 > 1e-18) bad++
            for (id in want)
                if (!(id in have)) bad++
            if (bad) print bad " weights differ"
        }' "$reference/weights.csv" "$name.csv" >difference
    [ -s difference ] && fail "$name: $(cat difference)"
    agree_balance "$name"
}

# columns of R: case,covariate,participants,controls_before,participants_after,controls_after,
# smd_before,smd_after,variance_ratio_before,variance_ratio_after,ecdf_max_before,ecdf_max_after
agree_balance() {
    awk -F, -v name="$1" '
        function off(x, y) {
            if ((x == "") != (y == "")) return 1
            d = x - y; if (d < 0) d = -d
            s = y < 0 ? -y : y; if (s < 1) s = 1
            return d > 1e-6 * s
        }
        NR == FNR {
            if (FNR > 1) row[$1] = $0
            next
        }
        $1 == name {
            n++
            ours = $2
            sub(/race/, "race=", ours)
            if (!(ours in row)) {
                if (name != "exact" && !(name ~ /^cem/ && ours == "distance")) print ours " is missing"
                next
            }
            split(row[ours], o, ",")
            split("2 3 8 4 5 6 9 7 10 11", at, " ")
            for (i = 1; i <= 10; i++)
                if (off(o[at[i]], $(i + 2))) print ours " column " at[i] ": " o[at[i]] " not " $(i + 2)
        }
        END { if (!n) print "no reference" }' "$1.balance" "$reference/balance.csv" >difference
    [ -s difference ] && {
        fail "$1: balance"
        head -5 difference >&2
    }
}

agree largest 185/185 --interactions
agree smallest 185/185 --order smallest
agree data 185/185 --order data
agree caliper 117/117 --caliper 0.2
says 0.3609
agree caliper_exact 111/111 --caliper 0.2 --exact race,married
agree ratio 185/370 --ratio 2
agree replacement 185/80 --replacement
agree caliper_ratio_replacement 184/126 --caliper 0.2 --ratio 2 --replacement --interactions
agree mahalanobis 185/185 --distance mahalanobis --order data
agree mahalanobis_exact 116/116 --distance mahalanobis --order data --exact race,married
agree mahalanobis_caliper 117/117 --distance mahalanobis --caliper 0.2
agree cem 65/58 --method cem --cutpoints age:20:25:30:35:40,educ:6.5:9.5:12.5,re74:.5:5000:10000:20000,re75:0.5:2500:5000:1e4,married:0.5,nodegree:0.5
agree cem_auto 65/75 --method cem
covariates=race,married,nodegree
agree exact 185/429 --method exact

# what stays the same when rows change places: everything but ties
{ head -1 "$data" && tail -n +2 "$data" | sort -r; } >turned.csv
covariates=age,educ,race,married,nodegree,re74,re75
expect 0 "$TOTSUGO" match --in turned.csv --treatment treat --covariates $covariates --caliper 0.2 -o -
[ "$(grep -c participant out)" -eq 117 ] || fail "other rows first: $(grep -c participant out)"

# CP932 and UTF-8 give the same
cat >utf8.csv <<'E'
氏名番号,参加,年齢,圏域
髙1,1,70,北
あ2,0,71,北
う3,0,30,南
か4,1,31,南
さ5,0,50,北
E
iconv -f UTF-8 -t CP932 utf8.csv >cp932.csv
for file in cp932 utf8; do
    expect 0 "$TOTSUGO" match --in $file.csv --treatment 参加 --covariates 年齢,圏域 --exact 圏域 \
        --distance mahalanobis -o $file.out --balance $file.balance
done
same cp932.out utf8.out
same cp932.balance utf8.balance
grep -q '^髙1,participant,2,1' utf8.out && grep -q '^あ2,control,2,1' utf8.out || fail "no pair of the north"
grep -q '^圏域=北,' utf8.balance || fail "no row for a level"

# wrong STATUS CODE OPTIONS... : exit code and message; nothing is left
wrong() {
    status=$1 code=$2
    shift 2
    expect "$status" "$TOTSUGO" match -o x.out "$@"
    says "$code"
    absent x.out
}
wrong 64 E103 --in "$data" --covariates age
wrong 64 E103 --in "$data" --treatment treat
wrong 66 E200 --in none.csv --treatment treat --covariates age
wrong 65 E720 --in "$data" --treatment treat --covariates age,shoe_size
says shoe_size
wrong 65 E722 --in "$data" --treatment educ --covariates age
wrong 64 E104 --in "$data" --treatment treat --covariates age --ratio 0
wrong 64 E104 --in "$data" --treatment treat --covariates age --caliper -1
wrong 64 E104 --in "$data" --treatment treat --covariates age --method guess
wrong 64 E104 --in "$data" --treatment treat --covariates age, --method exact
wrong 64 E732 --in "$data" --treatment treat --covariates age --method cem --ratio 2
wrong 64 E732 --in "$data" --treatment treat --covariates age --cutpoints age:30
wrong 64 E732 --in "$data" --treatment treat --covariates age --weights ipw --method cem
wrong 65 E731 --in "$data" --treatment treat --covariates age,race --method cem --cutpoints race:1
wrong 65 E731 --in "$data" --treatment treat --covariates age --method cem --cutpoints educ:1
wrong 65 E725 --in "$data" --treatment treat --covariates age --exact id
wrong 65 E729 --in "$data" --treatment treat --covariates id

wrong 64 E410 --in "$data" --treatment treat --covariates age --balance x.out

# missing values: how many, or flagged
awk -F, -v OFS=, 'NR > 1 && NR % 50 == 0 { $3 = "" } NR > 1 && NR % 60 == 0 { $5 = "NA" } { print }' "$data" >gaps.csv
wrong 65 E723 --in gaps.csv --treatment treat --covariates age,race
says 12 age
expect 0 "$TOTSUGO" match --in gaps.csv --treatment treat --covariates age,race --missing flag -o gaps.out --balance gaps.balance
says W993 12
grep -q '^age missing,' gaps.balance || fail "no flag for age"
grep -q '^race=,' gaps.balance || fail "no level for a missing race"

# ids: none empty, none twice; rows: none ragged
{ cat "$data" && echo 'NSW1,0,1,1,black,1,1,0,0,0'; } >twice.csv
wrong 65 E728 --in twice.csv --treatment treat --covariates age
{ cat "$data" && echo ',0,1,1,black,1,1,0,0,0'; } >empty.csv
wrong 65 E728 --in empty.csv --treatment treat --covariates age
{ cat "$data" && echo 'X,0,1'; } >ragged.csv
wrong 65 E727 --in ragged.csv --treatment treat --covariates age
says 616

# covariates that follow from others, and those that separate, are said
awk -F, -v OFS=, '{ print $0, NR == 1 ? "twice" : 2 * $3, NR == 1 ? "same" : 7, NR == 1 ? "told" : $2,
    NR == 1 ? "site" : $2 ? "a" : NR % 3 ? "a" : "b", NR == 1 ? "everybody" : 1 }' "$data" >odd.csv
expect 0 "$TOTSUGO" match --in odd.csv --treatment treat --covariates age,twice,same,educ --caliper 0.2 -o odd.out
says W990 twice
says W990 same
expect 0 "$TOTSUGO" match --in "$data" --treatment treat --covariates age,educ --caliper 0.2 -o plain.out
same odd.out plain.out
wrong 65 E726 --in odd.csv --treatment treat --covariates age,told
says told
expect 0 "$TOTSUGO" match --in odd.csv --treatment treat --covariates age,site -o site.out
says W991 site=b
wrong 65 E724 --in odd.csv --treatment everybody --covariates age

# who could not be matched, and why
covariates=age,educ,race,married,nodegree,re74,re75
expect 0 "$TOTSUGO" match --in "$data" --treatment treat --covariates $covariates --caliper 0.2 \
    --exact race,married -o why.out --unmatched why
reasons=$(awk -F, 'NR > 1 { n[$2]++ } END { print n["outside_caliper"] + n["controls_used_up"] + n["no_control_in_stratum"] }' why)
[ "$reasons" -eq 74 ] && [ "$(wc -l <why)" -eq 75 ] || fail "reasons: $reasons"

# overlap weights balance exactly what the regression was given (Li, Morgan, Zaslavsky 2018)
expect 0 "$TOTSUGO" match --in "$data" --treatment treat --covariates $covariates --weights overlap \
    -o overlap.out --balance overlap
[ "$(wc -l <overlap.out)" -eq 615 ] || fail "overlap weights leave somebody out"
awk -F, 'NR > 2 && ($6 > 1e-6 || $6 < -1e-6) { print $1, $6 }' overlap >unlike
[ -s unlike ] && fail "overlap weights: $(head -3 unlike)"
expect 0 "$TOTSUGO" match --in "$data" --treatment treat --covariates $covariates --weights ipw -o ipw.out
awk -F, 'NR > 1 { w = $2 == "participant" ? 1 : $5 / (1 - $5); d = $4 - w; if (d * d > 1e-16) bad++ } END { exit bad > 0 }' \
    ipw.out || fail "ipw weights"

# an output that is there stays
expect 73 "$TOTSUGO" match --in "$data" --treatment treat --covariates age -o ipw.out
expect 0 "$TOTSUGO" match --in "$data" --treatment treat --covariates age -f -o ipw.out

# of more people than one processor adds up alone the bytes are those that one leaves
awk 'BEGIN { print "id,treat,a,b,c"; x = 7
    for (i = 1; i <= 20000; i++) {
        x = (x * 16807) % 2147483647; a = x % 1000; x = (x * 16807) % 2147483647
        print i "," (x % 9000 < a) "," a "," x % 77 "," (x % 5 ? x % 13 : "") } }' >many.csv
together="--in many.csv --treatment treat --covariates a,b,c --missing flag --caliper 0.2"
expect 0 "$TOTSUGO" match $together -o many.out --balance many.balance
[ "$(wc -l <many.out)" -gt 2000 ] || fail "few of many are matched"
if one=$(taskset -cp $$ 2>/dev/null | sed 's/.*: //; s/[,-].*//') && [ -n "$one" ]; then
    expect 0 taskset -c "$one" "$TOTSUGO" match $together -o one.out --balance one.balance
    same many.out one.out
    same many.balance one.balance
fi
finish
