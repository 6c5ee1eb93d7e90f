"""Where a shelter is: written by supervisors, seen by its keepers, revealed to others one time each, with a reason."""

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.shelter.models import Shelter, ShelterAddress
from casework.vault.models import KeyClass, VaultKey
from casework.workflow import Refused


@transaction.atomic
def set_address(*, shelter: Shelter, address: str, set_by: User) -> ShelterAddress:
    """Write down where a shelter is, in place of what was there. Nobody is shown what was there by this."""
    require(set_by, "shelter.add_shelter")
    if shelter.organisation_id != set_by.organisation_id:
        raise Refused(_("A shelter is looked after by the organisation that runs it."))
    if not address.strip():
        raise Refused(_("Write the address."), field="address")
    house = Shelter.objects.select_for_update().get(pk=shelter.pk)
    held = ShelterAddress.objects.select_related("key").filter(shelter=house).first()
    kept = held or ShelterAddress(key=VaultKey.make(KeyClass.PROTECTED), shelter=house)
    kept.address, kept.set_by = address.strip(), set_by
    kept.save()
    audit.act("set_address", house, by=set_by, fields=["address"])
    return kept
