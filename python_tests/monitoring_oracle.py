"""What a series is expected to be and how far off it was, written from the
definitions: one point at a time, each from what lies strictly before it.

A season is a week of days, or as many hours as are said.
"""

import math
import statistics

# The standard normal cut at two, at two and a half: root of its mean square.
CUT_AT_TWO = 0.9594
CUT_AT_TWO_AND_A_HALF = 0.9887
MAD_TO_SIGMA = 1.4826


def season_mean(values, end, season):
    """Mean of the season up to and with `end`; None before there is a whole one."""
    if end < season - 1:
        return None
    return math.fsum(values[end - season + 1 : end + 1]) / season


def level_before(values, point, season, statistic, most=4):
    """`statistic` of the means of the last `most` seasons that end before `point`."""
    if point < season:
        return None
    ends = [point - 1 - season * seasons for seasons in range(most)]
    return statistic(
        [season_mean(values, end, season) for end in ends if end > season - 2]
    )


def level_points(point, season, most=4):
    """Points that the level of `most` seasons before `point` rests on."""
    return season * min(most, point // season)


def in_their_seasons(values, point, season, most):
    """The last `most` values at the same place of the season before `point`, each over
    the mean of the season round it: of seven days three before and three after, of 24
    hours 11 before and 12 after; of the first ones, over the first season's."""
    relative = []
    for k in range(1, most + 1):
        place = point - season * k
        if place >= 0:
            first = max(0, place - (season - 1) // 2)
            assert first + season <= point
            around = values[first : first + season]
            relative.append(values[place] / (math.fsum(around) / season))
    return relative


def same_class(values, point, classes):
    """The last 365 of the `values` before `point` in its class, such as an hour."""
    return [values[one] for one in range(point % classes, point, classes)][-365:]


def mad_scale(residuals, floor):
    """MAD as a standard deviation; None of fewer than seven."""
    known = [abs(value) for value in residuals if value is not None]
    if len(known) < 7:
        return None
    return max(MAD_TO_SIGMA * statistics.median(known), floor)


def residual_of(value, expected, error, points, hourly):
    """(residual, widening): how far value is from expected, in surer units; of days the
    logarithm of their ratio, of hours twice what its root is over 1."""
    widening = math.sqrt(1 + error + 1 / points)
    if hourly:
        return 2 * (math.sqrt(value / expected) - 1) / widening, widening
    return math.log(max(value / expected, 0.2)) / widening, widening


def cleaned(values, floor, season, classes):
    """(training values, scales): what is beyond 2.5 scales becomes its expectation."""
    residuals, training, scales = [], [], []
    for point, value in enumerate(values):
        level = level_before(values, point, season, statistics.median)
        past = in_their_seasons(values, point, season, 13)
        scale = mad_scale(same_class(residuals, point, classes), floor)
        scales.append(scale)
        residual, kept = None, value
        if past:
            expected = level * statistics.median(past)
            residual, _ = residual_of(
                value,
                expected,
                1.57 / len(past),
                level_points(point, season),
                classes > 1,
            )
            if scale is not None and abs(residual) > 2.5 * scale:
                kept = expected
        residuals.append(residual)
        training.append(kept)
    return training, scales


def growth_before(seen, point, season):
    """Growth a point, as far as it is believed: `seen` holds, by point, (training
    value, expected of level and season, points that the level lags), of 52 seasons."""
    past = [one for one in seen[max(0, point - 52 * season) : point] if one is not None]
    if not past:
        return 0.0
    seasons = len(past) / season
    surplus = math.fsum(value - expected for value, expected, _ in past)
    a_point = surplus / math.fsum(expected * lag for _, expected, lag in past)
    return seasons**2 / (seasons**2 + 9) * a_point


def carried_on(level, points, growth):
    """`level`, which rests on `points`, as growth makes it now."""
    return level * min(2.0, max(0.5, 1 + (points + 1) / 2 * growth))


def share_of_short(excesses, point, season, coarse_scale):
    """How far the short level is trusted: `excesses` holds, by point, what the short
    level and the value were over the long one, less 1; of 52 seasons."""
    past = [
        one for one in excesses[max(0, point - 52 * season) : point] if one is not None
    ]
    way = math.fsum(short * value for short, value in past)
    distance = math.fsum(short * short for short, _ in past)
    doubt = 4 * (0.01 if coarse_scale is None else coarse_scale**2)
    return min(1.0, max(0.0, way / (distance + doubt)))


def cut_scale(residuals, limits, cut_at, root):
    """Root mean square of residuals, each cut at `cut_at` times what the limit was at
    its time, over `root`, and their number; None of fewer than seven."""
    cuts = [
        abs(one) if limit is None else min(abs(one), cut_at * limit)
        for one, limit in zip(residuals, limits, strict=True)
        if one is not None
    ]
    if len(cuts) < 7:
        return None, len(cuts)
    return math.sqrt(math.fsum(c * c for c in cuts) / len(cuts)) / root, len(cuts)


def judge(values, relative_floor, season=7, classes=1):
    """(expected, z-score, scale times widening) of each point; None where unknown.

    Scales are taken within `classes` that take turns: hours of the day, if above 1.
    """
    floor = relative_floor / 3
    training, coarse_scales = cleaned(values, floor, season, classes)
    residuals, coarse_limits, robust_limits = [], [], []
    factors, noises, seen, excesses, result = [], [], [], [], []
    for point, value in enumerate(values):
        levels = [
            level_before(training, point, season, statistics.fmean, most)
            for most in (4, 13)
        ]
        points = [level_points(point, season, most) for most in (4, 13)]
        past = in_their_seasons(training, point, season, 52)
        mean = statistics.fmean(past) if past else None
        noise = None
        if len(past) >= 4 and coarse_scales[point] is not None:
            noise = (coarse_scales[point] * mean) ** 2 / len(past)
        factors.append(mean)
        noises.append(noise)
        kin = same_class(residuals, point, classes)
        coarse_kin = same_class(coarse_limits, point, classes)
        robust_kin = same_class(robust_limits, point, classes)
        coarse_limits.append(mad_scale(kin, floor))
        robust, _ = cut_scale(kin, coarse_kin, 2, CUT_AT_TWO)
        robust_limits.append(None if robust is None else max(robust, floor))
        if not past:
            residuals.append(None)
            seen.append(None)
            excesses.append(None)
            result.append((None, None, None))
            continue
        factor, kept = statistics.median(past), 1.0
        if len(past) >= 4:
            factor = mean
            whole = noises[-season:]
            if len(whole) == season and None not in whole:
                centre = statistics.fmean(factors[-season:])
                spread = max(
                    0.0,
                    statistics.variance(factors[-season:]) - statistics.fmean(whole),
                )
                kept = spread / (spread + noise)
                factor = centre + kept * (mean - centre)
        growth = growth_before(seen, point, season)
        short, long = map(carried_on, levels, points, [growth, growth])
        share = share_of_short(excesses, point, season, coarse_scales[point])
        expected = (share * short + (1 - share) * long) * factor
        seen.append((training[point], levels[1] * factor, (points[1] + 1) / 2))
        above = training[point] / (long * factor) - 1
        excesses.append((short / long - 1, min(1.0, max(-1.0, above))))
        worth = 1 / (share**2 / points[0] + (1 - share**2) / points[1])
        residual, widening = residual_of(
            value, expected, 1.57 * kept / len(past), worth, classes > 1
        )
        z_score = width = None
        scale, count = cut_scale(kin, robust_kin, 2.5, CUT_AT_TWO_AND_A_HALF)
        if scale is not None:
            scale = max(scale, floor) * (1 + 4 / count)
            z_score, width = residual / scale, scale * widening
        residuals.append(residual)
        result.append((expected, z_score, width))
    return result
