"""Write, audit, publish: what may be published, and what readers see meanwhile."""

import copy
import json
import os
import random
import signal
import subprocess
import sys
import time

import duckdb
import pytest
from harness import ROOT
from tiny_project import TinyProject

from ops import publish

ROWS = 40_000
READER = """
import sys, os, time, duckdb
path, stop = sys.argv[1:]
seen, reads = set(), 0
while True:
    last = os.path.exists(stop)
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("begin")
        ids = {row[0] for table in ("builds where is_current", "build_tables",
            "build_settings", "build_tests") for row in connection.execute(
            f"select distinct build_id from publication.{table}").fetchall()}
        version, rows = connection.execute(
            "select min(version), count(*) from marts.sales").fetchone()
        recorded = connection.execute("select total_rows from publication.build_tables"
            " where table_name = 'sales'").fetchone()[0]
        versions = connection.execute("select count(distinct version)"
            " from (select version from marts.sales union"
            " select version from marts.notes)").fetchone()[0]
        connection.execute("commit")
    assert ids == {version} and versions == 1 and rows == recorded, (ids, version)
    seen.add(version)
    reads += 1
    if last:
        break
    # Twenty of them, and a build besides, on a small machine.
    time.sleep(0.1)
print(reads, len(seen))
"""


def model(name, tags=(), parents=(), access="public"):
    return {
        "name": name,
        "resource_type": "model",
        "schema": "marts",
        "fqn": ["insight_engine", name],
        "tags": list(tags),
        "description": f"It's {name}.",
        "columns": {"version": {"description": "Build that wrote the row."}},
        "config": {"access": access, "materialized": "table"},
        "depends_on": {"nodes": list(parents)},
    }


def audit_of(name, parents, severity="error"):
    return {
        "name": name,
        "resource_type": "test",
        "fqn": [name],
        "tags": [],
        "config": {"severity": severity},
        "depends_on": {"nodes": list(parents)},
    }


class Build:
    """A finished build of two marts as dbt leaves it: warehouse and artifacts."""

    def __init__(self, folder):
        self.target = folder / "target"
        self.target.mkdir()
        self.warehouse = folder / "w.duckdb"
        self.serving = folder / "serving.duckdb"
        nodes = {
            "model.i.step": model("step", access="private"),
            "model.i.ml_edge": model("ml_edge", ["python"], access="private"),
            "model.i.sales": model("sales", [], ["model.i.step", "model.i.ml_edge"]),
            "model.i.notes": model("notes"),
            "test.i.key": audit_of("key", ["model.i.sales"]),
            "test.i.step_key": audit_of("step_key", ["model.i.step"]),
            "test.i.hint": audit_of("hint", ["model.i.notes"], "warn"),
        }
        self.manifest = {"metadata": {}, "nodes": nodes, "unit_tests": {}}
        self.statuses = {
            name: "success" if name.startswith("model") else "pass" for name in nodes
        }
        self.which = "build"
        self.finish("first")

    def finish(self, version, rows=ROWS, state="finished", noted=None):
        """Leave the warehouse and the artifacts of build `version`."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("create schema if not exists marts")
            connection.execute(
                "create or replace table marts.sales as"
                f" select '{version}' as version, range as id, md5(range::varchar) as t"
                f" from range({rows})"
            )
            connection.execute(
                f"create or replace table marts.notes as select '{version}' as version"
            )
            connection.execute(
                "create or replace table main.last_dbt_run as select"
                f" '{noted or version}' as invocation_id, '{state}' as state"
            )
        self.version = version
        self.write()

    def write(self):
        metadata = {
            "invocation_id": self.version,
            "generated_at": "2025-06-01T10:00:00.000000Z",
            "dbt_version": "1.12.6",
        }
        results = [
            {"unique_id": name, "status": status, "failures": 0, "message": None}
            for name, status in self.statuses.items()
        ]
        manifest = {**self.manifest, "metadata": metadata}
        (self.target / "manifest.json").write_text(json.dumps(manifest))
        (self.target / "run_results.json").write_text(
            json.dumps(
                {
                    "metadata": metadata,
                    "results": results,
                    "args": {"which": self.which, "vars": {"lookback_days": 90}},
                    "elapsed_time": 1.5,
                }
            )
        )

    def publish(self):
        return publish.publish(
            self.warehouse, self.serving, self.target, "demo/data", ROOT
        )

    def start(self):
        """Publish in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "ops.publish", "--target-path", str(self.target)],
            cwd=ROOT,
            env={
                **os.environ,
                "INSIGHT_WAREHOUSE": str(self.warehouse),
                "INSIGHT_SERVING": str(self.serving),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read(self, sql):
        with duckdb.connect(str(self.serving), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def build(tmp_path):
    return Build(tmp_path)


def test_public_tables_are_published_with_comments_and_record(build):
    assert build.publish() == (2, ROWS + 1)
    assert build.read(
        "select schema_name, table_name from duckdb_tables() order by all"
    ) == [
        ("marts", "notes"),
        ("marts", "sales"),
        ("publication", "build_settings"),
        ("publication", "build_tables"),
        ("publication", "build_tests"),
        ("publication", "builds"),
    ]
    assert build.read(
        "select comment from duckdb_tables() where table_name = 'sales'"
    ) == [("It's sales.",)]
    assert build.read(
        "select comment from duckdb_columns()"
        " where table_name = 'sales' and column_name = 'version'"
    ) == [("Build that wrote the row.",)]
    assert build.read(
        "select build_id, tables, total_rows, tests_passed, tests_warned,"
        " build_seconds, raw_data, built_at::varchar from publication.builds"
    ) == [("first", 2, ROWS + 1, 3, 0, 1.5, "demo/data", "2025-06-01 10:00:00")]
    settings = dict(build.read("select setting, value from publication.build_settings"))
    # From the run, and from vars.yml.
    assert (settings["lookback_days"], settings["half_life_days"]) == ("90", "7")
    assert build.read(
        "select table_name, total_rows from publication.build_tables order by 1"
    ) == [("notes", 1), ("sales", ROWS)]


def test_history_goes_on(build):
    build.publish()
    build.finish("second")
    build.publish()
    assert build.read(
        "select build_id, is_current from publication.builds order by 1"
    ) == [
        ("first", False),
        ("second", True),
    ]
    assert build.read("select distinct build_id from publication.build_tests") == [
        ("second",)
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"test.i.key": "fail"}, "key"),
        ({"test.i.key": "error"}, "key"),
        ({"model.i.notes": "error"}, "notes"),
        ({"test.i.step_key": None}, "step_key"),
        ({"model.i.step": None, "test.i.step_key": None}, "step"),
        ({"model.i.step": "skipped"}, "step"),
        # A selection: what it left out would vanish from the serving file.
        ({"model.i.notes": None, "test.i.hint": None}, "notes"),
        ({"model.i.sales": None, "model.i.notes": None}, "none of the public marts"),
    ],
)
def test_unsound_builds_leave_the_file_as_it_was(build, change, says):
    build.publish()
    before = build.serving.read_bytes()
    build.finish("second")
    for name, status in change.items():
        if status is None:
            del build.statuses[name]
        else:
            build.statuses[name] = status
    build.write()
    with pytest.raises(publish.NotPublished, match=says):
        build.publish()
    done = build.start()
    _, printed = done.communicate()
    assert done.returncode == 1
    assert "Not published." in printed
    assert "is unchanged: readers see the build of 2025-06-01 10:00 UTC" in printed
    assert build.serving.read_bytes() == before
    assert not list(build.serving.parent.glob("serving.duckdb.new*"))


def test_warnings_and_python_edges_left_out_do_not_stop_a_publication(build):
    build.statuses["test.i.hint"] = "warn"
    del build.statuses["model.i.ml_edge"]
    build.write()
    build.publish()
    assert build.read("select tests_passed, tests_warned from publication.builds") == [
        (2, 1)
    ]


def test_only_dbt_build_is_published(build):
    build.which = "run"
    build.write()
    with pytest.raises(publish.NotPublished, match="Only `dbt build`"):
        build.publish()


@pytest.mark.parametrize("note", [{"state": "started"}, {"noted": "another"}])
def test_a_warehouse_that_another_run_touched_is_not_published(build, note):
    build.finish("second", **note)
    with pytest.raises(publish.NotPublished, match="last written by a dbt run"):
        build.publish()
    assert not build.serving.exists()


def test_artifacts_of_two_runs_are_not_mixed(build):
    manifest = copy.deepcopy(build.manifest)
    manifest["metadata"] = {"invocation_id": "other"}
    (build.target / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(publish.NotPublished, match="two dbt runs"):
        build.publish()


def test_a_reader_keeps_the_version_it_opened(build):
    build.publish()
    with duckdb.connect(str(build.serving), read_only=True) as reader:
        build.finish("second")
        process = build.start()
        assert process.wait() == 0
        assert reader.execute(
            "select distinct version from marts.sales"
        ).fetchall() == [("first",)]
    assert build.read("select distinct version from marts.sales") == [("second",)]


def test_a_file_that_is_no_database_is_replaced(build):
    build.serving.write_text("not a database")
    build.publish()
    assert build.read("select count(*) from marts.sales") == [(ROWS,)]


def test_what_a_killed_publication_left_is_removed(build):
    (build.serving.parent / "serving.duckdb.new").write_text("half a file")
    (build.serving.parent / "serving.duckdb.new.wal").write_text("half a log")
    spill = build.serving.parent / "serving.duckdb.new.spill"
    spill.mkdir()
    (spill / "duckdb_temp_block").write_text("rows")
    assert build.publish() == (2, ROWS + 1)
    assert not list(build.serving.parent.glob("serving.duckdb.new*"))


def test_twenty_readers_while_ten_builds_publish(build, tmp_path):
    build.publish()
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(build.serving), str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(20)
    ]
    for number in range(10):
        build.finish(f"build{number}", rows=ROWS + number)
        build.publish()
    stop.touch()
    seen = []
    for reader in readers:
        printed, error = reader.communicate(timeout=120)
        assert reader.returncode == 0, error
        reads, versions = map(int, printed.split())
        assert reads >= 1
        seen.append(versions)
    assert max(seen) > 1


def test_killed_at_any_moment_the_file_is_whole(build):
    build.publish()
    chance, landed = random.Random(7), 0
    started = time.monotonic()
    assert build.start().wait() == 0
    usual = time.monotonic() - started
    known = {"first"}
    for number in range(15):
        build.finish(f"build{number}", rows=ROWS + number)
        known.add(build.version)
        process = build.start()
        time.sleep(usual * chance.uniform(0.3, 1.0))
        process.send_signal(signal.SIGKILL)
        landed += process.wait() == -signal.SIGKILL
        (version,) = build.read("select distinct version from marts.sales")
        (rows,) = build.read("select count(*) from marts.sales")
        assert version[0] in known
        assert build.read(
            "select build_id, total_rows from publication.build_tables"
            " where table_name = 'sales'"
        ) == [(version[0], rows[0])]
    assert landed > 3
    # The next publication needs no repair, and leaves nothing lying about.
    assert build.start().wait() == 0
    assert build.read("select distinct version from marts.sales") == [(build.version,)]
    assert not list(build.serving.parent.glob("serving.duckdb.new*"))


def test_make_build_publishes_only_what_passed(tmp_path):
    """The command itself, with dbt: a planted failure, kills, and the way back."""
    project = TinyProject(tmp_path)
    code, printed = project.build()
    assert code == 0, printed
    assert "Published 2 tables, 40,001 rows" in printed
    first = project.published()
    before = project.serving.read_bytes()
    code, printed = project.build(planted="true", total=100)
    assert code != 0
    assert "accepted_values_sales_version" in printed
    assert "Not published. The build did not succeed" in printed
    assert "is unchanged: readers see the build of" in printed
    assert project.serving.read_bytes() == before
    # Nor can the publication be had afterwards by itself.
    environment = {
        **os.environ,
        "INSIGHT_WAREHOUSE": str(project.warehouse),
        "INSIGHT_SERVING": str(project.serving),
    }
    done = subprocess.run(
        [sys.executable, "-m", "ops.publish", "--target-path", str(project.target)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "accepted_values_sales_version" in done.stderr
    assert project.serving.read_bytes() == before
    # Killed as soon as dbt has begun to write, and a little later.
    for wait in (0.0, 0.7):
        process = project.start(total=200)
        for line in process.stdout:
            if "START sql table model" in line:
                break
        time.sleep(wait)
        project.kill(process)
        assert project.published() in (first, (project.published()[0], 200))
    code, printed = project.build(total=300)
    assert code == 0, printed
    assert project.published()[1] == 300
    assert not list(tmp_path.glob("serving.duckdb.new*"))
