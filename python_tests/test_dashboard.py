"""The web pages in a real browser: they render, and their numbers are the marts'."""

import base64
import csv
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import duckdb
import published_marts
import pytest
from harness import ROOT

from dashboard import serving, ui

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Debian's chromium (.ci/run installs it)"
)
DESKTOP, PHONE = 1440, 390
VIEWS = {
    "": [],
    "attribution": ["Budget", "Months", "Campaigns", "Paths", "Sensitivity"],
    "customers": ["Migration", "Cohorts", "At risk", "Choice of model"],
    "monitoring": ["Incidents", "Known events"],
    "returns": ["Drivers", "Orders", "Model quality"],
    "forecast": [],
    "experiments": [],
    "quality": ["Quarantine", "Profiles", "Tests", "Build settings"],
}
ADDRESSES = [
    address
    for name, views in VIEWS.items()
    for address in (name, *(f"{name}?view={view}" for view in views))
]
ATTRIBUTION_ALONE = (
    "attribution_comparison",
    "budget_recommendations",
    "channel_performance",
    "campaign_performance",
    "conversion_paths",
)


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
        for _ in range(300):
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
    """Serving files by what is in them.

    Attribution, KPIs and the quarantine are the reference company's, built; the rest
    is what published_marts says.
    """
    folder = tmp_path_factory.mktemp("files")
    built = project.good(
        data=ROOT / "reference" / "data",
        select=(
            "+kpi_values",
            "kpi_definitions",
            "+path:models/attribution",
            "+quarantined_rows",
        ),
        exclude=("attribution_sensitivity",),
    )
    found = {"nothing": None}
    for name in ("empty", "attribution", "all"):
        path = folder / f"{name}.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"attach '{built.warehouse}' as w (read_only)")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables()"
                " where database_name = 'w' and schema_name in ('marts', 'quality')"
            ).fetchall()
            for schema, table in tables:
                if name == "all" or (
                    name == "attribution" and table in ATTRIBUTION_ALONE
                ):
                    connection.execute(f"create schema if not exists {schema}")
                    connection.execute(
                        f"create table {schema}.{table} as from w.{schema}.{table}"
                    )
            if name == "all":
                for mart, lines in published_marts.every_mart().items():
                    published_marts.put(connection, mart, lines)
                published_marts.publication(connection)
                connection.execute(
                    "create schema reference; create table reference.known_events as"
                    " select 'Spring sale' as event_name, 'promotion' as event_type,"
                    " date '2025-04-10' as starts_on, date '2025-04-12' as ends_on,"
                    " null::varchar as channel"
                )
                connection.execute(
                    "insert into quality.quarantined_rows by name select"
                    " 'orders' as table_name, range as row_number, 'a.csv' as"
                    " source_file, case when range < 5 then 'missing order_id' else"
                    " 'negative order_value' end as reason, '{\"order_id\": \"<b>\"}'"
                    " as raw_row from range(40)"
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


@pytest.fixture(scope="module")
def tab(browser):
    """One page for all tests: the browser keeps what it has loaded."""
    page = browser.new_page(viewport={"width": DESKTOP, "height": 900})
    # A busy machine is slow, not wrong.
    page.set_default_timeout(180_000)
    yield page
    page.close()


@pytest.fixture
def shown(site, tab, files):
    """The pages on a full serving file: (visit, SQL rows)."""
    if getattr(site, "now", None) != "all":
        site.show(files["all"])
        site.now = "all"
    tab.set_viewport_size({"width": DESKTOP, "height": 900})

    def rows(sql):
        with duckdb.connect(str(files["all"]), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return (lambda address: visit(tab, site, address)), rows


def visit(page, site, address):
    page.goto(f"{site.base}/{address}")
    page.wait_for_selector("h1", timeout=180_000)
    settle(page, quiet=250)
    errors = page.locator("[data-testid=stException]")
    assert errors.count() == 0, (address, errors.first.inner_text())
    return page


def settle(page, quiet=900):
    """Wait until no script has run and nothing has loaded for `quiet` milliseconds.

    What a click sets off starts a moment later, on a busy machine a long one. The
    browser fetches the code of each kind of element when it first meets one, and
    shows a skeleton until then.
    """
    page.evaluate("window.quietSince = performance.now()")
    page.wait_for_function(
        """quiet => {
            const state = document.querySelector('[data-testid=stApp]')
                .getAttribute('data-test-script-state');
            if (state === 'running'
                    || document.querySelector('[data-testid=stSkeleton]'))
                window.quietSince = performance.now();
            return performance.now() - window.quietSince > quiet;
        }""",
        arg=quiet,
        timeout=180_000,
    )


def card(page, label):
    return page.locator(f'.ie-card[data-label="{label}"] .v').inner_text()


def detail(page, label):
    return page.locator(f'.ie-card[data-label="{label}"] .d').first.inner_text()


def table(page, name):
    """Rows of a table as lists of texts."""
    lines = page.locator(f"table[data-name={name}] tbody tr").all_inner_texts()
    return [line.split("\t") for line in lines]


def drawn(page, key):
    """Traces of a chart by name: what the browser drew."""
    page.wait_for_selector(f".st-key-chart-{key} .js-plotly-plot .main-svg")
    traces = page.evaluate(
        f"""(() => {{
            const plain = v => Array.isArray(v) || ArrayBuffer.isView(v)
                ? Array.from(v, plain) : v;
            return document.querySelector('.st-key-chart-{key} .js-plotly-plot')
                ._fullData.map(t => ({{name: t.name, x: plain(t.x), y: plain(t.y),
                    z: plain(t.z), customdata: plain(t.customdata)}}));
        }})()"""
    )
    return {trace["name"]: trace for trace in traces}


def download(page, name):
    """The CSV behind a button: header and rows."""
    with page.expect_download() as waiting:
        page.get_by_role(
            "button", name=f"Download {name.replace('_', ' ')} (CSV)", exact=True
        ).click()
    with open(waiting.value.path(), encoding="utf-8", newline="") as file:
        found = list(csv.reader(file))
    return found[0], found[1:]


def choose(page, label, option):
    """Pick an option; a list that a rerun of the page has closed is opened again."""
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(20):
        page.get_by_label(label, exact=True).first.click()
        try:
            wanted.click(timeout=6000)
            break
        except playwright.TimeoutError:
            page.keyboard.press("Escape")
    else:
        raise AssertionError(f"{label} never offered {option}")
    settle(page)


# --- what is shown for whatever there is --------------------------------------------


@needs_browser
@pytest.mark.parametrize(
    ("what", "width"),
    [
        ("nothing", PHONE),
        ("empty", DESKTOP),
        ("attribution", PHONE),
        ("all", DESKTOP),
        ("all", PHONE),
    ],
)
def test_every_page_renders_on_whatever_there_is(site, tab, files, what, width):
    site.show(files[what])
    site.now = what
    tab.set_viewport_size({"width": width, "height": 900})
    for address in list(VIEWS) if what in ("nothing", "empty") else ADDRESSES:
        visit(tab, site, address)
        wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 1, address
        empty = tab.locator(".ie-empty")
        if what == "nothing":
            assert "Run make build" in empty.inner_text()
        elif what == "empty":
            # Each says what to provide or to run.
            for text in empty.all_inner_texts():
                assert re.search("Provide|make build|vars.yml", text), text
            assert empty.count() >= 1, address
        elif what == "attribution":
            assert (empty.count() == 0) == (
                address.startswith("attribution") and "Sensitivity" not in address
            ), address
        else:
            assert empty.count() == 0, (address, empty.all_inner_texts())
            assert "nan" not in tab.locator("main").inner_text().lower().split()


@needs_browser
def test_a_new_publication_is_noticed(site, tab, files):
    site.show(files["empty"])
    visit(tab, site, "")
    assert tab.locator(".ie-card").count() == 0
    site.show(files["all"])
    site.now = "all"
    tab.wait_for_selector(".ie-card", timeout=180_000)
    site.show(None)
    site.now = None
    tab.wait_for_selector("text=Nothing is published yet", timeout=180_000)


@needs_browser
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_no_serious_barrier(site, shown, tab, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    visit_page, _ = shown
    tab.set_viewport_size({"width": width, "height": 900})
    found = []
    addresses = [*VIEWS, "attribution?view=Months", "customers?view=At risk"]
    for address in addresses if width == DESKTOP else list(VIEWS):
        visit_page(address)
        for fault in axe.run(tab).response["violations"]:
            if fault["impact"] in ("serious", "critical"):
                found.append(
                    (address, fault["id"], [n["html"][:120] for n in fault["nodes"]])
                )
    assert not found, found


@needs_browser
def test_keyboard_alone_reaches_filters_tables_and_downloads(shown, tab):
    visit_page, _ = shown
    visit_page("attribution?view=Budget")
    reached = []
    for _ in range(60):
        tab.keyboard.press("Tab")
        reached.append(
            tab.evaluate(
                "(() => { const e = document.activeElement; return"
                " e.getAttribute('aria-label') || e.innerText || e.tagName })()"
            ).strip()
        )
    joined = "\n".join(reached)
    assert "Overview" in joined
    assert "Attribution model" in joined
    assert "Budget recommendations" in reached
    assert "Download budget recommendations (CSV)" in joined
    # A part of the page is changed by keys alone.
    tab.get_by_role("radio", name="Months").or_(
        tab.get_by_role("button", name="Months")
    ).first.focus()
    tab.keyboard.press("Enter")
    settle(tab)
    assert "view=Months" in tab.url


@needs_browser
def test_pages_do_not_inherit_each_others_filters(shown, tab):
    visit_page, _ = shown
    visit_page("attribution?view=Months&channel=email&model=last_touch")
    for page in ("Monitoring", "Customers", "Returns"):
        tab.get_by_role("link", name=page).click()
        tab.wait_for_selector(f"h1:has-text('{page}')", timeout=180_000)
        settle(tab)
        assert tab.locator("[data-testid=stException]").count() == 0
        assert "?" not in tab.url
        assert tab.locator(".ie-card").count() > 0
    tab.get_by_text("Drivers", exact=True).click()
    settle(tab)
    assert "view=Drivers" in tab.url


# --- overview ----------------------------------------------------------------------


@needs_browser
def test_the_board_shows_the_marts_and_follows_the_filter(shown, tab, site, browser):
    visit_page, rows = shown
    months = rows(
        "select strftime(period_start, '%Y-%m'), value, previous_value"
        " from marts.kpi_values where kpi = 'monthly_revenue' order by 1"
    )
    assert len({value for _, value, _ in months}) > 2
    for month, value, before in (months[0], months[-2]):
        visit_page(f"?month={month}")
        assert card(tab, "Monthly revenue") == ui.usd(value), month
        if before:
            written = detail(tab, "Monthly revenue")
            assert f"{100 * (value / before - 1):+.1f}".replace("-", "−") in written
            assert ("▲" in written) == (value > before)
    # A share is written in percent, once.
    ((rate,),) = rows(
        "select value from marts.kpi_values where kpi = 'conversion_rate'"
        f" and strftime(period_start, '%Y-%m') = '{months[-2][0]}'"
    )
    assert card(tab, "Conversion rate") == (
        "No data" if rate is None else f"{100 * rate:.2f} %"
    )
    choose(tab, "Month", ui.month_text(months[0][0]))
    assert f"month={months[0][0]}" in tab.url
    assert card(tab, "Monthly revenue") == ui.usd(months[0][1])
    # Somebody else opens the link and sees the same.
    other = browser.new_page(viewport={"width": DESKTOP, "height": 900})
    other.set_default_timeout(180_000)
    visit(other, site, tab.url.removeprefix(f"{site.base}/"))
    assert other.locator(".ie-card").all_inner_texts() == (
        tab.locator(".ie-card").all_inner_texts()
    )
    other.close()


@needs_browser
def test_counts_of_the_board_and_open_alerts_are_the_marts(shown, tab):
    visit_page, rows = shown
    visit_page("")
    month = rows("select max(period_start) from marts.kpi_values where is_complete")[0][
        0
    ]
    counts = dict(
        rows(
            "select status, count(*) from marts.kpi_values"
            f" where period_start = '{month}' group by 1"
        )
    )
    pills = tab.locator(".ie-pill").all_inner_texts()
    words = {"critical": "to act on", "warning": "to watch", "ok": "on track"}
    for status, word in words.items():
        wanted = [f"{counts[status]} {word}"] if counts.get(status) else []
        assert [pill for pill in pills if word in pill] == wanted
    # Green is what is better, which is less of some things.
    for label, direction, change in rows(
        "select label, direction, change_pct from marts.kpi_values where period_start"
        f" = '{month}' and status in ('ok', 'warning', 'critical') and change_pct <> 0"
    ):
        moved = tab.locator(f'.ie-card[data-label="{label}"] .d span').first
        better = (change > 0) == (direction == "higher")
        assert moved.get_attribute("class") == ("ie-good" if better else "ie-bad")
    assert "Data to 2025-05-31" in tab.locator(".ie-fresh").inner_text()
    assert "600 tests passed, 2 warned" in tab.locator(".ie-fresh").inner_text()
    alerts = tab.locator(".ie-alert").all_inner_texts()
    # The gravest first; closed ones not at all; text is text, never HTML.
    assert [text.split("\n")[0] for text in alerts] == [
        "Grave happened",
        "Mild happened",
    ]
    assert "twice <b>as</b> much" in alerts[0]


def spark_of(page, label):
    """Label and heights (upwards) of a card's line, from left to right."""
    image = page.locator(f'.ie-card[data-label="{label}"] img')
    drawing = base64.b64decode(image.get_attribute("src").split(",")[1]).decode()
    (line,) = re.findall(r'polyline points="([^"]+)"', drawing)
    points = [tuple(map(float, pair.split(","))) for pair in line.split()]
    assert points == sorted(points, key=lambda point: point[0])
    return image.get_attribute("alt"), [-y for _, y in points]


@needs_browser
def test_sparklines_run_from_old_to_new(shown, tab):
    visit_page, rows = shown
    visit_page("")
    past = [
        value
        for (value,) in rows(
            "select value from marts.kpi_values where kpi = 'orders' and period_start"
            " <= (select max(period_start) from marts.kpi_values where is_complete)"
            " order by period_start"
        )
    ][-13:]
    label, heights = spark_of(tab, "Orders")
    assert len(heights) == len(past)
    low, high = min(past), max(past)
    assert past != past[::-1]
    for value, height in zip(past, heights, strict=True):
        assert height + 36 == pytest.approx(30 * (value - low) / (high - low), abs=0.06)
    assert f"from {ui.count(past[0])} in" in label
    assert f"to {ui.count(past[-1])} in" in label


# --- attribution -------------------------------------------------------------------


@needs_browser
def test_models_stand_under_their_own_names(shown, tab):
    visit_page, rows = shown
    visit_page("attribution")
    facts = rows(
        "select channel, attribution_model, conversion_share, share_ci_low,"
        " share_ci_high from marts.attribution_comparison"
    )
    shares = {(c, m): (v, low, high) for c, m, v, low, high in facts}
    models = sorted({m for _, m in shares})
    # Any two models differ somewhere, so that a swap shows.
    chart = drawn(tab, "models")
    channels = sorted({c for c, _ in shares})
    by_name = {ui.name(c): c for c in channels}
    assert set(chart) == {ui.name(m) for m in models}
    for model in models:
        trace = chart[ui.name(model)]
        found = {
            by_name[label[0]]: x
            for label, x in zip(trace["customdata"], trace["x"], strict=True)
            if x is not None and x == x
        }
        assert found == pytest.approx(
            {c: v for (c, m), (v, _, _) in shares.items() if m == model}
        )
    heads = tab.locator("table[data-name=model_matrix] thead th").all_inner_texts()
    seen = 0
    for line in table(tab, "model_matrix"):
        channel = by_name[line[0]]
        for head, shown_text in zip(heads[1:-1], line[1:-1], strict=True):
            model = next(m for m in models if ui.name(m) == head)
            value, low, high = shares[channel, model]
            assert shown_text.split("\n")[0] == ui.share(value)
            if low is not None:
                low, high = (ui.share(v).removesuffix(" %") for v in (low, high))
                assert shown_text.split("\n")[1] == f"{low} to {high}"
            seen += 1
    assert seen == len(facts)
    # Filters.
    visit_page("attribution?models=time_decay&channel=email")
    assert list(drawn(tab, "models")) == ["Time decay"]
    assert [line[:2] for line in table(tab, "attribution_comparison")] == [
        ["Email", "Time decay"]
    ]
    head, body = download(tab, "attribution_comparison")
    assert [dict(zip(head, line, strict=True))["channel"] for line in body] == ["email"]


@needs_browser
def test_budget_follows_the_model(shown, tab):
    visit_page, rows = shown
    for model in ("linear", "first_touch"):
        visit_page(f"attribution?view=Budget&model={model}")
        facts = rows(
            "select channel, action, current_spend, proposed_spend, credit_share,"
            " budget_share, gap from marts.budget_recommendations"
            f" where attribution_model = '{model}' order by gap desc nulls last, 1"
        )
        assert [
            line[:4] + line[5:8] for line in table(tab, "budget_recommendations")
        ] == [
            [
                ui.name(channel),
                ui.name(action),
                ui.usd(now),
                ui.usd(then),
                ui.share(credit),
                ui.share(part),
                ui.points(gap),
            ]
            for channel, action, now, then, credit, part, gap in facts
        ]
        chart = drawn(tab, "budget")
        assert dict(
            zip(
                chart["Share of credit"]["y"],
                chart["Share of credit"]["x"],
                strict=True,
            )
        ) == {ui.name(row[0]): row[4] for row in facts}
        assert dict(
            zip(
                chart["Share of budget"]["y"],
                chart["Share of budget"]["x"],
                strict=True,
            )
        ) == {ui.name(row[0]): row[5] for row in facts}
        spend = drawn(tab, "proposal")
        assert dict(
            zip(spend["Proposed"]["y"], spend["Proposed"]["x"], strict=True)
        ) == {ui.name(row[0]): row[3] for row in facts}
    choose(tab, "Attribution model", "Last touch")
    assert "model=last_touch" in tab.url
    ((top, credit),) = rows(
        "select channel, credit_share from marts.budget_recommendations"
        " where attribution_model = 'last_touch' order by gap desc nulls last, 1"
        " limit 1"
    )
    line = table(tab, "budget_recommendations")[0]
    assert (line[0], line[5]) == (ui.name(top), ui.share(credit))


@needs_browser
def test_months_add_up_and_filters_count(shown, tab):
    visit_page, rows = shown
    months = [
        month
        for (month,) in rows(
            "select distinct strftime(touch_month, '%Y-%m') from"
            " marts.channel_performance order by 1"
        )
    ]
    where = (
        "attribution_model = 'last_touch' and channel in ('email', 'organic')"
        f" and strftime(touch_month, '%Y-%m') between '{months[1]}' and '{months[-2]}'"
    )
    visit_page(
        "attribution?view=Months&model=last_touch&channel=email,organic"
        f"&from={months[1]}&to={months[-2]}"
    )
    ((conversions, revenue, spend, roas),) = rows(
        "select sum(conversions), sum(revenue), sum(spend), sum(revenue) filter"
        " (where spend > 0) / nullif(sum(spend), 0)"
        f" from marts.channel_performance where {where}"
    )
    assert conversions > 0
    assert card(tab, "Conversions") == ui.count(conversions)
    assert card(tab, "Revenue") == ui.usd(revenue)
    assert card(tab, "Spend") == ui.usd(spend)
    assert card(tab, "Return on ad spend") == ui.times(roas)
    chart = drawn(tab, "months")
    for channel in ("email", "organic"):
        assert chart[ui.name(channel)]["y"] == [
            value
            for (value,) in rows(
                f"select revenue from marts.channel_performance where {where}"
                f" and channel = '{channel}' order by touch_month"
            )
        ]
    head, body = download(tab, "channel_performance")
    facts = rows(
        f"select * from marts.channel_performance where {where}"
        " order by touch_month, channel"
    )
    assert len(body) == len(facts)
    assert [
        (line[head.index("channel")], float(line[head.index("revenue")]))
        for line in body
    ] == [(fact[1], fact[4]) for fact in facts]
    # Revenue of channels without spend is no return on it.
    visit_page("attribution?view=Months&model=first_touch")
    ((revenue, spend, roas),) = rows(
        "select sum(revenue), sum(spend), sum(revenue) filter (where spend > 0)"
        " / sum(spend) from marts.channel_performance"
        " where attribution_model = 'first_touch'"
    )
    assert abs(revenue / spend - roas) > 0.01
    assert card(tab, "Return on ad spend") == ui.times(roas)
    # The same by campaign.
    visit_page("attribution?view=Campaigns&model=last_touch&channel=email")
    facts = rows(
        "select campaign, sum(conversions), sum(revenue) as r from"
        " marts.campaign_performance where attribution_model = 'last_touch'"
        " and channel = 'email' group by 1 order by r desc, 1"
    )
    assert [
        (line[0], line[2], line[3]) for line in table(tab, "campaign_performance")
    ] == [(ui.name(name), ui.count(many), ui.usd(value)) for name, many, value in facts]


@needs_browser
def test_paths_and_sensitivity(shown, tab):
    visit_page, rows = shown
    visit_page("attribution?view=Paths&through=email,organic")
    facts = rows(
        "select path, conversions, revenue from marts.conversion_paths"
        " where list_contains(string_split(path, ' > '), 'email')"
        " and list_contains(string_split(path, ' > '), 'organic')"
        " order by conversions desc, path"
    )
    assert facts
    assert [(line[0], line[2]) for line in table(tab, "conversion_paths")] == [
        (ui.path(way), ui.count(many)) for way, many, _ in facts[:25]
    ]
    assert card(tab, "Conversions") == ui.count(sum(row[1] for row in facts))
    _, body = download(tab, "conversion_paths")
    assert [line[0] for line in body] == [row[0] for row in facts]
    visit_page("attribution?view=Sensitivity")
    chart = drawn(tab, "sensitivity")
    assert (chart["Email"]["x"], chart["Email"]["y"]) == (
        ["7", "30", "90"],
        [0.25, 0.25, 0.25],
    )
    text = tab.locator("main").inner_text()
    assert "depends on this setting for: Email." in text


# --- customers ---------------------------------------------------------------------


@needs_browser
def test_customers(shown, tab):
    visit_page, rows = shown
    visit_page("customers")
    for segment, (size, revenue) in published_marts.SEGMENTS.items():
        assert card(tab, segment) == str(size)
        assert f"{100 * size / 200:.1f} % of all" in detail(tab, segment)
        assert f"{100 * revenue:.1f} % of revenue" in detail(tab, segment)
    bars = drawn(tab, "segment_shares")
    for title, place in (("of customers", 0), ("of revenue", 1)):
        assert dict(zip(bars[title]["y"], bars[title]["x"], strict=True)) == {
            segment: (size / 200, revenue)[place]
            for segment, (size, revenue) in published_marts.SEGMENTS.items()
        }
    dots = drawn(tab, "segment_map")
    # Few enough customers to draw them all.
    assert {name: len(trace["x"]) for name, trace in dots.items()} == {
        segment: size for segment, (size, _) in published_marts.SEGMENTS.items()
    }
    assert sorted(dots["VIP Champions"]["y"]) == [10.0 + 7 * n for n in range(20)]
    visit_page("customers?view=Migration&period=2025-04-01")
    assert ["Loyal Regulars", "At-Risk", "14", "25.0 %"] in table(
        tab, "segment_migration"
    )
    (chart,) = drawn(tab, "migration").values()
    moved = chart["z"][chart["y"].index("Loyal Regulars")]
    assert moved[chart["x"].index("At-Risk")] == 0.25
    assert moved[chart["x"].index("Loyal Regulars")] == 0.75
    assert card(tab, "Of them changed segment") == "14"
    assert card(tab, "Customers before the month") == "48"
    visit_page("customers?view=Cohorts")
    (chart,) = drawn(tab, "cohorts").values()
    assert chart["x"] == ["1", "2", "3"] and chart["y"][0] == "Jan 2025"
    assert chart["z"][0] == pytest.approx([0.35, 0.3, 0.25])
    # After one month: 40 − 5 of 100, in every cohort whose month is over.
    assert card(tab, "Ordered 1 month after the first") == "35.0 %"
    assert detail(tab, "Ordered 1 month after the first") == "of 600 customers"
    assert card(tab, "Ordered 3 months after the first") == "25.0 %"
    visit_page("customers?view=At risk&segment=Dormant")
    where = (
        "is_at_risk and customer_id in (select customer_id from"
        " marts.customer_segments where segment = 'Dormant')"
    )
    facts = rows(
        "select customer_id, expected_value_at_risk from marts.churn_risk"
        f" where {where} order by 2 desc, 1"
    )
    assert len(facts) == 50
    assert card(tab, "At-risk customers") == "50"
    assert card(tab, "Expected value at risk") == ui.usd(sum(row[1] for row in facts))
    assert [line[0] for line in table(tab, "at_risk_customers")] == [
        row[0] for row in facts[:40]
    ]
    head, body = download(tab, "at_risk_customers")
    value = head.index("expected_value_at_risk")
    assert [(line[0], float(line[value])) for line in body] == facts
    assert {line[head.index("segment")] for line in body} == {"Dormant"}


# --- monitoring --------------------------------------------------------------------


@needs_browser
def test_monitoring(shown, tab):
    visit_page, rows = shown
    visit_page("monitoring?channel=email")
    facts = rows(
        "select value, expected, lower, upper, status from marts.anomalies where metric"
        " = 'revenue' and channel = 'email' and grain = 'day' order by period_start"
    )
    chart = drawn(tab, "series")
    for name, place in (("Value", 0), ("Expected", 1)):
        assert chart[name]["y"] == pytest.approx([row[place] for row in facts])
    assert chart["Expected band"]["y"] == pytest.approx([row[2] for row in facts])
    assert chart["Anomaly"]["y"] == pytest.approx([100.0])
    assert chart["Anomaly"]["customdata"] == [["−50.0 %", "z-score, IQR"]]
    assert card(tab, "Newest value") == ui.usd(facts[-1][0])
    assert detail(tab, "Expected then") == "$180.00 to $220.00"
    assert card(tab, "Anomalies in view") == "1"
    assert "Shaded: Spring sale." in tab.locator("main").inner_text()
    # Days that the reader names, both ends in.
    visit_page("monitoring?span=Own dates&from=2025-05-01&to=2025-05-10")
    assert len(drawn(tab, "series")["Value"]["y"]) == 10
    assert card(tab, "Anomalies in view") == "0"
    _, body = download(tab, "series")
    assert len(body) == 10
    # A metric without the chosen channel and grain falls back to what it has.
    choose(tab, "Metric", "Orders")
    assert card(tab, "Not judged") != "0"
    visit_page("monitoring?view=Incidents&only_severity=warning,info")
    assert card(tab, "Incidents") == "2"
    assert card(tab, "Open now") == "1"
    lines = table(tab, "incidents")
    assert [line[1] for line in lines] == ["Revenue", "Conversion rate"]
    assert lines[1][7:10] == ["−52.0 %", "1.25 %", "2.50 %"]
    assert lines[0][8:10] == ["$700.00", "$1,400"]


# --- returns -----------------------------------------------------------------------


@needs_browser
def test_returns(shown, tab):
    visit_page, rows = shown
    for level in (0.5, 0.8):
        visit_page(f"returns?risk={level:g}")
        # An order that is back can no longer be acted on.
        assert card(tab, "Open orders") == "100"
        assert card(tab, "Open orders above it now") == "0"
        ((orders, flagged, returned, caught),) = rows(
            "select count(*), count(*) filter (where return_probability >="
            f" {level}), count(*) filter (where was_returned), count(*) filter (where"
            f" was_returned and return_probability >= {level})"
            " from marts.return_predictions where data_split = 'test'"
        )
        assert 0 < caught < flagged < orders and caught < returned
        assert card(tab, "Of them returned") == ui.share(caught / flagged)
        assert card(tab, "Returns caught") == ui.share(caught / returned)
        assert card(tab, "Orders to act on") == ui.share(flagged / orders)
        assert card(tab, "In all") == ui.usd(100 + (100 * level - 60) ** 2)
        assert detail(tab, "In all") == f"{ui.usd(100 + 41**2)} without acting"
    lines = drawn(tab, "trade_off")
    for name, expected in (
        ("Of them returned (precision)", caught / flagged),
        ("Returns caught (recall)", caught / returned),
    ):
        place = [round(x, 2) for x in lines[name]["x"]].index(level)
        assert lines[name]["y"][place] == pytest.approx(expected)
    # Without a wish the slider stands where acting is cheapest.
    visit_page("returns")
    assert card(tab, "Cheapest threshold") == "60 %"
    assert card(tab, "In all") == "$100.00"
    chart = drawn(tab, "costs")
    assert chart["Expected"]["y"][50] == pytest.approx(200)
    visit_page("returns?view=Drivers")
    chart = next(iter(drawn(tab, "importance").values()))
    assert dict(zip(chart["y"], chart["x"], strict=True)) == {
        "Discount share": 0.61,
        "Order value": 0.33,
    }
    visit_page("returns?view=Orders&order=O0007")
    assert card(tab, "Risk of return") == "3.5 %"
    assert card(tab, "Expected cost") == "$0.70"
    chart = next(iter(drawn(tab, "reasons").values()))
    assert dict(zip(chart["y"], chart["x"], strict=True)) == {
        "Discount share: 0.35": 0.8,
        "Order value: 0.35": -0.4,
    }
    assert table(tab, "open_orders_by_risk")[0] == ["O0099", "49.5 %", "$9.90"]
    _, body = download(tab, "open_orders_by_risk")
    assert len(body) == 100
    visit_page("returns?view=Model quality")
    chart = drawn(tab, "calibration")["Held-out orders"]
    facts = rows(
        "select avg(return_probability), avg(was_returned::int) from"
        " marts.return_predictions where data_split = 'test'"
        " group by floor(return_probability * 10) order by 1"
    )
    assert chart["x"] == pytest.approx([row[0] for row in facts])
    assert chart["y"] == pytest.approx([row[1] for row in facts])
    assert table(tab, "return_deciles")[1] == [
        "2",
        "20",
        "80.0 %",
        "80.0 %",
        "1.00×",
        "20.0 %",
    ]
    assert table(tab, "model_drift") == [
        ["Score", "Stable", "0.020", "tenth 1", "−2.2 pp"],
        ["Order value", "Stable", "0.010", "tenth 1", "−2.2 pp"],
    ]
    # The figures of the held-out orders, not of those learnt from.
    assert ["AUC (ROC)", "0.500", "0.700"] in table(tab, "model_metrics")


# --- forecast ----------------------------------------------------------------------


@needs_browser
def test_forecast(shown, tab):
    visit_page, rows = shown
    for series, grain in (("company", "day"), ("email", "month")):
        visit_page(f"forecast?series={series}&grain={grain}")
        facts = rows(
            "select forecast, lower_80, upper_80, lower_95, upper_95, period_start"
            f" from marts.forecasts where series = '{series}' and grain = '{grain}'"
            " order by period_start"
        )
        chart = drawn(tab, "fan")
        assert chart["Forecast"]["y"] == pytest.approx([row[0] for row in facts])
        assert chart["80 % interval"]["y"] == pytest.approx([row[1] for row in facts])
        assert chart["95 % interval"]["y"] == pytest.approx([row[3] for row in facts])
        assert [line[1:6] for line in table(tab, "forecasts")] == [
            [ui.usd(v) for v in row[:5]] for row in facts[:14]
        ]
        errors = drawn(tab, "error_by_horizon")
        step = 28 if grain == "day" else 3
        assert errors["Theta (chosen)"]["y"] == pytest.approx(
            [0.08 + 0.001 * ahead for ahead in range(1, step + 1)]
        )
        assert errors["Seasonal naive"]["y"][0] == pytest.approx(0.161)
    past = drawn(tab, "fan")["Actual"]
    assert past["y"] == pytest.approx([0.2 * 30 * (900 + place) for place in range(4)])
    _, body = download(tab, "forecasts")
    assert len(body) == 3
    visit_page("forecast?ahead=7")
    chart = drawn(tab, "backtests")
    assert chart["Forecast"]["y"] == [1007.0] * 20
    assert chart["Actual"]["y"] == [1107.0] * 20
    assert "15 of 20 actual figures" in tab.locator("main").inner_text()


# --- experiments, quality ----------------------------------------------------------


@needs_browser
def test_experiments(shown, tab):
    visit_page, _ = shown
    visit_page("experiments")
    assert card(tab, "Do discounts come back?") == "More than chance"
    assert card(tab, "Does the colour matter?") == "Could be chance"
    assert "p < 0.0001 (Holm)" in detail(tab, "Do discounts come back?")
    assert "p = 0.4321 (Holm)" in detail(tab, "Does the colour matter?")
    assert "0.100 (−0.150 to 0.350)" in detail(tab, "Does the colour matter?")
    assert table(tab, "test_group_statistics")[0][:3] == ["Without", "250", "1.000"]
    visit_page("experiments?test=colour")
    assert table(tab, "test_group_statistics")[1][:3] == ["With", "250", "4.500"]


@needs_browser
def test_quality(shown, tab):
    visit_page, rows = shown
    visit_page("quality")
    assert card(tab, "Orders") == "99.00 %"
    # 100 % is said of a table without a fault only.
    assert card(tab, "Touchpoints") == "99.99 %"
    assert [line[:4] for line in table(tab, "quality_scores")] == [
        ["Orders", "Validity", "98.75 %", "10"],
        ["Touchpoints", "Validity", "99.99 %", "1"],
    ]
    visit_page("quality?view=Quarantine&table=orders&reason=missing order_id")
    assert card(tab, "Rows kept out") == "5"
    assert table(tab, "quarantined_rows")[0][4] == "order_id: <b>"
    _, body = download(tab, "quarantined_rows")
    assert len(body) == 5
    visit_page("quality?view=Quarantine&table=orders")
    _, body = download(tab, "quarantined_rows")
    assert len(body) == len(
        rows("select 1 from quality.quarantined_rows where table_name = 'orders'")
    )
    assert len(body) >= 40


@needs_browser
def test_downloads_are_the_marts(shown, tab, files):
    visit_page, _ = shown
    wanted = {
        "": ["kpi_values", "builds"],
        "attribution": ["attribution_comparison"],
        "customers": ["segment_profiles"],
        "customers?view=Cohorts": ["retention_cohorts"],
        "customers?view=Choice of model": ["clustering_comparison"],
        "monitoring?view=Incidents": ["incidents"],
        "returns?view=Drivers": ["return_feature_importance"],
        "experiments": ["statistical_tests"],
        "quality": ["quality_scores"],
    }
    schemas = {"builds": "publication", "quality_scores": "quality"}
    for address, names in wanted.items():
        visit_page(address)
        if address == "":
            tab.get_by_text("All KPIs as a table").click()
            tab.wait_for_timeout(300)
        for name in names:
            head, body = download(tab, name)
            with duckdb.connect(str(files["all"]), read_only=True) as connection:
                facts = connection.execute(
                    f"select * from {schemas.get(name, 'marts')}.{name}"
                )
                columns = [column[0] for column in facts.description]
                expected = facts.fetchall()
            assert head == columns, name
            assert sorted(map(cells, body)) == sorted(map(cells, expected)), name


def cells(row):
    """A row as comparable texts: what CSV and Python write differently, alike."""
    alike = []
    for value in row:
        text = "" if value is None else str(value)
        try:
            text = f"{float(text):.12g}"
        except ValueError:
            text = re.sub(r"[ T]00:00:00(\.0+)?$", "", text)
        alike.append(text.lower() if text in ("True", "False") else text)
    return tuple(alike)


def test_what_is_opened_is_what_was_looked_at(files, tmp_path, monkeypatch):
    """A publication between looking and opening is not shown under the old name."""
    path = tmp_path / "serving.duckdb"
    monkeypatch.setenv("INSIGHT_SERVING", str(path))
    shutil.copy(files["attribution"], path)
    before = serving.identity()
    shutil.copy(files["all"], f"{path}.new")
    os.replace(f"{path}.new", path)
    with pytest.raises(serving.Replaced):
        serving._open(before)
    now = serving.identity()
    assert now != before
    assert "marts.kpi_values" in serving._columns(now)
    # Opened once, it stays readable when the next one takes its place.
    shutil.copy(files["empty"], f"{path}.new")
    os.replace(f"{path}.new", path)
    assert len(serving._query(now, "select * from marts.churn_risk", ())) == 200


# --- formats -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "value", "written"),
    [
        (ui.usd, 1234.5, "$1,234"),
        (ui.usd, 0, "$0"),
        (ui.usd, -12.345, "−$12.35"),
        (ui.usd, 999.999, "$1,000.00"),
        (ui.usd, None, "–"),
        (ui.share, 0.1234, "12.3 %"),
        (ui.share, -0.0001, "0.0 %"),
        (ui.share, float("nan"), "–"),
        (ui.points, -0.0123, "−1.2 pp"),
        (ui.points, 0.00001, "0.0 pp"),
        (ui.pct, 12.34, "+12.3 %"),
        (ui.pct, -0.01, "0.0 %"),
        (ui.p_value, 0.00009, "< 0.0001"),
        (ui.p_value, 0.05, "0.0500"),
        (ui.count, 1234567.4, "1,234,567"),
        (ui.times, 9.156, "9.16×"),
        (ui.grade, 0.9999999, "99.99 %"),
        (ui.grade, 1.0, "100 %"),
        (ui.name, "google_ads", "Google Ads"),
        (ui.name, "last_non_direct", "Last non-direct"),
        (ui.path, "email > google_ads", "Email → Google Ads"),
        (ui.month_text, "2025-05", "May 2025"),
    ],
)
def test_figures_are_written_as_people_read_them(form, value, written):
    assert form(value) == written
