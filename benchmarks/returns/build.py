"""Builds the return marts from a folder of raw files, and measures time and memory."""

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def build(data, folder, settings):
    """Build from the raw files in `data` into a warehouse in `folder`.

    Returns the warehouse, seconds, CPU seconds and the peak memory in GB of the dbt
    process. Ends the program when the build fails.
    """
    warehouse = folder / "warehouse.duckdb"
    command = [
        shutil.which("dbt", path=Path(sys.executable).parent),
        "build",
        *("--select", "+path:models/returns"),
        *("--exclude-resource-type", "test", "unit_test"),
        *("--target-path", str(folder / "target")),
        *("--log-path", str(folder / "target")),
        *("--vars", yaml.safe_dump(settings, width=10_000)),
    ]
    environment = {
        **os.environ,
        "INSIGHT_DATA": str(data),
        "INSIGHT_WAREHOUSE": str(warehouse),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stdout[-3000:] + done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return warehouse, seconds, cpu, after.ru_maxrss / 1e6
