import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import casework.vault.fields


class Migration(migrations.Migration):
    dependencies = [
        ("shelter", "0001_initial"),
        ("vault", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ShelterAddress",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("address", casework.vault.fields.EncryptedTextField()),
                ("set_at", models.DateTimeField(auto_now=True)),
                (
                    "key",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="vault.vaultkey",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "shelter",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="address", to="shelter.shelter"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
