-- On the reference company conversion_paths equals its spreadsheet.
{{ test_matches_spreadsheet(
    ref('conversion_paths'),
    expected=ref('expected_conversion_paths'),
    keys=['path'],
) }}
