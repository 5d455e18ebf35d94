-- Whether a user named a manager when the job last looked: only a manager who was there can be removed. Of a user whom the job
-- has to look at again, nobody knows: as if there had been one, for a removal must not be lost.

ALTER TABLE connection ADD COLUMN names_manager INTEGER NOT NULL DEFAULT 0;
UPDATE connection SET names_manager = 1
    WHERE EXISTS (SELECT 1 FROM source_object WHERE source_object.key = connection.object
            AND (source_object.manager IS NOT NULL
                OR source_object.sequence > (SELECT coalesce(watermark, 0) FROM job WHERE job.name = connection.job)))
        OR EXISTS (SELECT 1 FROM escrow WHERE escrow.job = connection.job AND escrow.object = connection.object
            AND escrow.kind = 'reference');
