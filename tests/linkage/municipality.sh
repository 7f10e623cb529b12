#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The generated municipality: app users against the last rosters of both insurances, row to row. A
# user whose insurance is not in the roster at hand has no partner there.
. "$(dirname "$0")/lib.sh"
"$TOTSUGO" generate city --persons 20000 --users 2000 --months 24 --seed 1 2>>messages
study=$work/city/study.yaml
new_key "$study"
pseudonymize "$study" app_users left city/raw/app_users.csv
awk -F, 'FNR > 1 && $3 != "" { print $2 "," $3 }' city/truth/users.csv >lines
rows left.lookup lines >left.rows

# three quarters of the users are in the one roster, the rest have no counterpart in the other
for source in roster late_elderly; do
    [ $source = roster ] && least=0.993 || least=0.98
    rm -f right.*
    file=${source}_2026-03.csv
    pseudonymize "$study" "$source" right "city/raw/$file" 2026-03
    awk -F, -v file="$file" '$1 == file { print $2 "," $3 }' city/truth/roster_lines.csv >lines
    rows right.lookup lines >right.rows
    truth left.rows right.rows >truth.csv
    measure "app users, $source" "$study" 0.9995 "$least" 0.01
done
