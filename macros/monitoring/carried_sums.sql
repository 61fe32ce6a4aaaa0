{% macro carried_sums(name, source, sums, news) %}
{#-
    CTE `name`: the rows of the CTE `source`, whose running `sums` (names of columns)
    began at the first row that was read. Where only news are judged (`news`), that is
    not the first of the series: they carry on from the stored sum before them.
-#}
{{ name }} as (

    select
        *{{ ',' if news }}
        {%- if news %}
        {%- for sum in sums %}
        case
            when not is_new then stored_{{ sum }}
            when read_{{ sum }} is not null or max(
                case when step = first_step - 1 then stored_{{ sum }} end
            ) over in_series is not null
                then
                    coalesce(read_{{ sum }}, 0)
                    - coalesce(max(
                        case
                            when step = first_step - 1
                                then coalesce(read_{{ sum }}, 0) - coalesce(stored_{{ sum }}, 0)
                        end
                    ) over in_series, 0)
        end as {{ sum }}
        {{- ',' if not loop.last }}
        {%- endfor %}
        {%- endif %}
    from {{ source }}
    {%- if news %}
    window in_series as (partition by series_id)
    {%- endif %}

)
{%- endmacro %}
