from django.db import migrations


class Migration(migrations.Migration):
    """The identity of those who are protective witnesses already is protected, as it is for new ones."""

    dependencies = [
        ("justice", "0001_initial"),
        ("people", "0001_initial"),
        ("vault", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE vault_vaultkey SET key_class = 'protected' WHERE id IN ("
            "SELECT p.key_id FROM people_person p JOIN justice_witnessstatus w ON w.person_id = p.id"
            " WHERE w.kind = 'protective-witness' AND w.status = 'granted' AND w.error_at IS NULL)",
            migrations.RunSQL.noop,
        ),
    ]
