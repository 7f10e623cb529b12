#!/bin/sh
# Builds totsugo and runs the whole way once, on a synthetic municipality, to the report.
#   ./demo.sh [--persons N] [--users N] [--months N] [--seed N]     default 20000, 2000, 24, 1
set -eu
cd "$(dirname "$0")"

scripts/deps.sh
[ -d build ] || meson setup build -Dtests=false >/dev/null
ninja -C build cli/totsugo >/dev/null
rm -rf demo
build/cli/totsugo demo demo "$@"
