#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kills.sh BUILD_DIR END MOST: the monthly job is ended before each call that changes the disk, in
# turn. END is `kill` (SIGKILL) or `power` (and what was not synced is lost: see power.h); of more
# than MOST calls a scene only every second, third, … one. Whatever the moment:
#
# - a month is seen whole as it was, or whole as it will be;
# - a dry run says so and changes nothing;
# - `verify` finds nothing wrong;
# - the job done again leaves the bytes of a job that nobody disturbed, and nothing else.
set -u
build=$(cd "$1" && pwd) || exit 2
end=$2
most=$3
here=$(cd "$(dirname "$0")" && pwd)
TOTSUGO=$build/cli/totsugo
failnth=$build/tests/fault/failnth.so
# the shim decides what is lost, so memory will do, and it need not wait for a disk
top=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 2
trap 'rm -rf "$top"' EXIT
wrong=0
kills=0
TZ=UTC0
export TOTSUGO TZ

job() { "$TOTSUGO" run -s study.yaml --month 2025-03; }

# The tiny city of tests/cli; `first` has a site key and no store yet, `again` a month that was
# delivered and newer files of two sources.
mkdir "$top/first" || exit 2
(
    fixed_key() {
        ( umask 077 && printf '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n' >hex )
        "$TOTSUGO" key import -s "$1" --hex hex -o "$2" 2>/dev/null
    }
    fail() { echo "$*" >&2; exit 1; }
    . "$here/../cli/city.sh"
    cd "$top/first" && make_city && pseudonymize_all inbox && rm -f err || exit 1
    job 2>/dev/null || exit 1
    cp -Rp . ../again
    rm -rf totsugo.db* runs
    cd ../again || exit 1
    echo '138016,神,0000113,000000000013,ｱｻﾀﾞ ﾊﾙ,昭和36年7月7日,2,北,平成22年4月1日,' | iconv -f UTF-8 -t CP932 >>roster.raw
    echo 'u8,outcome-evaluation,2025-02-20,2025-03-10,v1,web' >>consents.raw
    rm -f inbox/roster.csv* inbox/consents.csv* ./*.lookup
    for source in roster consents; do
        "$TOTSUGO" pseudonymize -s study.yaml -k key --source $source --period 2025-03 \
            -o inbox/$source.csv $source.raw 2>/dev/null || exit 1
    done
) 2>/dev/null || { echo "the city could not be made"; exit 2; }

finding() {
    wrong=$((wrong + 1))
    echo "$scene, call $at: $1"
    sed 's/^/    /' "$top/said" | tail -3
}

judge() {
    seen=no
    if [ -e runs/2025-03 ]; then
        diff -r runs/2025-03 "$top/sound/runs/2025-03" >/dev/null && seen=new
        [ "$seen" = new ] || { [ -e "$top/$scene/runs/2025-03" ] &&
            diff -r runs/2025-03 "$top/$scene/runs/2025-03" >/dev/null && seen=old; }
        [ "$seen" = no ] && finding "half a month is seen: $(ls -A runs/2025-03)"
    elif [ -e "$top/$scene/runs/2025-03" ]; then
        finding "the month that was there is gone"
    fi
    find . -type f -exec cksum {} + | sort >"$top/before"
    "$TOTSUGO" run -s study.yaml --month 2025-03 --dry-run >"$top/said" 2>&1 ||
        finding "a dry run ended with $?"
    find . -type f -exec cksum {} + | sort | cmp -s "$top/before" - ||
        finding "a dry run changed something"
    if [ -e totsugo.db ]; then
        "$TOTSUGO" verify -s study.yaml >"$top/said" 2>&1 || finding "verify ended with $?"
    fi
    job >"$top/said" 2>&1 || finding "the next run ended with $?"
    diff -r runs "$top/sound/runs" >"$top/said" 2>&1 || finding "the next run left something else"
    "$TOTSUGO" verify -s study.yaml >"$top/said" 2>&1 || finding "after the next run verify ended with $?"
    grep -q 'nothing is wrong' "$top/said" && ! grep -q ' W[0-9]' "$top/said" ||
        finding "after the next run verify has something to say"
}

for scene in first again; do
    rm -rf "$top/sound" "$top/count"
    cp -Rp "$top/$scene" "$top/sound"
    (cd "$top/sound" && TG_FAULT_KIND=disk TG_FAULT_COUNT="$top/count" LD_PRELOAD="$failnth" \
        "$TOTSUGO" run -s study.yaml --month 2025-03 2>"$top/said") ||
        { echo "undisturbed it failed"; cat "$top/said"; exit 1; }
    calls=$(cat "$top/count")
    stride=$(((calls + most - 1) / most))
    at=1
    scene_kills=0
    while [ "$at" -le "$calls" ]; do
        rm -rf "$top/work" "$top/stash"
        cp -Rp "$top/$scene" "$top/work" && mkdir "$top/stash" && cd "$top/work" || exit 2
        TG_FAULT_KIND=disk TG_FAULT_N=$at TG_FAULT_END="$end" TG_FAULT_STASH="$top/stash" \
            LD_PRELOAD="$failnth" "$TOTSUGO" run -s study.yaml --month 2025-03 >"$top/said" 2>&1
        rc=$?
        [ "$rc" -eq 137 ] || finding "it was not killed but ended with $rc"
        judge
        scene_kills=$((scene_kills + 1))
        at=$((at + stride))
    done
    kills=$((kills + scene_kills))
    echo "$scene: $calls calls, $scene_kills times $end"
done
echo "$kills in all, $wrong wrong"
[ "$wrong" -eq 0 ]
