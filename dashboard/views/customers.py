"""Segments, their strategies, how customers move, who may leave."""

import streamlit as st

from dashboard import serving, ui

VIEWS = ["Segments", "Migration", "Cohorts", "At risk", "Choice of model"]
POINTS = 3000


def render():
    """Show the page."""
    ui.header("Customers", "Who they are, how they move, and who may be leaving.")
    shown = ui.view(VIEWS)
    {
        "Segments": segments,
        "Migration": migration,
        "Cohorts": cohorts,
        "At risk": at_risk,
        "Choice of model": candidates,
    }[shown]()


def segments():
    """Profiles with strategy, and a map of a sample of customers."""
    if not serving.has_rows("marts.segment_profiles"):
        ui.empty("customers")
        return
    rows = serving.query(
        "select * from marts.segment_profiles order by revenue_share desc, segment"
    )
    ui.cards(
        [
            ui.card(
                row["segment"],
                f"{ui.count(row['customers'])} customers",
                f"{ui.share(row['customer_share'])} of customers,"
                f" {ui.share(row['revenue_share'])} of revenue<br>"
                f"{ui.escape(row['strategy'])}",
            )
            for row in rows.to_dict("records")
        ]
    )
    if serving.has_rows("marts.customer_segments") and serving.has_rows(
        "marts.customer_metrics"
    ):
        st.header("Segment map")
        total = int(
            serving.query("select count(*) as n from marts.customer_segments")["n"][0]
        )
        # A fixed sample by hash: the same dots on every visit.
        bound = f"{min(16**8 - 1, int(16**8 * POINTS / max(total, 1))):08x}"
        points = serving.query(
            """
            with sample as (
                select customer_id, segment from marts.customer_segments
                where left(md5(customer_id), 8) <= ?
            )
            select segment, total_spend, days_since_last_order, total_orders
            from sample inner join marts.customer_metrics using (customer_id)
            order by segment
            """,
            bound,
        )
        fig = ui.figure(460)
        for place, name in enumerate(rows["segment"]):
            part = points[points["segment"] == name]
            fig.add_scattergl(
                x=part["days_since_last_order"],
                y=part["total_spend"],
                mode="markers",
                name=name,
                marker={
                    "size": 6,
                    "opacity": 0.6,
                    "color": ui.PALETTE[place % len(ui.PALETTE)],
                },
                hovertemplate="%{x} days ago, $%{y:,.0f} in all<extra>"
                + ui.escape(name)
                + "</extra>",
            )
        fig.update_xaxes(title="days since last order")
        fig.update_yaxes(title="total spend", type="log", tickprefix="$")
        ui.chart(
            fig,
            "segment_map",
            f"A sample of {len(points):,} of {total:,} customers by recency and spend.",
        )
    st.header("Profiles")
    ui.table(
        rows,
        {
            "segment": ui.text,
            "customers": ui.count,
            "customer_share": ui.share,
            "revenue_share": ui.share,
            "avg_order_value": ui.usd,
            "orders_per_year": ui.number,
            "days_since_last_order": ui.count,
            "retention_rate": ui.share,
        },
        "segment_profiles",
    )


def migration():
    """From which segment to which, in one period."""
    if not serving.has_rows("marts.segment_migration"):
        ui.empty("customers")
        return
    periods = serving.query(
        "select distinct period_start as p from marts.segment_migration order by p desc"
    )
    left, _ = st.columns([1, 3])
    with left:
        chosen = ui.pick("Period", [ui.date(p) for p in periods["p"]], "period")
    rows = serving.query(
        "select * from marts.segment_migration where period_start = cast(? as date)"
        " order by from_segment, to_segment",
        chosen,
    )
    grid = rows.pivot_table(
        index="from_segment",
        columns="to_segment",
        values="share_of_from_segment",
        aggfunc="sum",
    )
    heat(grid, "migration", "from", "to", "Share of each segment that moved to another")
    ui.table(
        rows,
        {
            "from_segment": ui.text,
            "to_segment": ui.text,
            "customers": ui.count,
            "share_of_from_segment": ui.share,
        },
        "segment_migration",
    )


def heat(grid, name, row_title, column_title, says, height=None, show_text=True):
    """A heat map of shares."""
    fig = ui.figure(height or 140 + 44 * len(grid))
    fig.add_heatmap(
        z=grid.to_numpy(dtype=float),
        x=[str(c) for c in grid.columns],
        y=[str(i) for i in grid.index],
        colorscale=[[0, "#f1f4fd"], [0.5, "#8ea4ea"], [1, "#1d348f"]],
        texttemplate="%{z:.0%}" if show_text else None,
        hovertemplate="%{y} → %{x}: %{z:.1%}<extra></extra>",
        colorbar={"tickformat": ".0%", "thickness": 10},
        xgap=2,
        ygap=2,
    )
    fig.update_xaxes(title=column_title, type="category")
    fig.update_yaxes(title=row_title, autorange="reversed", type="category")
    ui.chart(fig, name, says)


def cohorts():
    """Who of each month's first buyers ordered again."""
    if not serving.has_rows("marts.retention_cohorts"):
        ui.empty("customers")
        return
    rows = serving.query(
        "select * from marts.retention_cohorts order by cohort_month,"
        " months_since_first_order"
    )
    later = rows[rows["months_since_first_order"] > 0]
    grid = later.pivot_table(
        index="cohort_month",
        columns="months_since_first_order",
        values="retention_rate",
    )
    grid.index = [ui.month(m) for m in grid.index]
    heat(
        grid,
        "cohorts",
        "first order in",
        "months since",
        "Share of each month's new customers who ordered in a later month. The newest"
        " months are not over.",
        height=180 + 24 * len(grid),
        show_text=False,
    )
    ui.table(
        rows,
        {
            "cohort_month": ui.month,
            "months_since_first_order": ui.count,
            "customers": ui.count,
            "active_customers": ui.count,
            "retention_rate": ui.share,
            "revenue": ui.usd,
        },
        "retention_cohorts",
        rows=24,
    )


def at_risk():
    """Customers who may not order again soon, dearest first."""
    if not serving.has_rows("marts.churn_risk"):
        ui.empty("customers")
        return
    with_segment = serving.has_rows("marts.customer_segments")
    chosen = None
    if with_segment:
        names = serving.query(
            "select distinct segment as s from marts.customer_segments order by s"
        )
        left, _ = st.columns([1, 3])
        with left:
            chosen = ui.pick("Segment", ["all", *names["s"]], "segment")
    source = "marts.churn_risk" + (
        " left join (select customer_id, segment from marts.customer_segments)"
        " using (customer_id)"
        if with_segment
        else ""
    )
    condition = "is_at_risk" + (
        " and segment = ?" if chosen and chosen != "all" else ""
    )
    given = [chosen] if chosen and chosen != "all" else []
    total = serving.query(
        f"select count(*) as n, sum(expected_value_at_risk) as v from {source}"
        f" where {condition}",
        *given,
    ).iloc[0]
    ui.cards(
        [
            ui.card("At-risk customers", ui.count(total["n"])),
            ui.card("Expected value at risk", ui.usd(total["v"])),
        ]
    )
    rows = serving.query(
        f"select * from {source} where {condition}"
        " order by expected_value_at_risk desc nulls last, customer_id limit 100000",
        *given,
    )
    formats = {
        "customer_id": str,
        "churn_probability": ui.share,
        "expected_value_at_risk": ui.usd,
    }
    if with_segment:
        formats["segment"] = ui.text
    ui.table(
        rows, formats, "at_risk_customers", "Highest value at risk first.", rows=40
    )


def candidates():
    """How the segmentation was chosen."""
    if not serving.has_rows("marts.clustering_comparison"):
        ui.empty("customers")
        return
    ui.table(
        serving.query(
            "select * from marts.clustering_comparison order by is_selected desc,"
            " silhouette desc nulls last, method, parameters"
        ),
        {
            "method": ui.text,
            "parameters": str,
            "is_selected": lambda v: "chosen" if v else "",
            "clusters": ui.count,
            "silhouette": ui.number,
            "davies_bouldin": ui.number,
            "calinski_harabasz": ui.count,
            "noise_share": ui.share,
            "stability_ari": ui.number,
        },
        "clustering_comparison",
        labels={"is_selected": "choice", "stability_ari": "stability"},
    )
