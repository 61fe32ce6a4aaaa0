-- Every cut-off's horizon was over on the evening of the scores that rest on it; nobody is
-- both learned from and tested on one date; who is flagged is flagged ahead.
select
    'cut-off later than its scores allow' as problem,
    count(*) as occurrences
from {{ ref('int_churn_cutoffs') }}
where
    {{ date_plus_days('cutoff_date', integer_setting('churn_horizon_days')) }} > score_date
having count(*) > 0

union all

select
    'test customers on a training date' as problem,
    count(*) as occurrences
from {{ ref('int_churn_predictions') }} as predictions
inner join {{ ref('int_churn_cutoffs') }} as cutoffs
    on predictions.score_date = cutoffs.score_date
    and predictions.snapshot_date = cutoffs.cutoff_date
where predictions.data_split = 'test'
having count(*) > 0

union all

select
    'flagged less than 30 days ahead' as problem,
    count(*) as occurrences
from {{ ref('churn_risk') }}
where
    is_at_risk
    and {{ days_from('as_of', 'horizon_ends_on') }} < 30
having count(*) > 0
