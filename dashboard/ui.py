"""The look of every page: theme, cards, tables, charts, filters, empty states."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import serving

# Pages say ui.usd, ui.name and so on.
from dashboard.formats import (  # noqa: F401
    ACCENT,
    BAD,
    GOOD,
    INK,
    LINE,
    METRIC_UNITS,
    MODELS,
    MUTED,
    NEEDS,
    PALETTE,
    QUIET,
    SEGMENT_COLOURS,
    STATUS,
    WARN,
    axis_of,
    by_unit,
    chosen,
    count,
    date,
    escape,
    figures,
    grade,
    image,
    in_unit,
    is_missing,
    kind,
    moment,
    month,
    name,
    names,
    number,
    number3,
    p_value,
    path,
    pct,
    plain,
    points,
    prose,
    share,
    share2,
    signed,
    sparkline,
    term,
    text,
    times,
    usd,
)

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
.ie-card .d b{display:block;font-weight:550;color:#1a2233;margin-top:5px}
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
 left:0;z-index:1;min-width:5.5rem;max-width:9.5rem;overflow-wrap:break-word}
 .ie-table.pinned thead th:first-child{white-space:normal}}
[class*=st-key-chart]{overflow:visible!important}
@media print{section[data-testid=stSidebar]{display:none}}
</style>
"""


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
