from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recalls", "0002_relief"),
    ]

    operations = [
        migrations.AddField(
            model_name="recall",
            name="lifted_at",
            field=models.DateTimeField(blank=True, help_text="since when its lots may be sold again", null=True),
        ),
        migrations.AddConstraint(
            model_name="recall",
            constraint=models.CheckConstraint(
                condition=models.Q(("lifted_at__isnull", True), ("state", "closed"), _connector="OR"),
                name="recall_lifted_after",
            ),
        ),
    ]
