"""The pages cannot lie: every path, name, link, command line and example in them exists and runs."""

import argparse
import ast
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from monitor.cli.main import COMMANDS
from tests.support import state_tables

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOLDERS = (
    "monitor",
    "devices",
    "protocols",
    "simulators",
    "tests",
    "docs",
    "examples",
    "findings",
    "requirements",
)
PACKAGES = ("monitor", "devices", "protocols", "simulators")
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`")
DOTTED = re.compile(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)(?:\([^`]*\))?`")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# The invented maker of the guides.
INVENTED = "acme"

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_the_pages_are_there() -> None:
    assert len(PAGES) > 10


@pages
def test_every_path_exists(page: Path) -> None:
    missing = [
        path for path in PATH.findall(page.read_text()) if not (ROOT / path).exists() and INVENTED not in path
    ]
    assert missing == []


@pages
def test_every_dotted_name_exists(page: Path) -> None:
    assert [name for name in DOTTED.findall(page.read_text()) if not resolves(name)] == []


def resolves(name: str) -> bool:
    """Whether a dotted name is a module or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            fields = getattr(found, "__dataclass_fields__", {}) | getattr(found, "model_fields", {})
            if not hasattr(found, part) and part not in fields:
                return False
            found = getattr(found, part, None)
        return True
    return False


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target, anchor in LINK.findall(page.read_text()):
        path = page if not target else (page.parent / target).resolve()
        if not path.exists():
            broken.append(target)
        elif anchor and path.suffix == ".md" and anchor[1:] not in anchors(path):
            broken.append(target + anchor)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links have them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def command_lines(page: Path) -> Iterator[str]:
    """`kinewatch ...` lines of the fenced blocks, and `kinewatch word` in the text."""
    text = page.read_text()
    for language, block in FENCE.findall(text):
        if language not in {"", "sh", "console", "bash"}:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(r"\s*(?:\$ )?(kinewatch .*?)(?:\s+#.*|\s*[|>].*|\s*&)?$", line)
            if found:
                yield found[1]
    yield from re.findall(r"`(kinewatch [a-z][^`\n]*)`", FENCE.sub("", text))


@pages
def test_every_command_line_is_one(page: Path) -> None:
    """The command is there, and every option is one of its own."""
    wrong = []
    for line in command_lines(page):
        words = re.findall(r"--?[a-z][\w-]*|\S+", line)[1:]
        if not words or words[0].startswith("-") or line.startswith("kinewatch demo: "):
            continue
        if words[0] not in COMMANDS:
            wrong.append(line)
            continue
        parser = argparse.ArgumentParser(add_help=False)
        import_module(COMMANDS[words[0]].module).add_arguments(parser)
        known = options_of(parser) | {"--help", "-h"}
        wrong += [
            f"{line}: {word}"
            for word in words[1:]
            if re.fullmatch(r"--[a-z][\w-]*", word) and word not in known
        ]
    assert wrong == []


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """The options of a parser and of its sub-commands."""
    found = {option for action in parser._actions for option in action.option_strings}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                found |= options_of(sub)
    return found


@pages
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = re.findall(r"`make ([a-z-]+)", page.read_text()) + re.findall(
        r"^make ([a-z-]+)", page.read_text(), re.MULTILINE
    )
    assert set(asked) <= targets


@pages
def test_every_python_block_compiles(page: Path) -> None:
    for language, block in FENCE.findall(page.read_text()):
        if language == "python":
            ast.parse(block)


def test_the_states_in_the_map_are_those_of_the_tables() -> None:
    page = state_tables.PAGE.read_text()
    assert state_tables.page_with_states(page) == page


DECODE = [
    shlex.split(line, comments=True)[1:]
    for page in PAGES
    for line in command_lines(page)
    if line.startswith("kinewatch decode ") and re.search(r"[0-9a-f]{4}", line)
]


@pytest.mark.parametrize("words", DECODE, ids=" ".join)
def test_every_decode_example_gives_plausible_values(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli.main", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    numbers = dict(
        re.findall(r'"(spo2_percent|pulse_rate_per_min|heart_rate_per_min)": ([\d.]+)', done.stdout)
    )
    for name, value in numbers.items():
        low, high = (70, 100) if name == "spo2_percent" else (40, 200)
        assert low <= float(value) <= high, f"{name} {value}"


def test_the_decode_examples_are_there() -> None:
    assert len(DECODE) >= 4
    assert json.dumps(DECODE)
