"""The table of the shared cache, where log-in throttles are counted: a plain `entrepot migrate` makes it too."""

from django.core.management import call_command
from django.db import migrations


def make(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0002_demo_people_and_place_names'),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
