#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# man.sh PROGRAM PAGE : every verb and option of -h stands in its section of the man page, and the
# other way round.
set -u
export LC_ALL=C
program=$1
page=$2
bad=0
tab=$(mktemp)
trap 'rm -f "$tab"' EXIT

# "verb: --option" lines from the page's sections
awk '
    /^\.SS / { line = $0; sub(/^\.SS "?/, "", line); sub(/ \[options\].*/, "", line); verb = line }
    /^\.SH / && !/VERBS/ { verb = "" }
    verb != "" && /^\.BI? / && match($0, /\\-\\-[a-z0-9\\-]+/) {
        option = substr($0, RSTART, RLENGTH); gsub(/\\/, "", option); print verb ": " option
    }
    /^\.SS / { print verb ":" }' "$page" | sort >"$tab"

have=$("$program" -h | sed -n 's/^  \([a-z-]* \{0,1\}[a-z-]*\)  .*/\1/p' | while read -r verb; do
    echo "$verb:"
    # shellcheck disable=SC2086
    "$program" help $verb | sed -n 's/^  .\{0,4\}\(--[a-z0-9-]*\).*/\1/p' |
        grep -v -e '^--help$' -e '^--log-format$' | sed "s/^/$verb: /"
done | sort)

[ -n "$have" ] || { echo "no verbs in -h"; exit 1; }
echo "$have" | diff - "$tab" || bad=1
exit $bad
