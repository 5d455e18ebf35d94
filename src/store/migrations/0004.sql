-- What the deletion guard holds back may be allowed.

ALTER TABLE staged ADD COLUMN allowed INTEGER NOT NULL DEFAULT 0;   -- goes in the next cycle
