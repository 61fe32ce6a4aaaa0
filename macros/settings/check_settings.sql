{% macro check_settings() %}
{#-
    Stop the run with one sentence when a setting in vars.yml cannot be meant.
-#}
    {%- if execute -%}
        {%- do number_setting('lookback_days', at_least=0, nullable=true) -%}
        {%- do number_setting('half_life_days', above=0) -%}
        {%- do number_setting('reallocation_step', at_least=0, at_most=1) -%}
        {%- do number_setting('plausible_amount', above=0) -%}
        {%- do number_setting('quarantine_warn_share', at_least=0, at_most=1) -%}
        {%- do number_setting('quarantine_error_share', at_least=0, at_most=1) -%}
        {%- do choice_setting('path_policy', ['independent', 'since_previous_conversion']) -%}
        {%- do choice_setting('conversion_scope', ['all_orders', 'first_orders']) -%}
        {%- do choice_setting('conversion_value', ['gross', 'net']) -%}
        {%- do boolean_setting('collapse_repeats') -%}
        {%- do boolean_setting('exclude_direct') -%}
        {%- do boolean_setting('check_reference') -%}
        {%- do position_weights() -%}
        {%- for setting in ['as_of', 'plausible_from', 'plausible_until'] -%}
            {%- if var(setting) is not none
                and not modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', var(setting) | string) -%}
                {{ raise_setting_error(setting, 'must be a date like 2025-12-31') }}
            {%- endif -%}
        {%- endfor -%}
        {%- if not modules.re.match('^[A-Za-z][A-Za-z0-9_+/-]*$', var('business_timezone') | string) -%}
            {{ raise_setting_error(
                'business_timezone', 'must be an IANA name like America/New_York') }}
        {%- endif -%}
        {%- for setting in ['column_names', 'file_names'] -%}
            {%- for table_name, value in (var(setting) or {}).items() -%}
                {%- if table_name not in raw_contract() -%}
                    {{ raise_setting_error(setting, "names the table '" ~ table_name
                        ~ "', but the raw tables are: " ~ (raw_contract().keys() | join(', '))) }}
                {%- endif -%}
                {%- if setting == 'column_names' -%}
                    {%- for column in value -%}
                        {%- if column not in raw_contract()[table_name]['columns'] -%}
                            {{ raise_setting_error(setting, "names the column '" ~ column
                                ~ "' of " ~ table_name ~ ', whose contract columns are: '
                                ~ (raw_contract()[table_name]['columns'].keys() | join(', '))) }}
                        {%- endif -%}
                    {%- endfor -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do checked_kpis() -%}
    {%- endif -%}
{% endmacro %}
