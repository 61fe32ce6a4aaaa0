"""Every attribution mart equals a brute-force oracle, for many settings.

The shops are drawn from a seed: ties, both ends of the window to the microsecond,
orders in one second, duplicates, guests, cancelled and free orders, refunds, channels
in many spellings. The oracle loops over single touches; see attribution_oracle.py.
"""

import pytest
from attribution_oracle import CREDITS
from generated_shop import raw, shop

CASES = [
    ("many customers", {}),
    ("many customers", {"path_policy": "since_previous_conversion"}),
    ("many customers", {"exclude_direct": True, "lookback_days": 3.5}),
    ("many customers", {"collapse_repeats": True, "conversion_value": "net"}),
    (
        "many customers",
        {
            "exclude_direct": True,
            "collapse_repeats": True,
            "path_policy": "since_previous_conversion",
            "lookback_days": None,
            "half_life_days": 1 / 24,
            "business_timezone": "America/New_York",
            "markov_order": 3,
        },
    ),
    (
        "many customers",
        {
            "conversion_scope": "first_orders",
            "position_weights": {"first": 3, "middle": 1, "last": 2},
            "markov_order": 2,
            "shapley_value_function": "subset_count",
            "half_life_days": 2.5,
            "reallocation_step": 1,
        },
    ),
    ("many customers", {"lookback_days": 0, "reallocation_step": 0}),
    ("one channel", {}),
    ("few customers", {"lookback_days": None, "markov_order": 3}),
    ("few customers", {"shapley_value_function": "exact_rate", "markov_order": 2}),
    ("without spend", {}),
]
MARTS = {
    "touchpoint_credits": (
        "conversion_id, touchpoint_id",
        "channel, touch_position, path_length, age_days,"
        " cast(conversion_value as double), "
        + ", ".join(f"credit_{model}" for model in CREDITS),
    ),
    "channel_attribution": (
        "conversion_month, channel, attribution_model",
        "conversions, revenue, conversion_share, revenue_share",
    ),
    "channel_performance": (
        "touch_month, channel, attribution_model",
        "conversions, revenue, spend, roas, cpa, credit_share, budget_share",
    ),
    "campaign_performance": (
        "touch_month, channel, campaign, attribution_model",
        "conversions, revenue, spend, roas, cpa, credit_share, budget_share",
    ),
    "attribution_comparison": (
        "channel, attribution_model",
        "conversions, revenue, conversion_share, share_std_error, share_ci_low,"
        " share_ci_high, revenue_share, attributed_share, budget_share, budget_gap,"
        " budget_gap_ci_low, budget_gap_ci_high",
    ),
    "budget_recommendations": (
        "channel, attribution_model",
        "current_spend, proposed_spend, action, credit_share, budget_share, gap,"
        " gap_ci_low, gap_ci_high",
    ),
    "conversion_paths": (
        "path",
        "path_length, conversions, revenue, avg_days_to_convert",
    ),
}


def same(found, expected):
    """Are two tuples equal, numbers within 1e-9 (relative beyond 1)?"""
    return len(found) == len(expected) and all(
        one == other
        if one is None or other is None or isinstance(one, str)
        else abs(one - other) <= 1e-9 * max(1, abs(other))
        for one, other in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize("mart", MARTS)
@pytest.mark.parametrize(("name", "settings"), CASES, ids=str)
def test_mart_equals_oracle(project, name, settings, mart):
    """Same keys, same values."""
    built = project.once(name, lambda: raw(name), attribution=settings)
    expected = getattr(shop(name).oracle(**settings), mart)()
    keys, values = MARTS[mart]
    width = keys.count(",") + 1
    rows = built.rows(f"select {keys}, {values} from marts.{mart}")
    found = {row[:width]: row[width:] for row in rows}
    assert len(found) == len(rows), "the key is not unique"
    assert set(found) == set(expected)
    wrong = {
        key: (found[key], expected[key])
        for key in expected
        if not same(found[key], expected[key])
    }
    assert not wrong, f"{len(wrong)} rows differ, as {next(iter(wrong.items()))}"


def test_the_generated_shop_is_awkward():
    """The cases that the oracle is there for do occur."""
    oracle = shop("many customers").oracle()
    lengths = {row["length"] for row in oracle.rows}
    assert {0, 1, 2, 3} <= lengths and max(lengths) > 8
    assert {0.0, 30.0} <= {row["age"] for row in oracle.rows}
    assert any(row["age"] and 29.9999 < row["age"] < 30 for row in oracle.rows)
    assert len(oracle.groups) == 50
    few = shop("few customers").oracle(lookback_days=None)
    assert 1 < len(few.groups) < 10
    actions = {row[2] for row in oracle.budget_recommendations().values()}
    assert actions == {"increase", "decrease", "hold"}
    direct = [touch for touch in shop("many customers").touches if touch["is_direct"]]
    assert len(direct) > 50
