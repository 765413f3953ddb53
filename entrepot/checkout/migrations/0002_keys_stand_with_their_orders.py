from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("checkout", "0001_initial"), ("orders", "0004_place_key")]

    operations = [
        migrations.RunSQL(
            "UPDATE orders_order o SET place_key = k.key, request_hash = k.request_hash FROM checkout_placekey k"
            " WHERE k.buyer_id = o.buyer_id AND k.order_id = o.id",
            migrations.RunSQL.noop,
        ),
        migrations.DeleteModel("PlaceKey"),
    ]
