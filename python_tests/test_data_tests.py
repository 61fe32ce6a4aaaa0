"""Data tests of attribution notice what they are there for.

A data test that always passes is as green as one that works: here each is run on a
sound warehouse, where it finds nothing, and on one with a planted fault, where it must.
"""

import duckdb
import pytest
from harness import MODELS, ROOT

FOLDER = ROOT / "tests" / "attribution"
ONE_CREDIT = (
    "where touchpoint_id <> 'unattributed' and touchpoint_id ="
    " (select min(touchpoint_id) from marts.touchpoint_credits)"
)
ONE_CONVERSION = (
    "conversion_id = (select min(conversion_id) from marts.touchpoint_credits)"
)
TOTALS = (
    "channel_attribution",
    "channel_performance",
    "campaign_performance",
    "attribution_comparison",
)
EMAIL = "where channel = 'email' and attribution_model = 'linear'"
FAULTS = {
    "chain_converts_like_the_journeys": [
        f"update marts.markov_removal_effects set {column} = {column} * 1.0001"
        for column in ("conversion_probability", "value_per_journey")
    ],
    "conversions_are_all_credited": [
        f"delete from marts.touchpoint_credits where {ONE_CONVERSION}",
        "insert into marts.touchpoint_credits"
        " select * replace ('none' as conversion_id)"
        f" from marts.touchpoint_credits where {ONE_CONVERSION}",
        "update marts.touchpoint_credits set conversion_value = conversion_value + 0.01"
        f" where {ONE_CONVERSION}",
    ],
    "credits_sum_to_one": [
        f"update marts.touchpoint_credits set credit_{model} = credit_{model} {change}"
        f" {ONE_CREDIT}"
        for model in MODELS
        for change in ("+ 1e-8", "- 1e-8")
    ],
    "journeys_hold_every_touch": [
        # Touches in the middle, first ones, last ones, and whole journeys.
        "update intermediate.int_journey_transitions set transitions = transitions - 1"
        f" where {which} and transitions > 1"
        for which in (
            "state_1 is not null and next_channel is not null",
            "state_1 is null",
            "next_channel is null",
        )
    ]
    + ["update intermediate.int_journey_channel_sets set journeys = journeys + 1"],
    "marts_agree_on_totals": [
        fault
        for mart in TOTALS
        for fault in (
            f"delete from marts.{mart} {EMAIL}",
            f"update marts.{mart} set conversions = conversions * 1.00001 {EMAIL}",
            f"update marts.{mart} set revenue = revenue * 1.00001 {EMAIL}",
        )
    ],
    "months_tie_out_to_orders": [
        "delete from marts.channel_attribution where conversion_month ="
        " (select min(conversion_month) from marts.channel_attribution)",
        "insert into marts.channel_attribution"
        " select * replace (date '1999-01-01' as conversion_month)"
        " from marts.channel_attribution limit 1",
        f"update marts.channel_attribution set conversions = conversions + .01 {EMAIL}",
        f"update marts.channel_attribution set revenue = 0.01 + revenue {EMAIL}",
        # A guest's order that is not counted.
        "delete from marts.channel_attribution where channel = 'unattributed'",
    ],
    "paths_tie_out_to_conversions": [
        "delete from marts.conversion_paths where path ="
        " (select min(path) from marts.conversion_paths)",
        "update marts.conversion_paths set conversions = conversions + 1",
        "update marts.conversion_paths set revenue = revenue + 0.01",
    ],
    "reallocation_keeps_the_budget": [
        "update marts.budget_recommendations set proposed_spend = proposed_spend + 0.01"
        " where action = 'increase'",
        "update marts.budget_recommendations set proposed_spend = proposed_spend - 0.01"
        " where action = 'decrease'",
        # Kept, but away from the credit; past it; or where the interval says nothing.
        "update marts.budget_recommendations"
        " set proposed_spend = 2 * current_spend - proposed_spend",
        "update marts.budget_recommendations"
        " set proposed_spend = current_spend + 100 * (proposed_spend - current_spend)",
        "update marts.budget_recommendations set gap_ci_low = -1, gap_ci_high = 1",
    ],
    "sensitivity_holds_all_that_is_credited": [
        "delete from marts.attribution_sensitivity where channel = 'email'",
        "update marts.attribution_sensitivity set conversion_share = 0"
        " where channel = 'email'",
    ],
    "sensitivity_shares_sum_to_one": [
        "delete from marts.attribution_sensitivity where channel = 'email'",
        "update marts.attribution_sensitivity"
        " set conversion_share = conversion_share * 1.0001",
        "update marts.attribution_sensitivity"
        " set conversion_share_shift = conversion_share_shift + 0.0001",
    ],
    "sensitivity_starts_from_the_current_shares": [
        f"update marts.attribution_sensitivity set {column} = {column} + 0.0001"
        " where is_current and channel = 'email'"
        for column in ("conversion_share", "revenue_share", "budget_gap")
    ],
    "spend_is_all_there": [
        fault
        for mart in ("channel_performance", "campaign_performance")
        for fault in (
            f"update marts.{mart} set spend = spend + 0.01 {EMAIL} and spend > 0",
            f"delete from marts.{mart} where spend > 0 and touch_month ="
            f" (select min(touch_month) from marts.{mart} where spend > 0)",
            f"insert into marts.{mart} select * replace"
            " (date '1999-01-01' as touch_month)"
            f" from marts.{mart} where spend > 0 limit 1",
        )
    ],
    "subset_count_is_linear_over_channels": [
        f"update marts.shapley_values set {column} = {column} + 0.0001"
        " where value_function = 'subset_count' and channel = 'email'"
        for column in ("shapley_value", "value_shapley_value")
    ],
}


@pytest.fixture(scope="module")
def checked(project):
    """The reference company's marts, and the SQL of their data tests by name."""
    built = project.good(
        data=ROOT / "reference" / "data",
        select=("+path:models/attribution", "path:tests/attribution"),
        tests=True,
    )
    compiled = project.folder / "target_worker" / "compiled" / "insight_engine"
    tests = {
        path.stem: (compiled / path.relative_to(ROOT)).read_text()
        for path in FOLDER.glob("*.sql")
    }
    return built, tests


def test_every_data_test_of_attribution_has_faults_to_find():
    assert {path.stem for path in FOLDER.glob("*.sql")} == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_noticed(checked, name):
    """Nothing found in what was built; something for each fault, planted alone."""
    built, tests = checked
    with duckdb.connect(str(built.warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        assert connection.execute(tests[name]).fetchall() == []
        for fault in FAULTS[name]:
            connection.begin()
            ((changed,),) = connection.execute(fault).fetchall()
            assert changed > 0, fault
            assert connection.execute(tests[name]).fetchall(), fault
            connection.rollback()
