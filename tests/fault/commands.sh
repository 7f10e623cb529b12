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

# memory will do: what fails is decided before the call
[ -w /dev/shm ] && export TMPDIR=/dev/shm
city=$(mktemp -d)
trap 'rm -rf "$city" "$city.ready" "$city.sound"' EXIT
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
journal='^totsugo.db-(wal|shm|journal)$'
case $verb in
pseudonymize)
    exec "$here/every.sh" -n 60 -i "$city" "$build" "$TOTSUGO" pseudonymize -s study.yaml -k key \
        --source roster --period 2025-03 --lookup lookup --threads 2 -o out.csv roster.raw
    ;;
import)
    exec "$here/every.sh" -n 40 -i "$city" -a "$store" -b "$journal" -d "$store" "$build" \
        "$TOTSUGO" import -s study.yaml inbox/roster.csv
    ;;
run | full)
    # A month is there, newer consents lie in the inbox. After a failure nothing is wrong, and the
    # month done again is as if nothing had happened.
    month() { (cd "$1" && "$TOTSUGO" run -s study.yaml --month 2025-03 2>/dev/null); }
    mkdir "$city.ready" && mv "$city"/inbox/consents.csv* "$city.ready" && month "$city" &&
        mv "$city.ready"/* "$city/inbox" && cp -Rp "$city" "$city.sound" &&
        month "$city.sound" || exit 1
    # KINDS MOST [-s] [NAMES]
    failing() {
        "$here/every.sh" -k "$1" -n "$2" ${3:+"$3"} -i "$city" -a "$store" -b "$journal${4:-}" \
            -d "$store" -c "'$TOTSUGO' verify -s study.yaml &&
            '$TOTSUGO' run -s study.yaml --month 2025-03 && diff -r runs '$city.sound/runs' &&
            '$TOTSUGO' verify -s study.yaml" "$build" \
            "$TOTSUGO" run -s study.yaml --month 2025-03
    }
    if [ "$verb" = full ]; then
        # with a disk that stays full a recorded month waits beside its place for the next run
        failing "write open mkdir sync" 1000 -s '|^runs/\.2025-03\.partial'
    else
        # what cannot be removed, or looked through for it, stays, and the next run removes it
        failing "write sync rename truncate mkdir" 1000 &&
            failing "unlink open-read" 1000 "" '|^runs/\.2025-03\.partial' &&
            failing "mmap open read short random thread fork wait" 40 && failing memory 60 || exit 1
        # the process that makes the workbook, on its own
        export TG_FAULT_WHERE=child
        failing memory 40 || exit 1
        export TG_FAULT_END=self
        failing memory 20
    fi
    exit
    ;;
backup)
    (cd "$city" && "$TOTSUGO" import -s study.yaml inbox/*.csv 2>/dev/null) || exit 1
    exec "$here/every.sh" -n 60 -i "$city" -b "$journal" -d '^copy.db.manifest.json$' "$build" \
        "$TOTSUGO" store backup -s study.yaml copy.db
    ;;
restore)
    (cd "$city" && "$TOTSUGO" import -s study.yaml inbox/*.csv &&
        "$TOTSUGO" store backup -s study.yaml copy.db && rm totsugo.db) 2>/dev/null || exit 1
    exec "$here/every.sh" -n 60 -i "$city" -a '^totsugo.db.lock$' -b '^totsugo.db.restoring' \
        -d "$store" "$build" "$TOTSUGO" store restore -s study.yaml copy.db
    ;;
link)
    exec "$here/every.sh" -n 60 -i "$city" "$build" "$TOTSUGO" link -s study.yaml \
        --left inbox/app_users.csv --right inbox/roster.csv -o pairs.csv
    ;;
review)
    (cd "$city" && "$TOTSUGO" run -s study.yaml --month 2025-03 2>/dev/null) || exit 1
    # the second namesake is user 7; both are rows of the first lines of their files
    printf 'user_row_id,roster_row_id,decision\n%s,%s,same\n' \
        "$(awk -F, '$2 == 8 { print $1 }' "$city/app_users.lookup")" \
        "$(awk -F, '$2 == 9 { print $1 }' "$city/roster.lookup")" >"$city/decisions"
    exec "$here/every.sh" -n 25 -i "$city" -a "$store" -b "$journal" -d "$store" \
        -c "'$TOTSUGO' verify -s study.yaml" "$build" \
        "$TOTSUGO" review apply -s study.yaml decisions
    ;;
join | undecided)
    # the namesakes are rows of one roster
    "$TOTSUGO" import -s "$city/study.yaml" "$city/inbox/roster.csv" 2>/dev/null || exit 1
    row() { awk -F, -v line="$1" '$2 == line { print $1 }' "$city/roster.lookup"; }
    if [ "$verb" = join ]; then
        set -- join -s study.yaml "$(row 9)" "$(row 10)"
    else
        set -- undecided -s study.yaml -o list.csv
    fi
    exec "$here/every.sh" -n 40 -i "$city" -a "$store" -b "$journal" -d "$store" \
        -c "'$TOTSUGO' verify -s study.yaml" "$build" "$TOTSUGO" person "$@"
    ;;
show)
    (cd "$city" && "$TOTSUGO" run -s study.yaml --month 2025-03 2>/dev/null) || exit 1
    exec "$here/every.sh" -n 40 -i "$city" "$build" "$TOTSUGO" review show -s study.yaml \
        --pairs runs/2025-03/links.csv --users app_users --users-lookup app_users.lookup \
        --users-file app_users.raw --roster roster --roster-lookup roster.lookup \
        --roster-file roster.raw
    ;;
applicants)
    (cd "$city" && "$TOTSUGO" import -s study.yaml inbox/roster.csv 2>/dev/null) || exit 1
    exec "$here/every.sh" -n 25 -i "$city" -b "$journal|^totsugo.db.lock$" "$build" \
        "$TOTSUGO" verify-applicants -s study.yaml -o answers inbox/app_users.csv
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
