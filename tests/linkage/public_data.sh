#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# FEBRL 4 and NCVR, records of people with known truth, from raw files to precision and recall. No
# wrong link in 2,000 is allowed; the floors of recall lie a little below what is reached.
data=${TOTSUGO_LINKAGE_DATA:-$(dirname "$0")/../../../shared/data}
[ -f "$data/febrl/dataset4a.csv" ] && [ -f "$data/ncvr/party0.csv" ] || exit 77
data=$(cd "$data" && pwd)
. "$(dirname "$0")/lib.sh"
studies=$root/testdata/studies

# rec-N-org and rec-N-dup-0 are one person
febrl_entities() {
    awk -F, 'FNR > 1 && split($1, part, "-") > 2 { print FNR "," part[2] }' "$1"
}

# the same recid is one person
ncvr_entities() {
    awk -F, 'FNR > 1 { print FNR "," $1 }' "$1"
}

# compare NAME STUDY ENTITIES LEFT_SOURCE LEFT_RAW RIGHT_SOURCE RIGHT_RAW MIN_PRECISION MIN_RECALL MIN_F1_AT_HALF FAR
compare() {
    rm -f left.* right.*
    new_key "$2"
    pseudonymize "$2" "$4" left "$5"
    pseudonymize "$2" "$6" right "$7"
    "$3" "$5" >lines && rows left.lookup lines >left.rows
    "$3" "$7" >lines && rows right.lookup lines >right.rows
    truth left.rows right.rows >truth.csv
    measure "$1" "$2" "$8" "$9" "${11}"
    measure_half "$1" "$2" "${10}"
}

compare "FEBRL 4" "$studies/febrl.yaml" febrl_entities \
    original "$data/febrl/dataset4a.csv" corrupted "$data/febrl/dataset4b.csv" 0.9995 0.999 0.9995 0.01
[ "$(wc -l <truth.csv)" -eq 5001 ] || { echo "FEBRL 4 has 5,000 pairs" >&2; exit 1; }
compare "FEBRL 4 with soc_sec_id" "$studies/febrl_id.yaml" febrl_entities \
    original "$data/febrl/dataset4a.csv" corrupted "$data/febrl/dataset4b.csv" 0.9999 0.9998 0.99995 0.01
compare "NCVR 0-1" "$studies/ncvr.yaml" ncvr_entities \
    party0 "$data/ncvr/party0.csv" party1 "$data/ncvr/party1.csv" 0.9995 0.94 0.986 0.02
[ "$(wc -l <truth.csv)" -eq 1225 ] || { echo "NCVR has 1,224 pairs" >&2; exit 1; }
