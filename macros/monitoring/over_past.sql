{% macro over_past(name, source, told, measures, news, keys=['series_id', 'scale_class'],
        place='place', rows='365 preceding', until='1 preceding') %}
{#-
    CTE `name`: the rows of the CTE `source` with what earlier rows tell of each.
    Where only news are judged, source holds no others, the CTE `stored` holds the
    earlier rows, and they are joined: a window would pass over all of them.
    Arguments:
        told: column -> aggregate, over the window `past` where `news` is none (see
            over_window), else of a group.
        measures: columns the aggregates read.
        keys, place: columns of a row's kind, and its number among them, without gaps.
        rows, until: the frame, such as 365 preceding, current row.
-#}
{%- if not news %}
{{ name }} as (

    select
        *,
        {%- for column, aggregate in told.items() %}
        {{ aggregate }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
    window past as (
        partition by {{ keys | join(', ') }}
        order by step
        rows between {{ rows }} and {{ until }}
    )

)
{%- else %}
{%- set columns = (['series_id', 'step'] + keys + [place]) | unique | list %}
{{ name }}_past as (

    {%- for rows_of in ['stored', source] %}
    select
        {%- for column in columns + measures if column != 'step' or place == 'step' %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ rows_of }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

{{ name }}_told as (

    select
        points.series_id,
        points.step,
        {%- for column, aggregate in told.items() %}
        {{ aggregate }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select {{ columns | join(', ') }} from {{ source }}) as points
    left join {{ name }}_past as earlier
        on
        {%- for key in keys %}
        points.{{ key }} = earlier.{{ key }}
        and
        {%- endfor %}
        earlier.{{ place }} between points.{{ place }} - {{ rows.split(' ')[0] }}
        and points.{{ place }} - {{ 0 if until == 'current row' else until.split(' ')[0] }}
    group by points.series_id, points.step

),

{{ name }} as (

    select
        {{ source }}.*,
        {%- for column in told %}
        {{ name }}_told.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
    inner join {{ name }}_told
        on
        {{ source }}.series_id = {{ name }}_told.series_id
        and {{ source }}.step = {{ name }}_told.step

)
{%- endif %}
{%- endmacro %}
