"""Models from elsewhere: read, wrapped so that they keep our contract, quantised and timed.

Nothing imports this package: `inference.services.apart` runs its modules with `python -m`, each in a process of its
own, so that a file which crashes the runtime or eats the memory takes nothing with it.
"""
