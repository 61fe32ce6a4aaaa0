{% macro share_of_worth(worth, partition_by) %}
{#-
    A channel's share of what all channels of a fit are worth together; NULL where
    that is nothing (or less): there is no share to speak of.  Single worths may be
    negative.
    Arguments:
        worth: a column of doubles, one row a channel.
        partition_by: list of the columns that tell fits apart.
-#}
    {{ return(share_of_total(worth, partition_by, decimals=18, nothing='1e-12')) }}
{% endmacro %}
