#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The register of messages and its use agree: every TG_MSG_ in lib/ and cli/ stands in messages.def,
# every message of it is used there, and numbers ascend within the range of their section.
#
# usage: messages.sh [PROJECT-ROOT]
set -u
cd "${1:-.}" || exit 2
def=include/totsugo/messages.def
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
wrong=0

# A section's range runs up to the next section's number; a message's number from 900 on and a
# status of 0 belong together.
awk -v def="$def" '
function fail(why) {
    print def ":" NR ": " why
    wrong = 1
}
/^\/\* [0-9]+: / {
    from = $2 + 0
    sections[++n] = from
    if (n > 1 && from <= sections[n - 1])
        fail("section " from " stands after " sections[n - 1])
    next
}
/TG_MESSAGE\(/ && /^TG_MESSAGE\(/ {
    if (!match($0, /^TG_MESSAGE\([A-Z0-9_]+, [0-9]+, TG_[A-Z_]+, "/)) {
        fail("not TG_MESSAGE(NAME, NUMBER, STATUS, ... in one line")
        next
    }
    head = substr($0, 12, RLENGTH - 11)
    split(head, part, ", ")
    number = part[2] + 0
    if (!n)
        fail(part[1] " stands above all sections")
    if (number < from)
        fail(part[1] " " number " is below its section, " from)
    if (number <= last)
        fail(part[1] " " number " does not ascend after " last)
    numbers[part[1]] = number
    of[part[1]] = n
    line[part[1]] = NR
    if ((number >= 900) != (part[3] == "TG_OK"))
        fail(part[1] ": warnings, and only they, have numbers from 900 on and TG_OK")
    last = number
    count++
}
END {
    for (name in numbers) {
        if (of[name] < n && numbers[name] >= sections[of[name] + 1]) {
            NR = line[name]
            fail(name " " numbers[name] " is beyond its section")
        }
    }
    printf "%d messages\n", count
    exit wrong || !count
}' "$def" || wrong=1

sed -n 's/^TG_MESSAGE(\([A-Z0-9_]*\),.*/\1/p' "$def" | LC_ALL=C sort >"$work/registered"
find lib cli include -type f \( -name '*.[ch]' -o -name '*.def' \) ! -path "$def" |
    xargs grep -ohE 'TG_MSG_[A-Z0-9_]+' /dev/null | sed 's/^TG_MSG_//' |
    grep -vx -e NONE -e '' | LC_ALL=C sort -u >"$work/used"

unknown=$(LC_ALL=C comm -13 "$work/registered" "$work/used")
[ -z "$unknown" ] || { printf 'used, not in %s:\n%s\n' "$def" "$unknown"; wrong=1; }
unused=$(LC_ALL=C comm -23 "$work/registered" "$work/used")
[ -z "$unused" ] || { printf 'in %s, used nowhere:\n%s\n' "$def" "$unused"; wrong=1; }
# What is allowed is said in Japanese, too: texts of rules that errors of the study file, of keys and of packages
# give stand in rules.def, and those of rules.def are used.
rules=lib/base/rules.def
cat lib/*/*.c cli/*.c | tr '\n' ' ' | sed 's/" *"//g' >"$work/code"
sed -n 's/^TG_RULE_TEXT("\(.*\)", ".*")$/\1/p' "$rules" | LC_ALL=C sort >"$work/rules"
while IFS= read -r text; do
    grep -qF -- "$text\"" "$work/code" || { echo "$rules: nothing says: $text"; wrong=1; }
done <"$work/rules"
grep -oE '(tg_bad_value|touched|wrong)\([^;]*;|allowed\[\] = [^;]*;' "$work/code" | grep -oE '"[^"`]*[a-z]{2,} [a-z][^"`]*"' |
    tr -d '"' | LC_ALL=C sort -u | LC_ALL=C comm -23 - "$work/rules" >"$work/untold"
sed "s|^|$rules lacks: |" "$work/untold"
[ -s "$work/untold" ] && wrong=1

exit "$wrong"
