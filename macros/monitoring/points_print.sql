{% macro points_print() %}
{#-
    Aggregate over int_series_points: a text that differs where any of its points, a
    setting that expectations and scores depend on, or the SQL of their models differs.
-#}
    {%- set parts = ['floor=' ~ scale_floor()] -%}
    {%- for name in ['int_coarse_expectations', 'int_expectations', 'int_scored_points'] -%}
        {%- set node = project_node(name) -%}
        {%- do parts.append(node.raw_code if node else '') -%}
    {%- endfor -%}
    {{ return(
        row_checksum(judged_columns())
        ~ " || ' " ~ local_md5(parts | join(';')) ~ "'"
    ) }}
{% endmacro %}
