"""Point forecasts of one series by each candidate: the numbers behind ml_forecasts.

Every function takes arrays and returns arrays; nothing here reads a table, draws a
random number or looks at a clock. A missing period is NaN: the smoothing recursions
pass over it. The innermost loops are compiled (numba), because one fit evaluates them
hundreds of times.

Sources: Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing
(2008); Fiorucci and others, Models for optimising the theta method (2016); Box,
Jenkins and Reinsel, Time Series Analysis; Nelder and Mead (1965).
"""

import math

import numpy as np
from numba import njit

NONE, ADDITIVE, MULTIPLICATIVE = 0, 1, 2
SMOOTHING, SARIMA, THETA = 0, 1, 2
# Evaluations of the likelihood that one fit may use.
MOST_EVALUATIONS = 500
# Bounds of the smoothing parameters: shares of their admissible range.
LEAST_SMOOTHING, MOST_SMOOTHING = 1e-4, 0.9999
LEAST_DAMPING, MOST_DAMPING = 0.8, 0.98


# --- Exponential smoothing -----------------------------------------------------


@njit(cache=True)
def run_smoothing(y, m, errors, season, weights, level, trend, seasonal):
    """Run one exponential smoothing model over `y` (n,), in innovations form.

    Arguments:
        m: season length; phase of y[t] is t % m.
        errors, season: ADDITIVE or MULTIPLICATIVE; season may be NONE.
        weights: (alpha, beta, gamma, phi) of level, trend, season, damping.
        level, trend: states before y[0].
        seasonal: states of the m phases, overwritten by those after y[n - 1].
    Returns -2 log-likelihood up to a constant (infinite where a multiplicative
    model meets a level that is not positive), level and trend after y[n - 1].
    """
    alpha, beta, gamma, phi = weights
    squares = 0.0
    logs = 0.0
    seen = 0
    for t in range(len(y)):
        base = level + phi * trend
        phase = t % m
        fitted = base
        if season == ADDITIVE:
            fitted = base + seasonal[phase]
        elif season == MULTIPLICATIVE:
            fitted = base * seasonal[phase]
        level = base
        trend = phi * trend
        if np.isnan(y[t]):
            continue
        seen += 1
        if errors == ADDITIVE:
            error = y[t] - fitted
            level += alpha * error
            trend += beta * error
            if season == ADDITIVE:
                seasonal[phase] += gamma * error
        else:
            if fitted <= 1e-12 or base <= 1e-12:
                return np.inf, level, trend
            error = (y[t] - fitted) / fitted
            logs += math.log(fitted)
            level += alpha * base * error
            trend += beta * base * error
            if season == MULTIPLICATIVE:
                seasonal[phase] *= 1 + gamma * error
        squares += error * error
    if seen == 0:
        return np.inf, level, trend
    return seen * math.log(squares / seen + 1e-300) + 2 * logs, level, trend


@njit(cache=True)
def squashed(x):
    """A real number as a share of (0, 1)."""
    return LEAST_SMOOTHING + (MOST_SMOOTHING - LEAST_SMOOTHING) / (1 + math.exp(-x))


@njit(cache=True)
def smoothing_parameters(x, has_trend, damped, season):
    """Free parameters `x` as ((alpha, beta, gamma, phi), level, trend).

    Admissible whatever x is: 0 < beta < alpha < 1, 0 < gamma < 1 - alpha.
    """
    alpha = squashed(x[0])
    beta, gamma, phi, trend = 0.0, 0.0, 1.0, 0.0
    used = 2
    if has_trend:
        beta = alpha * squashed(x[used])
        trend = x[used + 1]
        used += 2
        if damped:
            phi = LEAST_DAMPING + (MOST_DAMPING - LEAST_DAMPING) * squashed(x[used])
            used += 1
    if season:
        gamma = (1 - alpha) * squashed(x[used])
    return (alpha, beta, gamma, phi), x[1], trend


@njit(cache=True)
def from_partial(x):
    """Coefficients of a stationary polynomial of any real numbers `x` (k <= 2)."""
    k = len(x)
    result = np.zeros(k)
    if k >= 1:
        result[0] = 0.98 * math.tanh(x[0])
    if k == 2:
        second = 0.98 * math.tanh(x[1])
        result[0] *= 1 - second
        result[1] = second
    return result


@njit(cache=True)
def product_lags(short, long, m, sign):
    """Lags and weights of (1 - sum short_i B^i)(1 - sum long_j B^(jm)), less 1.

    sign is -1 for autoregressive weights (which move to the right side) and 1 for
    moving-average ones given as (1 + ...)(1 + ...).
    """
    count = (len(short) + 1) * (len(long) + 1) - 1
    lags = np.zeros(count, dtype=np.int64)
    weights = np.zeros(count)
    at = 0
    for j in range(len(long) + 1):
        for i in range(len(short) + 1):
            if i == 0 and j == 0:
                continue
            a = 1.0 if i == 0 else sign * short[i - 1]
            b = 1.0 if j == 0 else sign * long[j - 1]
            lags[at] = i + j * m
            weights[at] = a * b if sign > 0 else -a * b
            at += 1
    return lags, weights


@njit(cache=True)
def sarima_lags(x, m, order):
    """Free parameters as lags and weights of both polynomials, and the constant."""
    p, q, long_p, long_q, has_constant = order
    at = 0
    ar = from_partial(x[at : at + p])
    at += p
    ma = from_partial(x[at : at + q])
    at += q
    long_ar = from_partial(x[at : at + long_p])
    at += long_p
    long_ma = from_partial(x[at : at + long_q])
    at += long_q
    constant = x[at] if has_constant else 0.0
    ar_lags, ar_weights = product_lags(ar, long_ar, m, -1)
    # An invertible polynomial is a stationary one with the other sign.
    ma_lags, ma_weights = product_lags(-ma, -long_ma, m, 1)
    return ar_lags, ar_weights, ma_lags, ma_weights, constant


@njit(cache=True)
def sarima_errors(w, x, m, order):
    """One-step errors of `w` (n,); autoregression is on deviations from the constant,
    at which everything before the first value is taken to have been."""
    ar_lags, ar_weights, ma_lags, ma_weights, constant = sarima_lags(x, m, order)
    n = len(w)
    errors = np.zeros(n)
    for t in range(n):
        fitted = constant
        for i in range(len(ar_lags)):
            if ar_lags[i] <= t:
                fitted += ar_weights[i] * (w[t - ar_lags[i]] - constant)
        for i in range(len(ma_lags)):
            if ma_lags[i] <= t:
                fitted += ma_weights[i] * errors[t - ma_lags[i]]
        errors[t] = w[t] - fitted
    return errors


@njit(cache=True)
def theta_parameters(x):
    """Free parameters `x` as alpha, starting level, and 1 - 1 / theta (theta > 1)."""
    return squashed(x[0]), x[1], squashed(x[2])


@njit(cache=True)
def run_theta(y, alpha, level, slope_share):
    """Run the dynamic theta model over `y` (n,), without gaps.

    Simple exponential smoothing, and `slope_share` of the straight line through all
    values so far, whose intercept and slope are brought up to date at each value.
    Returns -2 log-likelihood up to a constant, and after y[n - 1]: level, mean,
    intercept and slope.
    """
    mean = intercept = slope = 0.0
    squares = 0.0
    for t in range(1, len(y) + 1):
        error = y[t - 1] - theta_forecast(
            t, alpha, level, slope_share, intercept, slope
        )
        if t > 2:
            # The line knows nothing before it has two values.
            squares += error * error
        level, mean, intercept, slope = theta_step(
            y[t - 1], t, alpha, level, mean, slope
        )
    count = max(len(y) - 2, 1)
    return count * math.log(squares / count + 1e-300), level, mean, intercept, slope


@njit(cache=True)
def theta_forecast(t, alpha, level, slope_share, intercept, slope):
    """The t-th value as the t - 1 before it let expect."""
    decay = (1 - alpha) ** (t - 1)
    line = decay * intercept + (1 - decay * (1 - alpha)) / alpha * slope
    return level + slope_share * line


@njit(cache=True)
def theta_step(value, t, alpha, level, mean, slope):
    """Level, mean, intercept and slope after the t-th value."""
    if t > 1:
        slope = ((t - 2) * slope + 6 * (value - mean) / t) / (t + 1)
    mean = ((t - 1) * mean + value) / t
    return alpha * value + (1 - alpha) * level, mean, mean - (t + 1) / 2 * slope, slope


@njit(cache=True)
def objective(x, y, m, form, seasonal):
    """-2 log-likelihood of a model of `y` at the free parameters `x`.

    form: (kind, ...): SMOOTHING with errors, has_trend, damped, season, SARIMA with
    p, q, P, Q, has_constant, or THETA with nothing else. seasonal: starting states of
    a smoothing model.
    """
    kind, first, second, third, fourth, fifth = form
    if kind == THETA:
        alpha, level, slope_share = theta_parameters(x)
        return run_theta(y, alpha, level, slope_share)[0]
    if kind == SMOOTHING:
        weights, level, trend = smoothing_parameters(x, second, third, fourth)
        value, _, _ = run_smoothing(
            y, m, first, fourth, weights, level, trend, seasonal.copy()
        )
        return value
    errors = sarima_errors(y, x, m, (first, second, third, fourth, fifth))
    squares = 0.0
    for t in range(len(y)):
        squares += errors[t] * errors[t]
    if not np.isfinite(squares):
        return np.inf
    return len(y) * math.log(squares / len(y) + 1e-300)


@njit(cache=True)
def minimise(x, step, y, m, form, seasonal, most):
    """Minimise `objective` by the simplex of Nelder and Mead.

    Starts from `x` and from `x` moved by each component of `step`; at most about
    `most` evaluations. Returns the best point and its value.
    """
    d = len(x)
    points = np.empty((d + 1, d))
    values = np.empty(d + 1)
    for i in range(d + 1):
        points[i] = x
        if i > 0:
            points[i, i - 1] += step[i - 1]
        values[i] = objective(points[i], y, m, form, seasonal)
    count = d + 1
    while count < most and d > 0:
        order = np.argsort(values, kind="mergesort")
        points = points[order]
        values = values[order]
        if values[d] - values[0] < 1e-7 * (abs(values[0]) + 1e-7):
            break
        middle = np.zeros(d)
        for i in range(d):
            middle += points[i]
        middle /= d
        away = middle - points[d]
        reflected = middle + away
        value = objective(reflected, y, m, form, seasonal)
        count += 1
        if value < values[0]:
            expanded = middle + 2 * away
            further = objective(expanded, y, m, form, seasonal)
            count += 1
            if further < value:
                points[d], values[d] = expanded, further
            else:
                points[d], values[d] = reflected, value
        elif value < values[d - 1]:
            points[d], values[d] = reflected, value
        else:
            side = 0.5 if value < values[d] else -0.5
            contracted = middle + side * away
            nearer = objective(contracted, y, m, form, seasonal)
            count += 1
            if nearer < min(value, values[d]):
                points[d], values[d] = contracted, nearer
            else:
                for i in range(1, d + 1):
                    points[i] = points[0] + 0.5 * (points[i] - points[0])
                    values[i] = objective(points[i], y, m, form, seasonal)
                count += d
    best = np.argmin(values)
    return points[best], values[best]


def seasonal_indices(y, m, season):
    """Classical decomposition: the m seasonal indices of `y` (n,) by phase t % m.

    Ratios (MULTIPLICATIVE) or differences (ADDITIVE) to a centred moving average of
    one season, averaged by phase and scaled to a mean of 1, or 0. The average of a
    window with missing values is of those there.
    """
    neutral = 1.0 if season == MULTIPLICATIVE else 0.0
    level = centred_average(y, m)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = y / level if season == MULTIPLICATIVE else y - level
    raw[~np.isfinite(raw)] = np.nan
    phases = np.arange(len(y)) % m
    indices = np.full(m, neutral)
    for phase in range(m):
        values = raw[phases == phase]
        values = values[~np.isnan(values)]
        if len(values):
            indices[phase] = values.mean()
    if season == MULTIPLICATIVE:
        mean = indices.mean()
        return np.maximum(indices / mean, 1e-3) if mean > 0 else np.ones(m)
    return indices - indices.mean()


def centred_average(y, m):
    """Centred moving average over one season of m; NaN in the outer half seasons."""
    n = len(y)
    half = m // 2
    kernel = np.ones(2 * half + 1)
    if m % 2 == 0 and m > 0:
        kernel[0] = kernel[-1] = 0.5
    there = ~np.isnan(y)
    result = np.full(n, np.nan)
    if n < len(kernel):
        return result
    # The average of a window with a missing value is biased by its phase unless
    # the phase's own place in the window is what lacks: few do, and they average out.
    total = np.convolve(np.where(there, y, 0.0), kernel, mode="valid")
    weight = np.convolve(there.astype(float), kernel, mode="valid")
    with np.errstate(divide="ignore", invalid="ignore"):
        result[half : n - half] = np.where(
            weight >= 0.5 * kernel.sum(), total / weight, np.nan
        )
    return result


def start_of(y, m, seasonal, season):
    """Level and slope of the deseasonalised `y` at its start: the line through its
    first ten values and more, and its standard deviation around that line."""
    phases = np.arange(len(y)) % m
    if season == MULTIPLICATIVE:
        adjusted = y / seasonal[phases]
    elif season == ADDITIVE:
        adjusted = y - seasonal[phases]
    else:
        adjusted = y
    t = np.flatnonzero(~np.isnan(adjusted))[: max(10, 2 * m)]
    values = adjusted[t]
    slope, level = np.polyfit(t, values, 1) if len(t) > 2 else (0.0, values.mean())
    return level, slope, max(values.std(), 1e-3 * abs(values.mean()), 1e-9)


def smooth(y, m, horizon, models):
    """Fit each of `models` to `y` and forecast by the one of the least AICc.

    models: tuples (errors, has_trend, damped, season). Returns the forecast
    (horizon,), or None where no model can be fitted.
    """
    n = int((~np.isnan(y)).sum())
    best = None
    indices = {}
    for model in models:
        errors, has_trend, damped, season = model
        if season not in indices:
            indices[season] = seasonal_indices(y, m, season) if season else np.zeros(1)
        seasonal = indices[season]
        length = m if season else 1
        level, slope, spread = start_of(y, length, seasonal, season)
        x, step = [-1.0, level], [1.0, 0.5 * spread]
        if has_trend:
            x += [-3.0, slope]
            step += [1.0, 0.1 * spread]
            if damped:
                x += [2.0]
                step += [-1.5]
        if season:
            x += [-3.0]
            step += [1.0]
        parameters = len(x) + 1 + (m - 1 if season else 0)
        if n <= parameters + 1:
            continue
        form = (SMOOTHING, errors, int(has_trend), int(damped), season, 0)
        point, value = minimise(
            np.array(x), np.array(step), y, length, form, seasonal, MOST_EVALUATIONS
        )
        if not np.isfinite(value):
            continue
        aicc = value + 2 * parameters * n / (n - parameters - 1)
        if best is None or aicc < best[0]:
            best = (aicc, model, point, seasonal, length)
    if best is None:
        return None
    _, (errors, has_trend, damped, season), point, seasonal, length = best
    weights, level, trend = smoothing_parameters(point, has_trend, damped, season)
    seasonal = seasonal.copy()
    _, level, trend = run_smoothing(
        y, length, errors, season, weights, level, trend, seasonal
    )
    steps = np.arange(1, horizon + 1)
    phi = weights[3]
    forecast = level + trend * np.cumsum(phi**steps)
    phases = (len(y) + steps - 1) % length
    if season == ADDITIVE:
        forecast = forecast + seasonal[phases]
    elif season == MULTIPLICATIVE:
        forecast = forecast * seasonal[phases]
    return forecast


def ets(y, m, horizon):
    """Exponential smoothing, its form chosen by AICc.

    Level, level and damped trend or, where the horizon is no longer than two seasons,
    level and trend; with a season of m where m is
    above 1, additive, and multiplicative too where all of `y` is positive.
    """
    forms = [(False, False), (True, True)]
    if horizon <= 2 * m:
        # Undamped trends run away over many seasons.
        forms.append((True, False))
    models = [(ADDITIVE, trend, damped, NONE) for trend, damped in forms]
    positive = np.nanmin(y) > 0
    if positive:
        models += [(MULTIPLICATIVE, trend, damped, NONE) for trend, damped in forms]
    if has_seasons(y, m):
        models += [(ADDITIVE, trend, damped, ADDITIVE) for trend, damped in forms]
        if positive:
            models += [
                (MULTIPLICATIVE, trend, damped, MULTIPLICATIVE)
                for trend, damped in forms
            ]
    return smooth(y, m, horizon, models)


def damped_holt_winters(y, m, horizon):
    """Exponential smoothing with a damped trend, and a season of m where there is one:
    multiplicative where all of `y` is positive."""
    season = NONE
    positive = np.nanmin(y) > 0
    if has_seasons(y, m):
        season = MULTIPLICATIVE if positive else ADDITIVE
    errors = MULTIPLICATIVE if season == MULTIPLICATIVE else ADDITIVE
    return smooth(y, m, horizon, [(errors, True, True, season)])


def has_seasons(y, m):
    """Two seasons and more have been seen, and each phase more than once."""
    if m <= 1 or len(y) < 2 * m:
        return False
    phases = np.arange(len(y))[~np.isnan(y)] % m
    return bool((np.bincount(phases, minlength=m) >= 2).all())


# --- Theta ---------------------------------------------------------------------


def theta(y, m, horizon):
    """The dynamic optimised theta model: theta and the smoothing are fitted together,
    and the line is that of the values so far (Fiorucci and others, 2016)."""
    adjusted, back = deseasonalised(y, m, horizon)
    n = len(adjusted)
    x = np.array([0.0, adjusted[0], 0.0])
    step = np.array([1.0, max(adjusted.std(), 1e-9), 1.0])
    form = (THETA, 0, 0, 0, 0, 0)
    point, _ = minimise(x, step, adjusted, 1, form, np.zeros(1), MOST_EVALUATIONS)
    alpha, level, slope_share = theta_parameters(point)
    _, level, mean, intercept, slope = run_theta(adjusted, alpha, level, slope_share)
    forecast = np.empty(horizon)
    for step in range(horizon):
        t = n + step + 1
        forecast[step] = theta_forecast(t, alpha, level, slope_share, intercept, slope)
        level, mean, intercept, slope = theta_step(
            forecast[step], t, alpha, level, mean, slope
        )
    return back(forecast)


def deseasonalised(y, m, horizon):
    """`y` without its season, where it has one, and without gaps; and the function that
    gives the season back to forecasts of the `horizon` after it."""
    season = NONE
    if has_seasons(y, m) and is_seasonal(y, m):
        season = MULTIPLICATIVE if np.nanmin(y) > 0 else ADDITIVE
    seasonal = seasonal_indices(y, m, season) if season else np.zeros(1)
    phases = np.arange(len(y) + horizon) % len(seasonal)
    past, ahead = seasonal[phases[: len(y)]], seasonal[phases[len(y) :]]
    if season == MULTIPLICATIVE:
        return interpolated(y / past), lambda forecast: forecast * ahead
    return interpolated(y - past), lambda forecast: forecast + ahead


def is_seasonal(y, m):
    """Does `y` return after m periods? The autocorrelation at lag m is above its
    90 % limit (the test of the M competitions)."""
    values = interpolated(y)
    n = len(values)
    if n < 3 * m:
        return False
    centred = values - values.mean()
    power = float(centred @ centred)
    if power <= 0:
        return False
    acf = np.array([centred[lag:] @ centred[: n - lag] for lag in range(1, m + 1)])
    acf = acf / power
    limit = 1.645 * math.sqrt((1 + 2 * float(acf[:-1] @ acf[:-1])) / n)
    return abs(acf[-1]) > limit


def interpolated(y):
    """`y` with missing values on the line between their neighbours."""
    there = ~np.isnan(y)
    if there.all():
        return y
    t = np.arange(len(y))
    return np.interp(t, t[there], y[there])


# --- SARIMA --------------------------------------------------------------------


# Orders tried: first of the short polynomials, then of the seasonal ones.
SHORT_ORDERS = ((0, 1), (1, 0), (1, 1), (2, 1), (1, 2), (2, 0), (0, 2), (2, 2))
LONG_ORDERS = ((1, 1), (1, 0), (0, 0))


def sarima(y, m, horizon):
    """Seasonal ARIMA by conditional least squares.

    Missing values are interpolated first, season by season. Returns the forecast
    (horizon,), or None for too short a series.
    """
    season = m if has_seasons(y, m) else 1
    values = seasonally_interpolated(y, season)
    fitted = fitted_sarima(values, season)
    if fitted is None:
        return None
    w, scale, point, order, differences = fitted
    path = sarima_path(w, point, season, order, horizon) * scale
    return integrated(path, values, season, *differences)


def fitted_sarima(values, season):
    """The seasonal ARIMA model of least AICc for complete `values` (n,).

    Differenced by a season where the seasonal part is strong, and once more where
    the level wanders (KPSS); polynomials of orders of at most two, and one in the
    season. Returns (scaled differences, their scale, free parameters, order,
    (difference, seasonal difference)), or None.
    """
    long_difference = int(season > 1 and seasonal_strength(values, season) > 0.64)
    w = values[season:] - values[:-season] if long_difference else values
    difference = int(kpss(w) > 0.463)
    if difference:
        w = np.diff(w)
    seasonal = season > 1 and len(w) > 3 * season
    n = len(w)
    if n < 6:
        return None
    scale = max(float(w.std()), 1e-12)
    w = w / scale
    best = None

    def tried(short, long, constant, best):
        order = (*short, *long, constant)
        count = sum(order)
        if n <= count + 2:
            return best
        x = np.full(count, 0.2)
        if constant:
            x[-1] = w.mean()
        point, value = minimise(
            x,
            np.full(count, 0.5),
            w,
            season,
            (SARIMA, *order),
            np.zeros(1),
            60 * (count + 1),
        )
        aicc = value + 2 * (count + 1) * n / (n - count - 2)
        if np.isfinite(aicc) and (best is None or aicc < best[0]):
            return (aicc, order, point)
        return best

    constants = (1, 0) if difference + long_difference < 2 else (0,)
    for short in SHORT_ORDERS:
        best = tried(short, (0, int(seasonal)), constants[0], best)
    if best is None:
        return None
    short = best[1][:2]
    if seasonal:
        for long in LONG_ORDERS:
            best = tried(short, long, constants[0], best)
    for constant in constants[1:]:
        best = tried(short, best[1][2:4], constant, best)
    _, order, point = best
    return w, scale, point, order, (difference, long_difference)


def sarima_path(w, x, m, order, horizon):
    """Forecasts of `w` for `horizon` periods after its last."""
    errors = sarima_errors(w, x, m, order)
    ar_lags, ar_weights, ma_lags, ma_weights, constant = sarima_lags(x, m, order)
    n = len(w)
    path = np.concatenate([w, np.zeros(horizon)])
    errors = np.concatenate([errors, np.zeros(horizon)])
    for t in range(n, n + horizon):
        path[t] = (
            constant
            + ar_weights @ (path[t - ar_lags] - constant)
            + ma_weights @ errors[t - ma_lags]
        )
    return path[n:]


def integrated(w, values, season, difference, long_difference):
    """Forecasts `w` of differences as forecasts of `values`."""
    if difference:
        last = values[-1]
        if long_difference:
            last = values[-1] - values[-1 - season]
        w = last + np.cumsum(w)
    if long_difference:
        path = np.concatenate([values, np.zeros(len(w))])
        n = len(values)
        for step in range(len(w)):
            path[n + step] = path[n + step - season] + w[step]
        w = path[n:]
    return w


def seasonally_interpolated(y, m):
    """`y` with missing values filled: interpolated after its season is taken out."""
    if not np.isnan(y).any():
        return y
    if m <= 1:
        return interpolated(y)
    seasonal = seasonal_indices(y, m, ADDITIVE)[np.arange(len(y)) % m]
    return np.where(np.isnan(y), interpolated(y - seasonal) + seasonal, y)


def seasonal_strength(y, m):
    """Share of the variance around the level that the season explains, 0 to 1."""
    level = centred_average(y, m)
    around = y - level
    there = ~np.isnan(around)
    if there.sum() < m:
        return 0.0
    rest = around - seasonal_indices(y, m, ADDITIVE)[np.arange(len(y)) % m]
    total = around[there].var()
    return max(0.0, 1 - rest[there].var() / total) if total > 0 else 0.0


def kpss(y):
    """Statistic of Kwiatkowski, Phillips, Schmidt and Shin for a steady level."""
    n = len(y)
    centred = y - y.mean()
    sums = np.cumsum(centred)
    lags = int(3 * math.sqrt(n) / 13)
    variance = centred @ centred / n
    for lag in range(1, lags + 1):
        weight = 1 - lag / (lags + 1)
        variance += 2 * weight * (centred[lag:] @ centred[: n - lag]) / n
    if variance <= 1e-12 * max(1.0, float(np.abs(y).max()) ** 2):
        return 0.0
    return float(sums @ sums / n**2 / variance)


# --- What every candidate is given ----------------------------------------------

# Robust standard deviations past which a value is pulled in before fitting.
OUTLIER = 5.0
# Share of zeros up to which zeros of a positive series count as gaps.
FEW_ZEROS = 0.1
# Occurrences of a weekday, all without revenue, after which it is closed, unless that
# many empty ones in a row are likelier than this on the other weekdays.
CLOSED_AFTER = 8
CLOSED_BY_CHANCE = 0.01
# Empty periods at the end after which a series has stopped, where that is not likelier
# than CLOSED_BY_CHANCE; short seasons, where there is a longer one beside them.
STOPPED_AFTER, STOPPED_AFTER_SEASONS = 4, 2
# Share by which an event of a type usually raises or lowers a period that lies in
# it, and by which events of one type differ: both wide.
TYPE_EFFECT, OWN_EFFECT = 0.5, 0.25
# Harmonics of the long season, and the strength of the pull of each towards 0, in
# seasons of data.
HARMONICS = 6
PULL = 0.16
# Trust in the long season while only one has been seen.
TRUST_IN_ONE = 0.5
# Short seasons after which every other one can be told apart, and how strongly (as
# autocorrelation) a period must be like that of two seasons before and unlike that of
# one before (benchmarks/forecast/promotions.py).
ALTERNATES_AFTER = 16
ALTERNATES_BY = 0.25


def closed_phases(y, m):
    """Phases (m,) of a short season on which nothing is ever sold.

    A phase is closed when it had no value, or zeros only, for CLOSED_AFTER seasons
    in a row up to the end, while the other phases were so rarely empty that this is
    no chance.
    """
    closed = np.zeros(m, dtype=bool)
    if m <= 1 or len(y) < m * CLOSED_AFTER:
        return closed
    recent = np.nan_to_num(y[len(y) - m * CLOSED_AFTER :]) != 0
    phases = np.arange(len(y) - m * CLOSED_AFTER, len(y)) % m
    closed[:] = [not recent[phases == phase].any() for phase in range(m)]
    others = recent[~closed[phases]]
    if len(others) == 0 or (1 - others.mean()) ** CLOSED_AFTER > CLOSED_BY_CHANCE:
        closed[:] = False
    return closed


def has_stopped(y, m, period):
    """Was a series that sold before nothing but 0 for some time up to its end?

    A channel that was switched off. Of few zeros before, for STOPPED_AFTER periods or,
    where seasons of m are parts of a longer one, STOPPED_AFTER_SEASONS of them.
    """
    sold = np.flatnonzero(y != 0)
    if len(sold) == 0:
        return False
    run = len(y) - 1 - sold[-1]
    least = STOPPED_AFTER_SEASONS * m if period and m > 1 else STOPPED_AFTER
    before = y[: sold[-1] + 1]
    empty = float(np.mean(before[~np.isnan(before)] == 0))
    return bool(run >= least and empty**run <= CLOSED_BY_CHANCE)


def local_level(y, m):
    """Median of the values within two seasons (at least 7 periods) on either side,
    missing values left out."""
    n = len(y)
    half = max(2 * m, 7)
    padded = np.concatenate([np.full(half, np.nan), y, np.full(half, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    ordered = np.sort(windows, axis=1)
    count = (~np.isnan(ordered)).sum(axis=1)
    rows = np.arange(n)
    low = ordered[rows, np.maximum((count - 1) // 2, 0)]
    high = ordered[rows, np.maximum(count // 2, 0)]
    return np.where(count > 0, (low + high) / 2, np.nan)


def expected_values(y, m):
    """What level and short season let expect of each period of `y`."""
    season = MULTIPLICATIVE if np.nanmin(y) > 0 else ADDITIVE
    if not has_seasons(y, m):
        return interpolated(local_level(y, m))
    seasonal = seasonal_indices(y, m, season)[np.arange(len(y)) % m]
    if season == MULTIPLICATIVE:
        return interpolated(local_level(y / seasonal, m)) * seasonal
    return interpolated(local_level(y - seasonal, m)) + seasonal


def robust_deviation(values):
    """1.4826 times the median absolute deviation from 0, missing values left out."""
    there = values[~np.isnan(values)]
    return 1.4826 * float(np.median(np.abs(there))) if len(there) else 0.0


def event_factors(y, m, exposure, kinds):
    """Factors (n + horizon,) by which events raise or lower a positive series.

    Arguments:
        y: values (n,), NaN where missing.
        exposure: share of each period that lies in an event (n + horizon, k).
        kinds: type of each event (k,).
    The excess of a period over what the quiet ones let expect is the sum of its
    exposures times the effects of their events. An event's effect is that of its
    type and one of its own; an event that never happened before has the effect of
    its type. All are estimated together, so that events in one period share its
    excess, and drawn towards 0 by as much as they may be chance.
    """
    n = len(y)
    factors = np.ones(len(exposure))
    if exposure.shape[1] == 0 or np.nanmin(y) <= 0:
        return factors
    busy = exposure[:n].sum(axis=1) > 0
    quiet = np.where(busy, np.nan, y)
    if (~np.isnan(quiet)).sum() < max(3 * m, 8):
        return factors
    excess = y / expected_values(quiet, m) - 1
    noise = robust_deviation(np.where(busy, np.nan, excess))
    names = sorted(set(kinds))
    of_type = np.array([[kind == name for name in names] for kind in kinds], float)
    columns = np.hstack([np.minimum(exposure @ of_type, 1.0), exposure])
    rows = columns[:n][busy & ~np.isnan(excess)]
    seen = excess[busy & ~np.isnan(excess)]
    usual = np.repeat([TYPE_EFFECT, OWN_EFFECT], [len(names), len(kinds)])
    pull = np.maximum((noise / usual) ** 2, 1e-6)
    effects = np.linalg.solve(rows.T @ rows + np.diag(pull), rows.T @ seen)
    return np.maximum(1 + columns @ effects, 0.05)


def without_outliers(y, m):
    """`y` with values beyond OUTLIER robust deviations from what level and season let
    expect pulled in to that limit.

    Not those whose like, a season before or after, went half as far the same way: a
    season that changes is no outlier.
    """
    if (~np.isnan(y)).sum() < max(3 * m, 12):
        return y
    expected = expected_values(y, m)
    rest = y - expected
    if np.nanmin(y) > 0:
        rest = rest / expected
    limit = OUTLIER * robust_deviation(rest)
    if limit <= 0:
        return y
    way = np.sign(rest) * (np.abs(rest) > limit / 2)
    alone = np.abs(rest) > limit
    if m > 1:
        alone[m:] &= way[:-m] != way[m:]
        alone[:-m] &= way[m:] != way[:-m]
    rest = np.clip(rest, -limit, limit)
    pulled = expected + rest
    if np.nanmin(y) > 0:
        pulled = np.maximum(expected * (1 + rest), 0.05 * expected)
    return np.where(alone, pulled, y)


def alternation(y, m, horizon):
    """What every other short season has more or less than its neighbours, as logs of
    factors (n + horizon,): promotions from Monday to Friday every other week. Zeros
    where seasons do not alternate.

    What level and short season leave must return after two seasons and be reversed
    after one. Seasons are then told apart as high and low ones, beginning at the
    phase that tells them apart best, and the pattern is half the mean difference of
    both by phase; so it survives that two high ones follow each other now and then.
    Seasons to come alternate, and are trusted as far as those of the past have done
    so: the expectation of a chain of two states.
    """
    n = len(y)
    nothing = np.zeros(n + horizon)
    if m <= 1 or n < ALTERNATES_AFTER * m or np.nanmin(y) <= 0:
        return nothing
    t = np.arange(n + horizon)
    logs = np.log(y)
    there = ~np.isnan(logs)
    rest = logs - seasonal_indices(logs, m, ADDITIVE)[t[:n] % m]
    level = centred_average(rest, 2 * m)
    if np.isnan(level).all():
        return nothing
    rest = np.where(there, rest - interpolated(level), 0.0)
    power = float(rest @ rest)
    after_one, after_two = (
        float(rest[lag:] @ rest[:-lag]) / power if power > 1e-12 * n else 0.0
        for lag in (m, 2 * m)
    )
    if after_one > -ALTERNATES_BY or after_two < ALTERNATES_BY:
        return nothing

    def clarity(start):
        return np.abs(np.bincount((t[:n] + m - start) // m, weights=rest)).sum()

    start = max(range(m), key=lambda phase: (round(clarity(phase), 9), -phase))
    season = (t + m - start) // m
    season -= season[0]
    past, phases = season[:n], t[:n] % m
    seen = np.maximum(np.bincount(phases[there], minlength=m), 1)
    state = np.where(np.bincount(past, weights=rest) >= 0, 1.0, -1.0)
    for _ in range(10):
        pattern = np.bincount(phases, weights=state[past] * rest, minlength=m) / seen
        evidence = np.bincount(past, weights=rest * pattern[phases])
        before, state = state, np.where(evidence >= 0, 1.0, -1.0)
        if (state == before).all():
            break
    # The first and the last season may be parts of one.
    whole = state[1:-1]
    pairs = len(whole) - 1
    alternates = (np.count_nonzero(whole[1:] != whole[:-1]) + 1) / (pairs + 2)
    noise = rest[there] - (state[past] * pattern[phases])[there]
    # Of the season that is running, what has been seen of it and what is usual.
    odds = 2 * evidence[-1] / max(float(noise @ noise) / len(noise), 1e-12)
    odds -= state[-2] * math.log(alternates / (1 - alternates))
    state[-1] = 1.0 if odds >= 0 else -1.0
    ahead = np.arange(1, season[-1] - past[-1] + 1)
    to_come = state[-1] * (1 - 2 * alternates) ** ahead
    return np.concatenate([state, to_come])[season] * pattern[t % m]


def long_season(y, m, period, horizon):
    """Long season of a series, as logs of factors (n + horizon,); zeros where the
    history does not carry one.

    A season of a whole number of short ones (168 hours) is a mean by phase, one of
    another length (365.25 days) a sum of harmonics, estimated beside a trend that
    may bend once a season. How far it is trusted is measured: each season is
    predicted from the others, and the slope of what happened on what was predicted,
    between 0 and 1, multiplies it.
    """
    n = len(y)
    nothing = np.zeros(n + horizon)
    if not period or n < 1.1 * period or np.nanmin(y) <= 0:
        return nothing
    logs = np.log(y)
    t = np.arange(n + horizon)
    if has_seasons(y, m):
        logs = logs - seasonal_indices(logs, m, ADDITIVE)[t[:n] % m]
    there = ~np.isnan(logs)
    whole = m > 1 and period % m == 0
    if whole:
        level = centred_average(logs, m)
        rest = interpolated(level) if (~np.isnan(level)).any() else level
        rest = logs - rest
        columns = np.eye(int(period))[t % int(period)]
        pull = np.full(columns.shape[1], 0.5)
    else:
        knots = np.arange(1, int(n / period)) * period
        bends = [np.maximum(t - knot, 0.0) / period for knot in knots]
        trend = np.column_stack([np.ones(n + horizon), t / period, *bends])
        turn = 2 * np.pi * t / period
        columns = np.column_stack(
            [f(k * turn) for k in range(1, HARMONICS + 1) for f in (np.cos, np.sin)]
        )
        pull = PULL * period * np.repeat(np.arange(1, HARMONICS + 1), 2) ** 2.0
        design = np.column_stack([trend, columns])[:n][there]
        pulls = np.concatenate(
            [[0.0], np.full(trend.shape[1] - 1, 0.01 * period), pull]
        )
        solved = np.linalg.solve(
            design.T @ design + np.diag(pulls), design.T @ logs[there]
        )
        rest = logs - trend[:n] @ solved[: trend.shape[1]]

    def fitted(rows):
        part = columns[:n][rows]
        return np.linalg.solve(part.T @ part + np.diag(pull), part.T @ rest[rows])

    trust = TRUST_IN_ONE
    if n >= 2 * period:
        # Seasons counted from the end, the oldest with what is left over.
        block = np.minimum((n - 1 - t[:n]) // period, n // period - 1)
        product, power = 0.0, 0.0
        for left_out in np.unique(block):
            own = there & (block == left_out)
            if not own.any():
                continue
            predicted = columns[:n][own] @ fitted(there & (block != left_out))
            predicted = predicted - predicted.mean()
            product += float(predicted @ (rest[own] - rest[own].mean()))
            power += float(predicted @ predicted)
        trust = min(max(product / power, 0.0), 1.0) if power > 0 else 0.0
    return trust * (columns @ fitted(there))


def seasonal_naive(y, m, horizon):
    """The last value seen of each phase of a season of m, over and over."""
    n = len(y)
    last = np.full(m, np.nan)
    for t in range(n):
        if not np.isnan(y[t]):
            last[t % m] = y[t]
    # A phase never seen takes the last value of all.
    last[np.isnan(last)] = y[~np.isnan(y)][-1]
    return last[(n + np.arange(horizon)) % m]


CANDIDATES = {
    "ets": ets,
    "damped_holt_winters": damped_holt_winters,
    "theta": theta,
    "sarimax": sarima,
}
# Values from which on a model is fitted; with fewer there is only the naive one,
# and with fewer than LEAST_VALUES nothing.
FITTED_FROM = 8
LEAST_VALUES = 3


def forecast_series(y, season_length, m, period, horizon, exposure=None, kinds=()):
    """Forecasts of one series by every candidate.

    Arguments:
        y: values (n,), NaN where missing; nothing after the origin.
        season_length: season of the seasonal naive forecast.
        m, period: short and long season of the models; 1 and 0 for none.
        horizon: number of periods to forecast.
        exposure, kinds: known events, see event_factors; exposure covers the
            history and the horizon, (n + horizon, k).
    Returns a dict candidate -> forecast (horizon,): empty below LEAST_VALUES values,
    the seasonal naive one alone below FITTED_FROM.
    """
    y = np.asarray(y, dtype=float).copy()
    y[~np.isfinite(y)] = np.nan
    seen = np.flatnonzero(~np.isnan(y))
    if len(seen) < LEAST_VALUES:
        return {}
    first = seen[0]
    y = y[first:]
    n = len(y)
    naive = seasonal_naive(y, season_length, horizon)
    forecasts = {"seasonal_naive": naive}
    if len(seen) < FITTED_FROM:
        return forecasts
    values = y[~np.isnan(y)]
    if values.min() == values.max():
        return forecasts | {name: np.full(horizon, values[0]) for name in CANDIDATES}

    closed = closed_phases(y, m)
    is_closed = closed[np.arange(n + horizon) % len(closed)]
    naive = np.where(is_closed[n:], 0.0, naive)
    forecasts["seasonal_naive"] = naive
    # Closed days are taken out: what is left has a season of the open ones.
    is_open = ~is_closed
    z = y[is_open[:n]]
    ahead = int(is_open[n:].sum())
    open_season = int((~closed).sum())
    if has_stopped(z, open_season, period):
        return forecasts | {name: np.zeros(horizon) for name in CANDIDATES}
    zeros = z == 0
    if np.nanmin(z) >= 0 and zeros.sum() <= FEW_ZEROS * (~np.isnan(z)).sum():
        z = np.where(zeros, np.nan, z)
    factors = np.ones(len(z) + ahead)
    if exposure is not None:
        factors = event_factors(z, open_season, exposure[first:][is_open], kinds)
    z = without_outliers(z / factors[: len(z)], open_season)
    every_other = np.exp(alternation(z, open_season, ahead))
    z = z / every_other[: len(z)]
    slow = np.exp(long_season(z, open_season, period * open_season / m, ahead))
    z = z / slow[: len(z)]
    factors = (factors * every_other * slow)[len(z) :]
    low, high = values.min(), values.max()
    reach = high - low
    for name, candidate in CANDIDATES.items():
        with np.errstate(over="ignore", invalid="ignore"):
            forecast = candidate(z, open_season, ahead)
        if forecast is not None:
            forecast = forecast * factors
        sound = (
            forecast is not None
            and np.isfinite(forecast).all()
            and forecast.min(initial=low) >= low - reach
            and forecast.max(initial=high) <= high + reach
        )
        if not sound:
            forecast = naive[is_open[n:]]
        if low >= 0:
            forecast = np.maximum(forecast, 0.0)
        forecasts[name] = np.zeros(horizon)
        forecasts[name][is_open[n:]] = forecast
    return forecasts
