#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails on calls that have no place here, and on notes to be done later.
#
# usage: banned.sh [PROJECT-ROOT]
set -u
cd "${1:-.}" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
found=0

# All C code as lines FILE:LINE:CODE, comments and what strings say taken out.
find lib cli include tests bench -type f -name '*.[ch]' 2>/dev/null | LC_ALL=C sort |
    xargs awk '
    FNR == 1 { in_comment = 0 }
    {
        line = $0
        out = ""
        while (line != "") {
            if (in_comment) {
                at = index(line, "*/")
                line = at ? substr(line, at + 2) : ""
                in_comment = !at
            } else if (match(line, /^[^"\047\/]+/)) {
                out = out substr(line, 1, RLENGTH)
                line = substr(line, RLENGTH + 1)
            } else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^\047([^\047\\]|\\.)*\047/)) {
                out = out "0"
                line = substr(line, RLENGTH + 1)
            } else if (substr(line, 1, 2) == "/*") {
                out = out " "
                in_comment = 1
                line = substr(line, 3)
            } else if (substr(line, 1, 2) == "//") {
                line = ""
            } else {
                out = out substr(line, 1, 1)
                line = substr(line, 2)
            }
        }
        print FILENAME ":" FNR ": " out
    }' >"$work/code"

# WHY PATTERN FOLDER…: the pattern must not stand in the code of these folders
ban() {
    why=$1
    pattern=$2
    shift 2
    for folder; do
        grep "^$folder/" "$work/code"
    done | grep -E "$pattern" >"$work/hits" || return
    echo "$why:"
    cat "$work/hits"
    found=1
}

# NAME|NAME…: a call of one of these
call() {
    printf '[^A-Za-z0-9_.>](%s)[[:space:]]*[(]' "$1"
}

[ -d lib ] || { echo "no lib/ here"; exit 2; }

ban "use lengths, snprintf and tg_buf" \
    "$(call 'strcpy|stpcpy|strcat|sprintf|vsprintf|gets|strtok|strtok_r|alloca')" \
    lib cli include tests bench
ban "parse with checks" "$(call 'atoi|atol|atoll|atof')" lib cli include tests bench
ban "parse with checks" "$(call 'sscanf|scanf|fscanf')" lib cli include
ban "no shell, no unsafe names" "$(call 'system|popen|mktemp|tmpnam|tempnam|tmpfile')" \
    lib cli include bench
ban "no result may depend on these" "$(call 'setlocale|rand|srand|random|srandom|drand48|rand_r')" \
    lib cli include
ban "not safe with threads" "$(call 'localtime|gmtime|ctime|asctime|getpwuid|getpwnam|readdir_r')" \
    lib cli include
ban "the library does not print" \
    "$(call 'printf|vprintf|fprintf|vfprintf|dprintf|vdprintf|puts|putchar|putc|fputs|fputc|fwrite|perror|psignal|syslog')" \
    lib include
ban "the library does not print" '[^A-Za-z0-9_](stdout|stderr)([^A-Za-z0-9_]|$)' lib include
# but a child process of its own has to end
sed -i '/^lib\/sys\/child\.c:/s/[^A-Za-z0-9_]_exit(/ end(/' "$work/code"
ban "the library does not exit" "$(call 'exit|_exit|_Exit|quick_exit|atexit|pthread_exit|err|errx|warn|warnx')" \
    lib include

later='TO''DO|FIX''ME|XX''X|HA''CK'
hits=$(find . -path ./.git -prune -o -path './build*' -prune -o -type f \
    \( -name '*.[ch]' -o -name '*.def' -o -name '*.sh' -o -name '*.md' -o -name '*.yaml' \
    -o -name '*.txt' -o -name '*.map' -o -name 'meson*' \) -print | LC_ALL=C sort |
    xargs grep -EnwH "$later" /dev/null)
if [ -n "$hits" ]; then
    printf 'do it, or open an issue:\n%s\n' "$hits"
    found=1
fi
[ "$found" -eq 0 ] && echo "nothing banned was found"
exit "$found"
