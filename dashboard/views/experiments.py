"""Declared comparisons: is a difference more than chance, and how large."""

import streamlit as st

from dashboard import serving, ui

TESTS = {
    "chi_square": "Chi-square",
    "chi_square_yates": "Chi-square, Yates' correction",
    "fisher": "Fisher's exact test",
    "fisher_exact": "Fisher's exact test",
    "welch_t": "Welch's t test",
    "welch_anova": "Welch's ANOVA",
    "mann_whitney": "Mann–Whitney",
    "mann_whitney_exact": "Mann–Whitney, exact",
    "mann_whitney_corrected": "Mann–Whitney, corrected",
    "kruskal_wallis": "Kruskal–Wallis",
}


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
    questions = {
        row["test_name"]: row.get("question") or ui.name(row["test_name"])
        for row in rows.to_dict("records")
    }
    ui.cards((answer(row, questions) for row in rows.to_dict("records")), "five")
    st.header("Groups behind an answer")
    groups(questions)
    st.header("All tests")
    ui.table(
        rows.assign(
            question=[questions[n] for n in rows["test_name"]],
            method=[method(m) for m in rows["method"]],
        ),
        {
            "question": ui.prose,
            "method": ui.term,
            "row_count": ui.count,
            "statistic": ui.number,
            "p_value": ui.p_value,
            "p_value_holm": ui.p_value,
            "p_value_bh": ui.p_value,
            "effect_name": ui.name,
            "effect_size": ui.number3,
            "effect_ci_low": ui.number3,
            "effect_ci_high": ui.number3,
        },
        "statistical_tests",
        "p-values also corrected for the number of tests: Holm bounds the risk of any"
        " false alarm, BH (Benjamini–Hochberg) their share.",
        labels={
            "row_count": "Rows",
            "p_value": "p",
            "p_value_holm": "p, Holm",
            "p_value_bh": "p, BH",
            "effect_name": "Effect",
            "effect_size": "Size",
            "effect_ci_low": "95 % from",
            "effect_ci_high": "to",
        },
        source=("select * from marts.statistical_tests order by test_name",),
        total=len(rows),
    )


def method(value):
    """A method as statisticians write it."""
    return TESTS.get(value) or ui.name(value)


def answer(row, questions):
    """One question with its answer, its certainty and the size of the effect."""
    if ui.is_missing(row["is_significant"]):
        verdict = "No answer"
    else:
        verdict = "More than chance" if row["is_significant"] else "Could be chance"
    p = ui.p_value(row["p_value_holm"])
    detail = [
        f"{ui.escape(method(row['method']))}, p {p if p[0] == '<' else '= ' + p}"
        " (Holm)",
        f"{ui.escape(ui.name(row.get('effect_name') or 'effect'))}"
        f" {ui.number3(row['effect_size'])}"
        f" ({ui.number3(row['effect_ci_low'])} to {ui.number3(row['effect_ci_high'])})",
    ]
    drawing = effect(row)
    why = f"Chosen because: {row['reason']}." if row.get("reason") else ""
    if row.get("caution") and not ui.is_missing(row["caution"]):
        why += f" Mind: {row['caution']}."
    return ui.card(
        questions[row["test_name"]],
        verdict,
        "<br>".join(detail),
        spark=f'<div class="ie-effect">{drawing}</div>'
        f'<div class="d">{ui.escape(why)}</div>',
    )


def effect(row):
    """The effect's interval and zero on one line."""
    low, size, high = row["effect_ci_low"], row["effect_size"], row["effect_ci_high"]
    if any(ui.is_missing(v) for v in (low, size, high)):
        return ""
    left, right = min(low, 0), max(high, 0)
    width = (right - left) or 1

    def at(value):
        return 12 + 236 * (value - left) / width

    colour = ui.ACCENT if low > 0 or high < 0 else ui.QUIET
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 260 30">'
        f'<line x1="{at(0):.1f}" x2="{at(0):.1f}" y1="2" y2="28" stroke="#7d8697"'
        ' stroke-width="1.4" stroke-dasharray="3 3"/>'
        f'<line x1="{at(low):.1f}" x2="{at(high):.1f}" y1="15" y2="15"'
        f' stroke="{colour}" stroke-width="3" stroke-linecap="round"/>'
        f'<circle cx="{at(size):.1f}" cy="15" r="6" fill="{colour}"/></svg>'
    )
    return ui.image(
        drawing,
        f"Effect {ui.number3(size)}, interval {ui.number3(low)} to {ui.number3(high)};"
        " the dashed line is no effect",
    )


def groups(questions):
    """Size, mean and spread of each group of one test."""
    if not serving.has_rows("marts.test_group_statistics"):
        ui.note("No figures of groups in this publication.")
        return
    left, _ = st.columns([2, 1])
    with left:
        test = ui.pick("Question", list(questions), "test", form=questions.get)
    rows = serving.query(
        "select * from marts.test_group_statistics where test_name = ?"
        " order by is_baseline desc, display_order, group_name"
        if "display_order" in serving.columns("marts.test_group_statistics")
        else "select * from marts.test_group_statistics where test_name = ?"
        " order by group_name",
        test,
    )
    ui.table(
        rows,
        {
            "group_name": ui.name,
            "row_count": ui.count,
            "mean": ui.number3,
            "median": ui.number3,
            "std_dev": ui.number3,
            "difference_from_baseline": ui.number3,
        },
        "test_group_statistics",
        "The first group is what the others are compared with.",
        labels={
            "group_name": "Group",
            "row_count": "Rows",
            "std_dev": "Standard deviation",
            "difference_from_baseline": "Difference",
        },
    )
