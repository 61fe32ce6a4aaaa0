{% macro raw_contract() %}
{#-
    The raw data contract: every raw table, whether it is required, and its
    columns with kind, need and the other names under which they are recognised.

    Returns a dict: table -> {required, files, columns}; columns: name ->
    {kind: id | text | timestamp | amount | count, required, aliases}.
    A contract name always wins over an alias; earlier aliases win over later.
    The columns that the setting return_extra_features names belong to orders, each
    as extra_<name>, with `setting`: what names them and how they are called there.
-#}
{%- set contract = {
    'touchpoints': {
        'required': true,
        'files': ['touchpoints', 'marketing_touchpoints'],
        'columns': {
            'touchpoint_id': {'kind': 'id', 'required': false, 'aliases': ['event_id', 'touch_id']},
            'customer_id': {'kind': 'id', 'required': true, 'aliases': ['user_id', 'customer', 'customerid']},
            'channel': {'kind': 'text', 'required': true, 'aliases': ['marketing_channel', 'channel_name']},
            'campaign': {'kind': 'text', 'required': false, 'aliases': ['campaign_name', 'utm_campaign']},
            'touched_at': {'kind': 'timestamp', 'required': true, 'aliases': ['timestamp', 'touch_timestamp', 'touchpoint_timestamp', 'event_timestamp', 'touch_time']},
        },
    },
    'orders': {
        'required': true,
        'files': ['orders', 'purchases'],
        'columns': {
            'order_id': {'kind': 'id', 'required': true, 'aliases': ['purchase_id', 'transaction_id', 'order_number']},
            'customer_id': {'kind': 'id', 'required': true, 'aliases': ['user_id', 'customer', 'customerid']},
            'ordered_at': {'kind': 'timestamp', 'required': true, 'aliases': ['timestamp', 'purchased_at', 'purchase_timestamp', 'order_timestamp', 'purchase_date', 'order_date']},
            'order_value': {'kind': 'amount', 'required': true, 'aliases': ['revenue', 'amount', 'purchase_value', 'purchase_amount', 'order_total', 'total', 'value']},
            'discount_amount': {'kind': 'amount', 'required': false, 'aliases': ['discount']},
            'product_category': {'kind': 'text', 'required': false, 'aliases': ['category']},
            'shipping_method': {'kind': 'text', 'required': false, 'aliases': ['shipping']},
            'status': {'kind': 'text', 'required': false, 'aliases': ['order_status']},
        },
    },
    'customers': {
        'required': false,
        'files': ['customers'],
        'columns': {
            'customer_id': {'kind': 'id', 'required': true, 'aliases': ['user_id', 'customer', 'customerid']},
            'created_at': {'kind': 'timestamp', 'required': true, 'aliases': ['signup_date', 'registered_at', 'timestamp']},
        },
    },
    'returns': {
        'required': false,
        'files': ['returns'],
        'columns': {
            'order_id': {'kind': 'id', 'required': true, 'aliases': ['purchase_id', 'transaction_id', 'order_number']},
            'returned_at': {'kind': 'timestamp', 'required': true, 'aliases': ['return_date', 'timestamp']},
            'refund_amount': {'kind': 'amount', 'required': true, 'aliases': ['refund', 'amount']},
            'processing_cost': {'kind': 'amount', 'required': false, 'aliases': ['return_cost']},
        },
    },
    'marketing_spend': {
        'required': false,
        'files': ['marketing_spend', 'spend', 'ad_spend'],
        'columns': {
            'spend_date': {'kind': 'date', 'required': true, 'aliases': ['date', 'day']},
            'channel': {'kind': 'text', 'required': true, 'aliases': ['marketing_channel', 'channel_name']},
            'campaign': {'kind': 'text', 'required': false, 'aliases': ['campaign_name', 'utm_campaign']},
            'spend': {'kind': 'amount', 'required': true, 'aliases': ['cost', 'amount']},
        },
    },
    'email_events': {
        'required': false,
        'files': ['email_events'],
        'columns': {
            'event_id': {'kind': 'id', 'required': true, 'aliases': ['email_event_id']},
            'customer_id': {'kind': 'id', 'required': true, 'aliases': ['user_id', 'customer', 'customerid']},
            'event_type': {'kind': 'text', 'required': true, 'aliases': ['event', 'type']},
            'occurred_at': {'kind': 'timestamp', 'required': true, 'aliases': ['timestamp', 'event_timestamp']},
        },
    },
    'web_sessions': {
        'required': false,
        'files': ['web_sessions', 'sessions'],
        'columns': {
            'session_hour': {'kind': 'timestamp', 'required': true, 'aliases': ['hour', 'timestamp']},
            'channel': {'kind': 'text', 'required': true, 'aliases': ['marketing_channel', 'channel_name']},
            'sessions': {'kind': 'count', 'required': true, 'aliases': ['session_count', 'visits']},
        },
    },
} -%}
{%- for feature in return_extra_features() -%}
    {%- do contract['orders']['columns'].update({feature.column: {
        'kind': 'text',
        'required': true,
        'aliases': [feature.given],
        'setting': {'name': 'return_extra_features', 'wanted': feature.given},
    }}) -%}
{%- endfor -%}
{{ return(contract) }}
{% endmacro %}
