import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_known_since")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="name_grams",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=django.contrib.postgres.indexes.GinIndex(fields=["name_grams"], name="person_name_grams"),
        ),
    ]
