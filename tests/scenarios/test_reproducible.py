"""One seed, one session, to the bit: in every process, whatever Python salts its hashes with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Vital signs, motion, a lost link, somebody's commands.
SCENARIO = "imu-dropout-in-set"


def printed(call: str, salt: str) -> str:
    code = f"from tests.support.fingerprints import over_the_air, of_the_core; print({call})"
    environment = {**os.environ, "PYTHONHASHSEED": salt}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("call", [f"over_the_air({SCENARIO!r}, 80.0)", f"of_the_core({SCENARIO!r})"])
def test_two_processes_agree_to_the_bit(call: str) -> None:
    first = printed(call, "0")
    assert int(first.split()[0]) > 500
    assert printed(call, "4711") == first
