#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# monthly.sh PROGRAM PERSONS USERS [MONTHS [EVERY]] : rows a second of pseudonymize and import, seconds and
# peak memory of run, on a synthetic municipality made for it under ${TMPDIR:-/tmp}: of the month
# before the last from the start, of the last one after it, and of that with nothing new. EVERY: months
# from one roster to the next, 12 unless given.
set -eu
program=$1 persons=$2 users=$3 months=${4:-24} every=${5:-12}
work=$(mktemp -d "${TMPDIR:-/tmp}/totsugo-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/inbox"

# timed NAME COMMAND... : appends seconds and peak KiB to $work/NAME
timed() {
    name=$1
    shift
    /usr/bin/time -a -o "$work/$name" -f '%e %M' "$@" 2>>"$work/log"
}
# total NAME ROWS : what the steps of one kind took
total() {
    awk -v name="$1" -v rows="$2" '{ s += $1; if ($2 > m) m = $2 }
        END { printf "%-14s %10d rows %8.2f s %10.0f rows/s %8.0f MiB peak\n", name, rows, s, rows / s, m / 1024 }' "$work/$1"
}

timed generate "$program" generate "$work/city" --persons "$persons" --users "$users" --months "$months" \
    --roster-every "$every"
study=$work/city/study.yaml
"$program" key new -s "$study" -o "$work/key" 2>/dev/null
for raw in "$work"/city/raw/*.csv; do
    name=$(basename "$raw" .csv)
    source=$(echo "$name" | sed 's/_[0-9]\{4\}-[0-9]\{2\}$//')
    period=
    [ "$source" = "$name" ] || period=${name#"$source"_}
    timed pseudonymize "$program" pseudonymize -s "$study" -k "$work/key" --source "$source" \
        ${period:+--period "$period"} -o "$work/inbox/$name.csv" "$raw"
done
rows=$(grep -h '"rows"' "$work"/inbox/*.manifest.json | awk -F'[:,]' '{ n += $2 } END { print n }')
months_there=$(ls "$work/city/raw" | sed -n 's/.*_\([0-9]\{4\}-[0-9]\{2\}\)\.csv$/\1/p' | sort -u)
before=$(echo "$months_there" | tail -2 | head -1)
last=$(echo "$months_there" | tail -1)
timed import "$program" import -s "$study" "$work"/inbox/*.csv
timed start "$program" run -s "$study" --month "$before" --inbox "$work/inbox"
timed run "$program" run -s "$study" --month "$last" --inbox "$work/inbox"
timed again "$program" run -s "$study" --month "$last" --inbox "$work/inbox"

echo "$persons residents, $users users, $months months, $(nproc) processors"
total generate "$persons"
total pseudonymize "$rows"
total import "$rows"
total start "$rows"
total run "$rows"
total again "$rows"
echo "store: $(stat -c %s "$work/city/totsugo.db") bytes, $(($(stat -c %s "$work/city/totsugo.db") / rows)) a row"
grep anew "$work/log"
tail -1 "$work/log"
