-- One row per statistical test, as declared in vars.yml.
{%- set texts = ['question', 'relation', 'metric', 'trials', 'groups', 'baseline', 'where', 'kind'] %}
with

declared_tests as (

    {%- for test in checked_hypothesis_tests() %}
    select
        '{{ test.name }}' as test_name,
        {%- for text in texts %}
        {%- set value = test[text] %}
        cast({{ 'null' if value is none else "'" ~ (value | replace("'", "''")) ~ "'" }} as string)
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
        cast(null as string) as test_name,
        cast(null as string) as question,
        cast(null as string) as relation,
        cast(null as string) as metric_expression,
        cast(null as string) as trials_expression,
        cast(null as string) as group_expression,
        cast(null as string) as declared_baseline,
        cast(null as string) as row_filter,
        cast(null as string) as declared_kind,
        0 as display_order
    where false
    {%- endfor %}

)

select * from declared_tests
