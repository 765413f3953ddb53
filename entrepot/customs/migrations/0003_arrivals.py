from django.db import migrations, models

# A receipt brought its bytes along; now the message that brought it does. What is there keeps its key, by which its bytes
# are sealed.
_MOVE = """
INSERT INTO customs_arrival (id, way, root, size, sha256, raw_sealed, outcome, told, first_at, last_at, times)
SELECT id, 'http', '', 0, sha256, raw_sealed, '', '', received_at, last_at, times FROM customs_receipt
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customs', '0002_more_kinds'),
    ]

    operations = [
        migrations.CreateModel(
            name='Arrival',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('way', models.CharField(help_text='http or folder', max_length=10)),
                ('root', models.CharField(blank=True, help_text='CEB312Message, …', max_length=20)),
                ('size', models.PositiveBigIntegerField()),
                ('sha256', models.BinaryField(max_length=32)),
                ('raw_sealed', models.BinaryField()),
                ('outcome', models.CharField(blank=True, max_length=40)),
                ('told', models.CharField(blank=True, max_length=1000)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('times', models.PositiveIntegerField(default=1)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['first_at'], name='arrival_in_order'),
                    models.Index(condition=models.Q(('outcome', ''), _negated=True), fields=['first_at'], name='arrival_refused'),
                ],
            },
        ),
        migrations.AddField(model_name='receipt', name='arrival_id', field=models.UUIDField(null=True)),
        migrations.RunSQL(_MOVE, migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE customs_receipt SET arrival_id = id", migrations.RunSQL.noop),
        migrations.AlterField(model_name='receipt', name='arrival_id', field=models.UUIDField()),
        migrations.RemoveField(model_name='receipt', name='raw_sealed'),
        migrations.AddField(model_name='exchange', name='opening', field=models.BinaryField(default=b'')),
        migrations.AddIndex(
            model_name='declaration',
            index=models.Index(condition=models.Q(('list_number', ''), _negated=True), fields=['list_number'], name='declaration_by_list'),
        ),
    ]
