-- On the reference company forecast_accuracy equals its spreadsheet, for the seasonal
-- naive forecast of the company's days: no formula of a spreadsheet computes the others.
{{ test_matches_spreadsheet(
    '(select * from ' ~ ref('forecast_accuracy')
    ~ " where series = 'company' and grain = 'day' and model = 'seasonal_naive')",
    expected=ref('expected_forecast_accuracy'),
    keys=['series', 'grain', 'model', 'horizon'],
) }}
