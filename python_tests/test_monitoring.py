"""Monitoring: known answers of the edges, stated outcomes, verdicts that stay."""

import datetime
import sys

import duckdb
import monitoring_oracle as oracle
import numpy as np
import pandas as pd
import pytest
import yaml
from harness import ROOT, Shop

sys.path[:0] = [
    str(ROOT / "models" / "monitoring"),
    str(ROOT / "benchmarks" / "anomalies"),
]

import judge as judging  # noqa: E402
import ml_lasting_shifts as shifts  # noqa: E402
import ml_residual_outliers as outliers  # noqa: E402


def test_chart_limits_are_those_of_the_tables():
    # Published average run lengths of one-sided charts without a shift.
    assert shifts.periods_between_false_alarms(4, 0.5) == pytest.approx(336, rel=0.02)
    assert shifts.periods_between_false_alarms(5, 0.5) == pytest.approx(930, rel=0.02)
    assert shifts.chart_limit(0.5, 930) == pytest.approx(5, abs=0.02)


def test_a_shift_is_found_on_its_side_and_ends():
    values = np.zeros((60, 2))
    values[20:40, 0] = -1.5
    values[20:40, 1] = 1.5
    values[30] = np.nan
    found, evidence = shifts.lasting_shifts(values, 500)
    assert (found[:20] == 0).all()
    assert found[29, 0] == -1 and found[29, 1] == 1
    # Rises wait for more.
    assert (found[:, 0] == -1).argmax() < (found[:, 1] == 1).argmax()
    assert (found[30] == found[29]).all()
    assert (found[50:] == 0).all()
    assert evidence.min() >= 0


def test_a_stranger_stands_out_by_both_methods():
    rng = np.random.default_rng(1)
    training = rng.standard_normal((400, 3))
    vectors = np.array([[0.0, 0.0, 0.0], [8.0, -8.0, 8.0]])
    for score in (
        lambda share: outliers.score_isolation_forest(training, vectors, share, 7),
        lambda share: outliers.score_local_outlier_factor(training, vectors, share),
    ):
        scores, verdicts = score(0.05)
        assert scores[1] > scores[0] and scores.min() >= 0 and scores.max() <= 1
        assert list(verdicts) == [False, True]
    # The share of the past that is taken for outliers is the one asked for.
    for share in (0.05, 0.3):
        _, verdicts = outliers.score_isolation_forest(training, training, share, 7)
        assert verdicts.mean() == pytest.approx(share, abs=0.01)


def test_scores_do_not_know_what_comes_after():
    vectors = np.random.default_rng(2).standard_normal((150, 2))
    trains = np.ones(150, bool)
    whole = outliers.score_vectors(vectors, trains, 28, 0.05, 7)
    part = outliers.score_vectors(vectors[:90], trains[:90], 28, 0.05, 7)
    for one, other in zip(whole, part, strict=True):
        np.testing.assert_array_equal(one[:90], other)
    assert np.isnan(whole[0][:28]).all() and not np.isnan(whole[0][28:]).any()


def points_of_channels(seed=5):
    """Scores of 130 days of two channels and three metrics, as the edge reads them."""
    rng = np.random.default_rng(seed)
    places = pd.MultiIndex.from_product(
        [
            ["all", "meta"],
            ["day"],
            ["orders", "revenue", "sessions"],
            pd.date_range("2025-01-01", periods=130),
        ],
        names=["channel", "grain", "metric", "period_start"],
    )
    points = places.to_frame(index=False)
    points["z_score"] = rng.standard_normal(len(points))
    points["may_train"] = points["period_start"].dt.day != 17
    return points


def updated(stored, anew):
    """What an incremental model holds after `anew` was merged into `stored`."""
    keys = ["channel", "grain", "period_start"]
    both = pd.concat([stored, anew]).drop_duplicates(keys, keep="last")
    return both.sort_values(keys).reset_index(drop=True)


def test_only_what_is_new_is_scored_and_ends_like_all_at_once():
    points = points_of_channels()

    def days(until):
        return points[points["period_start"] < until]

    stored = outliers.score_points(days("2025-04-20"), 0.05, 7)
    again = outliers.score_points(days("2025-04-20"), 0.05, 7, stored)
    assert again.empty and list(again.columns) == list(stored.columns)
    # A day more: that day alone.
    anew = outliers.score_points(days("2025-04-21"), 0.05, 7, stored)
    assert set(anew["period_start"]) == {pd.Timestamp("2025-04-20")} and len(anew) == 2
    whole = outliers.score_points(days("2025-04-21"), 0.05, 7)
    pd.testing.assert_frame_equal(
        updated(stored, anew), updated(whole, whole), check_exact=True
    )
    # A late change in one channel, in a block that taught another: from there on.
    late = days("2025-04-21").copy()
    changed = (late["channel"] == "meta") & (late["period_start"] == "2025-02-03")
    late.loc[changed, "z_score"] = 7.0
    anew = outliers.score_points(late, 0.05, 7, whole)
    assert set(anew["channel"]) == {"meta"}
    assert anew["period_start"].min() == pd.Timestamp("2025-02-03")
    at_once = outliers.score_points(late, 0.05, 7)
    pd.testing.assert_frame_equal(
        updated(whole, anew), updated(at_once, at_once), check_exact=True
    )
    assert not updated(whole, anew).equals(whole)
    # So with what may train no longer.
    banned = days("2025-04-21").copy()
    banned.loc[banned["period_start"] == "2025-01-09", "may_train"] = False
    anew = outliers.score_points(banned, 0.05, 7, whole)
    assert anew["period_start"].min() == pd.Timestamp("2025-01-09")
    # A period that is gone, another share or another seed: all of it.
    gone = points[points["period_start"] > "2025-01-01"]
    for rows, share, seed in ((gone, 0.05, 7), (points, 0.1, 7), (points, 0.05, 8)):
        anew = outliers.score_points(rows, share, seed, stored)
        at_once = outliers.score_points(rows, share, seed)
        pd.testing.assert_frame_equal(anew, at_once, check_exact=True)


def series(name, values, start="2024-01-01", metric=None):
    """One series, without kin unless others are of its `metric`."""
    return pd.DataFrame(
        {
            "series_id": name,
            "metric": metric or name,
            "period_start": pd.date_range(start, periods=len(values)),
            "value": values,
        }
    )


WEEK = np.array([0.9, 0.95, 1.0, 1.0, 1.1, 1.25, 0.8])


# How many days after the first the kin begin.
KIN = {"same": 0, "growing": 0, "flat": 0, "late": 10}
KIN_UNTIL = (70, 71, 81, 95, 96)


def kin_of(noisy):
    """Series of one metric beside `noisy`: like it, growing, without a season, and one
    that begins later, in the middle of a week. Three are left on the last days."""
    rng = np.random.default_rng(12)
    days = np.arange(110)
    noise = rng.standard_normal((3, 110))
    growing = 300 * WEEK[days % 7] * 1.004**days * (1 + 0.05 * noise[0])
    flat = 80 * (1 + 0.06 * noise[1])
    late = 2000 * WEEK[days % 7] * (1 + 0.04 * noise[2])
    return {
        "same": noisy,
        "growing": growing,
        "flat": flat[:104],
        "late": late[KIN["late"] :],
    }


@pytest.fixture(scope="module")
def judged():
    """Verdicts and incidents on many series, all in one run."""
    rng = np.random.default_rng(11)
    days = np.arange(110)
    noisy = 1000 * WEEK[days % 7] * (1 + 0.04 * rng.standard_normal(110))
    noisy[70] *= 0.7
    noisy[95] *= 1.6
    gaps = noisy.copy()
    gaps[40:45] = np.nan
    closed = np.where(days % 7 == 6, 0.0, noisy)
    opened = closed.copy()
    opened[104] = 900.0
    constant = np.full(110, 50.0)
    tiny, real = constant.copy(), constant.copy()
    tiny[80], real[80] = 48.0, 40.0
    profit = 10 + 30 * rng.standard_normal(110)
    profit[90] = -400
    lasting = noisy.copy()
    lasting[70] /= 0.7
    lasting[95] /= 1.6
    lasting[80:] *= 0.85
    steady = 1000 * WEEK[days % 7] * (1 + 0.003 * rng.standard_normal(110))
    steady[90:92] = 0.0
    frames = [
        series("noisy", noisy),
        series("gaps", gaps),
        series("closed", closed),
        series("opened", opened),
        series("constant", constant),
        series("tiny", tiny),
        series("real", real),
        series("zeros", np.zeros(110)),
        series("three", [5.0, 6.0, 7.0]),
        series("today", [5.0]),
        series("profit", profit),
        series("lasting", lasting),
        series("steady", steady),
    ]
    # The same history as it stood at the end of each day.
    frames += [series(f"until {day}", noisy[: day + 1]) for day in range(60, 110)]
    for name, values in kin_of(noisy).items():
        start = pd.Timestamp("2024-01-01") + pd.Timedelta(days=KIN[name])
        frames.append(series(f"{name} kin", values, start, "kin"))
        frames += [
            series(
                f"{name} kin until {day}",
                values[: day + 1 - KIN[name]],
                start,
                f"kin until {day}",
            )
            for day in KIN_UNTIL
        ]
    return judging.judge(pd.concat(frames), 7)


def verdicts(judged, name):
    rows = judged[0][judged[0]["series_id"] == name]
    return rows.sort_values("period_start").reset_index(drop=True)


def places(judged, name):
    rows = verdicts(judged, name)
    return list(rows.index[rows["status"] == "anomaly"])


def test_planted_days_are_found_with_their_direction(judged):
    rows = verdicts(judged, "noisy")
    assert {70, 95} <= set(places(judged, "noisy")) and len(
        places(judged, "noisy")
    ) <= 3
    assert rows.loc[70, "direction"] == "down" and rows.loc[95, "direction"] == "up"
    assert rows.loc[70, "deviation_pct"] == pytest.approx(-30, abs=12)
    assert rows.loc[70, "value"] < rows.loc[70, "lower"] < rows.loc[70, "expected"]
    assert rows.loc[95, "value"] > rows.loc[95, "upper"] > rows.loc[95, "expected"]


def expect_numbers(rows, found, settings):
    """Every number of `rows` is what the oracle `found`."""
    down, up = settings["anomaly_daily_drop_z"], settings["anomaly_daily_spike_z"]
    assert len(rows) == len(found)
    for day, (expected, z_score, width) in enumerate(found):
        row = rows.loc[day]
        if expected is None:
            assert pd.isna(row["expected"]) and pd.isna(row["z_score"])
            continue
        assert row["expected"] == pytest.approx(expected, rel=1e-9)
        if z_score is None:
            assert pd.isna(row["z_score"])
            continue
        assert row["z_score"] == pytest.approx(z_score, rel=1e-9, abs=1e-9)
        assert row["anomaly_score"] == abs(row["z_score"])
        assert row["lower"] == pytest.approx(expected * np.exp(-down * width))
        assert row["upper"] == pytest.approx(expected * np.exp(up * width))


def settings_of_the_project():
    return yaml.safe_load((ROOT / "vars.yml").read_text())["vars"]


def test_kin_rest_on_the_numbers_of_the_definitions(judged):
    # What a series learns from the others of its metric: seasons and scales.
    settings = settings_of_the_project()
    rows = {name: verdicts(judged, f"{name} kin") for name in KIN}
    floor = settings["anomaly_relative_floor"]
    histories = [list(rows[name]["value"]) for name in KIN]
    found = oracle.judge(histories, floor, starts=list(KIN.values()))
    for name, one in zip(KIN, found, strict=True):
        expect_numbers(rows[name], one, settings)
    # And they do learn: alone, the same history makes expect something else.
    alone, beside = verdicts(judged, "noisy"), rows["same"]
    assert (alone["value"] == beside["value"]).all()
    assert (alone["expected"] / beside["expected"] - 1).abs()[28:].max() > 0.005
    base = 1000 * WEEK[np.arange(110) % 7]
    errors = [
        (one["expected"] / base - 1)[60:].pow(2).mean() for one in (alone, beside)
    ]
    assert errors[1] < 0.95 * errors[0]


@pytest.mark.parametrize("name", ["noisy", "lasting"])
def test_verdicts_rest_on_the_numbers_of_the_definitions(judged, name):
    # Day by day, each from what lies strictly before it: windows, shrinkage of the
    # season, cleaning of the past, both scales, thresholds.
    settings = settings_of_the_project()
    rows = verdicts(judged, name)
    found = oracle.judge([list(rows["value"])], settings["anomaly_relative_floor"])[0]
    expect_numbers(rows, found, settings)
    down, up = settings["anomaly_daily_drop_z"], settings["anomaly_daily_spike_z"]
    for day, (_, z_score, _) in enumerate(found):
        row = rows.loc[day]
        if z_score is None:
            continue
        if row["status"] == "anomaly":
            methods = row["detected_by"].split(", ")
            assert ("zscore" in methods) == (z_score <= -down or z_score >= up)
            twice = 2 * (down if z_score < 0 else up)
            assert (row["severity"] == "warning") == (abs(z_score) >= twice)
        elif row["status"] == "normal":
            # Beyond its threshold, above the floor and without a witness: a rarity
            # that these series do not hold.
            assert -down < z_score < up


@pytest.fixture(scope="module")
def hours():
    """An hourly series with the season of a day, and verdicts on it; it grows, an hour
    lost two thirds, and from the 45th day on a fifth is lost."""
    rng = np.random.default_rng(3)
    clock = np.arange(24 * 50)
    busy = 1 + 0.6 * np.sin(2 * np.pi * (clock % 24 - 8) / 24)
    noise = 1 + (0.05 + 0.1 * (clock % 24 < 6)) * rng.standard_normal(len(clock))
    values = 200 * busy * noise * 1.001 ** (clock / 24)
    values[24 * 30 + 12] /= 3
    values[24 * 45 :] *= 0.8
    frame = pd.DataFrame(
        {
            "series_id": "hours",
            "period_start": pd.date_range("2024-01-01", periods=len(clock), freq="h"),
            "value": values,
        }
    )
    verdicts, incidents = judging.judge(frame, 24)
    return (
        values,
        verdicts.sort_values("period_start").reset_index(drop=True),
        incidents,
    )


def test_hours_rest_on_the_numbers_of_the_definitions(hours):
    # Roots instead of logarithms, scales within the hour of the day, own thresholds.
    values, rows, _ = hours
    settings = settings_of_the_project()
    down, up = settings["anomaly_hourly_drop_z"], settings["anomaly_hourly_spike_z"]
    found = oracle.judge([list(values)], settings["anomaly_relative_floor"], 24, 24)[0]
    for place, (expected, z_score, width) in enumerate(found):
        row = rows.loc[place]
        if z_score is None:
            assert pd.isna(row["z_score"])
            continue
        assert row["expected"] == pytest.approx(expected, rel=1e-9)
        assert row["z_score"] == pytest.approx(z_score, rel=1e-8, abs=1e-8)
        low = expected * max(0.0, 1 - down * width / 2) ** 2
        assert row["lower"] == pytest.approx(low, rel=1e-8)
        assert row["upper"] == pytest.approx(expected * (1 + up * width / 2) ** 2)
        if row["status"] == "anomaly" and "cusum" not in row["detected_by"]:
            assert z_score <= -down or z_score >= up


def test_a_lasting_drop_of_hours_is_seen_the_same_day(hours):
    _, rows, incidents = hours
    began = pd.Timestamp("2024-01-01") + pd.Timedelta(days=45)
    found = incidents[incidents["opened_at"] >= began]
    assert set(found["direction"]) == {"down"} and len(found) <= 3
    assert found["opened_at"].min() < began + pd.Timedelta(hours=24)
    before = rows[rows["period_start"] < began - pd.Timedelta(days=1)]
    assert before["shift_direction"].isna().mean() > 0.95
    seen = rows[rows["period_start"] >= found["opened_at"].min()].head(48)
    assert (seen["shift_direction"] == "down").mean() > 0.5
    assert "cusum" in " ".join(seen["detected_by"].dropna())


def test_no_later_day_changes_a_verdict(judged):
    columns = [
        "status",
        "expected",
        "z_score",
        "detected_by",
        "isolation_score",
        "lof_score",
    ]
    whole = verdicts(judged, "noisy")
    for day in range(60, 110):
        part = verdicts(judged, f"until {day}")
        pd.testing.assert_frame_equal(part[columns], whole.loc[:day, columns])
    # Nor does a later day of its kin.
    for name, start in KIN.items():
        whole = verdicts(judged, f"{name} kin")
        for day in KIN_UNTIL:
            part = verdicts(judged, f"{name} kin until {day}")
            assert len(part) == day + 1 - start
            pd.testing.assert_frame_equal(
                part[columns], whole.loc[: day - start, columns]
            )


def test_no_later_day_moves_the_beginning_of_an_incident(judged):
    incidents = judged[1]

    def beginnings(name):
        rows = incidents[incidents["series_id"] == name]
        return set(zip(rows["direction"], rows["opened_at"], strict=True))

    whole = beginnings("noisy")
    assert len(whole) >= 2
    for day in range(60, 110):
        end = pd.Timestamp("2024-01-01") + pd.Timedelta(days=day)
        assert beginnings(f"until {day}") == {one for one in whole if one[1] <= end}


def test_short_histories_are_no_normal_ones(judged):
    assert set(verdicts(judged, "three")["status"]) == {"insufficient_history"}
    assert set(verdicts(judged, "today")["status"]) == {"insufficient_history"}
    assert set(verdicts(judged, "noisy")["status"][:28]) == {"insufficient_history"}
    assert verdicts(judged, "noisy")["status"][28] == "normal"


def test_constant_and_dead_series_are_normal(judged):
    for name in ("constant", "zeros"):
        assert set(verdicts(judged, name)["status"][28:]) == {"normal"}
    assert set(verdicts(judged, "zeros")["expected"][28:]) == {0.0}


def test_tiny_changes_of_a_flat_series_stay_quiet_and_real_ones_do_not(judged):
    assert places(judged, "tiny") == []
    assert places(judged, "real") == [80]


def test_an_outage_of_a_series_without_noise_is_no_lasting_shift(judged):
    # The least scale is above its noise, so that a lost day is many of its deviations.
    rows = verdicts(judged, "steady")
    assert places(judged, "steady") == [90, 91]
    assert rows["shift_direction"].isna().all()
    incidents = judged[1][judged[1]["series_id"] == "steady"]
    assert len(incidents) == 1 and not incidents["is_open"].any()


def test_gaps_have_no_verdict_and_do_not_blind(judged):
    rows = verdicts(judged, "gaps")
    assert list(rows.index[rows["status"] == "no_data"]) == [40, 41, 42, 43, 44]
    assert {70, 95} <= set(places(judged, "gaps"))


def test_closed_weekdays_are_expected_and_an_open_one_is_a_surprise(judged):
    assert {70, 95} <= set(places(judged, "closed"))
    rows = verdicts(judged, "closed")
    sundays = rows[rows.index % 7 == 6][4:]
    assert set(sundays["status"]) == {"normal"}
    assert 104 in places(judged, "opened")
    assert verdicts(judged, "opened").loc[104, "direction"] == "up"


def test_negative_values_are_judged_by_difference(judged):
    rows = verdicts(judged, "profit")
    assert 90 in places(judged, "profit") and len(places(judged, "profit")) <= 4
    assert rows.loc[90, "direction"] == "down"


def test_a_lasting_drop_is_one_open_incident(judged):
    incidents = judged[1]
    rows = incidents[
        (incidents["series_id"] == "lasting") & (incidents["direction"] == "down")
    ]
    late = rows[rows["opened_at"] >= "2024-03-20"]
    assert 1 <= len(late) <= 3
    assert late["opened_at"].min() <= pd.Timestamp("2024-03-20") + pd.Timedelta(days=5)
    found = verdicts(judged, "lasting").loc[80:]
    assert found["detected_by"].str.contains("cusum").fillna(False).any()


def test_an_incident_opens_and_ends(judged):
    incidents = judged[1]
    rows = incidents[
        (incidents["series_id"] == "until 70") & (incidents["direction"] == "down")
    ]
    newest = rows[rows["opened_at"] == "2024-03-11"]
    assert len(newest) == 1 and newest["is_open"].all()
    later = incidents[incidents["series_id"] == "until 80"]
    ended = later[(later["opened_at"] == "2024-03-11") & (later["direction"] == "down")]
    assert len(ended) == 1 and not ended["is_open"].any()


METRICS = ("+metric_values",)


@pytest.fixture(scope="module")
def berlin():
    """Orders round the end of summer time in Berlin (26 October 2025, 01:00 UTC)."""
    shop = Shop()
    shop.touch("a", "meta", "2025-10-24 21:00:00")
    shop.order("1", "a", "2025-10-24 21:59:59", "10")
    shop.order("2", "a", "2025-10-25 22:00:00", "20")
    shop.order("3", "a", "2025-10-26 22:59:59", "30")
    shop.order("4", "a", "2025-10-26 23:00:00", "40")
    shop.order("5", "a", "2025-10-26 23:30:00", "99", status="cancelled")
    shop.give_back("1", "2025-10-26 12:00:00", "10")
    shop.spend("2025-10-25", "meta", "7")
    return shop


def test_days_follow_the_clock_on_the_wall_and_hours_have_no_gaps(project, berlin):
    built = project.good(
        berlin.raw(), vars={"business_timezone": "Europe/Berlin"}, select=METRICS
    )
    days = built.rows(
        "select business_date, is_complete, value from marts.metric_values"
        " where metric = 'revenue' and channel = 'all' and grain = 'day' order by 1"
    )
    date = datetime.date
    assert days == [
        (date(2025, 10, 24), True, 10.0),
        (date(2025, 10, 25), True, 0.0),
        (date(2025, 10, 26), True, 50.0),
        (date(2025, 10, 27), False, 40.0),
    ]
    hours = dict(
        built.rows(
            "select business_date, count(*) from marts.metric_values"
            " where metric = 'revenue' and channel = 'all' and grain = 'hour'"
            " group by 1"
        )
    )
    assert hours[date(2025, 10, 25)] == 24 and hours[date(2025, 10, 26)] == 25
    running = built.rows(
        "select period_start from marts.metric_values where metric = 'orders'"
        " and channel = 'all' and grain = 'hour' and not is_complete"
    )
    assert running == [(datetime.datetime(2025, 10, 26, 23),)]
    rates = dict(
        built.rows(
            "select business_date, value from marts.metric_values"
            " where metric = 'return_rate' and channel = 'all' and grain = 'day'"
        )
    )
    assert rates[date(2025, 10, 26)] == 0.5 and rates[date(2025, 10, 25)] is None
    sessions = built.rows(
        "select distinct value from marts.metric_values where metric = 'sessions'"
    )
    assert sessions == [(None,)]


def test_channels_add_up_to_the_company(project, berlin):
    built = project.good(berlin.raw(), select=METRICS)
    wrong = built.rows(
        "select period_start, grain from marts.metric_values where metric = 'revenue'"
        " group by all having"
        " abs(sum(case when channel = 'all' then value else -value end)) > 1e-9"
    )
    assert wrong == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("anomaly_daily_drop_z", 0),
        ("anomaly_contamination", 0.6),
        ("anomaly_absolute_floors", {"revenu": 5}),
        ("alert_min_severity", "bad"),
        ("known_events_apply", "perhaps"),
        ("monitoring_attribution_model", "best"),
    ],
)
def test_a_wrong_setting_stops_the_run(project, berlin, setting, value):
    built = project.build(
        berlin.raw(), vars={setting: value}, select=("int_monitoring_clock",)
    )
    assert built.returncode != 0
    assert built.error().startswith(f"Setting {setting} "), built.output[-1500:]


def months_between_the_clocks():
    """A shop in Berlin from the 23-hour day of spring to the 25-hour day of autumn:
    orders (some cancelled, with none to two touches), returns, sessions and spend."""
    rng = np.random.default_rng(5)
    begin, end = pd.Timestamp("2025-03-27 05:00"), pd.Timestamp("2025-10-28 09:30")
    near = [pd.Timestamp("2025-03-30"), pd.Timestamp("2025-10-26")]
    moments = [
        *(begin + (end - begin) * share for share in rng.uniform(size=120)),
        *(
            day + pd.Timedelta(hours=h)
            for day in near
            for h in rng.uniform(-30, 30, 90)
        ),
    ]
    channels = ["email", "meta", "search"]
    orders, touches, returns, sessions, spend = [], [], [], [], []
    for number, moment in enumerate(sorted(min(one, end) for one in moments)):
        moment = moment.floor("s")
        value = float(rng.integers(500, 20000)) / 100
        cancelled = number > 0 and rng.uniform() < 0.1
        orders.append((f"o{number}", f"c{number}", moment, value, cancelled))
        for touch in range(rng.integers(0, 3)):
            touches.append(
                (
                    f"t{number}.{touch}",
                    f"c{number}",
                    channels[rng.integers(3)],
                    moment - pd.Timedelta(minutes=5 + touch),
                )
            )
        if not cancelled and rng.uniform() < 0.4:
            back = moment + pd.Timedelta(hours=float(rng.uniform(1, 60)))
            if back <= end:
                returns.append((f"o{number}", back.floor("s"), value))
    for hour in pd.date_range("2025-03-29 12:00", "2025-03-31 06:00", freq="h"):
        sessions.append((hour, channels[hour.hour % 3], int(rng.integers(1, 90))))
    for hour in pd.date_range("2025-10-25 12:00", "2025-10-27 06:00", freq="h"):
        sessions.append((hour, channels[hour.hour % 3], int(rng.integers(1, 90))))
    for day in pd.date_range("2025-03-28", "2025-10-26", freq="3D"):
        spend.append((day, channels[day.day % 2], float(rng.integers(5, 50))))
    return {
        "orders": pd.DataFrame(
            orders, columns=["order_id", "customer_id", "at", "value", "cancelled"]
        ),
        "touches": pd.DataFrame(
            touches, columns=["touchpoint_id", "customer_id", "channel", "at"]
        ),
        "returns": pd.DataFrame(returns, columns=["order_id", "at", "value"]),
        "sessions": pd.DataFrame(sessions, columns=["at", "channel", "sessions"]),
        "spend": pd.DataFrame(spend, columns=["at", "channel", "spend"]),
    }


def raw_of(tables):
    orders, touches = tables["orders"], tables["touches"]
    return {
        "orders": pd.DataFrame(
            {
                "order_id": orders["order_id"],
                "customer_id": orders["customer_id"],
                "ordered_at": orders["at"].astype(str),
                "order_value": orders["value"],
                "status": np.where(orders["cancelled"], "cancelled", "completed"),
            }
        ),
        "touchpoints": touches.rename(columns={"at": "touched_at"}).assign(
            touched_at=touches["at"].astype(str)
        ),
        "returns": pd.DataFrame(
            {
                "order_id": tables["returns"]["order_id"],
                "returned_at": tables["returns"]["at"].astype(str),
                "refund_amount": tables["returns"]["value"],
            }
        ),
        "web_sessions": pd.DataFrame(
            {
                "session_hour": tables["sessions"]["at"].astype(str),
                "channel": tables["sessions"]["channel"],
                "sessions": tables["sessions"]["sessions"],
            }
        ),
        "marketing_spend": pd.DataFrame(
            {
                "spend_date": tables["spend"]["at"].dt.date.astype(str),
                "channel": tables["spend"]["channel"],
                "spend": tables["spend"]["spend"],
            }
        ),
    }


def periods_by_hand(tables, zone):
    """(metric, channel, grain, period) -> (value, is_complete), from the definitions:
    linear credits, days of the clock on the wall, every period that is over or
    running."""

    def place(moments, grain):
        if grain == "hour":
            return moments.dt.floor("h")
        local = moments.dt.tz_localize("UTC").dt.tz_convert(zone)
        return local.dt.tz_localize(None).dt.normalize()

    orders = tables["orders"]
    touches = tables["touches"].merge(orders[["customer_id", "order_id"]])
    touches["share"] = 1 / touches.groupby("order_id")["channel"].transform("size")
    shares = touches.groupby(["order_id", "channel"], as_index=False)["share"].sum()
    without = orders.loc[~orders["order_id"].isin(shares["order_id"]), ["order_id"]]
    shares = pd.concat(
        [
            shares,
            without.assign(channel="unattributed", share=1.0),
            orders[["order_id"]].assign(channel="all", share=1.0),
        ]
    ).merge(orders[~orders["cancelled"]])
    back = tables["returns"].groupby("order_id", as_index=False)["at"].min()
    returned = back.merge(shares.drop(columns="at"), on="order_id")
    both = [
        pd.concat([tables[name], tables[name].assign(channel="all")])
        for name in ("sessions", "spend")
    ]
    present = pd.concat(
        [orders["at"], tables["touches"]["at"], tables["sessions"]["at"]]
    ).max()
    result = {}
    for grain, step in (("day", "D"), ("hour", "h")):

        def sums(frame, amount, grain=grain):
            keys = [frame["channel"], place(frame["at"], grain)]
            return amount.groupby(keys).sum()

        parts = {
            "revenue": sums(shares, shares["share"] * shares["value"]),
            "orders": sums(shares, shares["share"]),
            "returned": sums(returned, returned["share"]),
            "sessions": sums(both[0], both[0]["sessions"]),
        }
        if grain == "day":
            spend = both[1].groupby(["channel", "at"])["spend"].sum()
            parts["spend"] = spend
            last_spend = tables["spend"]["at"].max()
        first_order = parts["orders"].loc["all"].index.min()
        last = place(pd.Series([present]), grain)[0]
        known = pd.MultiIndex.from_tuples(
            sorted({key for part in parts.values() for key in part.index})
        )
        for channel in known.get_level_values(0).unique():
            first = max(first_order, min(t for c, t in known if c == channel))
            for period in pd.date_range(first, last, freq=step):
                got = {
                    name: part.get((channel, period), 0.0)
                    for name, part in parts.items()
                }
                over = period < last
                count, seen = got["orders"], got["sessions"]
                values = {
                    "revenue": got["revenue"],
                    "orders": count,
                    "average_order_value": got["revenue"] / count if count else None,
                    "sessions": seen,
                    "conversion_rate": count / seen if seen else None,
                    "return_rate": got["returned"] / count if count else None,
                }
                for metric, value in values.items():
                    result[metric, channel, grain, period] = (value, over)
                if grain == "day":
                    told = period <= last_spend
                    result["spend", channel, grain, period] = (
                        got["spend"] if told else None,
                        over and told,
                    )
    return result


def test_every_period_of_half_a_year_in_berlin_is_what_pandas_counts(project):
    tables = months_between_the_clocks()
    built = project.good(
        raw_of(tables),
        vars={
            "business_timezone": "Europe/Berlin",
            "monitoring_attribution_model": "linear",
        },
        select=("+int_series_points",),
    )
    wanted = periods_by_hand(tables, "Europe/Berlin")
    found = {
        (metric, channel, grain, pd.Timestamp(period)): (value, over)
        for metric, channel, grain, period, value, over in built.rows(
            "select metric, channel, grain, period_start, value, is_complete"
            " from marts.metric_values"
        )
    }
    assert set(found) == set(wanted)
    for key, (value, over) in wanted.items():
        assert found[key][1] == over, key
        if value is None:
            assert found[key][0] is None, key
        else:
            assert found[key][0] == pytest.approx(value, rel=1e-9, abs=1e-9), key
    hours = dict(
        built.rows(
            "select business_date, count(*) from marts.metric_values"
            " where metric = 'orders' and channel = 'all' and grain = 'hour'"
            " group by all"
        )
    )
    assert hours[datetime.date(2025, 3, 30)] == 23
    assert hours[datetime.date(2025, 10, 26)] == 25
    assert hours[datetime.date(2025, 6, 1)] == 24
    # An hour's place in the week goes by the clock on the wall, in both halves of the
    # year; steps count on.
    points = built.query(
        "select grain, step, season_length, season_position, scale_class, period_start"
        " from intermediate.int_series_points"
        " where metric = 'orders' and channel = 'all' order by period_start"
    )
    for grain, rows in points.groupby("grain"):
        starts = pd.to_datetime(rows["period_start"])
        assert list(rows["step"]) == list(range(len(rows)))
        if grain == "day":
            assert set(rows["season_length"]) == {7}
            weekday = starts.dt.day_of_week
            hour = 0 * weekday
            width = 1
        else:
            assert set(rows["season_length"]) == {168}
            local = starts.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
            weekday, hour, width = local.dt.day_of_week, local.dt.hour, 24
        assert list(rows["scale_class"]) == list(hour)
        # The week may begin on any day; the order of days and hours is theirs.
        shift = {
            (int(place) - int(w) * width - int(h)) % (7 * width)
            for place, w, h in zip(rows["season_position"], weekday, hour, strict=True)
        }
        assert len(shift) == 1


def shop_of_orders(days, late=0):
    """Orders of five hours a day over `days`, and `late` more of two weeks before."""
    rng = np.random.default_rng(8)
    shop = Shop()
    begin = pd.Timestamp("2025-01-06 09:00")
    for day in range(days):
        for hour in range(5):
            moment = begin + pd.Timedelta(days=day, hours=hour)
            name, value = f"{day}.{hour}", f"{rng.integers(50, 150)}"
            shop.touch(name, "meta", str(moment - pd.Timedelta(minutes=1)))
            shop.order(name, name, str(moment), value)
    for number in range(late):
        moment = begin + pd.Timedelta(days=days - 14, minutes=number)
        shop.order(f"late {number}", "somebody", str(moment), "500")
    return shop.raw()


def test_the_frequent_run_judges_anew_what_is_new_and_nothing_else(project):
    judged = ("expectations", "coarse_expectations", "scored_points")

    def frequent(raw, again=None, **settings):
        return project.good(raw, again=again, selector="monitoring", **settings)

    columns = ("expected", "training_value", "z_score")

    def spoil(built, where="step = 30"):
        with duckdb.connect(str(built.warehouse)) as connection:
            for name, column in zip(judged, columns, strict=True):
                connection.execute(
                    f"update intermediate.int_{name} set {column} = -12345"
                    f" where {where}"
                )

    def spoiled(built):
        return [
            built.value(
                f"select count(*) from intermediate.int_{name} where {column} = -12345"
            )
            > 0
            for name, column in zip(judged, columns, strict=True)
        ]

    def as_computed_at_once(built, raw, **settings):
        whole = project.good(raw, select=("+int_scored_points",), **settings)
        for name in judged:
            table = f"intermediate.int_{name}"
            # How the rows came about differs, what is in them does not.
            assert (
                built.tables("intermediate", without=("earlier_print", "new_from"))[
                    table
                ]
                == whole.tables("intermediate", without=("earlier_print", "new_from"))[
                    table
                ]
            ), name

    first = shop_of_orders(45)
    built = frequent(first)
    as_computed_at_once(built, first)
    # The same points: the rows stand as they are, whatever is in them.
    sound = built.warehouse.read_bytes()
    spoil(built)
    assert spoiled(frequent(first, again=built)) == [True] * 3
    # Days more, one and then four: what was before them stands, all else is judged
    # anew and ends like a whole computation.
    built.warehouse.write_bytes(sound)
    spoil(
        built,
        "period_start >= timestamp '2025-02-19'"
        " and (grain = 'day' or period_start >= timestamp '2025-02-19 13:00')",
    )
    for days in (46, 50):
        raw = shop_of_orders(days)
        built = frequent(raw, again=built)
        assert spoiled(built) == [False] * 3
        as_computed_at_once(built, raw)
    # Late orders: what they change is judged anew, from their day on, and no more.
    later = shop_of_orders(51, late=3)
    late_day = "2025-02-12"
    sound = built.warehouse.read_bytes()
    spoil(
        built,
        f"period_start >= timestamp '{late_day}'"
        f" and (grain = 'day' or period_start >= timestamp '{late_day} 09:00')",
    )
    built = frequent(later, again=built)
    assert spoiled(built) == [False] * 3
    as_computed_at_once(built, later)
    built.warehouse.write_bytes(sound)
    spoil(built, f"period_start = timestamp '{late_day}' - interval '3' day")
    assert spoiled(frequent(later, again=built)) == [True] * 3
    # A run that was cut short between the models: the next one sees it.
    built.warehouse.write_bytes(sound)
    built = frequent(later, again=built)
    with duckdb.connect(str(built.warehouse)) as connection:
        connection.execute(
            "update intermediate.int_expectations set points_print = 'other ones'"
        )
    spoil(built)
    built = frequent(later, again=built)
    assert spoiled(built)[0] is False
    built.warehouse.write_bytes(sound)
    built = frequent(later, again=built)
    # So it is with a setting.
    spoil(built)
    setting = {"anomaly_relative_floor": 0.08}
    built = frequent(later, again=built, vars=setting)
    assert spoiled(built) == [False] * 3
    as_computed_at_once(built, later, vars=setting)
    # Any other run computes them.
    spoil(built)
    again = project.good(
        later, again=built, vars=setting, select=("+int_scored_points",)
    )
    assert spoiled(again) == [False] * 3


def test_a_day_more_after_a_year_ends_like_all_at_once(project):
    """What a point rests on lies up to a year of days, seven weeks of hours and sixty
    seasons back, in series that are kin; on 8 March 2026 the clocks of New York leave
    out an hour."""
    rng = np.random.default_rng(9)
    last = pd.Timestamp("2026-03-09 15:00")

    def shop(until):
        made = Shop()
        for day in range(430, -1, -1):
            moment = last - pd.Timedelta(days=day)
            for number, channel in enumerate(("email", "meta", "organic", "referral")):
                name = f"{day}.{channel}"
                value = values[day, number] * (60 + 0.1 * (430 - day))
                if moment < pd.Timestamp(until):
                    touched = str(moment - pd.Timedelta(minutes=1))
                    made.touch(name, channel, touched, touchpoint_id=name)
                    made.order(name, name, str(moment), f"{value:.2f}")
        return made.raw()

    values = 1 + 0.2 * rng.uniform(-1, 1, size=(431, 4))
    setting = {"business_timezone": "America/New_York"}
    before = project.good(shop("2026-03-08"), selector="monitoring", vars=setting)
    after = project.good(
        shop("2026-03-10"), again=before, selector="monitoring", vars=setting
    )
    at_once = project.good(
        shop("2026-03-10"), select=("+int_scored_points",), vars=setting
    )
    judged_anew = after.value(
        "select count(*) from intermediate.int_coarse_expectations"
        " where new_from is not null"
    )
    assert judged_anew > 0
    kept, computed = (
        built.tables("intermediate", without=("earlier_print", "new_from"))
        for built in (after, at_once)
    )
    for name in ("coarse_expectations", "expectations", "scored_points"):
        table = f"intermediate.int_{name}"
        assert kept[table] == computed[table], name
