"""Publishes the marts of a sound build: the last step of `make build`.

Write, audit, publish: dbt writes the warehouse, its tests audit it, and only when
every error-level test has passed are the public marts copied into a new file, which
is then renamed over the serving file.  Readers that have the old file open go on
reading it; readers that come later open the new one; nobody sees half of either.
A build that failed, or stopped, leaves the serving file as it was.

Beside the marts the file holds schema `publication`: what was built, when, from what,
under which settings, and what every test said.  Run as `python -m ops.publish`.
"""

import argparse
import contextlib
import datetime
import fcntl
import glob
import json
import os
import shutil
import sys
from pathlib import Path

import duckdb
import yaml

# Files of this format open in DuckDB 1.4 and later.
STORAGE_VERSION = "v1.4.0"
# Builds that the history in the serving file goes back.
HISTORY_LENGTH = 200
GOOD_TEST = {"pass", "warn"}
# Python edges may be left out of a build (docs/operate.md); SQL may not.
OPTIONAL_TAG = "python"


class NotPublished(Exception):
    """Why a build is not published, as a sentence for the person who ran it."""


def read_artifacts(target):
    """The manifest and the run results that dbt left in the folder `target`."""
    artifacts = []
    for name in ("manifest.json", "run_results.json"):
        path = Path(target) / name
        if not path.exists():
            raise NotPublished(
                f"dbt left no {name} in {target}: there is no finished build."
                " Run `make build`."
            )
        artifacts.append(json.loads(path.read_text()))
    return artifacts


def public_nodes(manifest):
    """Nodes whose tables people read: public models, and the seeds people edit.

    By unique id.  Expected tables of the reference company are no such seeds.
    """
    nodes = {}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] == "model":
            wanted = (node.get("config") or {}).get("access") == "public"
        elif node["resource_type"] == "seed":
            wanted = "expected" not in node["fqn"]
        else:
            wanted = False
        if wanted:
            nodes[unique_id] = node
    return nodes


def upstream(manifest, unique_ids):
    """`unique_ids` and every model or seed they are made from."""
    found, waiting = set(), list(unique_ids)
    while waiting:
        unique_id = waiting.pop()
        node = manifest["nodes"].get(unique_id)
        if unique_id in found or node is None:
            continue
        found.add(unique_id)
        waiting.extend(node["depends_on"].get("nodes", []))
    return found


def is_optional(node):
    """Whether the build is sound without this node: a Python edge."""
    return OPTIONAL_TAG in (node.get("tags") or [])


def audit(manifest, run_results):
    """The nodes to publish, or NotPublished with what stands against it.

    Sound is a build in which every public mart and all they are made from were
    built, and every test of these that is neither switched off nor a mere warning
    was run and passed.
    """
    if run_results["args"].get("which") != "build":
        raise NotPublished(
            f"The last dbt command was `dbt {run_results['args'].get('which')}`."
            " Only `dbt build`, which also tests, can be published."
        )
    results = {result["unique_id"]: result for result in run_results["results"]}
    nodes = manifest["nodes"]
    unit_tests = manifest.get("unit_tests", {})

    failed = [
        unique_id
        for unique_id, result in results.items()
        if result["status"] in ("error", "fail", "runtime error")
    ]
    if failed:
        raise NotPublished(
            f"{len(failed)} of the build's steps failed:\n"
            + "\n".join(
                f"  {display_name(manifest, unique_id)}: "
                + first_line(results[unique_id].get("message"))
                for unique_id in sorted(failed)
            )
        )

    public = public_nodes(manifest)
    built = {
        unique_id: node
        for unique_id, node in public.items()
        if results.get(unique_id, {}).get("status") == "success"
    }
    if not any(node["resource_type"] == "model" for node in built.values()):
        raise NotPublished("The build made none of the public marts.")

    # All of them: what a selection left out would vanish from the serving file.
    needed = upstream(manifest, public)
    left_out = [
        unique_id
        for unique_id in needed
        if results.get(unique_id, {}).get("status") != "success"
        and not is_optional(nodes[unique_id])
        and nodes[unique_id]["config"].get("materialized") != "ephemeral"
    ]
    covered = needed - set(left_out)
    unrun = [
        unique_id
        for unique_id, node in nodes.items()
        if node["resource_type"] == "test"
        and (node["config"].get("severity") or "error").lower() == "error"
        and models_of(node, nodes)
        and models_of(node, nodes) <= covered
        and not any(is_optional(nodes[name]) for name in models_of(node, nodes))
        and results.get(unique_id, {}).get("status") not in GOOD_TEST
    ] + [
        unique_id
        for unique_id, test in unit_tests.items()
        if models_of(test, nodes) & set(built)
        and results.get(unique_id, {}).get("status") not in GOOD_TEST
    ]
    if left_out or unrun:
        names = sorted(display_name(manifest, name) for name in left_out + unrun)
        shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        raise NotPublished(
            f"The build left out {len(left_out)} models and {len(unrun)} tests of what"
            f" is published ({shown}). Run `make build` without a selection."
        )
    return built


def models_of(test, nodes):
    """Unique ids of the models and seeds that a test looks at."""
    return {name for name in test["depends_on"].get("nodes", []) if name in nodes}


def display_name(manifest, unique_id):
    """The name of a model or test as people know it."""
    node = manifest["nodes"].get(unique_id) or manifest.get("unit_tests", {}).get(
        unique_id
    )
    return node["name"] if node else unique_id


def first_line(message):
    """The first line of a message of dbt, '' for none."""
    lines = (message or "").strip().splitlines()
    return lines[0] if lines else ""


def settings_of(run_results, project_folder="."):
    """Every setting of the run: vars.yml, overridden by --vars. Name to JSON."""
    path = Path(project_folder) / "vars.yml"
    values = {}
    if path.exists():
        values.update((yaml.safe_load(path.read_text()) or {}).get("vars") or {})
    given = run_results["args"].get("vars") or {}
    if isinstance(given, str):
        given = yaml.safe_load(given) or {}
    values.update(given)
    return {name: json.dumps(value, default=str) for name, value in values.items()}


def quoted(name):
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    """A SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


def check_warehouse(connection, run_results):
    """Refuse a warehouse that another or an unfinished run wrote last."""
    try:
        note = connection.execute(
            "select invocation_id, state from warehouse.main.last_dbt_run"
        ).fetchone()
    except duckdb.CatalogException:
        note = None
    expected = (run_results["metadata"]["invocation_id"], "finished")
    if note != expected:
        raise NotPublished(
            "The warehouse was last written by a dbt run that is not the one whose"
            " results are at hand, or that did not come to its end."
            " Run `make build`."
        )


def copy_marts(connection, built):
    """Copy the tables of `built` with comments; returns (schema, name, rows) each."""
    copied = []
    for node in sorted(built.values(), key=lambda each: (each["schema"], each["name"])):
        schema, name = node["schema"], node.get("alias") or node["name"]
        target = f"{quoted(schema)}.{quoted(name)}"
        source = f"warehouse.{target}"
        connection.execute(f"create schema if not exists {quoted(schema)}")
        connection.execute(f"create table {target} as select * from {source}")
        if node.get("description"):
            connection.execute(
                f"comment on table {target} is {literal(node['description'])}"
            )
        present = {
            row[0]
            for row in connection.execute(
                f"select column_name from (describe {target})"
            ).fetchall()
        }
        for column, entry in (node.get("columns") or {}).items():
            if column in present and entry.get("description"):
                connection.execute(
                    f"comment on column {target}.{quoted(column)}"
                    f" is {literal(entry['description'])}"
                )
        rows = connection.execute(f"select count(*) from {target}").fetchone()[0]
        copied.append((schema, name, rows))
    return copied


def write_record(connection, manifest, run_results, copied, settings, data, now):
    """Write schema `publication`: the build, its settings, tables and tests."""
    metadata = run_results["metadata"]
    build_id = metadata["invocation_id"]
    finished = datetime.datetime.fromisoformat(
        metadata["generated_at"].replace("Z", "+00:00")
    ).replace(tzinfo=None)
    tests = [
        (
            build_id,
            display_name(manifest, result["unique_id"]),
            result["unique_id"].split(".")[0].replace("_", " "),
            severity_of(manifest, result["unique_id"]),
            result["status"],
            result.get("failures"),
            first_line(result.get("message")) if result["status"] != "pass" else None,
            result.get("execution_time"),
        )
        for result in run_results["results"]
        if result["unique_id"].split(".")[0] in ("test", "unit_test")
    ]
    warned = sum(test[4] == "warn" for test in tests)
    connection.execute("create schema publication")
    connection.execute(
        """
        create table publication.builds (
            build_id varchar, is_current boolean, tables bigint,
            total_rows bigint, tests_passed bigint, tests_warned bigint,
            build_seconds double, dbt_version varchar, raw_data varchar,
            built_at timestamp, published_at timestamp
        )
        """
    )
    connection.execute(
        "insert into publication.builds values (?, true, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            build_id,
            len(copied),
            sum(rows for _, _, rows in copied),
            len(tests) - warned,
            warned,
            run_results.get("elapsed_time"),
            metadata["dbt_version"],
            data,
            finished,
            now,
        ],
    )
    connection.execute(
        "create table publication.build_settings"
        " (build_id varchar, setting varchar, value varchar)"
    )
    connection.execute(
        "create table publication.build_tables (build_id varchar,"
        " table_schema varchar, table_name varchar, total_rows bigint)"
    )
    connection.execute(
        "create table publication.build_tests (build_id varchar, test_name varchar,"
        " kind varchar, severity varchar, status varchar, failures bigint,"
        " message varchar, seconds double)"
    )
    many = [
        ("build_settings", [(build_id, *item) for item in sorted(settings.items())]),
        ("build_tables", [(build_id, *entry) for entry in copied]),
        ("build_tests", sorted(tests, key=lambda test: test[:3])),
    ]
    for table, rows in many:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(
                f"insert into publication.{table} values ({marks})", rows
            )
    comments = {
        "builds": "One row per published build, the newest with is_current.",
        "build_settings": "One row per setting of the published build, as JSON.",
        "build_tables": "One row per published table and its number of rows.",
        "build_tests": "One row per test of the published build and its result.",
    }
    for table, comment in comments.items():
        connection.execute(
            f"comment on table publication.{table} is {literal(comment)}"
        )


def severity_of(manifest, unique_id):
    """error or warn; unit tests are always errors."""
    node = manifest["nodes"].get(unique_id)
    return ((node or {}).get("config", {}).get("severity") or "error").lower()


def carry_history(connection, serving):
    """Add the builds that the present serving file knows to the new record."""
    if not serving.exists():
        return
    try:
        connection.execute(f"attach {literal(serving)} as earlier (read_only)")
    except duckdb.Error:
        # Not a database: somebody else's file, or a damaged one. It is replaced.
        return
    # An older release may have written another shape, or none.
    with contextlib.suppress(duckdb.Error):
        connection.execute(
            f"""
            insert into publication.builds by name
            select * replace (false as is_current)
            from earlier.publication.builds
            where build_id not in (select build_id from publication.builds)
            order by published_at desc
            limit {HISTORY_LENGTH}
            """
        )
    connection.execute("detach earlier")


@contextlib.contextmanager
def publishing_lock(serving):
    """Hold the lock that lets one publication at a time replace `serving`.

    The operating system gives it back when the process ends, however it ends.
    """
    with open(f"{serving}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def remove_leftovers(serving):
    """Remove new files that a publication which was killed left beside `serving`."""
    for path in glob.glob(glob.escape(str(serving)) + ".new*"):
        if os.path.isdir(path):
            # Where DuckDB spilled what did not fit into memory.
            shutil.rmtree(path)
        else:
            os.unlink(path)


def sync(path):
    """Have the disk hold what was written to the file or folder `path`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(warehouse, serving, target="target", data="", project_folder="."):
    """Publish the build in `warehouse` as `serving`; returns (tables, rows).

    Arguments:
        warehouse, serving: DuckDB files.
        target: the folder of the build's manifest.json and run_results.json.
        data: the folder of raw data, for the record.
        project_folder: where vars.yml is.

    Raises NotPublished, and then `serving` is as it was.
    """
    serving = Path(serving).absolute()
    if Path(warehouse).absolute() == serving:
        raise NotPublished("INSIGHT_SERVING and INSIGHT_WAREHOUSE are one file.")
    if not Path(warehouse).exists():
        raise NotPublished(f"There is no {warehouse}. Run `make build`.")
    manifest, run_results = read_artifacts(target)
    if (
        manifest["metadata"]["invocation_id"]
        != run_results["metadata"]["invocation_id"]
    ):
        raise NotPublished(
            f"The manifest and the results in {target} are of two dbt runs."
            " Run `make build`."
        )
    built = audit(manifest, run_results)
    serving.parent.mkdir(parents=True, exist_ok=True)
    with publishing_lock(serving):
        remove_leftovers(serving)
        fresh = f"{serving}.new"
        try:
            copied = write_fresh(
                fresh,
                warehouse,
                serving,
                built,
                manifest,
                run_results,
                data,
                project_folder,
            )
            sync(fresh)
            os.replace(fresh, serving)
            sync(serving.parent)
        except BaseException:
            remove_leftovers(serving)
            raise
    return len(copied), sum(rows for _, _, rows in copied)


def write_fresh(
    fresh, warehouse, serving, built, manifest, run_results, data, project_folder
):
    """Write the new file `fresh`, whole and closed; returns the copied tables."""
    settings = {
        "storage_compatibility_version": STORAGE_VERSION,
        "memory_limit": os.environ.get("INSIGHT_MEMORY_LIMIT", "3GB"),
        "preserve_insertion_order": "true",
        "temp_directory": f"{fresh}.spill",
    }
    with duckdb.connect(fresh, config=settings) as connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            connection.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
        except duckdb.IOException as error:
            raise NotPublished(
                f"{warehouse} cannot be read; is another build writing it? ({error})"
            ) from error
        check_warehouse(connection, run_results)
        copied = copy_marts(connection, built)
        write_record(
            connection,
            manifest,
            run_results,
            copied,
            settings_of(run_results, project_folder),
            data,
            datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0),
        )
        carry_history(connection, serving)
        connection.execute("detach warehouse")
        connection.execute("checkpoint")
    return copied


def what_stands(serving):
    """A sentence on what readers go on seeing where nothing was published."""
    if not Path(serving).exists():
        return f"There is no {serving} yet."
    try:
        with duckdb.connect(str(serving), read_only=True) as connection:
            built_at = connection.execute(
                "select built_at from publication.builds where is_current"
            ).fetchone()[0]
    except (duckdb.Error, TypeError):
        return f"{serving} is unchanged."
    return (
        f"{serving} is unchanged: readers see the build of"
        f" {built_at:%Y-%m-%d %H:%M} UTC."
    )


def main(arguments=None):
    """Publish what the environment names; exit code 1 where it may not be."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--target-path", default=os.environ.get("DBT_TARGET_PATH", "target")
    )
    parser.add_argument(
        "--refused",
        action="store_true",
        help="only say what stands, after a build that failed",
    )
    given = parser.parse_args(arguments)
    warehouse = os.environ.get("INSIGHT_WAREHOUSE", "warehouse.duckdb")
    serving = os.environ.get("INSIGHT_SERVING", "serving.duckdb")
    try:
        if given.refused:
            raise NotPublished("The build did not succeed: see the errors above.")
        tables, rows = publish(
            warehouse,
            serving,
            given.target_path,
            os.environ.get("INSIGHT_DATA", "demo/data"),
        )
    except NotPublished as reason:
        print(f"Not published. {reason}\n{what_stands(serving)}", file=sys.stderr)
        return 1
    print(f"Published {tables} tables, {rows:,} rows, to {serving}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
