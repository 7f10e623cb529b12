#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A wrong clock: in 1970 and before, after 2038, in the year 10000, going back between commands.
# clock.sh SHIM
shim=$1
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city

# at SECONDS ARGUMENT... : the program when the clock says so
at() {
    seconds=$1
    shift
    TEST_CLOCK=$seconds LD_PRELOAD=$shim "$TOTSUGO" "$@"
}
silent() {
    grep -q ' W98[34]' err && fail "the clock is told of: $(cat err)"
}
now=1767225600 # 2026-01-01

# files and keys are what they are whenever they are made
pseudonymize_all inbox
mkdir early
cp inbox/roster.csv sound.csv
expect 0 at -5 pseudonymize -s study.yaml -k key --source roster --period 2025-03 -o early/roster.csv roster.raw
same early/roster.csv sound.csv
expect 0 at 253402300800 key new -s study.yaml -o late.key
expect 0 "$TOTSUGO" key show late.key

expect 0 at $now run -s study.yaml --month 2025-03
silent
cp -r runs runs.sound
expect 0 at $((now + 399 * 86400)) verify -s study.yaml
expect 0 at $now consent status -s study.yaml --at 2025-03-01
silent
cp out status.sound
for clock in -5 0 $((now - 3700)) $((now + 401 * 86400)) 2147483700 4102444800 253402300800; do
    cp totsugo.db kept.db
    expect 0 at "$clock" run -s study.yaml --month 2025-03 --out again
    says W983 / 
    diff -r again/2025-03 runs.sound/2025-03 >/dev/null || fail "other bytes at $clock"
    expect 0 at "$clock" consent status -s study.yaml --at 2025-03-01
    same out status.sound
    expect 0 at "$clock" import -s study.yaml inbox/roster.csv
    expect 0 at "$clock" store backup -s study.yaml --force copy.db
    expect 0 at "$clock" store restore -s study.yaml --force copy.db
    expect 0 at "$clock" verify -s study.yaml
    rm -rf again
    cp kept.db totsugo.db
done

# ahead and back again: the log tells of it, and nothing is wrong
user=$(sed -n 2p inbox/app_users.csv | cut -d, -f1)
expect 0 at 4102444800 consent withdraw -s study.yaml --provider walkapp --user "$user" --on 2025-03-05
says W983 '2100-01-01T00:00:00Z / 2026-01-01T00:00:00Z'
expect 0 at $((now + 60)) consent status -s study.yaml
says W983 '2026-01-01T00:01:00Z / 2100-01-01T00:00:00Z'
for clock in $((now + 60)) 253402300800; do
    expect 64 at "$clock" consent purge -s study.yaml -o purged.csv
    says E649
    [ -e purged.csv ] && fail "a list of nobody"
    expect 0 at "$clock" consent status -s study.yaml --at 2025-03-05
done
cp totsugo.db kept.db
expect 0 at 253402300800 consent purge -s study.yaml --at 2025-03-04 -o purged.csv
grep -q "$user" purged.csv && fail "erased before the withdrawal counts"
expect 0 at 253402300800 consent purge -s study.yaml --at 2025-03-05 -f -o purged.csv
grep -q "$user" purged.csv || fail "not erased: $(cat purged.csv)"
cp kept.db totsugo.db
expect 0 at $((now + 60)) run -s study.yaml --month 2025-03
says W983
expect 0 at $((now + 120)) verify -s study.yaml
says W984 'entry 8 '
grep -q 'nothing is wrong' err || fail "verify: $(cat err)"
expect 0 at $((now + 120)) consent status -s study.yaml --at 2025-03-04
same out status.sound
expect 0 at $((now + 120)) consent status -s study.yaml --at 2025-03-05
cmp -s out status.sound && fail "the withdrawal counts from another day"
expect 0 at $((now + 120)) consent list -s study.yaml -o -
silent
finish
