"""A serving file with known numbers in every mart that a page or the report reads.

Tables get their columns and types from the contracts in models/, so that a row that
names a column the project does not have is an error here.
"""

import datetime
import functools

import yaml
from harness import ROOT

DAY = datetime.timedelta(days=1)
SEGMENTS = {
    "VIP Champions": (20, 0.5),
    "Loyal Regulars": (40, 0.25),
    "At-Risk": (30, 0.15),
    "Dormant": (100, 0.04),
    "Promising New": (10, 0.06),
}
AS_OF = datetime.date(2025, 5, 31)
SCHEMAS = {"quality_scores": "quality", "column_profiles": "quality"}


@functools.cache
def contract(mart):
    """Schema and columns (name -> type) of a mart, as its YAML says."""
    for path in (ROOT / "models").rglob(f"{mart}.yml"):
        for model in yaml.safe_load(path.read_text())["models"]:
            if model["name"] == mart:
                return SCHEMAS.get(mart, "marts"), {
                    column["name"]: column["data_type"] for column in model["columns"]
                }
    raise LookupError(f"no contract of {mart}")


def put(connection, mart, rows):
    """Create `mart` with `rows`, dicts of some of its columns; the others are NULL."""
    schema, columns = contract(mart)
    unknown = {key for row in rows for key in row} - set(columns)
    assert not unknown, f"{mart} has no columns {unknown}"
    connection.execute(f"create schema if not exists {schema}")
    listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"create or replace table {schema}.{mart} ({listed})")
    if rows:
        connection.executemany(
            f"insert into {schema}.{mart} values ({', '.join('?' * len(columns))})",
            [[row.get(column) for column in columns] for row in rows],
        )


def every_mart():
    """Rows by mart, for all that the reference company is too small for."""
    return {
        **customers(),
        **monitoring(),
        **returns(),
        **forecasts(),
        **experiments(),
        **quality(),
        **sensitivity(),
    }


def customers():
    """200 customers in five segments, how they moved, and who may leave."""
    people = [
        (f"C{number:04d}", segment)
        for number, segment in enumerate(
            segment for segment, (size, _) in SEGMENTS.items() for _ in range(size)
        )
    ]
    total = len(people)
    return {
        "segment_profiles": [
            {
                "segment": segment,
                "strategy": f"What to do about {segment}.",
                "customers": size,
                "customer_share": size / total,
                "avg_order_value": 100.0 + size,
                "orders_per_year": 2.5,
                "days_since_last_order": 12.0,
                "retention_rate": 0.625,
                "revenue_share": revenue,
                "as_of": AS_OF,
            }
            for segment, (size, revenue) in SEGMENTS.items()
        ],
        "customer_segments": [
            {"customer_id": who, "segment": segment, "as_of": AS_OF}
            for who, segment in people
        ],
        "customer_metrics": [
            {
                "customer_id": who,
                "total_orders": 1 + place % 7,
                "total_spend": 10.0 + 7 * place,
                "days_since_last_order": place % 90,
                "last_order_date": AS_OF - (place % 90) * DAY,
            }
            for place, (who, _) in enumerate(people)
        ],
        # Every second customer, 100 of them, worth 1 + place each.
        "churn_risk": [
            {
                "customer_id": who,
                "is_at_risk": place % 2 == 0,
                "churn_probability": 0.75 if place % 2 == 0 else 0.1,
                "expected_value_at_risk": 1.0 + place,
                "horizon_ends_on": AS_OF + 90 * DAY,
            }
            for place, (who, _) in enumerate(people)
        ],
        "segment_migration": [
            {
                "period_start": datetime.date(2025, month, 1),
                "from_segment": start,
                "to_segment": end,
                "customers": moved + month,
                "share_of_from_segment": part,
            }
            for month in (4, 5)
            for start, end, moved, part in (
                ("Loyal Regulars", "Loyal Regulars", 30, 0.75),
                ("Loyal Regulars", "At-Risk", 10, 0.25),
                ("(first order)", "Promising New", 5, 1.0),
            )
        ],
        "retention_cohorts": [
            {
                "cohort_month": datetime.date(2025, cohort, 1),
                "months_since_first_order": age,
                "is_complete": cohort + age < 5,
                "customers": 100 * cohort,
                "active_customers": (100 if age == 0 else 40 - 5 * age) * cohort,
                "retention_rate": 1.0 if age == 0 else 0.4 - 0.05 * age,
                "revenue": 1000.0,
            }
            for cohort in range(1, 6)
            for age in range(0, 6 - cohort)
        ],
        "clustering_comparison": [
            {
                "method": "kmeans",
                "parameters": f"k={k}",
                "is_selected": k == 5,
                "clusters": k,
                "silhouette": 0.4 + 0.01 * k,
                "stability_ari": 0.99,
                "rejection_reason": None if k == 5 else "a lower score",
            }
            for k in (4, 5, 6)
        ],
    }


def monitoring():
    """Sixty days of revenue with one drop, hours of orders, incidents, alerts."""
    start = datetime.datetime(2025, 4, 2)
    days = [
        {
            "metric": "revenue",
            "channel": channel,
            "grain": "day",
            "period_start": start + place * DAY,
            "business_date": (start + place * DAY).date(),
            "value": value,
            "expected": 1000.0 * scale,
            "lower": 900.0 * scale,
            "upper": 1100.0 * scale,
            "deviation_pct": 100 * (value / (1000.0 * scale) - 1),
            "status": "anomaly" if value < 900 * scale else "normal",
            "detected_by": "zscore, iqr" if value < 900 * scale else None,
        }
        for channel, scale in (("all", 1.0), ("email", 0.2))
        for place in range(60)
        for value in [scale * (500.0 if place == 50 else 1000.0 + place % 7)]
    ]
    hours = [
        {
            "metric": "orders",
            "channel": "all",
            "grain": "hour",
            "period_start": start + datetime.timedelta(hours=place),
            "business_date": (start + datetime.timedelta(hours=place)).date(),
            "value": 10.0 + place % 24,
            "status": "insufficient_history",
        }
        for place in range(200)
    ]
    return {
        "anomalies": days + hours,
        "metric_values": [
            {
                key: row[key]
                for key in (
                    "metric",
                    "channel",
                    "grain",
                    "period_start",
                    "business_date",
                    "value",
                )
            }
            | {"is_complete": True}
            for row in days
        ],
        "incidents": [
            {
                "incident_id": f"i{place}",
                "metric": metric,
                "channel": "all",
                "grain": "day",
                "direction": "down",
                "severity": severity,
                "detected_by": "zscore, iqr",
                "is_open": is_open,
                "peak_deviation_pct": -50.0 - place,
                "peak_value": value,
                "peak_expected": 2 * value,
                "opened_at": start + (40 + place) * DAY,
                "last_seen_at": start + (41 + place) * DAY,
            }
            for place, (metric, severity, is_open, value) in enumerate(
                [
                    ("revenue", "critical", False, 500.0),
                    ("revenue", "warning", True, 700.0),
                    ("conversion_rate", "info", False, 0.0125),
                ]
            )
        ],
        "alerts": [
            {
                "alert_id": name,
                "source": "incident",
                "severity": severity,
                "title": f"{name} happened",
                "detail": "twice <b>as</b> much",
                "is_open": is_open,
                "first_seen_at": start,
                "last_seen_at": start + DAY,
            }
            for name, severity, is_open in (
                ("Mild", "warning", True),
                ("Grave", "critical", True),
                ("Past", "critical", False),
            )
        ],
    }


def returns():
    """200 held-out orders, 100 open ones and one that is back before its time."""
    held_out = [
        {
            "order_id": f"T{place:04d}",
            "data_split": "test",
            "was_returned": place // 10 > place % 10 * 2,
            "return_probability": place // 10 * 0.05,
            "expected_return_cost": 1.0,
        }
        for place in range(200)
    ]
    waiting = [
        {
            "order_id": f"O{place:04d}",
            "data_split": "open",
            "candidate": "gradient_boosting",
            "is_back_already": False,
            "return_probability": place / 200,
            "expected_return_cost": place / 10,
        }
        for place in range(100)
    ]
    back = {
        "order_id": "B0001",
        "data_split": "open",
        "is_back_already": True,
        "return_probability": 0.99,
        "expected_return_cost": 50.0,
    }
    return {
        "return_predictions": [*held_out, *waiting, back],
        "return_reasons": [
            {
                "order_id": row["order_id"],
                "reason_rank": rank,
                "feature": feature,
                "feature_value": "0.35",
                "shap_value": value,
            }
            for row in waiting
            for rank, (feature, value) in enumerate(
                [("discount_share", 0.8), ("order_value", -0.4)], start=1
            )
        ],
        "return_feature_importance": [
            {"feature": "discount_share", "mean_abs_shap": 0.61, "importance_rank": 1},
            {"feature": "order_value", "mean_abs_shap": 0.33, "importance_rank": 2},
        ],
        # Cheapest from 0.6 on: 100 + (100 × (t − 0.6))².
        "return_thresholds": [
            {
                "threshold": step / 100,
                "is_cheapest": step == 60,
                "orders_acted_on": 200 - 2 * min(step, 100),
                "intervention_cost": 20.0,
                "expected_return_cost": 80.0 + (step - 60) ** 2,
                "expected_total_cost": 100.0 + (step - 60) ** 2,
                "realised_total_cost": 110.0 + (step - 60) ** 2,
            }
            for step in range(102)
        ],
        "return_calibration": [
            {
                "candidate": candidate,
                "risk_decile": decile,
                "orders": 20,
                "mean_probability": 1 - decile / 10,
                "return_rate": 0.9 - decile / 20,
                "lift": factor * 2 / decile,
                "returns_captured_share": decile / 10,
            }
            for candidate, factor in (("base_rate", 0.5), ("gradient_boosting", 1.0))
            for decile in range(1, 11)
        ],
        "model_drift": [
            {
                "model_name": model,
                "feature": feature,
                "status": "stable",
                "population_stability_index": index,
                "most_changed_bin": "tenth 1",
                "most_changed_bin_share": -0.0218,
            }
            for model, factor in (("return_predictions", 1), ("churn_risk", 7))
            for feature, index in (
                ("order_value", 0.01 * factor),
                ("score", 0.02 * factor),
            )
        ],
        "model_metrics": [
            {
                "model_name": model,
                "candidate": candidate,
                "data_split": split,
                "metric": metric,
                "value": value + (0.2 if split == "validation" else 0),
            }
            for model in ("churn_risk", "return_predictions")
            for candidate, value in (("base_rate", 0.5), ("gradient_boosting", 0.7))
            for split in ("validation", "test")
            for metric in ("auc_roc", "brier")
        ],
    }


def forecasts():
    """28 days and 3 months of the company and one channel; two models' errors."""
    steps = {"day": (28, 1), "month": (3, 30)}
    return {
        "forecasts": [
            {
                "series": series,
                "grain": grain,
                "period_start": datetime.date(2025, 6, 1) + step * place * DAY
                if grain == "day"
                else datetime.date(2025, 6 + place, 1),
                "forecast": scale * step * (1000.0 + place),
                "lower_80": scale * step * 900.0,
                "upper_80": scale * step * 1100.0,
                "lower_95": scale * step * 800.0,
                "upper_95": scale * step * 1200.0,
                "model": "theta",
                "origin_date": AS_OF,
            }
            for series, scale in (("company", 1.0), ("email", 0.2))
            for grain, (many, step) in steps.items()
            for place in range(many)
        ],
        "forecast_history": [
            {
                "series": series,
                "grain": grain,
                "period_start": datetime.date(2025, 5, 1) + place * DAY
                if grain == "day"
                else datetime.date(2025, 2 + place, 1),
                "value": scale * step * (900.0 + place),
            }
            for series, scale in (("company", 1.0), ("email", 0.2))
            for grain, many, step in (("day", 31, 1), ("month", 4, 30))
            for place in range(many)
        ],
        # Off by 100 each; every fourth falls outside its interval.
        "forecast_backtests": [
            {
                "series": series,
                "grain": "day",
                "origin_date": datetime.date(2025, 5, day),
                "horizon": ahead,
                "period_start": datetime.date(2025, 5, day + ahead),
                "forecast": 1000.0 + ahead,
                "actual": 1100.0 + ahead,
                "lower_95": 850.0,
                "upper_95": 1050.0 if day % 4 == 0 else 1150.0,
            }
            for series in ("company", "email")
            for ahead in (1, 7)
            for day in range(1, 21)
        ],
        "forecast_accuracy": [
            {
                "series": series,
                "grain": grain,
                "model": model,
                "horizon": horizon,
                "wape": error + 0.001 * horizon,
                "smape": error,
                "mase": 10 * error,
                "bias": 0.01,
                "coverage_80": 0.8,
                "coverage_95": 0.95,
                "is_selected": model == "theta",
            }
            for series in ("company", "email")
            for grain, (many, _) in steps.items()
            for model, error in (("theta", 0.08), ("seasonal_naive", 0.16))
            for horizon in range(1, many + 1)
        ],
    }


def experiments():
    """One answer that is more than chance, one that is not."""
    return {
        "statistical_tests": [
            {
                "test_name": name,
                "question": question,
                "method": "welch_t",
                "reason": "two groups",
                "is_significant": p < 0.05,
                "row_count": 500,
                "statistic": 3.5,
                "p_value": p / 2,
                "p_value_holm": p,
                "p_value_bh": p,
                "effect_name": "Hedges' g",
                "effect_size": effect,
                "effect_ci_low": effect - 0.25,
                "effect_ci_high": effect + 0.25,
                "display_order": place,
            }
            for place, (name, question, p, effect) in enumerate(
                [
                    ("discount", "Do discounts come back?", 0.00001, 0.5),
                    ("colour", "Does the colour matter?", 0.4321, 0.1),
                ]
            )
        ],
        "test_group_statistics": [
            {
                "test_name": test,
                "group_name": group,
                "is_baseline": group == "without",
                "row_count": 250,
                "mean": mean,
                "median": 1.0,
                "std_dev": 0.5,
                "display_order": place,
            }
            for test, factor in (("discount", 1.0), ("colour", 3.0))
            for place, (group, mean) in enumerate(
                [("with", 1.5 * factor), ("without", 1.0 * factor)]
            )
        ],
    }


def quality():
    """Scores of two tables, one with a fault, and the profile of a column."""
    scores = [
        ("orders", "validity", 0.9875, 10, 1),
        ("orders", "timeliness", 1.0, None, 2),
        ("orders", "overall", 0.99, None, 9),
        ("touchpoints", "validity", 0.999999, 1, 1),
        ("touchpoints", "timeliness", 1.0, None, 2),
        ("touchpoints", "overall", 0.9999995, None, 9),
    ]
    return {
        "quality_scores": [
            {
                "table_name": table,
                "dimension": dimension,
                "score": score,
                "weight": 0.25,
                "detail": "newest row of 2025-05-31, 0 days before as_of"
                if dimension == "timeliness"
                else "faulty rows",
                "raw_rows": 800,
                "failed_rows": failed,
                "display_order": 1 if table == "touchpoints" else 2,
                "dimension_order": order,
            }
            for table, dimension, score, failed, order in scores
        ],
        "column_profiles": [
            {
                "table_name": "orders",
                "column_name": "order_value",
                "column_number": 1,
                "data_type": "decimal(18,2)",
                "rows": 800,
                "nulls": 8,
                "distinct_values": 500,
                "min": "1.00",
                "max": "9.00",
                "p50": 5.0,
                "top_values": '[{"value": "5.00", "rows": 12}]',
            }
        ],
    }


def sensitivity():
    """Shares of two channels under three lookbacks."""
    return {
        "attribution_sensitivity": [
            {
                "setting": "lookback_days",
                "setting_label": str(days),
                "setting_value": float(days),
                "channel": channel,
                "attribution_model": model,
                "is_current": days == 30,
                "flips_budget_gap": channel == "email" and days == 7,
                "conversion_share": share,
                "revenue_share": share,
                "conversion_share_shift": 0.01,
                "sampled_share": 1.0,
            }
            for days in (7, 30, 90)
            for model in ("linear", "last_touch")
            for channel, share in (("email", 0.25), ("meta", 0.75))
        ]
    }


def publication(connection, build_id="b" * 36):
    """The record of a build, as ops.publish writes it."""
    connection.execute("create schema if not exists publication")
    connection.execute(
        f"""
        create or replace table publication.builds as select
            '{build_id}' as build_id, true as is_current, 30::bigint as tables,
            1234::bigint as total_rows, 600::bigint as tests_passed,
            2::bigint as tests_warned, 90.0 as build_seconds,
            '1.12.6' as dbt_version, 'reference/data' as raw_data,
            timestamp '2025-06-01 03:00:00' as built_at,
            timestamp '2025-06-01 03:05:00' as published_at
        """
    )
    connection.execute(
        f"create or replace table publication.build_settings as"
        f" select '{build_id}' as build_id, 'lookback_days' as setting, '30' as value"
    )
    connection.execute(
        f"create or replace table publication.build_tests as"
        f" select '{build_id}' as build_id, 'key_is_unique' as test_name,"
        " 'test' as kind, 'error' as severity, 'pass' as status,"
        " 0::bigint as failures, null::varchar as message, 0.1 as seconds"
    )
