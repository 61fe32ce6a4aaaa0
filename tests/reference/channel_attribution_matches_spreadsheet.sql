-- On the reference company channel_attribution equals its spreadsheet.
{{ test_matches_spreadsheet(
    ref('channel_attribution'),
    expected=ref('expected_channel_attribution'),
    keys=['conversion_month', 'channel', 'attribution_model'],
) }}
