#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a scheduler or a shell may leave a process with: closed streams, a reader that is gone, signals
# ignored, limits, another umask, time zone or language. Results are the same, or nothing is there.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
job() { "$TOTSUGO" run -s study.yaml --month 2025-03; }

# children are waited for though nobody wants to hear of them
env --ignore-signal=CHLD "$TOTSUGO" run -s study.yaml --month 2025-03 2>err || fail "run with SIGCHLD ignored: $(cat err)"
cp -r runs runs.sound
anew() { rm -rf runs totsugo.db*; }
whole() {
    diff -r runs runs.sound >/dev/null || fail "other bytes with $1"
    expect 0 "$TOTSUGO" verify -s study.yaml
}

# no file takes the place of a closed stream, and what was asked for there is not lost unsaid
anew
job <&- >&- 2>&- || fail "run with closed streams"
whole "closed streams"
"$TOTSUGO" disclosures -s study.yaml -o - >&- 2>err
[ $? -eq 74 ] || fail "a closed standard output took a list"
says E212
for i in 1 2 3 4 5 6; do cat roster.raw; done | sed 's/ｺﾊﾞﾔｼ/ｺ?ﾔｼ/' >many.raw
"$TOTSUGO" pseudonymize -s study.yaml -k key --source roster -o loud.csv many.raw 2>err
"$TOTSUGO" pseudonymize -s study.yaml -k key --source roster -o quiet.csv many.raw <&- >&- 2>&-
[ -s err ] || fail "these lines should give a warning"
[ -e loud.csv ] && ! cmp -s loud.csv quiet.csv && fail "messages went into an output"

# whoever read the messages is gone: the job is done all the same
anew
mkfifo pipe
(job 2>pipe; echo $? >code) &
: <pipe
wait $!
[ "$(cat code)" -eq 0 ] || fail "run ended with $(cat code) where nobody reads its messages"
whole "nobody who reads"

# a file may not grow: an error like any other. Its message is written to a pipe.
anew
{ (ulimit -f 8; job; echo $? >code) 2>&1 | cat >err; } || :
[ "$(cat code)" -eq 74 ] || fail "run ended with $(cat code) under a limit of file sizes"
says E608
absent runs/2025-03
expect 0 job
whole "a limit of file sizes before"

anew
(umask 000; TZ=Pacific/Kiritimati LC_ALL=ja_JP.UTF-8 job) 2>err || fail "run elsewhere: $(cat err)"
whole "another umask, time zone and language"
[ -z "$(find runs totsugo.db site.key ! -type d -perm /077)" ] || fail "others can read: $(find runs -perm /077)"
finish
