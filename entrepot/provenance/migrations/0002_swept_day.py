from django.db import migrations, models

import entrepot.kit.ids


class Migration(migrations.Migration):
    dependencies = [
        ("provenance", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SweptDay",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=entrepot.kit.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField(unique=True)),
            ],
        ),
    ]
