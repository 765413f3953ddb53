-- Consignments of other systems that were taken in, the latest first, with their freight and why some of it is not known.
SELECT source, consignment, min(supplier) AS supplier, count(DISTINCT supplier)::integer AS suppliers, min(place) AS place,
       min(mode) AS mode, min(terms) AS terms, max(delivered_on) AS delivered_on, min(currency) AS currency,
       count(*)::integer AS lines, sum(value_minor)::bigint AS value_minor,
       coalesce(sum(freight_minor), 0)::bigint AS freight_minor,
       count(*) FILTER (WHERE unresolved <> '')::integer AS unresolved,
       coalesce(array_agg(DISTINCT unresolved) FILTER (WHERE unresolved <> ''), '{}') AS reasons
  FROM replenishment_consignmentline
 WHERE upper(consignment) LIKE upper(%(begin)s) AND (%(source)s::text = '' OR source = %(source)s)
 GROUP BY source, consignment
HAVING NOT %(open)s OR count(*) FILTER (WHERE unresolved <> '') > 0
 ORDER BY max(delivered_on) DESC, source, consignment
 LIMIT %(most)s OFFSET %(start)s
