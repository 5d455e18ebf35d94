-- Who has a mail already, and who was refused for good, while it waits for others: they do not get it again. JSON; null: nobody.

ALTER TABLE mail ADD COLUMN delivery TEXT;
