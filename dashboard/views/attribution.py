"""Which channels earn what, and what that means for the budget."""

import streamlit as st

from dashboard import serving, ui

MODELS = [
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "time_decay",
    "position_based",
    "markov",
    "shapley",
]
VIEWS = ["Models", "Budget", "Months", "Campaigns", "Paths", "Settings"]


def render():
    """Show the page."""
    ui.header(
        "Attribution",
        "Which channels bring orders, how sure that is, and where the budget is.",
    )
    shown = ui.view(VIEWS)
    {
        "Models": models_side_by_side,
        "Budget": budget,
        "Months": by_month,
        "Campaigns": campaigns,
        "Paths": paths,
        "Settings": settings,
    }[shown]()


def in_order(models):
    """Models in the order people learn them."""
    return sorted(models, key=lambda m: (MODELS.index(m) if m in MODELS else 99, m))


def models_of(table):
    """Attribution models that a mart holds."""
    return in_order(
        serving.query(f"select distinct attribution_model as m from {table}")["m"]
    )


def models_side_by_side():
    """Share of conversions by channel and model, with intervals."""
    table = "marts.attribution_comparison"
    if not serving.has_rows(table):
        ui.empty("attribution")
        return
    rows = serving.query(f"select * from {table} order by channel, attribution_model")
    every = sorted(set(rows["channel"]), key=lambda c: (c == "unattributed", c))
    left, right = st.columns(2)
    with left:
        channels = ui.several("Channels", every, "channel")
    with right:
        models = in_order(
            ui.several("Models", in_order(set(rows["attribution_model"])), "model")
        )
    rows = rows[rows["channel"].isin(channels) & rows["attribution_model"].isin(models)]
    order = (
        rows.groupby("channel")["conversion_share"].mean().sort_values().index.tolist()
    )
    fig = ui.figure(120 + 58 * len(order))
    for place, model in enumerate(models):
        part = rows[rows["attribution_model"] == model].set_index("channel")
        part = part.reindex(order)
        offset = (place - (len(models) - 1) / 2) * 0.09
        fig.add_scatter(
            x=part["conversion_share"],
            y=[y - offset for y in range(len(order))],
            name=ui.text(model),
            mode="markers",
            marker={"size": 9, "color": ui.PALETTE[place % len(ui.PALETTE)]},
            error_x={
                "type": "data",
                "array": part["share_ci_high"] - part["conversion_share"],
                "arrayminus": part["conversion_share"] - part["share_ci_low"],
                "thickness": 1.4,
                "width": 0,
            },
            customdata=part.index,
            hovertemplate="%{customdata}: %{x:.1%}<extra>"
            + ui.text(model)
            + "</extra>",
        )
    fig.update_xaxes(tickformat=".0%", rangemode="tozero")
    fig.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(order))),
        ticktext=[ui.text(c) for c in order],
    )
    ui.chart(
        fig,
        "models",
        "Share of all conversions that each model credits to each channel, over the"
        " whole time; the bars are 95 % intervals. Where the models disagree by more"
        " than their intervals, the answer depends on the question asked.",
    )
    st.header("How much the choice of model matters")
    spread = (
        rows.groupby("channel")["conversion_share"]
        .agg(lowest="min", highest="max")
        .reset_index()
    )
    spread["spread"] = spread["highest"] - spread["lowest"]
    ui.table(
        spread.sort_values(["spread", "channel"], ascending=[False, True]),
        {
            "channel": ui.text,
            "lowest": ui.share,
            "highest": ui.share,
            "spread": ui.share,
        },
        "model_sensitivity",
        "Lowest and highest share of conversions among the chosen models.",
    )
    st.header("All figures")
    ui.table(
        rows,
        {
            "channel": ui.text,
            "attribution_model": ui.text,
            "conversions": ui.count,
            "revenue": ui.usd,
            "conversion_share": ui.share,
            "share_ci_low": ui.share,
            "share_ci_high": ui.share,
            "budget_share": ui.share,
        },
        "attribution_comparison",
        labels={"share_ci_low": "95 % from", "share_ci_high": "to"},
        rows=100,
    )


def budget():
    """Credit against budget, and the reallocation that follows."""
    table = "marts.budget_recommendations"
    if not serving.has_rows(table):
        ui.empty("budget")
        return
    left, _ = st.columns([1, 2])
    with left:
        model = ui.pick("Model", models_of(table), "model", "linear")
    rows = serving.query(
        f"select * from {table} where attribution_model = ?"
        " order by gap desc nulls last, channel",
        model,
    )
    if rows["current_spend"].fillna(0).sum() == 0:
        ui.empty("budget")
        return
    moved = (rows["proposed_spend"] - rows["current_spend"]).clip(lower=0).sum()
    ui.cards(
        [
            ui.card("Budget", ui.usd(rows["current_spend"].sum())),
            ui.card("Proposed to move", ui.usd(moved)),
            *[
                ui.card(
                    ui.text(action).capitalize(),
                    ui.count(total),
                    "channels",
                )
                for action, total in rows["action"].value_counts().items()
            ],
        ]
    )
    st.header("Credit against budget")
    shown = rows.iloc[::-1]
    fig = ui.figure(110 + 46 * len(rows))
    for column, name, colour in [
        ("budget_share", "share of budget", ui.PALETTE[9]),
        ("credit_share", "share of credit", ui.PALETTE[0]),
    ]:
        fig.add_scatter(
            x=shown[column],
            y=[ui.text(c) for c in shown["channel"]],
            mode="markers",
            name=name,
            marker={"size": 13, "color": colour},
            hovertemplate="%{y}: %{x:.1%}<extra>" + name + "</extra>",
        )
    for row in shown.to_dict("records"):
        if not ui.is_missing(row["gap"]):
            fig.add_shape(
                type="line",
                x0=row["budget_share"],
                x1=row["credit_share"],
                y0=ui.text(row["channel"]),
                y1=ui.text(row["channel"]),
                line={"color": "#b9c2d6", "width": 3},
                layer="below",
            )
    fig.update_xaxes(tickformat=".0%", rangemode="tozero")
    ui.chart(
        fig,
        "budget",
        f"By the {ui.text(model)} model: where the blue dot lies right of the grey"
        " one, a channel earns more credit than its share of the budget.",
    )
    st.header("Proposed reallocation")
    ui.table(
        rows,
        {
            "channel": ui.text,
            "action": ui.text,
            "current_spend": ui.usd,
            "proposed_spend": ui.usd,
            "credit_share": ui.share,
            "budget_share": ui.share,
            "gap": ui.share,
            "gap_ci_low": ui.share,
            "gap_ci_high": ui.share,
        },
        "budget_recommendations",
        "Only channels whose 95 % interval of the gap excludes zero move. The proposal"
        " assumes that what a channel brings grows in step with its spend.",
        labels={"gap_ci_low": "95 % from", "gap_ci_high": "to"},
    )


def by_month():
    """Revenue and return on spend by touch month."""
    table = "marts.channel_performance"
    if not serving.has_rows(table):
        ui.empty("attribution")
        return
    one, two, three = st.columns(3)
    with one:
        model = ui.pick("Model", models_of(table), "model", "linear")
    with two:
        every = serving.query(f"select distinct channel as c from {table} order by c")
        channels = ui.several("Channels", every["c"], "channel")
    with three:
        first, last = ui.months_between(table, "touch_month")
    rows = serving.query(
        f"select * from {table} where attribution_model = ? and touch_month between"
        " cast(? as date) and cast(? as date) order by touch_month, channel",
        model,
        first,
        last,
    )
    rows = rows[rows["channel"].isin(channels)]
    if rows.empty:
        ui.note("No row for these filters.")
        return
    spend = rows["spend"].sum(min_count=1)
    funded = rows.loc[rows["spend"].fillna(0) > 0, "revenue"].sum()
    ui.cards(
        [
            ui.card("Conversions", ui.count(rows["conversions"].sum())),
            ui.card("Revenue", ui.usd(rows["revenue"].sum())),
            ui.card("Spend", ui.usd(spend)),
            ui.card(
                "Return on ad spend",
                ui.number(funded / spend) if spend and spend > 0 else "–",
                "credited revenue of funded channels over their spend",
            ),
        ]
    )
    fig = ui.figure(420)
    totals = rows.groupby("channel")["revenue"].sum().sort_values(ascending=False)
    for place, channel in enumerate(totals.index):
        part = rows[rows["channel"] == channel]
        fig.add_bar(
            x=part["touch_month"],
            y=part["revenue"],
            name=ui.text(channel),
            marker_color=ui.PALETTE[place % len(ui.PALETTE)],
            hovertemplate="%{x|%b %Y}: $%{y:,.0f}<extra>"
            + ui.text(channel)
            + "</extra>",
        )
    fig.update_layout(barmode="relative")
    fig.update_yaxes(tickprefix="$", tickformat="~s")
    ui.chart(
        fig,
        "months",
        f"Revenue credited by the {ui.text(model)} model, by month of the touch.",
    )
    totals = rows.groupby("channel", as_index=False)[
        ["conversions", "revenue", "spend"]
    ].sum(min_count=1)
    has_spend = totals["spend"].fillna(0) > 0
    totals["roas"] = (totals["revenue"] / totals["spend"]).where(has_spend)
    totals["cpa"] = (totals["spend"] / totals["conversions"]).where(
        has_spend & (totals["conversions"] > 0)
    )
    ui.table(
        totals.sort_values(["revenue", "channel"], ascending=[False, True]),
        {
            "channel": ui.text,
            "conversions": ui.count,
            "revenue": ui.usd,
            "spend": ui.usd,
            "roas": ui.number,
            "cpa": ui.usd,
        },
        "channel_performance",
        f"{first[:7]} to {last[:7]}, {ui.text(model)}. The download has the months.",
        labels={"roas": "return on ad spend", "cpa": "cost per conversion"},
        download=rows,
    )


def campaigns():
    """The same by campaign."""
    table = "marts.campaign_performance"
    if not serving.has_rows(table):
        ui.empty("attribution")
        return
    one, two, three = st.columns(3)
    with one:
        model = ui.pick("Model", models_of(table), "model", "linear")
    with two:
        every = serving.query(f"select distinct channel as c from {table} order by c")
        channels = ui.several("Channels", every["c"], "channel")
    with three:
        first, last = ui.months_between(table, "touch_month")
    rows = serving.query(
        f"""
        select
            channel, campaign, sum(conversions) as conversions,
            sum(revenue) as revenue, sum(spend) as spend,
            sum(revenue) / nullif(sum(spend), 0) as roas,
            sum(spend) / nullif(sum(conversions), 0) as cpa
        from {table}
        where attribution_model = ? and touch_month between cast(? as date)
            and cast(? as date)
        group by channel, campaign order by revenue desc, channel, campaign
        """,
        model,
        first,
        last,
    )
    ui.table(
        rows[rows["channel"].isin(channels)],
        {
            "campaign": ui.text,
            "channel": ui.text,
            "conversions": ui.count,
            "revenue": ui.usd,
            "spend": ui.usd,
            "roas": ui.number,
            "cpa": ui.usd,
        },
        "campaign_performance",
        f"{first[:7]} to {last[:7]}, by the {ui.text(model)} model.",
        labels={"roas": "return on ad spend", "cpa": "cost per conversion"},
    )


def paths():
    """The ways that led to orders."""
    table = "marts.conversion_paths"
    if not serving.has_rows(table):
        ui.empty("attribution")
        return
    lengths = serving.query(
        f"select path_length, sum(conversions) as conversions, sum(revenue) as revenue"
        f" from {table} group by path_length order by path_length"
    )
    fig = ui.figure(280)
    fig.add_bar(
        x=lengths["path_length"],
        y=lengths["conversions"],
        marker_color=ui.ACCENT,
        hovertemplate="%{x} touches: %{y:,} conversions<extra></extra>",
    )
    fig.update_xaxes(title="touches before the order")
    ui.chart(fig, "lengths", "Conversions by the number of touches before them.")
    rows = serving.query(
        f"select * from {table} order by conversions desc, path limit 5000"
    )
    ui.table(
        rows,
        {
            "path": ui.text,
            "path_length": ui.count,
            "conversions": ui.count,
            "revenue": ui.usd,
            "avg_days_to_convert": ui.number,
        },
        "conversion_paths",
        "The most frequent paths.",
        labels={"avg_days_to_convert": "days to convert", "path_length": "touches"},
        rows=25,
    )


def settings():
    """What the numbers were made with."""
    if not serving.has_rows("marts.attribution_settings"):
        ui.empty("attribution")
        return
    ui.table(
        serving.query("select * from marts.attribution_settings order by setting"),
        {"setting": ui.text, "value": str},
        "attribution_settings",
        "Settings that decide what attribution means; change them in vars.yml.",
    )
