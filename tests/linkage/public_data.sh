#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# FEBRL 4 and NCVR, records of people with known truth, from raw files to precision and recall. No
# wrong link in 2,000 is allowed; the floors of recall lie a little below what is reached.
data=${TOTSUGO_LINKAGE_DATA:-$(dirname "$0")/../../../shared/data}
[ -f "$data/febrl/dataset4a.csv" ] && [ -f "$data/ncvr/party0.csv" ] || exit 77
data=$(cd "$data" && pwd)
. "$(dirname "$0")/lib.sh"
studies=$root/testdata/studies

# compare NAME MIN_PRECISION MIN_RECALL MIN_F1_AT_HALF FAR STUDY, and what put_files wants behind the study
compare() {
    name=$1 precision=$2 recall=$3 half=$4 far=$5
    shift 5
    put_files "$@"
    measure "$name" "$1" "$precision" "$recall" "$far"
    measure_half "$name" "$1" "$half"
}

compare "FEBRL 4" 0.9995 0.999 0.9995 0.01 "$studies/febrl.yaml" febrl_entities \
    original "$data/febrl/dataset4a.csv" corrupted "$data/febrl/dataset4b.csv"
[ "$(wc -l <truth.csv)" -eq 5001 ] || { echo "FEBRL 4 has 5,000 pairs" >&2; exit 1; }
compare "FEBRL 4 with soc_sec_id" 0.9999 0.9998 0.99995 0.01 "$studies/febrl_id.yaml" febrl_entities \
    original "$data/febrl/dataset4a.csv" corrupted "$data/febrl/dataset4b.csv"
compare "NCVR 0-1" 0.9995 0.94 0.986 0.01 "$studies/ncvr.yaml" ncvr_entities \
    party0 "$data/ncvr/party0.csv" party1 "$data/ncvr/party1.csv"
[ "$(wc -l <truth.csv)" -eq 1225 ] || { echo "NCVR has 1,224 pairs" >&2; exit 1; }
