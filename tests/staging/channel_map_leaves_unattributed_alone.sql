-- 'unattributed' is the name of conversions without a touch; a channel of that
-- name could not be told from them.
select alias
from {{ ref('channel_map') }}
where channel = 'unattributed'
