"""Reads HL7's R4 definitions (CC0) and writes the table that `monitor.record.fhir.check` works with.

    npm pack hl7.fhir.r4.examples@4.0.1 hl7.fhir.us.vitals@1.0.0
    python -m tests.fhir_definitions.make_table hl7.fhir.r4.examples-4.0.1.tgz hl7.fhir.us.vitals-1.0.0.tgz

(`hl7.fhir.r4.core` is not on the npm registry; the examples package carries the same StructureDefinitions.)
For each type: element -> [min, max, types, allowed codes, reference targets]. For each profile: a tree of
what it adds: min, max, fixed values, slices with the values that tell them apart.
"""

import argparse
import hashlib
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "monitor" / "record" / "fhir" / "definitions.json"
RESOURCES = (
    "Bundle",
    "CarePlan",
    "Communication",
    "Composition",
    "Device",
    "DeviceMetric",
    "Encounter",
    "Goal",
    "Observation",
    "Patient",
    "Practitioner",
    "Procedure",
    "Provenance",
)
PROFILES = ("vitalsigns", "heartrate", "oxygensat", "bp", "resprate", "bodytemp", "bodyweight", "bodyheight")
EXTENSIONS = ("ExerciseAssociationExt",)
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
STRING = "http://hl7.org/fhirpath/System.String"


class Package:
    def __init__(self, path: Path) -> None:
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self.files: dict[str, Any] = {}
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                name = member.name.removeprefix("package/")
                wanted = name.startswith(("StructureDefinition-", "ValueSet-", "CodeSystem-", "package.json"))
                if wanted and name.endswith(".json") and (file := archive.extractfile(member)):
                    self.files[name] = json.load(file)
        about = self.files["package.json"]
        self.source = {
            "package": about["name"],
            "version": about["version"],
            "license": about["license"],
            "sha256": self.sha256,
        }
        self.by_url = {content["url"]: content for content in self.files.values() if "url" in content}


def codes_of(package: Package, value_set_url: str) -> list[str] | None:
    """Every code of a value set that lists or includes whole code systems; None where it does not."""
    value_set = package.by_url.get(value_set_url.split("|", maxsplit=1)[0])
    if value_set is None:
        return None
    codes: set[str] = set()
    for include in value_set["compose"]["include"]:
        if "filter" in include or "valueSet" in include:
            return None
        if "concept" in include:
            codes |= {concept["code"] for concept in include["concept"]}
            continue
        system = package.by_url.get(include["system"])
        if system is None or "concept" not in system:
            return None
        codes |= set(_concepts(system["concept"]))
    return sorted(codes)


def _concepts(concepts: list[Any]) -> list[str]:
    return [code for one in concepts for code in (one["code"], *_concepts(one.get("concept", [])))]


def type_of(entry: Any) -> str:
    code: str = entry["code"]
    if code.startswith("http://hl7.org/fhirpath/"):
        return next((e["valueUrl"] for e in entry.get("extension", []) if "valueUrl" in e), "string")
    return code


def types(package: Package) -> tuple[dict[str, Any], dict[str, str]]:
    """Elements of every complex type that a resource of ours can reach; patterns of the primitive ones."""
    complex_types: dict[str, Any] = {}
    primitives: dict[str, str] = {}
    waiting = list(RESOURCES)
    while waiting:
        name = waiting.pop()
        if name in complex_types or name in primitives:
            continue
        definition = package.files.get(f"StructureDefinition-{name}.json")
        if definition is None:
            continue
        if definition["kind"] == "primitive-type":
            primitives[name] = _pattern(definition)
            continue
        for element in definition["snapshot"]["element"]:
            path = element["path"]
            if "." not in path:
                complex_types.setdefault(path, {})
                continue
            parent, _, leaf = path.rpartition(".")
            row = _row(package, element)
            complex_types.setdefault(parent, {})[leaf] = row
            if row[2] in (["BackboneElement"], ["Element"]):
                complex_types.setdefault(path, {})
            waiting += [one for one in row[2] if not one.startswith("#") and one != "Resource"]
    return complex_types, primitives


def _row(package: Package, element: Any) -> list[Any]:
    if "contentReference" in element:
        return [element["min"], element["max"], [element["contentReference"]], None, None]
    kinds = [type_of(one) for one in element.get("type", [])]
    binding = element.get("binding", {})
    codes = codes_of(package, binding["valueSet"]) if binding.get("strength") == "required" else None
    targets = sorted(
        {url.rpartition("/")[2] for one in element.get("type", []) for url in one.get("targetProfile", [])}
    )
    return [element["min"], element["max"], kinds, codes, targets or None]


def _pattern(definition: Any) -> str:
    for element in definition["snapshot"]["element"]:
        for kind in element.get("type", []):
            for extension in kind.get("extension", []):
                if extension["url"] == REGEX:
                    return str(extension["valueString"])
    return ""


def tree(definition: Any) -> Any:
    """What a profile demands, as a tree: {min, max, fixed, parts, slices: [{by, min, max, parts}]}."""
    root: dict[str, Any] = {}
    for element in definition["snapshot"]["element"]:
        steps = element["id"].split(".")[1:]
        if not steps:
            continue
        node = root
        for step in steps:
            name, _, slice_name = step.partition(":")
            node = node.setdefault("parts", {}).setdefault(name, {})
            if slice_name:
                node = node.setdefault("slices", {}).setdefault(slice_name, {})
        node["min"], node["max"] = element.get("min"), element.get("max")
        for key, value in element.items():
            if key.startswith(("fixed", "pattern")):
                node["fixed"] = value
        if "slicing" in element:
            node["by"] = [one["path"] for one in element["slicing"].get("discriminator", [])]
        kinds = [type_of(one) for one in element.get("type", [])]
        if len(kinds) == 1 and steps[-1].endswith("[x]"):
            node["kind"] = kinds[0]
    return root


def pruned(node: Any, base: dict[str, Any], type_name: str, complex_types: dict[str, Any]) -> Any:
    """Without what the base type says already."""
    kept: dict[str, Any] = {}
    parts = {}
    for name, part in node.get("parts", {}).items():
        row = base.get(name)
        inner = _type_below(type_name, name, row, complex_types)
        found = pruned(part, complex_types.get(inner, {}), inner, complex_types)
        if part.get("min") and (row is None or part["min"] > row[0]):
            found["min"] = part["min"]
        if row is not None and part.get("max") != row[1]:
            found["max"] = part["max"]
        for key in ("fixed", "kind"):
            if key in part and not (key == "kind" and row is not None and len(row[2]) == 1):
                found[key] = part[key]
        slices = [
            pruned(wanted, complex_types.get(inner, {}), inner, complex_types)
            | {"min": wanted.get("min") or 0, "max": wanted.get("max") or "*"}
            | ({"kind": wanted["kind"]} if "kind" in wanted else {})
            for wanted in part.get("slices", {}).values()
        ]
        if slices:
            found["slices"], found["by"] = slices, part.get("by", [])
        if found:
            parts[name] = found
    if parts:
        kept["parts"] = parts
    return kept


def _type_below(type_name: str, name: str, row: Any, complex_types: dict[str, Any]) -> str:
    below = f"{type_name}.{name}"
    if below in complex_types:
        return below
    return row[2][0] if row and len(row[2]) >= 1 else name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("core", type=Path)
    parser.add_argument("vitals", type=Path)
    args = parser.parse_args()
    core, vitals = Package(args.core), Package(args.vitals)
    complex_types, primitives = types(core)
    profiles = {}
    for name in PROFILES:
        definition = core.files[f"StructureDefinition-{name}.json"]
        profiles[definition["url"]] = {
            "type": definition["type"],
            **pruned(tree(definition), complex_types["Observation"], "Observation", complex_types),
        }
    extensions = {
        (one := vitals.files[f"StructureDefinition-{name}.json"])["url"]: [
            type_of(kind)
            for element in one["snapshot"]["element"]
            if element["id"] == "Extension.value[x]"
            for kind in element["type"]
        ]
        for name in EXTENSIONS
    }
    table = {
        "sources": [core.source, vitals.source],
        "resources": sorted(RESOURCES),
        "types": complex_types,
        "primitives": primitives,
        "profiles": profiles,
        "extensions": extensions,
    }
    TABLE.write_text(json.dumps(table, separators=(",", ":"), sort_keys=True) + "\n")
    sys.stderr.write(
        f"{TABLE}: {len(complex_types)} types, {len(profiles)} profiles, {TABLE.stat().st_size} bytes\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
