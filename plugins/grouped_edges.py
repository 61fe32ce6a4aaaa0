"""Runs what an edge does to a group of rows wherever the rows are."""


def over_groups(relation, keys, function, columns):
    """Apply `function` to the rows of each group of `relation`.

    Arguments:
        relation: what dbt.ref() gave.
        keys: list of the columns whose values name a group.
        function: takes a DataFrame of the rows of one or more whole groups, returns a
            DataFrame; a group's result must not depend on other groups.
        columns: dict of the result's columns, name to pandas type.

    In one process all groups are handed over at once. On a cluster each group goes to
    an executor, and `function` with the values and the modules of this folder it uses.
    """
    if hasattr(relation, "over_groups"):
        return relation.over_groups(keys, function, columns)
    return function(relation.df())
