"""What holds for every test."""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# A deadline measures the machine's load, not the code. In CI the same examples are tried every time.
settings.register_profile("kinewatch", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("kinewatch")


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program keeps of its user is kept in the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))


# These run the whole service or thousands of frames. Tracing would triple their time and say little: that a
# line was run on the way is no test of it. The tests of each file count.
UNTRACED = ("scenarios", "contracts", "integration", "bluez", "validation")


def is_long(path: Path) -> bool:
    here = Path(__file__).parent
    return path.is_relative_to(here) and path.relative_to(here).parts[0] in UNTRACED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Trace the tests of each file only, fixtures included; and not those marked `untraced`.

    pytest-cov's own `no_cover` does nothing in a worker of xdist: each worker starts two collectors, and
    stopping the one lets the other go on.
    """
    trace = sys.gettrace()
    if item.get_closest_marker("untraced") or is_long(item.path):
        sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(trace)
