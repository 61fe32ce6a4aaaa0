"""Imports that Python edges share; every edge imports this module before any other.

dbt runs models in threads, and scikit-learn's modules import each other in circles: two
threads that import it for the first time at once can each find the other's half. Python
lets one thread at a time import this module and makes the others wait, so whoever comes
past it finds the libraries whole.
"""

# First: edges that need no more import one of these only.
import edge_basics  # noqa: F401
import edge_learners  # noqa: F401
import numba
import numpy
import pandas
import scipy.stats
import shap
import sklearn.cluster
import sklearn.ensemble
import sklearn.linear_model
import sklearn.metrics
import sklearn.pipeline
import threadpoolctl
from shap.utils import _general as shap_general

# shap keeps the errors of optional imports for good, with their tracebacks; those hold
# everything on the stack, the model's connection to the warehouse included, and so its
# lock.
for _, error in shap_general.import_errors.values():
    error.__traceback__ = None

__all__ = [
    "numba",
    "numpy",
    "pandas",
    "scipy",
    "shap",
    "sklearn",
    "threadpoolctl",
]
