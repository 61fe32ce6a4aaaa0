"""How long until a page shows something: the demo's serving file beside a large one.

    .venv/bin/python benchmarks/dashboard/run.py [--customers 1000000]

Makes the large file with enlarge.py, starts a dashboard of its own on each file, and
opens every page in a new browser with nothing cached, on either side.  Times are in
seconds from the request: first paint (what Chromium reports), first figures (a card, a
table or a message stands), and at rest (every chart drawn).  Of three turns the middle
one is shown; the server starts anew for each.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import duckdb
from enlarge import enlarge
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "overview": "",
    "attribution": "attribution",
    "attribution, paths": "attribution?view=Paths",
    "customers": "customers",
    "customers, at risk": "customers?view=At risk",
    "monitoring": "monitoring",
    "returns": "returns",
    "returns, orders": "returns?view=Orders",
    "forecast": "forecast",
    "experiments": "experiments",
    "quality": "quality",
    "quality, quarantine": "quality?view=Quarantine",
}
SOMETHING = ".ie-card, .ie-table, .ie-empty, .ie-note"


def start(serving, port):
    """A dashboard on `serving`, answering on `port`."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", "dashboard/app.py"),
            *("--server.port", str(port), "--server.address", "127.0.0.1"),
        ],
        cwd=ROOT,
        env={**os.environ, "INSIGHT_SERVING": str(serving)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health")
            return process
        except OSError:
            time.sleep(0.1)


def measure(browser, base):
    """Seconds by page: (first paint, first figures, at rest)."""
    found = {}
    for name, address in PAGES.items():
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        started = time.monotonic()
        page.goto(f"{base}/{address}", wait_until="commit")
        page.wait_for_selector(SOMETHING, timeout=120_000)
        figures = time.monotonic() - started
        page.wait_for_function(
            "document.querySelector('[data-testid=stApp]')"
            ".getAttribute('data-test-script-state') !== 'running' &&"
            " [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every("
            "chart => chart.querySelector('.main-svg'))",
            timeout=120_000,
        )
        rest = time.monotonic() - started
        if page.locator("[data-testid=stException]").count():
            sys.exit(
                f"{name}: {page.locator('[data-testid=stException]').inner_text()}"
            )
        paint = page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        )
        found[name] = (paint / 1000, figures, rest)
        context.close()
    return found


def turns(serving, browser, repeat):
    """The middle of `repeat` turns, each with a server of its own."""
    runs = []
    for _ in range(repeat):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = start(serving, port)
        try:
            runs.append(measure(browser, f"http://127.0.0.1:{port}"))
        finally:
            process.terminate()
            process.wait()
    return {
        name: tuple(
            statistics.median(run[name][place] for run in runs) for place in range(3)
        )
        for name in PAGES
    }


def main():
    """Measure both files and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--serving", default=str(ROOT / "serving.duckdb"))
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--large", help="a file that enlarge.py made already")
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        large = given.large or str(Path(folder) / "large.duckdb")
        if not given.large:
            enlarge(given.serving, large, given.customers)
        with duckdb.connect(large, read_only=True) as connection:
            customers, rows = connection.execute(
                "select max(estimated_size) filter (where table_name ="
                " 'customer_metrics'), sum(estimated_size) from duckdb_tables()"
            ).fetchone()
        browser = running.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        results = {
            label: turns(path, browser, given.repeat)
            for label, path in (("demo", given.serving), ("large", large))
        }
        browser.close()
        print(
            f"demo: {os.path.getsize(given.serving) / 1e6:,.0f} MB;"
            f" large: {customers:,} customers, {rows:,} rows,"
            f" {os.path.getsize(large) / 1e6:,.0f} MB"
        )
    print(
        f"{'':24}{'first paint':>16}{'first figures':>18}{'at rest':>18}\n"
        f"{'page':24}" + f"{'demo':>9}{'large':>9}" * 3
    )
    for name in PAGES:
        times = [
            f"{results[label][name][place]:9.2f}"
            for place in range(3)
            for label in ("demo", "large")
        ]
        print(f"{name:24}{''.join(times)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
