"""What a daily series is expected to be and how far off it was, written from the
definitions: one day at a time, each from what lies strictly before it."""

import math
import statistics

SEASON = 7
# The standard normal cut at two, at two and a half: root of its mean square.
CUT_AT_TWO = 0.9594
CUT_AT_TWO_AND_A_HALF = 0.9887
MAD_TO_SIGMA = 1.4826


def week_mean(values, day):
    """Mean of the seven days up to and with `day`; None before there are seven."""
    if day < SEASON - 1:
        return None
    return math.fsum(values[day - SEASON + 1 : day + 1]) / SEASON


def level_before(values, day, statistic):
    """`statistic` of the means of the last four weeks that end before `day`."""
    if day < SEASON:
        return None
    ends = [day - 1 - SEASON * weeks for weeks in range(4)]
    return statistic([week_mean(values, end) for end in ends if end >= SEASON - 1])


def in_their_weeks(values, day, most):
    """The last `most` same weekdays before `day`, each over the mean of its week: three
    days before it, three after; of the first days, over the first week's."""
    relative = []
    for k in range(1, most + 1):
        place = day - SEASON * k
        if place >= 0:
            first = max(0, place - 3)
            week = values[first : first + SEASON]
            assert first + SEASON <= day
            relative.append(values[place] / (math.fsum(week) / SEASON))
    return relative


def mad_scale(residuals, floor):
    """MAD as a standard deviation; None of fewer than seven."""
    known = [abs(value) for value in residuals if value is not None]
    if len(known) < 7:
        return None
    return max(MAD_TO_SIGMA * statistics.median(known), floor)


def level_days(day):
    """Days that the level before `day` rests on."""
    return SEASON * min(4, day // SEASON)


def residual_of(value, expected, error, day):
    """(residual, widening): the logarithm of value over expected, in surer units."""
    widening = math.sqrt(1 + error + 1 / level_days(day))
    return math.log(max(value / expected, 0.2)) / widening, widening


def cleaned(values, floor):
    """(training values, scales): what is beyond 2.5 scales becomes its expectation."""
    residuals, training, scales = [], [], []
    for day, value in enumerate(values):
        level = level_before(values, day, statistics.median)
        past = in_their_weeks(values, day, 13)
        scale = mad_scale(residuals[-365:], floor)
        scales.append(scale)
        residual, kept = None, value
        if past:
            expected = level * statistics.median(past)
            residual, _ = residual_of(value, expected, 1.57 / len(past), day)
            if scale is not None and abs(residual) > 2.5 * scale:
                kept = expected
        residuals.append(residual)
        training.append(kept)
    return training, scales


def grown_by(seen, day):
    """What growth made of a level that lags: `seen` holds, by day, (training value,
    expected of level and weekday, days that the level lags), of 52 weeks."""
    past = [one for one in seen[max(0, day - 52 * SEASON) : day] if one is not None]
    if not past:
        return 1.0
    weeks = len(past) / SEASON
    surplus = math.fsum(value - expected for value, expected, _ in past)
    a_day = surplus / math.fsum(expected * lag for _, expected, lag in past)
    lag = (level_days(day) + 1) / 2
    return min(2.0, max(0.5, 1 + weeks**2 / (weeks**2 + 16) * lag * a_day))


def cut_scale(residuals, cut_at, limits, root):
    """Root mean square of the last 365 residuals, each cut at `cut_at` times what the
    limit was on its day, over `root`; None of fewer than seven."""
    cuts = [
        abs(one) if limit is None else min(abs(one), cut_at * limit)
        for one, limit in zip(residuals[-365:], limits[-365:], strict=True)
        if one is not None
    ]
    if len(cuts) < 7:
        return None, len(cuts)
    return math.sqrt(math.fsum(c * c for c in cuts) / len(cuts)) / root, len(cuts)


def judge(values, relative_floor):
    """(expected, z-score, scale times widening) of each day; None where unknown."""
    floor = relative_floor / 3
    training, coarse_scales = cleaned(values, floor)
    residuals, coarse_limits, robust_limits = [], [], []
    factors, noises, seen, result = [], [], [], []
    for day, value in enumerate(values):
        level = level_before(training, day, statistics.fmean)
        past = in_their_weeks(training, day, 52)
        mean = statistics.fmean(past) if past else None
        noise = None
        if len(past) >= 4 and coarse_scales[day] is not None:
            noise = (coarse_scales[day] * mean) ** 2 / len(past)
        factors.append(mean)
        noises.append(noise)
        coarse_limits.append(mad_scale(residuals[-365:], floor))
        robust, _ = cut_scale(residuals, 2, coarse_limits[:-1], CUT_AT_TWO)
        robust_limits.append(None if robust is None else max(robust, floor))
        if not past:
            residuals.append(None)
            seen.append(None)
            result.append((None, None, None))
            continue
        factor, kept = statistics.median(past), 1.0
        if len(past) >= 4:
            factor = mean
            week = noises[-SEASON:]
            if len(week) == SEASON and None not in week:
                centre = statistics.fmean(factors[-SEASON:])
                spread = max(
                    0.0,
                    statistics.variance(factors[-SEASON:]) - statistics.fmean(week),
                )
                kept = spread / (spread + noise)
                factor = centre + kept * (mean - centre)
        expected = level * factor * grown_by(seen, day)
        seen.append((training[day], level * factor, (level_days(day) + 1) / 2))
        residual, widening = residual_of(value, expected, 1.57 * kept / len(past), day)
        z_score = width = None
        scale, count = cut_scale(
            residuals, 2.5, robust_limits[:-1], CUT_AT_TWO_AND_A_HALF
        )
        if scale is not None:
            scale = max(scale, floor) * (1 + 4 / count)
            z_score, width = residual / scale, scale * widening
        residuals.append(residual)
        result.append((expected, z_score, width))
    return result
