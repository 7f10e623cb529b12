# SPDX-License-Identifier: Apache-2.0
# What the linkage tests share: raw files in, quality out. $TOTSUGO is the program.
set -eu
export LC_ALL=C TZ=UTC0
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/totsugo-linkage-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# pseudonymize STUDY SOURCE NAME RAW [PERIOD]: NAME.csv and NAME.lookup
pseudonymize() {
    "$TOTSUGO" pseudonymize -s "$1" -k key --source "$2" ${5:+--period "$5"} \
        --lookup "$3.lookup" -o "$3.csv" "$4" 2>>messages
}

# rows LOOKUP LINES: row_id of each line of "line,entity", as "entity,row_id"
rows() {
    awk -F, 'FNR == NR { if (FNR > 1) row[$2] = $1; next } $1 in row { print $2 "," row[$1] }' \
        "$1" "$2" | sort
}

# truth LEFT RIGHT: pairs of "entity,row_id" rows that have the entity in common
truth() {
    echo left,right
    join -t, "$1" "$2" | cut -d, -f2,3
}

# said_of FILE: what link says there of itself: precision, recall (where it knows only a range, what it
# were if errors were independent), their 95 % limits, as "said PRECISION RECALL LOW HIGH LOW HIGH"
said_of() {
    sed -n 's/.*expected precision \([0-9.]*\), expected recall \([0-9][0-9.]*\)/said \1 \2/p
        s/.*expected precision \([0-9.]*\), expected recall between.*/said \1/p
        s/.*were independent of each other the recall would be \([0-9.]*\)/\1/p
        s/.*95 %: precision \([0-9.]*\) to \([0-9.]*\), recall \([0-9.]*\) to \([0-9.]*\)/\1 \2 \3 \4/p' "$1" |
        paste -sd ' ' -
}

# measure NAME STUDY MIN_PRECISION MIN_RECALL FAR: links left.csv and right.csv, checks against
# truth.csv. What the linkage expects of itself may be FAR from the truth at most, and the truth
# must be in its intervals.
measure() {
    "$TOTSUGO" link -s "$2" --left left.csv --right right.csv -o links.csv --force 2>said
    "$TOTSUGO" evaluate --links links.csv --truth truth.csv >quality
    said_of said >>quality
    awk -v name="$1" -v precision="$3" -v recall="$4" -v far="$5" '
        function is_far(a, b) { return a - b > far || b - a > far }
        function is_outside(x, low, high) { return x < low - 5e-5 || x > high + 5e-5 }
        $1 == "said" { expected_precision = $2; expected_recall = $3; low = $6; high = $7; least = $4; most = $5; next }
        { value[$1] = $2 }
        END {
            printf "%-28s links %6d of %6d  precision %.4f (expected %.4f, %.4f to %.4f)  recall %.4f (%.4f, %.4f to %.4f)  F1 %.4f\n",
                name, value["links:"], value["truth:"], value["precision:"], expected_precision,
                least, most, value["recall:"], expected_recall, low, high, value["f1:"]
            exit !(value["precision:"] >= precision && value["recall:"] >= recall) ||
                is_far(value["precision:"], expected_precision) ||
                is_far(value["recall:"], expected_recall) ||
                is_outside(value["precision:"], least, most) || is_outside(value["recall:"], low, high)
        }' quality || {
        echo "$1: precision below $3, recall below $4, the expected ones off by more than $5, or the intervals wrong" >&2
        exit 1
    }
}

# measure_half NAME STUDY MIN_F1: the same at accept 0.5
measure_half() {
    sed '$a linkage: {accept: 0.5}' "$2" >half.yaml
    "$TOTSUGO" link -s half.yaml --left left.csv --right right.csv -o links.csv --force 2>>messages
    "$TOTSUGO" evaluate --links links.csv --truth truth.csv >quality
    awk -v name="$1" -v least="$3" '
        { value[$1] = $2 }
        END {
            printf "%-28s accept 0.5  precision %.4f  recall %.4f  F1 %.4f\n", name,
                value["precision:"], value["recall:"], value["f1:"]
            exit !(value["f1:"] >= least)
        }' quality || {
        echo "$1: F1 below $3 at accept 0.5" >&2
        exit 1
    }
}

new_key() {
    rm -f key
    "$TOTSUGO" key new -s "$1" -o key 2>>messages
}

# The persons of the public data, FILE: "line,entity". In FEBRL rec-N-org and rec-N-dup-0 are one.
febrl_entities() {
    awk -F, 'FNR > 1 && split($1, part, "-") > 2 { print FNR "," part[2] }' "$1"
}
# in NCVR the same recid
ncvr_entities() {
    awk -F, 'FNR > 1 { print FNR "," $1 }' "$1"
}

# put_files STUDY ENTITIES LEFT_SOURCE LEFT_RAW RIGHT_SOURCE RIGHT_RAW: left.csv, right.csv, truth.csv
put_files() {
    rm -f left.* right.*
    new_key "$1"
    pseudonymize "$1" "$3" left "$4"
    pseudonymize "$1" "$5" right "$6"
    "$2" "$4" >lines && rows left.lookup lines >left.rows
    "$2" "$6" >lines && rows right.lookup lines >right.rows
    truth left.rows right.rows >truth.csv
}
