"""Planted anomalies, found by the project's models: the figures behind the docs.

    .venv/bin/python benchmarks/anomalies/planted.py \
        [days] [shops] [calibrated] [lasting] [bundled]

days     twenty seeded series of 365 days, noise of 4 % (normal, multiplicative), in
         each eight one-day drops of 15 to 20 %: flat; with a weekly season; with
         that and 40 % growth a year.  Drops fall on day 36 or later and two of them
         are at least three days apart.  Five seeds that settings were chosen on and
         twenty that they were not; beside them whoever knows the true mean and noise,
         which nobody can beat.
shops    forty seeded shops of 730 days as revenue really looks: weekly and yearly
         season, growth, lognormal noise of 8 to 25 % with weekly persistence,
         heavy-tailed single days, some closed on Sundays, closed holidays, sales
         that nobody told about; planted spikes (+60 to +150 %), drops (-35 to
         -70 %), dips of three days (-25 to -50 %), outages of one or two days
         (-90 to -100 %).
calibrated
         real revenue by day: Online Retail (UCI Machine Learning Repository, data set
         352), 374 days, closed on Saturdays and over Christmas, with deviations of
         40 % from its weekdays.  The environment variable INSIGHT_ONLINE_RETAIL names
         the file (Parquet).  Ten times over, on open days from the 61st on: six
         spikes (+200 to +400 %), six drops (-80 to -100 %), three dips of three days
         (-70 to -100 %), four outages.  Sizes and numbers were chosen for the simple
         methods, not for the models: such that the z-score over the series has an
         average precision near .27 and an F1 near .22, and the forest on relative
         residuals one of .57 and .47.
lasting  hourly series with the season of a week and noise of 20 %: a drop of 15, 20,
         30 or 100 % begins and stays.  Hours until an anomaly below expectation
         is reported, beside the mean delay of the best CUSUM that knows the size of
         the drop, the noise and the season, at one false alarm in 720 hours
         (Siegmund's approximation), and false alarms a month of 720 hours.
bundled  series that come with statsmodels, with planted one-point drops and spikes.

Beside each figure of the models: a z-score over the whole series, an isolation forest
on the residuals of a seasonal median, and one on residuals relative to the median of
the last eight seasons; all see the future, the last one in its forest only.  Twenty
series of a seed in `days` are kin, as channels of a metric are, and learn from each
other; all other series have only themselves to learn from.

What a protocol prints also becomes its part of results.md; parts of protocols that are
not run stay.
"""

import contextlib
import io
import os
import re
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from judge import average_precision, judge, measures
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn.ensemble import IsolationForest
from threadpoolctl import threadpool_limits

SEED = 20240101
WEEK = np.array([0.9, 0.95, 1.0, 1.0, 1.1, 1.25, 0.8])


def series_frame(name, start, values, labels, freq="D"):
    """Rows of one series."""
    return pd.DataFrame(
        {
            "series_id": name,
            "period_start": pd.date_range(start, periods=len(values), freq=freq),
            "value": values,
            "label": labels,
        }
    )


def one_day_drops(kind, rng, name):
    """One series of the protocol `days`; `kind` flat, weekly or growing."""
    days = np.arange(365)
    base = np.full(365, 1000.0)
    if kind != "flat":
        base = base * WEEK[days % 7]
    if kind == "growing":
        base = base * 1.4 ** (days / 365)
    values = base * (1 + 0.04 * rng.standard_normal(365))
    chosen = []
    while len(chosen) < 8:
        day = int(rng.integers(35, 365))
        if all(abs(day - other) >= 3 for other in chosen):
            chosen.append(day)
    labels = np.zeros(365, int)
    for day in chosen:
        labels[day] = 1
        values[day] *= 1 - rng.uniform(0.15, 0.20)
    return series_frame(name, "2024-01-01", values, labels).assign(truth=base)


def shop(rng, name):
    """One series of the protocol `shops`."""
    days = np.arange(730)
    base = rng.uniform(2000, 30000) * np.ones(730)
    base *= (WEEK ** rng.uniform(0.3, 2.5))[days % 7]
    base *= 1 + rng.uniform(0.0, 0.25) * np.sin(
        2 * np.pi * (days / 365 + rng.uniform())
    )
    base *= (1 + rng.uniform(-0.2, 0.5)) ** (days / 365)
    noise = rng.uniform(0.08, 0.25)
    slow = np.zeros(730)
    for day in range(1, 730):
        slow[day] = 0.85 * slow[day - 1] + rng.standard_normal() * 0.3 * noise
    values = base * np.exp(slow + noise * rng.standard_t(6, 730) / np.sqrt(1.5))
    for _ in range(rng.integers(4, 9)):
        start = int(rng.integers(0, 723))
        values[start : start + int(rng.integers(2, 7))] *= rng.uniform(1.15, 1.5)
    labels = np.zeros(730, int)
    taken = np.zeros(730, bool)

    def place(length):
        while True:
            start = int(rng.integers(60, 730 - length))
            if not taken[max(0, start - 5) : start + length + 5].any():
                taken[start : start + length] = True
                labels[start : start + length] = 1
                return slice(start, start + length)

    closed = np.zeros(730, bool)
    if rng.uniform() < 0.4:
        closed |= days % 7 == 6
    for holiday in (0, 89, 120, 358, 359, 365, 474, 485, 724):
        closed[holiday] = True
    for _ in range(6):
        values[place(1)] *= rng.uniform(1.6, 2.5)
    for _ in range(6):
        values[place(1)] *= rng.uniform(0.3, 0.65)
    for _ in range(3):
        values[place(3)] *= rng.uniform(0.5, 0.75)
    for _ in range(2):
        values[place(int(rng.integers(1, 3)))] *= rng.uniform(0.0, 0.1)
    values[closed] = 0.0
    labels[closed] = 0
    return series_frame(name, "2024-01-01", values, labels)


def whole_series_z(values):
    """|z| of each value against all of its series."""
    return np.abs(values - np.nanmean(values)) / np.nanstd(values)


def forest_on_residuals(values, season):
    """Isolation forest score of each value's residual from its season's median."""
    frame = pd.Series(values)
    place = np.arange(len(values)) % season
    residual = (frame - frame.groupby(place).transform("median")).fillna(0.0)
    vectors = residual.to_numpy()[:, None]
    forest = IsolationForest(n_estimators=100, contamination=0.03, random_state=0)
    with threadpool_limits(1):
        forest.fit(vectors)
        return -forest.score_samples(vectors), forest.predict(vectors) < 0


def forest_on_relative_residuals(values, season):
    """The same, relative to the median of the last eight values of its season."""
    frame = pd.Series(values)
    place = np.arange(len(values)) % season
    usual = frame.groupby(place).transform(
        lambda one: one.shift(1).rolling(8, min_periods=1).median()
    )
    residual = (frame / usual.where(usual > 0) - 1).fillna(0.0)
    vectors = residual.to_numpy()[:, None]
    forest = IsolationForest(n_estimators=100, contamination=0.05, random_state=0)
    with threadpool_limits(1):
        forest.fit(vectors)
        return -forest.score_samples(vectors), forest.predict(vectors) < 0


def compare(frame, season, title):
    """Print the models' figures on labelled series beside the two simple methods'."""
    verdicts, _ = judge(frame, season)
    merged = verdicts.merge(
        frame, on=["series_id", "period_start"], suffixes=("", "_raw")
    )
    ours = measures(merged["label"], merged)
    print(f"\n{title}: {frame['series_id'].nunique()} series, {len(frame)} points")
    print(f"{'':34}{'AP':>7}{'F1':>7}{'recall':>8}{'precision':>11}")
    show("models at default settings", ours)
    each = [measures(one["label"], one) for _, one in merged.groupby("series_id")]
    show("  mean of the series", {k: np.nanmean([m[k] for m in each]) for k in ours})
    rivals = {
        "z-score over the series": [],
        "forest on seasonal residuals": [],
        "forest on relative residuals": [],
    }
    for _, one in merged.groupby("series_id"):
        values = one["value"].to_numpy(float)
        z = whole_series_z(values)
        rivals["z-score over the series"].append((z, z > 3))
        rivals["forest on seasonal residuals"].append(
            forest_on_residuals(values, season)
        )
        rivals["forest on relative residuals"].append(
            forest_on_relative_residuals(values, season)
        )
    labels = np.concatenate([one["label"] for _, one in merged.groupby("series_id")])
    for name, results in rivals.items():
        score = np.concatenate([result[0] for result in results])
        found = np.concatenate([result[1] for result in results])
        show(name, plain_measures(labels, score, found))
    return merged


def plain_measures(labels, score, found):
    """Measures of any scores and verdicts."""
    labels = labels.astype(bool)
    hits = (found & labels).sum()
    return {
        "average_precision": average_precision(labels, score),
        "f1": 2 * hits / max(1, found.sum() + labels.sum()),
        "recall": hits / max(1, labels.sum()),
        "precision": hits / found.sum() if found.any() else float("nan"),
    }


def show(name, row):
    """Print one line of measures."""
    print(
        f"{name:34}{row['average_precision']:7.3f}{row['f1']:7.3f}"
        f"{row['recall']:8.3f}{row['precision']:11.3f}"
    )


def run_length(limit, drift):
    """Mean steps of a CUSUM to `limit` at mean step `drift` (Siegmund 1985)."""
    if abs(drift) < 1e-9:
        return (limit + 1.166) ** 2
    height = 2 * drift * (limit + 1.166)
    return (np.exp(-height) + height - 1) / (2 * drift**2)


def best_delay(drop, noise, periods):
    """Mean delay of the CUSUM made for this drop, one false alarm in `periods`."""
    if drop >= 1:
        return 1.0
    shift = drop / noise
    limit = brentq(lambda h: run_length(h, -shift / 2) - periods, 0.0, 100.0)
    return max(1.0, run_length(limit, shift / 2))


def lasting():
    """Delay of lasting drops and false alarms on hourly series."""
    noise, hours = 0.20, 24 * 7 * 16
    rng = np.random.default_rng(SEED)
    clock = np.arange(hours)
    season = WEEK[clock // 24 % 7] * (
        1 + 0.6 * np.sin(2 * np.pi * (clock % 24 - 8) / 24)
    )
    pieces, begins = [], {}
    for drop in (0.15, 0.20, 0.30, 1.0):
        for number in range(30):
            name = f"{drop}:{number}"
            values = 500 * season * (1 + noise * rng.standard_normal(hours))
            begin = int(rng.integers(24 * 7 * 12, 24 * 7 * 14))
            values[begin:] *= 1 - drop
            begins[name] = begin
            values = np.maximum(values, 0)
            # No kin: each has only itself to learn from.
            one = series_frame(name, "2024-01-01", values, 0, "h")
            pieces.append(one.assign(metric=name))
    verdicts, incidents = judge(pd.concat(pieces), 168)
    down = verdicts[
        (verdicts["status"] == "anomaly") & (verdicts["direction"] == "down")
    ]
    start = pd.Timestamp("2024-01-01")
    delays = {}
    for name, begin in begins.items():
        onset = start + pd.Timedelta(hours=begin)
        found = down[(down["series_id"] == name) & (down["period_start"] >= onset)]
        first = found["period_start"].min()
        delay = (
            np.inf if pd.isna(first) else (first - onset) / pd.Timedelta(hours=1) + 1
        )
        delays.setdefault(name.split(":")[0], []).append(delay)
    opened = incidents.assign(
        onset=[
            start + pd.Timedelta(hours=begins[name]) for name in incidents["series_id"]
        ]
    )
    false = opened[opened["opened_at"] < opened["onset"]]
    judged = verdicts["status"].isin(["anomaly", "normal"]) & (
        verdicts["period_start"]
        < verdicts["series_id"].map(
            lambda name: start + pd.Timedelta(hours=begins[name])
        )
    )
    print(f"\nLasting drops, hourly, noise {noise:.0%}, 30 series each")
    print(f"{'drop':>6}{'mean delay':>12}{'median':>8}{'best CUSUM':>12}{'ratio':>7}")
    for drop, found in delays.items():
        bound = best_delay(float(drop), noise, 720)
        print(
            f"{float(drop):6.0%}{np.mean(found):12.1f}{np.median(found):8.1f}"
            f"{bound:12.1f}{np.mean(found) / bound:7.2f}"
        )
    per_month = 720 * len(false) / judged.sum()
    lows = 720 * (false["direction"] == "down").sum() / judged.sum()
    print(f"false incidents a month: {per_month:.2f} ({lows:.2f} of them drops)")


def bundled():
    """Series of statsmodels with planted points."""
    import statsmodels.api as sm

    rng = np.random.default_rng(SEED)
    co2 = sm.datasets.co2.load_pandas().data["co2"].interpolate()
    elnino = sm.datasets.elnino.load_pandas().data.set_index("YEAR").to_numpy().ravel()
    for title, values, freq, season, size in (
        ("co2, weekly", (co2 - 280).to_numpy(), "W", 52, (0.08, 0.15)),
        ("El Nino, monthly", elnino, "MS", 12, (0.10, 0.20)),
    ):
        frames = []
        for number in range(5):
            planted, labels = values.copy(), np.zeros(len(values), int)
            for place in rng.choice(
                np.arange(4 * season, len(values)), 12, replace=False
            ):
                labels[place] = 1
                planted[place] *= 1 + rng.choice([-1, 1]) * rng.uniform(*size)
            frames.append(
                series_frame(str(number), "1960-01-03", planted, labels, freq)
            )
        compare(pd.concat(frames), season, title)


def days():
    """The protocol of one-day drops on three kinds of series."""
    seeds = {
        "tuned on": range(SEED, SEED + 5),
        "not seen": range(SEED + 200, SEED + 220),
    }
    print("\nOne-day drops of 15 to 20 %, noise 4 %, 20 series a seed")
    print(f"{'':34}{'all':>9}{'':>13}{'from day 61':>13}")
    print(f"{'':34}{'recall':>9}{'precision':>11}{'recall':>11}{'precision':>11}")
    for kind in ("flat", "weekly", "growing"):
        frames = []
        for which, numbers in seeds.items():
            for seed in numbers:
                rng = np.random.default_rng(seed)
                # The twenty series of a seed are kin; those of other seeds are not.
                frames += [
                    one_day_drops(kind, rng, f"{seed}:{number:02}").assign(
                        which=which, metric=f"seed {seed}"
                    )
                    for number in range(20)
                ]
        frame = pd.concat(frames)
        verdicts, _ = judge(frame.drop(columns=["truth"]), 7)
        merged = verdicts.merge(
            frame, on=["series_id", "period_start"], suffixes=("", "_raw")
        )
        merged["found"] = merged["status"] == "anomaly"
        for which in seeds:
            rows = merged[merged["which"] == which]
            show_drops(
                f"{kind}, {len(seeds[which])} seeds {which}", rows, rows["found"]
            )
        each = merged[merged["which"] == "not seen"].groupby(
            merged["series_id"].str.split(":").str[0]
        )
        rates = [plain_rates(one, one["found"]) for _, one in each]
        lows, highs = np.min(rates, axis=0), np.max(rates, axis=0)
        print(f"{'  single seeds from':34}{lows[0]:9.3f}{lows[1]:11.3f}")
        print(f"{'  to':34}{highs[0]:9.3f}{highs[1]:11.3f}")
        rows = merged[merged["which"] == "not seen"]
        known = (rows["value"] / rows["truth"] - 1) / 0.04
        show_drops("  whoever knows mean and noise", rows, known < -best_cut())
        z = rows.groupby("series_id")["value"].transform(
            lambda one: whole_series_z(one.to_numpy())
        )
        show_drops("  z-score over the series", rows, z > 3)


def best_cut():
    """Deviations from which a drop is one where mean and noise are known, such that
    about as many are missed as are found in error."""

    def surplus(cut):
        sizes = np.linspace(0.15, 0.20, 501)
        # Noise is of what is left after the drop.
        caught = norm.cdf(((1 - 0.04 * cut) / (1 - sizes) - 1) / 0.04).mean()
        wrong = norm.cdf(-cut) * (365 - 8) / 8
        return caught - caught / (caught + wrong)

    return brentq(surplus, 2.0, 4.0)


def plain_rates(rows, found):
    """(recall, precision) of `found` on labelled rows."""
    labels = rows["label"].astype(bool)
    hits = (found & labels).sum()
    return hits / labels.sum(), hits / max(1, found.sum())


def show_drops(title, rows, found):
    """One line of the table of the protocol `days`."""
    late = rows["period_start"] >= pd.Timestamp("2024-03-01")
    recall, precision = plain_rates(rows, found)
    later = plain_rates(rows[late], found[late])
    print(f"{title:34}{recall:9.3f}{precision:11.3f}{later[0]:11.3f}{later[1]:11.3f}")


def shops():
    """Planted trouble in shops as they really are."""
    rng = np.random.default_rng(SEED)
    # Different shops are no kin.
    names = [f"s{i:02}" for i in range(40)]
    compare(pd.concat([shop(rng, n).assign(metric=n) for n in names]), 7, "Shops")


def real_revenue():
    """Revenue by day of Online Retail, and its first day."""
    export = os.environ["INSIGHT_ONLINE_RETAIL"]
    with duckdb.connect() as connection:
        sold = connection.execute(
            "select cast(InvoiceDate as date) as day,"
            " sum(Quantity * UnitPrice) as value from read_parquet(?)"
            " where Quantity > 0 and UnitPrice > 0"
            " group by day order by day",
            [export],
        ).df()
    sold = sold.set_index(pd.to_datetime(sold["day"]))["value"]
    every_day = pd.date_range(sold.index.min(), sold.index.max())
    return sold.reindex(every_day).fillna(0.0).to_numpy(float), every_day[0]


def plant_troubles(revenue, rng):
    """(values, labels) of `revenue` with the troubles of the protocol `calibrated`."""
    values, labels = revenue.copy(), np.zeros(len(revenue), int)

    def place(length):
        while True:
            start = int(rng.integers(60, len(revenue) - length))
            open_days = (revenue[start : start + length] > 0).all()
            near = labels[max(0, start - 2) : start + length + 2].any()
            if open_days and not near:
                labels[start : start + length] = 1
                return slice(start, start + length)

    for number, length, sizes in (
        (6, 1, (3.0, 5.0)),
        (6, 1, (0.0, 0.2)),
        (3, 3, (0.0, 0.3)),
        (4, 1, (0.0, 0.0)),
    ):
        for _ in range(number):
            values[place(length)] *= rng.uniform(*sizes)
    return values, labels


def calibrated():
    """Planted trouble in real revenue, as hard as it is for the simple methods."""
    revenue, start = real_revenue()
    frames = []
    for number in range(10):
        rng = np.random.default_rng(SEED + number)
        name = f"r{number}"
        planted = series_frame(name, start, *plant_troubles(revenue, rng))
        frames.append(planted.assign(metric=name))
    compare(pd.concat(frames), 7, "Real revenue, calibrated")


PROTOCOLS = {
    "days": days,
    "shops": shops,
    "calibrated": calibrated,
    "lasting": lasting,
    "bundled": bundled,
}
RESULTS = Path(__file__).with_name("results.md")


class Both(io.StringIO):
    """Keeps what is printed and prints it."""

    def write(self, text):
        """Keep and print."""
        sys.__stdout__.write(text)
        sys.__stdout__.flush()
        return super().write(text)


def keep(name, printed):
    """Make `printed` the part `name` of results.md."""
    parts = {}
    if RESULTS.exists():
        text = RESULTS.read_text()
        parts = dict(re.findall(r"## (\w+)\n\n```text\n(.*?)```\n", text, re.S))
    parts[name] = printed.strip("\n") + "\n"
    RESULTS.write_text(
        "# Planted anomalies\n\nWritten by `planted.py`, which says what each"
        " protocol is. Settings as in `vars.yml`.\n"
        + "".join(
            f"\n## {name}\n\n```text\n{parts[name]}```\n"
            for name in PROTOCOLS
            if name in parts
        )
    )


def main():
    """Run the protocols named on the command line, or all."""
    wanted = sys.argv[1:] or list(PROTOCOLS)
    unknown = set(wanted) - set(PROTOCOLS)
    if unknown:
        raise SystemExit(
            f"No protocol {', '.join(sorted(unknown))}; there are: "
            + ", ".join(PROTOCOLS)
        )
    if "calibrated" in wanted and not os.environ.get("INSIGHT_ONLINE_RETAIL"):
        if sys.argv[1:]:
            raise SystemExit(
                "INSIGHT_ONLINE_RETAIL does not name the Online Retail file (Parquet)."
            )
        wanted.remove("calibrated")
    for name in PROTOCOLS:
        if name in wanted:
            with contextlib.redirect_stdout(Both()) as printed:
                PROTOCOLS[name]()
            keep(name, printed.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
