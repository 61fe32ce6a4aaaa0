"""Time the attribution models beside the floor and what a user would pick instead.

For each size: generate touchpoints and orders, then measure the floor, the dbt
models, pandas and the ChannelAttribution package, each in its own process, and
check that the totals agree.  Prints a Markdown report and writes it to a file.
See ../README.md for how to read it.
"""

import argparse
import dataclasses
import hashlib
import importlib.metadata
import itertools
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
RIVALS_LOCK = HERE.parent / "requirements.lock"
RIVALS_VENV = HERE.parent / ".venv"

CORES = 2
# As in the project's profile.
MEMORY = os.environ.get("INSIGHT_MEMORY_LIMIT", "3GB")
SEED = 20240101
LOOKBACK_DAYS = 90
HALF_LIFE_DAYS = 7
WEIGHTS = {"first": 0.4, "middle": 0.2, "last": 0.4}
TOLERANCE = 1e-6

# Free disk a run needs: raw files, warehouse and what a sort spills.
DISK_BYTES_A_TOUCHPOINT = 400
# Memory that must be free before a frame-based rival starts: about twice the peak
# seen.
PANDAS_BYTES_A_TOUCHPOINT = 700
MAM_BYTES_A_TOUCHPOINT = 1600

# Every setting that changes the work, so that a changed vars.yml does not.
DBT_VARS = {
    "lookback_days": LOOKBACK_DAYS,
    "half_life_days": HALF_LIFE_DAYS,
    "position_weights": WEIGHTS,
    "path_policy": "independent",
    "collapse_repeats": False,
    "exclude_direct": False,
    "conversion_scope": "all_orders",
    "conversion_value": "gross",
    "business_timezone": "UTC",
    "column_names": {},
    "file_names": {},
    "raw_database": None,
    "raw_schema": None,
    "check_reference": False,
}

FLOOR = "floor, in memory"
FLOOR_FILE = "floor, into a file"
DBT = "dbt models"
DBT_SAME = "dbt models, the rivals' work"
PANDAS = "pandas"
PACKAGE = "ChannelAttribution"
MAM = "marketing-attribution-models"
CONTESTANTS = (FLOOR_FILE, DBT, DBT_SAME, PANDAS, PACKAGE, MAM)
# All attribution marts; and credits by channel of the heuristics, Markov and Shapley.
DBT_SELECT = {DBT: "+path:models/attribution", DBT_SAME: "+channel_attribution"}
# The package loops over journeys in Python: beyond this it would take an hour.
MAM_TOUCHPOINTS = 10_000_000

GIB = 1 << 30
MIB = 1 << 20


class BenchmarkError(Exception):
    """A step that did not succeed; the message is for the user."""


class NotRunError(Exception):
    """A rival that cannot run here; the message says why."""


@dataclasses.dataclass
class Measurement:
    """One run of one contestant; seconds are net of its own start-up.

    `floors` are the Measurements of the floor just before and just after.

    `written_bytes` is what the kernel counted, spilling included; `file_bytes`
    the size of the database file left behind; `facts` whatever else is known.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    written_bytes: int
    startup_seconds: float
    file_bytes: int = 0
    floors: list = dataclasses.field(default_factory=list)
    facts: dict = dataclasses.field(default_factory=dict)

    @property
    def ratio(self):
        """Seconds over the mean of the floor just before and after."""
        return self.seconds / statistics.mean(run.seconds for run in self.floors)

    @property
    def cpu_ratio(self):
        """CPU seconds over the mean of the floor just before and after."""
        floor = statistics.mean(run.cpu_seconds for run in self.floors)
        return self.cpu_seconds / floor


def say(text):
    """Print progress at once."""
    print(text, file=sys.stderr, flush=True)


def run_process(command, env=None):
    """Run `command` to its end; return (Measurement of the process, its output).

    Wall-clock and CPU seconds here are the whole process's, start-up included.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=PROJECT,
            env=os.environ | (env or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        lines = text.strip().splitlines()[-15:]
        name = " ".join(Path(str(part)).name for part in command[:3])
        raise BenchmarkError(
            f"{name} ended with status {process.returncode}:\n" + "\n".join(lines)
        )
    # Linux counts in KiB, macOS in bytes; blocks of output are 512 bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return (
        Measurement(
            seconds=seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_bytes=usage.ru_maxrss * unit,
            written_bytes=usage.ru_oublock * 512,
            startup_seconds=0.0,
        ),
        text,
    )


def run_worker(python, script, *arguments):
    """Run a script of this folder, which prints its facts as JSON on its last line."""
    measured, text = run_process([python, HERE / script, *arguments])
    facts = json.loads(text.strip().splitlines()[-1])
    if "seconds" in facts:
        measured.startup_seconds = measured.seconds - facts["seconds"]
        measured.seconds = facts["seconds"]
        measured.cpu_seconds = facts["cpu_seconds"]
    measured.file_bytes = facts.get("file_bytes", 0)
    measured.facts = facts
    return measured


def run_floor(work, into_file=False):
    """Measure the floor: read and sort the touchpoints."""
    arguments = [work / "data", "--memory", MEMORY, "--threads", CORES]
    if not into_file:
        return run_worker(sys.executable, "floor.py", *arguments)
    database = work / "floor.duckdb"
    measured = run_worker(
        sys.executable, "floor.py", *arguments, "--database", database
    )
    database.unlink()
    return measured


def dbt_command(work, command, select=None):
    """The command line of dbt on the benchmark's data; all its files in `work`."""
    return [
        Path(sys.executable).parent / "dbt",
        command,
        *(["--select", select] if select else []),
        "--vars",
        json.dumps(DBT_VARS),
        "--project-dir",
        PROJECT,
        "--profiles-dir",
        PROJECT,
        "--target-path",
        work / "target",
        "--log-path",
        work / "logs",
    ]


def run_dbt(work, select):
    """Measure the models of `select`, staging included, on a fresh warehouse.

    Seeds are loaded before, which also leaves a parsed project behind; start-up
    is then a run that selects nothing, in the same state.
    """
    warehouse = work / "warehouse.duckdb"
    for leftover in work.glob("warehouse.duckdb*"):
        leftover.unlink()
    env = {
        "INSIGHT_DATA": str(work / "data"),
        "INSIGHT_WAREHOUSE": str(warehouse),
        "INSIGHT_MEMORY_LIMIT": MEMORY,
    }
    run_process(dbt_command(work, "seed"), env)
    nothing, _ = run_process(dbt_command(work, "run", "path:does_not_exist"), env)
    floor = run_floor(work)
    measured, _ = run_process(dbt_command(work, "run", select), env)
    measured.startup_seconds = nothing.seconds
    measured.seconds -= nothing.seconds
    measured.cpu_seconds -= nothing.cpu_seconds
    measured.floors = [floor, run_floor(work)]
    measured.file_bytes = warehouse.stat().st_size
    results = json.loads((work / "target" / "run_results.json").read_text())["results"]
    measured.facts = run_worker(sys.executable, "marts.py", warehouse).facts
    measured.facts["models"] = {
        result["unique_id"].split(".")[-1]: result["execution_time"]
        for result in results
        if result["unique_id"].startswith("model.")
    }
    measured.facts["hooks"] = sum(
        result["execution_time"]
        for result in results
        if result["unique_id"].startswith("operation.")
    )
    return measured


def available_memory():
    """Bytes of memory free for new processes, or None where not known."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    values = dict(line.split(":", 1) for line in lines)
    return int(values["MemAvailable"].split()[0]) * 1024


def check_memory(touchpoints, bytes_a_touchpoint):
    """Raise NotRunError where a frame-based tool could run out of memory."""
    needed, free = touchpoints * bytes_a_touchpoint, available_memory()
    if free is not None and free < needed:
        raise NotRunError(
            f"not run: {needed / GIB:.0f} GiB of free memory wanted,"
            f" {free / GIB:.0f} GiB there"
        )


def run_pandas(work):
    """Measure the pandas code."""
    return run_worker(
        sys.executable,
        "pandas_heuristics.py",
        work / "data",
        *("--lookback-days", LOOKBACK_DAYS, "--half-life-days", HALF_LIFE_DAYS),
        *("--weights", *WEIGHTS.values()),
    )


def rivals_python():
    """Python of the rivals' own environment, installed from the lock if need be."""
    python = RIVALS_VENV / "bin" / "python"
    stamp = RIVALS_VENV / "installed"
    wanted = hashlib.sha256(RIVALS_LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    say("Installing the rivals; one is compiled, which takes a minute ...")
    try:
        run_process([sys.executable, "-m", "venv", "--clear", RIVALS_VENV])
        run_process(
            [
                *(python, "-m", "pip", "install", "--quiet"),
                *("--disable-pip-version-check", "--require-hashes"),
                *("-r", RIVALS_LOCK),
            ]
        )
    except BenchmarkError as problem:
        reason = str(problem).splitlines()[-1]
        raise NotRunError(f"not run: its installation failed ({reason})") from problem
    stamp.write_text(wanted)
    return python


def run_package(work, python):
    """Measure the ChannelAttribution package, path texts included."""
    return run_worker(
        python,
        "channel_attribution.py",
        work / "data",
        *("--lookback-days", LOOKBACK_DAYS, "--seed", SEED),
    )


def run_mam(work, python, touchpoints):
    """Measure the marketing-attribution-models package, building of lists included."""
    if touchpoints > MAM_TOUCHPOINTS:
        raise NotRunError("not run: it loops over journeys in Python")
    check_memory(touchpoints, MAM_BYTES_A_TOUCHPOINT)
    return run_worker(
        python,
        "marketing_attribution_models_worker.py",
        work / "data",
        *("--lookback-days", LOOKBACK_DAYS),
    )


def largest_share_difference(shares, mart_totals):
    """Largest difference of a share of attributed conversions, in points of 1."""
    largest = 0.0
    for model, channels in shares.items():
        ours = {
            channel: numbers[0]
            for channel, numbers in mart_totals[model].items()
            if channel != "unattributed"
        }
        total = sum(ours.values())
        for channel in set(ours) | set(channels):
            theirs = channels.get(channel, [0.0])[0]
            largest = max(largest, abs(ours.get(channel, 0.0) / total - theirs))
    return largest


def largest_difference(totals, mart_totals):
    """Largest relative difference of two {model: {channel: [numbers]}}.

    Every model and channel of `totals` must be in `mart_totals`, and, where the
    model is there, every channel but `unattributed` the other way round.
    """
    largest = 0.0
    for model, channels in totals.items():
        absent = set(channels) ^ set(mart_totals[model])
        if absent - {"unattributed"}:
            raise BenchmarkError(f"{model}: only one side has {sorted(absent)}")
        for channel in set(channels) & set(mart_totals[model]):
            for ours, theirs in zip(
                mart_totals[model][channel], channels[channel], strict=True
            ):
                scale = max(abs(ours), abs(theirs), 1.0)
                largest = max(largest, abs(ours - theirs) / scale)
    return largest


def largest_conversions_difference(totals, mart_totals):
    """Model -> largest relative difference of a channel's conversions."""
    return {
        model: max(
            abs(mart_totals[model][channel][0] - theirs)
            / max(mart_totals[model][channel][0], 1.0)
            for channel, theirs in channels.items()
        )
        for model, channels in totals.items()
    }


@dataclasses.dataclass
class SizeReport:
    """All that was measured at one size."""

    data: dict
    runs: dict
    not_run: dict
    differences: dict
    share_differences: dict


def measure_size(touchpoints, arguments, rivals):
    """Generate data of one size and measure everyone; return a SizeReport.

    Contestants take turns, each between a floor run before and one after.
    """
    work = Path(tempfile.mkdtemp(prefix="insight-engine-benchmark-"))
    try:
        free = shutil.disk_usage(work).free
        needed = touchpoints * DISK_BYTES_A_TOUCHPOINT
        if free < needed:
            raise BenchmarkError(
                f"{touchpoints:,} touchpoints need about {needed / GIB:.0f} GiB of"
                f" free disk in {work.parent}; there are {free / GIB:.0f}: free some,"
                " or set TMPDIR to a larger disk."
            )
        (work / "data").mkdir()
        say(f"{size_name(touchpoints)}: generating ...")
        data = run_worker(
            sys.executable,
            "dataset.py",
            work / "data",
            *("--touchpoints", touchpoints, "--seed", SEED),
            *("--lookback-days", LOOKBACK_DAYS, "--memory", MEMORY),
        ).facts
        say(f"{size_name(touchpoints)}: {data['pairs']:,} (conversion, touch) pairs")
        report = SizeReport(data, {FLOOR: []}, dict(rivals["not_run"]), {}, {})
        for turn in range(arguments.repeat):
            for name in CONTESTANTS:
                if name not in report.not_run:
                    measure_contestant(name, work, rivals, report)
            say(f"{size_name(touchpoints)}: turn {turn + 1} of {arguments.repeat}")
        compare(report)
        return report
    finally:
        if arguments.keep:
            say(f"Kept {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)


def measure_contestant(name, work, rivals, report):
    """Run one contestant once, between floor runs, and file it in `report`."""
    try:
        if name in (PANDAS, PACKAGE):
            check_memory(report.data["touchpoints"], PANDAS_BYTES_A_TOUCHPOINT)
        if name in DBT_SELECT:
            # Its floor runs between its start-up and its run.
            measured = run_dbt(work, DBT_SELECT[name])
        else:
            floor = run_floor(work)
            if name == FLOOR_FILE:
                measured = run_floor(work, into_file=True)
            elif name == PANDAS:
                measured = run_pandas(work)
            elif name == MAM:
                measured = run_mam(work, rivals["python"], report.data["touchpoints"])
            else:
                measured = run_package(work, rivals["python"])
            measured.floors = [floor, run_floor(work)]
    except NotRunError as problem:
        report.not_run[name] = str(problem)
        say(f"  {name}: {problem}")
        return
    except BenchmarkError as problem:
        if name == FLOOR_FILE or name in DBT_SELECT:
            raise
        report.not_run[name] = "failed: " + str(problem).splitlines()[-1]
        say(f"  {name}: {problem}")
        return
    report.runs.setdefault(name, []).append(measured)
    report.runs[FLOOR].extend(measured.floors)
    say(f"  {name}: {measured.seconds:.2f} s, {measured.ratio:.2f} x floor")


def compare(report):
    """Hold pairs and totals of everyone to the marts; fill report.differences."""
    marts = report.runs[DBT][-1].facts
    if marts["pairs"] != report.data["pairs"]:
        raise BenchmarkError(
            f"touchpoint_credits has {marts['pairs']:,} touches,"
            f" the data {report.data['pairs']:,} pairs"
        )
    if (
        DBT_SAME in report.runs
        and report.runs[DBT_SAME][-1].facts["totals"] != marts["totals"]
    ):
        raise BenchmarkError("channel_attribution built alone has other numbers")
    for name in (PANDAS, PACKAGE, MAM):
        if name not in report.runs:
            continue
        facts = report.runs[name][-1].facts
        if "shares" in facts:
            # Not held to a tolerance: a simulation is what it is.
            report.share_differences[name] = largest_share_difference(
                facts["shares"], marts["totals"]
            )
        if "totals" not in facts:
            report.differences[name] = largest_conversions_difference(
                facts["conversions"], marts["totals"]
            )
            continue
        difference = largest_difference(facts["totals"], marts["totals"])
        report.differences[name] = difference
        if difference > TOLERANCE or facts["pairs"] != marts["pairs"]:
            raise BenchmarkError(
                f"{name} and the marts differ by {difference:.2g} relative"
                f" ({facts['pairs']:,} and {marts['pairs']:,} pairs)"
            )


def size_name(touchpoints):
    """10,000,000 as 10M."""
    for unit, letter in ((10**6, "M"), (10**3, "k")):
        if touchpoints % unit == 0:
            return f"{touchpoints // unit}{letter}"
    return f"{touchpoints:,}"


def parse_sizes(text):
    """'1M,10M' as [1000000, 10000000]."""
    sizes = []
    for part in text.split(","):
        unit = {"k": 10**3, "M": 10**6}.get(part.strip()[-1:], 1)
        try:
            sizes.append(int(part.strip().rstrip("kM")) * unit)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"'{part}' is not a size; write 500k, 1M or 10000000"
            ) from None
        if sizes[-1] < 1000:
            raise argparse.ArgumentTypeError(f"'{part}' is too small; 1k at least")
    return sizes


def machine_facts(load_average):
    """What the figures depend on, as (fact, value) rows."""
    model = platform.processor() or platform.machine()
    memory = None
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        pass
    packages = ("duckdb", "dbt-core", "dbt-duckdb", "pandas", "pyarrow")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    return [
        ("processor", model),
        ("cores", f"{os.cpu_count()}, of which used: {CORES}"),
        ("memory", f"{memory / GIB:.1f} GiB" if memory else "not known"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("Python", platform.python_version()),
        ("packages", ", ".join([*versions, *rival_versions()])),
        ("memory of DuckDB", MEMORY),
        ("load average at start", ", ".join(f"{load:.2f}" for load in load_average)),
    ]


def rival_versions():
    """The versions of the packages compared with that the lock pins."""
    return [
        "{} {}".format(*line.split()[0].split("=="))
        for line in RIVALS_LOCK.read_text().splitlines()
        if line.startswith(("channelattribution==", "marketing-attribution-models=="))
    ]


def median(values):
    """Median of any iterable."""
    return statistics.median(list(values))


def table(head, rows):
    """A Markdown table; the first column left, all others right aligned."""
    lines = [
        "| " + " | ".join(head) + " |",
        "|---|" + "---:|" * (len(head) - 1),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
    return "\n".join(lines)


def result_row(size, name, runs, is_floor=False):
    """The row of the main table for one contestant at one size."""
    seconds = [run.seconds for run in runs]
    ratios = [1.0] if is_floor else [run.ratio for run in runs]
    cpu_ratios = [1.0] if is_floor else [run.cpu_ratio for run in runs]
    return [
        f"{size} {name}",
        f"{median(seconds):.2f}",
        f"{min(seconds):.2f} to {max(seconds):.2f}",
        f"{median(ratios):.2f}",
        "" if is_floor else f"{min(ratios):.2f} to {max(ratios):.2f}",
        f"{median(run.cpu_seconds for run in runs):.2f}",
        f"{median(cpu_ratios):.2f}",
        f"{max(run.peak_bytes for run in runs) / GIB:.2f}",
        f"{median(run.file_bytes for run in runs) / MIB:,.0f}",
        f"{median(run.written_bytes for run in runs) / MIB:,.0f}",
        f"{median(run.startup_seconds for run in runs):.2f}",
    ]


def main_table(reports):
    """Everyone at every size."""
    head = [
        *("what", "seconds", "range", "ratio to floor", "range", "CPU seconds"),
        *("CPU ratio", "peak GiB", "file MiB", "written MiB", "start-up seconds"),
    ]
    rows = []
    for touchpoints, report in reports.items():
        size = size_name(touchpoints)
        rows.append(result_row(size, FLOOR, report.runs[FLOOR], is_floor=True))
        for name in CONTESTANTS:
            if name in report.runs:
                rows.append(result_row(size, name, report.runs[name]))
            else:
                reason = report.not_run.get(name, "not run")
                rows.append([f"{size} {name}", reason, *[""] * (len(head) - 2)])
    return table(head, rows)


def data_table(reports):
    """What was generated."""
    head = [
        *("size", "orders", "customers", "(conversion, touch) pairs"),
        *("pairs an order", "touchpoints MiB", "orders MiB"),
    ]
    rows = [
        [
            size_name(touchpoints),
            f"{report.data['orders']:,}",
            f"{report.data['customers']:,}",
            f"{report.data['pairs']:,}",
            f"{report.data['pairs'] / report.data['orders']:.2f}",
            f"{report.data['touchpoints_bytes'] / MIB:,.1f}",
            f"{report.data['orders_bytes'] / MIB:,.1f}",
        ]
        for touchpoints, report in reports.items()
    ]
    return table(head, rows)


def agreement_text(reports):
    """How far the rivals' totals are from the marts, one line each."""
    lines = []
    for touchpoints, report in reports.items():
        for name, difference in report.differences.items():
            facts = report.runs[name][-1].facts
            if isinstance(difference, dict):
                parts = ", ".join(f"{m} {d:.1g}" for m, d in difference.items())
                lines.append(
                    f"- {size_name(touchpoints)} {name}: largest relative difference"
                    f" of a channel's conversions by model: {parts}."
                )
                continue
            models = ", ".join(sorted(facts["totals"]))
            line = (
                f"- {size_name(touchpoints)} {name}: largest relative difference"
                f" from `channel_attribution`, conversions and revenue by channel"
                f" ({models}): {difference:.1g}."
            )
            if "call_seconds" in facts:
                call = median(run.facts["call_seconds"] for run in report.runs[name])
                line += (
                    f" Its own call took {call:.3f} s, given"
                    f" {facts['distinct_paths']:,} distinct path texts; the rest"
                    " is reading and building them."
                )
            lines.append(line)
        for name, difference in report.share_differences.items():
            lines.append(
                f"- {size_name(touchpoints)} {name}: largest difference of a"
                f" channel's Markov share from the marts': {100 * difference:.2g}"
                " percentage points."
            )
    return "\n".join(lines) or "No rival was run."


def scaling_table(reports):
    """Seconds from each size to the next."""
    rows = []
    sizes = sorted(reports)
    for small, large in itertools.pairwise(sizes):
        for name in (FLOOR, *CONTESTANTS):
            if name in reports[small].runs and name in reports[large].runs:
                before = median(run.seconds for run in reports[small].runs[name])
                after = median(run.seconds for run in reports[large].runs[name])
                rows.append(
                    [
                        f"{name}, {size_name(small)} to {size_name(large)}",
                        f"{large / small:.1f}",
                        f"{after / before:.1f}",
                        f"{before / small * 1e6:.2f}",
                        f"{after / large * 1e6:.2f}",
                    ]
                )
    head = [
        *("what", "times the touchpoints", "times the seconds"),
        *("seconds a million, before", "after"),
    ]
    return table(head, rows) if rows else "Only one size was measured."


def models_table(touchpoints, report):
    """The ten slowest dbt models; two run at a time, so the sum exceeds the run."""
    runs = report.runs[DBT]
    seconds = {
        name: median(run.facts["models"][name] for run in runs)
        for name in runs[0].facts["models"]
    }
    slowest = sorted(seconds, key=seconds.get, reverse=True)[:10]
    rows = [[f"`{name}`", f"{seconds[name]:.2f}"] for name in slowest]
    rows.append(
        ["hooks (raw files, summary)", f"{median(r.facts['hooks'] for r in runs):.2f}"]
    )
    return table([f"model at {size_name(touchpoints)}", "seconds"], rows)


def render(reports, facts, repeat):
    """The whole report as Markdown."""
    largest = max(reports)
    return "\n\n".join(
        [
            "# Attribution benchmark",
            "Written by `run.py`; [../README.md](../README.md) says what each figure"
            " means. Seconds are net of start-up, medians of"
            f" {repeat} turn{'s' if repeat != 1 else ''}; a ratio is the median over"
            " turns of a run over the mean of the floor just before and just after.",
            table(["machine", "value"], [list(fact) for fact in facts]),
            "## Results",
            main_table(reports),
            "## Data",
            data_table(reports),
            "## Do the totals agree?",
            agreement_text(reports),
            "## From one size to the next",
            scaling_table(reports),
            "## Slowest dbt models",
            models_table(largest, reports[largest]),
        ]
    )


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--touchpoints",
        type=parse_sizes,
        default=parse_sizes("1M,10M"),
        metavar="SIZES",
        help="sizes to measure, like 500k,1M,10M (default 1M,10M)",
    )
    parser.add_argument("--full", action="store_true", help="100M too; 40 GB of disk")
    parser.add_argument(
        "--repeat", type=int, default=3, help="turns at each size (default 3)"
    )
    parser.add_argument(
        "--skip-rivals", action="store_true", help="only the floor and dbt"
    )
    parser.add_argument(
        "--only-marts",
        action="store_true",
        help="only the floor in memory and all dbt models",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=HERE / "results.md",
        help="file for the report (default results.md beside this program)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the generated files and say where"
    )
    arguments = parser.parse_args()
    if arguments.repeat < 1:
        parser.error("--repeat must be 1 or more")
    if arguments.full:
        arguments.touchpoints.append(100 * 10**6)
    arguments.touchpoints = sorted(set(arguments.touchpoints))
    return arguments


def main():
    """Measure, print and write the report; return the exit status."""
    arguments = parse_arguments()
    load_average = os.getloadavg()
    if hasattr(os, "sched_setaffinity"):
        # Inherited by every process measured; DuckDB takes its threads from it.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    if load_average[0] > 0.5:
        say(
            f"The load average is {load_average[0]:.2f}: other work is running, so"
            " trust the ratios more than the seconds."
        )
    rivals = {"python": None, "not_run": {}}
    try:
        if arguments.only_marts:
            others = [name for name in CONTESTANTS if name != DBT]
            rivals["not_run"] = dict.fromkeys(others, "skipped")
        elif arguments.skip_rivals:
            rivals["not_run"] = dict.fromkeys((PANDAS, PACKAGE, MAM), "skipped")
        else:
            try:
                rivals["python"] = rivals_python()
            except NotRunError as problem:
                rivals["not_run"] = dict.fromkeys((PACKAGE, MAM), str(problem))
                say(f"{PACKAGE}, {MAM}: {problem}")
        reports = {
            touchpoints: measure_size(touchpoints, arguments, rivals)
            for touchpoints in arguments.touchpoints
        }
    except BenchmarkError as problem:
        say(f"Benchmark stopped: {problem}")
        return 1
    text = render(reports, machine_facts(load_average), arguments.repeat) + "\n"
    arguments.output.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
