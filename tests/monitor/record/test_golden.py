"""A golden session: every artefact the same bytes, on any machine; a changed artefact is a reviewed change.

`python -m tests.monitor.record.test_golden` writes the digests anew. PDF, Parquet and EDF+ depend on their
libraries' versions, which requirements/record.txt pins; they are compared in `make test-record`.
"""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from monitor.record.formats import FORMATS
from tests.support.made_facts import made_facts

DIGESTS = Path(__file__).with_name("golden.json")
SEED = 20261201


def digests(name: str) -> dict[str, str]:
    facts = made_facts(SEED)
    return {file: hashlib.sha256(content).hexdigest() for file, content in FORMATS[name].files(facts)}


@pytest.mark.parametrize("name", FORMATS)
def test_artefacts_are_the_golden_bytes(name: str) -> None:
    if not FORMATS[name].is_installed():
        pytest.skip(f"{name} needs the extra `record`; `make test-record` has it")
    assert digests(name) == json.loads(DIGESTS.read_text())[name]


if __name__ == "__main__":
    known = json.loads(DIGESTS.read_text()) if DIGESTS.exists() else {}
    made = {name: digests(name) for name, one in FORMATS.items() if one.is_installed()}
    DIGESTS.write_text(json.dumps(known | made, indent=1, sort_keys=True) + "\n")
    sys.stderr.write(f"{DIGESTS}: {', '.join(made)}\n")
