-- On the reference company campaign_performance equals its spreadsheet.
{{ test_matches_spreadsheet(
    ref('campaign_performance'),
    expected=ref('expected_campaign_performance'),
    keys=['touch_month', 'channel', 'campaign', 'attribution_model'],
) }}
