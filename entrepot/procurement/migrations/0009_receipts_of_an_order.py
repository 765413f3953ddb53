"""Receipts name the order of their line: what came of an order is read in one place."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

OF_THE_LINE = """
UPDATE procurement_receipt r SET order_id = l.order_id FROM procurement_line l WHERE l.id = r.line_id
"""


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("procurement", "0008_programmes_kept")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField("receipt", "order_id", models.UUIDField(null=True)),
        migrations.RunSQL(OF_THE_LINE, migrations.RunSQL.noop),
        migrations.AlterField(
            "receipt",
            "order_id",
            models.UUIDField(help_text="the line's, so that what came of an order is read in one place"),
        ),
        migrations.AddIndex(
            "receipt",
            models.Index(
                fields=["order_id"], include=("units", "spoiled", "on_time"), name="purchase_receipt_by_order"
            ),
        ),
    ]
