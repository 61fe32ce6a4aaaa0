"""Sensitivity of shares: a row under a setting is what a build with it gives."""

import pytest
from generated_shop import raw
from harness import MODELS, Shop

TRANSFORMED = {"exclude_direct": True, "collapse_repeats": True}


def build(project, **attribution):
    """The generated shop under settings of attribution."""
    return project.once(
        "many customers", lambda: raw("many customers"), attribution=attribution
    )


def tried(built, setting, label):
    """(model, channel) -> what the sensitivity mart says under a value."""
    rows = built.rows(
        "select attribution_model, channel, conversion_share, revenue_share,"
        " budget_gap from marts.attribution_sensitivity"
        f" where setting = '{setting}' and setting_label = '{label}'"
    )
    return {row[:2]: row[2:] for row in rows}


def compared(built):
    """(model, channel) -> what attribution_comparison says."""
    rows = built.rows(
        "select attribution_model, channel, conversion_share, revenue_share,"
        " budget_gap from marts.attribution_comparison"
    )
    return {row[:2]: row[2:] for row in rows}


@pytest.mark.parametrize(
    ("others", "setting", "value", "models"),
    [
        ({}, "lookback_days", 7, MODELS),
        ({"sensitivity_lookback_days": [3.5]}, "lookback_days", 3.5, MODELS),
        ({}, "half_life_days", 3.5, ("time_decay",)),
        (TRANSFORMED, "lookback_days", 14, MODELS),
    ],
    ids=["lookback", "half a day", "half-life", "with transforms"],
)
def test_a_tried_value_gives_what_a_build_with_it_gives(
    project, others, setting, value, models
):
    found = tried(build(project, **others), setting, value)
    expected = compared(build(project, **others, **{setting: value}))
    assert {model for model, _ in found} == set(models)
    moved = 0
    now = compared(build(project, **others))
    for key, shares in found.items():
        assert shares == pytest.approx(expected[key], abs=1e-9, nan_ok=True), key
        moved += shares[0] != pytest.approx(now[key][0], abs=1e-6)
    assert moved > 3


def test_shifts_count_from_the_value_in_force(project):
    built = build(project)
    assert built.rows(
        "select distinct setting, setting_label from marts.attribution_sensitivity"
        " where is_current order by setting"
    ) == [("half_life_days", "7"), ("lookback_days", "30")]
    wrong = built.rows(
        "select * from marts.attribution_sensitivity as tried"
        " inner join marts.attribution_sensitivity as now"
        " using (setting, channel, attribution_model)"
        " where now.is_current and (abs(tried.conversion_share_shift"
        " - (tried.conversion_share - now.conversion_share)) > 1e-12"
        " or tried.flips_budget_gap <> (tried.budget_gap * now.budget_gap < 0))"
    )
    assert wrong == []


def test_no_limit_is_tried_like_any_lookback(project):
    built = build(project, lookback_days=None)
    assert built.rows(
        "select distinct setting_value, is_current from marts.attribution_sensitivity"
        " where setting_label = 'no limit'"
    ) == [(None, True)]
    found = tried(built, "lookback_days", "no limit")
    for key, shares in found.items():
        assert shares == pytest.approx(compared(built)[key], abs=1e-9), key


def test_a_sample_is_whole_groups_of_customers(project):
    built = build(project, sensitivity_conversions=40)
    sizes = dict(
        built.rows(
            "select jackknife_group, count(*) from intermediate.int_conversions"
            " group by jackknife_group order by jackknife_group"
        )
    )
    groups, count = [], 0
    for group, size in sizes.items():
        if count + size > 40:
            break
        groups.append(group)
        count += size
    assert built.rows(
        "select distinct sampled_conversions, sampled_share"
        " from marts.attribution_sensitivity"
    ) == [(count, pytest.approx(count / sum(sizes.values())))]
    expected = dict(
        built.rows(
            "select channel, sum(credit_linear) from marts.touchpoint_credits"
            f" where jackknife_group in ({', '.join(map(str, groups))})"
            " group by channel"
        )
    )
    found = tried(built, "lookback_days", 30)
    for (model, channel), shares in found.items():
        if model == "linear":
            assert shares[0] == pytest.approx(expected.get(channel, 0) / count)


@pytest.mark.parametrize(
    ("setting", "value", "complaint"),
    [
        ("sensitivity_lookback_days", [7, -1], "no number below 0"),
        ("sensitivity_lookback_days", "soon", "list of 1 to 20 numbers"),
        ("sensitivity_half_life_days", [0], "above 0"),
        ("sensitivity_half_life_days", [2, 2.0], "twice"),
        ("sensitivity_conversions", 0, "at least 1"),
        ("late_arrival_days", -1, "at least 0"),
    ],
)
def test_impossible_settings_stop_the_run(project, setting, value, complaint):
    shop = Shop()
    shop.order("o1", "c1", "2025-01-01")
    built = project.build(shop.raw(), vars={setting: value})
    assert built.returncode != 0
    assert setting in built.error() and complaint in built.error()
