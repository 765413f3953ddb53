  LEFT JOIN LATERAL (  -- one probe of an index by article where there is no sale
       SELECT i.id AS item_id, i.sale_id, i.price_minor AS sale_minor, i.was_minor AS sale_was_minor,
              i.units - i.taken AS units_left, i.limit_per_person, s.admit_per_s IS NOT NULL AS door
         FROM pricing_flashsaleitem i CROSS JOIN LATERAL (
              SELECT s.* FROM pricing_flashsale s WHERE s.id = i.sale_id OFFSET 0) s
        WHERE i.sku_id = p.sku_id AND i.taken < i.units AND i.price_minor < p.amount_minor
          AND s.price_list_id = p.price_list_id AND s.starts_at <= %(at)s AND s.ends_at > %(at)s
          AND s.called_off_at IS NULL
        ORDER BY i.price_minor, i.id LIMIT 1) f ON true
  LEFT JOIN LATERAL (
       SELECT q.quantity AS limit_quantity, q.days AS limit_days FROM pricing_purchaselimit q
        WHERE q.sku_id = p.sku_id AND q.valid_from <= %(at)s AND (q.valid_to IS NULL OR q.valid_to > %(at)s)) b ON true
