"""Series in a CSV file, as the benchmarks read them: clear about what is wrong."""

import numpy as np
import pandas as pd

# What stands for a gap, in small letters.
NO_VALUE = ("", "na", "n/a", "nan", "null", "none")


class SeriesError(Exception):
    """The series cannot be used; the message says why, for the user."""


def read_series(path, optional=()):
    """Read a CSV of series_id, period_start, value, and columns `optional` if there.

    period_start is a date or a moment (with offsets, all become UTC), a date as
    20240131, or a number of periods.  An empty value is a gap.
    """
    try:
        frame = pd.read_csv(
            path, dtype=str, encoding="utf-8-sig", keep_default_na=False
        )
    except (ValueError, UnicodeError) as problem:
        raise SeriesError(f"{path} is no CSV: {str(problem).strip()}") from problem
    frame.columns = frame.columns.str.strip()
    for column in ("series_id", "period_start", "value"):
        if column not in frame:
            found = ", ".join(frame.columns)
            raise SeriesError(f"{path} has no column {column}; it has: {found}.")
    if frame.empty:
        raise SeriesError(f"{path} has no rows.")
    found = [name for name in optional if name in frame]
    frame = frame[["series_id", "period_start", "value", *found]]
    frame = frame.apply(lambda column: column.str.strip())

    def refuse(bad, column, complaint):
        if bad.any():
            row = bad.idxmax()
            found = frame.loc[row, column]
            told = f"'{found}' {complaint}" if found else "is empty"
            raise SeriesError(f"{path}, row {row + 1} of the data: {column} {told}.")

    frame["value"] = frame["value"].where(~frame["value"].str.lower().isin(NO_VALUE))
    refuse(frame["series_id"] == "", "series_id", "")
    refuse(frame["period_start"] == "", "period_start", "")
    values = pd.to_numeric(frame["value"], errors="coerce").astype(float)
    refuse(frame["value"].notna() & ~np.isfinite(values), "value", "is no number")
    moments = read_moments(frame["period_start"])
    refuse(moments.isna(), "period_start", "is neither a date nor a number")
    frame = frame.assign(period_start=moments, value=values)
    twice = frame.duplicated(["series_id", "period_start"])
    if twice.any():
        row = frame.loc[twice.idxmax()]
        raise SeriesError(
            f"{path}: series_id {row['series_id']} has the period_start"
            f" {row['period_start']} twice."
        )
    return frame


def read_moments(text):
    """Texts as numbers where all are, else as moments without time zone; what cannot be
    read is missing.  Of dates that can be read in two ways, months come first unless a
    date says otherwise."""
    numbers = pd.to_numeric(text, errors="coerce")
    if numbers.notna().all():
        if not text.str.fullmatch(r"(19|20)\d{6}").all():
            return numbers
        dates = pd.to_datetime(text, format="%Y%m%d", errors="coerce")
        return dates if dates.notna().all() else numbers
    moments = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    for form in ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y"):
        other = pd.to_datetime(text, format=form, utc=True, errors="coerce")
        if other.notna().all():
            moments = other
            break
    return moments.dt.tz_localize(None)
