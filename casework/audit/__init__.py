"""The audit trail. Write to it through `casework.audit.services`: `act`, `read`, `refuse`."""
