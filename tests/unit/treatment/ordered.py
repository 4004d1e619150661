"""One order for each protocol, and its session with everything in place."""

from tests.sessions import make_order, through_gate

ORDERS = {
    "ketamine-iv": make_order(),
    "ketamine-im": make_order("ketamine-im"),
    "ketamine-oral": make_order("ketamine-oral"),
    "esketamine-nasal-us": make_order("esketamine-nasal-us", "56"),
    "esketamine-nasal-eu": make_order("esketamine-nasal-eu", "28"),
}


def ready(name: str = "ketamine-iv"):
    return through_gate(ORDERS[name]).state
