"""The demo: servers, web, worker and beat in one command, synthetic records, and the check that walks through them."""
