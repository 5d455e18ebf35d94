-- Whose manager somebody is: asked when a manager who came into scope late is linked.

CREATE INDEX source_object_manager ON source_object (manager) WHERE manager IS NOT NULL;
