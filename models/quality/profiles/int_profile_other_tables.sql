-- One row per column of the tables that the setting profiled_relations names.
with

profiles as (

    {%- for name in profiled_relations() %}
    select * from (
        {{ column_profile(name, named_relation('profiled_relations', 'it has ', name)) | indent(8) }}
    ) as profile_{{ loop.index }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    {{ column_profile('', none) | indent(4) }}
    {%- endfor %}

)

select * from profiles
