"""Readers in a loop while builds publish, and kill -9 at random moments.

Every build is `make build`: make, dbt with its tests, ops.publish, on a project of
three models (python_tests/tiny_project.py) with a warehouse and serving file of its
own.  A line a trial; exit code 1 at the first thing that must not happen.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python_tests"))

from tiny_project import TinyProject

READER = """
import os, sys, duckdb
path, stop = sys.argv[1:]
seen, reads = set(), 0
while True:
    last = os.path.exists(stop)
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("begin")
        first = connection.execute(
            "select distinct build_id from publication.build_tables").fetchall()
        sales = connection.execute(
            "select version, count(*) from marts.sales group by 1").fetchall()
        notes = connection.execute("select version from marts.notes").fetchall()
        again = connection.execute("select build_id, total_rows"
            " from publication.build_tables where table_name = 'sales'").fetchall()
        connection.execute("commit")
    if not (len(sales) == 1 and sales == again and first == notes
            and first[0][0] == sales[0][0]):
        sys.exit(f"torn read: {first} {sales} {notes} {again}")
    seen.add(sales[0][0])
    reads += 1
    if last:
        break
print(reads, len(seen))
"""


def readers_and_builds(project, readers, builds):
    """`readers` processes read in a loop while `builds` builds publish."""
    code, printed = project.build()
    if code:
        sys.exit(printed)
    stop = project.folder / "stop"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(project.serving), str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(readers)
    ]
    failures = []
    for number in range(builds):
        code, printed = project.build(total=40_000 + number)
        if code:
            failures.append(f"build {number} failed:\n{printed[-2000:]}")
        print(f"build {number + 1} of {builds}: exit code {code}", flush=True)
    stop.touch()
    reads, versions = 0, []
    for reader in running:
        printed, error = reader.communicate()
        if reader.returncode:
            failures.append(error)
        else:
            reads += int(printed.split()[0])
            versions.append(int(printed.split()[1]))
    print(
        f"{readers} readers, {builds} builds: {reads:,} reads, each of one version;"
        f" a reader saw up to {max(versions, default=0)} versions;"
        f" {len(failures)} failures"
    )
    return failures


def kills(project, trials, seed):
    """Builds killed at random moments; the file is whole after each."""
    started = time.monotonic()
    code, printed = project.build()
    if code:
        sys.exit(printed)
    usual = time.monotonic() - started
    chance, failures, landed, moved = random.Random(seed), [], 0, 0
    before = project.published()
    for number in range(trials):
        process = project.start(total=50_000 + number)
        time.sleep(usual * chance.random() * 1.1)
        hit = project.kill(process)
        landed += hit
        try:
            after = project.published()
        except Exception as error:
            failures.append(f"trial {number}: {error!r}")
            break
        # The earlier version whole, or this build's.
        if after != before and after[1] != 50_000 + number:
            failures.append(f"trial {number}: {before} became {after}")
        moved += after != before
        before = after
        print(
            f"trial {number + 1} of {trials}:"
            f" {'killed' if hit else 'was done before'}; {after[1]:,} rows",
            flush=True,
        )
    code, printed = project.build(total=60_000)
    if code or project.published()[1] != 60_000:
        failures.append(f"the build after the kills failed:\n{printed[-2000:]}")
    left = [p.name for p in project.serving.parent.glob("serving.duckdb.new*")]
    if left:
        failures.append(f"left lying about: {left}")
    print(
        f"{trials} trials, {landed} killed at work, {moved} published;"
        f" the next build: exit code {code}; {len(failures)} failures"
    )
    return failures


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--builds", type=int, default=10)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    failures = []
    for wanted, work in (
        (given.builds, lambda p: readers_and_builds(p, given.readers, given.builds)),
        (given.kills, lambda p: kills(p, given.kills, given.seed)),
    ):
        if wanted:
            with tempfile.TemporaryDirectory() as folder:
                failures += work(TinyProject(Path(folder)))
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
