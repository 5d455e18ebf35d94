-- The directory as last read.

CREATE TABLE directory_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL,              -- the number of the last change
    imported_at TEXT                        -- when the last good import ended
);
INSERT INTO directory_state (one, sequence) VALUES (1, 0);

CREATE TABLE source_file (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,              -- nanoseconds since 1970
    trusted INTEGER NOT NULL                -- 0: modified so shortly before it was read that it is read again
);

CREATE TABLE source_object (
    key INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of first import
    kind TEXT NOT NULL,                     -- User, Group
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,                     -- user principal name, display name
    folded TEXT NOT NULL,                   -- the name in lower case
    attributes TEXT NOT NULL,               -- JSON
    enabled INTEGER NOT NULL,               -- accountEnabled, securityEnabled
    manager TEXT,                           -- as written, in lower case: an id or a user principal name
    state TEXT NOT NULL,                    -- live, deleted (in the recycle bin), purged
    deleted_at TEXT,
    listed_in_bin INTEGER NOT NULL,         -- deletedUsers names it
    content_hash BLOB NOT NULL,
    raw_hash BLOB NOT NULL,
    file INTEGER,                           -- where its record stands
    sequence INTEGER NOT NULL,              -- of its last change
    entitlement_sequence INTEGER NOT NULL   -- of a group's last change that matters to its members' entitlement
);
CREATE INDEX source_object_sequence ON source_object (sequence);
CREATE INDEX source_object_entitlement ON source_object (entitlement_sequence) WHERE kind = 'Group';
CREATE INDEX source_object_name ON source_object (folded);
CREATE INDEX source_object_record ON source_object (file, raw_hash);
CREATE INDEX source_object_state ON source_object (state) WHERE state <> 'live';

CREATE TABLE member_source (
    group_key INTEGER NOT NULL,
    reference TEXT NOT NULL,                -- as written, in lower case
    member_key INTEGER,                     -- whom it names; null: nobody yet
    PRIMARY KEY (group_key, reference)
) WITHOUT ROWID;
CREATE INDEX member_source_reference ON member_source (reference);
CREATE INDEX member_source_member ON member_source (group_key, member_key);

CREATE TABLE membership (
    group_key INTEGER NOT NULL,
    member_key INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    removed INTEGER NOT NULL,               -- kept until every job has passed its number
    PRIMARY KEY (group_key, member_key)
) WITHOUT ROWID;
CREATE INDEX membership_member ON membership (member_key);
CREATE INDEX membership_sequence ON membership (sequence);

CREATE TABLE assignment_source (
    application TEXT NOT NULL,              -- in lower case
    reference TEXT NOT NULL,
    role TEXT NOT NULL,                     -- value, display name or id, as written; '' is Default Access
    file INTEGER NOT NULL,
    position INTEGER NOT NULL,              -- the order of assignment
    principal_key INTEGER,
    PRIMARY KEY (application, reference, role)
) WITHOUT ROWID;
CREATE INDEX assignment_source_reference ON assignment_source (reference);
CREATE INDEX assignment_source_principal ON assignment_source (application, principal_key, role);

CREATE TABLE assignment (
    application TEXT NOT NULL,
    principal_key INTEGER NOT NULL,
    role TEXT NOT NULL,
    position INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (application, principal_key, role)
) WITHOUT ROWID;
CREATE INDEX assignment_principal ON assignment (principal_key);
CREATE INDEX assignment_sequence ON assignment (sequence);

CREATE TABLE app_role (
    application TEXT NOT NULL,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    display_name TEXT NOT NULL,
    file INTEGER NOT NULL,
    PRIMARY KEY (application, id)
) WITHOUT ROWID;

-- The jobs.

CREATE TABLE job (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL,                       -- as Graph has it: template, tenant, application
    tenant TEXT NOT NULL,
    application TEXT NOT NULL,
    title TEXT NOT NULL,
    target TEXT NOT NULL,                   -- scheme, host and path that the connections belong to
    fingerprint TEXT,                       -- of the mappings that the watermark was reached with
    scope TEXT,
    watermark INTEGER,                      -- the last change number processed; null: an initial cycle is due
    schedule_state TEXT NOT NULL,           -- Active, Paused, Disabled
    anchor TEXT,                            -- the start of the first cycle: the schedule's grid
    successive_failures INTEGER NOT NULL DEFAULT 0,
    escrows_pruned INTEGER NOT NULL DEFAULT 0,
    quarantine TEXT,                        -- JSON, while in quarantine
    steady_first TEXT,
    steady_last TEXT
) WITHOUT ROWID;

CREATE TABLE cycle (
    id TEXT PRIMARY KEY,
    job TEXT NOT NULL,
    kind TEXT NOT NULL,                     -- initial, incremental
    high INTEGER NOT NULL,                  -- the last change number when it began
    fingerprint TEXT NOT NULL,
    phase INTEGER NOT NULL,
    position INTEGER NOT NULL,              -- all objects of the phase up to this key are recorded
    guard TEXT,                             -- the deletion guard's verdict
    began TEXT NOT NULL,
    ended TEXT,
    state TEXT,                             -- Succeeded, EntryLevelErrors, Failed, Quarantine; null while it runs
    counts TEXT NOT NULL,                   -- JSON
    requests INTEGER NOT NULL DEFAULT 0,
    error_code TEXT,
    error_message TEXT
) WITHOUT ROWID;
CREATE INDEX cycle_job ON cycle (job, began);

CREATE TABLE work (
    job TEXT NOT NULL,
    phase INTEGER NOT NULL,                 -- 0: not yet judged; leavers, users, groups, memberships, references
    object INTEGER NOT NULL,
    known TEXT,                             -- what an earlier phase learnt of the target's state (JSON)
    PRIMARY KEY (job, phase, object)
) WITHOUT ROWID;

CREATE TABLE connection (
    job TEXT NOT NULL,
    object INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target_id TEXT NOT NULL,
    state TEXT NOT NULL,                    -- linked, suspended, released
    since TEXT NOT NULL,
    PRIMARY KEY (job, object)
) WITHOUT ROWID;
CREATE UNIQUE INDEX connection_target ON connection (job, kind, target_id);
CREATE INDEX connection_object ON connection (object);

CREATE TABLE member_link (
    job TEXT NOT NULL,
    group_key INTEGER NOT NULL,
    member_key INTEGER NOT NULL,
    target_id TEXT NOT NULL,
    stale INTEGER NOT NULL DEFAULT 0,       -- 1: the target may have dropped it since; 2: no clear answer came
    PRIMARY KEY (job, group_key, member_key)
) WITHOUT ROWID;
CREATE INDEX member_link_member ON member_link (job, member_key);

CREATE TABLE escrow (
    job TEXT NOT NULL,
    object INTEGER NOT NULL,
    kind TEXT NOT NULL,                     -- object, reference
    operation TEXT NOT NULL,
    error_code TEXT NOT NULL,
    error_text TEXT NOT NULL,
    first_failure TEXT NOT NULL,
    attempts INTEGER NOT NULL,              -- how often it was tried again
    next_attempt TEXT NOT NULL,
    PRIMARY KEY (job, object, kind)
) WITHOUT ROWID;
CREATE INDEX escrow_due ON escrow (job, next_attempt);
CREATE INDEX escrow_object ON escrow (object);

CREATE TABLE attempt (
    job TEXT NOT NULL,
    object INTEGER NOT NULL,
    kind TEXT NOT NULL,
    matching TEXT NOT NULL,                 -- JSON: the matching paths and values of the create that may have happened
    began TEXT NOT NULL,
    PRIMARY KEY (job, object)
) WITHOUT ROWID;
CREATE INDEX attempt_object ON attempt (object);

CREATE TABLE staged (
    job TEXT NOT NULL,
    object INTEGER NOT NULL,
    action TEXT NOT NULL,                   -- disable, delete
    since TEXT NOT NULL,
    PRIMARY KEY (job, object)
) WITHOUT ROWID;
CREATE INDEX staged_object ON staged (object);

-- The provisioning log.

CREATE TABLE provisioning_record (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    time TEXT NOT NULL,
    job TEXT NOT NULL,
    cycle TEXT NOT NULL,
    change TEXT NOT NULL,
    action TEXT NOT NULL,                   -- create, update, disable, delete, stagedDelete, other
    status TEXT NOT NULL,                   -- success, failure, skipped, warning
    duration_ms INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source_name TEXT NOT NULL,
    source_display_name TEXT NOT NULL,
    target_id TEXT NOT NULL,
    target_type TEXT NOT NULL,
    error_code TEXT,
    error_category TEXT,
    reason TEXT,
    recommended_action TEXT,
    steps TEXT NOT NULL,                    -- JSON
    modified TEXT NOT NULL                  -- JSON
);
CREATE INDEX provisioning_record_time ON provisioning_record (time);
CREATE INDEX provisioning_record_job ON provisioning_record (job, number);
CREATE INDEX provisioning_record_failure ON provisioning_record (number) WHERE status = 'failure';

CREATE VIEW provisioning_logs AS
SELECT number, id, time, job, cycle, change, action, status, duration_ms, source_type, source_id, source_name,
       source_display_name, target_id, error_code, error_category, reason, recommended_action
FROM provisioning_record;

CREATE VIEW provisioning_steps AS
SELECT record.id AS record_id, record.time, record.job, record.source_name, step.key + 1 AS step,
       step.value ->> '$.name' AS name, step.value ->> '$.provisioningStepType' AS type,
       step.value ->> '$.status' AS status, step.value ->> '$.description' AS description,
       step.value -> '$.details' AS details
FROM provisioning_record AS record, json_each(record.steps) AS step;

CREATE VIEW modified_properties AS
SELECT record.id AS record_id, record.time, record.job, record.action, record.status, record.source_name,
       property.value ->> '$.displayName' AS property, property.value ->> '$.oldValue' AS old_value,
       property.value ->> '$.newValue' AS new_value
FROM provisioning_record AS record, json_each(record.modified) AS property;
