-- What is looked for at each import and at the end of each cycle, however large the directory is.

CREATE INDEX member_source_unknown ON member_source (group_key, reference) WHERE member_key IS NULL;
CREATE INDEX assignment_source_unknown ON assignment_source (application, reference) WHERE principal_key IS NULL;
CREATE INDEX membership_removed ON membership (sequence) WHERE removed;
CREATE INDEX assignment_removed ON assignment (sequence) WHERE removed;
