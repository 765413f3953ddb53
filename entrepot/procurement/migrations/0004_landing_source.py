from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("procurement", "0003_contract_articles"),
    ]

    operations = [
        migrations.AddField(
            model_name="landing",
            name="source",
            field=models.UUIDField(help_text="the consignment; none for one opened by hand", null=True, unique=True),
        ),
    ]
