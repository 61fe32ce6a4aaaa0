"""Turn the lines of the Online Retail export into the raw data contract.

    python docs/examples/online_retail.py online_retail.parquet --output my_shop

The export (UCI Machine Learning Repository, data set 352) holds invoice lines:
InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID,
Country. Written to the output folder:

    orders.csv       one row per invoice: the value of its sales
    returns.csv      one row per credited invoice and moment
    touchpoints.csv  invented marketing touches, because the export has none
    left_out.csv     every line that is in neither orders nor returns, with a reason

Each line goes to exactly one place; a table printed at the end adds up to all of
them. The work is done in SQL by DuckDB, except for one step: which invoice a credit
note undoes depends on what earlier credit notes have left of it, so that lines must
be matched one after the other.
"""

import argparse
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd

# Every line with its number, its value to the cent and the time of its invoice:
# some invoices were written across two minutes.
READ_LINES = """
create table lines as
select
    file_row_number as line_number,
    InvoiceNo as invoice,
    InvoiceNo like 'C%' as is_credit_note,
    StockCode as stock_code,
    Description as description,
    Quantity as quantity,
    InvoiceDate as line_time,
    min(InvoiceDate) over (partition by InvoiceNo) as invoice_time,
    UnitPrice as unit_price,
    cast(CustomerID as bigint) as customer_id,
    Country as country,
    cast(
        round(Quantity * cast(UnitPrice as decimal(18, 3)), 2) as decimal(18, 2)
    ) as line_value
from read_parquet(?, file_row_number = true)
"""

# A product code begins with five digits. Carriage is charged and refunded beside
# the goods. All other codes (M manual, D discount, S samples, AMAZONFEE, BANK
# CHARGES, CRUK) name nothing that a customer could send back.
CLASSIFY_LINES = """
create table classified as
select
    *,
    case
        when not is_credit_note and quantity > 0 and unit_price > 0
            then 'sale'
        when not is_credit_note and unit_price < 0
            then 'bad debt: negative price'
        when not is_credit_note and quantity < 0
            then 'write-off: negative quantity, no credit note'
        when not is_credit_note
            then 'no price: nothing was paid'
        when not regexp_matches(stock_code, '^[0-9]{5}|^(POST|DOT|C2)$')
            then 'credit note for a fee, discount or manual entry'
        when customer_id is null
            then 'credit note without a customer'
        else 'credited goods'
    end as kind
from lines
"""

SALES_TO_MATCH = """
select customer_id, stock_code, invoice, invoice_time, sum(quantity) as quantity
from classified
where kind = 'sale' and customer_id is not null
group by all
order by invoice_time, invoice
"""

CREDITS_TO_MATCH = """
select customer_id, stock_code, line_number, invoice_time, -quantity as quantity
from classified
where kind = 'credited goods'
order by invoice_time, invoice, stock_code, quantity, unit_price, line_number
"""

PLACE_LINES = """
create table placed as
select
    classified.*,
    matches.invoice as credited_invoice,
    case
        when kind = 'sale' then 'orders'
        when matches.invoice is not null then 'returns'
        when matches.was_sold then 'returns'
        else 'left out'
    end as place,
    case
        when kind = 'sale' then 'sales'
        when matches.invoice is not null then 'credit note matched to an invoice'
        when matches.was_sold then 'credit note without one fitting invoice (orphan)'
        when kind = 'credited goods' then 'credit note for goods not bought before'
        else kind
    end as reason
from classified
left join matches on classified.line_number = matches.line_number
"""

ORDERS = """
select
    invoice as order_id,
    customer_id,
    invoice_time as ordered_at,
    sum(line_value) as order_value
from placed
where place = 'orders'
group by all
order by order_id
"""

# An orphan keeps the number of its credit note, so that it can be looked up.
RETURNS = """
select
    coalesce(credited_invoice, invoice) as order_id,
    invoice_time as returned_at,
    -sum(line_value) as refund_amount
from placed
where place = 'returns'
group by all
order by order_id, returned_at
"""

LEFT_OUT = """
select
    reason, invoice, stock_code, description, quantity, line_time, unit_price,
    customer_id, country, line_value
from placed
where place = 'left out'
order by reason, line_time, invoice, stock_code, quantity, unit_price, line_number
"""

# Up to four touches in the 20 days before an order of a known customer, drawn from
# the digits of an md5: the same seed gives the same touches on every machine. None
# lies before the first invoice, as in a marketing export of the same period.
TOUCHPOINTS = """
with

draws as (

    select
        invoice || '-' || touch as touchpoint_id,
        customer_id,
        invoice_time,
        touch,
        md5($seed || '|' || invoice) as order_draw,
        md5($seed || '|' || invoice || '|' || touch) as touch_draw
    from (
        select distinct invoice, customer_id, invoice_time
        from placed
        where place = 'orders' and customer_id is not null
    )
    cross join range(1, 5) as touches(touch)

),

numbers as (

    select
        *,
        cast('0x' || substr(order_draw, 1, 7) as bigint) % 5 as touches_of_order,
        cast('0x' || substr(touch_draw, 1, 7) as bigint) % 100 as channel_draw,
        cast('0x' || substr(touch_draw, 8, 7) as bigint) % (20 * 86400) as age_seconds
    from draws

)

select
    touchpoint_id,
    customer_id,
    case
        when channel_draw < 28 then 'google_ads'
        when channel_draw < 44 then 'meta'
        when channel_draw < 64 then 'email'
        when channel_draw < 84 then 'organic'
        when channel_draw < 90 then 'referral'
        when channel_draw < 94 then 'influencer'
        else 'direct'
    end as channel,
    invoice_time - to_seconds(age_seconds) as touched_at
from numbers
where
    touch <= touches_of_order
    and invoice_time - to_seconds(age_seconds)
        >= (select min(invoice_time) from placed where place = 'orders')
order by touchpoint_id
"""

FILES = {
    "orders": ORDERS,
    "returns": RETURNS,
    "touchpoints": TOUCHPOINTS,
    "left_out": LEFT_OUT,
}

RECONCILIATION = """
select place, reason, count(*) as lines, sum(line_value) as line_value
from placed
group by place, reason
order by place <> 'orders', place <> 'returns', line_value
"""

REPEATED_LINES = """
select
    count(*) as lines,
    coalesce(sum(line_value) filter (where kind = 'sale'), 0) as sales,
    coalesce(sum(line_value) filter (where is_credit_note), 0) as credit_notes
from (
    select
        kind, is_credit_note, line_value,
        row_number() over (
            partition by
                invoice, stock_code, description, quantity, line_time, unit_price,
                customer_id, country
        ) as occurrence
    from classified
)
where occurrence > 1
"""


def match_credits(sales, credits):
    """Say which invoice each credited line undoes.

    Arguments:
        sales: rows (customer, stock code, invoice, time, quantity), oldest first.
        credits: rows (customer, stock code, line number, time, quantity), oldest
            first.
    Returns a DataFrame with a row per credited line: line_number, invoice (the
    latest one, not later than the credit, that sold the customer this stock code
    and has that quantity left; None if there is none) and was_sold (the customer
    had bought this stock code before).
    """
    sold = defaultdict(list)
    for customer, stock_code, invoice, time, quantity in sales:
        sold[customer, stock_code].append([time, invoice, quantity])
    matches = []
    for customer, stock_code, line_number, time, quantity in credits:
        earlier = [sale for sale in sold[customer, stock_code] if sale[0] <= time]
        fitting = [sale for sale in earlier if sale[2] >= quantity]
        if fitting:
            fitting[-1][2] -= quantity
        invoice = fitting[-1][1] if fitting else None
        matches.append((line_number, invoice, bool(earlier)))
    matches = pd.DataFrame(matches, columns=["line_number", "invoice", "was_sold"])
    # Explicit types: without a row, or without a match, pandas could only guess.
    return matches.astype(
        {"line_number": "int64", "invoice": "string", "was_sold": "bool"}
    )


def convert(export, output, seed=1):
    """Write the contract files of `export` (Parquet) into the folder `output`.

    Returns the reconciliation: rows (place, reason, lines, value), and one row
    (lines, sales, credit notes) about lines that repeat another line exactly.
    """
    connection = duckdb.connect()
    connection.execute(READ_LINES, [str(export)])
    connection.execute(CLASSIFY_LINES)
    matches = match_credits(
        connection.execute(SALES_TO_MATCH).fetchall(),
        connection.execute(CREDITS_TO_MATCH).fetchall(),
    )
    connection.register("matches", matches)
    connection.execute(PLACE_LINES)

    output.mkdir(parents=True, exist_ok=True)
    for name, query in FILES.items():
        parameters = {"seed": str(seed)} if "$seed" in query else {}
        table = connection.sql(query, params=parameters)
        table.write_csv(str(output / f"{name}.csv"))
    return (
        connection.execute(RECONCILIATION).fetchall(),
        connection.execute(REPEATED_LINES).fetchall()[0],
    )


def print_reconciliation(rows, repeated):
    """Print where the lines went, with a total."""
    print(f"{'place':9} {'reason':50} {'lines':>8} {'value':>14}")
    for place, reason, lines, value in rows:
        print(f"{place:9} {reason:50} {lines:8,} {value:14,.2f}")
    lines = sum(row[2] for row in rows)
    value = sum((row[3] for row in rows), Decimal(0))
    print(f"{'total':60} {lines:8,} {value:14,.2f}")
    print(
        f"\n{repeated[0]:,} lines repeat another line exactly and are counted above:"
        f"\n{repeated[1]:,.2f} of the sales, {repeated[2]:,.2f} of the credit notes."
    )


def main():
    """Read the command line, convert, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", type=Path, help="Online Retail lines as Parquet")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=1, help="of the touchpoints")
    options = parser.parse_args()
    print_reconciliation(*convert(options.export, options.output, options.seed))


if __name__ == "__main__":
    main()
