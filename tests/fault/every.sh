#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a command with its 1st, 2nd, 3rd, … call of every kind failing, and looks at what it leaves.
#
# usage: every.sh [-k KINDS] [-n RUNS] [-i FOLDER] [-p SHELL] [-c SHELL] [-a ERE] [-b ERE] [-d ERE]
#                 [-s] BUILD_DIR COMMAND…
#   -k  kinds of calls, as failnth.c names them (all)
#   -n  at most so many runs a kind: of more calls only every second, third, … fails (200)
#   -i  a folder that is copied before each run; the command runs in the copy (an empty one)
#   -p  shell commands that make that folder ready, once, in a copy of it (none)
#   -c  shell commands that must go well in the folder that a failed run leaves (none)
#   -a  names that a run which failed may leave or change, as of a lock (none)
#   -b  names that any run may leave or not, as of a journal that the next run clears (none)
#   -d  names whose content differs between two sound runs, as of a new key (none)
#   -s  from the Nth call on all fail, as on a full disk
#
# A run must end with a documented exit code, not by a signal and not with 70. If it fails it says
# why on stderr and leaves the folder as it was: no output under its name, no temporary. If it does
# not, it leaves what an undisturbed run leaves.
set -u
kinds="memory mmap open open-read read write short sync rename truncate mkdir unlink thread random fork wait"
most=200
input=
prepare=
check=
allowed='^$'
both='^$'
differs='^$'
sticky=
while getopts k:n:i:p:c:a:b:d:s option; do
    case $option in
    k) kinds=$OPTARG ;;
    n) most=$OPTARG ;;
    i) input=$(cd "$OPTARG" && pwd) || exit 2 ;;
    p) prepare=$OPTARG ;;
    c) check=$OPTARG ;;
    a) allowed=$OPTARG ;;
    b) both=$OPTARG ;;
    d) differs=$OPTARG ;;
    s) sticky=1 ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || { sed -n '3,20p' "$0"; exit 2; }
build=$(cd "$1" && pwd) || exit 2
shift
failnth=$build/tests/fault/failnth.so
[ -f "$failnth" ] || { echo "$failnth is not there"; exit 2; }

top=$(mktemp -d) || exit 2
trap 'rm -rf "$top"' EXIT
work=$top/work
mkdir "$top/input" || exit 2
[ -z "$input" ] || cp -Rp "$input/." "$top/input" || exit 2
(cd "$top/input" && eval "$prepare") || { echo "the folder could not be made ready"; exit 2; }
wrong=0

# ERE: the folder as lines, kind, sum and name, without the names that the pattern takes out
snapshot() {
    (
        cd "$work" || exit 2
        find . ! -name . ! -type f | sed 's,^\./,other - ,'
        find . -type f -exec cksum {} + | sed 's,^\([0-9]*\) \([0-9]*\) \./,file \1/\2 ,'
    ) | awk -v allowed="$1" -v both="$both" -v differs="$differs" '{
        kind = $1
        sum = $2
        name = substr($0, length(kind) + length(sum) + 3)
        if (name ~ allowed || name ~ both)
            next
        print kind, name ~ differs ? "-" : sum, name
    }' | LC_ALL=C sort
}

# KIND N COMMAND…: one run in a fresh folder; its exit code
run() {
    kind=$1
    n=$2
    shift 2
    rm -rf "$work"
    cp -Rp "$top/input" "$work" || exit 2
    snapshot "$allowed" >"$top/before"
    rm -f "$top/count"
    (
        cd "$work" || exit 2
        exec timeout 120 env TG_FAULT_KIND="$kind" TG_FAULT_N="$n" TG_FAULT_COUNT="$top/count" \
            ${sticky:+TG_FAULT_STICKY=1} LD_PRELOAD="$failnth" "$@"
    ) >"$top/stdout" 2>"$top/stderr" </dev/null
}

# WHY: a finding about the run just made
finding() {
    wrong=$((wrong + 1))
    echo "$kind $n: $1"
    sed 's/^/    /' "$top/stderr" | head -3
}

judge() {
    case $1 in
    0)
        snapshot '^$' >"$top/after"
        cmp -s "$top/sound" "$top/after" || {
            finding "it says that all went well and left something else"
            diff "$top/sound" "$top/after" | sed 's/^/    /' | head -5
        }
        ;;
    1 | 64 | 65 | 66 | 71 | 73 | 74 | 75 | 77 | 78)
        refused=$((refused + 1))
        [ -s "$top/stderr" ] || finding "it ended with $1 and did not say why"
        snapshot "$allowed" >"$top/after"
        cmp -s "$top/before" "$top/after" || {
            finding "it ended with $1 and left something behind"
            diff "$top/before" "$top/after" | sed 's/^/    /' | head -5
        }
        [ -z "$check" ] || (cd "$work" && eval "$check") >"$top/stderr" 2>&1 ||
            finding "what it leaves is not sound"
        ;;
    *) finding "it ended with $1" ;;
    esac
}

run none 0 "$@"
rc=$?
[ "$rc" -eq 0 ] || { echo "undisturbed it ended with $rc"; cat "$top/stderr"; exit 1; }
snapshot '^$' >"$top/sound"

for one in $kinds; do
    run "$one" 0 "$@"
    judge $?
    calls=$(cat "$top/count" 2>/dev/null || echo 0)
    stride=$(((calls + most - 1) / most))
    [ "$stride" -gt 0 ] || stride=1
    runs=0
    refused=0
    at=1
    while [ "$at" -le "$calls" ]; do
        run "$one" "$at" "$@"
        judge $?
        runs=$((runs + 1))
        at=$((at + stride))
    done
    echo "$one: $calls calls, $runs runs, $refused refused"
done
[ "$wrong" -eq 0 ]
