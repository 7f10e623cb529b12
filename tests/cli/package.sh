#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packages between machines: sealed, opened, and refused when anything was touched. The payload is
# also read by the openssl command alone.
. "$(dirname "$0")/lib.sh"
. "$here/city.sh"
command -v openssl >/dev/null || { echo "openssl is not installed"; exit 77; }
umask 077

# party NAME KIND USAGE [DAYS] : NAME.key and a certificate of its own, NAME.pem
party() {
    case $2 in
    rsa) set -- "$1" "rsa:3072" "$3" "${4:-30}" "" ;;
    ec) set -- "$1" ec "$3" "${4:-30}" "-pkeyopt ec_paramgen_curve:P-256" ;;
    esac
    # shellcheck disable=SC2086
    openssl req -x509 -newkey $2 $5 -nodes -keyout "$1.key" -out "$1.pem" -days "$4" \
        -subj "/CN=$1/O=A city" -addext "keyUsage=$3" 2>/dev/null || fail "no certificate for $1"
}
party desk rsa digitalSignature
party machine rsa keyEncipherment
party phr ec digitalSignature
party remote ec keyAgreement
party other rsa digitalSignature,keyEncipherment

make_city
pseudonymize_all inbox
head -c 700000 /dev/urandom >big
: >nothing

expect 0 "$TOTSUGO" package seal --to machine.pem --cert desk.pem --sign desk.key -o sealed \
    inbox/roster.csv inbox/medical.csv big nothing
[ "$(stat -c %a sealed)" = 600 ] || fail "a package that others can read"
grep -aq '^file: 700000 ' sealed || fail "no readable list of files"
grep -aq "^file: .* $(sha256sum inbox/roster.csv | cut -d' ' -f1) roster.csv\$" sealed ||
    grep -aq "^file: [0-9]* $(sha256sum inbox/roster.csv | cut -d' ' -f1) roster.csv\$" sealed ||
    fail "no SHA-256 of the roster"
grep -aq '^about: study tiny-2025, source roster, kind roster, period 2025-03, rows 12, key [0-9a-f]\{16\}$' sealed ||
    fail "the list does not say what the roster is"
token=$(sed -n 2p inbox/roster.csv | cut -d, -f2)
grep -aq "$token" sealed && fail "a token lies open in the package"

expect 0 "$TOTSUGO" package open --from desk.pem --cert machine.pem --key machine.key -o got sealed
[ "$(ls got | wc -l)" -eq 6 ] || fail "not six files: $(ls got)"
for f in inbox/roster.csv inbox/roster.csv.manifest.json inbox/medical.csv big nothing; do
    same "$f" "got/$(basename "$f")"
done
[ "$(stat -c %a got/roster.csv)" = 600 ] || fail "a file that others can read"
expect 0 "$TOTSUGO" inspect got/roster.csv
expect 73 "$TOTSUGO" package open --from desk.pem --cert machine.pem --key machine.key -o got sealed
expect 73 "$TOTSUGO" package seal --to machine.pem --cert desk.pem --sign desk.key -o sealed big

# elliptic curves
expect 0 "$TOTSUGO" package seal --to remote.pem --cert phr.pem --sign phr.key -o curves big
expect 0 "$TOTSUGO" package open --from phr.pem --cert remote.pem --key remote.key -o got_ec curves
same big got_ec/big

# the openssl command alone: check the signature, then decrypt
size=$(stat -c %s sealed)
end=$(tail -c 103 sealed)
trailer_len=$(echo "$end" | cut -c21-28 | sed 's/^0*//')
signature_len=$(echo "$end" | cut -c30-37 | sed 's/^0*//')
content_len=$(sed -n '/^$/q;s/^file: \([0-9]*\) .*/\1/p' sealed 2>/dev/null | awk '{ n += $1 } END { print n }')
head_len=$(LC_ALL=C sed '/^$/q' sealed | wc -c)
rest=$((head_len + content_len))
cut_out() { tail -c +$(($1 + 1)) sealed | head -c "$2"; }
[ "$(head -c $((size - 103)) sealed | sha256sum | cut -d' ' -f1)" = "$(echo "$end" | cut -d' ' -f4)" ] ||
    fail "the SHA-256 of the last line"
cut_out "$head_len" "$content_len" >content.bin
cut_out "$rest" $((size - 103 - trailer_len - signature_len - rest)) >envelope.der
{ cut_out 0 "$head_len"; cut_out $((size - 103 - trailer_len - signature_len)) "$trailer_len"; } >texts
cut_out $((size - 103 - signature_len)) "$signature_len" >signature.der
openssl cms -verify -binary -inform DER -in signature.der -content texts -certfile desk.pem \
    -noverify -out /dev/null 2>err || fail "openssl does not accept the signature: $(cat err)"
grep -q "^content_sha256: $(sha256sum content.bin | cut -d' ' -f1)\$" texts || fail "SHA-256 of the content"
grep -q "^envelope: [0-9]* $(sha256sum envelope.der | cut -d' ' -f1)\$" texts || fail "SHA-256 of the envelope"
openssl cms -decrypt -binary -inform DER -in envelope.der -content content.bin \
    -recip machine.pem -inkey machine.key -out plain.bin 2>err || fail "openssl does not decrypt: $(cat err)"
cat inbox/roster.csv inbox/roster.csv.manifest.json inbox/medical.csv inbox/medical.csv.manifest.json \
    big nothing >want.bin
same want.bin plain.bin

# opens STATUS FILE : refused so, and nothing is left behind
refused() {
    expect "$1" "$TOTSUGO" package open --from desk.pem --cert machine.pem --key machine.key -o bad "$2"
    absent bad bad.partial
}
# flip OFFSET : one bit of the package
flip() {
    cp sealed bent
    byte=$(od -An -tu1 -j "$1" -N 1 sealed | tr -d ' ')
    printf "\\$(printf %o $((byte ^ 1)))" | dd of=bent bs=1 seek="$1" conv=notrunc 2>/dev/null
}
envelope_at=$rest
signature_at=$((size - 103 - signature_len))
trailer_at=$((signature_at - trailer_len))
for at in 0 5 20 30 100 $((head_len - 70)) $((head_len - 3)) $((head_len - 1)) \
    "$head_len" $((head_len + 5000)) $((rest - 1)) \
    "$envelope_at" $((envelope_at + 4)) $((envelope_at + 30)) $((envelope_at + 200)) $((trailer_at - 1)) \
    "$trailer_at" $((trailer_at + 40)) $((signature_at - 2)) \
    "$signature_at" $((signature_at + 12)) $((signature_at + 60)) $((signature_at + 150)) $((size - 104)) \
    $((size - 103)) $((size - 80)) $((size - 75)) $((size - 20)) $((size - 1)); do
    flip "$at"
    cmp -s sealed bent && fail "nothing was flipped at $at"
    "$TOTSUGO" package open --from desk.pem --cert machine.pem --key machine.key -o bad bent >out 2>err
    got=$?
    [ $got -eq 65 ] || [ $got -eq 77 ] || fail "a bit flipped at $at: exit $got"
    absent bad bad.partial
done
for cut in 0 10 $((head_len - 1)) "$head_len" $((rest - 10)) "$rest" $((size - 104)) $((size - 1)); do
    head -c "$cut" sealed >bent
    refused 65 bent
done
{ cat sealed; echo; } >bent
refused 65 bent

# the digests made right again by somebody without the sender's key
reseal() {
    head -c $((size - 103)) "$1" >whole
    { cat whole; printf 'totsugo-package-end %08d %08d %s\n' "$trailer_len" "$signature_len" \
        "$(sha256sum whole | cut -d' ' -f1)"; } >"$1"
}
flip $((head_len - 3)); reseal bent
refused 77 bent
flip $((head_len + 5000)); reseal bent
refused 65 bent
flip $((trailer_at + 40)); reseal bent
refused 65 bent

# another's text on this content
expect 0 "$TOTSUGO" package seal --to machine.pem --cert desk.pem --sign desk.key -o second nothing big
head2=$(LC_ALL=C sed '/^$/q' second | wc -c)
{ head -c "$head2" second; tail -c +$((head_len + 1)) sealed; } >bent
refused 65 bent

# wrong parties
expect 77 "$TOTSUGO" package open --from other.pem --cert machine.pem --key machine.key -o bad sealed
says E335
expect 77 "$TOTSUGO" package open --from desk.pem --cert other.pem --key other.key -o bad sealed
says E336
expect 77 "$TOTSUGO" package open --from desk.pem --cert machine.pem --key other.key -o bad sealed
says E333
expect 77 "$TOTSUGO" package open --from desk.key --cert machine.pem --key machine.key -o bad sealed
says E330
# somebody signs as the desk, with another key under the same name
openssl req -x509 -newkey rsa:3072 -nodes -keyout false.key -out false.pem -days 30 -subj "/CN=desk/O=A city" 2>/dev/null
expect 0 "$TOTSUGO" package seal --to machine.pem --cert false.pem --sign false.key -o forged big
refused 77 forged
says E335
chmod 644 machine.key
expect 77 "$TOTSUGO" package open --from desk.pem --cert machine.pem --key machine.key -o bad sealed
says E301
chmod 600 machine.key
expect 77 "$TOTSUGO" package seal --to desk.pem --cert desk.pem --sign desk.key -o k big
says E331
expect 77 "$TOTSUGO" package seal --to machine.pem --cert machine.pem --sign machine.key -o k big
says E331
absent k bad

# certificates out of their time: not to seal with; to open, what counts is when it was sealed
openssl x509 -in desk.pem -noout -checkend 0 >/dev/null || fail "the desk's certificate has expired"
openssl req -new -key desk.key -subj /CN=old -out old.csr 2>/dev/null
mkdir ca && : >ca/index && echo 01 >ca/serial
cat >ca.cnf <<'C'
[ca]
default_ca = c
[c]
database = ca/index
serial = ca/serial
new_certs_dir = ca
default_md = sha256
policy = p
[p]
commonName = supplied
C
if openssl ca -batch -config ca.cnf -selfsign -keyfile desk.key -in old.csr -out old.pem \
    -startdate 20200101000000Z -enddate 20210101000000Z -notext 2>err; then
    expect 77 "$TOTSUGO" package seal --to machine.pem --cert old.pem --sign desk.key -o k big
    says E332
    expect 77 "$TOTSUGO" package seal --to old.pem --cert desk.pem --sign desk.key -o k big
    says E332
    absent k
else
    fail "no expired certificate: $(cat err)"
fi

# a private key under a passphrase
printf 'words of a key\n' >pass
openssl rsa -in desk.key -aes256 -passout file:pass -out locked.key 2>/dev/null
expect 0 "$TOTSUGO" package seal --to machine.pem --cert desk.pem --sign locked.key --passphrase-fd 3 -o locked big 3<pass
expect 0 "$TOTSUGO" package open --from desk.pem --cert machine.pem --key machine.key -o got_locked locked
echo 'other words here' >wrong
expect 77 "$TOTSUGO" package seal --to machine.pem --cert desk.pem --sign locked.key --passphrase-fd 3 -o k big 3<wrong
says E333
absent k

# names
mkdir sub && cp big sub/big
expect 64 "$TOTSUGO" package seal --to machine.pem --cert desk.pem --sign desk.key -o k big sub/big
says E337
: >.hidden
expect 64 "$TOTSUGO" package seal --to machine.pem --cert desk.pem --sign desk.key -o k .hidden
expect 66 "$TOTSUGO" package seal --to machine.pem --cert desk.pem --sign desk.key -o k none
# a token file that its manifest does not describe
cp inbox/roster.csv sub/ && cp inbox/roster.csv.manifest.json sub/ && echo >>sub/roster.csv
"$TOTSUGO" package seal --to machine.pem --cert desk.pem --sign desk.key -o k sub/roster.csv 2>err && fail "a damaged token file was sealed"
absent k
finish
