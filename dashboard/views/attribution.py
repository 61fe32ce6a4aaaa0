"""Which channels earn what, and what that means for the budget."""

import streamlit as st

from dashboard import serving, ui

VIEWS = [
    "Models",
    "Budget",
    "Months",
    "Campaigns",
    "Paths",
    "Sensitivity",
    "Settings",
]
MEASURES = {
    "revenue": "Credited revenue",
    "conversions": "Credited conversions",
    "spend": "Spend",
    "roas": "Return on ad spend",
}
SETTINGS = {
    "lookback_days": "Lookback, days",
    "half_life_days": "Half-life of time decay, days",
}


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
        "Sensitivity": sensitivity,
        "Settings": settings,
    }[shown]()


def in_order(models):
    """Models in the order people learn them."""
    known = {model: place for place, model in enumerate(ui.MODELS)}
    return sorted(models, key=lambda m: (known.get(m, 99), m))


def models_of(table):
    """Attribution models that a mart holds."""
    return in_order(
        serving.query(f"select distinct attribution_model as m from {table}")["m"]
    )


def pick_model(table, key="model"):
    """The model whose numbers a part of the page shows."""
    return ui.pick("Attribution model", models_of(table), key, "linear")


def channels_of(table):
    """Channels of a mart by name, the unattributed last."""
    found = serving.query(f"select distinct channel as c from {table}")["c"]
    return sorted(found, key=lambda c: (c == "unattributed", c))


def models_side_by_side():
    """Share of conversions by channel and model, with intervals."""
    table = "marts.attribution_comparison"
    if not serving.has_rows(table):
        ui.empty("attribution")
        return
    rows = serving.query(f"select * from {table} order by channel, attribution_model")
    left, right = st.columns(2)
    with left:
        channels = ui.several("Channels", channels_of(table), "channel")
    with right:
        models = in_order(ui.several("Models", models_of(table), "models"))
    rows = rows[rows["channel"].isin(channels) & rows["attribution_model"].isin(models)]
    order = (
        rows.groupby("channel")["conversion_share"].mean().sort_values().index.tolist()
    )
    fig = ui.figure(130 + 62 * len(order), x_title="share of all conversions")
    step = min(0.1, 0.74 / max(len(models), 1))
    for place, model in enumerate(models):
        part = rows[rows["attribution_model"] == model].set_index("channel")
        part = part.reindex(order)
        offset = (place - (len(models) - 1) / 2) * step
        fig.add_scatter(
            x=part["conversion_share"],
            y=[y - offset for y in range(len(order))],
            name=ui.name(model),
            mode="markers",
            marker={"size": 9, "color": ui.model_colour(model)},
            error_x={
                "type": "data",
                "array": part["share_ci_high"] - part["conversion_share"],
                "arrayminus": part["conversion_share"] - part["share_ci_low"],
                "thickness": 1.6,
                "width": 3,
            },
            customdata=[
                [ui.name(c), low, high]
                for c, low, high in zip(
                    part.index, part["share_ci_low"], part["share_ci_high"], strict=True
                )
            ],
            hovertemplate="%{customdata[0]}: %{x:.1%}<br>95 %: %{customdata[1]:.1%}"
            " to %{customdata[2]:.1%}<extra>" + ui.name(model) + "</extra>",
        )
    for place in range(0, len(order), 2):
        fig.add_hrect(
            y0=place - 0.5,
            y1=place + 0.5,
            fillcolor="#f4f6fb",
            line_width=0,
            layer="below",
        )
    fig.update_xaxes(tickformat=".0%", rangemode="tozero")
    fig.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(order))),
        ticktext=[ui.name(c) for c in order],
        range=[-0.5, max(len(order), 1) - 0.5],
        showgrid=False,
        zeroline=False,
    )
    ui.chart(
        fig,
        "models",
        "Share of all conversions that each model credits to each channel, over the"
        " whole time, with 95 % intervals. Where models disagree by more than their"
        " intervals, the answer depends on the question asked, not on chance.",
    )
    st.header("Share of conversions, channel by channel")
    matrix(rows, order[::-1], models)
    st.header("All figures")
    ui.table(
        rows,
        {
            "channel": ui.name,
            "attribution_model": ui.name,
            "conversions": ui.count,
            "revenue": ui.usd,
            "conversion_share": ui.share,
            "revenue_share": ui.share,
            "attributed_share": ui.share,
            "budget_share": ui.share,
        },
        "attribution_comparison",
        "Attributed share leaves the unattributed conversions out; it is what is set"
        " against the budget.",
        labels={"attribution_model": "Model"},
        rows=12,
        bars={"conversion_share": "#dfe6fb"},
    )


def matrix(rows, channels, models):
    """Channels by models, each cell with its interval, and the models' spread."""
    cells = {
        (row["channel"], row["attribution_model"]): row
        for row in rows.to_dict("records")
    }
    heads = "".join(
        f'<th scope="col" class="n">{ui.escape(ui.name(model))}</th>'
        for model in models
    )
    body = []
    for channel in channels:
        line = [f'<th scope="row">{ui.escape(ui.name(channel))}</th>']
        found = []
        for model in models:
            row = cells.get((channel, model))
            if row is None:
                line.append('<td class="n">–</td>')
                continue
            found.append(row["conversion_share"])
            line.append(
                f'<td class="n">{ui.share(row["conversion_share"])}'
                f"<small>{interval(row)}</small></td>"
            )
        spread = max(found) - min(found) if found else None
        written = "–" if spread is None else ui.points(spread).lstrip("+")
        line.append(f'<td class="n">{written}</td>')
        body.append(f"<tr>{''.join(line)}</tr>")
    ui.raw_table(
        "model_matrix",
        f'<thead><tr><th scope="col">Channel</th>{heads}'
        '<th scope="col" class="n">Spread</th></tr></thead>'
        f"<tbody>{''.join(body)}</tbody>",
        "Share and its 95 % interval. Spread is the distance of the highest from the"
        " lowest model, in percentage points: what choosing a model decides.",
    )


def interval(row):
    """A 95 % interval of a share in few letters."""
    if ui.is_missing(row["share_ci_low"]):
        return "–"
    low, high = ui.share(row["share_ci_low"]), ui.share(row["share_ci_high"])
    return f"{low.removesuffix(' %')} to {high.removesuffix(' %')}"


def budget():
    """Credit against budget, and the reallocation that follows."""
    table = "marts.budget_recommendations"
    if not serving.has_rows(table):
        ui.empty("budget")
        return
    left, _ = st.columns([1, 2])
    with left:
        model = pick_model(table)
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
            ui.card("Budget so far", ui.usd(rows["current_spend"].sum())),
            ui.card("Proposed to move", ui.usd(moved), "between channels, same total"),
            *[
                ui.card(
                    f"{ui.name(action)}",
                    f"{len(part)} channel{'s' if len(part) != 1 else ''}",
                    ui.escape(", ".join(map(ui.name, part["channel"]))),
                )
                for action, part in rows.groupby("action", sort=False)
            ],
        ]
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.header("Credit against budget")
        against_budget(rows, model)
    with right:
        st.header("Spend today and proposed")
        proposal(rows)
    st.header("Proposed reallocation")
    ui.table(
        rows.assign(moves=rows["proposed_spend"] - rows["current_spend"]),
        {
            "channel": ui.name,
            "action": ui.name,
            "current_spend": ui.usd,
            "proposed_spend": ui.usd,
            "moves": ui.usd,
            "credit_share": ui.share,
            "budget_share": ui.share,
            "gap": ui.points,
            "gap_ci_low": ui.points,
            "gap_ci_high": ui.points,
        },
        "budget_recommendations",
        "Only channels whose 95 % interval of the gap excludes zero move. The proposal"
        " assumes that what a channel brings grows in step with its spend.",
        labels={
            "current_spend": "Spend",
            "proposed_spend": "Proposed",
            "moves": "Change",
            "gap_ci_low": "95 % from",
            "gap_ci_high": "to",
        },
        source=(
            f"select * from {table} where attribution_model = ?"
            " order by gap desc nulls last, channel",
            model,
        ),
    )


def against_budget(rows, model):
    """Share of credit with its interval beside share of budget, by channel."""
    shown = rows.iloc[::-1]
    channels = [ui.name(c) for c in shown["channel"]]
    fig = ui.figure(150 + 46 * len(rows))
    for row in shown.to_dict("records"):
        if not ui.is_missing(row["gap"]):
            fig.add_shape(
                type="line",
                x0=row["budget_share"],
                x1=row["credit_share"],
                y0=ui.name(row["channel"]),
                y1=ui.name(row["channel"]),
                line={
                    "color": "#a9dcc4" if row["gap"] > 0 else "#f0bdb8",
                    "width": 5,
                },
                layer="below",
            )
    fig.add_scatter(
        x=shown["budget_share"],
        y=channels,
        mode="markers",
        name="Share of budget",
        marker={"size": 13, "color": ui.QUIET},
        hovertemplate="%{y}: %{x:.1%} of the budget<extra></extra>",
    )
    fig.add_scatter(
        x=shown["credit_share"],
        y=channels,
        mode="markers",
        name="Share of credit",
        marker={"size": 13, "color": ui.ACCENT},
        error_x={
            "type": "data",
            "array": shown["gap_ci_high"] - shown["gap"],
            "arrayminus": shown["gap"] - shown["gap_ci_low"],
            "thickness": 1.6,
            "width": 4,
        },
        hovertemplate="%{y}: %{x:.1%} of the credit<extra></extra>",
    )
    fig.update_xaxes(tickformat=".0%", rangemode="tozero")
    ui.chart(
        fig,
        "budget",
        f"By the {ui.name(model).lower()} model. Green: more credit than budget, an"
        " under-funded channel; red: more budget than credit.",
    )


def proposal(rows):
    """Spend and proposed spend, by channel."""
    shown = rows.iloc[::-1]
    channels = [ui.name(c) for c in shown["channel"]]
    fig = ui.figure(150 + 46 * len(rows))
    # Drawn from below upwards, so that the present stands above the proposal.
    for column, title, colour in (
        ("proposed_spend", "Proposed", ui.ACCENT),
        ("current_spend", "Today", ui.QUIET),
    ):
        fig.add_bar(
            x=shown[column],
            y=channels,
            orientation="h",
            name=title,
            marker_color=colour,
            hovertemplate="%{y}: $%{x:,.0f}<extra>" + title + "</extra>",
        )
    fig.update_layout(barmode="group", legend={"traceorder": "reversed"}, bargap=0.35)
    fig.update_xaxes(**ui.axis_of("usd"))
    ui.chart(
        fig,
        "proposal",
        "What the step towards the credit would move; the total stays the same.",
    )


def filters(table, column):
    """Model, channels and months that a part of the page shows, as SQL and values."""
    one, two, three, four = st.columns([3, 4, 2, 2])
    with one:
        model = pick_model(table)
    with two:
        channels = ui.several("Channels", channels_of(table), "channel")
    first, last = ui.months_between(table, column, three, four)
    marks = ", ".join("?" * len(channels))
    where = (
        f"attribution_model = ? and {column} between cast(? as date)"
        f" and cast(? as date) and channel in ({marks})"
    )
    return model, first, last, where, [model, first, last, *channels]


def by_month():
    """Credited revenue, conversions, spend and return by touch month."""
    table = "marts.channel_performance"
    if not serving.has_rows(table):
        ui.empty("attribution")
        return
    model, first, last, where, given = filters(table, "touch_month")
    rows = serving.query(
        f"select * from {table} where {where} order by touch_month, channel", *given
    )
    if rows.empty:
        ui.note("No row for these filters.")
        return
    spend = rows["spend"].sum(min_count=1)
    spend = None if ui.is_missing(spend) else spend
    funded = rows.loc[rows["spend"].fillna(0) > 0, "revenue"].sum()
    ui.cards(
        [
            ui.card("Conversions", ui.count(rows["conversions"].sum())),
            ui.card("Revenue", ui.usd(rows["revenue"].sum())),
            ui.card("Spend", ui.usd(spend)),
            ui.card(
                "Return on ad spend",
                ui.times(funded / spend) if spend else "–",
                "credited revenue of funded channels over their spend",
            ),
        ]
    )
    left, _ = st.columns([3, 8])
    with left:
        measure = ui.pick("Draw", MEASURES, "draw", "revenue", form=MEASURES.get)
    months_drawn(rows, measure, model)
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
            "channel": ui.name,
            "conversions": ui.count,
            "revenue": ui.usd,
            "spend": ui.usd,
            "roas": ui.times,
            "cpa": ui.usd,
        },
        "channel_performance",
        f"{ui.month(first)} to {ui.month(last)}, {ui.name(model).lower()} model, by"
        " month of the touch. The download has every month.",
        labels={"roas": "Return on ad spend", "cpa": "Cost per conversion"},
        source=(
            f"select * from {table} where {where} order by touch_month, channel",
            *given,
        ),
        total=len(totals),
    )


def months_drawn(rows, measure, model):
    """One measure by month: stacked where it adds up, lines where it does not."""
    fig = ui.figure(430)
    totals = rows.groupby("channel")["revenue"].sum().sort_values(ascending=False)
    for channel in totals.index:
        part = rows[rows["channel"] == channel]
        colour, title = ui.channel_colour(channel), ui.name(channel)
        if measure == "roas":
            if part["roas"].notna().any():
                fig.add_scatter(
                    x=part["touch_month"],
                    y=part["roas"],
                    mode="lines+markers",
                    name=title,
                    line={"color": colour, "width": 2},
                    hovertemplate=f"%{{x|%b %Y}}: %{{y:.2f}}×<extra>{title}</extra>",
                )
            continue
        form = "$%{y:,.0f}" if measure in ("revenue", "spend") else "%{y:,.0f}"
        if measure == "spend" and not part["spend"].fillna(0).any():
            continue
        fig.add_bar(
            x=part["touch_month"],
            y=part[measure],
            name=title,
            marker={"color": colour, "cornerradius": 0},
            hovertemplate=f"%{{x|%b %Y}}: {form}<extra>{title}</extra>",
        )
    fig.update_layout(barmode="relative", bargap=0.25)
    if measure in ("revenue", "spend"):
        fig.update_yaxes(**ui.axis_of("usd"))
    elif measure == "roas":
        fig.update_yaxes(ticksuffix="×", rangemode="tozero")
    else:
        fig.update_yaxes(tickformat="~s")
    by = "" if measure == "spend" else f" by the {ui.name(model).lower()} model"
    ui.chart(fig, "months", f"{MEASURES[measure]}{by}, by month of the touch.")


def campaigns():
    """The same by campaign."""
    table = "marts.campaign_performance"
    if not serving.has_rows(table):
        ui.empty("attribution")
        return
    model, first, last, where, given = filters(table, "touch_month")
    rows = serving.query(
        f"""
        select
            campaign, channel, sum(conversions) as conversions,
            sum(revenue) as revenue, sum(spend) as spend,
            case when sum(spend) > 0 then sum(revenue) / sum(spend) end as roas,
            case when sum(spend) > 0 and sum(conversions) > 0
                then sum(spend) / sum(conversions) end as cpa
        from {table}
        where {where}
        group by channel, campaign
        order by revenue desc, channel, campaign
        """,
        *given,
    )
    if rows.empty:
        ui.note("No row for these filters.")
        return
    shown = rows.head(15).iloc[::-1]
    fig = ui.figure(110 + 30 * len(shown))
    labels = [
        f"{ui.name(channel)} · {ui.name(campaign)}" if campaign else ui.name(channel)
        for channel, campaign in zip(shown["channel"], shown["campaign"], strict=True)
    ]
    fig.add_bar(
        x=shown["revenue"],
        y=labels,
        orientation="h",
        marker_color=[ui.channel_colour(c) for c in shown["channel"]],
        hovertemplate="%{y}: $%{x:,.0f}<extra></extra>",
        showlegend=False,
    )
    fig.update_xaxes(**ui.axis_of("usd"))
    ui.chart(
        fig,
        "campaigns",
        f"Revenue credited by the {ui.name(model).lower()} model to the campaigns that"
        " earn most, in the colours of their channels.",
    )
    ui.table(
        rows,
        {
            "campaign": ui.name,
            "channel": ui.name,
            "conversions": ui.count,
            "revenue": ui.usd,
            "spend": ui.usd,
            "roas": ui.times,
            "cpa": ui.usd,
        },
        "campaign_performance",
        f"{ui.month(first)} to {ui.month(last)}, {ui.name(model).lower()} model. The"
        " download has every month.",
        labels={"roas": "Return on ad spend", "cpa": "Cost per conversion"},
        source=(
            f"select * from {table} where {where}"
            " order by touch_month, channel, campaign",
            *given,
        ),
        total=len(rows),
    )


def paths():
    """The ways that led to orders."""
    table = "marts.conversion_paths"
    if not serving.has_rows(table):
        ui.empty("attribution")
        return
    wanted = []
    for source in ("marts.attribution_comparison", "marts.channel_performance"):
        if serving.has_rows(source):
            every = [c for c in channels_of(source) if c != "unattributed"]
            left, _ = st.columns(2)
            with left:
                through = ui.several("Paths through all of", every, "through")
            wanted = [] if through == every else through
            break
    through_all = ["contains(' > ' || path || ' > ', ' > ' || ? || ' > ')"]
    where = " and ".join(["true", *(through_all * len(wanted))])
    lengths = serving.query(
        "select least(path_length, 12) as touches, sum(conversions) as conversions,"
        f" sum(revenue) as revenue, count(*) as paths from {table}"
        f" where {where} group by touches order by touches",
        *wanted,
    )
    if lengths.empty:
        ui.note("No path goes through all of these channels.")
        return
    ui.cards(
        [
            ui.card("Conversions", ui.count(lengths["conversions"].sum())),
            ui.card("Revenue", ui.usd(lengths["revenue"].sum())),
            ui.card("Different paths", ui.count(lengths["paths"].sum())),
        ]
    )
    fig = ui.figure(300, x_title="touches before the order")
    fig.add_bar(
        x=[f"{n:.0f}" if n < 12 else "12 or more" for n in lengths["touches"]],
        y=lengths["conversions"],
        marker_color=ui.ACCENT,
        hovertemplate="%{x} touches: %{y:,} conversions<extra></extra>",
    )
    fig.update_xaxes(type="category")
    ui.chart(fig, "lengths", "Conversions by the number of touches before them.")
    listing = (
        "select path, path_length, conversions, revenue, avg_days_to_convert"
        f" from {table} where {where} order by conversions desc, path"
    )
    ui.table(
        serving.query(f"{listing} limit 25", *wanted),
        {
            "path": ui.path,
            "path_length": ui.count,
            "conversions": ui.count,
            "revenue": ui.usd,
            "avg_days_to_convert": ui.number,
        },
        "conversion_paths",
        "The most frequent paths.",
        labels={"avg_days_to_convert": "Days to convert", "path_length": "Touches"},
        rows=25,
        source=(listing, *wanted),
        total=int(lengths["paths"].sum()),
    )


def sensitivity():
    """How shares move with settings that somebody had to choose."""
    table = "marts.attribution_sensitivity"
    if not serving.has_rows(table):
        ui.empty("attribution")
        return
    one, two, _ = st.columns([2, 2, 1])
    with one:
        setting = ui.pick(
            "Setting",
            serving.query(f"select distinct setting as s from {table} order by s desc")[
                "s"
            ],
            "setting",
            form=lambda s: SETTINGS.get(s, ui.name(s)),
        )
    with two:
        found = serving.query(
            f"select distinct attribution_model as m from {table} where setting = ?",
            setting,
        )["m"]
        model = ui.pick("Attribution model", in_order(found), "model", "linear")
    rows = serving.query(
        f"select * from {table} where setting = ? and attribution_model = ?"
        " order by setting_value nulls last, channel",
        setting,
        model,
    )
    title = SETTINGS.get(setting, ui.name(setting))
    fig = ui.figure(440, x_title=title.lower())
    newest = rows[rows["is_current"].astype(bool)]
    order = newest.sort_values("conversion_share", ascending=False)["channel"]
    for channel in order:
        part = rows[rows["channel"] == channel]
        fig.add_scatter(
            x=part["setting_label"].astype(str),
            y=part["conversion_share"],
            mode="lines+markers",
            name=ui.name(channel),
            line={"color": ui.channel_colour(channel), "width": 2},
            hovertemplate="%{x}: %{y:.1%}<extra>" + ui.name(channel) + "</extra>",
        )
    fig.update_xaxes(type="category")
    fig.update_yaxes(tickformat=".0%", rangemode="tozero")
    current = ", ".join(sorted(set(newest["setting_label"].astype(str))))
    sampled = rows["sampled_share"].max()
    ui.chart(
        fig,
        "sensitivity",
        f"Share of conversions by the {ui.name(model).lower()} model under other values"
        f" of this setting; the marts are built with {current}."
        + (
            f" Computed on a sample of {ui.share(sampled)} of the conversions."
            if not ui.is_missing(sampled) and sampled < 1
            else ""
        ),
    )
    turned = rows[rows["flips_budget_gap"].fillna(False).astype(bool)]
    ui.note(
        "No channel changes sides between over- and under-funded within this range."
        if turned.empty
        else "Over- or under-funded depends on this setting for: "
        + ", ".join(sorted({ui.name(c) for c in turned["channel"]}))
        + "."
    )
    ui.table(
        rows,
        {
            "channel": ui.name,
            "setting_label": str,
            "is_current": ui.chosen,
            "conversion_share": ui.share,
            "conversion_share_shift": ui.points,
            "revenue_share": ui.share,
            "budget_gap": ui.points,
        },
        "attribution_sensitivity",
        labels={
            "setting_label": title,
            "is_current": "Used",
            "conversion_share_shift": "Shift",
        },
        rows=50,
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
