#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shared library exports the functions that the public headers declare with TG_API: these, all
# of these, and nothing else.
#
# usage: symbols.sh SHARED-LIBRARY [PROJECT-ROOT]
set -u
library=$1
root=${2:-.}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

cat "$root"/include/totsugo/*.h | tr '\n' '\001' |
    sed 's/\\\x01/ /g' | tr '\001' '\n' |
    awk '
    # preprocessor lines and comments out, one declaration a line
    /^[ \t]*#/ { next }
    { text = text " " $0 }
    END {
        while ((at = index(text, "/*")) > 0) {
            rest = substr(text, at + 2)
            end = index(rest, "*/")
            text = substr(text, 1, at - 1) " " (end ? substr(rest, end + 2) : "")
        }
        gsub(/[;{}]/, "\n", text)
        print text
    }' |
    awk '/(^|[^A-Za-z0-9_])TG_API[^A-Za-z0-9_]/ {
        if (match($0, /tg_[A-Za-z0-9_]+[ \t]*\(/))
            print substr($0, RSTART, RLENGTH - 1)
        else
            print "not understood: " $0
    }' | tr -d ' \t' | LC_ALL=C sort >"$work/declared"

nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
    LC_ALL=C sort >"$work/exported"

n=$(wc -l <"$work/declared")
twice=$(uniq -d "$work/declared")
[ -z "$twice" ] || echo "declared twice: $twice"
missing=$(LC_ALL=C comm -23 "$work/declared" "$work/exported")
[ -z "$missing" ] || printf 'declared, not exported:\n%s\n' "$missing"
extra=$(LC_ALL=C comm -13 "$work/declared" "$work/exported")
[ -z "$extra" ] || printf 'exported, not declared with TG_API:\n%s\n' "$extra"
echo "$n functions declared"
[ "$n" -gt 0 ] && [ -z "$twice$missing$extra" ]
