{% macro rejection(checks) %}
{#-
    The first reason to reject a row, NULL for a sound row.
    `checks`: list of (condition, reason), judged in this order.
-#}
    {%- set lines = ['when _malformed_reason is not null then _malformed_reason'] -%}
    {%- for condition, reason in checks -%}
        {%- do lines.append('when ' ~ condition ~ " then '" ~ reason ~ "'") -%}
    {%- endfor -%}
    {{ return('case ' ~ (lines | join(' ')) ~ ' end') }}
{% endmacro %}
