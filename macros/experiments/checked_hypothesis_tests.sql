{% macro checked_hypothesis_tests() %}
{#-
    The statistical tests declared in the setting hypothesis_tests, checked, with
    defaults filled in.

    Returns a list of dicts: name, question, relation, metric, trials, groups,
    baseline, where, kind; what was not given is none.
    Errors, each one sentence: a missing or unknown key, a duplicate name, a kind
    that does not exist, keys that do not go together, an expression that is not one.
-#}
    {%- set known_keys = ['name', 'question', 'relation', 'metric', 'trials', 'groups',
        'baseline', 'where', 'kind'] -%}
    {%- set kinds = ['auto'] + (test_kinds().keys() | list) -%}
    {%- set declared = var('hypothesis_tests') -%}
    {%- set declared = [] if declared is none else declared -%}
    {%- if declared is string or declared is mapping or declared is not iterable -%}
        {{ raise_setting_error('hypothesis_tests', 'must be a list of tests') }}
    {%- endif -%}
    {%- set tests = [] -%}
    {%- set names = [] -%}
    {%- for test in declared -%}
        {%- set name = (test['name'] | string) if test is mapping and test.get('name')
            else 'number ' ~ loop.index -%}
        {%- if test is not mapping -%}
            {{ raise_test_error(name, 'must be a list of keys and values') }}
        {%- endif -%}
        {%- for key in test -%}
            {%- if key not in known_keys -%}
                {{ raise_test_error(name, "has the unknown key '" ~ key ~ "'; known keys: "
                    ~ (known_keys | join(', '))) }}
            {%- endif -%}
        {%- endfor -%}
        {%- if test.get('name') is none or test['name'] is not string -%}
            {{ raise_test_error(name, 'has no name') }}
        {%- endif -%}
        {%- if not modules.re.match('^[a-z][a-z0-9_]*$', name) -%}
            {{ raise_test_error(name, 'must have a name in snake case') }}
        {%- endif -%}
        {%- if name in names -%}
            {{ raise_test_error(name, 'is declared twice; names must differ') }}
        {%- endif -%}
        {%- do names.append(name) -%}
        {%- set kind = test.get('kind') or 'auto' -%}
        {%- if kind not in kinds -%}
            {{ raise_test_error(name, "has the kind '" ~ kind ~ "', but kinds are: "
                ~ (kinds | join(', '))) }}
        {%- endif -%}
        {%- if test.get('metric') is none -%}
            {{ raise_test_error(name, 'has no metric') }}
        {%- endif -%}
        {%- if kind == 'shapiro_wilk' -%}
            {%- for key in ['groups', 'baseline', 'trials'] -%}
                {%- if test.get(key) is not none -%}
                    {{ raise_test_error(name, 'has ' ~ key ~ ', but shapiro_wilk looks at all'
                        ~ ' values of one metric; narrow them down with where') }}
                {%- endif -%}
            {%- endfor -%}
        {%- elif test.get('groups') is none -%}
            {{ raise_test_error(name, 'has no groups') }}
        {%- endif -%}
        {%- if test.get('trials') is not none and kind != 'auto'
            and test_kinds()[kind]['metric'] != 'yes_no' -%}
            {{ raise_test_error(name, 'has trials, which make the metric a share, but ' ~ kind
                ~ ' compares numbers; with trials the kind is auto, chi_square,'
                ~ ' chi_square_yates or fisher_exact') }}
        {%- endif -%}
        {%- for key in ['metric', 'trials', 'groups', 'where'] -%}
            {%- if test.get(key) is not none -%}
                {%- do check_test_expression(name, key, test[key]) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if test.get('question') is not none and test['question'] is not string -%}
            {{ raise_test_error(name, 'has a question that is not a text') }}
        {%- endif -%}
        {%- if test.get('baseline') is mapping or (test.get('baseline') is iterable
            and test.get('baseline') is not string) -%}
            {{ raise_test_error(name, 'has a baseline that is not the name of one group') }}
        {%- endif -%}
        {%- set relation = test.get('relation') or 'int_experiment_orders' -%}
        {%- if relation is not string
            or not modules.re.match('^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*){0,2}$', relation) -%}
            {{ raise_test_error(name, 'has a relation that is neither the name of a model or'
                ~ ' seed nor schema.table') }}
        {%- endif -%}
        {%- do tests.append({
            'name': name,
            'question': test.get('question') or name | replace('_', ' ') | capitalize,
            'relation': relation,
            'metric': test['metric'],
            'trials': test.get('trials'),
            'groups': test.get('groups'),
            'baseline': none if test.get('baseline') is none
                else (test['baseline'] | string | lower if test['baseline'] is boolean
                      else test['baseline'] | string),
            'where': test.get('where'),
            'kind': kind,
        }) -%}
    {%- endfor -%}
    {{ return(tests) }}
{% endmacro %}
