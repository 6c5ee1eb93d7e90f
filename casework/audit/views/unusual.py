"""Reads that an auditor should see."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.audit.forms import UnusualForm
from casework.audit.looks import Window
from casework.audit.references import references
from casework.audit.unusual import MOST, unusual
from casework.audit.views.common import accounts, frame, record_cell, trail_url


@require_safe
@permission_required("audit.read_trail", raise_exception=True)
def unusual_reads(request: HttpRequest) -> HttpResponse:
    """What each rule finds in a period, the last seven days where none is given; every row says which rule."""
    user: Any = request.user
    form = UnusualForm(request.GET)
    context = frame(request, "unusual-reads") | {"form": form, "here": reverse("audit:unusual-reads"), "most": MOST}
    if not form.is_valid():
        return render(request, "audit/unusual_reads.html", context)
    first, last = form.period(form.cleaned_data)
    found = unusual(Window.of_days(user.organisation_id, first, last))
    every = sorted(((rule, each) for rule, rows in found for each in rows), key=lambda pair: -pair[1].newest)
    users = accounts(each.actor_id for _rule, each in every)
    named = references((each.key, each.label) for _rule, each in every if each.key)
    rows = []
    for rule, each in every:
        who = users.get(each.actor_id)
        about = named.get(each.key)
        record = (about.text if about.has_number else about.key) if about else ""
        rows.append(
            [
                {"text": rule.label, "url": f"#rule-{rule.code}"},
                {"text": str(who), "url": trail_url(actor=who.username, record=record, since=first, until=last)}
                if who
                else _("The system"),
                record_cell(about) if about else "–",
                each.count,
                each.last,
            ]
        )
    return render(
        request,
        "audit/unusual_reads.html",
        context
        | {
            "first": first,
            "last": last,
            "rows": rows,
            "heads": [_("Rule"), _("Who"), _("Record"), _("Times"), _("Last")],
            "rules": [(rule.code, rule.label, rule.why(), len(findings)) for rule, findings in found],
            "chart": [(rule.label, len(findings)) for rule, findings in found] if every else [],
        },
    )
