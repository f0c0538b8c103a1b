#!/bin/sh
# The guest's second stage, on the host's files: D-Bus, bluetoothd, then the tests. Ends by switching off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=/run/guest
export HOME=$here TMPDIR=$here LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# Not /tmp: the project itself may be in it.
mkdir -p $here /run/dbus /run/lock /dev/shm /dev/pts /var/lib/bluetooth
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
# Bonds of the host's own Bluetooth devices are none of the guest's business.
mount -t tmpfs tmpfs /var/lib/bluetooth
"$BUSYBOX" hostname kinewatch-guest
"$BUSYBOX" ip link set lo up

echo "guest: starting D-Bus and bluetoothd"
dbus-uuidgen --ensure
dbus-daemon --system --nopidfile --nosyslog
for folder in /usr/libexec/bluetooth /usr/lib/bluetooth /usr/sbin; do
    [ -x "$folder/bluetoothd" ] && bluetoothd=$folder/bluetoothd && break
done
printf '[Policy]\nAutoEnable=true\n' > $here/bluetooth.conf
# It is killed in the course of the tests, and comes back as systemd would have it.
while :; do
    "$bluetoothd" --nodetach --debug --configfile=$here/bluetooth.conf >> $here/bluetoothd.log 2>&1
    sleep 1
done &

cd "$PROJECT" && "$PYTHON" -m tests.bluez.guest.in_guest /run/results $(echo "$PARTS" | tr , " ")
cp $here/*.log /run/results/
echo "guest: switching off"
sync
"$BUSYBOX" poweroff -f
