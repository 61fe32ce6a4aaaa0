-- One row per row of a test's relation: its group and its value.
-- depends_on: {{ ref('int_experiment_orders') }}
-- depends_on: {{ ref('int_experiment_days') }}
with

observations as (

    {%- for test in checked_hypothesis_tests() %}
    select
        '{{ test.name }}' as test_name,
        {%- if test.groups is none %}
        'all rows' as group_name,
        {%- else %}
        cast(({{ test.groups }}) as string) as group_name,
        {%- endif %}
        cast(({{ test.metric }}) as double) as value,
        cast({{ '1' if test.trials is none else '(' ~ test.trials ~ ')' }} as double) as trials
    from {{ test_relation(test) }} as tested
    {%- if test.where is not none %}
    where ({{ test.where }})
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select
        cast(null as string) as test_name,
        cast(null as string) as group_name,
        cast(null as double) as value,
        cast(null as double) as trials
    where false
    {%- endfor %}

),

-- What is no number, or none that can be squared, cannot be compared.
judged as (

    select
        test_name,
        group_name,
        coalesce(
            group_name is not null
            and abs(value) <= 1e100
            and abs(trials) <= 1e100,
            false
        ) as is_usable,
        value,
        trials
    from observations

)

select * from judged
