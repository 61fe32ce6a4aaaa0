{% macro check_settings() %}
{#-
    Stop the run with one sentence when a setting in vars.yml cannot be meant.
-#}
    {%- if execute -%}
        {%- do number_setting('lookback_days', at_least=0, nullable=true) -%}
        {%- do number_setting('half_life_days', above=0) -%}
        {%- do number_setting('reallocation_step', at_least=0, at_most=1) -%}
        {%- do number_setting('plausible_amount', above=0) -%}
        {%- set warn_share = number_setting('quarantine_warn_share', at_least=0, at_most=1) -%}
        {%- do number_setting('quarantine_error_share', at_least=warn_share, at_most=1) -%}
        {%- do choice_setting('path_policy', ['independent', 'since_previous_conversion']) -%}
        {%- do choice_setting('conversion_scope', ['all_orders', 'first_orders']) -%}
        {%- do choice_setting('conversion_value', ['gross', 'net']) -%}
        {%- do boolean_setting('collapse_repeats') -%}
        {%- do boolean_setting('exclude_direct') -%}
        {%- do boolean_setting('check_reference') -%}
        {%- do position_weights() -%}
        {%- do segment_count() -%}
        {%- do integer_setting('history_months', at_least=1, at_most=120) -%}
        {%- do integer_setting('churn_horizon_days', at_least=30, at_most=365) -%}
        {%- do number_setting('churn_risk_threshold', at_least=0, at_most=1) -%}
        {%- do integer_setting('lapsed_after_days', at_least=1) -%}
        {%- do date_setting('as_of', nullable=true) -%}
        {%- set plausible_from = date_setting('plausible_from') -%}
        {%- set plausible_until = date_setting('plausible_until', nullable=true) -%}
        {%- if plausible_until is not none and plausible_until <= plausible_from -%}
            {{ raise_setting_error('plausible_until', 'must lie after plausible_from') }}
        {%- endif -%}
        {%- if not is_time_zone(var('business_timezone')) -%}
            {{ raise_setting_error(
                'business_timezone', 'must be an IANA name like America/New_York') }}
        {%- endif -%}
        {%- do timestamp_formats() -%}
        {%- do check_names() -%}
        {%- do checked_kpis() -%}
    {%- endif -%}
{% endmacro %}
