#!/bin/sh
# Installs what `make test-bluez` needs on Debian or Ubuntu (as root, or through sudo).
set -eu

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

as_root apt-get update -q
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    qemu-system-x86 busybox-static bluez dbus
"$(dirname "$0")/kernel.sh"
echo "ready: make test-bluez"
