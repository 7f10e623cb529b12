#!/bin/sh
# Builds totsugo twice, plainly and with the sanitizers, and runs all tests.
set -u
cd "$(dirname "$0")" || exit 1

scripts/deps.sh tests || exit 1

# build FOLDER OPTION... : (re)configures and builds
build() {
    folder=$1
    shift
    if [ -d "$folder" ]; then
        meson configure "$folder" "$@" >/dev/null || return 1
    else
        meson setup "$folder" "$@" >/dev/null || return 1
    fi
    ninja -C "$folder" >"$folder/build.log" 2>&1 || {
        cat "$folder/build.log"
        return 1
    }
}

# run FOLDER OPTION... : runs tests and adds up what meson counts
passed=0 failed=0 skipped=0
run() {
    folder=$1
    shift
    # limits of time are for tests that hang, not for a machine that is busy
    meson test -C "$folder" --no-rebuild --print-errorlogs --timeout-multiplier 5 "$@" >"$folder/test.log" 2>&1
    status=$?
    cat "$folder/test.log"
    count() { awk -v name="$1" -F: '$1 == name { n = $2 + 0 } END { print n + 0 }' "$folder/test.log"; }
    ok=$(count Ok)
    bad=$(($(count Fail) + $(count Timeout) + $(count 'Unexpected Pass')))
    [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    passed=$((passed + ok + $(count 'Expected Fail')))
    failed=$((failed + bad))
    skipped=$((skipped + $(count Skipped)))
}

build build -Dtests=true || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
run build

build build-sanitized -Dtests=true -Db_sanitize=address,undefined -Db_lundef=false ||
    { echo "$passed passed, $((failed + 1)) failed, $skipped skipped"; exit 1; }
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
run build-sanitized --suite unit --suite property --suite fuzz --suite cli

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
