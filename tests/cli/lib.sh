# SPDX-License-Identifier: Apache-2.0
# What the command-line tests share. $TOTSUGO is the program; each test gets a folder of its own.
set -u
export LC_ALL=C TZ=UTC0
here=$(cd "$(dirname "$0")" && pwd)
golden=$here/golden
work=$(mktemp -d "${TMPDIR:-/tmp}/totsugo-cli-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "FAIL: $*" >&2
    failures=$((failures + 1))
}

# expect STATUS COMMAND... : runs it; its output is in out and err
expect() {
    want=$1
    shift
    "$@" >out 2>err
    got=$?
    [ "$got" -eq "$want" ] || {
        fail "exit $got, not $want: $*"
        sed 's/^/    /' err >&2
    }
}

# says CODE [TEXT] : the last command's standard error holds the message
says() {
    grep -q "$1" err || {
        fail "no $1 in: $(cat err)"
        return
    }
    [ $# -lt 2 ] || grep -qF -- "$2" err || fail "no '$2' in: $(cat err)"
}

same() {
    cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# matches FILE NAME : the file is the golden one; UPDATE_GOLDEN=1 writes it anew
matches() {
    [ -z "${UPDATE_GOLDEN:-}" ] || cp "$1" "$golden/$2"
    cmp -s "$1" "$golden/$2" || {
        fail "$1 is not golden/$2"
        diff "$golden/$2" "$1" | head -10 >&2
    }
}

absent() {
    for f in "$@"; do
        [ ! -e "$f" ] || fail "$f is there"
    done
}

# the key 000102…1f, so that golden files hold
fixed_key() {
    ( umask 077 && printf '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n' >hex )
    "$TOTSUGO" key import -s "$1" --hex hex -o "$2" 2>/dev/null || fail "no fixed key"
}

finish() {
    [ "$failures" -eq 0 ]
    exit
}
