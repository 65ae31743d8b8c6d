"""`python -m bench`: see bench/README.md."""

from ._cli import main

raise SystemExit(main())
