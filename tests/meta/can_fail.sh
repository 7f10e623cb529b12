#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The scripts of this folder find what they are there for: each is run on a small sound tree, then
# on the same tree with one thing wrong.
#
# usage: can_fail.sh META-FOLDER
set -u
meta=$1
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
wrong=0

sound_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/lib/base" "$work/tree/lib/sys" "$work/tree/cli" \
        "$work/tree/include/totsugo" "$work/tree/tests" "$work/tree/bench"
    cd "$work/tree" || exit 2
    printf '%s\n' '#include <stdio.h>' 'int TG_API tg_a(void);' >include/totsugo/base.h
    printf '%s\n' '#include <totsugo/base.h>' >include/totsugo/sys.h
    printf '%s\n' '#include <totsugo/base.h>' '/* system(0) */' \
        'const char *a = "exit(1)"; int m = TG_MSG_ONE;' >lib/base/a.c
    printf '%s\n' '#include "base/b.h"' '#include <unistd.h>' 'int x = TG_MSG_W;' >lib/sys/a.c
    printf '%s\n' '#include <totsugo/sys.h>' '#include "cli.h"' >cli/main.c
    printf '%s\n' '/* 100: one */' 'TG_MESSAGE(ONE, 101, TG_USAGE, "a", "", "b", "")' \
        '/* 200: two */' '/* 900: warnings */' 'TG_MESSAGE(W, 900, TG_OK, "a", "", "b", "")' \
        >include/totsugo/messages.def
    cd "$work" || exit 2
}

# SCRIPT ARGUMENT…: must pass
passes() {
    script=$1
    shift
    sh "$meta/$script" "$@" >"$work/log" 2>&1 && return
    echo "$script fails on a sound tree:"
    cat "$work/log"
    wrong=1
}

# SCRIPT FILE LINE: one line more, and it must fail
fails() {
    sound_tree
    printf '%s\n' "$3" >>"$work/tree/$2"
    sh "$meta/$1" "$work/tree" ${4:+"$4"} >"$work/log" 2>&1 || return
    echo "$1 does not mind '$3' in $2"
    wrong=1
}

layers="$meta/layers.txt"
sound_tree
passes layers.sh "$work/tree" "$layers"
passes banned.sh "$work/tree"
passes messages.sh "$work/tree"

fails layers.sh lib/base/a.c '#include "sys/file.h"' "$layers"
fails layers.sh lib/base/a.c '#include <totsugo/sys.h>' "$layers"
fails layers.sh lib/base/a.c '#include <unistd.h>' "$layers"
fails layers.sh lib/base/a.c '  #  include  <sys/stat.h>' "$layers"
fails layers.sh lib/base/a.c '#include <openssl/evp.h>' "$layers"
fails layers.sh lib/base/a.c '#include "a.h"' "$layers"
fails layers.sh lib/base/a.c '#include "base/../sys/file.h"' "$layers"
fails layers.sh lib/base/a.c '#include HEADER' "$layers"
fails layers.sh lib/base/a.c '#include "nobody/file.h"' "$layers"
fails layers.sh lib/base/a.c '#include "unistd.h"' "$layers"
fails layers.sh lib/sys/a.c '#include <sqlite3.h>' "$layers"
fails layers.sh lib/sys/a.c '#include <unheard.h>' "$layers"
fails layers.sh cli/main.c '#include "base/mem.h"' "$layers"
fails layers.sh cli/main.c '#include <unistd.h>' "$layers"
fails layers.sh include/totsugo/sys.h '#include "base/mem.h"' "$layers"
fails layers.sh include/totsugo/sys.h '#include <unistd.h>' "$layers"
fails layers.sh include/totsugo/base.h '#include <totsugo/sys.h>' "$layers"

fails banned.sh lib/base/a.c 'void f(void) { strcpy(a, b); }'
fails banned.sh tests/a.c 'void f(void) { (void)sprintf (a, b); }'
fails banned.sh cli/main.c 'int f(void) { return atoi(a); }'
fails banned.sh lib/base/a.c 'void f(void) { /* why */ printf("a"); }'
fails banned.sh lib/base/a.c 'void f(void) { exit(1); }'
fails banned.sh lib/base/a.c 'void f(void) { _exit(1); }'
fails banned.sh lib/sys/child.c 'void f(void) { exit(1); }'
fails banned.sh lib/base/a.c 'FILE *f = stderr;'
fails banned.sh lib/base/a.c '/* TO''DO */'
fails banned.sh bench/a.c 'void f(void) { system("x"); }'

fails messages.sh lib/base/a.c 'int n = TG_MSG_TWO;'
fails messages.sh include/totsugo/messages.def 'TG_MESSAGE(X, 901, TG_OK, "a", "", "b", "")'
fails messages.sh include/totsugo/messages.def 'TG_MESSAGE(ONE, 102, TG_USAGE, "a", "", "b", "")'
fails messages.sh include/totsugo/messages.def '/* 800: late */'
sound_tree
sed 's/101/201/' "$work/tree/include/totsugo/messages.def" >"$work/def"
mv "$work/def" "$work/tree/include/totsugo/messages.def"
if sh "$meta/messages.sh" "$work/tree" >"$work/log" 2>&1; then
    echo "messages.sh does not mind a number beyond its section"
    wrong=1
fi
[ "$wrong" -eq 0 ] && echo "every script fails where it must"
exit "$wrong"
