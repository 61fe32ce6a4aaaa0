"""Runs dbt commands one after the other in a process that has parsed the project.

Parsing costs seconds, running a small project less than one. Jobs come as JSON lines
on standard input: `arguments` (of the dbt command line), `environment` (variables to
set), `tests` (are there tests to run) and `output` (file that takes what dbt prints).
The answer to each is one line on the file descriptor named by the first argument,
`true` or `false`: did dbt succeed. Vars are looked up when a model is rendered, so one
parse serves every setting; but for those in a model's configuration, which are put
there before each run.
"""

import gc
import json
import os
import pickle
import re
import sys
import traceback

import dbt_shortcuts
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.resources.types import NodeType
from dbt.cli.main import dbtRunner


def into_file(path, function, *arguments):
    """Result of `function`, with all that it prints going to the file `path`."""
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
    try:
        return function(*arguments)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()


def parse(arguments):
    """The parsed project, pickled, with its tests (True) and without (False).

    Nothing when it cannot be parsed. Four of five nodes are tests, and dbt links all
    nodes before each run.
    """
    parsed = dbtRunner().invoke(["parse", *arguments])
    if not parsed.success:
        return {}
    manifest = parsed.result
    # Of use to a parse alone.
    manifest.files = {}
    # Descriptions are not written into each small warehouse, a tenth of a build; the
    # test that looks for them there runs the dbt command.
    for node in manifest.nodes.values():
        node.config.persist_docs = {}
    pickled = {True: pickle.dumps(manifest)}
    manifest.unit_tests = {}
    manifest.nodes = {
        name: node
        for name, node in manifest.nodes.items()
        if node.resource_type != NodeType.Test
    }
    return {**pickled, False: pickle.dumps(manifest)}


def put_in_configurations(given, manifest):
    """What fits read from their `meta` are the vars of this run, not of the parse."""
    for node in manifest.nodes.values():
        for name, text in node.unrendered_config.get("meta", {}).items():
            var = re.fullmatch(r"{{ var\('(\w+)'\) }}", str(text))
            if var and var[1] in given:
                node.config.meta[name] = given[var[1]]


def run(arguments, manifest):
    """Whether the dbt command succeeded; its connections are closed after it.

    A run changes its manifest, so each unpickles one of its own.
    """
    try:
        manifest = pickle.loads(manifest)
        if "--vars" in arguments:
            given = yaml.safe_load(arguments[arguments.index("--vars") + 1])
            put_in_configurations(given, manifest)
        result = dbtRunner(manifest=manifest).invoke(arguments)
        if result.exception is not None:
            print(f"{type(result.exception).__name__}: {result.exception}")
        return bool(result.success)
    except Exception:
        traceback.print_exc()
        return False
    finally:
        DuckDBConnectionManager.close_all_connections()


def main():
    """Parse on the first job, then run every job."""
    answers = os.fdopen(int(sys.argv[1]), "w")
    dbt_shortcuts.take_all()
    manifests = None
    for line in sys.stdin:
        job = json.loads(line)
        os.environ.update(job["environment"])
        arguments, output = job["arguments"], job["output"]
        if manifests is None:
            directories = arguments[arguments.index("--target-path") :]
            manifests = into_file(output, parse, directories)
            # What is there by now stays: the collector need not look at it again.
            gc.freeze()
        manifest = manifests.get(job["tests"])
        success = manifest and into_file(output, run, arguments, manifest)
        answers.write(json.dumps(bool(success)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
