"""One golden session for all tests of the record."""

import pytest

from tests.support.recorded_session import Recorded, golden_scenario, recorded


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return recorded(tmp_path_factory.mktemp("golden"), golden_scenario())
