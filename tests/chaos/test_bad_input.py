"""Every command with every kind of wrong file: one sentence and an exit code, soon; no traceback, no hang.

The commands run in this process, as a shell would start them; what would block is ended by an alarm.
"""

import os
import resource
import signal
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
import zstandard

from monitor.cli.main import COMMANDS as KNOWN
from monitor.cli.main import main

pytestmark = pytest.mark.timeout(120)

SECONDS = 5
EXAMPLES = Path(__file__).parents[2] / "examples"


def fifo(path: Path) -> None:
    os.mkfifo(path)


def text(content: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(content) and None


def raw(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def mcap_record(opcode: int, content: bytes) -> bytes:
    return struct.pack("<BQ", opcode, len(content)) + content


def chunk_bomb() -> bytes:
    """A chunk that claims ten bytes and holds 200 MB."""
    packed = zstandard.ZstdCompressor().compress(bytes(200 * 2**20))
    head = struct.pack("<QQQI", 0, 0, 10, 0) + struct.pack("<I", 4) + b"zstd"
    return b"\x89MCAP0\r\n" + mcap_record(6, head + struct.pack("<Q", len(packed)) + packed)


BAD: dict[str, Callable[[Path], None]] = {
    "missing": lambda _: None,
    "folder": lambda path: path.mkdir(),
    "fifo": fifo,
    "dev-zero": lambda path: path.symlink_to("/dev/zero"),
    "dev-full": lambda path: path.symlink_to("/dev/full"),
    "link-to-itself": lambda path: path.symlink_to(path),
    "empty": raw(b""),
    "one-nul": raw(b"\0"),
    "not-utf-8": raw(b"\xff\xfe\x00\x01"),
    "utf-16": lambda path: path.write_text("[station]\n", encoding="utf-16") and None,
    "control-sequences": text('"\x1b[2J" = 1\n'),
    "deep-arrays": text("a = " + "[" * 50_000),
    "deep-tables": text("a." * 20_000 + "b = 1\n"),
    "deep-json": text('{"a":' * 50_000),
    "many-digits": text("a = " + "9" * 20_000 + "\n"),
    "port-1e999": text('{"clinic":"c","host":"h","port":1e999,"username":"u","password":"p"}'),
    "two-megabytes": raw(b"#" * 2_000_000),
    "wrong-types": text('station = 1\ndevices = "x"\nschema_version = []\n'),
    "json-list": text("[]"),
    "mcap-magic-only": raw(b"\x89MCAP0\r\n"),
    "mcap-garbage": raw(b"\x89MCAP0\r\n" + bytes(range(256)) * 40),
    "mcap-giant-record": raw(b"\x89MCAP0\r\n" + struct.pack("<BQ", 6, 2**63)),
    "mcap-chunk-bomb": lambda path: path.write_bytes(chunk_bomb()) and None,
    "sqlite-header": raw(b"SQLite format 3\0" + bytes(100)),
}

COMMANDS: dict[str, list[str]] = {
    "run-station": ["run", "--plan", str(EXAMPLES / "plan.toml"), "--station", "{bad}"],
    "run-plan": ["run", "--station", str(EXAMPLES / "station.toml"), "--plan", "{bad}"],
    "check": ["check", "--quiet", "--station", "{bad}"],
    "doctor": ["doctor", "--station", "{bad}"],
    "watch-login": ["watch", "--lines", "--login", "{bad}"],
    "simulate": ["simulate", "{bad}"],
    "demo": ["demo", "--scenario", "{bad}"],
    "replay": ["replay", "{bad}"],
    "recover": ["recover", "{bad}"],
    "report": ["report", "{bad}"],
}


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """What a command imports takes time on a loaded machine, and is not what is measured."""
    for row in KNOWN.values():
        import_module(row.module)
    for name in ("monitor.cli.demo.runner", "monitor.cli.check.station", "monitor.recording.reader"):
        import_module(name)


@contextmanager
def within(seconds: int) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError(f"still at it after {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_file_is_a_sentence(
    command: str,
    bad: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad"
    BAD[bad](path)
    words = [word.replace("{bad}", str(path)) for word in COMMANDS[command]]
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with within(SECONDS):
        try:
            code = main(words)
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else 2
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    said = capsys.readouterr()
    assert code in {1, 2}, said
    assert said.err.strip() or said.out.strip()
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err + said.out
    assert len(said.err) < 20_000
    assert grown_mb < 150


@pytest.mark.parametrize(
    "words",
    [
        ["replay", "a\0b"],
        ["check", "--station", "a\0b"],
        ["simulate", "a\0b"],
        ["watch", "--login", "a\0b"],
        ["watch", "--broker", "mqtt://h:1e999", "--clinic", "c", "--user", "u"],
        ["watch", "--broker", "mqtt://h:99999", "--clinic", "c", "--user", "u"],
        ["watch", "--broker", "mqtts://[::1", "--clinic", "c", "--user", "u"],
        ["decode", "2a37", "zz"],
        ["decode", "2a37", "00" * 5000],
        ["decode", "\x1b[2J", "00"],
        ["schema", "\x1b]0;x\x07"],
        ["scan", "--seconds", "nan"],
        ["scan", "--seconds", "1e999"],
        ["demo", "--speed", "-1"],
    ],
)
def test_a_wrong_word_is_a_sentence(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with within(SECONDS):
        try:
            code = main(words)
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else 2
    said = capsys.readouterr()
    assert code in {1, 2}, said
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err + said.out
