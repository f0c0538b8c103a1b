"""`kinewatch broker config`: a clinic's broker, configured: Mosquitto, one NATS node, or three."""

import argparse
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import RunFailedError, WrongUseError

KINDS = ("mosquitto", "nats", "nats-cluster")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Write a broker's configuration with the logins and access rules of kinewatch, and a password file\n"
        "for each login. The broker loads the files as they are; what they are is in docs/delivery.md."
    )
    actions = parser.add_subparsers(dest="action", metavar="config", required=True)
    config = actions.add_parser(
        "config",
        help="write the configuration",
        epilog="example: kinewatch broker config mosquitto --clinic north --station room-2 "
        "--therapist therapist-1 --certs certs --out broker",
    )
    config.add_argument("kind", choices=KINDS, help="which broker")
    config.add_argument("--clinic", required=True, metavar="NAME", help="the clinic's topic level")
    config.add_argument(
        "--station", action="append", required=True, metavar="NAME", dest="stations", help="once a station"
    )
    config.add_argument(
        "--therapist", action="append", required=True, metavar="NAME", dest="therapists", help="a person"
    )
    config.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="a new folder for the files"
    )
    config.add_argument(
        "--certs",
        type=Path,
        metavar="FOLDER",
        help="what `kinewatch certs` made; else on loopback only",
    )
    config.add_argument("--port", type=int, metavar="N", help="of MQTT (default: 8883, without TLS 1883)")
    config.add_argument(
        "--node",
        action="append",
        default=[],
        metavar="HOST",
        dest="nodes",
        help="nats-cluster: the three machines' addresses, one each time",
    )
    config.add_argument(
        "--data", type=Path, metavar="FOLDER", help="where the broker keeps its data (default: OUT/data)"
    )
    config.add_argument(
        "--home-assistant",
        metavar="PREFIX",
        default="",
        help="stations may also announce themselves below this topic (homeassistant)",
    )


def run(args: argparse.Namespace) -> int:
    """Write everything, and say what to do with it."""
    from monitor.config import SLUG_IN_WORDS
    from protocols.mqtt.errors import TopicError
    from protocols.mqtt.topics import checked_level

    try:
        for name in (args.clinic, *args.stations, *args.therapists, *filter(None, [args.home_assistant])):
            checked_level(name)
    except TopicError as exc:
        raise WrongUseError(f"{exc}; expected {SLUG_IN_WORDS}") from exc
    if args.kind == "nats-cluster" and len(args.nodes) != 3:
        raise WrongUseError("nats-cluster: give --node HOST three times")
    port = args.port or (8883 if args.certs else 1883)
    if not 1 <= port <= 65535:
        raise WrongUseError(f"--port {port}: expected 1 to 65535")
    names = [f"station-{one}" for one in args.stations] + args.therapists
    if len(set(names)) != len(names):
        raise WrongUseError("every station and every therapist is named once")
    out = args.out.resolve()
    job = _Job(
        args=args,
        port=port,
        out=out,
        data=(args.data or out / "data").resolve(),
        passwords={name: secrets.token_urlsafe(24) for name in names},
    )
    try:
        out.mkdir(parents=True, mode=0o750)
        files = _mosquitto(job) if args.kind == "mosquitto" else _nats(job)
        _copy_certificates(job)
        for name, text in files.items():
            _write(out / name, text, mode=0o640)
        (out / "logins").mkdir(mode=0o700)
        for name, password in job.passwords.items():
            _write(out / "logins" / f"{name}.password", password + "\n", mode=0o600)
    except FileExistsError as exc:
        raise RunFailedError(f"{exc.filename}: is there already; name a new folder") from exc
    except OSError as exc:
        raise RunFailedError(f"{exc.filename or out}: cannot be written ({exc.strerror})") from exc
    _explain(job, files)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    args: argparse.Namespace
    port: int
    out: Path
    data: Path
    passwords: Mapping[str, str]


def _mosquitto(job: _Job) -> dict[str, str]:
    from monitor.delivery.broker.mosquitto_config import (
        SALT_BYTES,
        Listener,
        MosquittoFiles,
        access_text,
        config_text,
        password_line,
    )

    args = job.args
    listener = Listener(
        port=job.port, address=None if args.certs else "127.0.0.1", tls=args.certs is not None
    )
    job.data.mkdir(parents=True, exist_ok=True, mode=0o750)
    lines = [
        password_line(name, password, secrets.token_bytes(SALT_BYTES))
        for name, password in job.passwords.items()
    ]
    return {
        "mosquitto.conf": config_text(MosquittoFiles(folder=job.out, data=job.data), listener),
        "acl": access_text(
            args.clinic, stations=args.stations, therapists=args.therapists, extra=args.home_assistant
        ),
        "passwords": "\n".join(lines) + "\n",
    }


def _nats(job: _Job) -> dict[str, str]:
    from monitor.delivery.broker.nats_config import (
        MAX_CLINIC_STORE_BYTES,
        ClusterNode,
        NatsSettings,
        TlsFiles,
        render,
        station_user,
        therapist_user,
    )

    args = job.args
    users = [
        station_user(
            args.clinic,
            one,
            username=f"station-{one}",
            password=job.passwords[f"station-{one}"],
            announces_below=args.home_assistant,
        )
        for one in args.stations
    ]
    users += [
        therapist_user(args.clinic, username=one, password=job.passwords[one]) for one in args.therapists
    ]
    tls = (
        TlsFiles(certificate=job.out / "broker.crt", key=job.out / "broker.key", authority=job.out / "ca.crt")
        if args.certs
        else None
    )
    hosts: Sequence[str] = args.nodes or ["0.0.0.0" if tls else "127.0.0.1"]  # noqa: S104 - with TLS and logins
    texts = {}
    for number, host in enumerate(hosts):
        node = None
        if args.kind == "nats-cluster":
            routes = [f"{other}:6222" for other in hosts if other != host]
            node = ClusterNode(cluster=args.clinic, port=6222, routes=routes)
        name = f"{args.clinic}-{number}" if node else args.clinic
        texts[f"nats-{number}.conf" if node else "nats.conf"] = render(
            NatsSettings(
                server_name=name,
                store_dir=job.data,
                users=users,
                host=host,
                mqtt_port=job.port,
                client_port=4222,
                tls=tls,
                node=node,
                max_store_bytes=MAX_CLINIC_STORE_BYTES,
            )
        )
    return texts


def _copy_certificates(job: _Job) -> None:
    if job.args.certs is None:
        return
    for name, mode in (("ca.crt", 0o644), ("broker.crt", 0o644), ("broker.key", 0o640)):
        _write(job.out / name, (job.args.certs / name).read_text(encoding="ascii"), mode=mode)


def _write(path: Path, text: str, *, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _explain(job: _Job, files: Mapping[str, str]) -> None:
    args = job.args
    program = "mosquitto" if args.kind == "mosquitto" else "nats-server"
    for name in files:
        if name.endswith(".conf"):
            print(f"start it with: {program} -c {job.out / name}")
    owner = "mosquitto" if args.kind == "mosquitto" else "the user that runs it"
    print(f"the files are for {owner}: chown -R them; {job.out / 'logins'} is for you, to hand out")
    url = f"{'mqtts' if args.certs else 'mqtt'}://HOST:{job.port}"
    for station in args.stations:
        print(f'{station}: [broker] url = "{url}"  username = "station-{station}"  password_file = ...')
    authority = " --ca-file ca.crt" if args.certs else ""
    for name in args.therapists:
        watch = f"kinewatch watch --broker {url} --clinic {args.clinic} --user {name}"
        print(f"{name}: {watch} --password-file FILE{authority}")
