#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Quality on many sets, so that no setting is fitted to one of them. All take minutes.
#
#   TOTSUGO=BUILD/cli/totsugo sh tests/linkage/table.sh [WORD…]   sets whose name has a WORD; all
#   LARGE="300000 1000000"                                        municipalities of these sizes, too
#
# A line a set: links, pairs of one person, precision and recall at accept 0.99, in brackets what
# the linkage expects of itself, F1 at accept 0.5, the 95 % interval of the recall, "out" where the
# real one is outside. Fails where more than one set in twenty is, or more than one of precision.
data=${TOTSUGO_LINKAGE_DATA:-$(dirname "$0")/../../../shared/data}
data=$(cd "$data" 2>/dev/null && pwd) || data=
. "$(dirname "$0")/lib.sh"
words=$*

# wanted NAME: is the set asked for?
wanted() {
    [ -n "$words" ] || return 0
    for word in $words; do
        case $1 in *"$word"*) return 0 ;; esac
    done
    return 1
}

# row NAME STUDY: links left.csv and right.csv twice and prints the line
row() {
    "$TOTSUGO" link -s "$2" --left left.csv --right right.csv -o links.csv --force 2>said
    "$TOTSUGO" evaluate --links links.csv --truth truth.csv >quality
    said_of said >>quality
    awk '/^[a-z]/ { skip = /^linkage:/ } !skip
        END { print "linkage: {accept: 0.5}" }' "$2" >half.yaml
    "$TOTSUGO" link -s half.yaml --left left.csv --right right.csv -o links.csv --force 2>>messages
    "$TOTSUGO" evaluate --links links.csv --truth truth.csv | sed 's/^/half /' >>quality
    awk -v name="$1" '
        function is_outside(x, low, high) { return x < low - 5e-5 || x > high + 5e-5 }
        $1 == "said" { precision = $2; recall = $3; least = $4; most = $5; low = $6; high = $7; next }
        $1 == "half" { half[$2] = $3; next }
        { value[$1] = $2 }
        END {
            printf "%-34s %6d %6d  %.4f (%.4f)  %.4f (%.4f)  %.4f  %.4f-%.4f%s%s\n", name,
                value["links:"], value["truth:"], value["precision:"], precision, value["recall:"],
                recall, half["f1:"], low, high, is_outside(value["recall:"], low, high) ? " out" : "",
                is_outside(value["precision:"], least, most) ? " precision-out" : ""
        }' quality | tee -a table
}

# part SALT SHARE FILE ENTITIES: the rows of a share of the people; SALT chooses which
part() {
    "$4" "$3" >part.lines
    awk -F, -v salt="$1" -v share="$2" '
        function number(text,    i, x) {
            for (i = 1; i <= length(text); i++)
                x = (x * 131 + index("0123456789", substr(text, i, 1)) + salt * 7919) % 1000003
            for (i = 0; i < 4; i++)
                x = (x * x + salt * 104729 + 12345) % 1000003
            return x / 1000003
        }
        FNR == NR { chosen[$1] = number($2) < share; next }
        FNR == 1 || chosen[FNR]' part.lines "$3"
}

# without STUDY FIELD…: the study without these columns
without() {
    cp "$1" less.yaml
    shift
    for field; do
        sed -i "/^ *$field: /d" less.yaml
    done
}

# pair NAME STUDY, and what put_files wants behind the study
pair() {
    wanted "$1" || return 0
    name=$1
    shift
    put_files "$@"
    row "$name" "$1"
}

# public NAME STUDY ENTITIES LEFT_SOURCE LEFT_RAW RIGHT_SOURCE RIGHT_RAW: the whole, swapped, parts
public() {
    pair "$1" "$2" "$3" "$4" "$5" "$6" "$7"
    pair "$1, swapped" "$2" "$3" "$6" "$7" "$4" "$5"
    for share in 0.4 0.2 0.1; do
        for salt in 1 2 3; do
            wanted "$1, $share of people, $salt" || continue
            part $salt $share "$5" "$3" >part_left.csv
            part $salt $share "$7" "$3" >part_right.csv
            pair "$1, $share of people, $salt" "$2" "$3" "$4" part_left.csv "$6" part_right.csv
        done
    done
    for salt in 4 5; do
        wanted "$1, 0.4 and 0.4 apart, $salt" || continue
        part $salt 0.4 "$5" "$3" >part_left.csv
        part $((salt + 10)) 0.4 "$7" "$3" >part_right.csv
        pair "$1, 0.4 and 0.4 apart, $salt" "$2" "$3" "$4" part_left.csv "$6" part_right.csv
    done
}

# city NAME PERSONS USERS SEED: app users against both rosters
city() {
    wanted "$1" || return 0
    rm -rf town
    "$TOTSUGO" generate town --persons "$2" --users "$3" --months 24 --seed "$4" 2>>messages
    rm -f left.*
    new_key town/study.yaml
    pseudonymize town/study.yaml app_users left town/raw/app_users.csv
    awk -F, 'FNR > 1 && $3 != "" { print $2 "," $3 }' town/truth/users.csv >lines
    rows left.lookup lines >left.rows
    for source in roster late_elderly; do
        rm -f right.*
        file=${source}_2026-03.csv
        pseudonymize town/study.yaml "$source" right "town/raw/$file" 2026-03
        awk -F, -v file="$file" '$1 == file { print $2 "," $3 }' town/truth/roster_lines.csv >lines
        rows right.lookup lines >right.rows
        truth left.rows right.rows >truth.csv
        row "$1, $source" town/study.yaml
    done
}

studies=$root/testdata/studies
if [ -n "$data" ]; then
    set -- febrl_entities original "$data/febrl/dataset4a.csv" corrupted "$data/febrl/dataset4b.csv"
    public "FEBRL 4" "$studies/febrl.yaml" "$@"
    pair "FEBRL 4 with soc_sec_id" "$studies/febrl_id.yaml" "$@"
    for fields in address "address postcode" birth_date "birth_date suburb" "address birth_date" \
        "suburb postcode" given_name surname "address suburb postcode"; do
        # shellcheck disable=SC2086
        without "$studies/febrl.yaml" $fields
        pair "FEBRL 4 without $fields" "$work/less.yaml" "$@"
    done
    set -- ncvr_entities party0 "$data/ncvr/party0.csv" party1 "$data/ncvr/party1.csv"
    public "NCVR" "$studies/ncvr.yaml" "$@"
    for fields in suburb postcode given_name; do
        without "$studies/ncvr.yaml" $fields
        pair "NCVR without $fields" "$work/less.yaml" "$@"
    done
fi
for size in 5000 20000 100000 ${LARGE:-}; do
    for seed in 1 2 3 4; do
        city "city $size, seed $seed" "$size" $((size / 10)) "$seed"
    done
done
awk '{ out += / out/; precision += / precision-out/ }
    END {
        printf "%d sets: recall in its interval in %d, precision in %d\n", NR, NR - out, NR - precision
        exit !(NR && 20 * out <= NR && 20 * precision <= NR)
    }' table
