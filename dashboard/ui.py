"""The look of every page: theme, cards, tables, charts, filters, empty states."""

import base64
import html
import math

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import serving

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

CSS = """
<style>
.block-container{padding-top:2.4rem;padding-bottom:4rem;max-width:1320px}
h1{font-size:1.9rem!important;font-weight:700!important;letter-spacing:-.02em;
 padding-bottom:.1rem!important}
h2{font-size:1.2rem!important;font-weight:650!important;letter-spacing:-.01em;
 padding-top:1.1rem!important}
.ie-lead{color:#566077;font-size:1rem;margin:0 0 .4rem;max-width:80ch}
.ie-note{color:#566077;font-size:.92rem;margin:0;max-width:86ch}
.ie-fresh{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;color:#566077;
 font-size:.84rem;margin:0}
.ie-fresh b{color:#1a2233;font-weight:600}
.ie-pills{display:flex;flex-wrap:wrap;gap:8px;align-items:center;
 padding-top:1.75rem}
.ie-pill{font-size:.86rem;font-weight:600;border-radius:999px;padding:5px 13px}
.ie-cards{display:grid;gap:14px;
 grid-template-columns:repeat(auto-fill,minmax(225px,1fr))}
.ie-cards.five{grid-template-columns:repeat(auto-fit,minmax(165px,1fr))}
.ie-cards.small{grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:10px}
.ie-card{background:#fff;border:1px solid #dfe4ee;border-radius:14px;
 padding:14px 16px 12px;box-shadow:0 1px 2px rgba(16,26,51,.05);display:flex;
 flex-direction:column;gap:3px;min-width:0}
.ie-card.critical{border-top:3px solid #b3261e;padding-top:12px}
.ie-card.warning{border-top:3px solid #d18a00;padding-top:12px}
.ie-card .l{color:#3c465c;font-size:.86rem;font-weight:600;line-height:1.35;
 flex-grow:1}
.ie-card .r{display:flex;flex-wrap:wrap;justify-content:space-between;gap:2px 8px;
 align-items:center}
.ie-card .v{font-size:1.6rem;font-weight:700;letter-spacing:-.02em;color:#1a2233;
 font-variant-numeric:tabular-nums;line-height:1.3;overflow-wrap:anywhere}
.ie-card .d{font-size:.82rem;color:#566077;line-height:1.45}
.ie-card img{width:100%;height:auto;margin-top:6px}
.ie-cards.small .ie-card{padding:10px 12px}
.ie-cards.small .v{font-size:1.12rem}.ie-cards.small .l{font-size:.8rem}
.ie-cards.small .d{font-size:.76rem}
.ie-swatch{display:inline-block;width:.7em;height:.7em;border-radius:3px;
 margin-right:.45em}
.ie-chip{font-size:.72rem;font-weight:650;border-radius:999px;padding:2px 9px;
 white-space:nowrap;line-height:1.5}
.ie-good{color:#0b7a4b}.ie-bad{color:#b3261e}
.ie-scroll{overflow-x:auto;border:1px solid #dfe4ee;border-radius:12px;
 background:#fff}
.ie-scroll:focus{outline:2px solid #2f4fd0;outline-offset:2px}
.ie-table{border-collapse:separate;border-spacing:0;width:100%;font-size:.88rem;
 font-variant-numeric:tabular-nums}
.ie-table caption{text-align:left;padding:10px 14px;color:#566077;font-size:.84rem}
.ie-table thead th{background:#f4f6fb;color:#3c465c;font-weight:600;
 text-align:left;padding:9px 14px;border-bottom:1px solid #dfe4ee;
 white-space:nowrap;vertical-align:bottom}
.ie-table td{padding:8px 14px;border-bottom:1px solid #eef1f6;color:#1a2233;
 min-width:4.2rem}
.ie-table tbody th{background:#fff;font-weight:550;color:#1a2233;text-align:left;
 padding:8px 14px;border-bottom:1px solid #eef1f6}
.ie-table tbody tr:hover td,.ie-table tbody tr:hover th{background-color:#f8f9fd}
.ie-table tr:last-child td,.ie-table tr:last-child th{border-bottom:0}
.ie-table .n,.ie-table thead th.n{text-align:right;white-space:nowrap}
.ie-table .w{white-space:nowrap}
.ie-table .t{min-width:17rem}
.ie-table small{color:#566077;font-size:.78rem;display:block}
.ie-empty{border:1px dashed #b9c2d6;border-radius:14px;padding:22px 24px;
 background:#f8f9fd}
.ie-empty b{display:block;font-size:1.02rem;margin-bottom:4px}
.ie-empty span{color:#566077}
.ie-empty code{background:#eef1f6;border-radius:5px;padding:1px 6px;color:#1a2233}
.ie-alert{border-left:4px solid #7d8697;background:#f8f9fd;padding:9px 14px;
 border-radius:0 10px 10px 0;margin-bottom:8px}
.ie-alert.critical{border-color:#b3261e;background:#fdf5f4}
.ie-alert.warning{border-color:#d18a00;background:#fffaf0}
.ie-alert b{display:block}.ie-alert span{color:#566077;font-size:.86rem}
.ie-effect{margin:8px 0 2px}
.stPlotlyChart{border:1px solid #dfe4ee;border-radius:14px;background:#fff}
.ie-says{color:#566077;font-size:.86rem;margin:0 0 .3rem;max-width:100ch}
@media(max-width:640px){.block-container{padding:3.4rem .9rem 3rem}
 .ie-cards,.ie-cards.small{grid-template-columns:repeat(2,minmax(0,1fr));gap:9px}
 .ie-cards.five{grid-template-columns:1fr}
 .ie-card{padding:11px 12px}.ie-card .v{font-size:1.2rem}
 .ie-card .d{font-size:.78rem}.ie-pills{padding-top:0}
 h1{font-size:1.5rem!important}
 .ie-table td,.ie-table tbody th,.ie-table thead th{padding:8px 10px}
 .ie-table.pinned tbody th,.ie-table.pinned thead th:first-child{position:sticky;
 left:0;z-index:1;max-width:9.5rem;overflow-wrap:anywhere}
 .ie-table.pinned thead th:first-child{white-space:normal}}
[class*=st-key-chart]{overflow:visible!important}
@media print{section[data-testid=stSidebar]{display:none}}
</style>
"""

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


def header(title, lead):
    """Title, one sentence, and which build is shown."""
    st.title(title)
    st.html(f'<p class="ie-lead">{escape(lead)}</p>{freshness_line()}')


def freshness_line():
    """When the shown build was made and what its tests said."""
    if not serving.has_rows("publication.builds"):
        return ""
    build = serving.query("select * from publication.builds where is_current").iloc[0]
    warned = int(build["tests_warned"])
    tests = f"{int(build['tests_passed']):,} tests passed" + (
        f", {warned} warned" if warned else ""
    )
    newest = newest_day()
    return (
        '<p class="ie-fresh">'
        + (f"<span>Data to <b>{date(newest)}</b></span>" if newest else "")
        + f"<span>Published <b>{moment(build['published_at'])} UTC</b></span>"
        f"<span>{escape(tests)}</span>"
        f"<span>Build <b>{escape(str(build['build_id'])[:8])}</b></span></p>"
    )


def newest_day():
    """The day that the shown numbers go to, where a mart knows it."""
    for table, column in (
        ("marts.metric_values", "business_date"),
        ("marts.customer_segments", "as_of"),
    ):
        if column in serving.columns(table):
            found = serving.query(f"select max({column}) as d from {table}")["d"][0]
            if not is_missing(found):
                return found
    return None


def empty(what):
    """Say that there is nothing to show, and what to provide."""
    title, advice = NEEDS[what]
    st.html(
        f'<div class="ie-empty" role="status"><b>No {escape(title)} yet</b>'
        f"<span>{escape(advice)}</span></div>"
    )


def note(message):
    """A quiet sentence."""
    st.html(f'<p class="ie-note">{escape(message)}</p>')


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


def chip(status):
    """A status as a coloured label with words."""
    words, ink, ground = STATUS.get(status, (name(status), MUTED, "#eef1f6"))
    return (
        f'<span class="ie-chip" style="color:{ink};background:{ground}">'
        f"{escape(words)}</span>"
    )


def swatch(colour):
    """A little square of a series' colour."""
    return f'<span class="ie-swatch" style="background:{colour}"></span>'


def card(label, value, detail="", status=None, spark="", colour=None):
    """One figure with its name, as HTML for `cards`.

    `detail` and `spark` are HTML; `label` and `value` are text.
    """
    return (
        f'<div class="ie-card {escape(status or "")}" data-label="{escape(label)}">'
        f'<div class="l">{swatch(colour) if colour else ""}{escape(label)}</div>'
        f'<div class="r"><span class="v">{escape(value)}</span>'
        f"{chip(status) if status else ''}</div>"
        + (f'<div class="d">{detail}</div>' if detail else "")
        + f"{spark}</div>"
    )


def cards(items, style=""):
    """A grid of cards; `style` five for five in a row, small for many."""
    st.html(f'<div class="ie-cards {style}">{"".join(items)}</div>')


def change(change_pct, good):
    """A change on the month before, coloured and in words by whether it is good."""
    if is_missing(change_pct):
        return "no month before"
    tone = "" if good is None else ("ie-good" if good else "ie-bad")
    arrow = "▲" if change_pct > 0 else "▼" if change_pct < 0 else "■"
    return f'<span class="{tone}">{arrow} {pct(change_pct)}</span> on month before'


def table(
    frame,
    formats,
    file,
    caption="",
    labels=None,
    rows=60,
    source=None,
    total=None,
    bars=None,
):
    """A table people can read, tab to and download.

    Arguments:
        frame: the rows.
        formats: column -> formatter; only these columns are shown, in this order.
        file: file name of the CSV, without its ending.
        labels: column -> heading where the column name will not do.
        rows: rows shown; the download has all of them.
        source: (SQL, *parameters) of the download, where it is more than `frame`.
        total: rows there are, where `frame` has the first of them only.
        bars: column of shares -> colour of the bar drawn behind its cells.
    """
    labels, bars = labels or {}, bars or {}
    shown = frame.head(rows)
    total = len(frame) if total is None else total
    heads = "".join(
        f'<th scope="col" class="{kind(form)}">'
        f"{escape(labels.get(col) or name(col))}</th>"
        for col, form in formats.items()
    )
    body = []
    for record in shown.to_dict("records"):
        cells = []
        for place, (col, form) in enumerate(formats.items()):
            tag = 'th scope="row"' if place == 0 else "td"
            value = record[col]
            style = ""
            if col in bars and not is_missing(value):
                size = 100 * min(max(value, 0), 1)
                style = (
                    f' style="background-image:linear-gradient(90deg,{bars[col]}'
                    f' {size:.1f}%,transparent {size:.1f}%)"'
                )
            cells.append(
                f'<{tag} class="{kind(form)}"{style}>{escape(form(value))}</{tag[:2]}>'
            )
        body.append(f"<tr>{''.join(cells)}</tr>")
    if total > len(shown):
        caption += f" First {len(shown):,} of {total:,} rows; the download has all."
    raw_table(
        file,
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody>",
        caption,
        pinned=len(formats) > 2,
    )
    if source is None:
        csv_of_frame(frame, file)
    else:
        csv(file, *source)


def raw_table(file, inside, caption="", pinned=True):
    """A table around rows written as HTML."""
    st.html(
        f'<div class="ie-scroll" role="region" tabindex="0"'
        f' aria-label="{escape(name(file))}"><table class="ie-table'
        f'{" pinned" if pinned else ""}" data-name="{escape(file)}">'
        + (f"<caption>{escape(caption.strip())}</caption>" if caption else "")
        + inside
        + "</table></div>"
    )


def _download(file, content):
    st.download_button(
        f"Download {file.replace('_', ' ')} (CSV)",
        content,
        file_name=f"{file}.csv",
        mime="text/csv",
        key=f"csv.{file}",
        icon=":material/download:",
        on_click="ignore",
    )


def csv(file, sql, *parameters):
    """A button that downloads all rows of `sql`, read when somebody asks for them."""
    _download(file, serving.reader_of_csv(sql, *parameters))


def csv_of_frame(frame, file):
    """A button that downloads `frame`."""
    _download(file, lambda: frame.to_csv(index=False).encode())


def figure(height=380, x_title="", y_title=""):
    """An empty figure in the house style."""
    fig = go.Figure()
    fig.update_layout(
        height=height,
        margin={"l": 16, "r": 30, "t": 26, "b": 56 if x_title else 36},
        colorway=PALETTE,
        font={"family": "Source Sans, sans-serif", "size": 13, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hovermode="closest",
        hoverlabel={"bgcolor": "#fff", "bordercolor": LINE, "font": {"color": INK}},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        barcornerradius=4,
        separators=".,",
    )
    axis = {
        "gridcolor": "#eef1f6",
        "zerolinecolor": "#b9c2d6",
        "automargin": True,
        "ticklabelstandoff": 6,
    }
    quiet = {"size": 13, "color": MUTED}
    fig.update_xaxes(
        **axis, title={"text": x_title, "font": quiet, "standoff": 8} if x_title else {}
    )
    fig.update_yaxes(
        **axis, title={"text": y_title, "font": quiet, "standoff": 8} if y_title else {}
    )
    return fig


def chart(fig, key, says):
    """A figure, and the same in a sentence for those who do not see it."""
    st.plotly_chart(
        fig,
        width="stretch",
        key=f"chart.{key}",
        theme=None,
        config={"displayModeBar": False, "responsive": True},
    )
    st.html(f'<p class="ie-says">{escape(says)}</p>')


def channel_colour(channel):
    """The colour of a channel: the same on every page and under every filter."""
    if channel == "unattributed":
        return QUIET
    known = []
    for table in ("attribution_comparison", "channel_performance", "anomalies"):
        if serving.has(f"marts.{table}"):
            known = serving.query(
                f"select distinct channel as c from marts.{table}"
                " where channel not in ('unattributed', 'all') order by c"
            )["c"].tolist()
            break
    return PALETTE[known.index(channel) % len(PALETTE)] if channel in known else ACCENT


def model_colour(model):
    """The colour of an attribution model, the same on every page."""
    return PALETTE[MODELS.index(model)] if model in MODELS else QUIET


def segment_colour(segment, place=0):
    """The colour of a customer segment; by its place for names of your own."""
    return SEGMENT_COLOURS.get(segment, PALETTE[(place + 3) % len(PALETTE)])


def _remember(key, value, default):
    if value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value


def pick(label, options, key, default=None, form=name):
    """One of `options`, kept in the address bar under `key`."""
    options = list(options)
    default = options[0] if default not in options else default
    by_text = {str(option): option for option in options}
    wanted = by_text.get(st.query_params.get(key), default)
    picked = st.selectbox(
        label, options, index=options.index(wanted), format_func=form, key=f"in.{key}"
    )
    _remember(key, str(picked), str(default))
    return picked


def view(options, key="view"):
    """Which part of a page to show, kept in the address bar."""
    wanted = st.query_params.get(key, options[0])
    wanted = wanted if wanted in options else options[0]
    picked = st.segmented_control(
        "Part of this page",
        options,
        default=wanted,
        key=f"in.{key}",
        label_visibility="collapsed",
    )
    picked = picked or wanted
    _remember(key, picked, options[0])
    return picked


def several(label, options, key):
    """Any of `options` (all when none is picked), kept in the address bar."""
    options = list(options)
    asked = [v for v in st.query_params.get(key, "").split(",") if v in options]
    picked = st.multiselect(
        label,
        options,
        default=asked,
        format_func=name,
        key=f"in.{key}",
        placeholder="All",
    )
    _remember(key, ",".join(picked), "")
    return picked or options


def months_between(table, column, first_place, last_place):
    """First and last month that the reader wants of a mart's `column`.

    The two boxes go to the places given; From after To is taken the other way round.
    """
    found = serving.query(f"select distinct {column} as m from {table} order by m")
    options = [f"{m:%Y-%m}" for m in found["m"]]
    with first_place:
        first = pick("From", options, "from", options[0], month_text)
    with last_place:
        last = pick("To", options, "to", options[-1], month_text)
    if first > last:
        st.info("From is after To: both were taken the other way round.")
        first, last = last, first
    return f"{first}-01", f"{last}-01"


def month_text(value):
    """YYYY-MM as people write it."""
    return f"{pd.Timestamp(value + '-01'):%b %Y}"


def slide(label, low, high, default, key, step=0.01, form="%.2f"):
    """A number from `low` to `high`, kept in the address bar."""
    try:
        wanted = min(high, max(low, float(st.query_params.get(key, default))))
    except ValueError:
        wanted = default
    picked = st.slider(label, low, high, wanted, step, key=f"in.{key}", format=form)
    _remember(key, f"{picked:g}", f"{default:g}")
    return picked
