"""What Python edges need that compute on plain arrays: numpy, and a few helpers.

`edge_basics` without pandas and scipy, which take a second to import; it imports this
module first, so that an edge that waits for one waits for the other.
"""

import numpy
import threadpoolctl

__all__ = ["left_out_groups", "numpy", "texts", "threadpoolctl", "with_left_out"]


def texts(column):
    """A fetched column of texts as an array of objects; NULL is None."""
    is_null = numpy.ma.getmaskarray(column)
    return numpy.where(is_null, None, numpy.ma.getdata(column))


def with_left_out(grouped):
    """Totals of all groups, then of all but each: (1 + n_groups, ...).

    Arguments:
        grouped: (n_groups, ...) whole numbers, so that the differences are exact.
    """
    everyone = grouped.sum(axis=0, keepdims=True)
    return numpy.concatenate([everyone, everyone - grouped])


def left_out_groups(groups, rows):
    """Which group each fit of with_left_out() leaves out, `rows` times in a row.

    Masked (NULL in SQL) for the first fit, which leaves out none.
    """
    numbers = numpy.repeat(numpy.concatenate([[-1], groups]).astype("int64"), rows)
    return numpy.ma.masked_less(numbers, 0)
