"""One golden session for all tests of the record."""

import pytest

from tests.support.recorded_session import Recorded, golden_recording


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Recorded:
    return golden_recording(tmp_path_factory, worker_id)
