#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The files for schedulers: they parse as far as can be told here, and what they call works.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
units=$here/../../docs/schedule

for unit in "$units"/*.service "$units"/*.timer; do
    bad=$(grep -nvE '^$|^#|^\[(Unit|Service|Timer|Install)\]$|^[A-Z][A-Za-z]*=' "$unit")
    [ -z "$bad" ] || fail "$unit: $bad"
    twice=$(grep -oE '^[A-Z][A-Za-z]*=' "$unit" | sort | uniq -d)
    [ -z "$twice" ] || fail "$unit has this twice: $twice"
    head -1 "$unit" | grep -q SPDX || fail "$unit has no licence"
done
service="$units/totsugo@.service"
for line in PrivateNetwork=yes ProtectSystem=strict NoNewPrivileges=yes UMask=0077 LimitCORE=0 \
    Type=oneshot CapabilityBoundingSet=; do
    grep -qx "$line" "$service" || fail "the service lacks $line"
done
grep -qx 'ExecStart=/usr/local/lib/totsugo/nightly.sh /srv/totsugo/%i' "$service" || fail "ExecStart"
grep -qx 'Persistent=yes' "$units/totsugo@.timer" || fail "a night without power is lost"

# minute hour day month weekday user command
grep -vE '^#|^[A-Z]+=' "$units/totsugo.cron" >lines
[ "$(wc -l <lines)" -eq 1 ] || fail "cron: $(cat lines)"
grep -qE '^[0-9]+ [0-9]+ \* \* \* totsugo umask 077; /usr/local/lib/totsugo/nightly.sh /[^ ]* 2>>/[^ ]*$' lines ||
    fail "cron: $(cat lines)"

# a copy whose program is there
if command -v systemd-analyze >/dev/null 2>&1; then
    mkdir units
    sed 's,/usr/local/lib/totsugo/nightly.sh,/bin/sh,; /^User=\|^Group=/d' "$service" >units/totsugo@city.service
    cp "$units/totsugo@.timer" units/totsugo@city.timer
    systemd-analyze verify units/totsugo@city.service units/totsugo@city.timer >out 2>&1
    grep -i 'totsugo@' out && fail "systemd-analyze says so"
fi

# the script does the month it is told, or the one that is over, and hands the exit code on
mkdir study && cd study && make_city && echo 'limits: {missing_months: 1200}' >>study.yaml &&
    pseudonymize_all inbox && cd .. || fail "no city"
expect 0 "$units/nightly.sh" study 2025-03
tail -1 err | grep -q '^{"level":"summary","job":"run 2025-03","exit":0,' || fail "last line: $(tail -1 err)"
[ -s study/runs/2025-03/run.json ] || fail "no month"
expect 0 "$units/nightly.sh" study
over=$(date -d "$(date +%Y-%m-01) - 1 day" +%Y-%m)
[ -s "study/runs/$over/run.json" ] || fail "not the month that is over: $(ls study/runs)"
expect 64 "$units/nightly.sh" study 2025-3
tail -1 err | grep -q '"level":"summary","job":"run 2025-3","exit":64' || fail "last line: $(tail -1 err)"
finish
