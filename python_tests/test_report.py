"""The board report: it works offline, prints, and tells what the marts say."""

import datetime
import re
import shutil
import subprocess
import sys

import duckdb
import openpyxl
import published_marts
import pytest
from harness import ROOT

from dashboard import formats
from ops import report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MODELS = ("linear", "last_touch")
CHANNELS = {"email": 0.3, "google_ads": 0.45, "unattributed": 0.25}


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    """A serving file with known numbers."""
    path = tmp_path_factory.mktemp("report") / "serving.duckdb"
    marts = {
        **published_marts.every_mart(),
        "kpi_definitions": [
            {"kpi": kpi, "display_order": place}
            for place, kpi in enumerate(("revenue", "return_rate", "email"), start=1)
        ],
        "kpi_values": [
            {
                "kpi": kpi,
                "period_start": datetime.date(2025, month, 1),
                "label": label,
                "unit": unit,
                "direction": direction,
                "status": status,
                "trend": "up",
                "is_complete": month < 6,
                "value": value * month,
                "previous_value": value * (month - 1) if month > 1 else None,
                "change_pct": 100 / (month - 1) if month > 1 else None,
            }
            for kpi, label, unit, direction, status, value in (
                ("revenue", "Revenue", "usd", "higher", "ok", 1000.25),
                ("return_rate", "Return rate", "share", "lower", "critical", 0.03),
                ("email", "From e-mail", "usd", "higher", "not_judged", 70.5),
            )
            for month in range(1, 7)
        ],
        "budget_recommendations": [
            {
                "channel": channel,
                "attribution_model": model,
                "action": "increase" if gap > 0 else "decrease",
                "current_spend": 1000.0 * budget,
                "proposed_spend": 1000.0 * (budget + gap / 2),
                "credit_share": budget + gap,
                "budget_share": budget,
                "gap": gap,
                "gap_ci_low": gap - 0.02,
                "gap_ci_high": gap + 0.03,
            }
            for model, shift in zip(MODELS, (0.1, -0.2), strict=True)
            for channel, budget, gap in (
                ("email", 0.4, shift),
                ("google_ads", 0.6, -shift),
            )
        ],
        "attribution_comparison": [
            {
                "channel": channel,
                "attribution_model": model,
                "conversions": 1000 * part,
                "revenue": 50_000 * part,
                "conversion_share": part + place / 100,
                "share_ci_low": part + place / 100 - 0.015,
                "share_ci_high": part + place / 100 + 0.025,
            }
            for place, model in enumerate(MODELS)
            for channel, part in CHANNELS.items()
        ],
        "attribution_settings": [{"setting": "lookback_days", "value": "30"}],
    }
    with duckdb.connect(str(path)) as connection:
        for mart, rows in marts.items():
            published_marts.put(connection, mart, rows)
        published_marts.publication(connection)
    return path


@pytest.fixture(scope="module")
def written(serving, tmp_path_factory):
    """Page and workbook."""
    return report.write_report(serving, tmp_path_factory.mktemp("out"))


def rows(path, sql):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def tables(html):
    """Every table of the page: heading line and lines, as texts."""

    def cells(line):
        return [
            re.sub(r"<small>.*?</small>|<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line)
        ]

    found = []
    for table in re.findall(r"<table>(.*?)</table>", html, flags=re.S):
        found.append([cells(line) for line in re.findall(r"<tr>(.*?)</tr>", table)])
    return {tuple(table[0]): table[1:] for table in found}


def table_with(html, heading):
    return next(lines for heads, lines in tables(html).items() if heading == heads[0])


def test_the_page_tells_the_marts(serving, written):
    html = written[0].read_text()
    # The newest month that is over: May, not June.
    assert table_with(html, "KPI") == [
        ["Revenue", "$5,001", "$4,001", "+25.0 %", "Up", "On track"],
        ["Return rate", "15.00 %", "12.00 %", "+25.0 %", "Up", "Act"],
        ["From e-mail", "$352.50", "$282.00", "+25.0 %", "Up", "For information"],
    ]
    # A rise of what should fall is bad.
    assert '<i class="bad" style="font-style:normal">+25.0 %</i>' in html
    assert '<i class="good" style="font-style:normal">+25.0 %</i>' in html
    # The linear model's figures under the linear model's name.
    assert "By the linear model." in html
    budget = next(t for heads, t in tables(html).items() if "Proposal" in heads)
    assert budget == [
        [
            formats.name(channel),
            formats.name(action),
            formats.usd(now),
            formats.usd(then),
            formats.share(credit),
            formats.share(part),
            formats.points(gap),
            formats.points(low),
            formats.points(high),
        ]
        for channel, action, now, then, credit, part, gap, low, high in rows(
            serving,
            "select channel, action, current_spend, proposed_spend, credit_share,"
            " budget_share, gap, gap_ci_low, gap_ci_high"
            " from marts.budget_recommendations where attribution_model = 'linear'"
            " order by gap desc",
        )
    ]
    models = next(t for heads, t in tables(html).items() if "Last touch" in heads)
    heads = next(heads for heads in tables(html) if "Last touch" in heads)
    assert heads[1:] == ("Last touch", "Linear")
    assert models == [
        ["Email", "31.0 %", "30.0 %"],
        ["Google Ads", "46.0 %", "45.0 %"],
        ["Unattributed", "26.0 %", "25.0 %"],
    ]
    assert "28.5 to 32.5" in html
    forecast = next(t for heads, t in tables(html).items() if "Forecast" in heads)
    assert [line[0] for line in forecast] == ["Company"] * 3 + ["Email"] * 3
    assert forecast[1][1:8] == [
        "2025-07-01",
        "$30,030",
        "$27,000",
        "$33,000",
        "$24,000",
        "$36,000",
        "Theta",
    ]
    incidents = table_with(html, "Opened")
    assert [line[1:4] for line in incidents] == [
        ["Open", "Warning", "Revenue"],
        ["Over", "Critical", "Revenue"],
        ["Over", "Info", "Conversion rate"],
    ]
    assert incidents[2][6:] == ["−52.0 %", "1.25 %", "2.50 %"]
    segments = table_with(html, "Segment")
    assert segments[0][:4] == ["VIP Champions", "20", "10.0 %", "50.0 %"]
    assert len(segments) == 5
    assert "600 tests passed, 2 warned" in html
    assert "lookback days 30" in html


def test_drawings_stand_where_the_numbers_are(written):
    html = written[0].read_text()
    drawing = re.search(r'aria-label="Share of credit.*?</svg>', html, flags=re.S)[0]
    marks = re.findall(
        r'<circle cx="([\d.]+)" cy="(\d+)" r="6" fill="(#\w+)"/>', drawing
    )[2:]
    at = {
        (y, "credit" if colour == formats.ACCENT else "budget"): float(x)
        for x, y, colour in marks
    }
    # Email: credit .5, budget .4; Google Ads: credit .5, budget .6; a linear scale.
    first, second = sorted({y for y, _ in at}, key=int)
    unit = (at[second, "budget"] - at[first, "budget"]) / 0.2
    assert unit > 0
    assert at[first, "credit"] - at[first, "budget"] == pytest.approx(
        0.1 * unit, abs=0.2
    )
    assert at[second, "credit"] - at[second, "budget"] == pytest.approx(
        -0.1 * unit, abs=0.2
    )
    assert at[first, "budget"] - 0.4 * unit == pytest.approx(150, abs=0.2)
    whiskers = re.findall(r'<path d="M([\d.]+) \d+V\d+M([\d.]+) ', drawing)
    low, high = map(float, whiskers[0])
    assert high - low == pytest.approx(0.05 * unit, abs=0.2)
    # The past before the forecast, from left to right.
    fan = re.search(r'aria-label="Revenue so far.*?</svg>', html, flags=re.S)[0]
    past, ahead = (
        [tuple(map(float, pair.split(","))) for pair in line.split()]
        for line in re.findall(r'polyline points="([^"]+)"', fan)
    )
    assert len(past) == 4 and len(ahead) == 3
    assert past == sorted(past) and ahead == sorted(ahead)
    assert past[-1][0] < ahead[0][0]
    # 900, 901… of the past lie below 1000, 1001… of the forecast.
    assert past[0][1] > past[-1][1] > ahead[0][1] > ahead[-1][1]


def test_the_workbook_is_the_marts(serving, written):
    book = openpyxl.load_workbook(written[1])
    assert book.sheetnames == ["About", *report.SHEETS]
    for title, name in report.SHEETS.items():
        lines = list(book[title].values)
        with duckdb.connect(str(serving), read_only=True) as connection:
            relation = connection.execute(report.QUERIES[name])
            columns = [column[0] for column in relation.description]
            facts = relation.fetchall()
        assert list(lines[0]) == columns, title
        assert len(lines) == len(facts) + 1, title
        for line, fact in zip(lines[1:], facts, strict=True):
            for cell, value in zip(line, fact, strict=True):
                if isinstance(value, float):
                    assert cell == pytest.approx(value, rel=1e-14), title
                elif isinstance(value, datetime.date):
                    assert str(cell)[:10] == str(value)[:10], title
                else:
                    assert cell == value, title
    # A share is a share: 0.1 shown as 10 %, not 10.
    sheet = book["Attribution against budget"]
    heads = [cell.value for cell in sheet[1]]
    cell = sheet.cell(2, heads.index("credit_share") + 1)
    assert (cell.number_format, 0 < cell.value < 1) == ("0.0%", True)
    sheet = book["KPIs"]
    heads = [cell.value for cell in sheet[1]]
    formats_of = [
        sheet.cell(line, heads.index("value") + 1).number_format for line in (2, 3)
    ]
    assert formats_of == ["$#,##0.00", "0.00%"]


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
def test_it_opens_from_a_file_asks_for_nothing_and_prints(written, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_context(offline=True).new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(written[0].as_uri())
        asked = [url for url in asked if not url.startswith("data:image/svg+xml")]
        assert asked == [written[0].as_uri()]
        # No picture is broken; nothing sticks out, on a desk or on a phone.
        assert page.evaluate(
            "[...document.images].every(i => i.complete && i.naturalWidth > 0)"
        )
        for width in (1200, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        printed = page.pdf(format="A4", prefer_css_page_size=True)
        browser.close()
    assert printed.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    # KPIs, attribution, forecast, incidents and segments: a page each.
    assert pages == 4


def test_what_is_missing_is_said(tmp_path):
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    page, book = report.write_report(path, tmp_path / "out")
    html = page.read_text()
    for what in ("orders", "touchpoints", "marketing_spend"):
        assert what in html
    assert html.count("Nothing to show.") == 6
    assert openpyxl.load_workbook(book).sheetnames == ["About", *report.SHEETS]


def test_without_a_serving_file_it_says_what_to_do(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "ops.report"],
        cwd=ROOT,
        env={"INSIGHT_SERVING": str(tmp_path / "none.duckdb"), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "run `make build`" in done.stderr
    assert not (ROOT / "report" / "none").exists()
