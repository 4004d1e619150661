"""Where the stored facts become a case, and an advised option becomes a signed order."""
