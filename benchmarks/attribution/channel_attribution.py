"""The ChannelAttribution package's heuristic and Markov models, from raw touchpoints.

The package takes one text a path (`email > meta > direct`).  It knows first, last
and linear touch, and a Markov chain whose removal effects it simulates.  Its user
has to build the texts first; here that is done as fast as pandas and pyarrow allow:
one sort, then one join of lists to texts without a Python loop.  Heuristics look at
each order's window, the chain at journeys, the unconverted ones too, so there are
two kinds of texts.
"""

import argparse
import contextlib
import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas_heuristics import journeys_of, paths_of, read_raw
from stopwatch import Stopwatch

SEPARATOR = " > "
COLUMNS = {
    "first_touch": "first_touch",
    "last_touch": "last_touch",
    "linear": "linear_touch",
}


def texts_of(rows, key):
    """Text of each path of `rows`, which are sorted by `key`; and where each begins."""
    starts = np.flatnonzero(rows[key].diff().ne(0))
    channels = pa.array(rows["channel"].astype(str), type=pa.string())
    lists = pa.ListArray.from_arrays(
        pa.array(np.append(starts, len(rows)), type=pa.int32()), channels
    )
    return pc.binary_join(lists, SEPARATOR), starts


def path_texts(paths):
    """One row per path text: its conversions and their revenue."""
    texts, starts = texts_of(paths, "order_number")
    frame = pd.DataFrame(
        {"path": texts, "revenue": paths["order_value"].to_numpy()[starts]}
    )
    return frame.groupby("path", as_index=False).agg(
        conversions=("revenue", "size"), revenue=("revenue", "sum")
    )


def journey_texts(journeys):
    """One row per journey text: conversions, their revenue, and those without."""
    texts, starts = texts_of(journeys, "journey")
    converted = journeys["converted"].to_numpy()[starts]
    frame = pd.DataFrame(
        {
            "path": texts,
            "conversions": converted.astype(int),
            "revenue": journeys["order_value"].to_numpy()[starts],
            "failures": (~converted).astype(int),
        }
    )
    return frame.groupby("path", as_index=False).sum()


def attribute_heuristics(texts):
    """Totals by model and channel."""
    # Importing it prints an advertisement.
    with contextlib.redirect_stdout(io.StringIO()):
        from ChannelAttribution import heuristic_models

        result = heuristic_models(
            texts,
            "path",
            "conversions",
            var_value="revenue",
            sep=SEPARATOR.strip(),
            flg_pro=False,
        )
    result = result.set_index("channel_name")
    return {
        model: {
            channel: [
                float(result.at[channel, f"{name}_conversions"]),
                float(result.at[channel, f"{name}_value"]),
            ]
            for channel in result.index
        }
        for model, name in COLUMNS.items()
    }


def attribute_markov(texts, seed):
    """Conversions and revenue by channel, as shares of all that journeys brought."""
    with contextlib.redirect_stdout(io.StringIO()):
        from ChannelAttribution import markov_model

        result = markov_model(
            texts,
            "path",
            "conversions",
            var_value="revenue",
            var_null="failures",
            order=1,
            sep=SEPARATOR.strip(),
            seed=seed,
            verbose=False,
            flg_pro=False,
        )
    result = result.set_index("channel_name")
    shares = result / result.sum()
    return {
        channel: [float(value) for value in row]
        for channel, row in zip(shares.index, shares.to_numpy(), strict=True)
    }


def main():
    """Attribute and print times, totals and shares as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--lookback-days", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    arguments = parser.parse_args()
    with Stopwatch() as whole:
        touchpoints, orders = read_raw(arguments.data)
        paths = paths_of(touchpoints, orders, arguments.lookback_days)
        pairs = len(paths)
        texts = path_texts(paths)
        del paths
        journeys = journeys_of(touchpoints, orders, arguments.lookback_days)
        journey_count = int(journeys["journey"].max()) + 1
        both = journey_texts(journeys)
        del journeys, touchpoints, orders
        with Stopwatch() as calls:
            totals = attribute_heuristics(texts)
            shares = attribute_markov(both, arguments.seed)
    facts = whole.facts | {
        "pairs": pairs,
        "journeys": journey_count,
        "distinct_paths": len(texts),
        "call_seconds": calls.facts["seconds"],
        "totals": totals,
        "shares": {"markov": shares},
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
