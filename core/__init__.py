"""All of Headstart but its screens; see ARCHITECTURE.md for the order of the rooms."""

import os

# OpenMP threads that wait for each other burn their core by default. A trainer shares the machine with a browser, and
# there that costs up to ten times the time of small steps. Read once, when torch loads OpenMP: hence here, before it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
