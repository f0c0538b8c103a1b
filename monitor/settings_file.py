"""A TOML file to a pydantic model; every wrong place named by file, key path and what was expected."""

import json
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.bounded_file import read_bounded
from monitor.errors import SettingsError

Model = TypeVar("Model", bound=BaseModel)

# A settings file is written by hand; anything larger was not meant to be one.
MAX_BYTES = 1_000_000
MAX_LINE_LENGTH = 4_000


def read_settings(path: Path, model: type[Model]) -> Model:
    """Read and validate `path`.

    Raises:
        SettingsError: the file is missing, is no TOML, or has a wrong key, type or value.
    """
    try:
        text = read_bounded(path, MAX_BYTES).decode("utf-8")
    except OSError as exc:
        raise SettingsError(
            path, [("", f"cannot be read ({exc.strerror or exc}); name an existing file")]
        ) from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(path, [("", f"is not UTF-8 text (byte {exc.start}); TOML files are")]) from exc
    return parse_settings(text, model, path)


def parse_settings(text: str, model: type[Model], path: Path) -> Model:
    """Validate TOML `text`; `path` is only named in errors."""
    # The parser's time grows with the square of a dotted key's length.
    if max(map(len, text.splitlines()), default=0) > MAX_LINE_LENGTH:
        raise SettingsError(path, [("", f"has a line of more than {MAX_LINE_LENGTH} characters")])
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise SettingsError(path, [("", "is nested too deeply for a settings file")]) from None
    except ValueError as exc:  # TOMLDecodeError, and an integer with too many digits
        raise SettingsError(path, [("", f"is not valid TOML: {exc}")]) from exc
    try:
        # Strict, because "91" is no limit and 0 is no answer to a yes-or-no question. As JSON, because
        # strictness about Python values refuses what TOML has no type for: paths, enums, tuples.
        return model.model_validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as exc:
        raise SettingsError(path, [_problem(details, model) for details in exc.errors()[:20]]) from exc
    except RecursionError:
        raise SettingsError(path, [("", "is nested too deeply for a settings file")]) from None


def _problem(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    where = _key_path(details["loc"])
    if details["type"] == "extra_forbidden":
        return where, _unknown_key(details["loc"], model)
    if details["type"] == "missing":
        return where, "is missing; it is required"
    if details["type"] == "string_pattern_mismatch" and (words := _described(details["loc"], model)):
        return where, f"expected {words}, got {_shortened(details['input'])}"
    what = details["msg"].removeprefix("Value error, ")
    expected = what[0].lower() + what[1:]
    if isinstance(details["input"], dict | list):
        # The sentence is about the whole table: what was expected says it, the table itself would not.
        return where, expected
    return where, f"{expected}, got {_shortened(details['input'])}"


def _key_path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _unknown_key(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    known = _keys_at(location[:-1], model)
    near = get_close_matches(str(location[-1]), known, n=1)
    hint = (
        f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(known))}" if known else ""
    )
    return f"is not a known key; {hint}".rstrip("; ")


def _keys_at(location: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    schema, definitions = _schema_at(location, model)
    return list(_resolved(schema, definitions).get("properties", {}))


def _described(location: tuple[int | str, ...], model: type[BaseModel]) -> str | None:
    """What a text must look like, in the words of its field's description."""
    schema = _schema_at(location, model)[0]
    words = (option.get("description") for option in (schema, *schema.get("anyOf", ())))
    return next((str(one) for one in words if one), None)


def _schema_at(location: tuple[int | str, ...], model: type[BaseModel]) -> tuple[Any, dict[str, Any]]:
    schema: Any = model.model_json_schema()
    definitions = schema.get("$defs", {})
    for part in location:
        schema = _resolved(schema, definitions)
        schema = (
            schema.get("items", {}) if isinstance(part, int) else schema.get("properties", {}).get(part, {})
        )
    return schema, definitions


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    for option in schema.get("anyOf", [schema]):
        if "$ref" in option:
            return definitions.get(option["$ref"].rpartition("/")[2], {})
    return schema


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
