"""The clinic application: what it stores and in whose name. Decisions are made on the floors below."""
