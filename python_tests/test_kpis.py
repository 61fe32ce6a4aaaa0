"""KPIs: values from raw files, how they are judged, and declarations that are wrong."""

import datetime

import pandas as pd
import pytest
from harness import MODELS, Shop

KPIS = ("path:models/kpis", "+path:models/kpis")


def month(number):
    return datetime.date(2025, number, 1)


@pytest.fixture(scope="module")
def shop():
    """Three months: 3, 2 and 4 orders that count; one customer comes back."""
    shop = Shop()
    for day, (customer, value) in enumerate(
        [("a", "100"), ("b", "50.50"), ("c", "49.50")], start=10
    ):
        shop.order(f"jan{day}", customer, f"2025-01-{day} 12:00:00", value)
    shop.order("feb1", "a", "2025-02-10 12:00:00", "80")
    shop.order("feb2", "d", "2025-02-11 12:00:00", "20")
    shop.order("feb3", "e", "2025-02-12 12:00:00", "999", status="cancelled")
    for day in range(10, 14):
        shop.order(f"mar{day}", "", f"2025-03-{day} 12:00:00", "25")
    shop.touch("a", "email", "2025-01-09 12:00:00")
    shop.touch("a", "google_ads", "2025-01-10 11:00:00")
    shop.touch("a", "Email", "2025-02-09 12:00:00")
    shop.give_back("jan10", "2025-02-01 12:00:00", "60")
    shop.give_back("jan10", "2025-03-01 12:00:00", "40")
    shop.spend("2025-01-05", "google_ads", "90")
    shop.spend("2025-02-05", "google_ads", "20")
    shop.spend("2025-02-05", "meta", "30")
    return shop


def values(built, kpi):
    return dict(
        built.rows(
            "select period_start, value from marts.kpi_values"
            f" where kpi = '{kpi}' order by period_start"
        )
    )


def raw_of(shop):
    """The shop's raw tables, with sessions and e-mail."""
    raw = shop.raw()
    raw["web_sessions"] = (
        "session_hour,channel,sessions\n"
        "2025-01-10 12:00:00,email,40\n"
        "2025-01-10 12:00:00,direct,20\n"
        "2025-03-10 12:00:00,email,16\n"
    )
    raw["email_events"] = "event_id,customer_id,event_type,occurred_at\n" + "".join(
        f"{kind}{number},a,{kind},2025-02-01 00:00:0{number}\n"
        for kind, count in [("sent", 8), ("opened", 4), ("unsubscribed", 1)]
        for number in range(count)
    )
    return raw


@pytest.fixture(scope="module")
def built(project, shop):
    return project.good(raw_of(shop), select=KPIS)


def test_sums_and_counts_by_month(built):
    assert values(built, "monthly_revenue") == {
        month(1): 200.0,
        month(2): 100.0,
        month(3): 100.0,
    }
    assert values(built, "orders") == {month(1): 3.0, month(2): 2.0, month(3): 4.0}
    assert values(built, "average_order_value")[month(3)] == 25.0


def test_a_new_customer_is_counted_once_and_a_guest_never(built):
    assert values(built, "new_customers") == {
        month(1): 3.0,
        month(2): 1.0,
        month(3): 0.0,
    }


def test_acquisition_cost_divides_spend_by_new_customers(built):
    cost = values(built, "customer_acquisition_cost")
    assert cost == {month(1): 30.0, month(2): 50.0, month(3): None}


def test_rates_have_both_sides_in_one_month(built):
    assert values(built, "conversion_rate") == {
        month(1): 0.05,
        month(2): None,
        month(3): 0.25,
    }
    assert values(built, "email_unsubscribe_rate") == {
        month(1): None,
        month(2): 0.125,
        month(3): None,
    }


def test_an_order_returned_twice_is_one_returned_order_of_its_own_month(built):
    rate = values(built, "return_rate")
    assert rate[month(1)] == pytest.approx(1 / 3, abs=1e-12)
    assert (rate[month(2)], rate[month(3)]) == (0.0, 0.0)


def test_email_revenue_follows_the_model(built):
    january = {
        model: values(built, f"email_revenue_{model}")[month(1)] for model in MODELS
    }
    assert january["first_touch"] == 100.0
    assert january["last_touch"] == 0.0
    assert january["linear"] == 50.0
    assert january["position_based"] == 50.0
    february = values(built, "email_revenue_last_touch")[month(2)]
    assert february == 80.0


def test_roas_counts_the_revenue_of_channels_with_spend_in_the_month(built):
    # January: google_ads earned half of 100, and cost 90. In February neither
    # channel with spend was touched. In March nothing was spent.
    roas = values(built, "roas")
    assert roas[month(1)] == pytest.approx(50 / 90, abs=1e-12)
    assert roas[month(2)] == 0.0
    assert roas[month(3)] is None


def test_an_unfinished_month_says_so(built):
    complete = dict(
        built.rows("select distinct period_start, is_complete from marts.kpi_values")
    )
    assert complete == {month(1): True, month(2): True, month(3): False}


def test_a_table_that_was_not_given_is_unknown_not_zero(project, shop):
    raw = {name: shop.raw()[name] for name in ("touchpoints", "orders")}
    built = project.good(raw, select=KPIS)
    for kpi in (
        "customer_acquisition_cost",
        "conversion_rate",
        "email_unsubscribe_rate",
        "return_rate",
        "return_processing_cost",
        "roas",
    ):
        assert set(values(built, kpi).values()) == {None}, kpi
        statuses = built.rows(
            f"select distinct status from marts.kpi_values where kpi = '{kpi}'"
        )
        assert statuses == [("no_data",)]
    assert values(built, "monthly_revenue")[month(1)] == 200.0


def test_as_of_ends_the_months(project, shop):
    built = project.good(shop.raw(), vars={"as_of": "2025-02-27"}, select=KPIS)
    complete = dict(
        built.rows("select distinct period_start, is_complete from marts.kpi_values")
    )
    assert complete == {month(1): True, month(2): False}


def test_what_happens_after_as_of_is_in_no_number(project, shop):
    """Of every table one row on the day as_of, and one the day after."""
    raw = raw_of(shop)
    dated = Shop()
    for number, day in enumerate(("10", "11")):
        dated.give_back(f"jan1{number + 1}", f"2025-02-{day} 23:59:59", "1")
        dated.spend(f"2025-02-{day}", "meta", "7")
        raw["web_sessions"] += f"2025-02-{day} 23:00:00,email,{5 + number}\n"
        raw["email_events"] += f"late{number},a,sent,2025-02-{day} 23:59:59\n"
    for table in ("returns", "marketing_spend"):
        raw[table] = pd.concat([raw[table], dated.raw()[table]])
    built = project.good(raw, vars={"as_of": "2025-02-10"}, select=KPIS, tests=True)
    assert built.rows(
        "select period_start, revenue, orders, returned_orders, new_customers, returns,"
        " refund_amount, spend, sessions, emails_sent, email_revenue_last_touch,"
        " funded_revenue_last_touch from marts.business_metrics order by 1"
    ) == [
        (month(1), 200, 3, 2, 3, 0, 0, 90, 60, 0, 0, 100),
        (month(2), 80, 1, 0, 0, 2, 61, 57, 5, 9, 80, 0),
    ]


def test_denominators_are_guarded_whatever_they_are(project, shop):
    formulas = {
        "by_column": "spend / returns",
        "by_bracket": "revenue / (orders - 3)",
        "by_negative": "revenue / -orders",
        "nested": "revenue / (orders / (orders - 2))",
        "twice": "revenue / orders / 2",
        "by_function": "revenue / abs(orders - 4)",
        "by_number": "revenue / 4 + 1",
        "precedence": "revenue + orders * 2",
    }
    kpis = [
        {"name": name, "unit": "ratio", "formula": formula, "direction": "higher"}
        for name, formula in formulas.items()
    ]
    built = project.good(shop.raw(), vars={"kpis": kpis}, select=KPIS)
    found = {name: list(values(built, name).values()) for name in formulas}
    assert found == {
        "by_column": [None, 50.0, 0.0],
        "by_bracket": [None, -100.0, 100.0],
        "by_negative": [-200 / 3, -50.0, -25.0],
        "nested": [pytest.approx(200 / 3), None, pytest.approx(50.0)],
        "twice": [pytest.approx(100 / 3), 25.0, 12.5],
        "by_function": [200.0, 50.0, None],
        "by_number": [51.0, 26.0, 26.0],
        "precedence": [206.0, 104.0, 108.0],
    }


GOOD = {
    "name": "margin",
    "unit": "usd",
    "formula": "revenue - spend",
    "direction": "higher",
    "warning": 10,
    "critical": 5,
}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"formula": "revenu - spend"}, "uses the column 'revenu'"),
        ({"formula": "revenue / orders; drop"}, "has ';' in its formula"),
        ({"formula": "median(revenue)"}, "uses the function 'median'"),
        ({"formula": "(revenue - spend"}, "never closed"),
        ({"formula": "revenue - spend)"}, "never opened"),
        ({"formula": "revenue /"}, "divides by nothing"),
        ({"warning": 5, "critical": 10}, "must not lie below its critical level"),
        ({"direction": "lower"}, "must not lie above its critical level"),
        ({"direction": "up"}, "must be higher or lower"),
        ({"unit": "percent"}, "units are: usd, count, share, ratio"),
        ({"critical": None}, "only one of warning and critical"),
        ({"warning": "ten"}, "is not a number"),
        ({"trend_window": 1}, "trend_window of at least 2"),
        ({"name": "Gross Margin"}, "a name in snake case"),
        ({"threshold": 3}, "has the unknown key 'threshold'"),
        ({"formula": None}, "has no formula"),
    ],
)
def test_a_wrong_declaration_stops_the_run_with_a_sentence(
    project, shop, change, sentence
):
    built = project.build(
        shop.raw(), vars={"kpis": [{**GOOD, **change}]}, select=("kpi_definitions",)
    )
    assert built.returncode != 0
    assert built.error().startswith("Setting kpis: the KPI '"), built.output[-2000:]
    assert sentence in built.error()


def test_two_kpis_of_one_name_are_refused(project, shop):
    built = project.build(
        shop.raw(), vars={"kpis": [GOOD, GOOD]}, select=("kpi_definitions",)
    )
    assert built.returncode != 0
    assert "the KPI 'margin' is declared twice" in built.error()
