"""Segments, their strategies, how customers move, who may leave."""

import numpy as np
import streamlit as st

from dashboard import serving, ui

VIEWS = ["Segments", "Migration", "Cohorts", "At risk", "Choice of model"]
POINTS = 3000
# Segments from the best to the one that sleeps; names of your own come after.
ORDER = list(ui.SEGMENT_COLOURS)
NEW = "(first order)"


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


def in_order(segments):
    """Segments from the best to the worst, unknown names after them, new ones first."""
    known = {segment: place for place, segment in enumerate([NEW, *ORDER])}
    return sorted(set(segments), key=lambda s: (known.get(s, 99), s))


def segments():
    """Profiles with strategy, and a map of a sample of customers."""
    if not serving.has_rows("marts.segment_profiles"):
        ui.empty("customers")
        return
    rows = serving.query(
        "select * from marts.segment_profiles order by revenue_share desc, segment"
    )
    colours = {
        segment: ui.segment_colour(segment, place)
        for place, segment in enumerate(rows["segment"])
    }
    ui.cards(
        (
            ui.card(
                row["segment"],
                ui.count(row["customers"]),
                f"customers: {ui.share(row['customer_share'])} of all,"
                f" {ui.share(row['revenue_share'])} of revenue<br>"
                f"<b>{ui.escape(ui.prose(row['strategy']))}</b>",
                colour=colours[row["segment"]],
            )
            for row in rows.to_dict("records")
        ),
        "five",
    )
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.header("Segment map")
        segment_map(colours)
    with right:
        st.header("Customers and revenue")
        shares(rows, colours)
    st.header("Profiles")
    ui.table(
        rows,
        {
            "segment": ui.term,
            "customers": ui.count,
            "customer_share": ui.share,
            "revenue_share": ui.share,
            "avg_order_value": ui.usd,
            "orders_per_year": ui.number,
            "days_since_last_order": ui.count,
            "retention_rate": ui.share,
        },
        "segment_profiles",
        "Means of the customers of each segment. Retention: of those in the segment"
        " three months before, the share that ordered since.",
        labels={
            "customer_share": "Of customers",
            "revenue_share": "Of revenue",
            "avg_order_value": "Order value",
            "orders_per_year": "Orders a year",
            "days_since_last_order": "Days since order",
            "retention_rate": "Retention",
        },
    )


def segment_map(colours):
    """Customers by recency and spend: a fixed sample, each dot one of them."""
    if not (
        serving.has_rows("marts.customer_segments")
        and serving.has_rows("marts.customer_metrics")
    ):
        ui.empty("customers")
        return
    total = int(serving.value("select count(*) from marts.customer_segments"))
    # By hash: the same dots on every visit.
    bound = f"{min(16**8 - 1, int(16**8 * POINTS / max(total, 1))):08x}"
    points = serving.query(
        """
        with sample as (
            select customer_id, segment from marts.customer_segments
            where left(md5(customer_id), 8) <= ?
        )
        select segment, total_spend, days_since_last_order, total_orders
        from sample inner join marts.customer_metrics using (customer_id)
        where total_spend > 0
        order by customer_id
        """,
        bound,
    )
    fig = ui.figure(460, x_title="days since last order", y_title="total spend")
    for segment, colour in colours.items():
        part = points[points["segment"] == segment]
        fig.add_scattergl(
            x=part["days_since_last_order"],
            y=part["total_spend"],
            mode="markers",
            name=segment,
            marker={"size": 6, "opacity": 0.6, "color": colour},
            customdata=part["total_orders"],
            hovertemplate="%{customdata} orders, the last %{x} days ago,"
            " $%{y:,.0f} in all<extra>" + ui.escape(segment) + "</extra>",
        )
    fig.update_xaxes(zeroline=False, rangemode="nonnegative")
    fig.update_yaxes(type="log", dtick=1, tickprefix="$", tickformat=",~s")
    ui.chart(
        fig,
        "segment_map",
        f"A sample of {len(points):,} of {total:,} customers by recency and spend"
        " (logarithmic).",
    )


def shares(rows, colours):
    """Share of customers beside share of revenue."""
    shown = rows.iloc[::-1]
    fig = ui.figure(460)
    for column, title, strength in (
        ("revenue_share", "of revenue", "ff"),
        ("customer_share", "of customers", "66"),
    ):
        fig.add_bar(
            x=shown[column],
            y=shown["segment"],
            name=title,
            orientation="h",
            marker={"color": [colours[s] + strength for s in shown["segment"]]},
            text=[f"{ui.share(v)} {title}" for v in shown[column]],
            textposition="outside",
            textfont={"size": 12, "color": ui.INK},
            cliponaxis=False,
            showlegend=False,
            hovertemplate="%{y}: %{x:.1%} " + title + "<extra></extra>",
        )
    fig.update_layout(barmode="group", bargap=0.28, uniformtext={"minsize": 10})
    highest = max(rows["revenue_share"].max(), rows["customer_share"].max())
    fig.update_xaxes(tickformat=".0%", range=[0, 1.75 * highest])
    ui.chart(
        fig,
        "segment_shares",
        "What each segment is of the customers (pale) and of revenue (full).",
    )


def migration():
    """From which segment to which, in one month."""
    if not serving.has_rows("marts.segment_migration"):
        ui.empty("customers")
        return
    periods = serving.query(
        "select distinct period_start as p from marts.segment_migration order by p desc"
    )
    left, _ = st.columns([1, 3])
    with left:
        chosen = ui.pick(
            "Month", [ui.date(p) for p in periods["p"]], "period", form=ui.month
        )
    rows = serving.query(
        "select * from marts.segment_migration where period_start = cast(? as date)"
        " order by from_segment, to_segment",
        chosen,
    )
    moved = rows[
        (rows["from_segment"] != rows["to_segment"]) & (rows["from_segment"] != NEW)
    ]
    known = rows[rows["from_segment"] != NEW]
    ui.cards(
        [
            ui.card("Customers before the month", ui.count(known["customers"].sum())),
            ui.card("Of them changed segment", ui.count(moved["customers"].sum())),
            ui.card(
                "First order in the month",
                ui.count(rows.loc[rows["from_segment"] == NEW, "customers"].sum()),
            ),
        ]
    )
    grid = rows.pivot_table(
        index="from_segment",
        columns="to_segment",
        values="share_of_from_segment",
        aggfunc="sum",
    ).reindex(
        index=in_order(rows["from_segment"]), columns=in_order(rows["to_segment"])
    )
    heat(
        grid,
        "migration",
        "segment before",
        "segment after",
        f"Where the customers of each segment stood after {ui.month(chosen)}; every row"
        " adds up to 100 %.",
        texts=[[cell(v, 1) for v in line] for line in grid.to_numpy(dtype=float)],
    )
    ui.table(
        rows.sort_values(["customers", "from_segment", "to_segment"], ascending=False),
        {
            "from_segment": ui.text,
            "to_segment": ui.text,
            "customers": ui.count,
            "share_of_from_segment": ui.share,
        },
        "segment_migration",
        labels={"share_of_from_segment": "Share of the segment before"},
    )


def cell(value, decimals=0):
    """A share as the text of a heat map's cell; nothing for none."""
    return "" if np.isnan(value) else ui.share(value, decimals).removesuffix(" %")


def heat(grid, key, row_title, column_title, says, height=None, texts=None, top=None):
    """A heat map of shares."""
    fig = ui.figure(
        height or 150 + 48 * len(grid), x_title=column_title, y_title=row_title
    )
    values = grid.to_numpy(dtype=float)
    fig.add_heatmap(
        z=values,
        x=[str(c) for c in grid.columns],
        y=[str(i) for i in grid.index],
        zmin=0,
        zmax=top or max(float(np.nanmax(values, initial=0)), 0.01),
        colorscale=[[0, "#f1f4fd"], [0.5, "#8ea4ea"], [1, "#1d348f"]],
        text=texts,
        texttemplate="%{text}" if texts else None,
        hovertemplate="%{y} → %{x}: %{z:.1%}<extra></extra>",
        showscale=False,
        xgap=2,
        ygap=2,
    )
    fig.update_xaxes(type="category", showgrid=False)
    fig.update_yaxes(autorange="reversed", type="category", showgrid=False)
    ui.chart(fig, key, says)


def cohorts():
    """Who of each month's first buyers ordered again."""
    if not serving.has_rows("marts.retention_cohorts"):
        ui.empty("customers")
        return
    rows = serving.query(
        "select * from marts.retention_cohorts order by cohort_month,"
        " months_since_first_order"
    )
    later = rows[
        (rows["months_since_first_order"] > 0) & rows["is_complete"].astype(bool)
    ]
    if later.empty:
        ui.note("No month after a first order is over yet.")
        return
    by_age = later.groupby("months_since_first_order")[
        ["customers", "active_customers"]
    ].sum()
    ui.cards(
        ui.card(
            f"Ordered {age} month{'s' if age > 1 else ''} after the first",
            ui.share(
                by_age.loc[age, "active_customers"] / by_age.loc[age, "customers"]
            ),
            f"of {ui.count(by_age.loc[age, 'customers'])} customers",
        )
        for age in (1, 3, 6, 12)
        if age in by_age.index
    )
    grid = later.pivot_table(
        index="cohort_month",
        columns="months_since_first_order",
        values="retention_rate",
    )
    values = grid.to_numpy(dtype=float)
    grid.index = [ui.month(m) for m in grid.index]
    heat(
        grid,
        "cohorts",
        "first order in",
        "months since the first order",
        "Share of each month's new customers (in %) who ordered in a later month;"
        " months that are not over are left out. The deepest blue stands for the"
        " highest tenth.",
        height=170 + 25 * len(grid),
        texts=[[cell(v) for v in line] for line in values],
        top=float(np.nanquantile(values, 0.9)) or 0.01,
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
        labels={
            "cohort_month": "First order in",
            "months_since_first_order": "Months since",
            "active_customers": "Ordered",
            "retention_rate": "Retention",
        },
        rows=13,
    )


def at_risk():
    """Customers who may not order again soon, dearest first."""
    if not serving.has_rows("marts.churn_risk"):
        ui.empty("customers")
        return
    with_segment = serving.has_rows("marts.customer_segments")
    with_metrics = serving.has_rows("marts.customer_metrics")
    segment = "all"
    if with_segment:
        found = serving.query(
            "select distinct segment as s from marts.customer_segments"
        )["s"]
        left, _ = st.columns([1, 3])
        with left:
            segment = ui.pick("Segment", ["all", *in_order(found)], "segment")
    source = "marts.churn_risk"
    if with_segment:
        source += (
            " left join (select customer_id, segment from marts.customer_segments)"
            " using (customer_id)"
        )
    given = [] if segment == "all" else [segment]
    where = "is_at_risk" + (" and segment = ?" if given else "")
    total = serving.query(
        "select count(*) as n, sum(expected_value_at_risk) as v,"
        " avg(churn_probability) as p, max(horizon_ends_on) as until"
        f" from {source} where {where}",
        *given,
    ).iloc[0]
    ui.cards(
        [
            ui.card("At-risk customers", ui.count(total["n"])),
            ui.card(
                "Expected value at risk",
                ui.usd(total["v"]),
                f"spend to be lost by {ui.date(total['until'])}",
            ),
            ui.card("Mean risk of no order", ui.share(total["p"])),
        ]
    )
    listing = (
        "select churn_risk.*"
        + (", segment" if with_segment else "")
        + (
            ", total_orders, total_spend, days_since_last_order, last_order_date"
            if with_metrics
            else ""
        )
        + f" from {source}"
        + (
            " left join (select customer_id, total_orders, total_spend,"
            " days_since_last_order, last_order_date from marts.customer_metrics)"
            " using (customer_id)"
            if with_metrics
            else ""
        )
        + f" where {where}"
        " order by expected_value_at_risk desc nulls last, customer_id"
    )
    formats = {"customer_id": str}
    if with_segment:
        formats["segment"] = ui.text
    formats |= {"churn_probability": ui.share, "expected_value_at_risk": ui.usd}
    if with_metrics:
        formats |= {
            "total_orders": ui.count,
            "total_spend": ui.usd,
            "days_since_last_order": ui.count,
            "last_order_date": ui.date,
        }
    ui.table(
        serving.query(f"{listing} limit 40", *given),
        formats,
        "at_risk_customers",
        "Highest value at risk first.",
        labels={
            "churn_probability": "Risk of no order",
            "expected_value_at_risk": "Value at risk",
            "days_since_last_order": "Days since order",
            "last_order_date": "Last order",
        },
        rows=40,
        source=(listing, *given),
        total=int(total["n"]),
        bars={"churn_probability": "#fbe3d0"},
    )


def candidates():
    """How the segmentation was chosen."""
    if not serving.has_rows("marts.clustering_comparison"):
        ui.empty("customers")
        return
    rows = serving.query(
        "select * from marts.clustering_comparison order by is_selected desc,"
        " silhouette desc nulls last, method, parameters"
    )
    ui.table(
        rows,
        {
            "parameters": ui.term,
            "method": ui.term,
            "is_selected": ui.chosen,
            "clusters": ui.count,
            "silhouette": ui.number3,
            "davies_bouldin": ui.number3,
            "calinski_harabasz": ui.count,
            "noise_share": ui.share,
            "smallest_cluster_share": ui.share,
            "stability_ari": ui.number3,
            "rejection_reason": ui.prose,
        },
        "clustering_comparison",
        "Candidates and why one was taken. Silhouette and stability: the more the"
        " better; Davies–Bouldin: the less the better.",
        labels={
            "is_selected": "Choice",
            "smallest_cluster_share": "Smallest",
            "stability_ari": "Stability",
            "rejection_reason": "Why not",
        },
    )
