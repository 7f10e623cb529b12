#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nightly.sh FOLDER [YYYY-MM] : the job of one study, for a scheduler.
#
# FOLDER holds study.yaml, inbox/, runs/ and the store. Without a month it is the last month that is
# over. The exit code is totsugo's; the last line on standard error says what it came to.
# $TOTSUGO names the program where it is not in the PATH.
set -eu
cd "$1"
month=${2:-$(date -d "$(date +%Y-%m-01) - 1 day" +%Y-%m)}
exec "${TOTSUGO:-totsugo}" run -s study.yaml --month "$month" --log-format json
