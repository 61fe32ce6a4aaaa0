"""KPI board, open alerts, freshness."""

import streamlit as st

from dashboard import serving, ui


def render():
    """Show the page."""
    ui.header("Overview", "How the business is doing, and what asks for attention.")
    board()
    st.header("Open alerts")
    alerts()
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
    left, _ = st.columns([1, 3])
    with left:
        chosen = ui.pick(
            "Month", options, "month", complete[0] if complete else options[0], str
        )
    if chosen not in complete:
        ui.note("This month is not over: its figures still grow.")
    start = f"{chosen}-01"
    rows = serving.query(
        "select kpi_values.*, kpi_definitions.display_order"
        " from marts.kpi_values left join marts.kpi_definitions using (kpi)"
        " where period_start = cast(? as date) order by display_order, kpi"
        if serving.has("marts.kpi_definitions")
        else "select * from marts.kpi_values where period_start = cast(? as date)"
        " order by kpi",
        start,
    )
    past = serving.query(
        "select kpi, value from marts.kpi_values"
        " where period_start <= cast(? as date) order by kpi, period_start",
        start,
    )
    series = {kpi: group["value"].tolist()[-13:] for kpi, group in past.groupby("kpi")}
    items = []
    for row in rows.to_dict("records"):
        moved = row["change_pct"]
        good = None
        if not ui.is_missing(moved) and moved != 0 and row["status"] != "not_judged":
            good = (moved > 0) == (row["direction"] == "higher")
        items.append(
            ui.card(
                row["label"],
                ui.in_unit(row["value"], row["unit"]),
                "" if ui.is_missing(row["value"]) else ui.change(moved, good),
                row["status"],
                ui.sparkline(
                    series.get(row["kpi"], []),
                    label=f"{row['label']}, last 13 months to {chosen}",
                ),
            )
        )
    ui.cards(items)
    with st.expander("KPI table"):
        history = serving.query(
            "select * from marts.kpi_values order by kpi, period_start"
        )
        ui.table(
            rows.assign(
                shown=[
                    ui.in_unit(v, u)
                    for v, u in zip(rows["value"], rows["unit"], strict=True)
                ]
            ),
            {
                "label": ui.text,
                "shown": str,
                "change_pct": ui.pct,
                "trend": ui.text,
                "status": ui.text,
            },
            "kpi_values",
            labels={"shown": "value", "change_pct": "on month before"},
            download=history,
        )


def alerts():
    """What is open, the gravest first."""
    if not serving.has("marts.alerts"):
        ui.empty("marts.alerts")
        return
    rows = serving.query(
        "select * from marts.alerts where is_open order by"
        " case severity when 'critical' then 0 when 'high' then 1"
        " when 'warning' then 2 else 3 end, first_seen_at desc, alert_id"
    )
    if rows.empty:
        ui.note("No alert is open.")
        return
    st.html(
        "".join(
            f'<div class="ie-alert {ui.escape(row["severity"])}">'
            f"<b>{ui.escape(row['title'])}</b><span>"
            f"{ui.escape(ui.text(row['severity']))}"
            f" · {ui.escape(ui.text(row['source']))}"
            f" · since {ui.moment(row['first_seen_at'])}<br>"
            f"{ui.escape(row['detail'])}</span></div>"
            for row in rows.head(12).to_dict("records")
        )
    )
    if len(rows) > 12:
        ui.note(f"And {len(rows) - 12:,} more: in the download.")
    ui.csv(rows, "open_alerts")


def builds():
    """The builds that were published."""
    if not serving.has_rows("publication.builds"):
        ui.note("This file has no record of its build.")
        return
    ui.table(
        serving.query("select * from publication.builds order by published_at desc"),
        {
            "built_at": ui.moment,
            "published_at": ui.moment,
            "tables": ui.count,
            "total_rows": ui.count,
            "tests_passed": ui.count,
            "tests_warned": ui.count,
            "raw_data": str,
            "build_id": str,
        },
        "builds",
        rows=5,
    )
