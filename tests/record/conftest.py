"""Programs of others, where they are installed: `make test-record` installs them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

NODE = Path(__file__).with_name("node")


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder of the npm programs."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (NODE / "node_modules").is_dir():
        pytest.skip("the npm programs are not installed; `make test-record` does it")
    return NODE


@pytest.fixture(scope="session")
def fhir_server(node: Path) -> Iterator[str]:
    """Medplum's router on loopback; its base URL."""
    server = subprocess.Popen(["node", "server.mjs"], cwd=node, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()
