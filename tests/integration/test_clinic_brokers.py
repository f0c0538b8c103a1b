"""What `kinewatch certs` and `kinewatch broker config` write, loaded as it is by real brokers, with TLS."""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.cli.main import main
from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker, Tls
from monitor.delivery.broker.nats import nats_binary
from monitor.delivery.errors import DeliveryError
from protocols.mqtt.home_assistant import discovery_topic
from protocols.mqtt.topics import StationTopics
from tests.support.brokers import answering, free_port
from tests.support.terminals import terminals

KINDS = [
    pytest.param(
        "mosquitto",
        marks=pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed"),
    ),
    "nats",
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a broker which has given up root can still enter."""
    with tempfile.TemporaryDirectory(prefix="kinewatch-clinic-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def configured(kind: str, folder: Path, port: int) -> Path:
    """Everything as an engineer does it, by the two commands alone."""
    assert main(["certs", str(folder / "certs"), "--clinic", "north", "--name", "127.0.0.1"]) == 0
    words = ["broker", "config", kind, "--clinic", "north", "--station", "room-2", "--station", "room-3"]
    words += ["--therapist", "therapist-1", "--certs", str(folder / "certs"), "--port", str(port)]
    assert main([*words, "--out", str(folder / "broker"), "--home-assistant", "homeassistant"]) == 0
    return folder / "broker"


@asynccontextmanager
async def running_broker(kind: str, folder: Path) -> AsyncIterator[Broker]:
    """The broker on the files as they were written; the login is room 2's."""
    port = free_port()
    made = configured(kind, folder, port)
    if kind == "mosquitto":
        if os.geteuid() == 0:
            # What the command tells its user to do.
            for path in (made, *made.rglob("*")):
                shutil.chown(path, "mosquitto")
        command = ["mosquitto", "-c", str(made / "mosquitto.conf")]
    else:
        # Only the port of NATS's own protocol is another: several tests share this machine.
        path = made / "nats.conf"
        path.write_text(re.sub(r'"port": 4222', f'"port": {free_port()}', path.read_text()))
        command = [str(nats_binary()), "-c", str(path)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    broker = login(folder, "station-room-2", port)
    try:
        await answering(broker)
        yield broker
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def login(folder: Path, name: str, port: int, *, authority: Path | None = None) -> Broker:
    password = (folder / "broker" / "logins" / f"{name}.password").read_text().strip()
    ca_file = authority or folder / "certs" / "ca.crt"
    return Broker(host="127.0.0.1", port=port, username=name, password=password, tls=Tls(ca_file=ca_file))


async def received(broker: Broker, topics: list[str], publish: list[tuple[Broker, str]]) -> list[str]:
    """What a login hears of what others publish; the last publication is waited for."""
    heard: list[str] = []
    async with mqtt.connected(broker, client_id="hears") as ears:
        await ears.subscribe(dict.fromkeys(topics, 1))
        for number, (speaker, topic) in enumerate(publish):
            async with mqtt.connected(speaker, client_id=f"speaks-{number}") as mouth:
                await mouth.publish(topic, b"{}", qos=1, retain=False)
        async with asyncio.timeout(10):
            async for message in ears.incoming():
                heard.append(message.topic)
                if message.topic == publish[-1][1]:
                    return heard
    return heard


@pytest.mark.parametrize("kind", KINDS)
async def test_the_written_rules_hold_on_a_real_broker_over_tls(kind: str, folder: Path) -> None:
    async with running_broker(kind, folder) as station:
        therapist = login(folder, "therapist-1", station.port)
        other = login(folder, "station-room-3", station.port)
        root = "kinewatch/v1/north"
        said = [
            (other, f"{root}/room-2/s/s1/event"),  # another room's: forbidden
            (therapist, f"{root}/room-2/s/s1/event"),  # no command: forbidden
            (station, f"{root}/room-2/s/s1/event"),
        ]
        heard = await received(therapist, [f"{root}/#"], said)
        assert heard == [f"{root}/room-2/s/s1/event"]
        commands = [(therapist, f"{root}/room-3/s/s1/cmd/ack"), (therapist, f"{root}/room-2/s/s1/cmd/ack")]
        assert await received(station, [f"{root}/room-2/s/+/cmd/+"], commands) == [commands[1][1]]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stranger_and_a_foreign_authority_are_refused(kind: str, folder: Path) -> None:
    async with running_broker(kind, folder) as station:
        wrong = Broker(
            host=station.host, port=station.port, username="station-room-2", password="x", tls=station.tls
        )
        with pytest.raises(DeliveryError):
            async with mqtt.connected(wrong, client_id="stranger"):
                pass
        assert main(["certs", str(folder / "foreign"), "--name", "127.0.0.1"]) == 0
        foreign = login(folder, "station-room-2", station.port, authority=folder / "foreign" / "ca.crt")
        with pytest.raises(DeliveryError, match=r"(?i)certificate"):
            async with mqtt.connected(foreign, client_id="deceived"):
                pass
        # Nobody speaks to it without TLS, or with an old one.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        reader, writer = await asyncio.open_connection(station.host, station.port, ssl=context)
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.2"
        writer.close()
        del reader


@pytest.mark.parametrize("kind", KINDS)
async def test_a_station_may_announce_itself_to_home_assistant_and_nobody_else(
    kind: str, folder: Path
) -> None:
    async with running_broker(kind, folder) as station:
        own = discovery_topic("homeassistant", StationTopics(clinic="north", station="room-2"))
        other = discovery_topic("homeassistant", StationTopics(clinic="north", station="room-3"))
        async with mqtt.connected(station, client_id="announces") as mouth:
            for topic in (other, own):
                await mouth.publish(topic, b"{}", qos=1, retain=True)
        # Home Assistant's own login is the engineer's affair; the files on disk say who may write what.
        rules = "\n".join(
            path.read_text() for path in (folder / "broker").iterdir() if path.name in {"acl", "nats.conf"}
        )
        assert rules.count(own.replace("/", "." if kind == "nats" else "/")) == 1


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.timeout(150)
@pytest.mark.parametrize("kind", KINDS)
async def test_the_service_itself_over_tls(kind: str, folder: Path) -> None:
    """run and watch as processes, each with its own login, on the broker as it was configured."""
    async with running_broker(kind, folder) as station:
        assert main(["simulate", "brief-freeze", "--write", str(folder / "gym")]) == 0
        path = folder / "gym" / "station.toml"
        url = f"mqtts://127.0.0.1:{station.port}"
        logins, authority = folder / "broker" / "logins", folder / "certs" / "ca.crt"
        text = path.read_text().replace('"demo"', '"north"').replace('"station-1"', '"room-2"')
        text = text.replace('name = "therapist"', 'name = "therapist-1"')
        text += f'[broker]\nurl = "{url}"\nusername = "station-room-2"\nca_file = "{authority}"\n'
        text += f'password_file = "{logins / "station-room-2.password"}"\n'
        path.write_text(text)

        def three() -> None:
            with terminals() as terminal:
                simulate = terminal("simulate", "brief-freeze", "--transport", "tcp-server:127.0.0.1:0")
                where = simulate.until(r"an adapter is at (\S+:\d+)")[1]
                watch = terminal(
                    *("watch", "--broker", url, "--clinic", "north", "--user", "therapist-1"),
                    *("--password-file", str(logins / "therapist-1.password"), "--ca-file", str(authority)),
                )
                wrong = terminal(
                    *("watch", "--broker", url, "--clinic", "nroth", "--user", "therapist-1"),
                    *("--password-file", str(logins / "therapist-1.password"), "--ca-file", str(authority)),
                )
                run = terminal(
                    *("run", "--station", str(path), "--plan", str(folder / "gym" / "plan.toml")),
                    *("--radio", f"tcp-client:{where}", "--lines"),
                )
                run.until("oximeter: live")
                run.type("!")
                watch.until(r"!!! firing, room-2 .*\[G12-1\]")
                watch.type("1")
                run.until(r"\[G12-1\]: acknowledged by therapist-1")
                # A clinic's name that is none is never calm.
                wrong.until("no station of clinic 'nroth'|refuse|hears nothing|no broker")
                run.type("ee")
                assert run.process.wait(40) == 0
                assert "confirmed by no therapist" not in run.text

        await asyncio.to_thread(three)


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.timeout(120)
@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2", "127.0.0.3"])
async def test_three_nodes_find_each_other_over_tls(folder: Path) -> None:
    """One machine stands for three: each node has an address of its own on loopback."""
    hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    names = [word for host in hosts for word in ("--name", host)]
    assert main(["certs", str(folder / "certs"), "--clinic", "north", *names]) == 0
    port = free_port()
    words = ["--clinic", "north", "--station", "room-2", "--therapist", "therapist-1", "--port", str(port)]
    words += ["--certs", str(folder / "certs"), "--out", str(folder / "broker")]
    nodes = [word for host in hosts for word in ("--node", host)]
    assert main(["broker", "config", "nats-cluster", *words, *nodes]) == 0
    processes = []
    try:
        for number in range(3):
            path = folder / "broker" / f"nats-{number}.conf"
            # What three machines have apart and one has not: NATS's own port, and the data.
            text = re.sub(r'"port": 4222', f'"port": {free_port()}', path.read_text())
            path.write_text(text.replace(str(folder / "broker" / "data"), str(folder / f"data-{number}")))
            processes.append(
                await asyncio.create_subprocess_exec(
                    *(str(nats_binary()), "-c", str(path)), stderr=asyncio.subprocess.DEVNULL
                )
            )
        room = login(folder, "station-room-2", port)
        therapist = login(folder, "therapist-1", port)
        for host in hosts:
            await answering(replace(room, host=host), within_s=40)
        topic = "kinewatch/v1/north/room-2/s/s1/event"
        heard = await received(
            replace(therapist, host=hosts[2]),
            ["kinewatch/v1/north/#"],
            [(replace(room, host=hosts[0]), topic)],
        )
        assert heard == [topic]
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def test_nothing_is_overwritten_and_wrong_names_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["broker", "config", "mosquitto", "--clinic", "north", "--station", "a", "--therapist", "b"]
    assert main([*words, "--out", str(folder / "x")]) == 0
    assert "127.0.0.1" in (folder / "x" / "mosquitto.conf").read_text(), "without TLS on loopback only"
    assert "start it with: mosquitto -c" in capsys.readouterr().out
    assert main([*words, "--out", str(folder / "x")]) == 1
    assert "is there already" in capsys.readouterr().err
    for wrong in (["--station", "a"], ["--station", "A b"], ["--port", "70000"]):
        assert main([*words, "--out", str(folder / "y"), *wrong]) == 2
        assert not (folder / "y").exists()
    assert main(["broker", "config", "nats-cluster", *words[3:], "--out", str(folder / "z")]) == 2
    nodes = [word for host in ("10.0.0.1", "10.0.0.2", "10.0.0.3") for word in ("--node", host)]
    assert main(["broker", "config", "nats-cluster", *words[3:], *nodes, "--out", str(folder / "z")]) == 0
    assert {one.name for one in (folder / "z").glob("*.conf")} == {
        "nats-0.conf",
        "nats-1.conf",
        "nats-2.conf",
    }
    for secret in (folder / "x" / "logins").iterdir():
        assert secret.stat().st_mode & 0o077 == 0


def test_renewing_keeps_the_authority(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["certs", str(folder / "certs"), "--name", "broker.clinic.example", "--name", "10.0.0.7"]
    assert main(words) == 0
    before = (folder / "certs" / "ca.crt").read_bytes(), (folder / "certs" / "broker.crt").read_bytes()
    assert main(words) == 0
    assert (folder / "certs" / "ca.crt").read_bytes() == before[0]
    assert (folder / "certs" / "broker.crt").read_bytes() != before[1]
    assert (folder / "certs" / "ca.key").stat().st_mode & 0o077 == 0
    assert main([*words[:2], "--name", "no name"]) == 2
    assert "expected a host name" in capsys.readouterr().err
    (folder / "certs" / "ca.crt").write_text("nonsense")
    assert main(words) == 1
    assert "no authority" in capsys.readouterr().err
    checked = subprocess.run(
        ["openssl", "x509", "-in", str(folder / "certs" / "broker.crt"), "-noout", "-ext", "subjectAltName"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "DNS:broker.clinic.example, IP Address:10.0.0.7" in checked.stdout
