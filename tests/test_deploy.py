"""What is shipped for an installation: units that systemd finds hardened, a container that is not root."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("*.service"))

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def analyzed(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """systemd's verdict on the units, with the program where they expect it."""
    for unit in DEPLOY.iterdir():
        text = unit.read_text().replace("/opt/kinewatch/bin/kinewatch", "/bin/true")
        (tmp_path / unit.name.replace("@", "@plan-1")).write_text(text.replace("%i", "plan-1"))
    return subprocess.run(
        ["systemd-analyze", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )


@needs_systemd
@pytest.mark.parametrize("unit", [*UNITS, "kinewatch-purge.timer"])
def test_systemd_reads_the_units(tmp_path: Path, unit: str) -> None:
    name = unit.replace("@", "@plan-1")
    done = analyzed(tmp_path, "verify", "--man=no", f"./{name}")
    complaints = [line for line in done.stderr.splitlines() if name.split("@")[0] in line]
    # Whether the user exists is the machine's affair.
    assert [line for line in complaints if "user" not in line.lower()] == []


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_the_units_are_hardened(tmp_path: Path, unit: str) -> None:
    name = unit.replace("@", "@plan-1")
    done = analyzed(tmp_path, "security", "--offline=true", "--no-pager", f"./{name}")
    exposure = re.search(r"Overall exposure level.*?: ([0-9.]+)", done.stdout)
    assert exposure, done.stdout + done.stderr
    assert float(exposure[1]) <= 3.0


def test_the_service_is_watched_and_ended_cleanly() -> None:
    text = (DEPLOY / "kinewatch@.service").read_text()
    for line in (
        "Type=notify",
        "WatchdogSec=15",
        "Restart=on-failure",
        "KillSignal=SIGTERM",
        "User=kinewatch",
    ):
        assert f"\n{line}\n" in text


def test_units_call_commands_that_exist() -> None:
    for unit in UNITS:
        called = re.findall(r"/bin/kinewatch (\S+)", (DEPLOY / unit).read_text())
        assert called
        assert set(called) <= set(COMMANDS)


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", (DEPLOY / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]  # type: ignore[misc]


def test_the_container_is_made_of_what_is_there_and_runs_as_nobody_special() -> None:
    """There is no container engine in the tests: this is what can be seen without building it."""
    done = instructions()
    assert {word for word, _ in done} <= {
        *("FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "STOPSIGNAL", "ENTRYPOINT", "CMD"),
    }
    assert all(":" in rest and ":latest" not in rest for word, rest in done if word == "FROM")
    assert [rest for word, rest in done if word == "USER"][-1] == "kinewatch"
    for word, rest in done:
        if word == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
    installs = [rest for word, rest in done if word == "RUN" and "pip install" in rest]
    assert all("--require-hashes" in rest or "--no-deps" in rest for rest in installs)
    ignored = (ROOT / ".dockerignore").read_text()
    assert ignored.startswith("*\n")
