"""The look of every page: theme, cards, tables, charts, filters, empty states."""

import base64
import html
import math

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import serving

INK, MUTED, LINE, ACCENT = "#1a2233", "#566077", "#dfe4ee", "#2f4fd0"
GOOD, WARN, BAD = "#0b7a4b", "#8a5a00", "#b3261e"
# Told apart by people who see red and green alike.
PALETTE = [
    "#2f4fd0",
    "#e07a1f",
    "#0f9d8a",
    "#b0388f",
    "#6c8ae4",
    "#c9a227",
    "#7a4fc4",
    "#3f8f3f",
    "#c44e52",
    "#7d8697",
]
STATUS = {
    "ok": ("On track", GOOD, "#e3f5ec"),
    "warning": ("Watch", WARN, "#fff3d6"),
    "critical": ("Act", BAD, "#fde8e6"),
    "no_data": ("No data", MUTED, "#eef1f6"),
    "not_judged": ("For information", MUTED, "#eef1f6"),
}
ROWS_SHOWN = 1000

CSS = """
<style>
.block-container{padding-top:2.2rem;padding-bottom:4rem;max-width:1320px}
h1{font-size:1.9rem!important;font-weight:700!important;letter-spacing:-.02em;
 padding-bottom:.1rem!important}
h2{font-size:1.2rem!important;font-weight:650!important;letter-spacing:-.01em;
 padding-top:1.1rem!important}
.ie-lead{color:#566077;font-size:1rem;margin:0 0 .4rem;max-width:80ch}
.ie-fresh{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;color:#566077;
 font-size:.84rem;margin:0}
.ie-fresh b{color:#1a2233;font-weight:600}
.ie-cards{display:grid;gap:14px;
 grid-template-columns:repeat(auto-fill,minmax(225px,1fr))}
.ie-card{background:#fff;border:1px solid #dfe4ee;border-radius:14px;
 padding:15px 17px 13px;box-shadow:0 1px 2px rgba(16,26,51,.05);display:flex;
 flex-direction:column;gap:4px;min-width:0}
.ie-card .l{color:#566077;font-size:.84rem;font-weight:550;display:flex;
 justify-content:space-between;gap:8px;align-items:flex-start;min-height:2.5em}
.ie-card .v{font-size:1.62rem;font-weight:700;letter-spacing:-.02em;color:#1a2233;
 font-variant-numeric:tabular-nums}
.ie-card .d{font-size:.82rem;color:#566077}
.ie-card img{width:100%;height:auto;margin-top:4px}
.ie-chip{font-size:.72rem;font-weight:650;border-radius:999px;padding:2px 9px;
 white-space:nowrap;line-height:1.5}
.ie-good{color:#0b7a4b}.ie-bad{color:#b3261e}
.ie-scroll{overflow-x:auto;border:1px solid #dfe4ee;border-radius:12px;
 background:#fff}
.ie-scroll:focus{outline:2px solid #2f4fd0;outline-offset:2px}
.ie-table{border-collapse:collapse;width:100%;font-size:.88rem;
 font-variant-numeric:tabular-nums}
.ie-table caption{text-align:left;padding:10px 14px;color:#566077;font-size:.84rem}
.ie-table th{background:#f4f6fb;color:#3c465c;font-weight:600;text-align:left;
 padding:9px 14px;border-bottom:1px solid #dfe4ee;white-space:nowrap}
.ie-table td{padding:8px 14px;border-bottom:1px solid #eef1f6;color:#1a2233}
.ie-table tbody th{background:#fff;font-weight:550;color:#1a2233;
 border-bottom:1px solid #eef1f6}
.ie-table tr:last-child td,.ie-table tr:last-child th{border-bottom:0}
.ie-table .n{text-align:right;white-space:nowrap}
.ie-empty{border:1px dashed #b9c2d6;border-radius:14px;padding:22px 24px;
 background:#f8f9fd}
.ie-empty b{display:block;font-size:1.02rem;margin-bottom:4px}
.ie-empty span{color:#566077}
.ie-alert{border-left:4px solid #7d8697;background:#f8f9fd;padding:9px 14px;
 border-radius:0 10px 10px 0;margin-bottom:8px}
.ie-alert.critical{border-color:#b3261e}.ie-alert.warning{border-color:#d18a00}
.ie-alert b{display:block}.ie-alert span{color:#566077;font-size:.86rem}
.ie-brand{font-weight:700;font-size:1.1rem;color:#fff;letter-spacing:-.01em}
.ie-brand small{display:block;font-weight:400;color:#b9c5e6;font-size:.8rem}
.stPlotlyChart{border:1px solid #dfe4ee;border-radius:14px;padding:8px 6px 2px;
 background:#fff}
@media(max-width:640px){.block-container{padding:3.2rem .9rem 3rem}
 .ie-cards{grid-template-columns:repeat(2,minmax(0,1fr));gap:9px}
 .ie-card{padding:11px 12px}.ie-card .v{font-size:1.2rem}
 .ie-card .l{flex-direction:column;gap:3px;min-height:3.9em}
 h1{font-size:1.5rem!important}}
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
    "forecast": (
        "forecasts",
        "Provide orders over at least a few months, then run make build with the"
        " Python edges.",
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


def usd(value):
    """An amount of money; a dash for none."""
    if is_missing(value):
        return "–"
    sign = "−" if value < 0 else ""
    size = abs(value)
    return f"{sign}${size:,.0f}" if size >= 1000 else f"{sign}${size:,.2f}"


def share(value, decimals=1):
    """A share (0 to 1) as a percentage; a dash for none."""
    if is_missing(value):
        return "–"
    return f"{100 * value:.{decimals}f} %".replace("-", "−")


def count(value):
    """A whole number; a dash for none."""
    return "–" if is_missing(value) else f"{value:,.0f}".replace("-", "−")


def number(value, decimals=2):
    """A number; a dash for none."""
    return "–" if is_missing(value) else f"{value:,.{decimals}f}".replace("-", "−")


def pct(value):
    """A percentage that is one already; a dash for none."""
    return "–" if is_missing(value) else f"{value:+,.1f} %".replace("-", "−")


def text(value):
    """Text with spaces for underscores; a dash for none."""
    return "–" if is_missing(value) or value == "" else str(value).replace("_", " ")


def date(value):
    """A date as YYYY-MM-DD; a dash for none."""
    return "–" if is_missing(value) else f"{pd.Timestamp(value):%Y-%m-%d}"


def month(value):
    """A month as people write it."""
    return "–" if is_missing(value) else f"{pd.Timestamp(value):%b %Y}"


def moment(value):
    """A time to the minute."""
    return "–" if is_missing(value) else f"{pd.Timestamp(value):%Y-%m-%d %H:%M}"


def in_unit(value, unit):
    """A KPI value in its unit."""
    if is_missing(value):
        return "No data"
    by_unit = {"usd": usd, "share": lambda v: share(v, 2), "count": count}
    return by_unit.get(unit, number)(value)


def numeric(formatter):
    """Whether a formatter writes numbers, which stand to the right."""
    return formatter in (usd, share, count, number, pct)


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
    return (
        '<p class="ie-fresh">'
        f"<span>Built <b>{moment(build['built_at'])} UTC</b></span>"
        f"<span>Published <b>{moment(build['published_at'])} UTC</b></span>"
        f"<span>{escape(tests)}</span>"
        f"<span>Build <b>{escape(str(build['build_id'])[:8])}</b></span></p>"
    )


def empty(what):
    """Say that there is nothing to show, and what to provide."""
    name, advice = NEEDS[what]
    st.html(
        f'<div class="ie-empty" role="status"><b>No {escape(name)} yet</b>'
        f"<span>{escape(advice)}</span></div>"
    )


def note(message):
    """A quiet sentence."""
    st.html(f'<p class="ie-lead">{escape(message)}</p>')


def sparkline(values, colour=ACCENT, label=""):
    """A small line over months as SVG; gaps stay gaps."""
    points = [(place, v) for place, v in enumerate(values) if not is_missing(v)]
    if len(points) < 2:
        return ""
    low, high = min(v for _, v in points), max(v for _, v in points)
    span, last = (high - low) or 1, max(len(values) - 1, 1)
    place = [(4 + 192 * x / last, 34 - 28 * (v - low) / span) for x, v in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in place)
    end = place[-1]
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40">'
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"'
        ' stroke-linejoin="round"/>'
        f'<circle cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="3" fill="{colour}"/></svg>'
    )
    # As an image: the page's sanitiser drops inline SVG.
    source = base64.b64encode(drawing.encode()).decode()
    return f'<img alt="{escape(label)}" src="data:image/svg+xml;base64,{source}">'


def chip(status):
    """A status as a coloured label with words."""
    words, ink, ground = STATUS.get(status, (text(status), MUTED, "#eef1f6"))
    return (
        f'<span class="ie-chip" style="color:{ink};background:{ground}">'
        f"{escape(words)}</span>"
    )


def card(label, value, detail="", status=None, spark=""):
    """One figure with its name, as HTML for `cards`."""
    return (
        f'<div class="ie-card" data-label="{escape(label)}"><div class="l">'
        f"<span>{escape(label)}</span>{chip(status) if status else ''}</div>"
        f'<div class="v">{escape(value)}</div><div class="d">{detail}</div>'
        f"{spark}</div>"
    )


def cards(items):
    """A grid of cards."""
    st.html(f'<div class="ie-cards">{"".join(items)}</div>')


def change(change_pct, good):
    """A change on the month before, coloured and in words by whether it is good."""
    if is_missing(change_pct):
        return "no month before"
    tone = "" if good is None else ("ie-good" if good else "ie-bad")
    arrow = "▲" if change_pct > 0 else "▼" if change_pct < 0 else "■"
    return f'<span class="{tone}">{arrow} {pct(change_pct)}</span> on month before'


def table(frame, formats, name, caption="", labels=None, rows=60, download=None):
    """A table people can read, tab to and download.

    Arguments:
        frame: the rows.
        formats: column -> formatter; only these columns are shown, in this order.
        name: file name of the CSV, without its ending.
        labels: column -> heading where the column name will not do.
        rows: rows shown; the download has all of them.
        download: the frame to download, where it has more columns.
    """
    labels = labels or {}
    shown = frame.head(rows)
    heads = "".join(
        f'<th scope="col" class="{"n" if numeric(form) else ""}">'
        f"{escape(labels.get(col, col.replace('_', ' ')).capitalize())}</th>"
        for col, form in formats.items()
    )
    body = []
    for record in shown.to_dict("records"):
        cells = []
        for place, (col, form) in enumerate(formats.items()):
            tag = "th scope='row'" if place == 0 else "td"
            kind = ' class="n"' if numeric(form) and place else ""
            cells.append(f"<{tag}{kind}>{escape(form(record[col]))}</{tag.split()[0]}>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    if len(frame) > rows:
        caption += f" First {rows:,} of {len(frame):,} rows; the download has all."
    st.html(
        f'<div class="ie-scroll" role="region" tabindex="0"'
        f' aria-label="{escape(name.replace("_", " "))}"><table class="ie-table"'
        f' data-name="{escape(name)}">'
        + (f"<caption>{escape(caption.strip())}</caption>" if caption else "")
        + f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )
    csv(frame if download is None else download, name)


def csv(frame, name):
    """A button that downloads `frame`."""
    st.download_button(
        f"Download {name.replace('_', ' ')} (CSV)",
        lambda: frame.to_csv(index=False).encode(),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"csv.{name}",
        icon=":material/download:",
        on_click="ignore",
    )


def figure(height=380):
    """An empty figure in the house style."""
    fig = go.Figure()
    fig.update_layout(
        height=height,
        margin={"l": 8, "r": 14, "t": 16, "b": 8},
        colorway=PALETTE,
        font={"family": "Source Sans, sans-serif", "size": 13, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hovermode="closest",
        hoverlabel={"bgcolor": "#fff", "bordercolor": LINE, "font": {"color": INK}},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        barcornerradius=4,
    )
    fig.update_xaxes(gridcolor="#eef1f6", zerolinecolor="#b9c2d6", automargin=True)
    fig.update_yaxes(gridcolor="#eef1f6", zerolinecolor="#b9c2d6", automargin=True)
    return fig


def chart(fig, name, says):
    """A figure, and the same in a sentence for those who do not see it."""
    st.plotly_chart(
        fig,
        width="stretch",
        key=f"chart.{name}",
        theme=None,
        config={"displayModeBar": False, "responsive": True},
    )
    st.caption(says)


def _remember(key, value, default):
    if value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value


def pick(label, options, key, default=None, form=text):
    """One of `options`, kept in the address bar under `key`."""
    options = list(options)
    default = options[0] if default not in options else default
    by_text = {str(option): option for option in options}
    wanted = by_text.get(st.query_params.get(key), default)
    chosen = st.selectbox(
        label, options, index=options.index(wanted), format_func=form, key=f"in.{key}"
    )
    _remember(key, str(chosen), str(default))
    return chosen


def view(options, key="view"):
    """Which part of a page to show, kept in the address bar."""
    wanted = st.query_params.get(key, options[0])
    wanted = wanted if wanted in options else options[0]
    chosen = st.segmented_control(
        "Part of this page",
        options,
        default=wanted,
        key=f"in.{key}",
        label_visibility="collapsed",
    )
    chosen = chosen or wanted
    _remember(key, chosen, options[0])
    return chosen


def several(label, options, key):
    """Any of `options` (all when none is picked), kept in the address bar."""
    options = list(options)
    asked = [v for v in st.query_params.get(key, "").split(",") if v in options]
    chosen = st.multiselect(
        label,
        options,
        default=asked,
        format_func=text,
        key=f"in.{key}",
        placeholder="All",
    )
    _remember(key, ",".join(chosen), "")
    return chosen or options


def months_between(table, column):
    """First and last month that the reader wants of a mart's `column`."""
    found = serving.query(f"select distinct {column} as m from {table} order by m")
    options = [f"{m:%Y-%m}" for m in found["m"]]
    first = pick("From", options, "from", options[0], str)
    last = pick("To", options, "to", options[-1], str)
    if first > last:
        st.info("From is after To: both were taken the other way round.")
        first, last = last, first
    return f"{first}-01", f"{last}-01"


def slide(label, low, high, default, key, step=0.01):
    """A number from `low` to `high`, kept in the address bar."""
    try:
        wanted = min(high, max(low, float(st.query_params.get(key, default))))
    except ValueError:
        wanted = default
    chosen = st.slider(label, low, high, wanted, step, key=f"in.{key}")
    _remember(key, f"{chosen:g}", f"{default:g}")
    return chosen
