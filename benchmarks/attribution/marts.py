"""Channel totals and pair count of the built marts, for comparison."""

import argparse
import json
import math

import duckdb


def mart_totals(warehouse):
    """Conversions and revenue by (model, channel), nested dicts, and the pairs."""
    connection = duckdb.connect(warehouse, read_only=True)
    totals = {}
    rows = connection.execute(
        "select attribution_model, channel, list(conversions), list(revenue)"
        " from marts.channel_attribution group by attribution_model, channel"
    ).fetchall()
    for model, channel, conversions, revenue in rows:
        # Exact sums: two builds are held to equal numbers, whatever their rows' order.
        totals.setdefault(model, {})[channel] = [
            math.fsum(value for value in values if value is not None)
            for values in (conversions, revenue)
        ]
    pairs = connection.execute(
        "select count(*) from marts.touchpoint_credits"
        " where touchpoint_id <> 'unattributed'"
    ).fetchone()[0]
    return {"pairs": pairs, "totals": totals}


def main():
    """Print the totals as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse")
    print(json.dumps(mart_totals(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
