"""The record: persons, cases, shelters, proceedings, figures. DESIGN: one Django app per folder, one direction of imports."""
