-- One row per point: how unusual its residual is beside its own past. In a frequent
-- run only what is new is scored, by the stored past; other rows stand.
{%- set given = 'select max(points_print) from ' ~ ref('int_expectations') %}
{%- if is_judged_already(this, given) %}
select * from {{ this }}
{%- else %}
{%- set news = handed_news(this, ref('int_expectations'), 'day_stray') %}
{%- set past = none if news else 'past' %}
{%- set in_past = '' if news else ' over past' %}
{%- set columns = [
    'series_id', 'metric', 'channel', 'grain', 'event_name', 'is_complete', 'is_quiet',
    'is_signed', 'step', 'season_length', 'scale_class', 'place', 'value', 'level', 'size',
    'expected', 'widening', 'residual', 'scale', 'quartile_1', 'quartile_3',
    'shift_value', 'is_sparse', 'has_history', 'z_score', 'training_residual',
    'coarsely_cut_residual', 'cut_residual', 'cut_ratio', 'twice_cut_ratio', 'day_stray',
    'business_date', 'period_start',
] %}
with

expectations as (

    select
        series_id,
        metric,
        channel,
        grain,
        event_name,
        is_complete,
        is_quiet,
        is_signed,
        step,
        season_length,
        scale_class,
        place,
        value,
        level,
        size,
        expected,
        widening,
        residual,
        training_residual,
        business_date,
        period_start
    from {{ ref('int_expectations') }}
    {%- if news %}
    where {{ is_news(news) }}
    {%- endif %}

),

prints as (

    select max(points_print) as points_print
    from {{ ref('int_expectations') }}

),
{%- if news %}

stored as (

    select *
    from {{ this }}
    where not {{ is_news(news) }}

),
{%- endif %}

{{ over_past('coarsely_scaled', 'expectations', {
    'coarse_scale': mad_scale('training_residual', past),
    'quartile_1': rolling_quantile('training_residual', 0.25, past),
    'quartile_3': rolling_quantile('training_residual', 0.75, past),
}, ['training_residual'], news) }},

-- Beyond two scales a residual counts as two: wild ones must not set the scale.
cut_coarsely as (

    select
        *,
        case
            when training_residual is null then null
            when coarse_scale is null then abs(training_residual)
            else least(2e0 * coarse_scale, abs(training_residual))
        end as coarsely_cut_residual
    from coarsely_scaled

),

{{ over_past('scaled', 'cut_coarsely', {
    'robust_scale': robust_scale('coarsely_cut_residual', 2, past),
}, ['coarsely_cut_residual'], news) }},

-- By that scale, which is surer than the coarse one, the cut can be further out,
-- where it costs less of what good residuals say.
cut as (

    select
        *,
        case
            when training_residual is null then null
            when robust_scale is null then abs(training_residual)
            else least(2.5e0 * robust_scale, abs(training_residual))
        end as cut_residual
    from scaled

),

{{ over_past('measured', 'cut', {
    'own_scale': robust_scale('cut_residual', 2.5, past),
    'past_residuals': 'count(cut_residual)' ~ in_past,
}, ['cut_residual'], news) }},

-- A scale of n residuals errs by one part in the root of 2 n.
unsure as (

    select
        *,
        case when own_scale > 0 then ln(own_scale) end as log_scale,
        case when own_scale > 0 then 0.5e0 / past_residuals end as log_noise
    from measured

),

-- Kin are the series of the same metric in the same period.
among_kin as (

    select
        *,
        count(log_scale) over kin as kin_series,
        {{ stable_sum('log_scale', over='kin') }}
        / nullif(count(log_scale) over kin, 0) as kin_log_scale,
        {{ stable_sum('log_scale * log_scale', over='kin') }}
        / nullif(count(log_scale) over kin, 0) as kin_square,
        {{ stable_sum('log_noise', over='kin') }}
        / nullif(count(log_noise) over kin, 0) as kin_noise
    from unsure
    window kin as (partition by metric, grain, season_length, period_start)

),

-- Beyond their errors kin differ by so much; of n distances to a mean n - 3 count
-- (James and Stein 1961).
differing as (

    select
        *,
        case
            when kin_series >= 4 and log_scale is not null
                then greatest(
                    0e0,
                    (kin_square - kin_log_scale * kin_log_scale)
                    * kin_series / (kin_series - 3e0) - kin_noise
                )
        end as kin_spread
    from among_kin

),

-- Where kin differ no further than that, they have one scale and each knows it badly.
weighed as (

    select
        *,
        coalesce(kin_spread / (kin_spread + log_noise), 1e0) as own_share
    from differing

),

-- Few residuals n give an unsure scale, widened by 4 / n: so much further out the tail
-- of Student's t lies at three deviations. What kin say counts as theirs.
shared as (

    select
        *,
        case
            when own_share = 1 then own_scale
            else exp(kin_log_scale + own_share * (log_scale - kin_log_scale))
        end * (
            1e0 + 4e0 / nullif(past_residuals, 0)
            * (own_share + (1e0 - own_share) / greatest(1, kin_series))
        ) as scale
    from weighed

),

-- Shifts are judged on plain ratios, whose mean is 0 even where counts are so small
-- that their logarithms lean to one side. They are cut, so that one bad period is
-- no lasting shift; of hours more are needed anyway.
ratios as (

    select
        *,
        case
            when is_signed then training_residual
            when training_residual is not null
                then (value / expected - 1e0) / widening
        end / scale as training_ratio,
        case when grain = 'hour' then 3e0 else 1.7e0 end as most
    from shared

),

known as (

    select
        *,
        -- least() passes over a NULL: what is unknown would count as the most.
        case
            when training_ratio is not null
                then greatest(-most, least(most, training_ratio))
        end as cut_ratio
    from ratios

),

{{ over_past('centred', 'known', {
    'mean_ratio':
        stable_sum('cut_ratio', over=past) ~ ' / nullif(count(cut_ratio)' ~ in_past ~ ', 0)',
    'mean_square_ratio':
        stable_sum('cut_ratio * cut_ratio', over=past)
        ~ ' / nullif(count(cut_ratio)' ~ in_past ~ ', 0)',
    'past_ratios': 'count(cut_ratio)' ~ in_past,
}, ['cut_ratio'], news) }},

standardised as (

    select
        *,
        case
            when past_ratios >= 28
                then (cut_ratio - mean_ratio) / greatest(
                    0.2e0, sqrt(greatest(0e0, mean_square_ratio - mean_ratio * mean_ratio))
                )
        end as standard_ratio
    from centred

),

-- Where noise is far below the least scale, a cut ratio is still many of its own
-- deviations: it is cut once more, or one bad period would be a lasting shift.
shifted as (

    select
        *,
        case
            when standard_ratio is not null
                then greatest(-most, least(most, standard_ratio))
        end as twice_cut_ratio
    from standardised

),

-- Where good and bad hours come in rows, sums of them stray further than sums of
-- independent ones: by `persistence`, which widens what a lasting shift must show.
-- Its estimate errs by a tenth, which alone is no reason to widen anything.
{{ over_past('persisting', 'shifted', {
    'day_stray':
        'case when count(twice_cut_ratio)' ~ in_past ~ ' > 3 then abs('
        ~ stable_sum('twice_cut_ratio', over=past)
        ~ ') / sqrt(count(twice_cut_ratio)' ~ in_past ~ ') end',
}, ['twice_cut_ratio'], news, keys=['series_id'], place='step', rows='11 preceding',
    until='current row') }},

{{ over_past('strayed_days', 'persisting', {
    'usual_stray': rolling_quantile('day_stray', 0.5, past),
}, ['day_stray'], news, keys=['series_id'], place='step', rows='1008 preceding') }},

{{ over_past('zero_hours', 'strayed_days', {
    'zero_share':
        'avg(case when not is_quiet and value = 0 then 1e0 when not is_quiet then 0e0 end)'
        ~ in_past,
}, ['is_quiet', 'value'], news, keys=['series_id'], place='step',
    rows='672 preceding') }},

strayed as (

    select
        *,
        greatest(1e0, coalesce(1.4826e0 * usual_stray / 1.1e0, 1e0)) as persistence
    from zero_hours

),

scored as (

    select
        *,
        twice_cut_ratio / persistence as shift_value,
        -- A ratio says nothing of an hour in which there usually is nothing.
        coalesce(grain = 'hour' and zero_share > 0.25e0, false)
        or grain = 'hour' and is_quiet and metric in (
            'average_order_value', 'conversion_rate', 'return_rate'
        ) as is_sparse,
        step >= greatest(3 * season_length, 28) as has_history,
        case
            -- Of what nobody could expect anything nothing is known: not 0.
            when value is null or expected is null or scale is null and not is_quiet
                then null
            when not is_quiet then residual / scale
            -- Something where there never is anything.
            when abs(value - expected) > level then 9e0 * sign(value - expected)
            else 0e0
        end as z_score
    from strayed

),

judged as (

    select {{ columns | join(', ') }}
    from scored
    {%- if news %}
    union all
    select {{ columns | join(', ') }}
    from stored
    {%- endif %}

),

told_on as (

    select
        judged.*,
        prints.points_print
    from judged
    cross join prints

)

select * from told_on
{%- endif %}
