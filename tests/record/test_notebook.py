"""The analyst's example runs on what `kinewatch report` writes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.made_facts import made_facts

pytestmark = pytest.mark.record
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "notebook" / "a_clinics_month.py"


def test_a_clinics_month(tmp_path: Path) -> None:
    pytest.importorskip("polars", reason="`make test-record` installs it")
    from monitor.record.render.parquet_files import parquet_files

    for seed in range(12):
        folder = tmp_path / f"s-{seed}"
        folder.mkdir()
        for name, content in parquet_files(made_facts(seed)):
            (folder / name).write_bytes(content)
    result = subprocess.run(
        [sys.executable, str(EXAMPLE), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "adherence_percent" in result.stdout
    assert "per_hour" in result.stdout
