"""Forecast any series by the models of the project themselves.

`forecast` writes the series where int_forecast_series would stand in a fresh warehouse,
with a grain of their own, and lets dbt build what comes after it: origins, candidates,
combination, choice, intervals.  Nothing of that is computed here.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "benchmarks"))

from series_files import SeriesError, read_series  # noqa: E402, F401

# Weeks in a year, as the project's weeks have them.
YEAR_OF_WEEKS = 52.18
MODELS = (
    "int_forecast_origins",
    "ml_forecasts",
    "int_forecast_paths",
    "int_forecast_choices",
    "int_forecast_spreads",
    "int_forecasts_issued",
    "forecast_accuracy",
)


def without_gaps(frame):
    """Values of each series on a regular grid, in order; gaps are NaN.

    The period is the most frequent distance of neighbours; months, quarters and years
    are told by their calendar.  Numbers in period_start count periods.
    """
    series = {}
    frame = frame.sort_values(["series_id", "period_start"])
    gaps = frame.groupby("series_id")["period_start"].diff().dropna()
    usual = gaps.mode().iloc[0] if len(gaps) else 1
    for series_id, part in frame.groupby("series_id", sort=True):
        moments = part["period_start"]
        if not pd.api.types.is_datetime64_any_dtype(moments):
            index = ((moments - moments.min()) / usual).round()
        elif usual >= pd.Timedelta(days=28):
            months = max(1, round(usual / pd.Timedelta(days=30.44)))
            count = moments.dt.year * 12 + moments.dt.month
            index = (count - count.min()) // months
        else:
            index = ((moments - moments.min()) / usual).round()
        index = index.astype(int).to_numpy()
        if len(np.unique(index)) < len(index):
            raise SeriesError(f"{series_id} has two values in one period.")
        values = np.full(index.max() + 1, np.nan)
        values[index] = part["value"]
        series[series_id] = values
    return series


def is_weekly(frame):
    """Are the periods of a CSV weeks? Numbers may be: where they count something else,
    --long-season 0 says so."""
    moments = frame["period_start"]
    if not pd.api.types.is_datetime64_any_dtype(moments):
        return True
    gaps = frame.sort_values(["series_id", "period_start"])
    gaps = gaps.groupby("series_id")["period_start"].diff().dropna()
    return len(gaps) > 0 and gaps.mode().iloc[0] == pd.Timedelta(days=7)


def usual_seasons(season):
    """Short and long season of the fitted models for a season of so many periods, as
    the project has them for days, weeks and months: (short, long)."""
    if season == 7:
        return 7, 365.25
    if season == 24:
        return 24, 168.0
    if season == 168:
        return 24, 168.0
    if season >= 40:
        return 1, float(season)
    return season, 0.0


def forecast(series, season, horizon, long_season=None, backtests=8):
    """Forecast each series by the project's models as they stand.

    Arguments:
        series: dict name -> values (n,), NaN for gaps; nothing of the future.
        season: periods in a season, for the seasonal naive forecast and MASE.
        horizon: periods ahead.
        long_season: periods in a longer season; None for what is usual beside
            `season`, 0 for none.
        backtests: earlier origins that choose the model and set the intervals.
    Returns (issued, accuracy, seconds): rows of int_forecasts_issued of all origins,
    rows of forecast_accuracy, and the seconds that the models took to run, all origins
    together.
    """
    short, usual = usual_seasons(season)
    longer = usual if long_season is None else float(long_season)
    grain = {
        "grain": "period",
        "horizon": horizon,
        "backtests": backtests,
        "origin_step": max(1, horizon // 4),
        "pooled_steps": min(3, max(1, short // 2)),
        # As days have it, and weeks and months have not.
        "errors_overlap": not (short > 1 and longer > 0),
        "season_length": season,
        "short_season": short,
        "long_season": longer,
        "uses_events": False,
    }
    longest = max(len(values) for values in series.values())
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "series": name,
                    "grain": "period",
                    "series_level": "channel",
                    # All series end together.
                    "period_index": np.arange(len(values)) + longest - len(values) + 1,
                    "value": values,
                }
            )
            for name, values in series.items()
        ]
    )
    folder = Path(tempfile.mkdtemp(prefix="forecasts-"))
    try:
        warehouse = folder / "warehouse.duckdb"
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("create schema intermediate")
            connection.register("grains", pd.DataFrame([grain]))
            connection.register("series_rows", rows)
            connection.execute(
                "create table intermediate.int_forecast_grains as"
                " select * replace (cast(long_season as double) as long_season)"
                " from grains"
            )
            connection.execute(
                "create table intermediate.int_forecast_series as"
                " select * replace (case when isnan(value) then null else value end"
                " as value), cast(date '2000-01-01' + cast(period_index as integer)"
                " as date) as period_start from series_rows"
            )
            connection.execute(
                "create table intermediate.int_forecast_events (series varchar,"
                " grain varchar, period_index bigint, event_name varchar,"
                " event_type varchar, exposure double)"
            )
        seconds = run_dbt(folder, warehouse)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            issued = connection.execute(
                "select * from intermediate.int_forecasts_issued"
                " order by series, origin_index, step"
            ).df()
            accuracy = connection.execute(
                "select * from marts.forecast_accuracy order by series, model, horizon"
            ).df()
        return issued, accuracy, seconds
    finally:
        shutil.rmtree(folder)


def seconds_of_a_forecast(series, season, horizon, long_season=None, most=20):
    """Mean processor seconds of one forecast of a series by every candidate, of at most
    `most` series; arguments as for forecast.  Imports and compilation are left out."""
    sys.path.insert(0, str(PROJECT / "plugins"))
    from forecast_candidates import forecast_series

    short, usual = usual_seasons(season)
    longer = usual if long_season is None else float(long_season)
    timed = list(series.values())[:most]
    with threadpool_limits(limits=1):
        forecast_series(timed[0], season, short, longer, horizon)
        started = time.process_time()
        for values in timed:
            forecast_series(values, season, short, longer, horizon)
    return (time.process_time() - started) / len(timed)


def run_dbt(folder, warehouse):
    """Let dbt build MODELS; returns the seconds that it took to execute them."""
    done = subprocess.run(
        [
            shutil.which("dbt", path=Path(sys.executable).parent) or "dbt",
            *("run", "--select", *MODELS),
            *("--target-path", str(folder / "target"), "--log-path", str(folder)),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            # What the project reads at the start of a run; none of it is used.
            "INSIGHT_DATA": str(PROJECT / "reference" / "data"),
            "INSIGHT_WAREHOUSE": str(warehouse),
        },
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SeriesError(done.stdout[-3000:])
    results = json.loads((folder / "target" / "run_results.json").read_text())
    return sum(
        result["execution_time"]
        for result in results["results"]
        if result["unique_id"].startswith("model.")
    )
