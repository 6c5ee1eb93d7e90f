"""The demo: servers and programs in one command, synthetic records, and the check that walks through them."""
