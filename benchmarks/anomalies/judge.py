"""Judge any series by the models of the project themselves.

`judge` writes the series where int_series_points would stand in a fresh warehouse
and lets dbt build what comes after it: expectations, scores, outliers, shifts, and
the mart `anomalies`.  Nothing is computed here.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "benchmarks"))

import series_files  # noqa: E402
from series_files import SeriesError  # noqa: E402

MODELS = (
    "int_coarse_expectations",
    "int_expectations",
    "int_scored_points",
    "ml_residual_outliers",
    "ml_lasting_shifts",
    "anomalies",
    "int_incident_members",
    "incidents",
)
# A level is the mean of whole seasons of at least this many points.
SHORTEST_SEASON = 7


def read_series(path):
    """Read a CSV of series_id, period_start, value and, if known, label (0 or 1) and
    metric."""
    frame = series_files.read_series(path, optional=("label", "metric"))
    if not pd.api.types.is_datetime64_any_dtype(frame["period_start"]):
        raise SeriesError(f"{path}: period_start holds numbers, not dates.")
    if "label" in frame:
        labels = pd.to_numeric(frame["label"].replace("", "0"), errors="coerce")
        wrong = ~labels.isin([0, 1])
        if wrong.any():
            row = wrong.idxmax()
            raise SeriesError(
                f"{path}, row {row + 1} of the data: label '{frame.loc[row, 'label']}'"
                " is neither 0 nor 1."
            )
        frame["label"] = labels
    return frame


def without_gaps(frame):
    """Series on a regular grid: periods that are missing get a NULL value.

    The period is the most frequent distance of neighbours, over all series; months
    and quarters are told by their calendar.
    """
    frame = frame.sort_values(["series_id", "period_start"])
    gaps = frame.groupby("series_id")["period_start"].diff().dropna()
    usual = gaps.mode().iloc[0] if len(gaps) else pd.Timedelta(days=1)
    offset = usual
    if usual >= pd.Timedelta(days=28):
        offset = pd.DateOffset(months=round(usual / pd.Timedelta(days=30.44)))
    pieces = []
    for series_id, series in frame.groupby("series_id"):
        periods = pd.date_range(
            series["period_start"].min(), series["period_start"].max(), freq=offset
        )
        off_grid = ~series["period_start"].isin(periods)
        if off_grid.any():
            moment = series.loc[off_grid, "period_start"].iloc[0]
            raise SeriesError(
                f"{series_id}: {moment} is not a whole period after the first."
            )
        piece = series.set_index("period_start").reindex(periods)
        metric = series["metric"].iloc[0] if "metric" in series else "value"
        pieces.append(
            piece.assign(series_id=series_id, metric=metric, step=range(len(piece)))
            .rename_axis("period_start")
            .reset_index()
        )
    return pd.concat(pieces, ignore_index=True), usual


def as_points(frame, season):
    """`frame` as rows of int_series_points, with a season of `season` periods."""
    points, usual = without_gaps(frame)
    # A short season is repeated until a level can rest on it.
    length = season * int(np.ceil(SHORTEST_SEASON / season))
    hourly = usual < pd.Timedelta(days=1)
    in_day = 24 if hourly and length % 24 == 0 else 1
    position = points["step"] % length
    return pd.DataFrame(
        {
            "series_id": points["series_id"],
            "metric": points["metric"],
            "channel": points["series_id"],
            "grain": "hour" if hourly else "day",
            "event_name": pd.Series([None] * len(points), dtype="string"),
            "is_complete": True,
            "step": points["step"].astype("int32"),
            "season_length": length,
            "season_position": position.astype("int32"),
            "scale_class": (position % in_day).astype("int32"),
            "value": points["value"].astype(float),
            "business_date": points["period_start"].dt.date,
            "period_start": points["period_start"].astype("datetime64[us]"),
        }
    )


def judge(frame, season, settings="{}"):
    """Verdicts on series, by the project's models as they stand.

    Arguments:
        frame: series_id, period_start, value and, if known, metric: series of one
            metric are kin, as channels are, and learn from each other; without it
            all are.  Other columns are ignored.
        season: periods in a season: 7 for days, 168 for hours, 1 for none.
        settings: YAML text of vars that differ from vars.yml.
    Returns the marts `anomalies` and `incidents`, with series_id first.
    """
    points = as_points(frame, season)
    folder = Path(tempfile.mkdtemp(prefix="anomalies-"))
    try:
        warehouse = folder / "warehouse.duckdb"
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("create schema intermediate")
            connection.register("points", points)
            connection.execute(
                "create table intermediate.int_series_points as"
                " select * replace (cast(business_date as date) as business_date)"
                " from points"
            )
        done = subprocess.run(
            [
                shutil.which("dbt", path=Path(sys.executable).parent) or "dbt",
                *("run", "--select", *MODELS, "--vars", settings),
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
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return tuple(
                connection.execute(
                    f"select channel as series_id, * from marts.{mart}"
                    f" order by 1, {time}"
                ).df()
                for mart, time in (
                    ("anomalies", "period_start"),
                    ("incidents", "opened_at, direction"),
                )
            )
    finally:
        shutil.rmtree(folder)


def measures(labels, verdicts):
    """Average precision, F1, recall, precision of verdicts in the labels' order.

    Labels are 0 or 1.  Points that could not be judged count as not found, with
    the lowest score.  Average precision ranks by anomaly_score, ties together.
    """
    labels = np.asarray(labels).astype(bool)
    found = (verdicts["status"] == "anomaly").to_numpy()
    judged = verdicts["status"].isin(["anomaly", "normal"]).to_numpy()
    score = np.where(judged, verdicts["anomaly_score"].to_numpy(float), 0.0)
    hits = (found & labels).sum()
    precision = hits / found.sum() if found.any() else float("nan")
    recall = hits / labels.sum() if labels.any() else float("nan")
    f1 = 2 * hits / (found.sum() + labels.sum()) if found.any() or labels.any() else 0.0
    return {
        "average_precision": average_precision(labels, score),
        "f1": f1,
        "recall": recall,
        "precision": precision,
    }


def average_precision(labels, scores):
    """Sum over thresholds of precision times the recall gained; ties go together."""
    if not labels.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    labels, scores = labels[order], scores[order]
    last_of_tie = np.append(scores[1:] != scores[:-1], True)
    hits = np.cumsum(labels)[last_of_tie]
    precision = hits / (np.arange(1, len(labels) + 1)[last_of_tie])
    recall = hits / labels.sum()
    return float(np.sum(np.diff(np.append(0.0, recall)) * precision))
