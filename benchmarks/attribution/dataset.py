"""Seeded touchpoints and orders for the attribution benchmark, as Parquet files.

N touchpoints, N / 5 orders and N / 10 customers over one year.  Every value is
arithmetic over the md5 of (seed, table, row number), so the same seed gives the
same rows on every machine and with any number of threads.
"""

import argparse
import json
import os

import duckdb

SECONDS_IN_YEAR = 365 * 86400
CHANNELS = (
    # name, share of touches in percent, has campaigns
    ("google_ads", 26, True),
    ("meta", 20, True),
    ("email", 18, True),
    ("organic", 14, False),
    ("referral", 8, True),
    ("influencer", 6, True),
    ("direct", 8, False),
)
CAMPAIGNS_A_CHANNEL = 8


def channel_case():
    """SQL that names the channel of a number `percent` in 0..99."""
    lines, bound = [], 0
    for name, share, _ in CHANNELS:
        bound += share
        lines.append(f"when percent < {bound} then '{name}'")
    return "case " + " ".join(lines) + " end"


def random_numbers(table, rows, seed):
    """SQL of `rows` rows with two independent 64-bit numbers, `low` and `high`."""
    key = f"'{seed}-{table}-' || row_number"
    return f"""
        select
            row_number,
            md5_number_lower({key}) as low,
            md5_number_upper({key}) as high
        from range({rows}) as numbers(row_number)
    """


def touchpoints_sql(touchpoints, customers, seed):
    """SQL of the touchpoints, in no order of customer or time."""
    with_campaigns = ", ".join(f"'{name}'" for name, _, has in CHANNELS if has)
    return f"""
        with numbers as ({random_numbers("touchpoint", touchpoints, seed)}),
        drawn as (
            select
                row_number,
                low % {customers} as customer_number,
                high % {SECONDS_IN_YEAR} as second_of_year,
                (low // {customers}) % 100 as percent,
                (high // {SECONDS_IN_YEAR}) % {CAMPAIGNS_A_CHANNEL} as campaign_number
            from numbers
        ),
        named as (
            select *, {channel_case()} as channel
            from drawn
        )
        select
            'T' || lpad(cast(row_number as varchar), 10, '0') as touchpoint_id,
            'C' || lpad(cast(customer_number as varchar), 9, '0') as customer_id,
            channel,
            case
                when channel in ({with_campaigns})
                    then channel || '_' || cast(campaign_number + 1 as varchar)
            end as campaign,
            timestamp '2024-01-01 00:00:00'
                + to_seconds(cast(second_of_year as bigint)) as touched_at
        from named
    """


def orders_sql(orders, customers, seed):
    """SQL of the orders; values from 10 to 1,010, small ones more often."""
    return f"""
        with numbers as ({random_numbers("order", orders, seed)})
        select
            'O' || lpad(cast(row_number as varchar), 9, '0') as order_id,
            'C' || lpad(cast(low % {customers} as varchar), 9, '0') as customer_id,
            timestamp '2024-01-01 00:00:00'
                + to_seconds(cast(high % {SECONDS_IN_YEAR} as bigint)) as ordered_at,
            cast(
                1000
                + ((low // {customers}) % 1000) * ((high // {SECONDS_IN_YEAR}) % 101)
                as double
            ) / 100 as order_value
        from numbers
    """


def pairs_sql(folder, lookback_days):
    """SQL that counts the (conversion, touch) pairs of the lookback window."""
    return f"""
        select count(*)
        from '{folder}/orders.parquet' as orders
        inner join '{folder}/touchpoints.parquet' as touchpoints
            on orders.customer_id = touchpoints.customer_id
            and touchpoints.touched_at
                between orders.ordered_at - interval '{lookback_days}' day
                and orders.ordered_at
    """


def generate(folder, touchpoints, seed, lookback_days, memory):
    """Write both files into `folder`; return counts and bytes as a dict."""
    orders, customers = touchpoints // 5, max(touchpoints // 10, 1)
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"set memory_limit = '{memory}'")
    connection.execute(f"set temp_directory = '{folder}/spill'")
    for name, sql in (
        ("touchpoints", touchpoints_sql(touchpoints, customers, seed)),
        ("orders", orders_sql(orders, customers, seed)),
    ):
        connection.execute(f"copy ({sql}) to '{folder}/{name}.parquet'")
    pairs = connection.execute(pairs_sql(folder, lookback_days)).fetchone()[0]
    return {
        "touchpoints": touchpoints,
        "orders": orders,
        "customers": customers,
        "pairs": pairs,
        "touchpoints_bytes": os.path.getsize(f"{folder}/touchpoints.parquet"),
        "orders_bytes": os.path.getsize(f"{folder}/orders.parquet"),
    }


def main():
    """Generate as the arguments say and print what was written, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--touchpoints", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--lookback-days", type=int, required=True)
    parser.add_argument("--memory", required=True)
    arguments = parser.parse_args()
    print(json.dumps(generate(**vars(arguments))))


if __name__ == "__main__":
    main()
