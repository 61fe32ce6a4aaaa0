{% macro return_extra_features() %}
{#-
    The setting return_extra_features: further columns of the orders table that the
    return model may use.

    Written as a list of names, or as names with their kind (brand: categorical).
    Returns a list of dicts: `given` (the name as written), `name` (as a feature),
    `column` (in staging: extra_<name>), `kind` (categorical, numeric, date or auto).
    Errors: another shape, a column that is a feature anyway or tells what happened
    after the order, the same column twice, an unknown kind.
-#}
{%- set kinds = ['auto', 'categorical', 'numeric', 'date'] -%}
{%- set setting = 'return_extra_features' -%}
{%- set given = [] if var(setting) is none else var(setting) -%}
{%- set shape = 'must be a list of columns like [brand, size], or columns with kinds like'
    ~ ' {brand: categorical, weight: numeric}' -%}
{%- if given is string or given is number or given is not iterable -%}
    {{ raise_setting_error(setting, shape) }}
{%- endif -%}
{%- set pairs = [] -%}
{%- if given is mapping -%}
    {%- for name, kind in given.items() -%}
        {%- do pairs.append((name, kind)) -%}
    {%- endfor -%}
{%- else -%}
    {%- for item in given -%}
        {%- if item is mapping -%}
            {%- for name, kind in item.items() -%}
                {%- do pairs.append((name, kind)) -%}
            {%- endfor -%}
        {%- else -%}
            {%- do pairs.append((item, 'auto')) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endif -%}
{%- set features, seen = [], [] -%}
{%- for given_name, given_kind in pairs -%}
    {%- set kind = 'auto' if given_kind is none else given_kind | string | trim | lower -%}
    {%- if given_name is not string or given_name | trim == '' -%}
        {{ raise_setting_error(setting, shape) }}
    {%- elif kind not in kinds -%}
        {{ raise_setting_error(setting, "gives '" ~ given_name ~ "' the kind '" ~ given_kind
            ~ "', but kinds are: " ~ (kinds | join(', '))) }}
    {%- endif -%}
    {%- set name = modules.re.sub('[^a-z0-9]+', '_', given_name | trim | lower).strip('_') -%}
    {%- if name == '' -%}
        {{ raise_setting_error(setting, shape) }}
    {%- elif name in ['order_value', 'discount_amount', 'product_category', 'shipping_method'] -%}
        {{ raise_setting_error(setting, "names '" ~ given_name ~ "', which is a feature anyway") }}
    {%- elif name in ['order_id', 'customer_id', 'ordered_at'] -%}
        {{ raise_setting_error(setting, "names '" ~ given_name
            ~ "', whose part is taken by the other features") }}
    {%- elif name in ['status', 'order_status'] -%}
        {{ raise_setting_error(setting, "names '" ~ given_name
            ~ "', which changes after the order: a returned order is called refunded") }}
    {%- elif name in seen -%}
        {{ raise_setting_error(setting, "names '" ~ given_name ~ "' twice") }}
    {%- endif -%}
    {%- do seen.append(name) -%}
    {%- do features.append({
        'given': given_name | trim, 'name': name, 'column': 'extra_' ~ name, 'kind': kind}) -%}
{%- endfor -%}
{{ return(features) }}
{% endmacro %}
