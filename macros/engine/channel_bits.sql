{% macro channel_bits(channel_number, word) %}
{#-
    Aggregate: the set of channel numbers (0, 1, ...) of a group's rows as bits of
    a bigint.  Sixty numbers to a word: `word` 1 holds 0 to 59, word 2 holds 60 to
    119, and so on.  0 where the word has none.
-#}
    {{ return(adapter.dispatch('channel_bits', 'insight_engine')(channel_number, word)) }}
{% endmacro %}

{% macro duckdb__channel_bits(channel_number, word) -%}
    bit_or(
        case
            when {{ channel_number }} between {{ 60 * (word - 1) }} and {{ 60 * word - 1 }}
                then cast(1 as bigint) << cast({{ channel_number }} - {{ 60 * (word - 1) }} as integer)
            else cast(0 as bigint)
        end
    )
{%- endmacro %}

{% macro spark__channel_bits(channel_number, word) -%}
    bit_or(
        case
            when {{ channel_number }} between {{ 60 * (word - 1) }} and {{ 60 * word - 1 }}
                then shiftleft(
                    cast(1 as bigint),
                    cast({{ channel_number }} - {{ 60 * (word - 1) }} as integer)
                )
            else cast(0 as bigint)
        end
    )
{%- endmacro %}
