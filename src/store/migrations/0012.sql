-- Whether an object whose account was disabled for its own sake was entitled to it then, or has been since: only who loses that
-- afterwards is let go.

ALTER TABLE connection ADD COLUMN entitled INTEGER NOT NULL DEFAULT 1;
