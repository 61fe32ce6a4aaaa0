"""The semantic layer: answers of `mf query` are what the marts and KPIs say."""

import csv
import datetime
import json
import os
import re
import subprocess
import sys
from collections import defaultdict

import duckdb
import pytest
import yaml
from harness import ROOT, ProjectCopy, Worker

SELECT = (
    "+kpi_values",
    "+business_metrics",
    "+calendar",
    "+channel_attribution",
    "+channel_performance",
    "+campaign_performance",
    "+segment_profiles",
    "+customer_segments",
    "+churn_risk",
    "+retention_cohorts",
    "+metric_values",
    "+forecasts",
)
MONTH = "metric_time__month"
MODEL = "channel_month__attribution_model"
LINEAR = ["{{ Dimension('channel_month__attribution_model') }} = 'linear'"]
KPIS = yaml.safe_load((ROOT / "vars.yml").read_text())["vars"]["kpis"]


class SemanticLayer:
    """A built small demo company and its parsed project."""

    def __init__(self, folder, built, data, manifest):
        """Put the semantic `manifest` of the parsed project where `mf` looks for it."""
        self.copy = ProjectCopy(folder)
        self.built = built
        self.warehouse = built.warehouse
        self.data = data
        self.environment = {
            "INSIGHT_DATA": str(data),
            "INSIGHT_WAREHOUSE": str(self.warehouse),
        }
        path = folder / "target" / "semantic_manifest.json"
        path.parent.mkdir()
        path.write_text(json.dumps(manifest))
        self.metrics = {metric["name"]: metric for metric in manifest["metrics"]}
        self.semantic_models = manifest["semantic_models"]
        self.worker = None

    def rows(self, sql):
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def queries(self, *queries):
        """Answers to metric queries: for each a list of rows, as dicts."""
        errors = self.copy.folder / "mf_worker.txt"
        if self.worker is None:
            environment = {
                **os.environ,
                "DBT_PROFILES_DIR": str(self.copy.folder),
                **self.environment,
            }
            with open(errors, "w") as printed:
                self.worker = Worker(
                    "mf_worker.py",
                    cwd=self.copy.folder,
                    env=environment,
                    stdout=printed,
                    stderr=printed,
                )
        answer = self.worker.answer(queries)
        assert answer is not None, errors.read_text()
        return answer

    def close(self):
        """End the worker."""
        if self.worker is not None:
            self.worker.close()


@pytest.fixture(scope="module")
def layer(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("semantic")
    data = folder / "data"
    demo = [sys.executable, ROOT / "demo" / "generate.py", "--scale", "0.02"]
    subprocess.run([*demo, "--output", data], check=True, capture_output=True)
    built = project.good(data=data, select=SELECT)
    manifest = project.manifest("semantic_manifest")
    layer = SemanticLayer(folder / "project", built, data, manifest)
    yield layer
    layer.close()


def same(found, expected):
    """Whether two numbers, or two unknowns, are the same."""
    if found is None or expected is None:
        return found is expected
    return abs(found - expected) <= 1e-9 * max(1, abs(found), abs(expected))


def assert_same_rows(answer, keys, values, expected):
    """`answer` holds the rows of `expected`: key tuple -> values, in 1e-9."""
    found = {
        tuple(row[key] for key in keys): [row[value] for value in values]
        for row in answer
    }
    assert len(found) == len(answer)
    assert set(found) == set(expected)
    for key, row in expected.items():
        for name, one, other in zip(values, found[key], row, strict=True):
            assert same(one, other), (key, name, one, other)


def moment(date):
    """A date as answers write it."""
    return datetime.datetime.combine(date, datetime.time()).isoformat()


def keyed(rows, keys):
    """Rows -> dict from the first `keys` columns to the others; dates as text."""
    return {
        tuple(
            moment(value) if isinstance(value, datetime.date) else value
            for value in row[:keys]
        ): list(row[keys:])
        for row in rows
    }


def test_every_kpi_is_a_metric_of_the_same_formula_and_label(layer):
    for kpi in KPIS:
        metric = layer.metrics[kpi["name"]]
        params = metric["type_params"]
        if metric["type"] == "ratio":
            sides = [params["numerator"]["name"], params["denominator"]["name"]]
            exprs = [layer.metrics[side]["type_params"]["expr"] for side in sides]
            formula = " / ".join(exprs)
        else:
            assert metric["type"] == "simple"
            formula = params["expr"]
        assert formula == kpi["formula"], kpi["name"]
        assert metric["label"] == kpi["label"]
        assert metric["description"]


def test_every_metric_is_described_and_says_its_unit(layer):
    unit = r"count|currency|0 to 1|unit of spend|only a step"
    for name, metric in layer.metrics.items():
        assert metric["label"], name
        assert re.search(unit, metric["description"]), name


def test_a_metric_over_credit_cannot_mix_models(layer):
    """Sums over rows of several models are private steps."""
    credited = {"channel_attribution", "channel_performance", "campaign_performance"}
    for name, metric in layer.metrics.items():
        params = metric["type_params"]
        aggregation = params.get("metric_aggregation_params") or {}
        if aggregation.get("semantic_model") in credited:
            private = params["is_private"]
            assert private or aggregation["agg"] == "count_distinct", name


def test_kpis_of_every_month_are_those_of_the_mart(layer):
    names = [kpi["name"] for kpi in KPIS]
    (answer,) = layer.queries({"metric_names": names, "group_by_names": [MONTH]})
    expected = defaultdict(lambda: [None] * len(names))
    for kpi, month, value in layer.rows(
        "select kpi, period_start, value from marts.kpi_values"
    ):
        expected[moment(month),][names.index(kpi)] = value
    assert len(expected) == 24
    assert_same_rows(answer, [MONTH], names, expected)
    # Not all of it is unknown.
    known = {name for name in names for row in answer if row[name] is not None}
    assert known == set(names)


def test_kpis_of_quarters_divide_sums_and_take_the_last_of_stocks(layer):
    names = {
        "monthly_revenue": "sum(revenue)",
        "average_order_value": "sum(revenue) / sum(orders)",
        "customer_acquisition_cost": "sum(spend) / sum(new_customers)",
        "conversion_rate": "sum(orders) / sum(sessions)",
        "email_unsubscribe_rate": "sum(emails_unsubscribed) / sum(emails_sent)",
        "return_rate": "sum(returned_orders) / sum(orders)",
        "roas": "sum(funded_revenue_linear) / sum(spend)",
        "at_risk_customers": "max_by(at_risk_customers, period_start)",
        "vip_retention_rate": "max_by(vip_customers_retained, period_start)"
        " / nullif(max_by(vip_customers_before, period_start), 0)",
    }
    quarters, complete = layer.queries(
        {"metric_names": [*names], "group_by_names": ["metric_time__quarter"]},
        {
            "metric_names": ["average_order_value", "orders"],
            "where_constraints": [
                "{{ TimeDimension('metric_time', 'month') }} >= '2025-03-01'",
                "{{ TimeDimension('metric_time', 'month') }} < '2025-06-01'",
            ],
        },
    )
    expected = keyed(
        layer.rows(
            f"select date_trunc('quarter', period_start), {', '.join(names.values())}"
            " from marts.business_metrics where period_start >= date '2025-01-01'"
            " group by 1"
        ),
        1,
    )
    answer = [row for row in quarters if row["metric_time__quarter"] >= "2025"]
    assert_same_rows(answer, ["metric_time__quarter"], [*names], expected)
    ((orders, value),) = layer.rows(
        "select count(*), sum(order_value) / count(*) from staging.stg_orders"
        " where not is_cancelled and ordered_at >= '2025-03-01'"
        " and ordered_at < '2025-06-01'"
    )
    assert same(complete[0]["orders"], orders)
    assert same(complete[0]["average_order_value"], float(value))


MONEY = ["conversions", "revenue", "spend", "roas", "cpa"]


@pytest.mark.parametrize("kind", ["channel", "campaign"])
def test_credit_and_spend_by_month_and_model_are_those_of_the_mart(layer, kind):
    keys = [MONTH, f"{kind}_month__channel", f"{kind}_month__attribution_model"]
    columns = "touch_month, channel, attribution_model"
    if kind == "campaign":
        keys.append("campaign_month__campaign")
        columns += ", campaign"
    metrics = [f"{kind}_{name}" for name in MONEY]
    (answer,) = layer.queries({"metric_names": metrics, "group_by_names": keys})
    rows = layer.rows(
        f"select {columns}, {', '.join(MONEY)} from marts.{kind}_performance"
    )
    assert_same_rows(answer, keys, metrics, keyed(rows, len(keys)))


def test_credit_over_all_months_divides_sums_of_one_scope(layer):
    metrics = [f"channel_{name}" for name in MONEY]
    by_channel, by_month, mixed = layer.queries(
        {
            "metric_names": metrics,
            "group_by_names": ["channel_month__channel"],
            "where_constraints": LINEAR,
        },
        {
            "metric_names": ["channel_roas", "channel_spend"],
            "group_by_names": [MONTH],
            "where_constraints": LINEAR,
        },
        {"metric_names": metrics, "group_by_names": ["channel_month__channel"]},
    )
    expected = keyed(
        layer.rows(
            "select channel, sum(conversions), sum(revenue), sum(spend),"
            " sum(revenue) filter (where spend > 0) / nullif(sum(spend), 0),"
            " sum(spend) / nullif(sum(conversions), 0)"
            " from marts.channel_performance where attribution_model = 'linear'"
            " group by channel"
        ),
        1,
    )
    assert_same_rows(by_channel, ["channel_month__channel"], metrics, expected)
    kpi = keyed(
        layer.rows(
            "select period_start, max(value) filter (where kpi = 'roas'),"
            " max(value) filter (where kpi = 'customer_acquisition_cost')"
            " * max(value) filter (where kpi = 'new_customers')"
            " from marts.kpi_values group by 1"
        ),
        1,
    )
    assert_same_rows(by_month, [MONTH], ["channel_roas", "channel_spend"], kpi)
    # All models together would count everything eight times.
    assert {row[name] for row in mixed for name in metrics} == {None}


def test_attributed_conversions_tie_out_to_orders(layer):
    keys = [MONTH, "channel_credit__channel", "channel_credit__attribution_model"]
    metrics = ["attributed_conversions", "attributed_revenue"]
    rows, totals = layer.queries(
        {"metric_names": metrics, "group_by_names": keys},
        {
            "metric_names": metrics,
            "group_by_names": ["channel_credit__attribution_model"],
        },
    )
    mart = layer.rows(
        "select conversion_month, channel, attribution_model, conversions, revenue"
        " from marts.channel_attribution"
    )
    assert_same_rows(rows, keys, metrics, keyed(mart, 3))
    ((orders, revenue),) = layer.rows(
        "select count(*), sum(order_value) from staging.stg_orders"
        " where not is_cancelled"
    )
    assert len(totals) == 8
    for row in totals:
        assert same(row["attributed_conversions"], orders)
        assert same(row["attributed_revenue"], float(revenue))


def test_segments_are_those_of_the_mart(layer):
    metrics = [
        "segment_customers",
        "customer_orders",
        "customer_order_value",
        "churn_at_risk_customers",
        "value_at_risk",
    ]
    by_segment, total = layer.queries(
        {"metric_names": metrics, "group_by_names": ["customer__segment"]},
        {"metric_names": ["known_customers", "spend_per_customer"]},
    )
    expected = keyed(
        layer.rows(
            "select segment, count(*), sum(total_orders),"
            " sum(total_spend) / sum(total_orders),"
            " sum(cast(is_at_risk as integer)), sum(expected_value_at_risk)"
            " from marts.customer_segments"
            " join marts.customer_metrics using (customer_id)"
            " join marts.churn_risk using (customer_id) group by segment"
        ),
        1,
    )
    assert len(expected) > 1
    # Customers without an order have no segment.
    answer = [row for row in by_segment if row["customer__segment"] is not None]
    assert_same_rows(answer, ["customer__segment"], metrics, expected)
    profiles = dict(layer.rows("select segment, customers from marts.segment_profiles"))
    for row in answer:
        assert row["segment_customers"] == profiles[row["customer__segment"]]
    ((customers, spend),) = layer.rows(
        "select count(*), sum(total_spend) / count(*) from marts.customer_metrics"
    )
    assert total[0]["known_customers"] == customers
    assert same(total[0]["spend_per_customer"], spend)


def test_retention_of_cohorts_weighs_cohorts_by_customers(layer):
    keys = [MONTH, "cohort__months_since_first_order"]
    metrics = ["cohort_retention_rate", "cohort_revenue"]
    rows, by_age = layer.queries(
        {"metric_names": metrics, "group_by_names": keys},
        {"metric_names": metrics[:1], "group_by_names": keys[1:]},
    )
    mart = layer.rows(
        "select cohort_month, months_since_first_order, retention_rate, revenue"
        " from marts.retention_cohorts"
    )
    assert_same_rows(rows, keys, metrics, keyed(mart, 2))
    expected = layer.rows(
        "select months_since_first_order, sum(active_customers) / sum(customers)"
        " from marts.retention_cohorts group by 1"
    )
    assert_same_rows(by_age, keys[1:], metrics[:1], keyed(expected, 1))


def test_days_are_those_of_the_mart_and_channels_add_up(layer):
    names = {"daily_revenue": "revenue", "daily_sessions": "sessions"}
    names |= {"daily_orders": "orders", "daily_spend": "spend"}
    names |= {"daily_conversion_rate": "conversion_rate"}
    day = "metric_time__day"
    total, by_channel = layer.queries(
        {"metric_names": [*names], "group_by_names": [day]},
        {
            "metric_names": ["daily_revenue", "daily_sessions"],
            "group_by_names": [day, "metric_period__channel"],
        },
    )
    columns = ", ".join(
        f"max(value) filter (where metric = '{metric}')" for metric in names.values()
    )
    mart = layer.rows(
        f"select business_date, {columns} from marts.metric_values"
        " where grain = 'day' and channel = 'all' group by 1"
    )
    assert len(mart) == 731
    assert_same_rows(total, [day], [*names], keyed(mart, 1))
    mart = layer.rows(
        "select business_date, channel,"
        " max(value) filter (where metric = 'revenue'),"
        " max(value) filter (where metric = 'sessions') from marts.metric_values"
        " where grain = 'day' and channel <> 'all' group by 1, 2"
    )
    answer = [row for row in by_channel if row["metric_period__channel"] != "all"]
    keys = [day, "metric_period__channel"]
    assert_same_rows(answer, keys, ["daily_revenue", "daily_sessions"], keyed(mart, 2))


def test_forecasts_are_those_of_the_mart_and_channels_add_up(layer):
    day = "metric_time__day"
    metrics = ["expected_daily_revenue", "expected_monthly_revenue"]
    total, by_series = layer.queries(
        {"metric_names": metrics, "group_by_names": [day]},
        {"metric_names": metrics, "group_by_names": [day, "forecast_period__series"]},
    )
    columns = (
        "max(forecast) filter (where grain = 'day'),"
        " max(forecast) filter (where grain = 'month')"
        " from marts.forecasts where series"
    )
    mart = layer.rows(f"select period_start, {columns} = 'company' group by 1")
    assert_same_rows(total, [day], metrics, keyed(mart, 1))
    mart = layer.rows(
        f"select period_start, series, {columns} <> 'company' group by 1, 2"
    )
    answer = [row for row in by_series if row["forecast_period__series"] != "company"]
    keys = [day, "forecast_period__series"]
    assert_same_rows(answer, keys, metrics, keyed(mart, 2))


def test_the_configuration_is_valid_against_the_warehouse(layer):
    output = layer.copy.run("mf", "validate-configs", **layer.environment)
    assert output.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0") == 6


def test_saved_queries_answer_on_the_command_line(layer):
    manifest = json.loads(
        (layer.copy.folder / "target" / "semantic_manifest.json").read_text()
    )
    names = [query["name"] for query in manifest["saved_queries"]]
    assert {"kpi_board", "channels_against_budget", "segments"} <= set(names)
    answers = layer.queries(*({"saved_query_name": name} for name in names))
    assert all(answers)
    path = layer.copy.folder / "board.csv"
    layer.copy.run(
        "mf", "query", "--saved-query", "kpi_board", "--csv", path, **layer.environment
    )
    with open(path) as handle:
        written = {row[MONTH][:7]: row for row in csv.DictReader(handle)}
    ((value,),) = layer.rows(
        "select value from marts.kpi_values where kpi = 'return_rate'"
        " and period_start = date '2025-05-01'"
    )
    assert same(float(written["2025-05"]["return_rate"]), value)


def test_the_serving_file_answers_while_the_warehouse_is_locked(layer):
    serving = layer.copy.folder / "published.duckdb"
    with duckdb.connect(str(serving)) as connection:
        connection.execute(f"attach '{layer.warehouse}' as w (read_only)")
        connection.execute("create schema marts")
        for table in ("business_metrics", "calendar"):
            connection.execute(f"create table marts.{table} as from w.marts.{table}")
        connection.execute("update marts.business_metrics set orders = 7")
    path = layer.copy.folder / "orders.csv"
    with duckdb.connect(str(layer.warehouse)):
        layer.copy.run(
            *("mf", "query", "--metrics", "orders", "--csv", path),
            INSIGHT_TARGET="serving",
            INSIGHT_SERVING=str(serving),
            **layer.environment,
        )
    assert path.read_text().split() == ["orders", str(7.0 * 24)]


def test_a_changed_kpi_formula_is_reported(project, layer):
    changes = {
        "average_order_value": "revenue / new_customers",
        "monthly_revenue": "refund_amount",
    }
    own = {"name": "margin", "unit": "usd", "formula": "revenue - spend"}
    changed = [{**own, "direction": "higher"}] + [
        {**kpi, "formula": changes.get(kpi["name"], kpi["formula"])} for kpi in KPIS
    ]
    for kpis, result in [(KPIS, "PASS"), (changed, "WARN 2")]:
        tested = project.good(
            again=layer.built,
            data=layer.data,
            select=("metrics_agree_with_kpis",),
            vars={"kpis": kpis},
            tests=True,
        )
        assert f"{result} metrics_agree_with_kpis" in tested.output


def test_the_calendar_has_every_day_of_whole_years(layer):
    days = layer.rows("select date_day from marts.calendar order by 1")
    first = datetime.date(2024, 1, 1)
    expected = [(first + datetime.timedelta(n),) for n in range(3 * 365 + 1)]
    assert days == expected
    ((last,),) = layer.rows("select max(date_day) from marts.calendar where is_in_data")
    assert last == datetime.date(2025, 12, 31)
