-- When the cycle began that a job's watermark is from: removed edges are kept for as long as the source directory keeps what was
-- deleted, and a job that rested longer begins anew. Null with a watermark: it rested longer.

ALTER TABLE job ADD COLUMN watermark_at TEXT;
UPDATE job SET watermark_at = coalesce(
    (SELECT max(began) FROM cycle WHERE cycle.job = job.name AND cycle.high = job.watermark AND cycle.ended IS NOT NULL),
    (SELECT imported_at FROM directory_state));
