from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from entrepot.catalogue.rules import brand_key


def fill(apps, schema_editor):
    for brand in apps.get_model("catalogue", "Brand").objects.iterator():
        brand.keys = sorted({brand_key(name) for name in brand.names.values()})
        brand.save(update_fields=["keys"])


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_imports")]

    operations = [
        migrations.AddField(
            "brand",
            "keys",
            ArrayField(models.CharField(max_length=200), default=list, editable=False),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex("brand", GinIndex(fields=["keys"], name="brand_keys")),
    ]
