"""Our own check of what we emit, driven by a table of HL7's definitions (`definitions.json`, CC0).

Structure, cardinality, types, formats, required bindings, reference targets, profiles with their slices, the
constraints that the table cannot say, and the reviewed codes. Value sets that
are not required, FHIRPath constraints in general and terminology are not its subject.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from monitor.record.fhir.codes import LOINC, OURS, UCUM, has_check_digit, is_known

_STRINGS = frozenset(
    {
        "base64Binary",
        "canonical",
        "code",
        "date",
        "dateTime",
        "id",
        "instant",
        "markdown",
        "oid",
        "string",
        "time",
        "uri",
        "url",
        "uuid",
        "xhtml",
    }
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where; `path` as in FHIR, with positions."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


@cache
def definitions() -> Mapping[str, Any]:
    """The table, with the packages that it was made from."""
    text = files("monitor.record.fhir").joinpath("definitions.json").read_text(encoding="utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table


def problems(resource: Any) -> list[Problem]:
    """Everything that is wrong with a resource, or with a bundle and all that is in it."""
    if not isinstance(resource, dict):
        return [Problem("", "expected a resource")]
    kind = str(resource.get("resourceType"))
    if kind not in definitions()["resources"]:
        return [Problem("resourceType", f"{kind!r} is none of the resources that we send")]
    return [*_complex(resource, kind, kind), *_rules(resource, kind)]


# -- structure ----------------------------------------------------------------------------------------------


def _complex(value: Any, type_name: str, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, f"expected an object of type {type_name}")
        return
    if not value:
        yield Problem(path, "is empty")
    rows = definitions()["types"][type_name]
    known = {"resourceType"} if path.endswith(type_name) and "." not in type_name else set()
    for name, row in rows.items():
        if name.endswith("[x]"):
            found = [(key, kind) for key, kind in _choices(name, row[2]) if key in value]
            known |= {key for key, _ in found}
            if len(found) > 1:
                yield Problem(path, f"has {' and '.join(key for key, _ in found)}; only one may be there")
            if row[0] and not found:
                yield Problem(path, f"{name} is missing")
            for key, kind in found:
                yield from _typed(value[key], [kind], row, f"{path}.{key}")
            continue
        known.add(name)
        if name in value:
            yield from _element(value[name], row, f"{path}.{name}")
        elif row[0]:
            yield Problem(path, f"{name} is missing")
    for name in value:
        if name not in known:
            yield Problem(path, f"{name} is not known here")


def _choices(name: str, kinds: Sequence[str]) -> list[tuple[str, str]]:
    stem = name.removesuffix("[x]")
    return [(stem + kind[0].upper() + kind[1:], kind) for kind in kinds]


def _element(value: Any, row: Sequence[Any], path: str) -> Iterator[Problem]:
    minimum, maximum, kinds = row[0], row[1], row[2]
    if maximum == "1":
        if isinstance(value, list):
            yield Problem(path, "is a list; one value is expected")
            return
        yield from _typed(value, kinds, row, path)
        return
    if not isinstance(value, list):
        yield Problem(path, "is no list")
        return
    if not value:
        yield Problem(path, "is an empty list")
    if len(value) < minimum:
        yield Problem(path, f"has {len(value)}, expected at least {minimum}")
    for place, one in enumerate(value):
        yield from _typed(one, kinds, row, f"{path}[{place}]")


def _typed(value: Any, kinds: Sequence[str], row: Sequence[Any], path: str) -> Iterator[Problem]:
    kind = kinds[0]
    if kind == "Resource":
        yield from (Problem(f"{path}/{one.path}", one.what) for one in problems(value))
        return
    if kind.startswith("#"):
        yield from _complex(value, kind[1:], path)
        return
    if kind in definitions()["primitives"]:
        yield from _primitive(value, kind, path)
        codes = row[3]
        if codes is not None and kind == "code" and value not in codes:
            yield Problem(path, f"{value!r} is none of {', '.join(codes)}")
        return
    below = re.sub(r"\[\d+\]", "", path)
    type_name = below[below.rfind("/") + 1 :] if kind in {"BackboneElement", "Element"} else kind
    if type_name not in definitions()["types"]:
        type_name = kind
    if type_name not in definitions()["types"]:
        yield Problem(path, f"type {kind} is not one that we send")
        return
    yield from _complex(value, type_name, path)
    if kind == "Reference" and row[4] is not None and isinstance(value, dict):
        target = str(value.get("reference", "")).partition("/")[0]
        if not target.startswith("urn:") and row[4] != ["Resource"] and target not in row[4]:
            yield Problem(path, f"refers to {target or 'nothing'}, expected {' or '.join(row[4])}")


def _primitive(value: Any, kind: str, path: str) -> Iterator[Problem]:
    right: bool
    if kind == "boolean":
        right = isinstance(value, bool)
    elif kind in {"decimal", "integer", "positiveInt", "unsignedInt"}:
        number = isinstance(value, int | float) if kind == "decimal" else isinstance(value, int)
        right = number and not isinstance(value, bool)
        if right and kind != "decimal":
            right = value >= {"positiveInt": 1, "unsignedInt": 0}.get(kind, value)
    else:
        pattern = definitions()["primitives"][kind]
        right = isinstance(value, str) and bool(value.strip())
        right = right and (not pattern or re.fullmatch(pattern, value) is not None)
    if not right:
        yield Problem(path, f"{value!r} is no {kind}")


# -- profiles -----------------------------------------------------------------------------------------------


def _profiles(resource: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    for url in resource.get("meta", {}).get("profile", []):
        profile = definitions()["profiles"].get(url)
        if profile is None:
            yield Problem(f"{kind}.meta.profile", f"{url} is none of the profiles in the table")
        elif profile["type"] != kind:
            yield Problem(f"{kind}.meta.profile", f"{url} is a profile of {profile['type']}")
        else:
            yield from _parts(resource, profile, kind)


def _parts(value: Any, node: Mapping[str, Any], path: str) -> Iterator[Problem]:
    for name, part in node.get("parts", {}).items():
        found = _values(value, name)
        where = f"{path}.{name}"
        if len(found) < part.get("min", 0):
            yield Problem(where, f"is there {len(found)} times, the profile asks for {part['min']}")
        if len(found) > _most(part):
            yield Problem(where, f"is there {len(found)} times, the profile allows {part['max']}")
        for one in found:
            yield from _node(one, part, where)
        yield from _kind(value, name, part, where)
        if name.endswith("[x]"):
            for wanted in part.get("slices", []):
                if len(found) > _most(wanted):
                    yield Problem(where, "is there, the profile forbids it")
                for one in found:
                    yield from _node(one, wanted, where)
        else:
            yield from _slices(found, part, where)


def _node(value: Any, node: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if "fixed" in node and value != node["fixed"]:
        yield Problem(path, f"is {value!r}, the profile asks for {node['fixed']!r}")
    yield from _parts(value, node, path)


def _most(node: Mapping[str, Any]) -> float:
    maximum = node.get("max", "*")
    return float("inf") if maximum == "*" else int(maximum)


def _values(value: Any, name: str) -> list[Any]:
    """The element's values: of a choice whichever is there, of a list all."""
    if not isinstance(value, Mapping):
        return []
    if name.endswith("[x]"):
        stem = name.removesuffix("[x]")
        return [one for key, one in value.items() if key.startswith(stem) and key[len(stem) :][:1].isupper()]
    found = value.get(name, [])
    return found if isinstance(found, list) else [found]


def _kind(value: Any, name: str, part: Mapping[str, Any], path: str) -> Iterator[Problem]:
    kinds = {part["kind"]} if "kind" in part else set()
    kinds |= {wanted["kind"] for wanted in part.get("slices", []) if "kind" in wanted and _most(wanted) > 0}
    if not kinds or not isinstance(value, Mapping):
        return
    stem = name.removesuffix("[x]")
    for key in value:
        rest = key.removeprefix(stem)
        if key.startswith(stem) and rest[:1].isupper() and rest not in kinds:
            yield Problem(path, f"is {key}, the profile asks for {' or '.join(sorted(kinds))}")


def _slices(found: Sequence[Any], part: Mapping[str, Any], path: str) -> Iterator[Problem]:
    for wanted in part.get("slices", []):
        marks = {by: mark for by in part["by"] if (mark := _mark(wanted, by.split("."))) is not None}
        inside = [
            one for one in found if all(mark in _reach(one, by.split(".")) for by, mark in marks.items())
        ]
        said = " ".join(map(str, marks.values())) or "a slice"
        if len(inside) < wanted["min"]:
            yield Problem(path, f"{said} is missing")
        if len(inside) > _most(wanted):
            yield Problem(path, f"{said} is there {len(inside)} times")
        for one in inside:
            yield from _parts(one, wanted, path)


def _mark(node: Mapping[str, Any], steps: Sequence[str]) -> Any:
    """The fixed value by which a slice is told apart."""
    if not steps:
        return node.get("fixed")
    part = node.get("parts", {}).get(steps[0])
    if part is None:
        return None
    found = _mark(part, steps[1:])
    if found is None:
        found = next((mark for one in part.get("slices", []) if (mark := _mark(one, steps[1:]))), None)
    return found


def _reach(value: Any, steps: Sequence[str]) -> list[Any]:
    if not steps:
        return [value]
    return [end for one in _values(value, steps[0]) for end in _reach(one, steps[1:])]


# -- what no table says -------------------------------------------------------------------------------------


def _rules(resource: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    # The definitions give a resource's id the type string; its form is in the text of the specification.
    if "id" in resource:
        yield from _primitive(resource["id"], "id", f"{kind}.id")
    yield from _profiles(resource, kind)
    yield from _coded(resource, kind)
    yield from _extensions(resource, kind)
    if kind == "Observation":
        yield from _observation(resource)
    elif kind == "Bundle":
        yield from _transaction(resource)
    elif kind == "Composition":
        yield from _composition(resource)
    for name in ("effectivePeriod", "performedPeriod", "period"):
        found = resource.get(name)
        if isinstance(found, Mapping) and str(found.get("end", "9")) < str(found.get("start", "")):
            yield Problem(f"{kind}.{name}", "ends before it begins")


def _observation(resource: Mapping[str, Any]) -> Iterator[Problem]:
    has_value = bool(_values(resource, "value[x]"))
    absent = "dataAbsentReason" in resource
    parts = resource.get("component") or []
    is_vital = any(url in definitions()["profiles"] for url in resource.get("meta", {}).get("profile") or [])
    if is_vital and not (has_value or absent or parts or resource.get("hasMember")):
        yield Problem("Observation", "has neither a value nor a reason for its absence (vs-2)")
    if has_value and absent:
        yield Problem("Observation", "has a value and a reason for its absence (obs-6)")
    # Each sign but a panel is worth nothing without its own value: parts do not make up for it.
    if is_vital and not has_value and not absent and "bp" not in str(resource["meta"]["profile"]):
        yield Problem("Observation", "has neither a value nor a reason for its absence")
    codes = _pairs(resource.get("code"))
    for place, part in enumerate(parts):
        if not isinstance(part, Mapping):
            continue
        path = f"Observation.component[{place}]"
        if not _values(part, "value[x]") and "dataAbsentReason" not in part:
            yield Problem(path, "has neither a value nor a reason for its absence (vs-3)")
        if has_value and codes & _pairs(part.get("code")):
            yield Problem(path, "has the code of the observation itself, which has a value (obs-7)")
    moment = resource.get("effectiveDateTime")
    if is_vital and isinstance(moment, str) and not _DAY.match(moment):
        yield Problem("Observation.effectiveDateTime", "is not precise to the day (vs-1)")
    for system, code in codes:
        if system == LOINC and code.startswith("LA"):
            yield Problem("Observation.code", f"{code} is the code of an answer, not of an observation")


def _pairs(concept: Any) -> set[tuple[str, str]]:
    if not isinstance(concept, Mapping):
        return set()
    codings = concept.get("coding")
    found = codings if isinstance(codings, list) else []
    return {(str(one.get("system")), str(one.get("code"))) for one in found if isinstance(one, Mapping)}


def _coded(value: Any, path: str) -> Iterator[Problem]:
    """LOINC's check digits and the reviewed table, wherever a system and a code stand together."""
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _coded(one, f"{path}[{place}]")
    elif isinstance(value, Mapping):
        if path.endswith(".resource") and "resourceType" in value:
            return  # checked by itself
        system, code = value.get("system"), value.get("code")
        if isinstance(system, str) and isinstance(code, str):
            if system == LOINC and not code.startswith("LA") and not has_check_digit(code):
                yield Problem(path, f"{code} has a wrong check digit: no LOINC code")
            elif not is_known(system, code):
                what = {UCUM: "unit", OURS: "code of ours"}.get(system, "code")
                yield Problem(path, f"{code!r} is no {what} of the reviewed table")
        for name, one in value.items():
            yield from _coded(one, f"{path}.{name}")


def _extensions(resource: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    for place, one in enumerate(resource.get("extension") or []):
        if not isinstance(one, Mapping):
            continue
        kinds = definitions()["extensions"].get(one.get("url"))
        if kinds is None:
            yield Problem(f"{kind}.extension[{place}]", f"{one.get('url')} is none of the table's extensions")
        elif not any(f"value{name}" in one for name in kinds):
            yield Problem(f"{kind}.extension[{place}]", f"has no value of type {' or '.join(kinds)}")


def _composition(resource: Mapping[str, Any]) -> Iterator[Problem]:
    for place, section in enumerate(resource.get("section") or []):
        path = f"Composition.section[{place}]"
        if not any(name in section for name in ("text", "entry", "section")):
            yield Problem(path, "has neither text nor entries nor sections (cmp-1)")
        if "emptyReason" in section and section.get("entry"):
            yield Problem(path, "says why it is empty, and is not (cmp-2)")
    if resource.get("status") == "preliminary" and resource.get("attester"):
        yield Problem("Composition.attester", "a draft is not signed")


def _transaction(bundle: Mapping[str, Any]) -> Iterator[Problem]:
    if bundle.get("type") != "transaction":
        yield Problem("Bundle.type", "expected a transaction")
    entries = [one for one in bundle.get("entry") or [] if isinstance(one, Mapping)]
    urls = [str(one.get("fullUrl")) for one in entries]
    for place, entry in enumerate(entries):
        path = f"Bundle.entry[{place}]"
        request, resource = entry.get("request"), entry.get("resource")
        if not isinstance(request, Mapping):
            yield Problem(path, "request is missing (bdl-3)")
        elif isinstance(resource, Mapping):
            if request.get("url") != resource.get("resourceType"):
                yield Problem(f"{path}.request.url", "is not the resource's type")
            if not request.get("ifNoneExist"):
                yield Problem(f"{path}.request", "has no condition: sent twice it would be there twice")
        if urls.count(urls[place]) > 1:
            yield Problem(f"{path}.fullUrl", "is given twice (bdl-7)")
        if not urls[place].startswith("urn:uuid:"):
            yield Problem(f"{path}.fullUrl", f"{urls[place]} is no urn:uuid")
        yield from _resolved(resource, f"{path}.resource", frozenset(urls))


def _resolved(value: Any, path: str, urls: frozenset[str]) -> Iterator[Problem]:
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _resolved(one, f"{path}[{place}]", urls)
    elif isinstance(value, Mapping):
        target = value.get("reference")
        if isinstance(target, str) and target not in urls:
            yield Problem(path, f"refers to {target}, which is not in the bundle")
        for name, one in value.items():
            yield from _resolved(one, f"{path}.{name}", urls)
