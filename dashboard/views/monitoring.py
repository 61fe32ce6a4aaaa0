"""Series against what was expected of them; incidents; known events."""

import datetime

import streamlit as st

from dashboard import serving, ui

VIEWS = ["Series", "Incidents", "Known events"]
SPANS = {"30 days": 30, "90 days": 90, "1 year": 365, "All": 100000, "Own dates": None}
SEVERITIES = ["critical", "warning", "info"]
GRAINS = ["day", "hour"]


def render():
    """Show the page."""
    ui.header(
        "Monitoring",
        "Every series against what its own past led to expect, and what stood out.",
    )
    shown = ui.view(VIEWS)
    {"Series": series, "Incidents": incidents, "Known events": events}[shown]()


def unit_of(metric):
    """What a metric is counted in."""
    return ui.METRIC_UNITS.get(metric, "count")


def written(value, metric):
    """A value of a metric in its unit."""
    return "–" if ui.is_missing(value) else ui.by_unit(unit_of(metric))(value)


def series():
    """One series with its expected band, and its incidents."""
    if not serving.has_rows("marts.anomalies"):
        ui.empty("monitoring")
        return
    one, two, three, four = st.columns(4)
    with one:
        found = serving.query("select distinct metric as m from marts.anomalies")["m"]
        metric = ui.pick("Metric", sorted(found), "metric", "revenue")
    with two:
        found = serving.query(
            "select distinct grain as g from marts.anomalies where metric = ?", metric
        )["g"]
        grain = ui.pick("Grain", sorted(found), "grain", "day")
    channel = None
    with three:
        if "channel" in serving.columns("marts.anomalies"):
            found = serving.query(
                "select distinct channel as c from marts.anomalies"
                " where metric = ? and grain = ? order by c <> 'all', c",
                metric,
                grain,
            )["c"]
            channel = ui.pick("Channel", found, "channel", "all")
    where, given = "metric = ? and grain = ?", [metric, grain]
    if channel is not None:
        where, given = f"{where} and channel = ?", [*given, channel]
    with four:
        span = ui.pick(
            "Time", list(SPANS), "span", "30 days" if grain == "hour" else "1 year"
        )
    first, last = dates(where, given, SPANS[span])
    given = [*given, first, last]
    inside = f"{where} and business_date between cast(? as date) and cast(? as date)"
    if "business_date" not in serving.columns("marts.anomalies"):
        inside = inside.replace("business_date", "cast(period_start as date)")
    rows = serving.query(
        "select period_start, value, expected, lower, upper, deviation_pct, status,"
        f" detected_by from marts.anomalies where {inside} order by period_start",
        *given,
    )
    if rows.empty:
        ui.note("No point between these dates.")
        return
    odd = rows[rows["status"] == "anomaly"]
    newest = rows.iloc[-1]
    ui.cards(
        [
            ui.card(
                "Newest value",
                written(newest["value"], metric),
                ui.moment(newest["period_start"])
                if grain == "hour"
                else ui.date(newest["period_start"]),
            ),
            ui.card(
                "Expected then",
                written(newest["expected"], metric),
                f"{written(newest['lower'], metric)} to"
                f" {written(newest['upper'], metric)}",
            ),
            ui.card(
                "Anomalies in view",
                ui.count(len(odd)),
                f"of {ui.count(len(rows))} points",
            ),
            ui.card(
                "Not judged",
                ui.count((rows["status"] == "insufficient_history").sum()),
                "points with too short a history",
            ),
        ]
    )
    drawn(rows, odd, metric, grain)
    ui.csv(
        "series",
        f"select * from marts.anomalies where {inside} order by period_start",
        *given,
    )
    st.header("Incidents of this series")
    list_of_incidents(where, given[:-2])


def dates(where, given, days):
    """First and last day to show: the newest `days`, or what the reader says."""
    bounds = serving.query(
        "select min(period_start) as low, max(period_start) as high"
        f" from marts.anomalies where {where}",
        *given,
    ).iloc[0]
    low, high = bounds["low"].date(), bounds["high"].date()
    if days is not None:
        return max(low, high - datetime.timedelta(days=days)).isoformat(), (
            high.isoformat()
        )
    picked = []
    for label, key, place, default in zip(
        ("From", "To"), ("from", "to"), st.columns(4)[:2], (low, high), strict=True
    ):
        try:
            wanted = datetime.date.fromisoformat(st.query_params.get(key, ""))
        except ValueError:
            wanted = default
        with place:
            day = st.date_input(
                label, min(max(wanted, low), high), low, high, key=f"in.date.{key}"
            )
        if day == default:
            st.query_params.pop(key, None)
        else:
            st.query_params[key] = day.isoformat()
        picked.append(day.isoformat())
    return min(picked), max(picked)


def drawn(rows, odd, metric, grain):
    """Value, expectation, band, anomalies and known events."""
    when = "%{x|%Y-%m-%d %H:%M}" if grain == "hour" else "%{x|%a %Y-%m-%d}"
    form = {"usd": "$%{y:,.2f}", "share": "%{y:.2%}"}.get(unit_of(metric), "%{y:,.0f}")
    fig = ui.figure(450)
    for column, fill in (("upper", None), ("lower", "tonexty")):
        fig.add_scatter(
            x=rows["period_start"],
            y=rows[column],
            mode="lines",
            line={"width": 0},
            fill=fill,
            fillcolor="rgba(47,79,208,.14)",
            name="Expected band",
            showlegend=fill is not None,
            hoverinfo="skip",
        )
    fig.add_scatter(
        x=rows["period_start"],
        y=rows["expected"],
        mode="lines",
        name="Expected",
        line={"color": "#6c8ae4", "width": 1.3, "dash": "dot"},
        hovertemplate=f"expected {form}<extra></extra>",
    )
    fig.add_scatter(
        x=rows["period_start"],
        y=rows["value"],
        mode="lines",
        name="Value",
        line={"color": ui.INK, "width": 1.6},
        hovertemplate=f"{when}: {form}<extra></extra>",
    )
    fig.add_scatter(
        x=odd["period_start"],
        y=odd["value"],
        mode="markers",
        name="Anomaly",
        marker={
            "color": ui.BAD,
            "size": 8,
            "symbol": "diamond",
            "line": {"color": "#fff", "width": 1},
        },
        customdata=[
            [ui.pct(d), ui.names(by)]
            for d, by in zip(odd["deviation_pct"], odd["detected_by"], strict=True)
        ],
        hovertemplate=f"{when}: {form}, %{{customdata[0]}}"
        "<br>%{customdata[1]}<extra></extra>",
    )
    shaded = shade_events(fig, rows["period_start"].min(), rows["period_start"].max())
    fig.update_yaxes(**ui.axis_of(unit_of(metric)))
    ui.chart(
        fig,
        "series",
        f"{ui.name(metric)}: {len(odd):,} of {len(rows):,} points stood out. What is"
        " expected comes from earlier points only."
        + (f" Shaded: {', '.join(shaded)}." if shaded else ""),
    )


def shade_events(fig, first, last):
    """Shade the known events between two times; returns their names."""
    if not serving.has_rows("reference.known_events"):
        return []
    known = serving.query(
        "select * from reference.known_events where ends_on >= cast(? as date)"
        " and starts_on <= cast(? as date) order by starts_on, event_name",
        str(first),
        str(last),
    )
    for event in known.to_dict("records"):
        fig.add_vrect(
            x0=max(event["starts_on"], first),
            x1=min(event["ends_on"] + ui.pd.Timedelta(days=1), last),
            fillcolor="#e0b63c",
            opacity=0.2,
            line_width=0,
            layer="below",
        )
    return list(dict.fromkeys(known["event_name"]))


def incidents():
    """Incidents of every series, open ones first."""
    if not serving.has("marts.incidents"):
        ui.empty("monitoring")
        return
    one, two, three, four = st.columns(4)
    where, given = ["true"], []
    for label, column, place in (
        ("Severity", "severity", one),
        ("Metric", "metric", two),
        ("Channel", "channel", three),
        ("Grain", "grain", four),
    ):
        found = serving.query(f"select distinct {column} as v from marts.incidents")[
            "v"
        ].dropna()
        options = sorted(
            found, key=lambda v: (SEVERITIES.index(v) if v in SEVERITIES else 9, v)
        )
        with place:
            picked = ui.several(f"{label}", options, f"only_{column}")
        if picked != options:
            where.append(f"{column} in ({', '.join('?' * len(picked))})")
            given.extend(picked)
    list_of_incidents(" and ".join(where), given, everywhere=True)


def list_of_incidents(where, given, everywhere=False):
    """A table of incidents."""
    if not serving.has("marts.incidents"):
        ui.empty("monitoring")
        return
    listing = (
        f"select * from marts.incidents where {where}"
        " order by is_open desc, opened_at desc, incident_id"
    )
    total = serving.query(
        "select count(*) as n, count(*) filter (where is_open) as open,"
        " count(*) filter (where severity = 'critical') as critical"
        f" from marts.incidents where {where}",
        *given,
    ).iloc[0]
    if not total["n"]:
        ui.note("No incident.")
        return
    if everywhere:
        ui.cards(
            [
                ui.card("Open now", ui.count(total["open"])),
                ui.card("Incidents", ui.count(total["n"])),
                ui.card("Of them critical", ui.count(total["critical"])),
            ]
        )
    rows = serving.query(f"{listing} limit 30", *given)
    rows["state"] = ["Open" if v else "Over" for v in rows["is_open"]]
    for column in ("peak_value", "peak_expected"):
        rows[f"{column}_shown"] = [
            written(v, m) for v, m in zip(rows[column], rows["metric"], strict=True)
        ]
    formats = {"opened_at": ui.moment}
    if everywhere:
        formats |= {"metric": ui.name, "channel": ui.name, "grain": ui.name}
    formats |= {
        "last_seen_at": ui.moment,
        "state": ui.name,
        "severity": ui.name,
        "peak_deviation_pct": ui.pct,
        "peak_value_shown": ui.figures,
        "peak_expected_shown": ui.figures,
        "detected_by": ui.names,
    }
    ui.table(
        rows,
        formats,
        "incidents",
        "Runs of anomalies; figures are those of the worst moment.",
        labels={
            "opened_at": "Opened",
            "last_seen_at": "Last seen",
            "peak_deviation_pct": "Deviation",
            "peak_value_shown": "Value",
            "peak_expected_shown": "Expected",
            "detected_by": "Detected by",
        },
        rows=30,
        source=(listing, *given),
        total=int(total["n"]),
    )


def events():
    """What was known beforehand."""
    if not serving.has_rows("reference.known_events"):
        ui.empty("events")
        return
    rows = serving.query(
        "select * from reference.known_events order by starts_on desc, event_name"
    )
    ui.table(
        rows.assign(channel=rows["channel"].fillna("all")),
        {
            "event_name": ui.text,
            "event_type": ui.name,
            "starts_on": ui.date,
            "ends_on": ui.date,
            "channel": ui.name,
        },
        "known_events",
        "Drawn, but never learnt from. A person edits them in seeds/known_events.csv.",
        labels={"event_name": "Event", "event_type": "Kind"},
        rows=40,
        source=(
            "select * from reference.known_events order by starts_on desc, event_name",
        ),
    )
