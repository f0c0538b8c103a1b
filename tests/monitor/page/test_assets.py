"""The page's files: what is vendored, what is cached, what the catalogues have."""

import hashlib
import json
import re
from pathlib import Path

from monitor.page import assets
from protocols.mqtt.wire import MESSAGES

STATIC = Path(assets.__file__).parent / "static"
CATALOGUES = {name: json.loads((STATIC / "i18n" / f"{name}.json").read_text()) for name in ("en", "de")}
OURS = [*(STATIC / "app").glob("*.js"), STATIC / "sw.js"]


def test_every_vendored_file_is_the_one_of_the_manifest_with_its_licence() -> None:
    manifest = json.loads((STATIC / "vendor" / "manifest.json").read_text())
    files = {path.name for path in (STATIC / "vendor").iterdir() if path.suffix in {".js", ".css"}}
    assert files == set(manifest)
    for name, entry in manifest.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == entry["sha256"], name
        assert entry["licence"] == "MIT"
        assert list((STATIC / "vendor").glob(f"{entry['name']}.LICENSE*"))


def test_the_service_worker_keeps_every_file_that_the_page_needs() -> None:
    listed = set(re.findall(r'"(/[\w./-]*)"', (STATIC / "sw.js").read_text()))
    needed = {f"/app/{path.name}" for path in (STATIC / "app").glob("*.js")}
    needed |= {"/", "/bedside", "/kinewatch.css", "/bedside.css", "/vendor/mqtt.js", "/vendor/uplot.js"}
    assert needed <= listed
    assert listed - {"/sw.js"} <= set(assets.load_assets())


def test_both_catalogues_have_the_same_words_with_the_same_places() -> None:
    assert set(CATALOGUES["en"]) == set(CATALOGUES["de"])
    for key, text in CATALOGUES["en"].items():
        places = [sorted(re.findall(r"\{\w+\}", each)) for each in (text, CATALOGUES["de"][key])]
        assert places[0] == places[1], key


def test_every_word_that_the_page_asks_for_is_in_the_catalogues() -> None:
    for path in OURS:
        for key in re.findall(r'\bt\("([a-z_]+(?:\.[a-z_0-9]+)*)"', path.read_text()):
            assert key in CATALOGUES["en"], f"{path.name}: {key}"


def test_text_is_only_ever_text() -> None:
    for path in OURS:
        code = path.read_text()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code
        )


def test_the_page_checks_every_field_of_every_message() -> None:
    code = (STATIC / "app" / "messages.js").read_text()
    for kind, model in MESSAGES.items():
        assert f"  {kind.value}: {{" in code, kind
        for name in model.model_fields:
            if name != "v":
                assert f"{name}: [" in code, f"{kind}.{name}"


def test_a_file_has_a_type_and_a_tag() -> None:
    served = assets.load_assets()
    assert served["/"].content_type == "text/html; charset=utf-8"
    assert served["/app/main.js"].content_type == "text/javascript; charset=utf-8"
    assert served["/icons/kinewatch-192.png"].content_type == "image/png"
    assert assets.VERSION_MARK not in served["/sw.js"].content
    assert len({asset.etag for asset in served.values()}) >= len(served) - 2
