"""What `make test-spark` runs: the project on a real cluster, against DuckDB.

Builds the reference company, with all data tests and unit tests, and a small demo on a
standalone master with two workers, through a Connect server and a client that cannot
see Java; builds both with DuckDB; compares every mart. The reference company is
published, and the serving file compared. While the demo is built a worker is killed.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

from cluster import Cluster

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "target" / "spark"
DEMO_SCALE = "0.02"
WITHOUT_TESTS = ["--exclude", "resource_type:test", "resource_type:unit_test"]


def run(command, **environment):
    """Run a command in the project's folder; True where it succeeded."""
    started = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **environment}
    )
    seconds = time.monotonic() - started
    print(
        f"[{seconds:.0f} s] {' '.join(str(part) for part in command)[:150]}", flush=True
    )
    return done.returncode == 0


def path_without_java():
    """The PATH with the folders that hold Java replaced by links to all else there."""
    folders = []
    for number, folder in enumerate(os.environ["PATH"].split(os.pathsep)):
        if not (pathlib.Path(folder) / "java").exists():
            folders.append(folder)
            continue
        links = FOLDER / "path" / str(number)
        shutil.rmtree(links, ignore_errors=True)
        links.mkdir(parents=True)
        for program in pathlib.Path(folder).iterdir():
            if program.name != "java":
                (links / program.name).symlink_to(program)
        folders.append(str(links))
    return os.pathsep.join(folders)


def build(name, data, cluster, variables, with_tests):
    """Build `name` with both engines and compare; a list of what went wrong.

    Without tests a worker is killed meanwhile: equal marts pass the tests they pass on
    DuckDB.
    """
    failures = []
    warehouse = FOLDER / f"{name}_on_duckdb.duckdb"
    warehouse.unlink(missing_ok=True)
    common = ["--vars", variables]
    duck = [
        "--target-path",
        FOLDER / f"{name}_duckdb",
        "--log-path",
        FOLDER / "logs_duckdb",
    ]
    if not run(
        [
            ROOT / ".venv/bin/dbt",
            "-q",
            "build",
            *WITHOUT_TESTS,
            *common,
            *duck,
        ],
        INSIGHT_DATA=str(data),
        INSIGHT_WAREHOUSE=str(warehouse),
    ):
        failures.append(f"{name}: the build on DuckDB failed")
    spark = [
        "--target",
        "spark",
        "--target-path",
        FOLDER / f"{name}_spark",
        "--log-path",
        FOLDER / "logs_spark",
    ]
    without = [] if with_tests else WITHOUT_TESTS
    failing = threading.Timer(40, cluster.kill_worker, [2])
    if not with_tests:
        failing.start()
    here = pathlib.Path(sys.executable).parent
    if not run(
        [here / "dbt", "-q", "build", *without, *common, *spark],
        INSIGHT_DATA=str(data),
        INSIGHT_SPARK_REMOTE=cluster.remote,
        JAVA_HOME="",
        PATH=path_without_java(),
        PYTHONWARNINGS="ignore",
    ):
        failures.append(f"{name}: the build or a test on Spark failed")
    failing.cancel()
    if not run([sys.executable, ROOT / "spark/compare.py", cluster.remote, warehouse]):
        failures.append(f"{name}: marts differ")
    if with_tests and not failures:
        failures += publish(name, data, cluster)
    return failures


def publish(name, data, cluster):
    """Publish the build on Spark; its serving file must hold the same marts."""
    exported = FOLDER / f"{name}_from_spark.duckdb"
    steps = [
        run(
            [
                sys.executable,
                ROOT / "spark/export.py",
                cluster.remote,
                FOLDER / f"{name}_parquet",
                exported,
            ]
        ),
        run(
            [
                ROOT / ".venv/bin/python",
                "-m",
                "ops.publish",
                "--target-path",
                FOLDER / f"{name}_spark",
            ],
            INSIGHT_DATA=str(data),
            INSIGHT_WAREHOUSE=str(exported),
            INSIGHT_SERVING=str(FOLDER / f"{name}_serving.duckdb"),
        ),
        run(
            [
                sys.executable,
                ROOT / "spark/compare.py",
                cluster.remote,
                FOLDER / f"{name}_serving.duckdb",
            ]
        ),
    ]
    return [] if all(steps) else [f"{name}: what was published is not what was built"]


def main():
    """Run all, say what failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["reference", "demo"])
    only = parser.parse_args().only
    FOLDER.mkdir(parents=True, exist_ok=True)
    failures = []
    shutil.rmtree(FOLDER / "cluster", ignore_errors=True)
    with Cluster(FOLDER / "cluster") as cluster:
        if only != "demo":
            failures += build(
                "reference", "reference/data", cluster, "{check_reference: true}", True
            )
        if only != "reference":
            demo = FOLDER / "demo"
            if not run(
                [
                    ROOT / ".venv/bin/python",
                    "demo/generate.py",
                    "--scale",
                    DEMO_SCALE,
                    "--output",
                    demo,
                ]
            ):
                failures.append("demo: no data")
            failures += build("demo", demo, cluster, "{}", False)
    print("\n".join(failures) or "Spark and DuckDB agree")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
