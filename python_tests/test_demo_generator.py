"""The demo company holds what its README promises, counted from its files.

Every number is taken from the written exports by queries of their own, not from
the generator's arrays. Scale 0.02 is 900 customers; chunks of 300 make three.
"""

import hashlib
import json
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo import around, buying, company, generate

SCALE, SEED = 0.02, 20240101
ALIASES = {
    "google ads": "google_ads",
    "adwords": "google_ads",
    "e-mail": "email",
    "facebook ads": "meta",
}


def quiet(_):
    """Say nothing."""


def hashes(folder):
    """SHA-256 of every file below `folder` by relative name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def company_folder(tmp_path_factory):
    """One finished run at scale 0.02."""
    folder = tmp_path_factory.mktemp("novamart") / "data"
    assert generate.generate(folder, generate.Settings(SCALE, SEED), say=quiet)
    return folder


@pytest.fixture(scope="session")
def db(company_folder):
    """Raw exports as text, and the clean rows cut out of them by the contract."""
    connection = duckdb.connect()
    folder = company_folder.as_posix()
    connection.execute(f"""
        create table raw_touchpoints as
        select touchpoint_id, customer_id, channel,
            cast(touched_at as varchar) as touched_at, campaign
        from read_parquet('{folder}/touchpoints/*.parquet')
        union all
        select touchpoint_id, customer_id, channel, touched_at, campaign
        from read_csv('{folder}/touchpoints/late_arrivals.csv', all_varchar = true);

        create table raw_orders as
        from read_csv('{folder}/orders.csv', all_varchar = true);
        create table raw_returns as
        from read_csv('{folder}/returns.csv', all_varchar = true);
        create table raw_spend as
        from read_csv('{folder}/marketing_spend.csv');
        create table raw_events as
        from read_parquet('{folder}/email_events/*.parquet');
        create table sessions as
        from read_parquet('{folder}/web_sessions.parquet');
        create table true_customers as
        from read_parquet('{folder}/truth/customers.parquet');
        create table true_orders as
        from read_parquet('{folder}/truth/orders.parquet');
        create table customers as
        from read_parquet('{folder}/customers.parquet');

        create table orders as
        select distinct order_id, customer_id,
            cast(ordered_at as timestamp) as ordered_at,
            cast(order_value as double) as order_value,
            cast(discount_amount as double) as discount_amount, status
        from raw_orders
        where try_cast(ordered_at as timestamp) is not null
            and try_cast(order_value as double) >= 0
            and status in
                ('completed', 'shipped', 'pending', 'cancelled', 'refunded');

        create table touchpoints as
        select distinct touchpoint_id, customer_id, lower(trim(channel)) as channel,
            try_cast(touched_at as timestamp) as touched_at
        from raw_touchpoints
        where customer_id is not null and channel is not null
            and try_cast(touched_at as timestamp) < timestamp '2026-01-01';

        create table returns as
        select raw_returns.* from raw_returns
        inner join orders using (order_id)
        where cast(refund_amount as double) >= 0;
    """)
    for alias, channel in ALIASES.items():
        connection.execute(
            "update touchpoints set channel = ? where channel = ?", [channel, alias]
        )
    return connection


@pytest.fixture(scope="session")
def planted(company_folder):
    """Return `truth/dirt.json`."""
    return json.loads((company_folder / "truth" / "dirt.json").read_text())


def one(db, query):
    """Return the single value of `query`."""
    return db.execute(query).fetchone()[0]


def test_same_seed_gives_the_same_bytes(company_folder, tmp_path):
    generate.generate(tmp_path / "b", generate.Settings(SCALE, SEED), say=quiet)
    first, second = hashes(company_folder), hashes(tmp_path / "b")
    assert len(first) == 16
    assert first == second


def test_another_seed_gives_other_customers(company_folder, tmp_path):
    generate.generate(tmp_path / "b", generate.Settings(SCALE, SEED + 1), say=quiet)
    first, second = hashes(company_folder), hashes(tmp_path / "b")
    same = {name for name in first if first[name] == second[name]}
    assert same == {"truth/promotions.csv"}


def test_finished_run_is_left_alone_and_an_interrupted_one_is_not(tmp_path):
    settings, said = generate.Settings(SCALE, SEED), []
    assert generate.generate(tmp_path, settings, say=quiet)
    marker = tmp_path / "truth" / "manifest.json"
    before = marker.stat().st_mtime_ns
    assert generate.generate(tmp_path, settings, say=said.append) is False
    assert len(said) == 1 and "already there" in said[0]
    assert marker.stat().st_mtime_ns == before

    kept = hashes(tmp_path)
    assert generate.generate(tmp_path, settings, force=True, say=quiet)
    assert hashes(tmp_path) == kept
    assert not generate.is_finished(tmp_path, generate.Settings(SCALE, SEED + 1))
    assert not generate.is_finished(tmp_path, generate.Settings(0.03, SEED))
    (tmp_path / "returns.csv").write_bytes(b"order_id\n")
    assert not generate.is_finished(tmp_path, settings)
    marker.unlink()
    assert not generate.is_finished(tmp_path, settings)


def test_a_crash_leaves_no_marker(tmp_path, monkeypatch):
    settings = generate.Settings(SCALE, SEED)
    assert generate.generate(tmp_path, settings, say=quiet)

    def fails(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(around, "draw_spend", fails)
    with pytest.raises(KeyboardInterrupt):
        generate.generate(tmp_path, settings, force=True, say=quiet)
    assert not (tmp_path / "truth" / "manifest.json").exists()
    assert not generate.is_finished(tmp_path, settings)


def test_other_files_in_the_folder_survive(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "part-0007.parquet").write_bytes(b"stale")
    generate.generate(tmp_path, generate.Settings(SCALE, SEED), say=quiet)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "orders").exists()


def test_manifest_counts_the_rows(company_folder, db):
    manifest = json.loads((company_folder / "truth" / "manifest.json").read_text())
    assert manifest["customers"] == 900
    assert manifest["rows"] == {
        "customers": one(db, "select count(*) from customers"),
        "email_events": one(db, "select count(*) from raw_events"),
        "marketing_spend": one(db, "select count(*) from raw_spend"),
        "orders": one(db, "select count(*) from raw_orders"),
        "returns": one(db, "select count(*) from raw_returns"),
        "touchpoints": one(db, "select count(*) from raw_touchpoints"),
        "web_sessions": one(db, "select count(*) from sessions"),
    }


@pytest.mark.parametrize(
    "n, counts",
    [
        (45_000, [1800, 8100, 9900, 6750, 18450]),
        (900, [36, 162, 198, 135, 369]),
        (7, [0, 1, 2, 1, 3]),
    ],
)
def test_kind_counts_are_exact(n, counts):
    assert company.exact_kind_counts(n) == counts


def test_kinds_in_the_files(db):
    found = dict(
        db.execute("select kind, count(*) from true_customers group by 1").fetchall()
    )
    assert found == {
        "vip": 36,
        "loyal": 162,
        "new": 198,
        "at_risk": 135,
        "dormant": 369,
    }


def test_mean_order_values(db):
    found = dict(
        db.execute("""
        select kind, avg(order_value) from orders
        inner join true_orders using (order_id) group by 1""").fetchall()
    )
    wanted = {"vip": 285, "loyal": 120, "new": 85, "at_risk": 95, "dormant": 55}
    for kind, value in wanted.items():
        assert found[kind] == pytest.approx(value, rel=0.02), kind


def test_revenue_by_year_and_the_ends_of_the_data(db):
    found = db.execute("""
        select year(ordered_at), sum(order_value) from orders
        where status <> 'cancelled' group by 1 order by 1""").fetchall()
    (_, first), (_, second) = found
    assert [year for year, _ in found] == [2024, 2025]
    assert (first + second) / SCALE == pytest.approx(24e6, rel=0.05)
    assert 1.03 < second / first < 1.20
    assert str(one(db, "select min(ordered_at) from orders")) < "2024-01-03"
    assert str(one(db, "select max(ordered_at) from orders")) > "2025-12-31 12"


def test_calendar_peaks_on_black_friday_and_rests_in_outages():
    hourly = company.common_intensity(SEED)
    assert len(hourly) == 731 * 24
    assert (hourly == 0).sum() == 7
    daily = hourly.reshape(731, 24).sum(axis=1)
    black_friday = company.day_index("2024-11-29")
    assert black_friday == 333
    assert daily.argmax() in (black_friday, company.day_index("2025-11-28"))
    assert daily.max() / np.median(daily) < 3.5


def test_every_customer_has_an_order_and_was_created_before_it(db):
    assert (
        one(
            db,
            """
        select count(distinct customer_id) from orders""",
        )
        == 900
    )
    assert (
        one(
            db,
            """
        select count(*) from customers
        inner join (
            select customer_id, min(ordered_at) as first from orders group by 1
        ) using (customer_id) where created_at > first""",
        )
        == 0
    )


def test_spend_total_and_split(db):
    found = db.execute("""
        select year(spend_date), channel, sum(spend) from raw_spend
        where spend >= 0 group by all""").fetchall()
    percent = {
        "google_ads": 40,
        "meta": 25,
        "email": 5,
        "organic": 10,
        "referral": 15,
        "influencer": 5,
    }
    assert len(found) == 12
    for _, channel, spend in found:
        assert float(spend) == pytest.approx(
            1_200_000 * SCALE * percent[channel] / 100, abs=0.01
        )


def path_shares(db):
    """First and last shares by channel, untouched share and mean path length."""
    n = one(db, "select count(*) from orders where status <> 'cancelled'")
    db.execute("""
        create or replace temp table path as
        select order_id, channel,
            row_number() over (
                partition by order_id order by touched_at, touchpoint_id) as ahead,
            row_number() over (
                partition by order_id
                order by touched_at desc, touchpoint_id desc) as behind
        from orders
        inner join touchpoints using (customer_id)
        where status <> 'cancelled' and touched_at <= ordered_at
            and touched_at >= ordered_at - interval 720 hour""")
    first, last = (
        dict(
            db.execute(f"""
            select channel, count(*) * 100.0 / {n} from path
            where {side} = 1 group by 1""").fetchall()
        )
        for side in ("ahead", "behind")
    )
    touched = one(db, "select count(distinct order_id) from path")
    return (
        first,
        last,
        100 - 100 * touched / n,
        one(db, "select count(*) from path") / touched,
    )


def test_first_and_last_touches(db):
    first, last, untouched, length = path_shares(db)
    assert first["organic"] == pytest.approx(32, abs=3)
    assert last["google_ads"] == pytest.approx(42, abs=3)
    assert last["email"] == pytest.approx(25, abs=3)
    assert 1.5 < untouched < 4
    assert 3 < length < 4.2
    # Creators and social open more than they close.
    assert first["meta"] > 2 * last["meta"]
    assert first["influencer"] > 2 * last["influencer"]


def test_touch_ids_are_unique_and_guests_few(db):
    assert (
        one(
            db,
            """
        select count(*) - count(distinct touchpoint_id) from touchpoints""",
        )
        == 0
    )
    guests = one(db, "select avg((customer_id is null)::int) from orders")
    assert 0.003 < guests < 0.02


def test_heavy_discounts_come_back_three_times_as_often(db):
    found = dict(
        db.execute("""
        select discount_amount / (order_value + discount_amount) >= .3,
            count(returns.order_id) / count(*)
        from orders left join returns using (order_id) group by 1""").fetchall()
    )
    assert 2.7 <= found[True] / found[False] <= 3.3
    assert (
        0.09
        <= one(
            db,
            """
        select count(returns.order_id) / count(*)
        from orders left join returns using (order_id)""",
        )
        <= 0.11
    )


def test_returns_follow_the_planted_probabilities(db):
    # Calibration in the large, over orders old enough to have come back.
    wanted, found = db.execute("""
        select sum(return_probability), count(returns.order_id)
        from orders inner join true_orders using (order_id)
        left join returns using (order_id)
        where status <> 'cancelled' and ordered_at < timestamp '2025-12-01'
        """).fetchone()
    assert found == pytest.approx(wanted, rel=0.03)
    assert (
        one(
            db,
            """
        select count(*) from returns inner join orders using (order_id)
        where cast(returned_at as timestamp) not between
            ordered_at + interval 3 day and ordered_at + interval 30 day
            or cast(returned_at as timestamp) >= timestamp '2026-01-01'
            or status in ('cancelled', 'pending')""",
        )
        == 0
    )


def test_newsletter_rates(db):
    found = dict(
        db.execute("select event_type, count(*) from raw_events group by 1").fetchall()
    )
    sent = found["sent"]
    assert 0.25 <= found["opened"] / sent <= 0.35
    assert 0.02 <= found["clicked"] / sent <= 0.04
    assert 0.0015 <= found["unsubscribed"] / sent <= 0.0045
    assert (
        one(
            db,
            """
        select count(*) from raw_events
        inner join (
            select customer_id, min(occurred_at) as left_at from raw_events
            where event_type = 'unsubscribed' group by 1
        ) using (customer_id)
        where event_type = 'sent' and occurred_at > left_at
            and event_id not like 'E9999%'""",
        )
        == 0
    )


def test_orders_by_session(db):
    rate = one(
        db,
        """
        select (select count(*) from orders) / sum(sessions) from sessions""",
    )
    assert 0.02 <= rate <= 0.025


def test_revenue_drops_are_realised(company_folder, db):
    incidents = json.loads((company_folder / "truth" / "incidents.json").read_text())
    drops = [i for i in incidents if i["kind"] == "revenue_drop"]
    assert len(drops) == 8
    for drop in drops:
        in_files = one(
            db,
            f"""
            select sum(order_value) from orders
            where ordered_at >= '{drop["start"]}' and ordered_at < '{drop["end"]}'
            """,
        )
        assert in_files == pytest.approx(drop["realised_revenue"], abs=0.005)
        lost = 1 - drop["realised_revenue"] / drop["expected_revenue"]
        assert 0.15 <= lost <= 0.20
        assert lost == pytest.approx(drop["magnitude"], abs=0.001)


def test_expected_revenue_of_a_drop_by_hand():
    # One order of $100 an hour, everywhere: any day expects what the flat
    # calendar says, 24 orders.
    second = np.arange(company.N_HOURS) * 3600
    flat = np.ones(company.N_HOURS)
    expected = buying.expected_revenue(
        np.full(company.N_HOURS, 10_000), second, flat, 200
    )
    assert expected == pytest.approx(240_000)


def test_incidents_keep_clear_of_events_and_the_first_days():
    days = {
        day
        for _, first, last, *_ in company.EVENTS
        for day in range(company.day_index(first), company.day_index(last) + 1)
    }
    assert len(company.DROPS) == 8
    assert len(company.OUTAGES) == 2
    assert len(company.TRACKING_LOSSES) == 1
    for incident in company.INCIDENTS:
        touched = range(
            incident.first_second // 86400, -(-incident.end_second // 86400)
        )
        assert min(touched) >= 60
        assert not days & set(touched)
    for outage in company.OUTAGES:
        assert 2 <= (outage.end_second - outage.first_second) / 3600 <= 5


def test_outages_and_tracking_loss_are_realised(company_folder, db):
    incidents = json.loads((company_folder / "truth" / "incidents.json").read_text())
    columns = {
        "orders": "ordered_at",
        "touchpoints": "touched_at",
        "sessions": "session_hour",
    }
    outages = [i for i in incidents if i["kind"] == "outage"]
    assert len(outages) == 2
    for outage in outages:
        for table, column in columns.items():
            assert (
                one(
                    db,
                    f"""
                select count(*) from {table}
                where {column} >= '{outage["start"]}'
                    and {column} < '{outage["end"]}'""",
                )
                == 0
            )
    (loss,) = (i for i in incidents if i["kind"] == "tracking_loss")
    for table in ("touchpoints", "sessions"):
        window = f"""from {table} where {columns[table]} >= '{loss["start"]}'
            and {columns[table]} < '{loss["end"]}'"""
        assert one(db, f"select count(*) {window} and channel = 'meta'") == 0
        assert one(db, f"select count(*) {window}") > 20


def test_dirt_in_the_files_is_the_dirt_of_the_record(db, planted):
    ts = "try_cast(touched_at as timestamp)"
    found = {
        "touchpoints": {
            "exact_duplicate": one(
                db,
                """
                select count(*) - (select count(*) from (
                    select distinct * from raw_touchpoints)) from raw_touchpoints""",
            ),
            "unreadable_timestamp": one(
                db,
                f"""
                select count(*) from raw_touchpoints where {ts} is null""",
            ),
            "future_timestamp": one(
                db,
                f"""
                select count(*) from raw_touchpoints
                where {ts} >= timestamp '2026-01-01'""",
            ),
            "missing_customer_id": one(
                db,
                """
                select count(*) from raw_touchpoints where customer_id is null""",
            ),
            "missing_channel": one(
                db,
                """
                select count(*) from raw_touchpoints where channel is null""",
            ),
        },
        "orders": {
            "exact_duplicate": one(
                db,
                """
                select count(*) - (select count(*) from (
                    select distinct * from raw_orders)) from raw_orders""",
            ),
            "negative_order_value": one(
                db,
                """
                select count(*) from raw_orders
                where try_cast(order_value as double) < 0""",
            ),
            "unreadable_order_value": one(
                db,
                """
                select count(*) from raw_orders
                where try_cast(order_value as double) is null""",
            ),
            "unreadable_timestamp": one(
                db,
                """
                select count(*) from raw_orders
                where try_cast(ordered_at as timestamp) is null""",
            ),
            "unknown_status": one(
                db,
                """
                select count(*) from raw_orders where status = '???'""",
            ),
        },
        "returns": {
            "orphan_return": one(
                db,
                """
                select count(*) from raw_returns
                anti join raw_orders using (order_id)""",
            ),
            "negative_refund": one(
                db,
                """
                select count(*) from raw_returns
                where cast(refund_amount as double) < 0""",
            ),
        },
        "email_events": {
            "duplicate_event_id": one(
                db,
                """
                select count(*) - count(distinct event_id) from raw_events""",
            ),
            "unknown_event_type": one(
                db,
                """
                select count(*) from raw_events where event_type not in
                    ('sent', 'opened', 'clicked', 'unsubscribed')""",
            ),
        },
        "marketing_spend": {
            "negative_spend": one(db, "select count(*) from raw_spend where spend < 0"),
        },
    }
    assert found == planted["dirty_rows"]


@pytest.mark.parametrize(
    "table, raw",
    [
        ("touchpoints", "raw_touchpoints"),
        ("orders", "raw_orders"),
        ("returns", "raw_returns"),
        ("email_events", "raw_events"),
        ("marketing_spend", "raw_spend"),
    ],
)
def test_dirt_is_some_but_below_one_percent(db, planted, table, raw):
    kinds = planted["dirty_rows"][table]
    assert min(kinds.values()) >= 1
    assert sum(kinds.values()) < 0.01 * one(db, f"select count(*) from {raw}")


def test_each_dirty_row_has_one_defect(db, planted):
    # Dropping each kind on its own drops as many rows as dropping all at once.
    for table, clean, raw in (
        ("touchpoints", "touchpoints", "raw_touchpoints"),
        ("orders", "orders", "raw_orders"),
        ("returns", "returns", "raw_returns"),
    ):
        dropped = one(db, f"select count(*) from {raw}") - one(
            db, f"select count(*) from {clean}"
        )
        assert dropped == sum(planted["dirty_rows"][table].values())
    assert (
        one(
            db,
            """
        select count(*) - count(distinct order_id) from returns""",
        )
        == 0
    )
    assert one(db, "select count(*) from orders") == one(
        db, "select count(*) from true_orders"
    )


def test_aliases_unmapped_and_late_rows(db, company_folder, planted):
    for alias, number in planted["aliases"]["touchpoints"].items():
        assert number >= 1
        # Dirty copies are made of plain spellings only.
        assert (
            db.execute(
                "select count(*) from raw_touchpoints where channel = ?", [alias]
            ).fetchone()[0]
            == number
        )
    assert set(planted["aliases"]["touchpoints"]) == {
        "Google Ads",
        "adwords",
        " EMAIL ",
        "E-Mail",
        "Facebook Ads",
    }
    tiktok = planted["unmapped"]["touchpoints"]["tiktok"]
    assert tiktok >= 1
    assert (
        one(
            db,
            """
        select count(*) from raw_touchpoints where channel = 'tiktok'""",
        )
        == tiktok
    )
    late = one(
        db,
        f"""
        select count(*) from
            read_csv('{company_folder}/touchpoints/late_arrivals.csv',
                all_varchar = true)""",
    )
    assert late == planted["late_rows"]["touchpoints"] + sum(
        planted["dirty_rows"]["touchpoints"].values()
    )


def test_a_chunk_does_not_depend_on_the_number_of_chunks(tmp_path):
    # 900 customers in three chunks of 300; the first also as a company alone.
    settings = generate.Settings(SCALE, SEED, chunk_customers=300)
    assert settings.chunk_sizes() == [300, 300, 300]
    generate.generate(tmp_path, settings, say=quiet)
    connection = duckdb.connect()
    touched = one(
        connection,
        f"""
        select count(*) from
            read_parquet('{tmp_path}/touchpoints/part-0000.parquet')""",
    )
    more = generate.Settings(0.04, SEED, chunk_customers=300)
    assert more.chunk_sizes() == [300] * 6
    generate.generate(tmp_path / "more", more, say=quiet)
    assert touched > 4000
    for part in ("touchpoints/part-0001.parquet", "email_events/part-0002.parquet"):
        assert (tmp_path / part).read_bytes() == (tmp_path / "more" / part).read_bytes()
    for name in ("customers", "truth/customers", "truth/orders"):
        few = connection.execute(f"from '{tmp_path}/{name}.parquet'").fetchall()
        many = connection.execute(f"from '{tmp_path}/more/{name}.parquet'").fetchall()
        assert len(few) >= 900
        assert many[: len(few)] == few


@pytest.mark.filterwarnings("error")
def test_a_last_chunk_of_one_customer(tmp_path):
    settings = generate.Settings(SCALE, SEED, chunk_customers=899)
    assert settings.chunk_sizes() == [899, 1]
    generate.generate(tmp_path, settings, say=quiet)
    found = (
        duckdb.connect()
        .execute(f"""
        select count(*), count(distinct customer_id), max(customer_id)
        from '{tmp_path}/customers.parquet'""")
        .fetchone()
    )
    assert found == (900, 900, "C000000900")


def test_customers_come_from_the_generator_of_seed_and_chunk():
    second = buying.draw_customers(SEED, 1, 300, 300)
    again = np.random.default_rng([SEED, 1]).permutation(
        np.repeat(np.arange(5), [12, 54, 66, 45, 123])
    )
    assert second.number[0] == 301
    assert (second.kind == again).all()


def test_large_companies_write_orders_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "ORDERS_CSV_UP_TO", 0.01)
    generate.generate(tmp_path, generate.Settings(SCALE, SEED, 300), say=quiet)
    names = sorted(path.name for path in (tmp_path / "orders").iterdir())
    assert names == ["corrections.csv"] + [f"part-000{i}.parquet" for i in range(3)]
    assert not (tmp_path / "orders.csv").exists()
    connection = duckdb.connect()
    planted = json.loads((tmp_path / "truth" / "dirt.json").read_text())
    assert one(
        connection,
        f"""
        select count(*) from read_csv('{tmp_path}/orders/corrections.csv',
            all_varchar = true)""",
    ) == sum(planted["dirty_rows"]["orders"].values())
    assert (
        one(
            connection,
            f"""
        select typeof(order_value)
        from '{tmp_path}/orders/part-0000.parquet' limit 1""",
        )
        == "DECIMAL(18,2)"
    )


@pytest.mark.parametrize(
    "arguments", [["--scale", "0.001"], ["--scale", "nan"], ["--seed", "-1"]]
)
def test_command_line_refuses_what_it_cannot_do(arguments, tmp_path, capsys):
    with pytest.raises(SystemExit) as refusal:
        generate.main(["--output", str(tmp_path / "x"), *arguments])
    assert refusal.value.code == 2
    assert "must" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
