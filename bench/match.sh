#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# match.sh PROGRAM [PARTICIPANTS CONTROLS] : seconds and peak memory of match, CSV reading included,
# on people made for it under ${TMPDIR:-/tmp}. Ten covariates, one of them text.
set -eu
program=$1 participants=${2:-10000} controls=${3:-200000}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/totsugo-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
awk -v participants="$participants" -v controls="$controls" -v seed=1 -f "$here/people.awk" >"$work/people.csv"
covariates=age,sex,cost,drugs,bmi,hba1c,diabetes,hypertension,visits
echo "$participants participants, $controls controls, $(stat -c %s "$work/people.csv") bytes"

# one NAME OPTIONS... : the best of three
one() {
    name=$1
    shift
    for again in 1 2 3; do
        /usr/bin/time -o "$work/time" -f '%e %M' "$program" match --in "$work/people.csv" --treatment treated \
            "$@" -f -o "$work/out.csv" 2>"$work/log" || { cat "$work/log"; exit 1; }
        cat "$work/time"
    done | sort -n | head -1 | awk -v name="$name" '{ printf "%-28s %7.2f s %7.0f MiB\n", name, $1, $2 / 1024 }'
}
one "caliper" --covariates "$covariates,district" --caliper 0.2
one "no caliper" --covariates "$covariates,district"
one "caliper, exact strata" --covariates "$covariates" --exact district --caliper 0.2
one "caliper, ratio 3" --covariates "$covariates,district" --caliper 0.2 --ratio 3
one "caliper, with balance" --covariates "$covariates,district" --caliper 0.2 --balance "$work/balance.csv"
one "coarsened exact" --method cem --covariates age,sex,cost,bmi,diabetes
one "overlap weights" --weights overlap --covariates "$covariates,district"
