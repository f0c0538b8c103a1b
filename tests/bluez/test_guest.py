"""What the guest is made of, without booting it: a change elsewhere must not be noticed only there."""

import gzip
import lzma
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from monitor.config import load_station
from monitor.plan.plan import load_plan
from simulators.radio.air import VirtualRadio
from simulators.scenario import loader as scenario
from simulators.scenario.world import World
from tests.bluez.guest import initramfs, run
from tests.bluez.guest.bedside import SCENARIO as BEDSIDE
from tests.bluez.guest.link_steps import STREAMS
from tests.bluez.guest.part import Part
from tests.bluez.guest.service import SESSIONS
from tests.bluez.guest.service_steps import CUFF_ADDRESS, STREAMING
from tests.bluez.guest.service_steps import SCENARIO as SESSION

HERE = Path(run.__file__).parent


def module(folder: Path, name: str, *, needs: str) -> None:
    (folder / "kernel").mkdir(exist_ok=True)
    (folder / "kernel" / f"{name}.ko").write_bytes(b"\x7fELF\0license=GPL\0depends=" + needs.encode() + b"\0")


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    module(tmp_path, "bluetooth", needs="ecdh_generic,crc16")
    module(tmp_path, "ecdh_generic", needs="")
    module(tmp_path, "hci-vhci", needs="bluetooth")
    (tmp_path / "modules.builtin").write_text("kernel/lib/crc16.ko\n")
    return tmp_path


def test_a_module_comes_after_what_it_needs(modules: Path) -> None:
    order = [path.stem for path in initramfs.in_order(modules, ["hci_vhci", "bluetooth"])]
    assert order == ["ecdh_generic", "bluetooth", "hci-vhci"]


@pytest.mark.parametrize(
    ("suffix", "compress"), [("xz", lzma.compress), ("zst", zstandard.ZstdCompressor().compress)]
)
def test_compressed_modules_are_unpacked(
    modules: Path, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    plain = modules / "kernel" / "hci-vhci.ko"
    plain.with_name(f"hci-vhci.ko.{suffix}").write_bytes(compress(plain.read_bytes()))
    plain.unlink()
    order = [path.name for path in initramfs.in_order(modules, ["hci_vhci"])]
    assert order == ["ecdh_generic.ko", "bluetooth.ko", f"hci-vhci.ko.{suffix}"]


def test_a_kernel_without_bluetooth_is_named(modules: Path) -> None:
    with pytest.raises(initramfs.MissingModuleError, match="uhid"):
        list(initramfs.in_order(modules, ["uhid"]))


def test_the_first_file_system_has_busybox_the_modules_in_order_and_init(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(initramfs, "MODULES", ("hci_vhci",))
    (modules / "busybox").write_bytes(b"busybox!")
    archive = gzip.decompress(
        initramfs.build(busybox=modules / "busybox", modules=modules, init=HERE / "init")
    )
    for content in (b"busybox!", b"ecdh_generic.ko\nbluetooth.ko\nhci_vhci.ko\n", b"switch_root"):
        assert content in archive
    assert archive.count(b"070701") == 2 + 2 + 3 + 1 + 1
    assert len(archive) % 4 == 0


def test_what_is_missing_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert run.main(list(Part)) == 2
    said = capsys.readouterr().err
    assert said.startswith("make test-bluez needs qemu-system-x86_64, a static busybox, dbus-daemon")
    assert said.endswith(f"run {run.INSTALL}\n")
    assert said.count("\n") == 1


@pytest.mark.parametrize(("script", "says"), [("exit 0", True), ("echo no network >&2; exit 100", False)])
def test_a_kernel_is_fetched_where_apt_has_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    script: str,
    says: bool,
) -> None:
    """From a clean clone `make test-bluez` needs nobody to run the script by hand."""
    for name in ("qemu-system-x86_64", "apt-get"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    kernel = tmp_path / "build" / "kernel"
    fetch = tmp_path / "kernel.sh"
    there = f"mkdir -p {kernel}/boot {kernel}/lib/modules/6.1\ntouch {kernel}/boot/vmlinuz-6.1\n"
    fetch.write_text(f"#!/bin/sh\n{there if says else ''}{script}\n")
    fetch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(run, "KERNEL", kernel)
    monkeypatch.setattr(run, "PROJECT", tmp_path)
    monkeypatch.setattr(run, "FETCH_KERNEL", fetch)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(run, "BLUETOOTHD", ())
    with pytest.raises(run.CannotStartError) as refused:
        run.find_parts()
    assert ("a generic kernel" in str(refused.value)) is not says
    assert "fetching a kernel" in capfd.readouterr().err


def test_a_busybox_that_needs_libraries_will_not_do(tmp_path: Path) -> None:
    (tmp_path / "busybox").write_bytes(b"\x7fELF" + bytes(700) + b"/lib64/ld-linux-x86-64.so.2\0")
    assert not run._is_static(tmp_path / "busybox")
    (tmp_path / "busybox").write_bytes(b"\x7fELF" + bytes(8000))
    assert run._is_static(tmp_path / "busybox")


def test_another_processor_cannot_run_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert run.main(list(Part)) == 2
    assert "x86-64" in capsys.readouterr().err


@pytest.mark.parametrize("script", ["install.sh", "kernel.sh", "init", "session.sh"])
def test_scripts_are_well_formed(script: str) -> None:
    assert subprocess.run(["sh", "-n", HERE / script], check=False).returncode == 0


def test_nothing_of_the_guest_hides_the_project() -> None:
    """A clone may lie in /tmp: the guest keeps its own files elsewhere."""
    mounts = [
        line.split()[-1] for line in (HERE / "session.sh").read_text().splitlines() if "mount -t" in line
    ]
    assert mounts == ["/dev/shm", "/dev/pts", "/var/lib/bluetooth"]
    assert "/tmp" not in (HERE / "session.sh").read_text().replace("Not /tmp:", "")
    assert load_station(HERE / "station.toml").station.sessions_folder == SESSIONS


async def test_the_station_knows_the_devices_of_the_scenario() -> None:
    world = World(scenario.load(SESSION), VirtualRadio())
    station = load_station(HERE / "station.toml")
    known = {one.device: (one.family, one.role.value, one.address) for one in station.devices}
    assert known.pop("cuff") == ("blood_pressure", "cuff", CUFF_ADDRESS)
    assert known == {one.device: (one.family, one.role, one.address) for one in world.devices}
    assert set(known) == set(STREAMING)
    assert load_plan(HERE / "plan.toml").exercises[0].name == world.truth.sets[0].exercise


async def test_the_bedside_has_the_devices_that_are_watched() -> None:
    world = World(scenario.load(BEDSIDE), VirtualRadio())
    assert {one.device for one in world.devices} == set(STREAMS)
