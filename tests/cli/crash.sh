#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGINT and SIGKILL during import and run, two runs at once, a full disk: nothing half-made is ever
# visible and the next run gives the same bytes.
. "$(dirname "$0")/lib.sh"
expect 0 "$TOTSUGO" demo base --persons 2000 --users 200 --months 14 --seed 3
month=$(ls base/runs)
expect 0 "$TOTSUGO" verify -s base/study.yaml

# a store of its own with the same site key, so that bytes can be compared
fresh() {
    rm -rf again && mkdir again
    cp base/study.yaml base/site.key again/
    chmod 600 again/site.key
    ln -s ../base/inbox again/inbox
}
job() { "$TOTSUGO" run -s again/study.yaml --month "$month"; }

check_after() {
    [ ! -e "again/runs/$month" ] || diff -r "again/runs/$month" "base/runs/$month" >/dev/null ||
        fail "half-made results are visible after $1"
    expect 0 job
    diff -r "again/runs/$month" "base/runs/$month" >/dev/null || fail "other bytes after $1"
    [ "$(ls -A again/runs | wc -l)" -eq 1 ] || fail "leftovers after $1: $(ls -A again/runs)"
    expect 0 "$TOTSUGO" verify -s again/study.yaml
}

for delay in 0.02 0.1 0.3 0.6; do
    for signal in INT KILL; do
        fresh
        "$TOTSUGO" run -s again/study.yaml --month "$month" 2>/dev/null &
        pid=$!
        sleep $delay
        kill -$signal $pid 2>/dev/null
        wait $pid 2>/dev/null
        check_after "SIG$signal at $delay s"
    done
done

# two at once: while the first stands still with the lock, the second says busy
fresh
expect 0 "$TOTSUGO" import -s again/study.yaml again/inbox/app_steps.csv
"$TOTSUGO" run -s again/study.yaml --month "$month" 2>/dev/null &
pid=$!
while [ ! -e again/totsugo.db-wal ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -STOP $pid
expect 75 "$TOTSUGO" import -s again/study.yaml again/inbox/app_users.csv
says E220 "process $pid of $(id -un) since 2"
expect 75 "$TOTSUGO" run -s again/study.yaml --month "$month" --dry-run
says E220 "process $pid of"
says "run $month: failed with exit code 75"
expect 75 "$TOTSUGO" verify -s again/study.yaml
# it may stand still with the whole database locked, as while a connection opens: a little further on
for try in 1 2 3 4 5 6 7 8 9; do
    "$TOTSUGO" store backup -s again/study.yaml taken.db 2>err && break
    grep -q E607 err || break
    kill -CONT $pid
    sleep 0.01
    kill -STOP $pid
done
[ -s taken.db ] || fail "no backup beside a run: $(cat err)"
kill -CONT $pid
wait $pid || fail "the first run failed"
check_after "a second run"

# asked to stop, it ends by that signal and says so
fresh
"$TOTSUGO" run -s again/study.yaml --month "$month" 2>said &
pid=$!
while [ ! -e again/totsugo.db-wal ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -STOP $pid
kill -TERM $pid
kill -CONT $pid
wait $pid
[ $? -eq 143 ] || fail "SIGTERM did not end it"
grep -q "^totsugo: run $month: failed with exit code 143 (E240)\$" said || fail "$(tail -1 said)"
check_after "SIGTERM"

# what was copied while it stood still is a sound store, and the job goes on from there
fresh
expect 0 "$TOTSUGO" store restore -s again/study.yaml taken.db
expect 0 "$TOTSUGO" verify -s again/study.yaml
check_after "a backup during a run"

# a full disk, where this machine lets us mount one
mkdir small
if mount -t tmpfs -o size=1m,mode=0700 none small 2>/dev/null; then
    cp base/study.yaml base/site.key small/
    chmod 600 small/site.key
    expect 74 "$TOTSUGO" run -s small/study.yaml --month "$month" --inbox base/inbox
    absent "small/runs/$month"
    source=$(ls base/raw | grep '^medical' | head -1)
    expect 74 "$TOTSUGO" pseudonymize -s base/study.yaml -k base/keys/shared.key --source medical \
        -o small/big.csv base/raw/medical_*.csv
    absent small/big.csv small/.big.csv.partial small/big.csv.manifest.json
    mount -o remount,size=200m small
    expect 0 "$TOTSUGO" run -s small/study.yaml --month "$month" --inbox base/inbox
    diff -r "small/runs/$month" "base/runs/$month" >/dev/null || fail "other bytes after a full disk"
    umount small
else
    echo "no tmpfs to fill on this machine" >&2
fi
finish
