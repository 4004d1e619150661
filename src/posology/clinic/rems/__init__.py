"""A programme's certification, enrolment and monitoring forms, as the clinic keeps them."""
