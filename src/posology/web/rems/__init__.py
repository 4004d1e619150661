"""A programme's pages: the list with its clock, a session's form, the site, a patient's enrolment."""
