#!/bin/sh
# Installs what `make test-bluez` needs on Debian or Ubuntu (as root, or through sudo). The guest's kernel is
# only unpacked into build/bluez/kernel: this machine's own kernel is left alone.
set -eu
cd "$(dirname "$0")/../../.."
kernel=$PWD/build/bluez/kernel

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

as_root apt-get update -q
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    qemu-system-x86 busybox-static bluez dbus

# The cloud and user-mode flavours have no Bluetooth modules; the generic one has. `linux-image-amd64` is
# empty and depends on the package with today's version in its name.
case $(. /etc/os-release && echo "$ID") in
    ubuntu) wanted="linux-image-generic" ;;
    *) wanted="linux-image-amd64" ;;
esac
image=$(apt-cache depends "$wanted" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
packages=$image
if [ "$wanted" = linux-image-generic ]; then
    version=${image#linux-image-}
    packages="$image linux-modules-$version linux-modules-extra-$version"
fi
rm -rf "$kernel"
mkdir -p "$kernel"
cd "$kernel"
for package in $packages; do
    apt-get download -q "$package"
done
for archive in ./*.deb; do
    dpkg -x "$archive" .
    rm "$archive"
done
echo "ready: make test-bluez"
