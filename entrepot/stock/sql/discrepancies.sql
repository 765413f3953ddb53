-- The whole ledger against every level, and every open claim against the units claimed.
WITH ledger AS (
    SELECT sku_id, level_id, sum(on_hand) AS on_hand, sum(claimed) AS claimed FROM stock_movement GROUP BY sku_id, level_id
), held AS (
    SELECT sku_id, level_id, sum(quantity) AS quantity FROM stock_claim WHERE state = 'open' GROUP BY sku_id, level_id
), left_ AS (
    SELECT sku_id, level_id, sum(quantity) AS quantity FROM stock_claim WHERE state = 'shipped' GROUP BY sku_id, level_id
), shipped AS (
    SELECT sku_id, level_id, -sum(on_hand) AS quantity FROM stock_movement WHERE kind = 'ship' GROUP BY sku_id, level_id
), home AS (  -- a lot: what came back may be quarantined, on a level of its own, or stand at home as duty-paid goods
    SELECT l.sku_id, l.lot_id, l.owner_id, (array_agg(l.id ORDER BY l.id))[1] AS level_id,
           coalesce(sum(c.quantity), 0) AS expected, coalesce(sum(m.quantity), 0) AS found
      FROM stock_level l
      LEFT JOIN (SELECT sku_id, level_id, sum(returned) AS quantity FROM stock_claim WHERE returned > 0
                  GROUP BY sku_id, level_id) c ON c.sku_id = l.sku_id AND c.level_id = l.id
      LEFT JOIN (SELECT sku_id, level_id, sum(on_hand) AS quantity FROM stock_movement WHERE kind = 'return'
                  GROUP BY sku_id, level_id) m ON m.sku_id = l.sku_id AND m.level_id = l.id
     WHERE c.quantity IS NOT NULL OR m.quantity IS NOT NULL
     GROUP BY l.sku_id, l.lot_id, l.owner_id
), book AS (
    SELECT l.id AS level_id, l.sku_id, l.on_hand, l.claimed, coalesce(g.on_hand, 0) AS ledger_on_hand,
           coalesce(g.claimed, 0) AS ledger_claimed, coalesce(h.quantity, 0) AS held,
           coalesce(f.quantity, 0) AS left_, coalesce(s.quantity, 0) AS shipped
      FROM stock_level l
      LEFT JOIN ledger g ON g.sku_id = l.sku_id AND g.level_id = l.id
      LEFT JOIN held h ON h.sku_id = l.sku_id AND h.level_id = l.id
      LEFT JOIN left_ f ON f.sku_id = l.sku_id AND f.level_id = l.id
      LEFT JOIN shipped s ON s.sku_id = l.sku_id AND s.level_id = l.id
)
SELECT 'on_hand' AS rule, level_id, sku_id, ledger_on_hand::int AS expected, on_hand AS found FROM book
 WHERE on_hand <> ledger_on_hand
UNION ALL
SELECT 'claimed', level_id, sku_id, ledger_claimed::int, claimed FROM book WHERE claimed <> ledger_claimed
UNION ALL
SELECT 'claims', level_id, sku_id, held::int, claimed FROM book WHERE claimed <> held
UNION ALL
SELECT 'shipped', level_id, sku_id, left_::int, shipped::int FROM book WHERE shipped <> left_
UNION ALL
SELECT 'returned', level_id, sku_id, expected::int, found::int FROM home WHERE expected <> found
UNION ALL
SELECT 'orphan', b.level_id, b.sku_id, 0, b.entries::int
  FROM (SELECT sku_id, level_id, count(*) AS entries
          FROM (SELECT sku_id, level_id FROM stock_movement UNION ALL SELECT sku_id, level_id FROM stock_claim) e
         GROUP BY sku_id, level_id) b
 WHERE NOT EXISTS (SELECT 1 FROM stock_level l WHERE l.sku_id = b.sku_id AND l.id = b.level_id)
 ORDER BY 1, 2
