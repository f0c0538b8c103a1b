"""The HTML report prints on two pages, A4 and Letter, by the browser that is installed."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.record.render.report import html
from tests.support.recorded_session import golden_scenario, recorded

pytestmark = [pytest.mark.record, pytest.mark.timeout(300)]


@pytest.mark.parametrize("size", ["A4", "Letter"])
def test_two_pages(size: str, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf", reason="`make test-record` installs it")
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("chromium is not installed")
    page = html(recorded(tmp_path, golden_scenario()).facts)
    file, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    file.write_text(page.replace("@page {", f"@page {{ size: {size};"), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    subprocess.run(
        [*command, f"--user-data-dir={tmp_path / 'browser'}", f"--print-to-pdf={printed}", file.as_uri()],
        check=True,
        capture_output=True,
        timeout=250,
    )
    pages = pypdf.PdfReader(io.BytesIO(printed.read_bytes())).pages
    assert len(pages) == 2
    width = round(float(pages[0].mediabox.width))
    assert width == {"A4": 595, "Letter": 612}[size]
