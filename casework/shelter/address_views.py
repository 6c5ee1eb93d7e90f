"""Pages for the address of a shelter."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.forms import attempt, bind
from casework.access.reauthenticate import recently_signed_in
from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.cases.openings import reveal_place
from casework.cases.restricted_forms import RevealForm
from casework.cases.restricted_models import Opened
from casework.shelter import services
from casework.shelter.forms import SetAddressForm
from casework.shelter.models import ShelterAddress
from casework.shelter.views import visible_shelter


@permission_required("shelter.add_shelter", raise_exception=True)
def set_address(request: SignedIn, shelter_id: uuid.UUID) -> HttpResponse:
    """Write the address of a shelter; what was there is not shown."""
    shelter = visible_shelter(request, shelter_id)
    form = bind(request, SetAddressForm)
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: services.set_address(shelter=shelter, set_by=request.user, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("The address of %(shelter)s is saved.") % {"shelter": shelter})
            return redirect("shelter:shelters")
    return render(request, "shelter/set_address.html", {"form": form, "shelter": shelter})


@recently_signed_in
@permission_required("cases.reveal", raise_exception=True)
def reveal_address(request: SignedIn, shelter_id: uuid.UUID) -> HttpResponse:
    """Ask why, then show the address once, in the answer to this very form."""
    shelter = visible_shelter(request, shelter_id)
    kept = ShelterAddress.objects.visible_to(request.user).select_related("key").filter(shelter=shelter).first()
    if kept is None:
        raise Http404
    form = bind(request, RevealForm)
    page = {
        "form": form,
        "label": Opened.SHELTER_ADDRESS.label,
        "back_url": reverse("shelter:shelters"),
        "who": shelter.name,
    }
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            lambda: reveal_place(
                place=shelter,
                key=kept.key,
                organisation_id=shelter.organisation_id,
                revealed_by=request.user,
                now=timezone.now(),
                **form.cleaned_data,
            ),
        )
        if done is not None:  # the act is committed: from here on the address may be read
            return render(request, "cases/revealed.html", page | {"value": kept.address})
    audit.read(request, "reveal", shelter, note="address")
    return render(request, "cases/reveal.html", page)
