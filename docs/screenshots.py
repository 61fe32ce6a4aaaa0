"""Takes the screenshots in docs/screenshots of the pages on a serving file.

Needs Chromium and the development packages:

    .venv/bin/python docs/screenshots.py

shows what INSIGHT_SERVING names (serving.duckdb) on a port of its own, and stops with
the page's message where one shows an error.
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
LARGEST = 300_000
DESKTOP, PHONE = (1440, 2), (390, 2)
# File -> address, width and scale, greatest height.
SHOTS = {
    "overview": ("", DESKTOP, 1250),
    "attribution_models": ("attribution", DESKTOP, 1500),
    "attribution_budget": ("attribution?view=Budget", DESKTOP, 1400),
    "attribution_months": ("attribution?view=Months", DESKTOP, 1450),
    "attribution_campaigns": ("attribution?view=Campaigns", DESKTOP, 1500),
    "attribution_paths": ("attribution?view=Paths", DESKTOP, 1500),
    "attribution_sensitivity": ("attribution?view=Sensitivity", DESKTOP, 1300),
    "customers": ("customers", DESKTOP, 1500),
    "customers_migration": ("customers?view=Migration", DESKTOP, 1200),
    "customers_cohorts": ("customers?view=Cohorts", DESKTOP, 1250),
    "customers_at_risk": ("customers?view=At risk", DESKTOP, 1200),
    "monitoring": ("monitoring", DESKTOP, 1300),
    "monitoring_incidents": ("monitoring?view=Incidents", DESKTOP, 1300),
    "returns": ("returns", DESKTOP, 1500),
    "returns_orders": ("returns?view=Orders", DESKTOP, 1300),
    "forecast": ("forecast", DESKTOP, 1500),
    "experiments": ("experiments", DESKTOP, 1200),
    "quality": ("quality", DESKTOP, 1400),
    "phone_overview": ("", PHONE, 1700),
    "phone_attribution": ("attribution", PHONE, 1700),
    "phone_customers": ("customers", PHONE, 1700),
    "phone_monitoring": ("monitoring", PHONE, 1700),
}


def start(port):
    """The dashboard on `port`, answering."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", "dashboard/app.py"),
            *("--server.port", str(port), "--server.address", "127.0.0.1"),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health")
            return process
        except OSError:
            time.sleep(0.2)
    process.terminate()
    sys.exit("The dashboard does not answer.")


def settle(page):
    """Wait until the page is whole and at rest."""
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_timeout(300)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')"
        ".getAttribute('data-test-script-state') !== 'running'",
        timeout=60_000,
    )
    page.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
        ".every(chart => chart.querySelector('.main-svg'))",
        timeout=60_000,
    )
    page.wait_for_timeout(700)
    errors = page.locator("[data-testid=stException]")
    if errors.count():
        sys.exit(f"{page.url}: {errors.first.inner_text()}")


def small(png):
    """The picture in few colours and bytes."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours, scale in ((256, 1), (160, 0.75), (96, 0.75), (64, 0.5)):
        size = (round(image.width * scale), round(image.height * scale))
        shown = image.resize(size, Image.Resampling.LANCZOS) if scale < 1 else image
        written = io.BytesIO()
        shown.quantize(colours, dither=Image.Dither.NONE).save(
            written, "PNG", optimize=True
        )
        if written.tell() < LARGEST:
            break
    return written.getvalue()


def main(wanted):
    """Take the screenshots that are named, all by default."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    process = start(port)
    FOLDER.mkdir(exist_ok=True)
    try:
        with sync_playwright() as running:
            browser = running.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            for name, (address, (width, scale), highest) in SHOTS.items():
                if wanted and name not in wanted:
                    continue
                page = browser.new_page(
                    viewport={"width": width, "height": 900},
                    device_scale_factor=scale,
                )
                page.set_default_timeout(180_000)
                page.goto(f"http://127.0.0.1:{port}/{address}")
                settle(page)
                height = page.evaluate(
                    "document.querySelector('[data-testid=stMainBlockContainer]')"
                    ".scrollHeight"
                )
                page.set_viewport_size(
                    {"width": width, "height": min(max(height, 700), highest)}
                )
                page.wait_for_timeout(800)
                picture = small(page.screenshot(timeout=180_000))
                (FOLDER / f"{name}.png").write_bytes(picture)
                print(f"{name}.png {len(picture) / 1000:,.0f} kB", flush=True)
                page.close()
            browser.close()
    finally:
        process.terminate()
        process.wait()
    return 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
