"""The assignment problem: whom to give what, so that the sum is largest."""

import numpy as np

from labeling.domain.agreement.answers import Floats, Indices


def assigned(gain: Floats) -> tuple[Indices, Indices]:
    """(rows, columns), shape (min(gain.shape),) each: no row and no column twice, and the largest sum of `gain`.

    Shortest augmenting paths with potentials (Kuhn 1955; Jonker and Volgenant 1987), O(rows² columns).
    """
    if gain.shape[0] > gain.shape[1]:
        columns, rows = assigned(gain.T)
        order = np.argsort(rows)
        return rows[order], columns[order]
    cost = gain.max(initial=0.0) - gain
    rows, columns = cost.shape
    # Column 0 is a stand-in: where the search for a new row starts from.
    of_row, of_column = np.zeros(rows), np.zeros(columns + 1)
    taken_by = np.full(columns + 1, -1)
    for row in range(rows):
        taken_by[0] = row
        at = 0
        shortest = np.full(columns + 1, np.inf)
        came_from, done = np.zeros(columns + 1, dtype=np.int64), np.zeros(columns + 1, dtype=bool)
        while taken_by[at] != -1:
            done[at] = True
            here = int(taken_by[at])
            reach = np.append(np.inf, cost[here] - of_row[here] - of_column[1:])
            nearer = ~done & (reach < shortest)
            shortest[nearer], came_from[nearer] = reach[nearer], at
            at_next = int(np.argmin(np.where(done, np.inf, shortest)))
            step = shortest[at_next]
            of_row[taken_by[done]] += step
            of_column[done] -= step
            shortest[~done] -= step
            at = at_next
        while at:
            taken_by[at] = taken_by[came_from[at]]
            at = int(came_from[at])
    columns_taken = np.flatnonzero(taken_by[1:] != -1)
    by_row = np.argsort(taken_by[1:][columns_taken])
    return np.arange(rows), columns_taken[by_row]
