"""The guest's first file system: busybox, the kernel modules in the order of their needs, and `init`."""

import gzip
import lzma
from collections.abc import Iterator, Sequence
from pathlib import Path

import zstandard

# virtio and 9p for the host's files, Bluetooth with its virtual controller and its cryptography. Without drbg
# there is no ECDH key, and so no pairing.
MODULES = (
    "virtio_pci",
    "virtio_rng",
    "9pnet_virtio",
    "9p",
    "overlay",
    "ctr",
    "hmac",
    "sha256_generic",
    "sha512_generic",
    "drbg",
    "cmac",
    "ecb",
    "aes_generic",
    "ecdh_generic",
    "algif_hash",
    "algif_skcipher",
    "uhid",
    "bluetooth",
    "hci_vhci",
)


class MissingModuleError(Exception):
    """The kernel lacks a module: it is not a generic one."""

    def __init__(self, module: str, folder: Path) -> None:
        super().__init__(f"no module {module} in {folder}")
        self.module = module
        self.folder = folder


def build(*, busybox: Path, modules: Path, init: Path) -> bytes:
    """A compressed cpio archive (newc); `modules` is the kernel's folder `lib/modules/VERSION`."""
    paths = list(in_order(modules, MODULES))
    archive = bytearray()
    for folder in ("bin", "modules"):
        archive += _entry(folder, 0o040755, b"")
    archive += _entry("init", 0o100755, init.read_bytes())
    archive += _entry("bin/busybox", 0o100755, busybox.read_bytes())
    names = [f"{_name(path)}.ko" for path in paths]
    for name, path in zip(names, paths, strict=True):
        archive += _entry(f"modules/{name}", 0o100644, _content(path))
    archive += _entry("modules/order", 0o100644, "".join(f"{name}\n" for name in names).encode())
    archive += _entry("TRAILER!!!", 0, b"")
    return gzip.compress(bytes(archive), compresslevel=1)


def in_order(folder: Path, wanted: Sequence[str]) -> Iterator[Path]:
    """The files of the wanted modules, each after those it needs; what the kernel has built in is left out.

    Raises:
        MissingModuleError: neither a file nor built in.
    """
    files = {_name(path): path for path in (folder / "kernel").rglob("*.ko*")}
    built_in = {_name(Path(line)) for line in (folder / "modules.builtin").read_text().splitlines()}
    seen: set[str] = set()

    def visit(name: str) -> Iterator[Path]:
        if name in seen or name in built_in:
            return
        seen.add(name)
        if name not in files:
            raise MissingModuleError(name, folder)
        for needed in _needs(_content(files[name])):
            yield from visit(needed)
        yield files[name]

    for module in wanted:
        yield from visit(module.replace("-", "_"))


def _name(path: Path) -> str:
    return path.name.split(".", 1)[0].replace("-", "_")


def _content(path: Path) -> bytes:
    """A module as the kernel wants it: Debian compresses with xz, Ubuntu with zstd."""
    raw = path.read_bytes()
    match path.suffix:
        case ".xz":
            return lzma.decompress(raw)
        case ".zst":
            return zstandard.ZstdDecompressor().decompressobj().decompress(raw)
        case _:
            return raw


def _needs(module: bytes) -> list[str]:
    """The `depends` of a module's .modinfo section."""
    start = module.find(b"\0depends=") + 1
    if not start:
        return []
    text = module[start + len("depends=") : module.index(b"\0", start)].decode()
    return [name.replace("-", "_") for name in text.split(",") if name]


def _entry(name: str, mode: int, content: bytes) -> bytes:
    encoded = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + encoded) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
