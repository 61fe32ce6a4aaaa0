"""What `make test-spark` runs: the project on a real cluster, against DuckDB.

On a standalone master with two workers, through a Connect server and a client that
cannot see Java:

reference   the reference company whole, with all data tests and unit tests; every mart
            compared with DuckDB's; published, and the serving file compared.
demo        a small demo as far as attribution, with what that reads; a worker is killed
            in the middle; every mart compared with DuckDB's; the plans looked at.
"""

import argparse
import concurrent.futures
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
# Two years of hours are a long way for two cores: the demo stops at attribution.
VARS = ["--vars", "{check_reference: true}"]
DEMO = [*VARS, "--select", "+path:models/attribution"]
WITHOUT_TESTS = ["--exclude", "resource_type:test", "resource_type:unit_test"]
# A worker is killed when so many steps of the build are done.
STEPS_BEFORE_FAILURE = 25


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


def cpu_seconds():
    """CPU seconds of all that ran, in words."""
    used = os.times()
    return f"{used.children_user + used.children_system:.0f} CPU seconds"


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


def parsed_before(target):
    """Give the folder `target` what dbt knows of the project from an earlier build."""
    target.mkdir(parents=True, exist_ok=True)
    engine = target.name.split("_")[-1]
    for known in FOLDER.glob(f"*_{engine}/partial_parse.msgpack"):
        if not (target / known.name).exists():
            shutil.copy(known, target)
    return target


def build_on_duckdb(name, data, arguments):
    """Build `name` with DuckDB, without tests; True where it succeeded."""
    # One name for all: another would have dbt parse the project anew.
    warehouse = FOLDER / "on_duckdb.duckdb"
    warehouse.unlink(missing_ok=True)
    target = parsed_before(FOLDER / f"{name}_duckdb")
    built = run(
        [
            *(ROOT / ".venv/bin/dbt", "-q", "build", *arguments, *WITHOUT_TESTS),
            *("--target-path", target, "--log-path", target),
        ],
        INSIGHT_DATA=str(data),
        INSIGHT_WAREHOUSE=str(warehouse),
    )
    if built:
        warehouse.replace(FOLDER / f"{name}_on_duckdb.duckdb")
    return built


def build_on_spark(name, data, cluster, arguments):
    """Build `name` on the cluster, with a PATH that has no Java."""
    target = parsed_before(FOLDER / f"{name}_spark")
    return run(
        [
            *(pathlib.Path(sys.executable).parent / "dbt", "-q", "build", *arguments),
            *("--target", "spark", "--target-path", target, "--log-path", target),
        ],
        INSIGHT_DATA=str(data),
        INSIGHT_SPARK_REMOTE=cluster.remote,
        JAVA_HOME="",
        PATH=path_without_java(),
        PYTHONWARNINGS="ignore",
    )


def fail_in_the_middle(cluster, log, ended):
    """Kill a worker once some steps are done; True where that came to be."""
    while not ended.wait(0.5):
        if log.exists() and log.read_text().count("[OK in") >= STEPS_BEFORE_FAILURE:
            cluster.kill_worker(2)
            print("a worker is killed", flush=True)
            return True
    return False


def build_while_a_worker_dies(name, data, cluster, arguments):
    """Build; a worker dies meanwhile. The build may fail, the next one may not."""
    log = FOLDER / f"{name}_spark" / "dbt.log"
    log.unlink(missing_ok=True)
    ended = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as watcher:
        failure = watcher.submit(fail_in_the_middle, cluster, log, ended)
        built = build_on_spark(name, data, cluster, arguments)
        ended.set()
        killed = failure.result()
    if not killed:
        print("no worker was killed: the build ended before", flush=True)
        return False
    print(f"the build {'went on' if built else 'failed; once more'}", flush=True)
    return built or build_on_spark(name, data, cluster, arguments)


def compare(cluster, warehouse):
    """True where Spark's marts equal those in a DuckDB file."""
    return run([sys.executable, ROOT / "spark/compare.py", cluster.remote, warehouse])


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
        compare(cluster, FOLDER / f"{name}_serving.duckdb"),
    ]
    return [] if all(steps) else [f"{name}: what was published is not what was built"]


def check_reference(cluster, other):
    """What is wrong with the reference company; `other` starts DuckDB's builds."""
    data = "reference/data"
    duckdb = other.submit(build_on_duckdb, "reference", data, VARS)
    failures = []
    if not build_on_spark("reference", data, cluster, VARS):
        failures.append("reference: the build or a test on Spark failed")
    if not duckdb.result():
        failures.append("reference: the build on DuckDB failed")
    equal = other.submit(compare, cluster, FOLDER / "reference_on_duckdb.duckdb")
    failures += publish("reference", data, cluster)
    if not equal.result():
        failures.append("reference: marts differ")
    return failures


def check_demo(cluster, other):
    """What is wrong with the demo."""
    demo = FOLDER / "demo"
    generate = [ROOT / ".venv/bin/python", "demo/generate.py", "--scale", DEMO_SCALE]
    if not run([*generate, "--output", demo]):
        return ["demo: no data"]
    duckdb = other.submit(build_on_duckdb, "demo", demo, DEMO)
    failures = []
    arguments = [*DEMO, *WITHOUT_TESTS]
    if not build_while_a_worker_dies("demo", demo, cluster, arguments):
        failures.append("demo: the build on Spark failed, or no worker was killed")
    if not duckdb.result():
        failures.append("demo: the build on DuckDB failed")
    if not compare(cluster, FOLDER / "demo_on_duckdb.duckdb"):
        failures.append("demo: marts differ")
    plans = [sys.executable, ROOT / "spark/plans.py", cluster.remote]
    if not run([*plans, FOLDER / "demo_spark"]):
        failures.append("demo: plans do not scale")
    return failures


def main():
    """Run all, say what failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["reference", "demo"])
    only = parser.parse_args().only
    started = time.monotonic()
    FOLDER.mkdir(parents=True, exist_ok=True)
    failures = []
    shutil.rmtree(FOLDER / "cluster", ignore_errors=True)
    with (
        concurrent.futures.ThreadPoolExecutor(1) as other,
        Cluster(FOLDER / "cluster") as cluster,
    ):
        if only != "demo":
            failures += check_reference(cluster, other)
        if only != "reference":
            failures += check_demo(cluster, other)
    print(f"{time.monotonic() - started:.0f} seconds, {cpu_seconds()}")
    print("\n".join(failures) or "Spark and DuckDB agree")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
