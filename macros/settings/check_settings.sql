{% macro check_settings() %}
{#-
    Stop the run with one sentence when a setting in vars.yml cannot be meant.
-#}
    {%- if execute -%}
        {%- do number_setting('lookback_days', at_least=0, nullable=true) -%}
        {%- do number_setting('half_life_days', above=0) -%}
        {%- do number_setting('late_arrival_days', at_least=0) -%}
        {%- do number_list_setting('sensitivity_lookback_days', at_least=0) -%}
        {%- do number_list_setting('sensitivity_half_life_days', above=0) -%}
        {%- do integer_setting('sensitivity_conversions', at_least=1) -%}
        {%- do markov_order() -%}
        {%- do choice_setting(
            'shapley_value_function', ['subset_rate', 'exact_rate', 'subset_count']) -%}
        {%- do number_setting('shapley_permutations', at_least=100) -%}
        {%- do number_setting('random_seed', at_least=0) -%}
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
        {%- do integer_setting('return_window_days', at_least=1, at_most=365) -%}
        {%- do return_extra_features() -%}
        {%- do number_setting('return_test_share', at_least=0.05, at_most=0.9) -%}
        {%- do number_setting('return_processing_cost', at_least=0, nullable=true) -%}
        {%- do number_setting('return_value_loss_share', at_least=0, at_most=1) -%}
        {%- do number_setting('return_intervention_cost', at_least=0) -%}
        {%- do number_setting('return_intervention_success', at_least=0, at_most=1) -%}
        {%- set drift_warning = number_setting('drift_warning_level', above=0) -%}
        {%- do number_setting('drift_critical_level', at_least=drift_warning) -%}
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
        {%- do choice_setting('monitoring_attribution_model', attribution_models()) -%}
        {%- for name in [
            'anomaly_daily_drop_z', 'anomaly_daily_spike_z', 'anomaly_hourly_drop_z',
            'anomaly_hourly_spike_z', 'anomaly_large_z', 'anomaly_large_rise',
            'anomaly_iqr_fence',
        ] -%}
            {%- do number_setting(name, above=0) -%}
        {%- endfor -%}
        {%- do number_setting('anomaly_large_drop', above=0, at_most=1) -%}
        {%- do number_setting('anomaly_contamination', above=0, at_most=0.5) -%}
        {%- do number_setting('anomaly_relative_floor', at_least=0, at_most=1) -%}
        {%- do absolute_floor('metric') -%}
        {%- for name in ['anomaly_daily_shift_periods', 'anomaly_hourly_shift_periods'] -%}
            {%- do number_setting(name, at_least=50) -%}
        {%- endfor -%}
        {%- do number_setting('monitoring_late_days', at_least=1) -%}
        {%- do choice_setting('alert_min_severity', ['info', 'warning', 'critical']) -%}
        {%- do known_events_count() -%}
        {%- do timestamp_formats() -%}
        {%- do check_names() -%}
        {%- do forecast_periods('forecast_horizons') -%}
        {%- do forecast_periods('forecast_backtests', at_least=0) -%}
        {%- do forecast_attribution_model() -%}
        {%- do checked_kpis() -%}
        {%- do checked_hypothesis_tests() -%}
        {%- do number_setting('significance_level', above=0, at_most=0.5) -%}
        {%- do p_value_correction() -%}
        {%- do quality_weights() -%}
        {%- do timeliness_days() -%}
        {%- do profiled_relations() -%}
    {%- endif -%}
{% endmacro %}
