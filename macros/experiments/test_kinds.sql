{% macro test_kinds() %}
{#-
    The statistical tests there are, by the name used in hypothesis_tests.

    Returns a dict: kind -> {groups: two | any | none (how many it compares),
    metric: number | yes_no (what it is about), label, hypothesis (what is assumed
    until the data say otherwise)}.
-#}
    {{ return({
        'welch_t': {
            'groups': 'two', 'metric': 'number', 'label': "Welch's t-test",
            'hypothesis': 'both groups have the same mean',
        },
        'mann_whitney': {
            'groups': 'two', 'metric': 'number', 'label': 'Mann–Whitney U test',
            'hypothesis': 'a value of one group is as likely to lie above as below one of the other',
        },
        'welch_anova': {
            'groups': 'any', 'metric': 'number', 'label': "Welch's analysis of variance",
            'hypothesis': 'all groups have the same mean',
        },
        'anova': {
            'groups': 'any', 'metric': 'number', 'label': 'analysis of variance (equal variances)',
            'hypothesis': 'all groups have the same mean',
        },
        'kruskal_wallis': {
            'groups': 'any', 'metric': 'number', 'label': 'Kruskal–Wallis H test',
            'hypothesis': 'no group tends to larger values than another',
        },
        'chi_square': {
            'groups': 'any', 'metric': 'yes_no', 'label': "Pearson's chi-square test",
            'hypothesis': 'all groups have the same share',
        },
        'chi_square_yates': {
            'groups': 'two', 'metric': 'yes_no',
            'label': "chi-square test with Yates' continuity correction",
            'hypothesis': 'both groups have the same share',
        },
        'fisher_exact': {
            'groups': 'two', 'metric': 'yes_no', 'label': "Fisher's exact test",
            'hypothesis': 'both groups have the same share',
        },
        'shapiro_wilk': {
            'groups': 'none', 'metric': 'number', 'label': 'Shapiro–Wilk test',
            'hypothesis': 'the values come from a normal distribution',
        },
    }) }}
{% endmacro %}
