"""Commands for those who work on Posology; the Makefile calls them. Nothing here is installed with the package."""
