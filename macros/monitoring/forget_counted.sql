{% macro forget_counted(stored) %}
{#- Statement that deletes from `stored` what is about to be counted anew. -#}
    {%- set from_date = counted_from(stored) -%}
    {%- if not is_incremental() -%}
        {{ return('') }}
    {%- elif from_date -%}
        {{ return("delete from " ~ stored ~ " where business_date >= date '" ~ from_date ~ "'") }}
    {%- endif -%}
    {{ return('delete from ' ~ stored) }}
{% endmacro %}
