"""How long does a claim take, whatever waits and whatever one has answered; and how much work do many people get done?

usage: queue.py [--tasks 1000000] [--answered 100000] [--expired 5000] [--clients 32] [--http-tasks 1500]

An installation of its own, every process of it running. The claim statement is timed in a queue of 1,000 two-answer
tasks and then in one of a million: for newcomers, past thousands of leases that ran out, in several threads, and for
somebody who has answered the first 100,000. Then that many clients at once claim and answer over HTTP, one task at a
time, until nothing is left. Prints one JSON line last: open, claim_p50_ms, claim_p95_ms, claim_p95_ms_at_1000,
claim_p95_ms_after_100000_answers, http_answers_per_second, http_p95_ms, clients, duplicates, lost and more.
"""

import sys

# This file has the name of a module of Python's own, which whatever runs in this folder wants to find.
sys.path.append(sys.path.pop(0))

if __name__ == "__main__":
    from claims import main

    main(__doc__)
else:
    import importlib

    del sys.modules[__name__]
    sys.modules[__name__] = importlib.import_module(__name__)
