{% macro channel_bit(channel_number, word) %}
{#-
    The channel number (0, 1, ...) as a bit of a bigint, so that bit_or() of a group's
    rows is their set of channels.  Sixty numbers to a word: `word` 1 holds 0 to 59,
    word 2 holds 60 to 119, and so on.  0 where the number is in another word.
-#}
    {{ return(adapter.dispatch('channel_bit', 'insight_engine')(channel_number, word)) }}
{% endmacro %}

{% macro duckdb__channel_bit(channel_number, word) -%}
    case
            when {{ channel_number }} between {{ 60 * (word - 1) }} and {{ 60 * word - 1 }}
                then cast(1 as bigint) << cast({{ channel_number }} - {{ 60 * (word - 1) }} as integer)
            else cast(0 as bigint)
        end
{%- endmacro %}

{% macro spark__channel_bit(channel_number, word) -%}
    case
            when {{ channel_number }} between {{ 60 * (word - 1) }} and {{ 60 * word - 1 }}
                then shiftleft(
                    cast(1 as bigint),
                    cast({{ channel_number }} - {{ 60 * (word - 1) }} as integer)
                )
            else cast(0 as bigint)
        end
{%- endmacro %}
