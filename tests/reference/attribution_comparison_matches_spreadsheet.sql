-- On the reference company attribution_comparison equals its spreadsheet.
{{ test_matches_spreadsheet(
    ref('attribution_comparison'),
    expected=ref('expected_attribution_comparison'),
    keys=['channel', 'attribution_model'],
) }}
