-- Whether a user named a manager when the job last looked: only a manager who was there can be removed.

ALTER TABLE connection ADD COLUMN names_manager INTEGER NOT NULL DEFAULT 0;
UPDATE connection SET names_manager = EXISTS (
    SELECT 1 FROM source_object WHERE source_object.key = connection.object AND source_object.manager IS NOT NULL);
