"""The board report: one HTML page that works offline, and a workbook behind it.

Every number is read from a mart of the serving file; the report adds none of its
own.  Run as `python -m ops.report`.
"""

import datetime
import math
import os
import sys
from pathlib import Path

import duckdb
import pandas as pd
import xlsxwriter

from dashboard import formats as ui
from dashboard.formats import escape, is_missing

INK, MUTED, ACCENT, QUIET = ui.INK, ui.MUTED, ui.ACCENT, ui.QUIET
# The model whose credit is set against the budget, as the pages do by default.
MODEL = "linear"
MONTHS_DRAWN = 13
INCIDENTS_SHOWN = 15
# Names of the whole company's series.
TOTALS = ("company", "all", "total", "revenue")
# Parts that begin a page when printed.
NEW_PAGE = ("Attribution against budget", "Forecast", "Incidents")
STYLE = """
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;
 color:#1a2233;max-width:1000px;margin:0 auto;padding:36px 28px 60px}
header{display:flex;justify-content:space-between;align-items:flex-end;gap:24px;
 border-bottom:3px solid #2f4fd0;padding-bottom:14px;margin-bottom:20px}
header div{text-align:right;color:#566077;font-size:.84rem}
h1{font-size:2rem;letter-spacing:-.02em;line-height:1.15;margin:0}
h1 small{display:block;font-size:1rem;font-weight:400;color:#566077;
 letter-spacing:0;margin-top:4px}
h2{font-size:1.25rem;margin:2em 0 .3em;break-after:avoid}
p{color:#566077;margin:.2em 0 .9em;max-width:80ch}
.lead{break-after:avoid}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:10px}
.card{border:1px solid #dfe4ee;border-radius:10px;padding:10px 12px;
 break-inside:avoid;border-top:3px solid #dfe4ee}
.card.critical{border-top-color:#b3261e}.card.warning{border-top-color:#d18a00}
.card.ok{border-top-color:#0b7a4b}
.card span{display:block;font-size:.78rem;color:#3c465c;font-weight:600}
.card b{font-size:1.25rem;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.card small{display:block;color:#566077;font-size:.74rem}
.card img{width:100%;height:auto;display:block;margin-top:4px}
table{border-collapse:collapse;width:100%;font-size:.82rem;
 font-variant-numeric:tabular-nums}
thead{display:table-header-group}
th{background:#f4f6fb;text-align:left;font-weight:600;vertical-align:bottom}
th,td{padding:6px 9px;border-bottom:1px solid #e4e8f1}
.n{text-align:right;white-space:nowrap}.w{white-space:nowrap}
td small{display:block;color:#566077;font-size:.72rem}
tr{break-inside:avoid}
figure{margin:6px 0 14px;break-inside:avoid}
svg{width:100%;height:auto;display:block}
.chip{font-weight:600;white-space:nowrap}
.critical .chip,.chip.critical{color:#b3261e}.chip.warning{color:#8a5a00}
.chip.ok{color:#0b7a4b}.chip.no_data,.chip.not_judged{color:#566077}
.good{color:#0b7a4b}.bad{color:#b3261e}
.t{min-width:15rem}.scroll{overflow-x:auto}
footer{margin-top:3em;border-top:1px solid #dfe4ee;padding-top:10px;color:#566077;
 font-size:.8rem}
@page{size:A4;margin:14mm 13mm}
@media(max-width:640px){.cards{grid-template-columns:repeat(2,1fr)}
 header{display:block}header div{text-align:left;margin-top:8px}}
@media print{html{font-size:11.5px}body{padding:0;max-width:none;font-size:9pt}
 .scroll{overflow:visible}p{max-width:none}
 h2{margin-top:1.1em}table{font-size:7.6pt}th,td{padding:2.2px 6px}
 td small{font-size:6.6pt}section.page{break-before:page}
 section.page h2{margin-top:0}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
# What each part needs: table, SQL. A part whose table is missing says what to provide.
QUERIES = {
    "kpis": """
        with month as (
            select coalesce(
                max(case when is_complete then period_start end), max(period_start)
            ) as period_start
            from marts.kpi_values
        )
        select kpi_values.*, display_order, warning_level, critical_level
        from marts.kpi_values
        inner join month using (period_start)
        inner join marts.kpi_definitions using (kpi)
        order by display_order
    """,
    "kpi_history": "select * from marts.kpi_values order by kpi, period_start",
    "budget": """
        select * from marts.budget_recommendations
        order by attribution_model, gap desc nulls last, channel
    """,
    "models": """
        select * from marts.attribution_comparison order by channel, attribution_model
    """,
    "forecasts": "select * from marts.forecasts order by series, grain, period_start",
    "history": """
        select * from marts.forecast_history order by series, grain, period_start
    """,
    "incidents": """
        select * from marts.incidents
        order by
            is_open desc,
            case severity when 'critical' then 0 when 'warning' then 1 else 2 end,
            opened_at desc, incident_id
    """,
    "segments": """
        select * from marts.segment_profiles order by revenue_share desc, segment
    """,
    "settings": "select * from marts.attribution_settings order by setting",
    "build": "select * from publication.builds where is_current",
}
# Sheets of the workbook: title -> key of QUERIES.
SHEETS = {
    "KPIs": "kpis",
    "KPI history": "kpi_history",
    "Attribution against budget": "budget",
    "Attribution by model": "models",
    "Forecast": "forecasts",
    "Incidents": "incidents",
    "Customer segments": "segments",
    "Attribution settings": "settings",
}
MONEY = ("spend", "revenue", "cost", "forecast", "lower_", "upper_", "order_value")
SHARES = ("share", "gap", "_rate", "_ci_")


def gather(connection):
    """The tables of the report by name; None where the file does not have one."""
    found = {}
    for name, sql in QUERIES.items():
        try:
            found[name] = connection.execute(sql).df()
        except duckdb.CatalogException:
            found[name] = None
    return found


def lacking(frame):
    """Whether there is nothing to show."""
    return frame is None or frame.empty


def provide(what):
    """The sentence on what to provide."""
    return f"<p>Nothing to show. {escape(ui.NEEDS[what][1])}</p>"


def html_table(frame, columns):
    """Rows as an HTML table; `columns`: heading -> (column, formatter)."""
    heads = "".join(
        f'<th class="{ui.kind(form)}">{escape(head)}</th>'
        for head, (_, form) in columns.items()
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{ui.kind(form)}">{escape(form(row[column]))}</td>'
            for column, form in columns.values()
        )
        + "</tr>"
        for row in frame.to_dict("records")
    )
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def kpi_section(kpis, history):
    """Cards of the judged KPIs, and a table of all."""
    if lacking(kpis):
        return provide("marts.kpi_values")
    month = ui.month(kpis["period_start"].iloc[0])
    cards, lines = [], []
    for row in kpis.to_dict("records"):
        value = ui.in_unit(row["value"], row["unit"])
        before = ui.in_unit(row["previous_value"], row["unit"])
        moved, good = row["change_pct"], None
        if not is_missing(moved) and moved != 0 and row["status"] != "not_judged":
            good = (moved > 0) == (row["direction"] == "higher")
        tone = "" if good is None else "good" if good else "bad"
        words = ui.STATUS.get(row["status"], (ui.name(row["status"]),))[0]
        if row["status"] in ("ok", "warning", "critical"):
            past = history[
                (history["kpi"] == row["kpi"])
                & (history["period_start"] <= row["period_start"])
            ].tail(MONTHS_DRAWN)
            drawing = ui.sparkline(past["value"].tolist(), label="the last months")
            cards.append(
                f'<div class="card {row["status"]}"><span>{escape(row["label"])}</span>'
                f'<b>{escape(value)}</b><small><span class="chip {row["status"]}">'
                f"{escape(words)}</span>"
                f'<i class="{tone}" style="font-style:normal">{ui.pct(moved)}</i>'
                f" on month before</small>{drawing}</div>"
            )
        lines.append(
            f"<tr><td>{escape(row['label'])}</td>"
            f'<td class="n">{escape(value)}</td>'
            f'<td class="n">{escape(before)}</td>'
            f'<td class="n {tone}">{ui.pct(moved)}</td>'
            f"<td>{escape(ui.name(row['trend']))}</td>"
            f'<td><span class="chip {row["status"]}">{escape(words)}</span></td></tr>'
        )
    return (
        f'<p class="lead">{escape(month)}, the newest month that is over.</p>'
        f'<div class="cards">{"".join(cards)}</div><h2>All KPIs of {escape(month)}</h2>'
        '<div class="scroll"><table><thead><tr><th>KPI</th><th class="n">Value</th>'
        '<th class="n">Month before</th><th class="n">Change</th><th>Trend</th>'
        f"<th>Status</th></tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def budget_section(budget):
    """Credit beside budget with intervals, drawn and as a table."""
    if lacking(budget) or not budget["current_spend"].fillna(0).any():
        return provide("budget")
    rows = budget[budget["attribution_model"] == MODEL]
    if rows.empty:
        rows = budget[
            budget["attribution_model"] == budget["attribution_model"].iloc[0]
        ]
    model = ui.name(rows["attribution_model"].iloc[0]).lower()
    return (
        f'<p class="lead">By the {escape(model)} model. Only channels whose 95 %'
        " interval of the gap excludes zero are proposed to move; the total stays the"
        " same. The proposal assumes that what a channel brings grows in step with its"
        f" spend.</p>{dumbbells(rows)}"
        + html_table(
            rows,
            {
                "Channel": ("channel", ui.name),
                "Proposal": ("action", ui.name),
                "Spend": ("current_spend", ui.usd),
                "Proposed": ("proposed_spend", ui.usd),
                "Share of credit": ("credit_share", ui.share),
                "Share of budget": ("budget_share", ui.share),
                "Gap": ("gap", ui.points),
                "95 % from": ("gap_ci_low", ui.points),
                "to": ("gap_ci_high", ui.points),
            },
        )
    )


def dumbbells(rows):
    """Share of credit and of budget on one line a channel, as SVG."""
    highest = max(rows[["credit_share", "budget_share"]].max().max(), 0.01) * 1.08
    lowest = min(rows[["credit_share", "budget_share"]].min().min(), 0) * 1.08

    def at(value):
        return 150 + 780 * (value - lowest) / (highest - lowest)

    parts = [
        f'<circle cx="158" cy="14" r="6" fill="{ACCENT}"/>'
        f'<text x="170" y="18">share of credit</text>'
        f'<circle cx="288" cy="14" r="6" fill="{QUIET}"/>'
        f'<text x="300" y="18">share of budget</text>'
    ]
    height = 44 + 34 * len(rows)
    step = next(s for s in (0.02, 0.05, 0.1, 0.2, 0.5) if (highest - lowest) / s < 12)
    tick = step * round(lowest / step)
    while tick <= highest:
        parts.append(
            f'<line x1="{at(tick):.1f}" x2="{at(tick):.1f}" y1="28" y2="{height - 18}"'
            f' stroke="#e4e8f1"/><text x="{at(tick):.1f}" y="{height - 3}"'
            f' text-anchor="middle" fill="{MUTED}">{ui.share(tick, 0)}</text>'
        )
        tick = round(tick + step, 10)
    for place, row in enumerate(rows.to_dict("records")):
        y = 44 + 34 * place
        parts.append(
            f'<text x="140" y="{y + 4}" text-anchor="end" fill="{INK}">'
            f"{escape(ui.name(row['channel']))}</text>"
        )
        credit, budget = row["credit_share"], row["budget_share"]
        if not is_missing(credit) and not is_missing(budget):
            colour = "#a9dcc4" if credit > budget else "#f0bdb8"
            parts.append(
                f'<line x1="{at(credit):.1f}" x2="{at(budget):.1f}" y1="{y}" y2="{y}"'
                f' stroke="{colour}" stroke-width="5"/>'
            )
            if not is_missing(row["gap_ci_low"]):
                low, high = (
                    at(budget + row[side]) for side in ("gap_ci_low", "gap_ci_high")
                )
                parts.append(
                    f'<path d="M{low:.1f} {y - 8}V{y + 8}M{high:.1f} {y - 8}V{y + 8}'
                    f'M{low:.1f} {y}H{high:.1f}" stroke="{ACCENT}" fill="none"/>'
                )
        for value, colour in ((budget, QUIET), (credit, ACCENT)):
            if not is_missing(value):
                parts.append(
                    f'<circle cx="{at(value):.1f}" cy="{y}" r="6" fill="{colour}"/>'
                )
    return drawing(960, height, parts, "Share of credit and of budget by channel")


def drawing(width, height, parts, says):
    """SVG parts as a figure."""
    return (
        f'<figure><svg viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{escape(says)}" font-size="13"'
        f' fill="{INK}">{"".join(parts)}</svg></figure>'
    )


def model_section(models):
    """Share of conversions, channels by models, with intervals."""
    if lacking(models):
        return provide("attribution")
    known = {model: place for place, model in enumerate(ui.MODELS)}
    order = sorted(
        set(models["attribution_model"]), key=lambda m: (known.get(m, 99), m)
    )
    cells = {
        (row["channel"], row["attribution_model"]): row
        for row in models.to_dict("records")
    }
    channels = sorted(set(models["channel"]), key=lambda c: (c == "unattributed", c))
    heads = "".join(f'<th class="n">{escape(ui.name(m))}</th>' for m in order)
    body = []
    for channel in channels:
        line = [f"<tr><td class='w'>{escape(ui.name(channel))}</td>"]
        for model in order:
            row = cells.get((channel, model))
            if row is None:
                line.append('<td class="n">–</td>')
                continue
            low, high = ui.share(row["share_ci_low"]), ui.share(row["share_ci_high"])
            line.append(
                f'<td class="n">{ui.share(row["conversion_share"])}<small>'
                f"{low.removesuffix(' %')} to {high.removesuffix(' %')}</small></td>"
            )
        body.append("".join(line) + "</tr>")
    return (
        '<p class="lead">Share of conversions that each model credits, with its 95 %'
        " interval. Where models disagree by more than their intervals, the answer"
        " depends on the question asked.</p>"
        f'<div class="scroll"><table><thead><tr><th>Channel</th>{heads}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def forecast_section(forecasts, history):
    """The company's months to come with intervals, drawn and as a table."""
    if lacking(forecasts):
        return provide("forecast")
    grain = "month" if (forecasts["grain"] == "month").any() else "day"
    rows = forecasts[forecasts["grain"] == grain]
    series = next(
        (
            s
            for s in ("company", "all", "total", "revenue")
            if (rows["series"] == s).any()
        ),
        rows["series"].iloc[0],
    )
    company = rows[rows["series"] == series]
    past = None
    if not lacking(history):
        past = history[(history["grain"] == grain) & (history["series"] == series)]
        past = past[past["period_start"] < company["period_start"].min()].tail(24)
    return (
        f'<p class="lead">Revenue by {grain}, after'
        f" {ui.date(company['origin_date'].max())}, with intervals that hold 80 % and"
        f" 95 % of outcomes.</p>{fan(company, past)}"
        + html_table(
            rows,
            {
                "Series": ("series", ui.name),
                f"{ui.name(grain)} from": ("period_start", ui.date),
                "Forecast": ("forecast", ui.usd),
                "80 % from": ("lower_80", ui.usd),
                "to": ("upper_80", ui.usd),
                "95 % from": ("lower_95", ui.usd),
                "to ": ("upper_95", ui.usd),
                "Model": ("model", ui.name),
            },
        )
    )


def round_ticks(low, high):
    """Four to ten round numbers from `low` to `high`."""
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step *= next(times for times in (1, 2, 5, 10) if (high - low) / step / times < 8)
    first = math.ceil(low / step)
    return [step * n for n in range(first, math.floor(high / step) + 1)]


def fan(rows, past):
    """A fan chart as SVG: the past, the forecast and its intervals."""
    points = [] if past is None else past["value"].tolist()
    values = [*points, *rows["upper_95"], *rows["lower_95"]]
    low, high = min(min(values), 0), max(values) * 1.05 or 1
    many = len(points) + len(rows)

    def x(place):
        return 70 + 860 * place / max(many - 1, 1)

    def y(value):
        return 220 - 200 * (value - low) / (high - low)

    def line(pairs):
        return " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in pairs)

    parts = []
    for value in round_ticks(low, high):
        parts.append(
            f'<line x1="70" x2="930" y1="{y(value):.1f}" y2="{y(value):.1f}"'
            f' stroke="#e4e8f1"/><text x="62" y="{y(value) + 4:.1f}"'
            f' text-anchor="end" fill="{MUTED}">{ui.usd(value)}</text>'
        )
    ahead = [len(points) + place for place in range(len(rows))]
    for level, opacity in (("95", 0.12), ("80", 0.22)):
        upper = list(zip(ahead, rows[f"upper_{level}"], strict=True))
        lower = list(zip(ahead, rows[f"lower_{level}"], strict=True))
        parts.append(
            f'<polygon points="{line(upper)} {line(lower[::-1])}" fill="{ACCENT}"'
            f' fill-opacity="{opacity}"/>'
        )
    parts.append(
        f'<polyline points="{line(enumerate(points))}" fill="none" stroke="{INK}"'
        f' stroke-width="2"/><polyline points="'
        f'{line(zip(ahead, rows["forecast"], strict=True))}"'
        f' fill="none" stroke="{ACCENT}" stroke-width="3"/>'
    )
    starts = ([] if past is None else past["period_start"].tolist()) + rows[
        "period_start"
    ].tolist()
    for place in range(0, many, max(1, many // 9)):
        parts.append(
            f'<text x="{x(place):.1f}" y="242" text-anchor="middle" fill="{MUTED}">'
            f"{ui.month(starts[place])}</text>"
        )
    return drawing(960, 252, parts, "Revenue so far and forecast with its intervals")


def incident_section(incidents):
    """What is open, and the gravest of what was."""
    if incidents is None:
        return provide("monitoring")
    if incidents.empty:
        return "<p>No incident in the monitored series.</p>"
    rows = incidents.head(INCIDENTS_SHOWN).copy()
    rows["state"] = ["Open" if v else "Over" for v in rows["is_open"]]
    for column in ("peak_value", "peak_expected"):
        rows[column] = [
            "–"
            if is_missing(v)
            else ui.by_unit(ui.METRIC_UNITS.get(metric, "count"))(v)
            for v, metric in zip(rows[column], rows["metric"], strict=True)
        ]
    more = (
        f" The first {len(rows)}; the workbook has all {len(incidents):,}."
        if len(incidents) > len(rows)
        else ""
    )
    return (
        '<p class="lead">Open ones first, then the gravest; figures are those of the'
        f" worst moment.{more}</p>"
        + html_table(
            rows,
            {
                "Opened": ("opened_at", ui.moment),
                "State": ("state", ui.name),
                "Severity": ("severity", ui.name),
                "Metric": ("metric", ui.name),
                "Channel": ("channel", ui.name),
                "By": ("grain", ui.name),
                "Deviation": ("peak_deviation_pct", ui.pct),
                "Value": ("peak_value", ui.figures),
                "Expected": ("peak_expected", ui.figures),
            },
        )
    )


def segment_section(segments):
    """Profiles with strategy."""
    if lacking(segments):
        return provide("customers")
    return html_table(
        segments,
        {
            "Segment": ("segment", ui.term),
            "Customers": ("customers", ui.count),
            "Of customers": ("customer_share", ui.share),
            "Of revenue": ("revenue_share", ui.share),
            "Order value": ("avg_order_value", ui.usd),
            "Orders a year": ("orders_per_year", ui.number),
            "Retention": ("retention_rate", ui.share),
            "Strategy": ("strategy", ui.prose),
        },
    )


def build_line(build):
    """Which build the report tells of."""
    if lacking(build):
        return "The serving file has no record of its build."
    row = build.iloc[0]
    return (
        f"Build {str(row['build_id'])[:8]} of {ui.moment(row['built_at'])} UTC:"
        f" {row['tests_passed']:,} tests passed, {row['tests_warned']:,} warned."
    )


def as_html(found):
    """The page as text."""
    line = build_line(found["build"])
    sections = {
        "KPIs": kpi_section(found["kpis"], found["kpi_history"]),
        "Attribution against budget": budget_section(found["budget"]),
        "What each model says": model_section(found["models"]),
        "Forecast": forecast_section(found["forecasts"], found["history"]),
        "Incidents": incident_section(found["incidents"]),
        "Customer segments": segment_section(found["segments"]),
    }
    settings = found["settings"]
    made_with = (
        ""
        if lacking(settings)
        else "Attribution settings: "
        + ", ".join(
            f"{ui.text(row['setting'])} {row['value']}"
            for row in settings.to_dict("records")
        )
        + ". "
    )
    month = (
        ""
        if lacking(found["kpis"])
        else f"<small>{ui.month(found['kpis']['period_start'].iloc[0])}</small>"
    )
    body = "".join(
        f'<section class="{"page" if title in NEW_PAGE else ""}">'
        f"<h2>{escape(title)}</h2>{inside}</section>"
        for title, inside in sections.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta'
        ' name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Board report</title><style>{STYLE}</style></head><body>"
        f"<header><h1>Board report{month}</h1><div>{escape(line)}</div></header>"
        f"<main>{body}</main><footer>{escape(made_with)}Every figure is read from the"
        " published marts; board_report.xlsx holds the tables.</footer></body></html>"
    )


def number_format(column, unit=None):
    """Excel's format of a column of numbers, by what its name or unit says."""
    if unit is not None:
        return {"usd": "$#,##0.00", "share": "0.00%", "count": "#,##0"}.get(
            unit, "#,##0.00"
        )
    if any(part in column for part in SHARES):
        return "0.0%"
    if any(part in column for part in MONEY):
        return "$#,##0.00"
    return "#,##0.00" if column.endswith("_pct") else "General"


def write_workbook(path, found):
    """The tables behind the page, one sheet each, numbers as numbers."""
    with xlsxwriter.Workbook(str(path), {"nan_inf_to_errors": True}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#f4f6fb", "bottom": 1})
        styles = {}

        def style(pattern):
            if pattern not in styles:
                styles[pattern] = book.add_format({"num_format": pattern})
            return styles[pattern]

        about = book.add_worksheet("About")
        about.set_column(0, 0, 34)
        about.set_column(1, 1, 90)
        about.write(0, 0, "Board report", book.add_format({"bold": True}))
        about.write(1, 0, build_line(found["build"]))
        about.write(3, 0, "Sheet", bold)
        about.write(3, 1, "Read from", bold)
        for place, (title, name) in enumerate(SHEETS.items()):
            frame = found[name]
            about.write_url(4 + place, 0, f"internal:'{title}'!A1", string=title)
            about.write(4 + place, 1, " ".join(QUERIES[name].split()))
            sheet = book.add_worksheet(title)
            if lacking(frame):
                sheet.write(0, 0, "Nothing to show: see the page.")
                continue
            sheet.freeze_panes(1, 1)
            units = frame["unit"].tolist() if "unit" in frame else [None] * len(frame)
            for number, column in enumerate(frame.columns):
                sheet.write(0, number, column, bold)
                sheet.set_column(number, number, max(12, min(len(column) + 3, 30)))
                in_unit = column in (
                    "value",
                    "previous_value",
                    "warning_level",
                    "critical_level",
                )
                for line, (cell, unit) in enumerate(
                    zip(frame[column], units, strict=True), start=1
                ):
                    pattern = number_format(column, unit if in_unit else None)
                    write_cell(sheet, line, number, cell, pattern, style)
            sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)


def write_cell(sheet, line, number, value, pattern, style):
    """One value as what it is: text, day, truth or number; nothing for none."""
    if is_missing(value):
        return
    if isinstance(value, (pd.Timestamp, datetime.date)):
        midnight = not isinstance(value, pd.Timestamp) or value == value.normalize()
        day = "yyyy-mm-dd" if midnight else "yyyy-mm-dd hh:mm"
        sheet.write_datetime(line, number, value, style(day))
    elif isinstance(value, str):
        sheet.write_string(line, number, value)
    elif pd.api.types.is_bool(value):
        sheet.write_boolean(line, number, bool(value))
    else:
        sheet.write_number(line, number, float(value), style(pattern))


def write_report(serving, folder):
    """Write board_report.html and .xlsx from `serving` to `folder`; their paths."""
    with duckdb.connect(str(serving), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        found = gather(connection)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    page, book = folder / "board_report.html", folder / "board_report.xlsx"
    page.write_text(as_html(found), encoding="utf-8")
    write_workbook(book, found)
    return page, book


def main():
    """Write the report of the serving file that INSIGHT_SERVING names."""
    serving = os.environ.get("INSIGHT_SERVING", "serving.duckdb")
    if not os.path.exists(serving):
        print(f"There is no {serving} yet: run `make build`.", file=sys.stderr)
        return 1
    for path in write_report(serving, "report"):
        print(f"Wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
