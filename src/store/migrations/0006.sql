-- While an import is merged, slice by slice, memberships and assignments with numbers past the directory's own are not yet in
-- force: `was` tells what they are until the directory's number has passed theirs.

ALTER TABLE membership ADD COLUMN was INTEGER NOT NULL DEFAULT 1;
ALTER TABLE assignment ADD COLUMN was INTEGER NOT NULL DEFAULT 1;

CREATE VIEW standing_membership AS
SELECT group_key, member_key FROM membership
WHERE NOT iif(sequence > (SELECT sequence FROM directory_state), was, removed);

CREATE VIEW standing_assignment AS
SELECT application, principal_key, role, position FROM assignment
WHERE NOT iif(sequence > (SELECT sequence FROM directory_state), was, removed);
