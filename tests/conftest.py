"""What holds for every test."""

import os

from hypothesis import settings

# A deadline measures the machine's load, not the code. In CI the same examples are tried every time.
settings.register_profile("kinewatch", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("kinewatch")
