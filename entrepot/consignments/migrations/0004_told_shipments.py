"""Procurement is told of the shipments that were announced before it kept them (of orders that were approved here: those
of other systems owe nothing that we know of); the next morning it reckons what they make due."""

from django.db import migrations

TELL = """
INSERT INTO procurement_shipment (id, reference, line_id, ships_on, departed, units, coming)
SELECT gen_random_uuid(), c.id, l.order_line_id, coalesce(g.departed_on, g.departs_on), g.departed_on IS NOT NULL,
       sum(l.units), CASE WHEN c.state = 'closed' THEN 0 ELSE sum(greatest(l.units - l.received, 0)) END
  FROM consignments_consignment c
  JOIN consignments_line l ON l.consignment_id = c.id
  CROSS JOIN LATERAL (
       SELECT departed_on, departs_on FROM consignments_leg WHERE consignment_id = c.id
        ORDER BY stage <> 'main', number LIMIT 1
  ) g
 WHERE c.state <> 'cancelled'
   AND EXISTS (SELECT FROM procurement_line p JOIN procurement_event e ON e.order_id = p.order_id
                WHERE p.id = l.order_line_id AND e.kind = 'approved')
 GROUP BY c.id, l.order_line_id, g.departed_on, g.departs_on
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consignments", "0003_other_mode"),
        ("procurement", "0007_dues"),
    ]

    operations = [migrations.RunSQL(TELL, migrations.RunSQL.noop)]
