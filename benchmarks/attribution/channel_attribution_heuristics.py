"""The ChannelAttribution package's heuristic_models, from raw touchpoints.

The package takes one text a path (`email > meta > direct`) and knows first,
last and linear touch.  Its user has to build the texts first; here that is done
as fast as pandas and pyarrow allow: the same merge, window and sort as in
pandas_heuristics.py, then one join of lists to texts without a Python loop.
"""

import argparse
import contextlib
import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas_heuristics import paths_of, read_raw
from stopwatch import Stopwatch

SEPARATOR = " > "
COLUMNS = {
    "first_touch": "first_touch",
    "last_touch": "last_touch",
    "linear": "linear_touch",
}


def path_texts(paths):
    """One row per path text: its conversions and their revenue."""
    starts = np.flatnonzero(paths["order_number"].diff().ne(0))
    channels = pa.array(paths["channel"].astype(str), type=pa.string())
    lists = pa.ListArray.from_arrays(
        pa.array(np.append(starts, len(paths)), type=pa.int32()), channels
    )
    texts = pc.binary_join(lists, SEPARATOR)
    journeys = pd.DataFrame(
        {"path": texts, "revenue": paths["order_value"].to_numpy()[starts]}
    )
    return journeys.groupby("path", as_index=False).agg(
        conversions=("revenue", "size"), revenue=("revenue", "sum")
    )


def attribute(journeys):
    """Call the package; return (seconds of the call, totals by model, channel)."""
    # Importing it prints an advertisement.
    with contextlib.redirect_stdout(io.StringIO()):
        from ChannelAttribution import heuristic_models

    with Stopwatch() as stopwatch:
        result = heuristic_models(
            journeys,
            "path",
            "conversions",
            var_value="revenue",
            sep=SEPARATOR.strip(),
            flg_pro=False,
        )
    result = result.set_index("channel_name")
    totals = {
        model: {
            channel: [
                float(result.at[channel, f"{name}_conversions"]),
                float(result.at[channel, f"{name}_value"]),
            ]
            for channel in result.index
        }
        for model, name in COLUMNS.items()
    }
    return stopwatch.facts, totals


def main():
    """Attribute and print times and totals as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--lookback-days", type=float, required=True)
    arguments = parser.parse_args()
    with Stopwatch() as preparation:
        touchpoints, orders = read_raw(arguments.data)
        paths = paths_of(touchpoints, orders, arguments.lookback_days)
        pairs = len(paths)
        journeys = path_texts(paths)
    call, totals = attribute(journeys)
    facts = {name: preparation.facts[name] + call[name] for name in call}
    facts |= {
        "pairs": pairs,
        "distinct_paths": len(journeys),
        "call_seconds": call["seconds"],
        "totals": totals,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
