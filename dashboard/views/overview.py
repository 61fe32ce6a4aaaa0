"""KPI board, open alerts, freshness, and the record of the build."""

import streamlit as st

from dashboard import serving, ui

MONTHS_DRAWN = 13


def render():
    """Show the page."""
    ui.header("Overview", "How the business is doing, and what asks for attention.")
    board()
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("Open alerts")
        alerts()
    with right:
        st.header("How fresh the data are")
        freshness()
    st.header("Latest builds")
    builds()


def board():
    """KPI cards of one month."""
    if not serving.has_rows("marts.kpi_values"):
        ui.empty("marts.kpi_values")
        return
    months = serving.query(
        "select period_start, bool_and(is_complete) as is_complete"
        " from marts.kpi_values group by period_start order by period_start desc"
    )
    options = [f"{m:%Y-%m}" for m in months["period_start"]]
    complete = [
        f"{m:%Y-%m}"
        for m in months.loc[months["is_complete"].astype(bool), "period_start"]
    ]
    left, right = st.columns([1, 3])
    with left:
        chosen = ui.pick(
            "Month",
            options,
            "month",
            complete[0] if complete else options[0],
            ui.month_text,
        )
    start = f"{chosen}-01"
    known = serving.has("marts.kpi_definitions")
    rows = serving.query(
        "select kpi_values.*, kpi_definitions.warning_level,"
        " kpi_definitions.critical_level"
        " from marts.kpi_values left join marts.kpi_definitions using (kpi)"
        " where period_start = cast(? as date) order by display_order, kpi"
        if known
        else "select *, null as warning_level, null as critical_level"
        " from marts.kpi_values where period_start = cast(? as date) order by kpi",
        start,
    )
    with right:
        pills(rows)
    if chosen not in complete:
        ui.note("This month is not over: its figures still grow.")
    past = serving.query(
        "select kpi, period_start, value from marts.kpi_values"
        " where period_start <= cast(? as date) order by kpi, period_start",
        start,
    )
    history = {kpi: group.tail(MONTHS_DRAWN) for kpi, group in past.groupby("kpi")}
    informing = rows["status"] == "not_judged"
    ui.cards(
        kpi_card(row, history.get(row["kpi"]))
        for row in rows[~informing].to_dict("records")
    )
    if informing.any():
        st.header("For information")
        ui.cards(
            (
                kpi_card(row, history.get(row["kpi"]), quiet=True)
                for row in rows[informing].to_dict("records")
            ),
            "small",
        )
    with st.expander("All KPIs as a table"):
        ui.table(
            rows.assign(
                shown=[
                    ui.in_unit(v, u)
                    for v, u in zip(rows["value"], rows["unit"], strict=True)
                ],
                before=[
                    ui.in_unit(v, u)
                    for v, u in zip(rows["previous_value"], rows["unit"], strict=True)
                ],
            ),
            {
                "label": ui.text,
                "shown": ui.figures,
                "before": ui.figures,
                "change_pct": ui.pct,
                "trend": ui.name,
                "status": ui.name,
            },
            "kpi_values",
            "The download has every month.",
            labels={
                "label": "KPI",
                "shown": "Value",
                "before": "Month before",
                "change_pct": "Change",
            },
            source=("select * from marts.kpi_values order by kpi, period_start",),
            total=len(rows),
        )


def pills(rows):
    """How many KPIs stand where, the gravest first."""
    counts = rows["status"].value_counts()
    shown = []
    for status, words in (
        ("critical", "to act on"),
        ("warning", "to watch"),
        ("ok", "on track"),
        ("no_data", "without data"),
    ):
        if counts.get(status):
            _, ink, ground = ui.STATUS[status]
            shown.append(
                f'<span class="ie-pill" style="color:{ink};background:{ground}">'
                f"{counts[status]} {words}</span>"
            )
    st.html(f'<div class="ie-pills">{"".join(shown)}</div>')


def kpi_card(row, history, quiet=False):
    """One KPI: value, status, change, level and the line of its last months."""
    moved, good = row["change_pct"], None
    if not ui.is_missing(moved) and moved != 0 and row["status"] != "not_judged":
        good = (moved > 0) == (row["direction"] == "higher")
    detail = "" if ui.is_missing(row["value"]) else ui.change(moved, good)
    word, level = (
        ("act", row["critical_level"])
        if row["status"] == "critical"
        else ("watch", row["warning_level"])
    )
    if not ui.is_missing(level):
        side = "below" if row["direction"] == "higher" else "above"
        level = ui.escape(ui.in_unit(level, row["unit"]))
        detail += f"{'<br>' if detail else ''}{word} {side} {level}"
    spark = ""
    if history is not None and not quiet:
        known = history.dropna(subset="value")
        if len(known) > 1:
            first, last = known.iloc[0], known.iloc[-1]
            spark = ui.sparkline(
                history["value"].tolist(),
                label=f"{row['label']} from {ui.in_unit(first['value'], row['unit'])}"
                f" in {ui.month(first['period_start'])} to"
                f" {ui.in_unit(last['value'], row['unit'])}"
                f" in {ui.month(last['period_start'])}",
            )
    return ui.card(
        row["label"],
        ui.in_unit(row["value"], row["unit"]),
        detail,
        None if quiet else row["status"],
        spark,
    )


def alerts():
    """What is open, the gravest first."""
    if not serving.has("marts.alerts"):
        ui.empty("marts.alerts")
        return
    rows = serving.query(
        "select * from marts.alerts where is_open order by"
        " case severity when 'critical' then 0 when 'high' then 1"
        " when 'warning' then 2 else 3 end, first_seen_at desc, alert_id limit 8"
    )
    if rows.empty:
        ui.note("No alert is open.")
        return
    total = int(serving.value("select count(*) from marts.alerts where is_open"))
    st.html(
        "".join(
            f'<div class="ie-alert {ui.escape(row["severity"])}">'
            f"<b>{ui.escape(row['title'])}</b><span>"
            f"{ui.escape(ui.name(row['severity']))}"
            f" · {ui.escape(ui.name(row['source']))}"
            f" · since {ui.moment(row['first_seen_at'])}<br>"
            f"{ui.escape(row['detail'])}</span></div>"
            for row in rows.to_dict("records")
        )
    )
    if total > len(rows):
        ui.note(f"And {total - len(rows):,} more: in the download.")
    ui.csv(
        "open_alerts",
        "select * from marts.alerts where is_open order by first_seen_at, alert_id",
    )


def freshness():
    """The newest row of each raw table."""
    if not serving.has_rows("quality.quality_scores"):
        ui.empty("quality")
        return
    rows = serving.query(
        "select table_name, raw_rows, detail,"
        " nullif(regexp_extract(detail, '[0-9]{4}-[0-9]{2}-[0-9]{2}'), '') as newest"
        " from quality.quality_scores"
        " where dimension = 'timeliness' and table_name <> 'all_tables'"
        " order by display_order, table_name"
    )
    ui.table(
        rows,
        {
            "table_name": ui.name,
            "newest": ui.date,
            "raw_rows": ui.count,
        },
        "data_freshness",
        labels={"table_name": "Raw table", "raw_rows": "Rows", "newest": "Newest row"},
    )


def builds():
    """The builds that were published."""
    if not serving.has_rows("publication.builds"):
        ui.empty("record")
        return
    rows = serving.query(
        "select *, left(build_id, 8) as build, build_seconds / 60 as minutes"
        " from publication.builds order by published_at desc, build_id"
    )
    ui.table(
        rows,
        {
            "published_at": ui.moment,
            "built_at": ui.moment,
            "minutes": ui.number,
            "tables": ui.count,
            "total_rows": ui.count,
            "tests_passed": ui.count,
            "tests_warned": ui.count,
            "raw_data": str,
            "build": str,
        },
        "builds",
        labels={
            "published_at": "Published (UTC)",
            "built_at": "Built (UTC)",
            "total_rows": "Rows",
        },
        rows=5,
        source=(
            "select * from publication.builds order by published_at desc, build_id",
        ),
    )
