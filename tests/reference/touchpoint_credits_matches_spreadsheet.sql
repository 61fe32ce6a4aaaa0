-- On the reference company touchpoint_credits equals its spreadsheet.
{{ test_matches_spreadsheet(
    ref('touchpoint_credits'),
    expected=ref('expected_touchpoint_credits'),
    keys=['conversion_id', 'touchpoint_id'],
) }}
