"""Commands for those who work on Posology; the Makefile calls them. None is installed with the package."""
