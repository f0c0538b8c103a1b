"""`kinewatch schema`: JSON Schema of settings files and messages; the AsyncAPI document."""

import argparse
import json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "name",
        metavar="NAME",
        help="station, plan, scenario, asyncapi, or a message's name (`kinewatch schema list` names all)",
    )


def run(args: argparse.Namespace) -> int:
    """Print one schema."""
    from monitor.cli.schema.schemas import schema_named, schema_names

    if args.name == "list":
        print("\n".join(schema_names()))
        return 0
    print(json.dumps(schema_named(args.name), indent=2))
    return 0
