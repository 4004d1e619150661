"""Tests of the demo's content: in one package, so that the demo is seeded once for all of them."""
