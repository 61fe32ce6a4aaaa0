"""Declared comparisons: is a difference more than chance, and how large."""

import streamlit as st

from dashboard import serving, ui


def render():
    """Show the page."""
    ui.header("Experiments", "Is a difference more than chance, and how large is it?")
    if not serving.has_rows("marts.statistical_tests"):
        ui.empty("experiments")
        return
    has_order = "display_order" in serving.columns("marts.statistical_tests")
    rows = serving.query(
        "select * from marts.statistical_tests order by "
        + ("display_order, test_name" if has_order else "test_name")
    )
    ui.cards(
        [
            ui.card(
                row.get("question") or ui.text(row["test_name"]),
                "No answer"
                if ui.is_missing(row["is_significant"])
                else "More than chance"
                if row["is_significant"]
                else "Could be chance",
                f"{ui.escape(ui.text(row['method']))}, p = "
                f"{ui.number(row['p_value_holm'], 4)} (Holm)<br>"
                f"effect {ui.number(row['effect_size'], 3)}"
                f" ({ui.number(row['effect_ci_low'], 3)} to"
                f" {ui.number(row['effect_ci_high'], 3)})",
            )
            for row in rows.to_dict("records")
        ]
    )
    st.header("All tests")
    ui.table(
        rows,
        {
            "test_name": ui.text,
            "method": ui.text,
            "statistic": ui.number,
            "p_value": lambda v: ui.number(v, 4),
            "p_value_holm": lambda v: ui.number(v, 4),
            "p_value_bh": lambda v: ui.number(v, 4),
            "effect_size": lambda v: ui.number(v, 3),
            "effect_ci_low": lambda v: ui.number(v, 3),
            "effect_ci_high": lambda v: ui.number(v, 3),
            "reason": ui.text,
        },
        "statistical_tests",
        "The method, and why it was taken. p-values also corrected for the number of"
        " tests.",
    )
    if serving.has_rows("marts.test_group_statistics"):
        st.header("Groups")
        left, _ = st.columns([1, 2])
        with left:
            name = ui.pick("Test", rows["test_name"], "test")
        ui.table(
            serving.query(
                "select * from marts.test_group_statistics where test_name = ?"
                " order by group_name",
                name,
            ),
            {
                "group_name": ui.text,
                "row_count": ui.count,
                "mean": lambda v: ui.number(v, 3),
                "median": lambda v: ui.number(v, 3),
                "std_dev": lambda v: ui.number(v, 3),
            },
            "test_group_statistics",
        )
