"""`make mutants`: change the core at a seeded sample of places, one at a time, and see which tests notice.

Each place is mutated in a copy of the tree, and its nearest tests run: the module's test file, then the tests
of its folder, then those of the neighbouring folder and the contracts. A mutant that all of them pass has
survived. Survivors are listed with a reason in `docs/mutants.md`; one without a reason ends with exit 1, as
does a kill rate under `--least`.
"""

import argparse
import ast
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = (
    "monitor/session",
    "monitor/ingest",
    "monitor/dsp",
    "monitor/motion",
    "monitor/exercise",
    "monitor/plan",
    "monitor/alerts",
    "protocols/ble",
)
REASONS = ROOT / "docs" / "mutants.md"
PER_RUN_S = 120

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed expression: the same text everywhere else in the file."""

    path: str
    line: int
    before: str
    after: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """As it stands in the list of survivors; the line is left out, for it moves."""
        return f"{self.path}: `{self.before}` -> `{self.after}`"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every place of a file that can be changed, in the order of the text."""
    text = path.read_text()
    tree = ast.parse(text)
    offsets = [0]
    for line in text.encode().splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    skipped = {
        child
        for node in ast.walk(tree)
        for child in ast.walk(node)
        if isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr)
        or (isinstance(node, ast.AnnAssign) and node.value is None)
    }
    for node in ast.walk(tree):
        changed = None if node in skipped or in_annotation(node, tree) else changed_node(node)
        if changed is None or not isinstance(node, ast.expr):
            continue
        start = offsets[node.lineno - 1] + node.col_offset
        end = offsets[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        before = re.sub(r"\s+", " ", text.encode()[start:end].decode())
        yield Mutant(str(path.relative_to(ROOT)), node.lineno, before, ast.unparse(changed), start, end)


def in_annotation(node: ast.AST, tree: ast.AST) -> bool:
    """Whether the node stands for a type: `int | None` is no calculation."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)


def changed_node(node: ast.AST) -> ast.expr | None:
    """The node with one operator changed; None when it has none that can be."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            return ast.Compare(node.left, [COMPARISONS[type(op)]()], node.comparators)
        case ast.BoolOp():
            return ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.BinOp() if type(node.op) in OPERATORS:
            return ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        case ast.UnaryOp(op=ast.Not()):
            return node.operand
        case _:
            return None


def nearest_tests(path: str) -> list[list[str]]:
    """Groups of tests, nearest first; each group runs only if the ones before it noticed nothing."""
    source = Path(path)
    folder = Path("tests") / source.parent
    own = folder / f"test_{source.stem}.py"
    groups: list[list[str]] = []
    if (ROOT / own).exists():
        groups.append([str(own)])
    near = folder
    while not (ROOT / near).exists():
        near = near.parent
    groups.append([str(near)])
    above = Path("tests") / Path(*source.parts[:2])
    if above != near and (ROOT / above).exists():
        groups.append([str(above)])
    beside = {
        "monitor": [
            "tests/monitor/session",
            "tests/contracts/test_every_rule_and_code.py",
            "tests/contracts/test_every_reader.py",
            "tests/contracts/test_every_filter.py",
        ],
        "protocols": ["tests/contracts/test_every_codec.py", "tests/contracts/test_every_framer.py"],
    }[source.parts[0]]
    groups.append([test for test in beside if (ROOT / test).exists()])
    return groups


def killed_by(tree: Path, mutant: Mutant, whole: bytes) -> str:
    """The group of tests that noticed, empty when none did; `whole` is the file unchanged.

    A group that does not end in time has noticed an endless loop only if it ends in half the time without the
    mutant: on a busy machine slowness is no evidence.
    """
    target = tree / mutant.path
    changed = whole[: mutant.start] + f"({mutant.after})".encode() + whole[mutant.end :]
    for group in nearest_tests(mutant.path):
        target.write_bytes(changed)
        passed = passes(tree, group, PER_RUN_S)
        target.write_bytes(whole)
        if passed is False:
            return " ".join(group)
        if passed is None and passes(tree, group, PER_RUN_S / 2):
            return f"{' '.join(group)} (it does not end)"
    return ""


def passes(tree: Path, group: list[str], within_s: float) -> bool | None:
    """Whether the tests pass; None when they do not end in time."""
    options = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not slow and not broker"]
    command = [sys.executable, "-m", "pytest", *options, *group]
    try:
        done = subprocess.run(command, cwd=tree, capture_output=True, timeout=within_s, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.returncode in (0, 5)


def say(text: str) -> None:
    """A line of the report, at once: a run takes minutes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def reasons() -> dict[str, str]:
    """Survivors that are known, with the reason why no test can or need notice."""
    rows = (
        re.findall(r"^\| (.+?) \| (.+?) \|$", REASONS.read_text(), re.MULTILINE) if REASONS.exists() else []
    )
    return {name.replace("\\|", "|"): reason for name, reason in rows}


def main() -> int:
    """Print each mutant's fate, the kill rate and the survivors."""
    parser = argparse.ArgumentParser(description="Mutation test of the core, on a seeded sample.")
    parser.add_argument("--places", type=int, default=60)
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--least", type=float, default=0.95, help="smallest kill rate (default: 0.95)")
    parser.add_argument(
        "--part", default="1/1", help="every nth place from the kth on, for two processes: 1/2, 2/2"
    )
    arguments = parser.parse_args()
    part, parts = map(int, arguments.part.split("/"))
    files = sorted(path for folder in CORE for path in (ROOT / folder).rglob("*.py"))
    places = [mutant for path in files for mutant in mutants_of(path)]
    chosen = random.Random(arguments.seed).sample(places, arguments.places)[part - 1 :: parts]
    known, begun, survivors = reasons(), time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in ("monitor", "devices", "protocols", "simulators", "tests", "docs", "examples"):
            if (ROOT / name).exists():
                shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"):
            shutil.copy(ROOT / name, tree / name)
        for number, mutant in enumerate(chosen, start=1):
            killer = killed_by(tree, mutant, (tree / mutant.path).read_bytes())
            fate = f"killed by {killer}" if killer else "SURVIVED"
            place = f"{number:3} of {len(chosen)}  {mutant.path}:{mutant.line}"
            say(f"{place}  {mutant.before} -> {mutant.after}  {fate}")
            if not killer:
                survivors.append(mutant)
    rate = 1 - len(survivors) / len(chosen)
    killed = f"{len(chosen) - len(survivors)} of {len(chosen)} killed ({rate:.0%})"
    say(f"\n{killed}; {len(places)} places, seed {arguments.seed}, {time.monotonic() - begun:.0f} s")
    unexplained = [mutant for mutant in survivors if mutant.name not in known]
    for mutant in survivors:
        say(f"survived: {mutant.name}: {known.get(mutant.name, 'NO REASON in docs/mutants.md')}")
    # An equivalent mutant is none: nothing that anybody can see differs.
    equivalent = sum(known.get(mutant.name, "").startswith("equivalent") for mutant in survivors)
    counted = len(chosen) - equivalent
    least = (counted - (len(survivors) - equivalent)) / counted
    say(f"without the {equivalent} equivalent: {least:.0%}")
    return 1 if unexplained or least < arguments.least else 0


if __name__ == "__main__":
    sys.exit(main())
