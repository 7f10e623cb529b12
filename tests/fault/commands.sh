#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# commands.sh BUILD_DIR VERB : every call that can fail does, in turn, under one command of the
# program on the tiny city of tests/cli.
set -u
build=$1
verb=$2
here=$(cd "$(dirname "$0")" && pwd)
TOTSUGO=$build/cli/totsugo
export TOTSUGO

city=$(mktemp -d)
trap 'rm -rf "$city"' EXIT
(
    # the city's makers come from the command-line tests
    fixed_key() {
        ( umask 077 && printf '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n' >hex )
        "$TOTSUGO" key import -s "$1" --hex hex -o "$2" 2>/dev/null
    }
    fail() { echo "$*" >&2; exit 1; }
    . "$here/../cli/city.sh"
    cd "$city" && make_city && pseudonymize_all inbox && rm -f err
) || exit 1

store='^totsugo.db$|^site.key$|^totsugo.db.lock$'
journal='^totsugo.db-(wal|shm)$'
case $verb in
pseudonymize)
    exec "$here/every.sh" -n 60 -i "$city" "$build" "$TOTSUGO" pseudonymize -s study.yaml -k key \
        --source roster --period 2025-03 --lookup lookup --threads 2 -o out.csv roster.raw
    ;;
import)
    exec "$here/every.sh" -n 40 -i "$city" -a "$store" -b "$journal" -d "$store" "$build" \
        "$TOTSUGO" import -s study.yaml inbox/roster.csv
    ;;
run)
    # no memory faults: see README.md
    exec "$here/every.sh" -k "mmap open open-read read write short sync rename truncate mkdir random" \
        -n 40 -i "$city" -p "'$TOTSUGO' import -s study.yaml inbox/*.csv" \
        -a "$store|^runs\$" -b "$journal" -d "$store|^runs/2025-03/" "$build" \
        "$TOTSUGO" run -s study.yaml --month 2025-03
    ;;
link)
    exec "$here/every.sh" -n 60 -i "$city" "$build" "$TOTSUGO" link -s study.yaml \
        --left inbox/app_users.csv --right inbox/roster.csv -o pairs.csv
    ;;
match)
    cp "$here/../../testdata/reference/lalonde/lalonde.csv" "$city/people.csv" || exit 1
    exec "$here/every.sh" -n 60 -i "$city" "$build" "$TOTSUGO" match --in people.csv \
        --treatment treat --covariates age,race,re74 --exact married --caliper 0.2 \
        -o sets.csv --balance balance.csv --unmatched unmatched.csv
    ;;
*)
    exit 2
    ;;
esac
