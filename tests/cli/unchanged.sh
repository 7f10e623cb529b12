#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A month is done again when, and only when, something that it rests on has changed.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
make_city
pseudonymize_all inbox
month=runs/2025-03

# made: the month is put in place anew; stays: it is left alone
folder() { stat -c %i $month; }
run() {
    before=$(folder 2>/dev/null || true)
    expect 0 "$TOTSUGO" run -s study.yaml --month 2025-03 "$@"
}
made() {
    run "$@"
    [ "$(folder)" != "$before" ] || fail "$what: the month was not made again"
    ! grep -q "nothing was done" err || fail "$what: it says that nothing was done"
}
stays() {
    run "$@"
    says "nothing was done"
    [ "$(folder)" = "$before" ] || fail "$what: the month was made again"
}
what=first made
cp -r $month first
what=again stays
diff -r first $month >/dev/null || fail "the month is another"
what="as of another day" made --as-of 2025-03-30
what="as of another day again" stays --as-of 2025-03-30
what="as of the last day" made
diff -r first $month >/dev/null || fail "the same month gives other bytes"
what="another recipient" made --recipient auditor
what="the first recipient" made
printf '\n' >>$month/links.csv
what="a file that was changed" made
rm $month/report.html
what="a file that is gone" made
rm -r $month
what="a month that is gone" made
diff -r first $month >/dev/null || fail "the same inputs give other bytes"
echo '# a remark' >>study.yaml
what="another study file" made
what="the same study file" stays
rm -r inbox/app_users.csv*
what="a file that left the inbox" stays
user=$(sed -n '2s/,.*//p' $month/links.csv)
expect 0 "$TOTSUGO" consent withdraw -s study.yaml --provider walkapp --user "$user" --on 2025-02-01
what="a consent that was withdrawn" made
! grep -q "^$user," $month/links.csv || fail "a user who withdrew is linked"
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04
what="after another month" made
what="after another month, again" stays
rm $month/links.csv
expect 0 "$TOTSUGO" run -s study.yaml --month 2025-04
what="a file that is gone, after another month" made
expect 0 "$TOTSUGO" verify -s study.yaml

finish
