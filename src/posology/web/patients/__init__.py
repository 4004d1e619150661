"""The list of patients, a new patient, one patient's page, and the risk answers that wait for a person."""
