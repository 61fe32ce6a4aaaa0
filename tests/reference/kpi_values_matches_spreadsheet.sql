-- On the reference company kpi_values equals its spreadsheet.
{{ test_matches_spreadsheet(
    ref('kpi_values'),
    expected=ref('expected_kpi_values'),
    keys=['kpi', 'period_start'],
) }}
