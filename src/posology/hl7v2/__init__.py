"""HL7 v2 from bedside monitors: bytes in, readings and an answer out. Knows no socket, clock or database."""
