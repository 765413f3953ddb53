from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stock", "0005_lots"),
    ]

    operations = [
        migrations.AddField(
            model_name="level",
            name="stopped",
            field=models.BooleanField(
                db_default=False, default=False, help_text="the lot was called back: nothing leaves"
            ),
        ),
    ]
