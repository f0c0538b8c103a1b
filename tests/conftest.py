"""What holds for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A deadline measures the machine's load, not the code. In CI the same examples are tried every time.
settings.register_profile("kinewatch", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("kinewatch")

# These run the whole service or thousands of frames. Tracing would double their time and say little: that a
# line was run on the way is no test of it. The tests of each file count.
UNTRACED = ("scenarios", "contracts", "integration", "bluez", "validation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).parts[0] in UNTRACED:
            item.add_marker(pytest.mark.no_cover)
