"""Importing a FHIR file: what it holds is shown first, and recorded only when somebody says so."""
