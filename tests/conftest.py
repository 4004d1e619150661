"""What holds for every test: the network is shut, properties repeat exactly, each run says what it ran."""

from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.plugins.network", "tests.plugins.kinds", "tests.plugins.proofs")

# The same examples on every run, so that a commit is judged by its change and not by luck; no deadline,
# since a shared machine may stall. `pytest --hypothesis-profile=explore` looks further, with new
# examples each time.
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", deadline=None, max_examples=5_000, print_blob=True)
settings.load_profile("ci")
