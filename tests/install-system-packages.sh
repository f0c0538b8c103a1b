#!/bin/sh
# Debian packages that optional parts of the test suite use: a message bus for the fake BlueZ, Mosquitto as a
# second broker, Chromium for the page. Without them these tests are skipped, and say so. Needs root.
set -eu
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dbus mosquitto chromium fonts-dejavu-core
