"""The rivals of agreement.py, run by it in the environment that `make peers` makes: krippendorff and irrCAC.

usage: agreement_peers.py ANSWERS.npz [--irrcac]

ANSWERS.npz holds item, annotator and label, indices. Prints one JSON object: seconds, and the figures to compare.
"""

import json
import sys
import time
import warnings

import krippendorff
import numpy as np
import pandas
from irrCAC.raw import CAC


def main() -> None:
    # irrCAC uses pandas in ways that are about to change.
    warnings.simplefilter("ignore")
    answers = np.load(sys.argv[1])
    item, annotator, label = answers["item"], answers["annotator"], answers["label"]
    shape = item.max() + 1, annotator.max() + 1, label.max() + 1
    table = np.full(shape[:2], np.nan)
    table[item, annotator] = label
    counts = np.zeros((shape[0], shape[2]), dtype=np.int64)
    np.add.at(counts, (item, label), 1)
    found = {}
    by_annotator = np.ascontiguousarray(table.T)
    start = time.perf_counter()
    found["krippendorff_alpha"] = krippendorff.alpha(
        reliability_data=by_annotator, level_of_measurement="nominal"
    )
    found["krippendorff_seconds"] = time.perf_counter() - start
    start = time.perf_counter()
    krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    found["krippendorff_given_counts_seconds"] = time.perf_counter() - start
    if "--irrcac" in sys.argv:
        frame = pandas.DataFrame(table)
        start = time.perf_counter()
        coefficients = CAC(frame, categories=list(range(shape[2])))
        found["irrcac"] = {
            name: float(compute()["est"]["coefficient_value"])
            for name, compute in (
                ("alpha", coefficients.krippendorff),
                ("fleiss", coefficients.fleiss),
                ("gwet", coefficients.gwet),
            )
        }
        found["irrcac_seconds"] = time.perf_counter() - start
    print(json.dumps(found))


if __name__ == "__main__":
    main()
