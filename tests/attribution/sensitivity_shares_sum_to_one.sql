-- Whatever the value of a setting, all of the conversions are shared out.
select
    setting,
    setting_label,
    attribution_model,
    sum(conversion_share) as conversion_share,
    sum(conversion_share_shift) as conversion_share_shift
from {{ ref('attribution_sensitivity') }}
group by setting, setting_label, attribution_model
having
    coalesce(abs(sum(conversion_share) - 1), 1) > 1e-9
    or coalesce(abs(sum(conversion_share_shift)), 1) > 1e-9
