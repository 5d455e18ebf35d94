-- Mail: what is to be told to whom, until it has been sent.

CREATE TABLE mail (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,                -- the left half of its Message-ID, the same at each try
    job TEXT NOT NULL,
    series TEXT NOT NULL,                   -- when the quarantine began that it is about: what threads mails
    event TEXT NOT NULL,                    -- quarantineBegan, reasonChanged, guardTripped, disabled, recovered
    created TEXT NOT NULL,
    notice TEXT NOT NULL,                   -- JSON: all that the mail tells, and to whom
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt TEXT,                      -- null: sent
    last_error TEXT,
    sent TEXT
);
CREATE INDEX mail_due ON mail (next_attempt) WHERE sent IS NULL;
CREATE INDEX mail_series ON mail (job, series);
