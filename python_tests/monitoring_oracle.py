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
    """(training values, scales): what is beyond 2.5 scales of where residuals usually
    are becomes its expectation."""
    residuals, training, scales = [], [], []
    for point, value in enumerate(values):
        level = level_before(values, point, season, statistics.median)
        past = in_their_seasons(values, point, season, 13)
        kin = [one for one in same_class(residuals, point, classes) if one is not None]
        scale = mad_scale(kin, floor)
        usual = statistics.median(kin) if len(kin) >= 14 else 0.0
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
            if scale is not None and abs(residual - usual) > 2.5 * scale:
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


def kin_of_factors(means, counts, scales):
    """(factor of the kin, its weight, each one's weight): kin are weighed by what
    their factors, means of `counts` values, know; None has no say."""
    weights = [
        None if mean is None or count < 4 or scale is None else count / scale**2
        for mean, count, scale in zip(means, counts, scales, strict=True)
    ]
    known = [place for place, weight in enumerate(weights) if weight is not None]
    if not known:
        return None, None, weights
    whole = math.fsum(weights[place] for place in known)
    total = math.fsum(weights[place] * means[place] for place in known)
    return total / whole, whole, weights


def believed(spread, noise):
    """Share of a distance that is kept, where such distances spread by `spread`
    beyond chance, and chance alone spreads them by `noise`."""
    return spread / (spread + noise) if spread + noise > 0 else 1.0


def season_factor(past, kin, seasons):
    """(factor, its variance in variances of a value) of the `past` values in their
    seasons; `kin` is their number and this series' part in what they know; `seasons`
    holds, by place of the season up to this point: own mean, its noise, the kin's
    factor, its noise, the part (None where not known)."""
    if len(past) < 4:
        return statistics.median(past), 1 / len(past)
    if None in seasons:
        return statistics.fmean(past), 1 / len(past)
    number, part = kin
    means, noises, kins, kin_noises, parts = zip(*seasons, strict=True)
    centre = statistics.fmean(kins)
    spread = max(0.0, statistics.variance(kins) - statistics.fmean(kin_noises))
    kin_share = believed(spread, kin_noises[-1])
    ways = [(mean - one) ** 2 for mean, one in zip(means, kins, strict=True)]
    way_noises = [n * (1 - p) for n, p in zip(noises, parts, strict=True)]
    own_share = 0.0
    if number > 1:
        spread = max(0.0, statistics.fmean(ways) - statistics.fmean(way_noises))
        own_share = believed(spread, way_noises[-1])
    factor = own_share * means[-1] + (1 - own_share) * (
        centre + kin_share * (kins[-1] - centre)
    )
    error = (own_share + (1 - own_share) * kin_share * part) / len(past)
    return factor, error


def shared_scales(scales, counts):
    """Scales of kin, drawn to each other as far as chance explains how they differ,
    and widened; `counts` are the residuals each rests on."""
    known = [place for place, scale in enumerate(scales) if scale is not None]
    logs = {place: math.log(scales[place]) for place in known}
    shares = dict.fromkeys(known, 1.0)
    if len(known) >= 4:
        centre = statistics.fmean(logs.values())
        chance = statistics.fmean(0.5 / counts[place] for place in known)
        # James and Stein: of n distances to their mean n - 3 count.
        squares = math.fsum((one - centre) ** 2 for one in logs.values())
        spread = max(0.0, squares / (len(known) - 3) - chance)
        for place in known:
            shares[place] = believed(spread, 0.5 / counts[place])
            logs[place] = centre + shares[place] * (logs[place] - centre)
    return [
        math.exp(logs[place])
        * (
            1
            + 4
            / counts[place]
            * (shares[place] + (1 - shares[place]) / max(1, len(known)))
        )
        if place in logs
        else None
        for place in range(len(scales))
    ]


class History:
    """What is known of one series as its points are gone through."""

    def __init__(self, values, floor, season, classes):
        self.values, self.floor, self.season = values, floor, season
        self.classes = classes
        self.training, self.coarse_scales = cleaned(values, floor, season, classes)
        self.residuals, self.coarse_limits, self.robust_limits = [], [], []
        self.seasons, self.seen, self.excesses, self.result = [], [], [], []

    def past(self, point):
        """Earlier training values of this place in the season, in their seasons."""
        return in_their_seasons(self.training, point, self.season, 52)

    def scale(self, point):
        """(scale, number of residuals) before this point."""
        kin = same_class(self.residuals, point, self.classes)
        coarse_kin = same_class(self.coarse_limits, point, self.classes)
        robust_kin = same_class(self.robust_limits, point, self.classes)
        self.coarse_limits.append(mad_scale(kin, self.floor))
        robust, _ = cut_scale(kin, coarse_kin, 2, CUT_AT_TWO)
        self.robust_limits.append(None if robust is None else max(robust, self.floor))
        scale, count = cut_scale(kin, robust_kin, 2.5, CUT_AT_TWO_AND_A_HALF)
        return None if scale is None else max(scale, self.floor), count

    def expect(self, point, past, kin):
        """(expected, widening) of a point; appends its residual."""
        season, value = self.season, self.training[point]
        levels = [
            level_before(self.training, point, season, statistics.fmean, most)
            for most in (4, 13)
        ]
        points = [level_points(point, season, most) for most in (4, 13)]
        if not past:
            self.seen.append(None)
            self.excesses.append(None)
            self.residuals.append(None)
            return None, None
        factor, error = season_factor(past, kin, self.seasons[-season:])
        growth = growth_before(self.seen, point, season)
        short, long = map(carried_on, levels, points, [growth, growth])
        share = share_of_short(self.excesses, point, season, self.coarse_scales[point])
        expected = (share * short + (1 - share) * long) * factor
        self.seen.append((value, levels[1] * factor, (points[1] + 1) / 2))
        above = value / (long * factor) - 1
        self.excesses.append((short / long - 1, min(1.0, max(-1.0, above))))
        worth = 1 / (share**2 / points[0] + (1 - share**2) / points[1])
        residual, widening = residual_of(
            self.values[point], expected, 1.57 * error, worth, self.classes > 1
        )
        self.residuals.append(residual)
        return expected, widening


def judge(series, relative_floor, season=7, classes=1, starts=None):
    """(expected, z-score, scale times widening) of each point of each of `series`,
    which are kin; None where unknown.  They begin together, or at `starts`.

    Scales are taken within `classes` that take turns: hours of the day, if above 1.
    """
    histories = [
        History(values, relative_floor / 3, season, classes) for values in series
    ]
    starts = starts or [0] * len(series)
    ends = [start + len(one) for start, one in zip(starts, series, strict=True)]
    for period in range(max(ends)):
        alive = [
            (one, period - start)
            for one, start, end in zip(histories, starts, ends, strict=True)
            if start <= period < end
        ]
        pasts = [one.past(point) for one, point in alive]
        means = [statistics.fmean(past) if past else None for past in pasts]
        counts = [len(past) for past in pasts]
        coarse = [one.coarse_scales[point] for one, point in alive]
        factor, whole, weights = kin_of_factors(means, counts, coarse)
        scales = shared_scales(
            *zip(*(one.scale(point) for one, point in alive), strict=True)
        )
        number = sum(weight is not None for weight in weights)
        for place, (one, point) in enumerate(alive):
            part = None
            if weights[place] is None:
                one.seasons.append(None)
            else:
                part = weights[place] / whole
                noise = (coarse[place] * means[place]) ** 2 / counts[place]
                one.seasons.append(
                    (means[place], noise, factor, factor**2 / whole, part)
                )
            expected, widening = one.expect(point, pasts[place], (number, part))
            z_score = width = None
            if expected is not None and scales[place] is not None:
                z_score = one.residuals[point] / scales[place]
                width = scales[place] * widening
            one.result.append((expected, z_score, width))
    return [one.result for one in histories]
