-- On the reference company kpi_values equals its spreadsheet. Left out are KPIs of
-- fitted models, which no formula of a spreadsheet computes.
{{ test_matches_spreadsheet(
    '(select * from ' ~ ref('kpi_values')
    ~ " where kpi not in ('vip_retention_rate', 'at_risk_customers', 'forecast_error'))",
    expected=ref('expected_kpi_values'),
    keys=['kpi', 'period_start'],
) }}
