#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/lib.sh"

expect 0 "$TOTSUGO" init city
[ -d city/keys ] && [ -d city/inbox ] && [ -d city/runs ] || fail "folders are missing"
expect 73 "$TOTSUGO" init city
says E210
expect 0 "$TOTSUGO" init --force city

s=city/study.yaml
expect 0 "$TOTSUGO" key new -s $s -o city/keys/shared.key
[ "$(stat -c %a city/keys/shared.key)" = 600 ] || fail "a key with wide permissions"
expect 73 "$TOTSUGO" key new -s $s -o city/keys/shared.key
expect 0 "$TOTSUGO" key show city/keys/shared.key
grep -Eq '^id: [0-9a-f]{16}$' out || fail "no id"
secret=$(sed -n 's/^key: //p' city/keys/shared.key)
[ ${#secret} -eq 64 ] || fail "the key file has no key"
grep -q "$secret" out err && fail "the secret was shown"

# the id is HMAC-SHA256(key, "totsugo/key-id"), as anybody can check
id=$(printf 'totsugo/key-id' | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -r | cut -c1-16)
grep -q "^id: $id$" out || fail "another id than openssl's"

chmod 644 city/keys/shared.key
expect 77 "$TOTSUGO" key show city/keys/shared.key
says E301
chmod 600 city/keys/shared.key
expect 66 "$TOTSUGO" key show none.key
expect 66 "$TOTSUGO" key show city
sed 's/^key: ...../key: 00000/' city/keys/shared.key >bent.key && chmod 600 bent.key
expect 77 "$TOTSUGO" key show bent.key
says E300
head -c 40 city/keys/shared.key >cut.key && chmod 600 cut.key
expect 77 "$TOTSUGO" key show cut.key

fixed_key $s fixed.key
expect 0 "$TOTSUGO" key show fixed.key
id=$(printf 'totsugo/key-id' | openssl dgst -sha256 -mac HMAC \
    -macopt hexkey:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -r | cut -c1-16)
grep -q "^id: $id$" out || fail "the imported key has another id"
( umask 077 && echo 0011 >short.hex )
expect 65 "$TOTSUGO" key import -s $s --hex short.hex -o k
says E303
chmod 644 hex
expect 77 "$TOTSUGO" key import -s $s --hex hex -o k
absent k

# a key under a passphrase: the header is readable, the key is not, and only the passphrase opens it
chmod 600 hex
pass='correct horse battery'
printf '%s\n' "$pass" >pass
printf 'correct horse batterx\n' >wrong
expect 0 "$TOTSUGO" key import -s $s --hex hex --passphrase-fd 3 -o wrapped.key 3<pass
[ "$(stat -c %a wrapped.key)" = 600 ] || fail "a wrapped key with wide permissions"
head -1 wrapped.key | grep -qx 'totsugo-wrapped-key/1' || fail "not a wrapped key"
grep -qx 'kdf: scrypt 131072 8 1' wrapped.key || fail "other scrypt parameters"
grep -q 000102030405 wrapped.key && fail "the key lies open"
expect 0 "$TOTSUGO" key show --passphrase-fd 3 wrapped.key 3<pass
grep -q "^id: $id$" out || fail "the wrapped key has another id"
grep -qx 'epoch: 1' out || fail "no epoch"
expect 77 "$TOTSUGO" key show --passphrase-fd 3 wrapped.key 3<wrong
says E305
grep -q horse err out && fail "the passphrase was shown"
expect 77 "$TOTSUGO" key show --passphrase-fd 3 wrapped.key 3</dev/null
says E306
expect 66 "$TOTSUGO" key show --passphrase-fd 9 wrapped.key
says E206
expect 64 "$TOTSUGO" key show --passphrase-fd x wrapped.key
sed 's/^created: 20../created: 1999/' wrapped.key >bent.key && chmod 600 bent.key
expect 77 "$TOTSUGO" key show --passphrase-fd 3 bent.key 3<pass
says E305
sed 's/^kdf: .*/kdf: scrypt 1073741824 8 1/' wrapped.key >bent.key
expect 77 "$TOTSUGO" key show --passphrase-fd 3 bent.key 3<pass
says E300
printf 'too short\n' >short
expect 77 "$TOTSUGO" key new -s $s --passphrase-fd 3 -o k 3<short
says E306
absent k

# the seal as anybody can open it: scrypt and AES-256-GCM by themselves (python's hashlib has scrypt)
if command -v python3 >/dev/null && python3 -c 'import hashlib; hashlib.scrypt' 2>/dev/null; then
    python3 - "$pass" <<'P' >derived || fail "no derived key"
import hashlib, sys
f = dict(l.rstrip("\n").split(": ", 1) for l in open("wrapped.key") if ": " in l)
n, r, p = map(int, f["kdf"].split()[1:])
print(hashlib.scrypt(sys.argv[1].encode(), salt=bytes.fromhex(f["salt"]), n=n, r=r, p=p,
                     maxmem=1 << 30, dklen=32).hex())
nonce, sealed = bytes.fromhex(f["nonce"]), bytes.fromhex(f["sealed"])
open("ciphertext", "wb").write(sealed[:-16])
open("counter", "w").write(nonce.hex() + "00000002")
P
    # GCM is counter mode from 2 on, so the enc command can read it, though not check it
    openssl enc -d -aes-256-ctr -K "$(cat derived)" -iv "$(cat counter)" -in ciphertext | od -An -v -tx1 |
        tr -d ' \n' | grep -qx "$(tr -d '\n' <hex)" || fail "openssl reads another key out of the file"
fi

# change and take off
printf 'another passphrase\n' >pass2
expect 73 "$TOTSUGO" key passphrase --passphrase-fd 3 --new-passphrase-fd 4 -o wrapped.key wrapped.key 3<pass 4<pass2
expect 0 "$TOTSUGO" key passphrase -f --passphrase-fd 3 --new-passphrase-fd 4 -o wrapped.key wrapped.key 3<pass 4<pass2
expect 77 "$TOTSUGO" key show --passphrase-fd 3 wrapped.key 3<pass
expect 77 "$TOTSUGO" key passphrase --remove --passphrase-fd 3 -o open.key wrapped.key 3<pass
absent open.key
expect 0 "$TOTSUGO" key passphrase --remove --passphrase-fd 3 -o open.key wrapped.key 3<pass2

sed '/^created/d' fixed.key >want && sed '/^created/d' open.key >got && same want got
expect 0 "$TOTSUGO" key passphrase --new-passphrase-fd 4 -o wrapped2.key open.key 4<pass
expect 0 "$TOTSUGO" key show --passphrase-fd 3 wrapped2.key 3<pass

# on a terminal: asked for twice, nothing of it echoed
if python3 -c 'import pty; pty.openpty()' 2>/dev/null; then
    python3 - "$TOTSUGO" "$s" >tty.log 2>&1 <<'P' || fail "the terminal: $(cat tty.log)"
import os, pty, sys, time
def talk(argv, answers):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(argv[0], argv)
    seen = b""
    for prompt, answer in answers:
        while prompt not in seen:
            seen += os.read(fd, 1024)
        seen = b""
        os.write(fd, answer + b"\n")
    rest = b""
    try:
        while True:
            part = os.read(fd, 1024)
            if not part:
                break
            rest += part
    except OSError:
        pass
    assert b"terminal words" not in rest, rest
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
t, s = sys.argv[1:3]
words = b"typed terminal words"
assert talk([t, "key", "new", "-s", s, "--passphrase", "-o", "typed.key"],
            [(b"New passphrase for typed.key", words), (b"Again", words)]) == 0
assert talk([t, "key", "show", "typed.key"], [(b"Passphrase of typed.key", words)]) == 0
assert talk([t, "key", "show", "typed.key"], [(b"Passphrase of typed.key", words + b"x")]) == 77
assert talk([t, "key", "new", "-s", s, "--passphrase", "-o", "other.key"],
            [(b"New passphrase", words), (b"Again", words + b"x")]) == 77
assert not os.path.exists("other.key")
P
fi
# without a terminal it says what to do
if command -v setsid >/dev/null; then
    expect 66 setsid -w "$TOTSUGO" key show wrapped.key
    says E205 "--passphrase-fd"
fi
finish
