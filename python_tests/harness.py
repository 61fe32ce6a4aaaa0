"""Build the project from raw files given in a test, and look at what came out.

`Project.build` writes the files into a folder of their own, runs dbt on them with a
warehouse of its own, and returns a `Built`. Nothing in the checkout is touched.
"""

import importlib.util
import itertools
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

ROOT = Path(__file__).resolve().parent.parent
MODELS = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "time_decay",
    "position_based",
)
# With those that the whole of the journeys decides.
ALL_MODELS = (*MODELS, "markov", "shapley")
# What to select: a test builds no more than it looks at.
ATTRIBUTION_ALONE = ("path:models/attribution",)
ATTRIBUTION = ("+path:models/attribution",)
STAGING = ("+quarantined_rows", "+path:models/staging")
EVERYTHING = (*ATTRIBUTION, *STAGING)
RAW_TABLES = (
    "touchpoints",
    "orders",
    "customers",
    "returns",
    "marketing_spend",
    "email_events",
    "web_sessions",
)


def python_edge(path):
    """The module of a Python model, by its path below models/, without dbt."""
    found = importlib.util.spec_from_file_location(
        Path(path).stem, ROOT / "models" / path
    )
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


class Built:
    """What a dbt run left: exit code, output and the tables of its warehouse."""

    def __init__(self, folder, returncode, output):
        """Hold the run in `folder`."""
        self.folder = folder
        self.data = folder / "data"
        self.warehouse = folder / "w.duckdb"
        self.returncode = returncode
        self.output = output

    def query(self, sql):
        """Rows of `sql` as a DataFrame, missing values as None."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        return pd.DataFrame(rows, columns=names, dtype=object)

    def rows(self, sql):
        """Rows of `sql` as a list of tuples."""
        return [tuple(row) for row in self.query(sql).itertuples(index=False)]

    def value(self, sql):
        """The one value that `sql` returns."""
        ((value,),) = self.rows(sql)
        return value

    def tables(self, *schemas, without=()):
        """Every table of `schemas` by name: its columns, and its rows, sorted.

        Rows are texts, in which doubles have all their digits. Columns named in
        `without` are left out.
        """
        listed = self.rows(
            "select table_schema, table_name from information_schema.tables"
            " where table_type = 'BASE TABLE' order by all"
        )
        result = {}
        for schema, table in listed:
            if schema in schemas:
                columns = [
                    row
                    for row in self.rows(
                        "select column_name, column_type"
                        f" from (describe {schema}.{table})"
                    )
                    if row[0] not in without
                ]
                names = ", ".join(f'"{name}"' for name, _ in columns)
                rows = self.rows(f"select {names} from {schema}.{table}")
                result[f"{schema}.{table}"] = (columns, sorted(map(repr, rows)))
        return result

    def counts(self):
        """Rows by raw table: (raw, staged, quarantined)."""
        return {
            table: self.rows(
                f"select (select count(*) from raw.{table}),"
                f" (select count(*) from staging.stg_{table}),"
                " (select count(*) from quality.quarantined_rows"
                f" where table_name = '{table}')"
            )[0]
            for table in RAW_TABLES
        }

    def reasons(self, table):
        """Number of quarantined rows of a raw table by reason."""
        return dict(
            self.rows(
                "select reason, count(*) from quality.quarantined_rows"
                f" where table_name = '{table}' group by reason"
            )
        )

    def credits(self, conversion, model="linear"):
        """Credits of a conversion: touchpoint_id -> credit, in path order."""
        return dict(
            self.rows(
                f"select touchpoint_id, credit_{model} from marts.touchpoint_credits"
                f" where conversion_id = '{conversion}' order by touch_position"
            )
        )

    def error(self):
        """The text of the error that stopped the run, on one line."""
        lines = self.output.splitlines()
        wanted = ("Raw data:", "Setting ")
        found = [line.strip() for line in lines if line.strip().startswith(wanted)]
        return found[0] if found else ""


class Shop:
    """Raw tables of a small shop, put together touch by touch and order by order."""

    def __init__(self):
        """Start without rows."""
        self.touches = []
        self.orders = []
        self.returns = []
        self.spends = []

    def touch(self, customer, channel, touched_at, touchpoint_id=None, campaign=""):
        """Add a touch; without an id it is <customer>.<number of the touch>."""
        if touchpoint_id is None:
            number = sum(touch[1] == customer for touch in self.touches) + 1
            touchpoint_id = f"{customer}.{number}"
        self.touches.append((touchpoint_id, customer, channel, campaign, touched_at))

    def order(self, order_id, customer, ordered_at, order_value="10", status=""):
        """Add an order."""
        self.orders.append((order_id, customer, ordered_at, order_value, status))

    def give_back(self, order_id, returned_at, refund_amount):
        """Add a return."""
        self.returns.append((order_id, returned_at, refund_amount))

    def spend(self, spend_date, channel, spend, campaign=""):
        """Add an amount of marketing spend."""
        self.spends.append((spend_date, channel, campaign, spend))

    def raw(self):
        """The tables for `Project.build`."""
        tables = {
            "touchpoints": (
                "touchpoint_id customer_id channel campaign touched_at",
                self.touches,
            ),
            "orders": (
                "order_id customer_id ordered_at order_value status",
                self.orders,
            ),
            "returns": ("order_id returned_at refund_amount", self.returns),
            "marketing_spend": ("spend_date channel campaign spend", self.spends),
        }
        return {
            name: pd.DataFrame(rows, columns=columns.split(), dtype=str)
            for name, (columns, rows) in tables.items()
        }


def write_raw(folder, raw):
    """Write `raw` below `folder`.

    Names without an ending take a DataFrame or text and become CSV; names ending in
    .parquet take a DataFrame or an Arrow table; all other names are taken as they
    are, with text (as UTF-8) or bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in raw.items():
        path = folder / (name if "." in Path(name).name else f"{name}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet" and not isinstance(content, bytes):
            if isinstance(content, pd.DataFrame):
                content = pa.Table.from_pandas(content, preserve_index=False)
            pq.write_table(content, path)
        elif isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_bytes(content.encode())


class Worker:
    """A program of this folder that stays in memory and answers job after job.

    It is given the number of the pipe for its answers, one JSON line for each JSON line
    of standard input: what libraries print there is no answer.
    """

    def __init__(self, program, **options):
        """Start `program` (a file name); `options` are those of Popen."""
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name(program)), str(writing)],
            stdin=subprocess.PIPE,
            pass_fds=[writing],
            text=True,
            **options,
        )
        os.close(writing)
        self.answers = os.fdopen(reading)

    def is_running(self):
        """Whether it can take another job."""
        return self.process.poll() is None

    def answer(self, job):
        """What it answers to `job`; None where it ended instead."""
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        line = self.answers.readline()
        return json.loads(line) if line else None

    def close(self):
        """Let it end."""
        self.process.stdin.close()
        self.process.wait()
        self.answers.close()


class Project:
    """The dbt project under test, with a worker process that has it parsed."""

    def __init__(self, folder):
        """Keep everything the runs write below `folder`."""
        self.folder = folder
        self.numbers = itertools.count(1)
        self.builds = {}
        self.worker = None

    def close(self):
        """End the worker."""
        if self.worker is not None:
            self.worker.close()

    def build(
        self,
        raw=None,
        vars=None,
        select=ATTRIBUTION,
        tests=False,
        data=None,
        duckdb_threads=None,
        command_line=False,
        again=None,
        base=None,
        exclude=(),
        selector=None,
        full_refresh=False,
    ):
        """Build the models `select` (all when empty) from `raw`.

        Arguments:
            raw: name -> content, see `write_raw`.
            vars: settings that differ from vars.yml, as a dict or as YAML text.
            tests: run data tests and unit tests too.
            data: a folder that holds the raw files already, instead of `raw`.
            duckdb_threads: threads DuckDB may use.
            command_line: run the dbt command itself instead of the worker.
            again: a `Built` whose warehouse is built once more.
            base: a `Built` of the same raw data, whose warehouse is copied: only
                its attribution is built anew, for settings of attribution.
            exclude: what to leave out of the selection.
            selector: a selector of selectors.yml, instead of `select`.
            full_refresh: compute anew what earlier runs have stored.
        """
        if base is not None:
            data, select = base.data, ATTRIBUTION_ALONE
        folder = again.folder if again is not None else self._new_folder()
        if base is not None:
            shutil.copy(base.warehouse, folder / "w.duckdb")
        if raw is not None:
            write_raw(folder / "data", raw)
        environment = {
            "INSIGHT_DATA": str(data or folder / "data"),
            "INSIGHT_WAREHOUSE": str(folder / "w.duckdb"),
            "INSIGHT_SERVING": str(folder / "serving.duckdb"),
        }
        arguments = ["build", "--no-use-colors", "--no-write-json"]
        # No test reads dbt's log file, which takes a tenth of a small run to write.
        arguments += ["--log-level-file", "none"]
        if tests:
            # Not the tests that look at models left out.
            arguments += ["--indirect-selection", "cautious"]
        else:
            arguments += ["--exclude-resource-type", "test", "unit_test"]
        if selector:
            arguments += ["--selector", selector]
        elif select:
            arguments += ["--select", *select]
        if exclude:
            arguments += ["--exclude", *exclude]
        if full_refresh:
            arguments.append("--full-refresh")
        if isinstance(vars, str):
            arguments += ["--vars", vars]
        elif vars:
            arguments += ["--vars", yaml.safe_dump(vars, width=math.inf)]
        arguments += ["--profiles-dir", str(self._profiles(duckdb_threads))]
        if command_line:
            returncode, output = self._run_command(arguments, environment)
        else:
            returncode, output = self._run_in_worker(
                arguments, environment, folder, tests
            )
        return Built(folder, returncode, output)

    def good(self, *arguments, **settings):
        """Like `build`, and the run must have succeeded."""
        built = self.build(*arguments, **settings)
        assert built.returncode == 0, built.output[-6000:]
        return built

    def once(self, name, raw, **settings):
        """`good`, built once a session for each name and settings.

        `raw` is a function that returns the raw data. Settings of attribution given
        as `attribution` are built on the warehouse of the run without them.
        """
        key = (name, json.dumps(settings, sort_keys=True))
        if key not in self.builds:
            attribution = settings.pop("attribution", None)
            if attribution:
                base = self.once(name, raw, **settings)
                self.builds[key] = self.good(base=base, vars=attribution)
            else:
                self.builds[key] = self.good(raw(), **settings)
        return self.builds[key]

    def manifest(self, name="manifest"):
        """What dbt wrote of the parsed project: `manifest` or `semantic_manifest`."""
        path = self.folder / "target_worker" / f"{name}.json"
        if not path.exists():
            folder = self._new_folder()
            environment = {"INSIGHT_WAREHOUSE": str(folder / "w.duckdb")}
            arguments = ["parse", "--no-write-json"]
            returncode, output = self._run_in_worker(
                arguments, environment, folder, tests=True
            )
            assert returncode == 0, output
        return json.loads(path.read_text())

    def copy(self, built):
        """A `Built` with a copy of its warehouse, for a test that builds it again."""
        folder = self._new_folder()
        shutil.copy(built.warehouse, folder / "w.duckdb")
        return Built(folder, built.returncode, built.output)

    def _new_folder(self):
        folder = self.folder / f"run{next(self.numbers):03d}"
        folder.mkdir()
        return folder

    def _profiles(self, duckdb_threads):
        """Folder of profiles.yml, a copy with another number of threads if given."""
        if duckdb_threads is None:
            return ROOT
        folder = self.folder / f"profile{duckdb_threads}"
        if not folder.exists():
            profile = yaml.safe_load((ROOT / "profiles.yml").read_text())
            output = profile["insight_engine"]["outputs"]["duckdb"]
            output.setdefault("config_options", {})["threads"] = duckdb_threads
            folder.mkdir()
            (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
        return folder

    def _paths(self, name):
        return [
            "--target-path",
            str(self.folder / f"target_{name}"),
            "--log-path",
            str(self.folder / f"logs_{name}"),
        ]

    def _run_command(self, arguments, environment):
        """Run dbt as a user does, as a process of its own.

        All runs use one name for the warehouse: another would have dbt parse anew.
        """
        command = shutil.which("dbt", path=Path(sys.executable).parent)
        warehouse = Path(environment["INSIGHT_WAREHOUSE"])
        common = self.folder / warehouse.name
        if warehouse.exists():
            warehouse.rename(common)
        done = subprocess.run(
            [command, *arguments, *self._paths("command")],
            cwd=ROOT,
            env={**os.environ, **environment, "INSIGHT_WAREHOUSE": str(common)},
            capture_output=True,
            text=True,
        )
        if common.exists():
            common.rename(warehouse)
        return done.returncode, done.stdout + done.stderr

    def _run_in_worker(self, arguments, environment, folder, tests):
        """Run dbt in the worker process, starting it for the first job."""
        if self.worker is None or not self.worker.is_running():
            self.worker = Worker("dbt_worker.py", cwd=ROOT)
        output = folder / "output.txt"
        output.unlink(missing_ok=True)
        job = {
            "arguments": [*arguments, *self._paths("worker")],
            "environment": environment,
            "tests": tests,
            "output": str(output),
        }
        succeeded = self.worker.answer(job)
        printed = output.read_text(errors="replace") if output.exists() else ""
        if succeeded is None:
            raise RuntimeError("the dbt worker ended:\n" + printed)
        return (0 if succeeded else 1), printed


# What a dbt command needs of the checkout, for a copy that a test may change.
PROJECT_PARTS = (
    "analyses",
    "macros",
    "models",
    "plugins",
    "seeds",
    "tests",
    "dbt_project.yml",
    "profiles.yml",
    "selectors.yml",
    "vars.yml",
)


class ProjectCopy:
    """A copy of the dbt project with a target folder of its own."""

    def __init__(self, folder):
        """Copy the project to `folder`, which must not exist."""
        self.folder = folder
        for part in PROJECT_PARTS:
            source, target = ROOT / part, folder / part
            if source.is_dir():
                # With what is compiled already: fits take 15 seconds to compile.
                shutil.copytree(source, target)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)

    def run(self, *command, good=True, **environment):
        """Run a program of the environment in the copy; returns its output.

        With `good` it must end well; else it must not.
        """
        program = shutil.which(command[0], path=Path(sys.executable).parent)
        done = subprocess.run(
            [program, *map(str, command[1:])],
            cwd=self.folder,
            env={**os.environ, "DBT_PROFILES_DIR": str(self.folder), **environment},
            capture_output=True,
            text=True,
        )
        output = done.stdout + done.stderr
        assert (done.returncode == 0) == good, output[-6000:]
        return output
