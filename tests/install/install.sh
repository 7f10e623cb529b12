#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs into an empty folder, builds a program of somebody else against what is there, and holds
# the token it prints against the vector.
#
# usage: install.sh BUILD-DIR PROJECT-ROOT
set -u
build=$1
root=$2
cc=${CC:-cc}
top=$(mktemp -d) || exit 2
trap 'rm -rf "$top"' EXIT

fail() {
    echo "$1" >&2
    exit 1
}

# NAME: the one file of this name that was installed
installed() {
    found=$(find "$top/root" -name "$1")
    [ -e "$found" ] || fail "$1 was not installed, or not once"
    printf %s "$found"
}

meson install -C "$build" --no-rebuild --quiet --destdir "$top/root" >"$top/log" 2>&1 || {
    cat "$top/log"
    fail "meson install failed"
}

# Everything that the contract of the package names.
for header in "$root"/include/totsugo/*; do
    cmp "$header" "$(installed "$(basename "$header")")" || fail "another $header was installed"
done
library=$(installed libtotsugo.so) || exit 1
program=$(find "$top/root" -path '*/bin/totsugo')
[ -x "$program" ] || fail "the program was not installed"
pc=$(installed totsugo.pc) || exit 1
[ -L "$library" ] || fail "libtotsugo.so is no link to the versioned library"

PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$top/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
flags=$(pkg-config --cflags --libs totsugo) || fail "pkg-config does not know totsugo"
include=$(pkg-config --variable=includedir totsugo)

# Each header stands alone, in C and, where there is a compiler, in C++.
for header in "$root"/include/totsugo/*.h; do
    name=$(basename "$header")
    printf '#include <totsugo/%s>\n' "$name" >"$top/alone.c"
    cp "$top/alone.c" "$top/alone.cc"
    $cc -std=c11 -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$include" "$top/alone.c" ||
        fail "$name does not stand alone"
    command -v c++ >/dev/null || continue
    c++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only -I"$include" "$top/alone.cc" ||
        fail "$name does not stand alone in C++"
done

# shellcheck disable=SC2086 # flags are words
$cc -std=c11 -Wall -Wextra -Werror "$root/tests/install/consumer.c" -o "$top/consumer" $flags ||
    fail "the consumer cannot be built"

line=$(sed -n 2p "$root/testdata/vectors/tokens.csv")
(
    umask 077
    printf '%s\n' "${line%%,*}" >"$top/key.hex"
)
want=$(printf %s "$line" | cut -d, -f7)
got=$(LD_LIBRARY_PATH=$(dirname "$library") "$top/consumer" "$top/key.hex") || fail "it ended with $?"
[ "$got" = "$want" ] || fail "the token is $got, not $want"

# What was installed runs where it lies, and says which version it is.
LD_LIBRARY_PATH=$(dirname "$library") "$program" --version >"$top/version" ||
    fail "the program does not run"
grep -qF "$(pkg-config --modversion totsugo)" "$top/version" || fail "program and package differ"
find "$top/root" -path '*/man1/totsugo*' | grep -q . || fail "no man page was installed"
echo "installed, built against and run; the token is that of the vectors"
