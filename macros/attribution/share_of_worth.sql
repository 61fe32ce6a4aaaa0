{% macro share_of_worth(worth, partition_by) %}
{#-
    A channel's share of what all channels of a fit are worth together; NULL where
    that is nothing (or less): there is no share to speak of.  Single worths may be
    negative. A total of 10^-12 is nothing, however small its parts are.
    Arguments:
        worth: a column of doubles, one row a channel.
        partition_by: list of the columns that tell fits apart.
-#}
    {%- set window = 'partition by ' ~ (partition_by | join(', ')) -%}
    {%- set total = stable_sum(worth, over=window, decimals=18) -%}
    {{ return(
        'case when ' ~ total ~ ' > 1e-12 then '
        ~ share_of_total(worth, partition_by, decimals=18) ~ ' end'
    ) }}
{% endmacro %}
