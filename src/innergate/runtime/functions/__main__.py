"""Starts the functions' supervisor."""

import sys

from innergate.runtime.functions.supervisor import main

sys.exit(main())
