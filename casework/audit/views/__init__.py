"""The auditor's pages. References and reasons, no content, and only the own organisation's trail."""

from casework.audit.views.looks import looked
from casework.audit.views.seal import seal
from casework.audit.views.trail import exports, refusals, reveals, trail
from casework.audit.views.unusual import unusual_reads
from casework.audit.views.weeks import reviews

__all__ = ["exports", "looked", "refusals", "reveals", "reviews", "seal", "trail", "unusual_reads"]
