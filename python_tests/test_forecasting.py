"""Forecasts: candidates on known answers, and the SQL around them against an oracle."""

import datetime as dt
import itertools
import math
import re

import forecast_candidates as candidates
import numpy as np
import pandas as pd
import pytest
from harness import Shop, python_edge

edge = python_edge("forecasting/ml_forecasts.py")
engine = python_edge("../benchmarks/forecast/engine.py")

FITTED = ("ets", "damped_holt_winters", "theta", "sarimax")
PATTERN = np.array([10.0, 20, 30, 40, 50, 60, 35])


def noise(n, size=0.03, seed=1):
    return 1 + size * np.random.default_rng(seed).standard_normal(n)


def days(y, horizon=14, **events):
    """Forecasts of daily values with a weekly season."""
    return candidates.forecast_series(y, 7, 7, 365.25, horizon, **events)


# --- Candidates: stated outcomes --------------------------------------------------


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 6.0], [np.nan] * 30])
def test_fewer_than_three_values_are_not_forecast(values):
    assert days(np.array(values)) == {}


@pytest.mark.parametrize("n", [3, 5, 7])
def test_a_few_values_have_the_naive_forecast_alone(n):
    y = np.arange(1.0, n + 1)
    forecasts = days(y, horizon=9)
    assert list(forecasts) == ["seasonal_naive"]
    expected = [y[(n + h) % 7] if (n + h) % 7 < n else y[-1] for h in range(9)]
    assert forecasts["seasonal_naive"].tolist() == expected


@pytest.mark.parametrize("value", [0.0, 7.5, -3.0])
def test_a_constant_history_goes_on(value):
    forecasts = days(np.full(60, value))
    assert set(forecasts) == {"seasonal_naive", *FITTED}
    for name, forecast in forecasts.items():
        assert (forecast == value).all(), name


def test_gaps_are_no_zeros():
    y = np.tile(PATTERN, 20) * noise(140)
    holes = y.copy()
    holes[[3, 20, 21, 22, 77, 100]] = np.nan
    whole, with_gaps = days(y), days(holes)
    for name in FITTED:
        assert np.allclose(with_gaps[name], whole[name], rtol=0.06), name


def test_negative_values_stay_possible_and_others_stay_above_zero():
    rng = np.random.default_rng(3)
    around = rng.standard_normal(120) - 5
    for name, forecast in days(around).items():
        assert np.isfinite(forecast).all()
        if name != "seasonal_naive":
            assert -7 < forecast.mean() < -3, name
    falling = np.maximum(100 - np.arange(100.0), 1) * noise(100)
    for name, forecast in days(falling, horizon=28).items():
        assert (forecast >= 0).all(), name


def test_every_weekday_has_its_level_and_every_step_its_weekday():
    """A season known exactly, started on each of its days: a forecast that is a step
    off has another weekday's level, which differs by a sixth and more."""
    for start in range(7):
        y = np.roll(np.tile(PATTERN, 16), -start)
        true = np.roll(PATTERN, -start)[np.arange(10) % 7]
        for name, forecast in days(y * noise(112, 0.01, start), horizon=10).items():
            assert np.allclose(forecast, true, rtol=0.08), (start, name)


def test_trend_goes_on_in_the_right_direction_and_steps():
    t = np.arange(132.0)
    season = np.tile([1.2, 0.8, 1.0, 1.1, 0.9, 1.0, 1.3, 0.7, 1.0, 1.0, 1.1, 0.9], 12)
    y = (100 + 2 * t) * season[:132] * noise(132, 0.005)
    true = (100 + 2 * np.arange(132, 144.0)) * season[:12]
    forecasts = candidates.forecast_series(y, 12, 12, 0, 12)
    for name in FITTED:
        assert np.allclose(forecasts[name], true, rtol=0.06), name
    assert (forecasts["seasonal_naive"] == y[-12:]).all()


def test_closed_weekdays_are_zero_and_do_not_hide_the_season():
    """Closed on the third day of the week; the fifth has half of what others have."""
    week = np.array([50.0, 60, 0, 55, 25, 60, 50])
    y = np.tile(week, 20) * noise(140)
    forecasts = days(y)
    for name, forecast in forecasts.items():
        assert (forecast[[2, 9]] == 0).all(), name
        assert np.allclose(forecast, np.tile(week, 2), rtol=0.1), name
    only_closed = candidates.forecast_series(y[: 19 * 7 + 2], 7, 7, 365.25, 1)
    assert all(forecast.tolist() == [0] for forecast in only_closed.values())


def test_a_rarely_selling_series_is_not_closed():
    """Sold on a tenth of days: eight empty Tuesdays in a row are no closed Tuesday."""
    y = np.zeros(210)
    y[np.random.default_rng(5).choice(210, 21, replace=False)] = 10.0
    assert not candidates.closed_phases(y, 7).any()
    open_week = np.tile([1.0, 1, 1, 1, 1, 1, 0], 20)
    assert candidates.closed_phases(open_week, 7).tolist() == [False] * 6 + [True]
    for weeks, is_closed in ((7, False), (8, True)):
        lately = np.ones(140)
        lately[-7 * weeks + 6 :: 7] = 0
        found = candidates.closed_phases(lately, 7)
        assert found.tolist() == [False] * 6 + [is_closed], weeks
    reopened = open_week.copy()
    reopened[-1] = 1.0
    assert not candidates.closed_phases(reopened, 7).any()


@pytest.mark.parametrize(
    ("empty_days", "stopped"), [(13, False), (14, True), (60, True)]
)
def test_a_series_that_stopped_is_forecast_as_zero(empty_days, stopped):
    """Two years of days, then two weeks of nothing: 60 days are as few as some closed
    days, and no gaps. One day less may have been a holiday."""
    y = np.concatenate([np.tile(PATTERN, 100) * noise(700), np.zeros(empty_days)])
    for name, forecast in days(y).items():
        if name != "seasonal_naive":
            assert (forecast == 0).all() == stopped, name
            assert stopped or forecast.mean() > 20, name


def test_what_has_stopped():
    """Four weeks or months, two weeks of days, a week of six open days twice; not where
    half of all days are empty and four in a row no wonder: seven are, at 0.5^7."""
    steady = np.full(50, 5.0)
    for m, period, least in (
        (1, 52.18, 4),
        (12, 0.0, 4),
        (7, 365.25, 14),
        (6, 313, 12),
    ):
        stopped = [
            candidates.has_stopped(np.append(steady, np.zeros(run)), m, period)
            for run in (0, least - 1, least, least + 9)
        ]
        assert stopped == [False, False, True, True], m
    half_empty = np.tile([0.0, 5.0], 25)
    stopped = [
        candidates.has_stopped(np.append(half_empty, np.zeros(run)), 1, 52.18)
        for run in (4, 6, 7)
    ]
    assert stopped == [False, False, True]
    assert not candidates.has_stopped(np.zeros(50), 1, 52.18)
    assert not candidates.has_stopped(np.append(steady, [np.nan] * 9), 1, 52.18)


def test_a_candidate_that_explodes_is_replaced(monkeypatch):
    y = np.tile(PATTERN, 10) * noise(70)
    naive = days(y)["seasonal_naive"]
    for wild in (1e4, -1e4, np.nan, np.inf):
        monkeypatch.setitem(
            candidates.CANDIDATES, "ets", lambda *_, wild=wild: np.full(14, wild)
        )
        assert (days(y)["ets"] == naive).all(), wild
    monkeypatch.setitem(candidates.CANDIDATES, "ets", lambda *_: None)
    assert (days(y)["ets"] == naive).all()


# --- Candidates: against others ---------------------------------------------------


def test_smoothing_is_that_of_statsmodels():
    """Same parameters, same start: alpha, beta, gamma and phi each in its place."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    y = np.tile([12.0, 9, 15, 11], 12) * (1 + 0.01 * np.arange(48)) * noise(48, 0.1)
    seasonal = np.array([0.5, -2.5, 3.0, -1.0])
    states = seasonal.copy()
    additive = candidates.ADDITIVE
    _, level, trend = candidates.run_smoothing(
        y, 4, additive, additive, (0.4, 0.1, 0.25, 0.9), 11.0, 0.2, states
    )
    model = ETSModel(
        y,
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=4,
        initialization_method="known",
        initial_level=11.0,
        initial_trend=0.2,
        initial_seasonal=seasonal,
    )
    steps = np.arange(1, 9)
    own = level + trend * np.cumsum(0.9**steps) + states[(48 + steps - 1) % 4]
    theirs = model.smooth([0.4, 0.1, 0.25, 0.9]).forecast(8)
    assert np.allclose(own, theirs, rtol=1e-9)


def test_multiplicative_smoothing_is_that_of_the_book():
    """ETS(M,Ad,M) of Hyndman and others (2008), table 2.3, and its likelihood."""
    y = np.tile([12.0, 9, 15, 11], 6) * (1 + 0.01 * np.arange(24)) * noise(24, 0.1)
    start = np.array([1.05, 0.8, 1.25, 0.9])
    alpha, beta, gamma, phi = weights = (0.4, 0.1, 0.25, 0.9)
    level, trend, season = [11.0], [0.2], list(start)
    errors, logs = [], 0.0
    for t in range(24):
        base = level[-1] + phi * trend[-1]
        fitted = base * season[t]
        error = y[t] / fitted - 1
        level.append(base * (1 + alpha * error))
        trend.append(phi * trend[-1] + beta * base * error)
        season.append(season[t] * (1 + gamma * error))
        errors.append(error)
        logs += math.log(fitted)
    states = start.copy()
    code = candidates.MULTIPLICATIVE
    value, last_level, last_trend = candidates.run_smoothing(
        y, 4, code, code, weights, 11.0, 0.2, states
    )
    assert last_level == pytest.approx(level[-1], rel=1e-12)
    assert last_trend == pytest.approx(trend[-1], rel=1e-12)
    assert states.tolist() == pytest.approx(season[-4:], rel=1e-12)
    likelihood = 24 * math.log(np.mean(np.square(errors))) + 2 * logs
    assert value == pytest.approx(likelihood, rel=1e-12)


def test_parameters_are_admissible_and_in_their_places():
    rng = np.random.default_rng(2)
    for _ in range(200):
        x = rng.normal(0, 5, 6)
        (alpha, beta, gamma, phi), level, trend = candidates.smoothing_parameters(
            x, 1, 1, candidates.ADDITIVE
        )
        assert 0 < beta < alpha < 1
        assert 0 < gamma < 1 - alpha + 1e-12
        assert 0.8 <= phi <= 0.98
        assert (level, trend) == (x[1], x[3])


def test_theta_is_that_of_its_authors():
    """Equations 12 to 17 of Fiorucci and others (2016), written out: the line through
    the values so far by least squares, and the forecasts that feed themselves."""
    y = 40 + 0.7 * np.arange(30.0) + 6 * np.random.default_rng(6).standard_normal(30)
    alpha, start, theta = 0.35, 38.0, 2.5
    path, level, squares = list(y), start, 0.0
    fitted = []
    for t in range(1, 36):
        a, b = 0.0, 0.0
        if t > 1:
            past = np.arange(1.0, t)
            b = np.polyfit(past, path[: t - 1], 1)[0] if t > 2 else 0.0
            a = np.mean(path[: t - 1]) - b * past.mean()
        decay = (1 - alpha) ** (t - 1)
        line = decay * a + (1 - decay * (1 - alpha)) / alpha * b
        fitted.append(level + (1 - 1 / theta) * line)
        if t > 30:
            path.append(fitted[-1])
        elif t > 2:
            squares += (path[t - 1] - fitted[-1]) ** 2
        level = alpha * path[t - 1] + (1 - alpha) * level
    share = 1 - 1 / theta
    value, last, mean, intercept, slope = candidates.run_theta(y, alpha, start, share)
    assert value == pytest.approx(28 * math.log(squares / 28), rel=1e-9)
    found = []
    for t in range(31, 36):
        found.append(candidates.theta_forecast(t, alpha, last, share, intercept, slope))
        last, mean, intercept, slope = candidates.theta_step(
            found[-1], t, alpha, last, mean, slope
        )
    assert np.allclose(found, fitted[30:], rtol=1e-9)


def test_theta_follows_a_line_at_less_than_its_slope():
    y = 5 + 3 * np.arange(40.0) + 0.5 * np.random.default_rng(2).standard_normal(40)
    forecast = candidates.theta(y, 1, 4)
    assert np.allclose(forecast, 5 + 3 * np.arange(40, 44), atol=4)
    assert (np.diff(forecast) > 1).all() and (np.diff(forecast) < 3.3).all()


def test_sarima_errors_use_every_value():
    """By hand: of an ARMA(1, 1) around 10 and of a seasonal one, from the first value
    on, what came before being the constant and free of errors."""
    w = np.array([14.0, 11.0, 13.0, 9.0])
    x = np.array([math.atanh(0.5 / 0.98), math.atanh(0.25 / 0.98), 10.0])
    # e = w - 10 - 0.5 (w' - 10) + 0.25 e'.
    expected = [4.0, 0.0, 2.5, -1.875]
    found = candidates.sarima_errors(w, x, 1, (1, 1, 0, 0, 1))
    assert found == pytest.approx(expected)
    # e = w - 10 - 0.5 (w'' - 10), two periods before.
    seasonal = np.array([math.atanh(0.5 / 0.98), 10.0])
    found = candidates.sarima_errors(w, seasonal, 2, (0, 0, 1, 0, 1))
    assert found == pytest.approx([4.0, 1.0, 1.0, -1.5])


def test_a_spike_moves_no_forecast():
    """Thirty times as much five days before the end: as if it had been twice."""
    y = np.tile(PATTERN, 20) * noise(140)
    spike = y.copy()
    spike[-5] *= 30
    plain, spiked = days(y), days(spike)
    for name in FITTED:
        assert np.allclose(spiked[name], plain[name], rtol=0.25), name


def test_noise_has_no_season():
    """Four weeks of noise: a season of seven parameters more fits better, and is not
    worth them; the forecast is flat."""
    for seed in range(5):
        y = 100 * noise(28, 0.1, seed)
        assert np.ptp(candidates.ets(y, 7, 7)) < 5, seed


def test_differences_are_added_up_again():
    """By hand: of 1, 2, 4, 8, 5, 6 and a season of two, the first differences of the
    seasonal ones (3, 6, 1, -2: 3, -5, -3) go on with 1 and 2, so the seasonal ones with
    -1 and 1: 5 - 1 and 6 + 1."""
    values = np.array([1.0, 2, 4, 8, 5, 6])
    w = np.array([1.0, 2.0, 1.0])
    assert candidates.integrated(w, values, 2, 0, 0).tolist() == [1, 2, 1]
    assert candidates.integrated(w, values, 2, 1, 0).tolist() == [7, 9, 10]
    assert candidates.integrated(w, values, 2, 0, 1).tolist() == [6, 8, 7]
    assert candidates.integrated(w, values, 2, 1, 1).tolist() == [4, 7, 6]


def test_a_year_comes_again():
    """Three years, 30 % more in the middle of each than at its ends, closed on Sundays
    or open: four weeks after the next spring begins it is far above the level of the
    last weeks. Of one year and a half, half of it is believed; of less, nothing."""
    t = np.arange(4 * 365 + 28)
    yearly = 1.3 ** (-np.cos(2 * np.pi * t / 365.25))
    for closed in (False, True):
        week = np.tile(np.array([*[100.0] * 6, 0.0 if closed else 100.0]), 300)
        y = week[: len(t)] * yearly
        n = 3 * 365 + 70
        shown = days(y[:n] * noise(n, 0.02), horizon=28)
        there = y[n : n + 28] > 0
        for name in FITTED:
            ratio = shown[name][there] / y[n : n + 28][there]
            assert np.allclose(ratio, 1, atol=0.08), (name, closed)
    for n, share in ((400, 0.0), (548, 0.5), (3 * 365, 1.0)):
        logs = candidates.long_season(100 * yearly[:n], 7, 365.25, 28)
        true = np.log(yearly[: n + 28])
        slope = np.polyfit(true, logs, 1)[0]
        assert slope == pytest.approx(share, abs=0.15), n


def test_an_outlier_is_pulled_in_and_a_changing_season_is_not():
    y = np.tile(PATTERN, 12) * noise(84, size=0.01)
    spike = y.copy()
    spike[40] *= 2
    pulled = candidates.without_outliers(spike, 7)
    assert y[40] < pulled[40] < 1.3 * y[40]
    assert np.delete(pulled, 40) == pytest.approx(np.delete(y, 40), rel=1e-9)
    lasting = y.copy()
    # Saturdays double for the last four weeks.
    lasting[61::7] *= 2
    assert candidates.without_outliers(lasting, 7) == pytest.approx(lasting, rel=1e-12)


def test_a_random_walk_ends_where_it_is_and_noise_at_its_mean():
    rng = np.random.default_rng(4)
    walk = 100 + np.cumsum(rng.standard_normal(300))
    assert abs(candidates.sarima(walk, 1, 5)[-1] - walk[-1]) < 2
    white = 50 + rng.standard_normal(300)
    for name in ("ets", "sarima", "theta"):
        forecast = getattr(candidates, name)(white, 1, 5)
        assert np.allclose(forecast, white.mean(), atol=0.8), name


# --- Every other week -------------------------------------------------------------

OPEN_WEEK = np.array([55.0, 50, 45, 45, 50, 60, 0])
# A promotion from Monday to Friday adds as much; closed on Sundays.
LIFT = np.array([1.6, 1.5, 1.4, 1.3, 1.3, 1.0, 1.0])


def promotion_days(weeks, seed=1):
    """Daily values of weeks with a promotion (1) or without one (0)."""
    rows = [OPEN_WEEK * LIFT**week for week in weeks]
    return np.concatenate(rows) * noise(7 * len(weeks), 0.02, seed)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("left_out", [0, 4])
def test_promotions_of_every_other_week_go_on(first, left_out):
    """From either kind of week, and from the middle of one; two years ago nothing
    else. A forecast of the other kind of week is 30 % off and more."""
    weeks = (np.arange(106) + first) % 2
    y = promotion_days(weeks)
    n = 104 * 7 - left_out
    true = np.concatenate([OPEN_WEEK * LIFT**week for week in weeks[103:]])
    true = true[7 - left_out :][:14]
    for name, forecast in days(y[:n]).items():
        if name != "seasonal_naive":
            assert np.allclose(forecast, true, rtol=0.07), name


def test_two_promotions_in_a_row_shift_the_cycle():
    """Weeks 11 and 12 both have one, weeks 29 and 30 both none; the last, week 40, has
    none. By the middle stretch it would have one; taken together, who knows."""
    weeks = [*(np.arange(12) % 2), *((np.arange(18) + 1) % 2), *(np.arange(11) % 2)]
    assert weeks[10:14] == [0, 1, 1, 0] and weeks[28:32] == [1, 0, 0, 1]
    assert (len(weeks), weeks[-1]) == (41, 0)
    true = np.concatenate([OPEN_WEEK * LIFT, OPEN_WEEK])
    forecasts = days(promotion_days(weeks))
    for name in FITTED:
        assert np.allclose(forecasts[name], true, rtol=0.15), name


def test_the_running_week_tells_what_it_is():
    """Twenty weeks of seven days, twice as much in odd ones as in even ones, but that
    the last whole week is even like the one before. By its second day the week after it
    is high (or, alternating, low again): the day after goes on like that."""
    for high in (0, 1):
        weeks = [*(np.arange(18) % 2), 0, high]
        y = np.repeat(np.where(np.array(weeks) == 1, 200.0, 100.0), 7) * noise(
            140, 0.01
        )
        logs = candidates.alternation(y[:135], 7, 12)
        half = math.log(2) / 2
        assert logs[133:140] == pytest.approx([half * (2 * high - 1)] * 7, abs=0.06)
        assert (np.sign(logs[140:147]) == 1 - 2 * high).all()


def test_alternation_is_half_the_difference_and_fades_as_it_failed():
    """Twenty weeks that alternate between 100 and 200: of the 17 pairs of whole weeks
    but the first and last all did, which makes (17 + 1) / (17 + 2) for the next, and
    the pattern times 1 - 2 * 18 / 19 a week ahead, and the square of that for two."""
    y = np.repeat(np.tile([100.0, 200.0], 10), 7)
    logs = candidates.alternation(y, 7, 14)
    half, fading = math.log(2) / 2, 17 / 19
    assert logs[:140] == pytest.approx(
        np.repeat(np.tile([-half, half], 10), 7), abs=0.03
    )
    assert logs[140:147] == pytest.approx([-half * fading] * 7, abs=0.03)
    assert logs[147:] == pytest.approx([half * fading**2] * 7, abs=0.03)
    # The mean of both is the level: what is taken out leaves a steady series.
    assert np.std(np.log(y) - logs[:140]) < 0.03


def test_what_does_not_alternate_is_left_alone():
    rng = np.random.default_rng(5)
    weekly = np.tile(PATTERN, 60) * noise(420, 0.1)
    growing = weekly * np.exp(0.003 * np.arange(420))
    anyhow = weekly * np.repeat(1 + 0.5 * (rng.random(60) < 0.5), 7)
    every_third = weekly * np.repeat(1 + 0.5 * (np.arange(60) % 3 == 0), 7)
    alternating = weekly * np.repeat(1 + 0.5 * (np.arange(60) % 2), 7)
    for y in (weekly, growing, anyhow, every_third):
        assert (candidates.alternation(y, 7, 28) == 0).all()
    assert (candidates.alternation(alternating, 7, 28) != 0).any()
    # Too short, without a season, not always above 0.
    assert (candidates.alternation(alternating[:111], 7, 28) == 0).all()
    assert (candidates.alternation(alternating[:112], 7, 28) != 0).any()
    assert (candidates.alternation(alternating, 1, 28) == 0).all()
    assert (candidates.alternation(alternating - alternating.min(), 7, 28) == 0).all()
    assert (candidates.alternation(np.full(420, 5.0), 7, 28) == 0).all()


# --- Known events -----------------------------------------------------------------


def with_events(n, periods):
    """Exposure of n + 7 days to events: name -> days."""
    exposure = np.zeros((n + 7, len(periods)))
    for column, occurrences in enumerate(periods):
        exposure[occurrences, column] = 1.0
    return exposure


def test_a_known_event_to_come_has_the_effect_it_had():
    n = 140
    y = np.tile(PATTERN, 20) * noise(n, 0.01)
    exposure = with_events(n, [[40, 41, 90, 142]])
    y[[40, 41, 90]] *= 1.8
    plain = np.tile(PATTERN, 2)
    forecast = days(y, 7, exposure=exposure, kinds=["promotion"])
    for name in FITTED:
        assert np.isclose(forecast[name][2], 1.8 * plain[2], rtol=0.1), name
        assert np.allclose(forecast[name][[0, 1, 3]], plain[[0, 1, 3]], rtol=0.1)


def test_events_at_once_share_their_excess():
    """Two sales always at the same time doubled the day: together they double it again
    and do not make it four times as much."""
    n = 140
    y = np.tile(PATTERN, 20) * noise(n, 0.01)
    exposure = with_events(n, [[40, 90, 142], [40, 90, 142]])
    y[[40, 90]] *= 2
    forecast = days(y, 7, exposure=exposure, kinds=["promotion", "promotion"])
    for name in FITTED:
        assert np.isclose(forecast[name][2], 2 * PATTERN[2], rtol=0.1), name


def test_an_event_that_never_was_has_the_effect_of_its_type():
    n = 140
    y = np.tile(PATTERN, 20) * noise(n, 0.01)
    exposure = with_events(n, [[40, 41], [90, 91], [142]])
    y[[40, 41, 90, 91]] *= 1.6
    kinds = ["promotion", "promotion", "promotion"]
    known = days(y, 7, exposure=exposure, kinds=kinds)
    other = days(y, 7, exposure=exposure, kinds=[*kinds[:2], "holiday"])
    for name in FITTED:
        assert 1.35 < known[name][2] / PATTERN[2] < 1.7, name
        assert np.isclose(other[name][2], PATTERN[2], rtol=0.1), name


# --- The Python model -------------------------------------------------------------


def tables(y, origins, horizon=7):
    """Arguments of fit_forecasts for one daily series."""
    n = len(y)
    return (
        pd.DataFrame(
            {
                "series": "a",
                "grain": "day",
                "period_index": np.arange(1, n + 1),
                "value": y,
            }
        ),
        pd.DataFrame(
            {
                "series": "a",
                "grain": "day",
                "origin_index": origins,
                "horizon": horizon,
            }
        ),
        pd.DataFrame(
            {
                "grain": ["day"],
                "season_length": [7],
                "short_season": [7],
                "long_season": [365.25],
            }
        ),
        pd.DataFrame(
            {
                "series": ["a", "a"],
                "grain": "day",
                "period_index": [20, 75],
                "event_name": "sale",
                "event_type": "promotion",
                "exposure": 1.0,
            }
        ),
    )


def test_later_values_change_no_earlier_forecast():
    y = np.tile(PATTERN, 12) * noise(84)
    other = y.copy()
    other[70:] = 999 * np.arange(14)
    first = edge.fit_forecasts(*tables(y, [56, 70]))
    again = edge.fit_forecasts(*tables(other, [56, 70]))
    pd.testing.assert_frame_equal(first, again)
    later = edge.fit_forecasts(*tables(other, [71]))
    assert not np.allclose(
        later["forecast"], edge.fit_forecasts(*tables(y, [71]))["forecast"]
    )


def test_the_value_at_the_origin_is_known_and_steps_start_after_it():
    y = np.arange(1.0, 29.0)
    found = edge.fit_forecasts(*tables(y, [21]))
    naive = found[found["candidate"] == "seasonal_naive"]
    assert naive["step"].tolist() == list(range(1, 8))
    assert naive["forecast"].tolist() == list(range(15, 22))


def test_rows_in_any_order_give_the_same():
    y = np.tile(PATTERN, 12) * noise(84)
    values, origins, grains, events = tables(y, [56, 63, 70, 84])
    shuffled = edge.fit_forecasts(
        values.sample(frac=1, random_state=1),
        origins.sample(frac=1, random_state=2),
        grains,
        events.sample(frac=1, random_state=3),
    )
    plain = edge.fit_forecasts(values, origins, grains, events)
    pd.testing.assert_frame_equal(shuffled, plain)


@pytest.mark.parametrize("first", [1, 301])
def test_events_meet_their_periods_before_and_after_the_origin(first):
    """A sale on days 20, 41 and 76 of the history, and on the second day after it: it
    is half as much again, the days around it are as ever; so from an earlier origin,
    to which day 76 is still to come. A series may begin after others."""
    sale = [20, 41, 76, 86]
    y = np.tile(PATTERN, 12) * noise(84, 0.01)
    y[np.array(sale[:3]) - 1] *= 1.5
    values, origins, grains, _ = tables(y, [70, 84])
    values["period_index"] += first - 1
    origins["origin_index"] += first - 1
    events = pd.DataFrame(
        {
            "series": "a",
            "grain": "day",
            "period_index": np.array(sale) + first - 1,
            "event_name": "sale",
            "event_type": "promotion",
            "exposure": 1.0,
        }
    )
    found = edge.fit_forecasts(values, origins, grains, events)
    found = found[found["candidate"].isin(FITTED)]
    for origin, step in ((70, 6), (84, 2)):
        true = PATTERN.copy()
        true[step - 1] *= 1.5
        rows = found[found["origin_index"] == origin + first - 1]
        for name, part in rows.groupby("candidate"):
            assert part["step"].tolist() == list(range(1, 8))
            assert np.allclose(part["forecast"], true, rtol=0.1), (origin, name)


def test_no_origins_give_no_rows_of_the_right_kind():
    values, origins, grains, events = tables(np.arange(2.0), [2])
    found = edge.fit_forecasts(values, origins, grains, events)
    assert len(found) == 0
    assert {name: str(kind) for name, kind in found.dtypes.items()} == edge.COLUMNS


# --- The SQL around it, against an oracle -----------------------------------------

FIRST = dt.date(2025, 1, 6)
LAST = 139
SETTINGS = {
    "forecast_horizons": {"day": 5, "week": 2, "month": 2},
    "forecast_backtests": {"day": 9, "week": 6, "month": 3},
}


def shop():
    """Twenty weeks from a Monday on, closed on Sundays, two channels and orders that
    nobody touched; the last order is on Monday 26 May at noon, a day not over."""
    shop = Shop()
    rng = np.random.default_rng(8)
    for day in range(LAST + 2):
        date = FIRST + dt.timedelta(days=day)
        if date.weekday() == 6:
            continue
        for number, channel in enumerate(("email", "google_ads", None)):
            customer = f"c{day}_{number}"
            value = (100 - 30 * number) * (1 + 0.1 * date.weekday())
            value *= math.exp(0.1 * rng.standard_normal()) * (1 + 0.003 * day)
            if channel:
                shop.touch(customer, channel, f"{date} 09:00:00")
            shop.order(f"o{day}_{number}", customer, f"{date} 12:00:00", f"{value:.2f}")
    return shop


@pytest.fixture(scope="module")
def built(project):
    return project.good(
        shop().raw(), vars=SETTINGS, select=("+path:models/forecasting",), tests=True
    )


@pytest.fixture(scope="module")
def paths(built):
    """Forecasts of every model with what happened, from the Python model's rows."""
    fitted = built.query("select * from ml.ml_forecasts").astype(
        {"forecast": float, "origin_index": int, "step": int}
    )
    keys = ["series", "grain", "origin_index", "step"]
    means = [
        fitted[fitted["candidate"].isin(members)]
        .groupby(keys)["forecast"]
        .mean()
        .reset_index()
        .assign(candidate="combination" if size == 4 else " + ".join(members))
        for size in (2, 3, 4)
        for members in itertools.combinations(FITTED, size)
    ]
    history = built.query("select * from intermediate.int_forecast_series")
    actual = {
        (row.series, row.grain, row.period_index): row.value
        for row in history.itertuples()
    }
    rows = pd.concat([fitted, *means], ignore_index=True)
    rows["actual"] = [
        actual.get((row.series, row.grain, row.origin_index + row.step), np.nan)
        for row in rows.itertuples()
    ]
    rows["error"] = rows["forecast"] - rows["actual"]
    return rows


def known_values(built):
    history = built.query(
        "select * from intermediate.int_forecast_series order by period_index"
    )
    return {
        key: part.set_index("period_index")["value"].astype(float)
        for key, part in history.groupby(["series", "grain"])
    }


def test_the_running_day_week_and_month_are_no_history(built):
    ends = dict(
        built.rows(
            "select grain, max(period_start) from marts.forecast_history group by grain"
        )
    )
    assert ends == {
        "day": dt.date(2025, 5, 25),
        "week": dt.date(2025, 5, 19),
        "month": dt.date(2025, 4, 1),
    }
    # January began before the first order: it is not whole either.
    assert built.value(
        "select min(period_start) from marts.forecast_history where grain = 'month'"
    ) == dt.date(2025, 2, 1)
    first = built.rows(
        "select grain, min(period_start), max(origin_date) from marts.forecasts"
        " group by grain order by grain"
    )
    assert first == [
        ("day", dt.date(2025, 5, 26), dt.date(2025, 5, 25)),
        ("month", dt.date(2025, 5, 1), dt.date(2025, 4, 30)),
        ("week", dt.date(2025, 5, 26), dt.date(2025, 5, 25)),
    ]


def test_closed_sundays_are_forecast_as_zero(built):
    rows = built.rows(
        "select forecast, lower_95, upper_95 from marts.forecasts"
        " where grain = 'day' and dayofweek(period_start) = 0"
    )
    backtested = built.rows(
        "select forecast, lower_95, upper_95 from marts.forecast_backtests"
        " where grain = 'day' and dayofweek(period_start) = 0"
    )
    assert rows == []  # Monday 26 May to Friday 30 May
    assert len(backtested) > 20
    assert set(backtested) == {(0.0, 0.0, 0.0)}


def test_accuracy_is_that_of_the_definitions(built, paths):
    values = known_values(built)
    season = {"day": 7, "week": 1, "month": 12}
    found = built.query("select * from marts.forecast_accuracy").set_index(
        ["series", "grain", "model", "horizon"]
    )
    judged = paths.dropna(subset=["actual"])
    # Six backtests of weeks, two weeks ahead, reach over three and a half horizons.
    assert set(judged["grain"]) == {"day", "week"}
    groups = judged.groupby(["series", "grain", "candidate", "step"])
    assert set(found.index) == set(groups.groups)
    assert len(found) > 100
    for key, part in groups:
        row = found.loc[key]
        series, grain, *_ = key
        misses = part["error"].abs().tolist()
        actual = part["actual"].tolist()
        total = sum(map(abs, actual))
        scaled, shares = [], []
        for miss, line in zip(misses, part.itertuples(), strict=True):
            past = values[series, grain].loc[: line.origin_index]
            lag = season[grain]
            steps = np.abs(past.to_numpy()[lag:] - past.to_numpy()[:-lag])
            scaled.append(miss / steps.mean())
            size = abs(line.forecast) + abs(line.actual)
            shares.append(2 * miss / size if size else 0.0)
        assert row["backtests"] == len(part)
        assert row["mean_absolute_error"] == pytest.approx(np.mean(misses), rel=1e-9)
        assert row["smape"] == pytest.approx(np.mean(shares), rel=1e-9, abs=1e-12)
        assert row["mase"] == pytest.approx(np.mean(scaled), rel=1e-9, abs=1e-12)
        if total == 0:
            assert row["wape"] is None and row["bias"] is None
        else:
            assert row["wape"] == pytest.approx(sum(misses) / total, rel=1e-9)
            bias = part["error"].sum() / total
            assert row["bias"] == pytest.approx(bias, rel=1e-9, abs=1e-12)


def chosen_by(paths, series, grain, origin):
    """Mean over steps of WAPE, of what was known, by model; none while the backtests
    known reach over fewer than three horizons."""
    known = paths[
        (paths["series"] == series)
        & (paths["grain"] == grain)
        & (paths["origin_index"] + paths["step"] <= origin)
    ].dropna(subset=["actual"])
    score = {}
    reach = 3 * SETTINGS["forecast_horizons"][grain]
    if known.empty or origin - known["origin_index"].min() < reach:
        return score
    for model, part in known.groupby("candidate"):
        shares = []
        for _, step in part.groupby("step"):
            total = step["actual"].abs().sum()
            if total > 0:
                shares.append(step["error"].abs().sum() / total)
        if shares:
            score[model] = np.mean(shares)
    return score


def test_the_model_with_the_least_known_error_is_chosen(built, paths):
    choices = built.query("select * from intermediate.int_forecast_choices")
    decided, undecided = 0, 0
    for row in choices.itertuples():
        score = chosen_by(paths, row.series, row.grain, row.origin_index)
        assert row.is_compared == bool(score)
        if not score:
            undecided += 1
            offered = set(
                paths[
                    (paths["series"] == row.series)
                    & (paths["grain"] == row.grain)
                    & (paths["origin_index"] == row.origin_index)
                ]["candidate"]
            )
            safest = "combination" if "combination" in offered else "seasonal_naive"
            assert row.model == safest
            continue
        decided += 1
        assert score[row.model] <= min(score.values()) + 1e-12
    assert decided > 20
    assert undecided > 20
    in_use = dict(
        built.rows(
            "select distinct series || grain, model from marts.forecast_accuracy"
            " where is_selected"
        )
    )
    used = dict(
        built.rows("select distinct series || grain, model from marts.forecasts")
    )
    assert in_use.items() <= used.items()


def widening(z, nu):
    """The t quantile over the normal one, z, for nu degrees of freedom, expanded."""
    return (
        1
        + (z**2 + 1) / (4 * nu)
        + (5 * z**4 + 16 * z**2 + 3) / (96 * nu**2)
        + (3 * z**6 + 19 * z**4 + 17 * z**2 - 15) / (384 * nu**3)
    )


def widths(known, step, pooled, step_between):
    """Half widths of the 80 and 95 % intervals at `step` in units of the forecast, from
    `known` (origin_index, step, relative error), or None for fewer than two backtests.
    step_between: periods between backtests that overlap; None where they do not."""
    sizes = {
        s: known[(known["step"] - s).abs() <= pooled]["relative"].mean()
        for s in known["step"].unique()
    }
    near = known[(known["step"] - step).abs() <= pooled]
    backtests = near.groupby("step").size().max() if len(near) else 0
    if backtests < 2:
        return None
    independent = backtests
    if step_between:
        independent = max(1.0, backtests / max(1.0, step / step_between))
    size = near["relative"].mean()
    multiples = known["relative"] / known["step"].map(sizes)
    theory = 1 / (1 + (independent / 4) ** 2)
    found = []
    for level, z in ((80, 1.2815515655446004), (95, 1.959963984540054)):
        normal = z * math.sqrt(math.pi / 2) * widening(z, independent)
        own = multiples.quantile(level / 100)
        found.append(size * (theory * normal + (1 - theory) * own))
    return found


def test_few_backtests_are_widened_like_the_t_distribution():
    """The expansion, against scipy."""
    from scipy.stats import norm, t

    for level, z in ((0.8, 1.2815515655446004), (0.95, 1.959963984540054)):
        assert z == pytest.approx(norm.ppf(0.5 + level / 2), abs=1e-12)
        for nu, near in ((2, 0.05), (4, 0.005), (8, 0.001), (30, 0.0001)):
            exact = t.ppf(0.5 + level / 2, nu) / z
            assert widening(z, nu) == pytest.approx(exact, rel=near)


@pytest.mark.parametrize(
    ("grain", "pooled", "step_between"), [("day", 3, None), ("week", 1, 1)]
)
def test_coverage_knows_only_what_was_known(built, paths, grain, pooled, step_between):
    """Intervals from the definition; then values inside are counted."""
    values = known_values(built)
    rows = paths[(paths["grain"] == grain) & (paths["series"] == "email")].copy()
    closed = rows.groupby(["origin_index", "step"])["forecast"].transform(
        lambda group: (group == 0).all()
    )
    rows = rows[~closed.astype(bool)]
    size = {o: values["email", grain].loc[:o].mean() for o in rows["origin_index"]}
    rows["unit"] = [
        max(row.forecast, 0.2 * size[row.origin_index]) for row in rows.itertuples()
    ]
    rows["relative"] = rows["error"].abs() / rows["unit"]
    due = rows.dropna(subset=["actual"])
    inside = {}
    for row in due.itertuples():
        known = due[
            (due["candidate"] == row.candidate)
            & (due["origin_index"] + due["step"] <= row.origin_index)
        ]
        width = widths(known, row.step, pooled, step_between)
        if width is None:
            continue
        for level, half in zip((80, 95), width, strict=True):
            inside.setdefault((row.candidate, row.step, level), []).append(
                abs(row.error) <= round(half, 12) * row.unit
            )
    found = built.query(
        f"select * from marts.forecast_accuracy where series = 'email'"
        f" and grain = '{grain}'"
    )
    compared = 0
    for row in found.itertuples():
        for level in (80, 95):
            expected = inside.get((row.model, row.horizon, level))
            shown = getattr(row, f"coverage_{level}")
            if expected is None:
                assert shown is None or math.isnan(shown)
            else:
                compared += 1
                assert shown == pytest.approx(np.mean(expected), abs=1e-12)
    assert compared > 20


def test_channels_add_up(built):
    """The singular test says so too; here from the mart's own rows, and by name."""
    rows = built.query("select * from marts.forecasts")
    for _, part in rows.groupby(["grain", "period_start"]):
        company = part[part["series"] == "company"]["forecast"].sum()
        channels = part[part["series"] != "company"]
        assert set(channels["series"]) == {"email", "google_ads", "unattributed"}
        assert channels["forecast"].sum() == pytest.approx(company, rel=1e-9)


# --- Awkward shops ----------------------------------------------------------------


def forecast_shop(project, dates):
    """Build from one guest order a date at noon, 10 each, and one now at 23:30."""
    shop = Shop()
    for number, date in enumerate(dates):
        hour = "23:30:00" if number == len(dates) - 1 else "12:00:00"
        shop.order(f"o{number}", "", f"{date} {hour}", "10")
    return project.good(shop.raw(), select=("+path:models/forecasting",), tests=True)


def test_short_histories_have_stated_outcomes(project):
    """Two days: nothing is forecast. Five: the naive forecast, without intervals; weeks
    and months are not over."""
    start = dt.date(2025, 1, 7)
    two = forecast_shop(project, [start, start + dt.timedelta(days=1)])
    assert two.rows("select * from marts.forecasts") == []
    assert two.value("select count(*) from marts.forecast_history") == 4
    five = forecast_shop(project, [start + dt.timedelta(days=d) for d in range(5)])
    rows = five.rows(
        "select distinct series, grain, model, interval_basis, forecast, lower_80"
        " from marts.forecasts order by series"
    )
    assert rows == [
        (name, "day", "seasonal_naive", "none", 10.0, None)
        for name in ("company", "unattributed")
    ]
    assert five.value("select count(*) from marts.forecast_accuracy") == 0


# --- The benchmark on anyone's series -----------------------------------------------


@pytest.mark.parametrize(
    ("starts", "weekly"),
    [
        (pd.date_range("2025-01-06", periods=9, freq="7D"), True),
        (pd.date_range("2025-01-06", periods=9, freq="D"), False),
        (pd.date_range("2025-01-01", periods=9, freq="MS"), False),
        (range(9), True),
    ],
)
def test_weeks_are_told_by_their_dates(starts, weekly):
    """Two series whose ends meet; a gap of two weeks in one."""
    parts = [
        pd.DataFrame({"series_id": name, "period_start": list(starts), "value": 1.0})
        for name in ("a", "b")
    ]
    frame = pd.concat(parts, ignore_index=True).drop(index=4)
    assert engine.is_weekly(frame.sample(frac=1, random_state=1)) == weekly


def written(folder, rows, header="series_id,period_start,value"):
    path = folder / "series.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_series_of_a_file_are_put_on_a_grid(tmp_path):
    """In any order; a day that is missing and a value that is empty are gaps; NA is a
    country. Offsets, through daylight saving too, and dates in one number are read."""
    rows = ["NA,2025-03-31,3", "b,2025-04-01,7", "NA,2025-03-28,1", "NA,2025-03-29,"]
    expected = [1, np.nan, np.nan, 3]
    offsets = ["T00:00:00+02:00", "T00:00:00+02:00", *["T00:00:00+01:00"] * 2]
    for kind in ("plain", "offsets", "numbers"):
        lines = [row.split(",") for row in rows]
        for line, offset in zip(lines, offsets, strict=True):
            if kind == "offsets":
                line[1] += offset
            elif kind == "numbers":
                line[1] = line[1].replace("-", "")
        path = written(tmp_path, [",".join(line) for line in lines])
        series = engine.without_gaps(engine.read_series(path))
        assert set(series) == {"NA", "b"}
        assert np.array_equal(series["NA"], expected, equal_nan=True), kind
        assert series["b"].tolist() == [7]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (["a,2025-01-01,1", "a,2025-01-02,many"], "row 2 of the data: value 'many'"),
        (["a,2025-01-01,inf"], "row 1 of the data: value 'inf' is no number"),
        (["a,yesterday,1"], "row 1 of the data: period_start 'yesterday' is neither"),
        (["a,2025-01-01,1", "a,,2"], "row 2 of the data: period_start is empty"),
        ([",2025-01-01,1"], "row 1 of the data: series_id is empty"),
        (["a,2025-01-01,1", "a,2025-01-01,1"], "series_id a has the period_start"),
        (
            [f"a,{when},2" for when in (1, 2, 3, 4, 4.2, 5, 6)],
            "a has two values in one period",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path, rows, complaint):
    with pytest.raises(engine.SeriesError, match=re.escape(complaint)):
        engine.without_gaps(engine.read_series(written(tmp_path, rows)))


def test_a_file_without_series_says_so(tmp_path):
    path = written(tmp_path, ["a,2025-01-01,1"], "series_id,period_start,amount")
    with pytest.raises(engine.SeriesError, match="no column value; it has: series_id"):
        engine.read_series(path)
    with pytest.raises(engine.SeriesError, match="has no rows"):
        engine.read_series(written(tmp_path, []))
    path.write_text("")
    with pytest.raises(engine.SeriesError, match="is no CSV"):
        engine.read_series(path)
