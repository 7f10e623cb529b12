#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A new site key: killed at any instant, the store opens with the key that lies beside it.
. "$(dirname "$0")/lib.sh"
expect 0 "$TOTSUGO" demo base --persons 1000 --users 100 --months 14 --seed 5
month=$(ls base/runs)
links() { cut -d, -f1,2,4,5 "$1/runs/$month/links.csv"; }
links base >want

fresh() {
    rm -rf again && mkdir again
    cp base/study.yaml base/site.key base/totsugo.db again/
    chmod 600 again/site.key
    cp -r base/runs again/runs
    ln -s ../base/inbox again/inbox
}

fresh
cp again/site.key old.key
expect 0 "$TOTSUGO" store rekey -s again/study.yaml
[ "$(stat -c %a again/site.key)" = 600 ] || fail "a site key with wide permissions"
cmp -s again/site.key old.key && fail "the site key is the old one"
grep -qx "epoch: 2" again/site.key || fail "no second epoch"
expect 0 "$TOTSUGO" run -s again/study.yaml --month "$month"
links again >got
same want got
cut -d, -f3 "again/runs/$month/links.csv" | sort >ids
cut -d, -f3 "base/runs/$month/links.csv" | sort >old_ids
[ "$(comm -12 ids old_ids | grep -vc subject_id)" -eq 0 ] || fail "subject ids of the old key"
expect 0 "$TOTSUGO" import -s again/study.yaml again/inbox/*.csv
cp again/site.key new.key
cp old.key again/site.key
expect 77 "$TOTSUGO" verify -s again/study.yaml
says E606

# killed: after 0 to 60 ms, then whatever is there must open and know what it knew
whole=0 old=0
for delay in 0.001 0.005 0.01 0.02 0.03 0.04 0.06 0.08 0.1 0.15 0.2 0.3 0.5; do
    fresh
    "$TOTSUGO" store rekey -s again/study.yaml 2>/dev/null &
    pid=$!
    sleep $delay
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    expect 0 "$TOTSUGO" verify -s again/study.yaml
    absent again/site.key.next
    if cmp -s again/site.key old.key; then old=$((old + 1)); else whole=$((whole + 1)); fi
    expect 0 "$TOTSUGO" run -s again/study.yaml --month "$month"
    links again >got
    same want got
done
[ $old -gt 0 ] || echo "no kill came early enough" >&2
[ $whole -gt 0 ] || echo "no kill came late enough" >&2
finish
