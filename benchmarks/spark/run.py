"""Time touchpoints on Spark beside DuckDB, on this machine.

    .venv/bin/python benchmarks/spark/run.py --touchpoints 1000000

Both run `dbt run` on the same Parquet files: staging and touch credits (the heavy part
of attribution), Spark as a session `local[2]` in dbt's process. Prints wall seconds,
CPU seconds and peak memory of all processes of a run, start-up of dbt included, and
stops with an error where the credits differ.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
SELECT = "+touchpoint_credits"
MASTER = "local[2]"
MEMORY = "3GB"
DRIVER_MEMORY = "3g"
TOLERANCE = 1e-9


def attribution_benchmark():
    """The module of the attribution benchmark: its data and settings are used here."""
    path = PROJECT / "benchmarks/attribution/run.py"
    found = importlib.util.spec_from_file_location("attribution_benchmark", path)
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


def look_at_tree(root, cpu_seconds):
    """Bytes in memory of a process and all below it.

    Notes in `cpu_seconds` (by process) what each has used: Java is not waited for when
    dbt ends, so the kernel does not add its time to dbt's.
    """
    children, seen = {}, {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        process = int(status.parent.name)
        children.setdefault(int(fields[1]), []).append(process)
        ticks = int(fields[11]) + int(fields[12])
        seen[process] = (
            int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
            ticks / os.sysconf("SC_CLK_TCK"),
        )
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        if process in seen:
            total += seen[process][0]
            cpu_seconds[process] = seen[process][1]
        waiting += children.get(process, [])
    return total


def measure(command, environment, log):
    """Run a command: wall seconds, CPU seconds, peak bytes of all its processes."""
    peak, cpu_seconds = [0], {}
    started = time.monotonic()
    with open(log, "w") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        ended = threading.Event()

        def watch():
            while not ended.wait(0.2):
                peak[0] = max(peak[0], look_at_tree(process.pid, cpu_seconds))

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = process.wait()
        ended.set()
        watcher.join()
    if code:
        sys.exit(f"{command[0]} failed:\n" + Path(log).read_text()[-3000:])
    return {
        "seconds": time.monotonic() - started,
        "cpu_seconds": sum(cpu_seconds.values()),
        "peak_bytes": peak[0],
    }


def spark_settings(work, memory, partitions):
    """Folder of Spark's own settings: everything it writes stays in `work`."""
    folder = work / "conf"
    folder.mkdir()
    settings = {
        "spark.driver.memory": memory,
        "spark.driver.extraJavaOptions": f"-Xss8m -Dderby.system.home={work}",
        "spark.sql.warehouse.dir": work / "tables",
        "spark.local.dir": work / "scratch",
        "spark.sql.shuffle.partitions": partitions,
        "spark.ui.enabled": "false",
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={work}/metastore;create=true"
        ),
    }
    lines = [f"{name} {value}" for name, value in settings.items()]
    (folder / "spark-defaults.conf").write_text("\n".join(lines) + "\n")
    return folder


def run_engine(engine, work, variables, settings):
    """Load seeds, then measure staging and credits."""
    environment = {
        "INSIGHT_DATA": str(work / "data"),
        "INSIGHT_WAREHOUSE": str(work / "warehouse.duckdb"),
        "INSIGHT_MEMORY_LIMIT": MEMORY,
        "INSIGHT_SPARK_REMOTE": "",
        "INSIGHT_SPARK_MASTER": MASTER,
        "SPARK_CONF_DIR": str(settings),
        "PYTHONWARNINGS": "ignore",
    }
    program = PROJECT / {"duckdb": ".venv", "spark": ".venv-spark"}[engine] / "bin/dbt"

    def dbt(command, *arguments):
        return measure(
            [
                *(program, command, *arguments, "--target", engine),
                *("--vars", json.dumps(variables)),
                *("--target-path", work / f"target_{engine}"),
                *("--log-path", work / "logs"),
            ],
            environment,
            work / f"{engine}_{command}.log",
        )

    dbt("seed")
    return dbt("run", "--select", SELECT)


def totals(connection, relation):
    """Credits and revenue by channel, for one look at both engines' rows."""
    return connection.execute(
        f"""
        select
            channel,
            count(*),
            sum(credit_linear),
            sum(credit_time_decay),
            sum(credit_position_based)
        from {relation}
        group by channel
        order by channel
        """
    ).fetchall()


def compare(work):
    """Stop where the credits differ; return the number of rows."""
    with duckdb.connect(str(work / "warehouse.duckdb"), read_only=True) as connection:
        ours = totals(connection, "marts.touchpoint_credits")
        files = work / "tables/marts.db/touchpoint_credits/*.parquet"
        theirs = totals(connection, f"read_parquet('{files}')")
    for one, other in zip(ours, theirs, strict=True):
        same = one[:2] == other[:2] and all(
            abs(a - b) <= TOLERANCE * max(1.0, abs(a))
            for a, b in zip(one[2:], other[2:], strict=True)
        )
        if not same:
            sys.exit(f"the engines differ: {one} {other}")
    return sum(row[1] for row in ours)


def main():
    """Generate, measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--touchpoints", type=int, default=10_000_000)
    parser.add_argument("--memory", default=DRIVER_MEMORY, help="of Spark's driver")
    parser.add_argument("--partitions", type=int, default=8)
    arguments = parser.parse_args()
    attribution = attribution_benchmark()
    work = Path(tempfile.mkdtemp(prefix="insight_spark_"))
    try:
        (work / "data").mkdir()
        subprocess.run(
            [
                *(sys.executable, PROJECT / "benchmarks/attribution/dataset.py"),
                *(work / "data", "--touchpoints", str(arguments.touchpoints)),
                *("--seed", str(attribution.SEED), "--memory", MEMORY),
                *("--lookback-days", str(attribution.LOOKBACK_DAYS)),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        settings = spark_settings(work, arguments.memory, arguments.partitions)
        print(
            f"{arguments.touchpoints:,} touchpoints, dbt run --select {SELECT},"
            f" {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n\n"
            "| engine | seconds | CPU seconds | peak memory, GB |\n|---|---|---|---|",
            flush=True,
        )
        for engine in ("duckdb", "spark"):
            found = run_engine(engine, work, attribution.DBT_VARS, settings)
            print(
                f"| {engine} | {found['seconds']:.0f} | {found['cpu_seconds']:.0f} |"
                f" {found['peak_bytes'] / 1e9:.1f} |",
                flush=True,
            )
        print(f"\n{compare(work):,} credit rows, equal within {TOLERANCE:g}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
