#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The key is in locked memory that no core dump holds, and no dump is made at all. The same with a
# key under a passphrase, and for the passphrase.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
hexkey=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
passphrase='walls that have ears'
printf '%s\n' "$passphrase" >pass
expect 0 "$TOTSUGO" key passphrase --new-passphrase-fd 3 -o wrapped key 3<pass

# look KEYFILE : a run that stands still while it holds the key: its input is a pipe nobody closes
look() {
    rm -f pipe
    mkfifo pipe
    ulimit -c unlimited 2>/dev/null
    "$TOTSUGO" pseudonymize -s study.yaml -k "$1" --passphrase-fd 4 --source roster -o out.csv - \
        <pipe 2>err 4<pass &
    pid=$!
    exec 3>pipe
    city_roster >&3
    sleep 2
    kill -0 $pid 2>/dev/null || fail "the run has ended early: $(cat err)"

    if [ -r "/proc/$pid/smaps" ] && [ -s "/proc/$pid/smaps" ]; then
        # lo: locked, dd: not dumped, wf: wiped on fork
        grep '^VmFlags' "/proc/$pid/smaps" | grep -q ' lo .*dd\|dd .*lo ' ||
            fail "no page is both locked and left out of dumps"
    fi
    if [ -r "/proc/$pid/mem" ] && command -v python3 >/dev/null; then
        # what a core dump would hold: every page that may be dumped, searched for the secrets
        python3 - "$pid" "$hexkey" "$passphrase" <<'P' || fail "a secret lies in a page that a core dump would hold"
import re, sys
pid, key, words = sys.argv[1], bytes.fromhex(sys.argv[2]), sys.argv[3].encode()
maps, found = [], False
for line in open(f"/proc/{pid}/smaps"):
    m = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) .*", line)
    if m:
        area = (int(m[1], 16), int(m[2], 16), m[3])
    elif line.startswith("VmFlags:") and " dd" not in line and area[2].startswith("rw"):
        maps.append(area)
with open(f"/proc/{pid}/mem", "rb") as mem:
    for begin, end, _ in maps:
        try:
            mem.seek(begin)
            data = mem.read(end - begin)
        except OSError:
            continue
        if key in data or key.hex().encode() in data or words in data:
            found = True
sys.exit(found)
P
    fi

    kill -ABRT $pid
    wait $pid 2>/dev/null
    exec 3>&-
    for f in core core.* /tmp/core.$pid; do
        [ -e "$f" ] && fail "there is a core dump: $f"
    done
    absent out.csv out.csv.manifest.json .out.csv.partial
    tr '\0' '\n' <err | grep -qi -e "$hexkey" -e "$passphrase" && fail "a secret was shown"
}

look key
look wrapped
finish
