"""Imports of Python edges that learn with scikit-learn's forests and neighbours only.

What `edge_imports` is for all edges, without what explains and compiles; it imports
this module before anything of its own, so that an edge that waits for one waits for the
other.
"""

# First: edges that need no more import that one only.
import edge_basics  # noqa: F401
import sklearn.ensemble
import sklearn.neighbors

__all__ = ["sklearn"]
