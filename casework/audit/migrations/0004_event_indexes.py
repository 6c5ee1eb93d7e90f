import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes of the auditor's pages, made while the trail goes on."""

    atomic = False
    dependencies = [("audit", "0003_seals")]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(fields=["organisation_id", "kind", "-id"], name="event_by_kind"),
        ),
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(fields=["organisation_id", "verb", "-id"], name="event_by_verb"),
        ),
        AddIndexConcurrently(
            model_name="event",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="event_by_time"),
        ),
    ]
