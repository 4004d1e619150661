"""The clinic application: what it stores and in whose name. What is decided is decided on the floors below."""
