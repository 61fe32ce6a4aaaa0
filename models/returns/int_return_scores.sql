-- One row per order: the calibrated log-odds and probability of a return by each
-- candidate, and those of the chosen one. Calibration scales the distance of the log-odds
-- from where the model starts. Without the Python models nothing is known.
{%- set candidates = return_candidates() %}
{%- set columns = {'order_id': 'string'} %}
{%- for candidate in candidates %}
{%- do columns.update({candidate: 'double', candidate ~ '_start': 'double'}) %}
{%- endfor %}
with

scores as (

    {{ edge_rows('ml_return_scores', columns.items()) }}

),

choice as (

    select
        {%- for candidate in candidates %}
        max(case when candidate = '{{ candidate }}' then slope end) as {{ candidate }}_slope,
        {%- endfor %}
        max(case when is_selected then candidate end) as candidate,
        max(case when is_selected then slope end) as slope
    from {{ ref('int_return_choice') }}

),

calibrated as (

    select
        scores.order_id,
        choice.candidate,
        {%- for candidate in candidates %}
        case
            when scores.{{ candidate }} <> cast('NaN' as double)
                then
                    scores.{{ candidate }}_start
                    + choice.{{ candidate }}_slope
                    * (scores.{{ candidate }} - scores.{{ candidate }}_start)
        end as {{ candidate }},
        scores.{{ candidate }}_start,
        {%- endfor %}
        choice.slope
    from scores
    cross join choice

),

chosen as (

    select
        *,
        case candidate
            {%- for candidate in candidates %}
            when '{{ candidate }}' then {{ candidate }}
            {%- endfor %}
        end as log_odds,
        case candidate
            {%- for candidate in candidates %}
            when '{{ candidate }}' then {{ candidate }}_start
            {%- endfor %}
        end as base_log_odds
    from calibrated

),

return_scores as (

    select
        order_id,
        candidate,
        slope,
        base_log_odds,
        log_odds,
        {%- for candidate in candidates %}
        {{ log_odds_probability(candidate) }} as {{ candidate }},
        {%- endfor %}
        {{ log_odds_probability('log_odds') }} as probability
    from chosen

)

select * from return_scores
