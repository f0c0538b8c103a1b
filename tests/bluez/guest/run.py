"""Boots the guest, shows what it says, and brings its results home: `python -m tests.bluez.guest.run`.

Exit codes: 0 all passed, 1 something failed, 2 the guest could not be started (and what to do about it).
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bluez.guest import initramfs
from tests.bluez.guest.part import Part

PROJECT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
KERNEL = PROJECT / "build" / "bluez" / "kernel"
INSTALL = "tests/bluez/guest/install.sh"
FETCH_KERNEL = HERE / "kernel.sh"
TIMEOUT_S = 600.0
BLUETOOTHD = tuple(
    Path(f"{folder}/bluetoothd") for folder in ("/usr/libexec/bluetooth", "/usr/lib/bluetooth", "/usr/sbin")
)


class CannotStartError(Exception):
    """Something is missing on this machine; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the guest is made of."""

    qemu: str
    busybox: Path
    kernel: Path
    modules: Path


def find_parts() -> Parts:
    """Look for everything at once; a kernel is fetched where apt has one.

    Raises:
        CannotStartError: naming all that is missing.
    """
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise CannotStartError(
            "make test-bluez needs Linux on x86-64: the guest runs this machine's own programs"
        )
    if " " in f"{PROJECT}{sys.executable}":
        raise CannotStartError(f"make test-bluez needs a folder without spaces in its name, not {PROJECT}")
    qemu, busybox = shutil.which("qemu-system-x86_64"), shutil.which("busybox")
    if not KERNEL.is_dir() and qemu and shutil.which("apt-get"):
        fetch_kernel()
    kernels = sorted((KERNEL / "boot").glob("vmlinuz-*"))
    modules = [
        found
        for path in kernels
        for root in (KERNEL / "lib", KERNEL / "usr" / "lib")
        if (found := root / "modules" / path.name.removeprefix("vmlinuz-")).is_dir()
    ]
    missing = [
        what
        for what, there in (
            ("qemu-system-x86_64", qemu),
            ("a static busybox", busybox and _is_static(Path(busybox))),
            ("dbus-daemon", shutil.which("dbus-daemon")),
            ("bluetoothd (bluez)", any(path.exists() for path in BLUETOOTHD)),
            (f"a generic kernel in {KERNEL.relative_to(PROJECT)}", modules),
        )
        if not there
    ]
    if missing:
        raise CannotStartError(f"make test-bluez needs {', '.join(missing)}: run {INSTALL}")
    assert qemu is not None
    assert busybox is not None
    return Parts(qemu=qemu, busybox=Path(busybox), kernel=kernels[-1], modules=modules[-1])


def fetch_kernel() -> None:
    """Unpack one into build/: it needs a network, but no root. Where it fails it is among what is missing."""
    sys.stderr.write("fetching a kernel for the guest, once (about 80 MB) ...\n")
    done = subprocess.run([FETCH_KERNEL], stdout=sys.stderr, check=False)
    if done.returncode:
        sys.stderr.write("no kernel could be fetched\n")


def _is_static(program: Path) -> bool:
    """Whether it runs where there is nothing else: no dynamic loader is named in its header."""
    with program.open("rb") as file:
        return b"/ld-" not in file.read(4096)


def command(parts: Parts, initrd: Path, results: Path, tried: Sequence[Part]) -> list[str]:
    """QEMU's command line: plain emulation, no network, no display, the host's files read-only."""
    environment = {
        "PROJECT": PROJECT,
        # Not resolved: the link is what makes it the virtual environment's.
        "PYTHON": Path(sys.executable).absolute(),
        "BUSYBOX": parts.busybox,
        "PARTS": ",".join(tried),
    }
    arguments = "console=ttyS0 quiet panic=-1 mitigations=off " + " ".join(
        f"{name}={value}" for name, value in environment.items()
    )
    share = "local,security_model=none,multidevs=remap"
    return [
        *(parts.qemu, "-M", "q35", "-m", "1G", "-smp", "1", "-accel", "tcg,thread=single"),
        *("-cpu", "Nehalem", "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"),
        *("-kernel", str(parts.kernel), "-initrd", str(initrd), "-append", arguments),
        *("-virtfs", f"{share},path=/,mount_tag=host,readonly=on"),
        *("-virtfs", f"{share},path={results},mount_tag=results"),
        *("-device", "virtio-rng-pci"),
        # The guest's clock counts instructions (2 ns each) while it works and follows ours while it waits: a
        # busy machine below makes it late for nobody, only longer in the watching.
        *("-icount", "shift=1,sleep=on", "-rtc", "clock=vm"),
    ]


def boot(parts: Parts, results: Path, tried: Sequence[Part]) -> bool:
    """Run the guest, its console on stderr; False if the time limit ended it."""
    initrd = results / "initrd"
    busybox, init = parts.busybox, HERE / "init"
    initrd.write_bytes(initramfs.build(busybox=busybox, modules=parts.modules, init=init))
    began_s = time.monotonic()
    timed_out = threading.Event()
    with subprocess.Popen(
        command(parts, initrd, results, tried),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as guest:

        def give_up() -> None:
            timed_out.set()
            guest.kill()

        alarm = threading.Timer(TIMEOUT_S, give_up)
        alarm.start()
        try:
            assert guest.stdout is not None
            for line in guest.stdout:
                sys.stderr.write(f"[{time.monotonic() - began_s:5.0f} s] {line.rstrip()}\n")
        finally:
            alarm.cancel()
            guest.kill()
    return not timed_out.is_set()


def main(tried: Sequence[Part]) -> int:
    """Boot, wait, report."""
    try:
        parts = find_parts()
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    results = PROJECT / "build" / "bluez" / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    in_time = boot(parts, results, tried)
    report = results / "report.json"
    if not report.exists():
        why = "did not report" if in_time else f"was not finished after {TIMEOUT_S:.0f} s"
        sys.stderr.write(f"the guest {why}; its logs are in {results.relative_to(PROJECT)}\n")
        return 1
    steps = json.loads(report.read_text())["steps"]
    steps += [replay(recording) for recording in sorted(results.glob("sessions/*/recording.mcap"))]
    sys.stdout.write(json.dumps({"steps": steps}, indent=2) + "\n")
    for step in steps:
        sys.stderr.write(f"{'passed' if step['passed'] else 'FAILED'}  {step['name']}\n")
    return 0 if all(step["passed"] for step in steps) else 1


def replay(recording: Path) -> dict[str, object]:
    """What was recorded in the guest gives the same events here, to the bit."""
    kinewatch = Path(sys.executable).with_name("kinewatch")
    done = subprocess.run(
        [kinewatch, "replay", "--quiet", recording],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    passed = done.returncode == 0
    name = "the recording replays to the same events on this machine"
    return {"name": name, "passed": passed, "figures": {}, "failure": "" if passed else done.stderr}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Our links and the service on a real kernel and bluetoothd.")
    parser.add_argument(
        "part", nargs="*", type=Part, default=list(Part), metavar="PART", help="links, service; both if none"
    )
    sys.exit(main(parser.parse_args().part))
