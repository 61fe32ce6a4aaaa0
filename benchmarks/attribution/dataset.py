"""Seeded touchpoints and orders for the attribution benchmark, as Parquet files.

N touchpoints, N / 5 orders and N / 10 customers over one year.  Every value is
arithmetic over the md5 of (seed, table, row number), so the same seed gives the
same rows on every machine and with any number of threads.  Beyond 10M touchpoints
they are copies of the first 10M under other ids of touches, orders and customers.
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
# Touchpoints that are drawn; more would take md5 longer than all that is measured.
MOST_DRAWN = 10_000_000


def channel_case():
    """SQL that names the channel of a number `percent` in 0..99."""
    lines, bound = [], 0
    for name, share, _ in CHANNELS:
        bound += share
        lines.append(f"when percent < {bound} then '{name}'")
    return "case " + " ".join(lines) + " end"


def random_numbers(table, rows, seed, copies):
    """SQL of `rows` rows with two independent 64-bit numbers, `low` and `high`.

    Each row `copies` times, with the number `copy` from 0.
    """
    key = f"'{seed}-{table}-' || row_number"
    return f"""
        select row_number, low, high, copy
        from (
            select
                row_number,
                md5_number_lower({key}) as low,
                md5_number_upper({key}) as high
            from range({rows}) as numbers(row_number)
        ) as drawn
        cross join range({copies}) as copies(copy)
    """


def touchpoints_sql(touchpoints, customers, seed, copies=1):
    """SQL of the touchpoints, in no order of customer or time."""
    with_campaigns = ", ".join(f"'{name}'" for name, _, has in CHANNELS if has)
    return f"""
        with numbers as ({random_numbers("touchpoint", touchpoints, seed, copies)}),
        drawn as (
            select
                row_number + copy * {touchpoints} as row_number,
                low % {customers} + copy * {customers} as customer_number,
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


def orders_sql(orders, customers, seed, copies=1):
    """SQL of the orders; values from 10 to 1,010, small ones more often."""
    return f"""
        with numbers as ({random_numbers("order", orders, seed, copies)})
        select
            'O' || lpad(cast(row_number + copy * {orders} as varchar), 9, '0')
                as order_id,
            'C' || lpad(cast(low % {customers} + copy * {customers} as varchar), 9, '0')
                as customer_id,
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
    copies = max(touchpoints // MOST_DRAWN, 1)
    drawn, rest = divmod(touchpoints, copies)
    if rest or drawn > MOST_DRAWN:
        raise ValueError(f"beyond {MOST_DRAWN:,} touchpoints only multiples of it")
    orders, customers = drawn // 5, max(drawn // 10, 1)
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"set memory_limit = '{memory}'")
    connection.execute(f"set temp_directory = '{folder}/spill'")
    for name, sql in (
        ("touchpoints", touchpoints_sql(drawn, customers, seed, copies)),
        ("orders", orders_sql(orders, customers, seed, copies)),
    ):
        connection.execute(f"copy ({sql}) to '{folder}/{name}.parquet'")
    pairs = connection.execute(pairs_sql(folder, lookback_days)).fetchone()[0]
    return {
        "touchpoints": touchpoints,
        "orders": orders * copies,
        "customers": customers * copies,
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
