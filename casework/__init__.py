"""The record: persons, cases, shelters, proceedings, figures; one Django app per folder, one direction of imports."""
