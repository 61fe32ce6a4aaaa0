"""Imports of Python edges that only solve equations: linear algebra without learners.

What `edge_imports` is for all edges, at a third of the time; it imports this module
first, so that an edge that waits for one waits for the other.
"""

# First: edges that need no more import that one only.
import edge_arrays  # noqa: F401
import numpy
import pandas
import scipy.sparse
import scipy.sparse.linalg
import threadpoolctl

__all__ = ["numpy", "pandas", "scipy", "threadpoolctl"]
