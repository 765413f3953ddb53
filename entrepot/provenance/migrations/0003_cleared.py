from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("provenance", "0002_swept_day"),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("authorised", "authorised"),
                    ("ordered", "ordered"),
                    ("departed", "departed"),
                    ("declared", "declared"),
                    ("arrived", "arrived"),
                    ("received", "received"),
                    ("sold", "sold"),
                    ("recalled", "recalled"),
                    ("cleared", "cleared"),
                ],
                max_length=12,
            ),
        ),
    ]
