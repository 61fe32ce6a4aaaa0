"""Scores, profiles, quarantine, and the tests of the build."""

import streamlit as st

from dashboard import serving, ui

VIEWS = ["Quarantine", "Scores", "Profiles", "Tests", "Settings"]


def render():
    """Show the page."""
    ui.header("Data quality", "How sound the raw data are, and what was kept out.")
    shown = ui.view(VIEWS)
    {
        "Scores": scores,
        "Quarantine": quarantine,
        "Profiles": profiles,
        "Tests": tests,
        "Settings": settings,
    }[shown]()


def scores():
    """Each table by dimension of quality."""
    if not serving.has_rows("quality.quality_scores"):
        ui.empty("quality")
        return
    rows = serving.query("select * from quality.quality_scores order by all")
    grid = rows.pivot_table(
        index="table_name", columns="dimension", values="score", aggfunc="mean"
    )
    fig = ui.figure(150 + 42 * len(grid))
    fig.add_heatmap(
        z=grid.to_numpy(dtype=float),
        x=[ui.text(c) for c in grid.columns],
        y=[ui.text(i) for i in grid.index],
        colorscale=[[0, "#f3c9c5"], [0.8, "#f7ecc8"], [1, "#bfe5d2"]],
        texttemplate="%{z:.3~g}",
        showscale=False,
        xgap=3,
        ygap=3,
    )
    fig.update_yaxes(autorange="reversed")
    ui.chart(
        fig, "scores", "Score of each raw table by dimension; the best is the top."
    )
    ui.table(
        rows,
        {
            "table_name": ui.text,
            "dimension": ui.text,
            "score": lambda v: ui.number(v, 4),
            "weight": ui.number,
            "detail": ui.text,
        },
        "quality_scores",
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
    left, _ = st.columns([1, 3])
    with left:
        chosen = ui.pick(
            "Raw table", ["all", *sorted(set(reasons["table_name"]))], "table"
        )
    if chosen != "all":
        reasons = reasons[reasons["table_name"] == chosen]
    ui.cards(
        [
            ui.card("Rows kept out", ui.count(reasons["total"].sum())),
            ui.card("Kinds of fault", ui.count(len(reasons))),
        ]
    )
    ui.table(
        reasons,
        {"reason": str, "table_name": ui.text, "total": ui.count},
        "quarantine_reasons",
        labels={"total": "rows"},
    )
    st.header("The rows")
    ui.table(
        serving.query(
            f"select * from {table} where ? = 'all' or table_name = ?"
            " order by table_name, row_number limit 100000",
            chosen,
            chosen,
        ),
        {
            "table_name": ui.text,
            "row_number": ui.count,
            "reason": str,
            "raw_row": str,
        },
        "quarantined_rows",
        rows=30,
    )


def profiles():
    """What each column holds."""
    if not serving.has_rows("quality.column_profiles"):
        ui.empty("quality")
        return
    names = serving.query(
        "select distinct table_name as t from quality.column_profiles order by t"
    )["t"]
    left, _ = st.columns([1, 3])
    with left:
        chosen = ui.pick("Raw table", names, "table")
    ui.table(
        serving.query(
            "select * from quality.column_profiles where table_name = ?"
            " order by column_name",
            chosen,
        ),
        {
            "column_name": str,
            "data_type": str,
            "rows": ui.count,
            "nulls": ui.count,
            "distinct_values": ui.count,
            "min": ui.text,
            "p50": ui.number,
            "max": ui.text,
            "mean": ui.number,
            "outliers": ui.count,
        },
        "column_profiles",
    )


def tests():
    """What each test of this build said."""
    if not serving.has_rows("publication.build_tests"):
        ui.note("This file has no record of its build.")
        return
    ui.table(
        serving.query(
            "select * from publication.build_tests"
            " order by status <> 'warn', test_name, kind"
        ),
        {
            "test_name": str,
            "kind": str,
            "severity": str,
            "status": str,
            "failures": ui.count,
            "message": ui.text,
        },
        "build_tests",
        "Warnings first. A build with a failed error-level test is never published.",
        rows=50,
    )


def settings():
    """Every setting of this build."""
    if not serving.has_rows("publication.build_settings"):
        ui.note("This file has no record of its build.")
        return
    ui.table(
        serving.query(
            "select setting, value from publication.build_settings order by 1"
        ),
        {"setting": str, "value": str},
        "build_settings",
        rows=100,
    )
