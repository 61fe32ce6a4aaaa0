"""What a daily series is expected to be and how far off it was, written from the
definitions: one day at a time, each from what lies strictly before it."""

import math
import statistics

SEASON = 7
# The standard normal cut at two: root of its mean square.
CUT_AT_TWO = 0.9594
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


def same_weekday(relative, day, most):
    """Known values of the last `most` same weekdays before `day`."""
    past = [relative[day - SEASON * k] for k in range(1, most + 1) if day >= SEASON * k]
    return [value for value in past if value is not None]


def mad_scale(residuals, floor):
    """MAD as a standard deviation; None of fewer than seven."""
    known = [abs(value) for value in residuals if value is not None]
    if len(known) < 7:
        return None
    return max(MAD_TO_SIGMA * statistics.median(known), floor)


def residual_of(value, expected, error):
    """(residual, widening): the logarithm of value over expected, in surer units."""
    widening = math.sqrt(1 + error + 1 / 28)
    return math.log(max(value / expected, 0.2)) / widening, widening


def cleaned(values, floor):
    """(training values, scales): what is beyond 2.5 scales becomes its expectation."""
    relative, residuals, training, scales = [], [], [], []
    for day, value in enumerate(values):
        level = level_before(values, day, statistics.median)
        past = same_weekday(relative, day, 13)
        relative.append(value / level if level else None)
        scale = mad_scale(residuals[-365:], floor)
        scales.append(scale)
        residual, kept = None, value
        if past:
            expected = level * statistics.median(past)
            residual, _ = residual_of(value, expected, 1.57 / len(past))
            if scale is not None and abs(residual) > 2.5 * scale:
                kept = expected
        residuals.append(residual)
        training.append(kept)
    return training, scales


def judge(values, relative_floor):
    """(expected, z-score, scale times widening) of each day; None where unknown."""
    floor = relative_floor / 3
    training, coarse_scales = cleaned(values, floor)
    relative, residuals, factors, noises, cuts, result = [], [], [], [], [], []
    for day, value in enumerate(values):
        level = level_before(training, day, statistics.fmean)
        past = same_weekday(relative, day, 52)
        relative.append(training[day] / level if level else None)
        mean = statistics.fmean(past) if past else None
        noise = None
        if len(past) >= 4 and coarse_scales[day] is not None:
            noise = (coarse_scales[day] * mean) ** 2 / len(past)
        factors.append(mean)
        noises.append(noise)
        if not past:
            residuals.append(None)
            cuts.append(None)
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
        expected = level * factor
        residual, widening = residual_of(value, expected, 1.57 * kept / len(past))
        known = [abs(one) for one in residuals[-365:] if one is not None]
        z_score = width = None
        if len(known) >= 7:
            recent = [one for one in cuts[-365:] if one is not None]
            scale = (
                math.sqrt(math.fsum(c * c for c in recent) / len(recent)) / CUT_AT_TWO
            )
            scale = max(scale * (1 + 4 / len(recent)), floor)
            z_score, width = residual / scale, scale * widening
        limit = mad_scale(residuals[-365:], floor)
        cuts.append(abs(residual) if limit is None else min(2 * limit, abs(residual)))
        residuals.append(residual)
        result.append((expected, z_score, width))
    return result
