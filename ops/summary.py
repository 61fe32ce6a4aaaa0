"""Prints what a build found: models side by side, KPI board, quarantine, files.

Reads the warehouse read-only and only what is there, so that it also speaks
after a build that stopped half-way.  Run as `python -m ops.summary`.
"""

import os
import sys

import duckdb

RULE_WIDTH = 79


def rows_of(connection, sql):
    """Rows of `sql` as dicts, or None where a table of it does not exist."""
    try:
        cursor = connection.execute(sql)
    except duckdb.CatalogException:
        return None
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def percent(share):
    """A share (0 to 1) as a percentage with one decimal; a dash for None."""
    return "-" if share is None else f"{100 * share:.1f} %"


def in_unit(value, unit):
    """A KPI value as people read it in its unit; 'no data' for None."""
    if value is None:
        return "no data"
    if unit == "usd":
        return f"${value:,.0f}" if abs(value) >= 1000 else f"${value:,.2f}"
    if unit == "share":
        return f"{100 * value:.2f} %"
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value:.2f}"


def table(header, lines):
    """Lines of text columns under `header`, the first to the left, others right."""
    widths = [
        max(len(str(line[place])) for line in [header, *lines])
        for place in range(len(header))
    ]
    texts = []
    for line in [header, *lines]:
        cells = [
            str(cell).ljust(width) if place == 0 else str(cell).rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        texts.append("  ".join(cells).rstrip())
    return texts


def attribution_lines(connection):
    """Share of conversions a channel under each model, and its share of budget."""
    rows = rows_of(
        connection,
        """
        select channel, attribution_model, conversion_share, budget_share
        from marts.attribution_comparison
        """,
    )
    if rows is None:
        return []
    preferred = ["first_touch", "last_touch", "last_non_direct", "linear"]
    models = sorted(
        {row["attribution_model"] for row in rows},
        key=lambda name: (
            preferred.index(name) if name in preferred else len(preferred),
            name,
        ),
    )
    shares = {
        (row["channel"], row["attribution_model"]): row["conversion_share"]
        for row in rows
    }
    budget = {row["channel"]: row["budget_share"] for row in rows}
    channels = sorted(
        budget,
        key=lambda name: (
            name == "unattributed",
            -(shares.get((name, models[0])) or 0),
            name,
        ),
    )
    lines = [
        [
            channel,
            *(percent(shares.get((channel, model))) for model in models),
            percent(budget[channel]),
        ]
        for channel in channels
    ]
    header = ["channel", *(model.replace("_", " ") for model in models), "budget"]
    return ["Share of conversions by attribution model", "", *table(header, lines)]


def kpi_lines(connection):
    """The KPI board of the newest complete month, or of the newest there is."""
    rows = rows_of(
        connection,
        """
        with months as (
            select
                coalesce(
                    max(case when is_complete then period_start end),
                    max(period_start)
                ) as period_start
            from marts.kpi_values
        )
        select
            kpi_values.*,
            kpi_definitions.display_order
        from marts.kpi_values
        inner join months using (period_start)
        inner join marts.kpi_definitions using (kpi)
        order by display_order
        """,
    )
    if not rows:
        return []
    lines = [
        [
            row["label"],
            in_unit(row["value"], row["unit"]),
            "-" if row["change_pct"] is None else f"{row['change_pct']:+.1f} %",
            row["trend"] or "-",
            row["status"].replace("_", " "),
        ]
        for row in rows
    ]
    month = rows[0]["period_start"]
    so_far = "" if rows[0]["is_complete"] else " (so far)"
    return [
        f"KPIs of {month:%B %Y}{so_far}",
        "",
        *table(["KPI", "value", "on month before", "trend", "status"], lines),
    ]


def quarantine_lines(connection):
    """Rows kept out of each raw table, by reason."""
    rows = rows_of(
        connection,
        """
        select table_name, reason, count(*) as rows
        from quality.quarantined_rows
        group by table_name, reason
        order by table_name, rows desc, reason
        """,
    )
    if rows is None:
        return []
    if not rows:
        return ["Quarantine: every raw row was sound"]
    lines = [
        [f"{row['table_name']}: {row['reason']}", f"{row['rows']:,}"] for row in rows
    ]
    total = sum(row["rows"] for row in rows)
    return [
        f"Quarantine: {total:,} raw rows kept out (quality.quarantined_rows)",
        "",
        *table(["raw table: reason", "rows"], lines),
    ]


def unmapped_lines(connection):
    """Channels that the channel map does not know."""
    rows = rows_of(
        connection,
        """
        select distinct channel
        from staging.stg_channel_spellings
        where not is_mapped
        order by channel
        """,
    )
    if not rows:
        return []
    names = ", ".join(row["channel"] for row in rows)
    return [f"Channels that seeds/channel_map.csv does not know: {names}"]


def summary(warehouse):
    """The whole summary of the DuckDB file `warehouse` as one text."""
    connection = duckdb.connect(warehouse, read_only=True)
    try:
        sections = [
            attribution_lines(connection),
            kpi_lines(connection),
            quarantine_lines(connection),
            unmapped_lines(connection),
        ]
    finally:
        connection.close()
    data = os.environ.get("INSIGHT_DATA", "demo/data")
    sections.append(
        [
            "Files",
            f"  raw data   {data}",
            f"  warehouse  {warehouse} (schemas marts, quality, staging)",
            "  docs       make docs",
        ]
    )
    rule = "-" * RULE_WIDTH
    blocks = ["\n".join(lines) for lines in sections if lines]
    return f"\n{rule}\n" + "\n\n".join(blocks) + f"\n{rule}"


def main():
    """Print the summary of the warehouse that INSIGHT_WAREHOUSE names."""
    warehouse = os.environ.get("INSIGHT_WAREHOUSE", "warehouse.duckdb")
    if not os.path.exists(warehouse):
        print(f"There is no {warehouse} yet: run `make build`.", file=sys.stderr)
        return 1
    print(summary(warehouse))
    return 0


if __name__ == "__main__":
    sys.exit(main())
