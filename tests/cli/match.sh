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
finish
