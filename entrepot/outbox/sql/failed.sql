-- Keep why an attempt failed. Parameters: id, job_id, attempt, error.
INSERT INTO outbox_failure (id, job_id, attempt, error) VALUES (%(id)s, %(job_id)s, %(attempt)s, %(error)s)
