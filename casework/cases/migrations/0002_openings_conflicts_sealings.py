import uuid

import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import casework.vault.fields


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0002_admin_takes_two"),
        ("cases", "0001_initial"),
        ("people", "0002_known_since"),
        ("vault", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="case",
            options={
                "default_permissions": (),
                "permissions": [
                    ("view_case", "See a case"),
                    ("amend_case", "Amend risk and safety plan"),
                    ("add_note", "Write a note"),
                    ("close_case", "Close a case"),
                    ("reopen_case", "Open a closed case again"),
                    ("seal_case", "Seal a case to the named few"),
                    ("confirm_assignment", "Confirm an assignment"),
                    ("reassign_case", "Give a case to another caseworker"),
                    ("mark_in_error", "Mark what was entered in error"),
                    ("break_glass", "See one case in an emergency, for an hour"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Conflict",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("relative", "Relative or partner of somebody in the case"),
                            ("acquainted", "Friend, neighbour or acquaintance of somebody in the case"),
                            ("business", "Works or worked for, or has business with, somebody in the case"),
                            ("pressure", "Was offered money, or was threatened"),
                            ("involved", "Is or was involved in the events, or is suspected of it"),
                            ("other", "Another conflict"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reason", casework.vault.fields.EncryptedTextField()),
                ("declared_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_why", casework.vault.fields.EncryptedTextField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="conflicts", to="cases.case"
                    ),
                ),
                (
                    "declared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
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
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="conflicts", to="people.person"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflicts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["declared_at"],
                "permissions": [
                    ("declare_conflict", "Declare a conflict of interest"),
                    ("record_conflict", "Record a colleague's conflict of interest"),
                    ("lift_conflict", "Lift a colleague's conflict of interest"),
                ],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)), fields=("user", "person"), name="conflict_live_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at", None), ("lifted_by", None), ("lifted_why__isnull", True)),
                            models.Q(
                                ("lifted_at__isnull", False),
                                ("lifted_by__isnull", False),
                                ("lifted_why__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="conflict_lifted_by_when_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lifted_by", None),
                            models.Q(("lifted_by", models.F("user")), _negated=True),
                            _connector="OR",
                        ),
                        name="conflict_lifted_by_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("break-glass", "Emergency access"), ("reveal", "Reveal")], max_length=16
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("case", "A case, for an hour"),
                            ("names", "Name of a protected person"),
                            ("contacts", "Contacts"),
                            ("identifiers", "Documents and identifiers"),
                            ("shelter-address", "Address of a shelter"),
                        ],
                        max_length=20,
                    ),
                ),
                ("place_id", models.UUIDField(null=True)),
                (
                    "reason_kind",
                    models.CharField(
                        choices=[
                            ("danger", "Danger to life or health"),
                            ("cannot-wait", "It cannot wait and the caseworker cannot be reached"),
                            ("reach-person", "To reach or to fetch the person"),
                            ("papers", "To fill in an application or a paper for the person"),
                            ("authority", "A court, a prosecutor or the police asks, and must be answered"),
                            ("other", "Another reason"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reason", casework.vault.fields.EncryptedTextField()),
                ("opened_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("review_due_at", models.DateTimeField()),
                ("escalated_at", models.DateTimeField(null=True)),
                ("reviewed_at", models.DateTimeField(null=True)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("justified", "Justified"), ("not-justified", "Not justified")],
                        max_length=16,
                    ),
                ),
                ("review_reason", casework.vault.fields.EncryptedTextField()),
                (
                    "case",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="openings", to="cases.case"
                    ),
                ),
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
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.organisation"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="openings",
                        to="people.person",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="openings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-opened_at"],
                "permissions": [
                    ("reveal", "Reveal a masked field"),
                    ("review_opening", "Review emergency access and reveals"),
                    ("read_reasons", "Read the reasons given for emergency access and reveals"),
                ],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["user", "kind", "opened_at"], name="opening_of_user"),
                    models.Index(fields=["organisation", "-opened_at"], name="opening_of_organisation"),
                    models.Index(
                        condition=models.Q(("reviewed_at", None)), fields=["review_due_at"], name="opening_unreviewed"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("case__isnull", False),
                                ("expires_at__gt", models.F("opened_at")),
                                ("kind", "break-glass"),
                                ("what", "case"),
                            ),
                            models.Q(
                                ("case", None),
                                ("expires_at", None),
                                ("kind", "reveal"),
                                models.Q(("what", "case"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="opening_says_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("person__isnull", False), ("place_id", None)),
                            models.Q(("person", None), ("place_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="opening_of_a_person_or_a_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("review_reason__isnull", True),
                                ("reviewed_at", None),
                                ("reviewed_by", None),
                                ("verdict", ""),
                            ),
                            models.Q(
                                ("reviewed_at__isnull", False),
                                ("reviewed_by__isnull", False),
                                models.Q(("verdict", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="opening_reviewed_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verdict", "not-justified"), _negated=True),
                            ("review_reason__isnull", False),
                            _connector="OR",
                        ),
                        name="opening_not_justified_because",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reviewed_by", None),
                            models.Q(("reviewed_by", models.F("user")), _negated=True),
                            _connector="OR",
                        ),
                        name="opening_reviewed_by_another",
                    ),
                    models.CheckConstraint(condition=models.Q(("reason__isnull", False)), name="opening_says_why"),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("kind", "break-glass")),
                        expressions=[
                            ("user", "="),
                            ("case", "="),
                            (
                                models.Func(
                                    models.F("opened_at"),
                                    models.F("expires_at"),
                                    models.Value("[)"),
                                    function="TSTZRANGE",
                                ),
                                "&&",
                            ),
                        ],
                        name="opening_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sealing",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("seal", "Sealing"), ("unseal", "Unsealing")], max_length=8)),
                ("why", casework.vault.fields.EncryptedTextField()),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("escalated_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(blank=True, choices=[("agreed", "Agreed"), ("refused", "Refused")], max_length=8),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sealings", to="cases.case"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sealings", to="people.person"
                    ),
                ),
            ],
            options={
                "ordering": ["-asked_at"],
                "permissions": [("decide_sealing", "Decide on a sealing as the second person")],
                "default_permissions": (),
                "indexes": [
                    models.Index(condition=models.Q(("decided_at", None)), fields=["due_at"], name="sealing_waiting")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at", None)), fields=("person",), name="sealing_one_waiting"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("outcome", "")),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="sealing_decided_by_and_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="sealing_takes_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "seal"), ("why__isnull", False), _connector="OR"),
                        name="sealing_undone_because",
                    ),
                ],
            },
        ),
        # The identity of those whose cases are sealed already is protected from now on, too.
        migrations.RunSQL(
            "UPDATE vault_vaultkey SET key_class = 'protected' WHERE id IN (SELECT key_id FROM people_person WHERE sealed)",
            migrations.RunSQL.noop,
        ),
    ]
