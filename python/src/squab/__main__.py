"""`python -m squab` is the command `squab`."""

from ._command import main

main()
