-- One row per candidate of the return model: its best setting, how far its log-odds can
-- be trusted, and whether it is the one that scores. All from orders that came after
-- those the tried models learned from; the test takes no part. The base rate is always
-- there: it needs no trial.
with

validation as (

    select
        candidate,
        setting,
        outcome,
        probability
    from {{ ref('int_return_validation') }}

),

losses as (

    select
        candidate,
        setting,
        {{ log_loss('outcome', 'probability') }} as log_loss
    from validation
    group by candidate, setting

),

-- Of settings alike the shortest name wins: fewer leaves, then fewer trees.
ranked_settings as (

    select
        candidate,
        setting,
        log_loss,
        row_number() over (
            partition by candidate order by log_loss, length(setting), setting
        ) as setting_rank
    from losses

),

best_settings as (

    select
        candidate,
        setting,
        log_loss
    from ranked_settings
    where setting_rank = 1

),

best_validation as (

    select
        validation.candidate,
        validation.outcome,
        validation.probability
    from validation
    inner join best_settings
        on validation.candidate = best_settings.candidate
        and validation.setting = best_settings.setting

),

calibration as (

    {{ calibration_line('best_validation', ['candidate'], 'outcome', 'probability') | indent(4) }}

),

candidates as (

    select
        listed.candidate,
        listed.preference
    from (
        values
        {%- for candidate in return_candidates() %}
        ('{{ candidate }}', {{ loop.index }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (candidate, preference)

),

compared as (

    select
        candidates.candidate,
        best_settings.setting,
        best_settings.log_loss,
        -- A model that orders the wrong way round, or whose slope nobody knows, is left
        -- as it is: its log loss does not make it win.
        case
            when calibration.calibration_slope > 0 then calibration.calibration_slope else 1e0
        end as slope,
        row_number() over (
            order by best_settings.log_loss nulls last, candidates.preference
        ) as log_loss_rank
    from candidates
    left join best_settings
        on candidates.candidate = best_settings.candidate
    left join calibration
        on candidates.candidate = calibration.candidate
    where
        best_settings.candidate is not null
        or candidates.candidate = 'base_rate'

),

choice as (

    select
        candidate,
        setting,
        log_loss_rank = 1 as is_selected,
        log_loss,
        slope
    from compared

)

select * from choice
