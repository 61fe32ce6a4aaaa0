"""What comes next, and how far earlier forecasts were off."""

import streamlit as st

from dashboard import serving, ui

TOTALS = ("company", "all", "total", "revenue")
GRAINS = ["day", "week", "month"]


def render():
    """Show the page."""
    ui.header(
        "Forecast", "Revenue to come, and how far earlier forecasts of it were off."
    )
    if not serving.has_rows("marts.forecasts"):
        ui.empty("forecast")
        return
    one, two, _ = st.columns([1, 1, 2])
    with one:
        found = set(
            serving.query("select distinct series as s from marts.forecasts")["s"]
        )
        totals = [s for s in TOTALS if s in found]
        series = ui.pick(
            "Series", totals + sorted(found - set(totals)), "series", form=series_name
        )
    with two:
        found = serving.query(
            "select distinct grain as g from marts.forecasts where series = ?", series
        )["g"]
        grain = ui.pick(
            "Grain",
            sorted(found, key=lambda g: (GRAINS.index(g) if g in GRAINS else 9, g)),
            "grain",
        )
    fan(series, grain)
    accuracy(series, grain)
    backtests(series, grain)


def series_name(series):
    """The whole company's series under one name."""
    return "Whole company" if series in TOTALS else ui.name(series)


def history(series, grain):
    """The past of a series, period_start and value, from the mart that has it."""
    if serving.has_rows("marts.forecast_history"):
        return serving.query(
            "select period_start, value from marts.forecast_history"
            " where series = ? and grain = ? order by period_start",
            series,
            grain,
        )
    if not serving.has_rows("marts.metric_values") or grain not in GRAINS:
        return None
    # What the forecast could know, in whole weeks and months.
    return serving.query(
        f"""
        select
            date_trunc('{grain}', business_date) as period_start,
            sum(value) as value
        from marts.metric_values
        where metric = 'revenue' and grain = 'day' and channel = ?
            and business_date <= (
                select max(origin_date) from marts.forecasts
                where series = ? and grain = ?
            )
        group by 1
        having max(business_date) >= date_trunc('{grain}', max(business_date))
            + interval '1 {grain}' - interval '1 day'
        order by 1
        """,
        "all" if series in TOTALS else series,
        series,
        grain,
    )


def fan(series, grain):
    """The forecast with its intervals, behind what came before."""
    rows = serving.query(
        "select * from marts.forecasts where series = ? and grain = ?"
        " order by period_start",
        series,
        grain,
    )
    ui.cards(
        [
            ui.card(
                f"Next {len(rows)} {grain}s, in all",
                ui.usd(rows["forecast"].sum()),
                f"{ui.date(rows['period_start'].min())} to"
                f" {ui.date(rows['period_start'].max())}",
            ),
            ui.card(
                f"Next {grain}",
                ui.usd(rows["forecast"].iloc[0]),
                f"80 %: {ui.usd(rows['lower_80'].iloc[0])} to"
                f" {ui.usd(rows['upper_80'].iloc[0])}",
            ),
            *model_card(series, grain, rows),
        ]
    )
    fig = ui.figure(450)
    past = history(series, grain)
    if past is not None and not past.empty:
        past = past[past["period_start"] < rows["period_start"].min()]
        past = past.tail(max(3 * len(rows), 24))
        fig.add_scatter(
            x=past["period_start"],
            y=past["value"],
            mode="lines",
            name="Actual",
            line={"color": ui.INK, "width": 1.6},
            hovertemplate="%{x|%Y-%m-%d}: $%{y:,.0f}<extra></extra>",
        )
    for level, shade in (("95", ".12"), ("80", ".22")):
        for side, fill in (("upper", None), ("lower", "tonexty")):
            fig.add_scatter(
                x=rows["period_start"],
                y=rows[f"{side}_{level}"],
                mode="lines",
                line={"width": 0},
                fill=fill,
                fillcolor=f"rgba(47,79,208,{shade})",
                name=f"{level} % interval",
                showlegend=fill is not None,
                hoverinfo="skip",
            )
    fig.add_scatter(
        x=rows["period_start"],
        y=rows["forecast"],
        mode="lines+markers" if len(rows) < 15 else "lines",
        name="Forecast",
        line={"color": ui.ACCENT, "width": 2.2},
        customdata=rows[["lower_80", "upper_80"]],
        hovertemplate="%{x|%Y-%m-%d}: $%{y:,.0f}<br>80 %: $%{customdata[0]:,.0f}"
        " to $%{customdata[1]:,.0f}<extra></extra>",
    )
    fig.update_yaxes(**ui.axis_of("usd"))
    ui.chart(
        fig,
        "fan",
        f"Revenue, {series_name(series).lower()}, by {grain}, after"
        f" {ui.date(rows['origin_date'].max())}. The bands are where 80 % and 95 % of"
        " the figures should fall, by how far earlier forecasts were off.",
    )
    ui.table(
        rows,
        {
            "period_start": ui.date,
            "forecast": ui.usd,
            "lower_80": ui.usd,
            "upper_80": ui.usd,
            "lower_95": ui.usd,
            "upper_95": ui.usd,
            "model": ui.name,
        },
        "forecasts",
        labels={
            "period_start": f"{ui.name(grain)} from",
            "lower_80": "80 % from",
            "upper_80": "to",
            "lower_95": "95 % from",
            "upper_95": "to",
        },
        rows=14,
    )


def model_card(series, grain, rows):
    """Which model was taken, and its error on the past."""
    found = sorted({ui.name(m) for m in rows["model"].dropna()})
    if not found:
        return []
    models, parts = ", ".join(found), found[0].split(" + ")
    is_mean = len(found) == 1 and len(parts) > 1
    detail = "did best on the past"
    if serving.has_rows("marts.forecast_accuracy"):
        error = serving.query(
            "select avg(wape) as w from marts.forecast_accuracy"
            " where series = ? and grain = ? and is_selected"
            + overall_only(series, grain),
            series,
            grain,
        )["w"][0]
        if not ui.is_missing(error):
            detail = f"off by {ui.share(error)} on the past (WAPE)"
    if is_mean:
        return [ui.card("Model", f"Mean of {len(parts)}", f"{models}; {detail}")]
    return [ui.card("Model", models, detail)]


def overall_only(series, grain):
    """SQL that keeps the rows over all horizons, where the mart has such."""
    kinds = serving.query(
        "select distinct cast(horizon as varchar) as h from marts.forecast_accuracy"
        " where series = ? and grain = ?",
        series,
        grain,
    )["h"]
    for word in ("all", "0"):
        if word in set(kinds.dropna()):
            return f" and cast(horizon as varchar) = '{word}'"
    return ""


def accuracy(series, grain):
    """Backtests."""
    st.header("How far earlier forecasts were off")
    if not serving.has_rows("marts.forecast_accuracy"):
        ui.empty("backtests")
        return
    rows = serving.query(
        "select *, try_cast(horizon as integer) as steps from marts.forecast_accuracy"
        " where series = ? and grain = ?"
        " order by is_selected desc, model, try_cast(horizon as integer) nulls first",
        series,
        grain,
    )
    if rows.empty:
        ui.note("No backtest for this series.")
        return
    by_step = rows[rows["steps"].fillna(0) > 0]
    fig = ui.figure(380, x_title=f"{grain}s ahead", y_title="error (WAPE)")
    # Means of two or three models are too many lines: only the one in use is drawn.
    drawn = rows[~rows["model"].str.contains(" + ", regex=False) | rows["is_selected"]]
    models = sorted(set(drawn["model"]))
    for place, model in enumerate(models):
        part = by_step[by_step["model"] == model].sort_values("steps")
        taken = bool(part["is_selected"].any())
        fig.add_scatter(
            x=part["steps"],
            y=part["wape"],
            name=ui.name(model) + (" (chosen)" if taken else ""),
            mode="lines+markers",
            marker={"size": 7 if taken else 4},
            line={
                "width": 3 if taken else 1.3,
                "color": ui.PALETTE[place % len(ui.PALETTE)],
            },
            hovertemplate="%{x} ahead: %{y:.1%}<extra>" + ui.name(model) + "</extra>",
        )
    fig.update_yaxes(tickformat=".0%", rangemode="tozero")
    few = by_step["steps"].max() <= 12
    fig.update_xaxes(rangemode="tozero", tickformat="d", dtick=1 if few else None)
    ui.chart(
        fig,
        "error_by_horizon",
        "Mean error as a share of actual revenue, by how far ahead, on periods that the"
        " models had not seen. Means of two or three models are in the table below.",
    )
    ui.table(
        rows.assign(
            ahead=[
                "all" if ui.is_missing(s) or s == 0 else f"{s:.0f}"
                for s in rows["steps"]
            ]
        ),
        {
            "model": ui.name,
            "ahead": str,
            "is_selected": ui.chosen,
            "wape": ui.share,
            "smape": ui.share,
            "mase": ui.number,
            "bias": ui.number3,
            "coverage_80": ui.share,
            "coverage_95": ui.share,
        },
        "forecast_accuracy",
        "Coverage: how many actual figures fell into the interval; best near 80 % and"
        " 95 %.",
        labels={
            "ahead": f"{ui.name(grain)}s ahead",
            "is_selected": "Choice",
            "wape": "WAPE",
            "smape": "sMAPE",
            "mase": "MASE",
            "coverage_80": "In 80 %",
            "coverage_95": "In 95 %",
        },
        rows=30,
        source=(
            "select * from marts.forecast_accuracy where series = ? and grain = ?"
            " order by model, horizon",
            series,
            grain,
        ),
    )


def backtests(series, grain):
    """Earlier forecasts beside what happened."""
    table = "marts.forecast_backtests"
    if not serving.has_rows(table):
        return
    found = serving.query(
        f"select distinct horizon as h from {table} where series = ? and grain = ?"
        " order by h",
        series,
        grain,
    )["h"]
    if found.empty:
        return
    st.header("Earlier forecasts beside what happened")
    left, _ = st.columns([1, 3])
    with left:
        ahead = ui.pick(
            "Forecast ahead by",
            [int(h) for h in found],
            "ahead",
            form=lambda h: f"{h} {grain}{'s' if h > 1 else ''}",
        )
    listing = (
        f"select * from {table} where series = ? and grain = ? and horizon = ?"
        " order by period_start"
    )
    rows = serving.query(listing, series, grain, ahead)
    inside = rows["actual"].between(rows["lower_95"], rows["upper_95"])
    judged = rows["lower_95"].notna()
    fig = ui.figure(380)
    for side, fill in (("upper", None), ("lower", "tonexty")):
        fig.add_scatter(
            x=rows["period_start"],
            y=rows[f"{side}_95"],
            mode="lines",
            line={"width": 0},
            fill=fill,
            fillcolor="rgba(47,79,208,.12)",
            name="95 % interval",
            showlegend=fill is not None,
            hoverinfo="skip",
        )
    for column, title, colour in (
        ("forecast", "Forecast", ui.ACCENT),
        ("actual", "Actual", ui.INK),
    ):
        fig.add_scatter(
            x=rows["period_start"],
            y=rows[column],
            mode="lines+markers",
            name=title,
            marker={"size": 5},
            line={"color": colour, "width": 1.8},
            hovertemplate=f"%{{x|%Y-%m-%d}}: $%{{y:,.0f}}<extra>{title}</extra>",
        )
    fig.update_yaxes(**ui.axis_of("usd"))
    ui.chart(
        fig,
        "backtests",
        f"{int(inside[judged].sum())} of {int(judged.sum())} actual figures fell into"
        " the 95 % interval that would have been given out.",
    )
    ui.csv("forecast_backtests", listing, series, grain, ahead)
