"""The board report: one HTML page that works offline, and a workbook behind it.

Every number is read from a mart of the serving file; the report adds none of its
own.  Run as `python -m ops.report`.
"""

import datetime
import os
import sys
from pathlib import Path

import duckdb
import pandas as pd
import xlsxwriter

from dashboard.ui import (
    count,
    date,
    escape,
    in_unit,
    is_missing,
    number,
    pct,
    share,
    text,
    usd,
)

STYLE = """
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:#1a2233;
 max-width:980px;margin:0 auto;padding:40px 28px}
h1{font-size:2rem;letter-spacing:-.02em;margin:0}
h2{font-size:1.25rem;margin:2.2em 0 .5em;break-after:avoid}
p{color:#566077;margin:.2em 0 1em}
table{border-collapse:collapse;width:100%;font-size:.88rem;
 font-variant-numeric:tabular-nums}
th{background:#f4f6fb;text-align:left;font-weight:600}
th,td{padding:6px 10px;border-bottom:1px solid #e4e8f1}
.n{text-align:right;white-space:nowrap}tr{break-inside:avoid}
thead{display:table-header-group}
svg{width:100%;height:auto;margin:4px 0 12px}
.critical{color:#b3261e;font-weight:600}.warning{color:#8a5a00;font-weight:600}
.ok{color:#0b7a4b}
.scroll{overflow-x:auto}
@page{size:A4;margin:16mm}
@media print{body{padding:0;max-width:none;font-size:11pt}.scroll{overflow:visible}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
NUMBERS = (usd, share, count, number, pct)

# Title, table, SQL, columns with their formats, and what to provide instead.
SECTIONS = [
    (
        "Attribution against budget",
        "marts.budget_recommendations",
        "select * from marts.budget_recommendations where attribution_model = 'linear'"
        " order by gap desc nulls last, channel",
        {
            "channel": text,
            "action": text,
            "current_spend": usd,
            "proposed_spend": usd,
            "credit_share": share,
            "budget_share": share,
            "gap": share,
            "gap_ci_low": share,
            "gap_ci_high": share,
        },
        "Provide touchpoints, orders and marketing_spend.",
    ),
    (
        "Attribution by model",
        "marts.attribution_comparison",
        "select * from marts.attribution_comparison"
        " order by channel, attribution_model",
        {
            "channel": text,
            "attribution_model": text,
            "conversions": count,
            "revenue": usd,
            "conversion_share": share,
            "share_ci_low": share,
            "share_ci_high": share,
        },
        "Provide touchpoints and orders.",
    ),
    (
        "Forecast",
        "marts.forecasts",
        "select * from marts.forecasts where grain = (select max(grain) from"
        " marts.forecasts where grain in ('month', 'monthly'))"
        " order by series, period_start",
        {
            "series": text,
            "period_start": date,
            "forecast": number,
            "lower_80": number,
            "upper_80": number,
            "lower_95": number,
            "upper_95": number,
            "model": text,
        },
        "Provide orders of several months and build with the Python edges.",
    ),
    (
        "Incidents",
        "marts.incidents",
        "select * from marts.incidents order by is_open desc, opened_at desc,"
        " incident_id limit 40",
        {
            "metric": text,
            "grain": text,
            "opened_at": date,
            "last_seen_at": date,
            "peak_deviation_pct": pct,
        },
        "Incidents appear once the monitoring marts are built.",
    ),
    (
        "Customer segments",
        "marts.segment_profiles",
        "select * from marts.segment_profiles order by revenue_share desc, segment",
        {
            "segment": text,
            "customers": count,
            "customer_share": share,
            "revenue_share": share,
            "avg_order_value": usd,
            "orders_per_year": number,
            "retention_rate": share,
            "strategy": text,
        },
        "Provide orders with customer_id and build with the Python edges.",
    ),
]
KPI_SQL = """
    with month as (
        select coalesce(
            max(case when is_complete then period_start end), max(period_start)
        ) as period_start
        from marts.kpi_values
    )
    select kpi_values.*
    from marts.kpi_values
    inner join month using (period_start)
    inner join marts.kpi_definitions using (kpi)
    order by display_order
"""


def rows_of(connection, sql):
    """Rows of `sql`; None where a table of it does not exist."""
    try:
        return connection.execute(sql).df()
    except duckdb.CatalogException:
        return None


def html_table(frame, formats):
    """Rows as an HTML table."""
    heads = "".join(
        f'<th class="{"n" if form in NUMBERS else ""}">'
        f"{escape(column.replace('_', ' '))}</th>"
        for column, form in formats.items()
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{"n" if form in NUMBERS else ""}">'
            f"{escape(form(row[column]))}</td>"
            for column, form in formats.items()
        )
        + "</tr>"
        for row in frame.to_dict("records")
    )
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def bars(frame):
    """Share of credit beside share of budget, as a drawing."""
    widest = max(
        frame[["credit_share", "budget_share"]].max(numeric_only=True).max(), 0.01
    )
    parts, height = [], 34 * len(frame) + 30
    for place, row in enumerate(frame.to_dict("records")):
        top = 30 + 34 * place
        parts.append(
            f'<text x="150" y="{top + 17}" text-anchor="end" font-size="13">'
            f"{escape(text(row['channel']))}</text>"
        )
        for offset, column, colour in (
            (0, "credit_share", "#2f4fd0"),
            (12, "budget_share", "#a9b2c5"),
        ):
            size = 0 if is_missing(row[column]) else max(row[column], 0)
            parts.append(
                f'<rect x="160" y="{top + offset}" height="10" rx="3"'
                f' width="{600 * size / widest:.1f}" fill="{colour}"/>'
                f'<text x="{166 + 600 * size / widest:.1f}" y="{top + offset + 9}"'
                f' font-size="10" fill="#566077">{share(row[column])}</text>'
            )
    return (
        f'<svg viewBox="0 0 840 {height}" role="img" aria-label="Share of credit and'
        ' of budget by channel"><text x="160" y="16" font-size="12" fill="#2f4fd0">'
        '■ share of credit</text><text x="280" y="16" font-size="12" fill="#6b7488">'
        f"■ share of budget</text>{''.join(parts)}</svg>"
    )


def gather(connection):
    """Tables of the report: (title, frame or None, formats, advice) each."""
    kpis = rows_of(connection, KPI_SQL)
    if kpis is not None:
        kpis["shown"] = [
            in_unit(value, unit)
            for value, unit in zip(kpis["value"], kpis["unit"], strict=True)
        ]
    found = [
        (
            "KPIs",
            kpis,
            {
                "label": text,
                "shown": str,
                "change_pct": pct,
                "trend": text,
                "status": text,
                "period_start": date,
            },
            "Provide orders.",
        )
    ]
    for title, _, sql, formats, advice in SECTIONS:
        found.append((title, rows_of(connection, sql), formats, advice))
    return found


def build_line(connection):
    """Which build the report tells of."""
    build = rows_of(connection, "select * from publication.builds where is_current")
    if build is None or build.empty:
        return "The serving file has no record of its build."
    row = build.iloc[0]
    return (
        f"Build {row['build_id']} of {row['built_at']:%Y-%m-%d %H:%M} UTC;"
        f" {row['tests_passed']:,} tests passed, {row['tests_warned']:,} warned."
    )


def as_html(sections, line):
    """The page as text."""
    parts = []
    for title, frame, formats, advice in sections:
        parts.append(f"<h2>{escape(title)}</h2>")
        if frame is None or frame.empty:
            parts.append(f"<p>Nothing to show. {escape(advice)}</p>")
            continue
        if title == "Attribution against budget":
            parts.append(
                "<p>By the linear model. Only channels whose 95 % interval of the gap"
                " excludes zero are proposed to move.</p>" + bars(frame)
            )
        parts.append(html_table(frame, formats))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta'
        ' name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Board report</title><style>{STYLE}</style></head><body><main>"
        f"<h1>Board report</h1><p>{escape(line)}</p>{''.join(parts)}</main></body>"
        "</html>"
    )


def write_workbook(path, sections, line):
    """The tables behind the page, one sheet each, numbers as numbers."""
    with xlsxwriter.Workbook(str(path), {"nan_inf_to_errors": True}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#f4f6fb", "bottom": 1})
        by_form = {
            usd: book.add_format({"num_format": "$#,##0.00"}),
            share: book.add_format({"num_format": "0.0%"}),
            count: book.add_format({"num_format": "#,##0"}),
            number: book.add_format({"num_format": "#,##0.00"}),
        }
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        about = book.add_worksheet("About")
        about.write(0, 0, line)
        for title, frame, formats, advice in sections:
            sheet = book.add_worksheet(title[:31])
            if frame is None or frame.empty:
                sheet.write(0, 0, f"Nothing to show. {advice}")
                continue
            columns = [name for name in frame.columns if name != "shown"]
            sheet.freeze_panes(1, 1)
            for place, column in enumerate(columns):
                sheet.write(0, place, column, bold)
                style = by_form.get(formats.get(column))
                sheet.set_column(place, place, 18)
                for line_number, value in enumerate(frame[column], start=1):
                    if is_missing(value):
                        continue
                    if isinstance(value, (pd.Timestamp, datetime.date)):
                        sheet.write_datetime(line_number, place, value, day)
                    elif isinstance(value, str):
                        sheet.write_string(line_number, place, value)
                    elif pd.api.types.is_bool(value):
                        sheet.write_boolean(line_number, place, bool(value))
                    else:
                        sheet.write_number(line_number, place, float(value), style)
            sheet.autofilter(0, 0, len(frame), len(columns) - 1)


def write_report(serving, folder):
    """Write board_report.html and .xlsx from `serving` to `folder`; their paths."""
    with duckdb.connect(str(serving), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        sections, line = gather(connection), build_line(connection)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    page, book = folder / "board_report.html", folder / "board_report.xlsx"
    page.write_text(as_html(sections, line), encoding="utf-8")
    write_workbook(book, sections, line)
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
