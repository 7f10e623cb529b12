#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Temporary files: they hold no raw value, and SIGKILL at any moment leaves nothing anywhere.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
mkdir out_dir tmp_dir
export TMPDIR="$PWD/tmp_dir"

# 60,000 people, so that 16 MiB are not enough; values that are easily searched for
{
    head -2 roster.raw
    awk 'BEGIN {
        for (i = 1; i <= 60000; i++)
            printf "138016,QZSYMBOL,77%07d,%012d,QZNAME %d,19%02d1123,%d,QZDISTRICT,20100401,\n",
                i, i, i, 30 + i % 60, 1 + i % 2
    }'
} >many.raw

begin() {
    "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --memory 16M --threads 2 \
        -o out_dir/out.csv many.raw 2>err &
    pid=$!
}

# nothing may be visible but whole outputs
check_left() {
    for f in $(ls -A out_dir) $(ls -A tmp_dir); do
        case $f in
        out.csv | out.csv.manifest.json) ;;
        *) fail "$1 left $f behind" ;;
        esac
    done
    [ -e out_dir/out.csv.manifest.json ] && [ ! -e out_dir/out.csv ] &&
        fail "$1 left a manifest alone"
    rm -f out_dir/*
}

# the unnamed files of process $pid, as far as they have been written
unnamed() { find "/proc/$pid/fd" -lname '*out_dir/* (deleted)' 2>/dev/null; }

# 1. no raw value in what lies on the disk while it works; the output's own rows lie there too
begin
while kill -0 $pid 2>/dev/null; do
    most=0
    for f in $(unnamed); do
        size=$(stat -L -c %s "$f" 2>/dev/null || echo 0)
        [ "$size" -gt $most ] && most=$size
    done
    [ $most -gt 2000000 ] && break
done
kill -STOP $pid 2>/dev/null || fail "the run ended before it used the disk: $(cat err)"
if [ -n "$(unnamed)" ]; then
    for f in $(unnamed); do
        cat "$f" >copy || fail "$f cannot be read"
        grep -qaE 'QZSYMBOL|QZNAME|77[0-9]{7}|19[3-8][0-9]1123' copy && fail "a raw value lies on the disk"
        grep -qa QZDISTRICT copy && carried=yes
    done
    [ "${carried:-}" = yes ] || fail "what is carried in clear was not found: the search is blind"
fi
kill -KILL $pid
wait $pid 2>/dev/null
check_left "SIGKILL while sorting"

# 2. at any moment
for delay in 0.01 0.05 0.1 0.15 0.2 0.25 0.3 0.4 0.5 0.7; do
    begin
    sleep $delay
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    check_left "SIGKILL after $delay s"
done

# 3. what they took is said, and nothing is left of it
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --memory 16M --threads 2 \
    -o out_dir/out.csv many.raw
says "temporary files: "
expect 0 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster -f -o out_dir/out.csv many.raw
grep -q "temporary files: " err && fail "temporary files were used where memory is enough"
check_left "success"

# 4. too little room is said before it runs out, where this machine lets us mount a small disk
mkdir small
if mount -t tmpfs -o size=12m,mode=0700 none small 2>/dev/null; then
    expect 74 "$TOTSUGO" pseudonymize -s study.yaml -k key --source roster --memory 16M \
        --threads 2 -o small/out.csv many.raw
    says W907
    [ -z "$(ls -A small)" ] || fail "a full disk keeps $(ls -A small)"
    umount small
fi
finish
