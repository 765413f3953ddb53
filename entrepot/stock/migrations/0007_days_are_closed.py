import django.db.models.deletion
import entrepot.kit.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stock', '0006_stopped'),
    ]

    operations = [
        migrations.DeleteModel(
            name='ClosingSum',
        ),
        migrations.DeleteModel(
            name='Closing',
        ),
        migrations.CreateModel(
            name='Closing',
            fields=[
                ('id', models.UUIDField(default=entrepot.kit.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('units', models.BigIntegerField()),
                ('value', models.DecimalField(decimal_places=12, max_digits=30)),
                ('warehouse', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stock.warehouse')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('day', 'warehouse', 'currency'), name='closing_once')],
            },
        ),
        # Each run of a landing changes the sums of its lots: there is room for it on their own pages.
        migrations.RunSQL(
            "ALTER TABLE stock_lotlanded SET (fillfactor = 80)", "ALTER TABLE stock_lotlanded RESET (fillfactor)"
        ),
        migrations.AlterField(
            model_name='movement',
            name='level',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stock.level'),
        ),
        migrations.AddIndex(
            model_name='movement',
            index=models.Index(fields=['level', 'at'], name='movement_by_level'),
        ),
    ]
