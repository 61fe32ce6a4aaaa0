"""Point forecasts of every series from every origin, by every candidate.

One row per (series, grain, origin_index, step, candidate). The candidates and what they
are given are in plugins/forecast_candidates.py; which of them is believed, and how far,
is decided in SQL.
"""

import edge_imports  # noqa: F401
import grouped_edges
import numpy as np
import pandas as pd
from forecast_candidates import forecast_series
from threadpoolctl import threadpool_limits

COLUMNS = {
    "series": "str",
    "grain": "str",
    "origin_index": "int64",
    "step": "int64",
    "candidate": "str",
    "forecast": "float64",
}


def fit_forecasts(values, origins, grains, events):
    """Forecast each series from each of its origins.

    Arguments, all DataFrames:
        values: series, grain, period_index, value (in any order; missing periods
            and NaN are gaps).
        origins: series, grain, origin_index, horizon.
        grains: grain, season_length, short_season, long_season (periods).
        events: series, grain, period_index, event_name, event_type, exposure (share
            of the period, 0 to 1).
    Returns a DataFrame with COLUMNS. A forecast from an origin sees values up to the
    origin, that one included, and nothing after it; of events it sees all, because
    they are planned. A series with fewer than three values has no rows.
    """
    seasons = grains.set_index("grain")
    histories = dict(list(values.groupby(["series", "grain"])))
    known = dict(list(events.groupby(["series", "grain"])))
    parts = []
    for (series, grain), wanted in origins.groupby(["series", "grain"]):
        history = histories[series, grain]
        first = int(history["period_index"].min())
        y = np.full(int(history["period_index"].max()) - first + 1, np.nan)
        y[history["period_index"].to_numpy() - first] = history["value"]
        reach = len(y) + int(wanted["horizon"].max())
        exposure, kinds = event_matrix(known.get((series, grain)), first, reach)
        season = seasons.loc[grain]
        for origin in wanted.sort_values("origin_index").itertuples():
            n = origin.origin_index - first + 1
            forecasts = forecast_series(
                y[:n],
                int(season["season_length"]),
                int(season["short_season"]),
                float(season["long_season"]),
                int(origin.horizon),
                exposure[: n + origin.horizon],
                kinds,
            )
            for candidate, forecast in forecasts.items():
                parts.append(
                    pd.DataFrame(
                        {
                            "series": series,
                            "grain": grain,
                            "origin_index": origin.origin_index,
                            "step": np.arange(1, origin.horizon + 1),
                            "candidate": candidate,
                            "forecast": forecast,
                        }
                    )
                )
    if not parts:
        parts = [pd.DataFrame(columns=list(COLUMNS))]
    return pd.concat(parts, ignore_index=True).astype(COLUMNS)


def event_matrix(events, first, periods):
    """Exposure (periods, k) to each of k events by name, and their types (k,).

    events: period_index, event_name, event_type, exposure, or None; `first` is the
    period_index of the first row.
    """
    if events is None:
        return np.zeros((periods, 0)), []
    names = sorted(events["event_name"].unique())
    kinds = events.groupby("event_name")["event_type"].max()
    matrix = np.zeros((periods, len(names)))
    rows = events["period_index"].to_numpy() - first
    inside = (rows >= 0) & (rows < periods)
    columns = events["event_name"].map({name: k for k, name in enumerate(names)})
    matrix[rows[inside], columns[inside]] = events["exposure"][inside]
    return matrix, [kinds[name] for name in names]


def model(dbt, session):
    """Read series, origins, grains and events; return the forecasts."""
    dbt.config(materialized="table", tags=["python"])
    origins = dbt.ref("int_forecast_origins").df()
    grains = dbt.ref("int_forecast_grains").df()
    events = dbt.ref("int_forecast_events").df()
    keys = ["series", "grain"]

    def fit_groups(values):
        present = values[keys].drop_duplicates()
        with threadpool_limits(limits=1):
            return fit_forecasts(
                values, origins.merge(present), grains, events.merge(present)
            )

    series = dbt.ref("int_forecast_series")
    forecasts = grouped_edges.over_groups(series, keys, fit_groups, COLUMNS)
    return forecasts
