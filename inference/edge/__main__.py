"""`python -m inference.edge`."""

import sys

from inference.edge.command import main

sys.exit(main())
