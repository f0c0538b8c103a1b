"""Browser tests need Debian's Chromium and Playwright; without them they are skipped, with one sentence."""

from pathlib import Path

import pytest

from tests.support.page import IS_HERE, REASON

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(240))
            item.add_marker(pytest.mark.filterwarnings("default"))
            if not IS_HERE:
                item.add_marker(pytest.mark.skip(reason=REASON))
