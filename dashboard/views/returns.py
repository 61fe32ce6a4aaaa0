"""Which orders will come back, why, and from which risk on to act."""

import streamlit as st

from dashboard import serving, ui

VIEWS = ["Risk and cost", "Drivers", "Orders", "Model quality"]
PREDICTIONS = "marts.return_predictions"
THRESHOLDS = "marts.return_thresholds"
OFFERED = 100


def render():
    """Show the page."""
    ui.header("Returns", "Which orders will come back, why, and when it pays to act.")
    if not serving.has_rows(PREDICTIONS):
        ui.empty("returns")
        return
    if serving.value(f"select count(return_probability) from {PREDICTIONS}") == 0:
        ui.empty("scores")
        return
    shown = ui.view(VIEWS)
    {
        "Risk and cost": threshold,
        "Drivers": importance,
        "Orders": orders,
        "Model quality": model_quality,
    }[shown]()


def waiting():
    """SQL that keeps the orders that can still come back."""
    return "data_split = 'open' and not coalesce(is_back_already, false)"


def threshold():
    """What acting from a risk on would have caught on orders not learnt from."""
    totals = serving.query(
        f"""
        select
            count(*) filter (where {waiting()}) as open,
            avg(return_probability) filter (where {waiting()}) as open_risk,
            sum(expected_return_cost) filter (where {waiting()}) as open_cost,
            count(*) filter (where data_split = 'test') as tested
        from {PREDICTIONS}
        """
    ).iloc[0]
    ui.cards(
        [
            ui.card("Open orders", ui.count(totals["open"]), "can still come back"),
            ui.card("Their mean risk", ui.share(totals["open_risk"])),
            ui.card("Expected return cost", ui.usd(totals["open_cost"])),
        ]
    )
    st.header("From which risk on to act")
    if not totals["tested"]:
        ui.note("No held-out order to judge a threshold on.")
        return
    left, _ = st.columns([2, 1])
    with left:
        level = ui.slide(
            "Act on orders with a return risk of at least",
            0.0,
            1.0,
            cheapest(0.3),
            "risk",
        )
    row = serving.query(
        f"""
        select
            count(*) as orders,
            count(*) filter (where return_probability >= ?) as flagged,
            count(*) filter (where was_returned) as returned,
            count(*) filter (where was_returned and return_probability >= ?) as caught
        from {PREDICTIONS} where data_split = 'test'
        """,
        level,
        level,
    ).iloc[0]
    now = serving.query(
        "select count(*) as orders, sum(expected_return_cost) as cost"
        f" from {PREDICTIONS} where {waiting()} and return_probability >= ?",
        level,
    ).iloc[0]
    ui.cards(
        [
            ui.card(
                "Orders to act on",
                ui.share(row["flagged"] / row["orders"]),
                f"{ui.count(row['flagged'])} of {ui.count(row['orders'])} held-out"
                " orders",
            ),
            ui.card(
                "Of them returned",
                ui.share(row["caught"] / row["flagged"] if row["flagged"] else None),
                "precision",
            ),
            ui.card(
                "Returns caught",
                ui.share(row["caught"] / row["returned"] if row["returned"] else None),
                f"recall: {ui.count(row['caught'])} of {ui.count(row['returned'])}",
            ),
            ui.card(
                "Open orders above it now",
                ui.count(now["orders"]),
                f"{ui.usd(now['cost'])} expected return cost",
            ),
        ]
    )
    costs(level)
    trade_off(level)


def trade_off(level):
    """Precision and recall over every threshold."""
    rows = serving.query(
        f"""
        with bins as (
            select least(floor(return_probability * 50), 49) / 50 as risk,
                count(*) as orders,
                count(*) filter (where was_returned) as returned
            from {PREDICTIONS} where data_split = 'test' group by risk
        )
        select risk,
            sum(orders) over above as flagged,
            sum(returned) over above as caught,
            sum(returned) over () as all_returned
        from bins
        window above as (
            order by risk rows between current row and unbounded following
        )
        order by risk
        """
    )
    fig = ui.figure(360, x_title="act from this risk on")
    for title, values, colour in (
        ("Of them returned (precision)", rows["caught"] / rows["flagged"], ui.ACCENT),
        (
            "Returns caught (recall)",
            rows["caught"] / rows["all_returned"].where(rows["all_returned"] > 0),
            ui.PALETTE[2],
        ),
    ):
        fig.add_scatter(
            x=rows["risk"],
            y=values,
            mode="lines+markers",
            name=title,
            marker={"size": 5},
            line={"color": colour, "width": 2.2},
            hovertemplate="from %{x:.0%} on: %{y:.1%}<extra>" + title + "</extra>",
        )
    fig.add_vline(x=level, line={"color": ui.MUTED, "dash": "dot"})
    fig.update_xaxes(tickformat=".0%")
    fig.update_yaxes(tickformat=".0%", rangemode="tozero")
    ui.chart(
        fig,
        "trade_off",
        "The higher the threshold, the surer and the fewer; measured on orders that no"
        " model learned from.",
    )


def cheapest(otherwise):
    """The threshold at which acting costs least, where a mart says so."""
    if not serving.has_rows(THRESHOLDS):
        return otherwise
    found = serving.value(f"select min(threshold) from {THRESHOLDS} where is_cheapest")
    return otherwise if ui.is_missing(found) else min(float(found), 1.0)


def costs(level):
    """What acting costs and saves by threshold, where a mart says so."""
    if not serving.has_rows(THRESHOLDS):
        ui.empty("costs")
        return
    rows = serving.query(f"select * from {THRESHOLDS} order by threshold")
    here = rows.iloc[(rows["threshold"] - level).abs().argmin()]
    best = rows[rows["is_cheapest"].astype(bool)].iloc[0]
    never = rows.iloc[-1]
    ui.cards(
        [
            ui.card(
                "Cost of acting from here on",
                ui.usd(here["intervention_cost"]),
                f"on {ui.count(here['orders_acted_on'])} held-out orders",
            ),
            ui.card("Returns would then cost", ui.usd(here["expected_return_cost"])),
            ui.card(
                "In all",
                ui.usd(here["expected_total_cost"]),
                f"{ui.usd(never['expected_total_cost'])} without acting",
            ),
            ui.card(
                "Cheapest threshold",
                ui.share(best["threshold"], 0)
                if best["threshold"] <= 1
                else "never act",
                f"{ui.usd(best['expected_total_cost'])} in all",
            ),
        ]
    )
    fig = ui.figure(360, x_title="act from this risk on", y_title="cost in all")
    for column, title, style in (
        ("expected_total_cost", "Expected", {"color": ui.ACCENT, "width": 2.4}),
        (
            "realised_total_cost",
            "With the returns that came",
            {"color": ui.QUIET, "width": 2, "dash": "dot"},
        ),
    ):
        fig.add_scatter(
            x=rows["threshold"],
            y=rows[column],
            mode="lines",
            name=title,
            line=style,
            hovertemplate="from %{x:.0%} on: $%{y:,.0f}<extra>" + title + "</extra>",
        )
    fig.add_vline(x=level, line={"color": ui.MUTED, "dash": "dot"})
    fig.add_scatter(
        x=[best["threshold"]],
        y=[best["expected_total_cost"]],
        mode="markers",
        name="Cheapest",
        marker={"size": 11, "color": ui.GOOD},
        hovertemplate="cheapest: from %{x:.0%} on<extra></extra>",
    )
    fig.update_xaxes(tickformat=".0%")
    fig.update_yaxes(**ui.axis_of("usd"))
    ui.chart(
        fig,
        "costs",
        "Interventions and returns together, on the held-out orders, by the risk from"
        " which one acts. What acting costs and prevents is set in vars.yml.",
    )
    ui.csv("return_thresholds", f"select * from {THRESHOLDS} order by threshold")


def importance():
    """What moves the model."""
    st.header("What drives the risk")
    table = "marts.return_feature_importance"
    if not serving.has_rows(table):
        ui.empty("reasons")
        return
    rows = serving.query(f"select * from {table} order by importance_rank, feature")
    shown = rows.head(20).iloc[::-1]
    fig = ui.figure(100 + 34 * len(shown), x_title="mean effect on the log-odds")
    fig.add_bar(
        x=shown["mean_abs_shap"],
        y=[ui.name(f) for f in shown["feature"]],
        orientation="h",
        marker_color=ui.ACCENT,
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
    ui.chart(
        fig,
        "importance",
        "How far each feature moves the risk of an order up or down, in the mean over"
        " orders (absolute SHAP values, log-odds).",
    )
    ui.table(
        rows,
        {
            "importance_rank": ui.count,
            "feature": ui.name,
            "mean_abs_shap": ui.number3,
        },
        "return_feature_importance",
        labels={"importance_rank": "Rank", "mean_abs_shap": "Mean effect, log-odds"},
    )


def orders():
    """Open orders by risk, and why one of them is at risk."""
    total = int(serving.value(f"select count(*) from {PREDICTIONS} where {waiting()}"))
    listing = (
        "select order_id, return_probability, expected_return_cost"
        f" from {PREDICTIONS} where {waiting()}"
        " order by return_probability desc, order_id"
    )
    risky = serving.query(f"{listing} limit {OFFERED}")
    if risky.empty:
        ui.note("No order is open: every return window is over.")
        return
    st.header("Why this order")
    options = risky["order_id"].astype(str).tolist()
    asked = st.query_params.get("order")
    if asked and asked not in options:
        known = serving.query(
            f"select order_id from {PREDICTIONS} where order_id = ?", asked
        )
        options += known["order_id"].astype(str).tolist()
    left, _ = st.columns([1, 1])
    with left:
        chosen = ui.pick("Open order, highest risk first", options, "order", form=str)
    reasons(chosen)
    st.header("Open orders by risk")
    ui.table(
        risky,
        {
            "order_id": ui.term,
            "return_probability": ui.share,
            "expected_return_cost": ui.usd,
        },
        "open_orders_by_risk",
        labels={
            "order_id": "Order",
            "return_probability": "Risk of return",
            "expected_return_cost": "Expected cost",
        },
        rows=25,
        source=(
            f"select * from {PREDICTIONS} where {waiting()}"
            " order by return_probability desc, order_id",
        ),
        total=total,
        bars={"return_probability": "#fbe3d0"},
    )


def reasons(order_id):
    """What raises and lowers the risk of one order."""
    if not serving.has_rows("marts.return_reasons"):
        ui.empty("reasons")
        return
    order = serving.query(
        "select return_probability, expected_return_cost"
        f" from {PREDICTIONS} where order_id = ?",
        order_id,
    ).iloc[0]
    ui.cards(
        [
            ui.card("Risk of return", ui.share(order["return_probability"])),
            ui.card("Expected cost", ui.usd(order["expected_return_cost"])),
        ]
    )
    rows = serving.query(
        "select * from marts.return_reasons where order_id = ? order by reason_rank",
        order_id,
    )
    if rows.empty:
        ui.note("No reasons for this order.")
        return
    shown = rows.iloc[::-1]
    fig = ui.figure(110 + 40 * len(rows), x_title="effect on the log-odds")
    fig.add_bar(
        x=shown["shap_value"],
        y=[
            f"{ui.name(feature)}: {ui.text(value)}"
            for feature, value in zip(
                shown["feature"], shown["feature_value"], strict=True
            )
        ],
        orientation="h",
        marker_color=[ui.BAD if v > 0 else ui.GOOD for v in shown["shap_value"]],
        hovertemplate="%{y}: %{x:+.3f}<extra></extra>",
    )
    ui.chart(
        fig,
        "reasons",
        "Its strongest reasons. Red, to the right: raises the risk; green, to the left:"
        " lowers it.",
    )
    ui.csv(
        "return_reasons",
        "select * from marts.return_reasons where order_id = ? order by reason_rank",
        order_id,
    )


def model_quality():
    """Whether 30 % means 30 %, and how the model compares with simple ones."""
    st.header("Does the risk hold?")
    rows = serving.query(
        f"""
        select
            least(floor(return_probability * 10), 9) as bin,
            count(*) as orders,
            avg(return_probability) as predicted,
            avg(case when was_returned then 1e0 else 0e0 end) as observed
        from {PREDICTIONS} where data_split = 'test'
        group by bin order by bin
        """
    )
    if rows.empty:
        ui.note("No held-out order to judge the risk on.")
    else:
        calibration(rows)
    lift()
    st.header("How good the models are")
    metrics()
    drift()


def calibration(rows):
    """Predicted against observed, in ten bins."""
    highest = min(1, 1.1 * max(rows["predicted"].max(), rows["observed"].max()))
    fig = ui.figure(400, x_title="predicted risk", y_title="share returned")
    fig.add_scatter(
        x=[0, highest],
        y=[0, highest],
        mode="lines",
        name="Perfect",
        line={"color": "#b9c2d6", "dash": "dot"},
        hoverinfo="skip",
    )
    fig.add_scatter(
        x=rows["predicted"],
        y=rows["observed"],
        mode="lines+markers",
        name="Held-out orders",
        line={"color": ui.ACCENT, "width": 2.2},
        marker={"size": 9},
        customdata=rows["orders"],
        hovertemplate="predicted %{x:.1%}, returned %{y:.1%},"
        " %{customdata:,} orders<extra></extra>",
    )
    fig.update_xaxes(tickformat=".0%", rangemode="tozero")
    fig.update_yaxes(tickformat=".0%", rangemode="tozero")
    ui.chart(
        fig,
        "calibration",
        "Orders that no model learned from, by predicted risk: on the dotted line the"
        " risk is what it says.",
    )
    ui.table(
        rows.assign(band=[f"{10 * b:.0f} to {10 * b + 10:.0f} %" for b in rows["bin"]]),
        {
            "band": ui.term,
            "orders": ui.count,
            "predicted": ui.share,
            "observed": ui.share,
        },
        "return_calibration",
        labels={"band": "Predicted risk", "predicted": "Mean", "observed": "Returned"},
    )


def lift():
    """How much denser returns are among the riskiest orders."""
    table = "marts.return_calibration"
    if not serving.has_rows(table):
        return
    st.header("Tenths of the orders by risk")
    left, _ = st.columns(2)
    with left:
        found = serving.query(f"select distinct candidate as c from {table}")["c"]
        used = serving.query(
            f"select max(candidate) as c from {PREDICTIONS} where candidate is not null"
        )["c"][0]
        candidate = ui.pick("Candidate", sorted(found), "candidate", used)
    ui.table(
        serving.query(
            f"select * from {table} where candidate = ? order by risk_decile", candidate
        ),
        {
            "risk_decile": ui.count,
            "orders": ui.count,
            "mean_probability": ui.share,
            "return_rate": ui.share,
            "lift": ui.times,
            "returns_captured_share": ui.share,
        },
        "return_deciles",
        "The first tenth holds the riskiest held-out orders. Lift: how many times the"
        " usual share came back.",
        labels={
            "risk_decile": "Tenth",
            "mean_probability": "Predicted",
            "return_rate": "Returned",
            "returns_captured_share": "Of all returns so far",
        },
    )


def drift():
    """Whether what is scored now still looks like what was learned from."""
    table = "marts.model_drift"
    if not serving.has_rows(table):
        return
    st.header("Do the orders still look the same?")
    rows = serving.query(
        f"select * from {table} where model_name = 'return_predictions'"
        " order by population_stability_index desc nulls last, feature"
    )
    ui.table(
        rows,
        {
            "feature": ui.name,
            "status": ui.name,
            "population_stability_index": ui.number3,
            "most_changed_bin": ui.term,
            "most_changed_bin_share": ui.points,
        },
        "model_drift",
        "Population stability of each feature and of the score, open orders against"
        " those learned from: the lower, the more alike.",
        labels={
            "population_stability_index": "Stability index",
            "most_changed_bin": "Changed most",
            "most_changed_bin_share": "By",
        },
        source=(f"select * from {table} order by model_name, feature",),
        total=len(rows),
    )


def metrics():
    """The figures of each candidate, side by side."""
    if not serving.has_rows("marts.model_metrics"):
        ui.empty("metrics")
        return
    left, right = st.columns(2)
    with left:
        found = serving.query(
            "select distinct model_name as m from marts.model_metrics"
        )["m"]
        returns = [m for m in sorted(found) if "return" in m]
        model = ui.pick("Model", sorted(found), "about", (returns or [None])[0])
    with right:
        found = serving.query(
            "select distinct data_split as d from marts.model_metrics"
            " where model_name = ?",
            model,
        )["d"].dropna()
        split = ui.pick("Judged on", sorted(found), "on", "test")
    rows = serving.query(
        "select * from marts.model_metrics where model_name = ? and data_split = ?"
        " order by metric, candidate",
        model,
        split,
    )
    grid = rows.pivot_table(index="metric", columns="candidate", values="value")
    candidates = list(grid.columns)
    ui.table(
        grid.reset_index(),
        {"metric": ui.name, **dict.fromkeys(candidates, ui.plain)},
        "model_metrics",
        "Candidates side by side; the base rate is what knowing nothing gives.",
        source=(
            "select * from marts.model_metrics order by model_name, candidate,"
            " data_split, metric",
        ),
        total=len(grid),
    )
