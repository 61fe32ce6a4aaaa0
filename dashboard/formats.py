"""How figures, names and small drawings are written, on the pages and in the report."""

import base64
import html
import math

import pandas as pd

INK, MUTED, LINE, ACCENT = "#1a2233", "#566077", "#dfe4ee", "#2f4fd0"
GOOD, WARN, BAD, QUIET = "#0b7a4b", "#8a5a00", "#b3261e", "#9aa5bb"
# Told apart by people who see red and green alike.
PALETTE = [
    "#2f4fd0",
    "#e07a1f",
    "#0f9d8a",
    "#b0388f",
    "#6fa8ea",
    "#c9a227",
    "#7a4fc4",
    "#5b8c2a",
    "#c44e52",
    "#3c465c",
]
MODELS = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "time_decay",
    "position_based",
    "markov",
    "shapley",
)
SEGMENT_COLOURS = {
    "VIP Champions": "#2f4fd0",
    "Loyal Regulars": "#0f9d8a",
    "Promising New": "#7a4fc4",
    "At-Risk": "#e07a1f",
    "Dormant": "#9aa5bb",
}
# Spellings that a capital at the start does not give.
SPELLINGS = {
    "google_ads": "Google Ads",
    "bing_ads": "Bing Ads",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "linkedin": "LinkedIn",
    "sms": "SMS",
    "seo": "SEO",
    "last_non_direct": "Last non-direct",
    "position_based": "Position based",
    "kpi": "KPI",
    "zscore": "z-score",
    "ets": "ETS",
    "damped_holt_winters": "Damped Holt–Winters",
    "sarimax": "SARIMAX",
    "auc_roc": "AUC (ROC)",
    "roc_auc": "AUC (ROC)",
    "pr_auc": "AUC (precision–recall)",
    "mase": "MASE",
    "lof": "LOF",
    "cusum": "CUSUM",
    "iqr": "IQR",
}
STATUS = {
    "ok": ("On track", GOOD, "#e3f5ec"),
    "warning": ("Watch", WARN, "#fff3d6"),
    "critical": ("Act", BAD, "#fde8e6"),
    "no_data": ("No data", MUTED, "#eef1f6"),
    "not_judged": ("For information", MUTED, "#eef1f6"),
}
# What a monitored metric is counted in.
METRIC_UNITS = {
    "revenue": "usd",
    "average_order_value": "usd",
    "spend": "usd",
    "conversion_rate": "share",
    "return_rate": "share",
}

# What to provide where a table is missing or empty.
NEEDS = {
    "marts.kpi_values": (
        "orders",
        "Provide orders (and, for more of the board, marketing_spend, web_sessions,"
        " email_events and returns) in the raw data folder, then run make build.",
    ),
    "marts.alerts": (
        "alerts",
        "Alerts come from KPIs past their levels and from anomalies. They appear once"
        " the monitoring marts are built: run make build.",
    ),
    "attribution": (
        "attribution",
        "Provide touchpoints and orders in the raw data folder, then run make build.",
    ),
    "budget": (
        "marketing budget",
        "Provide marketing_spend (spend_date, channel, spend) to set credit against"
        " budget, then run make build.",
    ),
    "customers": (
        "customer segments",
        "Provide orders with customer_id over several months, then run make build with"
        " the Python edges (without --exclude tag:python).",
    ),
    "monitoring": (
        "monitored series",
        "Provide orders, and web_sessions for sessions and conversion rate, over at"
        " least a few weeks, then run make build.",
    ),
    "returns": (
        "return predictions",
        "Provide returns (order_id, returned_at, refund_amount) for orders of several"
        " months, then run make build.",
    ),
    "scores": (
        "return probabilities",
        "Provide returns whose window is over, and run make build with the Python"
        " edges (without --exclude tag:python).",
    ),
    "costs": (
        "costs of acting",
        "Provide processing_cost in returns, or set return_processing_cost in"
        " vars.yml, then run make build.",
    ),
    "reasons": (
        "reasons",
        "Reasons are SHAP values: run make build with the Python edges (without"
        " --exclude tag:python).",
    ),
    "metrics": (
        "figures of models",
        "They appear once return or churn models are built: run make build.",
    ),
    "forecast": (
        "forecasts",
        "Provide orders over at least a few months, then run make build with the"
        " Python edges.",
    ),
    "backtests": (
        "backtests",
        "Provide a longer history of orders: backtests need several horizons of it.",
    ),
    "events": (
        "known events",
        "Put promotions, holidays and incidents into seeds/known_events.csv, then run"
        " make build: they are drawn, and do not train what is expected.",
    ),
    "record": (
        "record of a build",
        "This file was not made by make build, which writes one.",
    ),
    "experiments": (
        "statistical tests",
        "Declare tests under hypothesis_tests in vars.yml, then run make build.",
    ),
    "quality": (
        "quality figures",
        "Run make build: every raw table is profiled and scored.",
    ),
}


def escape(value):
    """Text safe to put into a page."""
    return html.escape(str(value))


def is_missing(value):
    """Whether a cell holds nothing."""
    return (
        value is None
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
        or value is pd.NA
    )


def signed(written):
    """A written number with a true minus, and without one before zero."""
    if written.startswith("-") and not any(digit in written for digit in "123456789"):
        written = written[1:]
    return written.replace("-", "−")


def usd(value):
    """An amount of money; a dash for none."""
    if is_missing(value):
        return "–"
    size = abs(value)
    written = f"{size:,.0f}" if size >= 1000 or size == 0 else f"{size:,.2f}"
    return (
        f"−${written}"
        if value < 0 and float(written.replace(",", ""))
        else (f"${written}")
    )


def share(value, decimals=1):
    """A share (0 to 1) as a percentage; a dash for none."""
    return "–" if is_missing(value) else signed(f"{100 * value:.{decimals}f}") + " %"


def share2(value):
    """A share (0 to 1) as a percentage of two decimals; a dash for none."""
    return share(value, 2)


def points(value):
    """A difference of shares in percentage points, with its sign."""
    if is_missing(value):
        return "–"
    written = f"{100 * value:+.1f}"
    return ("0.0" if written[1:] == "0.0" else signed(written)) + " pp"


def count(value):
    """A whole number; a dash for none."""
    return "–" if is_missing(value) else signed(f"{value:,.0f}")


def number(value, decimals=2):
    """A number; a dash for none."""
    return "–" if is_missing(value) else signed(f"{value:,.{decimals}f}")


def number3(value):
    """A number of three decimals; a dash for none."""
    return number(value, 3)


def plain(value):
    """A number of three decimals, or a whole one that is large; a dash for none."""
    if not is_missing(value) and value == round(value) and abs(value) >= 10:
        return count(value)
    return number3(value)


def times(value):
    """How many times as much; a dash for none."""
    return "–" if is_missing(value) else number(value) + "×"


def p_value(value):
    """A p-value; one too small to write out is said to be so."""
    if is_missing(value):
        return "–"
    return "< 0.0001" if value < 0.0001 else number(value, 4)


def pct(value):
    """A percentage that is one already, with its sign; a dash for none."""
    if is_missing(value):
        return "–"
    written = f"{value:+,.1f}"
    if written in ("+0.0", "-0.0"):
        written = "0.0"
    return written.replace("-", "−") + " %"


def grade(value):
    """A score as a percentage that is 100 only where nothing is wrong."""
    if is_missing(value):
        return "–"
    if value < 1 and round(100 * value, 2) >= 100:
        return "99.99 %"
    return share(value, 2) if value < 1 else "100 %"


def text(value):
    """Text with spaces for underscores; a dash for none."""
    return "–" if is_missing(value) or value == "" else str(value).replace("_", " ")


def prose(value):
    """A sentence, which wants room; a dash for none."""
    return "–" if is_missing(value) or value == "" else str(value)


def term(value):
    """A short name that is not broken; a dash for none."""
    return "–" if is_missing(value) or value == "" else str(value)


def name(value):
    """What a channel, model, metric or the like is called on a page."""
    if is_missing(value) or value == "":
        return "–"
    value = str(value)
    if value in SPELLINGS:
        return SPELLINGS[value]
    if " + " in value:
        # A mean of forecast models is called by their names.
        return " + ".join(name(part) for part in value.split(" + "))
    spaced = value.replace("_", " ")
    return spaced[:1].upper() + spaced[1:]


def names(value):
    """Several of these, divided by commas in the mart."""
    return "–" if is_missing(value) else ", ".join(name(v) for v in value.split(", "))


def path(value):
    """A path of channels with arrows."""
    return "–" if is_missing(value) else " → ".join(map(name, value.split(" > ")))


def date(value):
    """A date as YYYY-MM-DD; a dash for none."""
    return "–" if is_missing(value) else f"{pd.Timestamp(value):%Y-%m-%d}"


def month(value):
    """A month as people write it."""
    return "–" if is_missing(value) else f"{pd.Timestamp(value):%b %Y}"


def moment(value):
    """A time to the minute."""
    return "–" if is_missing(value) else f"{pd.Timestamp(value):%Y-%m-%d %H:%M}"


def figures(value):
    """A figure that is written already; a dash for none."""
    return "–" if is_missing(value) else str(value)


def chosen(value):
    """A tick where something was chosen."""
    return "✓ chosen" if not is_missing(value) and value else ""


def by_unit(unit):
    """The formatter of a unit: usd, share, count; a bare number otherwise."""
    return {"usd": usd, "share": share2, "count": count}.get(unit, number)


def in_unit(value, unit):
    """A KPI value in its unit."""
    return "No data" if is_missing(value) else by_unit(unit)(value)


def axis_of(unit):
    """Tick format and prefix of a chart's axis in a unit."""
    return {
        "usd": {"tickprefix": "$", "tickformat": "~s"},
        "share": {"tickformat": ".1~%"},
    }.get(unit, {"tickformat": "~s"})


NUMBERS = (
    usd,
    share,
    share2,
    grade,
    points,
    count,
    number,
    number3,
    plain,
    times,
    p_value,
    pct,
    figures,
)
UNBROKEN = (date, month, moment, name, term, chosen)


def kind(formatter):
    """CSS class of a formatter's cells: numbers to the right, dates unbroken."""
    if formatter in NUMBERS:
        return "n"
    if formatter in UNBROKEN:
        return "w"
    return "t" if formatter in (path, prose, names) else ""


def image(drawing, label):
    """An SVG as an image: the page's sanitiser drops inline SVG."""
    source = base64.b64encode(drawing.encode()).decode()
    return f'<img alt="{escape(label)}" src="data:image/svg+xml;base64,{source}">'


def sparkline(values, colour=ACCENT, label=""):
    """A small line over months as SVG, the oldest to the left; gaps stay gaps."""
    found = [(place, v) for place, v in enumerate(values) if not is_missing(v)]
    if len(found) < 2:
        return ""
    low, high = min(v for _, v in found), max(v for _, v in found)
    span, last = (high - low) or 1, max(len(values) - 1, 1)
    runs, before = [], None
    for x, v in found:
        if before is None or x != before + 1:
            runs.append([])
        runs[-1].append((4 + 192 * x / last, 36 - 30 * (v - low) / span))
        before = x
    drawn = []
    for run in runs:
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
        if len(run) > 1:
            drawn.append(
                f'<polygon points="{run[0][0]:.1f},42 {line} {run[-1][0]:.1f},42"'
                f' fill="{colour}" fill-opacity=".08"/>'
            )
        drawn.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}"'
            ' stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>'
        )
    x, y = runs[-1][-1]
    drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}"/>')
    return image(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 42">'
        + "".join(drawn)
        + "</svg>",
        label,
    )
