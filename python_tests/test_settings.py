"""Settings that cannot be meant stop the run with a sentence that names them."""

import pytest
from harness import ATTRIBUTION, Shop

# Settings are judged before anything is built: one seed is enough.
LITTLE = ("channel_map",)
NAN, INFINITY = float("nan"), float("inf")
WEIGHTS = {"first": 0.4, "middle": 0.2, "last": 0.4}
NONSENSE = {
    "lookback_days": [-1, -0.001, "30 days", "", True, [30], {"days": 30}, NAN],
    "half_life_days": [0, -7, None, "a week", False, [7], NAN, INFINITY],
    "path_policy": ["sometimes", "", None, 3, ["independent"]],
    "conversion_scope": ["some_orders", "", None, 1],
    "conversion_value": ["profit", "", None, 0],
    "collapse_repeats": ["maybe", 2, None, [True]],
    "exclude_direct": ["maybe", 2, None, {}],
    "position_weights": [
        None,
        "40/20/40",
        [0.4, 0.2, 0.4],
        {"first": 0.5, "last": 0.5},
        WEIGHTS | {"second": 0.1},
        WEIGHTS | {"last": -0.4},
        WEIGHTS | {"middle": "some"},
        WEIGHTS | {"first": True},
        WEIGHTS | {"first": None},
        {"first": 0, "middle": 1, "last": 0},
        WEIGHTS | {"first": NAN},
        WEIGHTS | {"first": INFINITY},
    ],
    "reallocation_step": [-0.1, 1.01, "half", None, NAN],
    "n_segments": [1, 11, 2.5, "five", None, True, [5], NAN],
    "history_months": [0, 121, 1.5, "two years", None],
    "churn_horizon_days": [29, 366, 45.5, "90 days", None],
    "churn_risk_threshold": [-0.1, 1.01, "half", None, NAN],
    "lapsed_after_days": [0, -1, 10.5, "half a year", None],
    "business_timezone": [
        "Mars/Olympus_Mons",
        "New York",
        "",
        None,
        3,
        "UTC'); drop table x; --",
    ],
    "as_of": ["31/12/2024", "soon", "2024-13-01", "2024-02-30", "", 2024],
    "plausible_from": ["long ago", "2024-02-30", "01/01/1990", None, 1990],
    "plausible_until": ["2024-02-30", "tomorrow", "1989-12-31", 2030],
    "plausible_amount": [0, -1, "much", None, NAN],
    "quarantine_warn_share": [-0.01, 1.01, "1 %", None, NAN],
    "quarantine_error_share": [-0.01, 1.01, "5 %", None, NAN],
    "column_names": [
        "user_id",
        ["user_id"],
        {"clicks": {"customer_id": "user_id"}},
        {"orders": {"customer": "user_id"}},
        {"orders": "user_id"},
        {"orders": {"customer_id": ["user_id"]}},
    ],
    "file_names": [
        "purchases",
        ["purchases"],
        {"clicks": "touchpoints"},
        {"orders": ["a", "b"]},
        {"orders": {"file": "a"}},
    ],
    "timestamp_formats": ["%Q", ["%Y-%Q"], 3, {"first": "%d/%m/%Y"}, [None]],
}
CASES = [(name, value) for name, values in NONSENSE.items() for value in values]


def shop():
    """One touch and one order."""
    shop = Shop()
    shop.touch("U1", "email", "2024-01-01 10:00:00")
    shop.order("1", "U1", "2024-01-02 10:00:00", "5")
    return shop.raw()


@pytest.fixture(scope="module")
def data(project):
    """Folder of sound raw data, built once with the settings as they are."""
    return project.once("settings", shop).data


@pytest.mark.parametrize(("name", "value"), CASES, ids=str)
def test_nonsense_is_refused_by_name(project, data, name, value):
    """One sentence, before any model is built."""
    built = project.build(data=data, vars={name: value}, select=LITTLE)
    assert built.returncode != 0, "accepted"
    message = built.error()
    assert message.startswith(f"Setting {name} "), built.output[-1500:]
    assert message.endswith(".")
    assert "Traceback" not in built.output
    assert "reference.channel_map" not in built.output, "something was built"


def test_a_warning_level_above_the_error_level_is_refused(project, data):
    """It could never warn."""
    built = project.build(
        data=data,
        vars={"quarantine_warn_share": 0.2, "quarantine_error_share": 0.1},
        select=LITTLE,
    )
    assert built.returncode != 0, "accepted"
    assert built.error().startswith("Setting quarantine_"), built.output[-1500:]


def test_the_sentence_says_what_is_allowed_and_what_was_found(project, data):
    """Choices are listed, bounds are named, the value is repeated."""
    for vars, sentence in [
        (
            {"path_policy": "sometimes"},
            "Setting path_policy must be one of: independent,"
            ' since_previous_conversion; it is "sometimes".',
        ),
        (
            {"half_life_days": 0},
            "Setting half_life_days must be above 0; it is 0.",
        ),
        (
            {"column_names": {"orders": {"customer": "user_id"}}},
            "Setting column_names names the column 'customer' of orders, whose"
            " contract columns are: order_id, customer_id, ordered_at, order_value,"
            " discount_amount, product_category, shipping_method, status; it is"
            ' {"orders": {"customer": "user_id"}}.',
        ),
    ]:
        assert project.build(data=data, vars=vars, select=LITTLE).error() == sentence


@pytest.mark.parametrize(
    "vars",
    [
        "{half_life_days: 1e-9}",
        "{half_life_days: 1e9, lookback_days: 1e2}",
        "{lookback_days: 1e9}",
        "{lookback_days: 0, business_timezone: Asia/Kolkata}",
        "{position_weights: {first: 1, middle: 0, last: 1}, lookback_days: null,"
        " path_policy: Since previous conversion, conversion_scope: First_Orders,"
        " exclude_direct: 'true', collapse_repeats: True,"
        " timestamp_formats: '%d/%m/%Y'}",
        "{as_of: 2024-01-31, plausible_from: 2000-01-01, plausible_until: 2030-01-01,"
        " column_names: null, file_names: null, timestamp_formats: null,"
        " quarantine_warn_share: 0, quarantine_error_share: 1}",
    ],
)
def test_what_people_write_is_accepted(project, data, vars):
    """Numbers with an exponent (text, to YAML), other case, dates without quotes."""
    built = project.build(data=data, vars=vars, select=ATTRIBUTION)
    assert built.returncode == 0, built.error() or built.output[-1500:]


def test_settings_stand_beside_the_numbers(project, data):
    """Each setting that changes what the marts mean, as it stood."""
    settings = {
        "lookback_days": 12.5,
        "half_life_days": 3,
        "path_policy": "since_previous_conversion",
        "collapse_repeats": True,
        "exclude_direct": True,
        "conversion_scope": "first_orders",
        "conversion_value": "net",
        "business_timezone": "Asia/Tokyo",
    }
    built = project.good(data=data, vars=settings)
    found = dict(built.rows("select setting, value from marts.attribution_settings"))
    expected = {name: str(value) for name, value in settings.items()}
    expected |= {"collapse_repeats": "true", "exclude_direct": "true"}
    assert {name: found[name] for name in expected} == expected
