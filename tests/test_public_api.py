"""What others may import, name by name and argument by argument: a change here is a change for them."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "examples" / "library"

# Function or class -> its parameters.
SIGNATURES = {
    "monitor.delivery.receiver.client.TherapistFeed": {
        "broker",
        "clinic",
        "actor",
        "on_event",
        "key",
        "clock_ns",
        "utc_ns",
        "hold",
        "inbox",
    },
    "monitor.delivery.receiver.client.TherapistFeed.acknowledge": {"self", "session", "alert_id"},
    "monitor.delivery.receiver.client.TherapistFeed.command": {"self", "session", "verb", "fields"},
    "monitor.delivery.receiver.client.TherapistFeed.run": {"self"},
    "monitor.delivery.broker.login_file.read_login": {"path"},
    "monitor.recording.reader.Recording": {"path"},
    "monitor.recording.reader.Recording.items": {"self"},
    "monitor.session.Session": {"plan", "devices", "session_id"},
    "monitor.session.Session.feed": {"self", "item"},
    "protocols.ble.pulse_oximeter.decode_continuous": {"data"},
    "protocols.ble.heart_rate.decode_measurement": {"data"},
    "protocols.families.Registration": {"name", "kind", "driver", "reader", "peripheral"},
    "simulators.radio.air.VirtualRadio": {"seed"},
    "simulators.radio.clock.run": {"main", "clock", "at_most"},
    "simulators.scenario.loader.load": {"name_or_path"},
    "simulators.scenario.world.World": {"scenario", "radio", "witness"},
}
NAMES = [
    "monitor.delivery.receiver.events.AlertReceived",
    "monitor.delivery.receiver.events.BrokerState",
    "monitor.delivery.receiver.events.GapFound",
    "monitor.delivery.receiver.events.MessageReceived",
    "monitor.delivery.receiver.events.SessionEnded",
    "monitor.delivery.receiver.events.StationFresh",
    "monitor.delivery.receiver.events.StationStale",
    "monitor.recording.reader.RecordedInput",
    "monitor.recording.reader.RecordedOutput",
    "protocols.ble.codec.errors.DecodeError",
    "protocols.ble.codec.errors.EncodeError",
    "protocols.families.FamilyKind",
]


def found(name: str) -> object:
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            thing: object = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part)
        return thing
    raise AssertionError(name)


@pytest.mark.parametrize("name", SIGNATURES)
def test_it_takes_these_arguments(name: str) -> None:
    """At least these, by these names; a new optional one is no break."""
    parameters = inspect.signature(found(name)).parameters  # type: ignore[arg-type]
    assert SIGNATURES[name] <= set(parameters)
    new = [p for key, p in parameters.items() if key not in SIGNATURES[name]]
    assert all(p.default is not p.empty or p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in new)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_there(name: str) -> None:
    assert found(name) is not None


def run_example(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout


def test_every_example_of_the_library_page_is_run_here() -> None:
    page = (ROOT / "docs" / "library.md").read_text()
    programs = {path.name for path in LIBRARY.glob("*.py")}
    assert programs == {"wire_formats.py", "recordings.py", "virtual_radio.py", "receiver_client.py"}
    assert all(f"examples/library/{name}" in page for name in programs)


def test_codecs() -> None:
    assert run_example("examples/library/wire_formats.py").startswith(
        "SpO2 98 %, pulse 72/min\nrefused: too short"
    )


def test_recordings() -> None:
    recording = ROOT / "tests" / "recordings" / "bradycardia_00b0565.mcap"
    assert (
        run_example("examples/library/recordings.py", str(recording))
        == "363 frames, 2541 inputs, 731 outputs\n"
    )


def test_virtual_radio() -> None:
    words = run_example("examples/library/virtual_radio.py").split()
    assert len(words) >= 10
    assert all(50 <= int(rate) <= 120 for rate in words[2:])


def test_receiver_client_with_no_broker_says_so(tmp_path: Path) -> None:
    """Where the broker is away it goes on trying; alerts over a real broker: `tests/integration`."""
    login = tmp_path / "therapist.login.json"
    login.write_text(
        '{"host": "127.0.0.1", "port": 1, "clinic": "north", "username": "anna", "password": "x"}'
    )
    login.chmod(0o600)
    said = run_example("examples/library/receiver_client.py", str(login), "1.5").splitlines()
    assert said[0].startswith("not connected: ")
    assert said[-1] == "done"
