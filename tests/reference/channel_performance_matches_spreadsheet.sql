-- On the reference company channel_performance equals its spreadsheet.
{{ test_matches_spreadsheet(
    ref('channel_performance'),
    expected=ref('expected_channel_performance'),
    keys=['touch_month', 'channel', 'attribution_model'],
) }}
