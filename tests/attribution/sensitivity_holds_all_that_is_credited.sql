-- Whatever the value of a setting, a channel's share is of all conversions that were
-- looked at, and no channel that would be credited is left out.
select
    totals.setting,
    totals.setting_label,
    totals.attribution_model,
    totals.channel,
    totals.conversions,
    totals.sampled_conversions,
    sensitivity.conversion_share
from {{ ref('int_sensitivity_totals') }} as totals
left join {{ ref('attribution_sensitivity') }} as sensitivity
    on totals.setting = sensitivity.setting
    and totals.setting_label = sensitivity.setting_label
    and totals.attribution_model = sensitivity.attribution_model
    and totals.channel = sensitivity.channel
where
    coalesce(
        abs(
            sensitivity.conversion_share
            - totals.conversions / totals.sampled_conversions
        ),
        1
    ) > 1e-9
