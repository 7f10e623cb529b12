#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/lib.sh"

expect 64 "$TOTSUGO"
says E101
expect 64 "$TOTSUGO" nonsense
expect 64 "$TOTSUGO" key
expect 64 "$TOTSUGO" key melt
expect 64 "$TOTSUGO" help nonsense
expect 64 "$TOTSUGO" run
says E103 "--study"
expect 64 "$TOTSUGO" import -s x.yaml
says E103 "FILE"
expect 64 "$TOTSUGO" run -s x.yaml --month 2025-01 extra
says E102
expect 64 "$TOTSUGO" run --secret=hunter2
says E102 "--secret"
grep -q hunter2 err && fail "a value was shown"
expect 64 "$TOTSUGO" generate d --persons 5
says E104 "100..10000000"
expect 64 "$TOTSUGO" pseudonymize -s x -k x --source x -o x --memory 1K x
says E104
expect 64 "$TOTSUGO" evaluate --links x --truth x --min-f1 2
expect 64 "$TOTSUGO" run -s x --month 2025-01 --log-format xml

expect 0 "$TOTSUGO" --version
grep -q '^totsugo [0-9]' out || fail "no version"
expect 0 "$TOTSUGO" -h
sed -n 's/^  \([a-z-]* \{0,1\}[a-z]*\)  .*/\1/p' out >verbs
[ "$(wc -l <verbs)" -ge 15 ] || fail "too few verbs in -h"
while read -r verb; do
    # shellcheck disable=SC2086
    expect 0 "$TOTSUGO" help $verb
    cp out by_help
    # shellcheck disable=SC2086
    expect 0 "$TOTSUGO" $verb -h
    same out by_help
    [ -s err ] && fail "help of $verb speaks on standard error"
    grep -q "^totsugo $verb" out || fail "help of $verb is another's"
done <verbs
# the first of two words lists those that begin with it
for group in $(sed -n 's/ [a-z].*//p' verbs | sort -u); do
    expect 0 "$TOTSUGO" help "$group"
    cp out by_help
    expect 0 "$TOTSUGO" "$group" --help
    same out by_help
    sed -n 's/^  \([a-z-]* [a-z]*\)  .*/\1/p' out >listed
    grep "^$group " verbs >wanted
    same listed wanted
done

# Japanese by locale, from any of the three variables
unset LC_ALL
expect 64 env LANG=ja_JP.UTF-8 "$TOTSUGO" nonsense
says "その名前の命令はありません"
expect 64 env LANG=ja_JP.UTF-8 LC_ALL=C "$TOTSUGO" nonsense
says "no command, or none of this name"

# one JSON object per line
expect 66 "$TOTSUGO" verify -s none.yaml --log-format json
grep -q '^{.*"code":"E200".*"file":"none.yaml".*}$' err || fail "no JSON line: $(cat err)"
finish
