"""Which orders will come back, why, and from which risk on to act."""

import streamlit as st

from dashboard import serving, ui


def render():
    """Show the page."""
    ui.header("Returns", "Which orders will come back, why, and when it pays to act.")
    if not serving.has_rows("marts.return_predictions"):
        ui.empty("returns")
        return
    threshold()
    left, right = st.columns(2)
    with left:
        importance()
    with right:
        calibration()
    order()
    metrics()


def threshold():
    """What acting from a risk on would have caught on orders not learnt from."""
    st.header("From which risk on to act")
    level = ui.slide(
        "Act on orders with a return risk of at least", 0.0, 1.0, 0.3, "risk"
    )
    row = serving.query(
        """
        select
            count(*) as orders,
            count(*) filter (where return_probability >= ?) as flagged,
            count(*) filter (where was_returned) as returned,
            count(*) filter (where was_returned and return_probability >= ?) as caught,
            sum(expected_return_cost) filter (where return_probability >= ?) as cost
        from marts.return_predictions where data_split = 'test'
        """,
        level,
        level,
        level,
    ).iloc[0]
    ui.cards(
        [
            ui.card(
                "Orders to act on",
                ui.count(row["flagged"]),
                f"of {ui.count(row['orders'])} held-out orders",
            ),
            ui.card(
                "Of them returned",
                ui.share(row["caught"] / row["flagged"] if row["flagged"] else None),
                "precision",
            ),
            ui.card(
                "Returns caught",
                ui.share(row["caught"] / row["returned"] if row["returned"] else None),
                "recall",
            ),
            ui.card("Expected cost of these", ui.usd(row["cost"])),
        ]
    )
    for table in ("marts.return_thresholds", "marts.return_intervention_thresholds"):
        if serving.has_rows(table):
            ui.csv(serving.query(f"select * from {table}"), table.split(".")[1])


def importance():
    """What moves the model."""
    st.header("What drives the risk")
    if not serving.has_rows("marts.return_feature_importance"):
        ui.empty("returns")
        return
    rows = serving.query(
        "select * from marts.return_feature_importance order by importance_rank desc"
    )
    fig = ui.figure(90 + 34 * len(rows))
    fig.add_bar(
        x=rows["mean_abs_shap"],
        y=[ui.text(f) for f in rows["feature"]],
        orientation="h",
        marker_color=ui.ACCENT,
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
    ui.chart(
        fig, "importance", "Mean absolute contribution to the log-odds of a return."
    )
    ui.csv(rows, "return_feature_importance")


def calibration():
    """Whether 30 % means 30 %."""
    st.header("Does the risk hold?")
    rows = serving.query(
        """
        with bins as (
            select *, least(floor(return_probability * 10), 9) as bin
            from marts.return_predictions where data_split = 'test'
        )
        select bin, count(*) as orders, avg(return_probability) as predicted,
            avg(case when was_returned then 1.0 else 0.0 end) as observed
        from bins group by bin order by bin
        """
    )
    fig = ui.figure(380)
    fig.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="perfect",
        line={"color": "#b9c2d6", "dash": "dot"},
    )
    fig.add_scatter(
        x=rows["predicted"],
        y=rows["observed"],
        mode="lines+markers",
        name="held-out orders",
        line={"color": ui.ACCENT},
        customdata=rows["orders"],
        hovertemplate="predicted %{x:.1%}, returned %{y:.1%},"
        " %{customdata:,} orders<extra></extra>",
    )
    fig.update_xaxes(tickformat=".0%", title="predicted")
    fig.update_yaxes(tickformat=".0%", title="returned")
    ui.chart(
        fig, "calibration", "Predicted against observed, on orders not learnt from."
    )
    ui.csv(rows, "return_calibration")


def order():
    """Why one order is at risk."""
    st.header("Why this order")
    risky = serving.query(
        "select * from marts.return_predictions where data_split = 'open'"
        " order by return_probability desc, order_id limit 200"
    )
    if risky.empty or not serving.has_rows("marts.return_reasons"):
        ui.note("No order is open, or no reasons were built.")
        return
    left, _ = st.columns([1, 2])
    with left:
        chosen = ui.pick(
            "Open order, highest risk first", risky["order_id"], "order", form=str
        )
    rows = serving.query(
        "select * from marts.return_reasons where order_id = ? order by reason_rank",
        str(chosen),
    )
    if rows.empty:
        ui.note("No reasons for this order.")
    else:
        shown = rows.iloc[::-1]
        fig = ui.figure(90 + 40 * len(rows))
        fig.add_bar(
            x=shown["shap_value"],
            y=[
                f"{ui.text(f)} = {v}"
                for f, v in zip(shown["feature"], shown["feature_value"], strict=True)
            ],
            orientation="h",
            marker_color=[ui.BAD if v > 0 else ui.GOOD for v in shown["shap_value"]],
        )
        ui.chart(fig, "reasons", "Red raises the risk of this order, green lowers it.")
    ui.table(
        risky,
        {
            "order_id": str,
            "return_probability": ui.share,
            "expected_return_cost": ui.usd,
        },
        "open_orders_by_risk",
        rows=15,
    )


def metrics():
    """How good the model is beside the simple ones."""
    if not serving.has_rows("marts.model_metrics"):
        return
    st.header("How good the models are")
    rows = serving.query(
        "select * from marts.model_metrics order by model_name, candidate, data_split,"
        " metric"
    )
    ui.table(
        rows,
        {
            "model_name": ui.text,
            "candidate": ui.text,
            "data_split": ui.text,
            "metric": ui.text,
            "value": lambda v: ui.number(v, 3),
        },
        "model_metrics",
        rows=40,
    )
