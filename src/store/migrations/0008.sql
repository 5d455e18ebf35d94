-- What is about to be forgotten of a job, slice by slice: a process that ends within goes on with it at its next start.

CREATE TABLE forgetting (
    job TEXT PRIMARY KEY,
    resets TEXT NOT NULL,                   -- their names, with commas
    restarts INTEGER NOT NULL,              -- 1: the job begins anew afterwards; 0: it rests
    target TEXT                             -- what the kept connections belong to from then on
) WITHOUT ROWID;
