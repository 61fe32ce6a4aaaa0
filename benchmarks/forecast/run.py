"""Forecast the last periods of the series of a CSV and print how well that went.

    .venv/bin/python benchmarks/forecast/run.py my_series.csv --season 12 --horizon 18

The file has columns series_id, period_start (a date, a moment or a number of periods)
and value.  The last `--horizon` values of each series are held back, the rest is
forecast by the project's own models (engine.py), and what was chosen is compared with
them.  --season is the number of periods in a season: 7 for days, 1 for weeks, 12 for
months, 24 for hours, 1 for none.  Days have a season of 365.25 too, weeks of 52.18,
hours of 168; --long-season says otherwise.

Without a file, the series that statsmodels brings along are forecast, beside
statsmodels' own ETS and Theta.

Printed, as the mean of the series: MASE (scaled by the seasonal naive error within the
history), sMAPE (0 to 2), OWA (mean of MASE and sMAPE, each over that of Naive2), WAPE
(of all series together), share of values inside the intervals, and seconds.
"""

import argparse
import sys
import time
import warnings

import numpy as np
import pandas as pd
from engine import (
    YEAR_OF_WEEKS,
    SeriesError,
    forecast,
    is_weekly,
    read_series,
    seconds_of_a_forecast,
    without_gaps,
)

SHORTEST_HISTORY = 3


def is_seasonal(values, season):
    """The test of the M4 competition: is the autocorrelation at lag `season` outside
    its 90 % limits?  Never for fewer than three seasons."""
    n = len(values)
    if season <= 1 or n < 3 * season:
        return False
    centred = values - values.mean()
    power = centred @ centred
    if power == 0:
        return False
    acf = np.array([centred[k:] @ centred[: n - k] for k in range(1, season + 1)])
    acf = acf / power
    limit = 1.645 * np.sqrt((1 + 2 * np.sum(acf[:-1] ** 2)) / n)
    return abs(acf[-1]) > limit


def naive2(values, season, horizon):
    """The last value, seasonally adjusted by classical multiplicative decomposition
    where the series is seasonal (and positive, without which there are no ratios)."""
    n = len(values)
    indices = np.ones(max(season, 1))
    if is_seasonal(values, season) and values.min() > 0:
        weights = np.ones(season + 1 - season % 2)
        if season % 2 == 0:
            weights[[0, -1]] = 0.5
        level = np.convolve(values, weights / weights.sum(), mode="valid")
        half = len(weights) // 2
        ratios = np.full(n, np.nan)
        ratios[half : n - half] = values[half : n - half] / level
        indices = np.array([np.nanmean(ratios[k::season]) for k in range(season)])
        indices = indices / indices.mean()
    phases = np.arange(n + horizon) % len(indices)
    return values[-1] / indices[phases[n - 1]] * indices[phases[n:]]


def seasonal_naive(values, season, horizon):
    """The last season over and over."""
    length = min(season, len(values))
    return values[-length:][np.arange(horizon) % length]


def filled(values):
    """`values` with gaps on the line between their neighbours: the rivals know none."""
    there = np.flatnonzero(~np.isnan(values))
    return np.interp(np.arange(len(values)), there, values[there])


def errors(predicted, actual, history, season):
    """MASE, sMAPE and sums of one series.  MASE is NaN where the naive never errs."""
    lag = season if len(history) > season else 1
    scale = np.nanmean(np.abs(history[lag:] - history[:-lag]))
    miss = np.abs(predicted - actual)
    size = np.abs(predicted) + np.abs(actual)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(miss == 0, 0.0, 2 * miss / size)
        mase = np.nanmean(miss) / scale if scale > 0 else np.nan
    shares[np.isnan(actual)] = np.nan
    return {
        "mase": mase,
        "smape": np.nanmean(shares),
        "miss": np.nansum(miss),
        "actual": np.nansum(np.abs(actual)),
    }


def compared(rows):
    """One row a method: MASE, sMAPE, OWA, WAPE, and whether any is missing."""
    frame = pd.DataFrame(rows)
    table = frame.groupby("method", sort=False).agg(
        MASE=("mase", "mean"),
        sMAPE=("smape", "mean"),
        miss=("miss", "sum"),
        actual=("actual", "sum"),
    )
    base = table.loc["Naive2"]
    table["OWA"] = (table["MASE"] / base["MASE"] + table["sMAPE"] / base["sMAPE"]) / 2
    table["WAPE"] = table["miss"] / table["actual"]
    return table[["MASE", "sMAPE", "OWA", "WAPE"]]


def evaluate(series, season, horizon, long_season, backtests, rivals=()):
    """Hold the last `horizon` values back, forecast, compare, print.

    rivals: (name, function of (history, season, horizon)) to compare with.
    Returns the table of `compared` and the shares inside the intervals.
    """
    short = [k for k, v in series.items() if len(v) < horizon + SHORTEST_HISTORY]
    if short:
        print(f"left out, too short: {', '.join(map(str, short))}")
    series = {k: v for k, v in series.items() if k not in short}
    if not series:
        raise SeriesError("No series is longer than the horizon.")
    histories = {name: values[:-horizon] for name, values in series.items()}
    issued, _, seconds = forecast(histories, season, horizon, long_season, backtests)
    final = issued[issued["is_final"]].set_index(["series", "step"]).sort_index()
    known = set(final.index.get_level_values(0))
    rows, inside, spent = [], {80: [], 95: []}, dict.fromkeys(dict(rivals), 0.0)
    choices = {}
    for name, values in series.items():
        history, actual = histories[name], values[-horizon:]
        if name not in known:
            print(f"left out, fewer than three values: {name}")
            continue
        own = final.loc[name]
        choices[name] = own["model"].iloc[0]
        methods = {
            "chosen": own["forecast"].to_numpy(),
            "seasonal naive": seasonal_naive(filled(history), season, horizon),
            "Naive2": naive2(filled(history), season, horizon),
        }
        for rival, function in rivals:
            started = time.process_time()
            methods[rival] = function(filled(history), season, horizon)
            spent[rival] += time.process_time() - started
        for method, predicted in methods.items():
            measured = errors(predicted, actual, history, season)
            rows.append({"series": name, "method": method, **measured})
        there = ~np.isnan(actual)
        for level, found in inside.items():
            low, high = own[f"lower_{level}"], own[f"upper_{level}"]
            bounded = there & low.notna().to_numpy() & ~own["is_closed"].to_numpy()
            found.extend(((actual >= low) & (actual <= high)).to_numpy()[bounded])
    if not rows:
        raise SeriesError("No series has three values before the horizon.")
    table = compared(rows)
    coverage = {level: np.mean(found) for level, found in inside.items() if found}
    print(f"{len(choices)} series, {horizon} periods ahead, season {season}")
    print(table.round(4).to_string())
    print("chosen: " + pd.Series(choices).value_counts().to_dict().__repr__())
    for level, share in coverage.items():
        print(f"{level} % intervals hold {share:.1%} of {len(inside[level])} values")
    fits = len(issued) / horizon
    print(
        f"{seconds:.1f} seconds for all models, their start included:"
        f" {seconds / len(choices):.3f} a series, of which there are"
        f" {fits / len(choices):.1f} forecasts each"
    )
    own = seconds_of_a_forecast(histories, season, horizon, long_season)
    print(f"all candidates: {own:.3f} CPU seconds a series (one forecast)")
    for rival, total in spent.items():
        print(
            f"{rival}: {total / len(choices):.3f} CPU seconds a series (one forecast)"
        )
    return table, coverage


def bundled():
    """Series that statsmodels brings along: (name, values, season, horizon)."""
    from statsmodels.datasets import co2, elnino, macrodata, nile, sunspots

    carbon = co2.load_pandas().data["co2"]
    monthly = carbon.resample("MS").mean()
    warm = elnino.load_pandas().data.drop(columns="YEAR").to_numpy().ravel()
    economy = macrodata.load_pandas().data
    yield "co2 by month", monthly.interpolate().to_numpy(), 12, 18
    yield "el nino by month", warm[~np.isnan(warm)], 12, 18
    for name in ("realgdp", "realcons", "realinv", "unemp", "cpi"):
        yield f"{name} by quarter", economy[name].to_numpy(float), 4, 8
    yield "nile by year", nile.load_pandas().data["volume"].to_numpy(float), 1, 6
    spots = sunspots.load_pandas().data["SUNACTIVITY"].to_numpy(float)
    yield "sunspots by year", spots, 1, 6


def statsmodels_ets(values, season, horizon):
    """statsmodels' ETSModel: damped additive trend, and a season where there is one:
    multiplicative errors and season for positive series."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    seasonal = season > 1 and len(values) >= 3 * season
    kind = "mul" if values.min() > 0 else "add"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fitted = ETSModel(
            values,
            error=kind,
            trend="add",
            damped_trend=True,
            seasonal=kind if seasonal else None,
            seasonal_periods=season if seasonal else None,
        ).fit(disp=False)
        return np.asarray(fitted.forecast(horizon))


def statsmodels_theta(values, season, horizon):
    """statsmodels' ThetaModel, which tests for a season itself."""
    from statsmodels.tsa.forecasting.theta import ThetaModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ThetaModel(
            values, period=max(season, 1), deseasonalize=season > 1, method="auto"
        )
        return np.asarray(model.fit().forecast(horizon))


RIVALS = (
    ("statsmodels ETS", statsmodels_ets),
    ("statsmodels Theta", statsmodels_theta),
)


def compare_bundled(backtests):
    """Forecast statsmodels' series, three times each: the last periods held back, and
    the horizon once and twice before."""
    groups = {}
    for name, values, season, horizon in bundled():
        for earlier in range(3):
            part = values[: len(values) - earlier * horizon]
            groups.setdefault((season, horizon), {})[f"{name} -{earlier}"] = part
    for (season, horizon), series in groups.items():
        evaluate(series, season, horizon, None, backtests, RIVALS)
        print()


def main():
    """Read the command line, forecast, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", nargs="?", help="series_id, period_start, value")
    parser.add_argument("--season", type=int, default=7, help="periods in a season")
    parser.add_argument("--horizon", type=int, default=28, help="periods ahead")
    parser.add_argument("--long-season", type=float, help="periods in a longer one")
    parser.add_argument("--backtests", type=int, default=8, help="earlier origins")
    options = parser.parse_args()
    if options.season < 1 or not 1 <= options.horizon <= 366:
        parser.error("--season must be at least 1, --horizon from 1 to 366")
    if options.backtests < 0:
        parser.error("--backtests must be at least 0")
    try:
        if options.csv is None:
            compare_bundled(options.backtests)
        else:
            frame = read_series(options.csv)
            long_season = options.long_season
            if long_season is None and options.season == 1 and is_weekly(frame):
                long_season = YEAR_OF_WEEKS
            evaluate(
                without_gaps(frame),
                options.season,
                options.horizon,
                long_season,
                options.backtests,
            )
    except (SeriesError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
