"""Scores, profiles, quarantine, and the tests of the build."""

import json

import streamlit as st

from dashboard import serving, ui

VIEWS = ["Scores", "Quarantine", "Profiles", "Tests", "Build settings"]


def render():
    """Show the page."""
    ui.header("Data quality", "How sound the raw data are, and what was kept out.")
    shown = ui.view(VIEWS)
    {
        "Scores": scores,
        "Quarantine": quarantine,
        "Profiles": profiles,
        "Tests": tests,
        "Build settings": settings,
    }[shown]()


def scores():
    """Each table by dimension of quality."""
    if not serving.has_rows("quality.quality_scores"):
        ui.empty("quality")
        return
    rows = serving.query(
        "select * from quality.quality_scores"
        " order by display_order, table_name, dimension_order, dimension"
    )
    overall = rows[rows["dimension"] == "overall"]
    ui.cards(
        (
            ui.card(
                ui.name(row["table_name"]),
                ui.grade(row["score"]),
                ""
                if ui.is_missing(row["raw_rows"])
                else f"{ui.count(row['raw_rows'])} raw rows",
            )
            for row in overall.to_dict("records")
        ),
        "small",
    )
    st.header("By dimension")
    parts = rows[rows["dimension"] != "overall"]
    grid = parts.pivot_table(
        index="table_name", columns="dimension", values="score", aggfunc="mean"
    ).reindex(
        index=list(dict.fromkeys(parts["table_name"])),
        columns=list(dict.fromkeys(parts["dimension"])),
    )
    fig = ui.figure(120 + 42 * len(grid))
    fig.add_heatmap(
        z=grid.to_numpy(dtype=float),
        x=[ui.name(c) for c in grid.columns],
        y=[ui.name(i) for i in grid.index],
        zmin=0,
        zmax=1,
        colorscale=[
            [0, "#f3c9c5"],
            [0.9, "#f7dcc8"],
            [0.99, "#eef3d2"],
            [1, "#cdebdc"],
        ],
        text=[[ui.grade(v) for v in line] for line in grid.to_numpy(dtype=float)],
        texttemplate="%{text}",
        hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
        showscale=False,
        xgap=3,
        ygap=3,
    )
    fig.update_xaxes(showgrid=False)
    fig.update_yaxes(autorange="reversed", showgrid=False)
    ui.chart(
        fig,
        "scores",
        "Share of sound rows of each raw table by dimension; a dash where there is"
        " nothing to hold it against.",
    )
    st.header("What was found")
    lacking = rows[(rows["score"].fillna(1) < 1) & (rows["dimension"] != "overall")]
    lacking = lacking[lacking["table_name"] != "all_tables"]
    if lacking.empty:
        ui.note("Nothing: every score is full.")
    ui.table(
        lacking.sort_values(["score", "table_name", "dimension"]),
        {
            "table_name": ui.name,
            "dimension": ui.name,
            "score": ui.grade,
            "failed_rows": ui.count,
            "detail": ui.prose,
            "weight": ui.number,
        },
        "quality_scores",
        "Scores that are not full, the lowest first. The download has all.",
        labels={"table_name": "Raw table", "failed_rows": "Faulty rows"},
        source=(
            "select * from quality.quality_scores"
            " order by display_order, dimension_order",
        ),
        total=len(lacking),
    )


def quarantine():
    """Rows that were kept out, with why."""
    table = "quality.quarantined_rows"
    if not serving.has(table):
        ui.empty("quality")
        return
    reasons = serving.query(
        f"select table_name, reason, count(*) as total from {table}"
        " group by table_name, reason order by total desc, table_name, reason"
    )
    if reasons.empty:
        ui.note("Every raw row was sound: nothing is in quarantine.")
        return
    one, two, _ = st.columns([1, 2, 1])
    with one:
        chosen = ui.pick(
            "Raw table", ["all", *sorted(set(reasons["table_name"]))], "table"
        )
    if chosen != "all":
        reasons = reasons[reasons["table_name"] == chosen]
    with two:
        reason = ui.pick(
            "Reason", ["all", *sorted(set(reasons["reason"]))], "reason", form=ui.text
        )
    if reason != "all":
        reasons = reasons[reasons["reason"] == reason]
    ui.cards(
        [
            ui.card("Rows kept out", ui.count(reasons["total"].sum())),
            ui.card("Kinds of fault", ui.count(len(reasons))),
        ]
    )
    ui.table(
        reasons,
        {"reason": ui.prose, "table_name": ui.name, "total": ui.count},
        "quarantine_reasons",
        labels={"total": "Rows", "table_name": "Raw table"},
    )
    st.header("The rows")
    where = "(? = 'all' or table_name = ?) and (? = 'all' or reason = ?)"
    given = (chosen, chosen, reason, reason)
    listing = f"select * from {table} where {where} order by table_name, row_number"
    rows = serving.query(f"{listing} limit 30", *given)
    ui.table(
        rows.assign(raw_row=[raw_row(v) for v in rows["raw_row"]]),
        {
            "reason": ui.prose,
            "table_name": ui.name,
            "row_number": ui.count,
            "source_file": ui.text,
            "raw_row": ui.prose,
        },
        "quarantined_rows",
        labels={
            "table_name": "Raw table",
            "row_number": "Number",
            "source_file": "File",
            "raw_row": "As it came",
        },
        rows=30,
        source=(listing, *given),
        total=int(reasons["total"].sum()),
    )


def raw_row(value):
    """A raw row's columns and values in one line."""
    try:
        found = json.loads(value)
        return ", ".join(f"{k}: {v}" for k, v in found.items())
    except (ValueError, TypeError, AttributeError):
        return ui.text(value) if value is None else str(value)


def profiles():
    """What each column holds."""
    if not serving.has_rows("quality.column_profiles"):
        ui.empty("quality")
        return
    found = serving.query(
        "select table_name as t from quality.column_profiles group by 1"
        " order by t <> 'orders', t"
    )["t"]
    left, _ = st.columns([1, 3])
    with left:
        chosen = ui.pick("Raw table", found, "profile")
    rows = serving.query(
        "select *, nulls / nullif(rows, 0) as empty from quality.column_profiles"
        " where table_name = ? order by column_number, column_name"
        if "column_number" in serving.columns("quality.column_profiles")
        else "select *, nulls / nullif(rows, 0) as empty from quality.column_profiles"
        " where table_name = ? order by column_name",
        chosen,
    )
    ui.table(
        rows.assign(top_values=[top_values(v) for v in rows["top_values"]]),
        {
            "column_name": ui.term,
            "data_type": ui.term,
            "rows": ui.count,
            "empty": ui.share,
            "distinct_values": ui.count,
            "min": ui.text,
            "p25": ui.number,
            "p50": ui.number,
            "p75": ui.number,
            "max": ui.text,
            "mean": ui.number,
            "outliers": ui.count,
            "top_values": ui.prose,
        },
        "column_profiles",
        labels={
            "column_name": "Column",
            "data_type": "Type",
            "distinct_values": "Distinct",
            "p25": "25 %",
            "p50": "Median",
            "p75": "75 %",
            "top_values": "Most frequent",
        },
        source=(
            "select * from quality.column_profiles where table_name = ?"
            " order by column_name",
            chosen,
        ),
        total=len(rows),
    )


def top_values(value):
    """The three most frequent values with their rows."""
    try:
        found = json.loads(value)[:3]
        return ", ".join(f"{each['value']} ({each['rows']:,})" for each in found)
    except (ValueError, TypeError, KeyError):
        return "–"


def tests():
    """What each test of this build said."""
    if not serving.has_rows("publication.build_tests"):
        ui.empty("record")
        return
    total = serving.query(
        "select count(*) as n, count(*) filter (where status = 'warn') as warned,"
        " count(*) filter (where kind = 'unit test') as units"
        " from publication.build_tests"
    ).iloc[0]
    ui.cards(
        [
            ui.card("Tests run", ui.count(total["n"])),
            ui.card("Of them unit tests", ui.count(total["units"])),
            ui.card("Warned", ui.count(total["warned"])),
        ]
    )
    listing = (
        "select * from publication.build_tests"
        " order by status <> 'warn', test_name, kind"
    )
    ui.table(
        serving.query(f"{listing} limit 50"),
        {
            "test_name": ui.prose,
            "kind": ui.name,
            "severity": ui.name,
            "status": ui.name,
            "failures": ui.count,
            "message": ui.prose,
        },
        "build_tests",
        "Warnings first. A build with a failed error-level test is never published.",
        labels={"test_name": "Test"},
        rows=50,
        source=(listing,),
        total=int(total["n"]),
    )


def settings():
    """Every setting of this build."""
    if not serving.has_rows("publication.build_settings"):
        ui.empty("record")
        return
    ui.table(
        serving.query(
            "select setting, value from publication.build_settings order by 1"
        ),
        {"setting": str, "value": str},
        "build_settings",
        "As this build was run: vars.yml, and what the command line said.",
        rows=100,
    )
