-- Whether an object was out of scope when the job last looked at it, though it may still be linked: where a narrowed scope waits
-- for a restart, nobody else who is linked is out for not being assigned.

ALTER TABLE connection ADD COLUMN out_of_scope INTEGER NOT NULL DEFAULT 0;
UPDATE connection SET out_of_scope = 1
    WHERE state <> 'linked'
        OR EXISTS (SELECT 1 FROM staged WHERE staged.job = connection.job AND staged.object = connection.object)
        OR EXISTS (SELECT 1 FROM escrow WHERE escrow.job = connection.job AND escrow.object = connection.object
            AND escrow.operation IN ('disable', 'delete'));
