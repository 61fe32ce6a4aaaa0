"""What holds for any data: nothing is lost, and nothing depends on chance.

Conservation: under every model and in every month, credits sum to conversions and
credited revenue to revenue, on the demo company and on generated shops. Determinism:
rows in another order, in other files, or with other threads give the same marts, to
the last digit.
"""

import datetime as dt
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from generated_shop import raw, shop
from harness import ALL_MODELS, ATTRIBUTION

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo import generate

# Tables that a build leaves for its readers.
SCHEMAS = ("marts", "quality")
# What attribution leaves: its marts, and what they are made of.
BUILT = ("marts", "intermediate", "ml")
SETTINGS = [
    {},
    {"path_policy": "since_previous_conversion"},
    {"exclude_direct": True, "lookback_days": 3.5},
    {"collapse_repeats": True, "conversion_value": "net"},
    {"lookback_days": 0, "reallocation_step": 0},
]


@pytest.fixture(scope="session")
def demo(project, tmp_path_factory):
    """The demo company at scale 0.02, built whole, all tests included."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    settings = generate.Settings(0.02, 20240101)
    generate.generate(folder, settings, say=lambda _: None)
    built = project.good(data=folder, select=(), tests=True)
    built.data = folder
    return built


@pytest.fixture(params=["demo", *map(str, SETTINGS)])
def built(request, project):
    """The demo, and a generated shop under several settings."""
    if request.param == "demo":
        return request.getfixturevalue("demo")
    settings = SETTINGS[list(map(str, SETTINGS)).index(request.param)]
    return project.once(
        "many customers", lambda: raw("many customers"), attribution=settings
    )


def totals(built, table, month=None):
    """Conversions and revenue by model, and by month where named."""
    month = month or "null"
    return {
        row[:2]: row[2:]
        for row in built.rows(
            f"select attribution_model, {month}, sum(conversions), sum(revenue)"
            f" from marts.{table} group by all"
        )
    }


def expected_totals(built, month):
    """The same from staged orders; net revenue where the build counted it so."""
    net = built.value(
        "select value from marts.attribution_settings"
        " where setting = 'conversion_value'"
    )
    rows = built.rows(
        f"""
        select
            {month},
            count(*),
            cast(sum(order_value) as double)
            - cast(sum(coalesce(refund_amount, 0)) as double) * {int(net == "net")}
        from staging.stg_orders
        left join (
            select order_id, sum(refund_amount) as refund_amount
            from staging.stg_returns group by order_id
        ) using (order_id)
        where not is_cancelled
        group by 1
        """
    )
    return {(model, *row[:1]): row[1:] for model in ALL_MODELS for row in rows}


def assert_totals(found, expected):
    """Equal keys, conversions and revenue within 1e-9 relative."""
    assert set(found) == set(expected)
    for key, numbers in expected.items():
        assert found[key] == pytest.approx(numbers, rel=1e-9, abs=1e-9), key


def test_months_tie_out_to_orders(built):
    """Month by month and model by model, unattributed included."""
    month = "cast(date_trunc('month', ordered_at) as date)"
    found = totals(built, "channel_attribution", "conversion_month")
    assert len(found) >= 8 * 3
    assert_totals(found, expected_totals(built, month))


@pytest.mark.parametrize(
    "table",
    [
        "channel_attribution",
        "channel_performance",
        "campaign_performance",
        "attribution_comparison",
    ],
)
def test_every_mart_has_the_same_totals(built, table):
    """Touch months and conversion months hold the same credit in all."""
    assert_totals(totals(built, table), expected_totals(built, "null"))


def test_paths_hold_every_conversion(built):
    """Each conversion took one path."""
    found = built.rows(
        "select sum(conversions), sum(revenue) from marts.conversion_paths"
    )
    expected = expected_totals(built, "null")["linear", None]
    assert found[0] == pytest.approx(expected, rel=1e-9)


def test_campaigns_add_up_to_channels(built):
    """Month by month, credit and spend."""
    keys = "touch_month, channel, attribution_model"
    sums = "sum(conversions), sum(revenue), sum(spend)"
    campaigns, channels = (
        {
            row[:3]: row[3:]
            for row in built.rows(
                f"select {keys}, {sums} from marts.{table} group by all"
            )
        }
        for table in ("campaign_performance", "channel_performance")
    )
    assert set(campaigns) == set(channels)
    for key, numbers in channels.items():
        assert campaigns[key] == pytest.approx(numbers, rel=1e-9, abs=1e-9)


def test_spend_is_all_there_under_every_model(built):
    """Spend without credit stays."""
    spend = built.value(
        "select cast(sum(spend) as double) from staging.stg_marketing_spend"
    )
    for table in ("channel_performance", "campaign_performance"):
        found = built.rows(
            f"select attribution_model, sum(spend) from marts.{table} group by 1"
        )
        assert dict(found) == pytest.approx(dict.fromkeys(ALL_MODELS, spend), rel=1e-9)


def test_shares_sum_to_one(built):
    """Wherever there is something to share."""
    for table, by, share in (
        ("channel_attribution", "conversion_month", "conversion_share"),
        ("channel_attribution", "conversion_month", "revenue_share"),
        ("channel_performance", "touch_month", "credit_share"),
        ("channel_performance", "touch_month", "budget_share"),
        ("campaign_performance", "touch_month", "budget_share"),
        ("attribution_comparison", "null", "conversion_share"),
        ("attribution_comparison", "null", "budget_share"),
    ):
        sums = built.rows(
            f"select sum({share}) from marts.{table}"
            f" group by {by}, attribution_model having count({share}) > 0"
        )
        assert sums
        assert [total for (total,) in sums] == pytest.approx([1] * len(sums))


def test_a_reallocation_keeps_the_budget(built):
    """What one channel gains another gives up, and none falls below nothing."""
    for current, proposed, least in built.rows(
        "select sum(current_spend), sum(proposed_spend), min(proposed_spend)"
        " from marts.budget_recommendations group by attribution_model"
    ):
        assert proposed == pytest.approx(current, rel=1e-9)
        assert least >= 0


def test_actions_follow_the_money(built):
    """Increase is more money, decrease less, hold the same."""
    for current, proposed, action in built.rows(
        "select current_spend, proposed_spend, action from marts.budget_recommendations"
    ):
        change = (proposed > current) - (proposed < current)
        assert action == {1: "increase", -1: "decrease", 0: "hold"}[change]


@pytest.mark.parametrize(
    "settings",
    [
        {"business_timezone": "America/New_York"},
        {"conversion_scope": "first_orders", "conversion_value": "net"},
    ],
    ids=str,
)
def test_what_happens_after_as_of_changes_nothing(project, settings):
    """Files that end with the day give the same, to the last digit."""
    day = dt.date(2024, 3, 14)
    given = raw("many customers")
    zone = settings.get("business_timezone", "UTC")
    ends = {}
    for table, moment in (
        ("touchpoints", "touched_at"),
        ("orders", "ordered_at"),
        ("returns", "returned_at"),
    ):
        found = pd.to_datetime(given[table][moment], format="ISO8601", utc=True)
        ends[table] = given[table][found.dt.tz_convert(zone).dt.date <= day]
    spend = given["marketing_spend"]
    ends["marketing_spend"] = spend[spend["spend_date"] <= str(day)]
    assert all(0 < len(ends[table]) < len(given[table]) for table in given)
    past = project.good(given, vars={**settings, "as_of": str(day)}, select=ATTRIBUTION)
    ended = project.good(ends, vars=settings, select=ATTRIBUTION)
    found, expected = past.tables(*BUILT), ended.tables(*BUILT)
    assert list(found) == list(expected)
    for table in found:
        if table != "marts.attribution_settings":
            assert found[table] == expected[table], table


def test_generated_shops_tie_out_to_their_own_rows(project):
    """The same from the shop's rows, past staging."""
    built = project.once("many customers", lambda: raw("many customers"))
    cents = [
        order["cents"]
        for order in shop("many customers").orders
        if not order["is_cancelled"]
    ]
    expected = (len(cents), sum(cents) / 100)
    for found in totals(built, "channel_attribution").values():
        assert found == pytest.approx(expected, rel=1e-12)


def test_the_demo_loses_nothing(demo):
    """Rows written = staged + quarantined, and the dirt is what was planted."""
    truth = demo.data / "truth"
    written = json.loads((truth / "manifest.json").read_text())["rows"]
    dirt = json.loads((truth / "dirt.json").read_text())["dirty_rows"]
    for table, (raw_rows, staged, quarantined) in demo.counts().items():
        assert raw_rows == written[table] == staged + quarantined, table
        assert quarantined == sum(dirt.get(table, {}).values()), table


# --- Determinism -----------------------------------------------------------------


def compare(one, other):
    """Fail with the first table that differs."""
    assert list(one) == list(other)
    for table in one:
        assert one[table][0] == other[table][0], f"columns of {table}"
        differences = [
            pair
            for pair in zip(one[table][1], other[table][1], strict=False)
            if pair[0] != pair[1]
        ]
        assert len(one[table][1]) == len(other[table][1]), f"rows of {table}"
        assert not differences, f"{table}: {len(differences)}, as {differences[0]}"


def marts(built):
    """Everything a reader sees, but for the names of files."""
    found = built.tables(*SCHEMAS, without=("source_file",))
    assert len(found) >= 8
    return found


def test_the_same_data_give_the_same_marts(project, demo):
    """The demo built once more in the same warehouse, on one thread."""
    before = marts(demo)
    again = project.good(again=demo, data=demo.data, select=(), duckdb_threads=1)
    compare(before, marts(again))


def dirty():
    """A generated shop with rows for quarantine, as text."""
    tables = {name: frame.copy() for name, frame in raw("many customers").items()}
    bad = tables["touchpoints"].head(40).copy()
    bad["touched_at"] = ["never", "2099-01-01"] * 20
    bad["touchpoint_id"] = [f"bad{n % 15}" for n in range(40)]
    tables["touchpoints"] = pd.concat([tables["touchpoints"], bad])
    # Other rows under an id that is taken.
    conflict = tables["touchpoints"].head(40).copy()
    conflict["channel"] = "elsewhere"
    tables["touchpoints"] = pd.concat([tables["touchpoints"], conflict])
    twice = tables["orders"].head(40).copy()
    twice["order_value"] = "77.77"
    tables["orders"] = pd.concat([tables["orders"], twice])
    return tables


def shuffled(frame, seed):
    """The same rows in another order."""
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def text_table(frame):
    """An Arrow table of texts, gaps as NULL."""
    return pa.Table.from_pandas(
        frame.astype(object).where(frame.notna(), None),
        schema=pa.schema([(name, pa.string()) for name in frame.columns]),
        preserve_index=False,
    )


def csv_shuffled():
    """One CSV file a table, in another order."""
    return {name: shuffled(frame, 1) for name, frame in dirty().items()}


def parquet_shuffled():
    """One Parquet file a table, in another order."""
    return {
        f"{name}.parquet": text_table(shuffled(frame, 2))
        for name, frame in dirty().items()
    }


def parts_shuffled():
    """Folders of parts of both kinds, each row in some part."""
    parts = {}
    for name, frame in dirty().items():
        for number, rows in enumerate(
            np.array_split(shuffled(frame, 3).index.to_numpy(), 5)
        ):
            part = shuffled(frame, 3).loc[rows]
            if number % 2:
                parts[f"{name}/{number}/part.parquet"] = text_table(part)
            else:
                parts[f"{name}/part{number}.csv"] = part
    return parts


@pytest.mark.parametrize(
    ("variant", "threads"),
    [(csv_shuffled, 1), (parquet_shuffled, 4), (parts_shuffled, 2)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_order_files_and_threads_do_not_matter(project, variant, threads):
    """Every mart and the quarantine, to the last digit."""
    first = project.once("dirty", dirty, select=())
    assert first.value("select count(*) from quality.quarantined_rows") > 100
    other = project.good(variant(), select=(), duckdb_threads=threads)
    compare(marts(first), marts(other))


def test_native_types_give_the_same_marts_as_text(project):
    """Timestamps, decimals and doubles of Parquet against the same as CSV."""
    typed = {}
    for name, frame in raw("many customers").items():
        frame = shuffled(frame, 4)
        table = text_table(frame)
        for column, kind in (
            ("touched_at", pa.timestamp("us")),
            ("ordered_at", pa.timestamp("us")),
            ("returned_at", pa.timestamp("us")),
            ("spend_date", pa.date32()),
            ("order_value", pa.decimal128(12, 2)),
            ("refund_amount", pa.float64()),
            ("spend", pa.float64()),
        ):
            if column in table.column_names:
                if pa.types.is_timestamp(kind):
                    values = pa.array(
                        pd.to_datetime(frame[column], format="ISO8601"), kind
                    )
                else:
                    values = table[column].cast(kind)
                place = table.column_names.index(column)
                table = table.set_column(place, column, values)
        typed[f"{name}.parquet"] = table
    text = project.good(raw("many customers"), select=())
    compare(marts(text), marts(project.good(typed, select=())))
