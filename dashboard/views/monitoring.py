"""Series against what was expected of them; incidents; known events."""

import streamlit as st

from dashboard import serving, ui

SPANS = {"30 days": 30, "90 days": 90, "1 year": 365, "all": 100000}


def render():
    """Show the page."""
    ui.header(
        "Monitoring",
        "Every series against what its own past led to expect, and what stood out.",
    )
    if not serving.has_rows("marts.anomalies"):
        ui.empty("monitoring")
        return
    has_channel = "channel" in serving.columns("marts.anomalies")
    one, two, three, four = st.columns(4)
    with one:
        names = serving.query("select distinct metric as m from marts.anomalies")["m"]
        metric = ui.pick("Metric", sorted(names), "metric", "revenue")
    with two:
        grains = serving.query(
            "select distinct grain as g from marts.anomalies where metric = ?"
            " order by g",
            metric,
        )["g"]
        grain = ui.pick(
            "Grain",
            grains,
            "grain",
            next((g for g in grains if g in ("day", "daily")), None),
        )
    channel = None
    if has_channel:
        with three:
            found = serving.query(
                "select distinct coalesce(channel, 'all') as c from marts.anomalies"
                " where metric = ? and grain = ? order by c",
                metric,
                grain,
            )["c"]
            channel = ui.pick("Channel", found, "channel", "all")
    with four:
        hourly = grain in ("hour", "hourly")
        span = ui.pick("Span", list(SPANS), "span", "30 days" if hourly else "1 year")
    where = "metric = ? and grain = ?"
    given = [metric, grain]
    if channel is not None:
        where += " and coalesce(channel, 'all') = ?"
        given.append(channel)
    series(where, given, SPANS[span], metric)
    incidents(where, given)
    events()


def series(where, given, days, metric):
    """The series with its expected band."""
    rows = serving.query(
        f"""
        select * from marts.anomalies
        where {where} and period_start >= (
            select max(period_start) from marts.anomalies where {where}
        ) - to_days({int(days)})
        order by period_start
        """,
        *given,
        *given,
    )
    if rows.empty:
        ui.note("No row for these filters.")
        return
    fig = ui.figure(440)
    fig.add_scatter(
        x=rows["period_start"],
        y=rows["upper"],
        mode="lines",
        line={"width": 0},
        showlegend=False,
        hoverinfo="skip",
    )
    fig.add_scatter(
        x=rows["period_start"],
        y=rows["lower"],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor="rgba(47,79,208,.13)",
        name="expected band",
        hoverinfo="skip",
    )
    fig.add_scatter(
        x=rows["period_start"],
        y=rows["expected"],
        mode="lines",
        name="expected",
        line={"color": "#8ea4ea", "width": 1.2, "dash": "dot"},
    )
    fig.add_scatter(
        x=rows["period_start"],
        y=rows["value"],
        mode="lines",
        name="value",
        line={"color": ui.INK, "width": 1.6},
    )
    odd = rows[rows["status"] == "anomaly"]
    fig.add_scatter(
        x=odd["period_start"],
        y=odd["value"],
        mode="markers",
        name="anomaly",
        marker={"color": ui.BAD, "size": 10, "symbol": "diamond"},
        customdata=odd[["deviation_pct", "detected_by"]],
        hovertemplate="%{x|%Y-%m-%d %H:%M}: %{y:,.4~g}, %{customdata[0]:+.1f} %"
        "<br>%{customdata[1]}<extra></extra>",
    )
    if serving.has_rows("reference.known_events"):
        known = serving.query("select * from reference.known_events order by starts_on")
        first, last = rows["period_start"].min(), rows["period_start"].max()
        for event in known.to_dict("records"):
            if event["ends_on"] >= first and event["starts_on"] <= last:
                fig.add_vrect(
                    x0=max(event["starts_on"], first),
                    x1=min(event["ends_on"] + ui.pd.Timedelta(days=1), last),
                    fillcolor="#c9a227",
                    opacity=0.16,
                    line_width=0,
                )
    ui.chart(
        fig,
        "series",
        f"{ui.text(metric).capitalize()}: {len(odd):,} of {len(rows):,} points stood"
        " out of the band, which comes from earlier points only."
        " Known events are shaded.",
    )
    ui.cards(
        [
            ui.card("Newest value", ui.number(rows["value"].iloc[-1])),
            ui.card("Expected", ui.number(rows["expected"].iloc[-1])),
            ui.card("Points in view", ui.count(len(rows))),
            ui.card("Anomalies in view", ui.count(len(odd))),
        ]
    )
    ui.csv(rows, "series")


def incidents(where, given):
    """Runs of anomalies."""
    st.header("Incidents")
    if not serving.has("marts.incidents"):
        ui.empty("monitoring")
        return
    rows = serving.query(
        f"select * from marts.incidents where {where} order by opened_at desc,"
        " incident_id",
        *given,
    )
    if rows.empty:
        ui.note("No incident in this series.")
        return
    ui.table(
        rows.assign(state=["open" if v else "over" for v in rows["is_open"]]),
        {
            "opened_at": ui.moment,
            "last_seen_at": ui.moment,
            "state": str,
            "peak_deviation_pct": ui.pct,
            "incident_id": str,
        },
        "incidents",
        labels={"peak_deviation_pct": "largest deviation"},
        rows=20,
        download=rows,
    )


def events():
    """What was known beforehand."""
    if not serving.has_rows("reference.known_events"):
        return
    st.header("Known events")
    rows = serving.query("select * from reference.known_events order by starts_on desc")
    ui.table(
        rows,
        {
            "event_name": ui.text,
            "event_type": ui.text,
            "starts_on": ui.date,
            "ends_on": ui.date,
        },
        "known_events",
        "Drawn, but never learnt from. A person edits them in seeds/known_events.csv.",
        rows=12,
    )
