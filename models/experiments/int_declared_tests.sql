-- One row per statistical test, as declared in vars.yml.
{%- set texts = ['question', 'relation', 'metric', 'trials', 'groups', 'baseline', 'where', 'kind'] %}
with

declared_tests as (

    {%- for test in checked_hypothesis_tests() %}
    select
        '{{ test.name }}' as test_name,
        {%- for text in texts %}
        {%- set value = test[text] %}
        cast({{ 'null' if value is none else "'" ~ (value | replace("'", "''")) ~ "'" }} as varchar)
            as {{ {'groups': 'group_expression', 'where': 'row_filter', 'metric': 'metric_expression',
                'trials': 'trials_expression', 'baseline': 'declared_baseline', 'kind': 'declared_kind',
                }.get(text, text) }},
        {%- endfor %}
        {{ loop.index }} as display_order
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select
        cast(null as varchar) as test_name,
        cast(null as varchar) as question,
        cast(null as varchar) as relation,
        cast(null as varchar) as metric_expression,
        cast(null as varchar) as trials_expression,
        cast(null as varchar) as group_expression,
        cast(null as varchar) as declared_baseline,
        cast(null as varchar) as row_filter,
        cast(null as varchar) as declared_kind,
        0 as display_order
    where false
    {%- endfor %}

)

select * from declared_tests
