#!/bin/sh
# Installs the Debian packages that are missing. Nothing is installed when all are there.
set -eu

packages="gcc libc6-dev meson ninja-build pkg-config libcsv-dev libssl-dev libsqlite3-dev
libyaml-dev libjansson-dev libutf8proc-dev libxlsxwriter-dev zlib1g-dev liblapacke-dev"
[ "${1:-}" = tests ] && packages="$packages check openssl libxml2-utils unzip man-db"

missing=
for p in $packages; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $p"
done
[ -z "$missing" ] && exit 0

echo "installing:$missing" >&2
sudo=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "run as root once: apt-get install$missing" >&2
        exit 1
    }
    sudo=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
