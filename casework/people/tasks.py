"""What the worker does with data requests. No task carries anything about anybody; each may run twice."""

from celery import shared_task
from django.utils import timezone

from casework.people import access_requests, erasure, retention


@shared_task(ignore_result=True)
def carry_out_erasures() -> int:
    """Erase what is approved, close the runs that are through, and complete the list outside the database."""
    done = erasure.carry_out_approved(now=timezone.now())
    retention.finish_runs(now=timezone.now())
    erasure.sync_list()
    return done


@shared_task(ignore_result=True)
def compile_access_requests() -> int:
    """Compile what people asked for, and write the files of what is released."""
    return access_requests.compile_waiting(now=timezone.now())
