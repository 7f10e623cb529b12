#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The library has no variables that outlive a call, but the one flag that a signal handler sets.
#
# usage: statics.sh STATIC-LIBRARY…
set -u
[ $# -gt 0 ] || exit 2
objdump -t "$@" | awk '
/^In archive|:     file format/ { file = $0; sub(/:.*/, "", file); next }
{
    # symbols that have a size in a section that can be written to while running
    for (i = 3; i <= NF - 2; i++) {
        if ($i !~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ || $i ~ /^\.data\.rel\.ro/)
            continue
        if ($(i + 1) ~ /^0+$/ || $NF == "caught_signal" || $NF ~ /^\./)
            continue
        print file ": " $NF " in " $i
        wrong++
    }
    seen++
}
END { printf "%d symbols looked at, %d variables\n", seen, wrong; exit wrong > 0 || !seen }'
