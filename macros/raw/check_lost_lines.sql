{% macro check_lost_lines(part, lines, rows, line_breaks, holds_lines) %}
{#-
    Stop the run where a CSV file has lines that stand in no row, or a value that holds
    whole rows: a double quote was opened and not closed.

    Arguments:
        part: the part of a raw table, with the facts of its file.
        lines: lines of the file below its header.
        rows: rows that were read of it.
        line_breaks: line breaks inside their values.
        holds_lines: whether a quoted value looks like whole lines.
-#}
    {%- if rows + line_breaks < lines or holds_lines -%}
        {{ raise_raw_error(
            part.facts['path'] ~ ' has ' ~ lines ~ ' lines below its header but '
            ~ rows ~ ' rows, and '
            ~ ('a quoted value holds whole lines' if holds_lines
               else (lines - rows - line_breaks) ~ ' of the lines are in no row')
            ~ ': a double quote is probably opened and not closed; write a quote'
            ~ ' inside a value twice ("") and export it again.') }}
    {%- endif -%}
{% endmacro %}
