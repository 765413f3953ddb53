from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recalls", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="affected",
            name="asked",
            field=models.BooleanField(default=False, help_text="for the parcel to be called off"),
        ),
        migrations.AddField(
            model_name="affected",
            name="relief",
            field=models.CharField(
                blank=True,
                choices=[("", ""), ("replaced", "replaced"), ("called_off", "called_off")],
                default="",
                max_length=10,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="affected",
            name="relief_told_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="notice",
            name="taken_at",
            field=models.DateTimeField(blank=True, help_text="since when somebody writes the letter", null=True),
        ),
        migrations.AddIndex(
            model_name="affected",
            index=models.Index(
                condition=models.Q(
                    ("relief_told_at__isnull", True), models.Q(("relief", ""), _negated=True)
                ),
                fields=["recall", "id"],
                name="relief_to_tell",
            ),
        ),
    ]
