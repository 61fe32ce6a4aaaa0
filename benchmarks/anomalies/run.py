"""Judge the series of a CSV by the project's models and print how well they did.

    .venv/bin/python benchmarks/anomalies/run.py my_series.csv --season 7

The file has columns series_id, period_start, value and, where known, label (1 for an
anomaly, else 0).  Series learn from each other as far as they are alike; a column
metric, if there is one, says which may: those with the same text.  --season is the
number of periods in a season: 7 for days, 168 for hours, 1 for none.  Printed: average
precision, F1, recall and precision over all series together and as the mean of the
series; without labels, the verdicts alone.
"""

import argparse
import sys

import numpy as np
from judge import SeriesError, judge, measures, read_series

NAMES = ("average_precision", "f1", "recall", "precision")


def main():
    """Read the command line, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", help="series_id, period_start, value[, label][, metric]")
    parser.add_argument("--season", type=int, default=7, help="periods in a season")
    parser.add_argument("--vars", default="{}", help="settings, as for dbt")
    parser.add_argument("--output", help="write every verdict to this CSV")
    options = parser.parse_args()
    if options.season < 1:
        parser.error("--season must be at least 1")
    try:
        frame = read_series(options.csv)
        verdicts, _ = judge(frame, options.season, options.vars)
    except (SeriesError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    if options.output:
        verdicts.to_csv(options.output, index=False)
    print(f"{verdicts['series_id'].nunique()} series, {len(verdicts)} points")
    print(verdicts["status"].value_counts().to_string())
    if "label" not in frame:
        return 0
    merged = verdicts.merge(
        frame[["series_id", "period_start", "label"]],
        on=["series_id", "period_start"],
    )
    pooled = measures(merged["label"].fillna(0), merged)
    each = [measures(g["label"].fillna(0), g) for _, g in merged.groupby("series_id")]
    print(f"\n{'':20}{'all points':>12}{'mean of series':>16}")
    for name in NAMES:
        mean = np.nanmean([one[name] for one in each])
        print(f"{name.replace('_', ' '):20}{pooled[name]:12.3f}{mean:16.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
