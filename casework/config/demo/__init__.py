"""The demo: servers, web, worker, relay and beat in one command, synthetic records, and the check that walks through them."""
