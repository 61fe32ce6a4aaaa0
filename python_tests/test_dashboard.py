"""The web pages in a real browser: they render, and their numbers are the marts'."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import duckdb
import pandas as pd
import pytest
from harness import ROOT

from ops import report

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Debian's chromium (.ci/run installs it)"
)
PAGES = [
    "",
    "attribution",
    "attribution?view=Budget",
    "attribution?view=Months",
    "attribution?view=Campaigns",
    "attribution?view=Paths",
    "customers",
    "monitoring",
    "returns",
    "forecast",
    "experiments",
    "quality",
]


class Site:
    """The dashboard on a serving file of its own."""

    def __init__(self, folder):
        self.serving = folder / "serving.duckdb"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "dashboard/app.py",
                "--server.port",
                str(self.port),
                "--server.address",
                "127.0.0.1",
            ],
            cwd=ROOT,
            env={**os.environ, "INSIGHT_SERVING": str(self.serving)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(150):
            try:
                urllib.request.urlopen(self.base + "/_stcore/health")
                break
            except OSError:
                time.sleep(0.2)

    def show(self, source):
        """Publish `source` (a file, or None for none) as a rename does."""
        if source is None:
            self.serving.unlink(missing_ok=True)
        else:
            fresh = f"{self.serving}.new"
            shutil.copy(source, fresh)
            os.replace(fresh, self.serving)


@pytest.fixture(scope="module")
def files(project, tmp_path_factory):
    """Serving files by what is in them, from the reference company."""
    folder = tmp_path_factory.mktemp("files")
    built = project.good(
        data=ROOT / "reference" / "data",
        select=(
            "+kpi_values",
            "kpi_definitions",
            "+path:models/attribution",
            "+quarantined_rows",
        ),
    )
    found = {"nothing": None}
    for name, wanted in {
        "empty": (),
        "attribution": (
            "attribution_comparison",
            "budget_recommendations",
            "channel_performance",
            "campaign_performance",
            "conversion_paths",
        ),
        "all": None,
    }.items():
        path = folder / f"{name}.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"attach '{built.warehouse}' as w (read_only)")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables()"
                " where database_name = 'w' and schema_name in ('marts', 'quality')"
            ).fetchall()
            for schema, table in tables:
                if wanted is None or table in wanted:
                    connection.execute(f"create schema if not exists {schema}")
                    connection.execute(
                        f"create table {schema}.{table} as from w.{schema}.{table}"
                    )
        found[name] = path
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.process.terminate()
    site.process.wait()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def visit(page, site, address):
    page.goto(f"{site.base}/{address}")
    page.wait_for_selector("h1", timeout=30_000)
    settle(page)


def settle(page):
    page.wait_for_timeout(150)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')"
        ".getAttribute('data-test-script-state') !== 'running'",
        timeout=30_000,
    )
    page.wait_for_timeout(150)


def rows(path, sql):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def card(page, label):
    return page.locator(f'.ie-card[data-label="{label}"] .v').inner_text()


@pytest.mark.parametrize("what", ["nothing", "empty", "attribution", "all"])
@pytest.mark.parametrize("width", [1360, 390])
def test_every_page_renders_on_whatever_there_is(site, browser, files, what, width):
    site.show(files[what])
    page = browser.new_page(viewport={"width": width, "height": 900})
    for address in PAGES:
        visit(page, site, address)
        errors = page.locator("[data-testid=stException]")
        assert errors.count() == 0, (address, errors.first.inner_text())
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 1, address
        if what == "nothing":
            assert "Run make build" in page.locator(".ie-empty").inner_text()
        elif what == "empty" and address != "quality":
            assert page.locator(".ie-empty").count() >= 1, address
    page.close()


def test_the_board_shows_the_marts_and_follows_the_filter(site, browser, files):
    site.show(files["all"])
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    visit(page, site, "")
    months = rows(
        files["all"],
        "select strftime(period_start, '%Y-%m'), value from marts.kpi_values"
        " where kpi = 'monthly_revenue' order by 1",
    )
    assert len({value for _, value in months}) > 1
    for month, value in months:
        visit(page, site, f"?month={month}")
        shown = card(page, "Monthly revenue")
        expected = f"${value:,.0f}" if value >= 1000 else f"${value:,.2f}"
        assert shown == expected, month
    page.get_by_label("Month").click()
    page.get_by_role("option", name=months[0][0]).click()
    settle(page)
    assert f"month={months[0][0]}" in page.url
    page.close()


def test_months_add_up_and_downloads_are_the_mart(site, browser, files):
    site.show(files["all"])
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    where = "attribution_model = 'last_touch' and channel = 'email'"
    visit(page, site, "attribution?view=Months&model=last_touch&channel=email")
    ((revenue,),) = rows(
        files["all"],
        f"select sum(revenue) from marts.channel_performance where {where}",
    )
    assert card(page, "Revenue") == (
        f"${revenue:,.0f}" if revenue >= 1000 else f"${revenue:,.2f}"
    )
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download channel performance").click()
    got = pd.read_csv(waiting.value.path())
    expected = rows(
        files["all"],
        "select strftime(touch_month, '%Y-%m-%d'), conversions, revenue"
        f" from marts.channel_performance where {where} order by touch_month",
    )
    assert (
        list(
            got[["touch_month", "conversions", "revenue"]].itertuples(
                index=False, name=None
            )
        )
        == expected
    )
    page.close()


def test_the_table_of_models_is_the_mart(site, browser, files):
    site.show(files["all"])
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    visit(page, site, "attribution?model=time_decay")
    lines = page.locator("table[data-name=attribution_comparison] tbody tr")
    shown = {
        line.split("\t")[0]: line.split("\t")[4] for line in lines.all_inner_texts()
    }
    assert shown == {
        channel.replace("_", " "): f"{100 * share:.1f} %".replace("-", "−")
        for channel, share in rows(
            files["all"],
            "select channel, conversion_share from marts.attribution_comparison"
            " where attribution_model = 'time_decay'",
        )
    }
    page.close()


def test_a_new_publication_is_noticed(site, browser, files):
    site.show(files["empty"])
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    visit(page, site, "")
    assert page.locator(".ie-card").count() == 0
    site.show(files["all"])
    page.wait_for_selector(".ie-card", timeout=30_000)
    page.close()


def test_no_serious_barrier(site, browser, files):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    site.show(files["all"])
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    found = []
    for address in ["", "attribution", "attribution?view=Months", "quality"]:
        visit(page, site, address)
        for fault in axe.run(page).response["violations"]:
            if fault["impact"] in ("serious", "critical"):
                found.append(
                    (address, fault["id"], [n["html"][:120] for n in fault["nodes"]])
                )
    page.close()
    assert not found, found


def test_the_report_works_offline_and_tells_the_marts(browser, files, tmp_path):
    html, book = report.write_report(files["all"], tmp_path)
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(html.as_uri())
    assert asked == [html.as_uri()]
    text = page.locator("main").inner_text()
    ((label, value),) = rows(
        files["all"],
        "select label, value from marts.kpi_values where kpi = 'monthly_revenue'"
        " and is_complete order by period_start desc limit 1",
    )
    assert f"{label}\t${value:,.2f}" in text
    assert page.pdf(format="A4").startswith(b"%PDF")
    sheet = pd.read_excel(book, sheet_name="Attribution by model")
    assert [
        (row.channel, row.attribution_model, round(row.revenue, 9))
        for row in sheet.itertuples()
    ] == [
        (channel, model, round(revenue, 9))
        for channel, model, revenue in rows(
            files["all"],
            "select channel, attribution_model, revenue"
            " from marts.attribution_comparison order by 1, 2",
        )
    ]
    context.close()
