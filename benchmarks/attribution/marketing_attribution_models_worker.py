"""The marketing-attribution-models package (class MAM), from raw touchpoints.

The package can group touches by itself, with a Python loop a customer and without a
lookback; it is given finished lists of channels instead, which is faster, and lists
of the hours to the conversion.  Heuristics look at each order's window, the Markov
chain at journeys.  Shapley is left out: the package assigns through copies, which
pandas 3 does not carry through.
"""

import argparse
import contextlib
import io
import json
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pandas_heuristics import journeys_of, paths_of, read_raw
from stopwatch import Stopwatch

# The package asks for this style by the name that matplotlib gave up.
plt.style.library["seaborn-white"] = plt.style.library["seaborn-v0_8-white"]
HALF_LIFE_HOURS = 7 * 24


def lists_of(rows, key, column):
    """The values of `column` of each path of `rows`, which are sorted by `key`."""
    starts = np.flatnonzero(rows[key].diff().ne(0))
    values = rows[column].astype(object).to_numpy()
    return [part.tolist() for part in np.split(values, starts[1:])], starts


def window_frame(paths):
    """One row per order with a touch: channels, hours to the order, value."""
    hours = (paths["ordered_at"] - paths["touched_at"]) / pd.Timedelta(hours=1)
    paths = paths.assign(hours=hours)
    channels, starts = lists_of(paths, "order_number", "channel")
    return pd.DataFrame(
        {
            "id": range(len(channels)),
            "channels": channels,
            "hours": lists_of(paths, "order_number", "hours")[0],
            "converted": True,
            "value": paths["order_value"].to_numpy()[starts],
        }
    )


def journey_frame(journeys):
    """One row per journey, unconverted ones too."""
    channels, starts = lists_of(journeys, "journey", "channel")
    return pd.DataFrame(
        {
            "id": range(len(channels)),
            "channels": channels,
            "converted": journeys["converted"].to_numpy()[starts],
        }
    )


def package(frame, hours):
    """The package's object over finished paths."""
    from marketing_attribution_models import MAM

    return MAM(
        frame,
        group_channels=False,
        channels_colname="channels",
        journey_with_conv_colname="converted",
        group_channels_by_id_list=["id"],
        time_till_conv_colname=hours,
    )


def conversions_by_channel(result):
    """{channel: conversions} from what a method of the package returns."""
    frame = result[1].reset_index()
    return {row[-2]: float(row[-1]) for row in frame.itertuples(index=False)}


def attribute(windows, journeys):
    """Conversions by model and channel, and Markov's shares."""
    model = package(windows, "hours")
    totals = {
        "first_touch": model.attribution_first_click(),
        "last_touch": model.attribution_last_click(),
        "last_non_direct": model.attribution_last_click_non("direct"),
        "linear": model.attribution_linear(),
        "position_based": model.attribution_position_based(),
        "time_decay": model.attribution_time_decay(frequency=HALF_LIFE_HOURS),
    }
    totals = {name: conversions_by_channel(result) for name, result in totals.items()}
    chain = package(journeys, "skip_column").attribution_markov(
        transition_to_same_state=True, conversion_value_as_frequency=False
    )
    effects = chain[3]["removal_effect"]
    shares = effects / effects.sum()
    return totals, {"markov": {name: [float(x)] for name, x in shares.items()}}


def main():
    """Attribute and print times, totals and shares as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--lookback-days", type=float, required=True)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with Stopwatch() as whole, contextlib.redirect_stdout(io.StringIO()):
        touchpoints, orders = read_raw(arguments.data)
        paths = paths_of(touchpoints, orders, arguments.lookback_days)
        windows = window_frame(paths)
        journeys = journeys_of(touchpoints, orders, arguments.lookback_days)
        totals, shares = attribute(windows, journey_frame(journeys))
    print(
        json.dumps(
            whole.facts
            | {
                "pairs": len(paths),
                "journeys": int(journeys["journey"].max()) + 1,
                "conversions": totals,
                "shares": shares,
            }
        )
    )


if __name__ == "__main__":
    main()
