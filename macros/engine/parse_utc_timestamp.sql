{% macro parse_utc_timestamp(text) %}
{#-
    A text as a UTC timestamp: ISO 8601, an offset honoured, no offset meaning
    UTC; then the formats of the setting timestamp_formats.  NULL where none
    fits: 01/02/2024 is two days, so it is never guessed.
-#}
    {{ return(adapter.dispatch('parse_utc_timestamp', 'insight_engine')(text)) }}
{% endmacro %}

{% macro duckdb__parse_utc_timestamp(text) -%}
    {%- set formats = timestamp_formats() -%}
    coalesce(
        timezone('UTC', try_cast(trim({{ text }}) as timestamptz))
        {%- if formats %},
        try_strptime(trim({{ text }}), {{ formats }})
        {%- endif %}
    )
{%- endmacro %}

{% macro spark__parse_utc_timestamp(text) -%}
    {#- Spark would also read a bare year, a month or a time of today. -#}
    {%- set formats = timestamp_formats() -%}
    coalesce(
        case
            when trim({{ text }}) rlike '^[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}($|[ T])'
                then try_cast(trim({{ text }}) as timestamp)
        end
        {%- for format in formats %},
        try_to_timestamp(trim({{ text }}), '{{ spark__timestamp_pattern(format) }}')
        {%- endfor %}
    )
{%- endmacro %}

{% macro spark__timestamp_pattern(format) %}
{#- A format of strptime as a pattern of Java's DateTimeFormatter. -#}
    {%- set letters = {
        'd': 'd', 'm': 'M', 'Y': 'yyyy', 'y': 'yy', 'H': 'H', 'I': 'h', 'M': 'm', 'S': 's',
        'f': 'SSSSSS', 'g': 'SSS', 'p': 'a', 'b': 'MMM', 'h': 'MMM', 'B': 'MMMM', 'j': 'D',
        'z': 'XX', '%': '%%',
    } -%}
    {%- set pattern = [] -%}
    {%- for part in modules.re.findall('%-?.|[^%]+', format) -%}
        {%- if part[0] != '%' -%}
            {%- do pattern.append(modules.re.sub('[A-Za-z]+', "''\\g<0>''", part)) -%}
        {%- elif part[-1] in letters -%}
            {%- do pattern.append(letters[part[-1]]) -%}
        {%- else -%}
            {{ raise_setting_error('timestamp_formats', 'on Spark cannot hold ' ~ part) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(pattern | join) }}
{% endmacro %}
