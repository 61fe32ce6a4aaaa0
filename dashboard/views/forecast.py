"""What comes next, and how far earlier forecasts were off."""

import streamlit as st

from dashboard import serving, ui


def render():
    """Show the page."""
    ui.header("Forecast", "What comes next, and how far earlier forecasts were off.")
    if not serving.has_rows("marts.forecasts"):
        ui.empty("forecast")
        return
    one, two, _ = st.columns([1, 1, 2])
    with one:
        names = serving.query("select distinct series as s from marts.forecasts")["s"]
        series = ui.pick(
            "Series",
            sorted(names),
            "series",
            next((n for n in ("revenue", "company", "total") if n in set(names)), None),
        )
    with two:
        grains = serving.query(
            "select distinct grain as g from marts.forecasts where series = ?"
            " order by g",
            series,
        )["g"]
        grain = ui.pick("Grain", grains, "grain")
    fan(series, grain)
    accuracy(series, grain)


def history(series, grain):
    """The past of a series where a mart has it: period_start and value."""
    found = [
        table
        for table in ("marts.forecast_series", "marts.forecast_history")
        if {"series", "grain", "period_start"} <= set(serving.columns(table))
    ]
    if found:
        value = next(
            c for c in serving.columns(found[0]) if c in ("value", "actual", "revenue")
        )
        return serving.query(
            f"select period_start, {value} as value from {found[0]}"
            " where series = ? and grain = ? order by period_start",
            series,
            grain,
        )
    if serving.has_rows("marts.metric_values"):
        return serving.query(
            "select period_start, value from marts.metric_values"
            " where metric = ? and grain = ?"
            + (
                " and coalesce(channel, 'all') = 'all'"
                if "channel" in serving.columns("marts.metric_values")
                else ""
            )
            + " order by period_start",
            series,
            grain,
        )
    return None


def fan(series, grain):
    """The forecast with its intervals, behind what came before."""
    rows = serving.query(
        "select * from marts.forecasts where series = ? and grain = ?"
        " order by period_start",
        series,
        grain,
    )
    fig = ui.figure(440)
    past = history(series, grain)
    if past is not None and not past.empty:
        past = past[past["period_start"] < rows["period_start"].min()]
        past = past.tail(max(3 * len(rows), 30))
        fig.add_scatter(
            x=past["period_start"],
            y=past["value"],
            mode="lines",
            name="actual",
            line={"color": ui.INK, "width": 1.6},
        )
    for level, shade in (("95", ".12"), ("80", ".22")):
        fig.add_scatter(
            x=rows["period_start"],
            y=rows[f"upper_{level}"],
            mode="lines",
            line={"width": 0},
            showlegend=False,
            hoverinfo="skip",
        )
        fig.add_scatter(
            x=rows["period_start"],
            y=rows[f"lower_{level}"],
            mode="lines",
            line={"width": 0},
            fill="tonexty",
            fillcolor=f"rgba(47,79,208,{shade})",
            name=f"{level} % interval",
            hoverinfo="skip",
        )
    fig.add_scatter(
        x=rows["period_start"],
        y=rows["forecast"],
        mode="lines",
        name="forecast",
        line={"color": ui.ACCENT, "width": 2.2},
    )
    models = ", ".join(ui.text(m) for m in sorted(set(rows["model"].dropna())))
    ui.chart(
        fig,
        "fan",
        f"{ui.text(series).capitalize()} from {ui.date(rows['origin_date'].max())} on,"
        f" by {models}: the model that did best on the past.",
    )
    ui.table(
        rows,
        {
            "period_start": ui.date,
            "forecast": ui.number,
            "lower_80": ui.number,
            "upper_80": ui.number,
            "lower_95": ui.number,
            "upper_95": ui.number,
            "model": ui.text,
        },
        "forecasts",
        rows=14,
    )


def accuracy(series, grain):
    """Backtests."""
    st.header("How far earlier forecasts were off")
    if not serving.has_rows("marts.forecast_accuracy"):
        ui.empty("forecast")
        return
    rows = serving.query(
        "select * from marts.forecast_accuracy where series = ? and grain = ?"
        " order by is_selected desc, model, horizon",
        series,
        grain,
    )
    if rows.empty:
        ui.note("No backtest for this series.")
        return
    fig = ui.figure(360)
    for place, (model, part) in enumerate(rows.groupby("model")):
        chosen = bool(part["is_selected"].any())
        part = part.sort_values("horizon")
        fig.add_scatter(
            x=part["horizon"],
            y=part["wape"],
            name=ui.text(model) + (" (chosen)" if chosen else ""),
            mode="lines+markers",
            line={
                "width": 3 if chosen else 1.3,
                "color": ui.PALETTE[place % len(ui.PALETTE)],
            },
        )
    fig.update_yaxes(tickformat=".0%", title="error (WAPE)", rangemode="tozero")
    fig.update_xaxes(title="steps ahead")
    ui.chart(
        fig, "error_by_horizon", "Error by how far ahead, on days not learnt from."
    )
    ui.table(
        rows,
        {
            "model": ui.text,
            "horizon": ui.text,
            "wape": ui.share,
            "smape": ui.share,
            "mase": ui.number,
            "bias": ui.number,
            "coverage_80": ui.share,
            "coverage_95": ui.share,
            "is_selected": lambda v: "chosen" if v else "",
        },
        "forecast_accuracy",
        labels={"is_selected": "choice"},
        rows=40,
    )
