-- On the reference company int_business_metrics equals its spreadsheet.
{{ test_matches_spreadsheet(
    ref('int_business_metrics'),
    expected=ref('expected_business_metrics'),
    keys=['period_start'],
) }}
