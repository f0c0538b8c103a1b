"""What may be wrong with the machine itself: memory, switches, clock, sound, secrets, what sessions left."""

import os
import platform
import resource
import shutil
import socket
import ssl
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from monitor.app import STORE_NAME
from monitor.cli.check.finding import Finding
from monitor.cli.screens.sound import PLAYERS, player
from monitor.config import Station
from monitor.errors import MonitorError
from monitor.store import audit
from monitor.store.beside import StoreBeside

# A session with its broker takes about 200 MB.
MEMORY_WANTED_BYTES = 300 * 2**20
# Links, broker, store, recordings: some sixty in use.
FILES_WANTED = 256
CERTIFICATE_DAYS_WANTED = 30
SMALLEST_TERMINAL = (60, 20)
ANSWERS_WITHIN_S = 5.0


def machine(station: Station, *, root: Path = Path("/"), now: datetime | None = None) -> Iterator[Finding]:
    """Each subject in turn; `root` is where the system's files are."""
    yield program()
    yield memory(root)
    yield files()
    yield synchronised()
    yield from radio_switches(root)
    yield from power(root)
    yield terminal()
    yield sound()
    yield from secrets(station)
    yield from kept(station)
    certificate = broker_certificate(station, now or datetime.now(UTC))
    if certificate is not None:
        yield certificate


def program() -> Finding:
    """What runs."""
    found = f"kinewatch {version('kinewatch')}, Python {platform.python_version()}, {platform.platform()}"
    return Finding(subject="program", is_ok=True, found=found)


def memory(root: Path) -> Finding:
    """Whether a session has room."""
    try:
        lines = dict(line.split(":", 1) for line in (root / "proc/meminfo").read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return Finding(subject="memory", is_ok=True, found="cannot be told on this system")
    found = f"{free / 1e9:.1f} GB available"
    if free < MEMORY_WANTED_BYTES:
        return Finding(subject="memory", is_ok=False, found=found, advice="end other programs first")
    return Finding(subject="memory", is_ok=True, found=found)


def files() -> Finding:
    """Whether enough files can be open at a time."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit < FILES_WANTED:
        advice = f"ulimit -n {FILES_WANTED}, or LimitNOFILE in the unit"
        return Finding(subject="open files", is_ok=False, found=f"at most {limit}", advice=advice)
    return Finding(subject="open files", is_ok=True, found=f"at most {limit}")


def synchronised() -> Finding:
    """Whether something keeps the wall clock right."""
    subject = "clock synchronisation"
    command = shutil.which("timedatectl")
    if command is None:
        return Finding(subject=subject, is_ok=True, found="cannot be told on this system")
    try:
        done = subprocess.run(  # noqa: S603 - the system's own program
            [command, "show", "-p", "NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=ANSWERS_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Finding(subject=subject, is_ok=True, found="cannot be told on this system")
    answer = done.stdout.strip()
    if answer == "no":
        advice = "timedatectl set-ntp true; commands of therapists expire by the clock"
        return Finding(subject=subject, is_ok=False, found="not synchronised", advice=advice)
    return Finding(subject=subject, is_ok=True, found="by NTP" if answer == "yes" else "cannot be told")


def radio_switches(root: Path) -> Iterator[Finding]:
    """Bluetooth adapters and what has switched them off."""
    adapters = sorted(
        path.name for path in (root / "sys/class/bluetooth").glob("hci*") if ":" not in path.name
    )
    found = ", ".join(adapters) or "none"
    advice = "" if adapters else "plug in an adapter; proxies and --radio need none"
    yield Finding(subject="bluetooth adapters", is_ok=True, found=found, advice=advice)
    for switch in sorted((root / "sys/class/rfkill").glob("rfkill*")):
        try:
            kind = (switch / "type").read_text().strip()
            is_soft = (switch / "soft").read_text().strip() == "1"
            is_hard = (switch / "hard").read_text().strip() == "1"
        except OSError:
            continue
        if kind == "bluetooth" and (is_soft or is_hard):
            advice = "press its switch or key" if is_hard else "rfkill unblock bluetooth"
            yield Finding(subject="bluetooth switch", is_ok=False, found="switched off", advice=advice)


def power(root: Path) -> Iterator[Finding]:
    """A Raspberry Pi whose supply is too weak loses USB and radio first."""
    path = root / "sys/devices/platform/soc/soc:firmware/get_throttled"
    try:
        bits = int(path.read_text().strip(), 16)
    except (OSError, ValueError):
        return
    if bits & 0x1 or bits & 0x10000:
        when = "now" if bits & 0x1 else "since it was started"
        advice = "use the official power supply and a short cable"
        yield Finding(subject="power", is_ok=False, found=f"voltage too low {when}", advice=advice)
    else:
        yield Finding(subject="power", is_ok=True, found="voltage well since the start")


def terminal() -> Finding:
    """Whether the live screen can be drawn here."""
    size = shutil.get_terminal_size(fallback=(0, 0))
    kind = os.environ.get("TERM", "")
    if kind in {"", "dumb"} or size.columns == 0:
        return Finding(subject="terminal", is_ok=True, found="lines only", advice="fine for a service")
    found = f"{kind}, {size.columns}x{size.lines}"
    if (size.columns, size.lines) < SMALLEST_TERMINAL or size.lines < SMALLEST_TERMINAL[1]:
        advice = "make it 60x20 at least, or use --lines"
        return Finding(subject="terminal", is_ok=False, found=found, advice=advice)
    return Finding(subject="terminal", is_ok=True, found=found)


def sound() -> Finding:
    """What makes alerts heard."""
    found = player()
    if found is None:
        advice = f"for tones install one of {', '.join(PLAYERS)}"
        return Finding(subject="sound", is_ok=True, found="only the terminal's bell", advice=advice)
    return Finding(
        subject="sound", is_ok=True, found=f"tones with {Path(found).name}, and the terminal's bell"
    )


def secrets(station: Station) -> Iterator[Finding]:
    """Passwords and keys that others than this user can read."""
    named = [("broker.password_file", station.broker.password_file)]
    named += [(f"people[{number}].key_file", one.key_file) for number, one in enumerate(station.people)]
    named += [(f"proxies[{number}].key_file", one.key_file) for number, one in enumerate(station.proxies)]
    for key, path in named:
        if path is None or not path.exists():
            continue
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            advice = f"chmod 600 {path}"
            yield Finding(subject=key, is_ok=False, found=f"{path} can be read by others", advice=advice)
        else:
            yield Finding(subject=key, is_ok=True, found=f"{path} is readable for its owner only")


def kept(station: Station) -> Iterator[Finding]:
    """What the sessions so far have left: folder, unconfirmed messages, cut-off sessions, the audit."""
    folder = station.station.sessions_folder
    if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        advice = f"chmod 700 {folder}: it holds health data"
        yield Finding(subject="sessions folder", is_ok=False, found="can be read by others", advice=advice)
    if not (folder / STORE_NAME).is_file():
        return
    try:
        with StoreBeside(folder / STORE_NAME) as store:
            entries, left = store.audit_entries(), store.left_behind()
    except MonitorError as exc:
        yield Finding(subject="store", is_ok=False, found=str(exc))
        return
    broken = audit.first_break(entries)
    if broken is not None:
        found = f"entry {broken.entry} does not follow from the one before it"
        yield Finding(subject="audit", is_ok=False, found=found, advice="somebody has changed it: ask who")
    else:
        yield Finding(subject="audit", is_ok=True, found=f"{len(entries)} entries, unbroken")
    if left.open_messages:
        advice = "the next session sends them; is the therapist's application running?"
        found = f"{left.open_messages} messages are confirmed by no therapist"
        yield Finding(subject="outbox", is_ok=False, found=found, advice=advice)
    if left.cut_off:
        found = f"{left.cut_off} of {left.sessions} sessions have no end"
        advice = "a crash, or one that runs now; `kinewatch recover` makes a cut recording whole"
        yield Finding(subject="sessions", is_ok=True, found=found, advice=advice)
    days = station.station.retention_days
    found = "until somebody removes them" if days is None else f"for {days} days (`kinewatch purge`)"
    yield Finding(subject="retention", is_ok=True, found=f"{left.sessions} sessions are kept {found}")


def broker_certificate(station: Station, now: datetime) -> Finding | None:
    """Until when the broker's certificate is good; None where there is none to look at."""
    parts = urlsplit(station.broker.url)
    if parts.scheme not in {"mqtts", "wss"} or not parts.hostname:
        return None
    subject = "broker's certificate"
    ca_file = station.broker.ca_file
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        until = _good_until(parts.hostname, parts.port or (443 if parts.scheme == "wss" else 8883), context)
    except (OSError, ValueError) as exc:
        advice = "kinewatch certs makes one; ca_file names its authority"
        return Finding(subject=subject, is_ok=False, found=str(exc)[:200], advice=advice)
    days = (until - now).days
    found = f"good until {until:%Y-%m-%d}"
    if days < CERTIFICATE_DAYS_WANTED:
        advice = "renew it: kinewatch certs"
        return Finding(subject=subject, is_ok=False, found=f"{found}, {days} days", advice=advice)
    return Finding(subject=subject, is_ok=True, found=found)


def _good_until(host: str, port: int, context: ssl.SSLContext) -> datetime:
    with (
        socket.create_connection((host, port), timeout=ANSWERS_WITHIN_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate = secure.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
