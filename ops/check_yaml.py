"""Checks the project's YAML against dbt's own schema, key by key.

dbt itself validates YAML keys only for some warehouses; on DuckDB a misspelled
key is silently ignored, and with it the test or contract it was meant to be.
Run as `python -m ops.check_yaml`; exits 1 and names file, place and key.
"""

import datetime
import pathlib
import sys

import jsonschema
import yaml
from dbt.jsonschemas.jsonschemas import resources_schema

FOLDERS = ("models", "seeds", "tests", "analyses", "macros", "docs")


def plain(value):
    """`value` with dates as text, since JSON schemas know no dates."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def problems_of(path, schema):
    """Sentences on what is wrong in the YAML file `path`, most specific first."""
    try:
        content = plain(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as problem:
        return [f"{path}: is not valid YAML: {problem}"]
    validator = jsonschema.Draft7Validator(schema)
    problems = []
    for error in validator.iter_errors(content):
        # Of alternatives that all fail, the deepest failure names the key.
        while error.context:
            error = max(error.context, key=lambda child: len(child.absolute_path))
        place = ".".join(str(part) for part in error.absolute_path)
        problems.append(f"{path}: {place}: {error.message}")
    return problems


def yaml_files(root):
    """All YAML files of the project's resource folders below `root`, sorted."""
    return sorted(
        path
        for folder in FOLDERS
        for pattern in ("*.yml", "*.yaml")
        for path in (root / folder).rglob(pattern)
    )


def main(root="."):
    """Print every problem; return the exit code."""
    schema = resources_schema()
    files = yaml_files(pathlib.Path(root))
    problems = [problem for path in files for problem in problems_of(path, schema)]
    for problem in problems:
        print(problem)
    print(f"{len(files)} YAML files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
