"""What every test run of Posology adds to pytest: the closed network, kinds of tests, proofs of hazards."""
