#!/bin/sh
# Unpacks a Debian or Ubuntu kernel for the guest into build/bluez/kernel. It is not installed: this machine's
# own kernel is left alone, and no root is needed. `make test-bluez` calls this when there is no kernel yet.
set -eu
cd "$(dirname "$0")/../../.."
kernel=$PWD/build/bluez/kernel

# The cloud and user-mode flavours have no Bluetooth modules; the generic one has. `linux-image-amd64` is
# empty and depends on the package with today's version in its name.
case $(. /etc/os-release && echo "$ID") in
    ubuntu) wanted="linux-image-generic" ;;
    *) wanted="linux-image-amd64" ;;
esac
image=$(apt-cache depends "$wanted" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
if [ -z "$image" ]; then
    echo "apt knows no package $wanted" >&2
    exit 1
fi
packages=$image
if [ "$wanted" = linux-image-generic ]; then
    version=${image#linux-image-}
    packages="$image linux-modules-$version linux-modules-extra-$version"
fi
# Beside it first: a download that was cut off must not look like a kernel.
rm -rf "$kernel" "$kernel.new"
mkdir -p "$kernel.new"
cd "$kernel.new"
for package in $packages; do
    # Root's apt would like to download as another user, who may not write here.
    apt-get -o APT::Sandbox::User="$(id -un)" download -q "$package"
done
for archive in ./*.deb; do
    dpkg -x "$archive" .
    rm "$archive"
done
mv "$kernel.new" "$kernel"
